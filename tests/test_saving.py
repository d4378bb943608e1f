"""Networks as files: everything comes back, and whatever else a file says is refused in a sentence."""

from __future__ import annotations

import copy
import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim, saving
from chainrule.errors import ArgumentError, ModelFileError
from chainrule.functional import ACTIVATIONS, LOSSES, CustomLoss
from chainrule.nn import INITIALIZERS, LAYERS, Layer
from chainrule.optim import OPTIMIZERS, SCHEDULES
from chainrule.saving import TABLE, from_data, to_data
from training.descent import bits, classes

X, y = classes(40, 3)


def trained(*layers: Layer, **options: Any) -> cr.Network:
    net = cr.Network(*(layers or (cr.Dense(4, activation="relu"), cr.Dropout(0.1), cr.Dense(3))))
    net.fit(X, y, **{"loss": "cross_entropy", "epochs": 2, **options})
    return net


def again(net: cr.Network, folder: Path, **options: Any) -> cr.Network:
    net.save(folder / "net.chainrule")
    return cr.load(folder / "net.chainrule", **options)


def same(first: cr.Network, second: cr.Network) -> bool:
    fields = [to_data(layer) for layer in first.layers.values()] == [to_data(layer) for layer in second.layers.values()]
    shapes = first.model.input_shape == second.model.input_shape and first.model.seed == second.model.seed
    return fields and shapes and first.memory == second.memory and bits(first) == bits(second)


# --------------------------------------------------------------------------------------- every entry of every table

LAYER_CASES: dict[str, Callable[[], Layer]] = {
    "Activation": lambda: cr.Activation("elu", name="bend"),
    "Augment": lambda: cr.Sequential(
        cr.Dense(4), cr.Reshape(2, 2, 1), cr.Augment(10, "both", 0.1, 0.2, 0.3, 0.4, 1, 0.5, name="many"), cr.Flatten()
    ),
    "Concatenate": lambda: cr.Concatenate(cr.Dense(2), [cr.Dense(3, name="inner"), cr.Dropout(0.3)], name="wide"),
    "Bidirectional": lambda: cr.Sequential(cr.Reshape(2, 1), cr.Bidirectional(cr.GRU(2), name="both")),
    "Dense": lambda: cr.Dense(4, "gelu", "he_normal", 0.5, bias=True, name="first", trainable=False),
    "Dropout": lambda: cr.Dropout(0.25, name="drop"),
    "Flatten": lambda: cr.Flatten(name="flat"),
    "GRU": lambda: cr.Sequential(cr.Reshape(2, 1), cr.GRU(2, return_sequences=True, reverse=True), cr.Flatten()),
    "LSTM": lambda: cr.Sequential(cr.Reshape(2, 1), cr.LSTM(3, recurrent_init="he_normal", name="memory")),
    "Noise": lambda: cr.Noise(0.2, name="noise"),
    "Rescale": lambda: cr.Rescale(0.5, 1.0, name="units"),
    "Reshape": lambda: cr.Sequential(cr.Dense(6), cr.Reshape(3, 2, name="fold"), cr.Flatten()),
    "Residual": lambda: cr.Residual(cr.Dense(5, "tanh"), cr.Dense(2, bias=False), name="skip", trainable=False),
    "Sequential": lambda: cr.Sequential(cr.Dense(5, "tanh"), cr.Dense(2), name="inside"),
    "SimpleRNN": lambda: cr.Sequential(cr.Reshape(1, 2), cr.SimpleRNN(3, "elu", bias_init=0.5, trainable=False)),
    "Standardize": lambda: cr.Standardize(name="scale"),
    "AvgPool1D": lambda: cr.Sequential(
        cr.Dense(24), cr.Reshape(6, 4), cr.AvgPool1D(3, 2, 1, name="pool"), cr.Flatten()
    ),
    "AvgPool2D": lambda: cr.Sequential(
        cr.Dense(24), cr.Reshape(2, 3, 4), cr.AvgPool2D((2, 1), padding="same", name="pool"), cr.Flatten()
    ),
    "BatchNorm": lambda: cr.Sequential(cr.Dense(6), cr.BatchNorm(0.3, 1e-3, name="norm")),
    "Conv1D": lambda: cr.Sequential(
        cr.Dense(24),
        cr.Reshape(6, 4),
        cr.Conv1D(3, 2, 2, "same", 2, "tanh", "he_normal", 0.1, bias=True, name="conv"),
        cr.Flatten(),
    ),
    "Conv2D": lambda: cr.Sequential(
        cr.Dense(24),
        cr.Reshape(2, 3, 4),
        cr.Conv2D(3, (2, 1), (1, 2), 1, (1, 2), bias=False, trainable=False),
        cr.Flatten(),
    ),
    "Embedding": lambda: cr.Sequential(
        cr.Rescale(0.0, 2.0), cr.Embedding(9, 2, 0, "uniform", name="words"), cr.Flatten()
    ),
    "GlobalAveragePool": lambda: cr.Sequential(cr.Dense(24), cr.Reshape(6, 4), cr.GlobalAveragePool(name="mean")),
    "GlobalMaxPool": lambda: cr.Sequential(cr.Dense(24), cr.Reshape(6, 4), cr.GlobalMaxPool(name="largest")),
    "LayerNorm": lambda: cr.Sequential(cr.Dense(6), cr.LayerNorm(0.01, name="norm")),
    "Masking": lambda: cr.Sequential(cr.Dense(24), cr.Reshape(6, 4), cr.Masking(0.5, name="mask"), cr.GlobalMaxPool()),
    "MaxPool1D": lambda: cr.Sequential(
        cr.Dense(24), cr.Reshape(6, 4), cr.MaxPool1D(3, 1, 1, name="pool"), cr.Flatten()
    ),
    "MaxPool2D": lambda: cr.Sequential(
        cr.Dense(24), cr.Reshape(2, 3, 4), cr.MaxPool2D((2, 1), (1, 1), "same", name="pool"), cr.Flatten()
    ),
}
# Each with no field at its default.
OTHER_CASES: dict[str, Any] = {
    "AbsoluteError": cr.AbsoluteError(),
    "Accumulate": optim.Accumulate(0.7, nesterov=True),
    "Adam": cr.Adam(0.1, 0.8, 0.9, 1e-6),
    "AdamW": cr.AdamW(cr.Warmup(cr.Cosine(0.1, 0.01, 5), 2), 0.2, 0.8, 0.9, 1e-6),
    "AddDecayedWeights": optim.AddDecayedWeights(0.3),
    "BinaryCrossEntropy": cr.BinaryCrossEntropy(),
    "ClipByNorm": optim.ClipByNorm(2.0),
    "ClipByValue": optim.ClipByValue(3.0),
    "Constant": cr.Constant(0.2),
    "Cosine": cr.Cosine(0.1, 0.01, 7.5),
    "CrossEntropy": cr.CrossEntropy(0.1),
    "ExponentialDecay": cr.ExponentialDecay(0.1, 0.9),
    "Huber": cr.Huber(2.5),
    "InverseScaling": cr.InverseScaling(0.1, 0.7),
    "Momentum": cr.Momentum(0.1, 0.8),
    "Nesterov": cr.Nesterov(cr.StepDecay(0.1), 0.8),
    "Normal": cr.Normal(0.1, 0.2),
    "OneCycle": cr.OneCycle(0.1, 0.4, 20.0, 1000.0),
    "Poisson": cr.Poisson(),
    "RMSprop": cr.RMSprop(0.1, 0.9, 1e-6, 0.5),
    "ReduceOnPlateau": cr.ReduceOnPlateau(0.1, 0.3, 4, 1e-3, 1e-5),
    "SGD": cr.SGD(0.1),
    "ScaleByAdam": optim.ScaleByAdam(0.8, 0.9, 1e-6),
    "ScaleByFactor": optim.ScaleByFactor((("dense1/weight", 0.1), ("dense2/bias", 3.0))),
    "ScaleByLearningRate": optim.ScaleByLearningRate(0.4),
    "ScaleByRMS": optim.ScaleByRMS(0.8, 1e-6),
    "SquaredError": cr.SquaredError(),
    "StepDecay": cr.StepDecay(0.1, 3.0, 0.2),
    "Uniform": cr.Uniform(-0.2, 0.1),
    "Warmup": cr.Warmup(cr.ReduceOnPlateau(0.1), 3.0),
}


def test_the_table_is_complete() -> None:
    """A new layer, loss, optimiser, schedule or transform needs its place in the table, and a case here."""
    transforms = [kind for kind in vars(optim).values() if isinstance(kind, type) and issubclass(kind, optim.Transform)]
    general = {"Transform", "Chain", "Optimizer"}
    found = [
        *LAYERS.values(),
        *LOSSES.values(),
        *OPTIMIZERS.values(),
        *SCHEDULES.values(),
        *transforms,
        cr.Normal,
        cr.Uniform,
    ]
    assert set(TABLE) == {kind.__name__ for kind in found} - general == {*LAYER_CASES, *OTHER_CASES}


@pytest.mark.parametrize("name", LAYER_CASES)
def test_every_layer_comes_back(name: str, tmp_path: Path) -> None:
    net = trained(LAYER_CASES[name](), cr.Dense(3))
    loaded = again(net, tmp_path)
    assert same(net, loaded)
    assert (net.predict_proba(X) == loaded.predict_proba(X)).all()
    assert list(net.layers) == list(loaded.layers)
    net.reset(7)
    loaded.reset(7)
    assert same(net, loaded)


@pytest.mark.parametrize("name", OTHER_CASES)
def test_every_other_entry_comes_back(name: str) -> None:
    value = OTHER_CASES[name]
    assert not [f.name for f in dataclasses.fields(value) if getattr(value, f.name) == f.default]
    assert from_data(to_data(value), TABLE) == value


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_remembered(name: str, tmp_path: Path) -> None:
    targets = {"classes": y, "binary": np.eye(3)[y]}.get(LOSSES[name].targets, np.eye(3)[y])
    net = cr.Network(cr.Dense(3))
    net.fit(X, targets, loss=name, epochs=1)
    loaded = again(net, tmp_path)
    assert loaded.memory.loss == net.memory.loss == LOSSES[name]()
    assert (loaded.predict(X) == net.predict(X)).all()
    assert loaded.evaluate(X, targets) == net.evaluate(X, targets)


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_initialiser_is_remembered(name: str, dtype: str, tmp_path: Path) -> None:
    net = cr.Network(cr.Dense(3, weight_init=name, bias_init="normal")).build(4, seed=3, dtype=dtype)
    loaded = again(net, tmp_path)
    assert same(net, loaded)
    assert bits(net.reset(5)) == bits(loaded.reset(5))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_that_are_given_as_functions_are_saved_by_name(name: str, tmp_path: Path) -> None:
    net = cr.Network(cr.Dense(3, activation=ACTIVATIONS[name])).build(2)
    assert (again(net, tmp_path).predict(X) == net.predict(X)).all()


@pytest.mark.parametrize(
    "chain", [cr.chain(cr.ClipByNorm(1.0), cr.Adam(0.1)), cr.chain(cr.chain(cr.SGD(0.1)))], ids=repr
)
def test_chains_come_back_and_go_on(chain: cr.Transform, tmp_path: Path) -> None:
    net = trained(optimizer=chain)
    loaded = again(net, tmp_path)
    assert loaded.memory.optimizer == chain
    net.fit(X, y, epochs=2)
    loaded.fit(X, y, epochs=2)
    assert same(net, loaded)


# ------------------------------------------------------------------------------------------- what is remembered


def test_labels_columns_and_counts_come_back(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame(X, columns=["größe", "age"])
    net = cr.Network(cr.Standardize(), cr.Dense(3))
    net.fit(frame, np.array(["a", "b", "c"])[y], loss="cross_entropy", epochs=3)
    net.learn(X[0], "b")
    net.memory.preprocessing = {"columns": [1, 2.5, None, "x"]}
    loaded = again(net, tmp_path)
    assert same(net, loaded)
    assert (loaded.memory.epochs, loaded.memory.learned, loaded.memory.adapted) == (3, 1, True)
    assert loaded.predict(frame).tolist() == net.predict(frame).tolist()
    with pytest.raises(ArgumentError, match="order"):
        loaded.predict(frame[["age", "größe"]])


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("labels", [[0, 1], [True, False], ["no", "yes"], [0.0, 1.0], [-(10**25), 10**25]])
def test_labels_of_every_kind_come_back(loss: str, labels: list[Any], tmp_path: Path) -> None:
    net = cr.Network(cr.Dense(2 if loss == "cross_entropy" else 1))
    net.fit(X, [labels[i % 2] for i in range(40)], loss=loss, epochs=1)
    loaded = again(net, tmp_path)
    assert loaded.classes.tolist() == net.classes.tolist() == sorted(labels)
    assert [type(label) for label in loaded.predict(X).tolist()] == [type(labels[0])] * 40


def test_a_network_that_was_only_built(tmp_path: Path) -> None:
    net = cr.Network(cr.Flatten(), cr.Dense(3)).build((2, 1), seed=9, dtype="float64")
    loaded = again(net, tmp_path)
    assert same(net, loaded)
    images = X.reshape(-1, 2, 1)
    assert (
        net.fit(images, y, loss="cross_entropy", epochs=1).loss
        == loaded.fit(images, y, loss="cross_entropy", epochs=1).loss
    )


def test_saving_again_gives_the_same_bytes(tmp_path: Path) -> None:
    net = trained()
    net.save(tmp_path / "a")
    cr.load(tmp_path / "a").save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_another_process_predicts_the_same(tmp_path: Path) -> None:
    net = trained(cr.Standardize(), cr.Dense(4, activation="relu"), cr.Dense(3))
    net.save(tmp_path / "net")
    np.save(tmp_path / "X.npy", X)
    program = (
        "import sys, numpy as np, chainrule as cr\n"
        "net = cr.load(sys.argv[1])\n"
        "sys.stdout.buffer.write(net.predict_proba(np.load(sys.argv[2])).tobytes())"
    )
    source = Path(saving.__file__).parents[1]
    command = [sys.executable, "-c", program, str(tmp_path / "net"), str(tmp_path / "X.npy")]
    done = subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONPATH": str(source)})
    assert done.stdout == net.predict_proba(X).tobytes()


@pytest.mark.parametrize("freeze", [True, False])
def test_the_optimiser_state_is_kept_where_it_fits(freeze: bool, tmp_path: Path) -> None:
    """A layer frozen after the last fit makes its state useless: the file leaves it out, and the next fit begins anew."""
    net = trained(optimizer=cr.Adam(0.01))
    net.layers["dense1"].trainable = not freeze
    loaded = again(net, tmp_path)
    assert any(name.startswith("optimizer/") for name in loaded.model.arrays) != freeze
    net.fit(X, y, epochs=1)
    loaded.fit(X, y, epochs=1)
    assert same(net, loaded)


# ----------------------------------------------------------------------------------------------- of one's own


@dataclass(eq=False)
class Power(Layer):
    """x to a power, times numbers."""

    power: int = 1
    factors: tuple[float, ...] = (1.0,)

    def init(self, input_shape: tuple[int, ...], draw: Any) -> Any:
        return {"scale": draw.uniform(input_shape)}, {}

    def apply(self, params: Any, state: Any, x: cr.Node, mode: Any) -> Any:
        return x**self.power * params["scale"] * float(np.prod(self.factors)), state


class Plain(Layer):
    def apply(self, params: Any, state: Any, x: cr.Node, mode: Any) -> Any:
        return x, state


Ours = dataclass(eq=False)(type("Dropout", (Layer,), {"apply": Plain.apply, "__annotations__": {}}))


def test_a_layer_of_ones_own(tmp_path: Path) -> None:
    net = trained(Power(2, (0.5, 3.0), name="mine", trainable=False), cr.Dense(3))
    loaded = again(net, tmp_path, layers=[Power])
    assert same(net, loaded)
    assert loaded.layers["mine"].factors == (0.5, 3.0)  # type: ignore[attr-defined]
    assert (loaded.predict(X) == net.predict(X)).all()
    with pytest.raises(ModelFileError, match=r"class 'Power' is not Chainrule's; .* load\(path, layers=\[\.\.\.\]\)"):
        cr.load(tmp_path / "net.chainrule")


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        (lambda: Plain(), r"class Plain cannot be saved: make it a dataclass"),
        (lambda: Ours(), r"is a class 'Dropout', as one of Chainrule's is"),
        (lambda: cr.Activation(lambda z: z), r"Activation.function is a function, which a model file cannot hold"),
        (lambda: Power(1, np.ones(2)), r"Power.factors is a ndarray, which a model file cannot hold"),  # type: ignore[arg-type]
    ],
)
def test_layers_that_cannot_be_saved(layer: Callable[[], Layer], sentence: str, tmp_path: Path) -> None:
    net = cr.Network(layer(), cr.Dense(3)).build(2)
    (tmp_path / "net").write_bytes(b"what was there before")
    with pytest.raises(ArgumentError, match=sentence):
        net.save(tmp_path / "net")
    assert (tmp_path / "net").read_bytes() == b"what was there before"


@pytest.mark.parametrize("initializer", [np.ones((2, 3)), lambda draw, shape, n_in, n_out: draw.normal(shape)])
def test_weights_that_began_with_an_array_or_a_function(initializer: Any, tmp_path: Path) -> None:
    """They come back; only a fresh start is impossible, and says why."""
    net = trained(cr.Dense(3, weight_init=initializer))
    loaded = again(net, tmp_path)
    assert bits(net) == bits(loaded)
    before = bits(loaded)
    with pytest.raises(ArgumentError, match="does not hold the array or function that its weights began with"):
        loaded.reset()
    assert bits(loaded) == before
    assert bits(again(loaded, tmp_path)) == before


class Sign(cr.Transform):
    name = "sign"

    def update(self, updates: Any, state: Any, params: Any, given: Any) -> Any:
        return {name: g / (abs(g) + 1e-12) for name, g in updates.items()}, state


def quartic(outputs: cr.Node, targets: cr.Node) -> cr.Node:
    return (outputs - targets) ** 4


class Focal(cr.CrossEntropy):
    """Its link is that of the class it inherits from, but only this class knows."""

    name = "focal"

    def link(self, outputs: cr.Node) -> cr.Node:
        return cr.softmax(2.0 * outputs)


def test_an_optimiser_of_ones_own_is_left_out(tmp_path: Path) -> None:
    net = trained(optimizer=cr.chain(Sign(), cr.Adam(0.01)))
    loaded = again(net, tmp_path)
    assert loaded.memory.optimizer is None
    assert not any(name.startswith("optimizer/") for name in loaded.model.arrays)
    assert (loaded.predict(X) == net.predict(X)).all()
    loaded.fit(X, y, epochs=1)
    assert loaded.memory.optimizer == cr.Adam()


def test_a_function_as_loss_is_left_out_and_can_be_given_back(tmp_path: Path) -> None:
    net = cr.Network(cr.Dense(3))
    net.fit(X, np.eye(3)[y], loss=quartic, epochs=1)
    loaded = again(net, tmp_path)
    assert loaded.memory.loss is None
    assert (loaded.predict(X) == net.predict(X)).all()  # what it predicts does not depend on the function
    with pytest.raises(ArgumentError, match="loss is not known yet"):
        loaded.fit(X, np.eye(3)[y])
    back = cr.load(tmp_path / "net.chainrule", loss=quartic)
    assert back.memory.loss == CustomLoss(quartic)
    assert back.evaluate(X, np.eye(3)[y]) == net.evaluate(X, np.eye(3)[y])


def test_a_loss_of_ones_own_that_decides_what_is_predicted(tmp_path: Path) -> None:
    """Without it the probabilities would be wrong, so there are none."""
    net = cr.Network(cr.Dense(3))
    net.fit(X, y, loss=Focal(), epochs=1)
    loaded = again(again(net, tmp_path), tmp_path)
    for ask in (loaded.predict, loaded.predict_proba):
        with pytest.raises(ArgumentError, match=r"a loss of your own, 'Focal', .* load\(path, loss=\.\.\.\)"):
            ask(X)
    back = cr.load(tmp_path / "net.chainrule", loss=Focal())
    assert (back.predict_proba(X) == net.predict_proba(X)).all()
    loaded.fit(X, y, loss="cross_entropy", epochs=1)
    assert loaded.predict(X).shape == (40,)


@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy", quartic])
def test_a_loss_that_does_not_suit_the_classes(loss: Any, tmp_path: Path) -> None:
    trained().save(tmp_path / "net")
    with pytest.raises(ArgumentError, match="is not about classes of the kind that the network .* has learned"):
        cr.load(tmp_path / "net", loss=loss)
    assert cr.load(tmp_path / "net", loss=Focal()).memory.loss == Focal()


def test_copies_are_saved_alike(tmp_path: Path) -> None:
    net = trained()
    net.save(tmp_path / "a")
    copy.deepcopy(net).save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

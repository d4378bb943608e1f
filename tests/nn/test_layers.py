"""Every layer, in several configurations: its gradients against finite differences, its values against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, ShapeError, UnknownNameError
from chainrule.graph import ROWS, input
from chainrule.nn import (
    GRU,
    LAYERS,
    LSTM,
    Activation,
    Augment,
    AvgPool1D,
    AvgPool2D,
    BatchNorm,
    Bidirectional,
    Concatenate,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    LayerNorm,
    Masking,
    MaxPool1D,
    MaxPool2D,
    Mode,
    Noise,
    Rescale,
    Reshape,
    Residual,
    Sequential,
    SimpleRNN,
    Standardize,
)
from nn.networks import Setup, compare, far_from_kinks, model_of
from oracles import TOLERANCE, run

rng = np.random.default_rng(0)


def tanh_of_sum(z: cr.Node) -> cr.Node:
    return cr.tanh(z + 0.5)


@dataclass(frozen=True)
class Case:
    """A layer, the shape of its input rows, and the shape of what it gives for one; `tokens`: x holds ids below that."""

    layer: Layer
    takes: tuple[int, ...]
    gives: tuple[int, ...]
    note: str
    train: bool = False
    tokens: int = 0

    def __str__(self) -> str:
        return f"{type(self.layer).__name__}-{self.note}"


CASES = [
    Case(Dense(3), (4,), (3,), "affine"),
    Case(Dense(3, activation="relu"), (4,), (3,), "relu"),
    Case(Dense(3, bias=False), (4,), (3,), "no bias"),
    Case(Dense(1, activation=tanh_of_sum, weight_init="orthogonal", bias_init=0.1), (4,), (1,), "your activation"),
    Case(Dense(2, activation="softmax"), (3, 2), (3, 2), "two axes"),
    Case(Dense(2, activation="gelu", weight_init=cr.Normal(std=0.5)), (2, 3, 2), (2, 3, 2), "three axes"),
    Case(Activation("tanh"), (4,), (4,), "by name"),
    Case(Activation("softmax"), (2, 3), (2, 3), "softmax of two axes"),
    Case(Activation(tanh_of_sum), (2, 2), (2, 2), "your function"),
    Case(Dropout(0.5), (4,), (4,), "in inference"),
    Case(Dropout(0.5), (8,), (8,), "in training", train=True),
    Case(Dropout(0.0), (3, 2), (3, 2), "rate 0", train=True),
    Case(Noise(0.3), (4,), (4,), "in inference"),
    Case(Noise(0.3), (3, 2), (3, 2), "in training", train=True),
    Case(Rescale(), (4,), (4,), "bytes"),
    Case(Rescale(0.5, -1), (2, 3), (2, 3), "with an offset"),
    Case(Augment(rotation=30), (3, 4, 2), (3, 4, 2), "in inference"),
    Case(Augment(rotation=30, zoom=0.3, shift=0.2, flip="both"), (3, 4, 2), (3, 4, 2), "smooth", train=True),
    Case(Augment(shift=0.5, flip="horizontal", fill=0.5), (4, 3, 1), (4, 3, 1), "whole pixels", train=True),
    Case(Augment(brightness=0.2, contrast=0.4, cutout=0.5), (4, 4, 2), (4, 4, 2), "light", train=True),
    Case(Flatten(), (2, 3), (6,), "two axes"),
    Case(Flatten(), (4,), (4,), "nothing to do"),
    Case(Reshape(3, 2), (6,), (3, 2), "from one axis"),
    Case(Reshape(6), (2, 3), (6,), "to one axis"),
    Case(Reshape((2, 1, 2)), (2, 2), (2, 1, 2), "a tuple"),
    Case(Standardize(), (3,), (3,), "one axis"),
    Case(Standardize(), (2, 2), (2, 2), "two axes"),
    Case(Residual(Dense(4, activation="silu")), (4,), (4,), "one layer"),
    Case(Residual(Dense(6, activation="elu"), Dropout(0.3), Dense(3)), (3,), (3,), "three layers", train=True),
    Case(Residual(Residual(Dense(2)), Dense(2, activation="selu")), (2,), (2,), "nested"),
    Case(Concatenate(Activation("identity"), Dense(2)), (3,), (5,), "wide and deep"),
    Case(Concatenate([Dense(4, activation="softplus"), Dense(2)], Dense(1), Dropout(0.2)), (3,), (6,), "lists"),
    Case(Concatenate(Dense(2), Activation("tanh")), (2, 3), (2, 5), "two axes"),
    Case(Concatenate(Dense(3)), (2,), (3,), "one branch"),
    Case(Sequential(Dense(3, activation="leaky_relu"), Dense(2)), (4,), (2,), "two layers"),
    Case(Sequential(Sequential(Flatten()), Dense(2), name="head"), (2, 2), (2,), "nested"),
    Case(Conv1D(2, 3, padding="same", activation="tanh"), (5, 2), (5, 2), "same"),
    Case(Conv1D(3, 2, stride=2, padding=1, dilation=2, bias=False), (6, 2), (3, 3), "everything"),
    Case(Conv2D(2, 2, activation="softplus"), (3, 4, 1), (2, 3, 2), "valid"),
    Case(Conv2D(2, (3, 2), stride=(2, 1), padding="same", dilation=(1, 2)), (4, 3, 2), (2, 3, 2), "everything"),
    Case(MaxPool1D(3, stride=2, padding="same"), (5, 2), (3, 2), "overlapping"),
    Case(MaxPool1D(), (5, 2), (2, 2), "side by side"),
    Case(MaxPool2D((2, 3), padding=1), (3, 4, 1), (2, 2, 1), "padded"),
    Case(MaxPool2D(), (4, 5, 2), (2, 2, 2), "side by side"),
    Case(AvgPool1D(2, stride=1), (5, 2), (4, 2), "overlapping"),
    Case(AvgPool1D(3, padding="same"), (5, 2), (2, 2), "same"),
    Case(AvgPool2D(2, padding=1), (3, 4, 2), (2, 3, 2), "padded"),
    Case(AvgPool2D((1, 2)), (3, 4, 1), (3, 2, 1), "side by side"),
    Case(GlobalAveragePool(), (4, 3), (3,), "sequences"),
    Case(GlobalAveragePool(), (2, 3, 2), (2,), "images"),
    Case(GlobalMaxPool(), (4, 2), (2,), "sequences"),
    Case(GlobalMaxPool(), (2, 3, 2), (2,), "images"),
    Case(BatchNorm(), (3,), (3,), "in inference"),
    Case(BatchNorm(eps=0.1), (3,), (3,), "in training", train=True),
    Case(BatchNorm(momentum=0.5), (2, 2, 2), (2, 2, 2), "images in training", train=True),
    Case(Sequential(Masking(), BatchNorm()), (3, 2), (3, 2), "of real steps", train=True),
    Case(LayerNorm(), (5,), (5,), "one axis"),
    Case(LayerNorm(eps=0.1), (2, 4), (2, 4), "two axes"),
    Case(Embedding(4, 3), (3,), (3, 3), "tokens", tokens=4),
    Case(Embedding(3, 2, padding_id=1), (4,), (4, 2), "padding", tokens=3),
    Case(
        Sequential(Embedding(3, 2, padding_id=0), Conv1D(2, 2), Concatenate(GlobalAveragePool(), GlobalMaxPool())),
        (4,),
        (4,),
        "of real steps",
        tokens=3,
    ),
    Case(Masking(), (3, 2), (3, 2), "of zeros"),
    Case(SimpleRNN(2), (3, 2), (2,), "the last state"),
    Case(SimpleRNN(3, activation="softplus", return_sequences=True, reverse=True), (2, 2), (2, 3), "every state"),
    Case(LSTM(2), (3, 2), (2,), "the last state"),
    Case(LSTM(2, return_sequences=True, reverse=True, bias_init=0.2), (3, 1), (3, 2), "every state"),
    Case(GRU(2), (3, 2), (2,), "the last state"),
    Case(Sequential(Masking(), GRU(2, return_sequences=True, reverse=True)), (3, 1), (3, 2), "of real steps"),
    Case(GRU(1, recurrent_init=0.5, bias_init=0.3), (1, 2), (1,), "one step"),
    Case(Bidirectional(LSTM(1)), (2, 2), (2,), "the last states"),
    Case(Bidirectional(SimpleRNN(2, return_sequences=True)), (3, 2), (3, 4), "every state"),
    Case(Masking(0.5), (2, 3), (2, 3), "of another value"),
    Case(Sequential(Masking(0.5), GlobalAveragePool()), (3, 2), (2,), "before a mean"),
]


def setup_of(case: Case) -> Setup:
    model = model_of(case.layer, input_shape=case.takes)
    for array in model.arrays.values():  # off their round initial values
        array += 0.3 * rng.normal(size=array.shape)
    for name, array in model.arrays.items():
        if name.endswith(("scale", "variance")):
            array[...] = np.abs(array) + 0.5
    n = 3 if case.train else 60  # a mask belongs to a place in the batch, so these rows cannot be chosen among others
    data = {"x": rng.normal(size=(n, *case.takes)), "y": rng.normal(size=(n, *case.gives))}
    if case.tokens:
        data["x"] = rng.integers(0, case.tokens, (n, *case.takes)).astype(float)
    setup = Setup.of(model, data, train=case.train)
    return setup if case.train else far_from_kinks(setup, 3)


def output(layer: Layer, x: Any, *, train: bool = False, numbers: dict[str, Any] | None = None) -> np.ndarray:
    """What a layer with its initial arrays gives for rows x."""
    model = model_of(layer, input_shape=np.shape(x)[1:])
    params, state = model.nodes("params"), model.nodes("state")
    y, _ = model.layer.apply(params, state, input("x", (ROWS, *np.shape(x)[1:]), "float64"), Mode(train=train))
    return run(y, {"x": x, **model.arrays, **(numbers or {})})


def test_every_layer_has_cases() -> None:
    counts = {name: sum(type(case.layer).__name__ == name for case in CASES) for name in LAYERS}
    assert {type(case.layer) for case in CASES} == set(LAYERS.values())
    assert min(counts.values()) >= 2


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_agree_with_finite_differences(case: Case) -> None:
    setup = setup_of(case)
    found = compare(setup, of_x=not case.tokens)
    assert found.error <= TOLERANCE
    inputs = 0 if case.tokens else setup.arrays["x"].size
    assert found.coordinates == sum(p.size for p in setup.model.params.values()) + inputs
    assert found.kinks == 0


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_shape_of_the_output_is_found(case: Case) -> None:
    assert model_of(case.layer, input_shape=case.takes).output_shape == case.gives


# ------------------------------------------------------------------------------------------------------- values


def test_dense_is_x_times_weight_plus_bias() -> None:
    w, b, x = rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=(5, 4))
    np.testing.assert_allclose(output(Dense(3, weight_init=w, bias_init=b), x), x @ w + b, rtol=1e-13)
    np.testing.assert_allclose(output(Dense(3, "tanh", weight_init=w, bias_init=b), x), np.tanh(x @ w + b), rtol=1e-13)
    assert set(model_of(Dense(3, bias=False), input_shape=(4,)).params) == {"dense1/weight"}


def test_structure() -> None:
    x = rng.normal(size=(5, 2, 3))
    np.testing.assert_array_equal(output(Flatten(), x), x.reshape(5, 6))
    np.testing.assert_array_equal(output(Reshape(3, 2), x), x.reshape(5, 3, 2))
    np.testing.assert_array_equal(
        output(Concatenate(Activation("relu"), Activation("identity")), x[:, 0]),
        np.hstack([np.maximum(x[:, 0], 0), x[:, 0]]),
    )
    w = rng.normal(size=(3, 3))
    np.testing.assert_allclose(output(Residual(Dense(3, weight_init=w)), x[:, 0]), x[:, 0] + x[:, 0] @ w, rtol=1e-13)


def test_branches_see_the_same_input_and_have_their_own_parameters() -> None:
    layer = Concatenate(Dense(2), [Dense(4, "tanh"), Dense(2)], Dense(2))
    names = list(model_of(layer, input_shape=(3,)).params)
    assert names == [
        f"concatenate1/{branch}/{array}"
        for branch in ("dense1", "sequential1/dense1", "sequential1/dense2", "dense2")
        for array in ("weight", "bias")
    ]


# ------------------------------------------------------------------------------------------------------ dropout


def test_dropout_is_active_in_training_only() -> None:
    x = np.ones((4, 6))
    numbers = {"dropout1/rate": 0.5, "key": [1, 0], "counter": [0, 0]}
    in_training = output(Dropout(0.5), x, train=True, numbers=numbers)
    assert set(np.unique(in_training)) == {0.0, 2.0}
    np.testing.assert_array_equal(output(Dropout(0.5), x), x)


def test_a_mask_belongs_to_a_place_in_the_batch() -> None:
    """The rows of a shorter batch have the masks of the first rows of a longer one; layers have different masks."""
    numbers = {"dropout1/rate": 0.5, "dropout2/rate": 0.5, "key": [1, 0], "counter": [3, 1]}
    long, short = (output(Dropout(0.5), np.ones((n, 6)), train=True, numbers=numbers) for n in (9, 5))
    np.testing.assert_array_equal(long[:5], short)
    both = output(
        Concatenate(Dropout(0.5), Dropout(0.5)),
        np.ones((9, 6)),
        train=True,
        numbers={f"concatenate1/{name}" if "rate" in name else name: v for name, v in numbers.items()},
    )
    assert not np.array_equal(both[:, :6], both[:, 6:])


def test_the_rate_of_dropout_is_a_run_time_number() -> None:
    numbers = {"dropout1/rate": 0.75, "key": [1, 0], "counter": [0, 0]}
    found = output(Dropout(0.5), np.ones((50, 40)), train=True, numbers=numbers)
    assert set(np.unique(found)) == {0.0, 4.0}
    assert abs((found == 0).mean() - 0.75) < 0.05


# -------------------------------------------------------------------------------------------------- standardize


def test_standardize_learns_mean_and_deviation() -> None:
    x = rng.normal(3.0, [1.0, 20.0, 1e-3], size=(500, 3)).astype(np.float32)
    learned = Standardize().adapt(x)
    np.testing.assert_allclose(learned["mean"], x.astype(float).mean(0), rtol=1e-12)
    np.testing.assert_allclose(learned["scale"], x.astype(float).std(0), rtol=1e-12)


@pytest.mark.parametrize("constant", [0.0, 1.0, 0.1, 1e8 / 3, -1e-30])
def test_a_feature_that_never_changes_has_scale_1(constant: float) -> None:
    x = np.column_stack([np.full(1001, constant), np.arange(1001.0)])
    scale = Standardize().adapt(x)["scale"]
    assert scale[0] == 1.0
    assert scale[1] == pytest.approx(np.arange(1001.0).std())


def test_fit_teaches_standardize_once_from_the_training_rows_as_they_reach_it() -> None:
    x = rng.normal(5.0, 3.0, size=(40, 2))
    y = x @ [1.0, -1.0]
    net = cr.Network(cr.Standardize(), cr.Dense(3, "tanh"), cr.Standardize(), cr.Dense(1)).build(2, dtype="float64")
    first = net.params
    given = np.tanh((x - x.mean(0)) / x.std(0) @ first["dense1/weight"] + first["dense1/bias"])
    validation = (rng.normal(size=(10, 2)), rng.normal(size=10))
    net.fit(x, y, loss="squared_error", optimizer=cr.SGD(0.01), epochs=1, validation=validation)
    state = {name: array.copy() for name, array in net.state.items()}
    np.testing.assert_allclose(state["standardize1/mean"], x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(state["standardize1/scale"], x.std(0), rtol=1e-12)
    np.testing.assert_allclose(state["standardize2/mean"], given.mean(0), rtol=1e-12)
    np.testing.assert_allclose(state["standardize2/scale"], given.std(0), rtol=1e-12)
    net.fit(x + 100, y, optimizer=cr.SGD(1e-6), epochs=1)
    for name, array in net.state.items():
        np.testing.assert_array_equal(array, state[name])


# ----------------------------------------------------------------------------------------------- bad arguments


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda: Dense(0), ArgumentError, "units must be a whole number at least 1, but is 0."),
        (lambda: Dense(2.5), ArgumentError, "units must be a whole number at least 1, but is 2.5."),
        (lambda: Dense("8"), ArgumentError, "units must be a whole number at least 1, but is '8'."),
        (lambda: Dense(True), ArgumentError, "units must be a whole number at least 1, but is True."),
        (lambda: Dense(3, activation="rleu"), UnknownNameError, "activation='rleu' is not known; did you mean 'relu'?"),
        (lambda: Activation("signoid"), UnknownNameError, "did you mean 'sigmoid'?"),
        (lambda: Dropout(1.0), ArgumentError, "rate must be a finite number at least 0 and below 1, but is 1.0."),
        (lambda: Dropout(-0.1), ArgumentError, "rate must be a finite number at least 0 and below 1, but is -0.1."),
        (lambda: Reshape(3, 0), ArgumentError, "shape must be a whole number at least 1, but is 0."),
        (lambda: Sequential(), ArgumentError, "Sequential needs at least one layer."),
        (lambda: Residual(), ArgumentError, "Residual needs at least one layer."),
        (lambda: Concatenate(), ArgumentError, "Concatenate needs at least one branch."),
        (lambda: Concatenate([]), ArgumentError, "Sequential needs at least one layer."),
        (
            lambda: Sequential(Dense),
            ArgumentError,
            r"is made of layers, such as Dense\(10\), but was given .*; write Dense\(...\)\.",
        ),
        (lambda: Sequential("relu"), ArgumentError, "Sequential is made of layers, .* but was given 'relu'."),
        (lambda: Concatenate(Dense(1), 3), ArgumentError, "Concatenate is made of layers, .* but was given 3."),
        (lambda: Standardize().adapt(np.zeros((0, 2))), ArgumentError, "Standardize cannot learn from no rows."),
    ],
)
def test_wrong_arguments_are_sentences(make: Callable[[], Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "sentence"),
    [
        (
            Residual(Dense(3)),
            (4,),
            r"layer 'residual1': Residual adds .*, but they take \(n, 4\) and give \(n, 3\)\.",
        ),
        (Reshape(2, 2), (5,), r"layer 'reshape1': Reshape\(2, 2\) needs 4 numbers a row, but is given 5\."),
        (Concatenate(Dense(2), Flatten()), (3, 2), "layer 'concatenate1'.*concat"),
        (
            Dense(2, weight_init=np.zeros((3, 2))),
            (4,),
            r"layer 'dense1': weight_init must give an array of shape \(4, 2\), but gave \(3, 2\)\.",
        ),
    ],
    ids=["residual", "reshape", "concatenate", "weights"],
)
def test_shapes_that_do_not_fit_are_sentences_with_the_layer_s_name(
    layer: Layer, shape: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(ShapeError, match=sentence):
        model_of(layer, input_shape=shape)

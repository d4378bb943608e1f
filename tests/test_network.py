"""The network as a user holds it: parameters, predictions and labels, copies, layers and losses of one's own."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, DataError, NotFittedError, ShapeError
from training.descent import bits, classes, data


def network(outputs: int = 1) -> cr.Network:
    return cr.Network(cr.Dense(6, activation="tanh"), cr.Dense(outputs))


def test_one_layer_with_parameters_stands_in_one_place() -> None:
    layer, plain = cr.Dense(3), cr.Activation("tanh")
    with pytest.raises(
        ArgumentError, match=r"both layer 'dense1' and layer 'sequential1/dense1', .* write Dense\(...\) twice"
    ):
        cr.Network(layer, cr.Sequential(layer))
    assert list(cr.Network(layer, plain, cr.Dense(3), plain).layers) == [
        "dense1",
        "activation1",
        "dense2",
        "activation2",
    ]


# ------------------------------------------------------------------------------------------------ predictions

CLASSES, TARGETS = classes(60, 3)
NAMES = np.array(["ape", "bee", "cat"])
TWO = np.array([0, 1])[classes(60, 2)[1]]

# y, the number of outputs, what `classes` is
LABELS = {
    "numbers from 0": (TARGETS, 3, [0, 1, 2]),
    "other numbers": (TARGETS * 10 - 5, 3, [-5, 5, 15]),
    "floats": (TARGETS.astype(float), 3, [0.0, 1.0, 2.0]),
    "text": (NAMES[TARGETS], 3, ["ape", "bee", "cat"]),
    "a list": (NAMES[TARGETS].tolist(), 3, ["ape", "bee", "cat"]),
    "a column": (NAMES[TARGETS][:, None], 3, ["ape", "bee", "cat"]),
    "pandas": (pd.Series(NAMES[TARGETS]), 3, ["ape", "bee", "cat"]),
    "polars": (pl.Series(NAMES[TARGETS]), 3, ["ape", "bee", "cat"]),
    "one-hot": (np.eye(3)[TARGETS], 3, [0, 1, 2]),
    "truth values": (TWO == 1, 2, [False, True]),
    "a class that does not occur": (TARGETS, 4, [0, 1, 2, 3]),
}
BINARY = {
    "0 and 1": (TWO, [0, 1]),
    "other numbers": (TWO * 3 + 2, [2, 5]),
    "truth values": (TWO == 1, [False, True]),
    "text": (np.array(["no", "yes"])[TWO], ["no", "yes"]),
    "a column": (TWO[:, None], [0, 1]),
    "floats": (TWO.astype(float), [0.0, 1.0]),
}


@pytest.mark.parametrize("case", LABELS)
def test_classes_of_cross_entropy(case: str) -> None:
    y, k, labels = LABELS[case]
    X = CLASSES if k > 2 else classes(60, 2)[0]
    net = network(k)
    net.fit(X, y, loss="cross_entropy", optimizer=cr.Adam(0.05), epochs=20)
    predicted, probabilities = net.predict(X), net.predict_proba(X)
    assert net.classes.tolist() == labels
    assert [type(label) for label in net.classes.tolist()] == [type(label) for label in labels]
    assert predicted.shape == (60,)
    assert probabilities.shape == (60, k)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-6)
    assert (predicted == net.classes[probabilities.argmax(axis=1)]).all()
    truth = y.argmax(axis=1) if case == "one-hot" else np.asarray(y).reshape(-1)
    assert np.mean(predicted == truth) == net.evaluate(X, y, metrics=["accuracy"])["accuracy"] > 0.8


@pytest.mark.parametrize("case", BINARY)
def test_classes_of_binary_cross_entropy(case: str) -> None:
    y, labels = BINARY[case]
    X = classes(60, 2)[0]
    net = network(1)
    net.fit(X, y, loss="binary_cross_entropy", optimizer=cr.Adam(0.05), epochs=20)
    predicted, probabilities = net.predict(X), net.predict_proba(X)
    assert net.classes.tolist() == labels
    assert probabilities.shape == (60, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-6)
    assert (predicted == np.array(labels)[(probabilities[:, 1] > 0.5).astype(int)]).all()
    assert np.mean(predicted == np.asarray(y).reshape(-1)) > 0.9


def test_several_questions() -> None:
    y = np.stack([CLASSES[:, 0] > 0, CLASSES[:, 1] > 0], axis=1).astype(int)
    net = network(2)
    net.fit(CLASSES, y, loss="binary_cross_entropy", optimizer=cr.Adam(0.1), epochs=30)
    predicted, probabilities = net.predict(CLASSES), net.predict_proba(CLASSES)
    assert predicted.shape == probabilities.shape == (60, 2)
    assert (predicted == (probabilities > 0.5)).all()
    assert np.mean(predicted == y) > 0.95


@pytest.mark.parametrize(("outputs", "shape"), [(1, (50,)), (2, (50, 2))])
@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "poisson"])
def test_values(loss: str, outputs: int, shape: tuple[int, ...]) -> None:
    X, y = data(50, outputs=outputs)
    y = np.round(np.exp(y)) if loss == "poisson" else y
    net = network(outputs)
    for given in [y, y[:, 0]] if outputs == 1 else [y]:  # a column is as good as a vector
        net.fit(X, given, loss=loss, epochs=2)
    predicted = net.predict(X)
    assert predicted.shape == shape
    assert predicted.dtype == np.float32
    p = {name: value.astype(float) for name, value in net.params.items()}
    raw = np.tanh(X @ p["dense1/weight"] + p["dense1/bias"]) @ p["dense2/weight"] + p["dense2/bias"]
    expected = np.exp(raw) if loss == "poisson" else raw
    np.testing.assert_allclose(predicted, expected.reshape(shape), rtol=1e-4, atol=1e-5)
    for access in (lambda: net.classes, lambda: net.predict_proba(X)):
        with pytest.raises(ArgumentError, match="class"):
            access()


def test_predictions_do_not_depend_on_the_rows_beside_them() -> None:
    """More rows than a block of prediction holds."""
    X, _ = data(2500)
    net = network(2).build(3)
    whole = net.predict(X)
    np.testing.assert_allclose(whole[1020:1030], net.predict(X[1020:1030]), rtol=1e-5)
    y = np.zeros((2500, 2))
    each = 0.5 * (whole.astype(float) ** 2).sum(axis=1)
    assert net.evaluate(X, y, loss="squared_error")["loss"] == pytest.approx(each.mean(), rel=1e-6)
    weight = np.arange(2500) % 7
    weight[:1024] = 0  # a whole block without weight
    found = net.evaluate(X, y, loss="squared_error", sample_weight=weight)["loss"]
    assert found == pytest.approx(each @ weight / weight.sum(), rel=1e-6)


def test_columns_are_checked_by_name() -> None:
    frame = pd.DataFrame({"a": CLASSES[:, 0], "b": CLASSES[:, 1]})
    net = network(3)
    with pytest.raises(DataError, match="the X of validation has its columns in another order"):
        net.fit(frame, TARGETS, loss="cross_entropy", validation=(frame[["b", "a"]], TARGETS))
    net.fit(frame, TARGETS, loss="cross_entropy", epochs=1, validation=(frame, TARGETS))
    assert (net.predict(frame) == net.predict(CLASSES)).all()
    for wrong in (frame[["b", "a"]], frame.rename(columns={"b": "c"})):
        with pytest.raises(DataError, match="column"):
            net.predict(wrong)
        with pytest.raises(DataError, match="column"):
            net.evaluate(wrong, TARGETS)


# ---------------------------------------------------------------------------------- parameters, build and reset


def test_build_makes_what_fit_would_make() -> None:
    X, y = data(20)
    built, fitted = network(2).build(3, seed=5), network(2)
    fitted.fit(X, y, loss="squared_error", optimizer=cr.SGD(0.0), epochs=1, seed=5)
    assert all((built.params[name] == fitted.params[name]).all() for name in built.params)


@pytest.mark.parametrize("shape", [3, np.int64(3), (3,), [3], np.array([3])])
def test_shapes_that_build_takes(shape: Any) -> None:
    assert network().build(shape).params["dense1/weight"].shape == (3, 6)
    assert cr.Network(cr.Flatten(), cr.Dense(2)).build((4, 5)).params["dense1/weight"].shape == (20, 2)


def test_params_are_the_arrays_that_are_trained() -> None:
    net = network().build(3)
    net.params["dense1/weight"][...] = 0.0
    net.params["dense2/bias"][...] = 7.0
    assert net.predict(np.ones((2, 3))).tolist() == [7.0, 7.0]
    held = net.params["dense1/weight"]
    net.fit(np.ones((4, 3)), np.zeros(4), loss="squared_error", epochs=1)
    assert held is net.params["dense1/weight"]
    assert net.params["dense2/bias"] < 7.0


def test_setting_params_takes_all_or_nothing() -> None:
    net = network().build(3)
    before = bits(net)
    good = {name: np.ones_like(value) for name, value in net.params.items()}
    for wrong in (
        {},
        [1.0],
        {**good, "dense3/bias": 1.0},
        {**good, "dense2/bias": np.ones(2)},
        {**good, "dense2/bias": [np.nan]},
        {**good, "dense2/bias": [1e300]},
        {**good, "dense2/bias": ["one"]},
        {**good, "dense2/bias": [[1.0], [1.0, 2.0]]},
    ):
        with pytest.raises(ArgumentError, match="params"):
            net.params = wrong
        assert bits(net) == before
    net.params = {name: value.tolist() for name, value in good.items()}
    assert all((value == 1).all() for value in net.params.values())


def test_setting_params_from_each_other() -> None:
    net = cr.Network(cr.Dense(2), cr.Dense(2)).build(2)
    first, second = net.params["dense1/weight"].copy(), net.params["dense2/weight"].copy()
    net.params = {
        **net.params,
        "dense1/weight": net.params["dense2/weight"],
        "dense2/weight": net.params["dense1/weight"],
    }
    assert (net.params["dense1/weight"] == second).all()
    assert (net.params["dense2/weight"] == first).all()


def test_reset_starts_again() -> None:
    X, y = classes(60)
    net, fresh = network(3), network(3)
    options: dict[str, Any] = {"loss": "cross_entropy", "optimizer": cr.Momentum(0.1), "epochs": 4, "validation": 0.2}
    net.fit(X, NAMES[y], **options)
    net.reset(seed=8)
    with pytest.raises(ArgumentError, match="no classes"):
        _ = net.classes
    history = net.fit(X, y, epochs=4, validation=0.2)  # loss and optimiser are still known; other labels are welcome
    fresh.fit(X, y, seed=8, **options)
    assert bits(net) == bits(fresh)
    assert history.epochs[0].epoch == 0


def test_building_anew_forgets_the_columns() -> None:
    net = network(3)
    net.fit(pd.DataFrame(CLASSES, columns=["a", "b"]), TARGETS, loss="cross_entropy", epochs=1)
    net.build(1).fit(pd.DataFrame({"c": CLASSES[:, 0]}), TARGETS, epochs=1)
    assert net.memory.feature_names == ["c"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda net: net.params,
        lambda net: net.state,
        lambda net: net.classes,
        lambda net: net.predict([[1.0]]),
        lambda net: net.predict_proba([[1.0]]),
        lambda net: net.evaluate([[1.0]], [1.0]),
        lambda net: net.evaluate([[1.0]], [1.0], loss="squared_error"),
        lambda net: net.reset(),
        lambda net: net.summary(),
        lambda net: net.save("never"),
        lambda net: setattr(net, "params", {}),
    ],
)
def test_a_network_without_parameters_says_so(ask: Any) -> None:
    with pytest.raises(NotFittedError, match=r"no parameters yet; call fit\(X, y\) or build\(n_features\) first"):
        ask(network())


def test_summary(capsys: pytest.CaptureFixture[str]) -> None:
    net = cr.Network(
        cr.Standardize(), cr.Residual(cr.Dense(4, activation="relu")), cr.Dense(1500, trainable=False), cr.Dense(2)
    )
    net.build(4).summary()
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["layer", "class", "output", "parameters"],
        ["standardize1", "Standardize", "(n,", "4)", "0"],
        ["residual1", "Residual", "(n,", "4)", "20"],
        ["dense1", "Dense,", "frozen", "(n,", "1500)", "7,500"],
        ["dense2", "Dense", "(n,", "2)", "3,002"],
        ["total", "10,522"],
    ]
    assert repr(net) == "<Network: standardize1, residual1, dense1, dense2>"
    assert repr(network()) == "<Network: dense1, dense2; no parameters yet>"
    assert list(net.layers) == ["standardize1", "residual1", "dense1", "dense2"]


# --------------------------------------------------------------------------------------------------- copies


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_goes_on_by_itself(duplicate: Any) -> None:
    X, y = classes(60)
    net = cr.Network(cr.Standardize(), cr.Dense(5, activation="relu"), cr.Dropout(0.2), cr.Dense(3))
    options: dict[str, Any] = {"optimizer": cr.Adam(0.01), "epochs": 3}
    net.fit(X, NAMES[y], loss="cross_entropy", **options)
    before = bits(net)
    other = duplicate(net)
    other.fit(X, NAMES[y], **options)
    assert bits(net) == before != bits(other)
    net.fit(X, NAMES[y], **options)
    assert bits(net) == bits(other)
    assert (net.predict(X) == other.predict(X)).all()
    assert duplicate(network()).fit(X, y, loss="squared_error", epochs=1)


# ------------------------------------------------------------------------------------- layers and losses of one's own


@dataclass(eq=False)
class Scale(cr.Layer):
    """Each feature times a number of its own, to a power."""

    power: int = 1

    def init(self, input_shape: tuple[int, ...], draw: Any) -> Any:
        return {"scale": np.full(input_shape, 2.0)}, {}

    def apply(self, params: Any, state: Any, x: cr.Node, mode: Any) -> Any:
        return x * params["scale"] ** self.power, state


class Shift(cr.Layer):
    """A layer whose attribute no dataclass knows of."""

    def __init__(self) -> None:
        super().__init__()
        self.by = np.arange(2000.0)

    def apply(self, params: Any, state: Any, x: cr.Node, mode: Any) -> Any:
        return x + float(self.by[1000]), state


def test_a_layer_of_ones_own_is_trained() -> None:
    """y = 6 x through (2s) x: by hand, one step at rate 0.1 of ½(6 − 2)² at x = 1 takes s from 2 to 2 + 0.1 · 4."""
    net = cr.Network(Scale())
    net.fit([[1.0]], [6.0], loss="squared_error", optimizer=cr.SGD(0.1), epochs=1)
    assert net.params["scale1/scale"] == pytest.approx(2.4)
    assert net.fit([[1.0], [2.0]], [6.0, 12.0], optimizer=cr.SGD(0.1), epochs=200).loss[-1] < 1e-9


@pytest.mark.parametrize("backend", [None, "numpy"])
def test_a_change_of_a_layer_is_noticed(backend: str | None) -> None:
    """Its graph is made anew for predictions as for training, even if the change is not seen in the layer's repr."""
    scale, shift = Scale(), Shift()
    net = cr.Network(scale, shift).build(1)
    assert net.predict([[1.0]], backend=backend).tolist() == [1002.0]
    scale.power = 2
    assert net.predict([[1.0]], backend=backend).tolist() == [1004.0]
    shift.by = shift.by + 1.0
    shift.by[0] = 5.0
    assert net.predict([[1.0]], backend=backend).tolist() == [1005.0]
    assert net.evaluate([[1.0]], [1005.0], loss="squared_error")["loss"] == 0.0


def test_a_loss_of_ones_own() -> None:
    def quartic(outputs: cr.Node, targets: cr.Node) -> cr.Node:
        return (outputs - targets) ** 4

    X, y = data(30, outputs=2)
    net = network(2)
    history = net.fit(X, y, loss=quartic, optimizer=cr.Adam(0.05), epochs=60)
    expected = ((net.predict(X) - y) ** 4).sum(axis=1).mean()
    assert net.evaluate(X, y)["loss"] == pytest.approx(expected, rel=1e-5)
    assert history.loss[-1] < 0.3 * history.loss[0]


@pytest.mark.parametrize(
    ("loss", "sentence"),
    [
        (lambda outputs, targets: 1.0, "must give one number for each example"),
        (lambda outputs, targets: cr.mean(outputs - targets), "must give one number for each example"),
    ],
)
def test_a_wrong_loss_of_ones_own_changes_nothing(loss: Any, sentence: str) -> None:
    X, y = data(30, outputs=2)
    net = network(2)
    with pytest.raises(ShapeError, match=sentence):
        net.fit(X, y, loss=loss)
    assert repr(net).endswith("no parameters yet>")
    assert net.memory.loss is None

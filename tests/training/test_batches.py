"""Batch gradient descent, mini-batch and SGD are the same code with another number: against a loop written by hand."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule import random
from chainrule.errors import DataError
from chainrule.training import fitting
from training.descent import RATE, classes, data, descend, network

SIZES = (1, 7, 32, "full")
KEEP = {"loss": "squared_error", "optimizer": cr.SGD(RATE), "dtype": "float64"}


@pytest.mark.parametrize("batch_size", SIZES)
def test_every_batch_size_is_the_hand_written_loop(batch_size: int | str) -> None:
    """50 rows: the last batch has 1, 1, 18 and 50, and is averaged over its own."""
    X, y = data()
    net = network().build(3, seed=4, dtype="float64")
    size = len(X) if batch_size == "full" else int(batch_size)
    expected, losses = descend(net.params, X, y, batch_size=size, epochs=4, seed=9)
    history = net.fit(X, y, batch_size=batch_size, epochs=4, seed=9, **KEEP)
    for name, value in net.params.items():
        np.testing.assert_allclose(value, expected[name], rtol=0, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-12)


@pytest.mark.parametrize("batch_size", SIZES)
def test_weights_are_those_of_the_hand_written_loop(batch_size: int | str) -> None:
    """At batch size 1 and 7 some batches have no weight at all: they change nothing and are left out of the loss."""
    X, y = data()
    weight = np.random.default_rng(1).integers(0, 3, len(X)).astype(float)
    weight[:20] = 0.0
    net = network().build(3, seed=4, dtype="float64")
    size = len(X) if batch_size == "full" else int(batch_size)
    expected, losses = descend(net.params, X, y, batch_size=size, epochs=3, seed=2, weight=weight)
    history = net.fit(X, y, batch_size=batch_size, epochs=3, seed=2, sample_weight=weight, **KEEP)
    for name, value in net.params.items():
        np.testing.assert_allclose(value, expected[name], rtol=0, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-12)


def test_the_oracle_notices_a_wrong_average() -> None:
    """With the last batch averaged over the full batch size, the loop by hand would end elsewhere."""
    X, y = data()
    net = network().build(3, seed=4, dtype="float64")
    right, _ = descend(net.params, X, y, batch_size=32, epochs=1)
    other, _ = descend(net.params, X, y, batch_size=31, epochs=1)
    assert max(np.abs(right[name] - other[name]).max() for name in right) > 1e-6


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_weights_repeat_rows(loss: str) -> None:
    """In full-batch mode a weight of 3 is a row that stands there three times."""
    X, y = data() if loss == "squared_error" else classes(50)
    weight = np.random.default_rng(3).integers(0, 4, len(X))
    outputs = 2 if loss == "squared_error" else 3
    options = {"loss": loss, "optimizer": cr.Adam(0.01), "dtype": "float64", "batch_size": "full", "epochs": 20}
    weighted, repeated = network(outputs), network(outputs)
    first = weighted.fit(X, y, sample_weight=weight, l2=0.1, **options)
    second = repeated.fit(np.repeat(X, weight, axis=0), np.repeat(y, weight, axis=0), l2=0.1, **options)
    for name, value in weighted.params.items():
        np.testing.assert_allclose(value, repeated.params[name], rtol=0, atol=1e-10, err_msg=name)
    np.testing.assert_allclose(first.loss, second.loss, rtol=1e-12)
    scores = weighted.evaluate(X, y, sample_weight=weight)
    assert scores["loss"] == pytest.approx(
        repeated.evaluate(np.repeat(X, weight, axis=0), np.repeat(y, weight, axis=0))["loss"], rel=1e-12
    )


def test_weights_of_one_change_nothing() -> None:
    X, y = data()
    plain, weighted = network(), network()
    plain.fit(X, y, epochs=3, **KEEP)
    weighted.fit(X, y, epochs=3, sample_weight=np.ones(len(X)), **KEEP)
    for name, value in plain.params.items():
        np.testing.assert_allclose(value, weighted.params[name], rtol=0, atol=1e-14)


def test_a_batch_without_weight_still_feels_the_penalty() -> None:
    """Its data gives a zero gradient; λ w is the whole gradient, so each of the two steps takes w to (1 − η λ) w."""
    net = cr.Network(cr.Dense(1, bias=False, weight_init=2.0)).build(1, dtype="float64")
    options = {"loss": "squared_error", "optimizer": cr.SGD(0.1), "l2": 0.5, "batch_size": 1, "shuffle": False}
    history = net.fit([[1.0], [0.0]], [0.0, 0.0], sample_weight=[0.0, 1.0], epochs=1, **options)
    assert net.params["dense1/weight"].item() == pytest.approx(2.0 * 0.95**2, rel=1e-14)
    assert history.loss[0] == history.penalty[0] == pytest.approx(0.25 * (2.0 * 0.95) ** 2)  # of the step with weight


def test_the_last_batch_is_read_too() -> None:
    """Only the last of five rows has a target that is not 0."""
    X, y = np.ones((5, 1)), np.array([0.0, 0.0, 0.0, 0.0, 1.0])
    net = cr.Network(cr.Dense(1, weight_init="zeros"))
    net.fit(X, y, batch_size=4, epochs=1, shuffle=False, optimizer=cr.SGD(1.0), loss="squared_error")
    assert net.params["dense1/bias"] == pytest.approx(1.0)


def test_shuffling_is_new_every_epoch_and_can_be_left_out() -> None:
    """At x = 1 and a rate of ½ every step makes the prediction that of its row: the last row of an epoch can be read off."""
    X, y = np.ones((9, 1)), np.arange(9.0)
    options = {"loss": "squared_error", "optimizer": cr.SGD(0.5), "batch_size": 1, "epochs": 1, "seed": 6}

    def last_rows(shuffle: bool) -> list[int]:
        net = cr.Network(cr.Dense(1))
        found = []
        for _ in range(4):
            net.fit(X, y, shuffle=shuffle, **options)
            found.append(round(net.predict(X[:1]).item()))
        return found

    assert last_rows(shuffle=False) == [8, 8, 8, 8]
    expected = [int(random.permutation(9, 6, random.SHUFFLE, (epoch, 0))[-1]) for epoch in range(4)]
    assert last_rows(shuffle=True) == expected
    assert len(set(expected)) > 1


def test_the_default_batch_is_32_or_all() -> None:
    for n, size in ((50, 32), (8, 8)):
        X, y = data(n)
        default, named = network(), network()
        default.fit(X, y, epochs=2, **KEEP)
        named.fit(X, y, epochs=2, batch_size=size, **KEEP)
        assert (default.params["dense1/weight"] == named.params["dense1/weight"]).all()


# ------------------------------------------------------------------------------------------------------ validation


@pytest.mark.parametrize("kind", ["numbers", "text", "binary", "one-hot"])
def test_the_validation_split_is_stratified(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """10 of 100 rows are held out: of a class of 30 exactly 3, of one of 70 exactly 7."""
    ids = np.array([0] * 30 + [1] * 70)
    y = {
        "numbers": ids,
        "text": np.array(["cat", "dog"])[ids],
        "binary": ids,
        "one-hot": np.eye(2)[ids],
    }[kind]
    held: list[np.ndarray] = []
    genuine = fitting.Examples.rows

    def spy(examples: fitting.Examples, rows: np.ndarray) -> fitting.Examples:
        held.append(rows)
        return genuine(examples, rows)

    monkeypatch.setattr(fitting.Examples, "rows", spy)
    loss, outputs = ("binary_cross_entropy", 1) if kind == "binary" else ("cross_entropy", 2)
    X = np.random.default_rng(0).normal(size=(100, 2))
    for seed in range(6):
        cr.Network(cr.Dense(outputs)).fit(X, y, loss=loss, epochs=1, validation=0.1, seed=seed)
    assert [np.bincount(ids[rows]).tolist() for rows in held] == [[3, 7]] * 6


def test_held_out_rows_are_not_trained_on() -> None:
    """Another target for one row changes the parameters, for all but the 10 of 40 rows that are held out."""
    X, y = data(40, outputs=1)

    def trained(targets: np.ndarray) -> np.ndarray:
        net = network(1)
        net.fit(X, targets, epochs=1, validation=0.25, seed=5, **KEEP)
        return net.params["dense1/weight"]

    usual = trained(y)
    same = [bool((trained(y + 100.0 * np.eye(40)[:, i : i + 1]) == usual).all()) for i in range(40)]
    assert sum(same) == 10


def test_a_validation_set_is_evaluated() -> None:
    X, y = data(40)
    X_val, y_val = data(13, seed=8)
    X_val, y_val = X_val[:, :3], y_val
    net = network()
    history = net.fit(X, y, epochs=3, validation=(X_val, y_val), metrics=["rmse", "r2"], **KEEP)
    scores = net.evaluate(X_val, y_val, metrics=["rmse", "r2"])
    error = net.predict(X_val) - y_val
    assert history.val_loss[-1] == pytest.approx(0.5 * (error**2).sum(axis=1).mean(), rel=1e-12)
    assert [scores[name] for name in ("loss", "rmse", "r2")] == [
        history.score(name)[-1] for name in ("val_loss", "val_rmse", "val_r2")
    ]


def test_a_validation_set_may_have_weights() -> None:
    X, y = data(40)
    weight = np.array([0.0, 1.0, 3.0, 0.0])
    net = network()
    history = net.fit(X, y, epochs=2, validation=(X[:4], y[:4], weight), **KEEP)
    each = 0.5 * ((net.predict(X[:4]) - y[:4]) ** 2).sum(axis=1)
    assert history.val_loss[-1] == pytest.approx(each @ weight / 4.0, rel=1e-12)


def test_the_validation_loss_is_without_penalties() -> None:
    X, y = data(40)
    net = network()
    history = net.fit(X, y, epochs=2, l2=1.0, l1=0.1, validation=(X, y), **KEEP)
    assert history.val_loss[-1] == pytest.approx(net.evaluate(X, y)["loss"], rel=1e-12)
    weights = [net.params["dense1/weight"], net.params["dense2/weight"]]
    expected = sum(0.1 * np.abs(w).sum() + 0.5 * (w * w).sum() for w in weights)
    last = net.fit(X, y, epochs=1, l2=1.0, l1=0.1, batch_size="full", **KEEP)
    assert last.penalty[0] == pytest.approx(expected, rel=1e-12)
    assert last.loss[0] == pytest.approx(expected + history.val_loss[-1], rel=1e-12)


def test_weights_that_leave_a_side_empty_are_refused() -> None:
    X, y = data(10)
    weight = np.zeros(10)
    weight[0] = 1.0
    with pytest.raises(DataError, match="sample_weight is 0 in every row"):
        network().fit(X, y, sample_weight=weight, validation=0.5, **KEEP)

"""Standardisation inside the network: learned once, before the first step, from the rows that are trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.data.split import split
from chainrule.errors import ArgumentError, DataError, TrainingWarning
from training.descent import bits

X = np.random.default_rng(0).normal(size=(40, 3)) * [1.0, 10.0, 0.1] + [5.0, -3.0, 0.0]
Y = np.sin(X[:, 0])
FIT: dict[str, Any] = {"loss": "squared_error", "epochs": 2}


def test_the_state_is_that_of_the_data() -> None:
    net = cr.Network(cr.Standardize(), cr.Dense(1))
    net.fit(X, Y, dtype="float64", **FIT)
    np.testing.assert_allclose(net.state["standardize1/mean"], X.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(net.state["standardize1/scale"], X.std(axis=0), rtol=1e-14)


def test_it_is_the_same_as_standardising_by_hand() -> None:
    inside, outside = (
        cr.Network(cr.Standardize(), cr.Dense(4, activation="tanh"), cr.Dense(1)),
        cr.Network(cr.Dense(4, activation="tanh"), cr.Dense(1)),
    )
    inside.fit(X, Y, dtype="float64", **FIT)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    outside.fit(Z, Y, dtype="float64", **FIT)
    np.testing.assert_allclose(inside.predict(X), outside.predict(Z), rtol=1e-12)


def test_held_out_rows_are_not_looked_at() -> None:
    net = cr.Network(cr.Standardize(), cr.Dense(1))
    net.fit(X, Y, dtype="float64", validation=0.25, seed=3, **FIT)
    rows, _ = split(40, 0.25, seed=3)
    np.testing.assert_allclose(net.state["standardize1/mean"], X[rows].mean(axis=0), rtol=1e-14)


def test_it_is_learned_once_and_again_after_reset() -> None:
    net = cr.Network(cr.Standardize(), cr.Dense(1))
    net.fit(X, Y, **FIT)
    before = net.state["standardize1/mean"].copy()
    net.fit(X + 100.0, Y, **FIT)
    assert (net.state["standardize1/mean"] == before).all()
    net.reset().fit(X + 100.0, Y, **FIT)
    np.testing.assert_allclose(net.state["standardize1/mean"], X.mean(axis=0) + 100.0, rtol=1e-6)


def test_after_other_layers_it_sees_what_they_give() -> None:
    """Twice: the second one sees what the first and a dense layer give, with the initial weights."""
    net = cr.Network(cr.Standardize(), cr.Dense(4, activation="relu"), cr.Dropout(0.5), cr.Standardize(), cr.Dense(1))
    net.fit(X, Y, dtype="float64", optimizer=cr.SGD(0.0), **FIT)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    hidden = np.maximum(Z @ net.params["dense1/weight"] + net.params["dense1/bias"], 0)
    np.testing.assert_allclose(net.state["standardize2/mean"], hidden.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(net.state["standardize2/scale"], hidden.std(axis=0), rtol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e5])
def test_large_means_in_float32(offset: float) -> None:
    """What float32 holds of a column with a large mean is standardised to mean 0 and deviation 1."""
    x = (offset + np.random.default_rng(0).normal(size=(5000, 1))).astype(np.float32)
    net = cr.Network(cr.Standardize())
    with pytest.warns(TrainingWarning, match="Nothing was trained"):
        net.fit(x, np.zeros(5000), loss="squared_error", epochs=1)
    z = net.predict(x).astype(float)
    assert abs(z.mean()) < 1e-6 * max(offset, 1)
    assert z.std() == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize("value", [0.0, 7.0, 0.1, 1e-30, 1e30, -123456.789])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_constant_columns_become_nothing(value: float, dtype: str) -> None:
    x = np.column_stack([np.full(40, value), X[:, 1]])
    net = cr.Network(cr.Standardize(), cr.Dense(1))
    history = net.fit(x, Y, dtype=dtype, **FIT)
    assert net.state["standardize1/scale"][0] == 1.0
    assert net.params["dense1/weight"].dtype == dtype
    assert np.isfinite(history.loss).all()
    first = cr.Network(cr.Dense(1)).build(2, dtype=dtype).params["dense1/weight"][0]
    np.testing.assert_allclose(net.params["dense1/weight"][0], first, rtol=1e-3)  # nothing to be learned from it


def test_a_single_row_and_a_single_training_row() -> None:
    net = cr.Network(cr.Standardize(), cr.Dense(1))
    assert np.isfinite(net.fit(X[:1], Y[:1], **FIT).loss).all()


def test_numbers_beyond_computing_are_refused() -> None:
    net = cr.Network(cr.Standardize(), cr.Dense(1))
    with pytest.raises(DataError, match="layer 'standardize1': X is too large for its mean and deviation"):
        net.fit(X * 1e200, Y, dtype="float64", **FIT)
    assert repr(net).endswith("no parameters yet>")


def test_it_works_with_images() -> None:
    images = np.random.default_rng(0).normal(size=(20, 4, 5)) + 3.0
    net = cr.Network(cr.Standardize(), cr.Flatten(), cr.Dense(1))
    net.fit(images, np.zeros(20), **FIT)
    np.testing.assert_allclose(net.state["standardize1/mean"], images.mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
@pytest.mark.parametrize("value", [0.0, -7.0])
def test_padding_is_left_out_and_passes_as_it_is(value: float, backend: str) -> None:
    """Each step has the statistics of the rows in which it is real; the last is real in none."""
    sequences = np.random.default_rng(1).normal(size=(30, 5, 2)) * [3.0, 0.1] + [10.0, 0.0]
    lengths = np.arange(30) % 4 + 1
    real = np.arange(5) < lengths[:, None]
    x = np.where(real[:, :, None], sequences, value)
    net = cr.Network(
        cr.Masking(value), cr.Standardize(), cr.Flatten(), cr.Dense(10, weight_init=np.eye(10), bias=False)
    )
    net.fit(x, np.zeros((30, 10)), dtype="float64", optimizer=cr.SGD(0.0), backend=backend, **FIT)
    mean, scale = np.zeros((5, 2)), np.ones((5, 2))
    for t in range(4):
        mean[t], scale[t] = x[real[:, t], t].mean(axis=0), x[real[:, t], t].std(axis=0)
    np.testing.assert_allclose(net.state["standardize1/mean"], mean, rtol=1e-12)
    np.testing.assert_allclose(net.state["standardize1/scale"], scale, rtol=1e-12)
    standard = np.where(real[:, :, None], (x - mean) / scale, value)
    np.testing.assert_allclose(net.predict(x), standard.reshape(30, 10), rtol=1e-12)


@pytest.mark.parametrize("around", [cr.Residual, cr.Sequential, cr.Concatenate])
def test_inside_another_layer_it_is_refused(around: Any) -> None:
    with pytest.raises(ArgumentError, match=r"layer '\w+1/standardize1' learns .* top level .* out of '\w+1'"):
        cr.Network(around(cr.Standardize()), cr.Dense(1))


def test_a_failing_fit_learns_nothing() -> None:
    net = cr.Network(cr.Standardize(), cr.Dense(1)).build(3)
    before = bits(net)
    with pytest.raises(ArgumentError, match="batch_size"):
        net.fit(X, Y, batch_size=99, **FIT)
    assert bits(net) == before
    assert not net.memory.adapted

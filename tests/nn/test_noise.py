"""Noise against Box and Muller in NumPy and the normal distribution; Rescale against arithmetic."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import kstest

import chainrule as cr
from chainrule.backends import Backend, get_backend
from chainrule.backends.llvm import Layout, LlvmBackend
from chainrule.graph import ROWS, Step, input
from chainrule.nn import Mode, Noise
from chainrule.random import words

Array = NDArray[Any]

LLVM = [LlvmBackend(threads=n, layout=layout) for layout in (Layout.FEATURES, Layout.ROWS) for n in (1, 2, 3)]
rng = np.random.default_rng(0)


def noisy(x: Array, std: float, backend: Backend | None = None, *, step: int = 0, seed: int = 0) -> Array:
    """What the layer makes of a batch."""
    node, mode = input("x", (ROWS, *x.shape[1:]), x.dtype.name), Mode(train=True)
    y, _ = Noise(std).apply({}, {}, node, mode)
    key, counter = mode.key, mode.counter
    assert key is not None
    assert counter is not None
    [(name, (number, value))] = mode.scalars.items()
    built = Step(state={}, data={"x": node}, scalars={"key": key, "counter": counter, name: number}, rows={"y": y})
    scalars = {
        "key": np.array([seed, 0], np.uint32), "counter": np.array([step, 0], np.uint32), name: np.array(value, x.dtype)
    }  # fmt: skip
    program = (backend or get_backend("numpy")).compile(built, rows=len(x))
    return program.run({}, {"x": x}, np.arange(len(x)), np.array([0, len(x)]), scalars).rows["y"]


def test_it_is_the_transform_of_box_and_muller() -> None:
    x = rng.normal(size=(7, 3))
    radius, angle = (words(21, 5, 0, (layer, 9, 0)).astype(float).reshape(7, 3) for layer in (0, 1))
    u, v = (radius + 0.5) / 2**32, angle / 2**32
    wanted = x + 0.3 * np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)
    np.testing.assert_allclose(noisy(x, 0.3, step=9, seed=5), wanted, rtol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_is_normal_and_independent(dtype: str) -> None:
    z = noisy(np.zeros((200, 100), dtype), 2.0, seed=1) / 2.0
    assert kstest(z.ravel(), "norm").pvalue > 0.01
    assert abs(np.corrcoef(z[:, :-1].ravel(), z[:, 1:].ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(z.ravel(), noisy(np.zeros((200, 100), dtype), 2.0, seed=1, step=1).ravel())[0, 1]) < 0.02


def test_the_bits_are_those_of_any_team_and_the_numbers_those_of_any_backend() -> None:
    for dtype, most in (("float32", 3e-6), ("float64", 1e-14)):
        x = np.zeros((37, 5), dtype)
        found = [noisy(x, 1.0, backend, step=2) for backend in LLVM]
        for one, other in (*pairwise(found[:3]), *pairwise(found[3:])):
            assert (one == other).all()
        for own in found:
            np.testing.assert_allclose(own, noisy(x, 1.0, step=2), atol=most)


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
def test_it_is_there_in_training_only(backend: str) -> None:
    X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    how: dict[str, Any] = {"loss": "squared_error", "optimizer": cr.SGD(0.01), "epochs": 2, "backend": backend}
    nets = [cr.Network(cr.Noise(std), cr.Dense(1)).build(3) for std in (0.5, 0.0)]
    with_noise, without = (net.fit(X, y, **how).loss for net in nets)
    assert (with_noise != without).all()
    plain = cr.Network(cr.Dense(1)).build(3).fit(X, y, **how)
    np.testing.assert_allclose(without, plain.loss, rtol=1e-6)
    weight, bias = nets[0].params["dense1/weight"], nets[0].params["dense1/bias"]
    np.testing.assert_allclose(nets[0].predict(X, backend=backend), (X @ weight + bias)[:, 0], atol=1e-6)
    assert np.array_equal(cr.Network(cr.Noise(0.5), cr.Dense(1)).build(3).fit(X, y, **how).loss, with_noise)


def test_noise_on_the_inputs_shrinks_weights_as_a_penalty_does() -> None:
    """E (y − w (x + ε))² = (y − w x)² + w² σ²: with full batches, w goes to Σxy / Σ(x² + σ²)."""
    x = rng.normal(size=(2000, 1))
    net = cr.Network(cr.Noise(1.0), cr.Dense(1, bias=False)).build(1)
    net.fit(
        x,
        2 * x[:, 0],
        loss="squared_error",
        optimizer=cr.SGD(cr.ExponentialDecay(0.3, 0.98)),
        epochs=200,
        batch_size="full",
    )
    wanted = 2 * np.sum(x * x) / (np.sum(x * x) + len(x))
    assert abs(net.params["dense1/weight"].item() - wanted) < 0.05


def test_floats_up_to_1_where_bytes_are_expected_are_warned_of() -> None:
    X, y = rng.integers(0, 256, (20, 4), dtype=np.uint8), rng.integers(0, 2, 20)
    net = cr.Network(cr.Rescale(2 / 255, -1.0), cr.Dense(2))
    net.fit(X, y, loss="cross_entropy", epochs=1)
    sentence = r"X holds floats of at most [01]\.?\d*, but layer 'rescale1' is for bytes, 0 to 255: give the bytes, or"
    with pytest.warns(cr.TrainingWarning, match=sentence):
        net.predict(X / 255)
    with pytest.warns(cr.TrainingWarning, match=f"the X of validation{sentence[1:]}"):
        net.fit(X, y, epochs=1, validation=(X / 255, y))
    for plain in (X, X.astype(float), X / 255 - 0.5, np.zeros((2, 4)), (X > 127).astype(np.uint8)):
        net.predict(plain)
    cr.Network(cr.Rescale(0.5)).build(4).predict(X / 255)


def test_rescale() -> None:
    X = np.array([[0, 51], [255, 102]], np.uint8)
    net = cr.Network(cr.Rescale(), cr.Rescale(2, -1.0), cr.Dense(1, weight_init=np.array([[1.0], [10.0]]))).build(2)
    np.testing.assert_allclose(net.predict(X), [-1 - 6, 1 - 2], atol=1e-5)
    text = str(net.explain(X, [0.0, 1.0], loss="squared_error"))
    assert "0.00392157 x" in text
    assert "2 a[rescale1] + -1" in text


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: cr.Noise(-1), "std must be a finite number at least 0, but is -1."),
        (lambda: cr.Rescale(np.inf), "scale must be a finite number, but is inf."),
        (lambda: cr.Rescale(offset="mean"), "offset must be a finite number, but is 'mean'."),
    ],
)
def test_wrong_arguments_are_sentences(make: Any, sentence: str) -> None:
    with pytest.raises(cr.ArgumentError, match=sentence):
        make()

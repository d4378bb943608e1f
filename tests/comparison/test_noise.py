"""The noise of the gradient: by hand in NumPy, by PyTorch's gradients of single examples, and by drawing many batches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import chainrule as cr
from chainrule.comparison import Noise
from chainrule.comparison.noise import NoiseMeter
from training.descent import classes, data, gradients, network

Array = NDArray[Any]


def measured(net: cr.Network, X: Array, y: Array, **options: Any) -> cr.Comparison:
    return cr.compare(net, X, y, **{"batch_sizes": (1, 5, "full"), "loss": "squared_error", "epochs": 1, **options})


def one_by_one(params: dict[str, Array], X: Array, y: Array) -> Array:
    """The gradient of every example as a row, by the chain rule on paper."""
    rows = [gradients(params, X[i : i + 1], y[i : i + 1], np.ones(1))[1] for i in range(len(X))]
    return np.array([np.concatenate([grads[name].reshape(-1) for name in params]) for grads in rows])


@pytest.fixture
def tanh_network() -> tuple[cr.Network, Array, Array, Array]:
    """A network of two layers, data, and the gradient of every example."""
    X, y = data(40)
    net = network().build(3, dtype="float64")
    return net, X, y, one_by_one(net.params, X, y)


def test_trace_and_norm_are_those_of_the_gradients_of_all_examples(tanh_network: Any) -> None:
    net, X, y, each = tanh_network
    noise = measured(net, X, y).initial_noise
    assert noise.trace == pytest.approx(np.cov(each.T).trace(), rel=1e-10)
    assert noise.squared_norm == pytest.approx((each.mean(axis=0) ** 2).sum(), rel=1e-10)
    assert (noise.n, noise.examples) == (40, 40)
    assert noise.scale == pytest.approx(noise.trace / noise.squared_norm)


@pytest.mark.parametrize("batch_size", [1, 7, 39, 40])
def test_the_variance_is_that_of_batches_drawn_without_replacement(tanh_network: Any, batch_size: int) -> None:
    """4,000 draws: the mean of |g_B − g|² is within five of its standard errors."""
    net, X, y, each = tanh_network
    generator = np.random.default_rng(batch_size)
    mean = each.mean(axis=0)
    batches = (generator.permutation(40)[:batch_size] for _ in range(4000))
    squares = np.array([((each[rows].mean(axis=0) - mean) ** 2).sum() for rows in batches])
    noise = measured(net, X, y).initial_noise
    assert abs(squares.mean() - noise.variance(batch_size)) < 5 * squares.std() / math.sqrt(4000) + 1e-15
    assert noise.relative(batch_size) == pytest.approx(math.sqrt(noise.variance(batch_size)) / np.linalg.norm(mean))


def test_the_variance_of_two_of_four_is_that_of_all_six_draws() -> None:
    """Exactly: every one of the batches that there are."""
    each = np.random.default_rng(0).normal(size=(4, 3))
    mean = each.mean(axis=0)
    pairs = [(i, j) for i in range(4) for j in range(i)]
    exact = np.mean([((each[[i, j]].mean(axis=0) - mean) ** 2).sum() for i, j in pairs])
    noise = Noise(np.cov(each.T).trace(), float(mean @ mean), 4, 4)
    assert noise.variance(2) == pytest.approx(exact, rel=1e-12)


def test_it_agrees_with_pytorch_on_classes() -> None:
    X, y = classes(50)
    net = cr.Network(cr.Dense(8, activation="relu"), cr.Dense(3)).build(2, dtype="float64", seed=3)
    noise = measured(net, X, y, loss="cross_entropy").initial_noise
    params = {name: torch.tensor(value.copy(), requires_grad=True) for name, value in net.params.items()}
    rows = []
    for i in range(50):
        hidden = torch.relu(torch.tensor(X[i : i + 1]) @ params["dense1/weight"] + params["dense1/bias"])
        logits = hidden @ params["dense2/weight"] + params["dense2/bias"]
        grads = torch.autograd.grad(
            torch.nn.functional.cross_entropy(logits, torch.tensor(y[i : i + 1])), list(params.values())
        )
        rows.append(torch.cat([grad.reshape(-1) for grad in grads]).numpy())
    each = np.array(rows)
    assert noise.trace == pytest.approx(np.cov(each.T).trace(), rel=1e-9)
    assert noise.squared_norm == pytest.approx((each.mean(axis=0) ** 2).sum(), rel=1e-9)


@pytest.mark.parametrize("backend", ["llvm", "numpy"])
def test_float32_is_as_exact_as_it_can_be(backend: str) -> None:
    X, y = data(40)
    net = network().build(3)
    each = one_by_one({name: value.astype(np.float64) for name, value in net.params.items()}, X, y)
    noise = measured(net, X, y, backend=backend).initial_noise
    assert noise.trace == pytest.approx(np.cov(each.T).trace(), rel=1e-5)
    assert noise.squared_norm == pytest.approx((each.mean(axis=0) ** 2).sum(), rel=1e-5)


def test_the_noise_at_the_end_is_that_of_the_trained_parameters() -> None:
    X, y = data(30)
    net = network().build(3, dtype="float64")
    found = measured(net, X, y, epochs=4, optimizer=cr.SGD(0.1))
    for label, size in (("5", 5), ("full", "full")):
        twin = network().build(3, dtype="float64")
        twin.fit(X, y, loss="squared_error", batch_size=size, epochs=4, optimizer=cr.SGD(0.1))
        each = one_by_one(twin.params, X, y)
        assert found[label].noise.trace == pytest.approx(np.cov(each.T).trace(), rel=1e-10)


def test_a_penalty_moves_the_gradient_and_not_its_noise() -> None:
    X, y = data(30)
    net = network().build(3, dtype="float64")
    plain, penalised = measured(net, X, y).initial_noise, measured(net, X, y, l2=0.3).initial_noise
    each = one_by_one(net.params, X, y)
    push = np.concatenate([0.3 * value.reshape(-1) * (value.ndim == 2) for value in net.params.values()])
    assert penalised.trace == pytest.approx(plain.trace, rel=1e-10)
    assert penalised.squared_norm == pytest.approx(((each.mean(axis=0) + push) ** 2).sum(), rel=1e-10)


def test_a_sample_of_examples_gives_the_trace_and_all_rows_the_gradient(tanh_network: Any) -> None:
    net, X, y, each = tanh_network
    found = measured(net, X, y)
    meter = NoiseMeter(found.setting, most=15)
    noise = meter.measure(found.setting.model.arrays)
    assert (noise.n, noise.examples, len(set(meter.examples.tolist()))) == (40, 15, 15)
    assert noise.trace == pytest.approx(np.cov(each[meter.examples].T).trace(), rel=1e-9)
    assert noise.squared_norm == pytest.approx(found.initial_noise.squared_norm, rel=1e-12)


def test_where_the_gradient_vanishes_the_noise_is_infinitely_larger_unless_all_rows_are_in_the_batch() -> None:
    noise = Noise(trace=2.0, squared_norm=0.0, n=10, examples=10)
    assert noise.relative(1) == noise.scale == math.inf
    assert noise.relative(10) == 0.0

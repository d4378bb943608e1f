"""Normalisation against PyTorch, running statistics included, and batches that have no variance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import chainrule as cr
from chainrule.functional import statistics
from chainrule.graph import ROWS, input
from nn.torch_twin import ROWS as N
from nn.torch_twin import Tensors, agrees, channels_first, channels_last, kernel
from oracles import run

rng = np.random.default_rng(2)
BACKENDS = ["numpy", "llvm"]


def normalised(p: Tensors, x: torch.Tensor, train: bool, momentum: float = 0.1, eps: float = 1e-5) -> torch.Tensor:
    """batchnorm1 by PyTorch, which changes the running statistics in place."""
    own = [p[f"batchnorm1/{name}"] for name in ("mean", "variance", "scale", "shift")]
    return channels_last(functional.batch_norm(channels_first(x), *own, training=train, momentum=momentum, eps=eps))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", [(4,), (7, 3), (5, 4, 3), (1, 1, 2)])
def test_batch_norm_is_that_of_pytorch(shape: tuple[int, ...], backend: str) -> None:
    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        z = normalised(p, x @ p["dense1/weight"], train, momentum=0.2, eps=1e-3)
        return (functional.elu(z).flatten(1)) @ p["dense2/weight"] + p["dense2/bias"]

    agrees(
        lambda: [
            cr.Dense(3, bias=False),
            cr.BatchNorm(momentum=0.2, eps=1e-3),
            cr.Activation("elu"),
            cr.Flatten(),
            cr.Dense(2),
        ],
        twin,
        rng.normal(2.0, 3.0, size=(N, *shape)),
        backend,
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_batch_norm_between_convolution_and_pool_is_that_of_pytorch(backend: str) -> None:
    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        z = functional.conv2d(channels_first(x), kernel(p["conv2d1/weight"]), padding=1)
        a = functional.elu(normalised(p, channels_last(z), train))
        pooled = channels_last(functional.max_pool2d(channels_first(a), 2))
        return pooled.flatten(1) @ p["dense1/weight"] + p["dense1/bias"]

    agrees(
        lambda: [
            cr.Conv2D(4, 3, padding="same", bias=False),
            cr.BatchNorm(),
            cr.Activation("elu"),
            cr.MaxPool2D(2),
            cr.Flatten(),
            cr.Dense(2),
        ],
        twin,
        rng.normal(size=(N, 7, 6, 2)),
        backend,
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_batch_norm_takes_its_statistics_from_real_steps(backend: str) -> None:
    """In the twin, PyTorch sees the real steps alone; in training, steps of padding are normalised by their statistics."""
    x = rng.normal(1.0, 2.0, size=(N, 6, 3))
    x[np.arange(6) >= rng.integers(1, 7, N)[:, None]] = 0.0

    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        real, z = (x != 0).any(2), x @ p["dense1/weight"]
        centre, spread = p["batchnorm1/mean"].clone(), p["batchnorm1/variance"].clone()
        if train:
            centre, spread = z[real].mean(0), z[real].var(0, unbiased=False)
            normalised(p, z[real].detach(), train)
        a = (z - centre) / torch.sqrt(spread + 1e-5) * p["batchnorm1/scale"] + p["batchnorm1/shift"]
        return torch.tanh(a).flatten(1) @ p["dense2/weight"] + p["dense2/bias"]

    agrees(
        lambda: [
            cr.Masking(),
            cr.Dense(4, bias=False),
            cr.BatchNorm(),
            cr.Activation("tanh"),
            cr.Flatten(),
            cr.Dense(2),
        ],
        twin,
        x,
        backend,
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", [(4,), (7, 3), (3, 4, 2)])
def test_layer_norm_is_that_of_pytorch(shape: tuple[int, ...], backend: str) -> None:
    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        z = x @ p["dense1/weight"] + p["dense1/bias"]
        a = functional.layer_norm(z, (5,), p["layernorm1/scale"], p["layernorm1/shift"], 1e-3)
        return torch.tanh(a).flatten(1) @ p["dense2/weight"] + p["dense2/bias"]

    agrees(
        lambda: [cr.Dense(5), cr.LayerNorm(eps=1e-3), cr.Activation("tanh"), cr.Flatten(), cr.Dense(2)],
        twin,
        rng.normal(2.0, 3.0, size=(N, *shape)),
        backend,
    )


# ------------------------------------------------------------------------------------------------------ statistics


def test_running_statistics_by_hand() -> None:
    """A batch of 0, 2 and 4: mean 2, variance 8/3, unbiased 4; running: 0.9 · 0 + 0.1 · 2 and 0.9 · 1 + 0.1 · 4."""
    net = cr.Network(cr.BatchNorm()).build(1, dtype="float64")
    net.fit([[0.0], [2.0], [4.0]], [0.0, 0.0, 0.0], loss="squared_error", epochs=1, batch_size="full", backend="numpy")
    assert net.state["batchnorm1/mean"] == pytest.approx(0.2, rel=1e-14)
    assert net.state["batchnorm1/variance"] == pytest.approx(1.3, rel=1e-14)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_mean_that_is_large_beside_the_deviations_costs_no_digits(backend: str) -> None:
    """Deviations of 1 around 10,000 in float32; as the mean of the squares less the square of the mean, none would be left."""
    x = rng.normal(1e4, 1.0, size=(512, 3)).astype(np.float32)
    net = cr.Network(cr.BatchNorm(momentum=1.0)).build(3)
    net.fit(x, np.zeros((512, 3)), loss="squared_error", epochs=1, batch_size="full", backend=backend)
    np.testing.assert_allclose(net.state["batchnorm1/variance"], x.astype(float).var(0, ddof=1), rtol=1e-3)
    np.testing.assert_allclose(net.state["batchnorm1/mean"], x.astype(float).mean(0), rtol=1e-6)


@pytest.mark.parametrize("real", [0, 1])
def test_statistics_of_a_batch_with_hardly_a_real_step_are_finite(real: int) -> None:
    x, mask = rng.normal(size=(2, 3, 2)), np.zeros((2, 3), bool)
    mask[1, :real] = True
    node, truth = input("x", (ROWS, 3, 2), "float64"), input("mask", (ROWS, 3), "bool")
    found = statistics(node, truth)
    centre, variance, unbiased = run([found.mean, found.variance, found.unbiased], {"x": x, "mask": mask})
    np.testing.assert_array_equal(centre, x[1, 0] if real else [0, 0])
    assert not variance.any()
    assert not unbiased.any()


def frozen(net: cr.Network) -> dict[str, Any]:
    return {name: array.copy() for name, array in {**net.params, **net.state}.items() if "batchnorm" in name}


@pytest.mark.parametrize("inside", [False, True])
def test_a_frozen_layer_keeps_its_statistics_and_normalises_with_them(inside: bool) -> None:
    """Frozen by itself or by what is around it; then what it gives in training is what it gives in prediction."""
    x, y = rng.normal(3.0, 2.0, size=(20, 4)), rng.normal(size=20)
    norm = cr.BatchNorm(trainable=inside)
    net = cr.Network(cr.Sequential(norm, trainable=False) if inside else norm, cr.Dense(1)).build(4, dtype="float64")
    for array in net.state.values():
        array += 0.5
    before, loss = frozen(net), net.evaluate(x, y, loss="squared_error", backend="numpy")["loss"]
    history = net.fit(x, y, loss="squared_error", optimizer=cr.SGD(0.1), epochs=1, batch_size="full", backend="numpy")
    assert history.loss[0] == pytest.approx(loss, rel=1e-13)
    assert all((array == before[name]).all() for name, array in frozen(net).items())


# ------------------------------------------------------------------------------------------- batches without a variance

X, Y = rng.normal(size=(21, 4)), np.arange(21) % 2


def dense() -> cr.Network:
    return cr.Network(cr.Dense(3), cr.BatchNorm(name="norm"), cr.Dense(2))


@pytest.mark.parametrize(
    ("batch_size", "sentence"),
    [
        (
            1,
            r"layer 'norm' needs at least 2 rows in a batch, .* but batch_size is 1: use another batch_size, such as 3\.",
        ),
        (5, r"but the last batch of an epoch, of 21 rows in batches of 5, has 1: use another batch_size, such as 6\."),
        (20, r"of 21 rows in batches of 20, has 1: use another batch_size, such as 21\."),
    ],
)
def test_a_batch_of_one_row_is_an_error_before_training(batch_size: int, sentence: str) -> None:
    net = dense()
    with pytest.raises(cr.ArgumentError, match=sentence):
        net.fit(X, Y, loss="cross_entropy", batch_size=batch_size)
    assert "no parameters yet" in repr(net)


def test_the_batch_size_that_is_offered_works() -> None:
    for offered in (3, 6, 21):
        dense().fit(X, Y, loss="cross_entropy", batch_size=offered, epochs=1, backend="numpy")


@pytest.mark.parametrize(
    "use",
    [
        lambda net: net.learn(X[0], 0, loss="cross_entropy", classes=[0, 1]),
        lambda net: net.explain(X[0], 0, loss="cross_entropy"),
        lambda net: cr.check_gradients(net, X[:1], Y[:1], loss="cross_entropy"),
        lambda net: net.fit(X[:1], [[1.0, 2.0]], loss="squared_error"),
    ],
)
def test_a_single_row_is_an_error_elsewhere_too(use: Callable[[cr.Network], object]) -> None:
    with pytest.raises(cr.ArgumentError, match="layer 'norm' needs at least 2 rows in a batch"):
        use(dense().build(4))


def test_a_single_row_with_several_values_for_a_channel_is_none() -> None:
    """An image has many pixels, and a frozen layer asks for nothing; neither does prediction."""
    image = cr.Network(cr.BatchNorm(), cr.Flatten(), cr.Dense(1))
    image.fit(rng.normal(size=(3, 2, 2, 1)), [0.0, 1.0, 2.0], loss="squared_error", batch_size=1, epochs=1)
    rest = cr.Network(cr.BatchNorm(trainable=False), cr.Dense(1))
    assert np.isfinite(rest.learn(X[0], 1.0, loss="squared_error"))
    assert np.isfinite(dense().build(4).predict(X[:1])).all()


def test_nothing_is_penalised() -> None:
    net = cr.Network(cr.Dense(3), cr.BatchNorm(), cr.LayerNorm(), cr.Dense(1)).build(2)
    assert net.model.weights() == {"dense1/weight", "dense2/weight"}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: cr.BatchNorm(momentum=1.5), "momentum must be a finite number at least 0 and at most 1, but is 1.5."),
        (lambda: cr.BatchNorm(eps=0), "eps must be a finite number above 0, but is 0."),
        (lambda: cr.LayerNorm(eps=-1), "eps must be a finite number above 0, but is -1."),
    ],
)
def test_wrong_arguments_are_sentences(make: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(cr.ArgumentError, match=sentence):
        make()

"""Networks beside the same ones written for PyTorch: predictions, gradients and fifty steps of training, in float64.

A twin is a function of tensors: parameters and state by the names of the network, the rows, and whether it is for training;
its running statistics change in place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

import chainrule as cr
from nn.networks import Setup

torch.set_num_threads(1)  # such small products are slower on several

TOLERANCE = 1e-9
ROWS, BATCH, EPOCHS = 20, 8, 17  # 51 steps; every third has four rows only
RATE, MOMENTUM = 0.01, 0.8  # larger ones let rounding grow

Tensors = dict[str, torch.Tensor]
Twin = Callable[[Tensors, torch.Tensor, bool], torch.Tensor]
Array = np.ndarray[Any, Any]


def channels_first(x: torch.Tensor) -> torch.Tensor:
    """(n, ..., channels) → (n, channels, ...)."""
    return x.movedim(-1, 1)


def channels_last(x: torch.Tensor) -> torch.Tensor:
    """(n, channels, ...) → (n, ..., channels)."""
    return x.movedim(1, -1)


def kernel(weight: torch.Tensor) -> torch.Tensor:
    """(kernel..., channels, filters) → (filters, channels, kernel...), as PyTorch has it."""
    return weight.movedim(-1, 0).movedim(-1, 1)


def network(layers: Callable[[], Sequence[cr.Layer]], x: Array) -> cr.Network:
    """The network, with parameters and state off their round initial values."""
    rng = np.random.default_rng(5)
    net = cr.Network(*layers()).build(x.shape[1:], seed=2, dtype="float64")
    for name, array in {**net.params, **net.state}.items():
        own = 0.2 * rng.normal(size=array.shape)
        array[...] += np.abs(own) if name.endswith("variance") else own
    return net


def tensors(net: cr.Network) -> Tensors:
    """The numbers of a network as tensors of their own; the parameters have gradients."""
    params = {name: torch.tensor(array, requires_grad=True) for name, array in net.params.items()}
    return params | {name: torch.tensor(array) for name, array in net.state.items()}


def close(ours: Any, theirs: torch.Tensor, what: str) -> None:
    """The largest difference is small beside the largest number."""
    wanted = theirs.detach().numpy()
    assert ours.shape == wanted.shape, what
    assert np.isfinite(wanted).all(), what
    assert np.abs(ours - wanted).max() <= TOLERANCE * max(float(np.abs(wanted).max()), 1e-3), what


def agrees(layers: Callable[[], Sequence[cr.Layer]], twin: Twin, x: Array, backend: str) -> None:
    """The network predicts, differentiates and trains as its twin does. It gives a vector for each row."""
    net = network(layers, x)
    outputs = twin(tensors(net), torch.tensor(x), False)
    y = np.random.default_rng(6).normal(size=tuple(outputs.shape))
    given = np.asarray(net.predict(x, backend=backend)).reshape(y.shape)
    close(given, outputs, "the prediction")
    _gradients_agree(net, twin, x, y)
    _training_agrees(net, twin, x, y, backend)


def _loss(outputs: torch.Tensor, y: Array) -> torch.Tensor:
    return 0.5 * ((outputs - torch.tensor(y)) ** 2).sum() / len(y)


def _gradients_agree(net: cr.Network, twin: Twin, x: Array, y: Array) -> None:
    found = Setup.of(net.model, {"x": x, "y": y}).reported()
    own = tensors(net)
    loss = _loss(twin(own, torch.tensor(x), True), y)
    loss.backward()
    close(found["loss"], loss, "the loss")
    for name in net.params:
        gradient = own[name].grad
        assert gradient is not None
        close(found[f"gradient/{name}"], gradient, f"the gradient of {name}")


def _training_agrees(net: cr.Network, twin: Twin, x: Array, y: Array, backend: str) -> None:
    own, before = tensors(net), {name: array.copy() for name, array in {**net.params, **net.state}.items()}
    descent = cr.Momentum(RATE, MOMENTUM)
    how: dict[str, Any] = {"batch_size": BATCH, "shuffle": False, "backend": backend}
    net.fit(x, y, loss="squared_error", optimizer=descent, epochs=EPOCHS, **how)
    params = [own[name] for name in net.params]
    theirs = torch.optim.SGD(params, lr=RATE, momentum=MOMENTUM) if params else None
    for _ in range(EPOCHS):
        for start in range(0, ROWS, BATCH):
            batch = slice(start, start + BATCH)
            if theirs:
                theirs.zero_grad()
                _loss(twin(own, torch.tensor(x[batch]), True), y[batch]).backward()
                theirs.step()
    for name, array in {**net.params, **net.state}.items():
        close(array, own[name], f"{name} after training")
        assert not np.array_equal(array, before[name]), f"{name} was not trained"

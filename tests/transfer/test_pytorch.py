"""Weights from PyTorch: for each kind of layer, what the network gives is what the module gives, to 1e-9 in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import chainrule as cr
from chainrule.nn import LAYERS
from chainrule.nn.recurrent import GRU, LSTM, Bidirectional, SimpleRNN
from chainrule.transfer.tables import TABLES

torch.set_num_threads(1)
N = 5


def images_last(x: np.ndarray) -> torch.Tensor:
    """Our images or sequences as PyTorch has them, the channels second."""
    return torch.tensor(np.moveaxis(x, -1, 1).copy())


def steps_first(x: np.ndarray) -> torch.Tensor:
    return torch.tensor(x)


class Last(nn.Module):
    """The state of a recurrent module after the last step, or after all; of both directions, if there are two."""

    def __init__(self, inner: nn.RNNBase, *, whole: bool = False) -> None:
        super().__init__()
        self.inner, self.whole = inner, whole

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        states, last = self.inner(x)
        hidden = last[0] if isinstance(last, tuple) else last
        directions = 2 if self.inner.bidirectional else 1
        return states if self.whole else torch.cat(list(hidden[-directions:]), dim=1)


class Ids(nn.Module):
    """Token ids come to our networks as floats."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.long()


class ChannelsSecond(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.transpose(1, 2)


class Case:
    """Our layers, PyTorch's module, the shape of a row, and how the rows are given to it."""

    def __init__(
        self,
        layers: Callable[[], list[cr.Layer]],
        module: Callable[[], nn.Module],
        shape: tuple[int, ...],
        turn: Callable[[np.ndarray], torch.Tensor] = steps_first,
        back: Callable[[np.ndarray], np.ndarray] = lambda y: y,
    ) -> None:
        self.layers, self.module, self.shape, self.turn, self.back = layers, module, shape, turn, back


def channels_last(y: np.ndarray) -> np.ndarray:
    return np.moveaxis(y, 1, -1)


CASES: dict[str, Case] = {
    "Dense": Case(
        lambda: [cr.Dense(4, "tanh"), cr.Dense(2)],
        lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
        (3,),
    ),
    "Dense without bias": Case(lambda: [cr.Dense(4, bias=False)], lambda: nn.Linear(3, 4, bias=False), (3,)),
    "Conv1D": Case(
        lambda: [cr.Conv1D(4, 3, stride=2)], lambda: nn.Conv1d(2, 4, 3, stride=2), (9, 2), images_last, channels_last
    ),
    "Conv2D": Case(
        lambda: [cr.Conv2D(4, (3, 2), padding=1)],
        lambda: nn.Conv2d(3, 4, (3, 2), padding=1),
        (6, 5, 3),
        images_last,
        channels_last,
    ),
    "Embedding": Case(lambda: [cr.Embedding(7, 3)], lambda: nn.Sequential(Ids(), nn.Embedding(7, 3)), (4,)),
    "BatchNorm": Case(lambda: [cr.BatchNorm()], lambda: nn.BatchNorm1d(3), (3,)),
    "BatchNorm of images": Case(
        lambda: [cr.BatchNorm()], lambda: nn.BatchNorm2d(3), (4, 5, 3), images_last, channels_last
    ),
    "LayerNorm": Case(lambda: [cr.LayerNorm()], lambda: nn.LayerNorm(3), (4, 3)),
    "SimpleRNN": Case(lambda: [SimpleRNN(4)], lambda: Last(nn.RNN(3, 4, batch_first=True)), (6, 3)),
    "LSTM": Case(lambda: [LSTM(4)], lambda: Last(nn.LSTM(3, 4, batch_first=True)), (6, 3)),
    "GRU": Case(lambda: [GRU(4)], lambda: Last(nn.GRU(3, 4, batch_first=True)), (6, 3)),
    "two LSTMs": Case(
        lambda: [LSTM(4, return_sequences=True), LSTM(4, return_sequences=True)],
        lambda: Last(nn.LSTM(3, 4, num_layers=2, batch_first=True), whole=True),
        (6, 3),
    ),
    "Bidirectional": Case(
        lambda: [Bidirectional(GRU(4, return_sequences=True)), Bidirectional(GRU(4))],
        lambda: Last(nn.GRU(3, 4, num_layers=2, batch_first=True, bidirectional=True)),
        (6, 3),
    ),
    "flattened images": Case(
        lambda: [
            cr.Conv2D(4, 3, activation="relu"),
            cr.MaxPool2D(2),
            cr.Flatten(),
            cr.Dropout(0.5),
            cr.Dense(5),
            cr.Dense(2),
        ],
        lambda: nn.Sequential(
            nn.Conv2d(3, 4, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(24, 5),
            nn.Linear(5, 2),
        ),
        (8, 6, 3),
        images_last,
    ),
    "images that are flattened at once": Case(
        lambda: [cr.Flatten(), cr.Dense(2)],
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(24, 2)),
        (2, 4, 3),
        images_last,
    ),
    "normalised behind Flatten": Case(
        lambda: [
            cr.Sequential(cr.Conv2D(4, 3), cr.Flatten()),
            cr.BatchNorm(),
            cr.LayerNorm(),
            cr.Activation("relu"),
            cr.Dense(2),
        ],
        lambda: nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.Flatten(), nn.BatchNorm1d(24), nn.LayerNorm(24), nn.ReLU(), nn.Linear(24, 2)
        ),
        (5, 4, 1),
        images_last,
    ),
    "flattened sequences": Case(
        lambda: [cr.Conv1D(4, 3), cr.Flatten(), cr.Dense(2)],
        lambda: nn.Sequential(nn.Conv1d(3, 4, 3), nn.Flatten(), nn.Linear(16, 2)),
        (6, 3),
        images_last,
    ),
    "flattened tokens": Case(  # of which PyTorch has the steps first
        lambda: [cr.Embedding(7, 3), cr.Flatten(), cr.Dense(2)],
        lambda: nn.Sequential(Ids(), nn.Embedding(7, 3), nn.Flatten(), nn.Linear(12, 2)),
        (4,),
    ),
    "flattened tokens behind a convolution": Case(
        lambda: [cr.Embedding(7, 3), cr.Conv1D(5, 2), cr.Flatten(), cr.Dense(2)],
        lambda: nn.Sequential(
            Ids(), nn.Embedding(7, 3), ChannelsSecond(), nn.Conv1d(3, 5, 2), nn.Flatten(), nn.Linear(15, 2)
        ),
        (4,),
    ),
    "flattened states": Case(
        lambda: [LSTM(4, return_sequences=True), cr.Flatten(), cr.Dense(2)],
        lambda: nn.Sequential(Last(nn.LSTM(3, 4, batch_first=True), whole=True), nn.Flatten(), nn.Linear(24, 2)),
        (6, 3),
    ),
    "grey images without channels": Case(
        lambda: [cr.Flatten(), cr.Dense(2)], lambda: nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), (3, 4)
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_network_gives_what_the_module_gives(name: str) -> None:
    case, rng = CASES[name], np.random.default_rng(0)
    torch.manual_seed(0)
    module = case.module().double()
    for key, tensor in module.state_dict().items():
        if tensor.is_floating_point():  # the running statistics as well, and biases that begin at 0
            tensor.copy_(
                torch.tensor(
                    rng.uniform(0.5, 1.5, tensor.shape) * (1 if "var" in key else rng.choice([-1, 1], tensor.shape))
                )
            )
    x = rng.normal(size=(N, *case.shape))
    if name.startswith(("Embedding", "flattened tokens")):
        x = rng.integers(0, 7, (N, *case.shape)).astype(float)
    net = cr.Network(*case.layers()).build(case.shape, dtype="float64")
    net.load_params(module.state_dict(), framework="pytorch")
    module.eval()
    with torch.no_grad():
        expected = case.back(module(case.turn(x)).numpy())
    np.testing.assert_allclose(net.predict(x, backend="numpy"), expected, rtol=1e-9, atol=1e-11)


def test_every_layer_with_arrays_has_a_case_and_a_place_in_both_tables() -> None:
    """Or is a container, or has arrays that are learned from the data alone, or is none of other frameworks' layers."""
    made = {
        type(layer).__name__
        for case in CASES.values()
        for path, layer, _ in cr.nn.walk(net_of(case).model.layer)
        if any(name.rpartition("/")[0] == path for name in net_of(case).params)
    }
    assert made == set(TABLES["pytorch"]) == set(TABLES["keras"])
    assert made <= {*LAYERS, "SimpleRNN", "LSTM", "GRU"}


def net_of(case: Case) -> cr.Network:
    return cr.Network(*case.layers()).build(case.shape)


def residual() -> list[cr.Layer]:
    return [cr.Conv2D(2, 3), cr.Flatten(), cr.Residual(cr.Dense(8))]


def branches() -> list[cr.Layer]:
    return [cr.Concatenate([cr.Conv2D(2, 3), cr.Flatten()], [cr.Flatten(), cr.Dense(2)]), cr.Dense(2)]


REFUSED: dict[str, tuple[Callable[[], list[cr.Layer]], str]] = {
    "a container behind Flatten": (residual, "come to 'residual1', a Residual, are in another order there"),
    "branches that end in Flatten": (branches, "leave concatenate1/sequential1 are in another order there"),
    "learned images": (
        lambda: [cr.Flatten(), cr.Dense(8), cr.Reshape(2, 2, 2), cr.Conv2D(2, 2)],
        "what layer 'reshape1', a Reshape, makes of learned features is not what it makes there",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_in_another_order_is_refused(name: str) -> None:
    layers, sentence = REFUSED[name]
    net = cr.Network(*layers()).build((4, 4, 2))
    own: dict[str, Any] = {name.replace("/", "."): array for name, array in net.params.items()}
    for key, array in own.items():
        own[key] = np.moveaxis(array, (-1, -2), (0, 1)) if key.endswith("weight") else array
    with pytest.raises(cr.ArgumentError, match=sentence):
        net.load_params(own, framework="pytorch")

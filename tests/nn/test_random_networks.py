"""A hundred random networks: every coordinate of every gradient against finite differences in float64.

Depth, widths, layers, activations, loss, penalties and sample weights are drawn. The rows of each network are those of many
that lie farthest from its kinks, where there is no derivative to compare; coordinates that lie at one all the same are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from chainrule.functional import ACTIVATIONS, LOSSES, CrossEntropy, Huber, Loss, clamp, get_loss
from chainrule.graph import Node
from chainrule.graph.primitives import floor
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
    Noise,
    Normal,
    Rescale,
    Reshape,
    Residual,
    Sequential,
    SimpleRNN,
    Standardize,
    walk,
)
from chainrule.training import Penalties
from nn.networks import Comparison, Setup, active_shares, compare, far_from_kinks, model_of
from oracles import TOLERANCE

NETWORKS, GROUPS = 100, 10
POOL, ROWS_TAKEN = 200, 3

Rng = np.random.Generator
NAMES = sorted(ACTIVATIONS)


def name_of(rng: Rng) -> str:
    return str(rng.choice(NAMES))


def dense(rng: Rng, units: int | None = None) -> Dense:
    return Dense(units or int(rng.integers(2, 5)), activation=name_of(rng), bias=bool(rng.random() < 0.8))


def residual(rng: Rng, width: int) -> tuple[Layer, int]:
    return Residual(dense(rng), Dense(width, trainable=bool(rng.random() < 0.7))), width


def concatenate(rng: Rng, width: int) -> tuple[Layer, int]:
    deep = dense(rng)
    return Concatenate(Activation(name_of(rng)), [Dropout(0.3), deep]), width + deep.units


def turned(rng: Rng, width: int) -> tuple[Layer, int]:
    """A dense layer along the second of two axes, (w, 1) → (w, 2)."""
    return Sequential(Reshape(width, 1), Dense(2, activation=name_of(rng)), Flatten()), 2 * width


def plain(rng: Rng, width: int) -> tuple[Layer, int]:
    layer = dense(rng)
    return layer, layer.units


def sequence(rng: Rng, width: int) -> tuple[Layer, int]:
    """As many steps of one feature: masked, convolved, normalised, pooled."""
    kernel, dilation = (int(rng.integers(1, 4)) for _ in range(2))
    norm = LayerNorm(eps=0.1) if rng.random() < 0.5 else BatchNorm()
    bias = isinstance(norm, LayerNorm)  # a batch norm takes a bias out again, and the only weight of a channel
    kernel = kernel if bias else max(kernel, 2)
    conv = Conv1D(2, kernel, padding="same", dilation=dilation, activation=name_of(rng), bias=bias)
    places = -(-width // 2)
    pool, size = [
        ([MaxPool1D(2, padding="same"), Flatten()], 2 * places),
        ([AvgPool1D(3, stride=2, padding="same"), Flatten()], 2 * places),
        ([GlobalAveragePool()], 2),
        ([GlobalMaxPool()], 2),
    ][rng.integers(4)]
    return Sequential(Reshape(width, 1), Masking(), conv, norm, *pool), size


def image(rng: Rng, width: int) -> tuple[Layer, int]:
    """An image of 3 × 2 pixels from a dense layer: convolved, normalised, pooled."""
    conv = Conv2D(2, (2, int(rng.integers(1, 3))), padding=(0, 1), activation=name_of(rng), bias=False)
    pool = MaxPool2D((2, 1)) if rng.random() < 0.5 else AvgPool2D(2, stride=1, padding=(1, 0))
    end = GlobalMaxPool() if rng.random() < 0.5 else GlobalAveragePool()
    return Sequential(Dense(6), Reshape(3, 2, 1), conv, BatchNorm(), pool, end), 2


def recurrent(rng: Rng, width: int) -> tuple[Layer, int]:
    """As many steps of one feature, read forward, in reverse or both."""
    kinds = [SimpleRNN(2, activation=name_of(rng), reverse=True), LSTM(2), GRU(2, reverse=bool(rng.random() < 0.5))]
    layer = kinds[rng.integers(3)]
    both = bool(rng.random() < 0.4)
    masked = [Masking()] if rng.random() < 0.5 else []
    return Sequential(Reshape(width, 1), *masked, Bidirectional(layer) if both else layer), 4 if both else 2


def in_bins(z: Node) -> Node:
    """Whole numbers from 1 to 3."""
    return floor(clamp(z + 2.0, 1.0, 3.9))


def tokens(rng: Rng, width: int) -> tuple[Layer, int]:
    """The numbers themselves, and the mean of the vectors of tokens that are made of them."""
    vectors = Embedding(5, 2, padding_id=1 if rng.random() < 0.5 else None, weight_init=Normal(std=0.5))
    return Concatenate(Activation("identity"), [Activation(in_bins), vectors, GlobalAveragePool()]), width + 2


def picture(rng: Rng, width: int) -> tuple[Layer, int]:
    """A picture from a dense layer, changed at random."""
    moved = Augment(30 * rng.random(), ("horizontal", "vertical", "both")[rng.integers(3)], 0.2, 0.2 * rng.random())
    lit = Augment(brightness=0.2, contrast=0.3, cutout=int(rng.integers(2)), fill=0.1)
    return Sequential(Dense(6), Reshape(3, 2, 1), moved, lit, Flatten()), 6


MOVES: list[Callable[[Rng, int], tuple[Layer, int]]] = [
    plain,
    plain,
    residual,
    concatenate,
    turned,
    sequence,
    image,
    tokens,
    picture,
    recurrent,
    lambda rng, width: (Noise(0.1), width),
    lambda rng, width: (Rescale(0.5, 0.1), width),
    lambda rng, width: (Activation(name_of(rng)), width),
    lambda rng, width: (Dropout(0.5), width),
    lambda rng, width: (Standardize(), width),
]


def random_layers(rng: Rng, n_in: int, n_out: int) -> list[Layer]:
    layers, width = [], n_in
    for _ in range(rng.integers(2, 6)):
        layer, width = MOVES[rng.integers(len(MOVES))](rng, width)
        layers.append(layer)
        if width > 6:
            layers.append(Dense(3, activation=name_of(rng)))
            width = 3
    return [*layers, Dense(n_out)]


def random_loss(rng: Rng) -> Loss:
    name = str(rng.choice(sorted(LOSSES)))
    special = {"huber": Huber(delta=0.6), "cross_entropy": CrossEntropy(label_smoothing=0.1)}
    return special[name] if name in special and rng.random() < 0.5 else get_loss(name)


def random_targets(rng: Rng, loss: Loss, n: int, n_out: int) -> np.ndarray:
    if loss.targets == "classes":
        return rng.integers(0, n_out, n).astype(np.int32) if rng.random() < 0.5 else rng.dirichlet(np.ones(n_out), n)
    if loss.targets == "binary":
        return rng.integers(0, 2, (n, n_out)).astype(float)
    return rng.poisson(1.5, (n, n_out)).astype(float) if loss.targets == "counts" else rng.normal(size=(n, n_out))


@cache
def network(seed: int) -> Setup:
    rng = np.random.default_rng(seed)
    loss = random_loss(rng)
    n_in, n_out = int(rng.integers(1, 5)), int(rng.integers(2 if loss.targets == "classes" else 1, 4))
    model = model_of(*random_layers(rng, n_in, n_out), input_shape=(n_in,), seed=seed)
    for name, array in model.arrays.items():
        if name.endswith("bias"):
            array[...] = 0.3 * rng.normal(size=array.shape)
        elif name.endswith("mean"):
            array[...] = 0.5 * rng.normal(size=array.shape)
        elif name.endswith(("scale", "variance")):
            array[...] = rng.uniform(0.5, 2.0, array.shape)
        else:  # off 0, where |w| has a kink
            array[...] = np.where(np.abs(array) < 0.02, 0.05, array)
    data = {"x": rng.normal(size=(POOL, n_in)), "y": random_targets(rng, loss, POOL, n_out)}
    if rng.random() < 0.5:
        data["sample_weight"] = rng.uniform(0.1, 3.0, POOL)
    strengths = rng.uniform(0.001, 0.1, 2) * rng.integers(0, 2, 2)
    setup = Setup.of(model, data, loss, Penalties.of(*map(float, strengths), None, None), train=False)
    return far_from_kinks(setup, ROWS_TAKEN)


@cache
def compared(group: int) -> list[Comparison]:
    return [compare(network(seed)) for seed in range(group, NETWORKS, GROUPS)]


@pytest.mark.parametrize("group", range(GROUPS))
def test_every_coordinate_agrees_with_finite_differences(group: int) -> None:
    for seed, found in zip(range(group, NETWORKS, GROUPS), compared(group), strict=True):
        assert found.error <= TOLERANCE, f"network {seed}: {network(seed).model.describe()}"


def test_kinks_are_avoided_and_counted() -> None:
    found = [comparison for group in range(GROUPS) for comparison in compared(group)]
    compared_coordinates, kinks = sum(c.coordinates for c in found), sum(c.kinks for c in found)
    assert len(found) == NETWORKS
    assert compared_coordinates > 4000
    assert kinks == 0, f"{kinks} of {compared_coordinates + kinks} coordinates were not compared"


def test_the_networks_are_as_varied_as_they_should_be() -> None:
    """Every layer, activation and loss occurs, with and without weights and penalties; layers are nested."""
    setups = [network(seed) for seed in range(NETWORKS)]
    layers = [layer for setup in setups for _, layer, _ in walk(setup.model.layer)]
    used = {getattr(layer, "activation", getattr(layer, "function", None)) for layer in layers}
    assert {type(layer).__name__ for layer in layers} == set(LAYERS)
    assert used >= set(ACTIVATIONS)
    for part, least in (("sample_weight", 30), ("l1", 30), ("l2", 30)):
        assert least <= sum(part in {**s.step.data, **s.step.scalars} for s in setups) <= NETWORKS - least
    depths = [sum("weight" in name for name in setup.model.params) for setup in setups]
    assert max(depths) >= 6


def test_rectifiers_are_active_often_enough_to_be_tested() -> None:
    """A network of dead units would pass every comparison with gradients of 0."""
    shares = [share for seed in range(NETWORKS) for share in active_shares(network(seed))]
    assert len(shares) >= 20
    assert 0.3 <= np.mean(shares) <= 0.7
    assert np.mean([0 < share for share in shares]) >= 0.8

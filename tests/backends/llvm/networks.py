"""Random training steps: networks, losses, penalties, clipping, optimisers, dropout, weights, and states to begin from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends import Program, Result
from chainrule.functional import Loss
from chainrule.graph import DType, Step
from chainrule.nn import Layer
from chainrule.optim import SGD, Adam, AdamW, Momentum, Nesterov, RMSprop, Transform
from chainrule.training import Penalties, build_step
from chainrule.training.build import Targets
from nn.networks import model_of
from nn.test_random_networks import random_layers, random_loss, random_targets

Array = NDArray[Any]
Arrays = dict[str, Array]
Rng = np.random.Generator

EXAMPLES = 40
OPTIMIZERS: tuple[Transform, ...] = (
    SGD(0.05),
    Momentum(0.05),
    Nesterov(0.05, momentum=0.8),
    RMSprop(0.01),
    RMSprop(0.01, momentum=0.7),
    Adam(0.01),
    AdamW(0.01, weight_decay=0.1),
)


@dataclass(frozen=True, eq=False)
class Training:
    """A training step and everything that it takes: a state to begin from, data, and numbers for a run."""

    step: Step
    state: Arrays
    data: Arrays
    numbers: Arrays

    def copied(self) -> Arrays:
        """The state to begin from, to be changed."""
        return {name: array.copy() for name, array in self.state.items()}

    def from_state(self, rng: Rng) -> Training:
        """The same from another state: weights around 0, and what an optimiser averages between 0 and 1."""
        return replace(self, state={name: random_state(rng, name, array) for name, array in self.state.items()})

    def run(self, program: Program, state: Arrays, n_steps: int, batch: int, *, shorter: bool = False) -> Result:
        """Some steps of a fit, the last on a batch of half as many rows if it is to be `shorter`."""
        sizes = np.full(n_steps, batch)
        if shorter and n_steps:
            sizes[-1] = -(-batch // 2)
        bounds = np.append(0, np.cumsum(sizes)).astype(np.int64)
        n = len(self.data["x"])
        order = np.random.default_rng(n_steps).permutation(-(-int(bounds[-1]) // n) * n) % n
        return program.run(state, self.data, order, bounds, self.scalars(n_steps))

    def scalars(self, n_steps: int) -> Arrays:
        """One value a step for the learning rate and the counter of random numbers, one for all steps for the rest."""
        found = dict(self.numbers)
        if "learning_rate" in found:
            found["learning_rate"] = found["learning_rate"] * np.linspace(1, 0.5, max(n_steps, 1))[:n_steps]
        if "counter" in found:
            found["counter"] = np.array([[k, 1] for k in range(n_steps)], np.uint32).reshape(-1, 2)
        return found


def random_state(rng: Rng, name: str, array: Array) -> Array:
    if name.startswith("params/"):
        numbers = rng.normal(scale=0.6, size=array.shape)
    elif name.startswith("optimizer/"):
        numbers = rng.uniform(0.2, 1, array.shape)
    else:
        numbers = rng.uniform(0.5, 2, array.shape)
    return numbers.astype(array.dtype)


def training_of(
    layers: list[Layer],
    data: Mapping[str, Array],
    loss: Loss,
    optimizer: Transform,
    *,
    penalties: Penalties | None = None,
    dtype: str = "float32",
    seed: int = 0,
) -> Training:
    """A training step of some layers on some data."""
    model = model_of(*layers, input_shape=data["x"].shape[1:], seed=seed, dtype=dtype)
    held = {name: x.astype(dtype) if x.dtype.kind == "f" else x for name, x in data.items()}
    penalties = penalties or Penalties()
    built = build_step(
        model,
        loss,
        Targets(held["y"].shape[1:], DType.of(held["y"].dtype)),
        optimizer=optimizer,
        penalties=penalties,
        weighted="sample_weight" in held,
    )
    arrays = {**model.arrays, **model.descent_by(penalties.clipped(optimizer))}
    numbers: Arrays = {name: np.asarray(value, dtype) for name, value in built.scalars.items()}
    random_numbers = {"key": np.array([seed, 0], np.uint32), "counter": np.zeros(2, np.uint32)}
    numbers |= {name: value for name, value in random_numbers.items() if name in built.step.scalars}
    return Training(built.step, {name: arrays[name].copy() for name in built.step.state}, held, numbers)


def random_training(seed: int, dtype: str) -> Training:
    """One of many: the same for a seed whatever the dtype."""
    rng = np.random.default_rng([seed, 17])
    loss = random_loss(rng)
    n_in, n_out = int(rng.integers(1, 7)), int(rng.integers(2 if loss.targets == "classes" else 1, 5))
    data = {"x": rng.normal(size=(EXAMPLES, n_in)), "y": random_targets(rng, loss, EXAMPLES, n_out)}
    layers = random_layers(rng, n_in, n_out)
    if rng.random() < 0.5:
        data["sample_weight"] = rng.uniform(0.1, 3.0, EXAMPLES)
    l1, l2 = rng.uniform(0.001, 0.05, 2) * rng.integers(0, 2, 2)
    by_norm, by_value = rng.random(2) < 0.3
    penalties = Penalties.of(float(l1), float(l2), 0.5 if by_norm else None, 0.2 if by_value else None)
    optimizer = OPTIMIZERS[seed % len(OPTIMIZERS)]
    training = training_of(layers, data, loss, optimizer, penalties=penalties, dtype=dtype, seed=seed)
    return training.from_state(rng)

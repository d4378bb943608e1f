"""What is the same for all runs of a comparison: the model they begin with, the data, and how their loss is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from chainrule import random
from chainrule.optim import Transform
from chainrule.training import Model, Penalties
from chainrule.training.fitting import Examples, Reading
from chainrule.training.model import PARAMS, Arrays, copies
from chainrule.training.programs import Engine, Programs

Rows = NDArray[np.int64]
Numbers = NDArray[np.float64]

_SAMPLE = (1, 0)  # the counter of the sample: (0, 0) draws the rows held out for validation


@dataclass(frozen=True, eq=False)
class Setting:
    """The model, the rows to train on, and a fixed set of them, on which every loss is measured.

    `model` holds the parameters that all runs begin with, and is never changed. `measured` are all of `rows`, or a sample of
    them.
    """

    model: Model
    reading: Reading
    examples: Examples
    rows: Rows
    measured: Rows
    held_out: Examples | None
    metrics: tuple[str, ...]
    penalties: Penalties
    engine: Engine
    seed: int
    shuffle: bool = True
    programs: Programs = field(default_factory=Programs)
    _fixed: list[Examples] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The trained parameters, in the order in which `vector` strings them together."""
        return self.model.trainable()

    @property
    def size(self) -> int:
        """How many numbers are trained."""
        return sum(self.model.params[name].size for name in self.names)

    def start(self, optimizer: Transform) -> Model:
        """A model of its own for a run, with the optimiser's state before the first step."""
        model = replace(self.model, arrays=copies(self.model.arrays), descent=None)
        model.start_descent(optimizer, self.penalties.clipped(optimizer))
        return model

    def vector(self, arrays: Mapping[str, NDArray[np.generic]]) -> NDArray[np.generic]:
        """The trained parameters among the arrays of a model as one vector, in their own dtype."""
        return np.concatenate([arrays[f"{PARAMS}/{name}"].reshape(-1) for name in self.names])

    def arrays(self, vector: Numbers) -> Arrays:
        """The arrays of the model with the trained parameters of a vector; everything else is as it is at the start."""
        arrays, at = dict(self.model.arrays), 0
        for name in self.names:
            own = arrays[f"{PARAMS}/{name}"]
            arrays[f"{PARAMS}/{name}"] = vector[at : at + own.size].reshape(own.shape).astype(own.dtype)
            at += own.size
        return arrays

    def loss(self, arrays: Arrays) -> float:
        """What is minimised, on the fixed rows: the mean loss of an example, penalties included, without dropout."""
        if not self._fixed:
            every = len(self.measured) == len(self.examples)
            self._fixed.append(self.examples if every else self.examples.rows(self.measured))
        model = replace(self.model, arrays=arrays)
        mean, _ = self.programs.losses(model, self.reading.loss, self._fixed[0], self.engine)
        return mean + self._penalty(arrays)

    def scores(self, arrays: Arrays) -> dict[str, float]:
        """The loss, without penalties, and the metrics of the validation data, by the names that a history gives them."""
        if self.held_out is None:
            return {}
        model = replace(self.model, arrays=arrays)
        loss, outputs = self.programs.losses(model, self.reading.loss, self.held_out, self.engine)
        found = {"loss": loss, **self.reading.scores(self.held_out, outputs, self.metrics)}
        return {f"val_{name}": float(value) for name, value in found.items()}

    def _penalty(self, arrays: Arrays) -> float:
        l1, l2 = self.penalties.l1, self.penalties.l2
        if not (l1 or l2):
            return 0.0
        weights = [arrays[f"{PARAMS}/{name}"].astype(np.float64) for name in self.model.weights()]
        return float(sum(l1 * np.abs(w).sum() + 0.5 * l2 * (w * w).sum() for w in weights))


def sample(rows: Rows, most: int, seed: int) -> Rows:
    """The rows, which rise, or as many of them as are allowed, drawn by the seed.

    >>> sample(np.arange(5), 9, seed=0), len(sample(np.arange(5), 3, seed=0))
    (array([0, 1, 2, 3, 4]), 3)
    """
    if len(rows) <= most:
        return rows
    chosen: Rows = np.sort(rows[random.permutation(len(rows), seed, random.SPLIT, _SAMPLE)[:most]])
    return chosen

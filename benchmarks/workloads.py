"""What is trained: networks of dense layers with relu, cross-entropy, float32."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Layer sizes, and the rows of the whole data set: enough of them that an epoch is long, and few enough to stay in memory.
NETWORKS: dict[str, int] = {
    "4-16-16-3": 16384,
    "784-128-10": 8192,
    "54-256-256-7": 16384,
    "784-1024-1024-10": 8192,
}
BATCHES = (1, 32, 128, 1024)
OPTIMIZERS = ("sgd", "adam")
LEARNING_RATE = 1e-3  # small enough that nothing diverges at batch 1

_FEWEST_ROWS = 32  # so that every class is among them


@dataclass(frozen=True)
class Cell:
    """One line of the table: a network, a batch size and an optimiser ("sgd" without momentum, or "adam")."""

    network: str
    batch: int
    optimizer: str

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths of the layers, the features first."""
        return tuple(int(size) for size in self.network.split("-"))

    @property
    def fewest_steps(self) -> int:
        """The least number of steps that an epoch may have."""
        return max(2, math.ceil(_FEWEST_ROWS / self.batch))

    @property
    def most_steps(self) -> int:
        """The steps of an epoch over the whole data set."""
        return max(self.fewest_steps, NETWORKS[self.network] // self.batch)

    def data(self, steps: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Random rows for an epoch of `steps` steps, and their classes, which take turns."""
        n, (n_in, *_, n_out) = steps * self.batch, self.sizes
        X = np.random.default_rng(0).standard_normal((n, n_in), dtype=np.float32)
        return X, np.arange(n, dtype=np.int64) % n_out

    def flops(self) -> int:
        """Floating-point operations of a step: 6 · in · out · batch a layer, less the gradient of the features.

        A layer multiplies and adds in · out times a row, forward, for the gradient of its weights, and for that of its inputs;
        the last is not needed, and not computed, in the first layer. Everything that is not a matrix product is left out.

        >>> Cell("4-16-16-3", 1, "sgd").flops() == 6 * (4 * 16 + 16 * 16 + 16 * 3) - 2 * 4 * 16
        True
        """
        layers = [n_in * n_out for n_in, n_out in itertools.pairwise(self.sizes)]
        return (6 * sum(layers) - 2 * layers[0]) * self.batch

    def facts(self) -> dict[str, Any]:
        """The cell as it is written into results."""
        return {"network": self.network, "batch": self.batch, "optimizer": self.optimizer}

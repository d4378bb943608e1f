"""What is measured: a network, a batch size and an optimiser."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from benchmarks.networks import NETWORKS, Workload

BATCHES = tuple(sorted({batch for workload in NETWORKS.values() for batch in workload.batches}))
OPTIMIZERS = ("sgd", "adam")

_FEWEST_ROWS = 32  # so that every class is among them


@dataclass(frozen=True)
class Cell:
    """One line of the table: a network, a batch size and an optimiser ("sgd" without momentum, or "adam")."""

    network: str
    batch: int
    optimizer: str
    learning_rate: float = 1e-3  # small enough that nothing diverges at batch 1

    @property
    def workload(self) -> Workload:
        """The network itself."""
        return NETWORKS[self.network]

    @property
    def fewest_steps(self) -> int:
        """The least number of steps that an epoch may have."""
        return max(2, math.ceil(_FEWEST_ROWS / self.batch))

    @property
    def most_steps(self) -> int:
        """The steps of an epoch over the whole data set."""
        return max(self.fewest_steps, self.workload.rows // self.batch)

    def data(self, steps: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Random rows for an epoch of `steps` steps, and their classes, which take turns."""
        return self.workload.data(steps * self.batch)

    def flops(self) -> int:
        """Floating-point operations of a step: 6 a product of a layer and row, less the gradient of the features.

        A layer multiplies and adds in · out times a row (a convolution at each place, a recurrence at each step), forward, for
        the gradient of its weights, and for that of its inputs; the last is not needed, and not computed, in the first layer.
        Everything that is not a product of matrices is left out.

        >>> Cell("4-16-16-3", 1, "sgd").flops() == 6 * (4 * 16 + 16 * 16 + 16 * 3) - 2 * 4 * 16
        True
        """
        products = self.workload.products
        return (6 * sum(products) - 2 * products[0]) * self.batch

    def facts(self) -> dict[str, Any]:
        """The cell as it is written into results."""
        return {"network": self.network, "batch": self.batch, "optimizer": self.optimizer}


def cells(networks: list[str], batches: list[int], optimizers: list[str]) -> list[Cell]:
    """The cells of these networks, batches and optimisers that are measured, in the order of the table.

    >>> [cell.batch for cell in cells(["LeNet-5"], [32, 128, 1024], ["sgd", "adam"])]
    [32, 128]
    """
    return [
        Cell(name, batch, optimizer)
        for name in networks
        for optimizer in optimizers
        for batch in batches
        if optimizer in NETWORKS[name].optimizers and batch in NETWORKS[name].batches
    ]

"""What a network remembers from one call to the next, besides its arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chainrule.functional import Loss
from chainrule.optim import Transform, get_optimizer
from chainrule.training.coding import Coder


@dataclass
class Memory:
    """The last loss, optimiser, labels and column names, and how far training has come.

    `adapted`: whether Standardize layers have seen the training data. `epochs`: how many have been trained, over all fits.
    `learned`: how many steps of online learning were taken. `preprocessing`: plain data of the caller's, saved with the network.
    `lost`: the name of the user's own loss, if the network came from a file that could not hold it.
    """

    loss: Loss | None = None
    optimizer: Transform | None = None
    coder: Coder = None
    feature_names: list[str] | None = None
    adapted: bool = False
    epochs: int = 0
    learned: int = 0
    preprocessing: dict[str, Any] | None = None
    lost: str | None = None

    def choose_optimizer(self, given: str | Transform | None, usual: str = "adam") -> Transform:
        """The optimiser that is given, or else the last one, or else the usual one."""
        return get_optimizer(self.optimizer or usual if given is None else given)

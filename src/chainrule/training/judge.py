"""The judge of a fit looks at every epoch and says when it is time to stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.training.history import Epoch
from chainrule.training.model import Arrays, copies
from chainrule.training.stopping import Limits, Plateau, StopReason, first_plateau


class Judge:
    """Follows the epochs of a fit: which was the best, has the training loss converged, did a callback ask to stop."""

    def __init__(self, limits: Limits, *, higher_is_better: bool = False) -> None:
        early, convergence = limits.early_stopping, limits.convergence
        self.limits = limits
        self.best = Plateau(early.patience, early.min_delta, higher_is_better) if early else None
        self.flat = Plateau(convergence.patience, convergence.tolerance) if convergence else None
        self.best_state: Arrays = {}  # the arrays of the best epoch, if they are to be restored
        self.called_off = False

    @property
    def best_epoch(self) -> int | None:
        """The best epoch so far, if one is watched for."""
        return self.best.best_epoch if self.best and self.best.best_epoch >= 0 else None

    @property
    def kept(self) -> str:
        """Which parameters the network keeps if training stops now, in words."""
        if self.best_state and self.best_epoch is not None:
            return f"those of its best epoch, {self.best_epoch + 1}"
        return "its last finite ones"

    def converged_in(self, losses: Sequence[float], first_epoch: int) -> int | None:
        """Take in the training losses of some epochs; the index of the one in which the loss turned out to have converged."""
        return first_plateau(losses, self.flat, first_epoch) if self.flat else None

    def look(self, epoch: Epoch, state: Mapping[str, NDArray[Any]]) -> None:
        """Take in an epoch and its scores, and show it to the callbacks."""
        early = self.limits.early_stopping
        if self.best and early and self.best.observe(epoch.scores[early.monitor], epoch.epoch) and early.restore_best:
            self.best_state = copies(state)
        answers = [callback(epoch) for callback in self.limits.callbacks]
        self.called_off = any(isinstance(answer, (bool, np.bool_)) and answer for answer in answers)

    def verdict(self, done: int) -> StopReason | None:
        """Why training ends after `done` epochs, if it does."""
        if self.called_off:
            return StopReason("callback", f"A callback asked to stop after {done} epochs.", {"epochs": done})
        if self.best and self.best.reached:
            return self._not_improving(self.best)
        if self.flat and self.flat.reached:
            return self._converged(self.flat)
        if done >= self.limits.epochs:
            return StopReason("epochs", f"All {done} epochs are done.", {"epochs": done})
        return None

    def _not_improving(self, best: Plateau) -> StopReason:
        monitor = self.limits.early_stopping.monitor if self.limits.early_stopping else ""
        numbers = {"best": best.best, "best_epoch": best.best_epoch, "patience": best.patience}
        if best.best_epoch < 0:
            return StopReason("early_stopping", f"{monitor} was not a number for {best.patience} epochs.", numbers)
        sentence = f"{monitor} has not improved on {best.best:.6g}, of epoch {best.best_epoch + 1}, for {best.patience} epochs."
        return StopReason("early_stopping", sentence, numbers)

    def _converged(self, flat: Plateau) -> StopReason:
        sentence = f"The training loss has not fallen by more than {flat.min_delta:g} for {flat.patience} epochs."
        numbers = {"loss": flat.best, "tolerance": flat.min_delta, "patience": flat.patience}
        return StopReason("converged", sentence, numbers)

"""When training stops, and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chainrule.errors import ArgumentError, check_number


@dataclass(frozen=True)
class StopReason:
    """Why training stopped: a name, a sentence, and the numbers in it.

    Names: "epochs", "early_stopping", "converged", "max_seconds", "interrupted", "non_finite", "callback". The sentence counts
    epochs and batches from 1, as people do; the numbers count them from 0, as `Epoch.epoch` does.
    """

    name: str
    sentence: str
    numbers: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when a validation score has not improved by more than `min_delta` for `patience` epochs.

    `monitor` is "val_loss", or "val_" and a metric that `fit` is asked for, such as "val_accuracy". With `restore_best` the
    network ends with the parameters of its best epoch.
    Source: Prechelt, "Early stopping - but when?", 1998.

    >>> EarlyStopping(patience=3).monitor
    'val_loss'
    """

    patience: int = 10
    min_delta: float = 0.0
    monitor: str = "val_loss"
    restore_best: bool = True

    def __post_init__(self) -> None:
        check_number("patience", self.patience, low=1, integer=True)
        check_number("min_delta", self.min_delta, low=0)
        if not isinstance(self.monitor, str) or not self.monitor.startswith("val_"):
            raise ArgumentError(f'monitor must be "val_loss" or "val_" and a metric, but is {self.monitor!r}.')


@dataclass(frozen=True)
class Convergence:
    """Stop when the training loss has not fallen by more than `tolerance` for `patience` epochs.

    >>> Convergence(tolerance=1e-5).patience
    10
    """

    tolerance: float = 1e-4
    patience: int = 10

    def __post_init__(self) -> None:
        check_number("tolerance", self.tolerance, low=0)
        check_number("patience", self.patience, low=1, integer=True)


@dataclass(frozen=True)
class Limits:
    """All that `fit` was told about ending, checked: after how many epochs, and what may end it before."""

    epochs: int
    early_stopping: EarlyStopping | None = None
    convergence: Convergence | None = None
    max_seconds: float | None = None
    callbacks: tuple[Callable[[Any], object], ...] = ()

    @staticmethod
    def of(
        epochs: int,
        early_stopping: EarlyStopping | None,
        convergence: Convergence | None,
        max_seconds: float | None,
        callbacks: Iterable[Callable[[Any], object]],
    ) -> Limits:
        """Checked limits."""
        epochs = int(check_number("epochs", epochs, low=1, integer=True))
        if max_seconds is not None:
            check_number("max_seconds", max_seconds, above=0)
        for name, value, kind, example in (
            ("early_stopping", early_stopping, EarlyStopping, "EarlyStopping(patience=10)"),
            ("convergence", convergence, Convergence, "Convergence(tolerance=1e-4)"),
        ):
            if value is not None and not isinstance(value, kind):
                raise ArgumentError(f"{name} must be None or made like {example}, but is {value!r}.")
        given = tuple(callbacks) if isinstance(callbacks, Iterable) else (callbacks,)
        if not isinstance(callbacks, Iterable) or not all(map(callable, given)):
            raise ArgumentError(f"callbacks must be a list of functions of an Epoch, but is {callbacks!r}.")
        return Limits(epochs, early_stopping, convergence, max_seconds, given)


@dataclass
class Plateau:
    """Follows a score epoch by epoch: its best value, and how many epochs ago that was.

    A score that is not a number never counts as better.
    """

    patience: int
    min_delta: float
    higher_is_better: bool = False
    best: float = math.nan
    best_epoch: int = -1
    waited: int = 0

    def observe(self, score: float, epoch: int) -> bool:
        """Take in the score of an epoch; whether it is the best so far."""
        sign = -1.0 if self.higher_is_better else 1.0
        better = math.isnan(self.best) or sign * score < sign * self.best - self.min_delta
        if better and not math.isnan(score):
            self.best, self.best_epoch, self.waited = score, epoch, 0
            return True
        self.waited += 1
        return False

    @property
    def reached(self) -> bool:
        """Whether the best score is `patience` epochs old."""
        return self.waited >= self.patience


def first_plateau(scores: Sequence[float], plateau: Plateau, first_epoch: int) -> int | None:
    """Take in scores until the plateau is reached; the index of the one that reached it."""
    for i, score in enumerate(scores):
        plateau.observe(score, first_epoch + i)
        if plateau.reached:
            return i
    return None

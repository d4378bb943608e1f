"""What `fit` is given, checked and turned into arrays: examples to train on, and examples to validate with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.arrays import as_features, as_sample_weight, check_same_rows
from chainrule.data.split import split
from chainrule.errors import ArgumentError, check_number
from chainrule.functional import Loss
from chainrule.training.coding import Coder, encode
from chainrule.training.history import Epoch
from chainrule.training.metrics import METRICS
from chainrule.training.stopping import EarlyStopping

Array = NDArray[Any]

DEFAULT_BATCH = 32


@dataclass(frozen=True, eq=False)
class Examples:
    """Encoded examples: x, y and, where given, the weight of each."""

    x: Array
    y: Array
    sample_weight: Array | None = None

    def __len__(self) -> int:
        return len(self.x)

    def arrays(self) -> dict[str, Array]:
        """The data of a step, by name."""
        weight = {"sample_weight": self.sample_weight} if self.sample_weight is not None else {}
        return {"x": self.x, "y": self.y, **weight}

    def rows(self, rows: NDArray[np.int64]) -> Examples:
        """Some of the examples."""
        return Examples(self.x[rows], self.y[rows], None if self.sample_weight is None else self.sample_weight[rows])


@dataclass(frozen=True)
class Reading:
    """How X and y are read: what a network takes and gives for a row, in which dtype, and how y is encoded for its loss."""

    inputs: tuple[int, ...] | None
    outputs: int
    dtype: np.dtype[Any]
    loss: Loss
    coder: Coder

    def examples(self, X: Any, y: Any, sample_weight: Any = None, names: tuple[str, str] = ("X", "y")) -> Examples:
        """Checked and encoded examples; `names` are what the caller calls the arguments."""
        x = as_features(X, dtype=self.dtype, feature_shape=self.inputs, argument=names[0])
        check_same_rows(**{names[0]: x, names[1]: y})
        encoded = encode(self.loss, self.coder, y, self.outputs, self.dtype, argument=names[1])
        weight = None if sample_weight is None else as_sample_weight(sample_weight, len(x), self.dtype)
        return Examples(x, encoded, weight)


def divide(
    examples: Examples, validation: Any, reading: Reading, seed: int
) -> tuple[NDArray[np.int64], Examples | None]:
    """The rows to train on and the examples to validate with, from a fraction, a pair (X, y), or None."""
    everything = np.arange(len(examples), dtype=np.int64)
    if validation is None or (isinstance(validation, (int, float)) and validation == 0):
        return everything, None
    if isinstance(validation, (tuple, list)):
        if len(validation) not in (2, 3):
            raise ArgumentError(f"validation must be a fraction or a pair (X, y), but has {len(validation)} parts.")
        names = ("the X of validation", "the y of validation")
        weight = validation[2] if len(validation) == 3 else None
        return everything, reading.examples(validation[0], validation[1], weight, names=names)
    if isinstance(validation, bool) or not isinstance(validation, (int, float)):
        raise ArgumentError(f"validation must be a fraction, such as 0.1, or a pair (X, y), but is {validation!r}.")
    labels = examples.y if examples.y.dtype.kind == "i" else None
    train, held_out = split(len(examples), validation, seed=seed, labels=labels)
    return train, examples.rows(held_out)


def check_batch_size(batch_size: Any, n: int) -> int:
    """The batch size as a number of rows: "full" is all n of them, None is 32 or, if there are fewer, all.

    >>> check_batch_size("full", 150), check_batch_size(None, 150), check_batch_size(None, 4)
    (150, 32, 4)
    """
    if batch_size is None:
        return min(DEFAULT_BATCH, n)
    if isinstance(batch_size, str):
        if batch_size != "full":
            raise ArgumentError(f'batch_size must be a whole number or "full", but is {batch_size!r}.')
        return n
    size = int(check_number("batch_size", batch_size, low=1, integer=True))
    if size > n:
        raise ArgumentError(
            f'batch_size is {size}, but there are only {n} examples to train on; use "full" for all of them.'
        )
    return size


def check_monitor(early: EarlyStopping | None, metrics: list[str], validated: bool) -> bool:
    """Whether a higher value of the monitored score is better; an error if nobody computes that score."""
    if early is None:
        return False
    if not validated:
        raise ArgumentError("early_stopping needs validation data: give validation=0.1, or a pair (X, y).")
    name = early.monitor.removeprefix("val_")
    if early.monitor != "val_loss" and name not in metrics:
        raise ArgumentError(
            f"early_stopping monitors {early.monitor!r}, which fit does not compute; monitor 'val_loss', or give "
            f"metrics=[{name!r}]."
        )
    return name in METRICS and METRICS[name].higher_is_better


def announce(epochs: int, every: int) -> Callable[[Epoch], None]:
    """A callback that prints a line for every `every`-th epoch, and for the last."""

    def callback(epoch: Epoch) -> None:
        if (epoch.epoch + 1) % every and epoch.epoch + 1 != epochs:
            return
        scores = "".join(f"  {name} {value:.4f}" for name, value in epoch.scores.items())
        line = f"epoch {epoch.epoch + 1}/{epochs}  loss {epoch.loss:.4f}{scores}  {epoch.seconds:.2f} s"
        sys.stdout.write(line + "\n")

    return callback

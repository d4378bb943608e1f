"""Which rows of the data each step reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule import random
from chainrule.errors import ArgumentError, check_number
from chainrule.training.build import BuiltStep
from chainrule.training.fitting import Examples

Rows = NDArray[np.int64]

DEFAULT_BATCH = 32


@dataclass(frozen=True, eq=False)
class Batches:
    """The rows to train on, which rise, in batches of `batch_size`, in a new order every epoch if they are shuffled.

    Batch gradient descent has all rows in one batch, stochastic gradient descent one row in each. The last batch of an epoch
    may be shorter. The order depends on the seed and the epoch alone.

    >>> rows = np.arange(5)
    >>> batches = Batches({"x": np.zeros((5, 1))}, rows, batch_size=2, seed=0, shuffle=False)
    >>> batches.per_epoch, batches.order([0]), batches.bounds(1)
    (3, array([0, 1, 2, 3, 4]), array([0, 2, 4, 5]))
    """

    data: Mapping[str, NDArray[Any]]
    rows: Rows
    batch_size: int
    seed: int
    shuffle: bool = True

    @staticmethod
    def of(examples: Examples, rows: Rows, batch_size: Any, seed: int, shuffle: Any) -> Batches:
        """Checked batches of some rows of the examples."""
        if not isinstance(shuffle, (bool, np.bool_)):
            raise ArgumentError(f"shuffle must be True or False, but is {shuffle!r}.")
        return Batches(examples.arrays(), rows, check_batch_size(batch_size, len(rows)), seed, bool(shuffle))

    @property
    def per_epoch(self) -> int:
        """The number of batches in an epoch."""
        return -(-len(self.rows) // self.batch_size)

    def check_rows(self, built: BuiltStep) -> None:
        """Raise `ArgumentError` if the step needs more rows than the smallest batch has."""
        n, size = len(self.rows), self.batch_size
        last = n % size or size
        shorter = f"the last batch of an epoch, of {n} rows in batches of {size}, has {last}"
        came = "batch_size is 1" if size == 1 else shorter
        fits = next((b for b in range(max(size, 2), n + 1) if n % b != 1), None)
        built.check_rows(last, came, f"use another batch_size, such as {fits}" if fits else "give more rows")

    def order(self, epochs: Any) -> Rows:
        """The rows in the order of some epochs, one epoch after another."""
        if not self.shuffle:
            return np.tile(self.rows, len(epochs))
        counters = [(int(epoch), 0) for epoch in epochs]
        return random.shuffled(self.rows, self.seed, random.SHUFFLE, counters).reshape(-1)

    def bounds(self, n_epochs: int) -> Rows:
        """Where each batch begins in the order of some epochs, and where the last one ends."""
        n = len(self.rows)
        starts = np.arange(n_epochs)[:, None] * n + np.arange(self.per_epoch) * self.batch_size
        return np.append(starts, n_epochs * n).astype(np.int64)


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

"""Which rows are trained on, and which are held out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError, ShapeError, check_number
from chainrule.random import SPLIT, check_seed, permutation

Rows = NDArray[np.int64]


def _shares(sizes: Rows, held: int) -> Rows:
    """How many members of each class are held out, `held` together, in proportion to the sizes of the classes.

    Each class of two or more has at least one member on both sides where that is possible, and a class of one is trained
    on; the rest is given by largest remainder, equal remainders to the class that comes first.
    """
    low = np.minimum(sizes // 2, 1)
    high = np.where(sizes > 1, sizes - 1, 0)
    shares: Rows
    if low.sum() >= held:  # too few rows for every class: the largest are represented
        shares = np.zeros_like(sizes)
        shares[np.argsort(-sizes * low, kind="stable")[:held]] = 1
        return shares
    if high.sum() <= held:  # too few rows to train on: the smallest classes give up their last
        shares = high.copy()
        order = np.argsort(sizes, kind="stable")
        for i in order[: held - int(high.sum())]:
            shares[i] = sizes[i]
        return shares
    quota = sizes * held / sizes.sum()
    shares = np.clip(np.floor(quota).astype(np.int64), low, high)
    while (missing := held - int(shares.sum())) != 0:
        step = 1 if missing > 0 else -1
        can = shares < high if step > 0 else shares > low
        gain = np.where(can, (quota - shares) * step, -np.inf)
        chosen = np.argsort(-gain, kind="stable")[: min(abs(missing), int(can.sum()))]
        shares[chosen] += step
    return shares


def _stratified(order: Rows, labels: Rows, held: int) -> Rows:
    """The first rows of each class in `order`, as many as its share."""
    _, ids = np.unique(labels, return_inverse=True)
    ids = ids.reshape(-1)[order]
    sizes = np.bincount(ids)
    by_class = np.argsort(ids, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rank = np.empty(len(order), dtype=np.int64)
    rank[by_class] = np.arange(len(order)) - np.repeat(starts, sizes)
    chosen: Rows = order[rank < _shares(sizes.astype(np.int64), held)[ids]]
    return chosen


def split(n: int, fraction: float, *, seed: int, labels: Any = None, argument: str = "validation") -> tuple[Rows, Rows]:
    """The rows to train on and the rows held out of `n`: two arrays of row numbers in rising order.

    n · fraction rows, rounded to the nearest (a half up), are held out, drawn by the seed alone. With `labels`, a class
    number for each row, the classes have the same proportions on both sides as nearly as whole rows allow, and each class
    of two or more members is on both sides where possible; a class of one member is trained on.

    Raises `ArgumentError` if `fraction` is not between 0 and 1, and `DataError` if a side would have no rows.

    >>> split(10, 0.3, seed=0)
    (array([0, 1, 4, 5, 7, 8, 9]), array([2, 3, 6]))
    """
    share = check_number(argument, fraction, above=0, below=1)
    held = int(np.floor(n * share + 0.5))
    if held < 1 or held >= n:
        side, advice = ("to hold out", "larger") if held < 1 else ("to train on", "smaller")
        rows = "1 row" if n == 1 else f"{n} rows"
        raise DataError(f"{argument}={share:g} of {rows} leaves none {side}: give a {advice} fraction or more rows.")
    order = permutation(n, check_seed(seed), SPLIT)
    if labels is None:
        chosen = order[:held]
    else:
        ids = np.asarray(labels)
        if ids.shape != (n,):
            raise ShapeError(
                f"labels has shape {ids.shape}, but {n} rows need shape ({n},): give one class for each row."
            )
        chosen = _stratified(order, ids, held)
    out = np.zeros(n, dtype=bool)
    out[chosen] = True
    return np.flatnonzero(~out), np.flatnonzero(out)

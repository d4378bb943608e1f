"""Sequences: rows of a table for token ids, and which steps of a sequence are real.

A mask has the shape (n, steps): true where a step is real, false where it is padding.
"""

from __future__ import annotations

import math

import numpy as np

from chainrule.functional.common import clamp, spread
from chainrule.functional.convolution import Padding, avg_pool, padding_widths
from chainrule.graph import DType, Node
from chainrule.graph.node import broadcast_to
from chainrule.graph.primitives import (
    cast,
    equal,
    floor,
    maximum,
    pad,
    reduce_max,
    reduce_sum,
    reshape,
    select,
    take,
    windows,
)


def embed(table: Node, tokens: Node, padding_id: int | None = None) -> Node:
    """The row of a table for each token id, a whole number from 0 to size − 1; numbers of any kind are taken for ids.

    The id `padding_id` gives zeros, and no derivative to its row. What is no id gives NaN, and reads nothing beside the table.

    >>> from chainrule.graph import ROWS, input
    >>> embed(input("table", (1000, 16)), input("x", (ROWS, 20)))
    <select: float32[n, 20, 16]>
    """
    size = int(table.shape[0])  # type: ignore[arg-type]
    given = tokens if tokens.dtype.is_float else cast(tokens, DType.INT32)
    kept = clamp(given, 0, size - 1)
    known = equal(floor(kept) if given.dtype.is_float else kept, given)  # NaN is equal to nothing
    ids = cast(select(known, given, 0), DType.INT32)
    rows = take(table, ids)
    axes = range(tokens.rank, rows.rank)
    if padding_id is not None:
        rows = select(spread(equal(ids, padding_id), rows, axes), 0.0, rows)
    return select(spread(known, rows, axes), rows, math.nan)


def is_token(tokens: Node, padding_id: int) -> Node:
    """The mask of a batch of token ids: true where an id is not `padding_id`.

    >>> from chainrule.graph import ROWS, input
    >>> is_token(input("x", (ROWS, 20)), 0)
    <equal: bool[n, 20]>
    """
    return opposite(equal(tokens, padding_id))


def is_step(x: Node, value: float = 0.0) -> Node:
    """The mask of a batch of sequences (n, steps, features): true where any feature of a step differs from `value`.

    >>> from chainrule.graph import ROWS, input
    >>> is_step(input("x", (ROWS, 20, 4)))
    <less: bool[n, 20]>
    """
    features = int(x.shape[-1])  # type: ignore[arg-type]
    return reduce_sum(cast(equal(x, value), DType.INT32), -1) < features


def opposite(condition: Node) -> Node:
    """True where a condition is false.

    >>> from chainrule.graph import ROWS, input
    >>> opposite(input("c", (ROWS,), "bool"))
    <equal: bool[n]>
    """
    return equal(cast(condition, DType.INT32), 0)


def slide_mask(mask: Node, size: int, stride: int, padding: Padding, dilation: int = 1) -> Node:
    """The mask behind a window that slides along the steps: true at the places that the real steps alone would have.

    With "valid" that is where the whole window is real, with "same" where the step at place · stride is. With a number, so many
    steps at both ends of the window may be padding.

    >>> from chainrule.graph import ROWS, input
    >>> slide_mask(input("mask", (ROWS, 20), "bool"), size=3, stride=2, padding="same")
    <equal: bool[n, 10]>
    """
    real = cast(mask, DType.INT32)
    ((before, after),) = padding_widths([int(mask.shape[1])], size, stride, padding, dilation)  # type: ignore[arg-type]
    core = 1 if padding == "same" else (size - 1) * dilation + 1 - before - after  # steps that must be real
    if core < 1:  # a place whose window lies behind the end has a step before it that tells
        real, core = pad(real, [(0, 0), (1 - core, 0)], 1), 1
    return equal(reduce_sum(windows(real, 1, core, stride), 2), core)


def real_steps(x: Node, mask: Node | None, value: float = 0.0) -> Node:
    """A batch of sequences (n, steps, features) with `value` in the steps that are padding; as it is, without a mask.

    >>> from chainrule.graph import ROWS, input
    >>> real_steps(input("x", (ROWS, 20, 4)), input("mask", (ROWS, 20), "bool"))
    <select: float32[n, 20, 4]>
    """
    return x if mask is None else select(spread(mask, x, 2), x, value)


def masked_avg_pool(x: Node, mask: Node, size: int, stride: int | None = None, padding: Padding = "valid") -> Node:
    """The mean of the real steps of every window, feature by feature; 0 where none is real. See `avg_pool`.

    >>> from chainrule.graph import ROWS, input
    >>> masked_avg_pool(input("x", (ROWS, 20, 4)), input("mask", (ROWS, 20), "bool"), 2)
    <div: float32[n, 10, 4]>
    """
    total = avg_pool(real_steps(x, mask), size, stride, padding)
    share = avg_pool(reshape(cast(mask, x.dtype), (*mask.shape, 1)), size, stride, padding)  # of a window that is real
    return total / broadcast_to(maximum(share, 1 / size), total.shape)


def masked_mean(x: Node, mask: Node) -> Node:
    """The mean over the real steps of each sequence, (n, steps, features) → (n, features); 0 where no step is real.

    >>> from chainrule.graph import ROWS, input
    >>> masked_mean(input("x", (ROWS, 20, 4)), input("mask", (ROWS, 20), "bool"))
    <div: float32[n, 4]>
    """
    total = reduce_sum(real_steps(x, mask), 1)
    return total / spread(maximum(steps(mask, x.dtype), 1.0), total, 1)


def masked_max(x: Node, mask: Node) -> Node:
    """The largest of the real steps of each sequence, (n, steps, features) → (n, features); 0 where no step is real.

    >>> from chainrule.graph import ROWS, input
    >>> masked_max(input("x", (ROWS, 20, 4)), input("mask", (ROWS, 20), "bool"))
    <select: float32[n, 4]>
    """
    largest = reduce_max(real_steps(x, mask, lowest(x.dtype)), 1)
    return select(spread(equal(steps(mask, x.dtype), 0.0), largest, 1), 0.0, largest)


def lowest(dtype: DType) -> float:
    """The least number of a dtype that is finite: beside it any other is the larger one, and times 0 it is 0.

    >>> lowest(DType.FLOAT32)
    -3.4028234663852886e+38
    """
    return float(np.finfo(dtype.value).min)


def steps(mask: Node, dtype: DType) -> Node:
    """How many steps of each sequence are real, (n, steps) → (n,).

    >>> from chainrule.graph import ROWS, input
    >>> steps(input("mask", (ROWS, 20), "bool"), DType.FLOAT32)
    <reduce_sum: float32[n]>
    """
    return reduce_sum(cast(mask, dtype), 1)

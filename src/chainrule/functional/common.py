"""What activations, losses and layers are built from, besides the primitives."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.graph import ROWS, DType, Node, const, count
from chainrule.graph.primitives import broadcast, cast, contract, equal, maximum, reduce_sum, reshape, select
from chainrule.graph.primitives.rules import normal_axes


def spread(x: Node, like: Node, axes: int | Iterable[int]) -> Node:
    """`x` repeated along the axes of `like` that it has lost by a reduction."""
    return broadcast(x, like.shape, normal_axes(like, axes))


def mean(x: Node, axes: int | Iterable[int] | None = None) -> Node:
    """The mean over the given axes, all of them if None: Σx / number of elements. The rows may be among them.

    >>> from chainrule.graph import input
    >>> mean(input("x", (ROWS, 4)), axes=1)
    <div: float32[n]>
    """
    places = normal_axes(x, axes)
    sizes = count(tuple(x.shape[axis] for axis in places))
    total = reduce_sum(x, places)
    return total / (sizes * row_count(x.dtype)) if 0 in places and x.shape[:1] == (ROWS,) else total / float(sizes)


def row_count(dtype: DType) -> Node:
    """The number of rows of the batch, as a floating-point number: the sum of a one for each."""
    return reduce_sum(broadcast(const(1.0, dtype), (ROWS,), (0,)))


def minimum(x1: Node, x2: Node | float) -> Node:
    """The smaller of x1 and x2: −max(−x1, −x2)."""
    return -maximum(-x1, -x2)


def clamp(x: Node, low: float, high: float) -> Node:
    """x kept within [low, high]; NaN stays NaN. Its derivative is 1 inside and 0 outside."""
    return select(high < x, high, maximum(x, low))


def one_hot(ids: Node, size: int, dtype: DType) -> Node:
    """A row of `size` numbers for each id: 1 in the place of the id, 0 elsewhere.

    >>> from chainrule.graph import input
    >>> one_hot(input("y", (ROWS,), "int32"), 3, DType.FLOAT32)
    <cast: float32[n, 3]>
    """
    places = broadcast(const(range(size), DType.INT32), (*ids.shape, size), range(ids.rank))
    return cast(equal(broadcast(ids, places.shape, (ids.rank,)), places), dtype)


def flatten_rows(x: Node) -> Node:
    """Each row as one vector: (n, a, b) becomes (n, a·b)."""
    return reshape(x, (x.shape[0], count(x.shape[1:])))


def dense(x: Node, weight: Node, bias: Node | None = None) -> Node:
    """Affine map of the last axis: x @ weight + bias, where weight[i, j] joins input i to unit j."""
    leading = "abcdefgh"[: x.rank - 1]
    product = contract(x, weight, f"{leading}i,io->{leading}o")
    return product if bias is None else product + bias

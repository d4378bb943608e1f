"""What activations, losses and layers are built from, besides the primitives."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.errors import GraphError
from chainrule.graph import ROWS, DType, Node, const, count
from chainrule.graph.node import where
from chainrule.graph.primitives import broadcast, cast, contract, equal, maximum, reduce_sum, reshape, select
from chainrule.graph.primitives.rules import normal_axes


def spread(x: Node, like: Node, axes: int | Iterable[int]) -> Node:
    """`x` repeated along the axes of `like` that it has lost by a reduction.

    >>> from chainrule.graph import input
    >>> x = input("x", (ROWS, 4))
    >>> spread(reduce_sum(x, 1), x, 1)
    <broadcast: float32[n, 4]>
    """
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
    """The number of rows of the batch, as a floating-point number: the sum of a one for each.

    >>> row_count(DType.FLOAT32)
    <reduce_sum: float32[]>
    """
    return reduce_sum(broadcast(const(1.0, dtype), (ROWS,), (0,)))


def minimum(x1: Node, x2: Node | float) -> Node:
    """The smaller of x1 and x2: −max(−x1, −x2); NaN if either is. A tie is x2's, and so is its derivative.

    >>> from chainrule.graph import input
    >>> minimum(input("x", (ROWS, 4)), 0.0)
    <neg: float32[n, 4]>
    """
    return -maximum(-x1, -x2)


def clamp(x: Node, low: float, high: float) -> Node:
    """x kept within [low, high]; NaN stays NaN. Its derivative is 1 inside and at `high`, 0 outside and at `low`.

    >>> from chainrule.graph import input
    >>> clamp(input("x", (ROWS, 4)), -1.0, 1.0)
    <select: float32[n, 4]>
    """
    return select(high < x, high, maximum(x, low))


def one_hot(ids: Node, size: int, dtype: DType) -> Node:
    """A row of `size` numbers for each id, a whole number from 0 to size − 1: 1 in the place of the id, 0 elsewhere.

    An id outside that range gives a row of zeros.

    >>> from chainrule.graph import input
    >>> one_hot(input("y", (ROWS,), "int32"), 3, DType.FLOAT32)
    <cast: float32[n, 3]>
    """
    if ids.dtype.is_float:
        raise GraphError(f"{where()}one_hot needs whole numbers, but was given {ids.type}; cast them to int32.")
    places = broadcast(const(range(size), DType.INT32), (*ids.shape, size), range(ids.rank))
    return cast(equal(broadcast(cast(ids, DType.INT32), places.shape, (ids.rank,)), places), dtype)


def flatten_rows(x: Node) -> Node:
    """Each row as one vector: (n, a, b) becomes (n, a·b).

    >>> from chainrule.graph import input
    >>> flatten_rows(input("x", (ROWS, 28, 28)))
    <reshape: float32[n, 784]>
    """
    return reshape(x, (x.shape[0], count(x.shape[1:])))


def dense(x: Node, weight: Node, bias: Node | None = None) -> Node:
    """Affine map of the last axis: x @ weight + bias, where weight[i, j] joins input i to unit j.

    >>> from chainrule.graph import input
    >>> dense(input("x", (ROWS, 4)), input("weight", (4, 3)), input("bias", (3,)))
    <add: float32[n, 3]>
    """
    leading = "abcdefgh"[: x.rank - 1]
    product = contract(x, weight, f"{leading}i,io->{leading}o")
    return product if bias is None else product + bias

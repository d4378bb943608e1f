"""Structure: the same numbers in another arrangement. They come in transpose pairs: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chainrule.errors import ShapeError
from chainrule.graph.node import Node, Primitive, const, primitive, where
from chainrule.graph.primitives.rules import normal_axis
from chainrule.graph.types import ROWS, Dim, Rows, Shape, TensorType, count, show_shape

Bounds = tuple[int | None, ...]


def _reshape_type(x: TensorType, shape: Shape) -> TensorType:
    rows_lead = all(dim is not ROWS for dims in (x.shape[1:], shape[1:]) for dim in dims)
    if (x.shape[:1] == (ROWS,)) != (shape[:1] == (ROWS,)) or not rows_lead or count(x.shape) != count(shape):
        raise ShapeError(f"{where()}reshape cannot make {show_shape(shape)} from {x}.")
    return TensorType(shape, x.dtype)


reshape: Primitive = primitive(
    "reshape",
    "The same elements in the same order, in another shape; rows stay rows.",
    attributes=lambda x, shape: {"shape": tuple(shape)},
    type_rule=_reshape_type,
    vjp=lambda g, y, x, shape: (reshape(g, x.shape),),
)


def _transpose_type(x: TensorType, permutation: tuple[int, ...]) -> TensorType:
    if sorted(permutation) != list(range(x.rank)):
        raise ShapeError(f"{where()}transpose cannot permute {x} by {permutation}.")
    return TensorType(tuple(x.shape[axis] for axis in permutation), x.dtype)


def _inverse(permutation: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(permutation.index(axis) for axis in range(len(permutation)))


transpose: Primitive = primitive(
    "transpose",
    "The axes in another order: axis i of the result is axis permutation[i] of x.",
    attributes=lambda x, permutation: {"permutation": tuple(permutation)},
    type_rule=_transpose_type,
    vjp=lambda g, y, x, permutation: (transpose(g, _inverse(permutation)),),
)


def _pad_attributes(x: Node, widths: Iterable[tuple[int, int]], value: float = 0.0) -> dict[str, Any]:
    const(value, x.dtype)  # raises if this dtype cannot hold it
    return {"widths": tuple((before, after) for before, after in widths), "value": float(value)}


def _pad_type(x: TensorType, widths: tuple[tuple[int, int], ...], value: float) -> TensorType:
    legal = len(widths) == x.rank and all(low >= 0 and high >= 0 for low, high in widths)
    if not legal or any(dim is ROWS and width != (0, 0) for dim, width in zip(x.shape, widths, strict=True)):
        raise ShapeError(f"{where()}pad cannot widen {x} by {widths}.")
    wide = (dim if isinstance(dim, Rows) else dim + sum(width) for dim, width in zip(x.shape, widths, strict=True))
    return TensorType(tuple(wide), x.dtype)


def _within_pad(g: Node, y: Node, x: Node, widths: tuple[tuple[int, int], ...], value: float) -> tuple[Node]:
    start: list[int | None] = []
    stop: list[int | None] = []
    for dim, (low, _) in zip(x.shape, widths, strict=True):
        start.append(None if isinstance(dim, Rows) else low)
        stop.append(None if isinstance(dim, Rows) else low + dim)
    return (slice_(g, start, stop),)


pad = primitive(
    "pad",
    "x with `widths` = (before, after) elements of `value` added to each axis. Its transpose is slice.",
    attributes=_pad_attributes,
    type_rule=_pad_type,
    vjp=_within_pad,
)


def _slice_attributes(x: Node, start: Sequence[int | None], stop: Sequence[int | None]) -> dict[str, Bounds]:
    """Whole axes are (None, None), so that equal slices have equal attributes."""
    if not len(start) == len(stop) == x.rank:
        raise ShapeError(
            f"{where()}slice needs a start and a stop for each axis of {x.type}, but has {start} and {stop}."
        )
    pairs = [
        (None, None) if (a or 0) == 0 and b in (None, dim) else (a or 0, dim if b is None else b)
        for a, b, dim in zip(start, stop, x.shape, strict=True)
    ]
    return {"start": tuple(a for a, _ in pairs), "stop": tuple(b for _, b in pairs)}  # type: ignore[misc]


def _slice_type(x: TensorType, start: Bounds, stop: Bounds) -> TensorType:
    dims: list[Dim] = []
    for dim, low, high in zip(x.shape, start, stop, strict=True):
        if low is None or high is None:
            dims.append(dim)
        elif isinstance(dim, int) and 0 <= low <= high <= dim:
            dims.append(high - low)
        else:
            raise ShapeError(f"{where()}slice cannot take {start} to {stop} from {x}.")
    return TensorType(tuple(dims), x.dtype)


def _around_slice(g: Node, y: Node, x: Node, start: Bounds, stop: Bounds) -> tuple[Node]:
    widths = [
        (0, 0) if low is None or high is None or not isinstance(dim, int) else (low, dim - high)
        for dim, low, high in zip(x.shape, start, stop, strict=True)
    ]
    return (pad(g, widths),)


slice_: Primitive = primitive(
    "slice",
    "The elements from `start` up to, not including, `stop` of each axis; None for the whole axis. Its transpose is pad.",
    attributes=_slice_attributes,
    type_rule=_slice_type,
    vjp=_around_slice,
)


def _concat_type(*types: TensorType, axis: int) -> TensorType:
    first = types[0]
    length = 0
    for x in types:
        dim = x.shape[axis] if axis < x.rank else None
        same = x.shape[:axis] == first.shape[:axis] and x.shape[axis + 1 :] == first.shape[axis + 1 :]
        if not isinstance(dim, int) or not same or x.dtype is not first.dtype:
            raise ShapeError(f"{where()}concat cannot join {', '.join(map(str, types))} along axis {axis}.")
        length += dim
    return TensorType((*first.shape[:axis], length, *first.shape[axis + 1 :]), first.dtype)


def _parts(g: Node, y: Node, *xs: Node, axis: int) -> tuple[Node, ...]:
    parts, low = [], 0
    for x in xs:
        high = low + int(x.shape[axis])  # type: ignore[arg-type]
        bounds = [(None, None) if i != axis else (low, high) for i in range(x.rank)]
        parts.append(slice_(g, [a for a, _ in bounds], [b for _, b in bounds]))
        low = high
    return tuple(parts)


def _concat_attributes(xs: Sequence[Node], axis: int = -1) -> dict[str, int]:
    if not xs:
        raise ShapeError(f"{where()}concat needs at least one node to join, but was given none.")
    return {"axis": normal_axis(xs[0], axis)}


concat = primitive(
    "concat",
    "Arrays one after another along an axis that is not the rows.",
    arity=-1,
    attributes=_concat_attributes,
    type_rule=_concat_type,
    vjp=_parts,
)

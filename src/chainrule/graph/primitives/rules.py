"""Type rules that several primitives share, and how axes are written."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.errors import ShapeError
from chainrule.graph.node import Node, where
from chainrule.graph.types import DType, TensorType


def numbers(*types: TensorType) -> TensorType:
    """Operands of one type, which is the type of the result."""
    first = types[0]
    for other in types[1:]:
        if other != first:
            raise ShapeError(
                f"{where()}an element-wise operation needs operands of one type, but has {first} and {other}."
            )
    if first.dtype is DType.BOOL:
        raise ShapeError(f"{where()}arithmetic needs numbers, but was given {first}; cast it first.")
    return first


def floats(*types: TensorType) -> TensorType:
    """Operands of one type of floating-point numbers, which is the type of the result."""
    result = numbers(*types)
    if not result.dtype.is_float:
        raise ShapeError(
            f"{where()}this operation needs floating-point numbers, but was given {result}; cast it first."
        )
    return result


def comparison(x1: TensorType, x2: TensorType) -> TensorType:
    """Two operands of one type; the result says true or false."""
    if x1 != x2:
        raise ShapeError(f"{where()}a comparison needs two operands of one type, but has {x1} and {x2}.")
    return TensorType(x1.shape, DType.BOOL)


def normal_axes(x: Node, axes: int | Iterable[int] | None) -> tuple[int, ...]:
    """Axes as an ascending tuple of numbers from 0: None means all of them, negative ones count from the end."""
    if axes is None:
        return tuple(range(x.rank))
    listed = [axes] if isinstance(axes, int) else list(axes)
    unique = sorted({normal_axis(x, axis) for axis in listed})
    if len(unique) != len(listed):
        raise ShapeError(f"{where()}axes {tuple(listed)} name a dimension of {x.type} twice.")
    return tuple(unique)


def normal_axis(x: Node, axis: int) -> int:
    """One axis as a number from 0; a negative one counts from the end."""
    if not isinstance(axis, int) or not -x.rank <= axis < x.rank:
        raise ShapeError(f"{where()}axis {axis!r} does not lie within {x.type}.")
    return axis % x.rank

"""Choice: comparisons, selection, and the place of the largest element."""

from __future__ import annotations

from chainrule.errors import ShapeError
from chainrule.graph.node import Primitive, primitive, where
from chainrule.graph.primitives.rules import comparison, normal_axis
from chainrule.graph.types import DType, TensorType

less = primitive(
    "less",
    "Whether x1 < x2; false if either is NaN.",
    arity=2,
    elementwise=True,
    type_rule=comparison,
    vjp=lambda g, y, x1, x2: (None, None),
)

equal = primitive(
    "equal",
    "Whether x1 = x2; false if either is NaN.",
    arity=2,
    elementwise=True,
    type_rule=comparison,
    vjp=lambda g, y, x1, x2: (None, None),
)


def _select_type(c: TensorType, x1: TensorType, x2: TensorType) -> TensorType:
    if c.dtype is not DType.BOOL or c.shape != x1.shape or x1 != x2:
        raise ShapeError(f"{where()}select needs a condition and two values of one type, but has {c}, {x1} and {x2}.")
    return x1


select: Primitive = primitive(
    "select",
    "x1 where c is true, x2 where it is false.",
    arity=3,
    elementwise=True,
    type_rule=_select_type,
    vjp=lambda g, y, c, x1, x2: (None, select(c, g, 0.0), select(c, 0.0, g)),
)


def _argmax_type(x: TensorType, axis: int) -> TensorType:
    if x.shape[axis] == 0:
        raise ShapeError(f"{where()}there is no largest element along axis {axis} of {x}, which is empty.")
    return TensorType(x.shape[:axis] + x.shape[axis + 1 :], DType.INT32)


argmax = primitive(
    "argmax",
    "The place of the largest element along an axis, which disappears; the first of several; that of a NaN if there is one.",
    attributes=lambda x, axis=-1: {"axis": normal_axis(x, axis)},
    type_rule=_argmax_type,
    vjp=lambda g, y, x, axis: (None,),
)

"""Reductions, where axes disappear, and broadcast, where they appear."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.errors import ShapeError
from chainrule.graph.node import Node, Primitive, primitive, where
from chainrule.graph.primitives.choice import equal
from chainrule.graph.primitives.conversion import cast
from chainrule.graph.primitives.rules import normal_axes, numbers
from chainrule.graph.types import Shape, TensorType, show_shape


def _axes(x: Node, axes: int | Iterable[int] | None = None) -> dict[str, tuple[int, ...]]:
    return {"axes": normal_axes(x, axes)}


def _reduced(x: TensorType, axes: tuple[int, ...]) -> TensorType:
    kept = tuple(dim for axis, dim in enumerate(x.shape) if axis not in axes)
    return TensorType(kept, numbers(x).dtype)


def _maximum_of_some(x: TensorType, axes: tuple[int, ...]) -> TensorType:
    if any(x.shape[axis] == 0 for axis in axes):
        raise ShapeError(f"{where()}there is no largest element along axes {axes} of {x}, which are empty.")
    return _reduced(x, axes)


reduce_sum = primitive(
    "reduce_sum",
    "Sum over the given axes (all of them if None); 0 over an empty axis. Its transpose is broadcast.",
    attributes=_axes,
    type_rule=_reduced,
    vjp=lambda g, y, x, axes: (broadcast(g, x.shape, axes),),
)


def _broadcast_type(x: TensorType, shape: Shape, axes: tuple[int, ...]) -> TensorType:
    kept = tuple(dim for axis, dim in enumerate(shape) if axis not in axes)
    legal = all(0 <= axis < len(shape) for axis in axes) and len(set(axes)) == len(axes)
    if kept != x.shape or not legal:
        raise ShapeError(f"{where()}broadcast cannot make {show_shape(shape)} from {x} by new axes {axes}.")
    return TensorType(shape, x.dtype)


broadcast: Primitive = primitive(
    "broadcast",
    "x repeated along new axes, which are places in the new shape. Its transpose is reduce_sum.",
    attributes=lambda x, shape, axes: {"shape": tuple(shape), "axes": tuple(sorted(axes))},
    type_rule=_broadcast_type,
    vjp=lambda g, y, x, shape, axes: (reduce_sum(g, axes),),
)


def _share_of_ties(g: Node, y: Node, x: Node, axes: tuple[int, ...]) -> tuple[Node]:
    largest = cast(equal(x, broadcast(y, x.shape, axes)), x.dtype)
    return (largest * broadcast(g / reduce_sum(largest, axes), x.shape, axes),)


reduce_max = primitive(
    "reduce_max",
    "The largest element along the given axes (all of them if None); NaN if there is one. Equal largest ones share the gradient; "
    "of zeros of both signs, which one is given is left open.",
    attributes=_axes,
    type_rule=_maximum_of_some,
    vjp=_share_of_ties,
)

"""Conversion between kinds of number, and the barrier that gradients do not pass."""

from __future__ import annotations

from chainrule.graph.node import Node, Primitive, primitive
from chainrule.graph.types import DType, TensorType

cast: Primitive = primitive(
    "cast",
    "The same numbers in another dtype. Floating-point numbers lose their fraction when they become whole ones; what then does "
    "not fit, NaN included, has no defined value.",
    attributes=lambda x, dtype: {"dtype": DType.of(dtype)},
    type_rule=lambda x, dtype: TensorType(x.shape, dtype),
    vjp=lambda g, y, x, dtype: (cast(g, x.dtype) if x.dtype.is_float and dtype.is_float else None,),
)


def _barrier(g: Node, y: Node, x: Node) -> tuple[None]:
    return (None,)


stop_gradient = primitive(
    "stop_gradient",
    "x itself, but a constant for whoever differentiates.",
    type_rule=lambda x: x,
    vjp=_barrier,
)

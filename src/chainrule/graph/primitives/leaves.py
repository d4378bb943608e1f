"""Leaves: values that come from outside the graph."""

from __future__ import annotations

from chainrule.graph.node import primitive
from chainrule.graph.types import DType, TensorType

input_ = primitive(
    "input",
    "A value that is given when the graph runs.",
    arity=0,
    type_rule=lambda name, type: type,
    vjp=None,
)

const = primitive(
    "const",
    "A value that is known when the graph is made.",
    arity=0,
    type_rule=lambda value: TensorType(value.shape, DType.of(value.dtype)),
    vjp=None,
)

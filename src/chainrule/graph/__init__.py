"""The heart: a computation as a graph of primitives, its derivative, and the step that backends run."""

from chainrule.graph import primitives
from chainrule.graph.autodiff import gradients
from chainrule.graph.body import Body
from chainrule.graph.node import PRIMITIVES, Graph, Node, Primitive, broadcast_to, const, input, primitive, scope
from chainrule.graph.step import Step
from chainrule.graph.text import show
from chainrule.graph.types import ROWS, Dim, DType, Shape, TensorType, count, show_shape
from chainrule.graph.verify import verify

__all__ = [
    "PRIMITIVES",
    "ROWS",
    "Body",
    "DType",
    "Dim",
    "Graph",
    "Node",
    "Primitive",
    "Shape",
    "Step",
    "TensorType",
    "broadcast_to",
    "const",
    "count",
    "gradients",
    "input",
    "primitive",
    "primitives",
    "scope",
    "show",
    "show_shape",
    "verify",
]

"""`verify` finds every way in which a graph can be illegal; the planted ones are made behind the back of the constructors."""

from __future__ import annotations

import pytest

from chainrule.errors import GraphError
from chainrule.graph import PRIMITIVES, ROWS, DType, Graph, Node, Primitive, TensorType, const, gradients, input, verify
from chainrule.graph.primitives import cast, reduce_sum, tanh
from chainrule.graph.primitives.rules import floats
from graph.cases import ALL

x = input("x", (ROWS, 3), "float64")
y = tanh(x)
short = TensorType((3,), DType.FLOAT64)


def graph(*nodes: Node, outputs: tuple[Node, ...] = ()) -> Graph:
    return Graph(nodes, outputs)


PLANTED: dict[str, tuple[Graph, str]] = {
    "a primitive outside the table": (
        graph(x, Primitive("tanh", "", type_rule=floats, vjp=None)(x)),
        "not in the table",
    ),
    "an unknown name": (graph(x, Primitive("tanhh", "", type_rule=floats, vjp=None)(x)), "not in the table"),
    "an input that comes later": (graph(y, x), r"<tanh: float64\[n, 3\]> comes before its input <input x"),
    "an input that is missing": (graph(y), "comes before its input"),
    "a node twice": (graph(x, x, y), "<input x: .*> is in the graph twice"),
    "a type that is not the rule's": (
        graph(x, Node(PRIMITIVES["tanh"], (x,), {}, short)),
        r"should have type float64\[n, 3\]",
    ),
    "a broken rule": (
        graph(x, c := const([1.0]), Node(PRIMITIVES["add"], (x, c), {}, x.type)),
        "breaks the rule of its primitive: an element-wise operation needs operands of one type",
    ),
    "attributes that the rule does not know": (
        graph(x, Node(PRIMITIVES["tanh"], (x,), {"axis": 1}, x.type)),
        "breaks the rule",
    ),
    "attributes that are missing": (graph(x, Node(PRIMITIVES["reduce_sum"], (x,), {}, x.type)), "breaks the rule"),
    "too many inputs": (graph(x, Node(PRIMITIVES["add"], (x, x, x), {}, x.type)), "has 3 inputs, but add takes 2"),
    "two inputs of one name": (graph(x, input("x", (2,))), "Two inputs are called 'x'"),
    "an output outside": (graph(x, outputs=(y,)), r"The output <tanh: float64\[n, 3\]> is not in the graph"),
}


@pytest.mark.parametrize("case", PLANTED)
def test_found(case: str) -> None:
    planted, message = PLANTED[case]
    with pytest.raises(GraphError, match=message):
        verify(planted)


def test_every_case_and_its_gradients_are_legal() -> None:
    for case in ALL:
        node, inputs = case.build()
        outputs = [node]
        if node.dtype.is_float:
            outputs += gradients(reduce_sum(cast(node, "float64")), [a for a in inputs if a.dtype.is_float])
        verify(Graph.of(outputs))

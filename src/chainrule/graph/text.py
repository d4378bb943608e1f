"""A graph as text that a person can read: one line a node, numbers and broadcasts folded into the operands that use them.

>>> from chainrule.graph import input
>>> x = input("x", (2,), "float64")
>>> print(show(Graph.of([x * x + 1.0])))
x = input: float64[2]
mul.0 = x * x: float64[2]
add.0 = mul.0 + 1.0: float64[2]
return add.0
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from chainrule.graph.node import Graph, Node
from chainrule.graph.types import DType, TensorType

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "less": "<", "equal": "=="}


def show(graph: Graph) -> str:
    """The graph, one line a node, with the scope where it changes.

    Constants of one number and broadcasts are written where they are used; the type stands behind the colon. The step of a
    scan stands below it.
    """
    names = names_of(graph)
    lines: list[str] = []
    scope = ""
    for node in graph.nodes:
        if _folded(node, graph):
            continue
        label = _label(node)
        if label != scope:
            scope = label
            lines.append(f"# {label}" if label else "#")
        lines.append(line_of(node, names))
        if node.op == "scan":
            lines += [f"    {line}" for line in show(node.attributes["body"].graph).splitlines()]
    lines.append(f"return {', '.join(names[node] for node in graph.outputs)}")
    return "\n".join(lines)


def _label(node: Node) -> str:
    backward = ["backward"] if node.origin is not None else []
    return ", ".join([node.scope, *backward] if node.scope else backward)


def _folded(node: Node, graph: Graph) -> bool:
    return (node.op == "broadcast" and node not in graph.outputs) or (node.op == "const" and node.rank == 0)


def line_of(node: Node, names: Mapping[Node, str]) -> str:
    """The line of one node: its name, how it is computed, its type."""
    return f"{names[node]} = {_expression(node, names)}: {_type(node.type)}"


def names_of(graph: Graph, known: Mapping[Node, str] | None = None) -> dict[Node, str]:
    """What each node of a graph is called in its text, those apart that have a name already."""
    counts: dict[str, int] = {}
    names: dict[Node, str] = {}
    for node in graph.nodes:
        if known and node in known:
            names[node] = known[node]
        elif node.op == "input":
            names[node] = node.attributes["name"]
        elif node.op == "const" and node.rank == 0:
            names[node] = _number(node.attributes["value"])
        elif node.op == "broadcast" and node not in graph.outputs:
            names[node] = _broadcast(node, names)
        else:
            names[node] = f"{node.op}.{counts.setdefault(node.op, 0)}"
            counts[node.op] += 1
    return names


def _broadcast(node: Node, names: Mapping[Node, str]) -> str:
    (x,) = node.inputs
    if x.rank == 0:
        return names[x]
    shown = ("new" if axis in node.attributes["axes"] else ":" for axis in range(node.rank))
    return f"{names[x]}[{', '.join(shown)}]"


def _number(value: NDArray[np.generic]) -> str:
    return str(value[()])  # the fewest digits that tell it from its neighbours in its own dtype


def _type(type: TensorType) -> str:
    return repr(type) if type.shape else type.dtype.value


def _expression(node: Node, names: Mapping[Node, str]) -> str:
    operands = [_operand(x, node, names) for x in node.inputs]
    if node.op in _SIGNS:
        return f" {_SIGNS[node.op]} ".join(operands)
    if node.op == "neg":
        return f"-{operands[0]}"
    if node.op == "input":
        return "input"
    if node.op == "const":
        return _array(node.attributes["value"])
    given = [*operands, *(f"{key}={_attribute(value)}" for key, value in node.attributes.items() if key != "body")]
    return f"{node.op}({', '.join(given)})"


def _operand(x: Node, user: Node, names: Mapping[Node, str]) -> str:
    """The name of an input; a single number stands for a whole array only where the other operand shows how large that is."""
    if x.op == "broadcast" and not x.inputs[0].shape and not user.primitive.elementwise:
        return f"broadcast({names[x]}, {_attribute(x.shape)})"
    return names[x]


def _array(value: NDArray[np.generic]) -> str:
    if value.size <= 8:
        return f"const {_nested(value)}"
    return f"const [{value.flat[0]}, ..., {value.flat[-1]}]"


def _nested(value: NDArray[np.generic]) -> str:
    return f"[{', '.join(_nested(part) for part in value)}]" if value.ndim else _number(value)


def _attribute(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(_attribute(item) for item in value)})"
    return value.value if isinstance(value, DType) else repr(value)

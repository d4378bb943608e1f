"""Is a graph legal? Run after every pass in the tests, and on every step that a network builds."""

from __future__ import annotations

from chainrule.errors import ChainruleError, GraphError
from chainrule.graph.node import PRIMITIVES, Graph, Node
from chainrule.graph.types import TensorType


def verify(graph: Graph) -> None:
    """Raise `GraphError` unless the graph is legal.

    Every node comes once and after its inputs, is of a known primitive and has the type that its rule gives; no two inputs
    share a name; every output is there. The step of a scan is legal by itself.
    """
    seen: set[object] = set()
    names: dict[str, object] = {}
    for node in graph.nodes:
        if node in seen:
            raise GraphError(f"{node!r} is in the graph twice.")
        if PRIMITIVES.get(node.op) is not node.primitive:
            raise GraphError(f"{node!r} is of a primitive that is not in the table.")
        late = [x for x in node.inputs if x not in seen]
        if late:
            raise GraphError(f"{node!r} comes before its input {late[0]!r}.")
        if (expected := _type_by_rule(node)) != node.type:
            raise GraphError(f"{node!r} should have type {expected}.")
        if node.op == "input" and names.setdefault(node.attributes["name"], node) is not node:
            raise GraphError(f"Two inputs are called {node.attributes['name']!r}.")
        if node.op == "scan":
            verify(node.attributes["body"].graph)
            node.attributes["body"].check()
        seen.add(node)
    missing = [node for node in graph.outputs if node not in seen]
    if missing:
        raise GraphError(f"The output {missing[0]!r} is not in the graph.")


def _type_by_rule(node: Node) -> TensorType:
    if node.primitive.arity not in (-1, len(node.inputs)):
        raise GraphError(f"{node!r} has {len(node.inputs)} inputs, but {node.op} takes {node.primitive.arity}.")
    try:
        return node.primitive.type_rule(*(x.type for x in node.inputs), **node.attributes)
    except (ChainruleError, TypeError) as error:
        raise GraphError(f"{node!r} breaks the rule of its primitive: {error}") from error

"""The chain rule as one loop over the graph (reverse accumulation).

Source: Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors", Nature 323, 1986;
Griewank, Walther, "Evaluating Derivatives", SIAM 2008, chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.errors import GraphError
from chainrule.graph.node import Graph, Node, broadcast_to, const, provenance


def gradients(loss: Node, wrt: Sequence[Node]) -> list[Node]:
    """The gradient ∂loss/∂x of a scalar for each x of `wrt`: a node of x's type, zeros where the loss does not depend on x.

    Each node passes the gradient g of its output on to its inputs, by its own rule; what reaches a node from several
    users is added up, in the order of the walk. The gradients are nodes like any others: they can be differentiated again.

    >>> from chainrule.graph import input
    >>> x = input("x", (), "float64")
    >>> (slope,) = gradients(x * x * x, [x])
    >>> Graph.of([slope])
    x = input: float64
    mul.0 = x * x: float64
    # backward
    mul.1 = 1.0 * x: float64
    mul.2 = 1.0 * mul.0: float64
    mul.3 = mul.1 * x: float64
    mul.4 = mul.1 * x: float64
    add.0 = mul.2 + mul.3: float64
    add.1 = add.0 + mul.4: float64
    return add.1
    """
    if loss.shape or not loss.dtype.is_float:
        raise GraphError(
            f"Only a single floating-point number has gradients, but the loss is {loss.type}; sum or average it."
        )
    graph = Graph.of([loss])
    leads_to_wrt = graph.dependents(wrt)

    arrived: dict[Node, Node] = {}
    if loss in leads_to_wrt:
        with provenance(loss.scope, loss):
            arrived[loss] = const(1.0, loss.dtype)
    for node in reversed(graph.nodes):
        g = arrived.get(node)
        if g is None or not node.inputs or not any(x in leads_to_wrt for x in node.inputs):
            continue
        for x, gradient in zip(node.inputs, _pull_back(node, g), strict=True):
            if gradient is None or x not in leads_to_wrt:
                continue
            if gradient.type != x.type:
                raise GraphError(f"The derivative of {node!r} gives {gradient.type} for an input of type {x.type}.")
            with provenance(x.scope, x):
                arrived[x] = arrived[x] + gradient if x in arrived else gradient
    return [arrived[x] if x in arrived else _zeros(x) for x in wrt]


def _pull_back(node: Node, g: Node) -> tuple[Node | None, ...]:
    if node.primitive.vjp is None:
        raise GraphError(f"The primitive {node.op!r} has no derivative.")
    with provenance(node.scope, node):
        sent = node.primitive.vjp(g, node, *node.inputs, **node.attributes)
    if len(sent) != len(node.inputs):
        raise GraphError(f"The derivative of {node!r} gives {len(sent)} gradients for {len(node.inputs)} inputs.")
    return sent


def _zeros(x: Node) -> Node:
    with provenance(x.scope, x):
        return broadcast_to(const(0.0, x.dtype), x.shape)

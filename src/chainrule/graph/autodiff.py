"""The chain rule as one loop over the graph (reverse accumulation).

Source: Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors", Nature 323, 1986;
Griewank, Walther, "Evaluating Derivatives", SIAM 2008, chapter 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chainrule.errors import GraphError
from chainrule.graph.node import PRIMITIVES, Graph, Node, broadcast_to, const, provenance


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
    with provenance(loss.scope, loss):
        one = const(1.0, loss.dtype)
    return [_zeros(x) if g is None else g for x, g in zip(wrt, pull_back({loss: one}, wrt), strict=True)]


def pull_back(arriving: Mapping[Node, Node], wrt: Sequence[Node]) -> list[Node | None]:
    """The gradient that reaches each node of `wrt` if gradients arrive at some nodes; None where nothing does.

    An x that is only ever taken apart, by slices that leave nothing out, has the gradients of its parts side by side.
    """
    graph = Graph.of(arriving)
    leads_to_wrt = graph.dependents(wrt)
    arrived = {node: g for node, g in arriving.items() if node in leads_to_wrt}
    parts: dict[Node, list[Node]] = {}  # of what has been reached through slices alone
    for node in reversed(graph.nodes):
        if node in parts:
            arrived[node] = _joined(node, parts.pop(node))
        g = arrived.get(node)
        if g is None or not node.inputs or not any(x in leads_to_wrt for x in node.inputs):
            continue
        for x, sent in zip(node.inputs, _pull_back(node, g), strict=True):
            if sent is None or x not in leads_to_wrt:
                continue
            if sent.type != x.type:
                raise GraphError(f"The derivative of {node!r} gives {sent.type} for an input of type {x.type}.")
            if node.op == "slice" and x not in arrived:
                parts.setdefault(x, []).append(sent)
                continue
            with provenance(x.scope, x):
                for part in (*parts.pop(x, ()), sent):
                    arrived[x] = arrived[x] + part if x in arrived else part
    return [arrived.get(x) for x in wrt]


def _joined(x: Node, padded: list[Node]) -> Node:
    """The gradient of x from those of its slices, each in its place with zeros around it."""
    with provenance(x.scope, x):
        for axis, dim in enumerate(x.shape):
            placed = sorted(padded, key=lambda part: part.attributes["widths"][axis])
            if isinstance(dim, int) and len(placed) > 1 and _fill(placed, axis, dim):
                return PRIMITIVES["concat"]([part.inputs[0] for part in placed], axis)
        total, *others = padded
        for part in others:
            total = total + part
        return total


def _fill(placed: list[Node], axis: int, dim: int) -> bool:
    """Whether arrays that are padded along one axis alone fill it when they are put side by side."""
    end = 0
    for part in placed:
        low, high = part.attributes["widths"][axis]
        others = [width for place, width in enumerate(part.attributes["widths"]) if place != axis]
        if low != end or any(width != (0, 0) for width in others):
            return False
        end = dim - high
    return end == dim


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

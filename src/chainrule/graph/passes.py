"""Passes: the same step with fewer nodes. None of them changes a single bit of a result, NaN and infinities included.

`simplify` runs them all; a node that nothing needs any more is gone by itself, because a graph holds only what its outputs
depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.graph.loops import inside, renewed, without_unread
from chainrule.graph.node import Node, broadcast_to, const
from chainrule.graph.step import Step
from chainrule.graph.types import ROWS

Rule = Callable[[Node], Node]
Evaluate = Callable[[Node, Sequence[NDArray[Any]]], NDArray[Any]]


def rewrite(step: Step, rule: Rule) -> Step:
    """Rebuild every node of a step in order, with its new inputs, and let `rule` put another in its place."""

    def make(node: Node, new: dict[Node, Node]) -> Node:
        return rule(Node(node.primitive, tuple(new[x] for x in node.inputs), node.attributes, node.type))

    return renewed(step, make)


def share(step: Step) -> Step:
    """Common subexpressions: of nodes with equal primitive, inputs and attributes, all users take the first."""
    first: dict[object, Node] = {}

    def rule(node: Node) -> Node:
        attributes = tuple((key, _comparable(value)) for key, value in sorted(node.attributes.items()))
        return first.setdefault((node.op, node.inputs, node.type, attributes), node)

    return rewrite(step, rule)


def _comparable(value: object) -> object:
    """An attribute as what can be looked up: equal only where no result can tell the difference, as between 0.0 and -0.0."""
    return value.tobytes() if isinstance(value, np.ndarray) else (repr(value), value)


def fold_constants(step: Step, evaluate: Evaluate) -> Step:
    """Nodes of constants alone become constants. `evaluate(node, inputs)` is the meaning of a node: a backend's.

    A broadcast stays what it is: its result may be large, and no backend stores it. So does what has rows: how many there
    are is only known when the step runs.
    """

    def rule(node: Node) -> Node:
        known = node.op != "broadcast" and ROWS not in node.shape
        if known and node.inputs and all(x.op == "const" for x in node.inputs):
            return const(evaluate(node, [x.attributes["value"] for x in node.inputs]), node.dtype)
        return node

    return rewrite(step, rule)


def tidy(step: Step) -> Step:
    """Algebra that is exact: x · 1, x / 1, x − 0, −(−x), structure that does nothing, several reshapes in a row."""
    return rewrite(step, lambda node: _EXACT[node.op](node) if node.op in _EXACT else node)


def _constant(node: Node) -> float | None:
    """The number that a node holds in every element, if it is such a constant."""
    while node.op == "broadcast":
        (node,) = node.inputs
    return float(node.attributes["value"]) if node.op == "const" and node.rank == 0 else None


def _mul(node: Node) -> Node:
    x1, x2 = node.inputs
    return x2 if _constant(x1) == 1.0 else x1 if _constant(x2) == 1.0 else node


def _right_neutral(neutral: float) -> Rule:
    def rule(node: Node) -> Node:
        x2 = _constant(node.inputs[1])
        positive = x2 is not None and not np.signbit(x2)  # -0.0 - (-0.0) is 0.0: only +0 is neutral
        return node.inputs[0] if x2 == neutral and positive else node

    return rule


def _involution(node: Node) -> Node:
    (x,) = node.inputs
    return x.inputs[0] if x.op == node.op else node


def _select(node: Node) -> Node:
    return node.inputs[1] if node.inputs[1] is node.inputs[2] else node


def _idle(node: Node) -> Node:
    """A reshape, transpose, cast, slice or pad that changes nothing."""
    (x,) = node.inputs
    if node.op == "reshape" and x.op == "reshape":
        return _idle(Node(node.primitive, x.inputs, node.attributes, node.type))
    permuted = node.op == "transpose" and list(node.attributes["permutation"]) != list(range(node.rank))
    return x if x.type == node.type and not permuted else node


def _of_number(node: Node) -> Node:
    """Some of what is one number everywhere, or all of it in another shape: that number, repeated."""
    source = node.inputs[0] if node.op in ("slice", "reshape") else node
    if source is not node and source.op == "broadcast" and not source.inputs[0].rank and node.rank:
        return broadcast_to(source.inputs[0], node.shape)
    return node


_EXACT: dict[str, Rule] = {
    "mul": _mul,
    "div": _right_neutral(1.0),
    "sub": _right_neutral(0.0),
    "neg": _involution,
    "select": _select,
    "reshape": lambda node: _of_number(_idle(node)),
    "transpose": _idle,
    "cast": _idle,
    "slice": lambda node: _of_number(_idle(node)),
    "pad": _idle,
    "reduce_sum": lambda node: node if node.attributes["axes"] else node.inputs[0],
    "stop_gradient": lambda node: node.inputs[0],  # nobody differentiates a finished step
}


def hoist(step: Step) -> Step:
    """Element-wise operations on broadcasts alone are done before the broadcast; a broadcast of a broadcast is one."""

    def rule(node: Node) -> Node:
        if node.op == "broadcast" and node.inputs[0].op == "broadcast":
            return _joined(node)
        if node.primitive.elementwise and node.inputs and all(x.op == "broadcast" for x in node.inputs):
            return _hoisted(node)
        return node

    return rewrite(step, rule)


def _joined(node: Node) -> Node:
    (inner,) = node.inputs
    outer_axes = node.attributes["axes"]
    places = [axis for axis in range(node.rank) if axis not in outer_axes]  # where the axes of the inner one went
    axes = (*outer_axes, *(places[axis] for axis in inner.attributes["axes"]))
    attributes = {"shape": node.shape, "axes": tuple(sorted(axes))}
    return node.primitive.apply(inner.inputs, attributes)


def _hoisted(node: Node) -> Node:
    """op(broadcast(a), broadcast(b)) = broadcast(op(a, b)), for a and b of one shape, or one of them a single number."""
    largest = max((x for x in node.inputs), key=lambda x: x.inputs[0].rank)
    axes, shape = largest.attributes["axes"], largest.inputs[0].shape
    inner = []
    for x in node.inputs:
        (source,) = x.inputs
        if source.rank and x.attributes["axes"] != axes:
            return node
        inner.append(broadcast_to(source, shape))
    return largest.primitive.apply((node.primitive.apply(inner, node.attributes),), {"shape": node.shape, "axes": axes})


def simplify(step: Step, evaluate: Evaluate) -> Step:
    """All passes, until the number of nodes no longer falls; without `hoist` where that would make it rise.

    It does where a broadcast is needed as it is, besides the operation that is hoisted out of it.
    """

    def tidied(step: Step) -> Step:
        return share(tidy(fold_constants(step, evaluate)))

    step = rewrite(without_unread(step), lambda node: inside(node, lambda body: simplify(body, evaluate)))
    while True:
        before = len(step.graph.nodes)
        hoisted = tidied(hoist(step))
        step = hoisted if len(hoisted.graph.nodes) <= before else tidied(step)
        if len(step.graph.nodes) >= before:
            return step

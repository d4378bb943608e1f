"""Which rule the chain rule used at each node: what a node passes to its inputs, read off the derivative of its primitive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.explain.composite.formulae import FORMULAE, PRODUCT, SUM, number
from chainrule.graph import ROWS, Graph, Node, input
from chainrule.graph.brackets import ATOM, Text
from chainrule.graph.primitives.contraction import split_spec
from chainrule.graph.text import names_of


@dataclass(frozen=True)
class NodeRule:
    """A node of the graph, and what it passes on from the gradient g that arrives: for each input, its name and the gradient."""

    scope: str
    primitive: str
    node: str
    passes: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        passed = ", ".join(f"{operand} gets {formula}" for operand, formula in self.passes)
        return f"{self.node}: {passed or 'nothing is passed on'}"


def rules_of(graph: Graph, learning: set[Node], labels: Mapping[Node, str]) -> list[NodeRule]:
    """The rules of all nodes that a gradient reaches on its way to what is learned, from the loss back."""
    names = names_of(graph, labels)
    reached, rules = set(graph.outputs), []
    for node in reversed(graph.nodes):
        if node not in reached or not node.inputs:
            continue
        passes: dict[Node, str] = {}
        for x, formula in zip(node.inputs, formulae_of(node, names), strict=True):
            if formula and x in learning:
                passes[x] = f"{passes[x]} + {formula}" if x in passes else formula
        reached |= passes.keys()
        text = str(_text(node, [Text(names[x]) for x in node.inputs]))
        if node.op == "broadcast":
            text = f"{names[node.inputs[0]]}, repeated"
        passed = tuple((names[x], formula) for x, formula in passes.items())
        rules.append(NodeRule(node.scope, node.op, f"{names[node]} = {text}", passed))
    return rules


def formulae_of(node: Node, names: Mapping[Node, str]) -> list[str]:
    """What a node passes to each input in terms of g, the gradient of the node itself; "" where nothing flows.

    It is the derivative of the primitive, `vjp`, applied to stand-ins for g, the node and its inputs, and written out.
    """
    g, y = input("g", node.shape, node.dtype), input("y", node.shape, node.dtype)
    operands = [input(f"x{i}", x.shape, x.dtype) for i, x in enumerate(node.inputs)]
    assert node.primitive.vjp is not None  # only leaves have none
    found = node.primitive.vjp(g, y, *operands, **node.attributes)
    if node.op == "scan":
        return [text if result is not None else "" for text, result in zip(_of_loop(node), found, strict=True)]
    texts = {g: Text("g"), y: Text(names[node])} | {
        stand_in: Text(names[x]) for stand_in, x in zip(operands, node.inputs, strict=True)
    }
    _write((result for result in found if result is not None), texts)
    return [str(texts[result]) if result is not None else "" for result in found]


def _of_loop(node: Node) -> list[str]:
    """What a loop passes to its start, to what it reads at each step, and to what is the same at all steps."""
    body = node.attributes["body"]
    first, last = ("first", "last") if node.attributes["reverse"] else ("last", "first")
    start = f"μ behind the {last} step, where λ = g + μ at each step, from the {first} on, and μ is what λ becomes at the state"
    read, fixed = "what λ becomes at it, at each step", "what λ becomes at it, summed over all steps"
    return [start, *(read for _ in body.sequences), *(fixed for _ in body.constants)]


def _write(results: Iterable[Node], texts: dict[Node, Text]) -> None:
    """Add the text of every node that the results are made of."""
    for node in Graph.of(results).nodes:
        if node not in texts:
            texts[node] = _text(node, [texts[x] for x in node.inputs])


def _text(node: Node, operands: list[Text]) -> Text:
    if node.op == "const":
        value: Any = node.attributes["value"]
        return Text(number(float(value)) if value.size == 1 else "const", SUM if np.any(value < 0) else ATOM)
    if node.op in _ARRAYS:
        return _ARRAYS[node.op](node, operands[0])
    if node.op == "contract":
        return _product(node, operands)
    if node.op in FORMULAE:
        formula = FORMULAE[node.op]
        return Text(formula.form.format(*operands, dtype=node.dtype.value), formula.level)
    given = [str(text) for text in operands]
    given += [f"{key} {_attribute(value)}" for key, value in node.attributes.items() if key not in ("dtype", "body")]
    return Text(f"{node.op}({', '.join(given)})")


def _broadcast(node: Node, x: Text) -> Text:
    if not node.inputs[0].shape:
        return x
    shown = ("new" if axis in node.attributes["axes"] else ":" for axis in range(node.rank))
    return Text(f"{x:{ATOM}}[{', '.join(shown)}]")


def _reduced(name: str) -> Callable[[Node, Text], Text]:
    def text(node: Node, x: Text) -> Text:
        axes = node.attributes["axes"]
        return Text(f"{name}({x}, {'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))})")

    return text


# What is written in its own way because it works on arrays.
_ARRAYS: dict[str, Callable[[Node, Text], Text]] = {
    "broadcast": _broadcast,
    "reduce_sum": _reduced("sum"),
    "reduce_max": _reduced("max"),
}


def _attribute(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_attribute, value))
    return repr(value) if value is ROWS else str(value)


def _product(node: Node, operands: list[Text]) -> Text:
    """A contraction: a product of matrices where it is one, with ᵀ where a matrix is turned."""
    first, second, result = split_spec(node.attributes["spec"])
    shared = set(first) & set(second)
    if len(first) == len(second) == len(result) == 2 and len(shared) == 1:
        (inner,) = shared
        sides = [(first, operands[0]), (second, operands[1])]
        left, right = sides if result[0] in first else reversed(sides)
        if inner not in result:
            turned = ["" if left[0][1] == inner else "ᵀ", "" if right[0][0] == inner else "ᵀ"]
            return Text(f"{left[1]:3}{turned[0]} {right[1]:3}{turned[1]}", PRODUCT)
    return Text(f"contract({operands[0]}, {operands[1]}, {node.attributes['spec']})")

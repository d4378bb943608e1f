"""The step of a recurrence as a graph of its own: the next state, from the state, what is read at this step, and constants."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence

import numpy as np

from chainrule.errors import GraphError, ShapeError
from chainrule.graph.node import Graph, Node, input, where
from chainrule.graph.types import ROWS, TensorType

StepFunction = Callable[[Node, tuple[Node, ...], tuple[Node, ...]], Node]


class Body:
    """s′ = f(s, x₀, x₁, …, c₀, c₁, …): a graph with the inputs ``state``, ``x0``, … and ``c0``, …, and one output, s′.

    The state s has the shape (n, k), and so has s′. What is read at a step has rows first, (n, …); constants, such as weights,
    have none. Every row of s′ follows from the same row of s and of what is read: nothing goes over the rows. A body never
    changes, and two are equal if they compute the same in the same order.

    >>> from chainrule.graph import DType
    >>> from chainrule.graph.primitives import tanh
    >>> row = TensorType((ROWS, 2), DType.FLOAT64)
    >>> Body.of(lambda s, xs, cs: tanh(s + xs[0]), row, [row])
    Body(state float64[n, 2], x0 float64[n, 2]; 2 add 0 1; 3 tanh 2; return 3)
    """

    __slots__ = ("_text", "constants", "graph", "output", "sequences", "state")

    def __init__(self, state: Node, sequences: Sequence[Node], constants: Sequence[Node], output: Node) -> None:
        self.state, self.sequences, self.constants = state, tuple(sequences), tuple(constants)
        self.output = output
        self.graph = Graph.of([output])
        self._text = _description(self.inputs, self.graph)
        self.check()

    @staticmethod
    def of(
        step: StepFunction,
        state: TensorType,
        sequences: Iterable[TensorType] = (),
        constants: Iterable[TensorType] = (),
    ) -> Body:
        """The body that a function describes, which makes the next state of nodes: step(state, sequences, constants)."""
        s = input("state", state.shape, state.dtype)
        xs = tuple(input(f"x{i}", x.shape, x.dtype) for i, x in enumerate(sequences))
        cs = tuple(input(f"c{i}", c.shape, c.dtype) for i, c in enumerate(constants))
        return Body(s, xs, cs, step(s, xs, cs))

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The state, what is read at a step, and the constants."""
        return (self.state, *self.sequences, *self.constants)

    def check(self) -> None:
        """Raise `GraphError` or `ShapeError` unless this is a body as it should be."""
        stray = [node for node in self.graph.nodes if node.op == "input" and node not in self.inputs]
        if stray:
            raise GraphError(
                f"{where()}a step of scan reads {stray[0]!r}, which is not among its inputs; give it to scan as a sequence or "
                "as a constant."
            )
        for node in (self.state, *self.sequences):
            if node.shape[:1] != (ROWS,) or ROWS in node.shape[1:]:
                raise GraphError(
                    f"{where()}what a step of scan reads must have rows as its first dimension, and only there, but "
                    f"{node.attributes['name']} is {node.type}."
                )
        if self.output.type != self.state.type:
            raise ShapeError(
                f"{where()}a step of scan must give a state of the type that it takes, {self.state.type}, but gives "
                f"{self.output.type}."
            )
        for node in self.graph.nodes:
            mixes = ROWS not in node.shape and any(ROWS in x.shape for x in node.inputs)
            if mixes or ROWS in node.shape[1:]:
                raise GraphError(
                    f"{where()}a step of scan computes each row from that row alone, rows first, but {node.op} in it makes "
                    f"{node.type} of {', '.join(str(x.type) for x in node.inputs)}."
                )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Body) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return self._text


def needed(outputs: Iterable[Node], known: Container[Node]) -> list[Node]:
    """The nodes that some depend on, in order, down to those that are known."""
    found: dict[Node, None] = {}
    pending = list(outputs)
    while pending:
        node = pending.pop()
        if node not in found:
            found[node] = None
            if node not in known:
                pending.extend(node.inputs)
    return sorted(found, key=lambda node: node.serial)


def rebuilt(outputs: Iterable[Node], new: Mapping[Node, Node]) -> list[Node]:
    """The outputs as they would be if other nodes stood in the place of some: what depends on those is made again."""
    wanted = list(outputs)
    made = dict(new)
    for node in needed(wanted, new):
        if node not in made:
            inputs = tuple(made[x] for x in node.inputs)
            made[node] = node if inputs == node.inputs else Node(node.primitive, inputs, node.attributes, node.type)
    return [made[node] for node in wanted]


def _description(inputs: Sequence[Node], graph: Graph) -> str:
    """A body to the last number, so that equal texts mean equal bodies: each node by its number, inputs first."""
    number = {node: i for i, node in enumerate(dict.fromkeys([*inputs, *graph.nodes]))}
    given = ", ".join(f"{node.attributes['name']} {node.type}" for node in inputs)
    lines = [given]
    for node, i in number.items():
        if node not in inputs:
            attributes = [f"{name}={_described(value)}" for name, value in sorted(node.attributes.items())]
            lines.append(" ".join([str(i), node.op, *(str(number[x]) for x in node.inputs), *attributes]))
    return f"Body({'; '.join(lines)}; return {number[graph.outputs[0]]})"


def _described(value: object) -> str:
    if isinstance(value, np.ndarray):
        exact = hashlib.sha256(value.tobytes()).hexdigest()[:32] if value.size > 1 else repr(value.tolist())
        return f"{value.dtype}{value.shape} {exact}"
    return repr(value)

"""From nodes of a graph to expressions of NumPy: one row of a table for each primitive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from chainrule.export.algebra import Algebra, Expr, joint_shape
from chainrule.export.textbook import number as constant
from chainrule.graph import Graph, Node, Shape

# The primitives that are one operation of NumPy on their inputs.
_PLAIN = {
    **{name: name for name in ("exp", "log", "sqrt", "tanh", "softplus", "erf", "sin", "cos", "floor")},
    **{name: name for name in ("abs", "sign", "expm1", "huber", "clip", "maximum", "normal_cdf")},
    "logistic": "sigmoid",
}
_COMPARISONS = {"less": "<", "equal": "=="}


class Translator:
    """Expressions for nodes. `names` are the variables that stand for nodes, whose own expressions are in `meaning`."""

    def __init__(self, algebra: Algebra, numbers: Mapping[float, Expr] | None = None) -> None:
        self.algebra = algebra
        self.names: dict[Node, Expr] = {}
        self.meaning: dict[Node, Expr] = {}
        self._numbers = numbers or {}
        self._found: dict[Node, Expr] = {}

    def call(self, node: Node, name: str, kind: str = "name") -> None:
        """Let a variable stand for a node from now on; the kind "next" is for one that had another value before."""
        self.names[node] = self.algebra.make(kind, (), node.shape, name)

    def call_all(self, named: Mapping[str, Node]) -> None:
        """Let a variable stand for each node."""
        for name, node in named.items():
            self.call(node, name)

    def read(self, nodes: Iterable[Node]) -> None:
        """Find the expressions of nodes and of everything that they depend on."""
        for node in Graph.of(nodes).nodes:
            if node not in self._found:
                if node.op == "input":
                    self._found[node] = self.names.get(node) or self.algebra.name(node.attributes["name"], node.shape)
                else:
                    self.meaning[node] = self._translate(node)
                    self._found[node] = self.names.get(node) or self.meaning[node]

    def __getitem__(self, node: Node) -> Expr:
        """The expression of a node."""
        self.read([node])
        return self._found[node]

    def _translate(self, node: Node) -> Expr:
        inputs = [self._found[x] for x in node.inputs]
        if node.op in _PLAIN:
            return self._plain(node, inputs)
        if node.op == "equal" and inputs[1] is self.algebra.number(0.0) and _is_condition(inputs[0]):
            return self.algebra.opposite(inputs[0].args[0])
        if node.op in _COMPARISONS:
            return self.algebra.compare(_COMPARISONS[node.op], *inputs)
        if node.op in _RULES:
            return _RULES[node.op](self, node, *inputs)
        whole = [self.whole(x, source.shape) for x, source in zip(inputs, node.inputs, strict=True)]
        return self.algebra.make(node.op, whole, node.shape, tuple(sorted(node.attributes.items(), key=str)))

    def _plain(self, node: Node, inputs: list[Expr]) -> Expr:
        return self.algebra.make(_PLAIN[node.op], inputs, joint_shape(x.shape for x in inputs))

    def whole(self, x: Expr, shape: Shape) -> Expr:
        """x with every axis of what it stands for, for operations that do not broadcast."""
        return x if x.shape == shape else self.algebra.make("full", (x,), shape, shape)

    def const(self, node: Node) -> Expr:
        """A number, by its name if it has one, or an array written out."""
        value = constant(node)
        if value is None:
            array = node.attributes["value"]
            return self.algebra.make("array", (), node.shape, (array.dtype.str, array.tobytes(), array.shape))
        if value in self._numbers:
            return self._numbers[value]
        rest = 1.0 - value
        if rest in self._numbers and 1.0 - rest == value and value not in (0.0, 0.5, 1.0):
            return self.algebra.add(self.algebra.number(1.0), self.algebra.negative(self._numbers[rest]))
        return self.algebra.number(value)


def _is_condition(x: Expr) -> bool:
    """Whether a number is 1 where a comparison is true, else 0."""
    return x.op == "cast" and x.args[0].op == "compare"


def _reduced(kind: str) -> Callable[[Translator, Node, Expr], Expr]:
    return lambda t, node, x: t.algebra.reduce(kind, x, node.attributes["axes"], node.inputs[0].shape)


def _cast(t: Translator, node: Node, x: Expr) -> Expr:
    """Truth values among floats are multiplied as they are; everything else changes its kind."""
    if node.inputs[0].dtype.is_float and node.dtype.is_float:
        return x
    return t.algebra.make("cast", (x,), x.shape, node.dtype.value)


def _kept(t: Translator, node: Node, x: Expr) -> Expr:
    return x


_RULES: dict[str, Callable[..., Expr]] = {
    "const": lambda t, node: t.const(node),
    "add": lambda t, node, x, y: t.algebra.add(x, y),
    "sub": lambda t, node, x, y: t.algebra.add(x, t.algebra.negative(y)),
    "mul": lambda t, node, x, y: t.algebra.multiply(x, y),
    "div": lambda t, node, x, y: t.algebra.divide(x, y),
    "neg": lambda t, node, x: t.algebra.negative(x),
    "select": lambda t, node, c, x, y: t.algebra.where(c, x, y),
    "broadcast": lambda t, node, x: t.algebra.expand(x, node.attributes["axes"], node.rank),
    "reduce_sum": _reduced("sum"),
    "reduce_max": _reduced("max"),
    "stop_gradient": _kept,
    "cast": _cast,
}

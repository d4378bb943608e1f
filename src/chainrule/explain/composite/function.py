"""The chain rule on a function of one number, step by step, as the first section of a textbook's chapter has it.

The function's graph is taken apart into its elementary steps u₁, u₂, …, y. Each has a formula, a value and a local derivative
with regard to each of its operands; their products along every path from y back to x add up to dy/dx.

Source: Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors", Nature 323, 1986;
Griewank, Walther, "Evaluating Derivatives", SIAM 2008, chapters 2 and 3.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.backends.numpy_ import evaluate
from chainrule.errors import ArgumentError, GraphError, ShapeError, check_number
from chainrule.explain.composite.check import Check, Function, branches, check_by_differences
from chainrule.explain.composite.formulae import SUM, UNCHANGED, formula_of, number, subscript
from chainrule.explain.composite.text import text_of
from chainrule.explain.writing.output import Output
from chainrule.graph import Graph, Node, gradients, input
from chainrule.graph.brackets import Text

MOST_PATHS = 20  # above it, what is shown is the accumulation from y back to x, node by node
_TOO_LONG = Text(" " * 61)  # in place of a formula that no line should hold; whatever holds it is as long

Values = dict[Node, Any]


@dataclass(frozen=True)
class LocalDerivative:
    """The derivative of one step with regard to one operand, the others held fixed: `symbol` = `formula` = `value`.

    `step` and `operand` are names. `passes` says whether any gradient can take this way: none passes `stop_gradient`,
    `floor` or a conversion to whole numbers.
    """

    step: str
    operand: str
    symbol: str
    formula: str
    value: float
    passes: bool


@dataclass(frozen=True)
class ElementaryStep:
    """One operation of the function: `name` = `formula` = `value`, and its derivative with regard to each operand."""

    name: str
    formula: str
    value: float
    derivatives: tuple[LocalDerivative, ...]


@dataclass(frozen=True)
class DerivativePath:
    """One way from y back to x: the local derivatives along it, and their product."""

    factors: tuple[LocalDerivative, ...]
    product: float


@dataclass(frozen=True)
class Adjoint:
    """What arrives at a value on the way back: dy/d`name` = Σ dy/d(user) · ∂user/∂`name` over the steps that use it.

    `terms` has a pair for each user: dy/d(user), and the local derivative of the user.
    """

    name: str
    terms: tuple[tuple[float, LocalDerivative], ...]
    value: float


@dataclass(frozen=True, repr=False)
class ChainRule(Output):
    """A derivative by the chain rule, written out; printing it gives the aligned text.

    * `at`, `value`, `derivative`: x, y and dy/dx, in float64; the derivative is that of the graph (`cr.gradients`).
    * `difference`: dy/dx by fourth-order differences; NaN where the two sides of x differ or there are none.
    * `formula`: y in terms of x, or `f(x)` if that would be long.
    * `steps`: the elementary steps, in the order of evaluation; the last is y.
    * `path_count`, `paths`: the number of paths from y back to x, and each of them if there are at most 20.
    * `adjoints`: dy/du for each step on such a path, from y back to x, whose own is the last.
    * `at_kink`: whether the slopes on both sides of x are not both dy/dx, by differences.
    * `notes`: a sentence on that kink, and one on what is held constant.
    """

    at: float
    value: float
    derivative: float
    difference: float
    formula: str
    steps: tuple[ElementaryStep, ...]
    path_count: int
    paths: tuple[DerivativePath, ...]
    adjoints: tuple[Adjoint, ...]
    at_kink: bool
    notes: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the finite difference confirms the derivative: |difference − derivative| ≤ 10⁻⁶ max(1, |derivative|)."""
        return abs(self.difference - self.derivative) <= 1e-6 * max(1.0, abs(self.derivative))

    def to_text(self) -> str:
        """Aligned text, as `print` shows it."""
        return text_of(self)

    def to_latex(self) -> str:
        """LaTeX to be put into a document that uses the package amsmath."""
        from chainrule.explain.composite.statements import statements_of
        from chainrule.explain.writing.statements import statements_latex

        return statements_latex("The chain rule, step by step", list(statements_of(self)))

    def to_html(self) -> str:
        """A page that needs nothing else."""
        from chainrule.explain.composite.statements import statements_of
        from chainrule.explain.writing.statements import statements_page

        return statements_page("The chain rule, step by step", list(statements_of(self)))


def chain_rule(function: Callable[[Any], Node], at: float) -> ChainRule:
    """Differentiate a function of one number by the chain rule, with every step shown and the numbers filled in.

    `function` is given a node, x, and gives a node, y, a single number made from x with arithmetic and the operations of
    Chainrule (`cr.tanh`, `cr.exp`, ...); an activation that is a composite, such as `cr.gelu`, is shown as what it is
    composed of. `at` is the value of x, a finite number. For y = f(g(x)) the result shows g, f, dg/dx, df/dg and
    dy/dx = df/dg · dg/dx; where x reaches y along several paths, the products along all of them are added:

        dy/dx = Σ over the paths x → u → … → y of  ∂y/∂… · … · ∂u/∂x

    The values of the local derivatives are those of the graph, in float64, on the NumPy backend. Fourth-order central
    differences check the result, with the step that is best for them; at a kink each side is shown. What `stop_gradient`
    holds constant is held constant there as well.

    Raises `ArgumentError` (`ShapeError` for shapes) if `function` is not a function of one argument that gives a single number
    which depends on it, if `at` is not a finite number, or if y or dy/dx is not finite there; `GraphError` if the graph has
    other inputs than x.

    >>> import chainrule as cr
    >>> from chainrule.explain import chain_rule
    >>> chain_rule(lambda x: cr.tanh(x * x), at=0.3)
    y = tanh(x²) at x = 0.3
    <BLANKLINE>
    step          value      local derivative
    u₁ = x²       0.09       du₁/dx = 2 x = 0.6
    y = tanh(u₁)  0.0897578  dy/du₁ = 1 − tanh²(u₁) = 0.991944
    <BLANKLINE>
    The chain rule multiplies the local derivatives on the way from y back to x:
    dy/dx = dy/du₁ · du₁/dx
          = 0.991944 · 0.6
          = 0.595166
    <BLANKLINE>
    The chain rule gives 0.595166124 and fourth-order differences give 0.595166124: less than 1e-10 apart.
    """
    point = check_number("at", at)
    x = input("x", (), "float64")
    with np.errstate(all="ignore"):  # what is not finite is reported by what follows
        return _explained(x, _applied(function, x), point)


def _applied(function: Callable[[Any], Node], x: Node) -> Node:
    if not callable(function):
        raise ArgumentError(
            f"function must be a function of one number, such as lambda x: cr.tanh(x * x), but is {function!r}."
        )
    try:
        inspect.signature(function).bind(x)
    except ValueError:
        pass  # a built-in function may have no signature to look at; the call will tell
    except TypeError as error:
        raise ArgumentError(f"function must take one argument, x, but cannot be called with one: {error}.") from None
    try:
        y = function(x)
    except TypeError as error:
        raise ArgumentError(
            f"function must be written with arithmetic and the operations of Chainrule, such as cr.tanh, but with x a node it "
            f"raised TypeError: {error}."
        ) from error
    if not isinstance(y, Node):
        raise ArgumentError(f"function must give a node that is made from x, but gave {y!r}.")
    if y.shape or not y.dtype.is_float:
        raise ShapeError(f"function must give a single floating-point number, but gave {y.type}.")
    return y


def _explained(x: Node, y: Node, at: float) -> ChainRule:
    graph = Graph.of([y])
    dependent = _dependent(graph, x)
    if y not in dependent:
        raise ArgumentError("function must give a node that depends on x, but what it gave is the same for every x.")
    values = _run(graph, {x: np.asarray(at)})
    derivative = _finite_derivative(graph, x, y, values)
    same = _unchanged(graph.nodes)
    written = _Written(graph, x, same[y], dependent, values, same)
    steps = tuple(_step(node, written, values) for node in graph.nodes if written.is_step(node))
    counts = _path_counts(steps)
    count = counts[written.names[y].text]
    held = {node: values[node] for node in graph.nodes if node.op == "stop_gradient" and node in dependent}
    check = _checked(graph, x, y, held, [n for n in graph.nodes if n in dependent and branches(n)], derivative, at)
    return ChainRule(
        at=at,
        value=float(values[y]),
        derivative=derivative,
        difference=check.difference,
        formula=written.whole[y].text if written.whole[y] is not _TOO_LONG else "f(x)",
        steps=steps,
        path_count=count,
        paths=tuple(_paths(steps, counts)) if count <= MOST_PATHS else (),
        adjoints=tuple(_adjoints(steps, counts)),
        at_kink=bool(check.kinks),
        notes=(*_held_note(held, written), *_kink_note(check, written, at, derivative)),
    )


def _run(graph: Graph, given: Mapping[Node, Any]) -> Values:
    """The value of each node of a graph, by the NumPy backend."""
    values = dict(given)
    for node in graph.nodes:
        if node not in values:
            if node.op == "input":
                raise GraphError(
                    f"function must depend on x alone, but its graph has the input {node.attributes['name']!r} too."
                )
            values[node] = evaluate(node, [values[operand] for operand in node.inputs])
    return values


def _dependent(graph: Graph, x: Node) -> frozenset[Node]:
    """The nodes whose value depends on x; all of them, and what they work on, must be single numbers."""
    found = graph.dependents([x])
    for node in graph.nodes:
        for part in (node, *node.inputs) if node in found else ():
            if part.shape:
                raise ShapeError(
                    f"function must work on single numbers throughout, but {node.op!r} in it works on {part.type}."
                )
    return frozenset(found)


def _finite_derivative(graph: Graph, x: Node, y: Node, values: Values) -> float:
    """dy/dx of the whole graph at once; where it or y is not finite, a sentence says which value is the first."""
    if not np.isfinite(values[y]):
        first = next(node for node in graph.nodes if not np.isfinite(values[node]))
        raise ArgumentError(
            f"function is {number(float(values[y]))} at x = {number(float(values[x]))}, where {first.op!r} in it gives "
            f"{number(float(values[first]))}; choose a point at which it is finite."
        )
    (slope,) = gradients(y, [x])
    derivative = float(_run(Graph.of([slope]), values)[slope])
    if not math.isfinite(derivative):
        raise ArgumentError(
            f"function has the value {number(float(values[y]))} at x = {number(float(values[x]))}, but its derivative there is "
            f"{number(derivative)}; choose a point at which the derivative is finite."
        )
    return derivative


def _unchanged(nodes: Iterable[Node]) -> dict[Node, Node]:
    """For each node the one that it is the same number as: on single numbers, a reshape and its like do nothing."""
    same: dict[Node, Node] = {}
    for node in nodes:
        does_nothing = node.op in UNCHANGED or (node.op == "cast" and node.dtype is node.inputs[0].dtype)
        same[node] = same[node.inputs[0]] if does_nothing else node
    return same


class _Written:
    """The name of each node, its formula in terms of the names before it, and in terms of x alone."""

    def __init__(
        self,
        graph: Graph,
        x: Node,
        y: Node,
        dependent: frozenset[Node],
        values: Values,
        same: Mapping[Node, Node],
    ) -> None:
        self.same = same
        self.dependent = dependent
        self.names = {x: Text("x")}
        self.whole = {x: Text("x")}
        self.formulae: dict[Node, Text] = {}
        count = 0
        for node in graph.nodes:
            if node not in dependent:
                self.names[node] = self.whole[node] = _constant(values[node])
            elif same[node] is not node:
                self.names[node], self.whole[node] = self.names[same[node]], self.whole[same[node]]
            elif node is not x:
                self.formulae[node] = self._formula(node, self.names)
                composed = self._formula(node, self.whole)
                self.whole[node] = composed if len(composed.text) < len(_TOO_LONG.text) else _TOO_LONG
                if self.is_step(node):
                    count += node is not y
                    self.names[node] = Text("y" if node is y else f"u{subscript(count)}")
                else:
                    self.names[node] = self.formulae[node]

    def is_step(self, node: Node) -> bool:
        """Whether a node has a line of its own: a comparison is written where it is used."""
        return node in self.dependent and node.op not in _INLINE and self.same[node] is node

    def operands(self, node: Node) -> list[Node]:
        """What a node works on, in its places."""
        return [self.same[operand] for operand in node.inputs]

    def _formula(self, node: Node, texts: Mapping[Node, Text]) -> Text:
        operands = self.operands(node)
        rule = formula_of(node.op, same=len(operands) == 2 and operands[0] is operands[1])
        return Text(rule.form.format(*(texts[x] for x in operands), dtype=node.dtype.value), rule.level)

    def partial(self, node: Node, operand: Node) -> str:
        """The formula of a local derivative; "0" where no gradient passes, a sum where the operand stands in both places."""
        if not (node.dtype.is_float and operand.dtype.is_float):
            return "0"
        operands = self.operands(node)
        rule = formula_of(node.op, same=len(operands) == 2 and operands[0] is operands[1])
        places = [i for i, x in enumerate(operands) if x is operand][: len(rule.partials)]
        texts = [self.names[x] for x in operands]
        found = [rule.partials[i].format(*texts) for i in places]
        return (
            found[0]
            if len(found) == 1
            else " + ".join(f"({one})" if " " in one or "−" in one else one for one in found)
        )


_INLINE = ("input", "less", "equal")


def _constant(value: Any) -> Text:
    """A value that is the same for every x, as it stands in a formula."""
    array = np.asarray(value)
    if array.ndim or array.dtype.kind == "b":
        return Text(str(array).lower())
    return Text(number(float(array)), SUM) if array < 0 else Text(number(float(array)))


def _step(node: Node, written: _Written, values: Values) -> ElementaryStep:
    names = written.names
    operands = [x for x in dict.fromkeys(written.operands(node)) if x in written.dependent and x.op not in _INLINE[1:]]
    slopes = _slopes(node, operands, written, values)
    sign = "d" if len(operands) == 1 else "∂"
    derivatives = []
    for operand, slope in zip(operands, slopes, strict=True):
        symbol = f"{sign}{names[node]}/{sign}{names[operand]}"
        formula = written.partial(node, operand)
        derivatives.append(
            LocalDerivative(names[node].text, names[operand].text, symbol, formula, slope, passes=formula != "0")
        )
    return ElementaryStep(names[node].text, written.formulae[node].text, float(values[node]), tuple(derivatives))


def _slopes(node: Node, operands: Iterable[Node], written: _Written, values: Values) -> list[float]:
    """The graph's derivative of one node alone, as if its operands were inputs."""
    places = written.operands(node)
    inputs = {operand: input(f"operand{i}", (), operand.dtype) for i, operand in enumerate(dict.fromkeys(places))}
    if not node.dtype.is_float:
        return [0.0 for _ in operands]
    alone = node.primitive.apply([inputs[operand] for operand in places], node.attributes)
    slopes = gradients(alone, [inputs[operand] for operand in operands])
    found = _run(Graph.of(slopes), {inputs[operand]: values[operand] for operand in inputs})
    return [float(found[slope]) for slope in slopes]


def _path_counts(steps: Iterable[ElementaryStep]) -> dict[str, int]:
    """How many paths lead from each value back to x."""
    counts = {"x": 1}
    for step in steps:
        counts[step.name] = sum(counts[d.operand] for d in step.derivatives if d.passes)
    return counts


def _paths(steps: Iterable[ElementaryStep], counts: Mapping[str, int]) -> Iterable[DerivativePath]:
    """Every path from y back to x, depth first."""
    by_name = {step.name: step for step in steps}
    pending: list[tuple[str, tuple[LocalDerivative, ...]]] = [("y" if by_name else "x", ())]
    while pending:
        name, factors = pending.pop()
        if name == "x":
            yield DerivativePath(factors, math.prod(d.value for d in factors))
            continue
        ways = [d for d in by_name[name].derivatives if d.passes and counts[d.operand]]
        pending.extend((d.operand, (*factors, d)) for d in reversed(ways))


def _adjoints(steps: tuple[ElementaryStep, ...], counts: Mapping[str, int]) -> Iterable[Adjoint]:
    """dy/du from y back to x: each step passes what has arrived at it, times its local derivative, to its operands."""
    arrived: dict[str, list[tuple[float, LocalDerivative]]] = {}
    sent = {"y": 1.0}
    for name, derivatives in [*((step.name, step.derivatives) for step in reversed(steps)), ("x", ())]:
        if name in arrived:
            sent[name] = math.fsum(g * d.value for g, d in arrived[name])
            yield Adjoint(name, tuple(arrived[name]), sent[name])
        for d in derivatives:
            if name in sent and d.passes and counts[d.operand]:
                arrived.setdefault(d.operand, []).append((sent[name], d))


def _checked(
    graph: Graph, x: Node, y: Node, held: Values, branching: list[Node], derivative: float, at: float
) -> Check:
    """Finite differences with what `stop_gradient` gives held at its value: that is what it means to be held constant."""
    function = Function(lambda point: _run(graph, {x: np.asarray(point), **held}), y, branching)
    return check_by_differences(function, at, derivative)


def _held_note(held: Values, written: _Written) -> list[str]:
    names = [written.names[node].text for node in held]
    if not names:
        return []
    return [f"stop_gradient holds {' and '.join(names)} constant: in the derivative, and in the differences below too."]


def _kink_note(check: Check, written: _Written, at: float, derivative: float) -> list[str]:
    if not check.kinks:
        return []
    places = " and ".join(dict.fromkeys(written.formulae[node].text for node in check.kinks))
    here, taken = f"x = {number(at)}", f"dy/dx is taken to be {number(derivative)}"
    if check.jumps:
        return [f"{here} lies on a jump of {places}, where y has no derivative; {taken}."]
    left, right = ("undefined" if math.isnan(slope) else number(slope) for slope in (check.left, check.right))
    sides = f"{left} on the left and {right} on the right"
    return [f"{here} lies on a kink of {places}: by differences, the slope of y is {sides}; {taken}."]

"""Finite differences: the derivative of a graph's output, from its values alone.

Nothing here knows how a derivative is derived, so that it can judge one that was.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, factorial, isfinite, log2, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends.numpy_ import evaluate
from chainrule.graph import Graph, Node

Array = NDArray[Any]

# Powers of two make x ± h exact for most x. The first step balances truncation, h⁴, and rounding, 1/h, for a smooth function of
# the size of 1. The next serves gradients that drown in rounding, the others those that have a kink nearby, or curve sharply.
_STEPS = (2.0**-10, 2.0**-6, 2.0**-13, 2.0**-16, 2.0**-19)
_LARGER = 2  # so many steps have less rounding than the others
_CAUTION = 10.0  # standard deviations of rounding that are allowed for: one of a million differences may be 5 off
_RESOLVED = 1e-2  # rounding up to this share of a gradient leaves something to compare

# Where the derivative of a graph can jump, and what tells on which side of the jump a value is.
_DECISIONS: dict[str, Callable[[Node, Array, list[Array]], Array]] = {
    "maximum": lambda node, y, xs: xs[0] > xs[1],
    "abs": lambda node, y, xs: np.sign(xs[0]),
    "floor": lambda node, y, xs: y,
    "less": lambda node, y, xs: y,
    "equal": lambda node, y, xs: y,
    "argmax": lambda node, y, xs: y,
    "reduce_max": lambda node, y, xs: xs[0] == np.expand_dims(y, node.attributes["axes"]),
}


@dataclass(frozen=True)
class Point:
    """The value of a function, and whether it is as smooth between here and there as the graph can tell.

    `crossed`: a decision on which the derivative depends (which of two numbers is larger, a sign, a comparison) has turned out
    differently, or the value is not finite. `hidden`: only decisions behind `stop_gradient` have; often they cancel out, such as
    the largest logit that is subtracted from all.
    """

    value: float
    crossed: bool
    hidden: bool


class Along:
    """A scalar of a graph as a function of one of its inputs, with all others kept.

    Only what depends on that input is evaluated again.
    """

    def __init__(self, output: Node, moved: Node, values: Mapping[Node, Array], rows: int) -> None:
        self._output, self._moved, self._values, self._rows = output, moved, values, rows
        graph = Graph.of([output])
        depends = graph.dependents([moved])
        self._nodes = [node for node in graph.nodes if node in depends and node is not moved]
        followed = _followed(output)
        judged = [(node, node in followed) for node in self._nodes if _decides(node)]
        self._decisions = [(node, open_, _decision(node, values)) for node, open_ in judged]

    def value(self, x: Array) -> float:
        """The scalar at x."""
        return float(self._at(x)[self._output])

    def point(self, x: Array) -> Point:
        """The scalar at x, and what was decided otherwise than at home."""
        values = self._at(x)
        crossed = hidden = False
        for node, open_, home in self._decisions:
            if not np.array_equal(_decision(node, values), home):
                crossed, hidden = crossed or open_, hidden or not open_
        value = float(values[self._output])
        return Point(value, crossed or not isfinite(value), hidden)

    def _at(self, x: Array) -> dict[Node, Array]:
        values = {**self._values, self._moved: x}
        with np.errstate(all="ignore"):
            for node in self._nodes:
                values[node] = evaluate(node, [values[before] for before in node.inputs], self._rows)
        return values


def _followed(output: Node) -> set[Node]:
    """The nodes that a derivative of the output runs through: those not behind `stop_gradient` on every way."""
    found: set[Node] = set()
    pending = [output]
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending.extend(node.inputs if node.op != "stop_gradient" else ())
    return found


def _decides(node: Node) -> bool:
    if node.op == "scan":
        return any(_decides(inner) for inner in node.attributes["body"].graph.nodes)
    return node.op in _DECISIONS or (node.op == "cast" and not node.dtype.is_float)


def _decision(node: Node, values: Mapping[Node, Array]) -> Array:
    if node.op == "cast":
        return values[node]
    if node.op == "scan":
        return _decisions_of_steps(node, values)
    return _DECISIONS[node.op](node, values[node], [values[x] for x in node.inputs])


def _decisions_of_steps(node: Node, values: Mapping[Node, Array]) -> Array:
    """What is decided in every step of a scan, one after another."""
    body, (start, *rest) = node.attributes["body"], [values[x] for x in node.inputs]
    k, states, found = len(body.sequences), values[node], []
    for t in range(states.shape[1]):
        last = t + 1 if node.attributes["reverse"] else t - 1
        before = states[:, last] if 0 <= last < states.shape[1] else start
        inside = dict(zip(body.inputs, (before, *(x[:, t] for x in rest[:k]), *rest[k:]), strict=True))
        for inner in body.graph.nodes:
            if inner not in inside:
                inside[inner] = evaluate(inner, [inside[x] for x in inner.inputs], len(start))
        found += [np.ravel(_decision(inner, inside)).astype(float) for inner in body.graph.nodes if _decides(inner)]
    return np.concatenate(found) if found else np.zeros(0)


def rounding(f: Callable[[Array], float], x: Array) -> float:
    """The standard deviation of the rounding errors of f near x.

    f is taken at 9 points so near to each other that it is a straight line between them; what its fourth differences leave of
    that is rounding: σ² = (4!)²/8! · mean (Δ⁴f)². It is at least the rounding of the value itself.
    Source: Moré and Wild, "Estimating computational noise", SIAM Journal on Scientific Computing 33, 2011.
    """
    spacing = 2.0**-47 * _size(float(np.abs(x).max(initial=0.0)))
    values = np.array([f(x + k * spacing) for k in range(-4, 5)])
    if not np.isfinite(values).all():
        return float(np.finfo(np.float64).eps * abs(values[4]))
    fourth = np.diff(values, 4)
    root_mean_square = np.hypot.reduce(fourth) / sqrt(len(fourth))  # without the squares, which may overflow
    found = float(factorial(4) / sqrt(factorial(8)) * root_mean_square)
    return max(found, float(np.finfo(np.float64).eps * abs(values[4])))


def _size(x: float) -> float:
    """The power of two at or above |x|, at least 1: the steps of large numbers are larger."""
    return 2.0 ** max(0, ceil(log2(abs(x)))) if x else 1.0


@dataclass(frozen=True)
class Difference:
    """An estimate of a derivative, what its rounding may amount to, and whether that leaves anything to compare."""

    value: float
    rounding: float
    resolved: bool = True


def difference(
    f: Along, x: Array, index: tuple[int, ...], expected: float, *, scale: float, tolerance: float, noise: float
) -> Difference | None:
    """The derivative of f at x along one coordinate, by fourth-order central differences; None at a kink.

        f'(x) ≈ (f(x − 2h) − 8 f(x − h) + 8 f(x + h) − f(x + 2h)) / 12h

    It is estimated with one step after another until one agrees with what is `expected` to tolerance · scale and its rounding
    (`noise` is the standard deviation of that of f). If none does, the best is the first of the two neighbours that agree best.
    A wrong expectation finds no agreement, for every step misses it. Estimates from both sides of a kink are not used.
    """
    found: dict[float, Difference] = {}
    drowned: Difference | None = None
    for place, step in enumerate(_STEPS):
        if drowned and place >= _LARGER:
            break  # smaller steps have more rounding still
        h = step * _size(float(x[index]))
        points = _points(f, x, index, h)
        if points is None:
            continue
        a, b, c, d = (point.value for point in points)
        estimate = Difference((a - 8 * b + 8 * c - d) / (12 * h), _CAUTION * noise / h)
        if abs(estimate.value - expected) <= tolerance * scale + estimate.rounding:
            if not scale or estimate.rounding <= _RESOLVED * scale:
                return estimate
            drowned = drowned or Difference(estimate.value, estimate.rounding, resolved=False)
        elif not any(point.hidden for point in points):
            found[step] = estimate
    if drowned or not found:
        return drowned
    ordered = [found[step] for step in sorted(found, reverse=True)]
    pairs = list(itertools.pairwise(ordered)) or [(ordered[0], ordered[0])]
    return min(pairs, key=lambda pair: abs(pair[0].value - pair[1].value))[0]


def _points(f: Along, x: Array, index: tuple[int, ...], h: float) -> list[Point] | None:
    """f at x − 2h, x − h, x + h and x + 2h; None if a kink lies between."""
    points: dict[int, Point] = {}
    for k in (-2, 2, -1, 1):  # the farthest first: they are the first to cross a kink
        moved = x.copy()
        moved[index] += k * h
        points[k] = f.point(moved)
        if points[k].crossed:
            return None
    return [points[k] for k in (-2, -1, 1, 2)]

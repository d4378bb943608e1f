"""Fourth-order finite differences of a function of one number, which see where it has a kink or a jump.

Source: Abramowitz, Stegun, "Handbook of Mathematical Functions", 1964, table 25.2 (the weights).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.graph import Node

Values = Mapping[Node, Any]

# Places in steps of h, and the weight of each: f′(x) ≈ Σ weight · f(x + place · h) / (12 h)
_CENTRAL = {-2: 1.0, -1: -8.0, 1: 8.0, 2: -1.0}
_RIGHT = {0: -25.0, 1: 48.0, 2: -36.0, 3: 16.0, 4: -3.0}
_LEFT = {-place: -weight for place, weight in _RIGHT.items()}

_NEAR = 2.0**-24  # how far from x it is looked whether two equal values part, in units of x
_HALVINGS = range(3, 48)

# Which side of its kinks a node is on: an odd number for each side, and an even one on the kink itself.
_SIDES: dict[str, Callable[..., float]] = {
    "maximum": lambda x1, x2: float(x1 > x2) - float(x1 < x2),
    "less": lambda x1, x2: float(x1 > x2) - float(x1 < x2),
    "equal": lambda x1, x2: float(x1 > x2) - float(x1 < x2),
    "abs": lambda x: float(x > 0) - float(x < 0),
    "floor": lambda x: 2 * float(np.floor(x)) + float(x != np.floor(x)),
}


@dataclass(frozen=True)
class Check:
    """The slope by differences from both sides, and, where these are not one slope, the nodes that are to blame."""

    difference: float
    left: float
    right: float
    kinks: tuple[Node, ...]
    jumps: bool


class Function:
    """The value of `y` at any x, and which side of every kink each node is on there."""

    def __init__(self, run: Callable[[float], Values], y: Node, branching: Iterable[Node]) -> None:
        self._run = run
        self._y = y
        self._branching = tuple(branching)
        self._known: dict[float, tuple[float, dict[Node, float]]] = {}

    def at(self, x: float) -> tuple[float, dict[Node, float]]:
        """y, and the sides."""
        if x not in self._known:
            values = self._run(x)
            sides = {node: _side(node, values) for node in self._branching}
            self._known[x] = float(values[self._y]), sides
        return self._known[x]


def _side(node: Node, values: Values) -> float:
    operands = [np.asarray(values[operand], dtype=np.float64) for operand in node.inputs]
    return _SIDES["floor" if node.op == "cast" else node.op](*operands)


def branches(node: Node) -> bool:
    """Whether the derivative of a node jumps somewhere: it is one of the table, or makes whole numbers of others."""
    return node.op in _SIDES or (node.op == "cast" and node.inputs[0].dtype.is_float and not node.dtype.is_float)


def check_by_differences(function: Function, at: float, derivative: float) -> Check:
    """The slope of a function at a point by fourth-order differences, taken from both sides or from each."""
    near = _NEAR * max(1.0, abs(at))
    value, here = function.at(at)
    on_edge = {node: side for node, side in here.items() if side % 2 == 0}
    kinks = {
        node for node, side in on_edge.items() if any(function.at(at + s * near)[1][node] != side for s in (-1, 1))
    }
    if not kinks:
        slope = _slope(function, at, _CENTRAL, kinks)
        return Check(slope, slope, slope, (), False)
    left, right = (_slope(function, at, weights, kinks) for weights in (_LEFT, _RIGHT))
    jumps = any(_jumps(function, at, value, s * near) for s in (-1, 1))
    close = 1e-6 * max(1.0, abs(derivative))
    if not jumps and abs(left - derivative) <= close and abs(right - derivative) <= close:
        return Check((left + right) / 2, left, right, (), False)
    return Check(math.nan, left, right, tuple(sorted(kinks, key=lambda node: node.serial)), jumps)


def _slope(function: Function, at: float, weights: Mapping[int, float], kinks: set[Node]) -> float:
    """Steps are halved from large ones on; the best is the one that agrees most with the next, rounding considered.

    A step that would reach across a kink (other than `kinks`, which lie at x itself), or out of where y is finite, is left out.
    """
    unit = 2.0 ** math.floor(math.log2(max(1.0, abs(at))))
    best, least, before = math.nan, math.inf, math.nan
    for k in _HALVINGS:
        h = unit * 2.0**-k
        points = {place: function.at(at + place * h) for place in weights}
        here = function.at(at)[1]
        across = any(sides[n] != here[n] for _, sides in points.values() for n in here if n not in kinks)
        if across or not all(math.isfinite(y) for y, _ in points.values()):
            continue
        slope = sum(weights[place] * y for place, (y, _) in points.items()) / (12 * h)
        largest = max(abs(y) for y, _ in points.values())
        rounding = np.finfo(np.float64).eps * (largest + abs(at * slope)) / h
        doubt = abs(slope - before) + rounding
        if doubt < least:
            best, least = slope, doubt
        if math.isnan(best):
            best = slope
        if rounding > least:
            break
        before = slope
    return best


def _jumps(function: Function, at: float, value: float, near: float) -> bool:
    """Whether y changes as much over half of a small step as over the whole: then it does so at x itself."""
    whole, half = (abs(function.at(at + step)[0] - value) for step in (near, near / 2))
    return whole > 1e-12 * max(1.0, abs(value)) and half > 0.75 * whole

"""One number of a gradient as the sum of products that the chain rule makes it of, path by path.

A number is followed through the graph of the backward pass, element by element, up to the quantities that have a name.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError
from chainrule.explain.composite.formulae import number
from chainrule.explain.writing.output import Output
from chainrule.graph import Node
from chainrule.graph.primitives.contraction import split_spec

if TYPE_CHECKING:
    from chainrule.explain.writing.statements import Statement

Array = NDArray[Any]
Index = tuple[int, ...]

_MOST = 100_000  # products that one number is made of


@dataclass(frozen=True)
class Factor:
    """A factor of a product: what it is called, and its number."""

    label: str
    value: float


@dataclass(frozen=True)
class Path:
    """A product of factors: what one path through the network contributes."""

    factors: tuple[Factor, ...]

    @property
    def value(self) -> float:
        """The product."""
        return math.prod(factor.value for factor in self.factors)

    def __str__(self) -> str:
        labels = " · ".join(factor.label for factor in self.factors)
        if len(self.factors) == 1:
            return f"{labels} = {number(self.value)}"
        numbers = " · ".join(_bracketed(factor.value) for factor in self.factors)
        return f"{labels} = {numbers} = {number(self.value)}"


@dataclass(frozen=True, repr=False)
class Followed(Output):
    """A number and the paths that it is the sum of."""

    label: str
    value: float
    paths: tuple[Path, ...]

    def to_text(self) -> str:
        """Aligned text, as `print` shows it."""
        head, *products = self._lines()
        lines = [f"  {'+ ' if i else '  '}{product}" for i, product in enumerate(products)]
        return "\n".join([f"{head}{':' if lines else '.'}", *lines])

    def to_latex(self) -> str:
        """LaTeX to be put into a document that uses the package amsmath."""
        from chainrule.explain.writing.statements import statements_latex

        return statements_latex("One number, followed", self._statements())

    def to_html(self) -> str:
        """A page that needs nothing else."""
        from chainrule.explain.writing.statements import statements_page

        return statements_page("One number, followed", self._statements())

    def _lines(self) -> list[str]:
        """What the number is, and the products that it is the sum of."""
        n = len(self.paths)
        shown, rest = largest(self.paths)
        what = {0: "reached by no path", 1: "one product"}.get(n, f"the sum of {n:,} products")
        lines = [f"{self.label} = {number(self.value)} is {what}", *map(str, shown)]
        if n > len(shown):
            lines.append(f"{n - len(shown):,} smaller products, which add up to {number(rest)}")
        return lines

    def _statements(self) -> list[Statement]:
        from chainrule.explain.writing.statements import Statement

        head, *products = self._lines()
        signed = [f"+ {line}" if i else line for i, line in enumerate(products)]
        return [Statement(line) for line in (head.replace(" at [", "["), *signed)]


def largest(paths: Sequence[Path], most: int = 12) -> tuple[list[Path], float]:
    """The paths that contribute most, in their order, and what the others add up to."""
    order = sorted(range(len(paths)), key=lambda i: -abs(paths[i].value))
    rest = math.fsum(paths[i].value for i in order[most:])
    return [paths[i] for i in sorted(order[:most])], rest


def _bracketed(value: float) -> str:
    text = number(value)
    return f"({text})" if value < 0 else text


class Follower:
    """Follows numbers through a graph whose `values` are known; it stops at nodes that have a label.

    `backward` are the nodes of the backward pass, which begins with the gradient 1 of the loss itself. Whatever else multiplies
    a gradient is a factor, a local derivative, that `local` finds a name for. What is `unfollowed` has a name, and no paths.
    """

    def __init__(
        self,
        values: Mapping[Node, Array],
        labels: Mapping[Node, str],
        backward: set[Node],
        local: Callable[[Node], str],
        unfollowed: Mapping[Node, str],
    ) -> None:
        self.values, self.labels, self.backward, self.local = values, labels, backward, local
        self.unfollowed = unfollowed

    def follow(self, node: Node, index: Index, label: str, depth: int) -> Followed:
        """The paths of one number, through `depth` labelled gradients."""
        counts = Counter(map(tuple, self._expand(node, index, depth)))
        paths = [
            Path(factors if count == 1 else (Factor(str(count), float(count)), *factors))
            for factors, count in counts.items()
        ]
        return Followed(label, float(self.values[node][index]), tuple(paths))

    def _paths(self, node: Node, index: Index, depth: int) -> list[list[Factor]]:
        """The products that make up one number of a node: a single one where it has a label."""
        if node in self.labels and (depth <= 1 or node not in self.backward):
            return [[Factor(_at(self.labels[node], index), float(self.values[node][index]))]]
        return self._expand(node, index, depth - (node in self.labels))

    def _expand(self, node: Node, index: Index, depth: int) -> list[list[Factor]]:
        if node not in self.backward:
            return [self._local(node, index)]
        if node in self.unfollowed:
            return [[Factor(_at(self.unfollowed[node], index), float(self.values[node][index]))]]
        if node.op in ("mul", "div"):
            return self._product(node, index, depth)
        if node.op == "select":
            return self._selected(node, index, depth)
        if node.op == "contract":
            pairs = list(self._pairs(node, index))
            x, y = node.inputs
            found = [a + b for i, j in pairs for a, b in product(self._paths(x, i, depth), self._paths(y, j, depth))]
        elif node.op in _MOVES:
            found = [
                ([] if sign > 0 else [Factor("−1", -1.0)]) + path
                for x, i, sign in _MOVES[node.op](node, index, self.values)
                for path in self._paths(x, i, depth)
            ]
        elif node.op == "const":  # where the backward pass begins: ∂L/∂L
            return [[]]
        else:
            return [[Factor(_at(f"∂L/∂({node.op})", index), float(self.values[node][index]))]]
        if len(found) > _MOST:
            raise ArgumentError(f"depth={depth} leads to more than {_MOST:,} products; follow fewer layers at once.")
        return found

    def _product(self, node: Node, index: Index, depth: int) -> list[list[Factor]]:
        x, y = node.inputs
        if node.op == "div":
            below = self._local(y, index)
            inverse = [Factor(f"1 / {factor.label}", 1.0 / factor.value) for factor in below]
            return [[*path, *inverse] for path in self._paths(x, index, depth)]
        pairs = product(self._paths(x, index, depth), self._paths(y, index, depth))
        return [[factor for factor in a + b if factor.label != "1"] for a, b in pairs]

    def _selected(self, node: Node, index: Index, depth: int) -> list[list[Factor]]:
        condition, *branches = node.inputs
        chosen, other = branches if bool(self.values[condition][index]) else reversed(branches)
        gradient = chosen if chosen in self.backward else other
        passes = 1.0 if gradient is chosen else 0.0
        factor = Factor(_at(self.local(condition), index), passes)
        return [[factor, *path] for path in self._paths(gradient, index, depth)]

    def _local(self, node: Node, index: Index) -> list[Factor]:
        """The factor of something that is not a gradient itself."""
        value = float(self.values[node][index])
        if node in self.labels:
            return [Factor(_at(self.labels[node], index), value)]
        while node.op in _ONE_BY_ONE and node not in self.labels:
            moved = list(_MOVES[node.op](node, index, self.values))
            if not moved:  # a number that was padded
                return [Factor(number(value), value)]
            ((node, index, _),) = moved
        if node in self.labels:
            return [Factor(_at(self.labels[node], index), value)]
        if node.op == "const":
            return [Factor(number(value), value)]
        if node.op == "mul" and not node.rank:
            return [factor for x in node.inputs for factor in self._local(x, index)]
        return [Factor(_at(self.local(node), index), value)]

    def _pairs(self, node: Node, index: Index) -> Iterator[tuple[Index, Index]]:
        """The places in the operands of a contraction that meet in one place of its result."""
        first, second, result = split_spec(node.attributes["spec"])
        sizes: dict[str, int] = {}
        for letters, x in zip((first, second), node.inputs, strict=True):
            sizes |= dict(zip(letters, self.values[x].shape, strict=True))
        fixed = dict(zip(result, index, strict=True))
        summed = [letter for letter in sizes if letter not in fixed]
        for place in product(*(range(sizes[letter]) for letter in summed)):
            at = fixed | dict(zip(summed, place, strict=True))
            yield tuple(at[letter] for letter in first), tuple(at[letter] for letter in second)


_Moves = Iterator[tuple[Node, Index, int]]
_Values = Mapping[Node, Array]


def _same(node: Node, index: Index, values: _Values) -> _Moves:
    for x in node.inputs:
        yield x, index, 1


def _subtracted(node: Node, index: Index, values: _Values) -> _Moves:
    yield node.inputs[0], index, 1
    yield node.inputs[1], index, -1


def _negated(node: Node, index: Index, values: _Values) -> _Moves:
    yield node.inputs[0], index, -1


def _broadcast(node: Node, index: Index, values: _Values) -> _Moves:
    yield node.inputs[0], tuple(i for axis, i in enumerate(index) if axis not in node.attributes["axes"]), 1


def _reshaped(node: Node, index: Index, values: _Values) -> _Moves:
    (x,) = node.inputs
    place = np.ravel_multi_index(index, values[node].shape) if index else 0
    yield x, tuple(int(i) for i in np.unravel_index(place, values[x].shape)), 1


def _transposed(node: Node, index: Index, values: _Values) -> _Moves:
    inner = [0] * len(index)
    for axis, i in zip(node.attributes["permutation"], index, strict=True):
        inner[axis] = i
    yield node.inputs[0], tuple(inner), 1


def _summed(node: Node, index: Index, values: _Values) -> _Moves:
    (x,) = node.inputs
    axes, shape = node.attributes["axes"], values[x].shape
    kept = iter(index)
    ranges = [range(size) if axis in axes else (next(kept),) for axis, size in enumerate(shape)]
    for place in product(*ranges):
        yield x, place, 1


def _windowed(node: Node, index: Index, values: _Values) -> _Moves:
    at, inside = list(index[: values[node].ndim - len(node.attributes["axes"])]), index[len(node.inputs[0].shape) :]
    for axis, i, stride, dilation in zip(*_sliding(node, inside), strict=True):
        at[axis] = at[axis] * stride + i * dilation
    yield node.inputs[0], tuple(at), 1


def _folded(node: Node, index: Index, values: _Values) -> _Moves:
    """Every element of every window that was put here."""
    x, size = node.inputs[0], node.attributes["size"]
    for inside in product(*map(range, size)):
        at: list[int] = list(index)
        for axis, i, stride, dilation in zip(*_sliding(node, inside), strict=True):
            place, between = divmod(at[axis] - i * dilation, stride)
            at[axis] = -1 if between else place
        if all(0 <= at[axis] < values[x].shape[axis] for axis in node.attributes["axes"]):
            yield x, (*at, *inside), 1


def _sliding(node: Node, inside: Index) -> tuple[Index, Index, Index, Index]:
    """The axes that a window slides along, the place inside of it, its strides and dilations."""
    return node.attributes["axes"], inside, node.attributes["stride"], node.attributes["dilation"]


def _padded(node: Node, index: Index, values: _Values) -> _Moves:
    x = node.inputs[0]
    at = tuple(i - before for i, (before, _) in zip(index, node.attributes["widths"], strict=True))
    if all(0 <= i < n for i, n in zip(at, values[x].shape, strict=True)):
        yield x, at, 1


def _sliced(node: Node, index: Index, values: _Values) -> _Moves:
    yield node.inputs[0], tuple(i + (start or 0) for i, start in zip(index, node.attributes["start"], strict=True)), 1


def _joined(node: Node, index: Index, values: _Values) -> _Moves:
    axis, at = node.attributes["axis"], list(index)
    for x in node.inputs:
        if at[axis] < values[x].shape[axis]:
            yield x, tuple(at), 1
            return
        at[axis] -= values[x].shape[axis]


def _taken(node: Node, index: Index, values: _Values) -> _Moves:
    table, ids = node.inputs
    rank = values[ids].ndim
    yield table, (int(values[ids][index[:rank]]), *index[rank:]), 1


def _scattered(node: Node, index: Index, values: _Values) -> _Moves:
    x, ids = node.inputs
    for place in zip(*np.nonzero(values[ids] == index[0]), strict=True):
        yield x, (*map(int, place), *index[1:]), 1


# For operations that only move numbers and add them up: which numbers of which operand, and with which sign.
_MOVES = {
    "add": _same,
    "stop_gradient": _same,
    "sub": _subtracted,
    "neg": _negated,
    "broadcast": _broadcast,
    "reshape": _reshaped,
    "transpose": _transposed,
    "reduce_sum": _summed,
    "windows": _windowed,
    "fold": _folded,
    "pad": _padded,
    "slice": _sliced,
    "concat": _joined,
    "take": _taken,
    "scatter_add": _scattered,
}
# Those of them in which each number is that of one operand, at most.
_ONE_BY_ONE = ("broadcast", "reshape", "transpose", "windows", "pad", "slice", "concat", "take")


def _at(label: str, index: Index) -> str:
    return f"{label}[{', '.join(map(str, index))}]" if index else label

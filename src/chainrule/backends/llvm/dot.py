"""Contractions whose operands both run along the letter that is summed: vectors of products are added up, and then their lanes.

As many sums as a vector has lanes are made at a time, so that folding them gives one vector of results. The order of a sum is
fixed: lane by lane, then a tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.backends.llvm.code import Const, Index, Operand
from chainrule.backends.llvm.memory import register_type
from chainrule.backends.llvm.plan import Group
from chainrule.graph import ROWS, Dim, Node
from chainrule.graph.primitives.contraction import split_spec

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering

Letters = dict[str, Index]


def lower_dot(low: Lowering, group: Group) -> None:
    """Record the loops of such a contraction and the rest of its group."""
    _Dot(low, group).record()


class _Dot:
    def __init__(self, low: Lowering, group: Group) -> None:
        self.low, self.group, self.code, self.lanes = low, group, low.code, low.lanes
        node = group.root
        self.x, self.y = node.inputs
        self.first, self.second, self.result = split_spec(node.attributes["spec"])
        if self.result[-1] in self.first:
            self.x, self.y, self.first, self.second = self.y, self.x, self.second, self.first
        pairs = (*zip(self.first, self.x.shape, strict=True), *zip(self.second, self.y.shape, strict=True))
        self.dims: dict[str, Dim] = dict(pairs)
        self.summed = [letter for letter in self.first if letter not in self.result]
        self.type = register_type(node.dtype, self.lanes)

    def record(self) -> None:
        """Loops over the outer letters of the result, then over vectors of its last one."""
        outer, last = self.result[:-1], self.result[-1]
        size, dims = self.dims[last], tuple(self.dims[letter] for letter in outer)
        assert isinstance(size, int)
        outside = bool(dims) and dims[0] is not ROWS and dims[0] != 1
        start, stop = (0, size) if outside else self.low.team.split(size, self.lanes)

        def row(place: tuple[Index, ...]) -> None:
            at = dict(zip(outer, place, strict=True))
            self.code.tiles(start, stop, size, self.lanes, lambda i, count: self._vector({**at, last: i}, count))

        self.low.nest(dims, [1] * len(dims), row, owned=outside)

    def _vector(self, at: Letters, count: int) -> None:
        """One vector of results, of which `count` are wanted."""
        columns = [{**at, self.result[-1]: self.code.plus(at[self.result[-1]], j)} for j in range(count)]
        known = {self.group.root: self._folded(self._sums(at, columns))}
        self.low.finish(self.group, tuple(at[letter] for letter in self.result), self.lanes, known)

    def _sums(self, at: Letters, columns: list[Letters]) -> list[Operand]:
        """The vector of products, added up along the summed letters, for each column."""
        code, along = self.code, self.first[-1]
        size = self.low.elements.size(self.dims[along])
        whole = code.rounded_down(size, self.lanes)

        def products(inner: Letters, sums: list[Operand], inside: Operand | None) -> list[Operand]:
            x = self._operand(self.x, self.first, at | inner, inside)
            ys = [self._operand(self.y, self.second, column | inner, inside) for column in columns]
            return [code.op("muladd", self.type, x, y, total) for y, total in zip(ys, sums, strict=True)]

        def level(letters: list[str], inner: Letters, sums: list[Operand]) -> list[Operand]:
            if letters:
                letter, *rest = letters
                length = self.low.elements.size(self.dims[letter])
                return code.loop(0, length, 1, sums, lambda k, s: level(rest, {**inner, letter: k}, s))
            sums = code.loop(0, whole, self.lanes, sums, lambda k, s: products({**inner, along: k}, s, None))

            def tail(k: Index, carried: list[Operand]) -> list[Operand]:
                return products({**inner, along: k}, carried, code.below(k, size, self.lanes))

            return code.loop(whole, size, self.lanes, sums, tail)

        outer = [letter for letter in self.summed if letter != along]
        return level(outer, {}, [Const(self.type, 0.0)] * len(columns))

    def _operand(self, node: Node, letters: str, at: Letters, inside: Operand | None) -> Operand:
        value = self.low.elements.value(node, tuple(at[letter] for letter in letters), self.lanes)
        return value if inside is None else self.code.op("select", value.type, inside, value, Const(value.type, 0.0))

    def _folded(self, sums: list[Operand]) -> Operand:
        """Lane j of the result is the sum of the lanes of sums[j].

        In each round two vectors become one: the halves of every block are added, and the blocks of the two alternate.
        """
        vectors, lanes, size = [*sums, *[sums[-1]] * (self.lanes - len(sums))], self.lanes, self.lanes
        while size > 1:
            half, count = size // 2, len(vectors) // 2
            starts = [start + other for start in range(0, lanes, size) for other in (0, lanes)]
            lower = [start + i for start in starts for i in range(half)]
            upper = [i + half for i in lower]
            vectors = [self._joined(a, b, lower, upper) for a, b in zip(vectors[:count], vectors[count:], strict=True)]
            size = half
        return vectors[0]

    def _joined(self, a: Operand, b: Operand, lower: list[int], upper: list[int]) -> Operand:
        halves = [self.code.op("lanes", self.type, a, b, extra=chosen) for chosen in (lower, upper)]
        return self.code.op("fadd", self.type, *halves)

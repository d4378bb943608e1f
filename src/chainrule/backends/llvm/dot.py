"""Contractions whose operands both run along the letter that is summed: vectors of products are added up, and then their lanes.

As many sums as a vector has lanes are made at a time, so that folding them gives one vector of results. The order of a sum is
fixed: lane by lane, then a tree.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chainrule.backends.llvm.code import Const, Index, Operand, Type
from chainrule.backends.llvm.layout import Layout
from chainrule.backends.llvm.memory import panel_width, panels, register_type
from chainrule.backends.llvm.plan import Group
from chainrule.backends.llvm.roles import Roles, matrix_of_row
from chainrule.graph import ROWS, Dim, Node
from chainrule.graph.primitives.contraction import split_spec

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering

Letters = dict[str, Index]
Range = tuple[Index, Index]


def lower_dot(low: Lowering, group: Group, update: Group | None = None) -> None:
    """Record the loops of such a contraction and the rest of its group; `update` is what shares its pass through a matrix."""
    _Dot(low, group, update).record()


class _Dot:
    def __init__(self, low: Lowering, group: Group, update: Group | None) -> None:
        self.low, self.group, self.code, self.lanes = low, group, low.code, low.lanes
        self.update, self.panel = update, panel_width(low.lanes)
        node = group.root
        self.x, self.y = node.inputs
        self.first, self.second, self.result = split_spec(node.attributes["spec"])
        if self.result[-1] in self.first:
            self.x, self.y, self.first, self.second = self.y, self.x, self.second, self.first
        pairs = (*zip(self.first, self.x.shape, strict=True), *zip(self.second, self.y.shape, strict=True))
        self.dims: dict[str, Dim] = dict(pairs)
        self.summed = [letter for letter in self.first if letter not in self.result]
        self.type = register_type(node.dtype, self.lanes)
        self.columns = 1 << (self.lanes.bit_length() // 2)  # of a block of as many sums as a vector has lanes
        self.rows = self.lanes // self.columns

    def record(self) -> None:
        """Loops over the outer letters of the result, then over blocks of a few rows and a vector of columns."""
        if self.low.layout is Layout.ONE_ROW and matrix_of_row(self.group.root, self.panel) is not None:
            self._record_by_panels()
            return
        outer, last = list(self.result[:-1]), self.result[-1]
        height, tall = self._rows_of_block(outer)
        if tall:
            outer = outer[:-1]
        size, dims = self.dims[last], tuple(self.dims[letter] for letter in outer)
        assert isinstance(size, int)
        outside = bool(dims) and dims[0] is not ROWS and dims[0] != 1
        whole: Range = (0, size)
        down: Range = (0, height)
        across = whole if outside or tall else self.low.team.split(size, self.lanes)
        if tall and not outside:
            down = self.low.team.split(height, self.rows)

        def block(place: tuple[Index, ...]) -> None:
            at = dict(zip(outer, place, strict=True))

            def rows(i: Index, count: int) -> None:
                own = [{**at, tall: self.code.plus(i, j)} for j in range(count)] if tall else [at]
                self.code.tiles(*across, size, self.lanes, lambda j, width: self._block(own, j, width))

            self.code.tiles(*down, height, self.rows, rows)

        self.low.nest(dims, [1] * len(dims), block, owned=outside)

    def _record_by_panels(self) -> None:
        """One row times a matrix that lies in panels along what is summed.

        The sum has a part for each panel, so that its thread has no need of the others'; the parts are added in order.
        """
        code, team, elements = self.code, self.low.team, self.low.elements
        (size, length), width = self.y.shape, self.panel
        assert isinstance(size, int)
        assert isinstance(length, int)
        count, own = panels(self.y.shape, self.lanes), team.split(length, width)
        parts = self.low.buffer(self.low.scratch_of_phase("", (count, 1, size), self.group.root.dtype))

        def panel(o: Index, columns: int) -> None:
            number = code.divided(o, width)

            def vector(i: Index, wanted: int) -> None:
                sums = self._row_sums(i, wanted, o, columns)
                elements.store(self._folded(sums, 1, self.lanes), parts, (number, 0, i))

            code.tiles(0, size, size, self.lanes, vector)

        if self.update and self.update.root in self.update.stored_for_health:
            code.branch(self.low.recorded, partial(self._keep, self.update.root, own))
        code.tiles(*own, length, width, panel)
        team.wait()

        def whole(i: Index, _: int) -> None:
            total = elements.load(parts, (0, 0, i), self.lanes)
            for number in range(1, count):
                total = code.op("fadd", self.type, total, elements.load(parts, (number, 0, i), self.lanes))
            self.low.finish(self.group, (0, i), self.lanes, {self.group.root: total})

        code.tiles(*team.split(size, self.lanes), size, self.lanes, whole)

    def _row_sums(self, i: Index, wanted: int, o: Index, columns: int) -> list[Operand]:
        """Vectors of products with rows of the matrix, from row i and column o on, added up; and these rows' update."""
        code, elements = self.code, self.low.elements
        vectors = []
        for k in range(0, columns, self.lanes):
            inside = None if columns - k >= self.lanes else code.below(k, columns, self.lanes)
            at = code.plus(o, k)
            vectors.append((at, inside, self._only(inside, elements.value(self.x, (0, at), self.lanes))))
        sums: list[Operand] = [Const(self.type, 0.0)] * wanted
        for j in range(wanted):
            row = code.plus(i, j)
            for at, inside, x in vectors:
                y = elements.value(self.y, (row, at), self.lanes)
                sums[j] = code.op("muladd", self.type, x, self._only(inside, y), sums[j])
                if self.update:
                    elements.hold(self.y, (row, at), y)
                    known = {self.update.root: self._product(self.update.root, (row, at))}
                    more = j + 1 < wanted or at is not vectors[-1][0]
                    self.low.finish(self.update, (row, at), self.lanes, known, more=more, kept=True)
        return sums

    def _product(self, outer: Node, at: tuple[Index, Index]) -> Operand:
        """A vector of the products of two rows that a contraction consists of."""
        roles = Roles(outer)
        letters: Letters = {roles.inner[0]: 0, **dict(zip(roles.result, at, strict=True))}
        x = self.code.spread(self._operand(roles.x, roles.first, letters, None, 1), self.lanes)
        y = self._operand(roles.y, roles.second, letters, None)
        return self.code.op("muladd", self.type, x, y, Const(self.type, 0.0))

    def _keep(self, outer: Node, own: Range) -> None:
        """Store the products of two rows, in this thread's columns."""
        code, elements = self.code, self.low.elements

        def place(i: Index, o: Index) -> list[Operand]:
            elements.store(self._product(outer, (i, o)), self.low.stored_at[outer], (i, o))
            return []

        def column(o: Index, _: list[Operand]) -> list[Operand]:
            return code.loop(0, elements.size(outer.shape[0]), 1, [], lambda i, _: place(i, o))

        code.loop(*own, self.lanes, [], column)

    def _rows_of_block(self, outer: list[str]) -> tuple[int, str]:
        """How many rows the result has along a letter of the first operand alone, and this letter; 1 if there is none."""
        letter = outer[-1] if outer else ""
        size = self.dims.get(letter, 1)
        if isinstance(size, int) and size > 1 and letter in self.first and letter not in self.second:
            return size, letter
        return 1, ""

    def _block(self, rows: list[Letters], j: Index, count: int) -> None:
        """A vector of results, of which `count` are wanted, for each row; sums are folded as many at a time as make a vector."""
        code, last = self.code, self.result[-1]
        columns = [{last: code.plus(j, i)} for i in range(count)]
        few = self.columns if len(rows) > 1 else self.lanes
        parts = [self._folded(self._sums(rows, columns[i : i + few]), len(rows), few) for i in range(0, count, few)]
        for i, row in enumerate(rows):
            place = tuple((row | {last: j})[letter] for letter in self.result)
            known = {self.group.root: self._row(parts, i, few)}
            self.low.finish(self.group, place, self.lanes, known, more=i + 1 < len(rows))

    def _sums(self, rows: list[Letters], columns: list[Letters]) -> list[Operand]:
        """The vector of products, added up along the summed letters, for each row and column."""
        code, along = self.code, self.first[-1]
        size = self.low.elements.size(self.dims[along])
        whole = code.rounded_down(size, self.lanes)

        def products(inner: Letters, sums: list[Operand], inside: Operand | None) -> list[Operand]:
            xs = [self._operand(self.x, self.first, row | inner, inside) for row in rows]
            ys = [self._operand(self.y, self.second, rows[0] | column | inner, inside) for column in columns]
            pairs = [(x, y) for x in xs for y in ys]
            return [code.op("muladd", self.type, x, y, total) for (x, y), total in zip(pairs, sums, strict=True)]

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
        return level(outer, {}, [Const(self.type, 0.0)] * (len(rows) * len(columns)))

    def _operand(self, node: Node, letters: str, at: Letters, inside: Operand | None, lanes: int = 0) -> Operand:
        place = tuple(at[letter] for letter in letters)
        return self._only(inside, self.low.elements.value(node, place, lanes or self.lanes))

    def _only(self, inside: Operand | None, value: Operand) -> Operand:
        """The lanes inside, and 0 elsewhere; all of them if that is None."""
        return value if inside is None else self.code.op("select", value.type, inside, value, Const(value.type, 0.0))

    def _folded(self, sums: list[Operand], rows: int, columns: int) -> Operand:
        """Lane `row · columns + column` is the sum of the lanes of that sum; where there are fewer, something is repeated.

        In each round two vectors become one: the halves of every block are added, and the blocks of the two alternate.
        """
        given, lanes = len(sums) // rows, self.lanes
        vectors = [sums[min(i // columns, rows - 1) * given + min(i % columns, given - 1)] for i in range(lanes)]
        size = lanes
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

    def _row(self, parts: list[Operand], row: int, columns: int) -> Operand:
        """The vector of a row, from parts that hold a few columns of every row."""
        if columns == self.lanes:
            return parts[0]
        chosen, width, stride = [row * columns + i for i in range(columns)], columns, self.lanes
        pieces = [*parts, *[parts[-1]] * (self.lanes // columns - len(parts))]
        while len(pieces) > 1:
            width *= 2
            both = [*chosen, *(stride + i for i in chosen)]
            type = Type(self.type.kind, width)
            pieces = [
                self.code.op("lanes", type, a, b, extra=both) for a, b in zip(pieces[::2], pieces[1::2], strict=True)
            ]
            chosen, stride = list(range(width)), width
        return pieces[0]

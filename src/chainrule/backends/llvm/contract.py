"""Contractions: tiles of the result are held in registers while products are added up, in the order of the inner letters.

A tile is `height` rows by `width` vectors. The rest of the group (bias, activation, optimiser) is computed from a sum before it
leaves its register. A sum is never split, so its bits depend neither on the tile nor on the number of threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.backends.llvm.code import I64, Code, Const, Index, Operand
from chainrule.backends.llvm.memory import register_type
from chainrule.backends.llvm.plan import Group
from chainrule.graph import ROWS, Dim, Node
from chainrule.graph.primitives.contraction import split_spec

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering

# By the bytes of a vector: the rows of a tile for each width in vectors, so that sums and operands fit the registers.
_HEIGHTS = {64: {4: 6, 3: 8, 2: 12, 1: 16}, 32: {2: 6, 1: 10}, 16: {2: 6, 1: 10}}

Letters = dict[str, Index]
Range = tuple[Index, Index]


class Roles:
    """Which letter does what: the last of the result runs along vectors, the last of x's own along the rows of a tile."""

    def __init__(self, node: Node) -> None:
        self.x, self.y = node.inputs
        self.first, self.second, self.result = split_spec(node.attributes["spec"])
        last = self.result[-1:]
        if last and last in self.first and last not in self.second:
            self.x, self.y, self.first, self.second = self.y, self.x, self.second, self.first
        pairs = (*zip(self.first, self.x.shape, strict=True), *zip(self.second, self.y.shape, strict=True))
        self.dims: dict[str, Dim] = dict(pairs)
        self.inner = [letter for letter in self.first if letter not in self.result]
        self.vector = last if last and last == self.second[-1:] and last not in self.first else ""
        own = [letter for letter in self.result if letter != self.vector and letter not in self.second]
        self.tiled = own[-1] if own else ""
        self.outer = [letter for letter in self.result if letter not in (self.vector, self.tiled)]


def wants_transpose(node: Node) -> bool:
    """Whether the second operand must be turned for its last axis to run along the last axis of the result."""
    roles = Roles(node)
    last = roles.result[-1:]
    return bool(last) and not roles.vector and last in roles.second and last not in roles.first


def lower_contract(low: Lowering, group: Group) -> None:
    """Record the loops of a contraction and the rest of its group."""
    _Contraction(low, group).record()


class _Contraction:
    def __init__(self, low: Lowering, group: Group) -> None:
        self.low, self.group, self.code = low, group, low.code
        self.roles = Roles(group.root)
        self.lanes = low.lanes if self.roles.vector else 1
        self.heights = _HEIGHTS[low.lanes * group.root.dtype.numpy.itemsize]
        along = self._dim(self.roles.vector)
        self.vectors = -(-along // self.lanes) if isinstance(along, int) else 1  # tiles along rows are one vector wide
        self.width = max(width for width in self.heights if width <= max(self.vectors, 1))

    def _dim(self, letter: str) -> Dim:
        return self.roles.dims[letter] if letter else 1

    def record(self) -> None:
        """Loops over outer letters, then over tiles across and down."""
        across, down = self._ranges()
        outer = self.roles.outer
        dims = tuple(self.roles.dims[letter] for letter in outer)

        def body(place: tuple[Index, ...]) -> None:
            at = dict(zip(outer, place, strict=True))
            for start, stop, width in _pieces(self.code, across, [self.width, 1]):

                def turn(v: Index, _: list[Operand], width: int = width) -> list[Operand]:
                    along = {self.roles.vector: self.code.times(v, self.lanes)} if self.roles.vector else {}
                    self._down(at | along, width, down)
                    return []

                self.code.loop(start, stop, width, [], turn)

        self.low.nest(dims, [1] * len(dims), body, owned=bool(outer) or not self.roles.result)

    def _ranges(self) -> tuple[Range, Range]:
        """This thread's vectors and rows: it owns a part of one of them, and all of the other."""
        roles, team, code = self.roles, self.low.team, self.code
        height = self._dim(roles.tiled)
        down: Range = (0, self.low.elements.size(height))
        if self._dim(roles.vector) is ROWS:
            rows = (0, self.low.elements.rows) if roles.outer else team.part(ROWS, self.lanes)
            across: Range = (
                code.divided(rows[0], self.lanes),
                code.divided(code.plus(rows[1], self.lanes - 1), self.lanes),
            )
            return across, down
        across = (0, self.vectors)
        if roles.outer or not roles.result or team.size == 1:
            return across, down  # shared by the first outer letter, or done by one thread
        if height is ROWS:
            own, columns = team.part(ROWS, 1), team.split(self.vectors, 1)
            chosen = team.by_columns
            return (
                (code.choose(chosen, columns[0], across[0]), code.choose(chosen, columns[1], across[1])),
                (code.choose(chosen, down[0], own[0]), code.choose(chosen, down[1], own[1])),
            )
        if roles.tiled and isinstance(height, int):
            return across, team.split(height, self.heights[self.width])
        return team.split(self.vectors, 1), down

    def _down(self, at: Letters, width: int, down: Range) -> None:
        if not self.roles.tiled:
            self._tile(at, 1, width)
            return
        tall = self.heights[width]
        for start, stop, height in _pieces(self.code, down, [tall, tall // 4 if tall >= 8 else 2, 1]):

            def turn(m: Index, _: list[Operand], height: int = height) -> list[Operand]:
                self._tile({**at, self.roles.tiled: m}, height, width)
                return []

            self.code.loop(start, stop, height, [], turn)

    def _tile(self, at: Letters, height: int, width: int) -> None:
        """The sums of a tile, and what the group makes of them."""
        roles, code = self.roles, self.code
        rows = [{**at, roles.tiled: code.plus(at[roles.tiled], i)} if roles.tiled else at for i in range(height)]
        columns = [
            {**at, roles.vector: code.plus(at[roles.vector], j * self.lanes)} if roles.vector else at
            for j in range(width)
        ]
        sums = iter(self._sums(rows, columns))
        for row in rows:
            for column in columns:
                place = row | ({roles.vector: column[roles.vector]} if roles.vector else {})
                known = {self.group.root: next(sums)}
                self.low.finish(self.group, tuple(place[letter] for letter in roles.result), self.lanes, known)

    def _sums(self, rows: list[Letters], columns: list[Letters]) -> list[Operand]:
        """One sum for each row and column: Σ x · y over the inner letters, by fused multiply-add."""
        roles, code, elements = self.roles, self.code, self.low.elements
        type = register_type(self.group.root.dtype, self.lanes)

        def level(letters: list[str], inner: Letters, sums: list[Operand]) -> list[Operand]:
            if letters:
                letter, *rest = letters
                size = elements.size(roles.dims[letter])
                return code.loop(0, size, 1, sums, lambda k, carried: level(rest, {**inner, letter: k}, carried))
            ys = [self._operand(roles.y, roles.second, column | inner, self.lanes) for column in columns]
            result: list[Operand] = []
            for row in rows:
                x = code.spread(self._operand(roles.x, roles.first, row | inner, 1), self.lanes)
                result += [code.op("muladd", type, x, y, sums[len(result) + j]) for j, y in enumerate(ys)]
            return result

        return level(roles.inner, {}, [Const(type, 0.0)] * (len(rows) * len(columns)))

    def _operand(self, node: Node, letters: str, at: Letters, lanes: int) -> Operand:
        return self.low.elements.value(node, tuple(at[letter] for letter in letters), lanes)


def _pieces(code: Code, whole: Range, widths: list[int]) -> list[tuple[Index, Index, int]]:
    """Cut a range into ranges of whole pieces, wide ones first: (start, stop, width)."""
    start, stop = whole
    pieces: list[tuple[Index, Index, int]] = []
    for width in dict.fromkeys(widths):
        known = isinstance(start, int) and (isinstance(stop, int) or start == 0)
        length: Index = _less(stop, start) if known else code.op("sub", I64, code.index(stop), code.index(start))
        end = code.plus(start, code.rounded_down(length, width))
        if not (isinstance(start, int) and isinstance(end, int) and start >= end):
            pieces.append((start, end, width))
        start = end
    return pieces


def _less(stop: Index, start: Index) -> Index:
    return stop - start if isinstance(stop, int) and isinstance(start, int) else stop

"""Contractions: tiles of the result are held in registers while products are added up, in the order of the inner letters.

A tile is `height` rows by `width` vectors. The rest of the group (bias, activation, optimiser) is computed from a sum before it
leaves its register. The order of a sum depends neither on its tile nor on the number of threads, and so its bits do not either.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from chainrule.backends.llvm.code import I64, Code, Const, Index, Operand
from chainrule.backends.llvm.elements import Place
from chainrule.backends.llvm.layout import Layout
from chainrule.backends.llvm.memory import panel_width, panels, register_type
from chainrule.backends.llvm.plan import Group
from chainrule.backends.llvm.roles import Roles
from chainrule.graph import ROWS, Dim, Node, Shape

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering

# By the bytes of a vector: the rows of a tile for each width in vectors, so that sums and operands fit the registers.
_HEIGHTS = {64: {4: 6, 3: 8, 2: 12, 1: 16}, 32: {2: 6, 1: 10}, 16: {2: 6, 1: 10}}

_WIDE = (8, 4, 2, 1)  # vectors of a tile of one row
_ROWS_OF_BLOCK = 256
_TALL = 12  # rows of a tile whose vectors run along the rows of a batch
_CHAINS = 8  # sums that keep the processor busy while each waits for its last product
_RECORDED = 256  # products of a single row that are recorded without a loop
_TURNS = 16  # products that are recorded in one turn of a loop, if there are so few sums

Letters = dict[str, Index]
Range = tuple[Index, Index]
_Turn = Callable[[Index, list[Operand]], list[Operand]]


def lower_contract(low: Lowering, group: Group) -> None:
    """Record the loops of a contraction and the rest of its group."""
    Contraction(low, group).record()


class _Block:
    """Some of the rows that a sum goes over: where they start and stop, and whether others come before and after."""

    def __init__(self, code: Code, start: Index, rows: Index) -> None:
        self.start, self.stop = start, code.least(code.plus(start, _ROWS_OF_BLOCK), rows)
        self.last = code.compare("sge", code.index(self.stop), code.index(rows))
        self.more = code.compare("slt", code.index(self.stop), code.index(rows))
        self.before = code.choose(code.compare("sgt", code.index(start), Const(I64, 0)), 1, 0)


class Contraction:
    """The loops of a contraction: the root of a group, or a node inside it."""

    def __init__(self, low: Lowering, group: Group, node: Node | None = None) -> None:
        self.low, self.group, self.code = low, group, low.code
        self.node = group.root if node is None else node
        self.roles = Roles(self.node)
        self.lanes = low.lanes if self.roles.vector else 1
        self.heights = _HEIGHTS[low.lanes * self.node.dtype.numpy.itemsize]
        along = self._dim(self.roles.vector)
        self.vectors = -(-along // self.lanes) if isinstance(along, int) else 1  # not used where vectors run along rows
        self.one_row = low.layout is Layout.ONE_ROW and self._dim(self.roles.tiled) is ROWS
        if self.one_row:  # no other row would use an operand again: the tile is as wide as it can be
            self.heights = dict.fromkeys(_WIDE, 1)
        # The chains of a sum are the same in all tiles and for any team, lest its bits depend on them.
        self.chains = _CHAINS // self._widest(self.vectors) if self.one_row else 1
        self.width = self._widest(self.vectors // low.team.size if self.one_row else self.vectors)

        # A weight gradient of many rows goes through them in blocks, so that what is read of a block stays in the cache.
        known = all(isinstance(self.roles.dims[letter], int) for letter in self.roles.result)
        rows_alone = [self.roles.dims[letter] for letter in self.roles.inner] == [ROWS]
        self.in_blocks = known and rows_alone and bool(self.roles.vector) and low.layout is Layout.FEATURES
        self.partial = low.buffer(low.scratch_of_phase("", group.shape, self.node.dtype)) if self.in_blocks else None
        self.block: _Block | None = None

    def _widest(self, vectors: int) -> int:
        return max(width for width in self.heights if width <= max(vectors, 1))

    def _dim(self, letter: str) -> Dim:
        return self.roles.dims[letter] if letter else 1

    def record(self) -> None:
        """Loops over outer letters, then over tiles across and down."""
        across, down = self._ranges()
        outer = self.roles.outer
        dims = tuple(self.roles.dims[letter] for letter in outer)

        def body(place: tuple[Index, ...]) -> None:
            at = dict(zip(outer, place, strict=True))

            def tile(v: Index, width: int) -> None:
                along = {self.roles.vector: self.code.times(v, self.lanes)} if self.roles.vector else {}
                self._down(at | along, width, down)

            if self._dim(self.roles.vector) is ROWS:
                for start, stop, width in _pieces(self.code, across, [2, 1]):
                    self.code.each(start, stop, width, partial(tile, width=width))
            else:
                self.code.tiles(*across, self.vectors, self.width, tile)

        def block(k: Index, _: list[Operand]) -> list[Operand]:
            self.block = _Block(self.code, k, self.low.elements.rows) if self.in_blocks else None
            self._outer(dims, body)
            return []

        rows = self.low.elements.rows
        self.code.loop(0, self.code.most(rows, 1) if self.in_blocks else 1, _ROWS_OF_BLOCK, [], block)

    def _outer(self, dims: Shape, body: Callable[[Place], None]) -> None:
        """Loops over the outer letters, shared by the first unless vectors run along rows, which are shared then."""
        along_rows = self._dim(self.roles.vector) is ROWS
        if along_rows and dims and self.low.team.size > 1 and isinstance(dims[0], int):
            start, stop = self._chosen(self.low.team.split(dims[0], 1), (0, dims[0]))
            self.code.each(start, stop, 1, lambda i: self.low.nest(dims, [1] * len(dims), body, begin=(i,)))
        else:
            owned = (bool(dims) and not along_rows) or not self.roles.result
            self.low.nest(dims, [1] * len(dims), body, owned=owned)

    def by_rows(self) -> bool:
        """Whether a thread must have rows of its own, however few there are."""
        return False

    def _ranges(self) -> tuple[Range, Range]:
        """This thread's vectors and rows: it owns a part of one of them, and all of the other."""
        roles, team = self.roles, self.low.team
        height = self._dim(roles.tiled)
        down: Range = (0, self.low.elements.size(height))
        if self._dim(roles.vector) is ROWS:
            everything = self._vectors_of((0, self.low.elements.rows))
            across = self._vectors_of(team.part(ROWS, self.lanes))
            if team.size == 1 or self.by_rows():
                return across, down
            if roles.outer or not roles.tiled or not isinstance(height, int):
                return self._chosen(everything, across), down
            return self._chosen(everything, across), self._chosen(team.split(height, _TALL), down)
        across = (0, self.vectors)
        if roles.outer or not roles.result or team.size == 1:
            return across, down  # shared by the first outer letter, or done by one thread
        if height is ROWS and not self.one_row and self._by_columns():
            own, columns = team.part(ROWS, 1), team.split(self.vectors, self.width)
            return self._chosen(columns, across), self._chosen(down, own)
        if self.one_row:
            return team.split(self.vectors, self.width), down
        if height is ROWS:
            return across, team.part(ROWS, 1)
        if roles.tiled and isinstance(height, int) and not self._by_columns():
            return across, team.split(height, self.heights[self.width])
        return team.split(self.vectors, self.width), down

    def _vectors_of(self, rows: Range) -> Range:
        """The vectors that begin in a range of rows: none in an empty one, which may lie in the midst of a vector."""
        code = self.code
        first, stop = (code.divided(code.plus(row, self.lanes - 1), self.lanes) for row in rows)
        return first, stop

    def _chosen(self, few: Range, many: Range) -> Range:
        """The one range where a step has few rows, the other where it has many."""
        few_rows, code = None if self.by_rows() else self.low.team.by_columns, self.code
        return code.choose(few_rows, few[0], many[0]), code.choose(few_rows, few[1], many[1])

    def _by_columns(self) -> bool:
        """Whether the columns of a weight can be shared evenly: then their thread also reads them in the forward pass."""
        tiles = -(-self.vectors // self.width)
        return tiles % self.low.team.size == 0 or tiles >= 4 * self.low.team.size

    def _down(self, at: Letters, width: int, down: Range) -> None:
        if not self.roles.tiled:
            self._tile(at, 1, width)
            return

        def tile(m: Index, height: int) -> None:
            self._tile({**at, self.roles.tiled: m}, height, width)

        tall, size = self.heights.get(width, 1), self.low.elements.size(self._dim(self.roles.tiled))
        if isinstance(size, int):
            # A thread's rows are whole tiles of this height.
            tall = _TALL if self._dim(self.roles.vector) is ROWS else self.heights[self.width]
            self.code.tiles(*down, size, tall, tile)
            return
        for start, stop, height in _pieces(self.code, down, [tall, tall // 4 if tall >= 8 else 2, 1]):
            self.code.each(start, stop, height, partial(tile, height=height))

    def _tile(self, at: Letters, height: int, width: int) -> None:
        """The sums of a tile, and what the group makes of them."""
        roles, code = self.roles, self.code
        rows = [{**at, roles.tiled: code.plus(at[roles.tiled], i)} if roles.tiled else at for i in range(height)]
        columns = [
            {**at, roles.vector: code.plus(at[roles.vector], j * self.lanes)} if roles.vector else at
            for j in range(width)
        ]
        if roles.first[:1] in rows[0]:
            for row in rows:
                self.low.elements.point(roles.x, row[roles.first[:1]])
        placed = [
            row | ({roles.vector: column[roles.vector]} if roles.vector else {}) for row in rows for column in columns
        ]
        places = [tuple(at[letter] for letter in roles.result) for at in placed]
        sums = self._sums(rows, columns, self.begun(places))

        def keep() -> None:
            assert self.partial is not None
            for place, total in zip(places, sums, strict=True):
                self.low.elements.store(total, self.partial, place)

        if self.block is None:
            self.give(places, sums)
        else:
            code.branch(self.block.last, partial(self.give, places, sums))
            code.branch(self.block.more, keep)

    def give(self, places: list[Place], sums: list[Operand]) -> None:
        """What is done with the sums of a tile."""
        self.low.finish_all(self.group, places, self.lanes, sums)

    def begun(self, places: list[Place]) -> list[Operand]:
        """What the sums of a tile are before its products are added: 0, or what they have come to in the blocks before."""
        zero = Const(register_type(self.node.dtype, self.lanes), 0.0)
        zeros: list[Operand] = [zero] * len(places)
        if self.block is None or self.partial is None:
            return zeros
        partial_sums = self.partial

        def load(_: Index, __: list[Operand]) -> list[Operand]:
            return [self.low.elements.load(partial_sums, place, self.lanes) for place in places]

        return self.code.loop(0, self.block.before, 1, zeros, load)

    def _sums(self, rows: list[Letters], columns: list[Letters], begun: list[Operand]) -> list[Operand]:
        """One sum for each row and column: Σ x · y over the inner letters, by fused multiply-add."""
        roles, code, elements = self.roles, self.code, self.low.elements
        type = register_type(self.node.dtype, self.lanes)

        def level(letters: list[str], inner: Letters, sums: list[Operand]) -> list[Operand]:
            if letters:
                letter, *rest = letters
                return self._along(letter, sums, lambda k, carried: level(rest, {**inner, letter: k}, carried))
            if roles.first[:1] in inner:
                elements.point(roles.x, inner[roles.first[:1]])
            ys = [self._operand(roles.y, roles.second, column | inner, self.lanes) for column in columns]
            result: list[Operand] = []
            for row in rows:
                x = code.spread(self._operand(roles.x, roles.first, row | inner, 1), self.lanes)
                result += [code.op("muladd", type, x, y, sums[len(result) + j]) for j, y in enumerate(ys)]
            return result

        return level(roles.inner, {}, begun)

    def _along(self, letter: str, sums: list[Operand], body: _Turn) -> list[Operand]:
        """Add up along a letter. Few sums wait for each other: several turns are recorded at once, in chains of their own."""
        size, code = self.low.elements.size(self.roles.dims[letter]), self.code
        if not isinstance(size, int):
            start, stop = (self.block.start, self.block.stop) if self.block else (0, size)
            return code.loop(start, stop, 1, sums, body)
        if letter == self.roles.first[-1] and panels(self.roles.x.shape, self.low.lanes):
            return self._along_panels(size, sums, body)
        chains = self.chains
        turns = max(_TURNS // len(sums) // chains, 1) * chains
        if size * len(sums) <= (_RECORDED if self.one_row else _TURNS):
            turns = max(size, 1)  # all of them
        parts: list[list[Operand]] = [sums]
        parts += [[Const(x.type, 0.0) for x in sums] for _ in range(chains - 1)]

        def several(k: Index, carried: list[Operand], count: int = turns) -> list[Operand]:
            own = [carried[i * len(sums) : (i + 1) * len(sums)] for i in range(chains)]
            for j in range(count):
                own[j % chains] = body(code.plus(k, j), own[j % chains])
            return [x for part in own for x in part]

        whole = size // turns * turns
        carried = code.loop(0, whole, turns, [x for part in parts for x in part], several)
        if size > whole:
            carried = several(whole, carried, size - whole)
        while len(carried) > len(sums):
            half = len(carried) // 2
            carried = [code.op("fadd", a.type, a, b) for a, b in zip(carried[:half], carried[half:], strict=True)]
        return carried

    def _along_panels(self, size: int, sums: list[Operand], body: _Turn) -> list[Operand]:
        """Add up along the columns of a matrix that lies in panels, one panel after another."""
        code, width = self.code, panel_width(self.low.lanes)

        def panel(p: Index, carried: list[Operand], length: int = width) -> list[Operand]:
            return code.loop(0, length, 1, carried, lambda k, inner: body(code.joined(p, width, k), inner))

        sums = code.loop(0, size // width, 1, sums, panel)
        return panel(size // width, sums, size % width)

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

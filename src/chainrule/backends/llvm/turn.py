"""Transposition of matrices in square blocks: a block is loaded, turned in registers, and stored.

Turning L vectors of L lanes takes log₂ L rounds; in the round of distance h, vectors whose numbers differ by h swap halves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chainrule.backends.llvm.code import Const, Index, Operand
from chainrule.backends.llvm.memory import panel_width, register_type
from chainrule.backends.llvm.plan import Group
from chainrule.graph import ROWS, Dim

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering


Range = tuple[Index, Index]


def can_turn(low: Lowering, group: Group) -> bool:
    """Whether a group is nothing but the transpose of a matrix that lies in memory as the code has it."""
    node = group.root
    permuted = node.op == "transpose" and node.rank == 2 and node.attributes["permutation"] == (1, 0)
    source = low.elements.buffers.get(node.inputs[0]) if permuted and len(group.members) == 1 else None
    return source is not None and source.order is None and node.dtype.is_float


def turn(low: Lowering, group: Group) -> None:
    """Record the loops of a transposition; threads own rows of the batch, or else columns of the result, as in contractions."""
    rows, columns = group.root.inputs[0].shape
    down: Range = (0, low.elements.size(rows)) if columns is ROWS else low.team.part(rows, panel_width(low.lanes))
    across: Range = low.team.part(columns, low.lanes) if columns is ROWS else (0, low.elements.size(columns))

    def band(c: Index, width: int) -> None:
        """All blocks that make `width` rows of the result."""
        _blocks(low, rows, down, lambda r, height: _block(low, group, r, c, height, width))

    _blocks(low, columns, across, band)


def _blocks(low: Lowering, dim: Dim, part: Range, body: Callable[[Index, int], None]) -> None:
    """Whole blocks, and what is left of a known length; arrays of rows have room for whole blocks."""
    if isinstance(dim, int):
        low.code.tiles(*part, dim, low.lanes, body)
    else:
        low.code.each(*part, low.lanes, lambda i: body(i, low.lanes))


def _block(low: Lowering, group: Group, r: Index, c: Index, height: int, width: int) -> None:
    """Turn a block of up to L × L numbers, at row r and column c of the matrix; padding may hold anything."""
    code, lanes, source = low.code, low.lanes, low.elements.buffers[group.root.inputs[0]]
    type = register_type(group.root.dtype, lanes)
    vectors: list[Operand] = [
        low.elements.load(source, (code.plus(r, i), c), lanes) if i < height else Const(type, 0.0) for i in range(lanes)
    ]
    distance = 1
    while distance < lanes:
        low_half = [j if not j & distance else (j ^ distance) + lanes for j in range(lanes)]
        high_half = [j | distance if not j & distance else j + lanes for j in range(lanes)]
        turned = list(vectors)
        for i in range(lanes):
            if not i & distance:
                a, b = vectors[i], vectors[i | distance]
                turned[i] = code.op("lanes", type, a, b, extra=low_half)
                turned[i | distance] = code.op("lanes", type, a, b, extra=high_half)
        vectors = turned
        distance *= 2
    for i in range(width):
        low.finish(group, (code.plus(c, i), r), lanes, {group.root: vectors[i]})

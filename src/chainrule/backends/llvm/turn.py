"""Transposition of matrices in square blocks: a block is loaded, turned in registers, and stored.

Turning L vectors of L lanes takes log₂ L rounds; in the round of distance h, vectors whose numbers differ by h swap halves.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chainrule.backends.llvm.code import Const, Index, Operand
from chainrule.backends.llvm.memory import register_type
from chainrule.backends.llvm.plan import Group

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering


def can_turn(low: Lowering, group: Group) -> bool:
    """Whether a group is nothing but the transpose of a stored matrix of known size."""
    node = group.root
    known = node.op == "transpose" and node.rank == 2 and all(isinstance(dim, int) for dim in node.shape)
    permuted = known and node.attributes["permutation"] == (1, 0)
    return permuted and node.dtype.is_float and len(group.members) == 1 and node.inputs[0] in low.elements.buffers


def turn(low: Lowering, group: Group) -> None:
    """Record the loops of a transposition; threads own rows of the result."""
    lanes, code = low.lanes, low.code
    rows, columns = group.root.inputs[0].shape
    assert isinstance(rows, int)
    assert isinstance(columns, int)

    def band(c: Index, width: int) -> None:
        """All blocks that make `width` rows of the result."""

        def block(r: Index, _: list[Operand], height: int = lanes) -> list[Operand]:
            _block(low, group, r, c, height, width)
            return []

        whole = rows // lanes * lanes
        code.loop(0, whole, lanes, [], block)
        if rows > whole:
            block(whole, [], rows - whole)

    def full(c: Index, _: list[Operand]) -> list[Operand]:
        band(c, lanes)
        return []

    whole = columns // lanes * lanes
    start, stop = low.team.split(whole, lanes)
    code.loop(start, stop, lanes, [], full)
    if columns > whole:
        low.team.alone(partial(band, whole, columns - whole))


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

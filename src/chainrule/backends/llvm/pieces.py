"""A long function in pieces: each loop of a step, and each branch, as a function of its own.

LLVM gives out registers for a function as a whole, which takes more time the longer it is, and more than in proportion. A call
takes some nanoseconds, which a step that is so long does not notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chainrule.backends.llvm.code import Branch, Leave, Loop, Op, Operand, Piece, Statement, Value

_LONG = 10_000  # statements of a function that is cut
_SHORT = 20  # statements that are no piece of their own


def in_pieces(block: Sequence[Statement]) -> list[Statement]:
    """The body of a function whose loops go over the steps, with what is long in a step in pieces, if it is long itself."""
    if length(block) < _LONG:
        return list(block)
    return [replace(x, body=[_piece(y) for y in x.body]) if isinstance(x, Loop) else x for x in block]


def _piece(statement: Statement) -> Statement:
    whole = isinstance(statement, Branch) or (isinstance(statement, Loop) and not statement.results)
    return Piece(free_values([statement]), [statement]) if whole and length([statement]) >= _SHORT else statement


def length(block: Iterable[Statement]) -> int:
    """How many statements there are, those inside of others included."""
    return sum(1 + (length(x.body) if isinstance(x, Loop | Branch) else 0) for x in block)


def free_values(block: Iterable[Statement]) -> list[Value]:
    """What is read in a block and given outside of it, in the order in which it is read."""
    read: dict[Value, None] = {}
    given: set[Value] = set()
    _look(block, read, given)
    return [x for x in read if x not in given]


def _look(block: Iterable[Statement], read: dict[Value, None], given: set[Value]) -> None:
    for statement in block:
        read |= dict.fromkeys(x for x in operands(statement) if isinstance(x, Value))
        if isinstance(statement, Op) and statement.result:
            given.add(statement.result)
        if isinstance(statement, Loop):
            given |= {statement.index, *statement.carried, *statement.results}
        if isinstance(statement, Loop | Branch):
            _look(statement.body, read, given)


def operands(statement: Statement) -> list[Operand]:
    """What a statement itself reads, its body apart."""
    if isinstance(statement, Op):
        return list(statement.operands)
    if isinstance(statement, Loop):
        return [statement.start, statement.stop, *statement.initial, *statement.next]
    return [statement.condition] if isinstance(statement, Branch | Leave) else []

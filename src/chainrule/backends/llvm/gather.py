"""What goes in and out by rows: the rows of a batch are gathered in the order given, and what is reported of each is put out.

Outside, rows come first and lie without padding; here they lie as the layout says. Data that is only read number by number stays
where it is: a large batch would not fit the cache twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.backends.llvm.code import I64, Index, Operand, Type, Value
from chainrule.backends.llvm.elements import Place
from chainrule.backends.llvm.layout import Layout
from chainrule.backends.llvm.memory import Buffer, dense_strides
from chainrule.backends.llvm.roles import Roles, is_dot
from chainrule.graph import ROWS, Node, Step, count

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering


def read_in_place(step: Step, layout: Layout) -> set[Node]:
    """The data of which only single numbers are read, for contractions: they are read where the caller has them."""
    data = {node for node in step.data.values() if node.rank == 2 and node.dtype.is_float}
    outputs = set(step.graph.outputs)
    for node in step.graph.nodes:
        single: Node | None = None
        if node.op == "contract" and layout is not Layout.ROWS and not (layout is Layout.ONE_ROW and is_dot(node)):
            roles = Roles(node)
            single = roles.x if roles.vector and roles.x is not roles.y else None
        data -= {x for x in node.inputs if x is not single}
    return data - outputs


def gather(low: Lowering, node: Node, raw: Buffer, into: Buffer, order: Value, first: Value) -> None:
    """Copy the rows of a batch, which begins at `first` of the order."""
    code, per_row = low.code, count(raw.shape)

    def row(i: Index, _: list[Operand]) -> list[Operand]:
        source = code.times(code.load(order, code.plus(first, i), I64), per_row)
        if low.layout is Layout.ROWS and node.rank > 1:
            _turned(low, raw, into, source, i)
        else:
            _straight(low, raw, into, source, i)
        return []

    start, stop = low.team.part(ROWS, 1)
    code.loop(start, stop, 1, [], row)
    low.team.wrote(node)


def _turned(low: Lowering, raw: Buffer, into: Buffer, source: Index, i: Index) -> None:
    """A row becomes a column, number by number."""
    code, dims = low.code, raw.shape[1:]

    def one(place: Place) -> None:
        at = code.plus(source, code.offset(place, dense_strides(dims)))
        code.store(code.load(raw.pointer, at, Type(raw.kind)), into.pointer, low.elements.offset(into, (*place, i)))

    low.nest(dims, [1] * len(dims), one)


def _straight(low: Lowering, raw: Buffer, into: Buffer, source: Index, i: Index) -> None:
    """A row stays a row: whole vectors, then the rest of each line, number by number."""
    code, dims = low.code, raw.shape[1:]
    if not dims:
        code.store(code.load(raw.pointer, source, Type(raw.kind)), into.pointer, low.elements.offset(into, (i,)))
        return
    *outer, width = dims
    assert isinstance(width, int)
    whole = width // low.lanes * low.lanes

    def line(place: Place) -> None:
        begin = code.plus(source, code.offset(place, dense_strides(dims)[:-1]))
        for start, stop, lanes in ((0, whole, low.lanes), (whole, width, 1)):

            def piece(j: Index, _: list[Operand], lanes: int = lanes) -> list[Operand]:
                x = code.load(raw.pointer, code.plus(begin, j), Type(raw.kind, lanes))
                code.store(x, into.pointer, low.elements.offset(into, (i, *place, j), vector=lanes > 1))
                return []

            code.loop(start, stop, lanes, [], piece)

    low.nest(tuple(outer), [1] * len(outer), line)


def scatter(low: Lowering, node: Node, into: Buffer, first: Index) -> None:
    """Put out what is reported of every row, from row `first` of the report on."""
    code, turned = low.code, low.layout is Layout.ROWS
    per_row = low.padded_count(into.shape, plain=True) if into.shape[1:] else 1
    into = into.at(code.times(first, per_row))
    lanes = 1 if turned or node.rank == 1 else low.lanes

    def body(place: Place) -> None:
        value = low.elements.value(node, place, lanes)
        low.elements.store(value, into, (place[-1], *place[:-1]) if turned else place)

    low.nest(node.shape, [1] * (node.rank - 1) + [lanes], body)

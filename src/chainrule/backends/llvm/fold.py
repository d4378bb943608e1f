"""What is added up in places: windows put back where they came from, rows of a table, and elements within rows.

A fold of products adds each to its place as it is made: they never lie in memory. Windows that do not overlap are stored where
they belong; where they do, and in the table, the order of a sum is that of the loops, the same for any team.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from chainrule.backends.llvm.code import I64, Const, Operand
from chainrule.backends.llvm.contract import Contraction
from chainrule.backends.llvm.elements import Place
from chainrule.backends.llvm.memory import register_type
from chainrule.backends.llvm.plan import Group
from chainrule.backends.llvm.views import SMALL_WINDOW, origin, within_rows
from chainrule.graph import ROWS, Node, Shape, count

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering


def lower_fold(low: Lowering, group: Group) -> None:
    """Record the sum of windows at every place."""
    node, x = group.root, group.root.inputs[0]
    if ROWS not in node.shape:
        low.team.alone(lambda: _fold(low, group, x, owned=False))
    else:
        _fold(low, group, x, owned=True)


def _fold(low: Lowering, group: Group, x: Node, *, owned: bool) -> None:
    node, product = group.root, x
    once = _each_once(node)
    while product.op == "transpose" and product not in low.elements.buffers:
        (product,) = product.inputs
    if product.op == "contract" and product not in low.elements.buffers:
        _clear(low, node, owned=owned)
        _FoldedContraction(low, group, product).record()
    else:
        if once != math.prod(dim for dim in node.shape if isinstance(dim, int)):
            _clear(low, node, owned=owned)
        _put(low, node, x, add=not once, owned=owned)
    _finish(low, group, owned=owned)


def _each_once(node: Node) -> int:
    """How many numbers of a row come from windows, if none comes from two; else 0."""
    a = node.attributes
    covered = [dim for axis, dim in enumerate(node.shape) if isinstance(dim, int) and axis not in a["axes"]]
    x = node.inputs[0]
    for axis, k, s, d in zip(a["axes"], a["size"], a["stride"], a["dilation"], strict=True):
        steps = x.shape[axis]
        assert isinstance(steps, int)
        if steps > 1 and s < (k - 1) * d + 1:
            return 0
        covered.append(steps * k)
    return math.prod(covered)


def _steps(shape: Shape, lanes: int) -> list[int]:
    return [1] * (len(shape) - 1) + [lanes] * bool(shape)


def _clear(low: Lowering, node: Node, *, owned: bool) -> None:
    """Zeros everywhere."""
    lanes = low.lanes if node.rank else 1
    zero, into = Const(register_type(node.dtype, lanes), 0), low.stored_at[node]
    low.nest(node.shape, _steps(node.shape, lanes), lambda at: low.elements.store(zero, into, at), owned=owned)


def _put(low: Lowering, node: Node, x: Node, *, add: bool, owned: bool) -> None:
    """Each number of x to its place, in vectors along the last axis of the result; all of a small window at once."""
    last, within = node.rank - 1, x.shape[node.rank :]
    along = last not in node.attributes["axes"]
    lanes = low.lanes if along else 1

    def one(place: Place) -> None:
        value = low.elements.value(x, place, lanes, along=last)
        _add(low, value, node, origin(low.elements, node, place), add=add)

    def all_of_window(place: Place) -> None:
        for offsets in itertools.product(*map(range, within)):  # type: ignore[arg-type]
            one((*place, *offsets))

    if along and count(within) <= SMALL_WINDOW:
        low.nest(x.shape[: node.rank], _steps(node.shape, lanes), all_of_window, owned=owned)
    else:
        low.nest(
            (*x.shape[:last], *within, x.shape[last]),
            _steps(x.shape, lanes),
            lambda turned: one((*turned[:last], turned[-1], *turned[last:-1])),
            owned=owned,
        )


def _add(low: Lowering, value: Operand, node: Node, at: Place, *, add: bool) -> None:
    into = low.stored_at[node]
    if add:
        old = low.elements.load(into, at, value.type.lanes)
        value = low.code.op("fadd" if node.dtype.is_float else "add", old.type, old, value)
    low.elements.store(value, into, at)


def _finish(low: Lowering, group: Group, *, owned: bool) -> None:
    """What else there is to do with the sums, where there is anything."""
    node = group.root
    if node not in low.checks.checked and node not in low.targets and node not in group.stored_for_health:
        return
    into, lanes = low.stored_at[node], low.lanes if node.rank else 1

    def body(at: Place) -> None:
        low.finish(group, at, lanes, {node: low.elements.load(into, at, lanes)})

    low.nest(node.shape, _steps(node.shape, lanes), body, owned=owned)


class _FoldedContraction(Contraction):
    """A contraction each of whose products is added where the fold has it."""

    def __init__(self, low: Lowering, group: Group, product: Node) -> None:
        super().__init__(low, group, product)
        self.fold = group.root
        axes: list[int] = list(range(product.rank))  # of the product, in the order of what the fold takes
        chain, node = [], group.root.inputs[0]
        while node is not product:
            chain.append(node.attributes["permutation"])
            (node,) = node.inputs
        for permutation in reversed(chain):
            axes = [axes[axis] for axis in permutation]
        self.axes = axes

    def by_rows(self) -> bool:
        """Places of one row may meet, those of different rows never."""
        return True

    def begun(self, places: list[Place]) -> list[Operand]:
        """What has been added there before."""
        into = self.low.stored_at[self.fold]
        return [self.low.elements.load(into, self._at(place), self.lanes) for place in places]

    def give(self, places: list[Place], sums: list[Operand]) -> None:
        """Put the sums in their places."""
        for place, total in zip(places, sums, strict=True):
            self.low.elements.store(total, self.low.stored_at[self.fold], self._at(place))

    def _at(self, place: Place) -> Place:
        return origin(self.low.elements, self.fold, tuple(place[axis] for axis in self.axes))


def lower_scatter(low: Lowering, group: Group) -> None:
    """Record the sums of the rows that ids send to each row of a table; a thread owns columns of it."""
    node, (x, ids) = group.root, group.root.inputs
    into, code = low.stored_at[node], low.code
    columns = node.shape[-1] if node.rank > 1 else 1
    assert isinstance(columns, int)
    lanes = low.lanes if node.rank > 1 else 1
    own = low.team.split(columns, low.lanes)

    def each(shape: Shape, body: Callable[[Place], None]) -> None:
        def line(place: Place) -> None:
            code.each(*own, lanes, lambda i: body((*place, i)))

        if node.rank > 1:
            low.nest(shape[:-1], [1] * (len(shape) - 1), line)
        else:
            low.nest(shape, [1] * len(shape), body)

    def add(place: Place) -> None:
        row = code.op("sext", I64, low.elements.value(ids, place[: ids.rank], 1))
        _add(low, low.elements.value(x, place, lanes), node, (row, *place[ids.rank :]), add=True)

    def finish(place: Place) -> None:
        low.finish(group, place, lanes, {node: low.elements.load(into, place, lanes)})

    def all_of_it() -> None:
        zero = Const(register_type(node.dtype, lanes), 0)
        each(node.shape, lambda place: low.elements.store(zero, into, place))
        each(x.shape, add)
        each(node.shape, finish)

    if node.rank > 1:
        all_of_it()
    else:
        low.team.alone(all_of_it)


def lower_scatter_within(low: Lowering, group: Group) -> None:
    """Record the sums of the values that ids send to each place within their row; a thread owns rows."""
    node, (x, ids) = group.root, group.root.inputs
    into, zero = low.stored_at[node], Const(register_type(node.dtype, low.lanes), 0)
    lanes = low.lanes if x.rank > ids.rank and node.shape[-1] is not ROWS else 1

    def add(place: Place) -> None:
        names, within = within_rows(node, ids, place)
        at = low.code.op("sext", I64, low.elements.value(ids, names, 1))
        _add(low, low.elements.value(x, place, lanes), node, within(at), add=True)

    def finish(place: Place) -> None:
        low.finish(group, place, low.lanes, {node: low.elements.load(into, place, low.lanes)})

    each, own = _steps(node.shape, low.lanes), _steps(x.shape, lanes)
    low.nest(node.shape, each, lambda place: low.elements.store(zero, into, place), owned=True)
    low.nest(x.shape, own, add, owned=True)
    low.nest(node.shape, each, finish, owned=True)

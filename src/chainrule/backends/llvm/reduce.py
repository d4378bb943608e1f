"""Loops that go through more than they give: sums and maxima, the place of a maximum, and what is added up in places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.backends.llvm.code import I64, Const, Index, Operand, Type
from chainrule.backends.llvm.elements import Place
from chainrule.backends.llvm.memory import register_type
from chainrule.backends.llvm.plan import Group
from chainrule.graph import DType, Node

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering

_COMBINE = {("reduce_sum", True): "fadd", ("reduce_sum", False): "add", ("reduce_max", True): "maximum"}
_LARGER = {DType.INT32: "smax", DType.UINT32: "umax", DType.UINT8: "umax"}


def lower_reduce(low: Lowering, group: Group, begin: Place = ()) -> None:
    """Record a sum or maximum over axes, and the rest of its group; `begin` is where the first axes are already."""
    (x,) = group.root.inputs
    axes = group.root.attributes["axes"]
    last_kept = bool(x.rank) and x.rank - 1 not in axes
    lanes = low.lanes if last_kept else 1
    kept = [axis for axis in range(x.rank) if axis not in axes]
    dims = tuple(x.shape[axis] for axis in kept)
    steps = [1] * max(len(dims) - 1, 0) + [lanes] * bool(dims)

    def body(place: Place) -> None:
        fixed = dict(zip(kept, place, strict=True))
        total = _total(low, x, group.root.op, axes, fixed, last_kept)
        low.finish(group, place, lanes, {group.root: total})

    low.nest(dims, steps, body, owned=not begin, begin=begin)


def _total(low: Lowering, x: Node, op: str, axes: tuple[int, ...], fixed: dict[int, Index], last_kept: bool) -> Operand:
    code = low.code
    type = register_type(x.dtype, low.lanes if x.rank else 1)
    name = _COMBINE[op, type.is_float] if op == "reduce_sum" or type.is_float else _LARGER[x.dtype]
    neutral = Const(type, 0 if op == "reduce_sum" else float("-inf") if type.is_float else _least(x.dtype))

    def level(remaining: tuple[int, ...], at: dict[int, Index], total: Operand) -> Operand:
        if not remaining:
            place = tuple(at[axis] for axis in range(x.rank))
            value = low.elements.value(x, place, type.lanes)
            if not last_kept and x.rank:
                value = _masked(low, value, place[-1], x.shape[-1], neutral)
            return value if total is neutral else code.combine(name, total, value)
        axis, *rest = remaining
        step = low.lanes if axis == x.rank - 1 else 1

        def turn(i: Index, carried: list[Operand]) -> list[Operand]:
            return [level(tuple(rest), {**at, axis: i}, carried[0])]

        return code.loop(0, low.elements.size(x.shape[axis]), step, [total], turn)[0]

    total = level(axes, fixed, neutral)
    if last_kept:
        return total
    last = low.elements.size(x.shape[-1]) if x.rank else 1
    return code.fold(name, total, min(last, type.lanes) if isinstance(last, int) else type.lanes)


def _masked(low: Lowering, value: Operand, first: Index, dim: object, neutral: Const) -> Operand:
    """A vector along the last axis, with the neutral number in its padding."""
    if isinstance(dim, int) and dim % low.lanes == 0:
        return value
    inside = low.code.below(first, low.elements.size(dim), low.lanes)
    return low.code.op("select", value.type, inside, value, neutral)


def lower_argmax(low: Lowering, group: Group) -> None:
    """Record the search for the place of the largest element along an axis."""
    (x,) = group.root.inputs
    axis, code = group.root.attributes["axis"], low.code

    def body(place: Place) -> None:
        def at(i: Index) -> Place:
            return (*place[:axis], i, *place[axis:])

        def turn(i: Index, carried: list[Operand]) -> list[Operand]:
            best, where = carried
            value = low.elements.value(x, at(i), 1)
            better = _beats(low, value, best, x.dtype)
            number = Const(Type("i32"), i) if isinstance(i, int) else code.op("trunc", Type("i32"), i)
            return [
                code.op("select", value.type, better, value, best),
                code.op("select", Type("i32"), better, number, where),
            ]

        start: list[Operand] = [low.elements.value(x, at(0), 1), Const(Type("i32"), 0)]
        _, where = code.loop(1, low.elements.size(x.shape[axis]), 1, start, turn)
        low.finish(group, place, 1, {group.root: where})

    low.nest(group.shape, [1] * len(group.shape), body, owned=True)


def _beats(low: Lowering, value: Operand, best: Operand, dtype: DType) -> Operand:
    """Whether a value is larger than the best so far; the first NaN beats everything."""
    code = low.code
    if not dtype.is_float:
        return code.compare("sgt" if dtype is DType.INT32 else "ugt", value, best)
    fresh = code.op("and", Type("i1"), code.compare("uno", value, value), code.compare("ord", best, best))
    return code.op("or", Type("i1"), code.compare("ogt", value, best), fresh)


def lower_accumulate(low: Lowering, group: Group) -> None:
    """fold and scatter_add: zeros, to which every input element is added in its place."""
    node, code = group.root, low.code
    into = low.stored_at[node]
    zero = Const(register_type(node.dtype, 1), 0)
    low.nest(node.shape, [1] * node.rank, lambda place: low.elements.store(zero, into, place))
    x = node.inputs[0]

    def body(place: Place) -> None:
        at = _destination(low, node, place)
        name = "fadd" if node.dtype.is_float else "add"
        old = low.elements.load(into, at, 1)
        low.elements.store(code.op(name, old.type, old, low.elements.value(x, place, 1)), into, at)

    low.nest(x.shape, [1] * x.rank, body)
    low.nest(
        node.shape,
        [1] * node.rank,
        lambda place: low.finish(group, place, 1, {node: low.elements.load(into, place, 1)}),
    )


def _destination(low: Lowering, node: Node, place: Place) -> Place:
    if node.op == "scatter_add":
        ids = node.inputs[1]
        row = low.code.op("sext", I64, low.elements.value(ids, place[: ids.rank], 1))
        return (row, *place[ids.rank :])
    a, rank = node.attributes, node.rank
    inner = list(place[:rank])
    for axis, offset, s, d in zip(a["axes"], place[rank:], a["stride"], a["dilation"], strict=True):
        inner[axis] = low.code.plus(low.code.times(inner[axis], s), low.code.times(offset, d))
    return tuple(inner)


def _least(dtype: DType) -> int:
    return -(2**31) if dtype is DType.INT32 else 0

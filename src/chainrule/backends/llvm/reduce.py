"""Loops that go through more than they give: sums and maxima, and the place of a maximum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.backends.llvm.code import Const, Index, Operand, Type
from chainrule.backends.llvm.elements import Place
from chainrule.backends.llvm.memory import register_type
from chainrule.backends.llvm.plan import Group
from chainrule.backends.llvm.views import SMALL_WINDOW, lies_along
from chainrule.graph import ROWS, DType, Node, count

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering

_COMBINE = {("reduce_sum", True): "fadd", ("reduce_sum", False): "add", ("reduce_max", True): "maximum"}
_LARGER = {DType.INT32: "smax", DType.UINT32: "umax", DType.UINT8: "umax"}


def lower_reduce(low: Lowering, group: Group, begin: Place = ()) -> None:
    """Record a sum or maximum over axes, and the rest of its group; `begin` is where the first axes are already."""
    (x,) = group.root.inputs
    axes = group.root.attributes["axes"]
    kept = [axis for axis in range(x.rank) if axis not in axes]
    along = _along(x, kept)
    lanes = low.lanes if along in kept else 1
    dims = tuple(x.shape[axis] for axis in kept)
    steps = [1] * max(len(dims) - 1, 0) + [lanes] * bool(dims)

    def body(place: Place) -> None:
        fixed = dict(zip(kept, place, strict=True))
        total = _total(low, x, group.root.op, axes, fixed, along)
        low.finish(group, place, lanes, {group.root: total})

    low.nest(dims, steps, body, owned=not begin, begin=begin)


def _along(x: Node, kept: list[int]) -> int:
    """The axis along which vectors run: the last one, or that of the channels where windows are reduced to one number each."""
    return kept[-1] if kept and x.shape[kept[-1]] is not ROWS and lies_along(x) == kept[-1] else x.rank - 1


def _total(low: Lowering, x: Node, op: str, axes: tuple[int, ...], fixed: dict[int, Index], along: int) -> Operand:
    """The sum or maximum at a place of the axes that are kept; the lanes of a vector along one that is not are folded."""
    code = low.code
    type = register_type(x.dtype, low.lanes if x.rank else 1)
    name = _COMBINE[op, type.is_float] if op == "reduce_sum" or type.is_float else _LARGER[x.dtype]
    neutral = Const(type, 0 if op == "reduce_sum" else float("-inf") if type.is_float else _least(x.dtype))

    def level(remaining: tuple[int, ...], at: dict[int, Index], total: Operand) -> Operand:
        if not remaining:
            place = tuple(at[axis] for axis in range(x.rank))
            value = low.elements.value(x, place, type.lanes, along=along)
            if along in axes:
                value = _masked(low, value, place[-1], x.shape[-1], neutral)
            return value if total is neutral else code.combine(name, total, value)
        axis, *rest = remaining
        step = low.lanes if axis == along else 1

        def turn(i: Index, carried: list[Operand]) -> list[Operand]:
            return [level(tuple(rest), {**at, axis: i}, carried[0])]

        if at_once and isinstance(dim := x.shape[axis], int):
            for i in range(dim):
                total = level(tuple(rest), {**at, axis: i}, total)
            return total
        return code.loop(0, low.elements.size(x.shape[axis]), step, [total], turn)[0]

    sizes = [x.shape[axis] for axis in axes]
    at_once = along not in axes and ROWS not in sizes and count(tuple(sizes)) <= SMALL_WINDOW
    total = level(axes, fixed, neutral)
    if along not in axes:
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


def _least(dtype: DType) -> int:
    return -(2**31) if dtype is DType.INT32 else 0

"""Rearranged arrays as they are read: an element, or a vector of them along any axis, at a place of the original.

Where the numbers of a vector lie side by side in the original, they are read together; elsewhere one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chainrule.backends.llvm.code import I64, Const, Index, Operand, Type, Value
from chainrule.backends.llvm.memory import register_type
from chainrule.graph import ROWS, Node

if TYPE_CHECKING:
    from chainrule.backends.llvm.elements import Elements, Place

WIDEST = 16  # numbers in a vector of any target: where one of these begins, one of every target does

SMALL_WINDOW = 16  # places that are recorded without a loop

Bound = tuple[int, int, int]  # an axis, where x begins along it, and how long x is


def one_by_one(elements: Elements, node: Node, place: Place, lanes: int, along: int) -> Operand:
    """A vector along an axis, number by number; behind the end of the axis its last number is repeated."""
    code, last = elements.code, elements.code.plus(elements.size(node.shape[along]), -1)
    numbers = [
        elements.value(node, (*place[:along], code.least(code.plus(place[along], k), last), *place[along + 1 :]), 1)
        for k in range(lanes)
    ]
    return code.op("joined", register_type(node.dtype, lanes), *numbers)


def _reshape(elements: Elements, node: Node, place: Place, lanes: int, along: int) -> Operand:
    (x,) = node.inputs
    same_last = bool(node.rank and x.rank) and node.shape[-1] == x.shape[-1]
    if same_last and x.shape[-1] is ROWS and x in elements.buffers:
        return elements.load(replace(elements.buffers[x], shape=node.shape), place, lanes)  # it lies there as it is
    if lanes > 1 and not (same_last and along == node.rank - 1):
        return one_by_one(elements, node, place, lanes, along)
    kept = 1 if same_last else 0
    linear: Index = 0
    for dim, i in zip(node.shape[: node.rank - kept], place, strict=False):
        linear = elements.code.plus(elements.code.times(linear, elements.size(dim)), i)
    inner: list[Index] = list(place[node.rank - kept :])
    for axis in range(x.rank - 1 - kept, 0, -1):
        size = elements.size(x.shape[axis])
        inner.insert(0, _divided(elements, "urem", linear, size))
        linear = _divided(elements, "udiv", linear, size)
    if x.rank > kept:
        inner.insert(0, linear)
    return elements.value(x, tuple(inner), lanes)


def _divided(elements: Elements, name: str, a: Index, b: Index) -> Index:
    if isinstance(a, int) and isinstance(b, int):
        return a // b if name == "udiv" else a % b
    return elements.code.op(name, I64, elements.code.index(a), elements.code.index(b))


def _transpose(elements: Elements, node: Node, place: Place, lanes: int, along: int) -> Operand:
    permutation = node.attributes["permutation"]
    inner: list[Index] = [0] * len(place)
    for axis, i in zip(permutation, place, strict=True):
        inner[axis] = i
    return elements.value(node.inputs[0], tuple(inner), lanes, along=permutation[along] if place else None)


def _slice(elements: Elements, node: Node, place: Place, lanes: int, along: int) -> Operand:
    start = node.attributes["start"]
    if lanes > 1 and (start[along] or 0) % lanes:
        return one_by_one(elements, node, place, lanes, along)
    inner = [elements.code.plus(i, low or 0) for i, low in zip(place, start, strict=True)]
    if (
        lanes > 1 and start[along] and isinstance(first := place[along], Value)
    ):  # no sum: it may reach into another panel
        inner[along] = elements.code.op("add", I64, first, Const(I64, start[along]))
    return elements.value(node.inputs[0], tuple(inner), lanes, along=along)


def _guarded(
    elements: Elements, x: Node, place: Place, bounds: list[Bound], other: Operand, lanes: int, along: int
) -> Operand:
    """x at the place moved by each bound, or `other` where that lies outside x."""
    code = elements.code
    inside: Operand | None = None
    inner = list(place)
    for axis, low, length in bounds:
        if length == 0:
            return other
        moved = code.index(code.plus(place[axis], -low))
        fits = code.compare("ult", moved, Const(I64, length))
        inside = fits if inside is None else code.op("and", Type("i1"), inside, fits)
        inner[axis] = code.op("select", I64, fits, moved, Const(I64, 0))
    value = elements.value(x, tuple(inner), lanes, along=along)
    return value if inside is None else code.op("select", value.type, inside, value, other)


def _pad(elements: Elements, node: Node, place: Place, lanes: int, along: int) -> Operand:
    (x,) = node.inputs
    widths = node.attributes["widths"]
    if lanes > 1 and widths[along] != (0, 0):
        return one_by_one(elements, node, place, lanes, along)
    bounds = [(axis, low, int(x.shape[axis])) for axis, (low, high) in enumerate(widths) if low or high]  # type: ignore[arg-type]
    filler = np.asarray(node.attributes["value"]).astype(node.dtype.numpy).item()
    other = Const(register_type(node.dtype, lanes), filler)
    return _guarded(elements, x, place, bounds, other, lanes, along)


def _concat(elements: Elements, node: Node, place: Place, lanes: int, along: int) -> Operand:
    axis, low = node.attributes["axis"], 0
    if lanes > 1 and along == axis:
        return one_by_one(elements, node, place, lanes, along)
    result: Operand = Const(register_type(node.dtype, lanes), 0)
    for x in node.inputs:
        length = int(x.shape[axis])
        result = _guarded(elements, x, place, [(axis, low, length)], result, lanes, along)
        low += length
    return result


def _windows(elements: Elements, node: Node, place: Place, lanes: int, along: int) -> Operand:
    a = node.attributes
    rank = node.rank - len(a["axes"])
    if lanes > 1 and (along >= rank or along in a["axes"]):
        return one_by_one(elements, node, place, lanes, along)
    return elements.value(node.inputs[0], origin(elements, node, place), lanes, along=along)


def origin(elements: Elements, node: Node, place: Place) -> Place:
    """Where an element of windows comes from, or one of what is folded goes to: `node` is the windows, or the fold."""
    a = node.attributes
    rank = len(place) - len(a["axes"])
    inner = list(place[:rank])
    for axis, offset, s, d in zip(a["axes"], place[rank:], a["stride"], a["dilation"], strict=True):
        inner[axis] = elements.code.plus(elements.code.times(inner[axis], s), elements.code.times(offset, d))
    return tuple(inner)


def _take(elements: Elements, node: Node, place: Place, lanes: int, along: int) -> Operand:
    table, ids = node.inputs
    if lanes > 1 and along < ids.rank:
        return one_by_one(elements, node, place, lanes, along)
    row = elements.code.op("sext", I64, elements.value(ids, place[: ids.rank], 1))
    return elements.value(table, (row, *place[ids.rank :]), lanes, along=along - ids.rank + 1)


def _take_within(elements: Elements, node: Node, place: Place, lanes: int, along: int) -> Operand:
    x, ids = node.inputs
    if lanes > 1 and (along < ids.rank or node.shape[-1] is ROWS):
        return one_by_one(elements, node, place, lanes, along)
    names, within = within_rows(node, ids, place)
    at = elements.code.op("sext", I64, elements.value(ids, names, 1))
    return elements.value(x, within(at), lanes, along=along - ids.rank + 2)


def within_rows(node: Node, ids: Node, place: Place) -> tuple[Place, Callable[[Index], Place]]:
    """The place of the id that belongs to a value at a place, and what the place of that value is in its row, by the id."""
    if node.shape[-1] is ROWS:
        row, inner = place[-1:], place[ids.rank - 1 : -1]
        return (*place[: ids.rank - 1], *row), lambda at: (at, *inner, *row)
    return place[: ids.rank], lambda at: (*place[:1], at, *place[ids.rank :])


VIEWS: dict[str, Callable[[Elements, Node, Place, int, int], Operand]] = {
    "reshape": _reshape,
    "transpose": _transpose,
    "slice": _slice,
    "pad": _pad,
    "concat": _concat,
    "windows": _windows,
    "take": _take,
    "take_within": _take_within,
}


def keeps_last(node: Node) -> bool:
    """Whether neighbours along the last axis of a rearranged array are neighbours in the original."""
    a, last = node.attributes, node.rank - 1
    if not node.rank or not node.inputs[0].rank:
        return False
    if node.op == "transpose":
        return bool(a["permutation"][last] == last)
    if node.op == "slice":
        return not a["start"][last]
    if node.op == "pad":
        return bool(a["widths"][last] == (0, 0))
    if node.op == "concat":
        return bool(a["axis"] != last)
    if node.op == "take":
        return node.inputs[0].rank > 1
    if node.op == "take_within":
        return node.inputs[0].rank > 2 or node.shape[-1] is ROWS
    return node.op == "reshape" and node.shape[-1] == node.inputs[0].shape[-1]


def begins_vector(node: Node) -> bool:
    """Whether the vectors along the last axis of a slice are vectors of the original."""
    return bool(node.rank) and (node.attributes["start"][-1] or 0) % WIDEST == 0


def lies_along(node: Node) -> int | None:
    """The axis along which the numbers of a node lie side by side in memory, seen through views; None for a single number."""
    if node.op == "windows":
        axis = lies_along(node.inputs[0])
        return None if axis in node.attributes["axes"] else axis
    if node.op == "transpose":
        axis = lies_along(node.inputs[0])
        return None if axis is None else node.attributes["permutation"].index(axis)
    if node.op == "broadcast":
        axis = lies_along(node.inputs[0])
        kept = [i for i in range(node.rank) if i not in node.attributes["axes"]]
        return None if axis is None else kept[axis]
    if node.primitive.elementwise:
        found = [axis for axis in map(lies_along, node.inputs) if axis is not None]
        return max(found) if found else node.rank - 1 if node.rank else None
    return node.rank - 1 if node.rank else None

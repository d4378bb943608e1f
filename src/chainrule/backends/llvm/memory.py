"""Where things lie: a table of pointers, one for each array that a step reads or writes.

Every array is row-major, with its last axis padded to whole vectors, so that loops need no tails; what the padding holds is never
used. Rows may be any number up to the capacity, which is known only when the code runs.

A wide matrix lies in panels: all of its first few columns, row by row, then all of the next few. A tile of a contraction then
reads one stretch of memory, and threads that own different columns share no line of the cache. Only what the caller sees row by
row, data and reports, lies as he has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends.llvm.code import Code, Index, Type, Value
from chainrule.graph import ROWS, DType, Shape

KINDS = {
    DType.FLOAT32: "f32",
    DType.FLOAT64: "f64",
    DType.INT32: "i32",
    DType.UINT32: "i32",
    DType.UINT8: "i8",
    DType.BOOL: "i8",
}


Array = NDArray[Any]

_PANEL = 4  # vectors in a row of a panel: as many as a tile has


Life = tuple[int, int]  # the first and the last phase of a step in which an array is needed


@dataclass(frozen=True)
class Slot:
    """An entry of the table: what the array is for ("state", "data", "scratch", ...), its name, and its type.

    Arrays of kind "scalar", "metric" and "health" have one entry a step, those of kind "data" and "rows" lie unpadded. One with a
    `life`, its first and its last phase, may share memory with others.
    """

    kind: str
    name: str
    shape: Shape = ()
    dtype: DType = DType.FLOAT32
    value: NDArray[Any] | None = None
    life: Life | None = None

    @property
    def plain(self) -> bool:
        """Whether the array lies row by row, never in panels."""
        return self.kind == "rows"


@dataclass(frozen=True, eq=False)
class Buffer:
    """An array as the code sees it: a pointer, where it begins behind it, its shape and what it holds.

    With an `order`, it is data as the caller has it, without padding: its rows are those that the order names, from `base` on.
    A `plain` one lies row by row, never in panels. Where its rows are not as far apart as they would be by themselves, because
    they are parts of larger ones, it is `apart` that says how far.
    """

    pointer: Value
    shape: Shape
    dtype: DType
    base: Index = 0
    order: Value | None = None
    plain: bool = False
    apart: Index | None = None

    def at(self, base: Index) -> Buffer:
        """The same kind of array, beginning elsewhere."""
        return replace(self, base=base)

    @property
    def kind(self) -> str:
        """The kind of number in memory; truth values are bytes."""
        return KINDS[self.dtype]


def row_length(n: int, lanes: int) -> int:
    """How far apart rows of n numbers lie: whole vectors, and off the powers of two, which would share a few lines of the cache.

    >>> row_length(10, 16), row_length(256, 16), row_length(7, 1)
    (16, 272, 7)
    """
    vectors = -(-n // lanes)
    crowded = lanes > 1 and vectors >= 8 and vectors % 4 == 0
    return (vectors + crowded) * lanes


def capacity_of(slots: Iterable[Slot], lanes: int, rows: int) -> int:
    """The rows that arrays have room for: so many, or whole vectors of them where an array has them last, line by line.

    Blocks that are turned, from rows first to rows last or back, may then read and write whole vectors of rows.
    """
    lines = any(slot.kind == "scratch" and len(slot.shape) > 1 and slot.shape[-1] is ROWS for slot in slots)
    return row_length(rows, lanes) if lines else rows


def panel_width(lanes: int) -> int:
    """The numbers in a row of a panel."""
    return _PANEL * lanes


def panels(shape: Shape, lanes: int) -> int:
    """In how many panels an array lies; 0 if it does not.

    >>> panels((784, 100), 16), panels((784, 64), 16), panels((100, ROWS), 16)
    (2, 0, 0)
    """
    wide = shape[1] if len(shape) == 2 and lanes > 1 else 0
    return -(-wide // panel_width(lanes)) if isinstance(wide, int) and wide > panel_width(lanes) else 0


def padded(shape: Shape, lanes: int, rows: int, *, plain: bool = False) -> tuple[int, ...]:
    """The shape in memory, for a capacity of `rows`; without panels, if it is `plain`.

    >>> padded((ROWS, 10), 16, 32), padded((), 16, 32), padded((784, 100), 16, 32)
    ((32, 16), (), (2, 784, 64))
    """
    sized = [rows if dim is ROWS else dim for dim in shape]
    if (found := panels(shape, lanes)) and not plain:
        return found, sized[0], panel_width(lanes)
    if sized:
        sized[-1] = row_length(sized[-1], lanes)
    return tuple(sized)


def place_offset(
    code: Code, buffer: Buffer, place: Sequence[Index], lanes: int, capacity: Index, *, vector: bool
) -> Index:
    """How far behind its beginning the element of an array at a place lies, or the first of a vector."""
    shape = buffer.shape
    if panels(shape, lanes) and not buffer.plain and buffer.apart is None:
        row, column = place
        width, height = panel_width(lanes), capacity if shape[0] is ROWS else shape[0]
        panel, within = code.split(column, width, aligned=vector)
        stretch = code.times(panel, code.times(height, width))
        return code.plus(code.plus(stretch, code.times(row, width)), within)
    if len(shape) > 1 and shape[-1] is ROWS and buffer.apart is None:  # all lines are as long as the capacity
        line = code.offset(place[:-1], dense_strides(shape[:-1]))
        return code.plus(code.times(line, capacity), place[-1])
    strides: list[Index] = []
    step: Index = 1
    for i, dim in enumerate(reversed(shape)):
        strides.append(step)
        size: Index = capacity if dim is ROWS else row_length(dim, lanes) if i == 0 else dim
        step = code.times(step, size)
    if buffer.apart is not None:
        strides[-1] = buffer.apart
    return code.offset(place, strides[::-1])


def dense_strides(shape: Shape) -> list[Index]:
    """How far apart neighbours along each axis lie, without padding."""
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]  # type: ignore[arg-type]


def register_type(dtype: DType, lanes: int) -> Type:
    """The type of numbers of a dtype in a register; truth values are single bits."""
    return Type("i1" if dtype is DType.BOOL else KINDS[dtype], lanes)


def allocate(slot: Slot, lanes: int, rows: int, leading: tuple[int, ...] = ()) -> Array:
    """A zeroed array for a slot, aligned to 64 bytes; an array of them, with leading axes."""
    shape = leading + padded(slot.shape, lanes, rows, plain=slot.plain) or (1,)
    return zeroed(math.prod(shape) * slot.dtype.numpy.itemsize).view(slot.dtype.numpy).reshape(shape)


def zeroed(size: int) -> NDArray[np.uint8]:
    """So many bytes, aligned to 64."""
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size]


def parts(array: Array, values: Array, slot: Slot, lanes: int) -> list[tuple[Array, Array]]:
    """The pieces of the array of a slot, or of an array of them, each with the numbers of `values` that belong there."""
    if slot.plain or not panels(slot.shape, lanes):
        return [(_inner(array, slot.shape), values)]
    width = array.shape[-1]
    pieces = [values[..., i * width : (i + 1) * width] for i in range(array.shape[-3])]
    return [(array[..., i, :, : piece.shape[-1]], piece) for i, piece in enumerate(pieces)]


def put(array: Array, values: Array, slot: Slot, lanes: int) -> None:
    """Fill the array of a slot, or an array of them, which lie as they do in memory."""
    for part, piece in parts(array, values, slot, lanes):
        part[...] = piece


def got(array: Array, slot: Slot, lanes: int) -> Array:
    """The numbers of the array of a slot, or of an array of them, which lie as they do in memory."""
    if slot.plain or not panels(slot.shape, lanes):
        return _inner(array, slot.shape)
    joined = np.moveaxis(array, -3, -2)
    return joined.reshape(*joined.shape[:-2], -1)[..., : slot.shape[-1]]


def _inner(array: Array, shape: Shape) -> Array:
    """An array without the padding of its last axis, where its entries have the given shape."""
    if not shape:
        return array.reshape(-1)[: array.size] if array.ndim != 1 else array
    return array[..., : shape[-1]] if isinstance(shape[-1], int) else array

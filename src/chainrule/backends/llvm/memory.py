"""Where things lie: a table of pointers, one for each array that a step reads or writes.

Every array is row-major, with its last axis padded to whole vectors, so that loops need no tails; what the padding holds is never
used. Rows may be any number up to the capacity, which is known only when the code runs.
"""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Slot:
    """An entry of the table: what the array is for ("state", "data", "scratch", ...), its name, and its type.

    Arrays of kind "scalar", "metric" and "health" have one entry a step, those of kind "data" and "rows" lie unpadded.
    """

    kind: str
    name: str
    shape: Shape = ()
    dtype: DType = DType.FLOAT32
    value: NDArray[Any] | None = None


@dataclass(frozen=True, eq=False)
class Buffer:
    """An array as the code sees it: a pointer, where it begins behind it, its shape and what it holds."""

    pointer: Value
    shape: Shape
    dtype: DType
    base: Index = 0

    def at(self, base: Index) -> Buffer:
        """The same kind of array, beginning elsewhere."""
        return Buffer(self.pointer, self.shape, self.dtype, base)

    @property
    def kind(self) -> str:
        """The kind of number in memory; truth values are bytes."""
        return KINDS[self.dtype]


def padded(shape: Shape, lanes: int, rows: int) -> tuple[int, ...]:
    """The shape in memory, for a capacity of `rows` (a multiple of the lanes).

    >>> padded((ROWS, 10), 16, 32), padded((), 16, 32)
    ((32, 16), ())
    """
    sized = [rows if dim is ROWS else dim for dim in shape]
    if sized:
        sized[-1] = -(-sized[-1] // lanes) * lanes
    return tuple(sized)


def strides(code: Code, shape: Shape, lanes: int, capacity: Value) -> list[Index]:
    """How far apart neighbours along each axis lie."""
    result: list[Index] = []
    step: Index = 1
    for i, dim in enumerate(reversed(shape)):
        result.append(step)
        size: Index = capacity if dim is ROWS else -(-dim // lanes) * lanes if i == 0 else dim
        step = code.times(step, size)
    return result[::-1]


def register_type(dtype: DType, lanes: int) -> Type:
    """The type of numbers of a dtype in a register; truth values are single bits."""
    return Type("i1" if dtype is DType.BOOL else KINDS[dtype], lanes)


def allocate(slot: Slot, lanes: int, rows: int) -> NDArray[Any]:
    """A zeroed array for a slot, aligned to 64 bytes."""
    shape = padded(slot.shape, lanes, rows) or (1,)
    size = int(np.prod(shape)) * slot.dtype.numpy.itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(slot.dtype.numpy).reshape(shape)

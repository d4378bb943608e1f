"""The type of a node: its shape and the kind of number it holds.

The number of rows (examples in a batch) is a symbol, `ROWS`; every other dimension is a number that is known when the graph
is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import DTypeLike

from chainrule.errors import GraphError


class Rows(Enum):
    """The symbol for the number of rows; it prints as ``n``."""

    ROWS = "n"

    def __repr__(self) -> str:
        return self.value


ROWS = Rows.ROWS
Dim = int | Rows
Shape = tuple[Dim, ...]


class DType(Enum):
    """The kinds of number that a graph computes with."""

    FLOAT32 = "float32"
    FLOAT64 = "float64"
    INT32 = "int32"
    UINT32 = "uint32"
    UINT8 = "uint8"
    BOOL = "bool"

    @property
    def is_float(self) -> bool:
        """Whether derivatives flow through numbers of this kind."""
        return self in (DType.FLOAT32, DType.FLOAT64)

    @property
    def numpy(self) -> np.dtype[np.generic]:
        """The NumPy dtype of the same name."""
        return np.dtype(self.value)

    @staticmethod
    def of(dtype: DTypeLike | DType) -> DType:
        """The DType of a NumPy dtype or a name.

        >>> DType.of(np.float32)
        <DType.FLOAT32: 'float32'>
        """
        if isinstance(dtype, DType):
            return dtype
        try:
            return DType(np.dtype(dtype).name)
        except (TypeError, ValueError):
            known = ", ".join(kind.value for kind in DType)
            raise GraphError(f"A graph has no numbers of dtype {dtype}; it has {known}.") from None


@dataclass(frozen=True, slots=True)
class TensorType:
    """A shape and a dtype, written as ``float32[n, 784]``.

    >>> TensorType((ROWS, 784), DType.FLOAT32)
    float32[n, 784]
    """

    shape: Shape
    dtype: DType

    def __post_init__(self) -> None:
        for dim in self.shape:
            if dim is not ROWS and (isinstance(dim, bool) or not isinstance(dim, int) or dim < 0):
                raise GraphError(f"A dimension is a whole number or the row symbol, but {self.shape} has {dim!r}.")

    def __repr__(self) -> str:
        return f"{self.dtype.value}{show_shape(self.shape, '[]')}"

    @property
    def rank(self) -> int:
        """The number of dimensions."""
        return len(self.shape)


def show_shape(shape: Shape, brackets: str = "()") -> str:
    """A shape as text: ``(n, 784)``."""
    return brackets[0] + ", ".join(repr(dim) for dim in shape) + brackets[1]


def count(shape: Shape) -> int:
    """The number of elements of a shape, or of one row of it where it has rows.

    >>> count((ROWS, 28, 28))
    784
    """
    product = 1
    for dim in shape:
        product *= 1 if isinstance(dim, Rows) else dim
    return product

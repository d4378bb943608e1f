"""What an explanation is made of: quantities with their formulae, in sections, and how they print as text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

NOTATION = (
    "A row stands for each of n examples; weight[i, j] joins input i to unit j: it is the w_ji of textbooks.",
    "⊙ multiplies number by number, ᵀ turns a matrix, δ is ∂L/∂z, g a gradient, u what is added to a parameter.",
)

_WIDTH = 110
_DIGITS = 6  # of a single number; the largest of an array has two fewer
_MOST_DECIMALS = 9
_MOST_PLANES = 8  # matrices of an array of images
_MOST, _EDGE = 60, 3  # of an array with more numbers, those at the edges are shown


@dataclass(frozen=True, eq=False)
class Quantity:
    """One of the things that a step computes: its name, such as "dense1/z", its symbol, and how it is made.

    `shapes` are the shapes of what it is made of, and its own. `code` says that the formula is a line of the graph. A `value`
    of None is that of a derivation, in which nothing has a number.
    """

    name: str
    symbol: str
    formula: str
    shapes: str
    code: bool = False
    value: Array | None = None

    def planes(self) -> tuple[list[tuple[str, Array]], int]:
        """The matrices of images or of a kernel, with their places, and how many more there are; none of other arrays."""
        if self.value is None or self.value.ndim != 4 or not self.value.size:
            return [], 0
        return planes_of(self.value, 2 if "/weight" in self.name else 3)

    def __str__(self) -> str:
        head = f"{self.symbol} = {self.formula}" if self.formula else self.symbol
        shapes = f"    {self.shapes}" if self.shapes else ""
        if self.value is None:
            return f"  {head}{shapes}"
        planes, more = self.planes()
        numbers = planes_text(planes, more) if planes else array_text(self.value)
        if self.value.ndim == 0:
            return f"  {head} = {numbers}"
        return "\n".join([f"  {head}{shapes}", *(f"      {line}" for line in numbers.splitlines())])


@dataclass(frozen=True, eq=False)
class Section:
    """What belongs together: the forward pass of a layer, the loss, the backward pass of a layer, the update of an array.

    `stage` is "batch", "forward", "loss", "backward" or "update"; `path` is the name of the layer or the array, "" for the batch
    and the loss.
    """

    stage: str
    path: str
    title: str
    quantities: tuple[Quantity, ...]

    def __str__(self) -> str:
        return "\n".join([self.title, *map(str, self.quantities)])


def array_text(value: Array) -> str:
    """An array as text; of a large one, the numbers at its edges."""
    if value.ndim == 0:
        return scalar_text(value)
    decimals, plain = _decimals(value)
    return np.array2string(
        value + 0.0 if value.dtype.kind == "f" else value,  # there is no −0
        max_line_width=_WIDTH,
        precision=decimals if plain else _DIGITS - 3,
        suppress_small=plain,
        threshold=_MOST,
        edgeitems=_EDGE,
    )


def planes_of(value: Array, last: int) -> tuple[list[tuple[str, Array]], int]:
    """The matrices of an array of four axes, each with its place, and how many more there are.

    A matrix lies along the axes `last` − 2 and `last` − 1: 1 and 2 of images, 0 and 1 of a kernel.
    """
    at = [i for i in range(4) if not last - 2 <= i < last]
    moved, found = np.moveaxis(value, at, (0, 1)), []
    places = list(np.ndindex(moved.shape[:2]))
    for i, j in places[:_MOST_PLANES]:
        index = [":"] * 4
        index[at[0]], index[at[1]] = str(i), str(j)
        found.append((f"[{', '.join(index)}]", moved[i, j]))
    return found, len(places) - len(found)


def planes_text(planes: list[tuple[str, Array]], more: int) -> str:
    """Matrices with their places, side by side, and a line for those that are left out."""
    blocks = []
    for place, matrix in planes:
        lines = [place, *array_text(matrix).splitlines()]
        blocks.append([line.ljust(max(map(len, lines))) for line in lines])
    across = max(1, (_WIDTH + 2) // (len(blocks[0][0]) + 2))
    bands = [blocks[k : k + across] for k in range(0, len(blocks), across)]
    rows = ["\n".join("  ".join(parts).rstrip() for parts in zip(*band, strict=True)) for band in bands]
    return "\n".join([*rows, *([f"and {more:,} more"] if more else [])])


def scalar_text(value: Array) -> str:
    """A single number as text."""
    return f"{value.item():.{_DIGITS}g}" if value.dtype.kind == "f" else str(value.item())


def _decimals(value: Array) -> tuple[int, bool]:
    """How many decimals show four digits of the largest number of an array, and whether it needs no powers of ten."""
    finite = np.abs(value[np.isfinite(value)])
    largest = float(finite.max(initial=0.0))
    decimals = _DIGITS - 3 - math.floor(math.log10(largest)) if largest else 0
    return max(decimals, 0), decimals <= _MOST_DECIMALS and largest < 10.0**_DIGITS


@dataclass(frozen=True)
class Excerpt:
    """An array as a table of texts: all of it, or its edges. None stands for what is left out."""

    rows: list[list[str] | None]
    columns: list[int | None]  # the column of each place, None where some are left out


def excerpt(value: Array, most_rows: int = 8, most_columns: int = 8) -> Excerpt:
    """The numbers of an array with at least one dimension; the last dimension runs from left to right."""
    table = value.reshape(-1, value.shape[-1] if value.size else 1) if value.ndim > 1 else value[None]
    style = _style(value)
    rows, columns = _edges(table.shape[0], most_rows), _edges(table.shape[1], most_columns)

    def cell(i: int, j: int | None) -> str:
        return "…" if j is None else _minus(format(table[i, j].item() + 0, style))

    return Excerpt([None if i is None else [cell(i, j) for j in columns] for i in rows], columns)


def _style(value: Array) -> str:
    """The format of the numbers of an array: as many decimals as one of them needs."""
    if value.dtype.kind != "f":
        return ""
    decimals, plain = _decimals(value)
    if not plain:
        return f".{_DIGITS - 3}e"
    finite = value[np.isfinite(value)].round(decimals)
    return f".{next(d for d in range(decimals + 1) if d == decimals or np.array_equal(finite, finite.round(d)))}f"


def _minus(text: str) -> str:
    zero = text.startswith("-") and not text.strip("-0.e+")
    return text[1:] if zero else text.replace("-", "−")


def _edges(count: int, most: int) -> list[int | None]:
    """The places from 0 to count, or with None in the middle those at both ends."""
    if count <= most:
        return list(range(count))
    half = (most - 1) // 2
    return [*range(half), None, *range(count - half, count)]

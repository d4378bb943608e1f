"""An explanation: the quantities of one training step, in the order in which they are computed, each with formula and numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, check_name, check_number
from chainrule.explain.checking import GradientCheck
from chainrule.explain.following import Followed, Follower
from chainrule.graph import Node

Array = NDArray[Any]

_WIDTH = 110
_DIGITS = 6  # of a single number; the largest of an array has two fewer
_MOST_DECIMALS = 9
_MOST, _EDGE = 60, 3  # of an array with more numbers, those at the edges are shown


@dataclass(frozen=True, eq=False)
class Quantity:
    """One of the things that a step computes: its name, such as "dense1/z", its symbol, how it is made, and its numbers.

    `shapes` are the shapes of what it is made of, and its own.
    """

    name: str
    symbol: str
    formula: str
    shapes: str
    value: Array

    def __str__(self) -> str:
        head = f"{self.symbol} = {self.formula}" if self.formula else self.symbol
        numbers = _numbers(self.value)
        if self.value.ndim == 0:
            return f"  {head} = {numbers}"
        shapes = f"    {self.shapes}" if self.shapes else ""
        return "\n".join([f"  {head}{shapes}", *(f"      {line}" for line in numbers.splitlines())])


@dataclass(frozen=True, eq=False)
class Section:
    """What belongs together: the forward pass of a layer, the loss, the backward pass of a layer, the update of an array."""

    title: str
    quantities: tuple[Quantity, ...]

    def __str__(self) -> str:
        return "\n".join([self.title, *map(str, self.quantities)])


@dataclass(frozen=True, eq=False)
class Explanation:
    """One training step as a worked example. It prints as text, and gives each of its numbers by name.

    Names are those of layers and parameters: "dense1/z", "dense1/a", "dense1/delta" (δ = ∂L/∂z), "dense1/weight/gradient",
    "dense1/weight/next", "loss". `check` compares some gradients of each parameter with finite differences; it is None where the
    loss is not finite.
    """

    sections: tuple[Section, ...]
    _follower: Follower = field(repr=False)
    _followed: Mapping[str, tuple[Node, str]] = field(repr=False)
    check: GradientCheck | None = None

    def __iter__(self) -> Iterator[Quantity]:
        return (quantity for section in self.sections for quantity in section.quantities)

    def __getitem__(self, name: str) -> Array:
        known = {quantity.name: quantity.value for quantity in self}
        return known[check_name("the name of a quantity", name, known)]

    def follow(self, number: str, depth: int = 1) -> Followed:
        """One number of a gradient, such as "dense1/weight[3, 7]" or "dense2/delta[0, 1]", as a sum of products.

        Each product is a path by which the number comes about, through `depth` layers: the δ there are its last factors. A name
        without "/delta" or "/gradient" means the gradient of that parameter.
        """
        found = re.fullmatch(r"(.+?)\s*\[([-\d,\s]*)\]", number) if isinstance(number, str) else None
        if not found:
            raise ArgumentError(f'Write a name and a place, such as "dense1/weight[3, 7]", instead of {number!r}.')
        known = {name.removesuffix("/gradient"): value for name, value in self._followed.items()}
        name = check_name("the name of a gradient", found[1].removesuffix("/gradient"), known)
        node, label = known[name]
        shape, index = self._follower.values[node].shape, tuple(int(i) for i in found[2].split(",") if i.strip())
        if len(index) != len(shape) or not all(0 <= i < n for i, n in zip(index, shape, strict=True)):
            raise ArgumentError(f"{number!r}: {name} has the shape {shape}, and places are counted from 0.")
        layers = int(check_number("depth", depth, low=1, integer=True))
        return self._follower.follow(node, index, f"{label} at {list(index)}", layers)

    def names(self) -> list[str]:
        """The names of all quantities, in order."""
        return [quantity.name for quantity in self]

    def __str__(self) -> str:
        check = "The loss is not finite, so there are no gradients." if self.check is None else self.check.verdict()
        return "\n\n".join([*map(str, self.sections), check])

    __repr__ = __str__


def _numbers(value: Array) -> str:
    """An array as text; of a large one, the numbers at its edges."""
    if value.ndim == 0:
        return f"{value.item():.{_DIGITS}g}" if value.dtype.kind == "f" else str(value.item())
    finite = np.abs(value[np.isfinite(value)])
    largest = float(finite.max(initial=0.0))
    decimals = _DIGITS - 3 - math.floor(math.log10(largest)) if largest else 0
    plain = decimals <= _MOST_DECIMALS and largest < 10.0**_DIGITS
    return np.array2string(
        value + 0.0 if value.dtype.kind == "f" else value,  # there is no −0
        max_line_width=_WIDTH,
        precision=max(decimals, 0) if plain else _DIGITS - 3,
        suppress_small=plain,
        threshold=_MOST,
        edgeitems=_EDGE,
    )

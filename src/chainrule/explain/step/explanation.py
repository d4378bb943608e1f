"""An explanation: the quantities of one training step, in the order in which they are computed, each with formula and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from chainrule.errors import ArgumentError, check_name, check_number
from chainrule.explain.checking.check import GradientCheck
from chainrule.explain.step.columns import Column
from chainrule.explain.step.following import Followed, Follower
from chainrule.explain.step.quantities import NOTATION, Quantity, Section
from chainrule.explain.writing.output import Output
from chainrule.graph import Node

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Output):
    """One training step as a worked example. It prints as text, and gives each of its numbers by name.

    Names are those of layers and parameters: "dense1/z", "dense1/a", "dense1/delta" (δ = ∂L/∂z), "dense1/weight/gradient",
    "dense1/weight/next", "loss". `check` compares some gradients of each parameter with finite differences; it is None where the
    loss is not finite.
    """

    sections: tuple[Section, ...]
    columns: tuple[Column, ...]
    _follower: Follower = field(repr=False)
    _followed: Mapping[str, tuple[Node, str]] = field(repr=False)
    check: GradientCheck | None = None

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """The numbers of all quantities, by name."""
        return {quantity.name: quantity.value for quantity in self if quantity.value is not None}

    def __iter__(self) -> Iterator[Quantity]:
        return (quantity for section in self.sections for quantity in section.quantities)

    def __getitem__(self, name: str) -> Array:
        return self.values[check_name("the name of a quantity", name, self.values)]

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
        if len(index) == len(shape):
            for i, n in zip(index, shape, strict=True):
                if not 0 <= i < n:
                    raise ArgumentError(
                        f"{number!r}: {name} has the shape {shape}, counted from 0: {i} is not one of 0 to {n - 1}."
                    )
        else:
            expected = "1 number" if len(shape) == 1 else f"{len(shape)} numbers"
            raise ArgumentError(
                f"{number!r}: {name} has the shape {shape}, so a place in it is {expected}, counted from 0."
            )
        layers = int(check_number("depth", depth, low=1, integer=True))
        return self._follower.follow(node, index, f"{label} at {list(index)}", layers)

    def names(self) -> list[str]:
        """The names of all quantities, in order."""
        return [quantity.name for quantity in self]

    def to_text(self) -> str:
        """Aligned text, as `print` shows it."""
        return "\n\n".join(["\n".join([self.title, *NOTATION]), *map(str, self.sections), self.verdict])

    def to_latex(self) -> str:
        """LaTeX to be put into a document that uses the package amsmath."""
        from chainrule.explain.writing.latex_document import fragment_of

        return fragment_of(self.title, self.sections, self.verdict)

    def to_html(self) -> str:
        """A page that needs nothing else: the network with a slider through the step, and its numbers to be followed."""
        from chainrule.explain.writing.page import page_of

        return page_of(self)

    @property
    def title(self) -> str:
        """What this is, in a sentence."""
        return "One training step, worked out."

    @property
    def verdict(self) -> str:
        """What the comparison with finite differences says."""
        return (
            "The loss is not finite: what stands here as gradients and updates means nothing."
            if self.check is None
            else self.check.verdict()
        )

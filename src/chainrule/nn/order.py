"""Which layers may stand where in a network."""

from __future__ import annotations

from chainrule.errors import ArgumentError
from chainrule.nn.embedding import Masking
from chainrule.nn.layer import Layer, walk
from chainrule.nn.layers import Standardize


def check_order(network: Layer) -> None:
    """Raise `ArgumentError` for layers that would not do, where they stand, what they say.

    `Standardize` learns from the training data, and so stands at the top level. `Masking` stands before it, or padding would be
    among the data that it learns from, and no longer be told by its value. A layer that has parameters stands in one place:
    in two it would have other parameters in each.

    >>> from chainrule.nn import Dense, Sequential
    >>> check_order(Sequential(Dense(3), Dense(3)))
    """
    found: dict[int, str] = {}
    standardized, masked = "", False
    for path, layer, _ in walk(network):
        if isinstance(layer, Standardize) and "/" in path:
            raise ArgumentError(
                f"layer {path!r} learns from the training data, which it can do only at the top level of a network: take "
                f"Standardize out of {path.rpartition('/')[0]!r}."
            )
        if isinstance(layer, Standardize):
            standardized = path
        if isinstance(layer, Masking):
            if standardized and not masked:
                raise ArgumentError(
                    f"layer {path!r} comes after {standardized!r}, which makes other numbers of padding and counts it in its "
                    "mean: put Masking first."
                )
            masked = True
        plain = type(layer).init is Layer.init and not layer.children()  # which has nothing of its own
        if not plain and id(layer) in found:
            kind = type(layer).__name__
            raise ArgumentError(
                f"One {kind} is both layer {found[id(layer)]!r} and layer {path!r}, but parameters are not shared: write "
                f"{kind}(...) twice."
            )
        found[id(layer)] = path

"""Regularisation that is part of the graph: dropout, noise, and penalties on weights."""

from __future__ import annotations

import math
from collections.abc import Iterable

from chainrule.graph import Node
from chainrule.graph.primitives import abs as abs_
from chainrule.graph.primitives import cast, cos, log, reduce_sum, select, sqrt


def dropout(x: Node, rate: Node, bits: Node) -> Node:
    """x with each element put to 0 with probability `rate`, the others divided by 1 − rate, so that the mean stays.

    `bits` are random whole numbers below 2¹⁶, one for each element; an element is dropped where its number is below rate · 2¹⁶.
    The rate is therefore rounded up to a multiple of 2⁻¹⁶.
    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15, 2014.

    >>> from chainrule.graph import ROWS, input
    >>> dropout(input("x", (ROWS, 4)), input("rate", ()), input("bits", (ROWS, 4), "uint32"))
    <select: float32[n, 4]>
    """
    dropped = cast(bits, x.dtype) < rate * 65536.0
    return select(dropped, 0.0, x / (1.0 - rate))


def add_noise(x: Node, std: Node, radius: Node, angle: Node) -> Node:
    """x + std · √(−2 ln u) · cos(2πv): a normal number of mean 0 and deviation `std` is added to each element.

    u = (2 radius + 1) / 2³³ and v = angle / 2³², from random whole numbers below 2³², two for each element; no number is further
    from 0 than 6.8 deviations.
    Source: Box, Muller, "A note on the generation of random normal deviates", 1958.

    >>> from chainrule.graph import ROWS, input
    >>> bits = input("radius", (ROWS, 4), "uint32"), input("angle", (ROWS, 4), "uint32")
    >>> add_noise(input("x", (ROWS, 4)), input("std", ()), *bits)
    <add: float32[n, 4]>
    """
    u = (cast(radius, x.dtype) + 0.5) * 2.0**-32
    return x + std * (sqrt(-2.0 * log(u)) * cos(cast(angle, x.dtype) * (2.0 * math.pi * 2.0**-32)))


def l1_penalty(weights: Iterable[Node], strength: Node) -> Node:
    """λ Σ |w| over all weights; its derivative is λ sign(w), 0 at w = 0.

    >>> from chainrule.graph import input
    >>> l1_penalty([input("w", (4, 3)), input("v", (3, 1))], input("l1", ()))
    <mul: float32[]>
    """
    return strength * _total(reduce_sum(abs_(w)) for w in weights)


def l2_penalty(weights: Iterable[Node], strength: Node) -> Node:
    """½ λ Σ w² over all weights, whose derivative is λ w.

    >>> from chainrule.graph import input
    >>> l2_penalty([input("w", (4, 3)), input("v", (3, 1))], input("l2", ()))
    <mul: float32[]>
    """
    return 0.5 * strength * _total(reduce_sum(w * w) for w in weights)


def _total(parts: Iterable[Node]) -> Node:
    total, *rest = parts
    for part in rest:
        total = total + part
    return total

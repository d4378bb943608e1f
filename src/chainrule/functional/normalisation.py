"""Normalisation: numbers with mean 0 and variance 1 over a batch, or over the features of each place."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.functional.common import mean, row_count, spread
from chainrule.graph import Node, count
from chainrule.graph.primitives import cast, maximum, reduce_sum, select, sqrt


@dataclass(frozen=True, eq=False)
class Statistics:
    """What a batch says of each channel: mean, variance (divided by the number of values, m), and m.

    `unbiased` is the variance divided by m − 1 instead.
    """

    mean: Node
    variance: Node
    values: Node

    @property
    def unbiased(self) -> Node:
        """Σ (x − mean)² / (m − 1); of a single value it is 0."""
        return self.variance * (self.values / maximum(self.values - 1.0, 1.0))


def statistics(x: Node, mask: Node | None = None) -> Statistics:
    """Mean and variance over all axes but the last, the channels; over the real steps alone where there is a mask.

    They are taken in two passes, first the mean and then the mean of the squares of what is left: a mean that is large beside
    the deviations costs no digits.

    >>> from chainrule.graph import ROWS, input
    >>> statistics(input("x", (ROWS, 28, 28, 8))).variance
    <div: float32[8]>
    """
    axes = range(x.rank - 1)
    if mask is None:
        centre = mean(x, axes)
        centred = x - centre
        return Statistics(centre, mean(centred * centred, axes), count(x.shape[:-1]) * row_count(x.dtype))
    values = reduce_sum(cast(mask, x.dtype))
    divisor, real = maximum(values, 1.0), spread(mask, x, 2)
    centre = reduce_sum(select(real, x, 0.0), axes) / divisor
    centred = select(real, x - centre, 0.0)
    return Statistics(centre, reduce_sum(centred * centred, axes) / divisor, values)


def batch_norm(x: Node, mean: Node, variance: Node, scale: Node, shift: Node, eps: float) -> Node:
    """scale (x − mean) / √(variance + ε) + shift, channel by channel.

    Source: Ioffe, Szegedy, "Batch normalization: accelerating deep network training", ICML 2015.

    >>> from chainrule.graph import ROWS, input
    >>> c = {name: input(name, (8,)) for name in ("mean", "variance", "scale", "shift")}
    >>> batch_norm(input("x", (ROWS, 28, 28, 8)), **c, eps=1e-5)
    <add: float32[n, 28, 28, 8]>
    """
    return (x - mean) * (scale / sqrt(variance + eps)) + shift


def layer_norm(x: Node, scale: Node, shift: Node, eps: float) -> Node:
    """scale (x − μ) / √(σ² + ε) + shift, with the mean μ and the variance σ² of the features of each place, the last axis.

    Source: Ba, Kiros, Hinton, "Layer normalization", arXiv 1607.06450, 2016.

    >>> from chainrule.graph import ROWS, input
    >>> layer_norm(input("x", (ROWS, 20, 8)), input("scale", (8,)), input("shift", (8,)), eps=1e-5)
    <add: float32[n, 20, 8]>
    """
    centred = x - spread(mean(x, -1), x, -1)
    variance = mean(centred * centred, -1)
    return centred * spread(1.0 / sqrt(variance + eps), x, -1) * scale + shift

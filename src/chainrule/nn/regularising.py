"""Layers that make training harder, so that a network learns what holds in general: noise."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.errors import check_number
from chainrule.functional import add_noise
from chainrule.graph import Node
from chainrule.nn.layer import Layer, Mode, Nodes


@dataclass(eq=False)
class Noise(Layer):
    """In training, a normal random number of mean 0 and deviation `std` is added to each element; else nothing.

    Source: Bishop, "Training with noise is equivalent to Tikhonov regularization", Neural Computation 7, 1995.

    >>> Noise(0.1).std
    0.1
    """

    std: float = 0.1

    def __post_init__(self) -> None:
        self.std = check_number("std", self.std, low=0)

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """x with noise added to it."""
        if not mode.train:
            return x, state
        std = mode.scalar("std", self.std, x.dtype)
        return add_noise(x, std, mode.random_bits(x.shape), mode.random_bits(x.shape)), state

"""Normalisation layers: what flows through a network is kept at mean 0 and variance 1, or what `scale` and `shift` make of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.errors import ShapeError, check_number
from chainrule.functional import batch_norm, layer_norm, statistics
from chainrule.graph import Node
from chainrule.graph.node import where
from chainrule.graph.types import count
from chainrule.nn.initializers import Draw
from chainrule.nn.layer import Arrays, Layer, Mode, Nodes


@dataclass(eq=False)
class BatchNorm(Layer):
    """a = scale (x − mean) / √(variance + eps) + shift, channel by channel, the channels being the last axis of x.

    In training, mean and variance are those of the batch, over all axes but the last (over the real steps where padding is
    known). The running mean and variance, with which the network predicts, follow them: new = (1 − momentum) old + momentum of
    the batch; the variance of the batch is divided by m − 1 for it, where m is the number of values of a channel, and by m for
    the normalisation. A batch with one value for each channel has no variance, and is an error. A frozen layer
    (``trainable=False``) normalises with the running statistics in training too, and leaves them as they are. All as in
    PyTorch, but for frozen layers, which are as in Keras. A bias before it is taken out again: leave it out (``bias=False``).

    Source: Ioffe, Szegedy, "Batch normalization: accelerating deep network training", ICML 2015.

    >>> import chainrule as cr
    >>> net = cr.Network(cr.Dense(8, bias=False), cr.BatchNorm(), cr.Activation("relu"), cr.Dense(3)).build(4)
    >>> sorted(net.state)
    ['batchnorm1/mean', 'batchnorm1/variance']
    """

    momentum: float = 0.1
    eps: float = 1e-5

    def __post_init__(self) -> None:
        self.momentum = check_number("momentum", self.momentum, low=0, high=1)
        self.eps = check_number("eps", self.eps, above=0)

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """scale 1 and shift 0; running mean 0 and variance 1; all of shape (channels,)."""
        return _scale_and_shift(self, input_shape), {
            "mean": np.zeros(input_shape[-1:]),
            "variance": np.ones(input_shape[-1:]),
        }

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """x normalised by the batch in training, else by the running statistics."""
        if not (mode.train and mode.trainable):
            return batch_norm(x, state["mean"], state["variance"], params["scale"], params["shift"], self.eps), state
        if count(x.shape) == count(x.shape[-1:]):
            mode.need_rows(2)
        batch = statistics(x, mode.mask if x.rank == 3 else None)
        a = batch_norm(x, batch.mean, batch.variance, params["scale"], params["shift"], self.eps)
        return a, {
            "mean": self._follow(state["mean"], batch.mean),
            "variance": self._follow(state["variance"], batch.unbiased),
        }

    def _follow(self, running: Node, new: Node) -> Node:
        return (1.0 - self.momentum) * running + self.momentum * new


@dataclass(eq=False)
class LayerNorm(Layer):
    """a = scale (x − μ) / √(σ² + eps) + shift, with mean μ and variance σ² of the features of each place: the last axis of x.

    Training and prediction are the same, and no row depends on another.

    Source: Ba, Kiros, Hinton, "Layer normalization", arXiv 1607.06450, 2016.

    >>> import chainrule as cr
    >>> sorted(cr.Network(cr.LayerNorm(), cr.Dense(3)).build((20, 8)).params)[2:]
    ['layernorm1/scale', 'layernorm1/shift']
    """

    eps: float = 1e-5

    def __post_init__(self) -> None:
        self.eps = check_number("eps", self.eps, above=0)

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """scale 1 and shift 0, both of shape (features,)."""
        return _scale_and_shift(self, input_shape), {}

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """x normalised along its last axis."""
        return layer_norm(x, params["scale"], params["shift"], self.eps), state


def _scale_and_shift(layer: Layer, input_shape: tuple[int, ...]) -> Arrays:
    if not input_shape:
        raise ShapeError(
            f"{where()}{type(layer).__name__} needs at least one feature a row, but the rows are single numbers."
        )
    return {"scale": np.ones(input_shape[-1:]), "shift": np.zeros(input_shape[-1:])}

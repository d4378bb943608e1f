"""What a layer is: a description with two methods, `init` and `apply`.

A layer holds no numbers. Its trained arrays are `params`; what changes but is not trained (running statistics) is `state`.
Both go into `apply` and come out of `init`; the numbers live in the network.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from numpy.typing import NDArray

from chainrule.graph import DType, Node, Shape, input
from chainrule.graph.node import current_scope
from chainrule.graph.primitives import random_bits
from chainrule.nn.initializers import Draw

Arrays = dict[str, NDArray[Any]]
Nodes = Mapping[str, Node]


@dataclass(eq=False)
class Layer:
    """The base of every layer.

    A layer of your own overrides `init`, if it has parameters, and `apply`; its derivative is derived. `penalised` names the
    parameters that L1, L2 and weight decay act on. `trainable=False` freezes the parameters.

    >>> import numpy as np
    >>> class Scale(Layer):
    ...     def init(self, input_shape, draw):
    ...         return {"scale": np.ones(input_shape)}, {}
    ...
    ...     def apply(self, params, state, x, mode):
    ...         return x * params["scale"], state
    """

    name: str | None = field(default=None, kw_only=True)
    trainable: bool = field(default=True, kw_only=True)
    penalised: ClassVar[tuple[str, ...]] = ()

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """The initial params and state for rows of shape `input_shape`; random numbers come from `draw`."""
        return {}, {}

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """The output for the input x of shape (n, ...), and the next state."""
        raise NotImplementedError(f"{type(self).__name__} does not define apply(self, params, state, x, mode).")

    def children(self) -> list[tuple[str, Layer]]:
        """The layers inside this one, with their names."""
        return []


@dataclass(eq=False)
class Mode:
    """What a layer may ask for when its graph is built: is this for training, random bits, and numbers given at run time.

    `scalars` collects the run-time numbers that the layers have asked for, by name, with their values. `mask` tells which
    steps of the sequences that flow through the layers are real and which are padding: truth values of shape (n, steps), or
    None where all are real. A layer that makes it (`Embedding`, `Masking`) sets it, one that changes the steps changes it,
    and one that gives no steps sets it to None.
    """

    train: bool
    key: Node | None = None
    counter: Node | None = None
    mask: Node | None = None
    scalars: dict[str, tuple[Node, float]] = field(default_factory=dict)
    _layers: Iterator[int] = field(default_factory=itertools.count)

    def scalar(self, name: str, value: float, dtype: DType) -> Node:
        """A number of the layer that can change from step to step without the graph being built anew."""
        full = f"{current_scope()}/{name}"
        if full not in self.scalars:
            self.scalars[full] = (input(full, (), dtype), value)
        return self.scalars[full][0]

    def random_bits(self, shape: Shape, bits: int = 32) -> Node:
        """Random whole numbers below 2^bits (16 or 32), new in every step, the same for the same seed."""
        if self.key is None or self.counter is None:
            self.key, self.counter = input("key", (2,), DType.UINT32), input("counter", (2,), DType.UINT32)
        return random_bits(self.key, self.counter, shape, layer=next(self._layers), bits=bits)


def walk(layer: Layer, path: str = "", trainable: bool = True) -> Iterator[tuple[str, Layer, bool]]:
    """Every layer with its path (``residual1/dense1``) and whether it and all around it are trainable."""
    trainable = trainable and layer.trainable
    yield path, layer, trainable
    for name, child in layer.children():
        yield from walk(child, f"{path}/{name}" if path else name, trainable)

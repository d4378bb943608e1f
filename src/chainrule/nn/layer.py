"""What a layer is: a description with two methods, `init` and `apply`.

A layer holds no numbers. Its trained arrays are `params`; what changes but is not trained (running statistics) is `state`.
Both go into `apply` and come out of `init`; the numbers live in the network.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, check_number
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
    parameters that L1, L2 and weight decay act on. `trainable=False` freezes the parameters. `learning_rate_factor` is what the
    learning rate is multiplied by for them, and for those of all layers inside: 0.1 trains them ten times more slowly, 0
    freezes them.

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
    learning_rate_factor: float = field(default=1.0, kw_only=True)
    penalised: ClassVar[tuple[str, ...]] = ()

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; what every layer has is checked at once, in its making and later."""
        who = f"{name} of layer {(self.__dict__.get('name') or type(self).__name__)!r}"
        if name == "trainable" and not isinstance(value, bool | np.bool_):
            raise ArgumentError(f"{who} must be True or False, but is {value!r}.")
        if name == "learning_rate_factor":
            value = check_number(who, value, low=0)
        super().__setattr__(name, value)

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """The initial params and state for rows of shape `input_shape`; random numbers come from `draw`."""
        return {}, {}

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """The output for the input x of shape (n, ...), and the next state."""
        raise NotImplementedError(f"{type(self).__name__} does not define apply(self, params, state, x, mode).")

    def children(self) -> list[tuple[str, Layer]]:
        """The layers inside this one, with their names."""
        return []

    def check_data(self, x: NDArray[Any], argument: str) -> None:
        """Raise `DataError` if the layer cannot take these rows, where it sees the data itself; `argument` is their name."""


@dataclass(eq=False)
class Mode:
    """What a layer may ask for when its graph is built: is this for training, random bits, and numbers given at run time.

    `scalars` collects the run-time numbers that the layers have asked for, by name, with their values. `mask` tells which
    steps of the sequences that flow through the layers are real and which are padding: truth values of shape (n, steps), or
    None where all are real. A layer that makes it (`Embedding`, `Masking`) sets it, one that changes the steps changes it,
    and one that gives no steps sets it to None. `trainable` is false inside a layer that is frozen. `least_rows` has the layers
    that need more than one row in a batch, by their paths.
    """

    train: bool
    key: Node | None = None
    counter: Node | None = None
    mask: Node | None = None
    trainable: bool = True
    least_rows: dict[str, int] = field(default_factory=dict)
    scalars: dict[str, tuple[Node, float]] = field(default_factory=dict)
    _layers: Iterator[int] = field(default_factory=itertools.count)

    def scalar(self, name: str, value: float, dtype: DType) -> Node:
        """A number of the layer that can change from step to step without the graph being built anew."""
        full = f"{current_scope()}/{name}"
        if full not in self.scalars:
            self.scalars[full] = (input(full, (), dtype), value)
        return self.scalars[full][0]

    def need_rows(self, rows: int) -> None:
        """Ask for so many rows in every batch: the layer computes something that fewer do not have, such as a variance."""
        self.least_rows[current_scope()] = rows

    def random_bits(self, shape: Shape, bits: int = 32) -> Node:
        """Random whole numbers below 2^bits (16 or 32), new in every step, the same for the same seed."""
        if self.key is None or self.counter is None:
            self.key, self.counter = input("key", (2,), DType.UINT32), input("counter", (2,), DType.UINT32)
        return random_bits(self.key, self.counter, shape, layer=next(self._layers), bits=bits)


def walk(layer: Layer, path: str = "", factor: float = 1.0) -> Iterator[tuple[str, Layer, float]]:
    """Every layer with its path (``residual1/dense1``) and the factor of its learning rate.

    That is the product of its own `learning_rate_factor` and of those of all layers around it; 0 where one of them is frozen.
    """
    factor *= own_factor(layer, path)
    yield path, layer, factor
    for name, child in layer.children():
        yield from walk(child, f"{path}/{name}" if path else name, factor)


def own_factor(layer: Layer, path: str) -> float:
    """What the learning rate is multiplied by for a layer by itself, checked: 0 where it is frozen.

    >>> own_factor(Layer(learning_rate_factor=0.1), "dense1"), own_factor(Layer(trainable=False), "dense1")
    (0.1, 0.0)
    """
    factor = check_number(f"learning_rate_factor of layer {path!r}", layer.learning_rate_factor, low=0)
    return factor if layer.trainable else 0.0


def pace(layer: Layer) -> str:
    """What is said of a layer behind its class: that it is frozen, or learns faster or slower than others.

    >>> pace(Layer(learning_rate_factor=0.1)), pace(Layer(trainable=False)), pace(Layer())
    (', learning rate × 0.1', ', frozen', '')
    """
    factor = own_factor(layer, type(layer).__name__)
    return "" if factor == 1.0 else f", learning rate × {factor:g}" if factor else ", frozen"

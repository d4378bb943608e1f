"""Layers made of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, ShapeError, quoted
from chainrule.graph import ROWS, DType, Node, input, scope, show_shape
from chainrule.graph.node import named, where
from chainrule.graph.primitives import concat
from chainrule.nn.initializers import Draw
from chainrule.nn.layer import Arrays, Layer, Mode, Nodes, own_factor


def _named(layers: Sequence[Any], owner: str) -> list[tuple[str, Layer]]:
    """Each layer with its own name, or that of its class and a number: dense1, dropout1, dense2."""
    counts: dict[str, int] = {}
    named: dict[str, Layer] = {}
    for layer in layers:
        if not isinstance(layer, Layer):
            hint = f"; write {layer.__name__}(...)" if isinstance(layer, type) and issubclass(layer, Layer) else ""
            raise ArgumentError(f"{owner} is made of layers, such as Dense(10), but was given {layer!r}{hint}.")
        kind = type(layer).__name__.lower()
        counts[kind] = counts.get(kind, 0) + 1
        name = layer.name or f"{kind}{counts[kind]}"
        if not isinstance(name, str) or "/" in name:
            raise ArgumentError(
                f"The name of a layer is a text without '/', but {type(layer).__name__} is named {name!r}."
            )
        if name in named:
            raise ArgumentError(f"Two layers of {owner} are named {name!r}; give one of them another name=.")
        own_factor(layer, name)
        named[name] = layer
    return list(named.items())


def _initial(layer: Layer, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
    """The params and state of a layer, once they have been found to be what they should be: it may be a user's own."""
    who, given = f"{where()}{type(layer).__name__}.init", layer.init(input_shape, draw)
    if not (isinstance(given, tuple) and len(given) == 2 and all(isinstance(arrays, dict) for arrays in given)):
        raise ArgumentError(f"{who} must give two dictionaries of arrays, params and state, but gave {given!r}.")
    params, state = ({name: np.asarray(array) for name, array in arrays.items()} for arrays in given)
    for name, array in {**params, **state}.items():
        if array.dtype.kind not in "biuf":
            raise ArgumentError(f"{who} must give arrays of numbers, but gave {array.dtype} for {name!r}.")
        if "/" in name and not layer.children():
            raise ArgumentError(f"{who} must name its arrays without '/', but named one {name!r}.")
    if isinstance(layer.penalised, str) or not set(layer.penalised) <= set(params):
        raise ArgumentError(
            f"{who} gives the params {quoted(params)}, but penalised is {layer.penalised!r}: a tuple of such names."
        )
    return params, state


def _applied(layer: Layer, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
    """The output and next state of a layer, once they have been found to be what they should be: it may be a user's own."""
    around, mode.trainable = mode.trainable, mode.trainable and own_factor(layer, type(layer).__name__) > 0
    who, given = f"{where()}{type(layer).__name__}.apply", layer.apply(params, state, x, mode)
    mode.trainable = around
    if not (
        isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], Node) and isinstance(given[1], Mapping)
    ):
        raise ArgumentError(
            f"{who} must give its output, a node, and its next state, a dictionary, but gave {given!r}."
        )
    if set(given[1]) != set(state):
        raise ArgumentError(f"{who} must give the next state of {quoted(state)}, but gave that of {quoted(given[1])}.")
    named("a", given[0])
    return given


def part(arrays: Any, name: str) -> Any:
    """The entries of one child, without its prefix.

    >>> part({"dense1/weight": 1, "dense2/weight": 2}, "dense1")
    {'weight': 1}
    """
    return {key[len(name) + 1 :]: value for key, value in arrays.items() if key.startswith(f"{name}/")}


def whole(name: str, arrays: Any) -> Any:
    """The entries of one child, with its prefix.

    >>> whole("dense1", {"weight": 1})
    {'dense1/weight': 1}
    """
    return {f"{name}/{key}": value for key, value in arrays.items()}


@dataclass(eq=False, init=False)
class Sequential(Layer):
    """Layers one after another: each takes what the one before it gives.

    >>> from chainrule.nn import Dense
    >>> [name for name, _ in Sequential(Dense(8), Dense(1)).children()]
    ['dense1', 'dense2']
    """

    layers: tuple[Layer, ...]

    def __init__(
        self, *layers: Layer, name: str | None = None, trainable: bool = True, learning_rate_factor: float = 1.0
    ) -> None:
        self.layers = tuple(layers)
        self.name, self.trainable, self.learning_rate_factor = name, trainable, learning_rate_factor
        self._children = _named(self.layers, type(self).__name__)
        if not self.layers:
            raise ArgumentError(f"{type(self).__name__} needs at least one layer.")

    def children(self) -> list[tuple[str, Layer]]:
        """The layers, with their names."""
        return self._children

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """The params and state of every layer, named ``dense1/weight``."""
        params: Arrays = {}
        state: Arrays = {}
        shape = input_shape
        for name, layer in self.children():
            with scope(name):
                own_params, own_state = _initial(layer, shape, draw)
                shape = output_shape(layer, own_params, own_state, shape)
            params |= whole(name, own_params)
            state |= whole(name, own_state)
        return params, state

    def check_data(self, x: NDArray[Any], argument: str) -> None:
        """Let the first layer look at the data."""
        name, first = self.children()[0]
        with scope(name):
            first.check_data(x, argument)

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """The output of the last layer."""
        new: dict[str, Node] = {}
        for name, layer in self.children():
            with scope(name):
                x, own = _applied(layer, part(params, name), part(state, name), x, mode)
            new |= whole(name, own)
        return x, new


@dataclass(eq=False, init=False)
class Residual(Sequential):
    """x + f(x), where f are the layers inside, one after another; they must keep the shape of x.

    Source: He et al., "Deep residual learning for image recognition", CVPR 2016.

    >>> from chainrule.nn import Dense
    >>> [name for name, _ in Residual(Dense(8, activation="relu"), Dense(8)).children()]
    ['dense1', 'dense2']
    """

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """x + f(x)."""
        mask = mode.mask
        y, new = super().apply(params, state, x, mode)
        mode.mask = mask
        if y.shape != x.shape:
            raise ShapeError(
                f"{where()}Residual adds what its layers give to what they take, but they take {show_shape(x.shape)} and give "
                f"{show_shape(y.shape)}."
            )
        return x + y, new


@dataclass(eq=False, init=False)
class Concatenate(Layer):
    """Branches side by side: each takes the same input, and their outputs are joined along the last axis.

    A branch is a layer or a list of layers.

    >>> from chainrule.nn import Activation, Dense
    >>> wide_and_deep = Concatenate(Activation("identity"), [Dense(16, activation="relu"), Dense(4)])
    >>> [name for name, _ in wide_and_deep.children()]
    ['activation1', 'sequential1']
    """

    branches: tuple[Layer, ...]

    def __init__(
        self,
        *branches: Layer | Sequence[Layer],
        name: str | None = None,
        trainable: bool = True,
        learning_rate_factor: float = 1.0,
    ) -> None:
        self.name, self.trainable, self.learning_rate_factor = name, trainable, learning_rate_factor
        self.branches = tuple(Sequential(*b) if isinstance(b, (list, tuple)) else b for b in branches)  # type: ignore[misc]
        self._children = _named(self.branches, "Concatenate")
        if not self.branches:
            raise ArgumentError("Concatenate needs at least one branch.")

    def children(self) -> list[tuple[str, Layer]]:
        """The branches, with their names."""
        return self._children

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """The params and state of every branch."""
        params: Arrays = {}
        state: Arrays = {}
        for name, layer in self.children():
            with scope(name):
                own_params, own_state = _initial(layer, input_shape, draw)
            params |= whole(name, own_params)
            state |= whole(name, own_state)
        return params, state

    def check_data(self, x: NDArray[Any], argument: str) -> None:
        """Let the first layer of every branch look at the data."""
        for name, layer in self.children():
            with scope(name):
                layer.check_data(x, argument)

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """The outputs of the branches, joined along the last axis."""
        outputs: list[Node] = []
        new: dict[str, Node] = {}
        mask = mode.mask
        for name, layer in self.children():
            mode.mask = mask
            with scope(name):
                y, own = _applied(layer, part(params, name), part(state, name), x, mode)
            outputs.append(y)
            new |= whole(name, own)
        return concat(outputs, axis=-1), new


def output_shape(layer: Layer, params: Arrays, state: Arrays, input_shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a row that a layer gives, found by applying it to a symbol.

    >>> from chainrule.nn import Flatten
    >>> output_shape(Flatten(), {}, {}, (28, 28))
    (784,)
    """

    def nodes(arrays: Arrays) -> dict[str, Node]:
        return {name: input(name, array.shape, DType.FLOAT64) for name, array in arrays.items()}

    x = input("x", (ROWS, *input_shape), DType.FLOAT64)
    y, _ = _applied(layer, nodes(params), nodes(state), x, Mode(train=False))
    if y.shape[:1] != (ROWS,):
        raise ShapeError(f"{where()}a layer must keep the rows, but {type(layer).__name__} gives {y.type}.")
    return y.shape[1:]  # type: ignore[return-value]

"""The basic layers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, ShapeError, TrainingWarning, check_number
from chainrule.functional import Activation as ActivationFunction
from chainrule.functional import dense, dropout, flatten_rows, get_activation
from chainrule.functional.common import spread
from chainrule.graph import Node
from chainrule.graph.node import current_scope, named, where
from chainrule.graph.primitives import reshape, select
from chainrule.graph.types import count
from chainrule.nn.initializers import Draw, InitializerLike, default_initializer, initial
from chainrule.nn.layer import Arrays, Layer, Mode, Nodes

_AT_ONCE = 1 << 22  # numbers that Standardize looks at together


@dataclass(eq=False)
class Dense(Layer):
    """A fully connected layer: a = f(z) with z = x @ weight + bias, along the last axis of x.

    `weight` has shape (n_in, units): weight[i, j] joins input i to unit j. `bias` has shape (units,). Unless given, the initial
    weights are chosen by the activation (He for rectifiers, LeCun for selu, Glorot for all others); biases begin at 0.

    >>> Dense(128, activation="relu").units
    128
    """

    units: int
    activation: str | ActivationFunction | None = None
    weight_init: InitializerLike = None
    bias_init: InitializerLike = "zeros"
    bias: bool = True
    penalised: ClassVar[tuple[str, ...]] = ("weight",)

    def __post_init__(self) -> None:
        self.units = int(check_number("units", self.units, low=1, integer=True))
        get_activation(self.activation)

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """weight (n_in, units) and bias (units,)."""
        if not input_shape:
            raise ShapeError(f"{where()}Dense needs at least one feature a row, but the rows are single numbers.")
        n_in = input_shape[-1]
        chosen = default_initializer(self.activation) if self.weight_init is None else self.weight_init
        fans = {"n_in": n_in, "n_out": self.units}
        params: Arrays = {"weight": initial(chosen, draw, (n_in, self.units), **fans, argument=f"{where()}weight_init")}
        if self.bias:
            params["bias"] = initial(self.bias_init, draw, (self.units,), **fans, argument=f"{where()}bias_init")
        return params, {}

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """f(x @ weight + bias)."""
        z = named("z", dense(x, params["weight"], params.get("bias")))
        return get_activation(self.activation)(z), state


@dataclass(eq=False)
class Activation(Layer):
    """An activation as a layer of its own: a = f(x).

    >>> Activation("tanh").function
    'tanh'
    """

    function: str | ActivationFunction

    def __post_init__(self) -> None:
        get_activation(self.function)

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """f(x)."""
        return get_activation(self.function)(x), state


@dataclass(eq=False)
class Dropout(Layer):
    """In training, each element is put to 0 with probability `rate` and the others are divided by 1 − rate; else nothing.

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15, 2014.

    >>> Dropout(0.2).rate
    0.2
    """

    rate: float = 0.5

    def __post_init__(self) -> None:
        self.rate = check_number("rate", self.rate, low=0, below=1)

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """x with a random part of it put to 0."""
        if not mode.train:
            return x, state
        return dropout(x, mode.scalar("rate", self.rate, x.dtype), mode.random_bits(x.shape, bits=16)), state


@dataclass(eq=False)
class Flatten(Layer):
    """Each row as one vector: (n, 28, 28) becomes (n, 784).

    >>> import chainrule as cr
    >>> cr.Network(cr.Flatten(), cr.Dense(10)).build((28, 28)).params["dense1/weight"].shape
    (784, 10)
    """

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """The same numbers, one axis a row."""
        mode.mask = None
        return flatten_rows(x), state


@dataclass(eq=False, init=False)
class Reshape(Layer):
    """Each row in another shape: Reshape(28, 28) makes (n, 28, 28) of (n, 784).

    >>> Reshape(28, 28).shape
    (28, 28)
    """

    shape: tuple[int, ...]

    def __init__(
        self, *shape: int, name: str | None = None, trainable: bool = True, learning_rate_factor: float = 1.0
    ) -> None:
        given = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        self.shape = tuple(int(check_number("shape", dim, low=1, integer=True)) for dim in given)
        self.name, self.trainable, self.learning_rate_factor = name, trainable, learning_rate_factor

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """The same numbers in the new shape."""
        if count(x.shape) != count(self.shape):
            raise ShapeError(
                f"{where()}Reshape{self.shape} needs {count(self.shape)} numbers a row, but is given {count(x.shape)}."
            )
        mode.mask = None
        return reshape(x, (x.shape[0], *self.shape)), state


@dataclass(eq=False)
class Rescale(Layer):
    """x · scale + offset: unless told otherwise, the bytes of pictures, 0 to 255, become numbers from 0 to 1.

    ``Rescale(2 / 255, -1)`` makes numbers from −1 to 1 of them. Where such a layer comes first and X holds numbers from 0 to 1,
    which it would make 255 times smaller, a `TrainingWarning` says so.

    >>> Rescale(2 / 255, -1).offset
    -1.0
    """

    scale: float = 1 / 255
    offset: float = 0.0

    def __post_init__(self) -> None:
        self.scale = check_number("scale", self.scale)
        self.offset = check_number("offset", self.offset)

    def check_data(self, x: NDArray[Any], argument: str) -> None:
        """Warn if the layer is for bytes, and x holds what was divided by 255 before."""
        for_bytes = 1 / 256 <= self.scale <= 1 / 127
        if (
            for_bytes
            and x.dtype.kind == "f"
            and len(x)
            and x[0].max() <= 1.0
            and x.min() >= 0.0
            and 0.0 < x.max() <= 1.0
        ):
            warnings.warn(
                f"{argument} holds floats of at most {x.max():g}, but layer {current_scope()!r} is for bytes, 0 to 255: give the "
                "bytes, or take the layer out before training.",
                TrainingWarning,
                stacklevel=2,
            )

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """x · scale + offset."""
        scaled = x * self.scale
        return (scaled + self.offset if self.offset else scaled), state


@dataclass(eq=False)
class Standardize(Layer):
    """(x − mean) / scale for every feature, with the mean and the standard deviation of the training data.

    `fit` learns them once, before the first step, and they are saved with the network. A feature that never changes has scale 1.
    It stands at the top level of a network, usually first. Of sequences each step has means and scales of its own; where padding
    is known, as behind `Masking`, those are of the rows in which the step is real (0 and 1 if it is in none), and padding passes
    as it is.

    >>> Standardize().adapt(np.array([[1.0, 5.0], [3.0, 5.0]]))
    {'mean': array([2., 5.]), 'scale': array([1., 1.])}
    """

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """Mean 0 and scale 1, until the training data has been seen."""
        return {}, {"mean": np.zeros(input_shape), "scale": np.ones(input_shape)}

    def adapt(self, x: NDArray[Any], mask: NDArray[np.bool_] | None = None) -> Arrays:
        """The state that fits the data x of shape (n, ...); `mask` (n, steps) tells which steps of sequences are real."""
        if len(x) == 0:
            raise ArgumentError("Standardize cannot learn from no rows.")
        if mask is not None and x.ndim == 3:
            steps = [_mean_and_scale(x[real, t].astype(np.float64)) for t, real in enumerate(mask.T)]
            return {"mean": np.stack([own[0] for own in steps]), "scale": np.stack([own[1] for own in steps])}
        features = x.reshape(len(x), -1)
        mean, scale = np.empty((2, features.shape[1]))
        at_once = max(2, _AT_ONCE // len(x))  # features: a copy of all data in float64 may be too large
        bounds = [*range(0, max(len(mean) - 1, 1), at_once), len(mean)]
        for own in map(slice, bounds, bounds[1:]):
            mean[own], scale[own] = _mean_and_scale(features[:, own].astype(np.float64))
        return {"mean": mean.reshape(x.shape[1:]), "scale": scale.reshape(x.shape[1:])}

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """(x − mean) / scale."""
        standard = (x - state["mean"]) / state["scale"]
        if mode.mask is None or x.rank != 3:
            return standard, state
        return select(spread(mode.mask, x, 2), standard, x), state


def _mean_and_scale(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean and the deviation of each column of (n, k) numbers, 1 in place of a deviation of 0; of no rows, 0 and 1."""
    if len(x) == 0:
        return np.zeros(x.shape[1]), np.ones(x.shape[1])
    shifted = x - x[0]  # a constant feature has the deviation 0 then, and a large mean costs no digits
    deviation = shifted.std(axis=0)
    # what differs by rounding alone, where it was computed, is constant too
    constant = deviation <= 10 * np.finfo(np.float64).eps * np.abs(x).max(axis=0)
    return x[0] + shifted.mean(axis=0), np.where(constant, 1.0, deviation)

"""Initial weights. Too small, and signals and gradients vanish from layer to layer; too large, and they explode.

`n_in` and `n_out` are the numbers of inputs and outputs of a unit (fan-in and fan-out).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule import random
from chainrule.errors import ArgumentError, ShapeError, check_name, check_number
from chainrule.functional import ACTIVATIONS

Array = NDArray[np.float64]


class Draw:
    """A source of random numbers for initial weights: the same for the same seed, every call with numbers of its own.

    >>> Draw(seed=0).normal((2,)).shape
    (2,)
    """

    def __init__(self, seed: int) -> None:
        self.seed = random.check_seed(seed)
        self._calls = 0

    def _next(self) -> tuple[int, int, int]:
        self._calls += 1
        return (self._calls, 0, 0)

    def uniform(self, shape: tuple[int, ...]) -> Array:
        """Numbers spread evenly over (0, 1)."""
        return random.uniform(shape, self.seed, random.INIT, self._next())

    def normal(self, shape: tuple[int, ...]) -> Array:
        """Numbers with mean 0 and variance 1."""
        return random.normal(shape, self.seed, random.INIT, self._next())


Initializer = Callable[[Draw, tuple[int, ...], int, int], Array]


def _uniform(limit: Callable[[int, int], float]) -> Initializer:
    return lambda draw, shape, n_in, n_out: (2.0 * draw.uniform(shape) - 1.0) * limit(n_in, n_out)


def _normal(std: Callable[[int, int], float]) -> Initializer:
    return lambda draw, shape, n_in, n_out: draw.normal(shape) * std(n_in, n_out)


def orthogonal(draw: Draw, shape: tuple[int, ...], n_in: int, n_out: int) -> Array:
    """A matrix whose columns (or rows, whichever are fewer) are orthonormal, from the QR decomposition of normal numbers.

    Source: Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning", ICLR 2014.

    >>> q = orthogonal(Draw(seed=0), (4, 3), 4, 3)
    >>> (q.T @ q).round(12) + 0.0
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    rows = math.prod(shape[:-1])
    tall = draw.normal((max(rows, shape[-1]), min(rows, shape[-1])))
    q, r = np.linalg.qr(tall)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # makes the decomposition unique, so q is spread evenly
    return np.asarray(q if rows >= shape[-1] else q.T).reshape(shape)


# Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010;
# He et al., "Delving deep into rectifiers", ICCV 2015; LeCun et al., "Efficient backprop", 1998.
INITIALIZERS: dict[str, Initializer] = {
    "zeros": lambda draw, shape, n_in, n_out: np.zeros(shape),
    "ones": lambda draw, shape, n_in, n_out: np.ones(shape),
    "uniform": _uniform(lambda n_in, n_out: 0.05),
    "normal": _normal(lambda n_in, n_out: 0.05),
    "glorot_uniform": _uniform(lambda n_in, n_out: math.sqrt(6 / (n_in + n_out))),
    "glorot_normal": _normal(lambda n_in, n_out: math.sqrt(2 / (n_in + n_out))),
    "he_uniform": _uniform(lambda n_in, n_out: math.sqrt(6 / n_in)),
    "he_normal": _normal(lambda n_in, n_out: math.sqrt(2 / n_in)),
    "lecun_normal": _normal(lambda n_in, n_out: math.sqrt(1 / n_in)),
    "orthogonal": orthogonal,
}

# He initialisation makes up for the half that a rectifier cuts off; selu was derived for LeCun's.
_FOR_ACTIVATION = {
    "relu": "he_uniform",
    "leaky_relu": "he_uniform",
    "elu": "he_uniform",
    "gelu": "he_uniform",
    "silu": "he_uniform",
    "softplus": "he_uniform",
    "selu": "lecun_normal",
}


@dataclass(frozen=True)
class Uniform:
    """Numbers spread evenly between `low` and `high`.

    >>> Uniform(-0.1, 0.1)
    Uniform(low=-0.1, high=0.1)
    """

    low: float = -0.05
    high: float = 0.05

    def __post_init__(self) -> None:
        check_number("low", self.low)
        check_number("high", self.high, above=self.low)

    def __call__(self, draw: Draw, shape: tuple[int, ...], n_in: int, n_out: int) -> Array:
        """The initial array of a shape."""
        return self.low + (self.high - self.low) * draw.uniform(shape)


@dataclass(frozen=True)
class Normal:
    """Normal numbers with the given mean and standard deviation.

    >>> Normal(std=0.01)
    Normal(mean=0.0, std=0.01)
    """

    mean: float = 0.0
    std: float = 0.05

    def __post_init__(self) -> None:
        check_number("mean", self.mean)
        check_number("std", self.std, above=0)

    def __call__(self, draw: Draw, shape: tuple[int, ...], n_in: int, n_out: int) -> Array:
        """The initial array of a shape."""
        return self.mean + self.std * draw.normal(shape)


InitializerLike = Any  # a name, a number, an array, Uniform, Normal, or a function like them


def default_initializer(activation: object) -> str:
    """The initialiser that suits an activation, given by name or as the function: He for rectifiers, LeCun for selu, else Glorot.

    >>> default_initializer("relu"), default_initializer("tanh")
    ('he_uniform', 'glorot_uniform')
    """
    names = [name for name, function in ACTIVATIONS.items() if activation in (name, function)]
    return _FOR_ACTIVATION.get(names[0], "glorot_uniform") if names else "glorot_uniform"


def initial(
    initializer: InitializerLike, draw: Draw, shape: tuple[int, ...], *, n_in: int, n_out: int, argument: str
) -> Array:
    """The initial array of a shape, from a name, a number (constant), an array, or a function of (draw, shape, n_in, n_out).

    >>> initial(0.5, Draw(seed=0), (2, 2), n_in=2, n_out=2, argument="weight_init")
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    if isinstance(initializer, str):
        initializer = INITIALIZERS[check_name(argument, initializer, INITIALIZERS)]
    if isinstance(initializer, type):
        raise ArgumentError(f"{argument} is the class {initializer.__name__}; write {initializer.__name__}(...).")
    if callable(initializer):
        value = np.asarray(initializer(draw, shape, n_in, n_out), dtype=np.float64)
    else:
        try:
            value = np.array(initializer, dtype=np.float64)
        except OverflowError:  # a whole number beyond float64
            value = np.array(np.inf)
        except (TypeError, ValueError):
            raise ArgumentError(
                f"{argument} must be a name, a number, an array or a function, but is {type(initializer).__name__}."
            ) from None
        value = np.full(shape, value) if value.ndim == 0 else value
    if value.shape != shape:
        raise ShapeError(f"{argument} must give an array of shape {shape}, but gave {value.shape}.")
    if not np.isfinite(value).all():
        raise ArgumentError(f"{argument} must give finite numbers, but gave NaN or infinity.")
    return value

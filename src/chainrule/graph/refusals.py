"""What is said where a node is taken for an array of NumPy's: which function does for nodes what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from chainrule.errors import GraphError

# What does for nodes what a function or a method of NumPy's does for arrays.
INSTEAD = {
    "abs": "abs(x)",
    "absolute": "abs(x)",
    "amax": "cr.max(x)",
    "argmax": "cr.argmax(x)",
    "astype": "cr.cast(x, dtype)",
    "clip": "cr.clamp(x, low, high)",
    "concatenate": "cr.concat([x, y], axis)",
    "cos": "cr.cos(x)",
    "dot": "x @ y",
    "einsum": "cr.contract(x, y, spec)",
    "exp": "cr.exp(x)",
    "flatten": "cr.reshape(x, shape)",
    "floor": "cr.floor(x)",
    "log": "cr.log(x)",
    "max": "cr.max(x)",
    "maximum": "cr.maximum(x, y)",
    "mean": "cr.mean(x)",
    "min": "-cr.max(-x)",
    "minimum": "cr.minimum(x, y)",
    "negative": "-x",
    "power": "x ** k",
    "ravel": "cr.reshape(x, shape)",
    "reshape": "cr.reshape(x, shape)",
    "sin": "cr.sin(x)",
    "sqrt": "cr.sqrt(x)",
    "square": "x ** 2",
    "sum": "cr.sum(x)",
    "T": "cr.transpose(x, axes)",
    "tanh": "cr.tanh(x)",
    "transpose": "cr.transpose(x, axes)",
    "where": "cr.select(condition, x, y)",
}

# The methods of a node that stands on the left or, with an array on its left, on the right.
_OPERATORS: dict[np.ufunc, tuple[str, str]] = {
    np.add: ("__add__", "__radd__"),
    np.subtract: ("__sub__", "__rsub__"),
    np.multiply: ("__mul__", "__rmul__"),
    np.divide: ("__truediv__", "__rtruediv__"),
    np.matmul: ("__matmul__", "__rmatmul__"),
    np.less: ("__lt__", "__gt__"),
    np.greater: ("__gt__", "__lt__"),
}
_REDUCED: dict[np.ufunc, str] = {np.add: "sum", np.maximum: "max", np.minimum: "min"}


class NoSuchMethodError(GraphError, AttributeError):
    """A node was asked for a method that arrays have and nodes do not."""


class NoArray:
    """A value that is not an array: arithmetic with arrays is its own, and NumPy's functions and methods are refused.

    >>> from chainrule.graph import input
    >>> np.exp(input("x", (3,)))
    Traceback (most recent call last):
    ...
    chainrule.errors.GraphError: np.exp takes arrays, but was given a node of a graph; for nodes write cr.exp(x).
    """

    __slots__ = ()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Arithmetic with an array, ``array * x``; everything else is refused."""
        if method != "__call__" or ufunc not in _OPERATORS or options:
            _refuse(_REDUCED.get(ufunc, ufunc.__name__) if method == "reduce" else ufunc.__name__)
        left, right = inputs
        forward, reflected = _OPERATORS[ufunc]
        return getattr(left, forward)(right) if isinstance(left, NoArray) else getattr(right, reflected)(left)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> NoReturn:
        """np.sum(x), np.where(...): refused."""
        _refuse(function.__name__)

    if not TYPE_CHECKING:  # to which a node has the attributes that it has, and no others

        def __getattr__(self, name: str) -> NoReturn:
            if name in INSTEAD:
                raise NoSuchMethodError(f"A node of a graph has no .{name} as arrays have; write {INSTEAD[name]}.")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)


def _refuse(name: str) -> NoReturn:
    advice = (
        f"for nodes write {INSTEAD[name]}"
        if name in INSTEAD
        else "compose it of Chainrule's, such as cr.exp and cr.log"
    )
    raise GraphError(f"np.{name} takes arrays, but was given a node of a graph; {advice}.")

"""Activations and their derivatives as functions of arrays: those of the graph, evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.explain.step.formulae import SLOPES
from chainrule.explain.step.numbers import values_of
from chainrule.functional import ACTIVATIONS
from chainrule.graph import ROWS, DType, Node, gradients, input
from chainrule.graph.primitives import reduce_sum

Array = NDArray[Any]
Function = Callable[[Node], Node]

# The activations that work number by number; each is what somebody may have taken for another by mistake.
ELEMENTWISE: dict[str, Function] = {name: ACTIVATIONS[name] for name in SLOPES}


def applied(function: Function, z: Array) -> Array:
    """f(z)."""
    node = _input(z)
    return np.asarray(values_of([f := function(node)], {"z": z}, len(z))[f])


def slope(function: Function, z: Array) -> Array:
    """f′(z)."""
    node = _input(z)
    (derivative,) = gradients(reduce_sum(function(node)), [node])
    return np.asarray(values_of([derivative], {"z": z}, len(z))[derivative])


def _input(z: Array) -> Node:
    return input("z", (ROWS, *z.shape[1:]), DType.FLOAT64)

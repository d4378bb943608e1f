"""A network that is one product of matrices, so that every gradient can be written down, and how the tests look at it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import chainrule as cr

Array = NDArray[Any]

rng = np.random.default_rng(0)
N, FEATURES, UNITS = 6, 3, 2
X, Y = rng.normal(size=(N, FEATURES)), rng.normal(size=(N, UNITS))
W, B = rng.normal(size=(FEATURES, UNITS)), rng.normal(size=UNITS)
SMALL = {"loss": "squared_error", "batch_size": "full", "epochs": 1, "shuffle": False}


def linear(**options: Any) -> cr.Network:
    """ŷ = x W + b, so that every gradient can be written down."""
    return cr.Network(cr.Dense(UNITS, weight_init=W, bias_init=B, **options)).build(FEATURES, dtype="float64")


def given(layer: cr.Layer, x: Any) -> Array:
    """What a layer makes of x in prediction."""
    return cr.Network(layer).build(np.shape(x)[1:], dtype="float64").predict(x)


def assert_close(found: Any, expected: Any, rtol: float = 1e-12) -> None:
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-14)

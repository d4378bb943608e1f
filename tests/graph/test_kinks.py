"""Kinks and traps: derivatives where there is a choice, and values that must not turn into NaN on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.graph import Node, gradients, input
from chainrule.graph.primitives import (
    abs,
    cos,
    erf,
    exp,
    floor,
    log,
    logistic,
    maximum,
    reduce_max,
    reduce_sum,
    sin,
    softplus,
    sqrt,
    tanh,
)
from oracles import run

INF, NAN = np.inf, np.nan


def slope(f: Callable[[Node], Node], at: Any, dtype: str = "float64") -> list[float]:
    """f′ at each of some points."""
    x = input("x", np.shape(at), dtype)
    (g,) = gradients(reduce_sum(f(x)), [x])
    return run(g, {"x": np.asarray(at)}).tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        pytest.param(lambda x: maximum(x, 0.0), [0.0, -0.0, 1.0, -1.0], [0, 0, 1, 0], id="relu"),
        pytest.param(
            lambda x: maximum(0.0, x), [0.0, -0.0, 1.0, -1.0], [1, 1, 1, 0], id="maximum, the other way round"
        ),
        pytest.param(lambda x: maximum(x, x), [2.0], [1], id="maximum of x and x"),
        pytest.param(abs, [0.0, -0.0, 3.0, -3.0, NAN], [0, 0, 1, -1, 0], id="abs"),
        pytest.param(softplus, [0.0, -0.0], [0.5, 0.5], id="softplus"),
        pytest.param(logistic, [0.0], [0.25], id="logistic"),
        pytest.param(tanh, [0.0], [1], id="tanh"),
        pytest.param(floor, [0.0, 0.5, -2.0], [0, 0, 0], id="floor"),
        pytest.param(reduce_max, [3.0, 1.0, 3.0, 3.0], [1 / 3, 0, 1 / 3, 1 / 3], id="reduce_max"),
        pytest.param(reduce_max, [0.0, -0.0], [0.5, 0.5], id="reduce_max of both zeros"),
        pytest.param(reduce_max, [-INF, -INF], [0.5, 0.5], id="reduce_max of nothing finite"),
        pytest.param(reduce_max, [INF, 1.0], [1, 0], id="reduce_max with an infinity"),
        pytest.param(sqrt, [0.0, INF], [INF, 0], id="sqrt"),
        pytest.param(log, [INF, 0.0], [0, INF], id="log"),
    ],
)
def test_derivative_at(f: Callable[[Node], Node], at: list[float], expected: list[float], dtype: str) -> None:
    assert np.asarray(slope(f, at, dtype)) == pytest.approx(np.array(expected, float), rel=1e-7, nan_ok=True)


# Where each function and its derivative must be finite, and their limits.
LIMITS: dict[str, tuple[Callable[[Node], Node], dict[float, tuple[float, float]]]] = {
    "tanh": (tanh, {1e4: (1, 0), -1e4: (-1, 0), INF: (1, 0), -INF: (-1, 0)}),
    "logistic": (logistic, {1e4: (1, 0), -1e4: (0, 0), INF: (1, 0), -INF: (0, 0)}),
    "softplus": (softplus, {1e4: (1e4, 1), -1e4: (0, 0), INF: (INF, 1), -INF: (0, 0)}),
    "erf": (erf, {1e4: (1, 0), -1e4: (-1, 0), INF: (1, 0), -INF: (-1, 0)}),
    "exp": (exp, {-1e4: (0, 0), -INF: (0, 0), 1e4: (INF, INF), INF: (INF, INF)}),
    "abs": (abs, {1e4: (1e4, 1), -1e4: (1e4, -1), INF: (INF, 1), -INF: (INF, -1)}),
    "relu": (lambda x: maximum(x, 0.0), {1e4: (1e4, 1), -1e4: (0, 0), INF: (INF, 1), -INF: (0, 0)}),
    "sin": (sin, {0.0: (0, 1), np.pi / 2: (1, 6.1e-17)}),
    "cos": (cos, {0.0: (1, 0), np.pi: (-1, -1.2e-16)}),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LIMITS)
def test_limits_of(name: str, dtype: str) -> None:
    f, expected = LIMITS[name]
    at = list(expected)
    x = input("x", (len(at),), dtype)
    values = run(f(x), {"x": at})
    assert values.tolist() == pytest.approx([value for value, _ in expected.values()], rel=1e-6, abs=1e-6)
    assert slope(f, at, dtype) == pytest.approx([d for _, d in expected.values()], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("f", [tanh, logistic, softplus, erf, exp, log, sqrt, sin, cos, floor, abs])
def test_nan_stays_nan(f: Callable[[Node], Node]) -> None:
    assert np.isnan(run(f(input("x", (2,), "float64")), {"x": [NAN, NAN]})).all()


def test_second_derivative_of_logistic_is_finite_far_out() -> None:
    x = input("x", (4,), "float64")
    (first,) = gradients(reduce_sum(logistic(x)), [x])
    (second,) = gradients(reduce_sum(first), [x])
    assert run(second, {"x": [1e4, -1e4, INF, -INF]}).tolist() == [0, 0, 0, 0]


def test_softplus_and_logistic_keep_their_precision_far_out() -> None:
    """For x far below 0 both are eˣ, not 0; for x = 40, softplus is x + e⁻ˣ."""
    x = input("x", (3,), "float64")
    expected = [np.exp(-40.0), np.exp(-700.0), np.exp(-5.0) / (1 + np.exp(-5.0))]
    assert run(logistic(x), {"x": [-40.0, -700.0, -5.0]}) == pytest.approx(expected, rel=1e-15)
    expected = [np.exp(-40.0), np.exp(-700.0), 40.0]
    assert run(softplus(x), {"x": [-40.0, -700.0, 40.0]}) == pytest.approx(expected, rel=1e-15)


def test_maximum_of_zeros_and_nan() -> None:
    """A tie is x2, sign included; a NaN on either side is a NaN."""
    x1, x2 = input("x1", (5,), "float64"), input("x2", (5,), "float64")
    result = run(maximum(x1, x2), {"x1": [0.0, -0.0, NAN, 1.0, NAN], "x2": [-0.0, 0.0, 1.0, NAN, NAN]})
    assert np.signbit(result[:2]).tolist() == [True, False]
    assert np.isnan(result[2:]).all()


def test_comparisons_with_nan_are_false() -> None:
    x = input("x", (2,), "float64")
    found = run([x < 1.0, x > 1.0], {"x": [NAN, NAN]})
    assert not np.any(found)


def test_the_branch_that_is_not_taken_leaks_unless_it_is_clamped() -> None:
    """The trap that composites must avoid: the gradient 0 of a branch meets an infinite derivative, and 0 · ∞ is NaN."""
    from chainrule.graph.primitives import select

    def leaking(x: Node) -> Node:
        return select(0.0 < x, x, exp(x))

    def clamped(x: Node) -> Node:
        return select(0.0 < x, x, exp(-maximum(-x, 0.0)))

    assert np.isnan(slope(leaking, [1e4])).all()
    assert slope(clamped, [1e4]) == [1.0]

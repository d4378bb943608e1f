"""minimize: any function of nodes, against closed forms, NumPy's linear algebra and scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import chainrule as cr
from chainrule.errors import ArgumentError, DataError, ShapeError, UnknownNameError
from chainrule.optim import OPTIMIZERS, ClipByNorm

rng = np.random.default_rng(0)
ROOT = rng.normal(size=(4, 4))
A, B = ROOT @ ROOT.T + np.eye(4), rng.normal(size=4)


def quadratic(x: cr.Node) -> cr.Node:
    """½ xᵀAx − bᵀx, whose minimum solves Ax = b."""
    return 0.5 * cr.sum(x * cr.sum(x * A, 1)) - cr.sum(x * B)


def rosenbrock(x: cr.Node) -> cr.Node:
    """(1 − x)² + 100 (y − x²)²: a bent valley with its minimum at (1, 1)."""
    a, b = x
    return (1.0 - a) ** 2 + 100.0 * (b - a * a) ** 2


@pytest.mark.parametrize("optimizer", [cr.SGD(0.1), cr.Momentum(0.03), cr.Nesterov(0.03), cr.Adam(cr.Cosine(0.3))])
def test_a_quadratic_ends_where_its_equations_say(optimizer: cr.Transform) -> None:
    found = cr.minimize(quadratic, np.zeros(4), optimizer=optimizer, steps=3000, tolerance=1e-9)
    np.testing.assert_allclose(found.x, np.linalg.solve(A, B), atol=1e-8)
    assert found.value == pytest.approx(-0.5 * B @ np.linalg.solve(A, B), abs=1e-12)


def test_gradient_descent_step_by_step() -> None:
    """On ½x² each step is x ← (1 − η) x: the values before every step, and the x where it stops."""
    found = cr.minimize(lambda x: 0.5 * x * x, 8.0, optimizer=cr.SGD(0.25), steps=10, tolerance=0.0)
    assert found.x.shape == ()
    assert found.x == pytest.approx(8 * 0.75**10, rel=1e-14)
    np.testing.assert_allclose(found.values, [32 * 0.75 ** (2 * k) for k in range(10)], rtol=1e-13)
    assert found.value == pytest.approx(32 * 0.75**20, rel=1e-13)
    assert (found.steps, found.stop_reason.name) == (10, "steps")
    assert str(found.stop_reason) == "All 10 steps are done."


@pytest.mark.parametrize("rate", [0.5, 0.05, 0.01])
def test_it_stops_in_the_first_step_whose_gradient_is_small_enough(rate: float) -> None:
    """Also where that is not at the end of a chunk of steps; nothing after it leaves a trace."""
    first = math.ceil(math.log(1e-3 / 8) / math.log(1 - rate))
    found = cr.minimize(lambda x: 0.5 * x * x, 8.0, optimizer=cr.SGD(rate), steps=5000, tolerance=1e-3)
    assert (found.steps, len(found.values), found.stop_reason.name) == (first, first, "converged")
    assert found.x == pytest.approx(8 * (1 - rate) ** first, rel=1e-12)
    assert str(found.stop_reason) == f"The norm of the gradient is at most 0.001 after {first} steps."
    assert found.stop_reason.numbers == {"steps": first, "tolerance": 1e-3}


def test_a_start_at_the_minimum_takes_no_step() -> None:
    found = cr.minimize(lambda x: cr.sum(x * x), [0.0, 0.0])
    assert (found.steps, found.values.tolist(), found.value, found.x.tolist()) == (0, [], 0.0, [0.0, 0.0])
    assert found.stop_reason.name == "converged"


@pytest.mark.parametrize("optimizer", [cr.Adam(0.02), cr.Momentum(2e-4, momentum=0.99)])
def test_rosenbrock_s_valley(optimizer: cr.Transform) -> None:
    found = cr.minimize(rosenbrock, [-1.2, 1.0], optimizer=optimizer, steps=20_000, tolerance=1e-7)
    assert found.stop_reason.name == "converged"
    np.testing.assert_allclose(found.x, [1.0, 1.0], atol=1e-5)
    assert found.value < 1e-10 < found.values[0] == pytest.approx(24.2)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_downhill(name: str) -> None:
    found = cr.minimize(quadratic, np.ones(4), optimizer=name, steps=200)
    assert found.value < found.values[0]


def test_a_dictionary_of_arrays() -> None:
    """A matrix and a vector at once: the least-squares solution with an intercept."""
    x, y = rng.normal(size=(30, 2)), rng.normal(size=(30, 3))

    def squares(p: dict[str, cr.Node]) -> cr.Node:
        assert list(p) == ["w", "b"]
        columns = [cr.sum(x * p["w"][j], 1) + p["b"][j] - y[:, j] for j in range(3)]
        return sum((cr.sum(c * c) for c in columns[1:]), cr.sum(columns[0] * columns[0])) / 60.0

    start = {"w": np.zeros((3, 2)), "b": np.zeros(3)}
    found = cr.minimize(squares, start, optimizer=cr.Momentum(0.3), steps=2000, tolerance=1e-10)
    exact = np.linalg.lstsq(np.column_stack([x, np.ones(30)]), y, rcond=None)[0]
    np.testing.assert_allclose(np.column_stack([found.x["w"], found.x["b"]]).T, exact, atol=1e-8)
    assert set(found.x) == {"w", "b"}
    assert not start["w"].any()


def test_logistic_regression_is_that_of_scikit_learn() -> None:
    """The mean of ln(1 + e^z) − yz plus ½ λ‖w‖²; scikit-learn minimises C·Σ + ½‖w‖², so λ = 1 / (C n)."""
    n, c = 200, 0.5
    x = rng.normal(size=(n, 3)) * [1.0, 2.0, 0.5]
    y = (x @ [1.0, -0.5, 2.0] + 0.3 + rng.logistic(size=n) > 0).astype(float)

    def loss(p: dict[str, cr.Node]) -> cr.Node:
        z = cr.sum(x * p["w"], 1) + p["b"]
        return cr.mean(cr.softplus(z) - y * z) + 0.5 / (c * n) * cr.sum(p["w"] * p["w"])

    found = cr.minimize(loss, {"w": np.zeros(3), "b": 0.0}, optimizer=cr.Momentum(0.5), steps=5000, tolerance=1e-10)
    exact = LogisticRegression(C=c, tol=1e-12, max_iter=10_000).fit(x, y)
    assert found.stop_reason.name == "converged"
    np.testing.assert_allclose(found.x["w"], exact.coef_[0], atol=1e-6)
    assert found.x["b"] == pytest.approx(exact.intercept_[0], abs=1e-6)


# ------------------------------------------------------------------------------------------------------- options


def test_a_schedule_counts_steps_as_epochs() -> None:
    """On −x the gradient is −1, so x is the sum of all rates."""
    found = cr.minimize(lambda x: -x, 0.0, optimizer=cr.SGD(cr.StepDecay(1.0, every=100, factor=0.5)), steps=600)
    assert found.x == pytest.approx(100 * (1 + 0.5 + 0.25 + 0.125 + 0.0625 + 0.03125), rel=1e-12)


def test_clip_norm_bounds_every_step() -> None:
    found = cr.minimize(lambda x: cr.sum(x * [3.0, 4.0]), [0.0, 0.0], optimizer=cr.SGD(0.1), clip_norm=1.0, steps=300)
    np.testing.assert_allclose(found.x, [-18.0, -24.0], rtol=1e-12)
    chained = cr.chain(ClipByNorm(5.0), cr.SGD(0.1))
    both = cr.minimize(lambda x: cr.sum(x * [30.0, 40.0]), [0.0, 0.0], optimizer=chained, clip_norm=1.0, steps=1)
    np.testing.assert_allclose(both.x, [-0.06, -0.08], rtol=1e-12)


def test_weight_decay_acts_on_every_array() -> None:
    decay = cr.chain(cr.AddDecayedWeights(0.5), cr.SGD(0.1))
    found = cr.minimize(lambda p: cr.sum(p["a"]) * 0.0, {"a": [1.0]}, optimizer=decay, steps=3, tolerance=0.0)
    # the gradient of a constant is 0, so the descent has converged before it begins
    assert found.stop_reason.name == "converged"
    found = cr.minimize(lambda p: cr.sum(p["a"]), {"a": [1.0]}, optimizer=decay, steps=1)
    np.testing.assert_allclose(found.x["a"], [1.0 - 0.1 * 1.5])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype(dtype: str) -> None:
    found = cr.minimize(lambda x: cr.sum((x - 3.0) ** 2), [0.0], optimizer=cr.SGD(0.1), dtype=dtype)
    assert found.x.dtype == dtype
    np.testing.assert_allclose(found.x, [3.0], rtol=1e-6)
    assert found.values.dtype == np.float64


# ----------------------------------------------------------------------------------------------- what goes wrong


def test_a_descent_that_diverges_keeps_the_last_good_x() -> None:
    found = cr.minimize(lambda x: cr.sum(x * x * x * x), [2.0, 1.0], optimizer=cr.SGD(1.0), steps=500)
    assert found.stop_reason.name == "non_finite"
    assert np.isfinite(found.x).all()
    assert np.isfinite(found.values).all()
    assert len(found.values) == found.steps + 1 < 20
    assert np.isfinite(found.value)
    assert found.value == found.values[-1]
    assert f"after step {found.steps + 1}; x is the last at which all was finite." in str(found.stop_reason)


def test_a_function_that_is_not_finite_where_it_begins_says_so() -> None:
    found = cr.minimize(lambda x: cr.log(x), -1.0)
    assert str(found.stop_reason) == "The value is NaN or infinite at x0 already."
    assert (found.steps, float(found.x)) == (0, -1.0)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: cr.minimize(cr.sum, [math.nan, 0.0]), DataError, "x0 must be finite, but holds NaN or infinity."),
        (lambda: cr.minimize(quadratic, {"w": [math.inf]}), DataError, r"x0\['w'\] must be finite, but holds NaN"),
        (
            lambda: cr.minimize(quadratic, "zero"),
            ArgumentError,
            "x0 must be a number or an array of numbers, but is 'zero'.",
        ),
        (lambda: cr.minimize(quadratic, {"w": None}, dtype=float), DataError, r"x0\['w'\] must be finite"),
        (lambda: cr.minimize(quadratic, {}), ArgumentError, "x0 is an empty dictionary; give at least one array"),
        (
            lambda: cr.minimize(lambda x: x * x, [1.0, 2.0]),
            ShapeError,
            r"f must give a single number, .* gave float64\[2\];",
        ),
        (lambda: cr.minimize(lambda x: 1.0, [1.0]), ShapeError, "but gave float; sum or average it."),
        (lambda: cr.minimize(lambda x: None, [1.0]), ShapeError, "but gave NoneType; sum or average it."),
        (
            lambda: cr.minimize(cr.sum, [1.0], steps=0),
            ArgumentError,
            "steps must be a whole number at least 1, but is 0.",
        ),
        (
            lambda: cr.minimize(cr.sum, [1.0], steps=1.5),
            ArgumentError,
            "steps must be a whole number at least 1, but is 1.5.",
        ),
        (
            lambda: cr.minimize(cr.sum, [1.0], tolerance=-1),
            ArgumentError,
            "tolerance must be a finite number at least 0",
        ),
        (lambda: cr.minimize(cr.sum, [1.0], clip_norm=0), ArgumentError, "clip_norm must be a finite number above 0"),
        (lambda: cr.minimize(cr.sum, [1.0], optimizer="sdg"), UnknownNameError, "did you mean 'sgd'?"),
        (lambda: cr.minimize(cr.sum, [1.0], backend="nunpy"), UnknownNameError, "did you mean 'numpy'?"),
    ],
)
def test_wrong_arguments_are_sentences(call: Callable[[], Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()

"""The elementary functions, compiled: how far from the truth, what they give at the edges, and the same bits everywhere."""

from __future__ import annotations

import math
import runpy
from pathlib import Path

import numpy as np
import pytest

from chainrule.backends.llvm import vector_math
from chainrule.backends.llvm.code import Code
from chainrule.backends.llvm.target import Target, host
from chainrule.backends.llvm.vector_math import VectorMath

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
SWEEP = runpy.run_path(str(SCRIPTS / "sweep-accuracy"))
compiled, errors, sample, DTYPES = (SWEEP[name] for name in ("compiled", "errors", "sample", "DTYPES"))

# Processors that a wider one of the same family can stand in for.
TARGETS = {
    "x86": {
        "sse2": Target("x86-64", "+sse2,-avx", 16),
        "avx2": Target("x86-64", "+avx2,+fma,-avx512f", 32),
        "host": host(),
    },
    "aarch64": {"host": host()},
}[host().family]
NAMES = sorted(VectorMath(Code()).table())
EXACT = {"sqrt": 0.5, "floor": 0.0}
INF, NAN = math.inf, math.nan

# What is known without a reference: x and f(x), for both types.
KNOWN = {
    "exp": [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (800.0, INF), (-800.0, 0.0)],
    "log": [(1.0, 0.0), (0.0, -INF), (-0.0, -INF), (INF, INF), (-INF, NAN), (-1e-40, NAN), (NAN, NAN)],
    "tanh": [
        (0.0, 0.0),
        (-0.0, -0.0),
        (INF, 1.0),
        (-INF, -1.0),
        (25.0, 1.0),
        (-25.0, -1.0),
        (NAN, NAN),
        (1e-40, 1e-40),
    ],
    "logistic": [(0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (40.0, 1.0), (-800.0, 0.0), (NAN, NAN)],
    "softplus": [(INF, INF), (-INF, 0.0), (-800.0, 0.0), (50.0, 50.0), (1e30, 1e30), (NAN, NAN)],
    "erf": [(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (7.0, 1.0), (-7.0, -1.0), (NAN, NAN)],
    "sin": [(0.0, 0.0), (-0.0, -0.0), (1e-40, 1e-40), (-1e-40, -1e-40), (INF, NAN), (-INF, NAN), (NAN, NAN)],
    "cos": [(0.0, 1.0), (-0.0, 1.0), (1e-40, 1.0), (INF, NAN), (-INF, NAN), (NAN, NAN)],
    "sqrt": [(0.0, 0.0), (-0.0, -0.0), (4.0, 2.0), (INF, INF), (-1.0, NAN), (NAN, NAN)],
    "floor": [(-0.0, -0.0), (-0.5, -1.0), (0.5, 0.0), (2.0, 2.0), (-INF, -INF), (NAN, NAN), (1e30, 1e30)],
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["f32", "f64"])
def test_errors_are_small(name: str, kind: str) -> None:
    """Over 2²⁰ numbers; `scripts/sweep-accuracy` takes all of float32."""
    if kind == "f64" and np.finfo(np.longdouble).nmant < 63:
        pytest.skip("long double is no wider than float64 here, and cannot be the reference")
    x = sample(kind, 2**20)
    error = errors(name, kind, x, compiled(name, kind)(x))
    assert error.max() <= EXACT.get(name, 2.0), x[error.argmax()]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["f32", "f64"])
def test_known_values(name: str, kind: str) -> None:
    x, expected = np.resize(np.array(KNOWN[name], DTYPES[kind]), (16, 2)).T.copy()
    y = compiled(name, kind)(x)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(
        np.signbit(y), np.signbit(expected) & ~np.isnan(expected) | np.isnan(y) & np.signbit(y)
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["f32", "f64"])
@pytest.mark.parametrize("target", TARGETS)
def test_the_same_bits_on_every_processor(name: str, kind: str, target: str) -> None:
    """Alone or in a vector, and whether or not the processor multiplies and adds at once."""
    if TARGETS[target].vector_bytes > host().vector_bytes:
        pytest.skip("this processor cannot run it")
    x = sample(kind, 2**15)
    expected = compiled(name, kind, lanes=1)(x)
    expected = np.where(np.isnan(expected), np.nan, expected)  # the bits of NaN are free
    y = compiled(name, kind, TARGETS[target])(x)
    y = np.where(np.isnan(y), np.nan, y)
    assert y.tobytes() == expected.tobytes()


@pytest.mark.parametrize("kind", ["f32", "f64"])
def test_symmetry(kind: str) -> None:
    x = np.abs(sample(kind, 2**14))
    x = x[~np.isnan(x)][: 2**13]
    for name in ("tanh", "erf", "sin", "cos"):
        call = compiled(name, kind)
        np.testing.assert_array_equal(call(-x), call(x) if name == "cos" else -call(x), err_msg=name)


def test_the_measure_finds_what_is_wrong() -> None:
    x = np.array([1.0, 1.0, 0.5, -800.0, 800.0, np.nan], np.float32)
    right = np.array([np.e, np.e, np.exp(0.5), 0.0, np.inf, np.nan], np.float32)
    assert errors("exp", "f32", x, right).max() <= 0.5
    spaces = np.spacing(right[:3])
    wrong = np.array([*(right[:3] + [3, 1, -1] * spaces), -0.0, 3e38, 1.0], np.float32)
    assert np.abs(errors("exp", "f32", x, wrong)[:3] - [3, 1, 1]).max() <= 0.5
    assert np.isinf(errors("exp", "f32", x, wrong)[3:]).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["EXP", "SIN", "COS"])
def test_the_coefficients_are_those_of_the_script(name: str) -> None:
    fit = runpy.run_path(str(SCRIPTS / "fit-polynomials"))
    for kind in DTYPES:
        coefficients, error = fit["fitted"](fit["FITS"][name], kind)
        stated = getattr(vector_math, f"_{name}")[kind]
        np.testing.assert_array_equal(np.array(coefficients, DTYPES[kind]), np.array(stated, DTYPES[kind]))
        assert error < 0.5

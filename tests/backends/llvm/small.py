"""A step that compiles in milliseconds, and what it must give, by hand."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from chainrule.backends import Backend, Program
from chainrule.graph import ROWS, Step, const, input
from chainrule.graph import primitives as p

OFFSETS = np.array([0.5, -1.0, 2.0])
X = np.arange(15.0).reshape(5, 3) - 7
W = np.array([1.0, -2.0, 0.25])


def small_step(scale: float = 1.0, dtype: str = "float32") -> Step:
    """Reports scale · (x + offsets) · w for each row, and doubles w."""
    w, x = input("w", (3,), dtype), input("x", (ROWS, 3), dtype)
    out = p.contract(x + const(OFFSETS, dtype), w, "bi,i->b") * scale
    return Step(state={"w": w}, update={"w": w + w}, data={"x": x}, rows={"out": out})


def run_small(program: Program, scale: float = 1.0, dtype: str = "float32") -> None:
    """Run two steps and compare them with what they must give."""
    state = {"w": W.astype(dtype)}
    result = program.run(state, {"x": X.astype(dtype)}, np.arange(5), np.array([0, 3, 5]), {})
    weights = np.stack([W, W, W, 2 * W, 2 * W])
    expected = scale * ((X + OFFSETS) * weights).sum(axis=1)
    assert_allclose(result.rows["out"], expected, rtol=1e-5)
    assert state["w"].tolist() == (4 * W).tolist()


def compile_and_run(backend: Backend, scale: float = 1.0) -> None:
    """Compile the step anew, run it, and compare."""
    run_small(backend.compile(small_step(scale)), scale)

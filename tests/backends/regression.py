"""A small step that every test of programs can use, and the backends that run it."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.backends import BACKENDS, Program, Result, get_backend
from chainrule.graph import ROWS, Step, const, gradients, input
from chainrule.graph import primitives as p

Array = np.ndarray
Arrays = dict[str, Array]

DATA = np.random.default_rng(2).normal(size=(11, 2))
TARGETS = DATA @ [1.5, -0.5] + 0.25


# A backend, and the number of rows that it is to compile for, which may change how it works but not what it gives.
HINTS = {name: (name, None) for name in BACKENDS} | {
    "llvm for one row": ("llvm", 1),
    "llvm for many rows": ("llvm", 64),
}


def compiled(backend: str, step: Step) -> Program:
    name, rows = HINTS[backend]
    return get_backend(name).compile(step, rows=rows)


def run_steps(
    backend: str,
    step: Step,
    state: Arrays,
    data: Arrays | None = None,
    bounds: list[int] | None = None,
    scalars: Arrays | None = None,
    order: Any = None,
    record: Any = None,
) -> Result:
    bounds = [0, 1] if bounds is None else bounds
    order = np.arange(bounds[-1]) if order is None else np.asarray(order)
    program = compiled(backend, step)
    return program.run(state, data or {}, order, np.asarray(bounds), scalars or {}, record)


def linear_regression() -> Step:
    """Gradient descent on the mean of ½ (x·w + b − y)², with a learning rate that is given at run time."""
    w, b = input("w", (2,), "float64"), input("b", (), "float64")
    x, y = input("x", (ROWS, 2), "float64"), input("y", (ROWS,), "float64")
    rate = input("rate", (), "float64")
    out = p.contract(x, w, "bi,i->b") + b
    n = p.reduce_sum(p.broadcast(const(1.0, "float64"), (ROWS,), (0,)))
    loss = 0.5 * p.reduce_sum((out - y) ** 2) / n
    gw, gb = gradients(loss, [w, b])
    return Step(
        state={"w": w, "b": b},
        update={"w": w - rate * gw, "b": b - rate * gb},
        data={"x": x, "y": y},
        scalars={"rate": rate},
        metrics={"loss": loss, "n": n},
        health={"norm": p.reduce_sum(gw * gw)},
        rows={"out": out},
        checks={"loss": loss},
    )

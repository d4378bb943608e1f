"""Gradient descent for any function of nodes, not only for the loss of a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from chainrule.backends import Program, Result, get_backend
from chainrule.errors import ArgumentError, DataError, ShapeError, check_number
from chainrule.graph import DType, Node, Step, gradients, input
from chainrule.optim import ClipByNorm, Given, Progress, Rate, Transform, chain, get_optimizer, global_norm, rates_of
from chainrule.training.stopping import StopReason

Array = NDArray[Any]

_CHUNK = 256  # steps a call: how often the gradient is looked at


@dataclass(frozen=True)
class Minimum:
    """Where a descent ended: x, the value there, the value before every step, and why it stopped."""

    x: Any
    value: float
    values: NDArray[np.float64]
    steps: int
    stop_reason: StopReason


def minimize(
    f: Callable[[Any], Node],
    x0: Any,
    optimizer: str | Transform = "adam",
    *,
    steps: int = 1000,
    tolerance: float = 1e-6,
    clip_norm: float | None = None,
    dtype: DTypeLike = "float64",
    backend: str | None = None,
) -> Minimum:
    """Descend f from x0: x ← x + the optimiser's update of ∇f(x), until ‖∇f‖ ≤ tolerance or the steps are used up.

    `x0` is a number, an array, or a dictionary of them; `f` is given nodes of the same shapes, in a dictionary of the same
    keys, and gives a single number. The gradient is derived from f by the chain rule. A schedule counts a step as an epoch.
    If f or its gradient becomes NaN or infinite, the descent stops at the last good x and says so.

    >>> import chainrule as cr
    >>> bowl = cr.minimize(lambda x: cr.sum((x - 3.0) ** 2), [0.0, 0.0], optimizer=cr.SGD(0.1))
    >>> bowl.x.round(4), bowl.stop_reason.name
    (array([3., 3.]), 'converged')
    """
    steps = int(check_number("steps", steps, low=1, integer=True))
    check_number("tolerance", tolerance, low=0)
    start = {name: _start(name, value, dtype) for name, value in _as_dict(x0).items()}
    full = get_optimizer(optimizer)
    if clip_norm is not None:
        full = chain(ClipByNorm(clip_norm), full)
    step = _build(f, start, full, single=not isinstance(x0, Mapping))
    program = get_backend(backend).compile(step)
    state = {f"x/{name}": array for name, array in start.items()}
    state |= {f"optimizer/{name}": np.array(array) for name, array in full.init(start).items()}
    values, reason = _descend(program, state, full.scalars(), steps, tolerance)
    final = get_backend(backend).compile(Step(state=step.state, metrics={"value": step.metrics["value"]}))
    value = float(final.run(state, {}, _NO_ROWS, np.zeros(2, np.int64), {}).metrics["value"][0])
    x = {name: state[f"x/{name}"] for name in start}
    return Minimum(x if isinstance(x0, Mapping) else x[""], value, values, int(reason.numbers["steps"]), reason)


_NO_ROWS = np.zeros(0, np.int64)


def _build(f: Callable[[Any], Node], start: dict[str, Array], optimizer: Transform, *, single: bool) -> Step:
    kind = DType.of(next(iter(start.values())).dtype)
    x = {name: input(f"x/{name}", array.shape, kind) for name, array in start.items()}
    value = f(x[""] if single else x)
    if not isinstance(value, Node) or value.shape:
        got = value.type if isinstance(value, Node) else type(value).__name__
        raise ShapeError(f"f must give a single number, a node of shape (), but gave {got}; sum or average it.")
    grads = dict(zip(x, gradients(value, list(x.values())), strict=True))
    scalars = {name: input(name, (), kind) for name in optimizer.scalars()}
    state = {name: input(f"optimizer/{name}", a.shape, DType.of(a.dtype)) for name, a in optimizer.init(start).items()}
    updates, new_state = optimizer.update(grads, state, x, Given(scalars, frozenset(x)))
    update = {f"x/{name}": x[name] + updates[name] for name in x}
    update |= {f"optimizer/{name}": node for name, node in new_state.items()}
    return Step(
        state={**{f"x/{n}": node for n, node in x.items()}, **{f"optimizer/{n}": node for n, node in state.items()}},
        update=update,
        scalars=scalars,
        metrics={"value": value, "norm": global_norm(grads)},
        checks={
            "value": value,
            **{f"gradient of {_called(name)}": g for name, g in grads.items()},
            **{f"next {_called(name)}": update[f"x/{name}"] for name in x},
            **{f"state {name!r} of the optimizer": node for name, node in new_state.items()},
        },
    )


def _descend(
    program: Program, state: dict[str, Array], rates: Mapping[str, Rate], steps: int, tolerance: float
) -> tuple[NDArray[np.float64], StopReason]:
    """Run chunks of steps; where the gradient was small enough inside a chunk, go back and run only so far."""
    values: list[Array] = []
    starts: list[tuple[int, dict[str, Array]]] = []  # of the last two chunks
    done = 0
    while done < steps:
        n = min(_CHUNK, steps - done)
        before = {name: array.copy() for name, array in state.items()}
        starts = [*starts[-1:], (done, before)]
        result = _run(program, state, rates, done, n, steps)
        small = np.flatnonzero(result.metrics["norm"] <= tolerance)
        if small.size:
            _restore(state, before)
            result = _run(program, state, rates, done, int(small[0]), steps)
        values.append(result.metrics["value"].astype(np.float64))
        done += result.done
        if small.size:
            sentence = f"The norm of the gradient is at most {tolerance:g} after {done} steps."
            return np.concatenate(values), StopReason("converged", sentence, {"steps": done, "tolerance": tolerance})
        if result.failure:
            return _back(program, state, rates, steps, values, starts, result.failure.check)
    return np.concatenate(values), StopReason("steps", f"All {steps} steps are done.", {"steps": steps})


def _back(
    program: Program,
    state: dict[str, Array],
    rates: Mapping[str, Rate],
    steps: int,
    values: list[Array],
    starts: list[tuple[int, dict[str, Array]]],
    check: str,
) -> tuple[NDArray[np.float64], StopReason]:
    """Go back to the last x at which everything was finite: the one before the step that led astray."""
    found = np.concatenate(values)
    good = max(len(found) - 1, 0)
    first, before = [start for start in starts if start[0] <= good][-1]
    _restore(state, before)
    _run(program, state, rates, first, good - first, steps)
    if len(found) == 0:
        sentence = f"The {check} is NaN or infinite at x0 already."
    else:
        sentence = f"The {check} became NaN or infinite after step {len(found)}; x is the last at which all was finite."
    return found, StopReason("non_finite", sentence, {"steps": good})


def _run(program: Program, state: dict[str, Array], rates: Mapping[str, Rate], done: int, n: int, steps: int) -> Result:
    at = np.arange(done, done + n)
    scalars = {name: rates_of(rate, at, Progress(steps, 1)) for name, rate in rates.items()}
    return program.run(state, {}, _NO_ROWS, np.zeros(n + 1, np.int64), scalars)


def _restore(state: dict[str, Array], saved: Mapping[str, Array]) -> None:
    for name, array in saved.items():
        state[name][...] = array


def _as_dict(x0: Any) -> Mapping[str, Any]:
    if isinstance(x0, Mapping):
        if not x0:
            raise ArgumentError("x0 is an empty dictionary; give at least one array to descend on.")
        strange = [name for name in x0 if not isinstance(name, str) or not name]
        if strange:
            raise ArgumentError(f"The keys of x0 must be texts, the names of its arrays, but one is {strange[0]!r}.")
        return dict(x0)
    return {"": x0}


def _called(name: str) -> str:
    """What messages call an array of x0."""
    return f"x[{name!r}]" if name else "x"


def _start(name: str, value: Any, dtype: DTypeLike) -> Array:
    argument = f"x0[{name!r}]" if name else "x0"
    try:
        array = np.array(value, dtype=dtype)
    except (TypeError, ValueError):
        raise ArgumentError(f"{argument} must be a number or an array of numbers, but is {value!r}.") from None
    if not np.isfinite(array).all():
        raise DataError(f"{argument} must be finite, but holds NaN or infinity.")
    return array

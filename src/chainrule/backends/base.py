"""What a backend is: something that compiles a `Step` into a `Program`, which runs many steps in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import BackendError, quoted
from chainrule.graph import Step

Array = NDArray[Any]
Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Failure:
    """The step in which a checked value was not finite, which value that was, and the scope where it first went wrong.

    If an input was already not finite, `scope` is that of the input, or its name where it has none.
    """

    step: int
    check: str
    scope: str


@dataclass(frozen=True, eq=False)
class Result:
    """What a run reports: one row a step in `metrics`, one row a recorded step in `health`, one row a row in `rows`."""

    done: int
    metrics: dict[str, Array] = field(default_factory=dict)
    health: dict[str, Array] = field(default_factory=dict)
    rows: dict[str, Array] = field(default_factory=dict)
    failure: Failure | None = None


# Takes a step anew and gives its metrics, which the next call overwrites; None if a checked value was not finite.
Again = Callable[[], Arrays | None]


class Program(Protocol):
    """A step that has been made ready to run."""

    def run(
        self,
        state: MutableMapping[str, Array],
        data: Arrays,
        order: NDArray[np.int64],
        bounds: NDArray[np.int64],
        scalars: Arrays,
        record: NDArray[np.bool_] | None = None,
    ) -> Result:
        """Run len(bounds) − 1 steps; step k reads the rows order[bounds[k]] to order[bounds[k + 1] − 1] of `data`.

        `record` says which steps report their health; without it, the first, the last and one in 16 do.
        `state` is updated in place. Each of `scalars` is one value, or one value a step along a leading axis. If a checked
        value is not finite, the state stays as it was after the last good step, and the result says where it happened.
        """
        ...

    def again(self, state: MutableMapping[str, Array], data: Arrays, scalars: Arrays) -> Again:
        """One step on all rows of `data`, to be taken again and again: on what these same arrays hold at each call.

        `scalars` are those of one step, in the dtypes of the step. A step in which a checked value is not finite changes
        nothing. Health is not reported. Only one thread at a time may call what is returned.
        """
        ...


class Backend(Protocol):
    """A way to run steps."""

    name: str

    def compile(self, step: Step, *, rows: int | None = None, threads: int | None = None) -> Program:
        """Make a step ready to run: best for batches of `rows` rows, if given, though others may be run too.

        `threads` threads share a step, as many as pay unless given; their number never changes a result.
        """
        ...


def again_by_runs(program: Program, state: MutableMapping[str, Array], data: Arrays, scalars: Arrays) -> Again:
    """`Program.again`, by a run for each step."""
    n = min((len(array) for array in data.values()), default=0)
    order, bounds, record = np.arange(n), np.array([0, n]), np.zeros(1, np.bool_)

    def take() -> Arrays | None:
        result = program.run(state, data, order, bounds, scalars, record)
        return None if result.failure else {name: values[0] for name, values in result.metrics.items()}

    return take


def value_at(scalar: Array, rank: int, step: int) -> Array:
    """The value of a run-time scalar in a step: the same for all steps, or its own along a leading axis."""
    return scalar[step] if np.ndim(scalar) > rank else np.asarray(scalar)


def usual_record(n_steps: int) -> NDArray[np.bool_]:
    """Which steps of a run report their health unless told otherwise: the first, the last and one in 16."""
    record: NDArray[np.bool_] = np.arange(n_steps) % 16 == 0
    record[-1:] = True
    return record


def check_order(data: Arrays, order: NDArray[np.int64], bounds: NDArray[np.int64]) -> None:
    """Raise `BackendError` unless `bounds` cut `order` into batches, and `order` names rows that every array of data has."""
    if len(bounds) == 1:  # no steps
        return
    rising = len(bounds) > 0 and bounds[0] >= 0 and bool((np.diff(bounds) >= 0).all())
    if not rising or (data and bounds[-1] > len(order)):
        raise BackendError(
            f"The bounds of the batches must rise from 0 at least to {len(order)} at most, the length of the order."
        )
    used = order[bounds[0] : bounds[-1]]
    if not data or not len(used):
        return
    fewest = min(len(array) for array in data.values())
    if used.min() < 0 or used.max() >= fewest:
        raise BackendError(
            f"The order names rows from {used.min()} to {used.max()}, but the data has rows 0 to {fewest - 1}."
        )


def check_arguments(step: Step, state: Arrays, data: Arrays, scalars: Arrays, n_steps: int) -> None:
    """Raise `BackendError` unless every state, data and scalar of a step is given in the shape that it has there.

    A state must have its dtype too, because it is updated in place; data and scalars are converted.
    """
    for kind, nodes, arrays in (
        ("state", step.state, state),
        ("data", step.data, data),
        ("scalar", step.scalars, scalars),
    ):
        for name, node in nodes.items():
            if name not in arrays:
                raise BackendError(f"The step needs the {kind} {name!r}, but was only given {quoted(arrays)}.")
            shape, dtype = np.shape(arrays[name]), np.asarray(arrays[name]).dtype
            fits = {
                "state": shape == node.shape and dtype == node.dtype.numpy,
                "data": shape[1:] == node.shape[1:] and len(shape) > 0,
                "scalar": shape in (node.shape, (n_steps, *node.shape)),
            }
            if not fits[kind]:
                given = f"{dtype} of shape {shape} for {n_steps} steps"
                raise BackendError(f"The {kind} {name!r} of the step is {node.type}, but was given as {given}.")

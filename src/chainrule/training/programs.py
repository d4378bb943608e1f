"""The compiled steps of a network, and what is computed with them besides training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends import BACKENDS, Program, Result, get_backend
from chainrule.errors import DataError, check_name, check_number
from chainrule.functional import Loss
from chainrule.graph import ROWS, DType, Step, scope
from chainrule.graph.node import where
from chainrule.nn import Layer, Sequential, Standardize, walk
from chainrule.optim import Transform
from chainrule.training.build import BuiltStep, Penalties, build_forward, build_layers, build_step
from chainrule.training.coding import targets_of
from chainrule.training.fitting import Examples
from chainrule.training.model import STATE, Arrays, Model

Array = NDArray[Any]

_BLOCK = 1024  # rows a step of prediction, at most
_LEAST = 32  # and at least
_WIDEST = 1 << 17  # numbers of an array of a block of prediction: it stays near the processor
_SEEN = frozenset({"windows", "transpose", "reshape"})  # nodes that show what others hold, some of it many times
_MANY = 256  # rows of a prediction for which threads may pay
_MOST_PROGRAMS = 8
MOST_THREADS = 64


@dataclass(frozen=True)
class Engine:
    """What runs steps: a backend, the best one unless named, and how many threads it may use, as many as pay unless given."""

    backend: str | None = None
    threads: int | None = None

    @staticmethod
    def of(backend: str | None, threads: int | None) -> Engine:
        """A checked engine."""
        if backend is not None:
            check_name("backend", backend, BACKENDS)
        if threads is not None:
            threads = int(check_number("threads", threads, low=1, high=MOST_THREADS, integer=True))
        return Engine(backend, threads)

    def compile(self, step: Step, rows: int) -> Program:
        """A step, ready to run on batches of so many rows."""
        return get_backend(self.backend).compile(step, rows=rows, threads=self.threads)


class Programs:
    """Steps and their programs, each compiled once, and again when anything it was built from has changed.

    They belong to the process: a copied, pickled or saved network compiles its own.
    """

    def __init__(self) -> None:
        self._known: list[tuple[object, BuiltStep, Program, int]] = []

    def __getstate__(self) -> dict[str, Any]:
        return {"_known": []}

    def _program(
        self, key: tuple[object, ...], model: Model, build: Callable[[], BuiltStep], engine: Engine, rows: int = 0
    ) -> tuple[BuiltStep, Program, int]:
        """The step of a key, from a model, and its rows: about as many as are given, or those of a block of a prediction."""
        if rows:  # the next power of two, so that chunks of any length need few programs
            rows = 1 << (rows - 1).bit_length()
        full = (key, engine, rows, signature(model))
        for known, built, program, size in self._known:
            if known == full:
                return built, program, size
        built = build()
        size = rows or _block(built.step)
        program = engine.compile(built.step, size)
        self._known = [*self._known[1 - _MOST_PROGRAMS :], (full, built, program, size)]
        return built, program, size

    def training(
        self,
        model: Model,
        loss: Loss,
        examples: Examples,
        optimizer: Transform,
        penalties: Penalties,
        engine: Engine,
        rows: int,
    ) -> tuple[BuiltStep, Program]:
        """The training step of `build_step` for examples like the given ones, in batches of so many rows."""
        targets, weighted, kind = targets_of(examples.y), examples.sample_weight is not None, examples.kind
        built, program, _ = self._program(
            ("train", loss, targets, weighted, kind, optimizer, penalties.parts()),
            model,
            lambda: build_step(
                model, loss, targets, optimizer=optimizer, penalties=penalties, weighted=weighted, x_dtype=kind
            ),
            engine,
            rows,
        )
        return built, program

    def outputs(self, model: Model, loss: Loss | None, x: Array, engine: Engine) -> Array:
        """What the model predicts for each row of x: probabilities, rates or values."""
        kind = DType.of(x.dtype)
        _, program, size = self._program(
            ("predict", loss, kind),
            model,
            lambda: build_forward(model, loss, x_dtype=kind),
            _for_rows(engine, len(x)),
        )
        return _in_blocks(program, size, model.arrays, {"x": x}).rows["outputs"]

    def losses(self, model: Model, loss: Loss, examples: Examples, engine: Engine) -> tuple[float, Array]:
        """The mean loss on some examples, weighted if they have weights, and what the model predicts for each."""
        targets, weighted, kind = targets_of(examples.y), examples.sample_weight is not None, examples.kind
        _, program, size = self._program(
            ("evaluate", loss, targets, weighted, kind),
            model,
            lambda: build_forward(model, loss, targets, weighted=weighted, x_dtype=kind),
            _for_rows(engine, len(examples)),
        )
        result = _in_blocks(program, size, model.arrays, examples.arrays())
        weight = result.metrics["weight"].astype(np.float64)
        with np.errstate(all="ignore"):  # an infinite loss of a block without weight
            mean = result.metrics["loss"].astype(np.float64) @ weight / weight.sum()
        return float(mean), result.rows["outputs"]


def signature(model: Model) -> tuple[object, ...]:
    """All of a model that decides what its graph is: its layers, how fast each trains, and the shape and dtype of a row."""
    layers = tuple((path, type(layer), factor, _facts(layer)) for path, layer, factor in walk(model.layer))
    return (*layers, model.input_shape, model.dtype.name)


def _facts(layer: Layer) -> tuple[object, ...]:
    """The attributes of a layer that its graph can depend on, other than the layers inside it, in a form that compares."""

    def fact(value: object) -> object:
        if isinstance(value, np.ndarray):  # as text, a long array would be cut short
            return value.shape, value.dtype.str, value.tobytes()
        return value if callable(value) else repr(value)  # a function itself: another may have the same text later

    inside = (tuple, list, Layer) if layer.children() else ()
    return tuple(
        (name, fact(value))
        for name, value in vars(layer).items()
        if not (name.endswith("_init") or isinstance(value, inside))
    )


def adapted_state(model: Model, x: Array, rows: NDArray[np.int64], engine: Engine) -> Arrays:
    """The state of each Standardize layer that fits some rows of x, as they come out of the layers before it."""
    arrays = dict(model.arrays)
    new: Arrays = {}
    children = model.layer.children()
    if not any(isinstance(layer, Standardize) for _, layer in children):
        return new
    x = x[rows]
    for i, (name, layer) in enumerate(children):
        if isinstance(layer, Standardize):
            before = Sequential(*(child for _, child in children[:i])) if i else None
            given, mask = _through(replace(model, layer=before, arrays=arrays), x, engine) if before else (x, None)
            with scope(name), np.errstate(all="ignore"):
                found = {key: np.asarray(value, model.dtype) for key, value in layer.adapt(given, mask).items()}
                if not all(np.isfinite(value).all() for value in found.values()):
                    raise DataError(f"{where()}X is too large for its mean and deviation to be computed: rescale X.")
            new |= {f"{STATE}/{name}/{key}": value for key, value in found.items()}
            arrays |= new
    return new


def _through(model: Model, x: Array, engine: Engine) -> tuple[Array, NDArray[np.bool_] | None]:
    """What the first layers of a model give for x, and which steps of it are real; alone, they have the same names as within."""
    step = build_layers(model, DType.of(x.dtype))
    size = _block(step)
    rows = _in_blocks(engine.compile(step, size), size, model.arrays, {"x": x}).rows
    return rows["outputs"], rows["mask"] != 0 if "mask" in rows else None


def _for_rows(engine: Engine, n: int) -> Engine:
    """The engine for a prediction of n rows: starting threads takes longer than a few of them."""
    return engine if engine.threads or n >= _MANY else replace(engine, threads=1)


def _block(step: Step) -> int:
    """How many rows a block of a prediction has: as many as its widest array allows, a power of two."""
    with_rows = [node for node in step.graph.nodes if ROWS in node.shape and node.op not in _SEEN]
    widest = max((math.prod(dim for dim in node.shape if dim is not ROWS) for node in with_rows), default=1)
    rows = max(_LEAST, _WIDEST // max(widest, 1))
    return min(_BLOCK, 1 << rows.bit_length() - 1)


def _in_blocks(program: Program, size: int, state: Arrays, data: Mapping[str, Array]) -> Result:
    """Run a step that changes nothing over all rows, in their order, so many at a time."""
    n = len(data["x"])
    bounds = np.append(np.arange(0, n, size), n).astype(np.int64)
    return program.run(state, data, np.arange(n, dtype=np.int64), bounds, {})

"""Online learning: one step a call; and what a call need not look at again when nothing but the example is new.

A call like the one before it takes some microseconds: its numbers are copied to where the compiled step reads them, and the step
is taken. Whatever is not exactly so is left to the careful way, which reads and checks everything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import is_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule import random
from chainrule.backends import Program, Result
from chainrule.errors import ArgumentError
from chainrule.nn import Layer, Standardize, walk
from chainrule.optim import Chain, Progress, Rate, Schedule, Transform, rates_of
from chainrule.training.build import BuiltStep
from chainrule.training.fitting import Examples
from chainrule.training.memory import Memory
from chainrule.training.model import Arrays, Model

_LABELS = frozenset({int, str, np.int32, np.int64})
_VALUES = frozenset({int, float, np.int32, np.int64, np.float32, np.float64})
_EXACT = 2**53  # whole numbers below it are the same in float64
_ATOMS = (int, float, str, type(None), np.generic)


def online_step(program: Program, model: Model, examples: Examples, rates: Mapping[str, Rate], learned: int) -> Result:
    """One step on all of the examples, the one after `learned` others; schedules count steps as epochs."""
    at, forever = np.array([learned]), Progress(epochs=2**31, steps_per_epoch=1)
    scalars: Arrays = {name: rates_of(rate, at, forever) for name, rate in rates.items()}
    scalars["key"] = np.array([model.seed, random.DROPOUT], np.uint32)
    scalars["counter"] = np.array([_counter(learned)], np.uint32)
    n = len(examples)
    return program.run(model.arrays, examples.arrays(), np.arange(n), np.array([0, n]), scalars)


def _counter(learned: int) -> tuple[int, int]:
    """The counter of a step: epochs that no fit reaches, counted down from the last, each of 2³² steps."""
    return learned % 2**32, 2**32 - 1 - learned // 2**32


def check_adapted(layer: Layer, memory: Memory, what: str = "learn") -> None:
    """Raise `ArgumentError` if a layer waits for what only `fit` sees, all of the training data."""
    unready = [name for name, own in layer.children() if isinstance(own, Standardize)]
    if unready and not memory.adapted:
        raise ArgumentError(
            f"layer {unready[0]!r} takes mean and scale from the training data of fit, which has not been called: call it "
            f"before {what}, or leave the layer out{' of a network that only learns online' if what == 'learn' else ''}."
        )


@dataclass(frozen=True, eq=False)
class Call:
    """What `learn` was told besides the example."""

    loss: Any
    optimizer: Any
    backend: str | None
    threads: int | None

    def again(self, loss: Any, optimizer: Any, backend: str | None, threads: int | None) -> bool:
        """Whether a later call says the same, or leaves loss and optimiser as they are."""
        known = optimizer is None or optimizer is self.optimizer
        if not known and type(optimizer) is type(self.optimizer):
            known = optimizer == self.optimizer
        return known and (loss is None or loss is self.loss) and backend is self.backend and threads is self.threads


@dataclass(frozen=True, eq=False)
class Online:
    """A step that is ready for the next example, which has the shapes of the last one.

    `x` and `y` are where the step reads the example; `floats` is the memory of all that are floats, which x is not where it is
    bytes. `numbers` are those of the labels, where y is one label. `facts` are what the graph was made from: the attributes of
    every layer, and their values.
    """

    memory: Memory
    model: Model
    call: Call
    facts: tuple[tuple[dict[str, Any], ...], list[Any]]
    take: Callable[[], Mapping[str, NDArray[Any]] | None]
    x: NDArray[Any]
    y: NDArray[Any]
    floats: NDArray[Any]
    numbers: dict[Any, int] | None
    counter: NDArray[np.uint32] | None  # where the step reads it, if it does

    @staticmethod
    def of(
        call: Call, memory: Memory, model: Model, built: BuiltStep, program: Program, examples: Examples, x: Any, y: Any
    ) -> Online | None:
        """The step of a call that went well, on x and y, ready for the next; None for what only the careful way can do."""
        facts = _facts(model.layer)
        optimizer = memory.optimizer
        rates = {**built.scalars, **(optimizer.scalars() if optimizer else {})}
        moving = any(isinstance(rate, Schedule) for rate in rates.values())
        labels = memory.coder is not None
        one = np.ndim(y) == 0
        if facts is None or moving or not _frozen(optimizer) or memory.loss is None or memory.loss.targets == "counts":
            return None
        if labels and not (one and examples.y.size == 1):
            return None
        if any(math.prod(np.shape(a)) != b.size for a, b in ((x, examples.x), (y, examples.y))):
            return None
        inputs = examples.x.size if examples.kind.is_float else 0
        floats = np.zeros(inputs + (0 if labels else examples.y.size), model.dtype)
        own_x = floats[:inputs].reshape(examples.x.shape) if inputs else np.zeros_like(examples.x)
        own_y = np.zeros_like(examples.y) if labels else floats[inputs:].reshape(examples.y.shape)
        numbers = {label: i for i, label in enumerate(memory.coder.labels)} if memory.coder else None
        with np.errstate(all="ignore"):
            scalars = {
                name: np.array(rates[name], node.dtype.numpy)
                for name, node in built.step.scalars.items()
                if name in rates
            }
        scalars["key"] = np.array([model.seed, random.DROPOUT], np.uint32)
        scalars["counter"] = np.zeros(2, np.uint32)
        counter = scalars["counter"] if "counter" in built.step.scalars else None
        take = program.again(model.arrays, {"x": own_x, "y": own_y}, scalars)
        shaped_x, shaped_y = own_x.reshape(np.shape(x)), own_y.reshape(np.shape(y))
        return Online(memory, model, call, facts, take, shaped_x, shaped_y, floats, numbers, counter)

    def suits(self, memory: Memory, model: Model | None) -> bool:
        """Whether the network is as it was after the last call, but for the values of its numbers."""
        dicts, values = self.facts
        now = list(chain.from_iterable(map(dict.values, dicts)))
        unchanged = memory is self.memory and model is self.model
        return unchanged and len(now) == len(values) and all(map(is_, now, values))

    def learn(self, x: Any, y: Any) -> float | None:
        """Learn from an example: the loss before the step; None if it needs a careful look, and nothing was learned."""
        if not (self._read_x(x) and self._read_y(y)) or 0 in np.isfinite(self.floats).tobytes():
            return None
        if self.counter is not None:
            self.counter[:] = _counter(self.memory.learned)
        metrics = self.take()
        if metrics is None:
            return None
        self.memory.learned += 1
        return float(metrics["loss"])

    def _read_x(self, x: Any) -> bool:
        array = x if type(x) is np.ndarray else _array(x)
        return array is not None and array.shape == self.x.shape and _copied(array, self.x)

    def _read_y(self, y: Any) -> bool:
        if self.numbers is not None:
            number = self.numbers.get(y) if type(y) in _LABELS else None
            if number is None:
                return False
            self.y[...] = number
            return True
        if type(y) in _VALUES:
            if self.y.ndim or not -_EXACT < y < _EXACT:
                return False
            self.y[...] = y
            return True
        array = y if type(y) is np.ndarray else _array(y)
        return array is not None and array.shape == self.y.shape and _copied(array, self.y)


class Stream:
    """Online learning as it goes on: the step that is ready for the next example, if there is one.

    It belongs to the process: a copied, pickled or saved network makes its own. Threads that share a network share no step.
    """

    def __init__(self) -> None:
        self._ready: list[Online] = []

    def __getstate__(self) -> dict[str, Any]:
        return {"_ready": []}

    def keep(self, online: Online | None) -> None:
        """Keep a step for the next example."""
        self._ready[:] = [online] if online else []

    def learn(self, memory: Memory, model: Model | None, x: Any, y: Any, *call: Any) -> float | None:
        """Learn from an example as the last call did: the loss before the step; None if that cannot be, and nothing was done.

        `call` is what a `Call` is made of.
        """
        try:
            online = self._ready.pop()
        except IndexError:
            return None
        if not (online.suits(memory, model) and online.call.again(*call)):
            return None
        loss = online.learn(x, y)
        self._ready.append(online)
        return loss


def _array(value: Any) -> NDArray[Any] | None:
    """A list of numbers, or a list of such lists, as an array; None for what is none."""
    if type(value) is not list and type(value) is not tuple:
        return None
    try:
        return np.array(value)
    except (ValueError, TypeError, RuntimeError):  # which the careful way words
        return None


def _copied(array: NDArray[Any], into: NDArray[Any]) -> bool:
    """Copy an array of numbers; False if it is of something else, or would not be the same numbers."""
    if array.dtype == into.dtype:
        into[...] = array
        return True
    if array.dtype.kind not in "biuf" or into.dtype.kind != "f":
        return False
    with np.errstate(all="ignore"):  # what is too large is found afterwards
        into[...] = array
    return True


def _facts(layer: Layer) -> tuple[tuple[dict[str, Any], ...], list[Any]] | None:
    """The attributes of all layers, and their values; None if a value could change without being replaced."""
    dicts = tuple(vars(own) for _, own, _ in walk(layer))
    fixed = all(
        key.endswith("_init") or key == "_children" or _fixed(value) for own in dicts for key, value in own.items()
    )
    return (dicts, [value for own in dicts for value in own.values()]) if fixed else None


def _fixed(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_fixed, value))
    return isinstance(value, (*_ATOMS, Layer)) or callable(value)


def _frozen(transform: Transform | None) -> bool:
    """Whether an optimiser stays as it is."""
    parts: Iterator[Any] = iter(transform.transforms if isinstance(transform, Chain) else (transform,))
    return all(getattr(getattr(part, "__dataclass_params__", None), "frozen", False) for part in parts)

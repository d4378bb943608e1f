"""One run: the network trained with one batch size, and measured at moments that are the same for every batch size.

A run takes the steps that `Network.fit` takes on a new network, bit for bit. It pauses at its moments to be measured. The clock
counts what a fit does as well, to draw the order of the rows and to take the steps, less what a call costs that takes no step: a
fit, which does not pause, pays that only ten times a second. A first step, on a copy, warms up memory and code.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends import Result
from chainrule.comparison.memory import Memory, memory_of
from chainrule.comparison.noise import Noise, NoiseMeter
from chainrule.comparison.setting import Numbers, Setting
from chainrule.optim import Progress, Rate, Transform
from chainrule.training import Model, StopReason
from chainrule.training.batches import Batches
from chainrule.training.loop import CALL_SECONDS
from chainrule.training.model import Arrays, copies
from chainrule.training.numbers import step_numbers

_PER_DECADE = 8  # moments, of the examples seen
_AT_LEAST = 20  # moments, evenly spread over the epochs
_MOST_STEPS_A_CALL, _MOST_ROWS_A_CALL = 1 << 16, 1 << 20
_TRIALS = 5  # calls without a step, of which the quickest tells what a call costs


@dataclass(frozen=True)
class Moment:
    """A run at one moment: how far it has come, and the loss and the validation scores there.

    `label` is what the run's batch size was given as, `batch_size` its number of rows. `examples` is how many rows the steps have
    read, `seconds` the time of training alone.
    """

    label: str
    batch_size: int
    epochs: int
    step: int
    examples: int
    seconds: float
    loss: float
    scores: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Run:
    """A network trained with batches of `batch_size` rows: what was measured at each moment, and at the end.

    `path` holds the trained parameters at the moments whose numbers are in `places`, a row each. `noise` is that of the
    gradient at the end, `memory` what one step holds.
    """

    label: str
    batch_size: int
    optimizer: Transform
    moments: tuple[Moment, ...]
    path: NDArray[Any]
    places: tuple[int, ...]
    noise: Noise
    memory: Memory
    stop_reason: StopReason

    @property
    def step(self) -> NDArray[np.int64]:
        """The steps taken, at each moment."""
        return np.array([moment.step for moment in self.moments], dtype=np.int64)

    @property
    def examples(self) -> NDArray[np.int64]:
        """The examples seen, at each moment: in every epoch each row once."""
        return np.array([moment.examples for moment in self.moments], dtype=np.int64)

    @property
    def seconds(self) -> Numbers:
        """The time of training, at each moment."""
        return np.array([moment.seconds for moment in self.moments])

    @property
    def loss(self) -> Numbers:
        """What is minimised, on the fixed rows, at each moment."""
        return np.array([moment.loss for moment in self.moments])

    def score(self, name: str) -> Numbers:
        """A validation score by name, such as "val_loss", at each moment; NaN where there is none."""
        return np.array([moment.scores.get(name, math.nan) for moment in self.moments])


@dataclass(frozen=True)
class Budget:
    """How long every run may go on: the same number of epochs, and of seconds of training, for all."""

    epochs: int
    max_seconds: float | None = None


@dataclass(frozen=True, eq=False)
class Choice:
    """What a run has for itself: its batch size and its optimiser, and what it is called."""

    label: str
    batch_size: int
    optimizer: Transform


def moments(n: int, epochs: int) -> list[int]:
    """The numbers of examples at which runs on n rows are measured: geometric, and evenly spread where that is closer.

    From one epoch on they are whole epochs, which end a step for every batch size.

    >>> moments(100, 2)[:9], moments(100, 2)[-2:]
    ([1, 2, 3, 4, 6, 7, 10, 13, 18], [100, 200])
    """
    last = n * epochs
    decades = math.log10(last)
    geometric = 10.0 ** (np.arange(math.ceil(decades * _PER_DECADE)) / _PER_DECADE)
    found = {round(m) if m < n else n * round(m / n) for m in geometric.tolist()}
    found |= {n * round(epochs * k / _AT_LEAST) for k in range(1, _AT_LEAST + 1)}
    return sorted(m for m in found if 0 < m <= last)


def train_run(
    setting: Setting,
    choice: Choice,
    budget: Budget,
    meter: NoiseMeter,
    *,
    most_places: int,
    interrupted: Event,
    observers: Sequence[Callable[[Moment], object]] = (),
) -> Run:
    """Train with one batch size, until the budget is spent, a number is not finite, or there was a Ctrl-C.

    The path keeps at most `most_places` moments, evenly spread, besides the last.
    """
    descent = _Descent(setting, choice, budget)
    stops = np.unique([descent.steps_within(m) for m in (0, *moments(descent.n, budget.epochs))]).tolist()
    every = math.ceil(len(stops) / max(most_places, 1))
    found: list[Moment] = []
    places: dict[int, NDArray[Any]] = {}
    reason: StopReason | None = None
    for stop in stops:
        while descent.done < stop and reason is None:
            reason = descent.advance(stop) or _cut(descent, budget, interrupted)
        if not found or descent.done > found[-1].step:
            found.append(descent.moment())
            for observe in observers:
                observe(found[-1])
            if reason is None and not math.isfinite(found[-1].loss):
                reason = descent.diverged("loss", max(descent.done - 1, 0))
        if len(found) % every == 1 % every or stop == stops[-1] or reason is not None:
            places[len(found) - 1] = setting.vector(descent.model.arrays)
        if reason is not None:
            break
    return Run(
        choice.label,
        choice.batch_size,
        choice.optimizer,
        tuple(found),
        np.stack(list(places.values())),
        tuple(places),
        meter.measure(descent.model.arrays),
        memory_of(descent.program, choice.batch_size),
        reason or StopReason("epochs", f"All {budget.epochs} epochs are done.", {"epochs": budget.epochs}),
    )


def _cut(descent: _Descent, budget: Budget, interrupted: Event) -> StopReason | None:
    """Why a run must end now, if it must."""
    if interrupted.is_set():
        return StopReason(
            "interrupted", f"Stopped by Ctrl-C after {descent.seconds:.1f} s.", {"seconds": descent.seconds}
        )
    if budget.max_seconds is not None and descent.seconds >= budget.max_seconds:
        numbers = {"max_seconds": budget.max_seconds, "seconds": descent.seconds}
        return StopReason("max_seconds", f"The time limit of {budget.max_seconds:g} s is reached.", numbers)
    return None


class _Descent:
    """The steps of a run, in calls of about 100 ms, and how far they have come."""

    def __init__(self, setting: Setting, choice: Choice, budget: Budget) -> None:
        self.setting, self.choice, self.epochs = setting, choice, budget.epochs
        self.model: Model = setting.start(choice.optimizer)
        examples, rows, penalties = setting.examples, setting.rows, setting.penalties
        self.batches = Batches.of(examples, rows, choice.batch_size, setting.seed, setting.shuffle)
        built, self.program = setting.programs.training(
            self.model, setting.reading.loss, examples, choice.optimizer, penalties, setting.engine, choice.batch_size
        )
        clipped = penalties.clipped(choice.optimizer)
        self.scalars: dict[str, Rate] = {**built.scalars, **penalties.scalars(), **clipped.scalars()}
        self.done, self.seconds, self.seconds_per_step = 0, 0.0, CALL_SECONDS
        most_epochs = max(1, _MOST_ROWS_A_CALL // self.n)
        self._most_steps = min(_MOST_STEPS_A_CALL, most_epochs * self.batches.per_epoch)
        self._ordered: tuple[range, NDArray[np.int64]] = (range(0), np.zeros(0, np.int64))
        self._take(1, copies(self.model.arrays))  # so that memory and code are warm, whichever run is the first
        self._call_seconds = min(self._take(0, self.model.arrays)[1] for _ in range(_TRIALS))

    @property
    def n(self) -> int:
        """The rows of an epoch."""
        return len(self.batches.rows)

    def steps_within(self, examples: int) -> int:
        """How many whole steps fit into a number of examples."""
        epochs, rest = divmod(examples, self.n)
        return epochs * self.batches.per_epoch + rest // self.choice.batch_size

    def moment(self) -> Moment:
        """Measure."""
        epochs, steps = divmod(self.done, self.batches.per_epoch)
        examples = epochs * self.n + steps * self.choice.batch_size
        arrays = self.model.arrays
        loss, scores = self.setting.loss(arrays), self.setting.scores(arrays)
        own = self.choice
        return Moment(own.label, own.batch_size, epochs, self.done, examples, self.seconds, loss, scores)

    def advance(self, stop: int) -> StopReason | None:
        """Take steps up to `stop`, or as many as a call should hold; why it is the end, if a number was not finite."""
        steps = min(stop - self.done, max(1, int(CALL_SECONDS / self.seconds_per_step)), self._most_steps)
        result, spent = self._take(steps, self.model.arrays)
        self.done += result.done
        self.seconds += max(spent - self._call_seconds, 0.0)
        self.seconds_per_step = max(spent / max(result.done, 1), 1e-9)
        return self.diverged(result.failure.check, self.done) if result.failure else None

    def _take(self, steps: int, state: Arrays) -> tuple[Result, float]:
        """Take some steps in one call, which change the state; what they report, and how long it took."""
        began = time.perf_counter()
        batches, per_epoch = self.batches, self.batches.per_epoch
        epochs = range(self.done // per_epoch, max(self.done, self.done + steps - 1) // per_epoch + 1)
        if self._ordered[0] != epochs:
            self._ordered = (epochs, batches.order(epochs))
        first = self.done - epochs.start * per_epoch
        bounds = batches.bounds(len(epochs))[first : first + steps + 1]
        at, progress = np.arange(self.done, self.done + steps), Progress(self.epochs, per_epoch)
        fixed, varying = step_numbers(self.scalars, batches.seed, at, progress)
        record = np.zeros(steps, np.bool_)
        result = self.program.run(state, batches.data, self._ordered[1], bounds, {**fixed, **varying}, record)
        return result, time.perf_counter() - began

    def diverged(self, what: str, steps: int) -> StopReason:
        """Why a run ends after so many steps in which everything was finite, or seemed so until it was measured."""
        epoch, step = divmod(steps, self.batches.per_epoch)
        sentence = (
            f"It diverged: the {what} became NaN or infinite in epoch {epoch + 1}, batch {step + 1} of "
            f"{self.batches.per_epoch}; a smaller learning rate usually cures this."
        )
        return StopReason("non_finite", sentence, {"epoch": epoch, "step": step})

"""One cell, all contenders in turn: who takes how long a step.

Each contender lives in a process of its own, which sleeps while another is measured, so that their threads, settings and
memory do not meet. A round takes the time of a short and of a long training from each. The time of a step is the difference
of the two, each at its minimum over the rounds, divided by the steps that they differ by: what a call costs before and after
its steps is in both and cancels, for everyone.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Self

from benchmarks.contenders import Contender, Start
from benchmarks.workloads import Cell

_REST = 0.3  # seconds between two turns, in which threads that still spin (OpenMP: for 0.2 s) fall asleep
_MOST_EPOCHS = 20000


def seconds_of(train: Callable[[int], None], epochs: int) -> float:
    """How long a training takes."""
    began = time.perf_counter()
    train(epochs)
    return time.perf_counter() - began


@dataclass(frozen=True)
class Entrant:
    """A contender at the start: a short training is one epoch, a long one has `epochs` more of `steps` steps each."""

    train: Callable[[int], None]
    steps: int
    epochs: int

    @staticmethod
    def of(start: Start, cell: Cell, seconds: float) -> Entrant:
        """Compile, warm up, and find how many steps last about `seconds`; a slow contender is given fewer rows."""
        train = start(cell, *cell.data(cell.fewest_steps)).train
        train(1)
        short, long = seconds_of(train, 1), seconds_of(train, 3)
        a_step = max(long - short, 0.05 * long) / (2 * cell.fewest_steps)
        steps = min(max(int(0.25 * seconds / a_step), cell.fewest_steps), cell.most_steps)
        train = start(cell, *cell.data(steps)).train
        train(1)
        epochs = 1
        while (found := seconds_of(train, epochs)) < seconds and epochs < _MOST_EPOCHS:
            epochs = math.ceil(epochs * min(8.0, 1.2 * seconds / found))
        return Entrant(train, steps, min(epochs, _MOST_EPOCHS))

    def times(self) -> tuple[float, float]:
        """Seconds of a short and of a long training; a delay in the short one would be to the good, so it is done thrice."""
        return min(seconds_of(self.train, 1) for _ in range(3)), seconds_of(self.train, 1 + self.epochs)


def _serve(pipe: Connection, start: Start) -> None:
    """The process of a contender: a cell makes it get ready, anything else makes it run once; None ends it."""
    entrant: Entrant | None = None
    while (message := pipe.recv()) is not None:
        if isinstance(message, tuple):
            entrant = None  # its memory is free before the next one begins
            entrant = Entrant.of(start, *message)
            pipe.send(entrant.steps * entrant.epochs)
        elif entrant:
            pipe.send(entrant.times())


class Lane:
    """The process of a contender, as seen from outside. It is ended if it does not answer in time, and started anew."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, self.contender.start), daemon=True)
        self._process.start()
        other.close()

    def ask(self, message: object, limit: float) -> Any:
        """The answer to a message, or None if there is none within `limit` seconds."""
        try:
            self._pipe.send(message)
            if self._pipe.poll(limit):
                return self._pipe.recv()
        except (EOFError, ConnectionError):
            pass  # it has died, and its own words are on the screen
        self._process.kill()
        self._process.join()
        self._start()
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()


def race(lanes: Sequence[Lane], cell: Cell, *, repeats: int, seconds: float, limit: float) -> dict[Contender, float]:
    """Seconds a step of each contender that takes part and finishes; `limit` is for getting ready, and for all rounds."""
    steps = {lane: lane.ask((cell, seconds), limit) for lane in lanes if cell.network in lane.contender.networks}
    times: dict[Lane, list[tuple[float, float]]] = {lane: [] for lane, count in steps.items() if count}
    began = time.monotonic()
    for done in range(repeats):
        if done and time.monotonic() - began > limit:
            break
        for lane in list(times):
            time.sleep(_REST)
            found = lane.ask("run", limit)
            if found is None:
                del times[lane]
            else:
                times[lane].append(found)
    result = {}
    for lane, rounds in times.items():
        short, long = (min(column) for column in zip(*rounds, strict=True))
        result[lane.contender] = max(long - short, 1e-12) / steps[lane]
    return result

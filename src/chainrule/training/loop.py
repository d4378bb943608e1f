"""The fit loop: epochs of steps, in calls of about 100 ms, until something says stop.

What an epoch computes does not depend on how its steps are grouped into calls, so neither time nor load changes a result.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule import random
from chainrule.backends import Failure, Program
from chainrule.optim import Progress, Rate, rates_of, watches_loss
from chainrule.training.history import Epoch, History
from chainrule.training.stopping import Convergence, EarlyStopping, Plateau, StopReason, first_plateau

Arrays = dict[str, NDArray[Any]]

CALL_SECONDS = 0.1  # so that Ctrl-C, a time limit and a progress bar are served in time
_MOST_EPOCHS_A_CALL = 1024


@dataclass
class Job:
    """All that a fit needs: the compiled step, the numbers it changes, the data, and when to stop.

    `state` is changed in place. `rows` are the rows of `data` to train on. `validate` gives the scores of the present state.
    """

    program: Program
    state: MutableMapping[str, NDArray[Any]]
    data: Mapping[str, NDArray[Any]]
    rows: NDArray[np.int64]
    scalars: Mapping[str, Rate]
    dtype: np.dtype[Any]
    batch_size: int
    epochs: int
    seed: int
    first_epoch: int = 0
    shuffle: bool = True
    validate: Callable[[], dict[str, float]] | None = None
    higher_is_better: bool = False
    early_stopping: EarlyStopping | None = None
    convergence: Convergence | None = None
    max_seconds: float | None = None
    callbacks: Sequence[Callable[[Epoch], object]] = ()

    @property
    def steps_per_epoch(self) -> int:
        """The number of batches; the last may be shorter."""
        return -(-len(self.rows) // self.batch_size)

    @property
    def observed(self) -> bool:
        """Whether somebody looks at the network after every epoch."""
        return bool(self.validate or self.callbacks or any(watches_loss(rate) for rate in self.scalars.values()))


@dataclass
class _Stretch:
    """The reports of the steps of a few epochs, and what cut them short, if anything did."""

    loss: list[float] = field(default_factory=list)
    penalty: list[float] = field(default_factory=list)
    norms: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    failure: Failure | None = None
    cut: StopReason | None = None


def train(job: Job) -> History:
    """Run the job; its state ends as the network that is to be kept."""
    history = History()
    early = job.early_stopping
    best = Plateau(early.patience, early.min_delta, job.higher_is_better) if early else None
    best_state: Arrays = {}
    flat = Plateau(job.convergence.patience, job.convergence.tolerance) if job.convergence else None
    started = time.perf_counter()
    with _interrupts() as interrupted:
        runner = _Runner(job, started, interrupted)
        while history.stop_reason is None and len(history) < job.epochs:
            epoch = len(history)
            size = 1 if job.observed else runner.epochs_a_call(job.epochs - epoch)
            before = _copy(job.state) if size > 1 and flat else {}
            stretch = runner.run(epoch, size, history)
            converged = first_plateau(stretch.loss, flat, epoch) if flat else None
            if converged is not None and converged + 1 < len(
                stretch.loss
            ):  # it went on too far: go back, and only so far
                _restore(job.state, before)
                stretch = runner.run(epoch, converged + 1, history)
            _record(history, job, stretch)
            if stretch.failure:
                history.stop_reason = _non_finite(stretch.failure, job.first_epoch + len(history))
                break
            history.stop_reason = stretch.cut
            if stretch.cut or not stretch.loss:
                break
            if job.validate:
                history.epochs[-1].scores.update(job.validate())
            history.epochs[-1] = _timed(history.epochs[-1], started, history)
            if best and early and best.observe(history.epochs[-1].scores[early.monitor], len(history) - 1):
                best_state = _copy(job.state) if early.restore_best else {}
            called = [callback(history.epochs[-1]) for callback in job.callbacks]
            history.stop_reason = _after_epoch(job, best, flat, any(answer is True for answer in called))
    if best_state:
        _restore(job.state, best_state)
    if best and best.best_epoch >= 0:
        history.best_epoch = job.first_epoch + best.best_epoch
    if history.stop_reason is None:
        history.stop_reason = StopReason("epochs", f"All {job.epochs} epochs are done.", {"epochs": job.epochs})
    return history


class _Runner:
    """Runs stretches of steps and learns how many fit into a call."""

    def __init__(self, job: Job, started: float, interrupted: threading.Event) -> None:
        self.job, self.started, self.interrupted = job, started, interrupted
        self.seconds_per_step = CALL_SECONDS  # until it is known

    def epochs_a_call(self, left: int) -> int:
        """How many unobserved epochs take about as long as a call should."""
        fit = int(CALL_SECONDS / max(self.seconds_per_step * self.job.steps_per_epoch, 1e-9))
        return max(1, min(fit, left, _MOST_EPOCHS_A_CALL))

    def run(self, epoch: int, n_epochs: int, history: History) -> _Stretch:
        """Run whole epochs, in as many calls as the time asks for; `epoch` is counted from the beginning of the fit."""
        job, per_epoch = self.job, self.job.steps_per_epoch
        order = np.concatenate([self._order(epoch + i) for i in range(n_epochs)])
        bounds = self._bounds(n_epochs)
        scalars = self._scalars(epoch, n_epochs, history)
        in_epoch = np.tile(np.arange(per_epoch), n_epochs)
        record = (in_epoch % 16 == 0) | (in_epoch == per_epoch - 1)
        metrics: list[dict[str, NDArray[Any]]] = []
        health: list[dict[str, NDArray[Any]]] = []
        stretch, first, n_steps = _Stretch(), 0, n_epochs * per_epoch
        began = time.perf_counter()
        while first < n_steps and not stretch.failure and not stretch.cut:
            last = min(n_steps, first + max(1, int(CALL_SECONDS / max(self.seconds_per_step, 1e-9))))
            now = {
                name: value if per_step is None else value[first:last] for name, (value, per_step) in scalars.items()
            }
            at = time.perf_counter()
            result = job.program.run(job.state, job.data, order, bounds[first : last + 1], now, record[first:last])
            self.seconds_per_step = (time.perf_counter() - at) / max(result.done, 1)
            metrics.append(result.metrics)
            health.append(result.health)
            first = last
            stretch.failure = result.failure
            stretch.cut = self._cut() if first < n_steps or not result.failure else None
        stretch.seconds = time.perf_counter() - began
        self._sum_up(stretch, _join(metrics), _join(health), record)
        return stretch

    def _order(self, epoch: int) -> NDArray[np.int64]:
        rows, job = self.job.rows, self.job
        if not job.shuffle:
            return rows
        return rows[random.permutation(len(rows), job.seed, random.SHUFFLE, (job.first_epoch + epoch, 0))]

    def _bounds(self, n_epochs: int) -> NDArray[np.int64]:
        n, per_epoch = len(self.job.rows), self.job.steps_per_epoch
        starts = np.minimum(np.arange(per_epoch) * self.job.batch_size, n)
        return np.concatenate([*(starts + i * n for i in range(n_epochs)), [n_epochs * n]]).astype(np.int64)

    def _scalars(self, epoch: int, n_epochs: int, history: History) -> dict[str, tuple[NDArray[Any], bool | None]]:
        """Each run-time number with whether it has a value for every step."""
        job, per_epoch = self.job, self.job.steps_per_epoch
        steps = np.arange(epoch * per_epoch, (epoch + n_epochs) * per_epoch)
        losses = [e.scores.get("val_loss", e.loss) for e in history.epochs]
        progress = Progress(job.epochs, per_epoch, losses)
        values: dict[str, tuple[NDArray[Any], bool | None]] = {
            name: (rates_of(rate, steps, progress).astype(job.dtype), True)
            if not isinstance(rate, (int, float))
            else (np.asarray(rate, job.dtype), None)
            for name, rate in job.scalars.items()
        }
        epochs = job.first_epoch + steps // per_epoch
        values["key"] = np.array([job.seed, random.DROPOUT], np.uint32), None
        values["counter"] = np.stack([steps % per_epoch, epochs], axis=1).astype(np.uint32), True
        return values

    def _cut(self) -> StopReason | None:
        seconds, limit = time.perf_counter() - self.started, self.job.max_seconds
        if self.interrupted.is_set():
            return StopReason("interrupted", f"Stopped by Ctrl-C after {seconds:.1f} s.", {"seconds": seconds})
        if limit is not None and seconds >= limit:
            numbers = {"max_seconds": limit, "seconds": seconds}
            return StopReason("max_seconds", f"The time limit of {limit:g} s is reached.", numbers)
        return None

    def _sum_up(self, stretch: _Stretch, metrics: Arrays, health: Arrays, record: NDArray[np.bool_]) -> None:
        """Averages over the steps of each epoch that is complete."""
        per_epoch = self.job.steps_per_epoch
        recorded = np.concatenate([[0], np.cumsum(record)])
        for i in range(len(metrics["loss"]) // per_epoch):
            steps = slice(i * per_epoch, (i + 1) * per_epoch)
            weight = metrics["weight"][steps].astype(np.float64)
            share = weight / weight.sum() if weight.sum() else weight
            stretch.loss.append(float(metrics["loss"][steps].astype(np.float64) @ share))
            stretch.penalty.append(float(metrics["penalty"][steps].astype(np.float64) @ share))
            rows = slice(recorded[steps.start], recorded[steps.stop])
            norms = {name.split("/", 1)[1]: float(values[rows].mean()) for name, values in health.items()}
            stretch.norms.append(norms)


def _join(reports: list[dict[str, NDArray[Any]]]) -> Arrays:
    return {name: np.concatenate([report[name] for report in reports]) for name in reports[0]}


def _copy(state: Mapping[str, NDArray[Any]]) -> Arrays:
    return {name: array.copy() for name, array in state.items()}


def _restore(state: MutableMapping[str, NDArray[Any]], saved: Arrays) -> None:
    for name, array in saved.items():
        state[name][...] = array


def _record(history: History, job: Job, stretch: _Stretch) -> None:
    per_epoch = job.steps_per_epoch
    rate = job.scalars.get("learning_rate", float("nan"))
    for loss, penalty, norms in zip(stretch.loss, stretch.penalty, stretch.norms, strict=True):
        losses = [e.scores.get("val_loss", e.loss) for e in history.epochs]
        last = np.array([(len(history) + 1) * per_epoch - 1])
        eta = float(rates_of(rate, last, Progress(job.epochs, per_epoch, losses))[0])
        seconds = stretch.seconds / len(stretch.loss)
        history.epochs.append(Epoch(job.first_epoch + len(history), loss, penalty, eta, seconds, {}, norms))


def _timed(epoch: Epoch, started: float, history: History) -> Epoch:
    """The epoch with all the time since the one before it, validation included."""
    before = sum(e.seconds for e in history.epochs[:-1])
    seconds = max(time.perf_counter() - started - before, 0.0)
    return Epoch(
        epoch.epoch, epoch.loss, epoch.penalty, epoch.learning_rate, seconds, epoch.scores, epoch.gradient_norms
    )


def _after_epoch(job: Job, best: Plateau | None, flat: Plateau | None, called_off: bool) -> StopReason | None:
    if called_off:
        return StopReason("callback", "A callback asked to stop.")
    early, convergence = job.early_stopping, job.convergence
    if best and early and best.reached:
        sentence = (
            f"{early.monitor} has not improved on {best.best:.6g}, of epoch {job.first_epoch + best.best_epoch + 1}, "
            f"for {early.patience} epochs."
        )
        numbers = {"best": best.best, "best_epoch": job.first_epoch + best.best_epoch, "patience": early.patience}
        return StopReason("early_stopping", sentence, numbers)
    if flat and convergence and flat.reached:
        sentence = f"The training loss has not fallen by more than {convergence.tolerance:g} for {convergence.patience} epochs."
        numbers = {"loss": flat.best, "tolerance": convergence.tolerance, "patience": convergence.patience}
        return StopReason("converged", sentence, numbers)
    return None


def _non_finite(failure: Failure, epoch: int) -> StopReason:
    place = f", where it first went wrong in {failure.scope!r}" if failure.scope else ""
    sentence = (
        f"Training diverged: the {failure.check} became NaN or infinite in epoch {epoch + 1}{place}; the network keeps its last "
        "finite parameters. A smaller learning rate, standardised inputs and targets, or clip_norm=1.0 usually cure this."
    )
    return StopReason("non_finite", sentence, {"epoch": epoch})


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one interrupts as usual. Only the main thread can be told."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    usual = signal.getsignal(signal.SIGINT)

    def handler(number: int, frame: Any) -> None:
        event.set()
        signal.signal(signal.SIGINT, usual)

    if usual is None or usual is signal.SIG_IGN:
        yield event
        return
    signal.signal(signal.SIGINT, handler)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, usual)

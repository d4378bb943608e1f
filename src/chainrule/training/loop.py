"""The fit loop: epochs of steps, in calls of about 100 ms, until something says stop.

What an epoch computes does not depend on how its steps are grouped into calls, so neither time nor load changes a result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends import Failure, Program, Result
from chainrule.optim import Progress, Rate, watches_loss
from chainrule.training.batches import Batches
from chainrule.training.clock import Clock, interrupts
from chainrule.training.history import Epoch, History
from chainrule.training.judge import Judge
from chainrule.training.model import Arrays, copies, put_back
from chainrule.training.numbers import step_numbers
from chainrule.training.stopping import Limits, StopReason

CALL_SECONDS = 0.1  # so that Ctrl-C, a time limit and a progress bar are served in time
_MOST_EPOCHS_A_CALL = 1024
_ROWS_AHEAD = 1 << 14  # rows whose order is made at once where an epoch has fewer


@dataclass
class Job:
    """All that a fit needs: the compiled step, the numbers it changes, the batches it reads, and when to stop.

    `state` is changed in place. `scalars` are numbers or schedules. `validate` gives the scores of the present state;
    `higher_is_better` is about the score that early stopping watches. Epochs are counted on from `first_epoch`.
    """

    program: Program
    state: MutableMapping[str, NDArray[Any]]
    batches: Batches
    scalars: Mapping[str, Rate]
    limits: Limits
    first_epoch: int = 0
    validate: Callable[[], dict[str, float]] | None = None
    higher_is_better: bool = False

    @property
    def observed(self) -> bool:
        """Whether somebody looks at the network after every epoch: validation, a callback, a rate that watches the loss."""
        watching = any(watches_loss(rate) for rate in self.scalars.values())
        return bool(self.validate or self.limits.callbacks or watching)


def train(job: Job, history: History) -> None:
    """Run the job and write into `history` what happens; the state ends as the network that is to be kept."""
    judge = Judge(job.limits, higher_is_better=job.higher_is_better)
    with interrupts() as interrupted:
        runner = _Runner(job, Clock(job.limits.max_seconds, interrupted))
        while history.stop_reason is None:
            first = len(history)
            stretch = _advance(job, runner, judge, first)
            if len(stretch.reports):
                _record(job, runner, judge, history, stretch.reports)
            if stretch.failure:
                history.stop_reason = _non_finite(job, stretch.failure, first, judge.kept)
            else:
                history.stop_reason = judge.verdict(len(history)) or stretch.cut
        put_back(job.state, judge.best_state)
    history.best_epoch = judge.best_epoch


@dataclass(frozen=True)
class _Stretch:
    """What the epochs report that were completed in one go, the number of steps taken, and what cut them short, if anything."""

    reports: _Reports
    steps: int
    failure: Failure | None
    cut: StopReason | None


def _advance(job: Job, runner: _Runner, judge: Judge, first: int) -> _Stretch:
    """The next epochs, as many as a call should hold; if the loss converged in one of them, not a step beyond that one."""
    n_epochs = 1 if job.observed else runner.epochs_a_call(job.limits.epochs - first)
    before = copies(job.state) if judge.flat and n_epochs > 1 else {}
    stretch = runner.run(first, n_epochs)
    last = judge.converged_in(stretch.reports.loss, job.first_epoch + first)
    if last is not None and stretch.steps > (last + 1) * job.batches.per_epoch:  # go back, and only so far
        put_back(job.state, before)
        stretch = runner.run(first, last + 1, may_be_cut=False)
    return stretch


def _record(job: Job, runner: _Runner, judge: Judge, history: History, reports: _Reports) -> None:
    """Write down epochs, and let the judge look at the network as it is now, after the last of them."""
    scores = job.validate() if job.validate else {}
    seconds = runner.clock.lap() / len(reports)
    history.epochs += reports.epochs(job.first_epoch + len(history), seconds, scores)
    runner.losses += [scores["val_loss"]] if "val_loss" in scores else reports.loss
    judge.look(history.epochs[-1], job.state)


def _non_finite(job: Job, failure: Failure, first: int, kept: str) -> StopReason:
    epoch, step = divmod(failure.step, job.batches.per_epoch)
    epoch += job.first_epoch + first
    place = f"in epoch {epoch + 1}, batch {step + 1} of {job.batches.per_epoch}"
    origin = f", and first went wrong in {failure.scope!r}" if failure.scope else ""
    sentence = (
        f"Training diverged: the {failure.check} became NaN or infinite {place}{origin}; the parameters are {kept}. A smaller "
        "learning rate, standardised inputs and targets, or clip_norm=1.0 usually cure this."
    )
    return StopReason("non_finite", sentence, {"epoch": epoch, "step": step})


@dataclass(frozen=True)
class _Reports:
    """What complete epochs report: a number of each in every list, and in every list of `norms`."""

    loss: list[float]
    penalty: list[float]
    learning_rate: list[float]
    norms: dict[str, list[float]]

    def __len__(self) -> int:
        return len(self.loss)

    def epochs(self, first: int, seconds: float, scores: Mapping[str, float]) -> list[Epoch]:
        """Them as epochs, of which each took so many seconds."""
        norms = zip(*self.norms.values(), strict=True) if self.norms else [()] * len(self)
        columns = zip(self.loss, self.penalty, self.learning_rate, norms, strict=True)
        return [
            Epoch(first + i, loss, penalty, rate, seconds, dict(scores), dict(zip(self.norms, own, strict=True)))
            for i, (loss, penalty, rate, own) in enumerate(columns)
        ]


@dataclass(frozen=True, eq=False)
class _Steps:
    """The steps of some epochs: the rows each reads, its run-time numbers, and whether it reports its health.

    `fixed` numbers hold for all steps, `varying` ones have a leading axis of steps; `learning_rate` is unrounded.
    """

    order: NDArray[np.int64]
    bounds: NDArray[np.int64]
    record: NDArray[np.bool_]
    fixed: Arrays
    varying: Arrays
    learning_rate: NDArray[np.float64]

    def run(self, job: Job, start: int, stop: int) -> Result:
        """Run some of the steps in one call."""
        scalars = {**self.fixed, **{name: values[start:stop] for name, values in self.varying.items()}}
        bounds, record = self.bounds[start : stop + 1], self.record[start:stop]
        return job.program.run(job.state, job.batches.data, self.order, bounds, scalars, record)


class _Runner:
    """Runs stretches of epochs and learns how many steps fit into a call.

    `losses` are those that a schedule may watch: of validation, or of training where there is none.
    """

    def __init__(self, job: Job, clock: Clock) -> None:
        self.job, self.clock = job, clock
        self.losses: list[float] = []
        self.seconds_per_step = CALL_SECONDS  # until it is known
        self._ordered, self._orders = (
            0,
            np.zeros(0, np.int64),
        )  # the first epoch whose order is known, and it and the next

    def epochs_a_call(self, left: int) -> int:
        """How many unobserved epochs take about as long as a call should."""
        return max(1, min(self._steps_a_call() // self.job.batches.per_epoch, left, _MOST_EPOCHS_A_CALL))

    def run(self, first: int, n_epochs: int, *, may_be_cut: bool = True) -> _Stretch:
        """Run whole epochs, in as many calls as the time asks for; `first` is counted from the beginning of the fit."""
        steps, n_steps = self._steps(first, n_epochs), n_epochs * self.job.batches.per_epoch
        results: list[Result] = []
        done, failure, cut = 0, None, None
        while done < n_steps and not failure and not cut:
            began = time.perf_counter()
            result = steps.run(self.job, done, min(n_steps, done + self._steps_a_call()))
            self.seconds_per_step = (time.perf_counter() - began) / max(result.done, 1)
            results.append(result)
            failure = replace(result.failure, step=done + result.failure.step) if result.failure else None
            done += result.done
            cut = self.clock.cut() if may_be_cut else None
        return _Stretch(self._reports(steps, results), done, failure, cut)

    def _steps_a_call(self) -> int:
        return max(1, int(CALL_SECONDS / max(self.seconds_per_step, 1e-9)))

    def _steps(self, first: int, n_epochs: int) -> _Steps:
        job, batches = self.job, self.job.batches
        per_epoch = batches.per_epoch
        at = np.arange(first * per_epoch, (first + n_epochs) * per_epoch)
        progress = Progress(job.limits.epochs, per_epoch, self.losses)
        fixed, varying = step_numbers(job.scalars, batches.seed, at, progress, job.first_epoch)
        in_epoch, constant = at % per_epoch, np.full(len(at), float(fixed.get("learning_rate", np.nan)))
        return _Steps(
            order=self._order(job.first_epoch + first, n_epochs),
            bounds=batches.bounds(n_epochs),
            record=(in_epoch % 16 == 0) | (in_epoch == per_epoch - 1),
            fixed=fixed,
            varying=varying,
            learning_rate=varying.get("learning_rate", constant),
        )

    def _order(self, first: int, n_epochs: int) -> NDArray[np.int64]:
        """The rows in the order of some epochs: for short ones, that of many is made together, before they are run."""
        n = len(self.job.batches.rows)
        begin, end = ((epoch - self._ordered) * n for epoch in (first, first + n_epochs))
        if begin < 0 or end > len(self._orders):
            ahead = min(_ROWS_AHEAD // n, self.job.first_epoch + self.job.limits.epochs - first)
            self._ordered, self._orders = first, self.job.batches.order(range(first, first + max(n_epochs, ahead)))
            begin, end = 0, n_epochs * n
        return self._orders[begin:end]

    def _reports(self, steps: _Steps, results: list[Result]) -> _Reports:
        """What the complete ones among the epochs report that were run: averages over their steps."""
        per_epoch = self.job.batches.per_epoch
        metrics = _join([result.metrics for result in results])
        health = _join([result.health for result in results])
        n_epochs = len(metrics["loss"]) // per_epoch
        recorded = int(np.count_nonzero(steps.record[:per_epoch]))  # how many steps of an epoch report their health

        def by_epoch(values: NDArray[Any], each: int = per_epoch) -> NDArray[Any]:
            return values[: n_epochs * each].reshape(n_epochs, each)

        weight = by_epoch(metrics["weight"]).astype(np.float64)
        total = weight.sum(axis=1, keepdims=True)
        share = np.divide(weight, total, out=np.zeros_like(weight), where=total != 0.0)
        loss, penalty = (
            (by_epoch(metrics[name]).astype(np.float64) * share).sum(axis=1).tolist() for name in ("loss", "penalty")
        )
        rates = by_epoch(steps.learning_rate)[:, -1].tolist()
        norms = {
            name.split("/", 1)[1]: (by_epoch(values, recorded).sum(axis=1) / recorded).tolist()
            for name, values in health.items()
        }
        return _Reports(loss, penalty, rates, norms)


def _join(reports: list[dict[str, NDArray[Any]]]) -> Arrays:
    first, *others = reports
    return {name: np.concatenate([report[name] for report in reports]) for name in first} if others else first

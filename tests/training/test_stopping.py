"""When a fit stops, and why: scores that were written down beforehand tell the epoch."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.backends import Failure, Result
from chainrule.training import History, Job, loop, train
from chainrule.training.batches import Batches
from chainrule.training.clock import Clock
from chainrule.training.stopping import Limits, Plateau
from training.descent import bits, classes, data, network


@dataclass
class Script:
    """A program whose only state counts the steps; loss and duration of each step are written down, and where it fails."""

    losses: Sequence[float] = (1.0,)
    seconds: float = 0.0
    fails_at: int = -1
    calls: list[int] = field(default_factory=list)

    def run(self, state: Any, data: Any, order: Any, bounds: Any, scalars: Any, record: Any = None) -> Result:
        self.calls.append(len(bounds) - 1)
        losses = []
        failure = None
        for k in range(len(bounds) - 1):
            at = int(state["params/w"][0])
            if at == self.fails_at:
                failure = Failure(k, "loss", "dense1")
                break
            time.sleep(self.seconds)
            losses.append(self.losses[min(at, len(self.losses) - 1)])
            state["params/w"] += 1
        each = np.array(losses)
        metrics = {"loss": each, "weight": np.ones_like(each), "penalty": np.zeros_like(each)}
        return Result(done=len(losses), metrics=metrics, failure=failure)


def job(
    script: Script,
    scores: Sequence[float] | None = None,
    monitor: str = "val_loss",
    *,
    steps: int = 1,
    higher: bool = False,
    callbacks: Sequence[Callable[[cr.Epoch], object]] = (),
    **limits: Any,
) -> Job:
    """A job of `steps` steps an epoch that gives the scores one after another."""
    remaining = iter(scores or ())
    full = {"epochs": 10, "early_stopping": None, "convergence": None, "max_seconds": None, **limits}
    return Job(
        program=script,
        state={"params/w": np.zeros(1)},
        batches=Batches({"x": np.zeros((steps, 1))}, np.arange(steps), batch_size=1, seed=0),
        scalars={"learning_rate": 0.1},
        limits=Limits.of(**full, callbacks=callbacks),
        validate=None if scores is None else lambda: {monitor: next(remaining)},
        higher_is_better=higher,
    )


def run(job: Job) -> tuple[History, int]:
    """The history, and the number of steps whose result the network keeps."""
    history = History()
    train(job, history)
    return history, int(job.state["params/w"][0])


FALLING = [5.0, 4.0, 3.0, 3.5, 3.2, 3.1, 2.0, 1.0, 0.5, 0.1]

# scores, early stopping, higher is better: the number of epochs, the best of them (from 0)
EARLY = {
    "patience 2": (FALLING, cr.EarlyStopping(patience=2), False, 5, 2),
    "patience 3": (FALLING, cr.EarlyStopping(patience=3), False, 6, 2),
    "patience 4 sees the second fall": (FALLING, cr.EarlyStopping(patience=4), False, 10, 9),
    "a small gain is none": ([5.0, 4.95, 4.9, 4.85], cr.EarlyStopping(patience=2, min_delta=0.2), False, 3, 0),
    "gains add up": ([5.0, 4.9, 4.7, 4.6, 4.5], cr.EarlyStopping(patience=2, min_delta=0.2), False, 5, 2),
    "the very gain is none": ([5.0, 4.0, 3.5], cr.EarlyStopping(patience=1, min_delta=1.0), False, 2, 0),
    "higher": ([0.1, 0.5, 0.4, 0.5, 0.6], cr.EarlyStopping(patience=2, monitor="val_accuracy"), True, 4, 1),
    "negative scores": ([-1.0, -2.0, -1.5, -1.9], cr.EarlyStopping(patience=2), False, 4, 1),
    "negative, higher": ([-3.0, -2.0, -2.5, -2.1], cr.EarlyStopping(patience=2, monitor="val_r2"), True, 4, 1),
    "not a number waits": ([math.nan, math.nan, 1.0, math.nan, math.nan], cr.EarlyStopping(patience=3), False, 10, 2),
    "infinity is bad": ([math.inf, 3.0, math.inf, math.inf], cr.EarlyStopping(patience=2), False, 4, 1),
}


@pytest.mark.parametrize("case", EARLY)
@pytest.mark.parametrize("restore", [True, False])
def test_early_stopping(case: str, restore: bool) -> None:
    scores, early, higher, epochs, best = EARLY[case]
    scores = [*scores, *[scores[-1]] * (10 - len(scores))]
    early = cr.EarlyStopping(early.patience, early.min_delta, early.monitor, restore_best=restore)
    if case == "not a number waits":
        scores, epochs = [*scores[:5], math.nan, *scores[6:]], 6
    history, kept = run(job(Script(), scores, early.monitor, steps=3, higher=higher, early_stopping=early))
    assert len(history) == epochs
    assert history.best_epoch == best
    assert kept == 3 * ((best if restore else epochs - 1) + 1)
    assert history.score(early.monitor).tolist() == pytest.approx(scores[:epochs], nan_ok=True)
    if epochs == 10:
        assert history.stop_reason == cr.StopReason("epochs", "All 10 epochs are done.", {"epochs": 10})
        return
    assert history.stop_reason is not None
    assert history.stop_reason.name == "early_stopping"
    assert history.stop_reason.numbers == {"best": scores[best], "best_epoch": best, "patience": early.patience}
    assert f"{early.monitor} has not improved on {scores[best]:g}, of epoch {best + 1}" in str(history.stop_reason)


def test_a_score_that_never_was_a_number() -> None:
    history, kept = run(job(Script(), [math.nan] * 3, early_stopping=cr.EarlyStopping(patience=3)))
    assert history.stop_reason is not None
    assert history.stop_reason.sentence == "val_loss was not a number for 3 epochs."
    assert (history.best_epoch, kept) == (None, 3)


@pytest.mark.parametrize("patience", [1, 2, 5])
def test_convergence_on_losses_that_are_written_down(patience: int) -> None:
    losses = [3.0, 2.0, 1.0, 1.00005, 0.99995, 0.9999, 0.99985, 0.9998]
    limits = {"convergence": cr.Convergence(tolerance=1e-3, patience=patience), "epochs": 50}
    history, kept = run(job(Script(losses), **limits))
    assert len(history) == kept == 3 + patience
    assert history.stop_reason is not None
    assert history.stop_reason.name == "converged"
    assert history.stop_reason.numbers == {"loss": 1.0, "tolerance": 1e-3, "patience": patience}
    assert "has not fallen by more than 0.001" in history.stop_reason.sentence


@pytest.mark.alone
@pytest.mark.parametrize("validated", [False, True])
def test_time_limit(validated: bool) -> None:
    script = Script(seconds=0.02)
    began = time.perf_counter()
    history, kept = run(job(script, [1.0] * 1000 if validated else None, steps=4, epochs=1000, max_seconds=0.5))
    assert 0.5 <= time.perf_counter() - began < 1.0
    assert history.stop_reason is not None
    assert history.stop_reason.name == "max_seconds"
    assert history.stop_reason.sentence == "The time limit of 0.5 s is reached."
    assert history.stop_reason.numbers["max_seconds"] == 0.5 <= history.stop_reason.numbers["seconds"] < 1.0
    assert len(history) == kept // 4 > 2  # an epoch that is not complete is not in the history
    assert np.isfinite(history.val_loss).all() == validated  # but every other one was validated


def test_a_time_limit_in_the_step_that_completes_an_epoch() -> None:
    """The epoch is complete, so it is validated and shown like any other."""
    seen: list[int] = []
    limits = {"epochs": 5, "max_seconds": 0.01, "callbacks": [lambda epoch: seen.append(epoch.epoch)]}
    history, _ = run(job(Script(seconds=0.02), [1.0] * 5, early_stopping=cr.EarlyStopping(), **limits))
    assert history.stop_reason is not None
    assert history.stop_reason.name == "max_seconds"
    assert (history.val_loss.tolist(), seen, history.best_epoch) == ([1.0], [0], 0)


def test_the_last_epoch_wins_over_the_time_limit() -> None:
    history, _ = run(job(Script(seconds=0.02), epochs=1, max_seconds=0.01))
    assert history.stop_reason is not None
    assert history.stop_reason.name == "epochs"


def test_a_converged_group_is_run_again_whole_when_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step a call, 30 epochs a group: the loss converged in epoch 12, and the clock cut the group after epoch 20."""
    asked = itertools.count(1)
    cut = cr.StopReason("max_seconds", "Time is up.")
    monkeypatch.setattr(loop, "CALL_SECONDS", 1e-9)
    monkeypatch.setattr(loop._Runner, "epochs_a_call", lambda self, left: 30)
    monkeypatch.setattr(Clock, "cut", lambda self: cut if next(asked) >= 20 else None)
    script = Script(losses=[3.0, 2.0] + [1.0] * 1000)
    history, kept = run(job(script, epochs=1000, convergence=cr.Convergence(patience=9)))
    assert len(script.calls) == 20 + 12
    assert history.stop_reason is not None
    assert (history.stop_reason.name, len(history), kept) == ("converged", 12, 12)


@pytest.mark.parametrize("answer", [True, np.True_])
def test_a_callback_stops_training_by_returning_true(answer: object) -> None:
    seen: list[int] = []

    def first(epoch: cr.Epoch) -> object:
        return answer if epoch.epoch == 2 else None

    history, kept = run(job(Script(), callbacks=[first, lambda epoch: seen.append(epoch.epoch)]))
    assert history.stop_reason == cr.StopReason("callback", "A callback asked to stop after 3 epochs.", {"epochs": 3})
    assert (kept, seen) == (3, [0, 1, 2])


@pytest.mark.parametrize("answer", [None, False, 1, "stop", [1]])
def test_anything_else_that_a_callback_returns_means_nothing(answer: object) -> None:
    history, _ = run(job(Script(), callbacks=[lambda epoch: answer], epochs=3))
    assert len(history) == 3


@pytest.mark.parametrize("observed", [False, True])
@pytest.mark.parametrize("at", [0, 1, 6, 7])
def test_a_failure_ends_it_at_its_step(at: int, observed: bool) -> None:
    """Three steps an epoch."""
    limits = {"callbacks": [lambda epoch: None]} if observed else {}
    history, kept = run(job(Script(fails_at=at), steps=3, **limits))
    assert (kept, len(history)) == (at, at // 3)
    assert history.stop_reason is not None
    assert history.stop_reason.name == "non_finite"
    assert history.stop_reason.numbers == {"epoch": at // 3, "step": at % 3}
    assert f"in epoch {at // 3 + 1}, batch {at % 3 + 1} of 3, and first went wrong in 'dense1'" in str(
        history.stop_reason
    )
    assert "the parameters are its last finite ones" in str(history.stop_reason)


def test_a_failure_restores_the_best_epoch_if_that_is_asked_for() -> None:
    early = cr.EarlyStopping(patience=5)
    history, kept = run(job(Script(fails_at=13), [3.0, 2.0, 2.5, 2.6], steps=3, early_stopping=early))
    assert (kept, history.best_epoch) == (6, 1)
    assert "the parameters are those of its best epoch, 2" in str(history.stop_reason)


def test_a_plateau_in_words() -> None:
    plateau = Plateau(patience=2, min_delta=0.1)
    assert [plateau.observe(score, epoch) for epoch, score in enumerate([1.0, 0.95, 0.89, 0.8])] == [
        True,
        False,
        True,
        False,
    ]


# -------------------------------------------------------------------------------------------- in a network


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_a_network_ends_with_its_best_epoch_bit_for_bit(monitor: str) -> None:
    """A second network is trained up to that epoch alone. The labels are noise, so that validation gets worse soon."""
    X, _ = classes(80, 2)
    y = np.random.default_rng(0).integers(0, 2, 80)
    options: dict[str, Any] = {
        "loss": "cross_entropy",
        "optimizer": cr.Adam(0.02),
        "validation": 0.4,
        "metrics": ["accuracy"],
        "seed": 1,
    }
    net, again = network(), network()
    history = net.fit(X, y, epochs=200, early_stopping=cr.EarlyStopping(patience=4, monitor=monitor), **options)
    assert history.stop_reason is not None
    assert history.stop_reason.name == "early_stopping"
    scores = history.score(monitor)
    best = int(np.argmax(scores) if monitor == "val_accuracy" else np.argmin(scores))
    assert (history.best_epoch, len(history)) == (best, best + 1 + 4)
    again.fit(X, y, epochs=best + 1, **options)
    assert bits(net) == bits(again)


def test_epochs_are_counted_on_over_fits() -> None:
    X, y = data(20)
    net = cr.Network(cr.Dense(2, weight_init="zeros"))
    options: dict[str, Any] = {"loss": "squared_error", "validation": (X, -y)}  # every epoch makes validation worse
    early = {"early_stopping": cr.EarlyStopping(patience=2)}
    first = net.fit(X, y, epochs=3, **options)
    second = net.fit(X, y, epochs=9, **early, **options)
    assert [epoch.epoch for epoch in first.epochs + second.epochs] == [0, 1, 2, 3, 4, 5]
    assert second.best_epoch == 3
    assert second.stop_reason is not None
    assert second.stop_reason.numbers["best_epoch"] == 3
    assert "of epoch 4" in second.stop_reason.sentence


def test_an_exception_of_a_callback_comes_through_and_the_epochs_count() -> None:
    X, y = data(20)
    net, other = network(), network()

    def fail(epoch: cr.Epoch) -> None:
        if epoch.epoch == 1:
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        net.fit(X, y, loss="squared_error", epochs=9, callbacks=[fail])
    other.fit(X, y, loss="squared_error", epochs=2)
    assert bits(net) == bits(other)
    assert net.memory.epochs == 2

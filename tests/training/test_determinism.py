"""The same seed gives the same bits, however the steps are grouped, and wherever training was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.training import loop
from training.descent import bits, classes, facts

OPTIMIZERS = [cr.SGD(0.05), cr.Momentum(0.05), cr.Nesterov(0.05), cr.RMSprop(0.01), cr.Adam(0.01), cr.AdamW(0.01)]
X, y = classes(70)


def network() -> cr.Network:
    """Dropout twice: its masks depend on layer, step and epoch."""
    return cr.Network(cr.Standardize(), cr.Dropout(0.1), cr.Dense(8, activation="relu"), cr.Dropout(0.3), cr.Dense(3))


def fit(net: cr.Network, epochs: int, **options: Any) -> cr.History:
    return net.fit(X, y, loss="cross_entropy", **{"epochs": epochs, "batch_size": 16, "seed": 3, **options})


@pytest.mark.parametrize("call_seconds", [1e-9, 1e-4, 1e9])
@pytest.mark.parametrize("schedule", [False, True])
def test_grouping_into_calls_changes_nothing(
    call_seconds: float, schedule: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tiny calls hold one step each, huge ones all epochs."""
    rate = cr.Cosine(0.05) if schedule else 0.05
    options = {"optimizer": cr.Momentum(rate), "l2": 1e-3, "clip_norm": 1.0}
    usual, other = network(), network()
    first = fit(usual, 12, **options)
    monkeypatch.setattr(loop, "CALL_SECONDS", call_seconds)
    second = fit(other, 12, **options)
    assert bits(usual) == bits(other)
    assert facts(first) == facts(second)


def count_calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of steps of every call that is made."""
    calls: list[int] = []
    genuine = loop._Steps.run

    def run(self: loop._Steps, job: loop.Job, start: int, stop: int) -> Any:
        calls.append(stop - start)
        return genuine(self, job, start, stop)

    monkeypatch.setattr(loop._Steps, "run", run)
    return calls


def test_the_groupings_differ_indeed(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = count_calls(monkeypatch)
    monkeypatch.setattr(loop, "CALL_SECONDS", 1e-9)
    fit(network(), 3)
    assert calls == [1] * 15
    calls.clear()
    monkeypatch.setattr(loop, "CALL_SECONDS", 1e9)
    fit(network(), 30)
    assert calls == [1, 4, 29 * 5]  # after the first step its duration is known, and all that is left goes in one call


def test_observed_epochs_are_the_grouped_ones() -> None:
    grouped, observed = network(), network()
    seen: list[cr.Epoch] = []
    first = fit(grouped, 10)
    second = fit(observed, 10, callbacks=[seen.append])
    assert bits(grouped) == bits(observed)
    assert facts(first) == facts(second)
    assert seen == second.epochs


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    found = []
    for seed in (3, 3, 4):
        net = network()
        history = fit(net, 4, seed=seed, validation=0.2, metrics=["accuracy"])
        found.append((bits(net), facts(history)))
    assert found[0] == found[1]
    assert found[0] != found[2]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.name)
def test_two_fits_are_one(optimizer: cr.Transform) -> None:
    """fit(5) and fit(5) are fit(10): dropout masks, shuffles and the optimiser's moments go on."""
    whole, halves = network(), network()
    options = {"optimizer": optimizer, "clip_value": 0.5, "validation": 0.2}
    history = fit(whole, 10, **options)
    first, second = fit(halves, 5, **options), fit(halves, 5, **options)
    assert bits(whole) == bits(halves)
    assert facts(history)[0] == facts(first)[0] + facts(second)[0]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.name)
def test_saving_in_between_changes_nothing(optimizer: cr.Transform, tmp_path: Path) -> None:
    whole, first = network(), network()
    history = fit(whole, 8, optimizer=optimizer)
    fit(first, 4, optimizer=optimizer)
    first.save(tmp_path / "half.chainrule")
    second = cr.load(tmp_path / "half.chainrule")
    rest = second.fit(X, y, epochs=4, batch_size=16, seed=3)  # loss and optimiser are remembered
    assert bits(whole) == bits(second)
    assert facts(history)[0][4:] == facts(rest)[0]


def test_threads_of_the_caller_change_nothing() -> None:
    """A fit in another thread, which Ctrl-C cannot reach, gives the same bits."""
    import threading

    here, there = network(), network()
    fit(here, 3)
    thread = threading.Thread(target=fit, args=(there, 3))
    thread.start()
    thread.join()
    assert bits(here) == bits(there)


# ---------------------------------------------------------------------------------------------------- convergence


def line() -> tuple[np.ndarray, np.ndarray]:
    x = np.linspace(-1, 1, 12)[:, None]
    return x, 2 * x[:, 0] + 1


@pytest.mark.parametrize("call_seconds", [1e-9, 0.1, 1e9])
def test_convergence_stops_at_the_same_epoch_in_a_group(call_seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle watches every epoch, and counts them by itself."""
    options = {
        "loss": "squared_error",
        "optimizer": cr.Momentum(0.05),
        "batch_size": 4,
        "epochs": 500,
        "convergence": cr.Convergence(tolerance=1e-4, patience=5),
    }
    observed = cr.Network(cr.Dense(1))
    one_by_one = observed.fit(*line(), callbacks=[lambda epoch: None], **options)
    losses = one_by_one.loss
    best, waited, expected = losses[0], 0, 0
    while waited < 5:
        expected += 1
        best, waited = (losses[expected], 0) if losses[expected] < best - 1e-4 else (best, waited + 1)
    assert len(losses) == expected + 1 < 500

    monkeypatch.setattr(loop, "CALL_SECONDS", call_seconds)
    grouped = cr.Network(cr.Dense(1))
    history = grouped.fit(*line(), **options)
    assert history.stop_reason is not None
    assert history.stop_reason.name == "converged"
    assert history.stop_reason.numbers == pytest.approx({"loss": best, "tolerance": 1e-4, "patience": 5})
    assert facts(history) == facts(one_by_one)
    assert bits(grouped) == bits(observed)


@pytest.mark.parametrize("epoch", [5, 6, 8])
def test_convergence_before_a_divergence_in_the_same_group(epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate explodes some epochs after the loss has converged: one by one, nobody would ever see that."""

    class Explode(cr.Schedule):
        def rates(self, steps: np.ndarray, progress: object) -> np.ndarray:
            return np.where(steps < 3 * epoch, 0.0, 1e30)

    monkeypatch.setattr(loop, "CALL_SECONDS", 1e9)
    net = cr.Network(cr.Dense(1))
    options = {"loss": "squared_error", "optimizer": cr.SGD(Explode()), "batch_size": 4}
    history = net.fit(*line(), epochs=30, convergence=cr.Convergence(patience=4), **options)
    assert history.stop_reason is not None
    assert history.stop_reason.name == "converged"
    assert len(history) == 5

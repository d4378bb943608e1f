"""Training that diverges stops within one batch, says where, and loses nothing: shown on 200 random ways to diverge."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import network as network_module
from chainrule.backends import get_backend
from chainrule.errors import TrainingWarning
from chainrule.training import Job, loop
from chainrule.training.clock import Clock, interrupts
from chainrule.training.model import copies

OPTIMIZERS = [cr.SGD, cr.Momentum, cr.Nesterov, cr.RMSprop, cr.Adam, cr.AdamW]
LOSSES = ["squared_error", "absolute_error", "huber", "poisson", "cross_entropy", "binary_cross_entropy"]
ACTIVATIONS = ["relu", "identity", "elu", "tanh", "softplus"]


@dataclass(frozen=True)
class Wild:
    """A network, data and arguments that will probably diverge, drawn by a seed."""

    net: cr.Network
    X: np.ndarray
    y: np.ndarray
    options: dict[str, Any]

    @staticmethod
    def of(seed: int) -> Wild:
        generator = np.random.default_rng(seed)
        dtype = generator.choice(["float32", "float64"], p=[0.8, 0.2])
        most = 36 if dtype == "float32" else 300
        loss = str(generator.choice(LOSSES))
        X = generator.normal(size=(20, 3)) * 10 ** generator.uniform(0, most / 3)
        values = generator.normal(size=20) * 10 ** generator.uniform(0, most / 2)
        y = {"cross_entropy": np.arange(20) % 3, "binary_cross_entropy": np.arange(20) % 2}.get(loss, values)
        layers = [cr.Dense(6, activation=str(generator.choice(ACTIVATIONS))), cr.Dropout(0.2)]
        net = cr.Network(*layers[: generator.integers(0, 3)], cr.Dense(3 if loss == "cross_entropy" else 1))
        clip = [{}, {"clip_norm": 1.0}, {"clip_value": 10.0**20}, {"clip_norm": 1e30}][generator.integers(4)]
        early = {"validation": 0.2, "early_stopping": cr.EarlyStopping(patience=50, restore_best=bool(seed % 2))}
        rate = 10.0 ** generator.uniform(0, most)
        options = {
            "loss": loss,
            "optimizer": OPTIMIZERS[generator.integers(6)](rate),
            "batch_size": [1, 3, 7, "full"][generator.integers(4)],
            "epochs": 40,
            "seed": seed,
            "dtype": dtype,
            "backend": ("llvm", "numpy")[seed // 2 % 2],
            **clip,
            **(early if generator.random() < 0.4 else {}),
        }
        return Wild(net, X, np.abs(y) if loss == "poisson" else y, options)


def step_by_step(job: Job, state: dict[str, np.ndarray], backend: str) -> Iterator[tuple[dict[str, np.ndarray], bool]]:
    """An oracle without any check: the state after each step, and whether every number on the way to it was finite."""
    checked = job.program.step
    reported = {f"check {name}": node for name, node in checked.checks.items()}
    unchecked = replace(checked, checks={}, metrics={**checked.metrics, **reported})
    rows = 1 << (job.batches.batch_size - 1).bit_length()  # what a fit compiles for
    program = get_backend(backend).compile(unchecked, rows=rows)
    with interrupts() as interrupted:
        runner = loop._Runner(job, Clock(None, interrupted))
    for epoch in range(job.limits.epochs):
        steps = runner._steps(epoch, 1)
        for k in range(job.batches.per_epoch):
            result = steps.run(replace(job, program=program, state=state), k, k + 1)
            numbers = [*result.metrics.values(), *state.values()]
            yield copies(state), all(np.isfinite(value).all() for value in numbers)


def fit(wild: Wild, monkeypatch: pytest.MonkeyPatch) -> tuple[cr.History, Job, dict[str, np.ndarray], list[Any]]:
    """The history, the job, the state before it, and the warnings."""
    jobs: list[tuple[Job, dict[str, np.ndarray]]] = []
    genuine = loop.train

    def train(job: Job, history: cr.History) -> None:
        jobs.append((job, copies(job.state)))
        genuine(job, history)

    monkeypatch.setattr(network_module, "train", train)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = wild.net.fit(wild.X, wild.y, **wild.options)
    return history, *jobs[0], caught


def diverges(seed: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Fit, and compare with the oracle; whether it diverged."""
    wild = Wild.of(seed)
    history, job, state, caught = fit(wild, monkeypatch)
    assert all(np.isfinite(value).all() for value in wild.net.model.arrays.values())
    assert history.stop_reason is not None
    if history.stop_reason.name != "non_finite":
        assert not caught
        return False
    epoch, step = (int(history.stop_reason.numbers[name]) for name in ("epoch", "step"))
    assert epoch == len(history)
    good = [state]
    for after, finite in step_by_step(job, copies(state), wild.options["backend"]):
        if not finite:
            break
        good.append(after)
    assert epoch * job.batches.per_epoch + step == len(good) - 1  # the very step in which the first number went wrong
    early = wild.options.get("early_stopping")
    restored = early and early.restore_best and history.best_epoch is not None
    kept = good[(history.best_epoch + 1) * job.batches.per_epoch] if restored else good[-1]
    assert {name: value.tobytes() for name, value in wild.net.model.arrays.items()} == {
        name: value.tobytes() for name, value in kept.items()
    }
    [warning] = caught
    assert issubclass(warning.category, TrainingWarning)
    assert warning.filename == __file__
    place = f"in epoch {epoch + 1}, batch {step + 1} of {job.batches.per_epoch}"
    assert re.match(
        f"Training diverged: the .+ became NaN or infinite {place}, and first went wrong in ", str(warning.message)
    )
    assert ("of its best epoch" in str(warning.message)) == bool(restored)
    return True


@pytest.mark.parametrize("wanted", [40, pytest.param(200, marks=pytest.mark.slow)])
def test_many_ways_to_diverge(wanted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = kinds = 0
    seed = 0
    while found < wanted:
        assert seed < 800, "too few of the configurations diverge"
        diverged = diverges(seed, monkeypatch)
        found += diverged
        kinds |= diverged << OPTIMIZERS.index(type(Wild.of(seed).options["optimizer"]))
        seed += 1
    assert kinds == 2 ** len(OPTIMIZERS) - 1  # each optimiser was among them


@pytest.mark.parametrize("call_seconds", [1e-9, 1e9])
def test_grouping_does_not_move_the_place(call_seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stable for some epochs, then the rate explodes in batch 3 of epoch 5."""

    class Explode(cr.Schedule):
        def rates(self, steps: np.ndarray, progress: object) -> np.ndarray:
            return np.where(steps == 4 * 5 + 2, 1e38, 0.01)

    monkeypatch.setattr(loop, "CALL_SECONDS", call_seconds)
    X = np.random.default_rng(0).normal(size=(50, 3))
    net = cr.Network(cr.Dense(4, activation="tanh"), cr.Dense(1))
    with pytest.warns(TrainingWarning, match="the parameter dense1/weight became .* in epoch 5, batch 3 of 5"):
        history = net.fit(X, 100 * X[:, 0], loss="squared_error", optimizer=cr.SGD(Explode()), batch_size=10, epochs=30)
    assert len(history) == 4
    assert history.stop_reason is not None
    assert history.stop_reason.numbers == {"epoch": 4, "step": 2}


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        ({"dense1/bias": 3e38}, "the loss became .* first went wrong in 'loss'"),
        ({"dense1/weight": 3e38, "dense1/bias": 3e38}, "the loss became .* first went wrong in 'dense1'"),
    ],
)
def test_the_warning_names_the_layer(spoil: dict[str, float], what: str) -> None:
    net = cr.Network(cr.Dense(1)).build(1)
    for name, value in spoil.items():
        net.params[name][...] = value
    with pytest.warns(TrainingWarning, match=what):
        net.fit([[1.0], [1.0]], [0.0, 0.0], loss="squared_error", epochs=3)


def test_a_parameter_is_named() -> None:
    """The gradient is finite, and −η g is not."""
    net = cr.Network(cr.Dense(1, weight_init="zeros")).build(1)
    net.params["dense1/weight"][...] = 1.0
    with pytest.warns(TrainingWarning, match=r"the parameter dense1/weight became .* first went wrong in 'optimizer"):
        net.fit([[0.0], [0.0]], [0.0, 0.0], loss="huber", optimizer=cr.SGD(1e30), epochs=3, l2=1e30)


def test_an_optimiser_state_is_named() -> None:
    """g² overflows where g does not."""
    net = cr.Network(cr.Dense(1, bias=False, weight_init="zeros")).build(1)
    with pytest.warns(TrainingWarning, match="the optimiser's state rms/square/dense1/weight became"):
        net.fit(
            [[1.0]], [1e25], loss="absolute_error", optimizer=cr.RMSprop(0.1), epochs=3, sample_weight=[1.0], l1=1e30
        )


def test_a_user_can_go_on_after_a_divergence() -> None:
    X = np.random.default_rng(0).normal(size=(50, 3))
    net = cr.Network(cr.Dense(4, activation="relu"), cr.Dense(1))
    with pytest.warns(TrainingWarning):
        net.fit(X, X[:, 0], loss="squared_error", optimizer=cr.SGD(1e6), epochs=30)
    net.reset()
    assert net.fit(X, X[:, 0], optimizer=cr.SGD(0.1), epochs=30).loss[-1] < 0.05


def test_scores_that_are_not_finite_do_not_stop_it() -> None:
    """The parameters are finite, but on the validation data the outputs overflow: the loss and the scores are not numbers."""
    net = cr.Network(cr.Dense(1, bias=False, weight_init=1e20))
    X_val = np.full((5, 1), 1e30)
    history = net.fit(
        [[1e-20]] * 4, [1.0] * 4, loss="absolute_error", epochs=3, validation=(X_val, np.ones(5)), metrics=["r2", "mae"]
    )
    assert len(history) == 3
    assert np.isnan(history.score("val_r2")).all()
    assert np.isnan(history.score("val_mae")).all()
    assert not np.isfinite(history.val_loss).any()

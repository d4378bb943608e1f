"""Every schedule: against its formula written once more, against PyTorch where it has the same one, and as a pure function."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.optim import (
    SCHEDULES,
    Constant,
    Cosine,
    ExponentialDecay,
    InverseScaling,
    OneCycle,
    Progress,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
    Warmup,
    rates_of,
    watches_loss,
)

EPOCHS, PER_EPOCH = 12, 5
LOSSES = [1.0, 0.8, 0.8, 0.79995, 0.7, 0.7, 0.7, 0.7, math.nan, 0.9, 0.9, 0.6]


@dataclass(frozen=True)
class Case:
    """A schedule, and its rate as a function of the step k and the time t = k / steps per epoch."""

    schedule: Schedule
    formula: Callable[[int, float], float]


def half_cosine(start: float, end: float, done: float) -> float:
    return end + (start - end) * math.cos(math.pi * min(max(done, 0.0), 1.0) / 2) ** 2  # ½ (1 + cos x) = cos² ½x


def one_cycle(t: float) -> float:
    done = t / EPOCHS
    if done < 0.25:
        return half_cosine(0.5 / 10, 0.5, done / 0.25)
    return half_cosine(0.5, 0.5 / 100, (done - 0.25) / 0.75)


CASES = [
    Case(Constant(0.3), lambda k, t: 0.3),
    Case(StepDecay(1.0, every=3, factor=0.5), lambda k, t: 0.5 ** (k // 15)),
    Case(StepDecay(1.0, every=0.2, factor=0.9), lambda k, t: 0.9**k),
    Case(StepDecay(1.0, every=0.6, factor=0.9), lambda k, t: 0.9 ** (k // 3)),
    Case(ExponentialDecay(2.0, factor=0.8), lambda k, t: 2.0 * math.exp(t * math.log(0.8))),
    Case(InverseScaling(1.0), lambda k, t: 1 / math.sqrt(k + 1)),
    Case(InverseScaling(2.0, power=1.0), lambda k, t: 2.0 / (k + 1)),
    Case(Cosine(1.0), lambda k, t: half_cosine(1.0, 0.0, t / EPOCHS)),
    Case(Cosine(1.0, final=0.1, epochs=4.0), lambda k, t: half_cosine(1.0, 0.1, t / 4)),
    Case(Warmup(0.8, epochs=2), lambda k, t: 0.8 * min(1, (k + 1) / 10)),
    Case(Warmup(0.8, epochs=0.1), lambda k, t: 0.8),
    Case(Warmup(Cosine(1.0), epochs=3), lambda k, t: min(1, (k + 1) / 15) * half_cosine(1.0, 0.0, t / EPOCHS)),
    Case(OneCycle(0.5, rise=0.25, start_divisor=10, final_divisor=100), lambda k, t: one_cycle(t)),
    Case(ReduceOnPlateau(0.4), lambda k, t: 0.4),
]
STEPS = np.arange(EPOCHS * PER_EPOCH)
PROGRESS = Progress(EPOCHS, PER_EPOCH)


def test_every_schedule_has_a_case() -> None:
    assert {type(case.schedule) for case in CASES} == set(SCHEDULES.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.schedule))
def test_the_formula(case: Case) -> None:
    expected = [case.formula(k, k / PER_EPOCH) for k in range(len(STEPS))]
    np.testing.assert_allclose(case.schedule.rates(STEPS, PROGRESS), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.schedule))
def test_a_schedule_is_a_pure_function(case: Case) -> None:
    """Asked twice, in any pieces and in any order, it gives the same bits; it is equal to one made of the same numbers."""
    progress = Progress(EPOCHS, PER_EPOCH, LOSSES)
    whole = case.schedule.rates(STEPS, progress)
    assert (whole.dtype, whole.shape) == (np.float64, STEPS.shape)
    np.testing.assert_array_equal(whole, case.schedule.rates(STEPS, progress))
    for size in (1, 7, 59):
        pieces = [case.schedule.rates(STEPS[i : i + size], progress) for i in range(0, len(STEPS), size)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole)
    np.testing.assert_array_equal(case.schedule.rates(STEPS[::-1], progress), whole[::-1])
    assert case.schedule.rates(STEPS[:0], progress).shape == (0,)
    assert case.schedule == eval(repr(case.schedule), {**SCHEDULES})


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.schedule))
def test_a_rate_is_never_negative_nor_infinite(case: Case) -> None:
    """Nor is it far beyond the end of the fit, where online learning asks for it."""
    rates = case.schedule.rates(np.array([0, 10**3, 10**6, 2**31]), PROGRESS)
    assert np.isfinite(rates).all()
    assert (rates >= 0).all()


# ------------------------------------------------------------------------------------------------------- PyTorch


def of_torch(
    make: Callable[[torch.optim.Optimizer], Any], rate: float, n: int, losses: list[float] | None = None
) -> list[float]:
    """The rate of each of n steps under a scheduler of PyTorch, which is told the losses if it wants them."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    scheduler = make(optimizer)
    rates = []
    for k in range(n):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(*([losses[k]] if losses else []))
    return rates


LR = torch.optim.lr_scheduler
N = 40
TWINS: list[tuple[Schedule, Callable[[torch.optim.Optimizer], Any], float, int]] = [
    (StepDecay(0.3, every=7, factor=0.4), lambda o: LR.StepLR(o, step_size=7, gamma=0.4), 0.3, N),
    (ExponentialDecay(0.3, factor=0.9), lambda o: LR.ExponentialLR(o, gamma=0.9), 0.3, N),
    (Cosine(0.3, final=0.02), lambda o: LR.CosineAnnealingLR(o, T_max=N, eta_min=0.02), 0.3, N),
    # a rise from 1/r to 1 over r steps
    (Warmup(0.3, epochs=8), lambda o: LR.LinearLR(o, start_factor=1 / 8, end_factor=1.0, total_iters=7), 0.3, N),
    # PyTorch divides the peak by both divisors at the end, and its N-th step, number N − 1, is the last; ours lasts N epochs
    (
        OneCycle(0.3, rise=0.25, start_divisor=20, final_divisor=2000),
        lambda o: LR.OneCycleLR(
            o, 0.3, total_steps=N + 1, pct_start=11 / 41, div_factor=20, final_div_factor=100, cycle_momentum=False
        ),
        0.3,
        N,
    ),
]


@pytest.mark.parametrize(("ours", "theirs", "rate", "n"), TWINS, ids=[repr(ours) for ours, *_ in TWINS])
def test_the_rates_are_those_of_pytorch(
    ours: Schedule, theirs: Callable[[torch.optim.Optimizer], Any], rate: float, n: int
) -> None:
    found = ours.rates(np.arange(n), Progress(epochs=n, steps_per_epoch=1))
    np.testing.assert_allclose(found, of_torch(theirs, rate, n), rtol=1e-10)


@pytest.mark.parametrize("patience", [1, 2, 4])
@pytest.mark.parametrize("min_delta", [0.0, 1e-3])
def test_reduce_on_plateau_is_that_of_pytorch(patience: int, min_delta: float) -> None:
    """PyTorch waits for one epoch more than its patience, so ours of 2 is its 1."""
    losses = [*LOSSES, *np.random.default_rng(0).uniform(0.5, 1.0, 40).round(2).tolist()]
    ours = ReduceOnPlateau(0.3, factor=0.7, patience=patience, min_delta=min_delta, minimum=0.05)
    found = [ours.rates(np.array([k]), Progress(len(losses), 1, losses[:k]))[0] for k in range(len(losses))]
    expected = of_torch(
        lambda o: LR.ReduceLROnPlateau(
            o, factor=0.7, patience=patience - 1, threshold=min_delta, threshold_mode="abs", min_lr=0.05, eps=0.0
        ),
        0.3,
        len(losses),
        losses,
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert len(set(np.round(found, 12))) > 2


# --------------------------------------------------------------------------------------------------------- in a fit

X = np.random.default_rng(1).normal(size=(20, 2))
Y = X @ [1.0, 2.0]


def fitted(rate: Any, **options: Any) -> cr.History:
    net = cr.Network(cr.Dense(1)).build(2, dtype="float64")
    return net.fit(X, Y, loss="squared_error", optimizer=cr.SGD(rate), batch_size=8, **{"epochs": 8, **options})


def test_reduce_on_plateau_watches_the_validation_loss_or_else_that_of_training() -> None:
    schedule = ReduceOnPlateau(0.5, factor=0.5, patience=1, min_delta=0.01)
    for options, series in (({}, "loss"), ({"validation": (X[:5], -Y[:5])}, "val_loss")):
        history = fitted(schedule, **options)
        losses = getattr(history, series)
        expected = [schedule.rates(np.array([0]), Progress(8, 3, losses[:k]))[0] for k in range(8)]
        assert history.learning_rate.tolist() == expected
        assert len(set(expected)) > 2


class AfterThree(Schedule):
    """0.1 until three losses are known, then 0.01."""

    watches_loss = True

    def rates(self, steps: Any, progress: Progress) -> Any:
        assert len(progress.losses) == steps[-1] // progress.steps_per_epoch, "every epoch before this one is known"
        return np.full(len(steps), 0.1 if len(progress.losses) < 3 else 0.01)


def test_a_schedule_of_your_own_sees_the_loss_of_every_epoch() -> None:
    assert fitted(AfterThree(), epochs=200).learning_rate[:5].tolist() == [0.1, 0.1, 0.1, 0.01, 0.01]


def test_watches_loss() -> None:
    assert [watches_loss(rate) for rate in (0.1, Cosine(0.1), ReduceOnPlateau(0.1), AfterThree())] == [0, 0, 1, 1]
    assert watches_loss(Warmup(Warmup(ReduceOnPlateau(0.1))))
    assert not watches_loss(Warmup(0.1))


def test_a_plain_number_is_a_constant_rate() -> None:
    np.testing.assert_array_equal(rates_of(0.2, STEPS, PROGRESS), Constant(0.2).rates(STEPS, PROGRESS))


# --------------------------------------------------------------------------------------------------- bad arguments


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Constant(-0.1), "rate must be a finite number at least 0, but is -0.1."),
        (lambda: Constant("0.1"), "rate must be a finite number at least 0, but is '0.1'."),
        (lambda: StepDecay(0.1, every=0), "every must be a finite number above 0, but is 0."),
        (lambda: StepDecay(0.1, factor=0), "factor must be a finite number above 0, but is 0."),
        (lambda: ExponentialDecay(0.1, factor=-1), "factor must be a finite number above 0, but is -1."),
        (lambda: InverseScaling(0.1, power=-1), "power must be a finite number at least 0, but is -1."),
        (lambda: Cosine(math.nan), "rate must be a finite number at least 0, but is nan."),
        (lambda: Cosine(0.1, final=-1), "final must be a finite number at least 0, but is -1."),
        (lambda: Cosine(0.1, epochs=0), "epochs must be a finite number above 0, but is 0."),
        (lambda: Warmup(-0.1), "then must be a finite number at least 0, but is -0.1."),
        (lambda: Warmup(Cosine), r"then is the class Cosine; write Cosine\(...\), with its numbers."),
        (lambda: Warmup(0.1, epochs=0), "epochs must be a finite number above 0, but is 0."),
        (lambda: OneCycle(math.inf), "peak must be a finite number at least 0, but is inf."),
        (lambda: OneCycle(0.1, rise=1), "rise must be a finite number above 0 and below 1, but is 1."),
        (lambda: OneCycle(0.1, start_divisor=0.5), "start_divisor must be a finite number at least 1, but is 0.5."),
        (lambda: OneCycle(0.1, final_divisor=0), "final_divisor must be a finite number at least 1, but is 0."),
        (lambda: ReduceOnPlateau(0.1, factor=1), "factor must be a finite number above 0 and below 1, but is 1."),
        (lambda: ReduceOnPlateau(0.1, patience=0), "patience must be a whole number at least 1, but is 0."),
        (lambda: ReduceOnPlateau(0.1, patience=1.5), "patience must be a whole number at least 1, but is 1.5."),
        (lambda: ReduceOnPlateau(0.1, min_delta=-1), "min_delta must be a finite number at least 0, but is -1."),
        (
            lambda: ReduceOnPlateau(0.1, minimum=0.2),
            "minimum must be a finite number at least 0 and at most 0.1, but is 0.2.",
        ),
    ],
)
def test_wrong_arguments_are_sentences(make: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ArgumentError, match=sentence):
        make()


def test_a_schedule_without_a_formula_is_told_so() -> None:
    with pytest.raises(NotImplementedError, match=r"Schedule does not define rates\(self, steps, progress\)\."):
        Schedule().rates(STEPS, PROGRESS)

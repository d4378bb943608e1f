"""Every optimiser: a hundred steps from equal weights on equal batches agree with PyTorch in float64 to 1e-9.

Where PyTorch's convention differs, the twin follows ours: the norm is clipped without its 1e-6, the penalties stand in the
loss (½ λ‖W‖², on weights only), and AdamW's decay has parameter groups, so that biases do not decay.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import chainrule as cr
from chainrule.optim import OPTIMIZERS
from optim.twin import BATCH, EPOCHS, ROWS, STEPS, MakeOptimizer, Regime, relative_error, train, train_in_torch

TOLERANCE = 1e-9


def sgd(**options: float) -> MakeOptimizer:
    return lambda weights, biases: torch.optim.SGD([*weights, *biases], lr=0.1, **options)


def rmsprop(**options: float) -> MakeOptimizer:
    return lambda weights, biases: torch.optim.RMSprop([*weights, *biases], lr=0.01, **options)


def adam(**options: object) -> MakeOptimizer:
    return lambda weights, biases: torch.optim.Adam([*weights, *biases], lr=0.01, **options)


def adamw(decay: float, **options: object) -> MakeOptimizer:
    return lambda weights, biases: torch.optim.AdamW(
        [{"params": weights, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}], lr=0.01, **options
    )


CASES: list[tuple[cr.Transform, MakeOptimizer]] = [
    (cr.SGD(0.1), sgd()),
    (cr.Momentum(0.1), sgd(momentum=0.9)),
    (cr.Momentum(0.1, momentum=0.5), sgd(momentum=0.5)),
    (cr.Nesterov(0.1), sgd(momentum=0.9, nesterov=True)),
    (cr.Nesterov(0.1, momentum=0.7), sgd(momentum=0.7, nesterov=True)),
    (cr.RMSprop(0.01), rmsprop(alpha=0.99, eps=1e-8)),
    (cr.RMSprop(0.01, decay=0.9, eps=1e-4), rmsprop(alpha=0.9, eps=1e-4)),
    (cr.RMSprop(0.01, momentum=0.8), rmsprop(momentum=0.8)),
    (cr.Adam(0.01), adam()),
    (cr.Adam(0.01, beta1=0.8, beta2=0.95, eps=1e-4), adam(betas=(0.8, 0.95), eps=1e-4)),
    (cr.Adam(0.01, beta1=0.0), adam(betas=(0.0, 0.999))),
    (cr.AdamW(0.01, weight_decay=0.3), adamw(0.3)),
    (cr.AdamW(0.01, weight_decay=0.0, beta2=0.9), adamw(0.0, betas=(0.9, 0.9))),
]

REGIMES = {
    "plain": Regime(),
    "clip_norm": Regime(clip_norm=0.2),
    "clip_value": Regime(clip_value=0.02),
    "l1": Regime(l1=0.003),
    "l2": Regime(l2=0.05),
    "everything": Regime(l1=0.002, l2=0.03, clip_value=0.1, clip_norm=0.15),
}


def test_every_optimizer_has_cases() -> None:
    assert {type(ours) for ours, _ in CASES} == set(OPTIMIZERS.values())


def with_regimes() -> list[Any]:
    """The first case of each optimiser in every regime, its other cases in the first and the last."""
    seen: set[type[cr.Transform]] = set()
    found = []
    for ours, theirs in CASES:
        names = list(REGIMES) if type(ours) not in seen else ["plain", "everything"]
        seen.add(type(ours))
        found += [pytest.param(ours, theirs, name, id=f"{ours}-{name}") for name in names]
    return found


@pytest.mark.parametrize(("ours", "theirs", "regime"), with_regimes())
def test_a_hundred_steps(ours: cr.Transform, theirs: MakeOptimizer, regime: str) -> None:
    params, history = train(ours, REGIMES[regime])
    expected, last_loss = train_in_torch(theirs, REGIMES[regime])
    assert relative_error(params, expected) <= TOLERANCE
    assert history.loss[-1] == pytest.approx(last_loss, rel=TOLERANCE)


@pytest.mark.parametrize("regime", [name for name in REGIMES if name != "plain"])
def test_every_regime_makes_a_difference(regime: str) -> None:
    """So none of the comparisons above passes because a clip or a penalty never acted."""
    plain, changed = train(cr.SGD(0.1), REGIMES["plain"])[0], train(cr.SGD(0.1), REGIMES[regime])[0]
    assert relative_error(changed, plain) > 0.01


def test_a_schedule_gives_every_step_its_own_rate() -> None:
    """Momentum under a cosine, with PyTorch told the rate of each step by the formula."""
    per_epoch = -(-ROWS // BATCH)
    params, history = train(cr.Momentum(cr.Cosine(0.2, final=0.01)), Regime())
    rates = [0.01 + 0.5 * 0.19 * (1 + np.cos(np.pi * k / STEPS)) for k in range(STEPS)]
    expected, _ = train_in_torch(sgd(momentum=0.9), Regime(), rate=lambda step: rates[step])
    assert relative_error(params, expected) <= TOLERANCE
    # the history names the rate of the last step of each epoch
    np.testing.assert_allclose(history.learning_rate, rates[per_epoch - 1 :: per_epoch], rtol=1e-12)
    assert len(history) == EPOCHS


def test_pytorch_adds_a_millionth_to_the_norm_that_it_clips() -> None:
    """Our clipped gradient has the norm asked for; that of torch.nn.utils.clip_grad_norm_ is shorter by 1e-6 / ‖g‖."""
    g = np.array([3.0, 4.0])

    def by_torch() -> np.ndarray:
        w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        (w @ torch.tensor(g)).backward()
        torch.nn.utils.clip_grad_norm_([w], 1.0)
        return w.grad.numpy()

    descent = cr.minimize(lambda x: cr.sum(x * g), [0.0, 0.0], optimizer=cr.SGD(1.0), clip_norm=1.0, steps=1)
    assert np.linalg.norm(descent.x) == pytest.approx(1.0, abs=1e-15)
    np.testing.assert_allclose(by_torch(), g / (5.0 + 1e-6), rtol=1e-14)
    assert np.linalg.norm(descent.x) - np.linalg.norm(by_torch()) == pytest.approx(2e-7, rel=1e-3)

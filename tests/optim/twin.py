"""The same training written for PyTorch: equal initial weights, equal batches, penalties in the loss, clipping by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import chainrule as cr

torch.set_num_threads(1)  # such small products are slower on several

ROWS, FEATURES, CLASSES, BATCH = 70, 6, 3, 16
STEPS = 100
EPOCHS = STEPS // -(-ROWS // BATCH)  # five batches an epoch, the last of them with 6 rows

rng = np.random.default_rng(0)
X = rng.normal(size=(ROWS, FEATURES))
Y = rng.integers(0, CLASSES, ROWS)


@dataclass(frozen=True)
class Regime:
    """What is added to the loss, and what is done to the gradient before the optimiser sees it."""

    l1: float = 0.0
    l2: float = 0.0
    clip_value: float | None = None
    clip_norm: float | None = None


MakeOptimizer = Callable[[list[torch.Tensor], list[torch.Tensor]], torch.optim.Optimizer]


def network() -> cr.Network:
    net = cr.Network(cr.Dense(8, activation="tanh"), cr.Dense(5, activation="elu"), cr.Dense(CLASSES))
    return net.build(FEATURES, seed=1, dtype="float64")


def train(optimizer: cr.Transform, regime: Regime, **options: Any) -> tuple[dict[str, np.ndarray], cr.History]:
    net = network()
    history = net.fit(
        X,
        Y,
        loss="cross_entropy",
        optimizer=optimizer,
        batch_size=BATCH,
        epochs=EPOCHS,
        shuffle=False,
        **{name: value for name, value in vars(regime).items() if value},
        **options,
    )
    return net.params, history


def train_in_torch(
    make: MakeOptimizer, regime: Regime, rate: Callable[[int], float] | None = None
) -> tuple[dict[str, np.ndarray], float]:
    """The parameters after the same steps, and the mean loss of the last epoch; `rate` gives the learning rate of a step."""
    params = {name: torch.tensor(array, requires_grad=True) for name, array in network().params.items()}
    weights = [p for name, p in params.items() if name.endswith("weight")]
    biases = [p for name, p in params.items() if name.endswith("bias")]
    optimizer = make(weights, biases)
    last_epoch, step = 0.0, 0
    for epoch in range(EPOCHS):
        for start in range(0, ROWS, BATCH):
            if rate:
                for group in optimizer.param_groups:
                    group["lr"] = rate(step)
            x, y = torch.tensor(X[start : start + BATCH]), torch.tensor(Y[start : start + BATCH])
            optimizer.zero_grad()
            loss = loss_of(params, weights, x, y, regime)
            loss.backward()
            clip([*params.values()], regime)
            optimizer.step()
            last_epoch += (epoch == EPOCHS - 1) * loss.item() * len(x) / ROWS
            step += 1
    assert step == STEPS
    return {name: p.detach().numpy() for name, p in params.items()}, last_epoch


def loss_of(
    params: dict[str, torch.Tensor], weights: list[torch.Tensor], x: torch.Tensor, y: torch.Tensor, regime: Regime
) -> torch.Tensor:
    def affine(name: str, x: torch.Tensor) -> torch.Tensor:
        return x @ params[f"{name}/weight"] + params[f"{name}/bias"]

    hidden = torch.nn.functional.elu(affine("dense2", torch.tanh(affine("dense1", x))))
    data = torch.nn.functional.cross_entropy(affine("dense3", hidden), y)
    return data + sum(regime.l1 * w.abs().sum() + 0.5 * regime.l2 * (w * w).sum() for w in weights)


def clip(params: list[torch.Tensor], regime: Regime) -> None:
    """By hand: torch.nn.utils.clip_grad_norm_ adds 1e-6 to the norm, and so shortens every gradient that it clips."""
    for p in params:
        if regime.clip_value:
            p.grad.clamp_(-regime.clip_value, regime.clip_value)
    norm = torch.sqrt(sum((p.grad**2).sum() for p in params))
    for p in params:
        if regime.clip_norm and norm > regime.clip_norm:
            p.grad.mul_(regime.clip_norm / norm)


def relative_error(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> float:
    """The largest difference of any array, relative to its largest number."""
    assert set(ours) == set(theirs)
    return max(float(np.abs(ours[name] - theirs[name]).max() / np.abs(theirs[name]).max()) for name in theirs)

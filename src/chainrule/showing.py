"""show: every stage of a network's step on its way to machine code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.errors import ArgumentError, check_name, check_number
from chainrule.functional import Loss, LossFunction, get_loss
from chainrule.graph import Step
from chainrule.network import Network
from chainrule.optim import Transform
from chainrule.training import Model, Penalties, Targets, build_forward, build_step
from chainrule.training.coding import known_loss, targets_for

if TYPE_CHECKING:
    from chainrule.backends.llvm import Target


def show(
    network: Network,
    stage: str = "graph",
    *,
    step: str = "train",
    loss: str | Loss | LossFunction | None = None,
    optimizer: str | Transform | None = None,
    batch_size: int = 32,
    l1: float = 0.0,
    l2: float = 0.0,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    threads: int = 1,
    target: Target | None = None,
) -> None:
    """Print a step of a network as it is at one stage of its way from a graph to machine code.

    `stage` is "graph" (every node, after the passes that take nothing from a result), "fused" (which nodes are computed
    together, and what is stored), "loops" (the loops over the arrays), "llvm" (the text that LLVM is given) or "asm"
    (assembly). `step` is "train", "gradients" (the loss and all gradients), "evaluate" or "predict".

    Loss and optimiser are those of the last fit unless given; penalties and clipping are part of a training step if they are
    not 0 or None. The last three stages are those of the LLVM backend: for batches of `batch_size` rows, for a number of
    threads, and for the processor at hand or another `target`. Their text is not an interface: it may change with any version.

    Raises `NotFittedError` for a network without parameters, `UnknownNameError` for a stage or a step that there is not, and
    `BackendError` where llvmlite is needed and cannot be used.

    >>> import chainrule as cr
    >>> net = cr.Network(cr.Dense(3, activation="relu"), cr.Dense(1)).build(2)
    >>> cr.show(net, "graph", step="predict")
    params/dense1/weight = input: float32[2, 3]
    params/dense1/bias = input: float32[3]
    params/dense2/weight = input: float32[3, 1]
    params/dense2/bias = input: float32[1]
    x = input: float32[n, 2]
    # dense1
    contract.0 = contract(x, params/dense1/weight, spec='ai,io->ao'): float32[n, 3]
    add.0 = contract.0 + params/dense1/bias[new, :]: float32[n, 3]
    maximum.0 = maximum(add.0, 0.0): float32[n, 3]
    # dense2
    contract.1 = contract(maximum.0, params/dense2/weight, spec='ai,io->ao'): float32[n, 1]
    add.1 = contract.1 + params/dense2/bias[new, :]: float32[n, 1]
    return add.1
    """
    from chainrule.backends.llvm import Target
    from chainrule.backends.llvm.stages import STAGES, stage_text

    check_name("stage", stage, STAGES)
    check_name("step", step, STEPS)
    rows = int(check_number("batch_size", batch_size, low=1, integer=True))
    team = int(check_number("threads", threads, low=1, integer=True))
    if not isinstance(network, Network):
        raise ArgumentError(f"network must be a Network, but is of type {type(network).__name__}.")
    if not isinstance(target, Target | None):
        raise ArgumentError(f"target must be a Target of chainrule.backends.llvm, but is {target!r}.")
    wanted = _Wanted(
        network.model,
        network.memory.loss if loss is None else get_loss(loss),
        network.memory.choose_optimizer(optimizer),
        Penalties.of(l1, l2, clip_norm, clip_value),
    )
    built = STEPS[step](wanted)
    sys.stdout.write(stage_text(built, stage, rows=rows, threads=team, target=target) + "\n")


@dataclass(frozen=True)
class _Wanted:
    """What a step is built from."""

    model: Model
    known: Loss | None
    optimizer: Transform
    penalties: Penalties

    @property
    def loss(self) -> Loss:
        return known_loss(None, self.known)

    @property
    def targets(self) -> Targets:
        return targets_for(self.model, self.loss)

    def train(self) -> Step:
        return build_step(self.model, self.loss, self.targets, optimizer=self.optimizer, penalties=self.penalties).step

    def gradients(self) -> Step:
        return build_step(self.model, self.loss, self.targets, optimizer=None, penalties=self.penalties).step

    def evaluate(self) -> Step:
        return build_forward(self.model, self.loss, self.targets).step

    def predict(self) -> Step:
        return build_forward(self.model, self.known).step


# What a step does: train, report the loss and all gradients, report the loss and predictions, predict.
STEPS: dict[str, Callable[[_Wanted], Step]] = {
    "train": _Wanted.train,
    "gradients": _Wanted.gradients,
    "evaluate": _Wanted.evaluate,
    "predict": _Wanted.predict,
}

"""Optimisers: gradient descent in its usual forms, each a chain of transforms that reads like its paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chainrule.errors import ArgumentError, check_name
from chainrule.optim.schedules import Rate
from chainrule.optim.transform import Arrays, Chain, Given, Nodes, Transform, chain
from chainrule.optim.transforms import (
    Accumulate,
    AddDecayedWeights,
    ScaleByAdam,
    ScaleByLearningRate,
    ScaleByRMS,
)


class Optimizer(Transform):
    """A named chain of transforms."""

    def __post_init__(self) -> None:
        self.chain()  # so that a wrong number is found where it is written

    def chain(self) -> Chain:
        """The transforms, in order."""
        raise NotImplementedError

    def scalars(self) -> dict[str, Rate]:
        """Those of the chain."""
        return self.chain().scalars()

    def init(self, params: Arrays) -> Arrays:
        """That of the chain."""
        return self.chain().init(params)

    def update(self, updates: Nodes, state: Nodes, params: Nodes, given: Given) -> tuple[Nodes, Nodes]:
        """That of the chain."""
        return self.chain().update(updates, state, params, given)


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent: w ← w − η g. With batches of one example it is stochastic gradient descent.

    >>> SGD(0.1).chain()
    chain(ScaleByLearningRate(learning_rate=0.1))
    """

    learning_rate: Rate = 0.01
    name: ClassVar[str] = "sgd"

    def chain(self) -> Chain:
        """Scale by −η."""
        return chain(ScaleByLearningRate(self.learning_rate))


@dataclass(frozen=True)
class Momentum(Optimizer):
    """v ← μ v + g; w ← w − η v.

    >>> Momentum(0.1, momentum=0.9).name
    'momentum'
    """

    learning_rate: Rate = 0.01
    momentum: float = 0.9
    name: ClassVar[str] = "momentum"

    def chain(self) -> Chain:
        """Accumulate, then scale by −η."""
        return chain(Accumulate(self.momentum), ScaleByLearningRate(self.learning_rate))


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """v ← μ v + g; w ← w − η (g + μ v): momentum that looks ahead.

    >>> Nesterov(0.1).momentum
    0.9
    """

    learning_rate: Rate = 0.01
    momentum: float = 0.9
    name: ClassVar[str] = "nesterov"

    def chain(self) -> Chain:
        """Accumulate with look-ahead, then scale by −η."""
        return chain(Accumulate(self.momentum, nesterov=True), ScaleByLearningRate(self.learning_rate))


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """v ← ρ v + (1 − ρ) g²; w ← w − η g / (√v + eps), with momentum after it if wanted.

    >>> RMSprop(0.001).decay
    0.99
    """

    learning_rate: Rate = 0.01
    decay: float = 0.99
    eps: float = 1e-8
    momentum: float = 0.0
    name: ClassVar[str] = "rmsprop"

    def chain(self) -> Chain:
        """Divide by the root of the mean square, accumulate, then scale by −η."""
        accumulate = (Accumulate(self.momentum),) if self.momentum else ()
        return chain(ScaleByRMS(self.decay, self.eps), *accumulate, ScaleByLearningRate(self.learning_rate))


@dataclass(frozen=True)
class Adam(Optimizer):
    """w ← w − η m̂ / (√v̂ + eps), with bias-corrected moving averages m̂ of g and v̂ of g².

    Source: Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015.

    >>> Adam(1e-3)
    Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-08)
    """

    learning_rate: Rate = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    name: ClassVar[str] = "adam"

    def chain(self) -> Chain:
        """Scale by the moments, then by −η."""
        return chain(ScaleByAdam(self.beta1, self.beta2, self.eps), ScaleByLearningRate(self.learning_rate))


@dataclass(frozen=True)
class AdamW(Optimizer):
    """Adam with decoupled weight decay: w ← w − η (m̂ / (√v̂ + eps) + λ w), where λ acts on the weights of layers only.

    Source: Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019.

    >>> AdamW(1e-3, weight_decay=0.1).weight_decay
    0.1
    """

    learning_rate: Rate = 0.001
    weight_decay: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    name: ClassVar[str] = "adamw"

    def chain(self) -> Chain:
        """Scale by the moments, add the decay, then scale by −η."""
        return chain(
            ScaleByAdam(self.beta1, self.beta2, self.eps),
            AddDecayedWeights(self.weight_decay),
            ScaleByLearningRate(self.learning_rate),
        )


OPTIMIZERS: dict[str, type[Optimizer]] = {
    optimizer.name: optimizer for optimizer in (SGD, Momentum, Nesterov, RMSprop, Adam, AdamW)
}


def get_optimizer(optimizer: str | Transform) -> Transform:
    """The optimiser of a name, with its defaults; an optimiser or a chain is taken as it is.

    >>> get_optimizer("sgd")
    SGD(learning_rate=0.01)
    """
    if isinstance(optimizer, Transform):
        return optimizer
    if isinstance(optimizer, type) and issubclass(optimizer, Transform):
        raise ArgumentError(
            f"optimizer is the class {optimizer.__name__}; write {optimizer.__name__}(...), with its numbers."
        )
    return OPTIMIZERS[check_name("optimizer", optimizer, OPTIMIZERS)]()

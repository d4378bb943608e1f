"""The transforms that optimisers are chained from. g is the update that comes in, u the one that goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from chainrule.errors import check_number
from chainrule.graph import Node
from chainrule.graph.primitives import maximum, reduce_sum, select, sqrt
from chainrule.optim.schedules import Rate, check_rate
from chainrule.optim.transform import Arrays, Given, Nodes, Transform, one, slots


@dataclass(frozen=True)
class ClipByValue(Transform):
    """u = g kept within ±limit, number by number.

    >>> ClipByValue(0.5)
    ClipByValue(limit=0.5)
    """

    limit: float
    name: ClassVar[str] = "clip_by_value"
    formula: ClassVar[str] = "g kept within ±clip_value"

    def __post_init__(self) -> None:
        check_number("clip_value", self.limit, above=0)

    def scalars(self) -> dict[str, Rate]:
        """clip_value."""
        return {"clip_value": self.limit}

    def update(self, updates: Nodes, state: Nodes, params: Nodes, given: Given) -> tuple[Nodes, Nodes]:
        """min(max(g, −limit), limit)."""
        limit = given.scalars["clip_value"]

        def clipped(g: Node) -> Node:
            above = maximum(g, -limit)
            return select(limit < above, limit, above)

        return {name: clipped(g) for name, g in updates.items()}, state


@dataclass(frozen=True)
class ClipByNorm(Transform):
    """u = g · min(1, max_norm / ‖g‖), where ‖g‖ is the norm of all updates together.

    Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.

    >>> ClipByNorm(1.0)
    ClipByNorm(max_norm=1.0)
    """

    max_norm: float
    name: ClassVar[str] = "clip_by_norm"
    formula: ClassVar[str] = "g · min(1, clip_norm / ‖g‖)"

    def __post_init__(self) -> None:
        check_number("clip_norm", self.max_norm, above=0)

    def scalars(self) -> dict[str, Rate]:
        """clip_norm."""
        return {"clip_norm": self.max_norm}

    def update(self, updates: Nodes, state: Nodes, params: Nodes, given: Given) -> tuple[Nodes, Nodes]:
        """g · max_norm / max(‖g‖, max_norm): exactly g where ‖g‖ ≤ max_norm; NaN, not 0, where ‖g‖ overflows."""
        limit, norm = given.scalars["clip_norm"], global_norm(updates)
        factor = limit / maximum(norm, limit) + 0.0 * norm
        return {name: g * factor for name, g in updates.items()}, state


def global_norm(updates: Nodes) -> Node:
    """√ Σ g² over all numbers of all updates.

    >>> from chainrule.graph import input
    >>> global_norm({"weight": input("weight", (4, 3)), "bias": input("bias", (3,))})
    <sqrt: float32[]>
    """
    total, *rest = (reduce_sum(g * g) for g in updates.values())
    for part in rest:
        total = total + part
    return sqrt(total)


@dataclass(frozen=True)
class Accumulate(Transform):
    """v ← μ v + g; u = v, or with Nesterov's look-ahead u = g + μ v.

    Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; Nesterov 1983, in the form of
    Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.

    >>> Accumulate(0.9, nesterov=True)
    Accumulate(momentum=0.9, nesterov=True)
    """

    momentum: float = 0.9
    nesterov: bool = False
    name: ClassVar[str] = "momentum"
    formula: ClassVar[str] = "v, or g + μ v with Nesterov's look-ahead"
    slot_formulas: ClassVar[Mapping[str, tuple[str, str]]] = MappingProxyType({"velocity": ("v", "μ v + g")})

    def __post_init__(self) -> None:
        check_number("momentum", self.momentum, low=0, below=1)

    def formula_in_use(self, parameter: str) -> str:
        """One of both."""
        return "g + μ v" if self.nesterov else "v"

    def init(self, params: Arrays) -> Arrays:
        """v = 0."""
        return slots("velocity", params)

    def update(self, updates: Nodes, state: Nodes, params: Nodes, given: Given) -> tuple[Nodes, Nodes]:
        """v or g + μ v."""
        velocity = {name: self.momentum * state[f"velocity/{name}"] + g for name, g in updates.items()}
        ahead = {name: g + self.momentum * velocity[name] for name, g in updates.items()}
        return (ahead if self.nesterov else velocity), {f"velocity/{name}": v for name, v in velocity.items()}


@dataclass(frozen=True)
class ScaleByRMS(Transform):
    """v ← ρ v + (1 − ρ) g²; u = g / (√v + eps).

    Source: Tieleman, Hinton, "Lecture 6.5: RMSProp", Coursera 2012.

    >>> ScaleByRMS()
    ScaleByRMS(decay=0.99, eps=1e-08)
    """

    decay: float = 0.99
    eps: float = 1e-8
    name: ClassVar[str] = "rms"
    formula: ClassVar[str] = "g / (√v + ε)"
    slot_formulas: ClassVar[Mapping[str, tuple[str, str]]] = MappingProxyType({"square": ("v", "ρ v + (1 − ρ) g²")})

    def __post_init__(self) -> None:
        check_number("decay", self.decay, low=0, below=1)
        check_number("eps", self.eps, above=0)

    def init(self, params: Arrays) -> Arrays:
        """v = 0."""
        return slots("square", params)

    def update(self, updates: Nodes, state: Nodes, params: Nodes, given: Given) -> tuple[Nodes, Nodes]:
        """g / (√v + eps)."""
        square = {
            name: self.decay * state[f"square/{name}"] + (1.0 - self.decay) * (g * g) for name, g in updates.items()
        }
        scaled = {name: g / (sqrt(square[name]) + self.eps) for name, g in updates.items()}
        return scaled, {f"square/{name}": v for name, v in square.items()}


@dataclass(frozen=True)
class ScaleByAdam(Transform):
    """m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²; u = m̂ / (√v̂ + eps) with m̂ = m/c₁ and v̂ = v/c₂.

    c₁ and c₂ are the same moving averages taken of ones: they equal 1 − β₁ᵗ and 1 − β₂ᵗ, without their rounding in float32.
    Source: Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015.

    >>> ScaleByAdam()
    ScaleByAdam(beta1=0.9, beta2=0.999, eps=1e-08)
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    name: ClassVar[str] = "adam"
    formula: ClassVar[str] = "m̂ / (√v̂ + ε), m̂ = m / (1 − β₁^t), v̂ = v / (1 − β₂^t)"
    slot_formulas: ClassVar[Mapping[str, tuple[str, str]]] = MappingProxyType(
        {"mean": ("m", "β₁ m + (1 − β₁) g"), "square": ("v", "β₂ v + (1 − β₂) g²")}
    )

    def __post_init__(self) -> None:
        check_number("beta1", self.beta1, low=0, below=1)
        check_number("beta2", self.beta2, low=0, below=1)
        check_number("eps", self.eps, above=0)

    def init(self, params: Arrays) -> Arrays:
        """m = v = c₁ = c₂ = 0."""
        return {**slots("mean", params), **slots("square", params), "ones1": one(params), "ones2": one(params)}

    def update(self, updates: Nodes, state: Nodes, params: Nodes, given: Given) -> tuple[Nodes, Nodes]:
        """m̂ / (√v̂ + eps)."""
        b1, b2 = self.beta1, self.beta2
        ones1 = b1 * state["ones1"] + (1.0 - b1)
        ones2 = b2 * state["ones2"] + (1.0 - b2)
        correct1, correct2 = 1.0 / ones1, 1.0 / ones2  # once a step, where a division for each number would cost
        new: dict[str, Node] = {"ones1": ones1, "ones2": ones2}
        scaled: dict[str, Node] = {}
        for name, g in updates.items():
            mean = b1 * state[f"mean/{name}"] + (1.0 - b1) * g
            square = b2 * state[f"square/{name}"] + (1.0 - b2) * (g * g)
            scaled[name] = (mean * correct1) / (sqrt(square * correct2) + self.eps)
            new |= {f"mean/{name}": mean, f"square/{name}": square}
        return scaled, new


@dataclass(frozen=True)
class AddDecayedWeights(Transform):
    """u = g + λ w for the weights of layers; other parameters pass.

    Source: Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019.

    >>> AddDecayedWeights(0.01)
    AddDecayedWeights(weight_decay=0.01)
    """

    weight_decay: float = 0.01
    name: ClassVar[str] = "decay"
    formula: ClassVar[str] = "g + λ w"

    def __post_init__(self) -> None:
        check_number("weight_decay", self.weight_decay, low=0)

    def scalars(self) -> dict[str, Rate]:
        """weight_decay."""
        return {"weight_decay": self.weight_decay}

    def update(self, updates: Nodes, state: Nodes, params: Nodes, given: Given) -> tuple[Nodes, Nodes]:
        """g + λ w."""
        decay = given.scalars["weight_decay"]
        return {name: g + decay * params[name] if name in given.weights else g for name, g in updates.items()}, state


@dataclass(frozen=True)
class ScaleByLearningRate(Transform):
    """u = −η g, the last stage of every optimiser: a step downhill. η is a number or a schedule.

    >>> ScaleByLearningRate(0.1)
    ScaleByLearningRate(learning_rate=0.1)
    """

    learning_rate: Rate
    name: ClassVar[str] = "learning_rate"
    formula: ClassVar[str] = "−η g"

    def __post_init__(self) -> None:
        check_rate("learning_rate", self.learning_rate)

    def scalars(self) -> dict[str, Rate]:
        """learning_rate."""
        return {"learning_rate": self.learning_rate}

    def update(self, updates: Nodes, state: Nodes, params: Nodes, given: Given) -> tuple[Nodes, Nodes]:
        """−η g."""
        rate = given.scalars["learning_rate"]
        return {name: -(rate * g) for name, g in updates.items()}, state


@dataclass(frozen=True)
class ScaleByFactor(Transform):
    """u = c g for each parameter that `factors` names, with its c; others pass.

    The last stage where layers have a `learning_rate_factor`: after it, their step is that of a learning rate of c η, whatever
    the optimiser, weight decay included.

    >>> ScaleByFactor((("dense1/weight", 0.1),))
    ScaleByFactor(factors=(('dense1/weight', 0.1),))
    """

    factors: tuple[tuple[str, float], ...]
    name: ClassVar[str] = "factor"
    formula: ClassVar[str] = "c g"

    def __post_init__(self) -> None:
        for name, factor in self.factors:
            check_number(f"the factor of {name!r}", factor, low=0)

    def formula_in_use(self, parameter: str) -> str:
        """With the number of the parameter."""
        return f"{dict(self.factors).get(parameter, 1.0):g} g"

    def update(self, updates: Nodes, state: Nodes, params: Nodes, given: Given) -> tuple[Nodes, Nodes]:
        """c g."""
        factors = dict(self.factors)
        return {name: factors[name] * g if name in factors else g for name, g in updates.items()}, state

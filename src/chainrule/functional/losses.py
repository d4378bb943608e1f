"""Losses: how wrong the outputs of a network are, one number for each example.

A loss sums over the outputs of an example; training averages over the examples of the batch. Cross-entropies and Poisson take
the raw outputs of the last layer (logits, log rates), never probabilities: the loss that is reported is the loss that is
minimised, and it cannot overflow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from chainrule.errors import ArgumentError, ShapeError, check_name, check_number
from chainrule.functional.activations import identity, sigmoid, softmax
from chainrule.functional.common import clamp, flatten_rows, one_hot, spread
from chainrule.graph import ROWS, Node, count
from chainrule.graph.primitives import abs as abs_
from chainrule.graph.primitives import exp, log, reduce_max, reduce_sum, softplus, stop_gradient

LossFunction = Callable[[Node, Node], Node]


class Loss:
    """What every loss says of itself.

    `targets`: what y holds: "classes", "binary" (yes or no for each output), "values", or "counts" (values of at least 0).
    `link`: from the outputs of the network to what is predicted: probabilities, rates, or the outputs themselves.
    `activation`: the activation that `link` applies, and that the last layer must therefore not have.
    `formula`, `slope`: the loss of an example and its derivative by the outputs ŷ, for those who read explanations.

    A loss of your own overrides `per_example`; a function of two nodes is enough where y holds values.

    >>> class LogCosh(Loss):
    ...     name = "log_cosh"
    ...
    ...     def per_example(self, outputs, targets):
    ...         error = outputs - targets
    ...         return reduce_sum(softplus(2.0 * error) - error, 1)
    """

    name: ClassVar[str] = "loss"
    targets: ClassVar[str] = "values"
    activation: ClassVar[str | None] = None
    formula: ClassVar[str] = ""
    slope: ClassVar[str] = ""

    def per_example(self, outputs: Node, targets: Node) -> Node:
        """The loss of each example: a node of shape (n,)."""
        raise NotImplementedError(f"{type(self).__name__} does not define per_example(self, outputs, targets).")

    def link(self, outputs: Node) -> Node:
        """What is predicted from the outputs."""
        return identity(outputs)


def _sum_of_outputs(x: Node) -> Node:
    return reduce_sum(flatten_rows(x), 1)


@dataclass(frozen=True)
class SquaredError(Loss):
    """½ Σₖ (yₖ − ŷₖ)², whose mean over n examples is 1/(2n) Σ (y − ŷ)²; ∂/∂ŷ = ŷ − y.

    >>> SquaredError().targets
    'values'
    """

    name: ClassVar[str] = "squared_error"
    formula: ClassVar[str] = "½ Σ (y − ŷ)²"
    slope: ClassVar[str] = "ŷ − y"

    def per_example(self, outputs: Node, targets: Node) -> Node:
        """½ Σₖ (yₖ − ŷₖ)²."""
        error = outputs - targets
        return 0.5 * _sum_of_outputs(error * error)


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """Σₖ |yₖ − ŷₖ|; its derivative at 0 is 0. It leads to the median.

    >>> AbsoluteError().targets
    'values'
    """

    name: ClassVar[str] = "absolute_error"
    formula: ClassVar[str] = "Σ |y − ŷ|"
    slope: ClassVar[str] = "sign(ŷ − y)"

    def per_example(self, outputs: Node, targets: Node) -> Node:
        """Σₖ |yₖ − ŷₖ|."""
        return _sum_of_outputs(abs_(outputs - targets))


@dataclass(frozen=True)
class Huber(Loss):
    """Σₖ ½ e² where |e| ≤ δ, δ (|e| − ½ δ) beyond, with e = ŷ − y: quadratic near 0, linear in the tails.

    Source: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 1964.

    >>> Huber(delta=2.0)
    Huber(delta=2.0)
    """

    delta: float = 1.0
    name: ClassVar[str] = "huber"
    formula: ClassVar[str] = "Σ c (e − ½ c), c = e kept within ±δ, e = ŷ − y"
    slope: ClassVar[str] = "ŷ − y kept within ±δ"

    def __post_init__(self) -> None:
        check_number("delta", self.delta, above=0)

    def per_example(self, outputs: Node, targets: Node) -> Node:
        """With c = e kept within ±δ it is c (e − ½ c) in both cases."""
        error = outputs - targets
        c = clamp(error, -self.delta, self.delta)
        return _sum_of_outputs(c * (error - 0.5 * c))


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """Σₖ −yₖ ln pₖ − (1 − yₖ) ln(1 − pₖ) with p = σ(z), from the logits z: softplus(z) − y z; ∂/∂z = p − y.

    y is 0 or 1 or a probability, one for each output; several outputs are several yes-or-no questions (multilabel).

    >>> BinaryCrossEntropy().targets
    'binary'
    """

    name: ClassVar[str] = "binary_cross_entropy"
    formula: ClassVar[str] = "−Σ (y ln p + (1 − y) ln(1 − p))"
    slope: ClassVar[str] = "p − y"
    targets: ClassVar[str] = "binary"
    activation: ClassVar[str | None] = "sigmoid"

    def per_example(self, outputs: Node, targets: Node) -> Node:
        """Σₖ softplus(zₖ) − yₖ zₖ."""
        return _sum_of_outputs(softplus(outputs) - targets * outputs)

    def link(self, outputs: Node) -> Node:
        """Probabilities σ(z)."""
        return sigmoid(outputs)


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """−Σₖ yₖ ln pₖ with p = softmax(z), from the logits z: ln Σⱼ e^zⱼ − z of the right class; ∂/∂z = p − y.

    Targets are class numbers (int32, shape (n,)) or a probability for each class (n, k), one-hot rows among them.
    `label_smoothing` = ε replaces the target y by (1 − ε) y + ε/k. The largest logit is subtracted from all of them first:
    nothing overflows, and large logits cost no digits.
    Source of the smoothing: Szegedy et al., "Rethinking the Inception architecture", CVPR 2016.

    >>> CrossEntropy(label_smoothing=0.1)
    CrossEntropy(label_smoothing=0.1)
    """

    label_smoothing: float = 0.0
    name: ClassVar[str] = "cross_entropy"
    formula: ClassVar[str] = "−Σ y ln p"
    slope: ClassVar[str] = "p − y"
    targets: ClassVar[str] = "classes"
    activation: ClassVar[str | None] = "softmax"

    def __post_init__(self) -> None:
        check_number("label_smoothing", self.label_smoothing, low=0, below=1)

    def per_example(self, outputs: Node, targets: Node) -> Node:
        """ln Σⱼ e^zⱼ · Σₖ yₖ − Σₖ yₖ zₖ, where z are the outputs less the largest of them."""
        labels = not targets.dtype.is_float
        if outputs.rank != 2 or targets.shape != (outputs.shape[:1] if labels else outputs.shape):
            raise ShapeError(
                f"loss: cross_entropy needs outputs of shape (n, k), one logit for each class, and targets that are class "
                f"numbers of shape (n,) or probabilities of shape (n, k), but was given {outputs.type} and {targets.type}."
            )
        classes = count(outputs.shape)
        y = one_hot(targets, classes, outputs.dtype) if labels else targets
        if self.label_smoothing:
            y = (1.0 - self.label_smoothing) * y + self.label_smoothing / classes
        z = outputs - spread(stop_gradient(reduce_max(outputs, 1)), outputs, 1)
        normaliser = log(reduce_sum(exp(z), 1))
        if not labels:  # rows of probabilities add up to 1 only up to rounding
            normaliser = normaliser * reduce_sum(y, 1)
        return normaliser - reduce_sum(y * z, 1)

    def link(self, outputs: Node) -> Node:
        """Probabilities softmax(z)."""
        return softmax(outputs)


@dataclass(frozen=True)
class Poisson(Loss):
    """Σₖ e^zₖ − yₖ zₖ, the negative log-likelihood of counts y with the rate ŷ = e^z, without its constant ln y!.

    >>> Poisson().targets
    'counts'
    """

    name: ClassVar[str] = "poisson"
    formula: ClassVar[str] = "Σ e^ŷ − y ŷ"
    slope: ClassVar[str] = "e^ŷ − y"
    targets: ClassVar[str] = "counts"

    def per_example(self, outputs: Node, targets: Node) -> Node:
        """Σₖ e^zₖ − yₖ zₖ."""
        return _sum_of_outputs(exp(outputs) - targets * outputs)

    def link(self, outputs: Node) -> Node:
        """Rates e^z."""
        return exp(outputs)


@dataclass(frozen=True)
class CustomLoss(Loss):
    """A loss of your own: a function of two nodes, outputs and targets, both (n, k), that gives (n,) or (n, k).

    >>> from chainrule.graph.primitives import abs
    >>> CustomLoss(lambda outputs, targets: abs(outputs - targets)).name
    'custom'
    """

    function: LossFunction
    name: ClassVar[str] = "custom"

    def per_example(self, outputs: Node, targets: Node) -> Node:
        """The function's value, summed over the outputs of an example if it gives one for each."""
        value = self.function(outputs, targets)
        if not isinstance(value, Node) or value.shape[:1] != (ROWS,):
            got = value.type if isinstance(value, Node) else type(value).__name__
            raise ShapeError(
                f"loss: your function must give one number for each example, a node of shape (n,) or (n, k), but gave {got}; "
                "training takes the mean over the examples."
            )
        return _sum_of_outputs(value) if value.rank > 1 else value


LOSSES: dict[str, type[Loss]] = {
    loss.name: loss for loss in (SquaredError, AbsoluteError, Huber, BinaryCrossEntropy, CrossEntropy, Poisson)
}


def get_loss(loss: str | Loss | LossFunction) -> Loss:
    """The loss of a name, with its defaults; a loss or a function of nodes is taken as it is.

    >>> get_loss("cross_entropy")
    CrossEntropy(label_smoothing=0.0)
    """
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, type):
        raise ArgumentError(
            f"loss is the class {loss.__name__}; write {loss.__name__}(), with its numbers if it has any."
        )
    return CustomLoss(loss) if callable(loss) else LOSSES[check_name("loss", loss, LOSSES)]()

"""What lies around one quantity of a step: the numbers that a slip computes with, each None where there is no such thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.explain.grading.functions import ELEMENTWISE, Function
from chainrule.explain.grading.sheet import Numbers, along, joined, shares, targets
from chainrule.explain.step.formulae import SLOPES, function_name
from chainrule.explain.step.numbers import values_of
from chainrule.functional import LOSSES, Loss, get_activation
from chainrule.graph import ROWS, DType, gradients, input
from chainrule.graph.primitives import reduce_sum
from chainrule.nn import Activation, Dense, Layer
from chainrule.optim import ScaleByLearningRate, Transform

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Term:
    """What one user of a quantity sends back to it: δ Wᵀ from a dense layer, else the gradient at the user."""

    user: str
    path: str
    layer: Layer | None
    gradient: str


class Around:
    """The numbers around the quantity `name`."""

    def __init__(self, numbers: Numbers, name: str) -> None:
        self.numbers, self.sheet, self.name = numbers, numbers.sheet, name
        self.path = self.sheet.path(name)
        self.layer = self.sheet.layer(name)
        self.rows = self.sheet.rows

    def __getitem__(self, name: str) -> Array:
        return self.numbers[name]

    def get(self, name: str | None) -> Array | None:
        """A quantity that there may be."""
        return self.numbers[name] if name is not None and name in self.sheet.lines else None

    @cached_property
    def right(self) -> Array:
        """The quantity itself, computed from those before it."""
        return self.numbers.computed(self.name)

    # ------------------------------------------------------------------------------------------------ a dense layer

    @cached_property
    def x_name(self) -> str:
        """What a dense layer is given."""
        return self.sheet.reads[f"{self.path}/z"][0]

    @property
    def x(self) -> Array:
        """Its number."""
        return self[self.x_name]

    @property
    def w(self) -> Array:
        """The weights."""
        return self[f"{self.path}/weight"]

    @property
    def b(self) -> Array:
        """The biases; 0 where there are none."""
        found = self.get(f"{self.path}/bias")
        return np.zeros(()) if found is None else found

    @property
    def z(self) -> Array:
        """What goes into the activation of this layer."""
        return self[self.z_name]

    @cached_property
    def z_name(self) -> str:
        """The name of what goes into the activation of this layer."""
        return f"{self.path}/z" if isinstance(self.layer, Dense) else self.sheet.reads[f"{self.path}/a"][0]

    def affine(self, x: Array | None, W: Array | None, b: Array | None = None) -> Array | None:
        """x W + b, if the shapes allow it."""
        if x is None or W is None or x.shape[-1] != W.shape[0] or W.shape[1] != self.w.shape[1]:
            return None
        return np.asarray(x @ W + (self.b if b is None else b))

    def next_of(self, path: str, what: str) -> Array | None:
        """The parameter after the update, if it is trained."""
        return self.get(f"{path}/{what}/next")

    # ------------------------------------------------------------------------------------------------- activations

    @cached_property
    def function(self) -> Function:
        """The activation of this layer."""
        return get_activation(getattr(self.layer, "activation", getattr(self.layer, "function", None)))

    @property
    def function_name(self) -> str:
        """What it is called."""
        return "" if self.layer is None else function_name(self.layer)

    @property
    def is_elementwise(self) -> bool:
        """Whether the activation is known to work number by number."""
        return self.function_name in SLOPES and self.function_name != "identity"

    def other_activations(self) -> Iterator[tuple[str, Function]]:
        """The activations that this one may be mistaken for."""
        for name, function in ELEMENTWISE.items():
            if name not in ("identity", self.function_name):
                yield name, function

    def alike(self, name: str, ending: str = "") -> dict[str, Array]:
        """Other quantities of the forward pass, and x, of the same shape as this one."""
        names = ["x", *self.sheet.reads]
        shape = self[name].shape
        return {
            other: self[other]
            for other in names
            if other != name and other.endswith(ending) and self[other].shape == shape
        }

    def before_activation(self, name: str) -> str | None:
        """The z of an a; None where it is no activation's."""
        layer = self.sheet.layer(name)
        if name.endswith("/a") and isinstance(layer, Dense | Activation):
            return self.sheet.reads[name][0]
        return None

    # --------------------------------------------------------------------------------------------------- gradients

    @cached_property
    def at(self) -> str:
        """The name of what this is the gradient at: "dense1/z" for "dense1/delta"."""
        return next(name for name, gradient in self.sheet.gradients.items() if gradient == self.name)

    @cached_property
    def terms(self) -> list[Term]:
        """What the users of the quantity send back."""
        return [
            Term(user, self.sheet.path(user), self.sheet.layer(user), self.sheet.gradients[user])
            for user in self.sheet.users(self.at)
        ]

    def term(self, term: Term, delta: Array | None = None, W: Array | None = None) -> Array | None:
        """δ Wᵀ of a dense user, perhaps with another δ or W; None where shapes do not allow it."""
        delta = self[term.gradient] if delta is None else delta
        W = self[f"{term.path}/weight"] if W is None else W
        x = self[self.at]
        if delta.shape[-1] != W.shape[1] or W.shape[0] != x.shape[-1] or delta.shape[:-1] != x.shape[:-1]:
            return None
        return np.asarray(delta @ W.T)

    def with_term(self, term: Term, changed: Array | None) -> Array | None:
        """This gradient, with something else in the place of a term."""
        own = self.term(term) if isinstance(term.layer, Dense) else self[term.gradient]
        return None if changed is None or own is None else np.asarray(self.right - own + changed)

    @property
    def activated(self) -> Around | None:
        """The activation through which this gradient comes, if there is exactly one and nothing else."""
        users = self.sheet.users(self.at)
        activation = len(users) == 1 and self.before_activation(users[0]) == self.at
        return Around(self.numbers, users[0]) if activation else None

    @property
    def shares(self) -> Array:
        """What each row counts in the mean, shaped to multiply this."""
        return along(shares(self.numbers), self.right)

    @property
    def total(self) -> float:
        """What the mean over the rows divides by: n, or the sum of the weights."""
        return float(self["sample_weight"].sum()) if self.sheet.step.weighted else float(self.rows)

    @cached_property
    def predicted(self) -> Array:
        """What the loss compares with the targets: p where it has a link, else the outputs."""
        found = self.get("prediction")
        return self[self.sheet.outputs] if found is None else found

    @property
    def targets(self) -> Array:
        """The targets in the shape of the outputs."""
        return targets(self.numbers)

    # ---------------------------------------------------------------------------------------------------- the loss

    @property
    def loss(self) -> Loss:
        """The loss of the step."""
        return self.sheet.step.loss

    @property
    def has_half(self) -> bool:
        """Whether the loss carries the factor ½."""
        return self.loss.name in ("squared_error", "huber")

    def other_losses(self) -> Iterator[tuple[str, Loss]]:
        """The losses that this one may be mistaken for: those of the same kind of targets."""
        for name, loss in LOSSES.items():
            if loss.targets == self.loss.targets == "values" and not isinstance(self.loss, loss):
                yield name, loss()

    def each(self, loss: Loss | None = None) -> Array:
        """The loss of each row."""
        return self._losses(loss or self.loss)[0]

    def slopes(self, loss: Loss) -> Array:
        """The derivative of the loss of each row by the outputs."""
        return self._losses(loss)[1]

    def _losses(self, loss: Loss) -> tuple[Array, Array]:
        outputs, y = self[self.sheet.outputs], self["y"]
        if y.dtype.kind == "f":
            y = y.reshape(outputs.shape)
        z = input("z", (ROWS, *outputs.shape[1:]), DType.FLOAT64)
        each = loss.per_example(z, input("y", (ROWS, *y.shape[1:]), DType.of(y.dtype)))
        (derivative,) = gradients(reduce_sum(each), [z])
        values = values_of([each, derivative], {"z": outputs, "y": y}, self.rows)
        return values[each], values[derivative]

    @property
    def outputs(self) -> Array:
        """What the last layer gives."""
        return self[self.sheet.outputs]

    def penalty(self, names: Iterable[str], half: float = 0.5) -> float:
        """l1 Σ |W| + ½ l2 Σ W² over some parameters."""
        penalties, arrays = self.sheet.step.penalties, [self[name] for name in names]
        return float(sum(penalties.l1 * np.abs(w).sum() + half * penalties.l2 * (w * w).sum() for w in arrays))

    # -------------------------------------------------------------------------------------------------- parameters

    @cached_property
    def full(self) -> str:
        """The name of the parameter that this belongs to: "dense1/weight"."""
        found = [name for name in self.sheet.step.trained if self.name.startswith(f"{name}/")]
        return found[0]

    @property
    def share(self) -> Array:
        """The penalty's share of the gradient; 0 where there is none."""
        found = self.get(f"{self.full}/penalty")
        return np.zeros(()) if found is None else found

    @property
    def delta(self) -> Array:
        """δ of this layer."""
        return self[f"{self.path}/delta"]

    def of_weight(self, x: Array | None = None, delta: Array | None = None) -> Array | None:
        """xᵀ δ + the penalty's share, with another x or δ, if the shapes allow it."""
        x, delta = self.x if x is None else x, self.delta if delta is None else delta
        if x.shape[:-1] != delta.shape[:-1] or (x.shape[-1], delta.shape[-1]) != self.w.shape:
            return None
        return np.asarray(joined(x, delta) + self.share)

    def of_bias(self, delta: Array) -> Array:
        """δ summed over the rows."""
        return np.asarray(delta.reshape(-1, delta.shape[-1]).sum(0) + self.share)

    # ------------------------------------------------------------------------------------------------------- update

    @cached_property
    def stages(self) -> list[tuple[str, Transform]]:
        """The stages of the update of this parameter: the name of what each gives, and the transform."""
        return self.sheet.stages(self.full)

    @property
    def transform(self) -> Any:
        """The transform of this stage of the update."""
        return next(transform for name, transform in self.stages if name == self.name)

    @property
    def incoming(self) -> Array:
        """What comes into this stage of the update."""
        names = [f"{self.full}/gradient", *(name for name, _ in self.stages)]
        return self[names[names.index(self.name) - 1]]

    @property
    def rate(self) -> float | None:
        """The learning rate, if the optimiser has one."""
        has = any(isinstance(transform, ScaleByLearningRate) for _, transform in self.stages)
        return float(self.sheet.inputs["learning_rate"]) if has else None

    @property
    def factor(self) -> float:
        """What the learning rate is multiplied by for this parameter."""
        return self.sheet.step.model.rate_factors().get(self.full, 1.0)

"""A training step as a sheet of quantities, each computed from those before it by name.

Where any of them is replaced, whatever depends on it follows: that is how a student's numbers are carried forward, and how the
consequences of a slip are computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends.numpy_ import evaluate
from chainrule.explain.grading.functions import slope
from chainrule.explain.step.lines import Line, StepLines
from chainrule.explain.step.numbers import values_of
from chainrule.functional import Loss, get_activation
from chainrule.graph import Node
from chainrule.nn import Dense, Dropout, Layer
from chainrule.optim import Transform
from chainrule.training.build import Penalties
from chainrule.training.fitting import Examples
from chainrule.training.model import Model

Array = NDArray[Any]
Arrays = Mapping[str, Array]


class Sheet:
    """The quantities of a step in order, with the right number of each, and what each is computed from."""

    def __init__(self, lines: StepLines, inputs: Arrays, rows: int) -> None:
        self.step, self.inputs, self.rows = lines, inputs, rows
        self.lines: dict[str, Line] = {line.name: line for part in lines.parts() for line in part.lines}
        self._called: dict[Node, list[str]] = {}
        for name, line in self.lines.items():
            self._called.setdefault(line.node, []).append(name)
        self.names: dict[Node, str] = {node: called[-1] for node, called in self._called.items()}
        values = values_of((line.node for line in self.lines.values()), inputs, rows)
        self.truth: dict[str, Array] = {name: np.asarray(values[line.node]) for name, line in self.lines.items()}
        self._plans: dict[str, tuple[list[Node], dict[Node, str]]] = {}
        self._ancestors: dict[str, dict[str, None]] = {}
        self.sides: dict[str, Side] = dict(_sides(self))

    @staticmethod
    def of(
        model: Model, loss: Loss, examples: Examples, optimizer: Transform, penalties: Penalties, epochs: int
    ) -> Sheet:
        """The sheet of the step that `explain_step` explains."""
        lines, inputs = StepLines.of(model, loss, examples, optimizer, penalties, epochs)
        return Sheet(lines, inputs, len(examples))

    # ------------------------------------------------------------------------------------------------- structure

    def is_given(self, name: str) -> bool:
        """Whether a quantity is given rather than computed: the batch, parameters, what layers have learned."""
        return self.lines[name].node.op == "input"

    def layer(self, name: str) -> Layer | None:
        """The layer whose z, a, f′, δ or gradient this is; None for the loss and for what belongs to no layer."""
        return self.step.layers.get(self.path(name))

    def path(self, name: str) -> str:
        """The name of the layer that a quantity belongs to, "" if to none."""
        path = name
        while path and path not in self.step.layers:
            path = path.rpartition("/")[0]
        return path

    @cached_property
    def reads(self) -> dict[str, list[str]]:
        """What each z and a is made of: names of other z and a, or "x"."""
        return {self.names[node]: [self.names[x] for x in read] for node, read in self.step.reads.items()}

    @cached_property
    def outputs(self) -> str:
        """The name of what the last layer gives."""
        return self.names[self.step.outputs]

    @cached_property
    def gradients(self) -> dict[str, str]:
        """The name of the gradient at each z and a that has one: "dense1/delta" for "dense1/z"."""
        found = {
            name: f"{name[:-2]}/delta" if name.endswith("/z") else f"{name}/gradient"
            for name in map(self.names.__getitem__, self.step.named)
        }
        return {name: gradient for name, gradient in found.items() if gradient in self.lines}

    def users(self, name: str) -> list[str]:
        """The z and a that are made of this one."""
        return [user for user, read in self.reads.items() if name in read]

    def stages(self, full: str) -> list[tuple[str, Transform]]:
        """The stages of the update of a parameter: the name of what each gives, and the transform."""
        named = ((f"{full}/{stage}", transform) for stage, transform in self.step.optimizer.named)
        return [(name, transform) for name, transform in named if name in self.lines]

    def plan(self, name: str) -> tuple[list[Node], dict[Node, str]]:
        """The nodes that compute a quantity, in order, and the quantities that they start from."""
        if name not in self._plans:
            self._plans[name] = self._planned(name)
        return self._plans[name]

    def _planned(self, name: str) -> tuple[list[Node], dict[Node, str]]:
        start = self.lines[name].node
        called = self._called[start]
        if name != called[0]:  # the same number under another name, such as the loss where there is no penalty
            return [], {start: called[called.index(name) - 1]}
        inner, starts, pending = {start}, {}, list(start.inputs)
        while pending:
            node = pending.pop()
            if node in self.names:
                starts[node] = self.names[node]
            elif node not in inner:
                inner.add(node)
                pending.extend(node.inputs)
        return sorted(inner, key=lambda node: node.serial), starts

    def parents(self, name: str) -> list[str]:
        """The quantities that one is computed from, in one way or another."""
        side = self.sides.get(name)
        own = [] if side and side.always else list(self.plan(name)[1].values())
        return own + (list(side.needs) if side else [])

    def ancestors(self, name: str) -> dict[str, None]:
        """Every quantity that one depends on, in the order in which they are computed."""
        if name not in self._ancestors:
            found: dict[str, None] = {}
            pending = self.parents(name)
            while pending:
                parent = pending.pop()
                if parent not in found:
                    found[parent] = None
                    pending.extend(self.parents(parent))
            self._ancestors[name] = {other: None for other in self.lines if other in found}
        return self._ancestors[name]


class Numbers:
    """The numbers of a sheet, with some of them replaced: whatever is not given is computed from what is."""

    def __init__(self, sheet: Sheet, given: Arrays, known: Arrays | None = None) -> None:
        self.sheet, self.given = sheet, given
        self._known: dict[str, Array] = {**(known or {}), **given}

    def __getitem__(self, name: str) -> Array:
        if name not in self._known:
            for ancestor in self.sheet.ancestors(name):
                if ancestor not in self._known:
                    self._known[ancestor] = self.computed(ancestor)
            self._known[name] = self.computed(name)
        return self._known[name]

    def ways(self, name: str) -> Iterator[Array]:
        """A quantity computed from the others, in each way that there is: they differ where the others do not fit together."""
        side = self.sheet.sides.get(name)
        if side:
            yield side.recipe(self)
        if not (side and side.always):
            yield self._by_graph(name)

    def computed(self, name: str) -> Array:
        """A quantity computed from the others, even if it is given itself."""
        side = self.sheet.sides.get(name)
        return side.recipe(self) if side and (side.always or side.through in self.given) else self._by_graph(name)

    def _by_graph(self, name: str) -> Array:
        nodes, starts = self.sheet.plan(name)
        values = {node: self[start] for node, start in starts.items()}
        with np.errstate(all="ignore"):
            for node in nodes:
                if node.op == "input":
                    values[node] = np.asarray(self.sheet.inputs[node.attributes["name"]], dtype=node.dtype.numpy)
                else:
                    values[node] = np.asarray(evaluate(node, [values[x] for x in node.inputs], self.sheet.rows))
        return values[self.sheet.lines[name].node]

    def replaced(self, name: str, value: Array) -> Numbers:
        """The same with another number for one quantity, and for all that depends on it."""
        kept = {
            other: known
            for other, known in self._known.items()
            if other not in self.given and name not in self.sheet.ancestors(other)
        }
        return Numbers(self.sheet, {**self.given, name: value}, kept)

    def rounded(self, name: str, size: float, draws: np.random.Generator) -> Array:
        """A quantity computed with rounding on the way: whatever is computed is off by up to `size` of itself, by chance."""
        rough = Numbers(self.sheet, self.given)
        for ancestor in self.sheet.ancestors(name):
            if not self.sheet.is_given(ancestor):
                exact = self.given[ancestor] if ancestor in self.given else rough.computed(ancestor)
                rough._known[ancestor] = exact * (1 + draws.uniform(-size, size, exact.shape))
        return rough.computed(name)


# ------------------------------------------------------------------------------------------------------- other ways


@dataclass(frozen=True)
class Side:
    """Another way to compute a quantity, `through` one that the graph does not use for it: δ through f′, the loss through p.

    It is taken where that quantity is given, or `always`; `needs` are the quantities that it reads.
    """

    through: str
    needs: tuple[str, ...]
    recipe: Callable[[Numbers], Array]
    always: bool = False


def _sides(sheet: Sheet) -> Iterator[tuple[str, Side]]:
    for name in sheet.lines:
        side = _side_of(sheet, name)
        if side:
            yield name, side


def _side_of(sheet: Sheet, name: str) -> Side | None:
    owner, _, last = name.rpartition("/")
    if last == "next":
        return _next(sheet, owner)
    if last == "slope":
        return _slope(sheet, owner)
    if last == "delta" and f"{owner}/slope" in sheet.lines:
        return _product(f"{owner}/slope", f"{owner}/a/gradient")
    if last == "a" and isinstance(sheet.layer(name), Dropout):
        return _product(f"{owner}/mask", sheet.reads[name][0])
    if last == "gradient" and f"{owner}/penalty" in sheet.lines and isinstance(sheet.layer(owner), Dense):
        return _penalised(sheet, owner)
    if "prediction" in sheet.lines and name in ("loss/data", sheet.gradients.get(sheet.outputs)):
        return _predicted(sheet, name)
    for value, gradient in sheet.gradients.items():
        users = sheet.users(value)
        if gradient == name and len(users) == 1 and isinstance(sheet.layer(users[0]), Dropout):
            return _product(f"{users[0][:-2]}/mask", sheet.gradients[users[0]])
    return None


def _product(through: str, other: str) -> Side:
    return Side(through, (through, other), lambda numbers: numbers[other] * numbers[through])


def _slope(sheet: Sheet, path: str) -> Side:
    """f′ from z, where the graph may have it from a, which is less exact if a is rounded."""
    function = get_activation(getattr(sheet.step.layers[path], "activation", None))
    return Side(f"{path}/z", (f"{path}/z",), lambda numbers: slope(function, numbers[f"{path}/z"]))


def _next(sheet: Sheet, full: str) -> Side:
    *_, last = f"{full}/gradient", *(name for name, _ in sheet.stages(full))
    return Side(last, (full, last), lambda numbers: numbers[full] + numbers[last], always=True)


def _penalised(sheet: Sheet, full: str) -> Side:
    path, share = sheet.path(full), f"{full}/penalty"
    x, delta = sheet.reads[f"{path}/z"][0], f"{path}/delta"
    return Side(share, (share, x, delta), lambda numbers: joined(numbers[x], numbers[delta]) + numbers[share])


def joined(x: Array, delta: Array) -> Array:
    """xᵀ δ, summed over the rows and over whatever axes lie between them and the last."""
    return x.reshape(-1, x.shape[-1]).T @ delta.reshape(-1, delta.shape[-1])


def _predicted(sheet: Sheet, name: str) -> Side | None:
    from_prediction = LOSSES_OF_PREDICTIONS.get(sheet.step.loss.name)
    if from_prediction is None:
        return None

    def loss(numbers: Numbers) -> Array:
        with np.errstate(all="ignore"):
            each = from_prediction(numbers["prediction"], targets(numbers), numbers[sheet.outputs])
        return np.asarray((each.reshape(len(each), -1).sum(1) * shares(numbers)).sum())

    def residual(numbers: Numbers) -> Array:
        p = numbers["prediction"]
        return (p - targets(numbers)) * along(shares(numbers), p)

    return Side("prediction", ("prediction", sheet.outputs), loss if name == "loss/data" else residual)


# The loss of each output from what is predicted, p, the targets y and the outputs z.
LOSSES_OF_PREDICTIONS: dict[str, Callable[[Array, Array, Array], Array]] = {
    "cross_entropy": lambda p, y, z: -_times_log(y, p),
    "binary_cross_entropy": lambda p, y, z: -_times_log(y, p) - _times_log(1 - y, 1 - p),
    "poisson": lambda p, y, z: p - y * z,
}


def _times_log(y: Array, p: Array) -> Array:
    return np.where(y == 0, 0.0, y * np.log(p))


def targets(numbers: Numbers) -> Array:
    """The targets in the shape of the outputs: class numbers as rows of 0 and 1, smoothed if the loss smooths them."""
    y, outputs = numbers["y"], numbers[numbers.sheet.outputs]
    if y.dtype.kind != "f":
        y = np.eye(outputs.shape[-1])[y]
    smoothing = getattr(numbers.sheet.step.loss, "label_smoothing", 0.0)
    return np.asarray((1 - smoothing) * y.reshape(outputs.shape) + smoothing / outputs.shape[-1])


def shares(numbers: Numbers) -> Array:
    """What each row counts in the mean: 1/n, or its weight as a part of all weights."""
    if not numbers.sheet.step.weighted:
        return np.full(numbers.sheet.rows, 1 / numbers.sheet.rows)
    weight = numbers["sample_weight"]
    return np.asarray(weight / (weight.sum() or 1.0))


def along(rows: Array, like: Array) -> Array:
    """A number for each row, shaped so that it multiplies an array of rows."""
    return rows.reshape(-1, *[1] * (like.ndim - 1))


def _owner(name: str) -> str:
    return name.rpartition("/")[0]

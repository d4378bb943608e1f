"""What the tests of layers share: a layer's step with its arrays, gradients by the backend, and rows away from kinks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends import NumpyBackend
from chainrule.export.textbook import number
from chainrule.functional import Loss, SquaredError
from chainrule.graph import ROWS, DType, Graph, Node, Step, gradients
from chainrule.nn import Layer, Sequential
from chainrule.training import BuiltStep, Model, Penalties, build_step
from chainrule.training.build import Targets
from oracles import TOLERANCE, Evaluator, check_gradients, gradient_error, run

Array = NDArray[Any]


def model_of(*layers: Layer, input_shape: tuple[int, ...], seed: int = 0, dtype: str = "float64") -> Model:
    return Model.initial(Sequential(*layers), input_shape, seed, np.dtype(dtype))


@dataclass(frozen=True, eq=False)
class Setup:
    """A model, the step that reports its loss and gradients, and every array that the step takes, by name."""

    model: Model
    built: BuiltStep
    arrays: dict[str, Array]

    @staticmethod
    def of(
        model: Model,
        data: Mapping[str, Array],
        loss: Loss | None = None,
        penalties: Penalties | None = None,
        *,
        train: bool = True,
    ) -> Setup:
        targets = Targets(data["y"].shape[1:], DType.of(data["y"].dtype))
        built = build_step(
            model,
            loss or SquaredError(),
            targets,
            optimizer=None,
            penalties=penalties,
            weighted="sample_weight" in data,
            train=train,
        )
        key = {"key": np.array([3, 0], np.uint32), "counter": np.array([1, 2], np.uint32)}
        numbers = {name: np.asarray(value, model.dtype) for name, value in built.scalars.items()}
        return Setup(model, built, {**model.arrays, **data, **numbers, **key})

    @property
    def step(self) -> Step:
        return self.built.step

    @property
    def loss(self) -> Node:
        return self.step.metrics["loss"]

    def with_rows(self, data: Mapping[str, Array]) -> Setup:
        return Setup(self.model, self.built, {**self.arrays, **data})

    def reported(self) -> dict[str, Array]:
        """Loss and gradients as the NumPy backend reports them for one batch of all rows."""
        n = len(self.arrays["x"])
        state = {name: self.arrays[name].copy() for name in self.step.state}
        data, numbers = ({name: self.arrays[name] for name in group} for group in (self.step.data, self.step.scalars))
        result = NumpyBackend().compile(self.step).run(state, data, np.arange(n), np.array([0, n]), numbers)
        assert result.failure is None
        return {name: values[0] for name, values in result.metrics.items()}


@dataclass(frozen=True)
class Comparison:
    """The largest error of a gradient, how many coordinates were compared, and how many lie at kinks and were not."""

    error: float
    coordinates: int
    kinks: int


def compare(setup: Setup, *, of_x: bool = True) -> Comparison:
    """Every gradient that the backend reports, and that of x, with finite differences: every coordinate.

    `of_x` is false where x holds token ids, which have no derivative.

    A gradient that is tiny beside the loss needs a larger step, for the digits of the loss, and a strongly curved one a
    smaller: where one step leaves doubt, a smaller one is tried. A wrong gradient agrees with none.
    """
    reported = setup.reported()
    wrt = {name: setup.step.state[f"params/{name}"] for name in setup.model.trainable()}
    symbolic = run(gradients(setup.loss, list(wrt.values())), setup.arrays)
    # the backend runs a simplified step: the same numbers as the graph that the finite differences judge
    rewritten = max(
        (gradient_error(reported[f"gradient/{name}"], g) for name, g in zip(wrt, symbolic, strict=True)), default=0.0
    )
    inputs = [*wrt.values(), *([setup.step.data["x"]] if of_x else [])]
    check = check_gradients(setup.loss, setup.arrays, inputs, h=2.0**-9)
    for h in (2.0**-10, 2.0**-11):
        if check.error > TOLERANCE / 4 or check.kinks:
            closer = check_gradients(setup.loss, setup.arrays, inputs, h=h)
            check = min(check, closer, key=lambda c: (c.kinks, c.error))
    return Comparison(max(check.error, rewritten), check.coordinates, check.kinks)


# ------------------------------------------------------------------------------------------------------- kinks


_KINKS = ("maximum", "less", "abs", "reduce_max", "floor")


def _gap_of_the_two_largest(x: Array, axes: tuple[int, ...]) -> Array:
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    flat = x.transpose([*kept, *axes]).reshape([x.shape[axis] for axis in kept] + [-1])
    if flat.shape[-1] < 2:
        return np.full(flat.shape[:-1], np.inf)
    top = np.sort(flat, axis=-1)[..., -2:]
    differ = top[..., 1] > top[..., 0]  # −∞ less −∞ would be NaN
    return np.subtract(top[..., 1], top[..., 0], out=np.zeros(top.shape[:-1]), where=differ)


def row_margins(setup: Setup) -> Array:
    """For each row, how far it is from the nearest kink: the smallest difference that a comparison depends on."""
    values = Evaluator([setup.loss])(setup.arrays)
    margins = np.full(len(setup.arrays["x"]), np.inf)
    for node in Graph.of([setup.loss]).nodes:
        xs = [values[x] for x in node.inputs]
        if node.shape[:1] != (ROWS,) or node.op not in _KINKS:
            continue
        if xs[0].dtype.kind != "f":  # whole numbers do not come closer to each other
            continue
        if node.op == "floor":
            gaps = np.abs(xs[0] - np.round(xs[0]))
        elif node.op == "reduce_max":
            gaps = _gap_of_the_two_largest(xs[0], node.attributes["axes"])
        else:
            gaps = np.abs(xs[0] - xs[1]) if len(xs) == 2 else np.abs(xs[0])
        gaps = np.where(gaps > 0, gaps, np.inf)  # what is equal stays so, such as the zeros of a rectifier in another
        margins = np.minimum(margins, gaps.reshape(len(margins), -1).min(axis=1, initial=np.inf))
    return margins


def far_from_kinks(setup: Setup, n: int) -> Setup:
    """The same with those n rows that are the farthest from any kink."""
    best = np.sort(np.argsort(-row_margins(setup), kind="stable")[:n])
    return setup.with_rows({name: setup.arrays[name][best] for name in setup.step.data})


def active_shares(setup: Setup) -> list[float]:
    """For each rectifier, the share of its units that are active, over all rows."""
    values = Evaluator([setup.loss])(setup.arrays)
    rectifiers = [
        node
        for node in Graph.of([setup.loss]).nodes
        if node.op == "maximum"
        and number(node.inputs[1]) == 0.0
        and node.shape[:1] == (ROWS,)
        and "embedding" not in node.scope
        and node.scope.partition("/")[0] not in ("loss", "penalty")
    ]
    return [float((values[node] > 0).mean()) for node in rectifiers]

"""A training step as a worked example: its lines, with the numbers that the NumPy backend gives them in float64."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.explain.checking.check import check_model
from chainrule.explain.step.columns import columns_of
from chainrule.explain.step.explanation import Explanation
from chainrule.explain.step.following import Follower
from chainrule.explain.step.lines import Line, StepLines
from chainrule.explain.step.numbers import examples_in_double, first_scalars, model_in_double, values_of
from chainrule.explain.step.quantities import Quantity, Section
from chainrule.functional import Loss
from chainrule.graph import Node
from chainrule.optim import Transform
from chainrule.training.build import Penalties
from chainrule.training.coding import targets_of
from chainrule.training.fitting import Examples
from chainrule.training.model import Model

Array = NDArray[Any]
Values = dict[Node, Array]

_CHECKED = 8  # numbers of each parameter


def explain_step(
    model: Model, loss: Loss, examples: Examples, optimizer: Transform, penalties: Penalties, epochs: int = 0
) -> Explanation:
    """The step that a fit would take next if these examples were its batch; `epochs` have been trained already."""
    exact, data = model_in_double(model), examples_in_double(examples)
    weighted = data.sample_weight is not None
    lines = StepLines(exact, loss, targets_of(data.y), optimizer, penalties, weighted=weighted)
    parts = lines.parts()
    wanted = {node for part in parts for line in part.lines for node in (line.node, *line.parts)}
    begins = exact.descent != (optimizer, tuple(exact.trainable()))
    state = exact.arrays | (exact.descent_by(lines.optimizer) if begins else {})
    numbers = first_scalars(lines.rates, exact.seed, epochs)
    values = values_of(wanted | set(lines.slopes.values()), {**state, **numbers, **data.arrays()}, len(data))

    sections = tuple(
        Section(part.stage, part.path, part.title, tuple(_quantity(line, values) for line in part.lines))
        for part in parts
    )
    gradients = {
        line.name: (line.node, line.symbol.partition(" = ")[0])
        for part in parts
        for line in part.lines
        if line.name.endswith(("/gradient", "/delta"))
    }
    follower = Follower(values, lines.labels(), lines.backward_nodes(), lines.local)
    worked = Explanation(sections, columns_of(lines), follower, gradients)
    if not np.isfinite(worked["loss"]):
        return worked
    return replace(worked, check=check_model(model, loss, examples, penalties, most=_CHECKED))


def _quantity(line: Line, values: Values) -> Quantity:
    given, own = [_shape(values[part]) for part in line.parts], _shape(values[line.node])
    shapes = f"{' '.join(given)} → {own}" if given else own
    return Quantity(line.name, line.symbol, line.formula, shapes, line.code, values[line.node])


def _shape(value: Array) -> str:
    return f"({'×'.join(map(str, value.shape))})" if value.ndim else ""

"""A training step as a worked example: its lines, with the numbers that the NumPy backend gives them in float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chainrule.explain.checking.check import check_model
from chainrule.explain.step.columns import columns_of
from chainrule.explain.step.explanation import Explanation
from chainrule.explain.step.following import Follower
from chainrule.explain.step.lines import StepLines
from chainrule.explain.step.numbers import values_of
from chainrule.functional import Loss
from chainrule.optim import Transform
from chainrule.training.build import Penalties
from chainrule.training.fitting import Examples
from chainrule.training.model import Model

_CHECKED = 8  # numbers of each parameter


def explain_step(
    model: Model, loss: Loss, examples: Examples, optimizer: Transform, penalties: Penalties, epochs: int = 0
) -> Explanation:
    """The step that a fit would take next if these examples were its batch; `epochs` have been trained already."""
    lines, inputs = StepLines.of(model, loss, examples, optimizer, penalties, epochs)
    parts = lines.parts()
    wanted = {node for part in parts for line in part.lines for node in (line.node, *line.parts)}
    values = values_of(wanted | set(lines.slopes.values()), inputs, len(examples))
    sections = tuple(
        part.section(line.quantity(lambda node: values[node].shape, values[line.node]) for line in part.lines)
        for part in parts
    )
    gradients = {
        line.name: (line.node, line.symbol.partition(" = ")[0])
        for part in parts
        for line in part.lines
        if line.name.endswith(("/gradient", "/delta"))
    }
    follower = Follower(values, lines.labels(), lines.backward_nodes(), lines.local, lines.unfollowed())
    worked = Explanation(sections, columns_of(lines), follower, gradients)
    if not np.isfinite(worked["loss"]):
        return worked
    return replace(worked, check=check_model(model, loss, examples, penalties, most=_CHECKED))

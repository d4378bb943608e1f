"""Learning from rows of a source by a plan: what `chainrule train` does, without what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.cli.networks import first_layers, plan_for
from chainrule.cli.preparation import Preparation
from chainrule.cli.recipe import DEFAULT_LOSS, Plan, Trained, Watching, default_plan, train, unwatched
from chainrule.cli.source import Source
from chainrule.data.table import Task
from chainrule.errors import ArgumentError
from chainrule.functional import LOSSES, Loss
from chainrule.network import Network
from chainrule.training import METRICS, Predictions

Array = NDArray[Any]
Rows = NDArray[np.int64]

# What a loss of each kind of target is for.
TASK_OF_TARGETS: dict[str, Task] = {
    "classes": "classification",
    "binary": "classification",
    "values": "regression",
    "counts": "regression",
}


@dataclass(frozen=True, eq=False)
class Setup:
    """All that training needs: the plan, what was learned about columns and targets, and the training rows as arrays."""

    source: Source
    plan: Plan
    preparation: Preparation
    x: Array
    y: Array
    n_outputs: int

    def network(self) -> Network:
        """A new network."""
        return self.plan.network(self.n_outputs, first_layers(self.preparation, self.x.shape[1:], self.plan))

    def train(self, watching: Watching = unwatched) -> Trained:
        """Train by the plan; `watching` shows how it goes."""
        return train(self.plan, self.network, self.x, self.y, watching)

    def score(self, network: Network, rows: Rows) -> dict[str, Any]:
        """The loss and the scores of a network on rows of the source; errors of a regression are in the target's units."""
        source, preparation = self.source, self.preparation
        x, y = preparation.inputs(source.rows[rows]), source.y[rows]
        if source.task == "classification":
            return network.evaluate(x, y, metrics=["accuracy", "f1", "confusion_matrix"])
        found = network.evaluate(x, preparation.targets(y))
        predictions = Predictions(y, preparation.predictions(network.predict(x)), None)
        return found | {name: float(METRICS[name].compute(predictions)) for name in ("r2", "rmse", "mae")}


def prepare(source: Source, rows: Rows, choices: Mapping[str, Any] | None = None) -> Setup:
    """Get ready to train on rows of a source: by the defaults, but for the `choices` of a `Plan`.

    Raises an error of one sentence if a choice does not suit the data.

    >>> from chainrule.cli.source import read_source
    >>> iris = read_source("iris")
    >>> setup = prepare(iris, np.arange(0, 150, 2), {"epochs": 150, "seed": 1})
    >>> setup.score(setup.train().network, np.arange(1, 150, 2))["accuracy"] > 0.9
    True
    """
    chosen = {**(choices or {})}
    loss = _loss(source, chosen.pop("loss", DEFAULT_LOSS[source.task]))
    preparation = Preparation.learn(source, rows, loss.targets)
    defaults = plan_for(source.kind, default_plan(len(rows), source.task))
    if chosen.get("optimizer", defaults.optimizer) != defaults.optimizer:
        defaults = replace(defaults, learning_rate=None)  # it was chosen for the default optimiser
    plan = replace(defaults, **chosen, loss=loss.name)
    _check_batch_size(plan, len(rows))
    x, y = preparation.inputs(source.rows[rows]), preparation.targets(source.y[rows])
    return Setup(source, plan, preparation, x, y, len(source.classes) if loss.targets == "classes" else 1)


def _loss(source: Source, name: str) -> type[Loss]:
    """The loss of a name, if it suits the task."""
    loss = LOSSES[name]
    task = TASK_OF_TARGETS[loss.targets]
    if task != source.task:
        raise ArgumentError(
            f"--loss {name} is for {task}, but the target {source.target!r} asks for {source.task}: leave --loss out."
        )
    if loss.targets == "binary" and len(source.classes) != 2:
        raise ArgumentError(
            f"--loss {name} tells two classes apart, but the target {source.target!r} has {len(source.classes)}: use "
            "cross_entropy."
        )
    if loss.targets == "counts" and source.y.min() < 0:
        raise ArgumentError(
            f"--loss {name} is for counts, but the target {source.target!r} has negative values: use squared_error."
        )
    return loss


def _check_batch_size(plan: Plan, n: int) -> None:
    """Raise `ArgumentError` if a batch is larger than what is left of n rows without the validation rows."""
    left = n - plan.n_validation(n)
    if isinstance(plan.batch_size, int) and plan.batch_size > left:
        raise ArgumentError(
            f'--batch-size is {plan.batch_size:,}, but there are only {left:,} rows to train on: use "full" for all of them.'
        )

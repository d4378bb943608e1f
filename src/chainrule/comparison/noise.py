"""The noise of the gradient: how far the gradient of a batch strays from the gradient of all rows.

With gᵢ the gradient of the loss on row i alone, and g their mean over all n rows,

    tr Σ = 1/(n − 1) Σᵢ |gᵢ − g|²

is the variance of the gradient of one row, summed over the parameters. A batch of B rows that are drawn without replacement, as
those of an epoch are, has the mean gradient g and the variance

    E |g_B − g|² = tr Σ / B · (1 − B/n),

which is 0 for all rows: the second factor is the finite-population correction. The simple noise scale tr Σ / |g|² is the number
of rows for which, but for that correction, noise and gradient are as long as each other: much smaller batches give mostly noise,
much larger ones little that is new.

Sources: Cochran, "Sampling techniques", 1977, theorem 2.2 (the correction). McCandlish, Kaplan, Amodei, "An empirical model of
large-batch training", arXiv:1812.06162, 2018, section 2.2 (the noise scale). Bottou, Curtis, Nocedal, "Optimization methods for
large-scale machine learning", SIAM Review 60, 2018, sections 4 and 5 (what noise does to a descent).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends import Program
from chainrule.comparison.setting import Numbers, Rows, Setting, sample
from chainrule.graph import Node, Step
from chainrule.graph.primitives import reduce_sum
from chainrule.training import build_step
from chainrule.training.coding import targets_of
from chainrule.training.model import Arrays

Array = NDArray[Any]

MOST_EXAMPLES = 2_000  # whose gradients are taken one by one
_BLOCK = 1024  # rows of a step that adds up the gradient of all


@dataclass(frozen=True)
class Noise:
    """The gradient at one place: `trace` is tr Σ, `squared_norm` is |g|², of all `n` rows.

    `examples` is the number of rows whose own gradients `trace` is computed from: all n, or a sample of them.

    >>> noise = Noise(trace=8.0, squared_norm=0.5, n=100, examples=100)
    >>> noise.variance(1), noise.variance(100), noise.scale
    (7.92, 0.0, 16.0)
    """

    trace: float
    squared_norm: float
    n: int
    examples: int

    def variance(self, batch_size: int) -> float:
        """E |g_B − g|² of a batch of so many rows, drawn without replacement: tr Σ / B · (1 − B/n)."""
        return self.trace / batch_size * (1.0 - batch_size / self.n)

    def relative(self, batch_size: int) -> float:
        """The standard deviation of a batch's gradient, as a multiple of the length of g; infinite where g is 0."""
        variance = self.variance(batch_size)
        return math.sqrt(variance / self.squared_norm) if self.squared_norm else math.inf if variance else 0.0

    @property
    def scale(self) -> float:
        """The simple noise scale, tr Σ / |g|², in rows; infinite where g is 0."""
        return self.trace / self.squared_norm if self.squared_norm else math.inf


class NoiseMeter:
    """Measures the noise of the gradient of what is minimised: penalties included, without dropout, before clipping."""

    def __init__(self, setting: Setting, most: int = MOST_EXAMPLES) -> None:
        self.setting, self.examples = setting, sample(setting.rows, most, setting.seed)
        model, loss, targets = setting.model, setting.reading.loss, targets_of(setting.examples.y)
        built = build_step(
            model,
            loss,
            targets,
            optimizer=None,
            penalties=setting.penalties,
            train=False,
            x_dtype=setting.examples.kind,
        )
        self._scalars = {name: np.asarray(value) for name, value in built.scalars.items()}
        gradients = {name: built.step.metrics[f"gradient/{name}"] for name in setting.names}
        squares = (reduce_sum(g * g) for g in gradients.values())
        weight = {"weight": built.step.metrics["weight"]}
        self._mean = setting.engine.compile(_reporting(built.step, {**gradients, **weight}), _BLOCK)
        self._each = setting.engine.compile(_reporting(built.step, {"square": reduce(operator.add, squares)}), 1)

    def measure(self, arrays: Arrays) -> Noise:
        """The noise at the parameters among the arrays of a model.

        Each |gᵢ|² comes from a step on one row; then Σᵢ |gᵢ − g|² = Σᵢ |gᵢ|² − m |g|², where g is the mean over these m rows.
        """
        g = self.gradient(arrays, self.setting.rows)
        m = len(self.examples)
        own = g if m == len(self.setting.rows) else self.gradient(arrays, self.examples)
        squares = self._run(self._each, arrays, self.examples, 1)["square"].astype(np.float64)
        spread = max(float(squares.sum() - m * (own @ own)), 0.0)  # rounding may leave less than nothing
        return Noise(spread / max(m - 1, 1), float(g @ g), len(self.setting.rows), m)

    def gradient(self, arrays: Arrays, rows: Rows) -> Numbers:
        """The gradient over some rows, as a vector in float64."""
        found = self._run(self._mean, arrays, rows, _BLOCK)
        weight = found["weight"].astype(np.float64)
        share = weight / weight.sum()
        return np.concatenate(
            [np.tensordot(share, found[name].astype(np.float64), 1).reshape(-1) for name in self.setting.names]
        )

    def _run(self, program: Program, arrays: Arrays, rows: Rows, batch_size: int) -> Mapping[str, Array]:
        """What the steps report that read the rows in their order, so many at a time."""
        bounds = np.append(np.arange(0, len(rows), batch_size), len(rows)).astype(np.int64)
        return program.run(arrays, self.setting.examples.arrays(), rows, bounds, self._scalars).metrics


def _reporting(step: Step, metrics: Mapping[str, Node]) -> Step:
    """A step that changes nothing and reports other numbers."""
    return Step(state=step.state, data=step.data, scalars=step.scalars, metrics=metrics)

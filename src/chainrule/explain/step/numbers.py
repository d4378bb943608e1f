"""What a step is explained and checked with: everything in float64, and the value of every node of its graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends.numpy_ import evaluate
from chainrule.graph import Graph, Node
from chainrule.optim import Progress, Rate
from chainrule.training.fitting import Examples
from chainrule.training.model import Model
from chainrule.training.numbers import step_numbers

Array = NDArray[Any]


def model_in_double(model: Model) -> Model:
    """A copy that shares no parameter with the model."""
    arrays = {name: _in_double(array) for name, array in model.arrays.items()}
    return replace(model, dtype=np.dtype(np.float64), arrays=arrays)


def examples_in_double(examples: Examples) -> Examples:
    """A copy of the examples; class numbers stay as they are."""
    weight = None if examples.sample_weight is None else _in_double(examples.sample_weight)
    return Examples(examples.x.astype(np.float64), _in_double(examples.y), weight)


def _in_double(array: Array) -> Array:
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def first_scalars(rates: Mapping[str, Rate], seed: int, epochs: int = 0) -> dict[str, Array]:
    """The run-time numbers of the first step of a fit, after so many epochs of earlier ones."""
    start, progress = np.zeros(1, np.int64), Progress(epochs=1, steps_per_epoch=1)
    fixed, varying = step_numbers(rates, seed, start, progress, epochs)
    return fixed | {name: np.asarray(each[0]) for name, each in varying.items()}


def values_of(outputs: Iterable[Node], inputs: Mapping[str, Array], rows: int) -> dict[Node, Array]:
    """The value of every node that the outputs depend on, given the inputs by name and the number of rows."""
    values: dict[Node, Array] = {}
    with np.errstate(all="ignore"):
        for node in Graph.of(outputs).nodes:
            if node.op == "input":
                values[node] = np.asarray(inputs[node.attributes["name"]], dtype=node.dtype.numpy)
            else:
                values[node] = evaluate(node, [values[x] for x in node.inputs], rows)
    return values

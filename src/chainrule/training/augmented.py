"""A sheet of pictures as they are and as training sees them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainrule import random
from chainrule.data.arrays import as_features
from chainrule.errors import ArgumentError, DataError, check_number
from chainrule.graph import ROWS, DType, Step, input
from chainrule.graph.primitives import cast
from chainrule.nn import Augment, Layer, Mode, Sequential, walk
from chainrule.training.model import PARAMS, STATE, Model
from chainrule.training.pictures import save_picture
from chainrule.training.programs import Engine

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[Any]


def augmented_sheet(
    layer: Sequential,
    model: Model | None,
    X: Any,
    rows: int | Sequence[int],
    versions: int,
    seed: int,
    path: str | os.PathLike[str] | None,
) -> Figure:
    """Pictures in the first column, and beside each what augmentation makes of it in some steps of training."""
    shape = model.input_shape if model else None
    x = as_features(X, dtype=model.dtype if model else np.float32, feature_shape=shape)
    chosen = x[_rows(rows, len(x))]
    steps = int(check_number("versions", versions, low=1, high=100, integer=True))
    head = _head(layer)
    begun = model or Model.initial(layer, x.shape[1:], 0, np.dtype(np.float32))
    plain = _outputs(head, begun, chosen, 1, random.check_seed(seed), train=False)
    return _sheet([*plain, *_outputs(head, begun, chosen, steps, seed, train=True)], path)


def _rows(rows: Any, n: int) -> NDArray[np.int64]:
    """The rows that are asked for: the first of them, or those that are named."""
    if isinstance(rows, int | np.integer):
        return np.arange(min(int(check_number("rows", rows, low=1, high=100, integer=True)), n))
    if isinstance(rows, str) or not isinstance(rows, Iterable):
        raise ArgumentError(f"rows must be a number of rows, or a list of the rows to show, but is {rows!r}.")
    chosen = np.array([check_number("rows", row, low=0, high=n - 1, integer=True) for row in rows], np.int64)
    if not 0 < len(chosen) <= 100:
        raise ArgumentError(f"rows must name 1 to 100 rows of X, but names {len(chosen)}.")
    return chosen


def _head(layer: Sequential) -> Sequential:
    """The layers up to the last at the top level that is or holds an `Augment`."""
    children = layer.children()
    places = [i for i, (_, own) in enumerate(children) if any(isinstance(part, Augment) for _, part, _ in walk(own))]
    if not places:
        raise ArgumentError("The network has no layer Augment, which changes pictures in training: put one first.")
    return Sequential(*(own for _, own in children[: places[-1] + 1]))


def _outputs(head: Layer, model: Model, x: Array, steps: int, seed: int, *, train: bool) -> list[Array]:
    """What layers make of pictures in the first steps of training, or in prediction."""
    node, mode = input("x", (ROWS, *x.shape[1:]), DType.of(x.dtype)), Mode(train=train)
    params, state = model.nodes(PARAMS), model.nodes(STATE)
    y, _ = head.apply(params, state, cast(node, DType.of(model.dtype)), mode)
    if y.rank != 4:
        raise DataError("The layers up to the last Augment give no pictures, and there is nothing to be shown.")
    scalars = {name: own for name, (own, _) in mode.scalars.items()}
    values = {name: np.asarray(value) for name, (_, value) in mode.scalars.items()}
    if mode.key is not None and mode.counter is not None:
        scalars |= {"key": mode.key, "counter": mode.counter}
        values |= {
            "key": np.array([seed, random.DROPOUT], np.uint32),
            "counter": np.array([[step, 0] for step in range(steps)], np.uint32),
        }
    arrays = {f"{PARAMS}/{name}": own for name, own in params.items()} | {f"{STATE}/{k}": v for k, v in state.items()}
    n, built = len(x), Step(state=arrays, data={"x": node}, scalars=scalars, rows={"y": y})
    order, bounds = np.tile(np.arange(n), steps), np.arange(steps + 1) * n
    result = Engine(threads=1).compile(built, n).run(model.arrays, {"x": x}, order, bounds, values)
    return np.split(result.rows["y"], steps)


def _sheet(versions: list[Array], path: str | os.PathLike[str] | None) -> Figure:
    """Pictures side by side, a line for each, in the range of numbers that the unchanged ones have."""
    from matplotlib.figure import Figure

    plain = versions[0]
    low, high = float(plain.min()), float(plain.max())
    n, columns = len(plain), len(versions)
    figure = Figure(figsize=(1.1 * columns, 1.1 * n + 0.3), layout="constrained")
    grid = figure.subplots(n, columns, squeeze=False)
    for line, axes in enumerate(grid):
        for column, axis in enumerate(axes):
            picture = np.clip((versions[column][line] - low) / ((high - low) or 1.0), 0.0, 1.0)
            colours = picture if picture.shape[-1] in (3, 4) else picture[:, :, 0]
            axis.imshow(colours, cmap="gray", vmin=0.0, vmax=1.0, interpolation="nearest")
            axis.set_xticks([])
            axis.set_yticks([])
    grid[0][0].set_title("original", fontsize=9)
    grid[0][1].set_title("in training", fontsize=9, loc="left")
    if path is not None:
        save_picture(figure, path)
    return figure

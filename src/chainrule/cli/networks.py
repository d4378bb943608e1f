"""The first layers of the command's networks, by the kind of the data, and what of the plan differs for it.

* **Numbers** are standardised, and **tables** come so.
* **Images**: bytes become numbers from 0 to 1 and are turned, moved and enlarged a little at random in training; then up to
  three times a convolution of 3 × 3 with rectified units, 16, 32 and 64 of them, and the largest of every 2 × 2 pixels, as long
  as 4 pixels are left on each side (LeCun, Bottou, Bengio, Haffner 1998).
* **Text**: a vector of 32 numbers for each word, and the mean of those of a text: on short texts as good as deeper networks
  (Joulin, Grave, Bojanowski, Mikolov, "Bag of tricks for efficient text classification", 2017). No hidden layer follows.
* **Recordings** are standardised, each band of each frame over the recordings that are as long; then two convolutions over 5
  frames with 32 and 64 rectified units, the largest of every two frames between them, and the mean over the real frames.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chainrule.cli.encoders import TextColumn
from chainrule.cli.preparation import Preparation
from chainrule.cli.recipe import Plan
from chainrule.nn import (
    Augment,
    Conv1D,
    Conv2D,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool,
    Layer,
    Masking,
    MaxPool1D,
    MaxPool2D,
    Rescale,
    Standardize,
)

Shape = tuple[int, ...]

FILTERS = (16, 32, 64)
FEWEST_PIXELS = 4  # on a side, after the last pool
UNITS_OF_A_WORD = 32
# Images are turned by so many degrees at most, and moved and enlarged by such shares. They are not flipped: a letter has a side.
ROTATION, SHIFT, ZOOM = 5.0, 0.05, 0.1

# What differs from the plan for a table: an epoch takes long, so that there are fewer, and no second pass.
DEEP: dict[str, Any] = {"hidden": (64,), "dropout": 0.3, "patience": 15, "refit": False}
CHANGES: dict[str, dict[str, Any]] = {
    "images": DEEP,
    "text": {**DEEP, "hidden": (), "learning_rate": 5e-3},
    "sounds": DEEP,
}
FEWEST_EPOCHS, MOST_EPOCHS = 30, 200


def plan_for(kind: str, plan: Plan) -> Plan:
    """The plan for a table of so many rows as one for another kind of data.

    >>> from chainrule.cli.recipe import default_plan
    >>> [plan_for(kind, default_plan(20_000, "classification")).epochs for kind in ("table", "images")]
    [200, 30]
    """
    if kind not in CHANGES:
        return plan
    epochs = min(MOST_EPOCHS, plan.epochs) if plan.refit else FEWEST_EPOCHS  # many rows are not trained on twice
    return replace(plan, epochs=epochs, **CHANGES[kind])


def first_layers(preparation: Preparation, shape: Shape, plan: Plan) -> list[Layer]:
    """New layers that stand before the hidden ones, for rows of a shape."""
    return FIRST[preparation.kind](preparation, shape, plan)


def _numbers(preparation: Preparation, shape: Shape, plan: Plan) -> list[Layer]:
    return [Standardize()]


def _table(preparation: Preparation, shape: Shape, plan: Plan) -> list[Layer]:
    return []


def _images(preparation: Preparation, shape: Shape, plan: Plan) -> list[Layer]:
    layers: list[Layer] = [Rescale(), Augment(rotation=ROTATION, shift=SHIFT, zoom=ZOOM)]
    side = min(shape[:2])
    for filters in FILTERS:
        if side // 2 < FEWEST_PIXELS:
            break
        layers += [Conv2D(filters, 3, padding="same", activation=plan.activation), MaxPool2D(2)]
        side //= 2
    return [*layers, Flatten()]


def _text(preparation: Preparation, shape: Shape, plan: Plan) -> list[Layer]:
    assert isinstance(preparation.encoder, TextColumn)
    words = Embedding(len(preparation.encoder.vocabulary), UNITS_OF_A_WORD, padding_id=0)
    return [words, GlobalAveragePool(), *_dropout(plan)]


def _sounds(preparation: Preparation, shape: Shape, plan: Plan) -> list[Layer]:
    layers: list[Layer] = [Masking(0.0), Standardize(), Conv1D(32, 5, padding="same", activation=plan.activation)]
    if shape[0] > 1:
        layers.append(MaxPool1D(2))
    return [*layers, Conv1D(64, 5, padding="same", activation=plan.activation), GlobalAveragePool(), *_dropout(plan)]


def _dropout(plan: Plan) -> list[Layer]:
    return [Dropout(plan.dropout)] if plan.dropout else []


FIRST: dict[str, Callable[[Preparation, Shape, Plan], list[Layer]]] = {
    "numbers": _numbers,
    "table": _table,
    "images": _images,
    "text": _text,
    "sounds": _sounds,
}

"""What `fit` is given, checked and turned into arrays: examples to train on, and examples to validate with."""

from __future__ import annotations

import numbers
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.arrays import as_features, as_sample_weight, check_feature_names, check_same_rows, feature_names
from chainrule.data.containers import is_frame, refuse, to_numpy
from chainrule.data.split import split
from chainrule.errors import ArgumentError, DataError, check_name, check_number
from chainrule.functional import Loss
from chainrule.graph import DType
from chainrule.nn import Layer
from chainrule.training.coding import Coder, decide, encode, strata, truth
from chainrule.training.history import Epoch
from chainrule.training.metrics import METRICS, Predictions, get_metrics
from chainrule.training.stopping import EarlyStopping

Array = NDArray[Any]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Examples:
    """Encoded examples: x (floats or bytes), y and, where given, the weight of each."""

    x: Array
    y: Array
    sample_weight: Array | None = None

    def __len__(self) -> int:
        return len(self.x)

    @property
    def kind(self) -> DType:
        """What x holds."""
        return DType.of(self.x.dtype)

    def arrays(self) -> dict[str, Array]:
        """The data of a step, by name."""
        weight = {"sample_weight": self.sample_weight} if self.sample_weight is not None else {}
        return {"x": self.x, "y": self.y, **weight}

    def rows(self, rows: Rows) -> Examples:
        """Some of the examples."""
        return Examples(self.x[rows], self.y[rows], None if self.sample_weight is None else self.sample_weight[rows])


@dataclass(frozen=True)
class Reading:
    """How X and y are read: what a network takes and gives for a row, in which dtype, and how y is encoded for its loss.

    `feature_names` are the columns that a frame must have, None if they are not known. `layer` is the network, whose first
    layers look at the features.
    """

    inputs: tuple[int, ...]
    outputs: int
    dtype: np.dtype[Any]
    loss: Loss
    coder: Coder
    layer: Layer
    feature_names: list[str] | None = None

    def examples(
        self, X: Any, y: Any, sample_weight: Any = None, names: tuple[str, str, str] = ("X", "y", "sample_weight")
    ) -> Examples:
        """Checked and encoded examples; `names` are what the caller calls the arguments."""
        check_feature_names(feature_names(X), self.feature_names, argument=names[0])
        x = as_features(X, dtype=self.dtype, feature_shape=self.inputs, argument=names[0])
        self.layer.check_data(x, names[0])
        encoded = encode(self.loss, self.coder, y, self.outputs, self.dtype, argument=names[1])
        check_same_rows(**{names[0]: x, names[1]: encoded})
        weight = None if sample_weight is None else as_sample_weight(sample_weight, len(x), self.dtype, names[2])
        return Examples(x, encoded, weight)

    def scores(self, examples: Examples, outputs: Array, metrics: Iterable[str]) -> dict[str, Any]:
        """The metrics of what a network predicts for some examples."""
        classes = self.coder is not None
        found = Predictions(
            truth=_flat(truth(self.coder, examples.y) if classes else examples.y),
            predicted=_flat(decide(self.coder, outputs) if classes else outputs),
            probabilities=outputs if classes else None,
            weight=examples.sample_weight,
        )
        values = {metric.name: metric.compute(found) for metric in get_metrics(metrics, classification=classes)}
        return {name: value if np.ndim(value) else float(value) for name, value in values.items()}


def _flat(array: Array) -> Array:
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def as_rows(x: Any, y: Any, input_shape: tuple[int, ...] | None) -> tuple[Any, Any]:
    """One example as a chunk of one; a chunk as it is.

    x is one example if it has the dimensions of `input_shape`, the shape of a row; where that is not known, if it has one
    dimension, or y is a single value.
    """
    if is_frame(x):
        return x, y
    refuse(x, "x")
    array = to_numpy(x, "x")
    if input_shape is None:
        single = array.ndim == 1 or np.ndim(to_numpy([y], "y")) == 1
    else:
        single = array.ndim == len(input_shape)
    return (array[None], to_numpy([y], "y")) if single else (array, y)


def divide(examples: Examples, validation: Any, reading: Reading, seed: int) -> tuple[Rows, Examples | None]:
    """The rows to train on and the examples to validate with, from a fraction, a pair (X, y), or None.

    A pair may have weights as its third part. A fraction is drawn by the seed, from each class in proportion.
    """
    everything = np.arange(len(examples), dtype=np.int64)
    if isinstance(validation, (tuple, list)):
        if len(validation) not in (2, 3):
            raise ArgumentError(f"validation must be a fraction or a pair (X, y), but has {len(validation)} parts.")
        names = ("the X of validation", "the y of validation", "the weights of validation")
        weight = validation[2] if len(validation) == 3 else None
        return everything, reading.examples(validation[0], validation[1], weight, names=names)
    if isinstance(validation, (bool, np.bool_)) or not isinstance(validation, (numbers.Real, type(None))):
        kind = type(validation).__name__
        raise ArgumentError(f"validation must be a fraction, such as 0.1, or a pair (X, y), but is of type {kind}.")
    if validation is None or validation == 0:
        return everything, None
    train, held_out = split(len(examples), float(validation), seed=seed, labels=strata(reading.coder, examples.y))
    if examples.sample_weight is not None:
        for rows, what in ((train, "to train on"), (held_out, "held out for validation")):
            if not examples.sample_weight[rows].any():
                raise DataError(
                    f"sample_weight is 0 in every row {what}: leave rows without weight out, or give validation=(X, y)."
                )
    return train, examples.rows(held_out)


def check_scores(
    metrics: Iterable[str], early: EarlyStopping | None, *, classification: bool, held_out: Examples | None
) -> tuple[list[str], bool]:
    """The metrics to compute after every epoch, and whether a higher value of the score that is monitored is better.

    An error if there is nothing to compute them on, or if nobody computes the score that early stopping monitors.
    """
    chosen = get_metrics(metrics, classification=classification)
    for metric in chosen:
        if not metric.single:
            raise ArgumentError(
                f"metrics: {metric.name!r} is not one number an epoch; ask evaluate for it after the fit."
            )
    for name, wanted in (("metrics", bool(chosen)), ("early_stopping", early is not None)):
        if wanted and held_out is None:
            raise ArgumentError(f"{name} needs validation data: give validation=0.1, or a pair (X, y).")
    names = [metric.name for metric in chosen]
    if early is None or early.monitor == "val_loss":
        return names, False
    name = check_name("the metric that early_stopping monitors", early.monitor.removeprefix("val_"), METRICS)
    if name not in names:
        raise ArgumentError(
            f"early_stopping monitors {early.monitor!r}, which fit does not compute; give metrics=[{name!r}] as well, or "
            "monitor 'val_loss'."
        )
    return names, METRICS[name].higher_is_better


def announce(epochs: int, verbose: bool | int) -> list[Callable[[Epoch], None]]:
    """For verbose=k, a callback that prints a line for every k-th epoch and for the last of `epochs`; none for False or 0."""
    every = int(verbose) if isinstance(verbose, bool) else int(check_number("verbose", verbose, low=0, integer=True))

    def callback(epoch: Epoch) -> None:
        if (epoch.epoch + 1) % every and epoch.epoch + 1 != epochs:
            return
        scores = "".join(f"  {name} {value:.4f}" for name, value in epoch.scores.items())
        line = f"epoch {epoch.epoch + 1}/{epochs}  loss {epoch.loss:.4f}{scores}  {epoch.seconds:.2f} s"
        sys.stdout.write(line + "\n")

    return [callback] if every else []

"""Sequences of different lengths as one array: padded, so that a layer can tell the padding from what is real."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from chainrule.data.arrays import check_finite, converted, numbers_of, place
from chainrule.errors import ArgumentError, DataError, ShapeError, check_number

Array = NDArray[Any]


def pad_sequences(
    sequences: Iterable[Any], length: int | None = None, value: float = 0.0, *, dtype: DTypeLike = "float32"
) -> NDArray[np.floating[Any]]:
    """Sequences of steps, each of shape (steps, features), as one array of shape (n, length, features).

    `length` is that of the longest unless given; of a longer one the first `length` steps are kept. Behind a shorter one
    stand steps whose features all equal `value`: what `Masking(value)` takes for padding. A real step that looks the same
    is told apart: its first number becomes the next larger that is not `value`, about 1e-38 above 0 in float32.

    Raises `ShapeError` or `DataError` in a sentence for sequences of another number of features, or without a step.

    >>> pad_sequences([[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]]).tolist()
    [[[1.0, 2.0], [0.0, 0.0]], [[3.0, 4.0], [5.0, 6.0]]]
    """
    kind = np.dtype(dtype)
    if kind.kind != "f":
        raise ArgumentError(f"dtype must be a float, such as 'float32', but is {kind.name!r}.")
    padding = np.array(check_number("value", value)).astype(kind)[()]
    rows = [_sequence(sequence, i, kind) for i, sequence in enumerate(sequences)]
    if not rows:
        raise DataError("sequences is empty: give at least one.")
    features = rows[0].shape[1]
    for i, row in enumerate(rows):
        if row.shape[1] != features:
            raise ShapeError(
                f"sequence {i} has {row.shape[1]} features a step, but sequence 0 has {features}: give each the same features."
            )
    longest = max(map(len, rows))
    width = longest if length is None else int(check_number("length", length, low=1, integer=True))
    padded = np.full((len(rows), width, features), padding, kind)
    for target, row in zip(padded, rows, strict=True):
        real = target[: len(row)]
        real[...] = row[:width]
        real[(real == padding).all(axis=1), 0] = _next_after(padding)
    return padded


def _next_after(value: Any) -> Any:
    """The next larger float that is a normal number: one that is smaller may count as 0 to a processor."""
    kind = type(value)
    tiny = np.finfo(kind).tiny
    return tiny if abs(value) < tiny else np.nextafter(value, kind(np.inf))


def _sequence(sequence: Any, i: int, dtype: np.dtype[Any]) -> Array:
    """A sequence as an array of finite floats."""
    name = f"sequence {i}"
    raw = np.asarray(sequence)
    if raw.ndim != 2 or not raw.shape[1]:
        raise ShapeError(
            f"{name} has shape {raw.shape}, but a sequence has shape (steps, features): reshape(-1, 1) makes one feature."
        )
    if not len(raw):
        raise DataError(f"{name} has no steps: leave it out.")
    numeric = numbers_of(raw, name, place)
    array = converted(numeric, dtype)
    check_finite(array, name, None, lambda index: numeric[index])
    return array

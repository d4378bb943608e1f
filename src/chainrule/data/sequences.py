"""Sequences of different lengths as one array: padded, so that a layer can tell the padding from what is real."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from chainrule.data.arrays import check_finite, converted, numbers_of, place
from chainrule.data.containers import short, to_numpy
from chainrule.errors import ArgumentError, DataError, ShapeError, check_number

Array = NDArray[Any]


def pad_sequences(
    sequences: Iterable[Any], length: int | None = None, value: float = 0.0, *, dtype: DTypeLike = "float32"
) -> Array:
    """Sequences of steps, each of shape (steps, features), as one array of shape (n, length, features).

    Sequences of ids, which are whole numbers of shape (steps,), become int32 of shape (n, length) for an `Embedding`; its
    `padding_id` is `value`, which none of the ids may be.

    `length` is that of the longest unless given; of a longer one the first `length` steps are kept. Behind a shorter one
    stand steps whose features all equal `value`: what `Masking(value)` takes for padding. A real step that looks the same
    is told apart: its first number becomes the next larger that is not `value`, about 1e-38 above 0 in float32.

    Raises `ShapeError` or `DataError` in a sentence for sequences of another number of features, or without a step.

    >>> pad_sequences([[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]]).tolist()
    [[[1.0, 2.0], [0.0, 0.0]], [[3.0, 4.0], [5.0, 6.0]]]
    >>> pad_sequences([[7, 8], [9]]).tolist()
    [[7, 8], [9, 0]]
    """
    kind = np.dtype(dtype)
    if kind.kind != "f":
        raise ArgumentError(f"dtype must be a float, such as 'float32', but is {kind.name!r}.")
    filler = check_number("value", value)
    if isinstance(sequences, str | bytes | Mapping) or not isinstance(sequences, Iterable):
        raise DataError(
            f"sequences must be a list of sequences, but is {short(sequences)}: put a single one into a list."
        )
    given = [to_numpy(sequence, f"sequence {i}") for i, sequence in enumerate(sequences)]
    if not given:
        raise DataError("sequences is empty: give at least one.")
    for i, sequence in enumerate(given):
        if sequence.shape[:1] == (0,):
            raise DataError(f"sequence {i} has no steps: leave it out.")
    width = None if length is None else int(check_number("length", length, low=1, integer=True))
    if all(ids.ndim == 1 and ids.dtype.kind in "iu" for ids in given):
        return _pad_ids(given, width, value)
    padding = np.array(filler).astype(kind)[()]
    rows = [_sequence(sequence, i, kind) for i, sequence in enumerate(given)]
    features = rows[0].shape[1]
    for i, row in enumerate(rows):
        if row.shape[1] != features:
            raise ShapeError(
                f"sequence {i} has {row.shape[1]} features a step, but sequence 0 has {features}: give each the same features."
            )
    padded = np.full((len(rows), width or max(map(len, rows)), features), padding, kind)
    for target, row in zip(padded, rows, strict=True):
        real = target[: len(row)]
        real[...] = row[: len(target)]
        real[(real == padding).all(axis=1), 0] = _next_after(padding)
    return padded


def _pad_ids(rows: list[Array], width: int | None, value: float) -> NDArray[np.int32]:
    """Sequences of whole numbers as the rows of one array, with `value` behind the shorter ones."""
    limits = np.iinfo(np.int32)
    padding = int(value)
    if padding != value or not limits.min <= padding <= limits.max:
        raise ArgumentError(f"value must be a whole number, as ids are, but is {value:g}.")
    for i, row in enumerate(rows):
        if padding in row:
            raise DataError(f"sequence {i} has the id {padding}, which stands for padding: give another value.")
        if row.min() < limits.min or row.max() > limits.max:
            raise DataError(
                f"sequence {i} has ids beyond those of int32, {limits.min:,} to {limits.max:,}: renumber them."
            )
    padded = np.full((len(rows), width or max(map(len, rows))), padding, np.int32)
    for target, row in zip(padded, rows, strict=True):
        target[: len(row)] = row[: len(target)]
    return padded


def _next_after(value: Any) -> Any:
    """The next larger float that is a normal number: one that is smaller may count as 0 to a processor."""
    kind = type(value)
    tiny = np.finfo(kind).tiny
    return tiny if abs(value) < tiny else np.nextafter(value, kind(np.inf))


def _sequence(raw: Array, i: int, dtype: np.dtype[Any]) -> Array:
    """A sequence as an array of finite floats."""
    name = f"sequence {i}"
    if raw.ndim != 2 or not raw.shape[1]:
        raise ShapeError(
            f"{name} has shape {raw.shape}, but a sequence has shape (steps, features): reshape(-1, 1) makes one feature of "
            "numbers; ids are whole numbers."
        )
    numeric = numbers_of(raw, name, place)
    array = converted(numeric, dtype)
    check_finite(array, name, None, lambda index: numeric[index])
    return array

"""Labels as people write them, text, numbers or truth values, read and checked, and their places in a list of classes."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.arrays import NOT_NUMBERS, kind_of, place
from chainrule.data.containers import Array, frame_columns, is_frame, is_missing, refuse, short, to_numpy
from chainrule.errors import ArgumentError, DataError, ShapeError

Label = str | int | float | bool


def listed(labels: Iterable[object], limit: int = 5) -> str:
    """The first few labels for a message: ``'a', 'b' and 3 more``."""
    words = [short(label) for label in labels]
    if len(words) > limit:
        return ", ".join(words[:limit]) + f" and {len(words) - limit} more"
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def as_targets(y: Any, argument: str = "y") -> Array:
    """`y` as an array of its own dtype: (n,) for one target a row, (n, k) for k of them; one column counts as (n,).

    >>> as_targets([["a"], ["b"]])
    array(['a', 'b'], dtype=object)
    """
    refuse(y, argument)
    if is_frame(y):
        columns = [column.astype(object) if column.dtype.kind in "USM" else column for column in frame_columns(y)[1]]
        array = np.stack(columns, axis=1) if columns else np.empty((y.shape[0], 0))
    else:
        array = to_numpy(y, argument)
    if array.ndim not in (1, 2):
        what = f"has {array.ndim} dimensions, shape {array.shape}" if array.ndim else "is a single value"
        raise ShapeError(f"{argument} {what}: give one target for each row, or a matrix with one row for each.")
    if array.size == 0:
        raise DataError(f"{argument} is empty (its shape is {array.shape}): give at least one target.")
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _labels_of_objects(column: Array, argument: str) -> Array:
    """Objects that are all text, all truth values, all integers or all numbers, as an array of that kind."""
    first: dict[str, int] = {}
    for row, value in enumerate(column):
        if is_missing(value):
            raise DataError(
                f"{argument} has no label at {place((row,))} ({short(value)}): label that row or leave it out."
            )
        if isinstance(value, str):
            kind = "text"
        elif isinstance(value, bool | np.bool_):
            kind = "truth values"
        elif isinstance(value, numbers.Real):
            kind = "numbers"
        else:
            what = NOT_NUMBERS[kind_of(value)][0]
            advice = "labels are text, whole numbers or truth values"
            raise DataError(f"{argument} holds {what} at {place((row,))} ({short(value)}), but {advice}: convert them.")
        first.setdefault(kind, row)
    if len(first) > 1:
        (kind, row), (other, other_row) = list(first.items())[:2]
        pair = f"{kind} ({short(column[row])} at row {row}) and {other} ({short(column[other_row])} at row {other_row})"
        raise DataError(f"{argument} mixes {pair}: give every label as the same kind, for example with astype(str).")
    if "text" in first:
        return column
    array = np.array(column.tolist())
    # Whole numbers beyond int64 would become floats and lose their last digits.
    exact = array.dtype.kind != "f" or any(isinstance(value, float | np.floating) for value in column)
    return array if exact else np.array([int(value) for value in column], dtype=object)


def _check_whole(column: Array, argument: str) -> None:
    """Raise `DataError` if float labels are anything but whole numbers."""
    whole = np.isfinite(column) & (np.floor(column) == column)
    if whole.all():
        return
    row = int(np.argmin(whole))
    value = column[row]
    if np.isnan(value):
        raise DataError(f"{argument} has no label at {place((row,))} (nan): label that row or leave it out.")
    where = f"{argument} has {short(value)} at {place((row,))}"
    if np.isinf(value):
        raise DataError(f"{where}, which is no class label: label that row or leave it out.")
    raise DataError(f'{where}, which is no class label; these look like values: use loss="squared_error".')


def label_column(column: Array, argument: str = "y") -> Array:
    """Labels as an array of one kind: objects that are all text, booleans, integers, or floats that are whole numbers.

    Raises `DataError` for a missing label, a mix of kinds, floats with fractions, bytes, dates and complex numbers.

    >>> label_column(np.array(["b", "a"], dtype=object)).tolist()
    ['b', 'a']
    """
    if column.dtype.kind in "UT":
        return column.astype(object)
    if column.dtype.kind == "O":
        column = _labels_of_objects(column, argument)
    if column.dtype.kind == "f":
        _check_whole(column, argument)
    elif column.dtype.kind not in "biuO":
        what = NOT_NUMBERS[column.dtype.kind][0]
        raise DataError(f"{argument} holds {what}, but labels are text, whole numbers or truth values: convert them.")
    return column


def unique_labels(column: Array) -> list[Label]:
    """The different labels of a column in rising order, as plain Python values."""
    found: list[Label] = np.unique(column).tolist()
    return found


def plain_labels(labels: Sequence[object], argument: str) -> tuple[Label, ...]:
    """Labels as plain Python values, no two equal; raises `ArgumentError` otherwise."""
    plain = tuple(label.item() if isinstance(label, np.generic) else label for label in labels)
    for label in plain:
        if not isinstance(label, str | int | float | bool) or (isinstance(label, float) and not math.isfinite(label)):
            raise ArgumentError(f"{argument} has {short(label)}, but a label is text, a number or a truth value.")
    if len(set(plain)) < len(plain):
        twice = next(label for i, label in enumerate(plain) if label in plain[:i])
        raise ArgumentError(f"{argument} names the label {short(twice)} twice: name each label once.")
    return plain  # type: ignore[return-value]


def array_of_labels(labels: Sequence[Label]) -> Array:
    """Labels as an array to take from, of their own kind.

    They stay objects where an array would change them: labels of several kinds, text that ends in NUL, huge integers.
    """
    kinds = {type(label) for label in labels}
    cut = any(isinstance(label, str) and label.endswith("\0") for label in labels)
    huge = any(isinstance(label, int) and not -(2**63) <= label < 2**63 for label in labels)
    return np.array(labels, dtype=object if len(kinds) > 1 or cut or huge else None)


def label_ids(labels: tuple[Label, ...], column: Array, argument: str) -> NDArray[np.int32]:
    """The place of each label of a column among `labels`; unseen ones raise `DataError`, which names them."""
    index = {label: i for i, label in enumerate(labels)}
    unique, inverse = np.unique(column, return_inverse=True)
    unseen = [label for label in unique.tolist() if label not in index]
    if unseen:
        row = int(np.argmax(column == unseen[0]))
        known = f"it was trained with {listed(labels)}"
        what = "a label" if len(unseen) == 1 else f"{len(unseen)} labels"
        raise DataError(
            f"{argument} has {what} that the network does not know, {listed(unseen)} (first at row {row}); {known}: "
            "leave such rows out, or build and train a new network on all labels."
        )
    return np.array([index[label] for label in unique.tolist()], dtype=np.int32)[inverse.reshape(-1)]

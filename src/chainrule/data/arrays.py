"""Features and weights as arrays that a network can compute with.

Everything that a network could not use is found here, before any training, and named by row and column. Rows and columns
are counted from 0 in every message.
"""

from __future__ import annotations

import datetime
import math
import numbers
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from chainrule.data.containers import (
    Array,
    frame_columns,
    is_frame,
    is_missing,
    nearest,
    plural,
    refuse,
    short,
    to_numpy,
)
from chainrule.errors import DataError, ShapeError, quoted

Index = tuple[int, ...]

# How the kinds of NumPy dtype that are not numbers are called, and what to do with them.
NOT_NUMBERS = {
    "U": ("text", "encode it as numbers (one-hot, for example) or leave it out"),
    "T": ("text", "encode it as numbers (one-hot, for example) or leave it out"),
    "S": ("bytes", "decode them and encode them as numbers, or leave them out"),
    "M": ("dates", "turn them into numbers, such as days since a start"),
    "m": ("durations", "turn them into numbers, such as seconds"),
    "c": ("complex numbers", "give the real and imaginary parts as separate features"),
    "V": ("records", "give one column for each field"),
    "O": ("objects", "turn them into numbers or leave them out"),
}

# So many numbers are looked at together when a NaN is searched for: the scratch array stays in the cache.
_BLOCK = 1 << 20


def place(index: Index, names: Sequence[object] | None = None) -> str:
    """Where a number stands, in words: ``row 3, column 'age'``.

    >>> place((3, 1), ["height", "age"]), place((3, 1)), place((3, 1, 2)), place((3,))
    ("row 3, column 'age'", 'row 3, column 1', 'row 3, position (1, 2)', 'row 3')
    """
    row = f"row {index[0]}"
    if len(index) == 1:
        return row
    if len(index) > 2:
        return f"{row}, position {index[1:]}"
    return f"{row}, column {index[1] if names is None else repr(names[index[1]])}"


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "U"),
    (bytes, "S"),
    (datetime.timedelta, "m"),
    (datetime.date, "M"),
    (numbers.Complex, "c"),
)


def kind_of(value: object) -> str:
    """The letter of NumPy's kind that fits a single object best, 'O' if none does.

    >>> kind_of("a"), kind_of(1 + 2j), kind_of([1])
    ('U', 'c', 'O')
    """
    if isinstance(value, np.generic):
        return value.dtype.kind
    return next((kind for types, kind in _KINDS if isinstance(value, types)), "O")


def _not_a_number(value: object, kind: str, argument: str, where: str) -> DataError:
    what, advice = NOT_NUMBERS[kind]
    if isinstance(value, str):
        try:
            float(value)
            advice = "turn it into numbers with astype(float)"
        except ValueError:
            pass
    return DataError(f"{argument} holds {what} at {where} ({short(value)}), but a network needs numbers: {advice}.")


def _float_of(value: Any) -> float:
    try:
        return math.nan if is_missing(value) else float(value)
    except OverflowError:  # a whole number beyond float64: reported where every overflow is
        return math.inf


def numbers_of(values: Array, argument: str, locate: Callable[[Index], str]) -> Array:
    """The same values as an array of booleans, integers or floats; objects are accepted where each is a number.

    `locate` words the place of an element for the message.
    """
    kind = values.dtype.kind
    if kind in "biuf" or values.size == 0:
        return values
    if kind != "O":
        first = (0,) * values.ndim
        raise _not_a_number(values[first], kind, argument, locate(first))
    allowed = {kind: issubclass(kind, numbers.Real | np.bool_) for kind in set(map(type, values.flat))}
    if not all(allowed.values()):
        for index, value in np.ndenumerate(values):
            if not (allowed[type(value)] or is_missing(value)):
                raise _not_a_number(value, kind_of(value), argument, locate(index))
    return np.array([_float_of(value) for value in values.flat], dtype=np.float64).reshape(values.shape)


def converted(values: Array, dtype: DTypeLike) -> Array:
    """`values` in another dtype without a word about overflow, which `check_finite` reports; no copy if it is right."""
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(dtype, copy=False)


def check_finite(
    array: Array, argument: str, names: Sequence[object] | None, original: Callable[[Index], object]
) -> None:
    """Raise `DataError` if an array has a NaN or an infinity; the first is named by row and column.

    `original` gives the element as it was before the conversion to the array's dtype: a finite one was too large for it.
    """
    if array.dtype.kind != "f":
        return
    flat = array.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        finite = np.isfinite(flat[start : start + _BLOCK])
        if not finite.all():
            break
    else:
        return
    index = tuple(int(i) for i in np.unravel_index(start + int(np.argmin(finite)), array.shape))
    count = int(np.count_nonzero(~np.isfinite(flat)))
    others = f" ({count} of its values are not finite)" if count > 1 else ""
    value = original(index)
    if is_missing(value):
        what, advice = "is NaN (a missing value)", "fill it in or leave that row out"
    elif value in (math.inf, -math.inf):
        what, advice = f"is infinite ({'-' if value == -math.inf else ''}inf)", "replace it or leave that row out"
    else:
        advice = "rescale the values" + (" (or use dtype='float64')" if array.dtype.itemsize < 8 else "")
        what = f"is {short(value)}, too large for {array.dtype.name}"
    raise DataError(f"{argument} {what} at {place(index, names)}{others}: {advice}.")


def _check_objects(values: Array, argument: str) -> None:
    """Raise if an array of one dimension holds texts, paths or sequences."""
    if values.dtype.kind not in "OUT":
        return
    row, value = next(((i, each) for i, each in enumerate(values) if not is_missing(each)), (0, None))
    if isinstance(value, str | PurePath):
        raise DataError(
            f"{argument} holds {'text' if isinstance(value, str) else 'paths'} at row {row} ({short(value)}), but a network "
            "needs numbers: cr.Vocabulary makes them of texts, and cr.decode_images of the paths of images."
        )
    if isinstance(value, list | tuple | np.ndarray):
        raise DataError(
            f"{argument} holds a sequence in each row, not numbers: cr.pad_sequences makes one array of them."
        )


def _check_size(shape: tuple[int, ...], argument: str) -> None:
    """Raise if an array of this shape is no set of examples with features."""
    if shape == (0,):
        raise DataError(f"{argument} is empty: give at least one example.")
    if len(shape) < 2:
        what = f"has one dimension, shape {shape}" if shape else "is a single number"
        advice = (
            "reshape(-1, 1) makes it one feature of many examples and reshape(1, -1) one example with many features"
        )
        raise ShapeError(f"{argument} {what}, but examples are rows and features are columns: {advice}.")
    if shape[0] == 0:
        raise DataError(f"{argument} has no rows (its shape is {shape}): give at least one example.")
    if 0 in shape:
        raise DataError(f"{argument} has no columns (its shape is {shape}): give at least one feature.")


def _advice_on_shape(shape: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """What to do with data of a shape, where rows of another shape are expected.

    >>> _advice_on_shape((9, 3, 16, 20), (16, 20, 3)), _advice_on_shape((9, 64), (8, 8, 1))
    ('put its axes in that order with transpose(0, 2, 3, 1)', 'reshape it with reshape(-1, 8, 8, 1)')
    """
    row = shape[1:]
    if shape == expected:
        return "it is a single example: give X[None]"
    if (*shape, 1) == expected:
        return "it is a single example without its axis of channels: give X[None, ..., None]"
    if (*row, 1) == expected:
        return "add an axis of one channel with X[..., None]"
    if sorted(row) == sorted(expected):
        axes = list(range(1, len(shape)))
        order = [axes.pop(next(i for i, axis in enumerate(axes) if shape[axis] == size)) for size in expected]
        return f"put its axes in that order with transpose({', '.join(map(str, (0, *order)))})"
    same_size = math.prod(row) == math.prod(expected)
    if same_size and (len(row) == 1 or len(expected) == 1):  # another row would be cut at other places than its own
        return f"reshape it with reshape({', '.join(map(str, (-1, *expected)))})"
    if not same_size and len(expected) == 3 and len(row) in (2, 3):
        return _advice_on_images(row, expected)
    if len(expected) == len(row) == 2 and row[1] == expected[1]:
        return (
            f"pad or cut each to {plural(expected[0], 'step')} with cr.pad_sequences(sequences, length={expected[0]})"
        )
    return "give the same features, in the same order, as the network was built for"


def _advice_on_images(row: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """What to do with images of another size or another number of channels."""
    height, width, channels = expected
    if row[:2] != (height, width):
        return f"resize the images to {height} × {width} pixels, as cr.decode_images(paths, ({height}, {width})) does"
    if len(row) == 2 or row[2] == 1:
        grays = "X[..., None]" if len(row) == 2 else "X"
        return f"repeat the gray channel with np.repeat({grays}, {channels}, axis=-1)"
    if (row[2], channels) == (4, 3):
        return "leave the transparency out with X[..., :3]"
    return f"give images of {plural(channels, 'channel')}" + (', as color="gray" reads them' if channels == 1 else "")


def _check_feature_shape(shape: tuple[int, ...], expected: tuple[int, ...], argument: str) -> None:
    """Raise `ShapeError` if rows have another shape than the network expects."""
    if shape[1:] == tuple(expected):
        return
    advice = _advice_on_shape(shape, tuple(expected))
    if len(shape) == 2 and len(expected) == 1:
        came, wanted = f"{plural(shape[1], 'feature')} a row", f"{expected[0]}"
    else:
        came, wanted = f"rows of shape {shape[1:]}", f"{tuple(expected)}"
    raise ShapeError(f"{argument} has {came}, but {wanted} are expected: {advice}.")


def feature_names(X: Any) -> list[str] | None:
    """The names of the columns of a frame or Arrow table; None for anything else, or if a name is not a string.

    >>> feature_names([[1.0, 2.0]]) is None
    True
    """
    if not is_frame(X):
        return None
    names = list(X.column_names) if hasattr(X, "column_names") else list(X.columns)
    return [str(name) for name in names] if all(isinstance(name, str) for name in names) else None


def _from_frame(X: Any, dtype: DTypeLike, argument: str, feature_shape: tuple[int, ...] | None) -> Array:
    """The columns of a frame side by side, in `dtype` and checked."""
    _check_size(X.shape, argument)
    if feature_shape is not None:
        _check_feature_shape(X.shape, feature_shape, argument)
    names, columns = frame_columns(X)
    array = np.empty(X.shape, dtype=dtype)
    for j, column in enumerate(columns):
        with np.errstate(over="ignore", invalid="ignore"):
            array[:, j] = numbers_of(column, argument, lambda index, j=j: place((*index, j), names))  # type: ignore[misc]
    check_finite(array, argument, names, lambda index: columns[index[1]][index[0]])
    return array


def as_features(
    X: Any, *, dtype: DTypeLike, argument: str = "X", feature_shape: tuple[int, ...] | None = None
) -> NDArray[np.floating[Any] | np.uint8]:
    """`X` as a C-contiguous array of shape (n, ...): one row an example, everything in it a finite number.

    Accepted are NumPy arrays (memory maps and masked arrays too), pandas and polars frames, Arrow tables, nested lists and
    anything with `__array__`. What it holds becomes floats of `dtype`, float32 or float64, but for an array of bytes (uint8),
    such as images, which stays one: a network makes floats of the rows of a batch when it comes to them. An array that is
    already right is not copied. `feature_shape`, where given, is the shape that each row must have.

    Raises `ShapeError` for a missing dimension or another shape of row, and `DataError` for no rows or columns, text, dates,
    complex numbers, sparse matrices, rows of different length, and for a NaN, an infinity or a number that is too large for
    `dtype`, with its row and column.

    >>> as_features([[1, 2], [3, 4]], dtype="float32")
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    >>> as_features([[1.0, float("nan")]], dtype="float32")
    Traceback (most recent call last):
    ...
    chainrule.errors.DataError: X is NaN (a missing value) at row 0, column 1: fill it in or leave that row out.
    """
    refuse(X, argument)
    if is_frame(X):
        return _from_frame(X, dtype, argument, feature_shape)
    raw = to_numpy(X, argument)
    if raw.ndim == 1:
        _check_objects(raw, argument)
    _check_size(raw.shape, argument)
    kind = raw.dtype if raw.dtype == np.uint8 else dtype
    array = np.require(converted(numbers_of(raw, argument, place), kind), requirements=["C", "A"])
    if feature_shape is not None:
        _check_feature_shape(array.shape, feature_shape, argument)
    check_finite(array, argument, None, lambda index: raw[index])
    return array


def check_feature_names(names: Sequence[str] | None, known: Sequence[str] | None, argument: str = "X") -> None:
    """Raise `DataError` if the columns of a frame are not those that the network was trained on, in the same order.

    Nothing is checked where either side has no names.

    >>> check_feature_names(["age", "hieght"], ["age", "height"])
    Traceback (most recent call last):
    ...
    chainrule.errors.DataError: X has no column 'height', which the network was trained on; did you mean 'hieght'?
    """
    if names is None or known is None or list(names) == list(known):
        return
    missing = [name for name in known if name not in names]
    if missing:
        near = nearest(missing[0], names)
        hint = f"; did you mean {near!r}?" if near else f": it has {quoted(names[:10])}."
        raise DataError(f"{argument} has no column {missing[0]!r}, which the network was trained on{hint}")
    extra = [name for name in names if name not in known]
    if extra:
        raise DataError(f"{argument} has a column {extra[0]!r} that the network was not trained on: leave it out.")
    raise DataError(
        f"{argument} has its columns in another order than in training: order them as {quoted(known[:10])}."
    )


def as_sample_weight(
    weight: Any, n: int, dtype: DTypeLike, argument: str = "sample_weight"
) -> NDArray[np.floating[Any]]:
    """The weights of `n` examples as a float array of shape (n,): finite, none negative, not all zero.

    >>> as_sample_weight([1, 2, 0], 3, "float64")
    array([1., 2., 0.])
    """
    refuse(weight, argument)
    raw = to_numpy(weight, argument)
    if raw.shape != (n,):
        raise ShapeError(
            f"{argument} has shape {raw.shape}, but {n} examples need shape ({n},): give one weight for each row."
        )
    array = np.ascontiguousarray(converted(numbers_of(raw, argument, place), dtype))
    check_finite(array, argument, None, lambda index: raw[index])
    if (array < 0).any():
        row = int(np.argmax(array < 0))
        raise DataError(f"{argument} is negative at row {row} ({short(raw[row])}): a weight is 0 or more.")
    if not array.any():
        raise DataError(
            f"{argument} is 0 in every row as {array.dtype.name}: at least one example needs a weight above 0."
        )
    return array


def _rows(value: Any) -> int:
    shape = np.shape(value) if not hasattr(value, "shape") else value.shape
    return int(shape[0]) if shape else 1


def check_same_rows(**arguments: Any) -> int:
    """The number of rows that all arguments share, which are given by name; those that are None are passed over.

    Raises `ShapeError` if two differ.

    >>> check_same_rows(X=np.zeros((3, 2)), y=[0, 1, 1], sample_weight=None)
    3
    >>> check_same_rows(X=np.zeros((3, 2)), y=[0, 1])
    Traceback (most recent call last):
    ...
    chainrule.errors.ShapeError: X has 3 rows, but y has 2: each row of X needs its own row of y.
    """
    rows = {name: _rows(value) for name, value in arguments.items() if value is not None}
    first, *others = rows
    for name in others:
        if rows[name] != rows[first]:
            advice = f"each row of {first} needs its own row of {name}"
            raise ShapeError(f"{first} has {rows[first]} rows, but {name} has {rows[name]}: {advice}.")
    return rows[first]

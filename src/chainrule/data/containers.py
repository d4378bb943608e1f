"""The things that data arrives in, each turned into NumPy arrays of its own kind of number, text or date.

Which library a thing comes from is read off the names of its classes, so that nothing is imported to find out. Rows and
columns are counted from 0 in every message.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError, ModelFileError

Array = NDArray[Any]

ACCEPTED = "a NumPy array, a pandas, polars or Arrow table, or a list"


def library(value: object) -> str:
    """The package that a thing's class, or a class that it inherits from, belongs to: 'pandas', 'polars', 'pyarrow' or ''.

    >>> library(np.zeros(3))
    ''
    """
    packages = {kind.__module__.partition(".")[0] for kind in type(value).__mro__}
    return next((name for name in ("pandas", "polars", "pyarrow") if name in packages), "")


def is_frame(value: object) -> bool:
    """Whether this is a table with named columns: a pandas or polars DataFrame, an Arrow table or record batch."""
    return bool(library(value)) and (hasattr(value, "shape") and hasattr(value, "columns"))


def short(value: object, limit: int = 40) -> str:
    """A value as it is written in a message: plain, and never longer than `limit` characters.

    >>> short(np.float64(1e300))
    '1e+300'
    """
    text = (
        str(value) if isinstance(value, np.floating) else repr(value.item() if isinstance(value, np.generic) else value)
    )
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plural(n: int, one: str, many: str | None = None) -> str:
    """A number and what is counted.

    >>> plural(1, "row"), plural(1200, "row"), plural(2, "category", "categories")
    ('1 row', '1,200 rows', '2 categories')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def nearest(name: object, known: Iterable[object]) -> str | None:
    """The one of `known` that is written most like `name`, upper and lower case alike; None if none is close.

    >>> nearest("Hieght", ["height", "age"])
    'height'
    """
    spelling = {str(other).lower(): str(other) for other in known}
    near = difflib.get_close_matches(str(name).lower(), spelling, n=1, cutoff=0.6)
    return spelling[near[0]] if near else None


def is_missing(value: object) -> bool:
    """Whether a single value stands for 'not known': None, NaN, pandas' NA or NaT.

    >>> [is_missing(value) for value in (None, float("nan"), "", 0)]
    [True, True, False, False]
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and bool(value != value)


@contextmanager
def reading_description(of: str) -> Iterator[None]:
    """Turn whatever goes wrong while an object is made from saved plain data into a `ModelFileError`."""
    try:
        yield
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise ModelFileError(
            f"The model's description of {of} is not one ({error!r}): train and save it again."
        ) from error


def _is_sparse(value: object) -> bool:
    return hasattr(value, "tocsr") and hasattr(value, "toarray")


def _is_lazy(value: object) -> bool:
    return library(value) == "polars" and hasattr(value, "collect")


def _is_readable(value: object) -> bool:
    """Whether NumPy can read it: it has a length, or says itself how it becomes an array."""
    return hasattr(value, "__array__") or hasattr(value, "__array_interface__") or hasattr(value, "__len__")


# What is refused at once, and the sentence it gets. The order counts: the first that applies is said.
_REFUSED: tuple[tuple[Callable[[object], bool], str], ...] = (
    (lambda value: value is None, "is missing: give {accepted}"),
    (
        lambda value: isinstance(value, str | bytes),
        "is text ({kind}), not data: give {accepted}; files are read by `chainrule train FILE`",
    ),
    (_is_sparse, "is a sparse matrix ({kind}), but only dense arrays can be read here: give its toarray()"),
    (_is_lazy, "is a polars LazyFrame, which holds no rows yet: give its collect()"),
    (lambda value: isinstance(value, Mapping), "is a dictionary, whose columns have no agreed order: give {accepted}"),
    (
        lambda value: type(value).__name__ in ("Images", "Sounds") and hasattr(value, "X"),
        "is an object of type {kind}, whose array is its X: give {instance}.X, and {instance}.labels as y",
    ),
    (lambda value: isinstance(value, Set), "is a set, whose rows have no order: give {accepted}"),
    (
        lambda value: isinstance(value, Iterator),
        "is an iterator ({kind}), which can be read only once: give list(...) of it",
    ),
    (
        lambda value: not (is_frame(value) or _is_readable(value) or isinstance(value, int | float | complex)),
        "is of type {kind}, which cannot be read as data: give {accepted}",
    ),
)


def refuse(value: object, argument: str) -> None:
    """Raise `DataError` with the reason if `value` is something that holds no readable rows.

    >>> refuse(iter([1]), "X")
    Traceback (most recent call last):
    ...
    chainrule.errors.DataError: X is an iterator (list_iterator), which can be read only once: give list(...) of it.
    """
    for applies, sentence in _REFUSED:
        if applies(value):
            kind = type(value).__name__
            reason = sentence.format(kind=kind, instance=kind.lower(), accepted=ACCEPTED)
            raise DataError(f"{argument} {reason}.")


def _pandas_column(series: Any) -> Array:
    """A pandas column as an array; numbers of pandas' own nullable kinds become NumPy's, and their gaps NaN."""
    kind = series.dtype
    if isinstance(kind, np.dtype) or getattr(kind, "kind", "O") not in "biuf":
        return np.asarray(series)
    if series.isna().any():
        return np.asarray(series.to_numpy(dtype="float64", na_value=np.nan))
    return np.asarray(series.to_numpy(dtype=getattr(kind, "numpy_dtype", np.dtype("float64"))))


def _polars_column(series: Any) -> Array:
    """A polars column as an array; gaps in numbers and booleans become NaN."""
    import polars

    kind = series.dtype
    plain = kind.is_integer() or kind.is_float() or kind == polars.Boolean
    if (plain and series.null_count()) or kind.is_decimal() or kind == polars.Null:
        series = series.cast(polars.Float64)
    return np.asarray(series.to_numpy())


def frame_columns(frame: Any) -> tuple[list[object], list[Array]]:
    """The names and the columns of a table, each column an array of its own dtype.

    Numbers keep their kind; a missing number is NaN; text and other things are arrays of objects.
    """
    if library(frame) == "pandas":
        return list(frame.columns), [_pandas_column(frame.iloc[:, j]) for j in range(frame.shape[1])]
    if library(frame) == "pyarrow":
        import polars

        frame = polars.DataFrame(frame)
    return list(frame.columns), [_polars_column(series) for series in frame.get_columns()]


def _ragged(rows: Any, argument: str, error: Exception) -> DataError:
    """The error for nested lists that are no array: it names the first row that differs from the row before it."""
    widths = [len(row) if hasattr(row, "__len__") and not isinstance(row, str) else None for row in rows]
    for i, width in enumerate(widths):
        if width != widths[0]:
            here, first = (
                "is a single value" if size is None else f"has {plural(size, 'value')}" for size in (width, widths[0])
            )
            advice = "every row needs the same number of values"
            if width is not None and widths[0] is not None and argument.upper().startswith("X"):
                advice += "; cr.pad_sequences makes sequences equally long"
            return DataError(f"Row {i} of {argument} {here}, but row 0 {first}: {advice}.")
    return DataError(f"{argument} could not be read as an array ({error}): give {ACCEPTED}.")


def to_numpy(value: Any, argument: str) -> Array:
    """An array, a column or nested lists as a NumPy array of whatever dtype it has; no copy where none is needed.

    A masked value counts as missing. Lists that hold text become arrays of objects, because NumPy would turn the numbers
    between the words into words too.
    """
    if isinstance(value, np.ma.MaskedArray) and value.dtype.kind in "biufO":
        return np.asarray(np.ma.filled(value.astype("float64") if value.dtype.kind in "biu" else value, np.nan))
    if library(value) == "pandas":
        return _pandas_column(value)
    if library(value) == "polars":
        return _polars_column(value)
    try:
        array = np.asarray(value)
        return np.array(value, dtype=object) if isinstance(value, list | tuple) and array.dtype.kind in "US" else array
    except (ValueError, TypeError, RuntimeError) as error:
        if isinstance(value, list | tuple):
            raise _ragged(value, argument, error) from error
        raise DataError(f"{argument} could not be read as an array ({error}): give {ACCEPTED}.") from error

"""A table as what a network learns from: features by rules that are learned once and saved, and a target.

The rules are learned on the training rows only: a mean that has seen the held-out rows would flatter the score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from chainrule.data.columns import Column, column_from_json, column_to_json, learn_column
from chainrule.data.containers import nearest, reading_description, short
from chainrule.data.reading import read_table
from chainrule.errors import DataError, quoted

if TYPE_CHECKING:
    import polars

__all__ = ["TableEncoder", "TargetScaler", "no_column", "read_table", "recognise_task", "take_target"]

Task = Literal["classification", "regression"]

# Whole numbers are classes if there are at most so many different ones and so many rows for each on average.
MOST_CLASSES, ROWS_A_CLASS = 20, 10


def recognise_task(column: polars.Series) -> Task:
    """Whether a target column asks for classes or for values.

    Text and truth values are classes. Numbers with fractions are values. Whole numbers are classes if only two differ, or if
    at most 20 differ and each occurs 10 times on average; otherwise they are values. Missing values are passed over.

    Raises `DataError` for a column that is no target: all missing, all the same, dates, or text that nearly always differs.

    >>> import polars
    >>> recognise_task(polars.Series("price", [1.5, 2.0, 2.5]))
    'regression'
    >>> recognise_task(polars.Series("species", ["cat", "dog", "cat"]))
    'classification'
    """
    import polars

    name = f"The target column {column.name!r}"
    present = column.drop_nulls()
    if column.dtype.is_float():
        present = present.filter(present.is_finite())
    if present.is_empty():
        raise DataError(f"{name} holds only missing values: choose another column, or fill it in.")
    textual = column.dtype in (polars.String, polars.Boolean, polars.Categorical, polars.Enum)
    if not textual and not column.dtype.is_numeric():
        raise DataError(f"{name} is of type {column.dtype}: a target is a column of numbers, text or truth values.")
    different = present.n_unique()
    if different == 1:
        raise DataError(f"{name} is the same in every row ({short(present[0])}): there is nothing to learn.")
    if textual:
        if different > MOST_CLASSES and 2 * different > len(present):
            what = f"is text with {different:,} different values in {len(present):,} rows"
            raise DataError(f"{name} {what}: that is no set of classes to learn; choose another column.")
        return "classification"
    if not column.dtype.is_integer() and not (present.floor() == present).all():
        return "regression"
    few = different <= MOST_CLASSES and len(present) >= ROWS_A_CLASS * different
    return "classification" if different == 2 or few else "regression"


def no_column(name: str, frame: polars.DataFrame, what: str) -> DataError:
    """The error for a column that a table lacks, with the name most like it; `what` says what it is for."""
    near = nearest(name, frame.columns)
    more = f" and {len(frame.columns) - 10} more" if len(frame.columns) > 10 else ""
    columns = "its only column is" if frame.width == 1 else "its columns are"
    hint = f"did you mean {near!r}?" if near else f"{columns} {quoted(frame.columns[:10])}{more}."
    return DataError(f"The table has no column {name!r}{what}; {hint}")


def take_target(
    frame: polars.DataFrame, target: str, *, notes: list[str] | None = None
) -> tuple[polars.DataFrame, polars.Series]:
    """The rows whose target is known, without the target column, and the target of those rows.

    An infinite target counts as missing. `notes` is a list to which a sentence about dropped rows is added.
    Raises `DataError` if there is no such column, no other column, or no row with a known target.

    >>> import polars
    >>> frame = polars.DataFrame({"x": [1, 2, 3], "y": [1.5, None, 2.5]})
    >>> rows, y = take_target(frame, "y", notes=(notes := []))
    >>> rows["x"].to_list(), y.to_list(), notes
    ([1, 3], [1.5, 2.5], ["1 of 3 rows has no value of the target 'y' and is left out."])
    """
    if target not in frame.columns:
        raise no_column(target, frame, " for the target")
    if frame.width == 1:
        raise DataError(f"The table has no column but the target {target!r}: there is nothing to learn it from.")
    column = frame[target]
    known = column.is_not_null()
    if column.dtype.is_float():
        known &= column.is_finite().fill_null(False)
    n, kept = len(column), int(known.sum())
    if not kept:
        raise DataError(
            f"The target column {target!r} holds only missing values: choose another column, or fill it in."
        )
    if kept < n and notes is not None:
        verb = ("has", "is") if n - kept == 1 else ("have", "are")
        notes.append(f"{n - kept:,} of {n:,} rows {verb[0]} no value of the target {target!r} and {verb[1]} left out.")
    return frame.filter(known).drop(target), column.filter(known)


@dataclass(frozen=True)
class TableEncoder:
    """What was learned about the columns of a table, and how rows of it become numbers.

    `columns` are the encodings of the columns that are used, in the table's order; `report` says in a sentence for each
    column what was done to it. See `chainrule.data.columns` for the rules.

    >>> import polars
    >>> frame = polars.DataFrame({"size": [1.0, 3.0, None], "colour": ["red", "blue", "red"], "price": [1, 2, 3]})
    >>> encoder = TableEncoder.learn(frame, "price")
    >>> encoder.feature_names
    ['size', 'size is missing', 'colour=blue', 'colour=red']
    >>> encoder.encode(frame)
    array([[-1.,  0.,  0.,  1.],
           [ 1.,  0.,  1.,  0.],
           [ 0.,  1.,  0.,  1.]])
    """

    columns: tuple[Column, ...]
    report: list[str]

    @classmethod
    def learn(cls, frame: polars.DataFrame, target: str | None = None) -> TableEncoder:
        """Learn the encoding of every column but `target` on the rows of `frame`, which should be the training rows.

        Raises `DataError` if there are no rows, or if no column can be learned from.
        """
        if not frame.height:
            raise DataError("The table has no rows to learn from: give at least one.")
        learned = [learn_column(frame[name]) for name in frame.columns if name != target]
        columns = tuple(column for column, _ in learned if column is not None)
        report = [sentence for _, sentence in learned]
        if not columns:
            why = "; ".join(sentence.removesuffix(".") for sentence in report[:5]) or "there is no other column"
            raise DataError(f"The table has no column to learn from: {why}.")
        return cls(columns, report)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are used."""
        return tuple(column.name for column in self.columns)

    @property
    def feature_names(self) -> list[str]:
        """What each column of the encoded array is called."""
        return [name for column in self.columns for name in column.feature_names]

    @property
    def text_columns(self) -> list[str]:
        """The columns that held categories: `read_table(path, text=encoder.text_columns)` reads them as in training."""
        return [column.name for column in self.columns if column.kind == "category"]

    def encode(self, frame: polars.DataFrame, *, notes: list[str] | None = None) -> NDArray[np.float64]:
        """Rows of a table as a finite float64 array of shape (n, number of feature names).

        Columns that are not used, the target among them, may be there or not. `notes` is a list to which a sentence is added
        for each column with values of a kind that training did not have. Raises `DataError` if a column is missing, with
        the name most like it, or if it holds something else than in training.
        """
        missing = [column.name for column in self.columns if column.name not in frame.columns]
        if missing:
            also = f" (nor {quoted(missing[1:6])})" if len(missing) > 1 else ""
            raise no_column(missing[0], frame, f"{also}, which the model was trained on")
        if not frame.height:
            raise DataError("The table has no rows: give at least one.")
        remarks = notes if notes is not None else []
        return np.concatenate([column.encode(frame[column.name], remarks) for column in self.columns], axis=1)

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes an equal encoder, to the last bit of every number."""
        return {"columns": [column_to_json(column) for column in self.columns], "report": list(self.report)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TableEncoder:
        """The encoder that `to_json` described; raises `ModelFileError` if the data describes none."""
        with reading_description("its table"):
            return cls(tuple(column_from_json(column) for column in data["columns"]), list(data["report"]))


@dataclass(frozen=True)
class TargetScaler:
    """Standardises the targets of a regression: (y − mean) / scale, one mean and scale for each column of y.

    >>> scaler = TargetScaler.learn([1.0, 3.0])
    >>> scaler.encode(np.array([1.0, 3.0])), scaler.decode(np.array([-1.0, 1.0]))
    (array([-1.,  1.]), array([1., 3.]))
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def learn(cls, y: Any) -> TargetScaler:
        """The mean and the standard deviation of finite targets of shape (n,) or (n, k); the scale of a constant is 1."""
        array = np.asarray(y, dtype=np.float64)
        matrix = array.reshape(len(array), -1)
        mean, scale = matrix.mean(axis=0), matrix.std(axis=0)
        scale = np.where(matrix.min(axis=0) < matrix.max(axis=0), scale, 1.0)
        return cls(tuple(mean.tolist()), tuple(scale.tolist()))

    def encode(self, y: Any) -> NDArray[Any]:
        """Targets in units of the standard deviation from the mean; the shape and float dtype of `y` are kept."""
        array = np.asarray(y)
        return np.asarray(((array - self.mean) / self.scale), dtype=_float_of(array))

    def decode(self, y: Any) -> NDArray[Any]:
        """Targets in their own units again: the inverse of `encode`."""
        array = np.asarray(y)
        return np.asarray(array * self.scale + self.mean, dtype=_float_of(array))

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes an equal scaler, to the last bit of every number."""
        return {"mean": list(self.mean), "scale": list(self.scale)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TargetScaler:
        """The scaler that `to_json` described; raises `ModelFileError` if the data describes none."""
        with reading_description("its targets"):
            return cls(tuple(map(float, data["mean"])), tuple(map(float, data["scale"])))


def _float_of(array: NDArray[Any]) -> np.dtype[Any]:
    return array.dtype if array.dtype.kind == "f" else np.dtype(np.float64)

"""What to learn from: a bundled data set, or a CSV or Parquet file with a target column."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.bundled import BUNDLED, bundled
from chainrule.data.containers import nearest, short
from chainrule.data.table import Task, read_table, recognise_task, take_target
from chainrule.errors import ArgumentError, DataError, check_name, quoted

if TYPE_CHECKING:
    import polars

Array = NDArray[Any]

TASKS = ("classification", "regression")
# More classes than this, or fewer rows a class, and the target is hardly one of classes.
MOST_CLASSES, FEWEST_ROWS_A_CLASS = 1000, 2

# What the target of a bundled data set is called.
TARGETS = {
    "breast_cancer": "diagnosis",
    "diabetes": "progression",
    "digits": "digit",
    "iris": "species",
    "wine": "cultivar",
}


@dataclass(frozen=True, eq=False)
class Source:
    """Rows and their targets.

    `rows` is an array for a bundled data set and a frame, without the target, for a file. `y` holds labels (text, whole
    numbers or truth values) or float64 values. `notes` are sentences about what was met while reading.
    """

    name: str
    description: str
    task: Task
    target: str
    rows: Array | polars.DataFrame
    y: Array
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.y)

    @property
    def classes(self) -> list[Any]:
        """The different labels, in rising order."""
        return list(np.unique(self.y).tolist())


def read_source(data: str, target: str | None = None, task: str | None = None, ignored: Sequence[str] = ()) -> Source:
    """What DATA, --target, --task and --ignore ask for; raises an error of one sentence if they do not fit together."""
    if task is not None:
        check_name("--task", task, TASKS)
    return _bundled(data, target, task, ignored) if data in BUNDLED else _file(data, target, task, ignored)


def _bundled(name: str, target: str | None, task: str | None, ignored: Sequence[str]) -> Source:
    kind = BUNDLED[name][0]
    if target is not None and target != TARGETS[name]:
        raise ArgumentError(
            f"{name} is a bundled data set, whose target is {TARGETS[name]!r}, not {target!r}: leave --target out, or write "
            f"./{name} for a file of that name."
        )
    if task is not None and task != kind:
        raise ArgumentError(f"{name} is a data set for {kind}, not {task}: leave --task out.")
    if ignored:
        raise ArgumentError(f"--ignore is for columns of a file, but {name} is a bundled data set: leave it out.")
    found = bundled(name)
    y = found.y
    if found.target_names is not None and found.target_names != tuple(map(str, range(len(found.target_names)))):
        y = np.array(found.target_names, dtype=object)[y]  # predictions are then names rather than numbers
    return Source(name, found.description, kind, TARGETS[name], found.X, y, found.feature_names)


def _file(data: str, target: str | None, task: str | None, ignored: Sequence[str]) -> Source:
    path = Path(data)
    if not path.suffix and os.sep not in data and not path.exists():
        near = nearest(data, BUNDLED)
        hint = f"did you mean {near!r}?" if near else f"bundled are {quoted(BUNDLED)}."
        raise DataError(f"DATA={data!r} is neither a file nor a bundled data set; {hint}")
    notes: list[str] = []
    frame = read_table(path, notes=notes)
    if target is None:
        some = quoted(frame.columns[-8:])
        raise ArgumentError(
            f"--target is missing: name the column of {data!r} that is to be predicted; its {'last ' * (frame.width > 8)}"
            f"columns are {some}."
        )
    for name in ignored:
        check_name("--ignore", name, frame.columns)
        if name == target:
            raise ArgumentError(f"--ignore and --target both name {target!r}: the target cannot be left out.")
    rows, column = take_target(frame.drop(ignored), target, notes=notes)
    found = recognise_task(column)
    kind: Task = found if task is None else "classification" if task == "classification" else "regression"
    y = _labels(column, notes) if kind == "classification" else _values(column)
    return Source(path.stem, str(path), kind, target, rows, y, tuple(rows.columns), tuple(notes))


def _labels(column: polars.Series, notes: list[str]) -> Array:
    """A target column as labels: text, whole numbers or truth values."""
    name = f"the target {column.name!r}"
    if column.dtype.is_numeric():
        y = column.cast(float).to_numpy()
        if (y != np.floor(y)).any():
            example = short(y[y != np.floor(y)][0])
            raise DataError(
                f"--task classification does not fit {name}, whose numbers have fractions, such as {example}: leave --task out "
                "to predict its value."
            )
        y = y.astype(np.int64)
    else:
        y = np.array(column.to_list(), dtype=None if column.dtype.base_type().__name__ == "Boolean" else object)
    labels, counts = np.unique(y, return_counts=True)
    if len(labels) > max(2, min(MOST_CLASSES, len(y) // FEWEST_ROWS_A_CLASS)):
        raise DataError(
            f"--task classification does not fit {name}, which has {len(labels):,} different values in {len(y):,} rows: that is "
            "no set of classes to learn."
        )
    single = labels[counts == 1].tolist()
    if single:
        which = quoted(single[:3]) + (f" and {len(single) - 3:,} more" if len(single) > 3 else "")
        notes.append(f"Only one row is of the class {which}: it is trained on, and there is none to score it with.")
    return y


def _values(column: polars.Series) -> Array:
    """A target column as float64 values."""
    if not column.dtype.is_numeric():
        raise DataError(
            f"--task regression does not fit the target {column.name!r}, which holds {short(column[0])} and the like instead of "
            "numbers: leave --task out."
        )
    return np.asarray(column.cast(float).to_numpy(), dtype=np.float64)

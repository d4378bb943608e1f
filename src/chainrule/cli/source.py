"""What to learn from: a bundled data set, a CSV or Parquet file with a target column, or a folder of images or recordings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainrule.cli.encoders import FILE_ENCODERS
from chainrule.data.bundled import BUNDLED, bundled
from chainrule.data.containers import nearest, plural, short
from chainrule.data.folders import Progress, check_classes, class_files, visible
from chainrule.data.table import Task, no_column, read_table, recognise_task, take_target
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

    `kind` is one of those of `chainrule.cli.networks`. `rows` is an array for a bundled data set and for files of a folder, and
    a frame, without the target, for a table. `y` holds labels (text, whole numbers or truth values) or float64 values. `notes`
    are sentences about what was met while reading.
    """

    name: str
    description: str
    task: Task
    target: str
    rows: Array | polars.DataFrame
    y: Array
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()
    kind: str = "numbers"

    def __len__(self) -> int:
        return len(self.y)

    @property
    def classes(self) -> list[Any]:
        """The different labels, in rising order."""
        return list(np.unique(self.y).tolist())


def read_source(
    data: str,
    target: str | None = None,
    task: str | None = None,
    ignored: Sequence[str] = (),
    *,
    text: str | None = None,
    image_size: tuple[int, int] | None = None,
    skip_broken: bool = False,
    progress: Progress | None = None,
) -> Source:
    """What DATA and the options that are about it ask for; an error of one sentence if they do not agree.

    `progress` is called with how many files of a folder are read, and of how many.
    """
    if task is not None:
        check_name("--task", task, TASKS)
    if data not in BUNDLED and not os.path.exists(data):
        raise _missing(data)
    is_folder = data not in BUNDLED and Path(data).is_dir()
    if image_size is not None and not is_folder:
        raise ArgumentError(f"--image-size is for a folder of images, but {data} is none: leave it out.")
    if skip_broken and not is_folder:
        raise ArgumentError(f"--skip-broken is for a folder of files, but {data} is none: leave it out.")
    if is_folder:
        for option, given in (("--target", target), ("--ignore", ignored), ("--text", text)):
            if given:
                raise ArgumentError(
                    f"{option} is for a table, but {data} is a folder, whose sub-folders are the classes: leave it out."
                )
        return _folder(data, task, image_size, "skip" if skip_broken else "raise", progress)
    if data in BUNDLED:
        if text is not None:
            raise ArgumentError(f"--text is for a column of a file, but {data} is a bundled data set: leave it out.")
        return _bundled(data, target, task, ignored)
    return _file(data, target, task, ignored, text)


def _missing(data: str) -> DataError:
    """The error for DATA that is nothing, with the name that was perhaps meant."""
    path, alone = Path(data), Path(data).name == data
    beside = [other.name for other in visible(path.parent)] if path.parent.is_dir() else []
    near = nearest(path.name, [*beside, *(BUNDLED if alone else ())])
    if near:
        return DataError(f"There is no file or folder {data!r}: did you mean {str(path.with_name(near))!r}?")
    if alone and not path.suffix:
        return DataError(f"There is no file, folder or bundled data set {data!r}; bundled are {quoted(BUNDLED)}.")
    return DataError(f"There is no file or folder {data!r}: check the name and the folder it is in.")


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


def _folder(
    data: str, task: str | None, image_size: tuple[int, int] | None, errors: str, progress: Progress | None
) -> Source:
    """A folder of images or recordings, which it is by the endings of its files."""
    if task == "regression":
        raise ArgumentError(
            f"--task regression does not fit {data}, a folder whose sub-folders are classes: leave --task out."
        )
    found = class_files(data)
    paths = [path for _, path in found]
    endings = [path.suffix.lower() for path in paths]
    counts = {kind: sum(map(endings.count, encoder.endings)) for kind, encoder in FILE_ENCODERS.items()}
    kind = max(counts, key=lambda name: counts[name])
    if not counts[kind]:
        raise DataError(
            f"The folder {data!r} holds neither images nor recordings, such as .png, .jpg, .wav or .ogg, but files such as "
            f"{str(paths[0])!r}: end their names as their kind asks for, or convert them."
        )
    encoder = FILE_ENCODERS[kind]
    if image_size is not None and kind != "images":
        raise ArgumentError(f"--image-size is for a folder of images, but {data} holds recordings: leave it out.")
    try:
        rows, read, skipped = encoder.first_read(paths, image_size, errors, progress)
    except DataError as error:
        if errors == "raise" and any(str(path) in str(error) for path in paths):
            raise DataError(f"{str(error).removesuffix('.')}; --skip-broken leaves such files out.") from error
        raise
    label_of = {path: label for label, path in found}
    y = np.array([label_of[path] for path in read], dtype=object)
    classes = check_classes(y.tolist(), data, skipped)
    description = f"{data}: {plural(len(read), encoder.what)} in the folders of {len(classes):,} classes."
    notes = (f"{plural(len(skipped), 'file')} left out; the first: {skipped[0]}",) if skipped else ()
    return Source(Path(data).resolve().name, description, "classification", "folder", rows, y, (), notes, kind)


def _file(data: str, target: str | None, task: str | None, ignored: Sequence[str], text: str | None) -> Source:
    path = Path(data)
    for encoder in FILE_ENCODERS.values():
        if path.suffix.lower() in encoder.endings:
            raise DataError(
                f"{data!r} is a single {encoder.what}: name a folder that has a sub-folder of {encoder.what}s for each class."
            )
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
    if text is not None:
        frame = _only_text(frame, text, target, ignored)
    rows, column = take_target(frame.drop(ignored, strict=False), target, notes=notes)
    found = recognise_task(column)
    kind: Task = found if task is None else "classification" if task == "classification" else "regression"
    y = _labels(column, notes) if kind == "classification" else _values(column)
    of = "table" if text is None else "text"
    return Source(path.stem, str(path), kind, target, rows, y, tuple(rows.columns), tuple(notes), of)


def _only_text(frame: polars.DataFrame, text: str, target: str, ignored: Sequence[str]) -> polars.DataFrame:
    """A frame of a column of texts and the target alone."""
    if target not in frame.columns:
        raise no_column(target, frame, " for the target")
    check_name("--text", text, frame.columns)
    if text == target or text in ignored:
        raise ArgumentError(
            f"--text and {'--target' if text == target else '--ignore'} both name {text!r}: choose another column."
        )
    if frame[text].dtype.base_type().__name__ != "String":
        raise DataError(
            f"--text {text} must name a column of texts, but it holds values of type {frame[text].dtype}: leave it out."
        )
    return frame.select([name for name in frame.columns if name in (text, target)])


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

"""How the rows of a file become what a network takes, and what it gives becomes predictions: plain data, saved with it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainrule.cli.encoders import ENCODERS, Encoder, ImageFiles, SoundFiles
from chainrule.cli.source import TASKS, Source
from chainrule.data.arrays import as_features, check_feature_names
from chainrule.data.containers import reading_description
from chainrule.data.folders import Progress, visible
from chainrule.data.table import TargetScaler, Task, read_table
from chainrule.errors import ArgumentError, DataError

if TYPE_CHECKING:
    import polars

Array = NDArray[Any]
Rows = NDArray[np.int64]

MADE_BY = "chainrule train"
TABLES = (".csv", ".tsv", ".parquet", ".pq")  # how the names of tables end


@dataclass(frozen=True)
class Preparation:
    """What `chainrule train` learned about its columns and targets, and the facts that `chainrule info` tells.

    `kind` is that of the source. Without an `encoder` (bundled data sets) the network takes the numbers of the columns as they
    are, and standardises them itself. With a `scaler` (regression) it gives values in units of the target's standard deviation.
    """

    source: str
    task: Task
    target: str
    columns: tuple[str, ...]
    encoder: Encoder | None = None
    scaler: TargetScaler | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "numbers"

    @classmethod
    def learn(cls, source: Source, train: Rows, targets: str) -> Preparation:
        """Learn from the training rows of a source, for a loss of such `targets`: values are standardised, counts only scaled."""
        rows = source.rows
        encoder = _learned(source.kind, rows[train])
        y = source.y[train]
        scaler = TargetScaler.learn(y) if targets == "values" else None
        if targets == "counts":  # they stay above 0, and the first prediction, e⁰, is their mean
            scaler = TargetScaler((0.0,), (float(y.mean()) or 1.0,))
        columns = source.columns if encoder is None else tuple(encoder.names)
        return cls(source.name, source.task, source.target, columns, encoder, scaler, kind=source.kind)

    def read(
        self, names: Sequence[str], notes: list[str], progress: Progress | None = None
    ) -> tuple[list[str] | None, Array | polars.DataFrame]:
        """Rows to predict, from the files or folders that are named; and, where each is a file, the names of the files."""
        if isinstance(self.encoder, ImageFiles | SoundFiles):
            paths = [path for name in names for path in _files_in(Path(name), self.encoder)]
            return list(map(str, paths)), self.encoder.read(paths, progress)
        return None, read_rows(names, self.text_columns, notes)

    def inputs(self, rows: Array | polars.DataFrame, file: str = "", notes: list[str] | None = None) -> Array:
        """Rows of a source, or of a file that is named in messages, as an array of what the network takes."""
        if self.encoder is not None:
            return self.encoder.encode(rows, notes=notes)
        if isinstance(rows, np.ndarray):
            return rows
        present = [name for name in self.columns if name in rows.columns]
        check_feature_names(present if len(present) == len(self.columns) else rows.columns, self.columns, argument=file)
        return as_features(rows.select(self.columns), dtype=np.float64, argument=file)

    def targets(self, y: Array) -> Array:
        """Labels as they are, values as the network learns them."""
        return y if self.scaler is None else self.scaler.encode(y)

    def predictions(self, outputs: Array) -> Array:
        """What `Network.predict` gives, in the units of the target."""
        return outputs if self.scaler is None else self.scaler.decode(outputs.astype(np.float64))

    @property
    def text_columns(self) -> Sequence[str]:
        """The columns that are to be read as text."""
        return [] if self.encoder is None else self.encoder.text_columns

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes an equal object, for `Network.memory.preprocessing`."""
        return {
            "made_by": MADE_BY,
            "source": self.source,
            "kind": self.kind,
            "task": self.task,
            "target": self.target,
            "columns": list(self.columns),
            "encoder": None if self.encoder is None else self.encoder.to_json(),
            "scaler": None if self.scaler is None else self.scaler.to_json(),
            "facts": _defined(self.facts),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Preparation:
        """The object that `to_json` described; raises `ModelFileError` if the data describes none."""
        with reading_description("its preprocessing"):
            encoder, scaler = data["encoder"], data["scaler"]
            kind = str(data.get("kind", "numbers" if encoder is None else "table"))
            if data["task"] not in TASKS:
                raise ValueError(f"there is no task {data['task']!r}")
            return cls(
                source=str(data["source"]),
                task=data["task"],
                target=str(data["target"]),
                columns=tuple(map(str, data["columns"])),
                encoder=None if encoder is None else ENCODERS[kind].from_json(encoder),
                scaler=None if scaler is None else TargetScaler.from_json(scaler),
                facts=dict(data["facts"]),
                kind=kind,
            )


def _learned(kind: str, rows: Array | polars.DataFrame) -> Encoder | None:
    """The encoder of a kind of data, learned from rows; None for numbers, which need none."""
    if kind not in ENCODERS:
        return None
    try:
        return ENCODERS[kind].learn(rows)
    except DataError as error:
        if "is free text" in str(error):
            raise DataError(f"{str(error).removesuffix('.')}; --text COLUMN learns from a column of texts.") from error
        raise


def read_rows(names: Sequence[str], text: Sequence[str], notes: list[str]) -> polars.DataFrame:
    """The table in a file, the only one that is named."""
    if len(names) > 1:
        raise ArgumentError(
            f"FILE names {len(names):,} files, but this model takes one table: give them one after the other."
        )
    return read_table(names[0], text=text, notes=notes)


def _files_in(path: Path, encoder: ImageFiles | SoundFiles) -> list[Path]:
    """A file itself, or the files of a kind in a folder and its sub-folders."""
    name, takes = repr(str(path)), f"the model takes {encoder.what}s"
    if not path.exists():
        raise DataError(f"There is no file or folder {name}: check the name and the folder it is in.")
    if path.suffix.lower() in TABLES:
        raise DataError(f"{name} is no {encoder.what}: {takes}, or folders of them.")
    if not path.is_dir():
        return [path]
    inside = [file for each in visible(path) for file in (visible(each) if each.is_dir() else [each])]
    found = [file for file in inside if file.suffix.lower() in encoder.endings]
    if not found:
        raise DataError(
            f"The folder {name} holds no file that ends in one of {', '.join(encoder.endings)}, nor do its sub-folders: {takes}."
        )
    return found


def _defined(value: Any) -> Any:
    """Facts as a model file can hold them: None for a score that is not defined."""
    if isinstance(value, Mapping):
        return {name: _defined(item) for name, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value

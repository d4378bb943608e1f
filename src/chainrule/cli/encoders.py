"""How what was read becomes what a network takes, for each kind of data: learned on training rows, saved as plain data.

A table is `TableEncoder`'s; here are texts in a column of a table, images, and recordings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from chainrule.data.audio import SOUND_ENDINGS
from chainrule.data.containers import plural, reading_description
from chainrule.data.folders import Progress
from chainrule.data.images import IMAGE_ENDINGS, decode_images, images_of, usual_size
from chainrule.data.sequences import pad_sequences
from chainrule.data.sounds import RATE, sequences_of, sound_sequences
from chainrule.data.table import TableEncoder, no_column
from chainrule.data.text import Vocabulary
from chainrule.errors import DataError

if TYPE_CHECKING:
    import polars

Array = NDArray[Any]

# What could be read of some files, these files, and sentences about the others.
FirstRead = tuple[Array, tuple[Path, ...], tuple[str, ...]]

MIN_COUNT = 2  # a word that occurs once teaches nothing about another text
# Sequences are cut to the length that holds so many of the recordings, but at most to this.
COVERED, MOST_FRAMES = 0.95, 1000


class Encoder(Protocol):
    """What all encoders have in common.

    `names` are the columns that are used, `text_columns` those of them that are to be read as text, `report` are sentences
    about what is done to the data.
    """

    @property
    def names(self) -> Sequence[str]:
        """The columns that are used."""

    @property
    def text_columns(self) -> Sequence[str]:
        """The columns that are to be read as text."""

    @property
    def report(self) -> list[str]:
        """What is done to the data, in sentences."""

    @classmethod
    def learn(cls, rows: Any, /) -> Self:
        """Learn from rows, which should be the training rows."""

    def encode(self, rows: Any, /, *, notes: list[str] | None = None) -> Array:
        """Rows as an array; `notes` is a list to which sentences are added."""

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes an equal object."""

    @classmethod
    def from_json(cls, data: dict[str, Any], /) -> Self:
        """The object that `to_json` described; raises `ModelFileError` if the data describes none."""


@dataclass(frozen=True)
class TextColumn:
    """A column of texts, as ids of their words."""

    name: str
    vocabulary: Vocabulary

    @classmethod
    def learn(cls, rows: polars.DataFrame, /) -> Self:
        """The vocabulary of the only column of a frame."""
        (name,) = rows.columns
        texts = rows[name].to_list()
        try:
            return cls(name, Vocabulary.learn(texts, min_count=MIN_COUNT))
        except DataError:  # few texts, in which no word comes twice
            return cls(name, Vocabulary.learn(texts))

    @property
    def names(self) -> tuple[str, ...]:
        """The column of the texts."""
        return (self.name,)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The column of the texts, which may all look like numbers in another file."""
        return (self.name,)

    @property
    def report(self) -> list[str]:
        """What is done to the texts."""
        words = plural(len(self.vocabulary.tokens), "word")
        return [
            f"{self.name!r}: text, of which {words} are known; the first {self.vocabulary.length} of a text are read."
        ]

    def without_text(self, rows: Any) -> list[str]:
        """A sentence about the rows of a frame whose text is missing, if there are any."""
        n = rows[self.name].null_count()
        return [f"{plural(n, 'row')} of {self.name!r} without a text: read as an unknown word."] if n else []

    def encode(self, rows: polars.DataFrame, /, *, notes: list[str] | None = None) -> NDArray[np.int32]:
        """The ids of the words of each text, shape (n, length)."""
        if self.name not in rows.columns:
            raise no_column(self.name, rows, ", whose texts the model was trained on")
        if notes is not None:
            notes.extend(self.without_text(rows))
        return self.vocabulary.encode(rows[self.name].to_list())

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes an equal object."""
        return {"name": self.name, "vocabulary": self.vocabulary.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], /) -> Self:
        """The object that `to_json` described."""
        with reading_description("its text"):
            return cls(str(data["name"]), Vocabulary.from_json(data["vocabulary"]))


@dataclass(frozen=True)
class _Files:
    """What encoders of files have in common."""

    endings: ClassVar[tuple[str, ...]] = ()
    what: ClassVar[str] = ""
    names: ClassVar[tuple[str, ...]] = ()
    text_columns: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class ImageFiles(_Files):
    """Image files, as bytes of shape (height, width, channels)."""

    endings: ClassVar[tuple[str, ...]] = IMAGE_ENDINGS
    what: ClassVar[str] = "image"
    height: int
    width: int
    color: str

    @classmethod
    def first_read(
        cls, paths: Sequence[Path], size: tuple[int, int] | None, errors: str, progress: Progress | None = None
    ) -> FirstRead:
        """Files to learn from, as an array of images of a size; of the usual one of the files unless it is given."""
        wanted = usual_size(paths, errors=errors) if size is None else size
        return images_of(paths, wanted, errors=errors, progress=progress)

    @classmethod
    def learn(cls, rows: Array, /) -> Self:
        """Size and colour of images."""
        _, height, width, channels = rows.shape
        return cls(height, width, "gray" if channels == 1 else "rgb")

    @property
    def report(self) -> list[str]:
        """What is done to the images."""
        return [
            f"Resized to {self.height} × {self.width} pixels, {'gray' if self.color == 'gray' else 'red, green and blue'}."
        ]

    @property
    def in_python(self) -> str:
        """What reads files in Python as the model takes them."""
        return f'cr.decode_images(paths, ({self.height}, {self.width}), "{self.color}")'

    def read(self, paths: Sequence[Path], progress: Progress | None = None) -> Array:
        """Files to predict, as an array of images."""
        return decode_images(paths, (self.height, self.width), self.color, progress=progress)

    def encode(self, rows: Array, /, *, notes: list[str] | None = None) -> Array:
        """The images as they are."""
        return rows

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes an equal object."""
        return {"height": self.height, "width": self.width, "color": self.color}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], /) -> Self:
        """The object that `to_json` described."""
        with reading_description("its images"):
            if data["color"] not in ("rgb", "gray"):
                raise ValueError(f"there is no color {data['color']!r}")
            return cls(int(data["height"]), int(data["width"]), str(data["color"]))


@dataclass(frozen=True)
class SoundFiles(_Files):
    """Recordings, as log-mel energies of shape (length, bands), padded with 0."""

    endings: ClassVar[tuple[str, ...]] = SOUND_ENDINGS
    what: ClassVar[str] = "recording"
    length: int
    bands: int

    @classmethod
    def first_read(
        cls, paths: Sequence[Path], size: tuple[int, int] | None, errors: str, progress: Progress | None = None
    ) -> FirstRead:
        """Files to learn from, each an array of frames, in an array of objects."""
        sequences, read, skipped = sequences_of(paths, errors=errors, progress=progress)
        return _objects(sequences), read, skipped

    @classmethod
    def learn(cls, rows: Array, /) -> Self:
        """The length that holds most of the recordings."""
        lengths = np.sort([len(row) for row in rows])
        length = min(MOST_FRAMES, int(lengths[int(np.ceil(COVERED * len(lengths))) - 1]))
        return cls(length, rows[0].shape[1])

    @property
    def report(self) -> list[str]:
        """What is done to the recordings."""
        features = f"{self.bands} log-mel energies of each of 100 frames a second, standardised"
        return [f"{RATE:,} samples a second; {features}; the first {self.length / 100:g} seconds are heard."]

    @property
    def in_python(self) -> str:
        """What reads files in Python as the model takes them."""
        return f"cr.read_sounds(folder, length={self.length}).X"

    def read(self, paths: Sequence[Path], progress: Progress | None = None) -> Array:
        """Files to predict, each an array of frames."""
        return _objects(sound_sequences(paths, progress=progress))

    def encode(self, rows: Array, /, *, notes: list[str] | None = None) -> Array:
        """The first frames of each, padded with 0; the network standardises them."""
        return pad_sequences(rows, self.length)

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes an equal object."""
        return {"length": self.length, "bands": self.bands}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], /) -> Self:
        """The object that `to_json` described."""
        with reading_description("its sound"):
            return cls(int(data["length"]), int(data["bands"]))


def _objects(items: Sequence[Array]) -> Array:
    """Arrays of different shapes in one array of objects."""
    found = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        found[i] = item
    return found


FileEncoder = ImageFiles | SoundFiles
FILE_ENCODERS: dict[str, type[FileEncoder]] = {"images": ImageFiles, "sounds": SoundFiles}
ENCODERS: dict[str, type[Encoder]] = {"table": TableEncoder, "text": TextColumn, **FILE_ENCODERS}
# What the report of an encoder is about.
TITLES = {"numbers": "Columns", "table": "Columns", "text": "Text", "images": "Images", "sounds": "Recordings"}

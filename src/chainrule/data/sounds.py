"""A folder of recordings as sequences of frames: one sub-folder for each class, read in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.audio import HIGHEST_RATE, check_soundfile, log_mel, mfcc, read_audio
from chainrule.data.folders import (
    ERRORS,
    AnyPath,
    Progress,
    check_any,
    check_classes,
    check_files,
    check_threads,
    class_files,
    keep,
    read_in_threads,
)
from chainrule.data.sequences import pad_sequences
from chainrule.errors import ShapeError, check_name, check_number

Array = NDArray[Any]
Features = Callable[[Array, int], Array]

RATE = 16_000
FEATURES: dict[str, Features] = {"log_mel": log_mel, "mfcc": mfcc}


@dataclass(frozen=True, eq=False)
class Sounds:
    """The recordings of a folder, as sequences of frames.

    `X` holds floats of shape (n, frames, features), padded with 0 (see `pad_sequences`), `labels` the name of each
    recording's folder, `paths` its file, `lengths` how many frames of it are real. `classes` are the different labels in
    rising order, `rate` is in samples a second. `skipped` are sentences about files that could not be read.
    """

    X: NDArray[np.float32]
    labels: NDArray[np.str_]
    paths: tuple[Path, ...]
    classes: tuple[str, ...]
    lengths: NDArray[np.int64]
    rate: int
    skipped: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.X)


def read_sounds(
    folder: AnyPath,
    rate: int = RATE,
    features: str | Features = "log_mel",
    *,
    length: int | None = None,
    threads: int | None = None,
    errors: str = "raise",
    progress: Progress | None = None,
) -> Sounds:
    """The recordings of a folder that has one sub-folder for each class, as padded sequences of frames.

    Each is resampled to `rate` samples a second. `features` is "log_mel" or "mfcc", or a function of a signal and its rate
    that gives an array of shape (frames, features), such as ``lambda x, rate: mfcc(x, rate, n_coefficients=20)``. `length`
    is in frames, that of the longest recording unless given. `progress` is called with how many recordings are done, and of
    how many. Raises `DataError` in a sentence that names a file that cannot be read; with errors="skip" such files are left
    out, and `skipped` tells of them.

    >>> sounds = read_sounds("commands", features="mfcc")  # doctest: +SKIP
    >>> sounds.X.shape  # doctest: +SKIP
    (2000, 98, 13)
    """
    found = class_files(folder)
    label_of = {path: label for label, path in found}
    files = [path for _, path in found]
    sequences, paths, skipped = sequences_of(files, rate, features, threads=threads, errors=errors, progress=progress)
    labels = [label_of[path] for path in paths]
    X = pad_sequences(sequences, length)
    lengths = np.minimum([len(sequence) for sequence in sequences], X.shape[1])
    classes = check_classes(labels, folder, skipped)
    return Sounds(X, np.array(labels), paths, classes, lengths, rate, skipped)


def sound_sequences(
    paths: Iterable[AnyPath],
    rate: int = RATE,
    features: str | Features = "log_mel",
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> list[Array]:
    """The features of each recording, an array of shape (frames, features); not padded. See `read_sounds`."""
    return sequences_of(check_files(paths, "recordings"), rate, features, threads=threads, progress=progress)[0]


def sequences_of(
    paths: Sequence[Path],
    rate: int = RATE,
    features: str | Features = "log_mel",
    *,
    threads: int | None = None,
    errors: str = "raise",
    progress: Progress | None = None,
) -> tuple[list[Array], tuple[Path, ...], tuple[str, ...]]:
    """The features of the files that can be read, these files, and sentences about the others. See `read_sounds`."""
    check_soundfile()
    per_second = int(check_number("rate", rate, low=1, high=HIGHEST_RATE, integer=True))
    check_name("errors", errors, ERRORS)
    if not callable(features):
        features = FEATURES[check_name("features", features, FEATURES)]
    describe: Features = features

    def read(path: Path) -> Array:
        signal, _ = read_audio(path, per_second)
        return _checked(describe(signal, per_second), path)

    sequences: list[Array] = []
    done: list[Path] = []
    skipped: list[str] = []
    with closing(read_in_threads(read, paths, check_threads(threads))) as found:
        for path, sequence in keep(found, errors, skipped):
            sequences.append(sequence)
            done.append(path)
            if progress is not None:
                progress(len(done) + len(skipped), len(paths))
    check_any(done, skipped)
    return sequences, tuple(done), tuple(skipped)


def _checked(sequence: Any, path: Path) -> Array:
    """What a function gave as the features of a recording."""
    array = np.asarray(sequence)
    if array.ndim != 2 or 0 in array.shape:
        raise ShapeError(
            f"features gave an array of shape {array.shape} for {str(path)!r}, but (frames, features) is expected."
        )
    return array

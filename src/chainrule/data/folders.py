"""A folder with one sub-folder for each class: its files, and how they are read in threads.

Images and recordings come in such folders. What is hidden (a name that begins with a dot, and what file managers leave
behind) is passed over; everything else in a class is expected to be one of its examples.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chainrule.data.containers import nearest, plural
from chainrule.errors import ArgumentError, DataError, check_number

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
AnyPath = str | os.PathLike[str]
Progress = Callable[[int, int], object]

ERRORS = ("raise", "skip")
# What file managers and archives leave behind.
LITTER = ("thumbs.db", "desktop.ini", "__macosx")
# Each thread has so many files ahead of whoever takes what was read.
_AHEAD = 4
_MOST_THREADS = 16


def is_hidden(path: Path) -> bool:
    """Whether a file or folder is none of the user's data.

    >>> is_hidden(Path(".DS_Store")), is_hidden(Path("cat.png"))
    (True, False)
    """
    return path.name.startswith(".") or path.name.lower() in LITTER


def visible(folder: Path) -> list[Path]:
    """What is in a folder and not hidden, in the order of the names."""
    try:
        return sorted((path for path in folder.iterdir() if not is_hidden(path)), key=lambda path: path.name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"The folder {str(folder)!r} cannot be read ({reason}): check who may read it.") from error


def as_path(value: object, argument: str) -> Path:
    """The path of a file or folder that was given by its name."""
    if not isinstance(value, str | os.PathLike) or not str(value):
        raise ArgumentError(f"{argument} must be the name of a file or folder, but is {value!r}.")
    return Path(value)


def class_files(folder: AnyPath) -> list[tuple[str, Path]]:
    """The class and the path of each file: those of the first class first, each in the order of the names.

    Raises `DataError` in a sentence if this is no folder, has no sub-folders or a single one, files beside them, or a
    sub-folder that is empty or holds folders itself.
    """
    path = as_path(folder, "folder")
    name = repr(str(path))
    if not path.is_dir():
        if path.exists():
            raise DataError(f"{name} is a file, not a folder with a sub-folder for each class.")
        siblings = [other.name for other in visible(path.parent)] if path.parent.is_dir() else []
        near = nearest(path.name, siblings)
        hint = f"did you mean {str(path.with_name(near))!r}?" if near else "check the name and the folder it is in."
        raise DataError(f"There is no folder {name}: {hint}")
    inside = visible(path)
    folders, files = [each for each in inside if each.is_dir()], [each for each in inside if not each.is_dir()]
    if not inside:
        raise DataError(f"The folder {name} is empty: put a sub-folder of files into it for each class.")
    if files:
        raise DataError(
            f"The folder {name} holds {plural(len(files), 'file')}, such as {files[0].name!r}, but a class is the sub-folder "
            "that a file is in: put each file into the sub-folder of its class."
        )
    if len(folders) == 1:
        deeper = any(each.is_dir() for each in visible(folders[0]))
        hint = f"name {str(folders[0])!r} if the classes are in it" if deeper else "there is nothing to tell apart"
        raise DataError(
            f"The folder {name} has a single sub-folder, {folders[0].name!r}, which makes a single class: {hint}."
        )
    return [(each.name, file) for each in folders for file in _files_of(each)]


def _files_of(folder: Path) -> list[Path]:
    """The files of a class."""
    found = visible(folder)
    deeper = next((each for each in found if each.is_dir()), None)
    if deeper is not None:
        raise DataError(
            f"The folder of a class, {str(folder)!r}, holds a folder, {deeper.name!r}: name the folder whose sub-folders are "
            "the classes, and keep no folders in them."
        )
    if not found:
        raise DataError(f"The folder of a class, {str(folder)!r}, is empty: put its files there, or take it away.")
    return found


def check_files(paths: object, what: str) -> list[Path]:
    """The paths of files that were given one by one: an error in a sentence if there are none."""
    if isinstance(paths, str | os.PathLike) or not isinstance(paths, Iterable):
        raise ArgumentError(f"paths must be a list of names of {what}, but is {paths!r}: put a single one into a list.")
    found = [as_path(path, "each of paths") for path in paths]
    if not found:
        raise DataError(f"paths is empty: name at least one of the {what}.")
    return found


def check_threads(threads: object) -> int:
    """How many threads read files: as many as there are processors, up to 16, unless a number is given."""
    if threads is None:
        return min(_MOST_THREADS, os.cpu_count() or 1)
    return int(check_number("threads", threads, low=1, high=256, integer=True))


def read_in_threads(
    read: Callable[[Path], T], paths: Sequence[Path], threads: int
) -> Generator[tuple[Path, T | DataError], None, None]:
    """What `read` makes of each file, in the order of `paths`, and its `DataError` where it raises one.

    Threads work ahead of whoever takes the results, by a few files each, so that there is never more than that in memory. When
    nobody takes more they end with the file that they are at, and nobody waits for them: a generator may be closed by the
    garbage collector, in a thread that holds a lock which they need to end.
    """
    from concurrent.futures import ThreadPoolExecutor  # takes a while to import

    def attempt(path: Path) -> T | DataError:
        try:
            return read(path)
        except DataError as error:
            return error

    waiting: deque[tuple[Path, Future[T | DataError]]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="chainrule-read")
    try:
        for path in paths:
            waiting.append((path, pool.submit(attempt, path)))
            if len(waiting) >= threads * _AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        for path, future in waiting:
            yield path, future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def keep(found: Iterable[tuple[Path, T | DataError]], errors: str, skipped: list[str]) -> Iterator[tuple[Path, T]]:
    """What could be read; the error about any other file is raised, or its sentence goes to `skipped` with errors="skip"."""
    for path, value in found:
        if not isinstance(value, DataError):
            yield path, value
        elif errors == "raise":
            raise value
        else:
            skipped.append(str(value))


def check_any(found: Collection[object], skipped: Sequence[str]) -> None:
    """Raise `DataError` if no file could be read."""
    if not found:
        raise DataError(f"None of {plural(len(skipped), 'file')} could be read; the first: {skipped[0]}")


def check_classes(labels: Sequence[str], folder: AnyPath, skipped: Sequence[str]) -> tuple[str, ...]:
    """The different labels in rising order; raises `DataError` if files of a single class are left."""
    classes = tuple(sorted(set(labels)))
    if len(classes) < 2:
        raise DataError(
            f"{plural(len(skipped), 'file')} of {str(Path(folder))!r} could not be read, so that only the class {classes[0]!r} "
            f"is left; the first: {skipped[0]}"
        )
    return classes


def missing_package(package: str, extra: str, what: str) -> DataError:
    """The error for an optional package that is not installed."""
    return DataError(f'{what} needs the package {package}, which is not installed: pip install "chainrule[{extra}]".')

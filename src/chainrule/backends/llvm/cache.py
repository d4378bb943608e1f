"""Machine code kept on disk, so that a step that was compiled once is loaded the next time.

An entry is found by a digest of everything that its code was made from: the step, the processor, the compiler and its sources.
Whatever is wrong with the folder or an entry costs a compilation and, once, a warning; it never stops anything.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import stat
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends.llvm.library import library
from chainrule.backends.llvm.memory import Slot
from chainrule.backends.llvm.target import Target
from chainrule.errors import CacheWarning
from chainrule.graph import ROWS, DType, Step

LIMIT = 256 * 2**20  # bytes in the folder
_SUFFIX, _UNFINISHED = ".chainrule", ".chainrule-new"
_FORGOTTEN = 3600  # seconds after which an unfinished file belongs to a process that was killed
_DIGEST = hashlib.sha256


@dataclass(frozen=True, eq=False)
class Compiled:
    """All that is needed to run a step: its object code, and the lanes and the table of arrays that the code expects."""

    image: bytes
    lanes: int
    slots: tuple[Slot, ...]


def usual_folder() -> Path | None:
    r"""Where this user's programs keep what they can make again; None for a user without a home.

    It is ``$XDG_CACHE_HOME/chainrule`` where that is set, else ``~/.cache/chainrule``, on macOS
    ``~/Library/Caches/chainrule``, and on Windows ``%LOCALAPPDATA%\chainrule``.
    """
    for variable in ("XDG_CACHE_HOME", *(["LOCALAPPDATA"] if sys.platform == "win32" else [])):
        given = os.environ.get(variable, "")
        if os.path.isabs(given):
            return Path(given, "chainrule")
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "chainrule"


class Cache:
    """A folder of compiled steps, or none at all. Any number of threads and processes may use it at once.

    Files that it did not make are left alone. Of its own, those that were not used for the longest time are deleted when all
    together are larger than `limit`.
    """

    def __init__(self, folder: Path | str | None, limit: int = LIMIT) -> None:
        self.folder, self.limit = None if folder is None else Path(folder), limit
        self._warned = False

    def get(self, key: str) -> Compiled | None:
        """What was put under a key, if it is there and whole."""
        if self.folder is None or not key:
            return None
        path = self.folder / f"{key}{_SUFFIX}"
        try:
            content = _read(path)
            entry = _unpacked(key, content)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._warn("read", path, error)
            return None
        with contextlib.suppress(OSError):  # the time of its last use, which a folder that is only read does not keep
            os.utime(path)
        return entry

    def put(self, key: str, entry: Compiled) -> None:
        """Keep an entry. Another process that puts the same does no harm: the file is replaced in one step."""
        if self.folder is None or not key:
            return
        path = self.folder / f"{key}{_SUFFIX}"
        unfinished = self.folder / f"{os.urandom(8).hex()}{_UNFINISHED}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with open(unfinished, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                    file.write(_packed(key, entry))  # not forced to the disk: a torn file is found out by its digest
                os.replace(unfinished, path)
            finally:
                unfinished.unlink(missing_ok=True)
            self._trim()
        except OSError as error:
            self._warn("kept", path, error)

    def _trim(self) -> None:
        """Delete what is left over, and the oldest entries until an eighth of the limit is free."""
        assert self.folder is not None
        entries: list[tuple[float, int, str]] = []
        with os.scandir(self.folder) as found:
            for item in found:
                if item.name.endswith((_SUFFIX, _UNFINISHED)):
                    with contextlib.suppress(FileNotFoundError):  # another process has just deleted it
                        facts = item.stat(follow_symlinks=False)
                        entries.append((facts.st_mtime, facts.st_size, item.path))
        total, wanted = sum(size for _, size, _ in entries), self.limit
        if total > self.limit:
            wanted -= self.limit // 8
        for used, size, path in sorted(entries):
            left_over = path.endswith(_UNFINISHED) and used < time.time() - _FORGOTTEN
            if left_over or (total > wanted and not path.endswith(_UNFINISHED)):
                with contextlib.suppress(OSError):  # gone already, or, on Windows, being read
                    os.unlink(path)
                total -= size

    def _warn(self, what: str, path: Path, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            message = f"Machine code could not be {what} in {str(path)!r} ({error}), so it is compiled anew."
            warnings.warn(message, CacheWarning, stacklevel=3)


@cache
def usual_cache() -> Cache:
    """The cache in the usual folder."""
    return Cache(usual_folder())


# ------------------------------------------------------------------------------------------ the file of an entry


def _read(path: Path) -> bytes:
    """The content of a file that nobody else can have written: it is going to be run."""
    at_once = getattr(os, "O_NONBLOCK", 0)  # a pipe would keep us waiting
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | at_once)) as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise OSError("it is not a file")
        if sys.platform != "win32" and (facts.st_uid not in (os.geteuid(), 0) or facts.st_mode & 0o022):
            raise OSError("others may have written it")
        return file.read()


def _packed(key: str, entry: Compiled) -> bytes:
    """Digest, length of the header, header (JSON), arrays, object code."""
    arrays: list[NDArray[Any]] = []
    slots = [vars(slot) for slot in entry.slots]
    header = json.dumps({"lanes": entry.lanes, "slots": slots}, default=_plain(arrays)).encode()
    content = b"".join([len(header).to_bytes(8, "little"), header, *(array.tobytes() for array in arrays), entry.image])
    return _DIGEST(key.encode() + content).digest() + content


def _unpacked(key: str, content: bytes) -> Compiled:
    digest, content = content[: _DIGEST().digest_size], content[_DIGEST().digest_size :]
    if _DIGEST(key.encode() + content).digest() != digest:
        raise ValueError("its content has changed")
    place = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:place])
    slots = []
    for slot in header["slots"]:
        slot["shape"] = tuple(ROWS if dim is None else dim for dim in slot["shape"])
        slot["dtype"] = DType(slot["dtype"])
        slot["life"] = slot["life"] and tuple(slot["life"])
        if slot["value"] is not None:
            flat = np.frombuffer(content, slot["dtype"].numpy, count=math.prod(slot["value"]), offset=place)
            slot["value"] = flat.reshape(slot["value"])
            place += flat.nbytes
        slots.append(Slot(**slot))
    return Compiled(content[place:], header["lanes"], tuple(slots))


def _plain(arrays: list[NDArray[Any]]) -> Callable[[object], object]:
    """How JSON writes a dtype (by its name), ROWS (as null), and an array: by its shape, and its numbers go to `arrays`."""

    def plain(value: object) -> object:
        if isinstance(value, np.ndarray):
            arrays.append(value)
            return value.shape
        if value is ROWS:
            return None
        if isinstance(value, DType):
            return value.value
        raise TypeError(f"An entry of the cache cannot hold {value!r}.")

    return plain


# ------------------------------------------------------------------------------------------ the key of an entry


def key(step: Step, target: Target, layout: str, threads: int) -> str:
    """The digest of all that decides the code of a step; empty where that cannot be known, as without the sources."""
    sources = sources_digest()
    if not sources:
        return ""
    with library() as llvm:
        triple = target.triple or llvm.get_process_triple()
        made_by = (*llvm.llvm_version_info, _llvmlite_version(), np.__version__, sources)
    parts = (describe(step), target, triple, layout, threads, made_by)
    return _DIGEST("\n".join(map(str, parts)).encode()).hexdigest()


def _llvmlite_version() -> str:
    from llvmlite import __version__

    return str(__version__)


def describe(step: Step) -> str:
    """A step as text, to the last number: two steps with the same text do the same, in the same order."""
    given = [*step.state.values(), *step.data.values(), *step.scalars.values()]
    number = {node: i for i, node in enumerate(dict.fromkeys([*given, *step.graph.nodes]))}
    lines = []
    for node, i in number.items():
        inputs = [number[x] for x in node.inputs]
        origin = number.get(node.origin, "") if node.origin is not None else ""
        attributes = {name: _described(value) for name, value in sorted(node.attributes.items())}
        lines.append(f"{i} {node.op} {inputs} {node.type} {attributes} {node.scope!r} {origin}")
    for part in (field.name for field in fields(step) if field.init):
        lines += [f"{part} {name!r} {number[node]}" for name, node in getattr(step, part).items()]
    return "\n".join(lines)


def _described(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}{_DIGEST(value.tobytes()).hexdigest()}"
    if isinstance(value, tuple | list):
        return f"({', '.join(map(_described, value))})"
    return repr(value)


@cache
def sources_digest() -> str:
    """The digest of the sources that turn a step into code, and of the version; empty where they cannot be read."""
    package = Path(__file__).parents[2]
    digest = _DIGEST()
    try:
        files = [package / "__init__.py", package / "random.py"]
        files += [file for part in ("graph", "backends") for file in sorted((package / part).rglob("*.py"))]
        for file in files:
            digest.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    except OSError:  # only the compiled modules are there, or they lie in an archive
        return ""
    return digest.hexdigest()

"""A model in one file: a description in JSON and named arrays, checked to the byte.

A model file is a safetensors file, so any safetensors reader can open it::

    8 bytes   the length of the header, little-endian
    header    {"__metadata__":{"format":"chainrule","format_version":"1","sha256":"64 digits","description":"JSON"},
              "dense1/weight":{"dtype":"F32","shape":[4,3],"data_offsets":[0,48]}, ...}, spaces up to a multiple of 8
    data      the arrays, little-endian, last index fastest, the widest dtype first so that each of them is aligned

The header is written here, because the safetensors library writes the metadata in an order that changes from call to
call, and the digest needs a fixed place. So every model file begins with the same bytes: they say what it is, and the
place of the digits follows from them alone, before anything in the file is parsed or believed. The digest is the
SHA-256 of all bytes before the digits and all bytes after them; the digits are compared one for one, in lower case.
Later format versions keep this beginning, so that a newer file and a damaged one are never confused.

A digest finds accidents, not intent: whoever writes a file can give it the right one. What is read after it is checked
all the same: the header and the offsets by the safetensors library, the description here. Nothing is ever executed.

Source: safetensors, https://github.com/huggingface/safetensors; SHA-256, FIPS 180-4.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import stat
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, ModelFileError, quoted
from chainrule.files.atomic import replace_file

# None, bool, int, finite float, str, list of JSON, or dict from str to JSON: checked both when written and when read.
JSON: TypeAlias = Any

FORMAT_VERSION = 1

_BEGINNING = re.compile(
    rb'.{8}\{"__metadata__":\{"format":"chainrule",'
    rb'"format_version":"(?P<version>[0-9]{1,9})","sha256":"(?P<sha256>[0-9a-f]{64})"',
    re.DOTALL,
)
_LONGEST_BEGINNING = 256
_LONGEST_HEADER = 100_000_000  # the safetensors library reads none that is longer
_DEEPEST = 200  # levels of nesting in a description, well inside what Python's own JSON reader can follow

# NumPy's name of each dtype that a file can hold, and the name of the same in safetensors.
_DTYPES = {
    "bool": "BOOL",
    **{f"int{bits}": f"I{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"U{bits}" for bits in (8, 16, 32, 64)},
    **{f"float{bits}": f"F{bits}" for bits in (16, 32, 64)},
}

# How the files begin that are opened by mistake. Safetensors is before pickle, whose mark can be a length as well.
_FOREIGN = {
    rb"PK\x03\x04": "a zip archive, as .npz, .keras and .pt files are",
    rb"\x89HDF\r\n\x1a\n": "an HDF5 file",
    rb"\x93NUMPY": "a NumPy .npy file",
    rb".{4}\x00{4}\{": "a safetensors file that Chainrule did not write, or one whose first bytes are damaged",
    rb"\x80[\x02-\x05]": "a pickle, which is never opened because it can execute code",
}


def write_model(path: str | os.PathLike[str], description: dict[str, JSON], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Save a description and named arrays as a model file, in one step; the same content always gives the same bytes.

    The description is plain JSON (dict, list, str, int, finite float, bool, None), at most 200 levels deep. Arrays hold
    booleans, integers, float16, float32 or float64, and may have any shape, strides and byte order. What happens to the
    file that was there before is told at `chainrule.files.atomic.replace_file`.

    Raises `ArgumentError` for a description or an array that a file cannot hold, and `ModelFileError`, caused by the
    `OSError`, when the file cannot be written; the old file is then unchanged.

    >>> import numpy as np, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_model(f"{folder}/line.chainrule", {"layers": ["dense"]}, {"dense1/weight": np.eye(2)})
    ...     read_model(f"{folder}/line.chainrule")
    ({'layers': ['dense']}, {'dense1/weight': array([[1., 0.],
           [0., 1.]])})
    """
    replace_file(checked_path(path), _encode(description, arrays))


def read_model(path: str | os.PathLike[str]) -> tuple[dict[str, JSON], dict[str, NDArray[Any]]]:
    """Load what `write_model` saved: the description, and arrays equal to the bit, writable, in the order they had.

    Nothing in the file is used before all of it agrees with its SHA-256, and nothing in it is ever executed. The arrays
    own their memory and have the machine's byte order.

    Raises `ModelFileError` for a file that is missing, not a regular file, unreadable, foreign, damaged, or of another
    format version. The example is at `write_model`.
    """
    name = checked_path(path)
    data = _read(name)
    beginning = _BEGINNING.match(data)
    assert beginning is not None  # `_read` has seen it
    start, stop = beginning.span("sha256")
    if _sha256(memoryview(data)[:start], memoryview(data)[stop:]) != beginning["sha256"]:
        raise ModelFileError(
            f"{name!r} is damaged: its bytes do not agree with its SHA-256; take another copy, or train and save again."
        )
    version = int(beginning["version"])
    if version != FORMAT_VERSION:
        raise ModelFileError(
            f"{name!r} has format version {version}, and this Chainrule reads version {FORMAT_VERSION}: update it."
        )
    return _decode(name, data)


def checked_path(path: object) -> str:
    """`path` as text, if it can name a file."""
    if isinstance(path, str | os.PathLike):
        name = os.fspath(path)
        if isinstance(name, str) and name and "\0" not in name and _is_unicode(name, "surrogateescape"):
            return name
    raise ArgumentError(f"path must name a file, as a string or a pathlib.Path, but is {path!r}.")


def is_model(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a model file.

    >>> is_model(b"PK")
    False
    """
    return _BEGINNING.match(head) is not None


def _is_unicode(text: str, errors: str = "strict") -> bool:
    """Whether `text` can be encoded: a lone surrogate cannot."""
    try:
        text.encode("utf-8", errors)
    except UnicodeEncodeError:
        return False
    return True


def _sha256(*parts: bytes | memoryview) -> bytes:
    """The SHA-256 of the parts, one after the other, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest().encode()


def _encode(description: dict[str, JSON], arrays: Mapping[str, NDArray[Any]]) -> list[bytes | memoryview]:
    """The file in parts: first the length and the header, then each array."""
    if not isinstance(description, dict):
        raise ArgumentError(f"description must be a dict, but is of type {type(description).__name__}.")
    _check_json("description", description)
    stored = {name: _checked_array(name, array) for name, array in arrays.items()}
    try:
        text = json.dumps(description, allow_nan=False, separators=(",", ":"))
    except ValueError as error:  # an integer of more digits than Python turns into text
        raise ArgumentError(f"description cannot be written as JSON: {error}.") from error
    metadata = {"format": "chainrule", "format_version": str(FORMAT_VERSION), "sha256": "0" * 64, "description": text}
    header: dict[str, JSON] = {"__metadata__": metadata}
    header |= {name: {"dtype": _DTYPES[array.dtype.name], "shape": array.shape} for name, array in stored.items()}
    payloads, place = [], 0
    for name in sorted(stored, key=lambda name: -stored[name].itemsize):
        header[name]["data_offsets"] = (place, place + stored[name].nbytes)
        payloads.append(stored[name].reshape(-1).view(np.uint8).data)
        place += stored[name].nbytes
    line = json.dumps(header, separators=(",", ":")).encode()
    line += b" " * (-len(line) % 8)
    if len(line) > _LONGEST_HEADER:
        raise ArgumentError(
            f"description and arrays need a header of {len(line)} bytes; {_LONGEST_HEADER} is the most."
        )
    line = len(line).to_bytes(8, "little") + line
    beginning = _BEGINNING.match(line)
    assert beginning is not None  # `metadata` is in that order
    start, stop = beginning.span("sha256")
    return [line[:start] + _sha256(line[:start], line[stop:], *payloads) + line[stop:], *payloads]


def _check_json(place: str, value: JSON, depth: int = 0) -> None:
    """Raise `ArgumentError`, naming the place, unless `value` is JSON that comes back equal."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ArgumentError(f"{place} must be a finite number, but is {value!r}.")
    if value is None or isinstance(value, bool | int | float | str):
        return
    if not isinstance(value, list | dict):
        kind = type(value).__name__
        raise ArgumentError(f"{place} must be a dict, list, str, int, float, bool or None, but is of type {kind}.")
    if depth == _DEEPEST:
        raise ArgumentError(f"description must have at most {_DEEPEST} levels, but is nested deeper or holds itself.")
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(value, dict) and not isinstance(key, str):
            raise ArgumentError(f"{place} must have strings as keys, but has the key {key!r}.")
        _check_json(f"{place}[{key!r}]", item, depth + 1)


def _checked_array(name: object, array: object) -> NDArray[Any]:
    """`array` in C order and little-endian, if a model file can hold it under this name."""
    if not isinstance(name, str) or name == "__metadata__" or not _is_unicode(name):
        raise ArgumentError(f"arrays must have Unicode strings other than '__metadata__' as names, but has {name!r}.")
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):  # the mask would be lost
        raise ArgumentError(f"arrays[{name!r}] must be a NumPy array, but is of type {type(array).__name__}.")
    if array.dtype.name not in _DTYPES:
        raise ArgumentError(f"arrays[{name!r}] must have one of the dtypes {quoted(_DTYPES)}, but has {array.dtype}.")
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")


def _read(name: str) -> bytes:
    """All bytes of a file that begins as a model file does; no more than the beginning of any other is read."""
    try:
        mode = os.stat(name).st_mode
        if stat.S_ISDIR(mode):
            raise ModelFileError(f"{name!r} is a folder; give the path of a model file in it.")
        if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
            raise ModelFileError(f"{name!r} is a pipe, socket or device; give the path of a model file.")
        with open(name, "rb") as file:
            head = file.read(_LONGEST_BEGINNING)
            if _BEGINNING.match(head):
                return head + file.read()
    except FileNotFoundError as error:
        raise ModelFileError(f"there is no file {name!r}; check the path.") from error
    except OSError as error:
        raise ModelFileError(
            f"{name!r} cannot be read: {error.strerror or error}; check the file and its disk."
        ) from error
    except MemoryError as error:
        raise ModelFileError(f"{name!r} is larger than the memory that is free; close other programs.") from error
    if not head:
        raise ModelFileError(f"{name!r} is empty; take another copy, or train and save again.")
    kinds = (kind for pattern, kind in _FOREIGN.items() if re.match(pattern, head, re.DOTALL))
    kind = next(kinds, "another kind of file, or its first bytes are damaged")
    raise ModelFileError(f"{name!r} is not a Chainrule model file: it is {kind}; give the path of a saved model.")


def _decode(name: str, data: bytes) -> tuple[dict[str, JSON], dict[str, NDArray[Any]]]:
    """Description and arrays of a file whose digest is right, which is no reason to trust it."""
    import safetensors

    deserialize: Callable[[bytes], list[tuple[str, dict[str, Any]]]] = safetensors.deserialize
    numpy_dtypes = {stored: np.dtype(dtype) for dtype, stored in _DTYPES.items()}
    arrays = {}
    try:
        tensors = dict(deserialize(data))
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        description = json.loads(header.pop("__metadata__")["description"])
        _check_json("description", description)
        if not isinstance(description, dict):
            raise TypeError("the description is not a JSON object")
        for key in header:
            tensor = tensors.pop(key)
            dtype = numpy_dtypes[tensor["dtype"]]
            # A copy: what the library hands out need be neither writable nor in the machine's byte order.
            arrays[key] = np.ndarray(tensor["shape"], dtype.newbyteorder("<"), tensor["data"]).astype(dtype)
    except (safetensors.SafetensorError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelFileError(
            f"{name!r} agrees with its SHA-256, but Chainrule did not write it ({error!r:.200}); take another copy."
        ) from error
    return description, arrays

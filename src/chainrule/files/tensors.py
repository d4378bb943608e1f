"""Named arrays from files that others have written: safetensors, NumPy's .npz, or a model file of Chainrule's.

Nothing in a file is executed: a pickle, which a PyTorch .pt file is, is refused.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ModelFileError
from chainrule.files.model_file import checked_path, is_model, read_model

Array = NDArray[Any]

_NUMBERS = {"F16": "<f2", "F32": "<f4", "F64": "<f8"} | {
    f"{s}{8 * n}": f"<{s.lower()}{n}" for s in "IU" for n in (1, 2, 4, 8)
}
_FOR_PICKLES = "save the state_dict with safetensors.torch.save_file, or load it with torch.load and give it as it is"


def read_arrays(path: str | os.PathLike[str]) -> dict[str, Array]:
    """The arrays of a file by name, in their order there, which a safetensors file does not keep: by kind and alphabet.

    Of a model file they are those of its network, by their names in `Network.params` and `Network.state`. Numbers of 16 bits
    in bfloat16 become float32. Raises `ModelFileError` for a file that is missing, damaged or of another kind.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/weights.npz", kernel=np.eye(2))
    ...     read_arrays(f"{folder}/weights.npz")
    {'kernel': array([[1., 0.],
           [0., 1.]])}
    """
    name = checked_path(path)
    try:
        data = Path(name).read_bytes()
    except OSError as error:
        raise ModelFileError(f"{name!r} cannot be read: {error.strerror or error}; check the path.") from error
    if is_model(data[:256]):
        _, arrays = read_model(name)
        return {
            own: array
            for full, array in arrays.items()
            for kind, _, own in [full.partition("/")]
            if kind != "optimizer"
        }
    if data.startswith(b"PK\x03\x04"):
        return _of_zip(name)
    if data[8:9] == b"{":
        return _of_safetensors(name, data)
    pickled = f": it may be a pickle, which is never opened because it can execute code; {_FOR_PICKLES}"
    raise ModelFileError(f"{name!r} is neither a safetensors file nor an .npz file of arrays{pickled}.")


def _of_zip(name: str) -> dict[str, Array]:
    import zipfile  # slow to import

    try:
        with zipfile.ZipFile(name) as archive:
            names = archive.namelist()
            if not all(entry.endswith(".npy") for entry in names):
                raise ModelFileError(
                    f"{name!r} is a zip archive of other things than arrays, as .pt files are: {_FOR_PICKLES}."
                )
            return {entry.removesuffix(".npy"): _of_npy(archive.read(entry)) for entry in names}
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ModelFileError(f"{name!r} cannot be read as an .npz file: {error}; take another copy.") from error


def _of_npy(data: bytes) -> Array:
    array: Array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    return array


def _of_safetensors(name: str, data: bytes) -> dict[str, Array]:
    import safetensors

    deserialize: Callable[[bytes], list[tuple[str, dict[str, Any]]]] = safetensors.deserialize
    try:
        tensors = deserialize(data)
    except safetensors.SafetensorError as error:
        raise ModelFileError(f"{name!r} cannot be read as a safetensors file: {error}; take another copy.") from error
    return {key: _array(name, key, tensor) for key, tensor in tensors}


def _array(name: str, key: str, tensor: dict[str, Any]) -> Array:
    kind, shape, data = tensor["dtype"], tensor["shape"], tensor["data"]
    if kind == "BF16":  # the upper half of a float32
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32).reshape(shape)
    if kind not in _NUMBERS:
        raise ModelFileError(f"{name!r} holds {key!r} as {kind}, which is no kind of number that layers have.")
    return np.frombuffer(data, _NUMBERS[kind]).reshape(shape).copy()

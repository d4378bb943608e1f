"""Arrays by name, put together by the layers that they belong to."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError
from chainrule.files import read_arrays
from chainrule.transfer.tables import COUNTERS

Array = NDArray[Any]
Group = dict[str, Array]

_RECURRENT = re.compile(r"(?P<name>(?:weight|bias)_[ih]h)(?:_l(?P<layer>\d+)(?P<reverse>_reverse)?)?")
_CELL = re.compile(r"/(?:lstm|gru|simple_rnn)_cell(?:_\d+)?$")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Source:
    """Arrays by layer and name: ``groups["fc1"]["weight"]``; `full` are their names as they were given.

    `ordered` says whether the layers stand in the order in which they were made.
    """

    groups: dict[str, Group]
    full: dict[tuple[str, str], str]
    ordered: bool

    @staticmethod
    def of(given: Any, framework: str) -> Source:
        """The arrays of a file, or of a mapping of arrays or of PyTorch's tensors."""
        is_file = isinstance(given, str | os.PathLike)
        if not is_file and not isinstance(given, Mapping):
            raise ArgumentError(
                "source must be a network, the path of a file, or a mapping of arrays by name such as a state_dict, but is of "
                f"type {type(given).__name__}."
            )
        arrays = read_arrays(given) if is_file else {str(name): _array(name, value) for name, value in given.items()}
        groups: dict[str, Group] = {}
        full: dict[tuple[str, str], str] = {}
        for name, array in arrays.items():
            path, own = _SPLIT[framework](name)
            if own not in COUNTERS:
                groups.setdefault(path, {})[own] = array
                full[path, own] = name
        if not groups:
            raise ArgumentError("source holds no arrays: give it all of a network.")
        if not any(groups):
            _check_separator(framework, next(iter(arrays)))
        ordered = not is_file or framework == "chainrule"
        if (
            not ordered and len({_NUMBER.sub("#", path) for path in groups}) == 1
        ):  # 0, 2, 10: their numbers are the order
            groups, ordered = {path: groups[path] for path in sorted(groups, key=_numbers)}, True
        return Source(groups, full, ordered)


def _check_separator(framework: str, name: str) -> None:
    """Raise `ArgumentError` if a name has layers in it that another framework's separator tells."""
    if framework != "pytorch" and "." in name:
        raise ArgumentError(
            f'source names its arrays as PyTorch does, such as {name!r}: say so by framework="pytorch".'
        )
    if framework == "pytorch" and "/" in name:
        raise ArgumentError(
            f'source names its arrays as Keras or Chainrule does, such as {name!r}: say framework="keras", or leave framework= '
            "out for a network of Chainrule's."
        )


def _numbers(path: str) -> list[int]:
    return [int(number) for number in _NUMBER.findall(path)]


def _array(name: object, value: Any) -> Array:
    """An array of numbers; a tensor of PyTorch's is copied from wherever it is."""
    if hasattr(value, "detach"):
        tensor = value.detach().cpu()
        value = (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise ArgumentError(f"source[{name!r}] must be an array of numbers, but is {value!r:.60}.")
    return array


def _of_chainrule(name: str) -> tuple[str, str]:
    path, _, own = name.rpartition("/")
    return path, own


def _of_pytorch(name: str) -> tuple[str, str]:
    """``lstm.weight_ih_l1_reverse`` is weight_ih of the layer ``lstm.l1.reverse``; l0 is not named."""
    path, _, own = name.rpartition(".")
    found = _RECURRENT.fullmatch(own)
    if not found:
        return path, own
    layer, parts = found["layer"], [path]
    parts += [f"l{layer}"] if layer and layer != "0" else []
    parts += ["reverse"] if found["reverse"] else []
    return ".".join(parts), found["name"]


def _of_keras(name: str) -> tuple[str, str]:
    """``dense/kernel:0`` is the kernel of ``dense``; a cell is named by the layer around it."""
    path, _, own = name.partition(":")[0].rpartition("/")
    return _CELL.sub("", path), own


_SPLIT: dict[str, Callable[[str], tuple[str, str]]] = {
    "chainrule": _of_chainrule,
    "pytorch": _of_pytorch,
    "keras": _of_keras,
}

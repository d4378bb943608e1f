"""The parameters of an exported program: written out if they are few, else read from a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from chainrule.export.blocks import WIDTH
from chainrule.training.model import PARAMS, STATE

FEW = 200  # up to so many numbers are written out

Arrays = Mapping[str, NDArray[Any]]


def are_few(arrays: Arrays) -> bool:
    """Whether the arrays are written out."""
    return sum(array.size for array in arrays.values()) <= FEW


def written_out(arrays: Arrays, names: Mapping[str, str]) -> str:
    """The dictionary `params` with all its digits."""
    lines = [f'    "{own}": {_literal(arrays[name], len(own))},' for name, own in names.items()]
    text = "\n".join(["params = {", *lines, "}"])
    return f"# fmt: off\n{text}\n# fmt: on" if "\n        " in text else text


def loader(names: Mapping[str, str]) -> str:
    """The function that reads them from a file of NumPy's."""
    pairs = [f'        "{own}": arrays[{json.dumps(name.partition("/")[2])}],' for name, own in names.items()]
    kinds = {name.partition("/")[0] for name in names}
    source = ", ".join(f"**net.{kind}" for kind in (PARAMS, STATE) if kind in kinds)
    lines = [
        "def load(path):",
        f'    """The parameters, from the file that np.savez(path, {source}) writes."""',
        "    arrays = {name: array.astype(float) for name, array in np.load(path).items()}",
        "    return {",
        *pairs,
        "    }",
    ]
    return "\n".join(lines)


def _literal(array: NDArray[Any], before: int) -> str:
    if array.size and not array.any():
        return f"np.zeros({array.shape[0] if array.ndim == 1 else array.shape})"
    around = '    "": np.array(),'
    return f"np.array({_nested(array, 8, WIDTH - before - len(around))})"


def _nested(array: NDArray[Any], indent: int, width: int) -> str:
    """An array in brackets, on as many lines as it needs."""
    if array.ndim == 0:
        return str(array[()])
    space = " " * indent
    parts = [_nested(part, indent + 4 * (array.ndim > 2), WIDTH - indent - 1) for part in array]
    flat = f"[{', '.join(parts)}]"
    if len(flat) <= width and "\n" not in flat:
        return flat
    if array.ndim > 1:
        return "\n".join(["[", *(f"{space}{part}," for part in parts), f"{' ' * (indent - 4)}]"])
    lines = ["["]
    for i, part in enumerate(parts):
        ending = "," if i < len(parts) - 1 else "]"
        if len(f"{space}{lines[-1]} {part}{ending},") > WIDTH:
            lines.append(f"{space} {part}{ending}")
        else:
            lines[-1] += f"{' ' * (lines[-1] != '[')}{part}{ending}"
    return "\n".join(lines)

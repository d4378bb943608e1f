"""Figures in files."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.errors import ArgumentError
from chainrule.files.atomic import replace_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURES = (".png", ".pdf", ".svg")


def check_picture(argument: str, path: str | os.PathLike[str]) -> str:
    """The name of a file for a picture; `ArgumentError` if it ends in nothing that is one."""
    if not isinstance(path, str | os.PathLike):
        raise ArgumentError(f"{argument} must be the name of a file, but is of type {type(path).__name__}.")
    name = os.fspath(path)
    if Path(name).suffix.lower() not in PICTURES:
        raise ArgumentError(f"{argument} must name a file that ends in {', '.join(PICTURES)}, but is {name!r}.")
    return name


def save_picture(figure: Figure, path: str | os.PathLike[str], argument: str = "path") -> None:
    """Write a figure in the format that the file's name asks for, in one step."""
    name = check_picture(argument, path)
    picture = io.BytesIO()
    figure.savefig(picture, format=Path(name).suffix.lower().removeprefix("."), dpi=150)
    replace_file(name, [picture.getvalue()])

"""Files that the command writes: found to be writable before any work is done, and replaced in one step."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from chainrule.errors import ArgumentError
from chainrule.files.atomic import replace_file
from chainrule.training.pictures import check_picture


def check_outputs(outputs: Mapping[str, str | None], inputs: Mapping[str, str] | None = None) -> None:
    """Raise `ArgumentError` if a file cannot be written, is one of the inputs, or is named twice.

    `outputs` are the names of files by their options, `inputs` by what they are. Nothing is left behind.
    """
    plot = outputs.get("--plot")
    if plot is not None:
        check_picture("--plot", plot)
    taken = {os.path.realpath(name): what for what, name in (inputs or {}).items()}
    for option, name in outputs.items():
        if name is None:
            continue
        real = os.path.realpath(name)
        if real in taken:
            raise ArgumentError(f"{option} {name} is also {taken[real]}: choose another name.")
        taken[real] = f"the file of {option}"
        _check_writable(option, name)


def _check_writable(option: str, name: str) -> None:
    if not name:
        raise ArgumentError(f"{option} must be the name of a file, but is {name!r}.")
    path = Path(os.path.realpath(name))
    reason = None
    try:
        if path.is_dir():
            reason = "is a folder: give the name of a file"
        elif path.exists() and not path.is_file():
            reason = "is a pipe or device: give the name of a file on disk"
        elif path.exists() and not os.access(path, os.W_OK):
            reason = "is write-protected: choose another name"
        elif not path.parent.is_dir():
            reason = "is in a folder that does not exist: make the folder first"
        if reason is not None:
            raise ArgumentError(f"{option} {name} {reason}.")
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        why = error.strerror or str(error)
        raise ArgumentError(f"{option} {name} cannot be written ({why}): choose another place.") from error


def write_text(name: str, text: str) -> None:
    """Write a file in one step."""
    replace_file(name, [text.encode()])

"""Programs that only some tests drive: a browser and LaTeX. Continuous integration must have them."""

from __future__ import annotations

import os
import shutil

import pytest


def needed(program: str, package: str) -> str:
    """The path of a program; where there is none, the test is skipped, and in continuous integration fails."""
    found = shutil.which(program)
    if found is None:
        message = f"{program} is not installed: it is in Debian's package {package}."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found

"""``python -m chainrule`` is the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule as cr


@pytest.mark.parametrize(("arguments", "code"), [(["--version"], 0), (["train", "--help"], 0), (["trian"], 2)])
def test_the_module_is_the_command(arguments: list[str], code: int, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(cr.__file__).parents[1]), "COLUMNS": "100"}
    found = [
        subprocess.run(
            [sys.executable, *start, *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True
        )
        for start in (["-m", "chainrule"], ["-c", "from chainrule.cli import main; main()"])
    ]
    assert found[0].returncode == found[1].returncode == code
    assert (found[0].stdout, found[0].stderr) == (found[1].stdout, found[1].stderr)
    assert "chainrule" in found[0].stdout + found[0].stderr

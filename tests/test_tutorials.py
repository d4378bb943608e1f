"""The tutorials: short, and their commands print what the pages say. Their Python is run by test_docs.py."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).resolve().parents[1] / "docs" / "tutorials"
PAGES = sorted(TUTORIALS.glob("*.md"))
COMMANDS = re.compile(r"^```sh\n(.*?)^```\n\n^```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FRACTION = re.compile(r"\d+\.\d+")
WITH_COMMANDS = [page for page in PAGES if COMMANDS.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_is_short(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 120


def test_there_are_commands() -> None:
    assert [page.stem for page in WITH_COMMANDS] == ["table"]


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.stem)
def test_commands_print_what_the_page_says(page: Path, tmp_path: Path) -> None:
    for file in TUTORIALS.glob("*.csv"):
        shutil.copy(file, tmp_path)
    for lines, shown in COMMANDS.findall(page.read_text(encoding="utf-8")):
        printed = ""
        for line in lines.splitlines():
            program, *arguments = shlex.split(line)
            assert program == "chainrule"
            result = subprocess.run(
                [sys.executable, "-m", "chainrule", *arguments],
                cwd=tmp_path,
                env={**os.environ, "COLUMNS": "100"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert result.returncode == 0, result.stdout
            printed += result.stdout
        assert alike(shown, printed), printed


def alike(shown: str, printed: str) -> bool:
    """Whether the words are the same, and the numbers nearly: training differs in its last bits from machine to machine.

    Where something is left out by ``...``, the words alone are compared.
    """
    words, numbers = zip(*((FRACTION.sub("#", text), FRACTION.findall(text)) for text in (shown, printed)), strict=True)
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    near = (abs(float(a) - float(b)) <= 0.05 * abs(float(b)) for a, b in zip(*numbers, strict=False))
    return doctest.OutputChecker().check_output(*words, options) and ("..." in shown or all(near))


def test_other_words_and_other_numbers_are_found() -> None:
    assert alike("a 100.5\nb", "a  100.6\nb\n")
    assert alike("a 100.5\n...\nb", "a  100.6\nc\nb\n")
    assert not alike("a 100.5\n...\nb", "a 100.6\nc\nd")
    assert not alike("a 100.5", "a 120.6")

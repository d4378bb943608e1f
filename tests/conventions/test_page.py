"""docs/conventions.md and the tests in this folder name each other, in the same order, so that both can be read side by side."""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "conventions.md"


def named_in(file: Path) -> list[str]:
    """The tests of a file, in its order."""
    statements = ast.parse(file.read_text(encoding="utf-8")).body
    return [each.name for each in statements if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")]


def test_page_and_tests_name_each_other() -> None:
    files = [file for file in sorted(FOLDER.glob("test_*.py")) if file != Path(__file__)]
    pinned = re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8"))
    found = [named_in(file) for file in files]
    assert sorted(itertools.chain(*found)) == sorted(pinned)
    in_order = sorted(found, key=lambda names: pinned.index(names[0]))
    assert list(itertools.chain(*in_order)) == pinned

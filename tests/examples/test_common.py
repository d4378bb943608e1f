"""What the examples have in common: the command line, where data are, and what figures show."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
import common


def first() -> None:
    """The first part.

    More of it.
    """


def second() -> None:
    """The second part."""


PARTS = {"first": first, "second": second}


def test_parts_are_those_that_are_asked_for_or_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["example.py", "second", "--figures", "folder", "--rows", "3"])
    given = common.arguments("An example.", PARTS, data="the file", rows={"type": int})
    assert (given.data, given.figures, given.rows) == (None, "folder", 3)
    assert list(common.announced(PARTS, given.parts)) == [("second", second)]
    assert capsys.readouterr().out == "\nsecond: The second part.\n"
    assert list(common.announced(PARTS, [])) == list(PARTS.items())
    assert capsys.readouterr().out == "\nfirst: The first part.\n\nsecond: The second part.\n"


def test_a_part_that_there_is_not_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["example.py", "third"])
    with pytest.raises(SystemExit):
        common.arguments("An example.", PARTS, data="the file")
    assert "there is no part 'third'; there are first, second" in capsys.readouterr().err


def test_data_are_where_an_argument_says_or_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    (tmp_path / "data.csv").touch()
    assert common.find(None, "data.csv", "Get it.") == tmp_path / "data.csv"
    assert common.find(str(tmp_path / "data.csv"), "other.csv", "Get it.") == tmp_path / "data.csv"
    with pytest.raises(SystemExit, match="Get it"):
        common.find(None, "other.csv", "Get it.")


def test_a_confusion_matrix_shows_what_was_counted(tmp_path: Path) -> None:
    counts = np.array([[90, 7, 0], [0, 85, 0], [0, 0, 0]])
    common.draw_confusion(counts, tmp_path / "new", names=("cat", "dog", "cow"), predicted="said")
    shown = re.findall(r"<text[^>]*>([^<]+)</text>", (tmp_path / "new" / "confusion.svg").read_text("utf-8"))
    assert sorted(text for text in shown if text.isdigit()) == ["7", "85", "90"]
    assert [shown.count(name) for name in ("cat", "dog", "cow", "true", "said")] == [2, 2, 2, 1, 1]


@pytest.mark.parametrize("validation", [None, 0.25])
def test_a_learning_curve_has_a_line_for_each_loss(tmp_path: Path, validation: float | None) -> None:
    X = np.linspace(-1, 1, 40)[:, None]
    history = cr.Network(cr.Dense(1)).fit(X, X[:, 0], loss="squared_error", epochs=2, validation=validation, seed=0)
    common.draw_learning(history, tmp_path, training="in training", ylabel="½ error²")
    svg = (tmp_path / "learning.svg").read_text("utf-8")
    assert [word in svg for word in ("in training", "½ error²", "validation")] == [True, True, validation is not None]


def test_the_same_figure_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first.svg", "second.svg"):
        with common.canvas(tmp_path, name, columns=2) as (left, right):
            left.plot([1, 2])
            right.plot([2, 1])
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()

"""Pages whose examples are run when they are made: the page shows what each block prints, and the figures that it draws.

The Python blocks of a page are one program, run in order in an empty folder. A block of text right below one of them is what
that one prints. An SVG that an example saves in the folder named after the page, such as ``chapter/noise.svg`` of chapter.md, is
a figure of the page: it is drawn in colours that can be read on a light and on a dark ground.

After a change that is meant, `scripts/update-texts` writes what is printed and drawn anew; read the difference.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "docs" / "chapter.md",)

_EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)

_INK, _COLOURS = "#7d8590", ("#2f81f7", "#d9730d", "#2da44e", "#a371f7", "#e5534b", "#7d8590")
_STYLE = {
    "svg.fonttype": "none",  # letters, not their outlines
    "svg.hashsalt": "chainrule",  # names within the file are the same in every run
    "savefig.transparent": True,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), _INK),
    "axes.grid": True,
    "grid.color": _INK,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}
_DATE = re.compile(r"\s*<dc:date>.*?</dc:date>")
_NAME = re.compile(r"\b[a-z][0-9a-f]{10}\b")  # made from coordinates
_NUMBER = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True)
class Example:
    """A block of Python: the line of the page that it begins at, and the text that stands below it."""

    line: int
    code: str
    shown: str


@dataclass(frozen=True)
class Made:
    """What the examples of a page print, one after another, and the figures that they draw, by file name."""

    printed: tuple[str, ...]
    figures: dict[str, str]


def examples(page: Path) -> list[Example]:
    """The examples of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Example(text.count("\n", 0, m.start(1)) + 1, m[1], m[2] or "") for m in _EXAMPLE.finditer(text)]


def figures(page: Path) -> dict[str, str]:
    """The figures that lie beside a page, by file name."""
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(page.with_suffix("").glob("*"))}


def run(page: Path) -> Made:
    """Run the examples. A traceback names the line of the page."""
    names: dict[str, Any] = {"__name__": page.stem}
    printed = []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), _style(), np.printoptions():
        drawn = Path(page.stem)
        drawn.mkdir()
        for example in examples(page):
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile("\n" * (example.line - 1) + example.code, page, "exec"), names)
            printed.append(output.getvalue())
        figures = {file.name: _DATE.sub("", file.read_text(encoding="utf-8")) for file in sorted(drawn.iterdir())}
    return Made(tuple(printed), figures)


def _style() -> contextlib.AbstractContextManager[None]:
    import matplotlib as mpl

    return mpl.rc_context({**mpl.rcParamsDefault, **_STYLE, "axes.prop_cycle": mpl.cycler(color=_COLOURS)})


def foreign(figure: str) -> bool:
    """Whether another version of matplotlib has drawn it than is installed."""
    import matplotlib as mpl

    return f"Matplotlib v{mpl.__version__}," not in figure


def alike(one: str, other: str) -> bool:
    """Whether two figures are the same to the eye: no coordinate is a point apart, and all else is equal."""
    (text, numbers), (other_text, other_numbers) = map(_taken_apart, (one, other))
    return text == other_text and all(abs(a - b) < 1.0 for a, b in zip(numbers, other_numbers, strict=True))


def _taken_apart(figure: str) -> tuple[str, list[float]]:
    named = _NAME.sub("", figure)
    return _NUMBER.sub("#", named), [float(number) for number in _NUMBER.findall(named)]


def update(page: Path) -> list[Path]:
    """Write what the examples print and draw into the page and beside it; the files that have changed."""
    made, text, changed = run(page), page.read_text(encoding="utf-8"), []
    below = iter(made.printed)
    new = _EXAMPLE.sub(lambda found: f"```python\n{found[1]}```\n{_block(next(below))}", text)
    if new != text:
        page.write_text(new, encoding="utf-8")
        changed.append(page)
    there, folder = figures(page), page.with_suffix("")
    for name, figure in made.figures.items():
        if name not in there or foreign(there[name]) or not alike(there[name], figure):
            folder.mkdir(exist_ok=True)
            (folder / name).write_text(figure, encoding="utf-8")
            changed.append(folder / name)
    return changed


def _block(printed: str) -> str:
    return f"\n```text\n{printed}```\n" if printed else ""


def sections(page: Path) -> dict[str, str]:
    """The numbered sections of a page, by their headings."""
    _, *parts = re.split(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {head: text for head, text in zip(parts[::2], parts[1::2], strict=True) if head[0].isdigit()}

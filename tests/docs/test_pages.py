"""The pages whose examples are run show what these print and draw.

Where a test fails after a change that is meant, run `scripts/update-texts` and read the difference.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from docs import pages
from docs.pages import PAGES, Made

EXAMPLES = [(page, i) for page in PAGES for i in range(len(pages.examples(page)))]
FIGURES = [(page, name) for page in PAGES for name in pages.figures(page)]
SECTIONS = [(page, head) for page in PAGES for head in pages.sections(page)]
LARGEST_FIGURE = 60_000  # bytes

made = cache(pages.run)


@pytest.mark.slow
@pytest.mark.parametrize(("page", "i"), EXAMPLES, ids=[f"{page.name}-{i}" for page, i in EXAMPLES])
def test_an_example_prints_what_the_page_shows(page: Path, i: int) -> None:
    assert pages.examples(page)[i].shown == made(page).printed[i]


@pytest.mark.slow
@pytest.mark.parametrize(("page", "name"), FIGURES, ids=[f"{page.name}-{name}" for page, name in FIGURES])
def test_a_figure_is_what_the_examples_draw(page: Path, name: str) -> None:
    figure = pages.figures(page)[name]
    if pages.foreign(figure):
        pytest.skip("another version of matplotlib has drawn it")
    assert pages.alike(figure, made(page).figures[name])


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_figures_of_a_page_are_shown_on_it(page: Path) -> None:
    shown = re.findall(rf"!\[[^\]]+\]\({page.stem}/(.+?)\)", page.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(made(page).figures) == sorted(pages.figures(page))


@pytest.mark.parametrize(("page", "name"), FIGURES, ids=[f"{page.name}-{name}" for page, name in FIGURES])
def test_a_figure_is_small_and_has_no_date(page: Path, name: str) -> None:
    figure = pages.figures(page)[name]
    assert len(figure.encode()) < LARGEST_FIGURE
    assert "dc:date" not in figure


@pytest.mark.parametrize(("page", "head"), SECTIONS, ids=[head for _, head in SECTIONS])
def test_a_section_has_a_formula_an_example_and_the_call_that_does_it(page: Path, head: str) -> None:
    section = pages.sections(page)[head]
    assert "$$\n" in section
    assert "```python\n" in section
    assert "\n```text\n" in section
    assert "\n**The call:** `" in section


# ------------------------------------------------------------------------------------- a small page, and what goes wrong

PAGE = """# A page

```python
import matplotlib.figure
x = 2
```

```python
print(x + x)
figure = matplotlib.figure.Figure()
figure.subplots().plot([0, 1], [0, x])
figure.savefig("page/line.svg")
```

```text
5
```

The end.
"""


def written(folder: Path, text: str) -> Path:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    return page


def test_a_page_is_written_anew_once(tmp_path: Path) -> None:
    page = written(tmp_path, PAGE)
    assert pages.update(page) == [page, tmp_path / "page" / "line.svg"]
    assert page.read_text(encoding="utf-8") == PAGE.replace("5", "4")
    assert pages.update(page) == []


def test_output_comes_and_goes(tmp_path: Path) -> None:
    page = written(tmp_path, PAGE.replace("x = 2", 'print("two"); x = 2').replace("print(x + x)", "x"))
    pages.update(page)
    assert [example.shown for example in pages.examples(page)] == ["two\n", ""]
    assert page.read_text(encoding="utf-8").endswith('line.svg")\n```\n\nThe end.\n')


def test_another_figure_is_found(tmp_path: Path) -> None:
    page = written(tmp_path, PAGE)
    before, after = pages.run(page), pages.run(written(tmp_path, PAGE.replace("[0, x]", "[x, 0]")))
    assert before.printed == ("", "4\n") == after.printed
    assert pages.alike(before.figures["line.svg"], pages.run(page).figures["line.svg"]) is False
    assert pages.alike(after.figures["line.svg"], pages.run(page).figures["line.svg"])


def test_a_failing_example_is_named_by_its_line(tmp_path: Path) -> None:
    page = written(tmp_path, PAGE.replace("print(x + x)", "print(1 / 0)"))
    with pytest.raises(ZeroDivisionError) as error:
        pages.run(page)
    assert error.traceback[-1].lineno == 8  # counted from 0
    assert str(error.traceback[-1].path) == str(page)


def test_nothing_of_a_run_stays(tmp_path: Path) -> None:
    page = written(tmp_path, "```python\nimport numpy as np\nnp.set_printoptions(precision=1)\n```\n")
    before, folder = np.get_printoptions(), Path.cwd()
    assert pages.run(page) == Made(("",), {})
    assert (np.get_printoptions(), Path.cwd()) == (before, folder)

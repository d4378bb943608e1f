"""The documentation site: it builds without a warning, its links lead somewhere, nothing on it comes from another host, and
every public name is on one page of the reference."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest

import chainrule

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = sorted((ROOT / "docs" / "reference").glob("*.md"))

# What a browser fetches by itself; a link is followed by the reader.
FETCHED = {
    ("audio", "src"),
    ("iframe", "src"),
    ("img", "src"),
    ("img", "srcset"),
    ("link", "href"),
    ("script", "src"),
    ("source", "src"),
    ("source", "srcset"),
    ("video", "src"),
}
FOREIGN_STYLE = re.compile(r"(?:url\(\s*[\"']?|@import\s+[\"'])((?:[a-z]+:)?//[^\"')\s]+)", re.IGNORECASE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built by the script that people build it with."""
    pytest.importorskip("mkdocs", reason='the site is built with mkdocs: pip install -e ".[docs]"')
    if shutil.which("bash") is None:
        pytest.skip("scripts/docs is written for bash")
    folder = tmp_path_factory.mktemp("site")
    python_first = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    command = ["bash", "scripts/docs", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, env={**os.environ, "PATH": python_first}, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


# --------------------------------------------------------------------------------------------------- links


@dataclass
class Read(HTMLParser):
    """What a page refers to, as (tag, attribute, address), and the places in it that can be linked to."""

    references: list[tuple[str, str, str]] = field(default_factory=list)
    anchors: Counter[str] = field(default_factory=Counter)
    styles: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.anchors.update({given[name] for name in ("id", "name") if name in given and tag != "meta"})
        self.styles += given.get("style", "")
        self.references += [
            (tag, name, address.split()[0])
            for name in ("href", "src", "srcset")
            for address in (given.get(name, "").split(",") if name == "srcset" else [given.get(name, "")])
            if address.strip()
        ]

    def handle_data(self, data: str) -> None:
        if self.lasttag == "style":
            self.styles += data


@cache
def read(page: Path) -> Read:
    found = Read()
    found.feed(page.read_text(encoding="utf-8"))
    return found


def faults(folder: Path) -> Iterator[str]:
    """A sentence for each link that leads nowhere, and for whatever comes from another host."""
    for page in sorted(folder.rglob("*.html")):
        here = page.relative_to(folder).as_posix()
        for tag, name, address in read(page).references:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                if (tag, name) in FETCHED and parts.scheme != "data":
                    yield f"{here}: {tag} comes from elsewhere: {address}"
                continue
            path = parts.path.removeprefix("/") if here == "404.html" else parts.path  # which only a server shows
            target = page.parent / unquote(path) if path else page
            if not target.is_file():
                yield f"{here}: {address} does not exist"
            elif target.suffix == ".html" and parts.fragment and unquote(parts.fragment) not in read(target).anchors:
                yield f"{here}: {address} names a place that is not there"
        yield from (f"{here}: a style comes from elsewhere: {url}" for url in FOREIGN_STYLE.findall(read(page).styles))
    for sheet in sorted([*folder.rglob("*.css"), *folder.rglob("*.svg")]):
        for url in FOREIGN_STYLE.findall(sheet.read_text(encoding="utf-8")):
            yield f"{sheet.relative_to(folder).as_posix()} takes something from elsewhere: {url}"


def test_links_lead_somewhere_and_nothing_comes_from_another_host(site: Path) -> None:
    assert list(faults(site)) == []
    assert len(list(site.rglob("*.html"))) >= len(list((ROOT / "docs").rglob("*.md")))


def test_faults_are_found(tmp_path: Path) -> None:
    (tmp_path / "b.html").write_text('<h2 id="there">B</h2>', encoding="utf-8")
    (tmp_path / "a.css").write_text("@font-face { src: url(//fonts.test/a.woff) } a { color: red }", encoding="utf-8")
    (tmp_path / "a.html").write_text(
        '<a href="b.html#there">fine</a> <a href="https://elsewhere.test/">fine</a> <a href="#">top</a> <a id="x" href="#x">'
        '<a href="b.html#here">1</a> <a href="c.html">2</a> <img src="none.svg"> <script src="https://cdn.test/a.js"></script>'
        '<link href="//fonts.test/css"> <img src="data:image/png;base64,AA==" srcset="https://img.test/a.png 2x">'
        '<style>@import "https://fonts.test/b.css";</style>',
        encoding="utf-8",
    )
    assert [fault.rpartition(": ")[2] for fault in faults(tmp_path)] == [
        "b.html#here names a place that is not there",
        "c.html does not exist",
        "none.svg does not exist",
        "https://cdn.test/a.js",
        "//fonts.test/css",
        "https://img.test/a.png",
        "https://fonts.test/b.css",
        "//fonts.test/a.woff",
    ]


def test_formulae_are_mathml(site: Path) -> None:
    """No script draws them, so none may be left in LaTeX."""
    formulae = 0
    for page in (ROOT / "docs").rglob("*.md"):
        blocks = len(re.findall(r"^\$\$$", page.read_text(encoding="utf-8"), re.MULTILINE)) // 2
        html = (site / page.relative_to(ROOT / "docs").with_suffix(".html")).read_text(encoding="utf-8")
        assert html.count(' display="block">') == blocks, page
        assert "arithmatex" not in html, page
        formulae += blocks
    assert formulae > 10


# --------------------------------------------------------------------------------------------------- the reference


def packages() -> Iterator[ModuleType]:
    """What a user may import from: the package, and the packages in it that say what they export. The command has no names."""
    yield chainrule
    yield chainrule.graph.primitives
    for module in pkgutil.iter_modules(chainrule.__path__, "chainrule."):
        if module.ispkg and module.name != "chainrule.cli":
            yield importlib.import_module(module.name)


def exported() -> dict[int, tuple[str, object]]:
    """Every public object once, with the shortest of the names that it can be imported by."""
    found: dict[int, tuple[str, object]] = {}
    for package in packages():
        for name in getattr(package, "__all__", ()):
            value = getattr(package, name)
            if not isinstance(value, ModuleType):
                found.setdefault(id(value), (f"{package.__name__}.{name}", value))
    return found


def named_on_a_page() -> list[str]:
    return [
        path
        for page in REFERENCE
        for path in re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]


def resolve(path: str) -> object:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def test_every_public_name_is_on_one_page() -> None:
    times = Counter(id(resolve(path)) for path in named_on_a_page())
    assert [name for key, (name, _) in exported().items() if key not in times] == []
    assert [path for path in named_on_a_page() if times[id(resolve(path))] > 1] == []


def test_every_public_name_has_its_place(site: Path) -> None:
    anchors = {page: read(page).anchors for page in site.rglob("*.html")}
    kinds = [page.name for page in anchors if "doc-symbol-module" in page.read_text(encoding="utf-8")]
    assert kinds == [], "a function that has the name of its module is shown as the module: name it by both"
    for path in named_on_a_page():
        assert sum(found[path] for found in anchors.values()) == 1, path
    methods = [
        name
        for name, value in inspect.getmembers_static(chainrule.Network)
        if not name.startswith("_") and (callable(value) or isinstance(value, property | staticmethod | classmethod))
    ]
    network = anchors[site / "reference" / "network.html"]
    assert [name for name in methods if f"chainrule.Network.{name}" not in network] == []
    assert "fit" in methods

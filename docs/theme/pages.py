"""Pages of the site that are not written in docs/, and what a page written for any reader of Markdown needs on the site.

The README is the first page; how to contribute, the changes and the licence are pages as well. Each is written once, at the root
of the project, where people look for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "licence.md",
}

_LINK = re.compile(r"\]\((?:docs/)?([^)#:]+)(#[^)]*)?\)")
_PICTURE = re.compile(
    r"<picture>.*?<img alt=\"([^\"]*)\" src=\"(?:docs/)?([\w-]+)-light\.(svg|png)\">\s*</picture>", re.DOTALL
)
_PACKAGE = re.compile(r"\bchainrule\.(?:\w+\.)*(?=\w+$)")
_HEADING = re.compile(r'(<span class="doc doc-object-name [\w-]+">)(chainrule\.(?:\w+\.)*)(?=\w)')
_PROMPT = re.compile(r"^```python\n(?=>>> )", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the project's root, with links that lead to the pages of the site."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        if source == "LICENSE":
            text = f"# Licence\n\n{text}"
        text = _LINK.sub(lambda link: f"]({PAGES.get(link[1], link[1])}{link[2] or ''})", text)
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Show a picture by the colours that are chosen on the site, and examples with a prompt as such."""
    pair = r'<img alt="\1" src="\2-light.\3#only-light"><img alt="\1" src="\2-dark.\3#only-dark">'
    return _PROMPT.sub("```pycon\n", _PICTURE.sub(pair, markdown)).replace("\n<BLANKLINE>\n", "\n\n")


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Say quietly from where a name is imported, and leave it out of the table of contents."""
    for item in _below(page.toc.items):
        item.title = _PACKAGE.sub("", item.title)
    if page.parent is None:
        page.meta.setdefault("hide", ["navigation"])  # the tabs above the page are all there is
    return _HEADING.sub(r'\1<span class="doc-package">\2</span>', html)


def _below(items: Iterable[AnchorLink]) -> Iterator[AnchorLink]:
    for item in items:
        yield item
        yield from _below(item.children)

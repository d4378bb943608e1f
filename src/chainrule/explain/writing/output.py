"""How explanations leave: as text, LaTeX or a page, on a terminal, in a notebook, or in a file.

What writes LaTeX and pages is imported when it is first used: most programs never do, and start the sooner.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path

from chainrule.errors import ArgumentError
from chainrule.files.atomic import replace_file

_TALLEST = 860  # pixels of a page within a notebook
_FIT = f"this.style.height=Math.min({_TALLEST},this.contentDocument.body.offsetHeight+8)+'px'"


class Output(ABC):
    """Something that prints as text, shows itself in a notebook, and can be saved as text, LaTeX or HTML."""

    @abstractmethod
    def to_text(self) -> str:
        """Aligned text, as `print` shows it."""

    @abstractmethod
    def to_latex(self) -> str:
        """LaTeX to be put into a document that uses the package amsmath."""

    def to_latex_document(self) -> str:
        """A LaTeX document that can be compiled as it is."""
        from chainrule.explain.writing.latex_document import document_of

        return document_of(self.to_latex())

    @abstractmethod
    def to_html(self) -> str:
        """A page that needs nothing else."""

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        """The page in a frame of its own, so that neither it nor the notebook changes how the other looks."""
        from html import escape

        style = f"width:100%;height:{_TALLEST}px;border:0"
        return f'<iframe srcdoc="{escape(self.to_html())}" style="{style}" onload="{_FIT}"></iframe>'

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file: a page if its name ends in .html, a LaTeX document for .tex, text for .txt."""
        if not isinstance(path, str | os.PathLike):
            raise ArgumentError(f"path must be the name of a file, but is of type {type(path).__name__}.")
        match Path(path).suffix.lower():
            case ".html":
                text = self.to_html()
            case ".tex":
                text = self.to_latex_document()
            case ".txt":
                text = f"{self.to_text()}\n"
            case _:
                raise ArgumentError(
                    f"The name of the file must end in .html, .tex or .txt, unlike {os.fspath(path)!r}."
                )
        replace_file(os.fspath(path), [text.encode()])

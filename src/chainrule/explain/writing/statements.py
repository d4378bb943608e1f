"""A short text of formulae and sentences, one below the other, as LaTeX and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from chainrule.explain.writing.html_frame import html_page
from chainrule.explain.writing.latex import latex_of, latex_text
from chainrule.explain.writing.mathml import mathml_of


@dataclass(frozen=True)
class Statement:
    """A formula, or a sentence."""

    text: str
    is_formula: bool = True


def statements_latex(title: str, statements: Sequence[Statement]) -> str:
    """LaTeX that needs the package amsmath."""
    lines = [rf"\section*{{{latex_text(title)}}}"]
    for statement in statements:
        body = [r"\[", latex_of(statement.text), r"\]"] if statement.is_formula else [latex_text(statement.text), ""]
        lines.extend(body)
    return "\n".join(lines)


def statements_page(title: str, statements: Sequence[Statement]) -> str:
    """A page."""
    lines = (
        f'<p class="formula">{mathml_of(s.text)}</p>' if s.is_formula else f"<p>{escape(s.text)}</p>"
        for s in statements
    )
    return html_page(title, f"<h1>{escape(title)}</h1>{''.join(lines)}")

"""Sections of formulae and numbers as LaTeX, and the document around them."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.explain.step.quantities import NOTATION, Array, Excerpt, Quantity, Section, excerpt, scalar_text
from chainrule.explain.writing.latex import latex_of, latex_text

_PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[utf8]{inputenc}
\usepackage[margin=15mm]{geometry}
\usepackage{amsmath}
\setlength{\parindent}{0pt}
\setlength{\arraycolsep}{3pt}
\begin{document}
"""


def document_of(fragment: str) -> str:
    """A document that can be compiled, around what is to stand in it."""
    return f"{_PREAMBLE}{fragment}\n\\end{{document}}\n"


def fragment_of(title: str, sections: Iterable[Section], closing: str) -> str:
    """Sections one after another; it needs the package amsmath."""
    head = [rf"\section*{{{latex_text(title)}}}", *map(latex_text, NOTATION)]
    body = (line for section in sections for line in _section(section))
    return "\n".join([*head, *body, "", *(f"{latex_text(line)}\\\\" for line in closing.splitlines() if line.strip())])


def _section(section: Section) -> list[str]:
    lines = ["", rf"\subsection*{{{latex_text(section.title)}}}"]
    return lines + [line for quantity in section.quantities for line in _quantity(quantity)]


def _quantity(quantity: Quantity) -> list[str]:
    if quantity.code:
        text = f"{latex_text(quantity.symbol)} = {latex_text(quantity.formula)}"
        return [rf"\par\texttt{{{text}}}", *_numbers("", quantity)]
    head = latex_of(quantity.symbol)
    if quantity.formula:
        head += f" = {latex_of(quantity.formula)}"
    return _numbers(head, quantity)


def _numbers(head: str, quantity: Quantity) -> list[str]:
    shapes = rf" \qquad \text{{\footnotesize {latex_text(quantity.shapes)}}}" if quantity.shapes else ""
    value = quantity.value
    if value is None:
        return [r"\[", f"{head}{shapes}", r"\]"] if head else []
    if value.ndim == 0:
        return [r"\[", f"{head} = {_number(scalar_text(value))}", r"\]"]
    first = [rf"{head}{shapes} \\"] if head else []
    return [r"\begin{gather*}", *first, matrix(value), r"\end{gather*}"]


def matrix(value: Array) -> str:
    """An array as a matrix, of a large one the edges."""
    table: Excerpt = excerpt(value)
    width = len(table.columns)
    rows = (" & ".join([r"\vdots"] * width) if row is None else " & ".join(map(_number, row)) for row in table.rows)
    return rf"\left[\begin{{array}}{{{'r' * width}}} " + r" \\ ".join(rows) + r" \end{array}\right]"


def _number(text: str) -> str:
    if text == "…":
        return r"\cdots"
    mantissa, e, exponent = text.replace("−", "-").partition("e")
    if not e:
        return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{NaN}"}.get(mantissa, mantissa)
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"

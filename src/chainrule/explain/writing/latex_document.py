"""Sections of formulae and numbers as LaTeX, and the document around them."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.explain.step.quantities import NOTATION, Array, Excerpt, Quantity, Section, excerpt, scalar_text
from chainrule.explain.writing.latex import latex_of, latex_text

_ACROSS = 9  # columns of matrices that stand side by side
_LONG = 66  # letters of a formula that fit on a line, more or less
_PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[utf8]{inputenc}
\usepackage[margin=15mm]{geometry}
\usepackage{amsmath}
\setlength{\parindent}{0pt}
\setlength{\arraycolsep}{3pt}
\allowdisplaybreaks
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
    whole = f"{quantity.symbol} = {quantity.formula}" if quantity.formula else quantity.symbol
    length = len(whole) + len(quantity.shapes)
    return _numbers(r" \\ ".join(map(latex_of, _pieces(whole) if length > _LONG else [whole])), quantity)


def _pieces(formula: str) -> list[str]:
    """A formula in pieces that fit on a line, cut behind commas that stand in no bracket."""
    pieces, start, cut, depth = [], 0, 0, 0
    for place, letter in enumerate(formula):
        depth += (letter in "([") - (letter in ")]")
        if depth or not formula.startswith(", ", place):
            continue
        if place - start > _LONG and cut > start:
            pieces.append(formula[start:cut])
            start = cut
        cut = place + 1
    if len(formula) - start > _LONG and cut > start:
        pieces.append(formula[start:cut])
        start = cut
    return [piece.strip() for piece in (*pieces, formula[start:])]


def _numbers(head: str, quantity: Quantity) -> list[str]:
    shapes = rf" \qquad \text{{\footnotesize {latex_text(quantity.shapes)}}}" if quantity.shapes else ""
    value = quantity.value
    if value is None and r" \\ " in head:
        return [r"\begin{gather*}", f"{head}{shapes}", r"\end{gather*}"]
    if value is None:
        return [r"\[", f"{head}{shapes}", r"\]"] if head else []
    if value.ndim == 0:
        return [r"\[", f"{head} = {_number(scalar_text(value))}", r"\]"]
    first = [rf"{head}{shapes} \\"] if head else []
    planes, more = quantity.planes()
    rest = [rf"\text{{and {more:,} more}}"] if more else []
    shown = [rf"{{}}_{{[{_place(place)}]}} {matrix(plane)}" for place, plane in planes]
    across = max(1, _ACROSS // (planes[0][1].shape[1] + 1)) if planes else 1
    lines = [*(r" \quad ".join(shown[k : k + across]) for k in range(0, len(shown), across)), *rest]
    body = " \\\\ ".join(lines) if planes else matrix(value)
    return [r"\begin{gather*}", *first, body, r"\end{gather*}"]


def _place(place: str) -> str:
    """A place in an array, without the brackets: 0, {:}, {:}, 1."""
    return place[1:-1].replace(":", "{:}")


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

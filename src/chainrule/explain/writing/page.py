"""An explanation as a page: one file that needs no network, with a drawing, a slider through the step, and numbers to follow."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from chainrule.explain.step.following import Factor, Path, largest
from chainrule.explain.step.node_rules import NodeRule
from chainrule.explain.step.quantities import NOTATION, Array, Quantity, Section, excerpt, scalar_text
from chainrule.explain.writing.drawing import MOST_ROWS, Drawing, Unit
from chainrule.explain.writing.html_frame import asset, html_page
from chainrule.explain.writing.mathml import mathml_of

if TYPE_CHECKING:
    from chainrule.explain.step.explanation import Explanation

_DIGITS = 6
_MOST_PATHS = 10
_MOST_DEEP = 1000  # products, above which numbers are followed through one layer only
_HOLE = "@"  # in a template, where the place goes
_PLACED = re.compile(r"(.+)\[([\d, ]+)\]")


def page_of(explanation: Explanation) -> str:
    """The whole page."""
    drawing = Drawing(explanation)
    data = _Data(drawing)
    content = "".join(
        [
            _header(explanation.title),
            _stage(drawing, len(explanation.sections)),
            f'<div id="sections">{"".join(map(section_of, explanation.sections))}</div>',
            f"<footer>{''.join(f'<p>{escape(line)}</p>' for line in explanation.verdict.splitlines())}</footer>",
            f'<script type="application/json" id="data">{_json(data.everything())}</script>',
            f"<script>{asset('page.js')}</script>",
        ]
    )
    return html_page(explanation.title, content)


def derivation_page(title: str, sections: Iterable[Section], heading: str, rules: Iterable[NodeRule]) -> str:
    """The page of a derivation: formulae, and the rule of each node."""
    body = "".join(map(section_of, sections))
    rows = "".join(
        f"<tr><td>{escape(rule.scope)}</td><td><code>{escape(rule.node)}</code></td>"
        f"<td>{'<br>'.join(f'{escape(name)} gets <code>{escape(text)}</code>' for name, text in rule.passes)}</td></tr>"
        for rule in rules
    )
    table = (
        f'<section><h2>{escape(heading)}</h2><div class="scroll"><table class="rules">{rows}</table></div></section>'
    )
    return html_page(title, f"{_header(title)}{body}{table}")


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _header(title: str) -> str:
    return f"<header><h1>{escape(title)}</h1>{''.join(f'<p>{escape(line)}</p>' for line in NOTATION)}</header>"


def _stage(drawing: Drawing, count: int) -> str:
    shown = min(drawing.n, MOST_ROWS)
    rows = "".join(f'<option value="{i}">row {i}</option>' for i in range(shown))
    left = f" of {drawing.n:,}" if drawing.n > shown else ""
    sees = any(wires.view for column in drawing.explanation.columns for wires in column.wires)
    grey = "; grey ones lead to what a unit sees" if sees else ""
    choice = f'<label{" hidden" if shown == 1 else ""}>Show <select id="row">{rows}</select>{left}</label>'
    return (
        '<div id="stage" hidden><div id="controls">'
        '<button id="back" type="button" aria-label="one step back">◀</button>'
        f'<input id="step" type="range" min="0" max="{count - 1}" value="0" aria-label="step">'
        '<button id="on" type="button" aria-label="one step on">▶</button>'
        f'{choice}<label><input id="all" type="checkbox"> all steps</label></div>'
        '<p id="caption" aria-live="polite"></p></div>'
        f'<div id="drawing">{drawing.svg()}</div>'
        '<p id="legend"><span class="a">a</span> in each unit is its output, <span class="delta">δ</span> the derivative of the '
        'loss; wires are weights, <span class="plus">positive</span> or <span class="minus">negative</span>, thick where they '
        f"are large{grey}. Click on a wire or a unit to follow its gradient.</p>"
        '<div id="follow" aria-live="polite" hidden></div>'
    )


# ------------------------------------------------------------------------------------------------------------ sections


def section_of(section: Section) -> str:
    """A section, its formulae as MathML."""
    given = f'data-stage="{section.stage}" data-path="{escape(section.path)}"'
    return f"<section {given}><h2>{escape(section.title)}</h2>{''.join(map(_quantity, section.quantities))}</section>"


def _quantity(quantity: Quantity) -> str:
    if quantity.code:
        head = f"<code>{escape(f'{quantity.symbol} = {quantity.formula}')}</code>"
    else:
        head = mathml_of(f"{quantity.symbol} = {quantity.formula}" if quantity.formula else quantity.symbol)
    value, shapes = quantity.value, f'<span class="shapes">{escape(quantity.shapes)}</span>' if quantity.shapes else ""
    numbers = ""
    if value is not None and value.ndim == 0:
        shapes = f'<span class="single">= {escape(scalar_text(value).replace("-", "−"))}</span>'
    elif value is not None:
        planes, more = quantity.planes()
        tables = "".join(
            f"<figure><figcaption>{place}</figcaption>{_table(matrix)}</figure>" for place, matrix in planes
        )
        rest = f"<p>and {more:,} more</p>" if more else ""
        numbers = f'<div class="planes">{tables}</div>{rest}' if planes else _table(value)
    return f'<div class="quantity" data-name="{escape(quantity.name)}"><p>{head}{shapes}</p>{numbers}</div>'


def _table(value: Array) -> str:
    found = excerpt(value)
    width = len(found.columns)
    rows = ("<td>⋮</td>" * width if row is None else "".join(f"<td>{cell}</td>" for cell in row) for row in found.rows)
    return f'<div class="scroll"><table>{"".join(f"<tr>{row}</tr>" for row in rows)}</table></div>'


# ---------------------------------------------------------------------------------------------------------------- data


class _Data:
    """What the script of a page reads: the numbers of all units, and the products that the gradients are made of.

    A factor is a pair: which of the `labels` it has, and its value. A label is a pair too: which of the `templates`, and the
    place that is put into it.
    """

    def __init__(self, drawing: Drawing) -> None:
        self.drawing, self.explanation = drawing, drawing.explanation
        self.columns = {column.path: column for column in self.explanation.columns}
        self.labels: dict[tuple[int, str], int] = {}
        self.templates: dict[str, int] = {}
        widest = max(drawing.sizes[column.path] for column in self.explanation.columns if column.path != "x")
        self.deepest = 2 if widest * drawing.n <= _MOST_DEEP else 1

    def everything(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        units = {unit.key: self._unit(unit) for units in self.drawing.units.values() for unit in units}
        weights = {wire.follow: self._weight(wire.follow) for wire in self.drawing.wires if wire.follow}
        return {"units": units, "weights": weights, "labels": list(self.labels), "templates": list(self.templates)}

    def _unit(self, unit: Unit) -> dict[str, Any]:
        column = unit.column
        found: dict[str, Any] = {"a": self._numbers(column.output, unit.number)}
        if column.z and column.z != column.output:
            found["z"] = self._numbers(column.z, unit.number)
        if column.z and column.wires[0].weight:
            found["sum"] = [self._sum(unit, row) for row in range(len(found["a"]))]
        if column.gradient:
            found["delta"] = self._numbers(column.gradient, unit.number)
            name = column.gradient.removesuffix("/gradient")
            found["follow"] = [
                self._followed(name, self.drawing.place(column.gradient, row, unit.number))
                for row in range(len(found["a"]))
            ]
        return found

    def _numbers(self, name: str, number: int) -> list[float | None]:
        return [_json_number(float(value)) for value in self.drawing.rows(name)[:, number]]

    def _sum(self, unit: Unit, row: int) -> dict[str, Any]:
        """z as the sum of its inputs times weights, and the bias."""
        (wires,) = unit.column.wires
        start, end = self.columns[wires.start], unit.column
        inputs, weights = self.drawing.rows(start.output)[row], self.drawing.values[wires.weight][:, unit.number]
        symbol = "x" if start.path == "x" else f"{start.output.rpartition('/')[2]}[{start.path}]"
        paths = [
            Path((Factor(f"{symbol}[{row}, {i}]", float(x)), Factor(f"W[{end.path}][{i}, {unit.number}]", float(w))))
            for i, (x, w) in enumerate(zip(inputs, weights, strict=True))
        ]
        if end.bias:
            bias = float(self.drawing.values[end.bias][unit.number])
            paths.append(Path((Factor(f"b[{end.path}][{unit.number}]", bias),)))
        value = float(self.drawing.rows(end.z)[row, unit.number])
        return self._products(f"z[{end.path}][{row}, {unit.number}]", value, paths)

    def _weight(self, follow: str) -> dict[str, Any]:
        name, _, place = follow.partition("[")
        index = tuple(int(i) for i in place.rstrip("]").split(","))
        values = self.drawing.values
        found: dict[str, Any] = {"value": _json_number(float(values[name][index]))}
        for key in ("gradient", "next"):
            if f"{name}/{key}" in values:
                found[key] = _json_number(float(values[f"{name}/{key}"][index]))
        if "gradient" in found:
            found["follow"] = self._followed(name, index)
        return found

    def _followed(self, name: str, index: Iterable[int]) -> list[dict[str, Any]]:
        """The products of one number, through one layer and, if that is more, through two."""
        number = f"{name}[{', '.join(map(str, index))}]"
        found = [self.explanation.follow(number, depth) for depth in range(1, self.deepest + 1)]
        different = [f for i, f in enumerate(found) if i == 0 or f.paths != found[i - 1].paths]
        return [self._products(f.label.replace(" at [", "["), f.value, f.paths) for f in different]

    def _products(self, label: str, value: float, paths: Sequence[Path]) -> dict[str, Any]:
        shown, rest = largest(paths, _MOST_PATHS)
        left = {"left": [len(paths) - len(shown), _json_number(rest)]} if len(paths) > len(shown) else {}
        products = [[[self._label(f.label), _json_number(f.value)] for f in path.factors] for path in shown]
        return {"label": self._label(label), "value": _json_number(value), "paths": products, **left}

    def _label(self, label: str) -> int:
        found = _PLACED.fullmatch(label)
        name, place = (found[1], found[2]) if found else (label, "")
        template = mathml_of(f"{name}[0]").replace("<mn>0</mn>", f"<mn>{_HOLE}</mn>") if found else mathml_of(name)
        key = self.templates.setdefault(template, len(self.templates)), place
        return self.labels.setdefault(key, len(self.labels))


def _json_number(value: float) -> float | None:
    """Six digits of a number; JSON has none for NaN and infinity."""
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None

"""The drawing of a network: columns of units that carry activations and δ, joined by wires that carry weights.

Of a column with many units those are drawn whose activations and δ are largest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainrule.explain.step.columns import Column, Wires

if TYPE_CHECKING:
    from chainrule.explain.step.explanation import Explanation

Array = NDArray[Any]

MOST_ROWS = 4

_MOST_UNITS, _FEWEST_UNITS = 10, 4  # of a column
_MOST_WIRES = 400

_UNIT = (74, 34)  # width and height, in pixels
_GAP = (96, 12)
_HEAD, _MARGIN = 44, 12
_PITCH = _UNIT[1] + _GAP[1]


@dataclass(frozen=True)
class Unit:
    """One unit of a column: its number among all, and where it is drawn."""

    column: Column
    number: int
    x: float
    y: float

    @property
    def key(self) -> str:
        """What the page calls it."""
        return f"{self.column.path}:{self.number}"


@dataclass(frozen=True)
class Wire:
    """A line between two units; `follow` is the weight on it."""

    start: Unit
    end: Unit
    follow: str = ""
    weight: float = 0.0


class Drawing:
    """Where units and wires lie, and the SVG of it."""

    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation
        self.values = explanation.values
        self.n = len(self.values["x"])
        weighted = sum(bool(wires.weight) for column in explanation.columns for wires in column.wires)
        self.most = max(_FEWEST_UNITS, min(_MOST_UNITS, math.isqrt(_MOST_WIRES // max(weighted, 1))))
        self.sizes = {column.path: self.rows(column.output).shape[1] for column in explanation.columns}
        self.units = {column.path: units for column, units in self._placed()}
        self.wires = [
            wire for column in explanation.columns for wires in column.wires for wire in self._wires(column, wires)
        ]
        drawn = [unit for units in self.units.values() for unit in units]
        self.width = max(unit.x for unit in drawn) + _UNIT[0] + _MARGIN
        self.height = max(unit.y for unit in drawn) + _UNIT[1] + 2.5 * _MARGIN

    def rows(self, name: str) -> Array:
        """The numbers of a quantity, the first rows of the batch, each row as a vector; a single number as it is."""
        value = self.values[name]
        return value.reshape(1, 1) if value.ndim == 0 else value[:MOST_ROWS].reshape(min(self.n, MOST_ROWS), -1)

    def place(self, name: str, row: int, number: int) -> tuple[int, ...]:
        """Where the number of a unit lies in the array of a quantity."""
        return (row, *(int(i) for i in np.unravel_index(number, self.values[name].shape[1:])))

    # ------------------------------------------------------------------------------------------------------ layout

    def _groups(self) -> list[list[Column]]:
        """Columns that are joined unit by unit, such as a layer and its dropout: the same units of all of them are drawn."""
        groups: dict[str, list[Column]] = {}
        for column in self.explanation.columns:
            only = column.wires[0] if len(column.wires) == 1 else None
            joined = only is not None and only.offset == 0 and self.sizes[only.start] == self.sizes[column.path]
            groups[column.path] = groups[only.start] if only is not None and joined else []
            groups[column.path].append(column)
        return [group for path, group in groups.items() if group[0].path == path]

    def _chosen(self, group: list[Column]) -> list[int]:
        size = self.sizes[group[0].path]
        if size <= self.most:
            return list(range(size))
        names = [name for column in group for name in (column.output, column.gradient) if name]
        peaks = [np.abs(np.nan_to_num(self.rows(name))).max(axis=0) for name in names]
        weight = sum(peak / max(float(peak.max()), 1e-300) for peak in peaks)
        return sorted(int(i) for i in np.argsort(-np.asarray(weight), kind="stable")[: self.most])

    def _placed(self) -> Iterator[tuple[Column, list[Unit]]]:
        chosen_in: dict[str, list[int]] = {}
        for group in self._groups():
            chosen_in |= dict.fromkeys((column.path for column in group), self._chosen(group))
        stacks: dict[int, list[tuple[Column, list[int]]]] = {}
        for column in self.explanation.columns:
            stacks.setdefault(column.depth, []).append((column, chosen_in[column.path]))
        heights = {d: sum(len(chosen) * _PITCH + _HEAD for _, chosen in stack) for d, stack in stacks.items()}
        tallest = max(heights.values())
        for depth, stack in stacks.items():
            y = _MARGIN + (tallest - heights[depth]) / 2
            for column, chosen in stack:
                y += _HEAD
                x = _MARGIN + depth * (_UNIT[0] + _GAP[0])
                yield column, [Unit(column, number, x, y + i * _PITCH) for i, number in enumerate(chosen)]
                y += len(chosen) * _PITCH

    def _wires(self, column: Column, wires: Wires) -> Iterator[Wire]:
        starts, ends = self.units[wires.start], self.units[column.path]
        for start, end in product(starts, ends):
            if wires.weight:
                weight = float(self.values[wires.weight][start.number, end.number])
                yield Wire(start, end, f"{wires.weight}[{start.number}, {end.number}]", weight)
            elif wires.view is not None:
                if wires.view.sees(end.number, start.number):
                    yield Wire(start, end)
            elif wires.offset is None or start.number + wires.offset == end.number:
                yield Wire(start, end)

    # --------------------------------------------------------------------------------------------------------- SVG

    def svg(self) -> str:
        """The drawing."""
        label = "The network: a column of units for each layer; wires are weights."
        strongest = {w.end.column.path: 1e-300 for w in self.wires}
        for wire in self.wires:
            strongest[wire.end.column.path] = max(strongest[wire.end.column.path], abs(wire.weight))
        parts = [self._wire(wire, strongest[wire.end.column.path]) for wire in self.wires]
        for column in self.explanation.columns:
            parts += [self._head(column), *map(self._unit, self.units[column.path])]
        size = f'viewBox="0 0 {self.width:g} {self.height:g}" width="{self.width:g}" height="{self.height:g}"'
        return f'<svg id="network" {size} role="img" aria-label="{label}">{"".join(parts)}</svg>'

    def _wire(self, wire: Wire, strongest: float) -> str:
        x1, y1 = wire.start.x + _UNIT[0], wire.start.y + _UNIT[1] / 2
        x2, y2 = wire.end.x, wire.end.y + _UNIT[1] / 2
        bend = (x2 - x1) * 0.45
        bow = 0 if wire.end.column.depth == wire.start.column.depth + 1 else _PITCH * 1.4  # round the columns between
        path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1 + bow:g} {x2 - bend:g} {y2 + bow:g} {x2:g} {y2:g}"
        ends = f'data-from="{escape(wire.start.key)}" data-to="{escape(wire.end.key)}"'
        if not wire.follow:
            return f'<path class="wire plain" {ends} d="{path}"/>'
        share = abs(wire.weight) / strongest if np.isfinite(wire.weight) else 1.0
        sign = "minus" if wire.weight < 0 else "plus"
        thick = f'<path class="wire {sign}" d="{path}" stroke-width="{0.6 + 3.4 * share:.2f}"/>'
        hit = f'<path class="hit" d="{path}"><title>{escape(wire.follow)}</title></path>'
        return f'<g class="weight" {ends} data-follow="{escape(wire.follow)}">{thick}{hit}</g>'

    def _head(self, column: Column) -> str:
        first = self.units[column.path][0]
        centre, size, drawn = first.x + _UNIT[0] / 2, self.sizes[column.path], len(self.units[column.path])
        rest = f"{drawn} of {size:,}" if drawn < size else ""
        kind = f"{column.kind}{', ' * bool(rest)}{rest}"
        return (
            f'<text class="head" x="{centre:g}" y="{first.y - 22:g}">{escape(column.path)}</text>'
            f'<text class="kind" x="{centre:g}" y="{first.y - 8:g}">{escape(kind)}</text>'
        )

    def _unit(self, unit: Unit) -> str:
        width, height = _UNIT
        centre = unit.x + width / 2
        name = f"unit {unit.number} of {unit.column.path}"
        lower = bool(unit.column.gradient)
        y = unit.y + height / 2
        return (
            f'<g class="unit" tabindex="0" role="button" aria-label="{escape(name)}" data-unit="{escape(unit.key)}">'
            f'<rect x="{unit.x:g}" y="{unit.y:g}" width="{width}" height="{height}" rx="7"><title>{escape(name)}</title></rect>'
            f'<text class="number" x="{unit.x + 4:g}" y="{unit.y + 9:g}">{unit.number}</text>'
            f'<text class="a" x="{centre:g}" y="{y - 1 if lower else y + 4:g}"></text>'
            f'<text class="delta" x="{centre:g}" y="{y + 12:g}"></text></g>'
        )

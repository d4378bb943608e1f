"""A chain rule as aligned text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chainrule.explain.composite.formulae import number

if TYPE_CHECKING:
    from chainrule.explain.composite.function import Adjoint, ChainRule, DerivativePath, LocalDerivative

_WIDTH = 100
_CLOSEST = -10  # differences are good for ten digits; how many more agree depends on the processor's last bits


def text_of(rule: ChainRule) -> str:
    """The function, its steps, the products along the paths, and the check."""
    parts = [
        [f"y = {rule.formula} at x = {number(rule.at)}"],
        _table(rule),
        _chain(rule),
        [*rule.notes, *verdict_of(rule)],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _table(rule: ChainRule) -> list[str]:
    rows = [("step", "value", "local derivative")]
    for step in rule.steps:
        first, *others = [equation(d.symbol, d.formula, number(d.value)) for d in step.derivatives] or ["0"]
        rows.append((f"{step.name} = {step.formula}", number(step.value), first))
        rows.extend(("", "", other) for other in others)
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows] if rule.steps else []


def equation(*sides: str) -> str:
    """Sides joined by equals signs, one that repeats its neighbour left out."""
    return " = ".join(side for i, side in enumerate(sides) if i == 0 or side != sides[i - 1])


def _chain(rule: ChainRule) -> list[str]:
    total = number(rule.derivative)
    if not rule.steps:
        return ["dy/dx = 1"]
    if rule.path_count == 0:
        return ["No gradient passes from y back to x: dy/dx = 0"]
    if rule.path_count == 1:
        factors = rule.paths[0].factors
        if len(factors) == 1:
            return [f"One local derivative leads from y back to x: dy/dx = {total}"]
        return [
            "The chain rule multiplies the local derivatives on the way from y back to x:",
            *_lines("dy/dx", " · ", [d.symbol for d in factors]),
            *_lines("     ", " · ", [factor(d.value) for d in factors]),
            *_lines("     ", "", [total]),
        ]
    if rule.paths:
        return [
            "The chain rule multiplies the local derivatives along each path from y back to x, and adds up the paths",
            "(∂ is a derivative with the other operands held fixed):",
            *(line for row in _products(rule.paths) for line in row),
            *_lines("dy/dx", " + ", [factor(path.product) for path in rule.paths]),
            *_lines("     ", "", [total]),
        ]
    return [
        f"{rule.path_count:,} paths lead from y back to x. Instead of listing them, δ = dy/du is accumulated from y back to x:",
        "each step passes its own δ, times its local derivative, to its operands (∂: the others held fixed).",
        *(line for adjoint in rule.adjoints for line in _accumulated(adjoint)),
    ]


def _products(paths: Iterable[DerivativePath]) -> list[list[str]]:
    symbols = [" · ".join(d.symbol for d in path.factors) for path in paths]
    width = max((len(symbol) for symbol in symbols if len(symbol) <= _WIDTH // 2), default=0)
    rows = []
    for symbol, path in zip(symbols, paths, strict=True):
        numbers = " · ".join(factor(d.value) for d in path.factors)
        result = number(path.product)
        line = f"  {symbol:<{width}} = {result if len(path.factors) == 1 else f'{numbers} = {result}'}"
        narrow = [f"  {symbol}", f"    = {numbers}", f"    = {result}"]
        rows.append([line] if len(line) <= _WIDTH else narrow)
    return rows


def _accumulated(adjoint: Adjoint) -> list[str]:
    symbol = delta(adjoint.name)
    terms = [term("" if d.step == "y" else delta(d.step), d) for _, d in adjoint.terms]
    numbers = [factor(d.value) if d.step == "y" else f"{factor(g)} · {factor(d.value)}" for g, d in adjoint.terms]
    value = number(adjoint.value)
    blank = " " * len(symbol)
    lines = _lines(symbol, " + ", terms) + ([] if numbers == [value] else _lines(blank, " + ", numbers))
    result = _lines(blank, "", [value])
    joined = " ".join(line.strip() for line in [*lines, *result])
    return [joined] if len(joined) <= _WIDTH else [*lines, *result]


def term(sent: str, derivative: LocalDerivative) -> str:
    """What a step passes on, times its local derivative."""
    return f"{sent} · {derivative.symbol}" if sent else derivative.symbol


def delta(name: str) -> str:
    """What dy/du is called: δ with the index of u, and for x itself dy/dx."""
    return "dy/dx" if name == "x" else f"δ{name[1:]}"


def factor(value: float) -> str:
    """A number within a product or a sum: a negative one is put in brackets."""
    text = number(value)
    return f"({text})" if text.startswith("−") else text


def _lines(left: str, joint: str, parts: list[str]) -> list[str]:
    """`left = part joint part …`, continued below the first part where the line would be too long."""
    lines, line = [], f"{left} = {parts[0]}"
    for part in parts[1:]:
        if len(line) + len(joint) + len(part) > _WIDTH:
            lines.append(line)
            line = " " * (len(left) + 3) + joint.lstrip() + part
        else:
            line += joint + part
    return [*lines, line]


def verdict_of(rule: ChainRule) -> list[str]:
    """What the comparison with differences says; nothing at a kink."""
    if rule.at_kink:
        return []
    ours = f"The chain rule gives {number(rule.derivative, 10)} and fourth-order differences "
    if math.isnan(rule.difference):
        return [f"{ours}cannot be taken: the function is not finite on both sides of x."]
    theirs = f"{ours}give {number(rule.difference, 10)}"
    apart = abs(rule.difference - rule.derivative)
    if not rule.agrees:
        return [
            f"{theirs}: {apart:.1g} apart. Either y changes too fast here for differences, or a derivative is wrong."
        ]
    digits = max(_CLOSEST, math.floor(math.log10(apart)) + 1) if apart else _CLOSEST
    return [f"{theirs}: less than {10.0**digits:g} apart."]

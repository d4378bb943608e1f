"""A chain rule as formulae and sentences, one below the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chainrule.explain.composite.formulae import number
from chainrule.explain.composite.text import delta, equation, factor, term, verdict_of
from chainrule.explain.writing.statements import Statement

if TYPE_CHECKING:
    from chainrule.explain.composite.function import Adjoint, ChainRule, DerivativePath


def statements_of(rule: ChainRule) -> Iterator[Statement]:
    """The function, its steps with their local derivatives, the products along the paths, and the check."""
    yield Statement(f"y = {rule.formula}, x = {number(rule.at)}")
    for step in rule.steps:
        derivatives = [equation(local.symbol, local.formula, number(local.value)) for local in step.derivatives]
        yield Statement(", ".join([f"{step.name} = {step.formula} = {number(step.value)}", *derivatives]))
    if rule.path_count == 0 or not rule.steps:
        yield Statement(f"dy/dx = {number(rule.derivative)}")
    elif rule.paths:
        yield Statement("The chain rule multiplies the local derivatives along each path from y back to x.", False)
        yield from (_product(path, "dy/dx = " if len(rule.paths) == 1 else "") for path in rule.paths)
        if len(rule.paths) > 1:
            products = " + ".join(factor(path.product) for path in rule.paths)
            yield Statement(f"dy/dx = {products} = {number(rule.derivative)}")
    else:
        yield Statement(
            f"{rule.path_count:,} paths lead from y back to x: δ = dy/du is accumulated, step by step.", False
        )
        yield from map(_accumulated, rule.adjoints)
    yield from (Statement(line, False) for line in (*rule.notes, *verdict_of(rule)))


def _product(path: DerivativePath, left: str) -> Statement:
    symbols = " · ".join(local.symbol for local in path.factors)
    numbers = " · ".join(factor(local.value) for local in path.factors)
    return Statement(left + equation(symbols, numbers, number(path.product)))


def _accumulated(adjoint: Adjoint) -> Statement:
    terms = " + ".join(term("" if d.step == "y" else delta(d.step), d) for _, d in adjoint.terms)
    return Statement(f"{delta(adjoint.name)} = {terms} = {number(adjoint.value)}")

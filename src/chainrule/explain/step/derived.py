"""A training step in symbols: its lines without numbers, and the rule that the chain rule used at each node."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.explain.step.lines import StepLines
from chainrule.explain.step.node_rules import NodeRule, rules_of
from chainrule.explain.step.quantities import NOTATION, Section
from chainrule.explain.writing.output import Output
from chainrule.functional import Loss
from chainrule.optim import Transform
from chainrule.training.build import Penalties
from chainrule.training.coding import targets_for
from chainrule.training.model import Model

_TITLE = "One training step, derived."
_RULES = "Node by node, from the loss back: what each node passes on, g being the gradient that arrives at it"
_MORE = "What several nodes pass to one is added up."


@dataclass(frozen=True, eq=False, repr=False)
class Derivation(Output):
    """One training step in symbols. It prints as text, and is saved as text, LaTeX or a page.

    `sections` have the formula of each quantity with its shapes, n being the number of rows. `rules` has the nodes of the
    graph from the loss back, each with what it passes to its inputs: the derivative of its primitive, written out.
    """

    sections: tuple[Section, ...]
    rules: tuple[NodeRule, ...]

    def to_text(self) -> str:
        """Aligned text, as `print` shows it."""
        head = "\n".join([_TITLE, *NOTATION])
        return "\n\n".join([head, *map(str, self.sections), "\n".join([f"{_RULES}. {_MORE}", *self._rule_lines()])])

    def _rule_lines(self) -> list[str]:
        lines, scope = [], None
        for rule in self.rules:
            if rule.scope != scope:
                scope = rule.scope
                lines.append(f"  {scope or 'the loss'}")
            lines.append(f"    {rule}")
        return lines

    def to_latex(self) -> str:
        """LaTeX to be put into a document that uses the package amsmath."""
        from chainrule.explain.writing.latex import latex_text
        from chainrule.explain.writing.latex_document import fragment_of

        rules = [rf"\texttt{{{latex_text(line.strip())}}}\par" for line in self._rule_lines()]
        head = [fragment_of(_TITLE, self.sections, ""), rf"\subsection*{{{_RULES}}}", _MORE, ""]
        return "\n".join([*head, r"{\raggedright", *rules, "}"])

    def to_html(self) -> str:
        """A page that needs nothing else."""
        from chainrule.explain.writing.page import derivation_page

        return derivation_page(_TITLE, self.sections, f"{_RULES}. {_MORE}", self.rules)


def derive_step(model: Model, loss: Loss, optimizer: Transform, penalties: Penalties, *, weighted: bool) -> Derivation:
    """The step that a fit takes, without numbers."""
    lines = StepLines(model, loss, targets_for(model, loss), optimizer, penalties, weighted=weighted)
    sections = tuple(
        part.section(line.quantity(lambda node: node.shape) for line in part.lines) for part in lines.parts()
    )
    return Derivation(sections, tuple(rules_of(lines.forward, lines.learning, lines.labels())))

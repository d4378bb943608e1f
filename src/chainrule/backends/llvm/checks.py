"""What must be finite, with the least work: which values to look at, and how to look at many of them at once.

A value need not be looked at if another that is cannot be finite unless it is: x + y, x · y and Σ x keep whatever is not finite,
because ∞ − ∞ and 0 · ∞ are NaN. So the next weight tells of its gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.backends.llvm.code import I64, Const, Index, Operand, Type
from chainrule.backends.llvm.elements import Place
from chainrule.graph import Graph, Node

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering

# The inputs of which nothing that is not finite gets lost.
_ALL = frozenset(
    {"add", "sub", "mul", "neg", "abs", "sqrt", "broadcast", "reduce_sum", "reshape", "transpose", "contract"}
)
_FIRST = frozenset({"div"})


def worth_checking(graph: Graph, checked: set[Node]) -> set[Node]:
    """The checked nodes that no other checked node tells of."""
    told: set[Node] = set()  # of which a checked node tells
    for node in reversed(graph.nodes):
        if node not in checked and node not in told:
            continue
        if 0 in node.shape or any(0 in x.shape for x in node.inputs):
            continue
        told.update(node.inputs if node.op in _ALL else node.inputs[:1] if node.op in _FIRST else ())
    return {node for node in checked if node.dtype.is_float and node not in told}


class Checks:
    """Records the checks of a step. A sum of products with 0 is 0 as long as all are finite, and NaN from then on."""

    def __init__(self, low: Lowering, checked: set[Node]) -> None:
        self.low, self.checked = low, worth_checking(low.step.graph, checked)
        self._open: dict[
            tuple[Index, Type, object], Operand
        ] = {}  # by place along the vectors: its padding is left out

    def look(self, node: Node, value: Operand, place: Place) -> None:
        """Take note of a value, if its node is checked."""
        if node not in self.checked:
            return
        known = (place[-1] if place and value.type.lanes > 1 else 0, value.type, node.shape[-1] if place else 1)
        so_far = self._open.get(known, Const(value.type, 0.0))
        self._open[known] = self.low.code.op("muladd", value.type, value, Const(value.type, 0.0), so_far)

    def conclude(self) -> None:
        """If something that was looked at is not finite, padding apart, let this step be the last."""
        code = self.low.code
        for (first, type, last), total in self._open.items():
            bad: Operand = code.compare("uno", total, total)
            if type.lanes > 1:
                if not isinstance(last, int) or last % type.lanes:
                    bad = code.op("and", bad.type, bad, code.below(first, self.low.elements.size(last), type.lanes))
                bad = code.op("any", Type("i1"), bad)
            code.branch(bad, self._stop)
        self._open = {}

    def _stop(self) -> None:
        self.low.code.effect("atomic_min", self.low.code.index(self.low.now), self.low.status, Const(I64, 0))

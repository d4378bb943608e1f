"""How the threads of a team share a step.

A thread owns outputs, and where a sum is in parts, these are the same for any team: so the bits are, too. Whatever has rows is
shared by rows: a thread that goes on to the next group finds its own rows ready, and need not wait. Threads meet only
where one reads what another has written, or overwrites what another may still be reading.

A batch of few rows is shared by columns instead, in its contractions; then the threads meet after each group.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.backends.llvm.code import I64, Barrier, Const, Index, Operand
from chainrule.backends.llvm.layout import Layout
from chainrule.backends.llvm.plan import Group, outside
from chainrule.backends.llvm.roles import Roles
from chainrule.graph import ROWS, Graph, Node, Step, count

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering


# Floating-point operations in a step that a thread must have to do, to make up for the meetings with the others.
_WORK_OF_A_THREAD = 2_000_000
# Operations that take as long as so many.
_SLOW = {"div": 30, "sqrt": 30, "exp": 20, "log": 20, "tanh": 20, "logistic": 20, "erf": 20}
_SOME_ROWS = 32
_WORTH_A_MEETING = 1_024  # numbers in a row of a feature map: all meet before it, and it may lie where another has lain


def useful_threads(step: Step, rows: int | None) -> int:
    """How many threads pay for a step of so many rows, of those that this process may use."""
    return max(1, min(cores(), _work(step.graph, rows or _SOME_ROWS) // _WORK_OF_A_THREAD))


def _work(graph: Graph, rows: int) -> int:
    """The floating-point operations in a graph, of the kinds that take their time."""
    work = 0
    for node in graph.nodes:
        dims, each = (Roles(node).dims.values(), 2) if node.op == "contract" else (node.shape, _SLOW.get(node.op, 0))
        work += each * math.prod(rows if dim is ROWS else dim for dim in dims)
        if node.op == "scan":
            work += _work(node.attributes["body"].graph, rows) * int(node.shape[1])  # type: ignore[arg-type]
    return work


@cache
def cores() -> int:
    """How many processors this process may use: of those it is bound to, as many as its share of time amounts to."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, min(bound, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # there is no such share, or no limit to it
        return bound


def _few_rows(step: Step) -> int:
    """Below how many rows it is cheaper to share columns.

    Shared by rows, half of all weights come from another core in every step, which has just written them; shared by columns,
    half of what layers give each other does.
    """
    weights = sum(count(node.shape) for node in step.state.values() if node.rank == 2)
    results = [node for node in step.graph.nodes if node.op == "contract" and node.shape[:1] == (ROWS,)]
    between = sum(count(node.shape[1:]) for node in results)
    return weights // (2 * between) if between else 0


class Team:
    """Records the parts of a thread and where it meets the others."""

    def __init__(self, low: Lowering, size: int) -> None:
        self.low, self.size = low, size
        self.phase = 0  # how often all have met, which costs one thread nothing

    def begin(self, rows: Index) -> None:
        """At the start of a step: this thread's rows, and whether contractions are shared by columns."""
        self.written: dict[Node, bool] = {}  # since the last meeting, and whether it is shared by rows
        self.read: dict[Node, bool] = {}
        self.by_columns: Operand | None = None
        if self.size == 1:
            return
        code, lanes = self.low.code, self.low.lanes
        few = max(self.size * lanes, _few_rows(self.low.step))
        self.by_columns = code.compare("slt", code.index(rows), Const(I64, few))
        share = code.op("udiv", I64, code.index(code.plus(rows, self.size * lanes - 1)), Const(I64, self.size * lanes))
        share = code.op("mul", I64, share, Const(I64, lanes))
        first = code.least(code.times(self.low.rank, share), rows)
        self.rows = (first, code.least(code.plus(first, share), rows))

    def part(self, dim: object, step: int) -> tuple[Index, Index]:
        """This thread's part of an axis, in whole steps."""
        if self.size == 1:
            return 0, self.low.elements.size(dim)
        if dim is ROWS:
            return self.rows
        return self.split(int(dim), step)  # type: ignore[call-overload]

    def split(self, size: int, step: int) -> tuple[Index, Index]:
        """This thread's part of a known length, in whole steps."""
        if self.size == 1:
            return 0, size
        steps = -(-size // step)
        share = -(-steps // self.size) * step
        code = self.low.code
        first = code.least(code.times(self.low.rank, share), size)
        return first, code.least(code.plus(first, share), size)

    def alone(self, body: Callable[[], None]) -> None:
        """What one thread does for all."""
        if self.size == 1:
            body()
        else:
            self.low.code.branch(self.low.code.compare("eq", self.low.rank, Const(I64, 0)), body)

    def wait(self) -> None:
        """All threads meet, in the middle of a group."""
        if self.size > 1:
            self.low.code.block.append(Barrier())

    def meet(self) -> None:
        """All threads meet, between groups."""
        self.wait()
        self.phase += 1
        self.written, self.read = {}, {}

    def wrote(self, node: Node) -> None:
        """A node has been stored, shared by rows if it has them first."""
        self.written[node] = ROWS in node.shape

    def before(self, run: list[Group], overwrites: list[Node]) -> None:
        """Meet, if a run of groups needs it, before it begins; `overwrites` are the states whose old values it replaces."""
        if self.size == 1:
            self.meet()
            return
        by_rows = all(_shared_by_rows(group) for group in run)
        own = {node for group in run for node in group.members}
        sources = {x for group in run for x in outside(group, self.low.plan.inlined)} - own
        others = [x for x in sources if x in self.written and not (by_rows and self.written[x])]
        stored = [x for group in run for x in group.stored] if self.low.layout is Layout.ROWS else []
        wide = any(ROWS in x.shape and count(x.shape) >= _WORTH_A_MEETING for x in stored)
        if others or wide or any(x in self.read or x in self.written for x in overwrites):
            self.meet()
        elif any(x in self.written for x in sources) and self.by_columns is not None:
            self.low.code.branch(self.by_columns, self.wait)
        for x in sources:
            self.read[x] = True
        for group in run:
            for node in (*group.stored, *group.stored_for_health):
                self.written[node] = by_rows


def _shared_by_rows(group: Group) -> bool:
    """Whether a thread computes the rows of a group that it owns, and looks at no others."""
    if ROWS not in group.shape:
        return False
    if group.kind == "contract":
        return [dim is ROWS for dim in Roles(group.root).dims.values()].count(True) == 1
    return group.kind != "scatter_add"

"""Every stage of a step on its way to machine code, as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chainrule.backends.llvm.jit import assembly
from chainrule.backends.llvm.layout import Layout, arrange, choose_layout
from chainrule.backends.llvm.listing import loops_text, plan_text
from chainrule.backends.llvm.lower import Lowering
from chainrule.backends.llvm.plan import plan
from chainrule.backends.llvm.program import Emitted, emit
from chainrule.backends.llvm.target import Target, host
from chainrule.backends.numpy_ import evaluate
from chainrule.graph import Step
from chainrule.graph import show as graph_text
from chainrule.graph.passes import simplify


@dataclass(frozen=True)
class _Compilation:
    """A step that is compiled for batches of so many rows, by so many threads, for the processor at hand unless named."""

    given: Step
    rows: int
    threads: int
    wanted: Target | None

    @cached_property
    def step(self) -> Step:
        with np.errstate(all="ignore"):
            return simplify(self.given, evaluate)

    @cached_property
    def layout(self) -> Layout:
        return choose_layout(self.step, self.rows)

    @cached_property
    def target(self) -> Target:
        return self.wanted or host()

    @cached_property
    def emitted(self) -> Emitted:
        return emit(self.step, self.target, self.layout, self.threads, self.rows)

    def graph(self) -> str:
        return graph_text(self.step.graph)

    def fused(self) -> str:
        lanes = (
            self.emitted.lanes if self.layout is Layout.ONE_ROW else 1
        )  # which says what is wide; elsewhere all are alike
        return plan_text(plan(arrange(self.step, self.layout, self.rows)), lanes, self.layout)

    def loops(self) -> str:
        arranged = plan(arrange(self.step, self.layout, self.rows))
        return loops_text(Lowering(arranged, self.emitted.lanes, self.layout, self.threads))

    def llvm(self) -> str:
        return self.emitted.text.rstrip()

    def asm(self) -> str:
        return assembly(self.emitted.text, self.target).rstrip()


# In the order in which a step passes through them.
STAGES: dict[str, Callable[[_Compilation], str]] = {
    "graph": _Compilation.graph,
    "fused": _Compilation.fused,
    "loops": _Compilation.loops,
    "llvm": _Compilation.llvm,
    "asm": _Compilation.asm,
}


def stage_text(step: Step, stage: str, *, rows: int, threads: int = 1, target: Target | None = None) -> str:
    """A step after one of the `STAGES`: as a graph, in groups, as loops, as LLVM IR, as assembly."""
    return STAGES[stage](_Compilation(step, rows, threads, target))

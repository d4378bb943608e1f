"""The LLVM backend: steps as machine code.

The rooms, in the order in which a step passes through them: `layout` (along which axis vectors run), `plan` (what is computed
together), `memory` and `sharing` (where it lies), `views` (arrays read where others lie), `lower`, `gather`, `elements`, `roles`,
`contract`, `dot`, `reduce`, `fold`, `turn` and `checks` (the loops), `scan` and `steps` (recurrences), `vector_math` (exp and its
kin), `code` (the loop IR), `pieces` (a long function as several), `text` (LLVM IR), `target`, `library` and `jit` (machine code),
`cache` (machine code on disk), `team` and `threads` (who does what), `program` (a run), `stages` and `listing` (it all as text).
"""

from __future__ import annotations

import numpy as np

from chainrule.backends.llvm.cache import Cache, usual_cache
from chainrule.backends.llvm.layout import Layout, choose_layout
from chainrule.backends.llvm.program import LlvmProgram
from chainrule.backends.llvm.target import Target, host
from chainrule.backends.llvm.team import useful_threads
from chainrule.backends.numpy_ import evaluate
from chainrule.graph import Step
from chainrule.graph.passes import simplify


class LlvmBackend:
    """Compiles a step for the processor at hand, or for another `target` of the same family.

    `cache` keeps machine code on disk, in the user's usual folder for such things unless another is given. `threads` and
    `layout` are what each step gets, instead of what suits it best.
    """

    name = "llvm"

    def __init__(
        self,
        target: Target | None = None,
        cache: Cache | None = None,
        *,
        threads: int | None = None,
        layout: Layout | None = None,
    ) -> None:
        self.target, self.threads, self.layout = target or host(), threads, layout
        self.cache = usual_cache() if cache is None else cache

    def compile(self, step: Step, *, rows: int | None = None, threads: int | None = None) -> LlvmProgram:
        """The machine code of a step, laid out for batches of `rows` rows, for `threads` threads."""
        with np.errstate(all="ignore"):
            step = simplify(step, evaluate)
        team = threads or self.threads or useful_threads(step, rows)
        return LlvmProgram(step, self.target, self.layout or choose_layout(step, rows), team, self.cache, rows)


__all__ = ["Cache", "Layout", "LlvmBackend", "LlvmProgram", "Target", "host"]

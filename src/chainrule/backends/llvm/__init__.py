"""The LLVM backend: steps as machine code.

The rooms, in the order in which a step passes through them: `plan` (what is computed together), `memory` (where it lies),
`lower`, `elements` and `contract` (the loops), `vector_math` (exp and its kin), `code` (the loop IR), `text` (LLVM IR), `jit`
(machine code), `program` (a run).
"""

from __future__ import annotations

from chainrule.backends.llvm.jit import Target, host
from chainrule.backends.llvm.program import LlvmProgram
from chainrule.graph import Step


class LlvmBackend:
    """Compiles a step for the processor at hand, or for another `target` of the same family."""

    name = "llvm"

    def __init__(self, target: Target | None = None, threads: int = 1) -> None:
        self.target, self.threads = target or host(), threads

    def compile(self, step: Step) -> LlvmProgram:
        """The machine code of a step."""
        return LlvmProgram(step, self.target, self.threads)

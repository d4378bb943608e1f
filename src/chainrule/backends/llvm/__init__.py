"""The LLVM backend: steps as machine code.

The rooms, in the order in which a step passes through them: `plan` (what is computed together), `memory` (where it lies),
`lower`, `elements` and `contract` (the loops), `vector_math` (exp and its kin), `code` (the loop IR), `text` (LLVM IR), `target`,
`library` and `jit` (machine code), `cache` (machine code on disk), `team` and `threads` (who does what), `program` (a run).
"""

from __future__ import annotations

from chainrule.backends.llvm.cache import Cache, CacheWarning, usual_cache
from chainrule.backends.llvm.program import LlvmProgram
from chainrule.backends.llvm.target import Target, host
from chainrule.graph import Step


class LlvmBackend:
    """Compiles a step for the processor at hand, or for another `target` of the same family.

    `threads` share a step; the results are the same bits for any number. `cache` keeps machine code on disk, in the user's usual
    folder for such things unless another is given.
    """

    name = "llvm"

    def __init__(self, target: Target | None = None, threads: int = 1, cache: Cache | None = None) -> None:
        self.target, self.threads = target or host(), threads
        self.cache = usual_cache() if cache is None else cache

    def compile(self, step: Step) -> LlvmProgram:
        """The machine code of a step."""
        return LlvmProgram(step, self.target, self.threads, self.cache)


__all__ = ["Cache", "CacheWarning", "LlvmBackend", "LlvmProgram", "Target", "host"]

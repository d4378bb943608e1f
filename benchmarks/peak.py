"""What the machine can do at most: fused multiply-adds on numbers that never leave the registers."""

from __future__ import annotations

import threading
import time

import numpy as np

from chainrule.backends.llvm.jit import Loaded
from chainrule.backends.llvm.target import Target, host

_CHAINS = 12  # independent ones: latency 4 times 2 a cycle is 8, and 12 vectors fit into 16 registers
_TURNS = 2_000_000


def loop_text(target: Target) -> str:
    """LLVM IR of the loop: ``run(memory, turns, …)`` computes a = a · x + y in 12 chains, `turns` times.

    Where the processor has no fused multiply-add, it multiplies and adds.
    """
    vector, ids = f"<{target.lanes(4)} x float>", range(_CHAINS)
    starts = [
        f"  %p{i} = getelementptr {vector}, ptr %memory, i64 {i}\n  %s{i} = load {vector}, ptr %p{i}, align 4"
        for i in ids
    ]
    phis = [f"  %a{i} = phi {vector} [ %s{i}, %entry ], [ %b{i}, %loop ]" for i in ids]
    if target.fused:
        turns = [f"  %b{i} = call {vector} @llvm.fma({vector} %a{i}, {vector} %s0, {vector} %s1)" for i in ids]
    else:
        turns = [f"  %m{i} = fmul {vector} %a{i}, %s0\n  %b{i} = fadd {vector} %m{i}, %s1" for i in ids]
    stores = [f"  store {vector} %b{i}, ptr %p{i}, align 4" for i in ids]
    suffix = f"v{target.lanes(4)}f32"
    return "\n".join(
        [
            f"declare {vector} @llvm.fma.{suffix}({vector}, {vector}, {vector})",
            "define void @run(ptr %memory, i64 %turns, i64 %unused, ptr %nothing) {",
            "entry:",
            *starts,
            "  br label %loop",
            "loop:",
            "  %turn = phi i64 [ 0, %entry ], [ %next, %loop ]",
            *phis,
            *(line.replace("@llvm.fma(", f"@llvm.fma.{suffix}(") for line in turns),
            "  %next = add i64 %turn, 1",
            "  %more = icmp ult i64 %next, %turns",
            "  br i1 %more, label %loop, label %end",
            "end:",
            *stores,
            "  ret void",
            "}\n",
        ]
    )


def measure_peak(threads: int, repeats: int = 5) -> float:
    """GFLOP/s of the loop in so many threads at once: the best of some runs; a multiply-add counts as two."""
    target = host()
    loaded = Loaded(loop_text(target), "run", target)
    memories = [np.full(_CHAINS * target.lanes(4), 0.5, np.float32) for _ in range(threads)]
    best = 0.0
    for _ in range(repeats):
        team = [threading.Thread(target=loaded.call, args=(memory.ctypes.data, _TURNS, 0, None)) for memory in memories]
        began = time.perf_counter()
        for thread in team:
            thread.start()
        for thread in team:
            thread.join()
        flops = 2 * _CHAINS * target.lanes(4) * _TURNS * threads
        best = max(best, flops / (time.perf_counter() - began))
    return best / 1e9

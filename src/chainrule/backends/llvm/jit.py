"""LLVM IR text as a callable: target machine, object code, and a lock that forks and threads respect."""

from __future__ import annotations

import ctypes
import os
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

# llvmlite serialises its calls by a lock of its own, which a child forked meanwhile would find taken for ever.
_LOCK = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)


@dataclass(frozen=True)
class Target:
    """The processor that code is made for: its name, its features, and the width of its vectors in bytes."""

    cpu: str
    features: str
    vector_bytes: int

    def lanes(self, element_bytes: int) -> int:
        """How many numbers of a size a vector holds."""
        return self.vector_bytes // element_bytes


@cache
def host() -> Target:
    """The processor at hand."""
    import llvmlite.binding as llvm

    with _LOCK:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        features = llvm.get_host_cpu_features()
        width = 64 if features.get("avx512f") else 32 if features.get("avx2") and features.get("fma") else 16
        return Target(llvm.get_host_cpu_name(), features.flatten(), width)


class Loaded:
    """Machine code in memory; it lives as long as this object."""

    def __init__(self, text: str, name: str, target: Target) -> None:
        import llvmlite.binding as llvm

        with _LOCK:
            module = llvm.parse_assembly(text)
            module.verify()
            machine = _machine(target)
            self._engine = llvm.create_lljit_compiler(machine, use_jit_link=os.name != "nt")
            self._tracker = (
                llvm.JITLibraryBuilder()
                .add_object_img(machine.emit_object(module))
                .export_symbol(name)
                .add_current_process()
                .link(self._engine, name)
            )
        self.call: Any = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)(
            self._tracker[name]
        )


def _machine(target: Target) -> Any:
    import llvmlite.binding as llvm

    triple = llvm.Target.from_default_triple()
    return triple.create_target_machine(cpu=target.cpu, features=target.features, opt=2, reloc="pic", codemodel="small")


def assembly(text: str, target: Target) -> str:
    """The assembly of LLVM IR text."""
    import llvmlite.binding as llvm

    with _LOCK:
        return str(_machine(target).emit_assembly(llvm.parse_assembly(text)))

"""LLVM IR text as object code, and object code as a callable."""

from __future__ import annotations

import ctypes
import os
import weakref
from typing import Any

from chainrule.backends.llvm.library import library
from chainrule.backends.llvm.target import Target, host
from chainrule.errors import BackendError

_SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)


def object_code(text: str, target: Target) -> bytes:
    """The object code of LLVM IR text, which is verified first."""
    return bytes(_emit(text, target, "emit_object"))


def assembly(text: str, target: Target) -> str:
    """The assembly of LLVM IR text."""
    return str(_emit(text, target, "emit_assembly"))


def _emit(text: str, target: Target, how: str) -> Any:
    # A context of its own: the common one keeps every constant that it ever saw.
    with library() as llvm, llvm.create_context() as context, llvm.parse_assembly(text, context) as module:
        module.verify()
        with target.machine(llvm) as machine:
            return getattr(machine, how)(module)


class Loaded:
    """Machine code in memory, made from LLVM IR text or from object code; `call` runs it.

    The code lives as long as `call`, which a thread that is still inside keeps alive. Each has an engine of its own, because
    one that is used again never gives memory back.
    """

    def __init__(self, code: str | bytes, name: str, target: Target) -> None:
        image = object_code(code, target) if isinstance(code, str) else code
        with library() as llvm:
            engine = llvm.create_lljit_compiler(use_jit_link=os.name != "nt")
            builder = llvm.JITLibraryBuilder().add_object_img(image).export_symbol(name).add_current_process()
            tracker = builder.link(engine, name)
        self.call: Any = _SIGNATURE(tracker[name])
        # At the end of the process nothing is closed: a thread may still be running the code.
        weakref.finalize(self.call, _close, tracker, engine).atexit = False


def _close(tracker: Any, engine: Any) -> None:
    """Give the memory back. The garbage collector calls this anywhere, also inside llvmlite, so it must not take our lock."""
    tracker.close()
    engine.close()


def check_machine_code() -> None:
    """Raise `BackendError` unless machine code can be made and run here: a system may forbid it."""
    number = ctypes.c_int64()
    text = "define void @run(ptr %to, i64 %a, i64 %b, ptr %c) {\n  store i64 %a, ptr %to\n  ret void\n}\n"
    try:
        Loaded(text, "run", host()).call(ctypes.addressof(number), 7, 0, None)
    except (RuntimeError, OSError) as error:
        raise BackendError(
            f"backend='llvm' cannot run machine code on this system ({error}); choose backend='numpy'."
        ) from error

"""LLVM IR as object code, and object code in memory: how long it lives, and what happens where it cannot be run."""

from __future__ import annotations

import ctypes
import gc
from typing import Any

import pytest

from chainrule.backends.llvm import jit
from chainrule.backends.llvm.jit import Loaded, assembly, check_machine_code, object_code
from chainrule.backends.llvm.target import host
from chainrule.errors import BackendError

STORE = """
define void @run(ptr %to, i64 %a, i64 %b, ptr %c) {
  %sum = add i64 %a, %b
  store i64 %sum, ptr %to
  ret void
}
"""


def sum_by(call: Any, a: int, b: int) -> int:
    number = ctypes.c_int64()
    call(ctypes.addressof(number), a, b, None)
    return number.value


@pytest.mark.parametrize("code", [STORE, object_code(STORE, host())], ids=["text", "object"])
def test_text_and_object_code_run(code: str | bytes) -> None:
    assert sum_by(Loaded(code, "run", host()).call, 2**40, -3) == 2**40 - 3


def test_a_function_of_the_c_library_is_found() -> None:
    text = """
declare double @cos(double)
define void @run(ptr %to, i64 %a, i64 %b, ptr %c) {
  %x = call double @cos(double 0.0)
  %n = fptosi double %x to i64
  store i64 %n, ptr %to
  ret void
}
"""
    assert sum_by(Loaded(text, "run", host()).call, 0, 0) == 1


def test_assembly_is_of_the_same_code() -> None:
    assert "run:" in assembly(STORE, host())


@pytest.mark.parametrize(
    "text",
    ["define void @run( {", STORE.replace("add i64 %a, %b", "add i64 %a, %sum"), STORE.replace("ret void\n", "")],
    ids=["torn", "uses itself", "no end"],
)
def test_text_that_is_not_llvm_ir_is_refused(text: str) -> None:
    with pytest.raises(RuntimeError):
        object_code(text, host())


def test_bytes_that_are_not_object_code_are_refused() -> None:
    with pytest.raises(RuntimeError):
        Loaded(b"no code at all", "run", host())


def test_code_lives_as_long_as_its_callable_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    close = jit._close
    monkeypatch.setattr(jit, "_close", lambda *parts: (closed.append(parts), close(*parts)))
    call = Loaded(STORE, "run", host()).call
    gc.collect()
    assert not closed
    assert sum_by(call, 1, 2) == 3
    del call
    gc.collect()
    assert len(closed) == 1
    assert all(part.closed for part in closed[0])


def test_many_pieces_of_code_are_separate() -> None:
    calls = [Loaded(STORE.replace("i64 %a, %b\n", f"i64 %a, {i}\n"), "run", host()).call for i in range(20)]
    assert [sum_by(call, 100, 0) for call in calls] == list(range(100, 120))


def test_machine_code_can_be_run_here() -> None:
    check_machine_code()


def test_a_system_that_forbids_machine_code_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise RuntimeError("mprotect: Permission denied")

    monkeypatch.setattr(jit, "Loaded", refuse)
    with pytest.raises(
        BackendError, match=r"cannot run machine code on this system \(mprotect.*choose backend='numpy'"
    ):
        check_machine_code()

"""Programs come and go: memory is given back, forks do not hang, threads do not disturb each other."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from backends.llvm.small import compile_and_run, run_small, small_step
from chainrule.backends.llvm import Cache, LlvmBackend, jit

BACKEND = LlvmBackend(cache=Cache(None))

LEAK = """
import gc, os, sys
import numpy as np
from backends.llvm.small import compile_and_run
from chainrule.backends.llvm import Cache, LlvmBackend

backend = LlvmBackend(cache=Cache(None))
warm_up, count = 50, int(sys.argv[1])
page = os.sysconf("SC_PAGE_SIZE") / 1024
turns, sizes = [], []
for turn in range(warm_up + count):
    compile_and_run(backend, 1.0 + turn / 7)  # each has a constant of its own
    if turn >= warm_up and turn % 10 == 0:
        gc.collect()
        turns.append(turn)
        with open("/proc/self/statm") as file:
            sizes.append(int(file.read().split()[1]) * page)
print(np.polyfit(turns, sizes, 1)[0])
"""

FORK = """
import faulthandler, os, signal, sys, threading
import llvmlite.binding
from backends.llvm.small import compile_and_run
from chainrule.backends.llvm import Cache, LlvmBackend

backend, stop = LlvmBackend(cache=Cache(None)), threading.Event()

def compiling():
    while not stop.is_set():
        compile_and_run(backend)

def another_user_of_llvmlite():
    while not stop.is_set():
        llvmlite.binding.parse_assembly("define void @f() { ret void }")

threads = [threading.Thread(target=work) for work in (compiling, another_user_of_llvmlite)]
for thread in threads:
    thread.start()
hung = failed = 0
for turn in range(int(sys.argv[1])):
    child = os.fork()
    if child == 0:
        faulthandler.register(signal.SIGALRM, chain=True)  # says where it hangs, then ends it
        signal.alarm(10)
        try:
            compile_and_run(backend, 1.0 + turn)
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    hung += os.WIFSIGNALED(status)
    failed += os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0
stop.set()
for thread in threads:
    thread.join()
print(hung, failed)
"""


def printed(script: str, count: int) -> list[float]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script, str(count)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert not result.stderr
    return [float(word) for word in result.stdout.split()]


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="there is nowhere to read the size of a process")
@pytest.mark.parametrize(("count", "most"), [(200, 1.0), pytest.param(2000, 0.1, marks=pytest.mark.slow)])
def test_memory_does_not_grow(count: int, most: float) -> None:
    """In KiB a compilation, by regression; over few of them a single page more is much."""
    (slope,) = printed(LEAK, count)
    assert slope <= most


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
@pytest.mark.parametrize("count", [15, pytest.param(200, marks=pytest.mark.slow)])
def test_a_child_forked_while_others_compile_can_compile(count: int) -> None:
    assert printed(FORK, count) == [0, 0]


def test_a_dead_program_gives_its_code_back(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    close = jit._close
    monkeypatch.setattr(jit, "_close", lambda *parts: (closed.append(parts), close(*parts)))
    program = BACKEND.compile(small_step())
    run_small(program)
    assert not closed
    del program
    gc.collect()
    assert len(closed) == 1


def together(works: list[Callable[[], Any]]) -> None:
    """All at the same moment, each in a thread."""
    start = threading.Barrier(len(works))

    def begin(work: Callable[[], Any]) -> None:
        start.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        for result in [pool.submit(begin, work) for work in works]:
            result.result()


def test_many_threads_compile_and_run() -> None:
    together(
        [lambda scale=scale: [compile_and_run(BACKEND, scale) for _ in range(5)] for scale in (1.0, 2.0, 3.0, 4.0)]
    )


@pytest.mark.parametrize("team", [1, 2])
def test_many_threads_run_programs_of_their_own_and_a_common_one(team: int) -> None:
    backend = LlvmBackend(threads=team, cache=Cache(None))
    common, own = backend.compile(small_step()), [backend.compile(small_step(i)) for i in (2.0, 3.0, 4.0)]
    works: list[Callable[[], Any]] = [lambda: [run_small(common) for _ in range(100)]] * 2
    works += [
        lambda program=program, scale=scale: [run_small(program, scale) for _ in range(100)]  # type: ignore[misc]
        for program, scale in zip(own, (2.0, 3.0, 4.0), strict=True)
    ]
    together(works)

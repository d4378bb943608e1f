"""What can befall a team of threads: Ctrl-C while it works, a system without more threads, a system that is not POSIX."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backends.llvm.comparing import same_bits
from backends.llvm.networks import Arrays, training_of
from chainrule.backends.llvm import LlvmBackend, LlvmProgram
from chainrule.backends.llvm import threads as module
from chainrule.backends.llvm.threads import _yield_address, run_team
from chainrule.errors import BackendError
from chainrule.functional import CrossEntropy
from chainrule.nn import Dense
from chainrule.optim import Adam

TABLE = np.zeros(1, np.uintp)
N = 64

pytestmark = [pytest.mark.timeout(120), pytest.mark.alone]
signals = pytest.mark.skipif(os.name == "nt", reason="on Windows a signal cannot be sent to a thread")


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    until = time.monotonic() + 30  # after Ctrl-C a thread may still be on its way out
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() == before


@pytest.mark.parametrize("size", [1, 2, 5])
def test_each_of_a_team_enters_once_and_nobody_before_all_are_there(size: int) -> None:
    together = threading.Barrier(size)
    entered = []

    def call(table: int, n_steps: int, rank: int, place: int | None) -> None:
        together.wait(timeout=60)
        entered.append((table, n_steps, rank))

    spent = run_team(call, TABLE, 7, size)
    assert len(spent) == (size if size > 1 else 0)
    assert sorted(entered) == [(TABLE.ctypes.data, 7, rank) for rank in range(size)]


def test_what_a_team_spent_is_what_passed_in_the_code_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long its threads took to start, and however long one of them slept there."""
    start = threading.Thread.start

    def start_late(thread: threading.Thread) -> None:
        time.sleep(0.5)
        start(thread)

    def call(table: int, n_steps: int, rank: int, place: int) -> None:
        time.sleep(0.2 * rank)

    monkeypatch.setattr(threading.Thread, "start", start_late)
    first, other = run_team(call, TABLE, 1, 2)
    assert first.passed < 0.15 < other.passed < 0.4
    assert other.ran < 0.1


def test_a_team_of_more_threads_than_cores_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_cores", lambda: [5, 8])
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: pytest.fail("moved"), raising=False)
    entered: list[int] = []
    run_team(lambda table, n_steps, rank, place: entered.append(rank), TABLE, 1, 3)
    assert sorted(entered) == [0, 1, 2]


@pytest.mark.parametrize("allowed", [True, False])
def test_each_of_a_team_begins_on_a_core_of_its_own(allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: dict[int, list[list[int]]] = {}
    entered = []

    def move(thread: int, cores: set[int] | list[int]) -> None:
        assert thread == 0
        moved.setdefault(threading.get_ident(), []).append(list(cores))
        if not allowed:
            raise PermissionError

    monkeypatch.setattr(module, "_cores", lambda: [7, 5, 8, 2])
    monkeypatch.setattr(os, "sched_setaffinity", move, raising=False)
    run_team(lambda table, n_steps, rank, place: entered.append(rank), TABLE, 1, 4)
    assert sorted(entered) == [0, 1, 2, 3]
    everywhere = [[7, 5, 8, 2]] if allowed else []
    assert sorted(moved.values()) == [[[core], *everywhere] for core in (2, 5, 8)]


def test_the_first_core_is_that_of_this_thread() -> None:
    cores = module._cores()
    if hasattr(os, "sched_setaffinity"):
        assert set(cores) == os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(cores)})
        try:
            assert module._cores() == [max(cores)]
        finally:
            os.sched_setaffinity(0, cores)
    else:
        assert cores == [0]


def interrupt_main_after(*seconds: float) -> threading.Thread:
    """Ctrl-C for the main thread, after so many seconds each."""

    def work() -> None:
        for pause in seconds:
            time.sleep(pause)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@signals
@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_is_raised_when_all_have_left(times: int) -> None:
    """It comes while this thread, which has done its part, waits for the others."""
    left = []

    def call(table: int, n_steps: int, rank: int, place: int) -> None:
        time.sleep(0.25 * rank)
        left.append(rank)

    interrupter = interrupt_main_after(*[0.05] * times)
    with pytest.raises(KeyboardInterrupt):
        run_team(call, TABLE, 1, 3)
    assert sorted(left) == [0, 1, 2]
    interrupter.join()


def test_ctrl_c_at_the_door_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes when the others are on their way in, and this thread is not."""
    together = threading.Barrier(3)
    entered = []

    class Gate:
        def __init__(self) -> None:
            self.lock = threading.Lock()

        def __enter__(self) -> None:
            self.lock.acquire()

        def __exit__(self, *error: object) -> None:
            self.lock.release()
            if threading.current_thread() is threading.main_thread():
                raise KeyboardInterrupt

    def call(table: int, n_steps: int, rank: int, place: int) -> None:
        together.wait(timeout=60)
        entered.append(rank)

    monkeypatch.setattr(module, "threading", SimpleNamespace(Lock=Gate, Thread=threading.Thread))
    with pytest.raises(KeyboardInterrupt):
        run_team(call, TABLE, 1, 3)
    assert sorted(entered) == [0, 1, 2]


class Job:
    """Training in a team, always the same."""

    def __init__(self, threads: int) -> None:
        labels = np.random.default_rng(1).integers(0, 3, N).astype(np.int32)
        x = np.random.default_rng(0).normal(size=(N, 20))
        layers = [Dense(40, activation="relu"), Dense(24, activation="relu"), Dense(3)]
        self.training = training_of(layers, {"x": x, "y": labels}, CrossEntropy(), Adam(0.01))
        self.program: LlvmProgram = LlvmBackend(threads=threads).compile(self.training.step)

    def run(self, n_steps: int) -> Arrays:
        state = self.training.copied()
        assert self.training.run(self.program, state, n_steps, N).failure is None
        return state


@signals
def test_ctrl_c_in_machine_code_changes_nothing_and_the_next_run_is_as_ever() -> None:
    job, expected = Job(3), Job(1).run(50)
    state = job.training.copied()
    before = {name: array.copy() for name, array in state.items()}
    seconds, n_steps = 0.0, 1_000
    while seconds < 0.2:  # so long that it cannot come too late
        n_steps, began = 2 * n_steps, time.perf_counter()
        job.run(n_steps)
        seconds = time.perf_counter() - began
    for turn in range(5):
        interrupter = interrupt_main_after(0.01 + 0.02 * turn)
        with pytest.raises(KeyboardInterrupt):
            job.training.run(job.program, state, n_steps, N)
        interrupter.join()
        assert all(same_bits(state[name], before[name]) for name in before)
    assert all(same_bits(array, expected[name]) for name, array in job.run(50).items())


@pytest.mark.parametrize("missing", [0, 1])
def test_a_team_that_cannot_be_started_is_an_error_and_nobody_waits_for_it(
    missing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, started = Job(3), 0
    start = threading.Thread.start

    def fails_in_the_end(thread: threading.Thread) -> None:
        nonlocal started
        if started == missing:
            raise RuntimeError("can't start new thread")
        started += 1
        start(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fails_in_the_end)
        with pytest.raises(
            BackendError, match=r"A team of 3 threads cannot be started \(can't start.*choose threads=1"
        ):
            job.run(5)
    expected = Job(1).run(5)
    assert all(same_bits(array, expected[name]) for name, array in job.run(5).items())


def test_threads_that_wait_give_way_on_every_system(monkeypatch: pytest.MonkeyPatch) -> None:
    find: Any = _yield_address.__wrapped__
    switch = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 0)

    class Kernel32:
        SwitchToThread = switch

    monkeypatch.setattr(ctypes, "WinDLL", {"kernel32": Kernel32}.__getitem__, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    assert find() == ctypes.cast(switch, ctypes.c_void_p).value
    monkeypatch.undo()
    assert find() == _yield_address() != 0

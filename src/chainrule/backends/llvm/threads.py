"""A team of threads that enter one call of machine code together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import BackendError

_LINE = 8  # 64-bit words in a line of the cache
_PAUSE, _LONGEST_PAUSE = 0.25, 4.0  # seconds
_TELLING = 0.01  # seconds that a call must take to tell anything
_UNDISTURBED = 0.8  # the share of its time that a team has at least if nobody else is there: its threads never sleep


class Spent(NamedTuple):
    """What threads spent in machine code: the seconds that passed, and those in which they ran."""

    passed: float
    ran: float


class Crowd:
    """Whether somebody else wants the cores that a team needs: then one thread alone is faster than a team that waits.

    A team whose threads were not given all the time of its call should not run for a while.
    """

    def __init__(self) -> None:
        self._until, self._pause = 0.0, _PAUSE

    def here(self) -> bool:
        """Whether a team would be disturbed now."""
        return time.monotonic() < self._until

    def note(self, team: list[Spent]) -> None:
        """Take note of a call: what each thread of the team spent in it."""
        passed = sum(spent.passed for spent in team)
        if passed < _TELLING * len(team):
            return
        if sum(spent.ran for spent in team) < _UNDISTURBED * passed:
            self._until = time.monotonic() + self._pause
            self._pause = min(2.0 * self._pause, _LONGEST_PAUSE)
        else:
            self._pause = _PAUSE


def run_team(call: Callable[..., Any], table: NDArray[np.uintp], n_steps: int, size: int) -> list[Spent]:
    """Call the code once in each of `size` threads, this one included; when all have left it, what each spent there.

    Inside, each thread waits for all others, so none enters before all have started; a call releases Python's lock. Ctrl-C is
    raised when all have left, for they use the arrays of our caller.

    Raises `BackendError` if the system has no more threads to give; then nothing was run.
    """
    if size == 1:
        call(table.ctypes.data, n_steps, 0, None)
        return []
    memory = np.zeros((size + 2) * 2 * _LINE + _LINE, np.int64)
    arguments = [(table.ctypes.data, n_steps, rank, place) for rank, place in enumerate(_places(memory, size))]
    gate, complete, entered = threading.Lock(), False, False
    spent: list[Spent] = []  # by the threads that have left the code
    cores: list[int] = []

    def enter(rank: int) -> None:
        with gate:
            if not complete:
                return
        if size <= len(cores):
            _move_to(cores[rank], cores)
        began = _clocks()
        call(*arguments[rank])
        spent.append(_since(began))

    others = [threading.Thread(target=enter, args=(rank,), daemon=True) for rank in range(1, size)]
    first = arguments[0]
    try:
        with gate:
            for thread in others:
                _start(thread, size)
            cores[:] = _cores()  # only now, for starting a thread may have moved this one
            complete = True
        began = _clocks()
        entered = True  # Python looks for Ctrl-C after a call or a jump, so never between this and the call
        call(*first)
        own = _since(began)
        for thread in others:
            thread.join()
    except BaseException:
        if complete and not entered:  # the others wait for us
            call(*first)
        while complete and len(spent) < len(others):  # a join takes a thread for ended once it was interrupted
            with contextlib.suppress(BaseException):  # a second Ctrl-C, which would come too early
                time.sleep(0.001)
        raise
    return [own, *spent]


def _cores() -> list[int]:
    """The cores that this thread may use, from the one on which it runs now; only [0] if the system does not tell."""
    if not hasattr(os, "sched_setaffinity"):
        return [0]
    allowed = sorted(os.sched_getaffinity(0))
    now = ctypes.CDLL(None).sched_getcpu()
    return [core for core in allowed if core >= now] + [core for core in allowed if core < now]


def _move_to(core: int, cores: list[int]) -> None:
    """Let this thread go on upon a core, and from there to any other if the system finds one better.

    A new thread often wakes where its maker runs. Left alone, the two would share that core for 10 ms and more.
    """
    with contextlib.suppress(OSError):  # a system may forbid it
        os.sched_setaffinity(0, {core})
        os.sched_setaffinity(0, cores)


def _clocks() -> Spent:
    return Spent(time.monotonic(), time.thread_time())


def _since(began: Spent) -> Spent:
    return Spent(time.monotonic() - began.passed, time.thread_time() - began.ran)


def _places(memory: NDArray[np.int64], size: int) -> list[int]:
    """Where each thread finds the others: a line for all, and one each, as machine code expects it."""
    shared = memory[-memory.ctypes.data % 128 // 8 :]
    shared[_LINE] = _yield_address()
    places = []
    for rank in range(size):
        own = shared[(rank + 1) * 2 * _LINE :]
        own[0], own[1], own[2] = shared.ctypes.data, size, 0
        places.append(own.ctypes.data)
    return places


def _start(thread: threading.Thread, size: int) -> None:
    try:
        thread.start()
    except RuntimeError as error:
        raise BackendError(f"A team of {size} threads cannot be started ({error}): choose threads=1.") from error


@cache
def _yield_address() -> int:
    """The address of the system's function that lets other threads run: sched_yield, on Windows SwitchToThread."""
    if sys.platform == "win32":
        function = ctypes.WinDLL("kernel32").SwitchToThread
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0

"""A team of threads that enter one call of machine code together."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LINE = 8  # 64-bit words in a line of the cache


def run_team(call: Callable[..., Any], table: NDArray[np.uintp], n_steps: int, size: int) -> None:
    """Call the code once in each of `size` threads, this one included; a call releases Python's lock."""
    if size == 1:
        call(table.ctypes.data, n_steps, 0, None)
        return
    memory = np.zeros((size + 2) * 2 * _LINE + _LINE, np.int64)
    start = -memory.ctypes.data % 128 // 8
    shared = memory[start:]
    shared[_LINE] = _yield_address()
    places = []
    for rank in range(size):
        own = shared[(rank + 1) * 2 * _LINE :]
        own[0], own[1], own[2] = shared.ctypes.data, size, 0
        places.append(own.ctypes.data)
    others = [
        threading.Thread(target=call, args=(table.ctypes.data, n_steps, rank, places[rank]), daemon=True)
        for rank in range(1, size)
    ]
    for thread in others:
        thread.start()
    call(table.ctypes.data, n_steps, 0, places[0])
    for thread in others:
        thread.join()


def _yield_address() -> int:
    """The address of the C library's sched_yield."""
    library = ctypes.CDLL(None)
    return ctypes.cast(library.sched_yield, ctypes.c_void_p).value or 0

"""What cuts a fit short from outside: Ctrl-C and a time limit."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chainrule.training.stopping import StopReason


class Clock:
    """The time since a fit began, and whether it must end now."""

    def __init__(self, max_seconds: float | None, interrupted: threading.Event) -> None:
        self.max_seconds, self.interrupted = max_seconds, interrupted
        self.started = self.lapped = time.perf_counter()

    def lap(self) -> float:
        """The seconds since the last lap, or since the beginning."""
        now = time.perf_counter()
        seconds, self.lapped = now - self.lapped, now
        return seconds

    def cut(self) -> StopReason | None:
        """Why the fit must end now, if it must."""
        seconds, limit = time.perf_counter() - self.started, self.max_seconds
        if self.interrupted.is_set():
            return StopReason("interrupted", f"Stopped by Ctrl-C after {seconds:.1f} s.", {"seconds": seconds})
        if limit is not None and seconds >= limit:
            numbers = {"max_seconds": limit, "seconds": seconds}
            return StopReason("max_seconds", f"The time limit of {limit:g} s is reached.", numbers)
        return None


@contextmanager
def interrupts() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one interrupts as usual. Only the main thread can be told."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    usual = signal.getsignal(signal.SIGINT)
    if usual is None or usual is signal.SIG_IGN:  # nobody listens to Ctrl-C, or not through Python
        yield event
        return

    def handler(number: int, frame: Any) -> None:
        event.set()
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, handler)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, usual)

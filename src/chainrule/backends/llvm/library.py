"""llvmlite, for one thread at a time, and never for another while a process forks.

llvmlite serialises its calls by a lock of its own. A child that is forked while another thread holds it finds it taken for
ever, so the process forks only when nobody does.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from chainrule.errors import BackendError

# Ours, under which llvmlite is imported and used; then llvmlite's, which others in this process may use without ours, and
# which is held where an object is closed by the garbage collector. Always taken in this order.
_LOCKS = [threading.RLock()]


def _before_fork() -> None:
    for lock in _LOCKS:
        lock.acquire()


def _after_fork() -> None:
    for lock in reversed(_LOCKS):
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)


@contextmanager
def library() -> Iterator[Any]:
    """`llvmlite.binding`, ready to make code for this machine, for as long as the block lasts.

    Raises `BackendError` where llvmlite is not installed or cannot be loaded.
    """
    with _LOCKS[0]:
        yield _initialised()


@cache
def _initialised() -> Any:
    try:
        import llvmlite.binding as llvm
    except (ImportError, OSError) as error:
        raise BackendError(
            f"backend='llvm' needs the package llvmlite, which cannot be imported ({error}); install it with "
            "'pip install llvmlite', or choose backend='numpy'."
        ) from error
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    # A private name: without it, our lock still covers our calls.
    own = getattr(getattr(llvm.ffi.lib, "_lock", None), "_lock", None)
    if own is not None and own not in _LOCKS:
        _LOCKS.append(own)
    return llvm

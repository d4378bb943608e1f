"""How a step runs: NumPy, the definition of every primitive, and LLVM, machine code."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

from chainrule.backends.base import Backend, Failure, Program, Result
from chainrule.backends.numpy_ import NumpyBackend
from chainrule.errors import BackendError, BackendWarning, check_name


def _llvm() -> Backend:
    from chainrule.backends.llvm import LlvmBackend

    return LlvmBackend()


BACKENDS: dict[str, Callable[[], Backend]] = {"numpy": NumpyBackend, "llvm": _llvm}

# The default is the first of these that can be used; the last always can.
PREFERRED: tuple[str, ...] = ("llvm", "numpy")


def get_backend(name: str | None = None) -> Backend:
    """The backend of a name; the default one unless named.

    Raises `BackendError` if the named backend cannot be used here. The default can always be used, but if it is not the one
    that it should be, a `BackendWarning` says so, once a process.

    >>> get_backend("numpy").name
    'numpy'
    """
    if name is None:
        name = _default()
    return BACKENDS[check_name("backend", name, BACKENDS)]()


@cache
def _default() -> str:
    """The name of the first preferred backend that can be used."""
    for name in PREFERRED[:-1]:
        try:
            check_usable(name)
        except BackendError as error:
            message = f"Networks run on the {PREFERRED[-1]} backend, which is slower, because {error}"
            warnings.warn(message, BackendWarning, stacklevel=3)
        else:
            return name
    return PREFERRED[-1]


def check_usable(name: str) -> None:
    """Raise `BackendError` unless a backend can be used here."""
    BACKENDS[name]()
    if name == "llvm":
        from chainrule.backends.llvm.jit import check_machine_code

        check_machine_code()


__all__ = ["BACKENDS", "Backend", "BackendWarning", "Failure", "Program", "Result", "get_backend"]

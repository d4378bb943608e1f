"""How a step runs: NumPy, the definition of every primitive, and LLVM, machine code."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.backends.base import Backend, Failure, Program, Result
from chainrule.backends.numpy_ import NumpyBackend
from chainrule.errors import check_name


def _llvm() -> Backend:
    from chainrule.backends.llvm import LlvmBackend

    return LlvmBackend()


BACKENDS: dict[str, Callable[[], Backend]] = {"numpy": NumpyBackend, "llvm": _llvm}
DEFAULT = "numpy"


def get_backend(name: str | None = None) -> Backend:
    """The backend of a name; the default one unless named.

    >>> get_backend("numpy").name
    'numpy'
    """
    return BACKENDS[check_name("backend", DEFAULT if name is None else name, BACKENDS)]()


__all__ = ["BACKENDS", "Backend", "Failure", "Program", "Result", "get_backend"]

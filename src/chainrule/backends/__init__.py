"""How a step runs: NumPy, the definition of every primitive."""

from __future__ import annotations

from chainrule.backends.base import Backend, Failure, Program, Result
from chainrule.backends.numpy_ import NumpyBackend
from chainrule.errors import check_name

BACKENDS: dict[str, type[Backend]] = {"numpy": NumpyBackend}


def get_backend(name: str) -> Backend:
    """The backend of a name.

    >>> get_backend("numpy").name
    'numpy'
    """
    return BACKENDS[check_name("backend", name, BACKENDS)]()


__all__ = ["BACKENDS", "Backend", "Failure", "Program", "Result", "get_backend"]

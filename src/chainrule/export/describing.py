"""Layers, optimisers and schedules as they are written in a program: for its docstring."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from typing import Any

import numpy as np

from chainrule.nn import Layer


def harmless(text: str) -> str:
    r"""A text that does not end the docstring that it stands in, whatever names a model file holds.

    >>> print(harmless(r"C:\new"))
    C:\\new
    """
    return text.replace("\\", "\\\\").replace('"' * 3, "'" * 3)


def described(part: Any) -> str:
    """A layer or an optimiser as it is written, without what is as usual.

    >>> from chainrule.nn import Dense
    >>> described(Dense(3, activation="tanh"))
    "Dense(3, activation='tanh')"
    """
    if not is_dataclass(part) or isinstance(part, type):
        return repr(part) if type(part).__repr__ is not object.__repr__ else type(part).__name__
    given = []
    for field in fields(part):
        value = getattr(part, field.name)
        required = field.default is MISSING and field.default_factory is MISSING
        if required and not field.kw_only:
            given.append(_shown(value))
        elif required or isinstance(value, np.ndarray) or value != field.default:
            given.append(f"{field.name}={_shown(value)}")
    return f"{type(part).__name__}({', '.join(given)})"


def _shown(value: Any) -> str:
    if isinstance(value, tuple) and value and all(isinstance(part, Layer) for part in value):
        return ", ".join(map(described, value))
    if isinstance(value, tuple):
        return f"({', '.join(map(_shown, value))})"
    if isinstance(value, np.ndarray | list):
        return "..."
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__).strip("<>")
    return described(value)

"""Brackets, where a formula needs them and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

ATOM = 100  # the level of what needs no brackets anywhere


@dataclass(frozen=True)
class Text:
    """A formula and how strongly its outermost operation binds: where more is asked for, it is put in brackets.

    >>> f"{Text('a + b', 1):2} · c"
    '(a + b) · c'
    """

    text: str
    level: int = ATOM

    def __format__(self, least: str) -> str:
        return f"({self.text})" if self.level < int(least or 0) else self.text

    def __str__(self) -> str:
        return self.text

"""What becomes of a student's answers: a mark for each, the slips behind wrong ones, and all of it in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from numpy.typing import NDArray

from chainrule.explain.composite.formulae import number

Array = NDArray[Any]
Index = tuple[int, ...]

RIGHT, FOLLOWS, WRONG = "right", "follows", "wrong"
_SIGNS = {RIGHT: "✓", FOLLOWS: "→", WRONG: "✗"}
_WORDS = {RIGHT: "right", FOLLOWS: "follows from the earlier mistake", WRONG: "wrong"}


@dataclass(frozen=True)
class Slip:
    """A slip that explains a wrong quantity: its name, where it was made, and what it is in a sentence."""

    name: str
    quantity: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.name}, in {self.quantity}: {self.sentence}"


@dataclass(frozen=True, eq=False)
class Deviation:
    """Where an answer is farthest from what is right: the place, the number that was answered, the right one."""

    index: Index
    yours: float
    right: float

    def __str__(self) -> str:
        at = f" at [{', '.join(map(str, self.index))}]" if self.index else ""
        return f"{number(self.yours)}{at}, right is {number(self.right)}"


@dataclass(frozen=True, eq=False)
class Mark:
    """The mark of one quantity.

    * `name`, `symbol`, `formula`: which it is, and how it is computed, as `explain` has it.
    * `status`: "right"; "follows" where it is not right, but follows rightly from earlier mistakes; "wrong".
    * `yours`, `right`: the answer as it was given, and the right numbers.
    * `deviation`: where they differ most; None where the shapes differ.
    * `slips`: what explains a wrong answer, the likeliest first; several where they lead to the same numbers.
    """

    name: str
    symbol: str
    formula: str
    status: str
    yours: Array
    right: Array
    deviation: Deviation | None
    slips: tuple[Slip, ...] = ()

    @property
    def slip(self) -> Slip | None:
        """The likeliest slip, None if none explains the answer."""
        return self.slips[0] if self.slips else None

    @property
    def equation(self) -> str:
        """The quantity with its formula."""
        return f"{self.symbol} = {self.formula}" if self.formula else self.symbol

    def __str__(self) -> str:
        parts = [_WORDS[self.status]]
        if self.status == WRONG and self.deviation:
            parts.append(f"yours is {self.deviation}")
        if self.slips:
            parts.append(" or ".join(slip.name for slip in self.slips))
        return ": ".join([parts[0], "; ".join(parts[1:])]) if parts[1:] else parts[0]


@dataclass(frozen=True, eq=False, repr=False)
class Grade:
    """What became of a student's answers; printing it says it in words. `marks` has one for each, in the order of computation."""

    marks: tuple[Mark, ...]
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether every answer is right."""
        return all(mark.status == RIGHT for mark in self.marks)

    @property
    def score(self) -> float:
        """The share of answers that are right, or follow rightly from earlier mistakes."""
        return sum(mark.status != WRONG for mark in self.marks) / len(self.marks)

    @property
    def first_wrong(self) -> Mark | None:
        """The first wrong answer in the order of computation; None if there is none."""
        return next((mark for mark in self.marks if mark.status == WRONG), None)

    @property
    def wrong(self) -> tuple[Mark, ...]:
        """The wrong answers: each is a mistake of its own."""
        return tuple(mark for mark in self.marks if mark.status == WRONG)

    @property
    def slip(self) -> Slip | None:
        """The likeliest slip behind the first wrong answer; None if there is no wrong answer, or none explains it."""
        return self.first_wrong.slip if self.first_wrong else None

    def verdict(self) -> str:
        """The result in words, without the table."""
        n, first = len(self.marks), self.first_wrong
        if first is None:
            return "The answer is right." if n == 1 else f"All {n} answers are right."
        good = sum(mark.status != WRONG for mark in self.marks)
        lines = [f"{good} of {n} answers are right, or follow rightly from an earlier mistake."]
        for slip, alike in groupby(self.wrong, key=lambda mark: mark.slip and mark.slip.name):
            mark, *others = alike
            lines += ["", *_explained(mark, "The first mistake" if mark is first else "Another mistake")]
            if others:
                lines.append(f"  {'The same slip' if slip else 'Wrong, too'}: {', '.join(own.name for own in others)}.")
        return "\n".join(lines)

    def __str__(self) -> str:
        width = max(len(mark.name) for mark in self.marks)
        table = [f"{_SIGNS[mark.status]} {mark.name.ljust(width)}  {mark}" for mark in self.marks]
        return "\n".join([*table, "", self.verdict()])

    __repr__ = __str__


def _explained(mark: Mark, opening: str) -> Iterator[str]:
    """A wrong answer in words: what it is, what is likely behind it, what is right."""
    yield f"{opening} is {mark.name}" + (f": yours is {mark.deviation}." if mark.deviation else ", by its shape.")
    if not mark.slips:
        yield "  No slip that is known leads to these numbers."
    for i, slip in enumerate(mark.slips):
        opening = ("Likely" if len(mark.slips) == 1 else "Either") if i == 0 else "or"
        where = f" in {slip.quantity}" if slip.quantity != mark.name else ""
        yield f"  {opening}: {slip.name}{where} ({slip.sentence})."
    yield f"  Right is {mark.equation}."

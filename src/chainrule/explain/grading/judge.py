"""The judge: a student's numbers for one training step, in the order of computation, with mistakes carried forward."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, ShapeError, check_number
from chainrule.explain.grading.answers import Closeness, read_answers, rounded_too_far, shaped
from chainrule.explain.grading.around import Around
from chainrule.explain.grading.grade import FOLLOWS, RIGHT, WRONG, Deviation, Grade, Mark, Slip
from chainrule.explain.grading.sheet import Numbers, Sheet
from chainrule.explain.grading.slips import rules_for
from chainrule.functional import Loss
from chainrule.optim import Transform
from chainrule.training.build import Penalties
from chainrule.training.fitting import Examples
from chainrule.training.model import Model

Array = NDArray[Any]

_MOST_SLIPS = 3
_EXACT = -3  # the order of magnitude of an error that is none, in units of the tolerance
_ROUGHLY = 10  # how far off a slip may be that explains an answer, if none explains it within the tolerance
_MUCH_NEARER = 0.25  # of the distance from the right number: no more than that, for such a slip
_MOST_BY_ROUNDING, _DRAWS = 100, 16


def grade_step(
    model: Model,
    loss: Loss,
    examples: Examples,
    optimizer: Transform,
    penalties: Penalties,
    answers: Any,
    *,
    epochs: int = 0,
    tolerance: float = 1e-3,
) -> Grade:
    """Judge answers to the step that `explain_step` explains with the same arguments.

    Raises `ArgumentError` if the loss is not finite, or names of answers are not known; `DataError` if answers are not numbers;
    `ShapeError` if they have a shape that no slip leads to.
    """
    close = Closeness(check_number("tolerance", tolerance, above=0, below=1))
    sheet = Sheet.of(model, loss, examples, optimizer, penalties, epochs)
    if not np.isfinite(sheet.truth["loss"]):
        raise ArgumentError(
            f"The loss is {sheet.truth['loss']} with these parameters and data, so that there is nothing to compare with: "
            "scale X and y to about 1, or call reset()."
        )
    judge = _Judge(sheet, close)
    given = read_answers(answers, sheet, close)
    return Grade(tuple(judge.mark(name, *answer) for name, answer in given.items()), tolerance)


@dataclass(frozen=True, eq=False)
class _Found:
    """A slip that leads to the answer: how closely, and the number that it made where it was made."""

    error: float
    slip: Slip
    value: Array

    @property
    def rank(self) -> int:
        """The order of magnitude of the error; what rounding to float32 explains is all the same."""
        return max(math.ceil(math.log10(self.error)), _EXACT) if self.error else _EXACT


class _Judge:
    """Judges one answer after the other; `numbers` are the student's so far, and what follows from them."""

    def __init__(self, sheet: Sheet, close: Closeness) -> None:
        self.sheet, self.close = sheet, close
        self.numbers, self.truth = Numbers(sheet, {}), Numbers(sheet, sheet.truth)
        self.mistaken = False

    def mark(self, name: str, given: str, answer: Array) -> Mark:
        """The mark of an answer; what comes after it is judged by it."""
        line, right = self.sheet.lines[name], self.sheet.truth[name]
        yours, turned = shaped(answer, right)
        status = self._status(name, yours)
        found: list[_Found] = []
        if turned and status != WRONG:
            status = WRONG
            found = [_Found(0.0, Slip("transposed result", name, "rows and columns changed places"), yours)]
        elif status == WRONG:
            found = self._explained(name, yours)
            exact = bool(found) and found[0].rank == _EXACT
            if not exact and self._by_rounding(name, yours):
                status, found = FOLLOWS if self.mistaken else RIGHT, []
            self._infer(found, name)
        if yours.shape == right.shape:
            if right.dtype.kind == "f":  # class numbers are no numbers to compute with
                self.numbers = self.numbers.replaced(name, yours)
        elif not found:
            raise ShapeError(
                f"answers[{given!r}] must have the shape {right.shape}, that of {line.symbol}, but has {answer.shape}."
            )
        self.mistaken |= status == WRONG
        slips = tuple(one.slip for one in found)
        return Mark(given, line.symbol, line.formula, status, answer, right, _deviation(yours, right), slips)

    def _status(self, name: str, yours: Array) -> str:
        """Whether an answer is right, or consistent with the student's own numbers before it, which may be rounded or wrong."""
        if self.close.same(yours, self.sheet.truth[name]):
            return RIGHT
        if any(self.close.same(yours, expected) for expected in self.numbers.ways(name)):
            return FOLLOWS if self.mistaken else RIGHT
        return WRONG

    def _by_rounding(self, name: str, yours: Array) -> bool:
        """Whether a deviation is what comes of rounding everything on the way, by half the tolerance."""
        expected = self.numbers.computed(name)
        if self.close.error(yours, expected) > _MOST_BY_ROUNDING:
            return False
        draws, half = np.random.default_rng(0), self.close.tolerance / 2
        errors = [np.abs(self.numbers.rounded(name, half, draws) - expected) for _ in range(_DRAWS)]
        return self.close.error(yours, expected, 1.5 * np.max(errors, axis=0)) <= 1

    def _explained(self, name: str, yours: Array) -> list[_Found]:
        """The slips that lead to an answer, of those with errors of the same order: the likelier first, each name once.

        Where the same slip may have been made in an earlier quantity that was not answered, it was made there.
        """
        right = self.numbers.computed(name)
        if rounded_too_far(yours, right):
            return [_Found(0.0, Slip("rounded too far", name, "give more digits: too few tell nothing"), right)]
        roughly = min(_ROUGHLY, _MUCH_NEARER * self.close.error(yours, right))
        near = [found for found in self._candidates(name, yours) if found.error <= max(roughly, 1.0)]
        fits = [found for found in near if found.error <= 1] or near
        best = min((found.rank for found in fits), default=0)
        named: dict[str, _Found] = {}
        for found in fits:
            if found.rank == best:
                named[found.slip.name] = found
        return list(named.values())[:_MOST_SLIPS]

    def _candidates(self, name: str, yours: Array) -> Iterator[_Found]:
        """Slips in the quantity itself, then in those before it that were not answered, the nearest first."""
        right = self.numbers.computed(name)
        for numbers in (self.numbers, self.truth) if self.mistaken else (self.numbers,):
            for slip, value in _guesses(numbers, name):
                if not self.close.same(value, right):  # a slip that changes nothing explains nothing
                    yield _Found(self.close.error(yours, value), slip, value)
        for earlier in reversed(self.sheet.ancestors(name)):
            if earlier in self.numbers.given or earlier.endswith("/slope"):  # δ has the slips in f′ among its own
                continue
            for slip, value in _guesses(self.numbers, earlier):
                if value.shape == self.sheet.truth[earlier].shape:
                    led_to = self.numbers.replaced(earlier, value).computed(name)
                    if not self.close.same(led_to, right):
                        yield _Found(self.close.error(yours, led_to), slip, value)

    def _infer(self, found: list[_Found], name: str) -> None:
        """Take the number of a slip that was made before the answer for the student's own."""
        if found and found[0].slip.quantity != name:
            self.numbers = self.numbers.replaced(found[0].slip.quantity, found[0].value)


def _guesses(numbers: Numbers, name: str) -> Iterator[tuple[Slip, Array]]:
    around = Around(numbers, name)
    for rule in rules_for(around):
        yield from rule.guesses(around)


def _deviation(yours: Array, right: Array) -> Deviation | None:
    """Where an answer is farthest from what is right."""
    if yours.shape != right.shape or not right.size:
        return None
    errors = np.nan_to_num(np.abs(yours - right), nan=np.inf)
    index = tuple(int(i) for i in np.unravel_index(int(errors.argmax()), right.shape))
    return Deviation(index, float(yours[index]), float(right[index]))

"""The rule by which the number that a slip leads to is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.explain.grading.around import Around
from chainrule.explain.grading.grade import Slip

Array = NDArray[Any]
Guess = Array | float | None | Mapping[str, Array | None]


@dataclass(frozen=True, eq=False)
class Rule:
    """A row of the table: a name, a sentence, and how the number that the slip leads to is computed from what lies around.

    The number is None where the slip cannot be made, as W and Wᵀ cannot be confused where the shapes tell them apart. There are
    several, each by the name of what was taken by mistake, where the slip can be made in several ways; that is `{what}`.
    """

    name: str
    sentence: str
    numbers: Callable[[Around], Guess]

    def guesses(self, at: Around) -> Iterator[tuple[Slip, Array]]:
        """The numbers that the slip leads to."""
        with np.errstate(all="ignore"):
            found = self.numbers(at)
        for what, value in (found if isinstance(found, Mapping) else {"": found}).items():
            if value is not None:
                yield Slip(self.name, at.name, self.sentence.format(what=what)), np.asarray(value)

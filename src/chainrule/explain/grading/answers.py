"""What a student answers, read: names of quantities, in full or as one writes them, and arrays in the shape of the right ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.arrays import NOT_NUMBERS
from chainrule.data.containers import to_numpy
from chainrule.errors import ArgumentError, DataError, check_name, quoted
from chainrule.explain.grading.sheet import Sheet
from chainrule.nn import Dense

Array = NDArray[Any]

_MOST_DECIMALS, _FEWEST_DECIMALS = 6, 3
_COARSEST = 0.01  # how much of the largest number half a digit may be, if there are fewer decimals


@dataclass(frozen=True, eq=False)
class Closeness:
    """When two numbers count as the same: within `tolerance` of the right one, or of a tenth of the largest in its array.

    Numbers that are written with 3 to 6 decimals are right, too, where the right ones round to them; so are those with 2 where
    that is a hundredth of the largest, or less.
    """

    tolerance: float

    def error(self, yours: Array, right: Array, more: Array | float = 0.0) -> float:
        """The largest error, in units of what is allowed and of what `more` allows; infinite where the shapes differ."""
        if yours.shape != right.shape:
            return np.inf
        if not right.size:
            return 0.0
        with np.errstate(all="ignore"):
            finite = np.abs(right[np.isfinite(right)])
            scale = np.maximum(np.abs(right), 0.1 * finite.max(initial=0.0))
            allowed = self.tolerance * scale + np.finfo(np.float64).tiny
            same = (yours == right) | (np.isnan(yours) & np.isnan(right))
            errors = np.where(same, 0.0, np.abs(yours - right) / (np.maximum(allowed, _half_a_digit(yours)) + more))
        return float(np.nan_to_num(errors, nan=np.inf).max())

    def same(self, yours: Array, right: Array) -> bool:
        """Whether all numbers count as the same."""
        return self.error(yours, right) <= 1


def rounded_too_far(yours: Array, right: Array) -> bool:
    """Whether the numbers are the right ones, rounded to so few decimals that nothing can be told from them."""
    if yours.shape != right.shape or not np.isfinite(yours).all():
        return False
    decimals = (d for d in range(_FEWEST_DECIMALS) if np.array_equal(yours, np.round(yours, d)))
    return any(np.any(yours) and np.allclose(yours, np.round(right, d), rtol=0.0, atol=1e-9) for d in decimals)


def _half_a_digit(yours: Array) -> float:
    """Half a unit of the last decimal, if all numbers are written with a few decimals."""
    size = np.abs(yours[np.isfinite(yours)]).max(initial=0.0)
    for decimals in range(_MOST_DECIMALS + 1):
        if np.all(np.abs(yours - np.round(yours, decimals)) <= 1e-7 * size):
            half = 0.501 * 10.0**-decimals
            return half if decimals >= _FEWEST_DECIMALS or (decimals == 2 and half <= _COARSEST * size) else 0.0
    return 0.0


def read_answers(answers: Any, sheet: Sheet, close: Closeness) -> dict[str, tuple[str, Array]]:
    """For each quantity that is answered the name that the student gave it, and the numbers; in the order of computation."""
    if not isinstance(answers, Mapping):
        raise ArgumentError(
            f'answers must be a dictionary from names, such as "dense1/z", to numbers, but is of type {type(answers).__name__}.'
        )
    if not answers:
        raise ArgumentError('answers is empty: give at least one quantity, such as {"dense1/z": ...}.')
    arrays = {name: _array(value, f"answers[{name!r}]") for name, value in answers.items()}
    found: dict[str, tuple[str, Array]] = {}
    for given, array in arrays.items():
        name = _full_name(given, array, sheet, arrays, close)
        if name in found and not close.same(*(shaped(a, sheet.truth[name])[0] for a in (array, found[name][1]))):
            raise ArgumentError(
                f"answers has {found[name][0]!r} and {given!r}, which are the same quantity, with different numbers: leave one "
                "out."
            )
        found.setdefault(name, (given, array))
    return {name: found[name] for name in sheet.lines if name in found}


def _array(value: Any, argument: str) -> Array:
    array = to_numpy(value, argument)
    if array.dtype.kind not in "biuf":
        what = (
            NOT_NUMBERS[array.dtype.kind][0] if array.dtype.kind in NOT_NUMBERS else f"of type {type(value).__name__}"
        )
        raise DataError(f"{argument} must be numbers, but is {what}.")
    return array.astype(np.float64)


def shaped(yours: Array, right: Array) -> tuple[Array, bool]:
    """An answer in the shape of the right one, and whether it had to be turned; as it is if it fits neither way.

    The axis of a single row may be left out, and so may any other of length 1 where the number of axes tells them apart.
    """
    if yours.shape == right.shape:
        return yours, False
    if yours.ndim != right.ndim and _long(yours) == _long(right):
        return yours.reshape(right.shape), False
    if yours.ndim == 2 and yours.shape == right.shape[::-1]:
        return yours.T, True
    return yours, False


def _long(array: Array) -> list[int]:
    return [size for size in array.shape if size != 1]


def _full_name(given: Any, array: Array, sheet: Sheet, arrays: Mapping[Any, Array], close: Closeness) -> str:
    """The quantity that is meant by a name.

    That is, in this order: its name; its symbol, such as "z[dense1]" or "∂L/∂W[dense1]"; "dense1/a" for "dense1/z" where there is
    no activation; the end of a name, such as "delta", where only one quantity ends so. The name of a parameter means its
    gradient, unless the numbers are those of the parameter or its gradient is answered as well.
    """
    name = _meant(given, sheet)
    gradient = f"{name}/gradient"
    if gradient not in sheet.lines or not sheet.is_given(name) or gradient in arrays:
        return name
    right = sheet.truth[name]
    return name if close.same(shaped(array, right)[0], right) else gradient


def _meant(given: Any, sheet: Sheet) -> str:
    if not isinstance(given, str):
        raise ArgumentError(f'The names of answers are texts, such as "dense1/z", but one is {given!r}.')
    if given in sheet.lines:
        return given
    symbols = [name for name, line in sheet.lines.items() if given in line.symbol.split(" = ")]
    same = _same_as_z(given, sheet)
    endings = [name for name in sheet.lines if name.endswith(f"/{given}")]
    for candidates in (symbols, [same] if same in sheet.lines else [], endings):
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            raise ArgumentError(f"answers has {given!r}, which could be {quoted(candidates)}: write which it is.")
    return check_name("the name of an answer", given, sheet.lines)


def _same_as_z(given: str, sheet: Sheet) -> str:
    """The name under which a dense layer without an activation has its a, or the gradient at it or at z."""
    for ending, name in (("/a", "z"), ("/a/gradient", "delta"), ("/z/gradient", "delta")):
        path = given.removesuffix(ending)
        if path != given and isinstance(sheet.step.layers.get(path), Dense):
            return f"{path}/{name}"
    return ""

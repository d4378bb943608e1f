"""What can go wrong, and how it is worded.

The exception tree::

    ChainruleError
    ├── ArgumentError (ValueError)    an argument is wrong
    │   ├── ShapeError                arrays or layers whose shapes do not fit together
    │   ├── DataError                 X, y, a table or a column that cannot be learned from
    │   └── UnknownNameError          a name that is in no table; the nearest known one is offered
    ├── NotFittedError (ValueError)   something was asked of a network that has no parameters yet
    ├── GraphError                    an illegal graph: a mistake in a primitive, a layer or a loss
    ├── ModelFileError (ValueError)   a model file that is damaged, foreign or too new
    └── BackendError (RuntimeError)   a backend that cannot run what it was given

    UserWarning
    ├── TrainingWarning               a fit that ended in a way nobody wants, such as divergence
    ├── BackendWarning                another, slower backend takes the place of the default one
    └── CacheWarning                  machine code cannot be kept on disk, or read from there

Every message is one sentence that names the argument, says what was expected, what came, and what to do about it.
"""

from __future__ import annotations

import difflib
import math
import numbers
from collections.abc import Iterable

_MOST_NAMES, _NEAR_NAMES = 24, 6  # in a sentence: all of so many, else the nearest


class ChainruleError(Exception):
    """The root of every error that Chainrule raises on purpose."""


class ArgumentError(ChainruleError, ValueError):
    """An argument has a value that it cannot have."""


class ShapeError(ArgumentError):
    """Arrays or layers whose shapes do not fit together."""


class DataError(ArgumentError):
    """Data that cannot be learned from: a NaN, a single class, no rows, a column that is missing."""


class UnknownNameError(ArgumentError):
    """A name that is in no table; the message offers the nearest one that is."""


class NotFittedError(ChainruleError, ValueError):
    """A network was asked for something that needs parameters, and it has none yet."""


class GraphError(ChainruleError):
    """An illegal graph: a mistake in a primitive, a layer or a loss, never in the data."""


class ModelFileError(ChainruleError, ValueError):
    """A model file that is damaged, foreign, or written by a newer version."""


class BackendError(ChainruleError, RuntimeError):
    """A backend that cannot run what it was given."""


class TrainingWarning(UserWarning):
    """A fit ended in a way that nobody wants: it diverged, or was given nothing to learn from."""


class BackendWarning(UserWarning):
    """The backend that is the default cannot be used here, and another, slower one takes its place."""


class CacheWarning(UserWarning):
    """Machine code could not be kept on disk, or read from there, so it is made anew each time."""


def quoted(names: Iterable[object]) -> str:
    """Names as a readable list: ``'a', 'b' and 'c'``.

    >>> quoted(["relu", "tanh", "elu"])
    "'relu', 'tanh' and 'elu'"
    """
    words = [repr(str(name)) for name in names]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else "none"


def check_name(argument: str, name: object, known: Iterable[str]) -> str:
    """Return `name` if it is one of `known`; otherwise raise `UnknownNameError`, which offers the nearest.

    >>> check_name("activation", "rleu", ["relu", "tanh"])
    Traceback (most recent call last):
    ...
    chainrule.errors.UnknownNameError: activation='rleu' is not known; did you mean 'relu'? Known are 'relu' and 'tanh'.
    """
    table = list(known)
    if isinstance(name, str) and name in table:
        return name
    near = difflib.get_close_matches(str(name).lower(), table, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise UnknownNameError(f"{argument}={name!r} is not known{hint} Known are {_known(str(name), table)}.")


def _known(name: str, table: list[str]) -> str:
    """All names that are known; of many, those that are nearest."""
    if len(table) <= _MOST_NAMES:
        return quoted(table)
    near = difflib.get_close_matches(name, table, n=_NEAR_NAMES, cutoff=0.0)
    return f"{', '.join(map(repr, near))} and {len(table) - len(near)} more"


def check_number(
    argument: str,
    value: object,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    above: float | None = None,
    below: float | None = None,
    integer: bool = False,
) -> float:
    """Return `value` as a float (an int if `integer`) if it is a finite number in range; otherwise raise `ArgumentError`.

    `low` and `high` belong to the range, `above` and `below` do not.

    >>> check_number("learning_rate", -1, above=0)
    Traceback (most recent call last):
    ...
    chainrule.errors.ArgumentError: learning_rate must be a finite number above 0, but is -1.
    >>> check_number("seed", -1, low=0, high=2**32 - 1, integer=True)
    Traceback (most recent call last):
    ...
    chainrule.errors.ArgumentError: seed must be a whole number at least 0 and at most 4,294,967,295, but is -1.
    """
    kind = numbers.Integral if integer else numbers.Real
    if isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(number := _as_float(value)):
        inside = low <= number <= high
        inside &= above is None or number > above
        inside &= below is None or number < below
        if inside:
            return int(number) if integer else number
    bounds = []
    if above is not None:
        bounds.append(f"above {_bound(above)}")
    elif low > -math.inf:
        bounds.append(f"at least {_bound(low)}")
    if below is not None:
        bounds.append(f"below {_bound(below)}")
    elif high < math.inf:
        bounds.append(f"at most {_bound(high)}")
    wanted = ("a whole number " if integer else "a finite number ") + " and ".join(bounds)
    raise ArgumentError(f"{argument} must be {wanted.strip()}, but is {value!r}.")


def _bound(bound: float) -> str:
    """A limit in full if it is a whole number that a float holds exactly: 4,294,967,295 rather than 4.29497e+09."""
    return f"{int(bound):,}" if abs(bound) <= 2**53 and bound == int(bound) else f"{bound:g}"


def _as_float(value: numbers.Real) -> float:
    """The number as a float; infinity for a whole number that is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf

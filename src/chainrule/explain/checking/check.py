"""The gradient check: every gradient that is derived, against finite differences of the loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, check_number
from chainrule.explain.checking.differences import Along, difference, rounding
from chainrule.explain.step.numbers import examples_in_double, first_scalars, model_in_double, values_of
from chainrule.functional import Loss
from chainrule.training.build import Penalties, build_step
from chainrule.training.coding import targets_of
from chainrule.training.fitting import Examples
from chainrule.training.model import PARAMS, Model
from chainrule.training.tables import aligned

Array = NDArray[Any]
Index = tuple[int, ...]

_WORST = 10
_SMALL = 1e-3  # a number is compared on the scale of its own size, or of this share of the largest in its array
_HEADER = ("parameter", "shape", "compared", "largest error", "kinks", "too small")


@dataclass(frozen=True)
class Offender:
    """A gradient that is not what finite differences say: the parameter and the index in it, both values, the relative error."""

    name: str
    index: Index
    derived: float
    difference: float
    error: float

    def __str__(self) -> str:
        values = f"derived {self.derived:.6g}, difference {self.difference:.6g}"
        return f"{_place(self.name, self.index)}: {values} (relative error {self.error:.2g})"


@dataclass(frozen=True)
class ParameterCheck:
    """The check of one parameter.

    `coordinates` were compared, with `error` as the largest relative error; `kinks` are the indices of those that lie at a kink;
    `too_small` counts gradients below the rounding of the loss, of which the differences say only that they are small.
    """

    name: str
    shape: Index
    coordinates: int
    error: float
    kinks: tuple[Index, ...]
    too_small: int
    offenders: tuple[Offender, ...]

    def cells(self) -> tuple[str, ...]:
        """The line of the report."""
        shape = "(" + ", ".join(map(str, self.shape)) + ("," if len(self.shape) == 1 else "") + ")"
        return self.name, shape, f"{self.coordinates:,}", f"{self.error:.1e}", str(len(self.kinks)), str(self.too_small)


@dataclass(frozen=True, repr=False)
class GradientCheck:
    """What a gradient check found: the loss at which it was made, and a `ParameterCheck` for each trained parameter.

    >>> check = GradientCheck(0.5, 1e-6, (ParameterCheck("dense1/bias", (2,), 2, 3e-11, (), 0, ()),))
    >>> check.ok
    True
    >>> check
    parameter    shape  compared  largest error  kinks  too small
    dense1/bias  (2,)          2        3.0e-11      0          0
    All 2 gradients compared agree with finite differences: the largest relative error is 3.0e-11, 1.0e-06 is allowed.
    """

    loss: float
    tolerance: float
    parameters: tuple[ParameterCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether every gradient that was compared agrees."""
        return not any(own.offenders for own in self.parameters)

    @property
    def error(self) -> float:
        """The largest relative error, |g − difference| / max(|g|, 10⁻³ max|g|); see `check_model` for rounding."""
        return max((own.error for own in self.parameters), default=0.0)

    @property
    def coordinates(self) -> int:
        """How many numbers were compared."""
        return sum(own.coordinates for own in self.parameters)

    @property
    def kinks(self) -> list[tuple[str, Index]]:
        """Where the loss has a kink, and no derivative to compare with: names and indices."""
        return [(own.name, index) for own in self.parameters for index in own.kinks]

    @property
    def wrong(self) -> int:
        """How many gradients disagree."""
        return sum(len(own.offenders) for own in self.parameters)

    @property
    def worst(self) -> tuple[Offender, ...]:
        """The gradients that disagree, at most ten, the worst first."""
        found = [offender for own in self.parameters for offender in own.offenders]
        return tuple(sorted(found, key=lambda offender: -offender.error)[:_WORST])

    def verdict(self) -> str:
        """The result in one sentence, and another for kinks and for what is too small to compare."""
        kinks, too_small = len(self.kinks), sum(own.too_small for own in self.parameters)
        sentences = [self._agreement()]
        if kinks:
            lies, was = ("1 lies", "was") if kinks == 1 else (f"{kinks:,} lie", "were")
            sentences.append(f"{lies} at a kink of the loss, where it has no derivative, and {was} not compared.")
        if too_small:
            are = "1 is" if too_small == 1 else f"{too_small:,} are"
            sentences.append(f"{are} smaller than the rounding of the loss, and could not be compared closely.")
        return "\n".join(sentences)

    def _agreement(self) -> str:
        n, allowed = self.coordinates, f"{self.tolerance:.1e} is allowed"
        if not self.parameters:
            return "There is nothing to check: no layer has parameters that are trained."
        if not n:
            return "No gradient could be compared."
        if self.ok:
            return (
                f"All {n:,} gradients compared agree with finite differences: the largest relative error is "
                f"{self.error:.1e}, {allowed}."
            )
        verb = "differs" if self.wrong == 1 else "differ"
        return (
            f"{self.wrong:,} of {n:,} gradients compared {verb} from finite differences: the largest relative error is "
            f"{self.error:.1e}, {allowed}."
        )

    def __str__(self) -> str:
        table = aligned([_HEADER, *(own.cells() for own in self.parameters)], left=2) if self.parameters else []
        listed = [f"  {offender}" for offender in self.worst]
        more = self.wrong - len(listed)
        return "\n".join([*table, self.verdict(), *listed, *([f"  and {more:,} more"] if more else [])])

    __repr__ = __str__


def _place(name: str, index: Index) -> str:
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def check_model(
    model: Model,
    loss: Loss,
    examples: Examples,
    penalties: Penalties | None = None,
    *,
    most: int | None = None,
    tolerance: float = 1e-6,
) -> GradientCheck:
    """Compare the gradients of a model's training loss, penalties included, with fourth-order central differences.

    Every coordinate of every trained parameter is compared, or at most so many of each, evenly spread, as `most` says. All is
    computed in float64, on a copy of the numbers. Dropout draws one mask for all evaluations. A gradient is an offender if its
    relative error, |g − difference| / max(|g|, 10⁻³ max|g|) after what rounding explains, is above `tolerance`.

    Raises `ArgumentError` if a parameter or the loss is not finite.
    """
    limit = None if most is None else int(check_number("most", most, low=1, integer=True))
    check_number("tolerance", tolerance, above=0)
    model.check_finite()
    exact, data = model_in_double(model), examples_in_double(examples).arrays()
    weighted = examples.sample_weight is not None
    built = build_step(  # without an optimiser nothing is clipped
        exact, loss, targets_of(data["y"]), optimizer=None, penalties=penalties, weighted=weighted
    )
    built.check_rows(len(examples), "there is 1", "give several rows and their targets")
    inputs = {**exact.arrays, **data, **first_scalars(built.scalars, model.seed)}
    step, n = built.step, len(examples)
    values = values_of(list(step.metrics.values()), inputs, n)
    total = step.metrics["loss"]
    at = float(values[total])
    if not isfinite(at):
        raise ArgumentError(
            f"The loss is {at} with these parameters and data, so that it has no gradient to check: scale X and y to about 1, or "
            "call reset()."
        )
    checks = []
    for name in exact.trainable():
        along = Along(total, step.state[f"{PARAMS}/{name}"], values, n)
        derived = np.asarray(values[step.metrics[f"gradient/{name}"]])
        checks.append(_check(name, along, exact.params[name], derived, limit, tolerance))
    return GradientCheck(at, tolerance, tuple(checks))


def _check(name: str, along: Along, x: Array, derived: Array, most: int | None, tolerance: float) -> ParameterCheck:
    """Compare the gradient of one parameter."""
    noise = rounding(along.value, x)
    finite = np.abs(derived[np.isfinite(derived)])
    largest = float(finite.max(initial=0.0))
    error, compared, too_small = 0.0, 0, 0
    kinks: list[Index] = []
    offenders: list[Offender] = []
    for index in _spread(x.shape, most):
        g = float(derived[index])
        scale = max(abs(g), _SMALL * largest) if isfinite(g) else largest
        found = difference(along, x, index, g, scale=scale, tolerance=tolerance, noise=noise)
        if found is None:
            kinks.append(index)
            continue
        if not found.resolved:
            too_small += 1
            continue
        compared += 1
        own = _relative(g, found.value, found.rounding, scale, tolerance)
        error = max(error, own)
        if own > tolerance:
            offenders.append(Offender(name, index, g, found.value, own))
    return ParameterCheck(name, x.shape, compared, error, tuple(kinks), too_small, tuple(offenders))


def _relative(g: float, fd: float, noise: float, scale: float, tolerance: float) -> float:
    """The relative error, less what rounding explains if it is above the tolerance.

    Where the whole gradient is zero, it is on the scale of the difference.
    """
    if not isfinite(g):
        return inf
    scale = scale or abs(fd) or 1.0
    plain, beyond = abs(g - fd) / scale, max(abs(g - fd) - noise, 0.0) / scale
    return plain if plain <= tolerance else beyond


def _spread(shape: Index, most: int | None) -> Iterable[Index]:
    """The indices of an array, or at most so many of them, evenly spread."""
    size = int(np.prod(shape, dtype=np.int64))
    if most is None or most >= size:
        return np.ndindex(shape)
    flat: Mapping[int, None] = dict.fromkeys(np.linspace(0, size - 1, most).round().astype(int).tolist())
    return [tuple(int(i) for i in np.unravel_index(k, shape)) for k in flat]

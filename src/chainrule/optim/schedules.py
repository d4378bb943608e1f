"""Learning-rate schedules: the rate η as a function of how far training has come.

Time t is counted in epochs (passes over the data) of the present fit, with fractions between them; in `minimize`, a step is an
epoch. A schedule gives the rates of many steps at once and holds no state, so it can be asked again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, check_number

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Progress:
    """What a schedule may look at: the length of the fit, of an epoch, and the monitored losses of the epochs so far.

    >>> Progress(epochs=20, steps_per_epoch=50).losses
    ()
    """

    epochs: int
    steps_per_epoch: int
    losses: Sequence[float] = ()


class Schedule:
    """The base of every schedule.

    A schedule of your own overrides `rates`; if it looks at `progress.losses`, it also sets `watches_loss = True`, so that
    training lets it see the loss of every epoch.

    >>> class Cyclic(Schedule):
    ...     def rates(self, steps, progress):
    ...         return np.where(steps // progress.steps_per_epoch % 2 == 0, 0.1, 0.01)
    """

    @property
    def watches_loss(self) -> bool:
        """Whether the rates depend on the losses of the epochs."""
        return False

    def rates(self, steps: NDArray[np.int64], progress: Progress) -> Numbers:
        """The rate at each of `steps`, which are counted from 0 at the beginning of the fit."""
        raise NotImplementedError(f"{type(self).__name__} does not define rates(self, steps, progress).")


Rate = float | Schedule


def check_rate(argument: str, rate: Any) -> None:
    """Raise `ArgumentError` unless `rate` is a schedule or a finite number of at least 0.

    >>> check_rate("learning_rate", -1)
    Traceback (most recent call last):
    ...
    chainrule.errors.ArgumentError: learning_rate must be a finite number at least 0, but is -1.
    """
    if isinstance(rate, type) and issubclass(rate, Schedule):
        raise ArgumentError(f"{argument} is the class {rate.__name__}; write {rate.__name__}(...), with its numbers.")
    if not isinstance(rate, Schedule):
        check_number(argument, rate, low=0)


def rates_of(rate: Rate, steps: NDArray[np.int64], progress: Progress) -> Numbers:
    """The rate at each step, of a schedule or of a plain number.

    >>> rates_of(0.1, np.arange(2), Progress(epochs=1, steps_per_epoch=2))
    array([0.1, 0.1])
    """
    return rate.rates(steps, progress) if isinstance(rate, Schedule) else np.full(len(steps), float(rate))


def _time(steps: NDArray[np.int64], progress: Progress) -> Numbers:
    return steps / max(progress.steps_per_epoch, 1)


@dataclass(frozen=True)
class Constant(Schedule):
    """η(t) = rate.

    >>> Constant(0.1).rates(np.arange(3), Progress(epochs=3, steps_per_epoch=1))
    array([0.1, 0.1, 0.1])
    """

    rate: float

    def __post_init__(self) -> None:
        check_number("rate", self.rate, low=0)

    def rates(self, steps: NDArray[np.int64], progress: Progress) -> Numbers:
        """The same rate at every step."""
        return np.full(len(steps), self.rate)


@dataclass(frozen=True)
class StepDecay(Schedule):
    """η(t) = rate · factor^⌊t / every⌋: a drop every `every` epochs.

    >>> StepDecay(1.0, every=2, factor=0.1).rates(np.arange(5), Progress(epochs=5, steps_per_epoch=1))
    array([1.  , 1.  , 0.1 , 0.1 , 0.01])
    """

    rate: float
    every: float = 10.0
    factor: float = 0.1

    def __post_init__(self) -> None:
        check_number("rate", self.rate, low=0)
        check_number("every", self.every, above=0)
        check_number("factor", self.factor, above=0)

    def rates(self, steps: NDArray[np.int64], progress: Progress) -> Numbers:
        """rate · factor^⌊t / every⌋."""
        drops = np.floor(_time(steps, progress) / self.every + 1e-9)  # 0.3 / 0.1 is 2.9999999999999996, and means 3
        return self.rate * self.factor**drops


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """η(t) = rate · factorᵗ: a factor an epoch.

    >>> ExponentialDecay(1.0, factor=0.5).rates(np.arange(3), Progress(epochs=3, steps_per_epoch=1))
    array([1.  , 0.5 , 0.25])
    """

    rate: float
    factor: float = 0.95

    def __post_init__(self) -> None:
        check_number("rate", self.rate, low=0)
        check_number("factor", self.factor, above=0)

    def rates(self, steps: NDArray[np.int64], progress: Progress) -> Numbers:
        """rate · factorᵗ."""
        return self.rate * self.factor ** _time(steps, progress)


@dataclass(frozen=True)
class InverseScaling(Schedule):
    """η = rate / (1 + k)^power at step k.

    Source: Robbins, Monro, "A stochastic approximation method", 1951, for power between ½ and 1.

    >>> InverseScaling(1.0, power=1.0).rates(np.arange(4), Progress(epochs=4, steps_per_epoch=1)).round(3)
    array([1.   , 0.5  , 0.333, 0.25 ])
    """

    rate: float
    power: float = 0.5

    def __post_init__(self) -> None:
        check_number("rate", self.rate, low=0)
        check_number("power", self.power, low=0)

    def rates(self, steps: NDArray[np.int64], progress: Progress) -> Numbers:
        """rate / (1 + k)^power."""
        return self.rate / (1.0 + steps.astype(np.float64)) ** self.power


@dataclass(frozen=True)
class Cosine(Schedule):
    """η(t) = final + ½ (rate − final)(1 + cos(π t / epochs)), then final; `epochs` is the length of the fit unless given.

    Source: Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, without the restarts.

    >>> Cosine(1.0).rates(np.arange(5), Progress(epochs=4, steps_per_epoch=1)).round(3)
    array([1.   , 0.854, 0.5  , 0.146, 0.   ])
    """

    rate: float
    final: float = 0.0
    epochs: float | None = None

    def __post_init__(self) -> None:
        check_number("rate", self.rate, low=0)
        check_number("final", self.final, low=0)
        if self.epochs is not None:
            check_number("epochs", self.epochs, above=0)

    def rates(self, steps: NDArray[np.int64], progress: Progress) -> Numbers:
        """Half a cosine from rate to final."""
        done = np.minimum(_time(steps, progress) / (self.epochs or progress.epochs), 1.0)
        return self.final + 0.5 * (self.rate - self.final) * (1.0 + np.cos(np.pi * done))


@dataclass(frozen=True)
class Warmup(Schedule):
    """The rate of `then`, but rising evenly from near 0 during the first `epochs`: times min(1, (k + 1) / steps of the rise).

    Source: Goyal et al., "Accurate, large minibatch SGD", 2017.

    >>> Warmup(1.0, epochs=4).rates(np.arange(5), Progress(epochs=9, steps_per_epoch=1))
    array([0.25, 0.5 , 0.75, 1.  , 1.  ])
    """

    then: Rate
    epochs: float = 1.0

    def __post_init__(self) -> None:
        check_rate("then", self.then)
        check_number("epochs", self.epochs, above=0)

    @property
    def watches_loss(self) -> bool:
        """Whether `then` does."""
        return watches_loss(self.then)

    def rates(self, steps: NDArray[np.int64], progress: Progress) -> Numbers:
        """The rate of `then`, times the share of the rise that is done."""
        rise = max(1.0, self.epochs * progress.steps_per_epoch)
        return rates_of(self.then, steps, progress) * np.minimum((steps + 1) / rise, 1.0)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up from peak/start_divisor to peak in the first `rise` of the fit, then down to peak/final_divisor, both by half cosines.

    Source: Smith, Topin, "Super-convergence", 2018.

    >>> OneCycle(1.0, rise=0.5).rates(np.arange(5), Progress(epochs=4, steps_per_epoch=1)).round(3)
    array([0.04, 0.52, 1.  , 0.5 , 0.  ])
    """

    peak: float
    rise: float = 0.3
    start_divisor: float = 25.0
    final_divisor: float = 1e4

    def __post_init__(self) -> None:
        check_number("peak", self.peak, low=0)
        check_number("rise", self.rise, above=0, below=1)
        check_number("start_divisor", self.start_divisor, low=1)
        check_number("final_divisor", self.final_divisor, low=1)

    def rates(self, steps: NDArray[np.int64], progress: Progress) -> Numbers:
        """Half a cosine up, half a cosine down."""
        done = np.minimum(_time(steps, progress) / progress.epochs, 1.0)
        up = _half_cosine(self.peak / self.start_divisor, self.peak, done / self.rise)
        down = _half_cosine(self.peak, self.peak / self.final_divisor, (done - self.rise) / (1.0 - self.rise))
        return np.where(done < self.rise, up, down)


def _half_cosine(start: float, end: float, done: Numbers) -> Numbers:
    return end + 0.5 * (start - end) * (1.0 + np.cos(np.pi * np.clip(done, 0.0, 1.0)))


@dataclass(frozen=True)
class ReduceOnPlateau(Schedule):
    """The rate is multiplied by `factor` whenever the loss has not fallen by more than `min_delta` for `patience` epochs.

    It watches the validation loss, or the training loss where there is no validation; it never goes below `minimum`.

    >>> stuck = Progress(epochs=9, steps_per_epoch=1, losses=[1.0, 1.0, 1.0])
    >>> ReduceOnPlateau(0.1, factor=0.5, patience=2).rates(np.arange(3, 4), stuck)
    array([0.05])
    """

    rate: float
    factor: float = 0.5
    patience: int = 5
    min_delta: float = 1e-4
    minimum: float = 0.0

    def __post_init__(self) -> None:
        check_number("rate", self.rate, low=0)
        check_number("factor", self.factor, above=0, below=1)
        check_number("patience", self.patience, low=1, integer=True)
        check_number("min_delta", self.min_delta, low=0)
        check_number("minimum", self.minimum, low=0, high=self.rate)

    @property
    def watches_loss(self) -> bool:
        """It does."""
        return True

    def rates(self, steps: NDArray[np.int64], progress: Progress) -> Numbers:
        """rate · factor^(number of plateaus so far): found anew from the losses, so there is nothing to remember."""
        best, waited, plateaus = math.inf, 0, 0
        for loss in progress.losses:
            better = loss < best - self.min_delta
            best, waited = (loss, 0) if better else (best, waited + 1)
            if waited >= self.patience:
                plateaus, waited = plateaus + 1, 0
        return np.full(len(steps), max(self.rate * self.factor**plateaus, self.minimum))


SCHEDULES: dict[str, type[Schedule]] = {
    schedule.__name__: schedule
    for schedule in (Constant, Cosine, ExponentialDecay, InverseScaling, OneCycle, ReduceOnPlateau, StepDecay, Warmup)
}


def watches_loss(rate: Rate) -> bool:
    """Whether a rate depends on the losses of the epochs, which must then be observed one by one.

    >>> watches_loss(0.1), watches_loss(Warmup(ReduceOnPlateau(0.1)))
    (False, True)
    """
    return isinstance(rate, Schedule) and rate.watches_loss

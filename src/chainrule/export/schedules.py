"""Learning-rate schedules as formulae of a program, in the number k of the step and the time t in epochs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainrule.export.writing import number
from chainrule.optim import (
    Constant,
    Cosine,
    ExponentialDecay,
    InverseScaling,
    OneCycle,
    Rate,
    Schedule,
    StepDecay,
    Warmup,
)


def _cosine(s: Cosine) -> str:
    length = "epochs" if s.epochs is None else number(s.epochs)
    final = f"{number(s.final)} + " if s.final else ""
    half = number((s.rate - s.final) / 2)
    return f"{final}{half} * (1 + np.cos(np.pi * min(t / {length}, 1)))"


def _one_cycle(s: OneCycle) -> str:
    start, final = s.peak / s.start_divisor, s.peak / s.final_divisor
    up = f"{number(start)} + {number((s.peak - start) / 2)} * (1 - np.cos(np.pi * t / (epochs * {number(s.rise)})))"
    down = f"np.cos(np.pi * min((t / epochs - {number(s.rise)}) / {number(1.0 - s.rise)}, 1))"
    return f"{up} if t < epochs * {number(s.rise)} else {number(final)} + {number((s.peak - final) / 2)} * (1 + {down})"


def _warmup(s: Warmup) -> str:
    then = formula(s.then)
    return f"({then}) * min((k + 1) / max(1, {number(s.epochs)} * steps_per_epoch), 1)" if then else ""


def fixed(rate: Rate) -> float:
    """A rate that does not change; NaN for a schedule."""
    return math.nan if isinstance(rate, Schedule) else float(rate)


_FORMULAE: dict[type[Schedule], Callable[[Any], str]] = {
    Constant: lambda s: str(number(s.rate)),
    StepDecay: lambda s: f"{number(s.rate)} * {number(s.factor)} ** np.floor(t / {number(s.every)} + 1e-9)",
    ExponentialDecay: lambda s: f"{number(s.rate)} * {number(s.factor)} ** t",
    InverseScaling: lambda s: f"{number(s.rate)} / (1 + k) ** {number(s.power)}",
    Cosine: _cosine,
    OneCycle: _one_cycle,
    Warmup: _warmup,
}


def formula(rate: Rate) -> str:
    """The rate as an expression of k, t, epochs and steps_per_epoch; empty for a schedule that watches the loss or is not known.

    >>> formula(ExponentialDecay(0.1, 0.5))
    '0.1 * 0.5 ** t'
    """
    if not isinstance(rate, Schedule):
        return str(number(float(rate)))
    write = _FORMULAE.get(type(rate))
    return write(rate) if write else ""

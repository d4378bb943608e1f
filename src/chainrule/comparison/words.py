"""A comparison as text: a table, and what follows from its numbers."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from chainrule.comparison.runs import Moment, Run
from chainrule.data.containers import plural
from chainrule.training.tables import aligned

if TYPE_CHECKING:
    from chainrule.comparison.result import Comparison


def announce(moment: Moment) -> None:
    """Print a line for a moment."""
    scores = "".join(f"  {name} {value:.4f}" for name, value in moment.scores.items())
    line = f"batch size {moment.label}  step {moment.step}  examples {moment.examples}  loss {moment.loss:.4f}{scores}"
    sys.stdout.write(f"{line}  {moment.seconds:.2f} s\n")


def table(comparison: Comparison) -> list[str]:
    """Two tables: how far each run came, and what a step of it is like."""
    runs, start = comparison.runs, comparison.initial_noise
    scores = list(runs[0].moments[-1].scores)
    head = ["batch size", "steps", "epochs", "seconds", "loss", *scores]
    rows = [["(start)", "0", "0", "0", _loss(runs[0].moments[0].loss), *_scores(runs[0].moments[0], scores)]]
    for run in runs:
        last = run.moments[-1]
        rows.append(
            [
                name_of(run),
                f"{last.step:,}",
                f"{last.epochs:,}",
                f"{last.seconds:.3g}",
                _loss(last.loss),
                *_scores(last, scores),
            ]
        )
    second = ["batch size", "rate", "noise, start", "noise, end", "noise scale", "memory"]
    steps = [
        [
            name_of(run),
            _rate(run),
            f"{start.relative(run.batch_size):.3g}",
            f"{run.noise.relative(run.batch_size):.3g}",
            _rows(run.noise.scale),
            in_bytes(run.memory.total),
        ]
        for run in runs
    ]
    return [*aligned([head, *rows]), "", *aligned([second, *steps])]


def title(comparison: Comparison) -> str:
    """What was compared, in a line: "Batch sizes 1, 32 and full, from the same start: 30 epochs each, SGD at 0.01; ..."."""
    runs, setting = comparison.runs, comparison.setting
    names = list(dict.fromkeys(type(run.optimizer).__name__ for run in runs))
    rates = list(dict.fromkeys(_rate(run) for run in runs))
    sizes = ("Batch size " if len(runs) == 1 else "Batch sizes ") + _listed([run.label for run in runs])
    how = f"{_listed(names)} at {_listed(rates)}"
    n, measured = len(setting.rows), len(setting.measured)
    rows = f"all {n:,} rows" if measured == n else f"{measured:,} rows"
    return f"{sizes}, from the same start: {plural(comparison.budget.epochs, 'epoch')} each, {how}; loss of {rows}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def notes(comparison: Comparison) -> list[str]:
    """What the numbers of the tables are."""
    setting, budget, start = comparison.setting, comparison.budget, comparison.initial_noise
    n, measured = len(setting.rows), len(setting.measured)
    which = f"all {n:,} rows" if measured == n else f"{measured:,} of {n:,} rows"
    penalties = ", penalties included" if setting.penalties.l1 or setting.penalties.l2 else ""
    sampled = "" if start.examples == n else f", estimated from {start.examples:,} of them"
    budgets = f"{plural(budget.epochs, 'epoch')}, so the same number of examples, for each"
    if budget.max_seconds is not None:
        budgets += f", and at most {budget.max_seconds:g} s"
    lines = [
        f"Budget: {budgets}. Loss: on {which}{penalties}. Seconds: of training alone. Rate: the learning rate.",
        f"Noise: standard deviation of a step's gradient over the length of the gradient of all {n:,} rows{sampled}.",
        f"Noise scale: the batch size at which both would be equal, at the end of the run; {_rows(start.scale)} at the start.",
        "Memory: of the arrays of a step, besides the data.",
    ]
    lines += [f"{name_of(run)}: {run.stop_reason}" for run in comparison.runs if run.stop_reason.name != "epochs"]
    if comparison.left_out:
        lines.append(f"Left out, because of Ctrl-C: batch size {', '.join(comparison.left_out)}.")
    return lines


def conclusions(comparison: Comparison) -> list[str]:
    """What follows from the numbers alone; nothing where there is a single run, or none that is finite."""
    runs = [run for run in comparison.runs if np.isfinite(run.loss).all()]
    if len(runs) < 2:
        return []
    ordered = sorted(runs, key=lambda run: float(run.loss[-1]))
    ends = ", ".join(f"{run.label}: {_loss(run.loss[-1])}" for run in ordered)
    found = [f"Lowest loss at the end: batch size {ordered[0].label} ({ends})."]
    target = max(float(run.loss.min()) for run in runs)
    if target < float(runs[0].loss[0]):
        found.append(f"To a loss of {_loss(target)}, which every run came down to:")
        measures: dict[str, Callable[[Moment], float]] = {
            "examples": lambda moment: moment.examples,
            "seconds": lambda moment: moment.seconds,
            "steps": lambda moment: moment.step,
        }
        for unit, measure in measures.items():
            found.append(f"  fewest {unit}: {_first(runs, target, measure)}.")
    found.append(_noise_in_words(comparison, runs))
    small, large = (function(runs, key=lambda run: run.memory.total) for function in (min, max))
    if small.memory.total < large.memory.total:
        ratio = large.memory.total / small.memory.total
        found.append(
            f"Memory of a step: {in_bytes(small.memory.total)} with batch size {small.label}, {in_bytes(large.memory.total)} with"
            f" {large.label}, {ratio:.3g} times as much."
        )
    return found


def _first(runs: Sequence[Run], target: float, measure: Callable[[Moment], float]) -> str:
    """Which run needed the least to come down to a loss, and what each needed, the least first."""
    needed = {}
    for run in runs:
        at = int(np.flatnonzero(run.loss <= target)[0])
        needed[run.label] = measure(run.moments[at])
    order = sorted(needed, key=lambda label: needed[label])
    each = ", ".join(f"{label}: {_number(needed[label])}" for label in order)
    tied = [label for label in order if needed[label] == needed[order[0]]]
    return f"batch size {' and '.join(tied)} ({each})"


def _noise_in_words(comparison: Comparison, runs: Sequence[Run]) -> str:
    start = comparison.initial_noise
    each = ", ".join(f"{start.relative(run.batch_size):.3g} with {run.label}" for run in runs)
    return f"The noise of a step's gradient, as a multiple of the gradient, is at the start {each}."


def name_of(run: Run) -> str:
    """A run's batch size, with the number of rows where it is named by a word.

    >>> from types import SimpleNamespace
    >>> name_of(SimpleNamespace(label="full", batch_size=1500)), name_of(SimpleNamespace(label="32", batch_size=32))
    ('full (1,500)', '32')
    """
    return f"{run.label} ({run.batch_size:,})" if run.label == "full" else f"{run.batch_size:,}"


def in_bytes(size: float) -> str:
    """A number of bytes in a unit that suits it.

    >>> in_bytes(512), in_bytes(2048), in_bytes(3_300_000)
    ('512 B', '2 KiB', '3.15 MiB')
    """
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:,.0f} {unit}" if size >= 100 or size == int(size) else f"{size:.3g} {unit}"


def _rate(run: Run) -> str:
    rate = run.optimizer.scalars().get("learning_rate")
    return f"{rate:g}" if isinstance(rate, int | float) else "–" if rate is None else type(rate).__name__


def _loss(value: float) -> str:
    return f"{value:.4g}"


def _scores(moment: Moment, names: Sequence[str]) -> list[str]:
    return [_loss(moment.scores[name]) for name in names]


def _rows(value: float) -> str:
    return f"{value:,.0f} rows" if math.isfinite(value) and value >= 10 else f"{value:.2g} rows"


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"

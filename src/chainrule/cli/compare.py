"""`chainrule compare`: a network trained on a data set with several batch sizes, and what differs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.text import Text

from chainrule.cli.encoders import TITLES
from chainrule.cli.learn import Setup, prepare
from chainrule.cli.output import check_outputs, write_text
from chainrule.cli.progress import Bar, Reading, facts_of, worth_a_line
from chainrule.cli.report import folded, inputs_in_words, network_in_words, show_facts, target_in_words
from chainrule.cli.request import CHECKS, Request
from chainrule.cli.screen import Screen
from chainrule.comparison import Comparison, Moment, compare
from chainrule.comparison.words import conclusions, notes, table
from chainrule.data.bundled import BUNDLED
from chainrule.data.containers import plural
from chainrule.errors import ArgumentError
from chainrule.training.pictures import save_picture

OPTIMIZER = "sgd"
# As many epochs as make so many examples, but not fewer or more than these.
EXAMPLES, FEWEST_EPOCHS, MOST_EPOCHS = 100_000, 10, 100


def run_compare(request: Request, batch_sizes: str, learning_rates: str | None) -> None:
    """Do what is asked for, with lists of batch sizes and learning rates as the options have them."""
    sizes = _sizes("--batch-size", batch_sizes)
    rates = _rates("--learning-rate", learning_rates, len(sizes))
    choices = {"optimizer": OPTIMIZER, "l2": 0.0, "validation": 0.0, **request.choices()}
    inputs = {} if request.data in BUNDLED else {"the data": request.data}
    check_outputs({"--history": request.history, "--plot": request.plot}, inputs=inputs)
    screen = Screen(quiet=request.quiet)
    with Reading(screen) as progress:
        source = request.read(progress)
    choices.setdefault("epochs", int(np.clip(round(EXAMPLES / len(source)), FEWEST_EPOCHS, MOST_EPOCHS)))
    setup = prepare(source, np.arange(len(source), dtype=np.int64), choices)
    _check_sizes("--batch-size", sizes, len(setup.x) - setup.plan.n_validation(len(setup.x)))

    _opening(screen, setup, sizes)
    found = _run(screen, setup, sizes, rates)
    _closing(screen, found)
    if request.history is not None:
        write_text(request.history, found.to_frame().write_csv())
    if request.plot is not None:
        save_picture(_figure(screen, found), request.plot)
    show_facts(screen, {"History": request.history or "", "Plot": request.plot or ""})
    screen.close()


# --------------------------------------------------------------------------------------------------- what is asked


def _sizes(option: str, text: str) -> list[int | str]:
    """Batch sizes such as "1,32,full", each once."""
    words = [word.strip() for word in text.split(",")]
    sizes: list[int | str] = [CHECKS["batch_size"](option, word) for word in words]
    for size in sizes:
        if sizes.count(size) > 1:
            raise ArgumentError(f"{option} names {size} twice: leave one out.")
    return sizes


def _check_sizes(option: str, sizes: Sequence[int | str], n: int) -> None:
    """Raise `ArgumentError` if a batch does not fit into n rows, or if two are the same."""
    for size in sizes:
        if isinstance(size, int) and size > n:
            raise ArgumentError(
                f'{option} holds {size:,}, but there are only {n:,} rows to train on: use "full" for all of them.'
            )
    if "full" in sizes and n in sizes:
        raise ArgumentError(f'{option} names {n} and "full", which is the same for {n:,} rows: leave one out.')


def _rates(option: str, text: str | None, n: int) -> list[float | None]:
    """A learning rate for each of n batch sizes, from one for all or one for each; None is the optimiser's own."""
    if text is None:
        return [None] * n
    found = []
    for word in text.split(","):
        try:
            rate = float(word)
        except ValueError:
            raise ArgumentError(f"{option} must be a number, or one for each batch size, but is {text!r}.") from None
        found.append(CHECKS["learning_rate"](option, rate))
    if len(found) not in (1, n):
        raise ArgumentError(
            f"{option} names {plural(len(found), 'rate')} for {plural(n, 'batch size')}: give one for all, or one for each."
        )
    return found * n if len(found) == 1 else found


# ----------------------------------------------------------------------------------------------------- what is done


def _run(screen: Screen, setup: Setup, sizes: Sequence[int | str], rates: Sequence[float | None]) -> Comparison:
    """Train with every batch size, and show how it goes."""
    plan = setup.plan
    plans = [plan if rate is None else dataclasses.replace(plan, learning_rate=rate) for rate in rates]
    with Watch(screen, len(sizes), plan.epochs) as watch:
        found = compare(
            setup.network(),
            setup.x,
            setup.y,
            batch_sizes=sizes,
            loss=plan.loss,
            optimizer=[own.descent() for own in plans],
            epochs=plan.epochs,
            l1=plan.l1,
            l2=plan.l2,
            clip_norm=plan.clip_norm,
            validation=plan.validation or None,
            metrics=["accuracy"] if plan.validation and setup.source.task == "classification" else (),
            max_seconds=plan.max_seconds,
            seed=plan.seed,
            threads=plan.threads,
            callbacks=[watch],
        )
    if not screen.interactive:
        screen.show()
    return found


def _figure(screen: Screen, found: Comparison) -> Any:
    """The figure of a comparison; a terminal shows how far its surface has come."""
    with Bar(screen, "Surface", 1.0) as bar:
        surface = found.surface(watch=lambda share: bar.update(share)) if found.setting.size > 1 else None
    return found.plot(surface=surface)


class Watch(Bar):
    """Shows the moments of all runs, elsewhere than in a terminal as a line for some epochs; the callback of the comparison."""

    def __init__(self, screen: Screen, runs: int, epochs: int) -> None:
        super().__init__(screen, "Training", runs * epochs)
        self.epochs = epochs
        self.labels: list[str] = []
        self.shown = 0  # the last epoch of this run that was looked at

    def __call__(self, moment: Moment) -> None:
        """Take in a moment."""
        if moment.label not in self.labels:
            self.labels.append(moment.label)
            self.shown = 0
        facts = f"batch size {moment.label}  {facts_of(moment.epochs, self.epochs, moment.loss, moment.scores)}"
        self.update((len(self.labels) - 1) * self.epochs + moment.epochs, facts)
        passed = range(self.shown + 1, moment.epochs + 1)
        if not self.bar and any(worth_a_line(epoch, self.epochs) for epoch in passed):
            self.screen.show(facts)
        self.shown = moment.epochs


# ---------------------------------------------------------------------------------------------------- what is shown


def _opening(screen: Screen, setup: Setup, sizes: Sequence[int | str]) -> None:
    """What is going to be compared, on what."""
    source, plan, n = setup.source, setup.plan, len(setup.x)
    validating = plan.n_validation(n)
    facts: dict[str, str | Sequence[str]] = {
        "Data": source.description,
        "Target": target_in_words(source.target, None if source.task == "regression" else source.classes),
        "Rows": f"{n:,}" + (f", {validating:,} of them to validate with" if validating else ""),
        TITLES[source.kind]: folded(inputs_in_words(setup)),
        "Note": source.notes,
        "Network": network_in_words(setup.network().build(setup.x.shape[1:])),
        "Compared": f"batch sizes {', '.join(map(str, sizes))}, by {plan.optimizer} and the {plan.loss.replace('_', ' ')} loss, "
        f"{plural(plan.epochs, 'epoch')} each, seed {plan.seed}",
    }
    show_facts(screen, facts)
    screen.show()


def _closing(screen: Screen, found: Comparison) -> None:
    """The tables, what they hold, and what follows."""
    for part, style in ((table, ""), (notes, "dim"), (conclusions, "")):
        for line in part(found):
            screen.show(Text(line, style=style))
        screen.show()

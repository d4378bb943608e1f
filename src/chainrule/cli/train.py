"""`chainrule train`: from a data set to a saved model, and a report on what it learned."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule import __version__
from chainrule.cli.learn import Setup, prepare
from chainrule.cli.output import check_outputs, write_text
from chainrule.cli.progress import Reading, Watch
from chainrule.cli.recipe import Trained
from chainrule.cli.report import closing, opening, saved, stop_in_words
from chainrule.cli.request import Request
from chainrule.cli.screen import Screen, tell
from chainrule.cli.source import Source
from chainrule.data.bundled import BUNDLED
from chainrule.data.containers import plural
from chainrule.data.split import split
from chainrule.errors import DataError

Rows = NDArray[np.int64]


def run_train(request: Request) -> int:
    """Do what is asked for; the exit code, which is 1 if training diverged."""
    choices = request.choices()
    output = f"{Path(request.data).resolve().stem}.chainrule" if request.output is None else request.output
    files = {"--output": output, "--history": request.history, "--plot": request.plot}
    check_outputs(files, inputs={} if request.data in BUNDLED else {"the data": request.data})
    screen = Screen(quiet=request.quiet)
    with Reading(screen) as progress:
        source = request.read(progress)
    rows, held_out = divide(source, request.test_size, request.seed)
    setup = prepare(source, rows, choices)

    opening(screen, setup, len(held_out))
    trained = _train(screen, setup)
    scores = setup.score(trained.network, held_out) if len(held_out) else {}
    _save(setup, trained, scores, len(held_out), output)
    closing(screen, setup, trained, scores, held_out)
    written = {"Model": output}
    if request.history is not None:
        write_text(request.history, trained.history.to_frame().write_csv())
        written["History"] = request.history
    if request.plot is not None:
        trained.history.plot(request.plot)
        written["Plot"] = request.plot
    saved(screen, setup, written, output)
    screen.close(saved=f"; the model is saved as {output}")
    diverged = trained.history.stop_reason is not None and trained.history.stop_reason.name == "non_finite"
    if diverged and request.quiet:
        tell(*stop_in_words(trained))
    return int(diverged)


def divide(source: Source, test_size: float, seed: int) -> tuple[Rows, Rows]:
    """The rows to learn from, and the rows that are held out for the test, from each class in proportion."""
    if test_size == 0:
        return np.arange(len(source), dtype=np.int64), np.zeros(0, dtype=np.int64)
    labels = np.unique(source.y, return_inverse=True)[1] if source.task == "classification" else None
    rows, held_out = split(len(source), test_size, seed=seed, labels=labels, argument="--test-size")
    if labels is not None and len(source.classes) > 1 and len(left := set(source.y[rows].tolist())) == 1:
        raise DataError(
            f"Holding out {len(held_out):,} of {plural(len(source), 'row')} for the test leaves only the class {left.pop()!r} to "
            "train on: give more of each class, or --test-size 0."
        )
    return rows, held_out


def _train(screen: Screen, setup: Setup) -> Trained:
    """Train, and show how it goes."""
    with ExitStack() as stack:

        def watching(title: str, epochs: int) -> Watch:
            stack.close()  # the pass before
            return stack.enter_context(Watch(screen, title, epochs))

        trained = setup.train(watching)
    if not screen.interactive:
        screen.show()
    return trained


def _save(setup: Setup, trained: Trained, scores: dict[str, Any], n_held_out: int, output: str) -> None:
    """Save the network with what was learned about columns and targets, and facts for `chainrule info`.

    Nothing in it depends on the clock, unless the clock ended training: the same command gives the same file.
    """
    facts = {
        "version": __version__,
        "rows": len(setup.x),
        "held_out": n_held_out,
        "epochs": len(trained.history) if trained.refit_epochs is None else trained.refit_epochs,
        "stopped": " ".join(stop_in_words(trained)),
        "scores": {name: value for name, value in scores.items() if np.ndim(value) == 0},
    }
    network = trained.network
    network.memory.preprocessing = dataclasses.replace(setup.preparation, facts=facts).to_json()
    network.save(output)

"""`chainrule predict`, `info` and `show`: what a saved model makes of new rows, what it is, and how it is computed."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends.llvm.stages import STAGES
from chainrule.cli.encoders import TITLES
from chainrule.cli.output import check_outputs, write_text
from chainrule.cli.preparation import MADE_BY, Preparation, read_rows
from chainrule.cli.progress import Reading
from chainrule.cli.report import network_in_words, show_facts, target_in_words
from chainrule.cli.request import CHECKS
from chainrule.cli.screen import Screen, tell
from chainrule.data.containers import plural
from chainrule.data.folders import Progress
from chainrule.errors import ArgumentError, ModelFileError, check_name
from chainrule.loading import load
from chainrule.network import Network
from chainrule.showing import STEPS, show

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A network of a file; `preparation` is None if it was not made by `chainrule train`."""

    network: Network
    preparation: Preparation | None

    @classmethod
    def read(cls, path: str) -> SavedModel:
        """Read a model file; raises `ModelFileError` in words if it is none."""
        network = load(path)
        data = network.memory.preprocessing
        if data is None or data.get("made_by") != MADE_BY:
            return cls(network, None)
        try:
            return cls(network, Preparation.from_json(data))
        except ModelFileError as error:
            raise ModelFileError(f"{path}: {error}") from error


def run_predict(
    model: str, files: Sequence[str], output: str | None, *, probabilities: bool, threads: int | None = None
) -> None:
    """Predict each row of a table, or each image or recording, and write the predictions as CSV to a file or standard output."""
    if threads is not None:
        threads = CHECKS["threads"]("--threads", threads)
    name = None if output == "-" else output
    data = {f"the data ({file})" if len(files) > 1 else "the data": file for file in files}
    check_outputs({"--output": name}, inputs={"the model": model, **data})
    saved = SavedModel.read(model)
    if probabilities and saved.network.memory.coder is None:
        raise ArgumentError(f"--probabilities is for a model of classes, but {model} predicts values: leave it out.")
    notes: list[str] = []
    screen = Screen()
    with Reading(screen) as progress:
        inputs, x = _read(saved.preparation, files, notes, progress)
    table = predictions_of(saved, inputs, x, probabilities=probabilities, threads=threads)
    tell(*(f"Note: {note}" for note in notes))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    if name is None:
        screen.attempt(lambda: sys.stdout.write(text.getvalue()))
    else:
        write_text(name, text.getvalue())
        screen.show(f"{plural(len(table) - 1, 'prediction')} written to {name}.")
    screen.close()


def predictions_of(
    saved: SavedModel, inputs: Sequence[str] | None, x: Any, *, probabilities: bool, threads: int | None = None
) -> list[list[str]]:
    """A header and a line for each row of x: its file, if `inputs` names it, the prediction, and the chances if asked for."""
    network, preparation = saved.network, saved.preparation
    outputs = network.predict(x, threads=threads)
    predicted = outputs if preparation is None else preparation.predictions(outputs)
    columns = {"prediction": predicted} if predicted.ndim == 1 else _numbered("prediction", predicted)
    if inputs is not None:
        columns = {"file": np.array(inputs, dtype=object), **columns}
    if probabilities:
        chances = network.predict_proba(x, threads=threads)
        names = network.classes if chances.shape[1] == len(network.classes) else range(1, chances.shape[1] + 1)
        columns |= {f"probability of {label}": chances[:, k] for k, label in enumerate(names)}
    return [list(columns), *([_cell(value) for value in row] for row in zip(*columns.values(), strict=True))]


def _read(
    preparation: Preparation | None, files: Sequence[str], notes: list[str], progress: Progress
) -> tuple[list[str] | None, Any]:
    """What `predict` takes for the files that are named; and the name of the file of each row, where each has its own."""
    if preparation is None:
        return None, read_rows(files, (), notes)
    inputs, rows = preparation.read(files, notes, progress)
    return inputs, preparation.inputs(rows, files[0], notes)


def _numbered(name: str, matrix: Array) -> dict[str, Array]:
    return {f"{name} {k + 1}": matrix[:, k] for k in range(matrix.shape[1])}


def _cell(value: Any) -> str:
    """A value of a CSV file; nine digits tell any two float32 numbers apart."""
    return f"{value:.9g}" if isinstance(value, float | np.floating) else str(value)


def run_info(model: str) -> None:
    """Tell what a model file holds."""
    saved = SavedModel.read(model)
    network, preparation, memory = saved.network, saved.preparation, saved.network.memory
    screen = Screen()
    facts: dict[str, str | Sequence[str]] = {"Model": model}
    if preparation is not None:
        facts |= _facts(preparation, None if memory.coder is None else network.classes.tolist())
    else:
        shape = network.model.input_shape
        taken = memory.feature_names or [f"{' × '.join(map(str, shape))} numbers a row"]
        facts |= {"Made by": "Network.save, without preprocessing", "Columns": ", ".join(taken)}
        facts |= {"Classes": ", ".join(map(str, network.classes))} if memory.coder is not None else {}
    loss, descent = memory.loss, memory.optimizer
    facts |= {"Loss": loss.name if loss else "not trained yet", "Optimiser": repr(descent) if descent else ""}
    facts |= {"Epochs": f"{memory.epochs:,}", "Network": network_in_words(network)}
    show_facts(screen, facts)
    screen.show()
    screen.show(network.model.describe())
    screen.close()


def run_show(model: str, stage: str, step: str) -> None:
    """Print a step of a model file at a stage of its way to machine code."""
    check_name("--stage", stage, STAGES)
    check_name("--step", step, STEPS)
    network = SavedModel.read(model).network
    screen = Screen()
    screen.attempt(lambda: show(network, stage, step=step))
    screen.close()


def _facts(preparation: Preparation, classes: Sequence[object] | None) -> Mapping[str, str | Sequence[str]]:
    """What `chainrule train` wrote down about a model."""
    facts = preparation.facts
    encoder = preparation.encoder
    scores = facts.get("scores", {})
    return {
        "Made by": f"chainrule train {preparation.source}, version {facts.get('version')}",
        "Target": target_in_words(preparation.target, classes),
        TITLES[preparation.kind]: ", ".join(preparation.columns) if encoder is None else encoder.report,
        "Rows": f"{facts.get('rows', 0):,} to train on, {facts.get('held_out', 0):,} held out for the test",
        "Stopped": str(facts.get("stopped", "")),
        "Scores": [
            f"{name} {'undefined' if value is None else format(value, '.4g')}" for name, value in scores.items()
        ],
    }

"""`chainrule explain`: one training step of a saved model on a row of its data, worked out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.cli.encoders import FileEncoder
from chainrule.cli.output import check_outputs, write_text
from chainrule.cli.predict import SavedModel
from chainrule.cli.preparation import Preparation
from chainrule.cli.screen import Screen, tell
from chainrule.cli.source import read_source
from chainrule.data.arrays import check_feature_names
from chainrule.data.bundled import BUNDLED
from chainrule.data.table import no_column, read_table
from chainrule.errors import ArgumentError, DataError, check_number

Array = NDArray[Any]


def run_explain(
    model: str, data: str, row: int, follow: str | None, depth: int | None, html: str | None, latex: str | None
) -> None:
    """Work out the step on one row, counted from 0; or, with `follow`, the products that make up one number of a gradient.

    It is printed, or written to the files that are named.
    """
    inputs = {"the model": model} if data in BUNDLED else {"the model": model, "the data": data}
    check_outputs({"--html": html, "--latex": latex}, inputs=inputs)
    for option, name, ending in (("--html", html, ".html"), ("--latex", latex, ".tex")):
        if name is not None and Path(name).suffix.lower() != ending:
            raise ArgumentError(f"{option} must name a file that ends in {ending}, but is {name!r}.")
    place = int(check_number("--row", row, low=0, integer=True))
    layers = int(check_number("--depth", 1 if depth is None else depth, low=1, integer=True))
    if depth is not None and follow is None:
        raise ArgumentError("--depth says through how many layers a number is followed: give --follow as well.")
    saved = SavedModel.read(model)
    if saved.preparation is None:
        raise ArgumentError(
            f"{model} was not made by chainrule train, so that it is not known which column is its target: load it in Python, "
            "and call explain(X, y)."
        )
    if isinstance(saved.preparation.encoder, FileEncoder):
        encoder = saved.preparation.encoder
        raise ArgumentError(
            f"{model} was trained on {encoder.what}s of a folder, and explain takes a row of a table: in Python, "
            f"net = cr.load({model!r}), and net.explain(X, y) with one row of X = {encoder.in_python} and its label."
        )
    notes: list[str] = []
    x, y = _example(saved.preparation, data, place, notes)
    try:
        explanation = saved.network.explain(x, y)
    except DataError as error:
        raise DataError(f"Row {place} of {data}, taken by itself: {error}") from error
    shown = explanation if follow is None else explanation.follow(follow, layers)
    tell(*(f"Note: {note}" for note in notes))
    if html is not None:
        write_text(html, shown.to_html())
    if latex is not None:
        write_text(latex, shown.to_latex_document())
    written = [f"Written: {name}" for name in (html, latex) if name is not None]
    screen = Screen()
    screen.attempt(lambda: sys.stdout.write("\n".join(written or [str(shown)]) + "\n"))
    screen.close()


def _example(preparation: Preparation, data: str, row: int, notes: list[str]) -> tuple[Array, Array]:
    """One row and its target, as the network learns them."""
    if data in BUNDLED:
        source = read_source(data)
        check_feature_names(list(source.columns), preparation.columns, argument=data)
        _check_row(row, len(source), data)
        rows = source.rows[row : row + 1]
        return preparation.inputs(rows), preparation.targets(source.y[row : row + 1])
    frame = read_table(data, text=preparation.text_columns, notes=notes)
    name = preparation.target
    if name not in frame.columns:
        raise no_column(name, frame, ", the target of the model, and a step needs it")
    _check_row(row, frame.height, data)
    chosen = frame.slice(row, 1)
    target = chosen[name][0]
    if target is None:
        raise ArgumentError(f"Row {row} of {data} has no {name!r}; choose another --row.")
    try:
        y = np.array([float(target)]) if preparation.task == "regression" else np.array([target])
    except ValueError:
        raise DataError(f"{name!r} in row {row} of {data} is {target!r}, but the model learned numbers.") from None
    return preparation.inputs(chosen, f"row {row} of {data}, taken by itself,", notes), preparation.targets(y)


def _check_row(row: int, n: int, data: str) -> None:
    if row >= n:
        raise ArgumentError(f"--row is {row}, but {data} has {n:,} rows, counted from 0.")

"""What a person reads before and after training."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from rich.text import Text

from chainrule.cli.curve import draw_curves
from chainrule.cli.encoders import TITLES, ImageFiles, SoundFiles, TextColumn
from chainrule.cli.learn import Setup
from chainrule.cli.preparation import Preparation
from chainrule.cli.recipe import Plan, Trained
from chainrule.cli.screen import Screen
from chainrule.data.containers import plural, short
from chainrule.network import Network
from chainrule.nn import Dropout
from chainrule.training import History

Array = NDArray[Any]
Rows = NDArray[np.int64]

# A report on more columns than this is folded; a confusion matrix of more classes does not fit a terminal.
MOST_COLUMNS, MOST_CLASSES = 12, 10
WORST_CLASSES = 5

# What the layers without units do, in a word; those that keep all numbers are not named.
POOLS = {
    "MaxPool1D": "max pool",
    "MaxPool2D": "max pool",
    "AvgPool1D": "mean pool",
    "AvgPool2D": "mean pool",
    "GlobalMaxPool": "max",
    "GlobalAveragePool": "mean",
}

OUR_WORDS = {"val_loss": "The validation loss", "clip_norm=1.0": "--clip-norm 1"}


def show_facts(screen: Screen, facts: Mapping[str, str | Sequence[str]]) -> None:
    """Facts by name, a column of names and a column of sentences; empty ones are left out."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, lines in facts.items():
        for i, line in enumerate([lines] if isinstance(lines, str) else lines):
            if line:
                table.add_row(name if i == 0 else "", Text(line))
    screen.show(table)


# ------------------------------------------------------------------------------------------------- before training


def opening(screen: Screen, setup: Setup, n_held_out: int) -> None:
    """What is going to be learned, from what, and how."""
    source, plan, n = setup.source, setup.plan, len(setup.x)
    validating = plan.n_validation(n)
    encoder = setup.preparation.encoder
    notes = [*source.notes, *(encoder.without_text(source.rows) if isinstance(encoder, TextColumn) else [])]
    facts: dict[str, str | Sequence[str]] = {
        "Data": source.description,
        "Target": target_in_words(source.target, None if source.task == "regression" else source.classes),
        "Rows": f"{len(source):,}: {n:,} to train on"
        + (f" ({validating:,} of them to validate with)" if validating else "")
        + (f", {n_held_out:,} held out for the test" if n_held_out else ""),
        TITLES[source.kind]: folded(inputs_in_words(setup)),
        "Note": notes,
        "Network": network_in_words(setup.network().build(setup.x.shape[1:])),
        "Training": plan_in_words(plan),
    }
    show_facts(screen, facts)
    screen.show()


def target_in_words(target: str, classes: Sequence[object] | None) -> str:
    """The target's name and what it is.

    >>> target_in_words("species", ["cat", "dog"]), target_in_words("price", None)
    ("'species', one of 2 classes: cat, dog", "'price', a number")
    """
    if classes is None:
        return f"{target!r}, a number"
    some = ", ".join(map(str, classes[:MOST_CLASSES])) + (", …" if len(classes) > MOST_CLASSES else "")
    return f"{target!r}, one of {len(classes):,} classes: {some}"


def inputs_in_words(setup: Setup) -> list[str]:
    """A sentence for each column of a table, one for all of a bundled data set, of images or of recordings."""
    encoder, names = setup.preparation.encoder, setup.preparation.columns
    if encoder is not None:
        texts = any("is free text" in sentence for sentence in encoder.report)
        return [
            *encoder.report,
            *(["--text COLUMN learns from a column of texts, and from it alone."] if texts else []),
        ]
    return [f"{len(names)} numbers, standardised: {', '.join(names[:2])}, … {names[-1]}."]


def folded(sentences: Sequence[str]) -> list[str]:
    """The first sentences, those about columns that are left out before the others, and how many more there are."""
    if len(sentences) <= MOST_COLUMNS:
        return list(sentences)
    first = sorted(sentences, key=lambda sentence: ": left out" not in sentence)[: MOST_COLUMNS - 1]
    return [*first, f"… and {len(sentences) - len(first):,} more columns: chainrule info MODEL lists them all."]


def network_in_words(network: Network) -> str:
    """The layers on one line: ``64 → 128 relu → 10, 9,610 parameters``."""
    words = [" × ".join(map(str, network.model.input_shape))]
    for layer in network.layers.values():
        units, filters, activation, rate = (
            getattr(layer, name, None) for name in ("units", "filters", "activation", "rate")
        )
        how = f" {activation}" if isinstance(activation, str) else ""
        kind = type(layer).__name__
        if filters is not None:
            words.append(f"{filters} filters{how}")
        elif units is not None:
            words.append(f"{units} a token" if kind == "Embedding" else f"{units}{how}")
        elif isinstance(layer, Dropout):
            words[-1] += f" (dropout {rate:g})"
        elif kind in POOLS:
            words.append(POOLS[kind])
    count = sum(array.size for array in network.params.values())
    return f"{' → '.join(words)}, {count:,} parameters"


def plan_in_words(plan: Plan) -> str:
    """How the network is trained."""
    rate = plan.descent().scalars().get("learning_rate")
    batches = "one batch of all rows" if plan.batch_size == "full" else f"batches of {plan.batch_size}"
    extras = {"L1": plan.l1, "L2": plan.l2, "clipped to norm": plan.clip_norm}
    parts = [
        f"{plan.loss.replace('_', ' ')} loss",
        f"{plan.optimizer}" + (f" at {rate:g}" if isinstance(rate, (int, float)) else ""),
        batches,
        f"at most {plural(plan.epochs, 'epoch')}",
        *(f"{name} {value:.3g}" for name, value in extras.items() if value),
        *([f"patience {plan.patience}"] if plan.validation else []),
        f"seed {plan.seed}",
    ]
    return ", ".join(parts)


# -------------------------------------------------------------------------------------------------- after training


def closing(screen: Screen, setup: Setup, trained: Trained, scores: Mapping[str, Any], held_out: Rows) -> None:
    """What happened, and how well the network does on rows that it has not seen."""
    show_facts(screen, {"Stopped": stop_in_words(trained), "Time": time_in_words(trained)})
    screen.show()
    for line in curves_of(trained.history, plain=screen.plain, width=screen.console.width):
        screen.show(line)
    screen.show()
    if not len(held_out):
        screen.show("No rows are held out (--test-size 0), so there are no scores.")
        return
    screen.show(f"On the {plural(len(held_out), 'row')} held out", style="bold")
    if setup.source.task == "regression":
        _show_errors(screen, setup, scores, held_out)
    else:
        _show_accuracy(screen, setup, scores, held_out)
    screen.show()


def stop_in_words(trained: Trained) -> list[str]:
    """Why training stopped, and which parameters are kept."""
    history = trained.history
    lines = [_in_our_words(history.stop_reason)]
    reason = history.stop_reason.name if history.stop_reason else ""
    if trained.refit_epochs is not None:
        lines.append(
            f"Then trained anew on all training rows for {plural(trained.refit_epochs, 'epoch')}; that network is kept."
        )
    elif trained.why_not:
        lines.append(f"Training anew on all training rows was begun, but: {_in_our_words(trained.why_not)}")
    if trained.refit_epochs is None and history.best_epoch is not None and reason != "non_finite":
        lines.append(f"The parameters of the best epoch, {history.best_epoch + 1}, are kept.")
    return lines


def _in_our_words(sentence: object) -> str:
    """A sentence of the library as the command says it: with its options rather than arguments."""
    text = str(sentence)
    for theirs, ours in OUR_WORDS.items():
        text = text.replace(theirs, ours)
    return text


def time_in_words(trained: Trained) -> str:
    """How long training took."""
    epochs = len(trained.history) + (trained.refit_epochs or 0)
    each = f", {trained.seconds / epochs * 1000:.3g} ms each" if epochs else ""
    return f"{trained.seconds:.2g} s for {plural(epochs, 'epoch')}{each}"


def curves_of(history: History, *, plain: bool, width: int) -> list[str]:
    """The learning curve; nothing for a single epoch."""
    if len(history) < 2:
        return []
    curves = {"training": history.loss - history.penalty}  # validation knows no penalties: only so they can be compared
    if np.isfinite(history.val_loss).any():
        curves["validation"] = history.val_loss
    return draw_curves(curves, title="Loss", marks="*o" if plain else "•×", width=max(20, min(60, width - 12)))


def _show_errors(screen: Screen, setup: Setup, scores: Mapping[str, Any], held_out: Rows) -> None:
    """The scores of a regression, beside those of always predicting the mean of the training rows."""
    y = setup.source.y[held_out]
    mean = setup.preparation.predictions(np.array([setup.y.astype(np.float64).mean()]))[0]
    rmse, mae = float(np.sqrt(((y - mean) ** 2).mean())), float(np.abs(y - mean).mean())
    table = _table(["", "the network", "always the mean"])
    table.add_row("R²", f"{scores['r2']:.4f}", f"{round(_r2(y, mean), 2) + 0.0:.2f}")
    table.add_row(f"RMSE, in units of {setup.source.target}", f"{scores['rmse']:,.6g}", f"{rmse:,.6g}")
    table.add_row(f"MAE, in units of {setup.source.target}", f"{scores['mae']:,.6g}", f"{mae:,.6g}")
    table.add_row(f"loss ({setup.plan.loss})", f"{scores['loss']:.4g}", "")
    screen.show(table)


def _r2(y: Array, prediction: float) -> float:
    total = float(((y - y.mean()) ** 2).sum())
    return 1.0 - float(((y - prediction) ** 2).sum()) / total if total else float("nan")


def _show_accuracy(screen: Screen, setup: Setup, scores: Mapping[str, Any], held_out: Rows) -> None:
    """The scores of a classification, beside those of always naming the most frequent class, and what is confused."""
    labels, counts = np.unique(setup.y, return_counts=True)
    frequent = labels[int(counts.argmax())]
    share = float((setup.source.y[held_out] == frequent).mean())
    classes = [str(label) for label in setup.source.classes]
    of = f"of {classes[1]}" if len(classes) == 2 else "mean over the classes"
    table = _table(["", "the network", f"always {frequent}"])
    table.add_row("accuracy", f"{100 * scores['accuracy']:.1f} %", f"{100 * share:.1f} %")
    table.add_row(f"F1, {of}", f"{scores['f1']:.4f}", "")
    table.add_row(f"loss ({setup.plan.loss})", f"{scores['loss']:.4g}", "")
    screen.show(table)
    screen.show()
    matrix = np.asarray(scores["confusion_matrix"])
    screen.show(_confusions(matrix, classes) if len(classes) <= MOST_CLASSES else _worst(matrix, classes))


def _table(names: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for i, name in enumerate(names):
        table.add_column(Text(name), justify="left" if i == 0 else "right")
    return table


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _confusions(matrix: Array, classes: Sequence[str]) -> Table:
    """Each class in a row: what its examples were taken for, and how many of them were recognised."""
    names = [name if len(name) <= 12 else name[:11] + "…" for name in classes]
    table = _table(["is \\ taken for", *names, "recognised"])
    for i, name in enumerate(names):
        cells = [Text(str(n) if n else "·", style="bold" if i == j else "") for j, n in enumerate(matrix[i].tolist())]
        table.add_row(Text(name), *cells, _share(matrix[i, i], matrix[i].sum()))
    return table


def _worst(matrix: Array, classes: Sequence[str]) -> Table:
    """The classes that were recognised least, and what they were most often taken for."""
    rows, right = matrix.sum(axis=1), matrix.diagonal()
    share = np.where(rows > 0, right / np.maximum(rows, 1), 2.0)
    table = _table(["recognised least", "rows", "recognised", "most often taken for"])
    for i in np.argsort(share, kind="stable")[:WORST_CLASSES]:
        others = np.where(np.arange(len(classes)) == i, 0, matrix[i])
        other = classes[int(others.argmax())] if others.any() else "–"
        table.add_row(Text(short(classes[i])), f"{rows[i]:,}", _share(right[i], rows[i]), Text(other))
    return table


def saved(screen: Screen, setup: Setup, files: Mapping[str, str], model: str) -> None:
    """Where everything was saved, and what to type next."""
    lines = {name: f"{file} ({os.path.getsize(file) / 1024:,.0f} KiB)" for name, file in files.items()}
    new, what = _new_data(setup.preparation)
    hints = [
        f"chainrule info {shlex.quote(model)}",
        f"chainrule predict {shlex.quote(model)} {new}",
        f"where {new} is {what}",
    ]
    show_facts(screen, {**lines, "Next": hints})


def _new_data(preparation: Preparation) -> tuple[str, str]:
    """What is given to `chainrule predict`, and what that is."""
    if isinstance(preparation.encoder, ImageFiles | SoundFiles):
        return "NEW", f"one or more {preparation.encoder.what}s, or a folder of them"
    columns = preparation.columns
    named = ", ".join(columns) if len(columns) <= 3 else f"{', '.join(columns[:2])}, … {columns[-1]}"
    return "NEW.csv", f"a CSV or Parquet file with the column{'s' * (len(columns) > 1)} {named}"

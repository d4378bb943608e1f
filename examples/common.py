"""What the examples have in common: where their data are, the parts of a command line, and how figures are drawn."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import chainrule as cr

# --------------------------------------------------------------------------------------------------------- the data


def place(given: str | None, name: str) -> Path:
    """The path of an argument, or that of a name in the folder CHAINRULE_DATA."""
    return Path(given) if given else Path(os.environ.get("CHAINRULE_DATA", "")) / name


def find(given: str | None, file: str, how_to_get_it: str) -> Path:
    """The file of an argument, or of the folder CHAINRULE_DATA; where there is none, a sentence ends the program."""
    path = place(given, file)
    if not path.is_file():
        sys.exit(how_to_get_it)
    return path


# ------------------------------------------------------------------------------------------------- the command line

Parts = Mapping[str, Callable[..., Any]]


def arguments(doc: str | None, parts: Parts, data: str, **more: dict[str, Any]) -> argparse.Namespace:
    """What is given in the command line: parts, --data, --figures, and more options, each as argparse has it."""
    parser = argparse.ArgumentParser(description=first_line(doc))
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(parts)}; all unless given")
    parser.add_argument("--data", help=data)
    parser.add_argument("--figures", help="the folder that figures are drawn in")
    for name, option in more.items():
        parser.add_argument(f"--{name}", **option)
    given = parser.parse_args()
    wrong = [part for part in given.parts if part not in parts]
    if wrong:
        parser.error(f"there is no part {wrong[0]!r}; there are {', '.join(parts)}")
    return given


def announced(parts: Parts, asked: Sequence[str]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The parts that are asked for, or all; each is named, with the first line of its docstring, when its turn comes."""
    for name in asked or parts:
        print(f"\n{name}: {first_line(parts[name].__doc__)}")
        yield name, parts[name]


def first_line(doc: str | None) -> str:
    """The first line of a docstring."""
    return (doc or "").partition("\n")[0]


# ------------------------------------------------------------------------------------------------------ the figures

INK, BLUE, ORANGE, GREEN, RED, PURPLE = "#7d8590", "#2f81f7", "#d9730d", "#2da44e", "#e5534b", "#a371f7"


@contextmanager
def style() -> Iterator[None]:
    """Figures whose colours can be read on a light and on a dark ground, and whose bytes depend on the numbers alone."""
    import matplotlib as mpl

    chosen: Any = {"svg.fonttype": "none", "svg.hashsalt": "chainrule", "savefig.transparent": True, "font.size": 9}
    chosen |= dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK)
    with mpl.rc_context({**chosen, "legend.frameon": False}):
        yield


def save(figure: Any, folder: str | Path, name: str) -> None:
    """A figure as an SVG in a folder, which is made if it is not there."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    figure.savefig(Path(folder) / name, metadata={"Date": None}, dpi=160)


@contextmanager
def canvas(
    folder: str | Path, name: str, *, columns: int = 1, width: float = 6.0, height: float = 3.2
) -> Iterator[Any]:
    """Axes to draw on in a `with` block, at the end of which they are saved; more than one, if `columns` are. Inches."""
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure.subplots(1, columns)
        save(figure, folder, name)


def draw_learning(
    history: cr.History, folder: str | Path, *, training: str = "training", ylabel: str = "cross-entropy"
) -> None:
    """The learning curve, in learning.svg: the loss in training and, where there is one, in validation."""
    with canvas(folder, "learning.svg") as axes:
        epochs = np.arange(1, len(history) + 1)
        axes.plot(epochs, history.loss, color=BLUE, label=training)
        if not np.isnan(history.val_loss).all():
            axes.plot(epochs, history.val_loss, color=ORANGE, label="validation")
        axes.set(xlabel="epoch", ylabel=ylabel, yscale="log")
        axes.legend()


def draw_confusion(
    counts: NDArray[Any],
    folder: str | Path,
    *,
    names: Sequence[str] | None = None,
    true: str = "true",
    predicted: str = "predicted",
    height: float = 4.6,
) -> None:
    """Which class is taken for which, in confusion.svg: right ones green, wrong ones red, the more the stronger."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    half, places = np.array([-0.5, 0.5]), range(len(counts))
    with canvas(folder, "confusion.svg", height=height) as axes:
        for i, j in np.argwhere(counts):
            colour, strength = (GREEN, 0.4 * shares[i, j]) if i == j else (RED, min(0.4, 3 * shares[i, j]))
            axes.fill_between(j + half, i - 0.5, i + 0.5, linewidth=0, color=colour, alpha=strength)
            axes.text(j, i, f"{counts[i, j]}", ha="center", va="center", fontsize=8)
        axes.set(xlim=(-0.5, len(counts) - 0.5), ylim=(len(counts) - 0.5, -0.5), aspect=1)
        axes.set(xlabel=predicted, ylabel=true)
        axes.set_xticks(places, names)
        axes.set_yticks(places, names)

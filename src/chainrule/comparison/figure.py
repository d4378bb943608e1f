"""A comparison as a picture: three learning curves, noise, memory, and the descents on the surface of the loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainrule.comparison.labels import hide_covered, label_ends
from chainrule.comparison.words import in_bytes, name_of, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from chainrule.comparison.result import Comparison
    from chainrule.comparison.runs import Run
    from chainrule.comparison.surface import Surface

Numbers = NDArray[np.float64]

_SIZE = (11.0, 7.6)
_LOGARITHMIC_FROM = 4.0  # the ratio of the largest loss to the smallest from which on a linear axis shows too little
_DECADES_ONLY_FROM = 100.0  # from which on 1, 0.1, 0.01, ... are enough numbers along it
_LEVELS = 16
_SMALL, _GREY = 8.0, "0.35"
_END: dict[str, Any] = {"marker": "s", "markersize": 6, "markeredgecolor": "white", "markeredgewidth": 0.8}
_TIGHT: dict[str, Any] = {"handlelength": 1.0, "handletextpad": 0.4, "columnspacing": 1.0, "borderpad": 0.0}


def draw(comparison: Comparison, surface: Surface | None) -> Figure:
    """The figure; without a surface its panel is left out."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, layout="constrained")
    figure.suptitle(title(comparison), x=0.01, ha="left", fontsize=10)
    grid = figure.add_gridspec(2, 3, height_ratios=(1.0, 1.3))
    first = figure.add_subplot(grid[0, 0])
    first.set_ylabel("loss")
    panels = [first, *(figure.add_subplot(grid[0, k], sharey=first) for k in (1, 2))]
    for axes, name in zip(panels, ("step", "examples", "seconds"), strict=True):
        _curves(axes, comparison, name)
    left = grid[1, 0].subgridspec(2, 1)
    _noise(figure.add_subplot(left[0]), comparison)
    _memory(figure.add_subplot(left[1]), comparison)
    plane = figure.add_subplot(grid[1, 1:]) if surface is not None else None
    if plane is not None and surface is not None:
        _surface(plane, comparison, surface)
    figure.draw_without_rendering()  # only now is it known how large the panels are
    for axes, name in zip(panels, ("step", "examples", "seconds"), strict=True):
        _name_curves(axes, comparison, name)
    if plane is not None and surface is not None:
        _name_paths(plane, comparison, surface)
    return figure


def colour(k: int) -> str:
    """The colour of the k-th run: those of a history's plot, in their order."""
    return f"C{k % 10}"


# ------------------------------------------------------------------------------------------------------- curves


def _curves(axes: Axes, comparison: Comparison, name: str) -> None:
    """The loss of every run against steps, examples or seconds; the line across is the loss at the start."""
    labels = {"step": "steps", "examples": "examples seen", "seconds": "seconds of training"}
    for k, run in enumerate(comparison.runs):
        line = _line(run, name)
        axes.plot(*line.T, color=colour(k), linewidth=1.5)
        axes.plot(*line[-1:].T, color=colour(k), **_END)
    axes.set_xscale("log")
    _loss_axis(axes, np.concatenate([run.loss[np.isfinite(run.loss)] for run in comparison.runs]))
    axes.axhline(comparison.runs[0].loss[0], color="gray", linestyle=":", linewidth=1.0, zorder=1)
    axes.set_xlabel(labels[name])
    axes.grid(alpha=0.3)
    low, high = axes.get_xlim()
    axes.set_xlim(low, high * (high / low) ** 0.12)
    if name == "seconds":
        axes.xaxis.set_major_formatter("{x:g}")


def _line(run: Run, name: str) -> Numbers:
    """The points of a curve that a logarithmic axis can show: an array of shape (k, 2)."""
    x, y = np.asarray(getattr(run, name), dtype=np.float64), run.loss
    shown = (x > 0) & np.isfinite(y)
    return np.stack([x[shown], y[shown]], axis=1)


def _name_curves(axes: Axes, comparison: Comparison, name: str) -> None:
    """The batch size at the end of each curve, off the curves and off the line across."""
    runs, start = comparison.runs, comparison.runs[0].loss[0]
    across = np.stack([np.geomspace(*axes.get_xlim(), 100), np.full(100, start)], axis=1)
    named = [(run.label, colour(k)) for k, run in enumerate(runs)]
    label_ends(axes, [_line(run, name) for run in runs], named, avoid=[across], fontsize=9)


def _loss_axis(axes: Axes, losses: Numbers) -> None:
    """Logarithmic where that shows more, with plain numbers along it."""
    from matplotlib.ticker import LogLocator, NullFormatter

    low, high = (float(losses.min()), float(losses.max())) if losses.size else (1.0, 1.0)
    if low > 0 and high / low >= _LOGARITHMIC_FROM:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0,) if high / low >= _DECADES_ONLY_FROM else (1.0, 2.0, 5.0)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter("{x:g}")


# --------------------------------------------------------------------------------------------------------- bars


def _rows(axes: Axes, runs: Sequence[Run], text: str) -> NDArray[np.int64]:
    """A row for each run, the first above, named in its colour; the places of the rows."""
    places = np.arange(len(runs))
    axes.set_yticks(places, [name_of(run) for run in runs])
    for k, label in enumerate(axes.get_yticklabels()):
        label.set_color(colour(k))
    axes.set_ylim(len(runs) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xticks([])
    axes.set_title(text, loc="left", fontsize=9)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    return places


def _noise(axes: Axes, comparison: Comparison) -> None:
    """The noise of a step's gradient over the length of the gradient, at the start and at the end of each run."""
    runs, start = comparison.runs, comparison.initial_noise
    places = _rows(axes, runs, "noise of a step's gradient ÷ gradient\n(pale: at the start; solid: at the end)")
    pairs = [(start.relative(run.batch_size), run.noise.relative(run.batch_size)) for run in runs]
    longest = max((value for pair in pairs for value in pair if math.isfinite(value)), default=1.0) or 1.0
    size = min(_SMALL, 4.5 * _SMALL / len(runs))  # the more bars, the less room
    for k, pair in enumerate(pairs):
        for value, offset, alpha in zip(pair, (-0.2, 0.2), (0.4, 1.0), strict=True):
            length = value if math.isfinite(value) else 0.0
            axes.barh(places[k] + offset, length, 0.36, color=colour(k), alpha=alpha)
            text = f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"
            axes.text(length + 0.015 * longest, places[k] + offset, text, va="center", fontsize=size, color=_GREY)
    axes.set_xlim(0, longest * 1.15)


def _memory(axes: Axes, comparison: Comparison) -> None:
    """What a step of each run holds, by kind."""
    runs = comparison.runs
    places = _rows(axes, runs, "memory of a step")
    kinds = {"parameters": "0.3", "optimizer": "0.5", "gradients": "0.7", "activations": "0.87"}
    longest = max(run.memory.total for run in runs)
    done = np.zeros(len(runs))
    for kind, shade in kinds.items():
        sizes = np.array([getattr(run.memory, kind) for run in runs], dtype=np.float64)
        if sizes.any():
            axes.barh(places, sizes, 0.6, left=done, color=shade, label=kind)
        done += sizes
    for k, run in enumerate(runs):
        total = in_bytes(run.memory.total)
        axes.text(done[k] + 0.015 * longest, places[k], total, va="center", fontsize=_SMALL, color=_GREY)
    axes.set_xlim(0, longest * 1.3)
    axes.legend(frameon=False, fontsize=_SMALL, ncols=4, loc="upper left", bbox_to_anchor=(-0.02, 0.02), **_TIGHT)


# ------------------------------------------------------------------------------------------------------ surface


def _surface(axes: Axes, comparison: Comparison, surface: Surface) -> None:
    """Contours of the loss, the path of every run over them, its end, and the common start."""
    from matplotlib.colors import BoundaryNorm

    levels = contour_levels(surface.loss)
    given = (surface.alpha, surface.beta, surface.loss)
    axes.contourf(*given, levels=levels, cmap="Greys", norm=BoundaryNorm(levels, 256), alpha=0.22, extend="max")
    lines = axes.contour(*given, levels=levels, colors="0.6", linewidths=0.6)
    axes.clabel(lines, levels=levels[::2], fmt="%.2g", fontsize=7, colors="0.3", inline=False, zorder=1.5)
    paths = [surface.paths[run.label] for run in comparison.runs]
    for k, path in enumerate(paths):
        axes.plot(*path.T, color=colour(k), linewidth=1.5, marker=".", markersize=4)
        axes.plot(*path[-1:].T, color=colour(k), **_END)
    axes.plot(0.0, 0.0, color="black", marker="o", markersize=6, markeredgecolor="white", zorder=5)
    first, second = (f"{100 * share:.0f} %" for share in surface.plane.shares)
    axes.set_xlabel(f"first main direction ({first} of the squared distances from the start)")
    axes.set_ylabel(f"second ({second})")
    axes.set_title("the loss over the plane through the start that lies nearest to all paths", loc="left", fontsize=9)
    axes.set_aspect("equal")


def _name_paths(axes: Axes, comparison: Comparison, surface: Surface) -> None:
    """The batch size at the end of each path, and the start."""
    paths = [surface.paths[run.label] for run in comparison.runs]
    named = [("start", "black"), *((run.label, colour(k)) for k, run in enumerate(comparison.runs))]
    numbers = list(axes.texts)  # of the contours
    label_ends(axes, [np.zeros((1, 2)), *paths], named, fontsize=10)
    hide_covered(axes, numbers, paths)


def contour_levels(loss: Numbers) -> Numbers:
    """Levels between the least and the greatest loss, the denser the lower: geometric where the loss is positive.

    >>> contour_levels(np.array([1.0, 100.0]))[[0, -1]]
    array([  1., 100.])
    """
    finite = loss[np.isfinite(loss)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    high = high if high > low else low + 1.0
    if low > 0 and high / low >= _LOGARITHMIC_FROM:
        return np.geomspace(low, high, _LEVELS)
    levels: Numbers = low + (high - low) * np.linspace(0.0, 1.0, _LEVELS) ** 2
    return levels

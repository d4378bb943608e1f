"""The chart: for every cell, how fast each contender is relative to the fastest peer, on a logarithmic axis."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import NAMES, TITLES, best, number, ratio


@dataclass(frozen=True)
class Theme:
    """Colours on a light or a dark page; the page itself shows through."""

    name: str
    text: str
    faint: str
    ahead: str
    behind: str
    peers: tuple[str, ...]


THEMES = (
    Theme("light", "#24292f", "#d0d7de", "#0969da", "#bc4c00", ("#57606a", "#8250df", "#9a6700")),
    Theme("dark", "#e6edf3", "#3d444d", "#58a6ff", "#f0883e", ("#adbac7", "#bc8cff", "#d29922")),
)
MARKERS = ("D", "o", "s")


def draw(cells: list[dict[str, Any]], folder: Path) -> list[Path]:
    """Write benchmarks-light.svg and benchmarks-dark.svg into a folder."""
    import matplotlib as mpl

    settings = {"svg.fonttype": "none", "svg.hashsalt": "chainrule", "font.family": "sans-serif", "font.size": 9}
    files = []
    for theme in THEMES:
        with mpl.rc_context(settings):
            figure = _figure(cells, theme)
            files.append(folder / f"benchmarks-{theme.name}.svg")
            figure.savefig(files[-1], transparent=True, bbox_inches="tight", metadata={"Date": None})
    return files


def _figure(cells: list[dict[str, Any]], theme: Theme) -> Any:
    from matplotlib.figure import Figure

    cells = [cell for cell in cells if ratio(cell) is not None]
    networks = list(dict.fromkeys(cell["network"] for cell in cells))
    across = min(2, max(1, len(networks)))
    down = -(-max(1, len(networks)) // across)
    figure = Figure(figsize=(4.6 * across, 2.5 * down + 0.4), layout="constrained")
    grid = figure.subplots(down, across, sharex=True, squeeze=False)
    for axes in grid.flat[len(networks) :]:
        axes.set_visible(False)
    for axes, network in zip(grid.flat, networks, strict=False):
        _panel(axes, network, [cell for cell in cells if cell["network"] == network], theme)
    for axes in grid[-1]:
        axes.set_xlabel("speed relative to the fastest peer", color=theme.text)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False, labelcolor=theme.text)
    return figure


def _panel(axes: Any, network: str, cells: list[dict[str, Any]], theme: Theme) -> None:
    """One network: a bar from 1 to Chainrule's speed, and a mark for each peer."""
    places = range(len(cells))
    speeds = [ratio(cell) or 1.0 for cell in cells]
    colours = [theme.ahead if speed >= 1 else theme.behind for speed in speeds]
    axes.barh(places, [speed - 1 for speed in speeds], left=1, height=0.62, color=colours, label="Chainrule")
    for place, speed in zip(places, speeds, strict=True):
        axes.text(max(speed, 1) * 1.25, place, number(speed, "×"), va="center", color=theme.text, fontsize=8)
    for name, colour, marker in zip(NAMES[1:], theme.peers, MARKERS, strict=True):
        found = [(best(cell), place) for place, cell in enumerate(cells)]
        points = [(_fastest(times) / times[name], place) for times, place in found if name in times]
        if points:
            x, y = zip(*points, strict=True)
            axes.scatter(x, y, s=14, marker=marker, color=colour, label=name, zorder=3)
    axes.set_xscale("log")
    axes.margins(x=0.14)
    axes.set_facecolor("none")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}×")
    axes.set_yticks(places, [f"{TITLES[cell['optimizer']]}, batch {cell['batch']}" for cell in cells])
    axes.invert_yaxis()
    axes.set_title(network, loc="left", color=theme.text, fontweight="bold", fontsize=10)
    axes.axvline(1, color=theme.text, linewidth=0.8)
    axes.grid(axis="x", color=theme.faint, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", colors=theme.text, labelcolor=theme.text, length=0)
    axes.spines[:].set_visible(False)


def _fastest(times: dict[str, float]) -> float:
    return min(value for name, value in times.items() if name != "Chainrule")

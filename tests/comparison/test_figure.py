"""The picture of a comparison: what is drawn is what was measured, and no name covers another, or a curve."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

import chainrule as cr
from chainrule.comparison.figure import contour_levels, draw
from chainrule.comparison.labels import label_ends
from training.descent import classes, data, network


@pytest.fixture(scope="module")
def found() -> cr.Comparison:
    X, y = classes(90)
    net = cr.Network(cr.Dense(8, activation="relu"), cr.Dense(3))
    sizes = (1, 4, 32, "full")
    return cr.compare(net, X, y, batch_sizes=sizes, loss="cross_entropy", optimizer=cr.SGD(0.05), epochs=15)


@pytest.fixture(scope="module")
def figure(found: cr.Comparison) -> Figure:
    return draw(found, found.surface(9))


def curves(axes: Axes) -> list[Any]:
    """The lines of more than one point that are no grid and no line across."""
    return [line for line in axes.lines if len(line.get_xdata()) > 1 and line.get_linestyle() == "-"]


def boxes(axes: Axes) -> list[Bbox]:
    return [text.get_window_extent() for text in axes.texts if text.get_visible()]


def test_the_curves_are_what_was_measured(found: cr.Comparison, figure: Figure) -> None:
    for axes, name in zip(figure.axes, ("step", "examples", "seconds"), strict=False):
        assert axes.get_xscale() == "log"
        lines = curves(axes)
        assert len(lines) == 4
        for k, (run, line) in enumerate(zip(found.runs, lines, strict=True)):
            x = getattr(run, name)
            np.testing.assert_array_equal(line.get_xdata(), x[x > 0])
            np.testing.assert_array_equal(line.get_ydata(), run.loss[x > 0])
            assert to_rgb(line.get_color()) == to_rgb(f"C{k}")  # the colours of a history's plot


def test_the_bars_are_noise_and_memory(found: cr.Comparison, figure: Figure) -> None:
    noise, memory = figure.axes[3:5]
    lengths = [bar.get_width() for bar in noise.patches]
    expected = [noise.relative(run.batch_size) for run in found.runs for noise in (found.initial_noise, run.noise)]
    assert lengths == pytest.approx(expected)
    totals = np.zeros(4)
    for bar in memory.patches:
        totals[round(bar.get_y() + bar.get_height() / 2)] += bar.get_width()
    np.testing.assert_array_equal(totals, [run.memory.total for run in found.runs])
    assert [text.get_text() for text in memory.get_yticklabels()] == ["1", "4", "32", "full (90)"]


def test_the_paths_lie_on_the_surface(found: cr.Comparison) -> None:
    surface = found.surface(7)
    axes = draw(found, surface).axes[5]
    for run, line in zip(found.runs, curves(axes), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), surface.paths[run.label])
    assert {"start", "1", "4", "32", "full"} <= {text.get_text() for text in axes.texts if text.get_visible()}
    assert f"{100 * surface.plane.shares[0]:.0f} %" in axes.get_xlabel()
    assert axes.get_aspect() == 1.0


@pytest.mark.parametrize("panel", range(6))
def test_no_text_covers_another_or_leaves_the_figure(figure: Figure, panel: int) -> None:
    axes = figure.axes[panel]
    for one, other in itertools.combinations(boxes(axes), 2):
        assert not one.overlaps(other)
    for box in boxes(axes):
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1


@pytest.mark.parametrize("seed", range(5))
def test_names_keep_off_curves_and_each_other(seed: int) -> None:
    """Three ends close together, and a curve that passes all of them."""
    generator = np.random.default_rng(seed)
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    ends = 0.5 + 0.02 * generator.normal(size=(3, 2))
    lines = [np.linspace(generator.uniform(size=2), end, 20) for end in ends]
    for line in lines:
        axes.plot(*line.T)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    figure.draw_without_rendering()
    label_ends(axes, lines, [("1", "C0"), ("32", "C1"), ("full", "C2")])
    placed = boxes(axes)
    assert len(placed) == 3
    for one, other in itertools.combinations(placed, 2):
        assert not one.overlaps(other)
    points = np.concatenate([axes.transData.transform(line) for line in lines])
    covered = sum(int(box.contains(x, y)) for box in placed for x, y in points)
    assert covered <= 2


def test_levels_are_geometric_where_losses_are_positive_and_never_fail() -> None:
    assert np.diff(np.log(contour_levels(np.array([0.01, 10.0])))) == pytest.approx(math.log(1000) / 15)
    for values in ([-1.0, 5.0], [2.0, 2.0], [0.0, 1.0], [1.0, math.inf], [math.nan, 3.0], [math.nan]):
        levels = contour_levels(np.array(values))
        assert (np.diff(levels) > 0).all()
        assert np.isfinite(levels).all()


@pytest.mark.parametrize("sizes", [["full"], [1, 2, 3, 4, 5, 6]])
def test_one_run_or_many(sizes: list[Any]) -> None:
    X, y = data(30)
    found = cr.compare(network(), X, y, batch_sizes=sizes, loss="squared_error", epochs=1)
    figure = draw(found, found.surface(4))
    assert len(figure.axes) == 6
    assert len(figure.axes[3].patches) == 2 * len(sizes)


def test_a_run_that_never_took_a_step_is_no_hindrance() -> None:
    """The very first step is not finite: there is a start, and no curve."""
    X, y = data(30)
    options: dict[str, Any] = {"loss": "squared_error", "epochs": 2, "optimizer": cr.SGD(1e38)}
    found = cr.compare(network(), X, 100 * y, batch_sizes=(1, "full"), **options)
    assert [len(run.moments) for run in found.runs] == [1, 1]
    assert len(found.plot(surface=found.surface(3)).axes) == 6
    assert "diverged" in str(found)


def test_the_title_names_sizes_length_and_optimizer(found: cr.Comparison) -> None:
    title = draw(found, None).get_suptitle()
    assert (
        title == "Batch sizes 1, 4, 32 and full, from the same start: 15 epochs each, SGD at 0.05; loss of all 90 rows"
    )

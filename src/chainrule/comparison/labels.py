"""Names beside the ends of curves, where they cover no curve and no other name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

Numbers = NDArray[np.float64]
Box = tuple[float, float, float, float]

# Where the middle of a name may lie as seen from the end of its curve, in widths and heights of the name.
_PLACES = [(1, 0), (1, 1), (1, -1), (0, 1), (0, -1), (-1, 0), (-1, 1), (-1, -1), (1, 2), (1, -2), (0, 2), (0, -2)]
_GAP = 7.0  # points between an end and its name
_WIDTH = 0.65  # of a letter, in font sizes
_CLOSE = 4.0  # pixels between two things that nearly touch


def label_ends(
    axes: Axes,
    curves: Sequence[Numbers],
    named: Sequence[tuple[str, str]],
    *,
    avoid: Sequence[Numbers] = (),
    fontsize: float = 9.0,
) -> None:
    """Write a name in a colour at the last point of each curve, an array of points (x, y); empty curves have none.

    Of some places around the end, that is taken whose box covers the least of the curves, of what else is to be avoided, and of
    the names before. The figure must have been laid out.
    """
    from matplotlib.patheffects import withStroke

    panel = axes.get_window_extent()
    points = axes.figure.dpi / 72.0  # pixels a point
    drawn = [axes.transData.transform(curve) for curve in curves]
    dense = np.concatenate([_between(curve) for curve in [*drawn, *map(axes.transData.transform, avoid)]])
    taken: list[Box] = []
    for (name, shade), curve in zip(named, drawn, strict=True):
        if len(curve):
            size = (_WIDTH * fontsize * len(name) * points, fontsize * points)
            box = _best(curve[-1], size, _GAP * points, dense, taken, (panel.x0, panel.y0, panel.x1, panel.y1))
            taken.append(box)
            middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
            x, y = axes.transAxes.inverted().transform(middle)
            text = axes.text(
                x, y, name, color=shade, fontsize=fontsize, transform=axes.transAxes, ha="center", zorder=6
            )
            text.set_verticalalignment("center")
            text.set_path_effects([withStroke(linewidth=2.5, foreground="white")])


def hide_covered(axes: Axes, texts: Sequence[Text], curves: Sequence[Numbers]) -> None:
    """Of some texts of the axes, make those invisible that a curve or another text runs through, and put the others on white.

    The figure must have been laid out.
    """
    from matplotlib.patheffects import withStroke

    dense = np.concatenate([_between(axes.transData.transform(curve)) for curve in curves])
    others = [text.get_window_extent() for text in axes.texts if text not in texts]
    for text in texts:
        box = text.get_window_extent().padded(_CLOSE)
        through = (dense > box.min).all(axis=1) & (dense < box.max).all(axis=1)
        text.set_visible(not (through.any() or any(box.overlaps(other) for other in others)))
        text.set_path_effects([withStroke(linewidth=2.0, foreground="white")])


def _between(curve: Numbers) -> Numbers:
    """The points of a curve and some on the lines between them, so close that no box is missed."""
    if len(curve) < 2:
        return curve
    steps = np.linspace(0.0, 1.0, 9)[None, :, None]
    filled: Numbers = (curve[:-1, None] * (1.0 - steps) + curve[1:, None] * steps).reshape(-1, 2)
    return filled


def _best(
    end: Numbers, size: tuple[float, float], gap: float, points: Numbers, taken: Sequence[Box], panel: Box
) -> Box:
    """The box of a name around one of the places: one that lies within the panel and covers the least, the first of equals."""
    width, height = size
    boxes: list[Box] = []
    costs: list[float] = []
    for across, up in _PLACES:
        x = end[0] + across * (width / 2 + gap)
        y = end[1] + up * (height / 2 + (gap if not across else 0.5 * gap))
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        outside = box[0] < panel[0] or box[1] < panel[1] or box[2] > panel[2] or box[3] > panel[3]
        inside = (points > box[:2]).all(axis=1) & (points < box[2:]).all(axis=1)
        overlaps = sum(_meet(box, other) for other in taken)
        boxes.append(box)
        costs.append(1e6 * outside + 1e3 * overlaps + float(inside.sum()))
    return boxes[int(np.argmin(costs))]


def _meet(a: Box, b: Box) -> bool:
    """Whether two boxes overlap or nearly do."""
    across = a[0] - _CLOSE < b[2] and b[0] < a[2] + _CLOSE
    return across and a[1] - _CLOSE < b[3] and b[1] < a[3] + _CLOSE

"""Learning curves drawn with letters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# From this ratio of the largest to the smallest on, a linear axis would show little but the first epochs.
LOGARITHMIC_FROM = 4.0


def draw_curves(
    curves: Mapping[str, Sequence[float] | Numbers],
    *,
    title: str = "loss",
    x: str = "epochs",
    width: int = 60,
    height: int = 8,
    marks: str = "•×",
) -> list[str]:
    r"""Lines of text that show curves over 1, 2, ..., n, each with its own mark, below a legend.

    A column stands for one value, or for the mean of neighbouring ones where there are more values than columns. The vertical
    axis is logarithmic where that shows more. What is not finite is left out; where curves meet, the later covers the earlier.

    >>> print(*draw_curves({"training": [4.0, 3.5, 3.0, 2.5]}, width=4, height=4, marks="*"), sep="\n")
    loss   * training
      4 |*
        | *
        |  *
    2.5 |   *
        +----
         1  4 epochs
    """
    series = {name: np.asarray(values, dtype=np.float64) for name, values in curves.items()}
    n = max((len(values) for values in series.values()), default=0)
    columns = {name: _columns(values, min(width, n)) for name, values in series.items()}
    finite = np.concatenate([values[np.isfinite(values)] for values in columns.values()] or [np.zeros(0)])
    if not finite.size:
        return []
    low, high = float(finite.min()), float(finite.max())
    logarithmic = low > 0 and high / low >= LOGARITHMIC_FROM
    rows = _grid(columns, marks, low, high, height, logarithmic=logarithmic)
    labels = [""] * height
    labels[0], labels[-1] = f"{high:.3g}", f"{low:.3g}"
    if logarithmic and height >= 5:
        labels[height // 2] = f"{_at(height // 2, low, high, height):.3g}"
    margin = max(map(len, labels))
    legend = "".join(f"   {mark} {name}" for mark, name in zip(marks, series, strict=False))
    first, last = "1", str(n) if n > 1 else ""
    return [
        f"{title}{legend}{'   (logarithmic axis)' if logarithmic else ''}",
        *(f"{label:>{margin}} |{row}".rstrip() for label, row in zip(labels, rows, strict=True)),
        f"{'':>{margin}} +{'-' * len(rows[0])}",
        f"{'':>{margin}}  {first}{last:>{max(len(rows[0]) - 1, len(last) + 1)}} {x}",
    ]


def _columns(values: Numbers, n: int) -> Numbers:
    """The values averaged to n columns, as evenly as it goes; NaN where there are none."""
    if len(values) <= n:
        return np.pad(values, (0, n - len(values)), constant_values=np.nan)
    edges = np.linspace(0, len(values), n + 1).astype(int)
    return np.array([values[a:b].mean() for a, b in itertools.pairwise(edges)])


def _at(row: int, low: float, high: float, height: int) -> float:
    """The value that a row of a logarithmic axis stands for, counted from the top."""
    return math.exp(math.log(high) + (math.log(low) - math.log(high)) * row / (height - 1))


def _grid(
    columns: Mapping[str, Numbers], marks: str, low: float, high: float, height: int, *, logarithmic: bool
) -> list[str]:
    scale = np.log if logarithmic else np.asarray
    span = float(scale(high) - scale(low)) or 1.0
    grid = np.full((height, max(map(len, columns.values()))), " ")
    for mark, values in zip(marks, columns.values(), strict=False):
        at = np.flatnonzero(np.isfinite(values))
        row = np.rint((float(scale(high)) - scale(values[at])) / span * (height - 1)).astype(int)
        grid[row, at] = mark
    return ["".join(row) for row in grid]

"""Comparison: what became of all runs, as a table, a data frame, a surface and a picture."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.comparison.noise import Noise
from chainrule.comparison.runs import Budget, Run
from chainrule.comparison.setting import Setting
from chainrule.comparison.surface import Surface, main_plane, measure_surface
from chainrule.comparison.words import conclusions, notes, table
from chainrule.errors import ArgumentError, check_number
from chainrule.training.pictures import check_picture, save_picture

if TYPE_CHECKING:
    import polars
    from matplotlib.figure import Figure

_WIDTH = 100  # of a line of text
USUAL_SIZE = 41  # places along each side of a surface
_MOST_WORK = 4e10  # multiplications of a surface that nobody has asked to be so fine


@dataclass(frozen=True, eq=False)
class Comparison:
    """The runs of `compare`, one for each batch size, and the noise of the gradient where all of them begin.

    `left_out` are the batch sizes that Ctrl-C has left no time for. Print it for a table and what follows from it.
    """

    runs: tuple[Run, ...]
    initial_noise: Noise
    budget: Budget
    left_out: tuple[str, ...]
    setting: Setting = field(repr=False)

    def __getitem__(self, batch_size: int | str) -> Run:
        """The run of a batch size, by the name that it was asked for by."""
        for run in self.runs:
            if run.label == str(batch_size):
                return run
        known = ", ".join(run.label for run in self.runs)
        raise ArgumentError(f"There is no run with batch size {batch_size!r}; there are {known}.")

    def __str__(self) -> str:
        text = [*notes(self), "", *conclusions(self)]
        return "\n".join([*table(self), "", *(fill(line, _WIDTH, subsequent_indent="  ") for line in text)]).rstrip()

    __repr__ = __str__

    def to_frame(self) -> polars.DataFrame:
        """One row for each moment of each run, one column a series (a polars data frame)."""
        import polars

        rows: list[dict[str, Any]] = [
            {
                "batch_size": run.label,
                "rows": run.batch_size,
                "epoch": moment.epochs,
                "step": moment.step,
                "examples": moment.examples,
                "seconds": moment.seconds,
                "loss": moment.loss,
                **moment.scores,
            }
            for run in self.runs
            for moment in run.moments
        ]
        return polars.DataFrame(rows, infer_schema_length=None)

    def surface(self, size: int | None = None, watch: Callable[[float], object] = lambda share: None) -> Surface:
        """The loss over the plane through the start along the two main directions of all runs, and the runs on it.

        It is computed at `size` × `size` places, on the same rows as the losses; 41 unless given, fewer for a large network.
        `watch` is told the share that is done. The network must have two trained numbers or more.
        """
        setting = self.setting
        if setting.size < 2:
            raise ArgumentError("A surface needs two parameters or more, but the network has a single one.")
        if size is None:
            work = setting.size * len(setting.measured)
            size = int(np.clip((_MOST_WORK / work) ** 0.5, 15, USUAL_SIZE))
        size = int(check_number("size", size, low=2, integer=True))
        origin = setting.vector(setting.model.arrays).astype(np.float64)
        paths = {run.label: run.path for run in self.runs}
        plane = main_plane(origin, list(paths.values()))
        return measure_surface(plane, paths, lambda vector: setting.loss(setting.arrays(vector)), size, watch)

    def plot(self, path: str | os.PathLike[str] | None = None, *, surface: Surface | None = None) -> Figure:
        """A matplotlib figure: loss against steps, examples and seconds, noise, memory, and the descents on the surface.

        It is saved if `path` names a file. `surface` is one that was made before; otherwise it is made now.
        """
        from chainrule.comparison.figure import draw

        if path is not None:
            check_picture("path", path)
        figure = draw(self, self.surface() if surface is None and self.setting.size > 1 else surface)
        if path is not None:
            save_picture(figure, path)
        return figure

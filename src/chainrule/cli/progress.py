"""What is shown while files are read and a network trains: a live bar in a terminal, at most a line now and then elsewhere."""

from __future__ import annotations

import math
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from chainrule.cli.screen import Screen
from chainrule.training import Epoch

_LONG = 1e6  # losses from which on are written with a power of ten


def worth_a_line(epoch: int, epochs: int) -> bool:
    """Whether an epoch is one of 1, 2, 5, 10, 20, 50, 100, ..., or the last: few lines, and more of them where more happens.

    >>> [epoch for epoch in range(1, 121) if worth_a_line(epoch, 120)]
    [1, 2, 5, 10, 20, 50, 100, 120]
    """
    magnitude = 10 ** int(math.log10(epoch))
    return epoch == epochs or epoch in (magnitude, 2 * magnitude, 5 * magnitude)


class _Facts(ProgressColumn):
    """The epoch and its losses, without penalties."""

    def render(self, task: Task) -> Text:
        return Text(task.fields["facts"])


def facts_of(epoch: int, epochs: int, loss: float, scores: dict[str, float]) -> str:
    """How far training has come, and its losses."""
    width = len(str(epochs))
    validation = f"  validation loss {scores['val_loss']:.4f}" if "val_loss" in scores else ""
    size = f"{loss:.4f}" if not abs(loss) >= _LONG else f"{loss:.4g}"
    return f"epoch {epoch:>{width}}/{epochs}  loss {size}{validation}"


class Bar:
    """A live bar in a terminal, and nothing elsewhere."""

    def __init__(self, screen: Screen, title: str, total: float) -> None:
        self.screen, self.title = screen, title
        self.bar: Progress | None = None
        if screen.interactive:
            columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), _Facts(), TimeElapsedColumn())
            self.bar = Progress(*columns, console=screen.console, transient=True)
            self.task = self.bar.add_task(title, total=total, facts="")

    def __enter__(self) -> Self:
        if self.bar:
            self.screen.attempt(self.bar.start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar:
            self.screen.attempt(self.bar.stop)

    def update(self, done: float, facts: str = "") -> None:
        """Show how much is done."""
        if self.bar:
            self.bar.update(self.task, completed=done, facts=facts)


class Reading(Bar):
    """Shows how many files of a folder have been read, from the first on; the `progress` of what reads them."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen, "Reading", 1)

    def __enter__(self) -> Self:
        return self

    def __call__(self, done: int, total: int) -> None:
        """Take in that so many of all files have been read."""
        if self.bar:
            self.screen.attempt(self.bar.start)
            self.bar.update(self.task, completed=done, total=total, facts=f"{done:,} of {total:,} files")


class Watch(Bar):
    """Shows the epochs of one pass of training, elsewhere than in a terminal as a line now and then; the callback of the fit."""

    def __init__(self, screen: Screen, title: str, epochs: int) -> None:
        super().__init__(screen, title, epochs)
        self.epochs, self.done = epochs, 0

    def __call__(self, epoch: Epoch) -> None:
        """Take in an epoch."""
        self.done += 1
        facts = facts_of(self.done, self.epochs, epoch.loss - epoch.penalty, epoch.scores)
        self.update(self.done, facts)
        if not self.bar and worth_a_line(self.done, self.epochs):
            self.screen.show(f"{self.title}  {facts}")

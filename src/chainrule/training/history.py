"""What happened in a fit, epoch by epoch: facts only."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainrule.training.pictures import save_picture
from chainrule.training.stopping import StopReason

if TYPE_CHECKING:
    import polars
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Epoch:
    """One pass over the training data.

    `loss` is what was minimised: the mean over the batches as they were met, penalties included; `penalty` is their share.
    `scores` holds "val_loss" (without penalties) and the metrics of the validation data, `gradient_norms` the norm of the
    gradient of each parameter, averaged over the recorded steps (the first, the last, one in 16).
    """

    epoch: int
    loss: float
    penalty: float
    learning_rate: float
    seconds: float
    scores: dict[str, float] = field(default_factory=dict)
    gradient_norms: dict[str, float] = field(default_factory=dict)


@dataclass
class History:
    """The epochs of a fit, and why it stopped. Every series is an array with one number an epoch.

    >>> History([Epoch(0, 1.0, 0.0, 0.1, 0.2), Epoch(1, 0.5, 0.0, 0.1, 0.2)]).loss
    array([1. , 0.5])
    """

    epochs: list[Epoch] = field(default_factory=list)
    stop_reason: StopReason | None = None
    best_epoch: int | None = None

    def __len__(self) -> int:
        return len(self.epochs)

    def __repr__(self) -> str:
        last = f", loss {self.epochs[-1].loss:.4g}" if self.epochs else ""
        return f"<History: {len(self)} epochs{last}; {self.stop_reason}>"

    def _series(self, name: str) -> NDArray[np.float64]:
        return np.array([getattr(epoch, name) for epoch in self.epochs], dtype=np.float64)

    @property
    def loss(self) -> NDArray[np.float64]:
        """What was minimised, penalties included."""
        return self._series("loss")

    @property
    def penalty(self) -> NDArray[np.float64]:
        """The share of the penalties in the loss."""
        return self._series("penalty")

    @property
    def learning_rate(self) -> NDArray[np.float64]:
        """The learning rate of the last step of the epoch."""
        return self._series("learning_rate")

    @property
    def seconds(self) -> NDArray[np.float64]:
        """The time of the epoch, validation included."""
        return self._series("seconds")

    @property
    def val_loss(self) -> NDArray[np.float64]:
        """The loss on the validation data, without penalties; NaN where there was none."""
        return self.score("val_loss")

    def score(self, name: str) -> NDArray[np.float64]:
        """A validation score by name, such as "val_accuracy"; NaN where there was none."""
        return np.array([epoch.scores.get(name, np.nan) for epoch in self.epochs], dtype=np.float64)

    @property
    def gradient_norms(self) -> dict[str, NDArray[np.float64]]:
        """The mean norm of the gradient of each parameter."""
        names = self.epochs[-1].gradient_norms if self.epochs else {}
        return {name: np.array([epoch.gradient_norms[name] for epoch in self.epochs]) for name in names}

    def to_frame(self) -> polars.DataFrame:
        """One row an epoch, one column a series (a polars data frame)."""
        import polars

        rows: list[dict[str, Any]] = [
            {
                "epoch": epoch.epoch,
                "loss": epoch.loss,
                "penalty": epoch.penalty,
                **epoch.scores,
                "learning_rate": epoch.learning_rate,
                "seconds": epoch.seconds,
                **{f"gradient_norm/{name}": norm for name, norm in epoch.gradient_norms.items()},
            }
            for epoch in self.epochs
        ]
        return polars.DataFrame(rows, infer_schema_length=None)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Training and validation loss, both without penalties, against epochs; other scores below them.

        The result is a matplotlib figure, which is saved if `path` names a file.
        """
        from matplotlib.figure import Figure

        names = [name for name in (self.epochs[-1].scores if self.epochs else {}) if name != "val_loss"]
        figure = Figure(figsize=(6.4, 3.2 + 2.0 * bool(names)), layout="constrained")
        axes = figure.subplots(1 + bool(names), 1, sharex=True, squeeze=False)[:, 0]
        numbers = [epoch.epoch + 1 for epoch in self.epochs]
        marker = "o" if len(numbers) == 1 else ""  # a line through one point is invisible
        axes[0].plot(numbers, self.loss - self.penalty, marker=marker, label="training")
        if not np.isnan(self.val_loss).all():
            axes[0].plot(numbers, self.val_loss, marker=marker, label="validation")
        axes[0].set_ylabel("loss")
        for name in names:
            axes[1].plot(numbers, self.score(name), marker=marker, label=name.removeprefix("val_"))
            axes[1].set_ylabel("validation score")
        if self.best_epoch is not None:
            for axis in axes:
                axis.axvline(self.best_epoch + 1, linestyle=":", color="gray", label="best epoch")
        for axis in axes:
            axis.legend(frameon=False)
            axis.grid(alpha=0.3)
        axes[-1].set_xlabel("epoch")
        axes[-1].xaxis.get_major_locator().set_params(integer=True)
        if path is not None:
            save_picture(figure, path)
        return figure

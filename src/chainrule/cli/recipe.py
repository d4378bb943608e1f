"""The command's defaults: a network and its training, chosen by the size of the data and the task alone.

The rules know neither the name nor the contents of a data set. `tests/learning` says what they reach.

* **Network**: rectified units, in one layer of 64 for up to 1,000 rows, which cannot tell apart what a second layer could
  express, in layers of 128 and 64 for more.
* **L2** of strength c / n for n rows: the prior on the weights counts as much as c rows, however many there are (MacKay, "A
  practical Bayesian framework for backpropagation networks", 1992). Values are measured with more noise than classes, so
  that c is larger for regression. There is no dropout: beside this L2 it only slowed down learning.
* **Batch size**: a power of two that gives some 64 steps an epoch, within 16 and 256; Adam at 0.002.
* **Epochs**: at most 200, or as many as make 4,000 steps where an epoch has few, but never more than 1,000.
* **Early stopping** on 15 % of the training rows, with the parameters of the best epoch (Prechelt 1998). The fewer rows there
  are, the noisier is what it watches, so the more patient it is.
* **Training anew** on all training rows, where there are at most 10,000: what the validation rows teach is then worth more
  than the time (Goodfellow, Bengio and Courville, "Deep learning", 2016, section 7.8). It takes as many epochs as the first
  pass, its patience included: under L2 longer training does no harm, and which epoch is best on few rows is mostly chance.
  Without any penalty or dropout it takes as many as were best. Its last quarter takes steps a tenth as long.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.table import Task
from chainrule.errors import TrainingWarning
from chainrule.network import Network
from chainrule.nn import Dense, Dropout, Layer
from chainrule.optim import OPTIMIZERS, Schedule, StepDecay, Transform
from chainrule.training import EarlyStopping, Epoch, History

Array = NDArray[Any]
Watching = Callable[[str, int], Callable[[Epoch], object]]

# Up to here a number of rows is small, and from here on large.
SMALL, LARGE = 1_000, 10_000
# How many rows the prior on the weights counts as.
PRIOR_ROWS: dict[Task, float] = {"classification": 3.0, "regression": 15.0}
# An epoch of few rows is few steps: it takes more epochs until there are so many.
ENOUGH_STEPS = 4_000
# The share of the second pass after which it takes smaller steps, so as not to end on one of the spikes that losses have
# under Adam: there is no best epoch to go back to.
SETTLE = 0.75
FEWEST_ROWS_TO_VALIDATE = 20

DEFAULT_LOSS: dict[Task, str] = {"classification": "cross_entropy", "regression": "squared_error"}


@dataclass(frozen=True)
class Plan:
    """A network and how it is trained: everything that can be chosen.

    `hidden` are the units of the hidden layers. `learning_rate` None is the optimiser's own. `validation` is the share of the
    training rows that early stopping watches, 0 for none. `refit`: whether to train again on all rows
    afterwards. The names and meanings of the others are those of `Network.fit`.
    """

    hidden: tuple[int, ...]
    loss: str
    batch_size: int | str
    l2: float
    activation: str = "relu"
    dropout: float = 0.0
    optimizer: str = "adam"
    learning_rate: float | None = None
    epochs: int = 300
    l1: float = 0.0
    clip_norm: float | None = None
    validation: float = 0.15
    patience: int = 20
    refit: bool = True
    max_seconds: float | None = None
    seed: int = 0
    threads: int | None = None

    def network(self, n_outputs: int, first: Iterable[Layer] = ()) -> Network:
        """The network, whose hidden layers stand behind those that come first."""
        layers = list(first)
        for units in self.hidden:
            layers.append(Dense(units, activation=self.activation))
            layers += [Dropout(self.dropout)] if self.dropout else []
        return Network(*layers, Dense(n_outputs))

    def n_validation(self, n: int) -> int:
        """How many of n training rows early stopping watches."""
        return int(np.floor(n * self.validation + 0.5))

    def descent(self, settle_after: float | None = None) -> Transform:
        """The optimiser; its learning rate falls to a tenth after so many epochs, if given."""
        kind: Callable[..., Transform] = OPTIMIZERS[self.optimizer]
        optimizer = kind() if self.learning_rate is None else kind(self.learning_rate)
        rate = optimizer.scalars()["learning_rate"]
        if settle_after is None or isinstance(rate, Schedule):
            return optimizer
        return kind(StepDecay(rate, every=settle_after, factor=0.1))

    def fit(self, network: Network, X: Array, y: Array, *, settle_after: float | None = None, **more: Any) -> History:
        """One pass of training, as `Network.fit` does it, with more arguments of it. Divergence is in the history."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TrainingWarning)
            return network.fit(
                X,
                y,
                loss=self.loss,
                optimizer=self.descent(settle_after),
                batch_size=self.batch_size,
                l1=self.l1,
                l2=self.l2,
                clip_norm=self.clip_norm,
                seed=self.seed,
                threads=self.threads,
                **more,
            )


def default_plan(n_rows: int, task: Task) -> Plan:
    """The plan for so many training rows.

    >>> plan = default_plan(1000, "classification")
    >>> plan.hidden, plan.batch_size, plan.learning_rate, plan.l2
    ((64,), 16, 0.002, 0.003)
    """
    small, large = n_rows <= SMALL, n_rows > LARGE
    batch = min(int(np.clip(2 ** np.round(np.log2(n_rows / 64)), 16, 256)), max(1, n_rows // 2))
    steps = round(n_rows / batch)
    return Plan(
        hidden=(64,) if small else (128, 64),
        loss=DEFAULT_LOSS[task],
        batch_size=batch,
        l2=PRIOR_ROWS[task] / n_rows,
        learning_rate=2e-3,
        epochs=int(np.clip(ENOUGH_STEPS // steps, 200, 1000)),
        validation=0.15 if n_rows >= FEWEST_ROWS_TO_VALIDATE else 0.0,
        patience=40 if small else 10 if large else 20,
        refit=not large,
    )


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network, and how it came about.

    `history` is that of the first pass, which was validated. `refit_epochs` is how many epochs the network was then trained
    on all rows; None if the network is that of the first pass, and `why_not` says why if a second one was begun.
    """

    network: Network
    history: History
    seconds: float
    refit_epochs: int | None = None
    why_not: str = ""


def unwatched(title: str, epochs: int) -> Callable[[Epoch], object]:
    """Shows nothing."""
    return lambda epoch: None


def train(plan: Plan, make: Callable[[], Network], X: Array, y: Array, watching: Watching = unwatched) -> Trained:
    """Train a new network that `make` makes on the rows of X and y.

    For each pass `watching` is given its title and its number of epochs, and gives the callback of its epochs.
    """
    began = time.perf_counter()
    network = make()
    stopping = EarlyStopping(patience=plan.patience) if plan.validation else None
    history = plan.fit(
        network,
        X,
        y,
        epochs=plan.epochs,
        validation=plan.validation or None,
        early_stopping=stopping,
        max_seconds=plan.max_seconds,
        callbacks=[watching("Training", plan.epochs)],
    )
    spent = time.perf_counter() - began
    found = Trained(network, history, spent)
    epochs = _epochs_again(plan, history)
    left = None if plan.max_seconds is None else plan.max_seconds - spent
    if epochs is None or (left is not None and left < _seconds_again(plan, history, epochs)):
        return found
    again = make()
    callbacks = [watching("On all training rows", epochs)]
    second = plan.fit(again, X, y, epochs=epochs, max_seconds=left, callbacks=callbacks, settle_after=SETTLE * epochs)
    spent = time.perf_counter() - began
    if len(second) < epochs or second.stop_reason is None or second.stop_reason.name != "epochs":
        return replace(found, seconds=spent, why_not=str(second.stop_reason))
    return Trained(again, history, spent, refit_epochs=epochs)


def _epochs_again(plan: Plan, history: History) -> int | None:
    """How many epochs to train again, if at all: a pass that was cut short does not tell."""
    reason = history.stop_reason.name if history.stop_reason else ""
    if not plan.refit or history.best_epoch is None or reason not in ("early_stopping", "epochs"):
        return None
    held_back = plan.l1 or plan.l2 or plan.dropout  # by something else than early stopping
    return len(history) if held_back else history.best_epoch + 1


def _seconds_again(plan: Plan, history: History, epochs: int) -> float:
    """About how long so many epochs on all rows will take."""
    return float(history.seconds.mean()) * epochs / (1.0 - plan.validation)

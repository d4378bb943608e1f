"""The command's defaults: a network and its training, chosen by the size of the data and the task alone.

The rules are the same for every data set; `docs` says what they reach.

* **Network**: rectified units in one layer where rows are few, in two where there are enough of them to tell apart what the
  second can express. The width grows with the rows and the inputs, in powers of two.
* **L2**: a strength of c / n for n rows: the prior on the weights is worth as much as a fixed number of rows, however many
  there are (MacKay, "A practical Bayesian framework for backpropagation networks", 1992).
* **Batch size**: some dozens of steps an epoch, so that an epoch is a useful unit of progress whatever the number of rows.
* **Early stopping** on 15 % of the training rows, with the parameters of the best epoch (Prechelt 1998). Where rows are few
  the network is then trained again from the start on all of them, for as many epochs as were best: what the validation rows
  teach is worth more than the time (Goodfellow, Bengio, Courville, "Deep learning", 2016, algorithm 7.2).
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.table import Task
from chainrule.errors import TrainingWarning
from chainrule.network import Network
from chainrule.nn import Dense, Dropout, Layer, Standardize
from chainrule.optim import OPTIMIZERS, Transform
from chainrule.training import EarlyStopping, Epoch, History

Array = NDArray[Any]
Watching = Callable[[str, int], Callable[[Epoch], object]]

FEWEST_ROWS_TO_VALIDATE = 20


@dataclass(frozen=True)
class Plan:
    """A network and how it is trained: everything that can be chosen.

    `hidden` are the units of the hidden layers. `learning_rate` None is the optimiser's own. `validation` is the share of the
    training rows that early stopping watches, 0 for none. `refit`: whether to train again on all rows for the best number
    of epochs. The names and meanings of the others are those of `Network.fit`.
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

    def network(self, n_outputs: int, *, standardize: bool) -> Network:
        """The network, which learns the scale of its inputs itself if `standardize`."""
        layers: list[Layer] = [Standardize()] if standardize else []
        for units in self.hidden:
            layers.append(Dense(units, activation=self.activation))
            layers += [Dropout(self.dropout)] if self.dropout else []
        return Network(*layers, Dense(n_outputs))

    def n_validation(self, n: int) -> int:
        """How many of n training rows early stopping watches."""
        return int(np.floor(n * self.validation + 0.5))

    def descent(self) -> Transform:
        """The optimiser."""
        kind: Callable[..., Transform] = OPTIMIZERS[self.optimizer]
        return kind() if self.learning_rate is None else kind(self.learning_rate)

    def fit(self, network: Network, X: Array, y: Array, **more: Any) -> History:
        """One pass of training, as `Network.fit` does it, with more arguments of it. Divergence is in the history."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TrainingWarning)
            return network.fit(
                X,
                y,
                loss=self.loss,
                optimizer=self.descent(),
                batch_size=self.batch_size,
                l1=self.l1,
                l2=self.l2,
                clip_norm=self.clip_norm,
                seed=self.seed,
                **more,
            )


def default_plan(n_rows: int, n_features: int, task: Task) -> Plan:
    """The plan for so many training rows of so many inputs."""
    batch = int(np.clip(2 ** np.round(np.log2(n_rows / 64)), 16, 256))
    strength = {"classification": 2.0, "regression": 20.0}[task]
    return Plan(
        hidden=(64,) if n_rows < 1000 else (128, 64),
        loss="",
        batch_size=min(batch, max(1, n_rows // 2)),
        l2=strength / n_rows,
        learning_rate=1e-3 if n_rows < 1000 else 2e-3,
        validation=0.15 if n_rows >= FEWEST_ROWS_TO_VALIDATE else 0.0,
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
    callbacks = [watching("On all rows", epochs)]
    second = plan.fit(again, X, y, epochs=epochs, max_seconds=left, callbacks=callbacks)
    spent = time.perf_counter() - began
    if len(second) < epochs or second.stop_reason is None or second.stop_reason.name != "epochs":
        return replace(found, seconds=spent, why_not=str(second.stop_reason))
    return Trained(again, history, spent, refit_epochs=epochs)


def _epochs_again(plan: Plan, history: History) -> int | None:
    """How many epochs to train again, if at all: a pass that was cut short has not found its best."""
    reason = history.stop_reason.name if history.stop_reason else ""
    if not plan.refit or history.best_epoch is None or reason not in ("early_stopping", "epochs"):
        return None
    return history.best_epoch + 1


def _seconds_again(plan: Plan, history: History, epochs: int) -> float:
    """About how long so many epochs on all rows will take."""
    return float(history.seconds.mean()) * epochs / (1.0 - plan.validation)

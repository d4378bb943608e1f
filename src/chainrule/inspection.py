"""What a network shows of itself: its layers, one training step explained, and its training as a program."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainrule.errors import NotFittedError
from chainrule.functional import Loss, LossFunction
from chainrule.nn import Sequential
from chainrule.optim import Transform
from chainrule.training import Model, Penalties
from chainrule.training.coding import known_loss, suits
from chainrule.training.fitting import Examples, Reading, as_rows
from chainrule.training.memory import Memory
from chainrule.training.online import check_adapted
from chainrule.training.reading import read

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from chainrule.explain import Derivation, Explanation


class Inspectable:
    """What a network has, and whatever can be read off it without changing it."""

    _layer: Sequential
    _model: Model | None
    memory: Memory

    @property
    def model(self) -> Model:
        """The layers together with their numbers; `NotFittedError` if there are none yet."""
        if self._model is None:
            raise NotFittedError("The network has no parameters yet; call fit(X, y) or build(n_features) first.")
        return self._model

    def summary(self) -> None:
        """Print the layers, with the shape of what they give and their numbers of parameters.

        >>> import chainrule as cr
        >>> cr.Network(cr.Dense(16, activation="relu"), cr.Dense(3)).build(4).summary()
        layer   class  output   parameters
        dense1  Dense  (n, 16)          80
        dense2  Dense  (n, 3)           51
        total                          131
        """
        sys.stdout.write(self.model.describe() + "\n")

    def show_augmented(
        self,
        X: Any,
        *,
        rows: int | Sequence[int] = 6,
        versions: int = 7,
        seed: int = 0,
        path: str | os.PathLike[str] | None = None,
    ) -> Figure:
        """A sheet of pictures: each as it is, and beside it as the network would see it in the first steps of training.

        X holds pictures of shape (n, height, width, channels); the first `rows` of them are shown, or those that `rows` names.
        They go through the layers up to the last `Augment`, and the colours are those of the range of numbers that the unchanged
        ones have there. Nothing changes, and the network needs no parameters. The result is a matplotlib figure, which is saved
        if `path` names a file.

        >>> import numpy as np
        >>> import chainrule as cr
        >>> net = cr.Network(cr.Augment(rotation=20, flip="horizontal"), cr.Flatten(), cr.Dense(2))
        >>> len(net.show_augmented(np.random.default_rng(0).random((3, 8, 8, 3)), versions=4).axes)
        15
        """
        if self._model:
            check_adapted(self._layer, self.memory, "show_augmented")
        from chainrule.training.augmented import augmented_sheet

        return augmented_sheet(self._layer, self._model, X, rows, versions, seed, path)

    def explain(
        self,
        X: Any,
        y: Any,
        *,
        loss: str | Loss | LossFunction | None = None,
        optimizer: str | Transform | None = None,
        sample_weight: Any = None,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> Explanation:
        """One training step on these rows as a worked example, in float64: each quantity with its formula and its numbers.

        It is the step that `fit` would take next if the rows were its batch: forward pass, loss, δ of every layer, gradients,
        penalty, clipping, and the optimiser's update. X and y may be a single row and its target. Nothing changes. Print the
        result, or take its numbers by name.

        >>> import chainrule as cr
        >>> net = cr.Network(cr.Dense(1)).build(2)
        >>> explanation = net.explain([1.0, 2.0], 3.0, loss="squared_error", optimizer=cr.SGD(0.1))
        >>> bool(explanation["dense1/delta"] == explanation["dense1/z"] - 3.0)
        True
        """
        penalties, descent = Penalties.of(l1, l2, clip_norm, clip_value), self.memory.choose_optimizer(optimizer)
        model, chosen, examples = self.examples(X, y, loss=loss, sample_weight=sample_weight)
        check_adapted(self._layer, self.memory, "explain")
        from chainrule.explain import explain_step

        return explain_step(model, chosen, examples, descent, penalties, self.memory.epochs)

    def derive(
        self,
        *,
        loss: str | Loss | LossFunction | None = None,
        optimizer: str | Transform | None = None,
        weighted: bool = False,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> Derivation:
        """One training step in symbols: each quantity with its formula and shapes, and the rule used at each node of the graph.

        The rules are the derivatives of the primitives as the graph has them, from the loss back. `weighted` says that the
        examples have weights. The network needs parameters (`build` or `fit`), for the shapes. Print the result, or `save` it.

        >>> import chainrule as cr
        >>> derivation = cr.Network(cr.Dense(1, activation="tanh")).build(2).derive(loss="squared_error")
        >>> [str(rule) for rule in derivation.rules if rule.primitive == "tanh"]
        ['a[dense1] = tanh(z[dense1]): z[dense1] gets g · (1 − a[dense1] · a[dense1])']
        """
        penalties, descent = Penalties.of(l1, l2, clip_norm, clip_value), self.memory.choose_optimizer(optimizer)
        chosen = known_loss(loss, self.memory.loss)
        from chainrule.explain import derive_step

        return derive_step(self.model, chosen, descent, penalties, weighted=weighted)

    def to_python(
        self,
        *,
        loss: str | Loss | LossFunction | None = None,
        optimizer: str | Transform | None = None,
        weighted: bool = False,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> str:
        """A program in plain NumPy that trains this very network: forward pass, backward pass and update, written out.

        From the present parameters and the first step of an optimiser on, its numbers are those of a `fit` in float64 without
        shuffling, up to rounding, dropout included. Its `train` takes the rows in their order, and y as the program says;
        `weighted` adds a weight for each row. Up to 200 numbers are written into it, more are read from a file that
        ``np.savez(path, **net.params, **net.state)`` writes. The text is no interface: it may change with any version.

        >>> import chainrule as cr
        >>> net = cr.Network(cr.Dense(3, activation="tanh"), cr.Dense(1)).build(2)
        >>> program = net.to_python(loss="squared_error", optimizer=cr.SGD(0.1))
        >>> print(program[program.index("    delta1") : program.index("    return loss")].rstrip())
            delta1 = (delta2 @ W2.T) * (1 - a1**2)
            dW1 = x.T @ delta1
            db1 = delta1.sum(axis=0)
        """
        from chainrule.export import to_python

        penalties, descent = Penalties.of(l1, l2, clip_norm, clip_value), self.memory.choose_optimizer(optimizer)
        model, chosen = self.model, known_loss(loss, self.memory.loss)
        model.check_finite()
        check_adapted(self._layer, self.memory, "to_python")
        coder, done = self.memory.coder, self.memory.epochs
        labels = coder.labels if coder is not None and suits(coder, chosen) else ()
        return to_python(model, chosen, descent, penalties, weighted=weighted, first_epoch=done, labels=labels)

    def examples(
        self, X: Any, y: Any, *, loss: str | Loss | LossFunction | None = None, sample_weight: Any = None
    ) -> tuple[Model, Loss, Examples]:
        """The model, the loss and the encoded examples of a step on X and y, or on a single row; nothing changes."""
        rows, targets = as_rows(X, y, self._model.input_shape if self._model else None)
        model, reading = self._read(rows, targets, loss, online=len(rows) == 1)  # where one class is enough
        model.check_finite()
        return model, reading.loss, reading.examples(rows, targets, sample_weight)

    # --------------------------------------------------------------------------------------------------- machinery

    def _read(self, X: Any, y: Any, loss: Any, **how: Any) -> tuple[Model, Reading]:
        """The model, made if there is none, and how X and y are read; the network itself does not change yet."""
        return read(self._layer, self._model, self.memory, X, y, loss, **how)

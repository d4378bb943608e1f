"""A network and its training as a program that needs NumPy and nothing else."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chainrule.data.labels import Label
from chainrule.errors import ArgumentError
from chainrule.export.arrays import are_few, loader, written_out
from chainrule.export.blocks import WIDTH
from chainrule.export.descent import Descent
from chainrule.export.describing import described, harmless
from chainrule.export.functions import passes
from chainrule.export.helpers import helpers_for, words
from chainrule.export.reading import Reading
from chainrule.export.schedules import fixed
from chainrule.export.training import Training
from chainrule.export.writing import number
from chainrule.functional import Loss
from chainrule.graph.types import ROWS, show_shape
from chainrule.optim import Transform
from chainrule.training import Model, Penalties, build_step
from chainrule.training.coding import targets_for

_CONVENTIONS = (
    "z = x W + b and a = f(z), where W[i, j] joins input i to unit j; delta is the derivative of the loss by z, dW that by W, "
    "db that by b."
)


def to_python(
    model: Model,
    loss: Loss,
    optimizer: Transform,
    penalties: Penalties,
    *,
    weighted: bool = False,
    first_epoch: int = 0,
    labels: Sequence[Label] = (),
) -> str:
    """The text of a program: parameters, forward, predict, backward, update and train, in float64.

    It is read off the training step: what a textbook has a letter for gets a name, like terms are put together, and what is
    used once stands where it is used. `first_epoch` is the number of the first epoch, which dropout depends on; `labels` are
    what the class numbers mean. Raises `ArgumentError` for a network without anything to train, and for a transform of the
    caller's that is no loop over parameters.
    """
    if not model.trainable():
        raise ArgumentError("to_python writes out how a network is trained, but this one has no parameters to train.")
    exact = replace(model, dtype=np.dtype(np.float64))
    built = build_step(
        exact, loss, targets_for(exact, loss), optimizer=optimizer, penalties=penalties, weighted=weighted
    )
    reading = Reading(exact, built)
    descent = Descent(exact, optimizer, penalties, reading.trained)
    return _Program(exact, loss, optimizer, reading, descent, first_epoch, labels).text()


@dataclass(frozen=True)
class _Program:
    """The parts that a program is put together from."""

    model: Model
    loss: Loss
    optimizer: Transform
    reading: Reading
    descent: Descent
    first_epoch: int
    labels: Sequence[Label]

    def text(self) -> str:
        """The whole program."""
        training = Training(self.model, self.loss, self.reading, self.descent, self.first_epoch)
        names = self.reading.arrays
        arrays = {name: self.model.arrays[name] for name in names}
        few = are_few(arrays)
        functions = [*passes(self.reading, self.loss), self.descent.text, *training.rates(), training.train()]
        helpers = helpers_for("\n".join(functions))
        imports = ["import math\n"] if any("math." in helper for helper in helpers) else []
        head = [
            self._docstring(),
            "\n".join([*imports, "import numpy as np"]),
            *self._constants("\n".join([*helpers, *functions])),
            *([written_out(arrays, names)] if few else []),
        ]
        body = [*([] if few else [loader(names)]), *helpers, *functions, training.main(load=not few)]
        return "\n\n".join(head) + "\n\n\n" + "\n\n\n".join(body) + "\n"

    def _docstring(self) -> str:
        shape = show_shape((ROWS, *self.model.input_shape))
        layers = [
            line
            for name, layer in self.model.layer.children()
            for line in textwrap.wrap(
                f"    {name} = {described(layer)}", WIDTH, subsequent_indent=" " * 8, break_long_words=False
            )
        ]
        formula = f": {self.loss.formula}" if self.loss.formula else ""
        sentences = [
            f"The loss is {self.loss.name}{formula}, averaged over the n rows of a batch; {self._targets()}",
            f"The optimiser is {described(self.optimizer)}.",
            _CONVENTIONS,
        ]
        lines = [
            '"""A neural network and its training in plain NumPy, written out by Chainrule.',
            f"\n    x is {shape}",
            *map(harmless, layers),
            "",
            *(harmless(line) for sentence in sentences for line in textwrap.wrap(sentence, WIDTH)),
            '"""',
        ]
        return "\n".join(lines)

    def _targets(self) -> str:
        k, kind = self.model.output_shape[-1], self.loss.targets
        meaning = ", ".join(f"{i} for {label!r}" for i, label in enumerate(self.labels))
        named = bool(meaning) and list(self.labels) != list(range(len(self.labels)))
        if kind == "classes":
            return f"y holds a class number for each{f': {meaning}' if named else f', from 0 to {k - 1}'}."
        what = {"binary": meaning if named else "0 or 1", "counts": "counts"}.get(kind, "numbers")
        return f"y is (n, {k}) and holds {what}."

    def _constants(self, written: str) -> list[str]:
        used = words(written)
        lines = [
            f"{own} = {number(fixed(self.reading.built.scalars[name]))}"
            for name, own in self.reading.scalars.items()
            if own in used
        ]
        lines += [f"SEED = {self.model.seed}"] if "SEED" in used else []
        return ["\n".join(lines)] if lines else []

"""load: the network of a model file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace

from chainrule import saving
from chainrule.errors import ArgumentError
from chainrule.functional import Loss, LossFunction, get_loss
from chainrule.network import Network
from chainrule.nn import Layer
from chainrule.training.coding import check_ending, suits


def load(
    path: str | os.PathLike[str],
    *,
    layers: Iterable[type[Layer]] = (),
    loss: str | Loss | LossFunction | None = None,
) -> Network:
    """The network of a model file, ready to predict and to go on training.

    `layers` are layer classes of your own that the file may name. `loss` is the loss of your own that the network was trained
    with, if it was, which no file can hold. Raises `ModelFileError` if the file is damaged, foreign, too new, or names a class
    that is neither Chainrule's nor in `layers`.
    """
    model, memory = saving.read(path, layers)
    if loss is not None:
        chosen = get_loss(loss)
        check_ending(model.layer, model.output_shape, chosen)
        if memory.coder is not None and not suits(memory.coder, chosen):
            raise ArgumentError(
                f"loss={chosen.name!r} is not about classes of the kind that the network of {os.fspath(path)!r} has learned; "
                "give the loss that it was trained with."
            )
        memory = replace(memory, loss=chosen, lost=None)
    return Network.of(model, memory)

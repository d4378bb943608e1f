"""What a network makes of X and y before anything is computed: the model that they ask for, and how they are read."""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

from chainrule import random
from chainrule.data.arrays import as_features, feature_names
from chainrule.errors import ArgumentError
from chainrule.functional import get_loss
from chainrule.nn import Layer
from chainrule.training.coding import check_ending, learn_coder
from chainrule.training.fitting import Reading
from chainrule.training.memory import Memory
from chainrule.training.model import Model, as_float_dtype


def read(
    layer: Layer,
    model: Model | None,
    memory: Memory,
    X: Any,
    y: Any,
    loss: Any,
    *,
    seed: int | None = None,
    dtype: DTypeLike | None = None,
    online: bool = False,
    classes: Any = None,
) -> tuple[Model, Reading]:
    """The model, made by the seed and the shape of X if there is none, and how X and y are read.

    What the caller does not say is taken from the memory: the loss, the labels, the names of the columns.
    """
    chosen = memory.loss if loss is None else get_loss(loss)
    if chosen is None:
        raise ArgumentError(
            'loss is not known yet: give loss="cross_entropy" for classes, loss="squared_error" for values, or another.'
        )
    if model is None:
        kind = as_float_dtype("float32" if dtype is None else dtype)
        x = as_features(X, dtype=kind, argument="x" if online else "X")
        model = Model.initial(layer, x.shape[1:], 0 if seed is None else random.check_seed(seed), kind)
    elif dtype is not None and as_float_dtype(dtype) != model.dtype:
        raise ArgumentError(
            f"dtype is {as_float_dtype(dtype).name}, but the network holds {model.dtype} parameters; build it anew with "
            "that dtype."
        )
    outputs = check_ending(layer, model.output_shape, chosen)
    coder = learn_coder(chosen, y, outputs, known=memory.coder, classes=classes, online=online)
    names = memory.feature_names or feature_names(X)
    return model, Reading(model.input_shape, outputs, model.dtype, chosen, coder, layer, names)

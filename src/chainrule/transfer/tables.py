"""What the arrays of each layer are called in other frameworks, and how they are turned.

Here a weight joins its first axes, the inputs, to its last, the units; images and sequences have their channels last. PyTorch has
the units first and the channels second, Keras is as here. `TABLES` has for each framework and each of our arrays the names of the
arrays that it is made from, and the function that makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Origin:
    """The arrays that one of ours is made from, and how; `make` raises ValueError or IndexError for what has too few axes."""

    names: tuple[str, ...]
    make: Callable[..., Array] = lambda array: array


Table = Mapping[str, Mapping[str, Origin]]


def turned(name: str, *axes: int) -> Origin:
    """An array whose axes are put in another order.

    >>> import numpy as np
    >>> turned("weight", 1, 0).make(np.zeros((3, 4))).shape
    (4, 3)
    """
    return Origin((name,), lambda array: array.transpose(axes))


def same(name: str) -> Origin:
    """An array as it is.

    >>> same("bias").names
    ('bias',)
    """
    return Origin((name,))


def _updated_last(array: Array) -> Array:
    """The columns of Keras's GRU, whose gates are update, reset, candidate, in our order: reset, update, candidate."""
    update, reset, candidate = np.split(array, 3, axis=-1)
    return np.concatenate([reset, update, candidate], axis=-1)


_NORM_OF_PYTORCH = {"scale": same("weight"), "shift": same("bias")}
_NORM_OF_KERAS = {"scale": same("gamma"), "shift": same("beta")}
_KERNEL = {"weight": same("kernel"), "bias": same("bias")}

# PyTorch adds two biases in every recurrent layer; where one will do, it is their sum.
_RECURRENT_OF_PYTORCH = {
    "weight": turned("weight_ih", 1, 0),
    "recurrent_weight": turned("weight_hh", 1, 0),
    "bias": Origin(("bias_ih", "bias_hh"), lambda input, hidden: input + hidden),
}
_RECURRENT_OF_KERAS = {**_KERNEL, "recurrent_weight": same("recurrent_kernel")}

PYTORCH: Table = {
    "Dense": {"weight": turned("weight", 1, 0), "bias": same("bias")},
    "Conv1D": {"weight": turned("weight", 2, 1, 0), "bias": same("bias")},
    "Conv2D": {"weight": turned("weight", 2, 3, 1, 0), "bias": same("bias")},
    "Embedding": {"weight": same("weight")},
    "BatchNorm": {**_NORM_OF_PYTORCH, "mean": same("running_mean"), "variance": same("running_var")},
    "LayerNorm": _NORM_OF_PYTORCH,
    "SimpleRNN": _RECURRENT_OF_PYTORCH,
    "LSTM": _RECURRENT_OF_PYTORCH,
    "GRU": {**_RECURRENT_OF_PYTORCH, "bias": same("bias_ih"), "recurrent_bias": same("bias_hh")},
}
KERAS: Table = {
    "Dense": _KERNEL,
    "Conv1D": _KERNEL,
    "Conv2D": _KERNEL,
    "Embedding": {"weight": same("embeddings")},
    "BatchNorm": {**_NORM_OF_KERAS, "mean": same("moving_mean"), "variance": same("moving_variance")},
    "LayerNorm": _NORM_OF_KERAS,
    "SimpleRNN": _RECURRENT_OF_KERAS,
    "LSTM": _RECURRENT_OF_KERAS,
    "GRU": {
        "weight": Origin(("kernel",), _updated_last),
        "recurrent_weight": Origin(("recurrent_kernel",), _updated_last),
        "bias": Origin(("bias",), lambda both: _updated_last(both[0])),
        "recurrent_bias": Origin(("bias",), lambda both: _updated_last(both[1])),
    },
}
TABLES: dict[str, Table] = {"chainrule": {}, "pytorch": PYTORCH, "keras": KERAS}
KERAS_NAMES = frozenset(n for layer in KERAS.values() for own in layer.values() for n in own.names) - {"bias"}
LABELS = {"chainrule": "Chainrule", "pytorch": "PyTorch", "keras": "Keras"}

# Arrays that say nothing of what a network computes.
COUNTERS = frozenset({"num_batches_tracked", "seed_generator_state"})


def origin_of(framework: str, kind: str, name: str) -> Origin:
    """Where an array of a layer comes from: from one of the same name where no table says otherwise.

    >>> origin_of("pytorch", "BatchNorm", "mean").names
    ('running_mean',)
    """
    return TABLES[framework].get(kind, {}).get(name, same(name))

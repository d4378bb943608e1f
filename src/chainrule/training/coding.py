"""From y to what a loss needs, and from what a network predicts back to what y was."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.containers import short, to_numpy
from chainrule.data.labels import as_targets, label_column, listed
from chainrule.data.targets import BinaryClasses, Classes, counts, values
from chainrule.errors import ArgumentError, ShapeError
from chainrule.functional import ACTIVATIONS, Loss, LossFunction, get_loss
from chainrule.graph import DType
from chainrule.nn import Layer, Residual
from chainrule.training.build import Targets
from chainrule.training.model import Model

Array = NDArray[Any]
Coder = Classes | BinaryClasses | None

_CODERS: dict[str, type[Classes] | type[BinaryClasses]] = {"classes": Classes, "binary": BinaryClasses}


def suits(coder: Coder, loss: Loss) -> bool:
    """Whether labels that were learned for some loss mean the same to this one."""
    return coder is not None and type(coder) is _CODERS.get(loss.targets)


def learn_coder(
    loss: Loss, y: Any, n_outputs: int, *, known: Coder = None, classes: Any = None, online: bool = False
) -> Coder:
    """What the labels in y mean, for a loss of classes; None for a loss of values.

    They mean what is `known`, if that suits the loss; else what the labels of `classes` do, if they are named; else all labels
    must be in y, or `online` be whole numbers from 0.
    """
    known = known if suits(known, loss) else None
    if classes is not None:
        return _named(loss, classes, n_outputs, known)
    coder = _CODERS.get(loss.targets)
    return known or (coder.of(y, n_outputs, allow_single=online) if coder else None)


def _named(loss: Loss, classes: Any, n_outputs: int, known: Coder) -> Coder:
    """What the labels mean that are named in `classes`."""
    if loss.targets not in _CODERS:
        raise ArgumentError(f"classes is for labels, but the loss {loss.name!r} learns values: leave it out.")
    names = to_numpy(classes, "classes")
    if names.ndim != 1:
        what = f"has the shape {names.shape}" if names.ndim else f"is {short(classes)}"
        raise ShapeError(f"classes must be a list of labels, but {what}.")
    coder = _CODERS[loss.targets].of(
        label_column(as_targets(names, "classes"), "classes"), n_outputs, argument="classes"
    )
    if known is not None and coder != known:
        raise ArgumentError(
            f"classes names {listed(coder.labels)}, but the network was trained with {listed(known.labels)}: leave it out, or "
            "build and train a new network on all labels."
        )
    return known or coder


def encode(loss: Loss, coder: Coder, y: Any, n_outputs: int, dtype: np.dtype[Any], argument: str = "y") -> Array:
    """y as the array that the loss is given: class numbers (n,), or floats (n, k)."""
    if coder is not None:
        return coder.encode(y, dtype=dtype, argument=argument)
    return (counts if loss.targets == "counts" else values)(y, n_outputs, dtype, argument)


def targets_of(y: Array) -> Targets:
    """The shape and dtype of the rows of an encoded y."""
    return Targets(y.shape[1:], DType.of(y.dtype))


def targets_for(model: Model, loss: Loss) -> Targets:
    """The targets that a model learns by a loss: class numbers, or as many numbers as it has outputs."""
    outputs = check_ending(model.layer, model.output_shape, loss)
    classes = loss.targets == "classes"
    return Targets((), DType.INT32) if classes else Targets((outputs,), DType.of(model.dtype))


def known_loss(given: str | Loss | LossFunction | None, remembered: Loss | None) -> Loss:
    """The loss that is given, or else the one that is remembered."""
    if given is not None:
        return get_loss(given)
    if remembered is None:
        raise ArgumentError(
            'loss is not known yet: give loss="cross_entropy" for classes, loss="squared_error" for values, or another.'
        )
    return remembered


def decide(coder: Coder, probabilities: Array) -> Array:
    """The class number of each row, or 0 or 1 for each yes-or-no question."""
    if isinstance(coder, BinaryClasses):
        return (probabilities > 0.5).astype(np.int64)
    return np.asarray(probabilities.argmax(axis=-1))


def truth(coder: Coder, y: Array) -> Array:
    """Encoded targets as `decide` would give them: the likeliest class, or 0 and 1 for each yes-or-no question."""
    return decide(coder, y) if y.dtype.kind == "f" else y


def strata(coder: Coder, y: Array) -> Array | None:
    """The class of each row of encoded targets, where every row has one."""
    if coder is None:
        return None
    classes = truth(coder, y)
    classes = classes[:, 0] if classes.ndim == 2 and classes.shape[1] == 1 else classes
    return classes if classes.ndim == 1 else None


def check_ending(layer: Layer, outputs: tuple[int, ...], loss: Loss) -> int:
    """The number of outputs, if the end of the network suits the loss; otherwise one of two errors says what to do.

    A loss that takes logits applies softmax or sigmoid itself: applied twice, it would train slowly and predict badly.
    """
    if len(outputs) != 1:
        raise ShapeError(
            f"The network gives an array of shape {outputs} for each row, but the loss {loss.name!r} needs one number an output: "
            "put Flatten() before the last Dense layer."
        )
    path, last = "", layer
    while last.children() and not isinstance(last, Residual):  # which adds x to whatever its last layer gives
        name, last = last.children()[-1]
        path = f"{path}/{name}" if path else name
    given = getattr(last, "activation", getattr(last, "function", None))
    own = next((name for name in ("softmax", "sigmoid") if given in (name, ACTIVATIONS[name])), None)
    if loss.activation and own:
        raise ArgumentError(
            f"layer {path!r} ends in {own}, but the loss {loss.name!r} takes logits and applies {loss.activation} itself: "
            f"leave the activation of the last layer out; predict_proba gives probabilities all the same."
        )
    return outputs[0]

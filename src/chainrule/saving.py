"""A network as a model file, and back.

Only what stands in the tables below is ever made from a file, from its fields; nothing in a file is executed or looked up
elsewhere.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from chainrule import optim
from chainrule.data.targets import BinaryClasses, Classes
from chainrule.errors import ArgumentError, ChainruleError, ModelFileError
from chainrule.files import read_model, write_model
from chainrule.functional import LOSSES
from chainrule.nn import LAYERS, Layer, Normal, Sequential, Uniform
from chainrule.optim import Chain, Transform
from chainrule.training import Model
from chainrule.training.memory import Memory
from chainrule.training.model import OPTIMIZER

_TRANSFORMS: tuple[type[Transform], ...] = (
    optim.Accumulate,
    optim.AddDecayedWeights,
    optim.ClipByNorm,
    optim.ClipByValue,
    optim.ScaleByAdam,
    optim.ScaleByLearningRate,
    optim.ScaleByRMS,
)

# Everything that a file may name, by the name of its class.
TABLE: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *LAYERS.values(),
        *LOSSES.values(),
        *optim.OPTIMIZERS.values(),
        *optim.SCHEDULES.values(),
        *_TRANSFORMS,
        Normal,
        Uniform,
    )
}
_CODERS: dict[str, type[Classes] | type[BinaryClasses]] = {"Classes": Classes, "BinaryClasses": BinaryClasses}
_POSITIONAL = ("layers", "branches", "shape")  # fields that a constructor takes as *arguments


def save(model: Model, memory: Memory, path: str | os.PathLike[str]) -> None:
    """Write a model and what is remembered of its training to a file; see `Network.save`."""
    optimizer = _or_none(memory.optimizer)
    description = {
        "layers": [to_data(layer) for _, layer in model.layer.children()],
        "input_shape": list(model.input_shape),
        "dtype": model.dtype.name,
        "seed": model.seed,
        "loss": _or_none(memory.loss),
        "optimizer": optimizer,
        "coder": None if memory.coder is None else {"class": type(memory.coder).__name__, **memory.coder.to_json()},
        "feature_names": memory.feature_names,
        "adapted": memory.adapted,
        "epochs": memory.epochs,
        "learned": memory.learned,
        "preprocessing": memory.preprocessing,
    }
    kept = {n: a for n, a in model.arrays.items() if optimizer is not None or not n.startswith(f"{OPTIMIZER}/")}
    write_model(path, description, kept)


def read(path: str | os.PathLike[str], layers: Iterable[type[Layer]] = ()) -> tuple[Model, Memory]:
    """The model of a file and what is remembered of its training; see `chainrule.load`."""
    description, arrays = read_model(path)
    table = {**TABLE, **{kind.__name__: kind for kind in layers}}
    try:
        layer = Sequential(*(from_data(item, table) for item in description["layers"]))
        shape, dtype = tuple(description["input_shape"]), np.dtype(description["dtype"])
        model = Model.initial(layer, shape, description["seed"], dtype)
        coder = description["coder"]
        memory = Memory(
            loss=from_data(description["loss"], table),
            optimizer=from_data(description["optimizer"], table),
            coder=None if coder is None else _CODERS[coder["class"]].from_json(coder),
            feature_names=description["feature_names"],
            adapted=description["adapted"],
            epochs=description["epochs"],
            learned=description["learned"],
            preprocessing=description["preprocessing"],
        )
    except ModelFileError:
        raise
    except (KeyError, TypeError, AttributeError, ChainruleError) as error:
        raise ModelFileError(f"{os.fspath(path)!r} describes a network that cannot be made: {error}") from error
    _take(model, arrays, path)
    return model, memory


def _take(model: Model, arrays: Mapping[str, np.ndarray[Any, Any]], path: str | os.PathLike[str]) -> None:
    """Put the arrays of a file in the place of the initial ones."""
    own = {name: array for name, array in arrays.items() if not name.startswith(f"{OPTIMIZER}/")}
    expected = {name: (array.shape, array.dtype) for name, array in model.arrays.items()}
    if {name: (array.shape, array.dtype) for name, array in own.items()} != expected:
        raise ModelFileError(f"{os.fspath(path)!r} holds other arrays than its layers have.")
    model.arrays.update(arrays)


def _or_none(value: object) -> Any:
    """What a file can hold of a loss or an optimiser; None for one of the user's own."""
    try:
        return to_data(value)
    except ArgumentError:
        return None


def to_data(value: Any, place: str = "") -> Any:
    """A layer, loss, optimiser, schedule or initialiser as plain data: the name of its class, and its fields.

    >>> to_data(optim.SGD(0.1))
    {'class': 'SGD', 'learning_rate': 0.1}
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, (tuple, list)):
        return [to_data(item, place) for item in value]
    if isinstance(value, Chain):
        return {"class": "Chain", "transforms": [to_data(transform, place) for transform in value.transforms]}
    kind = type(value)
    if TABLE.get(kind.__name__) is kind or (isinstance(value, Layer) and "__dataclass_fields__" in vars(kind)):
        fields = dataclasses.fields(value)
        return {
            "class": kind.__name__,
            **{f.name: to_data(getattr(value, f.name), f"{kind.__name__}.{f.name}") for f in fields},
        }
    if place.endswith("_init"):  # needed for a fresh start only, which then says so
        return {"class": "Unsaved"}
    if isinstance(value, Layer):
        raise ArgumentError(
            f"A layer of class {kind.__name__} cannot be saved: make it a dataclass (eq=False) whose fields are what its "
            "constructor takes."
        )
    raise ArgumentError(
        f"{place or 'The value'} is a {kind.__name__}, which a model file cannot hold; use a name or a number."
    )


def from_data(data: Any, table: Mapping[str, type[Any]]) -> Any:
    """What `to_data` described, made from the classes of `table` alone."""
    if isinstance(data, list):
        return [from_data(item, table) for item in data]
    if not isinstance(data, dict):
        return data
    name = data["class"]
    fields = {key: from_data(value, table) for key, value in data.items() if key != "class"}
    if name == "Unsaved":
        return _unsaved
    if name == "Chain":
        return Chain(tuple(fields["transforms"]))
    if name not in table:
        raise ModelFileError(
            f"The model names a class {name!r}, which is not Chainrule's; a layer of your own is given by "
            "load(path, layers=[...])."
        )
    arguments = [item for key in _POSITIONAL if isinstance(fields.get(key), list) for item in fields.pop(key)]
    return table[name](*arguments, **fields)


def _unsaved(*_: object) -> Any:
    raise ArgumentError(
        "This network was loaded from a file, which does not hold the array or function that its weights began with; make a "
        "new Network to start again."
    )

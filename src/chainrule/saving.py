"""A network as a model file, and back.

Only what stands in the tables below is ever made from a file, from its fields; nothing in a file is executed or looked up
elsewhere. The digest of a file finds accidents, not intent: what is read is checked all the same, field by field.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule import optim
from chainrule.data.targets import BinaryClasses, Classes
from chainrule.errors import ArgumentError, ChainruleError, ModelFileError, check_number
from chainrule.files import read_model, write_model
from chainrule.functional import ACTIVATIONS, LOSSES, Loss
from chainrule.nn import LAYERS, Draw, Layer, Normal, Sequential, Uniform
from chainrule.optim import Chain, Transform
from chainrule.training import Model, Penalties
from chainrule.training.coding import Coder, check_ending, suits
from chainrule.training.memory import Memory
from chainrule.training.model import OPTIMIZER, as_float_dtype, as_input_shape

Array = NDArray[Any]
JSON = Any

_TRANSFORMS: tuple[type[Transform], ...] = (
    optim.Accumulate,
    optim.AddDecayedWeights,
    optim.ClipByNorm,
    optim.ClipByValue,
    optim.ScaleByAdam,
    optim.ScaleByFactor,
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
_RESERVED = ("Chain", "Unsaved")  # names that a file gives another meaning
_UNSAVED = {"class": "Unsaved"}  # stands for an array or a function that weights were initialised with
_LARGEST_ROW = 2**24  # numbers; a file of larger rows must hold an array as large
_ACTIVATION_NAMES = {function: name for name, function in ACTIVATIONS.items()}


# ------------------------------------------------------------------------------------------------------------ files


def save(model: Model, memory: Memory, path: str | os.PathLike[str]) -> None:
    """Write a model and what is remembered of its training to a file; see `Network.save`."""
    loss, optimizer = _or_none(memory.loss), _or_none(memory.optimizer)
    lost = memory.lost
    if memory.loss is not None and loss is None and type(memory.loss).link is not Loss.link:
        lost = type(memory.loss).__name__  # without it nobody knows what the outputs mean
    description = {
        "layers": [to_data(layer) for _, layer in model.layer.children()],
        "input_shape": list(model.input_shape),
        "dtype": model.dtype.name,
        "seed": model.seed,
        "loss": loss,
        "lost": lost,
        "optimizer": optimizer,
        "coder": None if memory.coder is None else {"class": type(memory.coder).__name__, **memory.coder.to_json()},
        "feature_names": memory.feature_names,
        "adapted": memory.adapted,
        "epochs": memory.epochs,
        "learned": memory.learned,
        "preprocessing": memory.preprocessing,
    }
    goes_on = optimizer is not None and model.descent == (memory.optimizer, tuple(model.trainable()))
    kept = {n: a for n, a in model.arrays.items() if goes_on or not n.startswith(f"{OPTIMIZER}/")}
    write_model(path, description, kept)


def read(path: str | os.PathLike[str], layers: Iterable[type[Layer]] = ()) -> tuple[Model, Memory]:
    """The model of a file and what is remembered of its training; see `chainrule.load`."""
    table = {**TABLE, **_own_layers(layers)}
    description, arrays = read_model(path)
    try:
        model = _model(description, arrays, table)
        loss, optimizer = (from_data(description[key], table) for key in ("loss", "optimizer"))
        _check(
            description, {"loss": isinstance(loss, Loss | None), "optimizer": isinstance(optimizer, Transform | None)}
        )
        _take(model, arrays, optimizer)
        memory = _memory(description, model, loss, optimizer)
    except KeyError as error:
        raise ModelFileError(f"{os.fspath(path)!r} describes no network: it lacks {error}.") from error
    except (ChainruleError, TypeError, AttributeError, ValueError, OverflowError, MemoryError, RecursionError) as error:
        reason = str(error).rstrip(".")
        raise ModelFileError(f"{os.fspath(path)!r} describes a network that cannot be made: {reason}.") from error
    return model, memory


def _own_layers(layers: Iterable[type[Layer]]) -> dict[str, type[Layer]]:
    given = list(layers) if isinstance(layers, Iterable) else [layers]
    for kind in given:
        if not (isinstance(kind, type) and issubclass(kind, Layer)):
            raise ArgumentError(f"layers must be a list of layer classes, such as [MyLayer], but holds {kind!r}.")
        if kind.__name__ in (*TABLE, *_RESERVED):
            raise ArgumentError(f"layers: {kind.__name__!r} is the name of a class of Chainrule's; give yours another.")
    return {kind.__name__: kind for kind in given}


# ------------------------------------------------------------------------------------------------- model and memory


class _NoDraw(Draw):
    """Zeros in the place of random numbers, for weights that are about to be replaced by those of a file.

    No more than `limit` of them are made: a file that asks for more does not hold the arrays of its layers.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(seed=0)
        self.limit = limit

    def uniform(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        if math.prod(shape) > self.limit:
            raise ModelFileError(f"it holds no array as large as one of its layers needs, {shape}.")
        return np.zeros(shape)

    normal = uniform


def _model(description: Mapping[str, JSON], arrays: Mapping[str, Array], table: Mapping[str, type[Any]]) -> Model:
    """The layers of a file with arrays of the right shapes in them, none of them larger than the file can fill."""
    items = description["layers"]
    layer, blank = (Sequential(*(from_data(item, table) for item in each)) for each in (items, _without_weights(items)))
    shape, dtype = as_input_shape(description["input_shape"]), as_float_dtype(description["dtype"])
    largest = max((array.size for array in arrays.values()), default=0)
    if math.prod(shape) > max(largest, _LARGEST_ROW):
        raise ModelFileError(f"it holds no array as large as its rows, {shape}.")
    seed = int(check_number("seed", description["seed"], low=0, high=2**32 - 1, integer=True))
    return dataclasses.replace(Model.initial(blank, shape, seed, dtype, draw=_NoDraw(largest)), layer=layer)


def _without_weights(data: JSON) -> JSON:
    """The same layers, with nothing in the place of their initialisers, which could ask for more memory than there is."""
    if isinstance(data, list):
        return [_without_weights(item) for item in data]
    if not isinstance(data, dict):
        return data
    ours = isinstance(data.get("class"), str) and data["class"] in TABLE
    return {key: _UNSAVED if ours and key.endswith("_init") else _without_weights(item) for key, item in data.items()}


def _check(description: Mapping[str, JSON], good: Mapping[str, bool]) -> None:
    """Raise `ModelFileError` for the first part of a description that is not good."""
    for what in (name for name, right in good.items() if not right):
        raise ModelFileError(f"its {what} cannot be {description[what]!r:.60}.")


def _memory(description: Mapping[str, JSON], model: Model, loss: Loss | None, optimizer: Transform | None) -> Memory:
    names, preprocessing = description["feature_names"], description["preprocessing"]
    columns = isinstance(names, list) and (len(names),) == model.input_shape
    good = {
        "feature_names": names is None or (columns and all(isinstance(name, str) for name in names)),
        "adapted": isinstance(description["adapted"], bool),
        "preprocessing": isinstance(preprocessing, dict | None),
        "lost": description["lost"] is None or (isinstance(description["lost"], str) and loss is None),
    }
    _check(description, good)
    return Memory(
        loss=loss,
        optimizer=optimizer,
        coder=_coder(description["coder"], model, loss),
        feature_names=names,
        adapted=description["adapted"],
        epochs=int(check_number("epochs", description["epochs"], low=0, high=2**32 - 1, integer=True)),
        learned=int(check_number("learned", description["learned"], low=0, high=2**62, integer=True)),
        preprocessing=preprocessing,
        lost=description["lost"],
    )


def _coder(data: JSON, model: Model, loss: Loss | None) -> Coder:
    """The labels of a file, if they fit the network and its loss."""
    outputs = model.output_shape if loss is None else (check_ending(model.layer, model.output_shape, loss),)
    coder = None if data is None else _CODERS[data["class"]].from_json(data)
    meant = coder.n_outputs if isinstance(coder, BinaryClasses) else len(coder.labels) if coder else None
    if (meant is not None and outputs != (meant,)) or (coder and loss and not suits(coder, loss)):
        raise ModelFileError(f"its classes do not fit its outputs, {outputs}, or its loss.")
    return coder


def _take(model: Model, arrays: Mapping[str, Array], optimizer: Transform | None) -> None:
    """Put the arrays of a file in the place of the initial ones."""
    expected = dict(model.arrays)
    if any(name.startswith(f"{OPTIMIZER}/") for name in arrays) and optimizer is not None:
        expected |= model.descent_by(Penalties().clipped(optimizer))
        model.descent = (optimizer, tuple(model.trainable()))
    for name in sorted({*expected, *arrays}):
        if name not in arrays or name not in expected:
            raise ModelFileError(f"it {'lacks' if name in expected else 'has no place for'} the array {name!r}.")
        own, wanted = arrays[name], expected[name]
        if (own.shape, own.dtype) != (wanted.shape, wanted.dtype):
            there, here = (f"{array.dtype} of shape {array.shape}" for array in (own, wanted))
            raise ModelFileError(f"its array {name!r} is {there}, but its layers need {here}.")
        if own.dtype.kind == "f" and not np.isfinite(own).all():
            raise ModelFileError(f"its array {name!r} holds NaN or infinity.")
    model.arrays.update({name: arrays[name] for name in expected})


# ------------------------------------------------------------------------------------------- objects as plain data


def _or_none(value: object) -> JSON:
    """What a file can hold of a loss or an optimiser; None for one of the user's own."""
    try:
        return to_data(value)
    except ArgumentError:
        return None


def to_data(value: Any, place: str = "") -> JSON:
    """A layer, loss, optimiser, schedule or initialiser as plain data: the name of its class, and its fields.

    >>> to_data(optim.SGD(0.1))
    {'class': 'SGD', 'learning_rate': 0.1}
    """
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, (tuple, list)):
        return [to_data(item, place) for item in value]
    if isinstance(value, Chain):
        return {"class": "Chain", "transforms": [to_data(transform, place) for transform in value.transforms]}
    kind = type(value)
    if TABLE.get(kind.__name__) is kind or _is_own_layer(value):
        named = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
        return {"class": kind.__name__, **{k: to_data(v, f"{kind.__name__}.{k}") for k, v in named.items()}}
    if inspect.isfunction(value) and value in _ACTIVATION_NAMES:
        return _ACTIVATION_NAMES[value]
    if (
        place.endswith("_init") and place.partition(".")[0] in TABLE
    ):  # needed for a fresh start only, which then says so
        return _UNSAVED
    raise ArgumentError(
        f"{place or 'The value'} is a {kind.__name__}, which a model file cannot hold; use a name or a number, or make it part "
        "of a layer of your own."
    )


def _is_own_layer(value: object) -> bool:
    """Whether this is a layer of the user's own; an error if it is one that cannot be saved."""
    kind = type(value)
    if not isinstance(value, Layer):
        return False
    if kind.__name__ in (*TABLE, *_RESERVED):
        raise ArgumentError(
            f"A layer of your own is a class {kind.__name__!r}, as one of Chainrule's is; to save it, give it another name."
        )
    if "__dataclass_fields__" not in vars(kind):
        raise ArgumentError(
            f"A layer of class {kind.__name__} cannot be saved: make it a dataclass (eq=False) whose fields are what its "
            "constructor takes."
        )
    return True


def from_data(data: JSON, table: Mapping[str, type[Any]]) -> Any:
    """What `to_data` described, made from the classes of `table` alone.

    >>> from_data({"class": "SGD", "learning_rate": 0.1}, TABLE)
    SGD(learning_rate=0.1)
    """
    if isinstance(data, list):
        return tuple(from_data(item, table) for item in data)
    if isinstance(data, int) and abs(data) >= 2**63:
        raise ModelFileError("a whole number of 2⁶³ or more is no field of a layer, loss or optimiser.")
    if not isinstance(data, dict):
        return data
    name = data["class"]
    fields = {key: from_data(value, table) for key, value in data.items() if key != "class"}
    if data == _UNSAVED:
        return _unsaved
    if name == "Chain":
        return Chain(tuple(fields["transforms"]))
    if name not in table:
        raise ModelFileError(
            f"the class {name!r} is not Chainrule's; a layer of your own is given by load(path, layers=[...])."
        )
    kind = table[name]
    for field in dataclasses.fields(kind):
        value = fields.get(field.name, False)
        if field.type in (bool, "bool") and not isinstance(value, bool):
            raise ModelFileError(f"{name}.{field.name} is {value!r:.60}, but must be true or false.")
    star = next((p.name for p in inspect.signature(kind).parameters.values() if p.kind is p.VAR_POSITIONAL), "")
    return kind(*fields.pop(star, ()), **fields)  # Sequential(*layers), Reshape(*shape)


def _unsaved(draw: Draw, shape: tuple[int, ...], n_in: int, n_out: int) -> Array:
    """The place of an array or a function that a layer was initialised with."""
    if isinstance(draw, _NoDraw):
        return draw.uniform(shape)
    raise ArgumentError(
        "This network was loaded from a file, which does not hold the array or function that its weights began with; make a "
        "new Network to start again."
    )

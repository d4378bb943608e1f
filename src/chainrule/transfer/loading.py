"""Weights from elsewhere into a network: from PyTorch, Keras, or another network of Chainrule's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, ShapeError, check_name, quoted
from chainrule.nn import BatchNorm, Layer, Standardize
from chainrule.training.model import PARAMS, STATE, Model, put_back
from chainrule.transfer.matching import match, targets_of
from chainrule.transfer.orders import Order, feature_orders
from chainrule.transfer.sources import Source
from chainrule.transfer.tables import KERAS_NAMES, LABELS, TABLES, origin_of

Array = NDArray[Any]


def load_params(
    model: Model,
    source: Any,
    *,
    framework: str | None = None,
    names: Mapping[str, str] | None = None,
    layers: Iterable[str] | None = None,
) -> dict[str, str]:
    """Write arrays of a source into those of a model; see `Network.load_params`. Nothing is written if one is wrong."""
    kind = "chainrule" if framework is None else check_name("framework", framework, [*TABLES])
    given = Source.of(source, kind)
    targets = targets_of(model, layers)
    if kind == "chainrule":
        _check_names(model, given)
        _check_state(model, targets, given)
    else:  # which have no such layer: it learns from the data
        targets = {path: layer for path, layer in targets.items() if not isinstance(layer, Standardize)}
    matched = match(targets, given, names, in_part=layers is not None)
    orders = feature_orders(model) if kind == "pytorch" else {}
    new: dict[str, Array] = {}
    for path, group in matched.items():
        new |= _Filling(model, given, kind, path, targets[path], group).arrays(orders)
    put_back(model.arrays, new)
    model.descent = None  # the state of an optimiser belongs to the parameters that there were
    return matched


def _check_names(model: Model, source: Source) -> None:
    """Raise `ArgumentError` if a source of Chainrule's has names that only Keras gives."""
    own = {full.rpartition("/")[2] for full in (*model.params, *model.state)}
    for (_, name), full in source.full.items():
        if name in KERAS_NAMES - own:
            raise ArgumentError(
                f'source names its arrays as Keras does, such as {full!r}: say so by framework="keras".'
            )


def _check_state(model: Model, targets: Mapping[str, Layer], source: Source) -> None:
    """Raise `ArgumentError` if layers have state, such as a mean, and a source of Chainrule's has parameters alone."""
    wanted: dict[str, list[str]] = {}
    for path, _, name in (full.rpartition("/") for full in model.state):
        if path in targets:
            wanted.setdefault(path, []).append(name)
    if wanted and not any(
        name in group for group in source.groups.values() for names in wanted.values() for name in names
    ):
        path, names = next(iter(wanted.items()))
        raise ArgumentError(
            f"source holds parameters alone, but layer {path!r}, a {type(targets[path]).__name__}, has {quoted(names)} besides: "
            "give the network itself, its file, or {**net.params, **net.state}; or load the others only, by layers=[...]."
        )


class _Filling:
    """One layer of the network and what it is given."""

    def __init__(self, model: Model, source: Source, framework: str, path: str, layer: Layer, group: str) -> None:
        self.source, self.framework, self.path, self.layer, self.group = source, framework, path, layer, group
        self.own = {
            name: array
            for name, array in model.arrays.items()
            if name.partition("/")[0] in (PARAMS, STATE) and name.partition("/")[2].rpartition("/")[0] == path
        }

    def arrays(self, orders: Mapping[str, Order]) -> dict[str, Array]:
        """The arrays of the layer, by their names in the model."""
        used: set[str] = set()
        found = {}
        for full, array in self.own.items():
            name = full.rpartition("/")[2]
            found[full] = self._made(name, array, used, orders.get(f"{self.path}/{name}"))
        extra = [self.source.full[self.group, name] for name in self.source.groups[self.group] if name not in used]
        if extra:
            raise ArgumentError(
                f"source holds {quoted(extra)}, for which layer {self.path!r}, a {type(self.layer).__name__}, has no place: "
                f"it has {quoted(name.rpartition('/')[2] for name in self.own)}."
            )
        return found

    def _made(self, name: str, own: Array, used: set[str], order: Order | None) -> Array:
        """The array of a name, from those that it is made from."""
        origin, group = origin_of(self.framework, type(self.layer).__name__, name), self.source.groups[self.group]
        lacking = [each for each in origin.names if each not in group]
        if lacking:
            raise ArgumentError(
                f"source lacks {quoted(lacking)} in {self.group!r}, of which {self.path}/{name} is made; it has {quoted(group)}"
                f"{self._other_framework(name)}."
            )
        used.update(origin.names)
        given = [group[each] for each in origin.names]
        came = " and ".join(
            f"{self.source.full[self.group, each]!r} of shape {array.shape}"
            for each, array in zip(origin.names, given, strict=True)
        )
        try:
            made = np.asarray(origin.make(*given))
        except (ValueError, IndexError):  # of another number of axes, or such as cannot be joined
            made = None
        if made is None or made.shape != own.shape:
            got = (
                f"which gives {made.shape}"
                if made is not None and made.shape != given[0].shape
                else "which does not fit"
            )
            if len(given) == 1 and made is not None and made.T.shape == own.shape:
                got += f"; it fits when transposed, source[{self.source.full[self.group, origin.names[0]]!r}].T"
            raise ShapeError(f"{self.path}/{name} has the shape {own.shape}, but source has {came}, {got}.")
        with np.errstate(all="ignore"):
            value = made.astype(own.dtype)
        if not np.isfinite(value).all():
            raise ArgumentError(f"source holds {came} with NaN, infinity or what is too large for {own.dtype.name}.")
        self._check_range(name, value, came)
        return value if order is None else value[order]

    def _check_range(self, name: str, value: Array, came: str) -> None:
        """Raise `ArgumentError` for a variance below 0 or a scale of `Standardize` that is not above it."""
        negative = isinstance(self.layer, BatchNorm) and name == "variance" and (value < 0).any()
        if negative or (isinstance(self.layer, Standardize) and name == "scale" and (value <= 0).any()):
            least = "at least 0" if negative else "above 0"
            raise ArgumentError(
                f"{self.path}/{name} must be {least} everywhere, but source has {came} with {value.min():g} in it: give the "
                "array as the other network has it."
            )

    def _other_framework(self, name: str) -> str:
        """A hint, where a layer has the names of another framework."""
        group, kind = self.source.groups[self.group], type(self.layer).__name__
        for other in TABLES:
            if other != self.framework and all(each in group for each in origin_of(other, kind, name).names):
                said = "leave framework= out" if other == "chainrule" else f"say so by framework={other!r}"
                return f", as {LABELS[other]} names them: {said}"
        return ""

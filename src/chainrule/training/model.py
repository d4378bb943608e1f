"""A model: layers together with their numbers."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from chainrule.errors import ArgumentError, ShapeError, check_number, quoted
from chainrule.graph import DType, Node, input, scope, show_shape
from chainrule.graph.types import ROWS
from chainrule.nn import Draw, Layer, walk
from chainrule.nn.containers import output_shape, part
from chainrule.nn.layer import pace
from chainrule.optim import Transform
from chainrule.training.tables import aligned

Arrays = dict[str, NDArray[Any]]

PARAMS, STATE, OPTIMIZER = "params", "state", "optimizer"


@dataclass(eq=False)
class Model:
    """Layers and all that a step carries along, in one dictionary of arrays.

    The arrays are named ``params/dense1/weight``, ``state/standardize1/mean``, ``optimizer/adam/mean/dense1/weight``.
    `descent` is the optimiser whose state they hold, with the names of the parameters it descends on; None before any.
    """

    layer: Layer
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    seed: int
    arrays: Arrays
    descent: tuple[Transform, tuple[str, ...]] | None = None

    @staticmethod
    def initial(
        layer: Layer, input_shape: tuple[int, ...], seed: int, dtype: np.dtype[Any], draw: Draw | None = None
    ) -> Model:
        """The model before any training, with parameters drawn by the seed, or from another source of random numbers."""
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is found below
            params, state = layer.init(input_shape, draw or Draw(seed))
            named = {**{f"{PARAMS}/{k}": v for k, v in params.items()}, **{f"{STATE}/{k}": v for k, v in state.items()}}
            arrays = {name: np.array(array, dtype=dtype) for name, array in named.items()}
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                own = name.partition("/")[2]
                raise ArgumentError(f"The initial {own!r} holds NaN, infinity or what is too large for {dtype.name}.")
        shape = output_shape(layer, params, state, input_shape)
        return Model(layer, input_shape, shape, dtype, seed, arrays)

    @property
    def params(self) -> Arrays:
        """The parameters, named ``dense1/weight``."""
        return dict(part(self.arrays, PARAMS))

    @property
    def state(self) -> Arrays:
        """What changes in the layers but is not trained, named ``standardize1/mean``."""
        return dict(part(self.arrays, STATE))

    def trainable(self) -> list[str]:
        """The names of the parameters that are trained."""
        return [name for name, factor, _ in self._roles() if factor]

    def weights(self) -> frozenset[str]:
        """The names of the trained parameters that L1, L2 and weight decay act on."""
        return frozenset(name for name, factor, penalised in self._roles() if penalised and factor)

    def rate_factors(self) -> dict[str, float]:
        """What the learning rate is multiplied by, for each trained parameter for which that is not 1."""
        return {name: factor for name, factor, _ in self._roles() if factor not in (0.0, 1.0)}

    def _roles(self) -> list[tuple[str, float, bool]]:
        """Each parameter with the factor of its learning rate, and whether it is penalised."""
        owners = {path: (layer, factor) for path, layer, factor in walk(self.layer)}
        roles = []
        for name in self.params:
            path, _, own = name.rpartition("/")
            layer, factor = owners[path]
            roles.append((name, factor, own in layer.penalised))
        return roles

    def set_params(self, new: Mapping[str, Any]) -> None:
        """Write all parameters at once, from arrays of the same names and shapes; nothing is written if one is wrong."""
        own = self.params
        if not isinstance(new, Mapping) or set(new) != set(own):
            given = quoted(new) if isinstance(new, Mapping) else type(new).__name__
            raise ArgumentError(f"params must be a dictionary that holds exactly {quoted(own)}, but holds {given}.")
        values: Arrays = {}
        for name, value in new.items():
            kind = own[name].dtype
            try:
                with np.errstate(all="ignore"):
                    values[name] = np.array(value, dtype=kind)
            except (TypeError, ValueError):
                raise ArgumentError(f"params[{name!r}] must be an array of numbers, but is {value!r:.60}.") from None
            if values[name].shape != own[name].shape:
                raise ShapeError(f"params[{name!r}] must have shape {own[name].shape}, but has {values[name].shape}.")
            if not np.isfinite(values[name]).all():
                what = f"NaN, infinity or what is too large for {kind.name}"
                raise ArgumentError(f"params[{name!r}] must be finite, but holds {what}.")
        put_back(own, values)

    def check_finite(self) -> None:
        """Raise `ArgumentError` if a parameter is NaN or infinite, as it can only be if somebody wrote that into it."""
        for name, array in self.params.items():
            if not np.isfinite(array).all():
                raise ArgumentError(f"params[{name!r}] holds NaN or infinity: write numbers into it, or call reset().")

    def descent_by(self, optimizer: Transform) -> Arrays:
        """The state that an optimiser has before its first step on this model, by its names in `arrays`."""
        trainable = set(self.trainable())
        new = optimizer.init({name: array for name, array in self.params.items() if name in trainable})
        return {f"{OPTIMIZER}/{name}": np.array(array) for name, array in new.items()}

    def start_descent(self, optimizer: Transform, full: Transform) -> None:
        """Go on with the state of `optimizer` if it is here, else begin with that of `full`: the optimiser and clipping."""
        descent = (optimizer, tuple(self.trainable()))
        if self.descent == descent:
            return
        for name in [name for name in self.arrays if name.startswith(f"{OPTIMIZER}/")]:
            del self.arrays[name]
        self.arrays |= self.descent_by(full)
        self.descent = descent

    def nodes(self, kind: str) -> dict[str, Node]:
        """An input of the graph for each array of a kind, by its name without the kind."""
        return {name: self.node(f"{kind}/{name}", array) for name, array in part(self.arrays, kind).items()}

    def node(self, name: str, array: NDArray[Any]) -> Node:
        """An input of the graph for an array."""
        own = DType.of(array.dtype)
        return input(name, array.shape, DType.of(self.dtype) if own.is_float else own)

    def describe(self) -> str:
        """A table of the layers, with the shape of what they give and their numbers of parameters."""
        shape, params, state = self.input_shape, self.params, self.state
        rows = [("layer", "class", "output", "parameters")]
        for name, layer in self.layer.children():
            own = part(params, name)
            with scope(name):
                shape = output_shape(layer, own, part(state, name), shape)
            kind = type(layer).__name__ + pace(layer)
            rows.append((name, kind, show_shape((ROWS, *shape)), f"{sum(array.size for array in own.values()):,}"))
        rows.append(("total", "", "", f"{sum(array.size for array in params.values()):,}"))
        return "\n".join(aligned(rows, left=3))


def copies(arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """A copy of each array."""
    return {name: array.copy() for name, array in arrays.items()}


def put_back(arrays: MutableMapping[str, NDArray[Any]], saved: Mapping[str, NDArray[Any]]) -> None:
    """Write copies back, in place."""
    for name, array in saved.items():
        arrays[name][...] = array


def as_input_shape(input_shape: Any) -> tuple[int, ...]:
    """The shape of a row, from a number of features or a sequence of dimensions.

    >>> as_input_shape(4), as_input_shape([28, 28])
    ((4,), (28, 28))
    """
    if isinstance(input_shape, (Sequence, np.ndarray)) and not isinstance(input_shape, (str, bytes)):
        dims = tuple(input_shape)
    else:
        dims = (input_shape,)
    return tuple(int(check_number("input_shape", dim, low=1, integer=True)) for dim in dims)


def as_float_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """The dtype of a network's numbers: float32 or float64.

    >>> as_float_dtype("float64")
    dtype('float64')
    """
    try:
        chosen = np.dtype(dtype).name if dtype is not None else repr(None)  # which NumPy takes for float64
    except (TypeError, ValueError):
        chosen = repr(dtype)
    if chosen not in ("float32", "float64"):
        raise ArgumentError(f'dtype must be "float32" or "float64", but is {chosen}.')
    return np.dtype(chosen)

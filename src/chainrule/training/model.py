"""A model: layers together with their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.graph import DType, Node, input, scope, show_shape
from chainrule.graph.types import ROWS
from chainrule.nn import Draw, Layer, walk
from chainrule.nn.containers import output_shape, part
from chainrule.optim import Transform

Arrays = dict[str, NDArray[Any]]

PARAMS, STATE, OPTIMIZER = "params", "state", "optimizer"


@dataclass(eq=False)
class Model:
    """Layers and all that a step carries along, in one dictionary of arrays.

    The arrays are named ``params/dense1/weight``, ``state/standardize1/mean``, ``optimizer/adam/mean/dense1/weight``.
    """

    layer: Layer
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    seed: int
    arrays: Arrays

    @staticmethod
    def initial(layer: Layer, input_shape: tuple[int, ...], seed: int, dtype: np.dtype[Any]) -> Model:
        """The model before any training, with parameters drawn by the seed."""
        params, state = layer.init(input_shape, Draw(seed))
        shape = output_shape(layer, params, state, input_shape)
        named = {**{f"{PARAMS}/{k}": v for k, v in params.items()}, **{f"{STATE}/{k}": v for k, v in state.items()}}
        arrays = {name: np.array(array, dtype=dtype) for name, array in named.items()}
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
        return [name for name, trained, _ in self._roles() if trained]

    def weights(self) -> frozenset[str]:
        """The names of the trained parameters that L1, L2 and weight decay act on."""
        return frozenset(name for name, trained, penalised in self._roles() if penalised and trained)

    def _roles(self) -> list[tuple[str, bool, bool]]:
        owners = {path: (layer, trainable) for path, layer, trainable in walk(self.layer)}
        roles = []
        for name in self.params:
            path, _, own = name.rpartition("/")
            layer, trainable = owners[path]
            roles.append((name, trainable, own in layer.penalised))
        return roles

    def start_descent(self, optimizer: Transform) -> None:
        """Give the optimiser the state it has before the first step, in place of any it had."""
        new = optimizer.init({name: array for name, array in self.params.items() if name in set(self.trainable())})
        for name in [name for name in self.arrays if name.startswith(f"{OPTIMIZER}/")]:
            del self.arrays[name]
        self.arrays |= {f"{OPTIMIZER}/{name}": np.array(array) for name, array in new.items()}

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
            kind = type(layer).__name__ + ("" if layer.trainable else ", frozen")
            rows.append((name, kind, show_shape((ROWS, *shape)), f"{sum(array.size for array in own.values()):,}"))
        rows.append(("total", "", "", f"{sum(array.size for array in params.values()):,}"))
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = []
        for *texts, number in rows:
            cells = [text.ljust(width) for text, width in zip(texts, widths, strict=False)]
            lines.append("  ".join([*cells, number.rjust(widths[3])]))
        return "\n".join(lines)

"""Layers at the beginning of sequences: vectors for tokens, and which steps are padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, DataError, ShapeError, check_number
from chainrule.functional import embed, is_step, is_token
from chainrule.graph import Node
from chainrule.graph.node import current_scope, where
from chainrule.nn.initializers import Draw, InitializerLike, initial
from chainrule.nn.layer import Arrays, Layer, Mode, Nodes

_MOST_TOKENS = 2**24  # float32, in which ids come to a network, holds each whole number up to it
# The operations that make whole numbers of whole numbers.
_WHOLE = frozenset(
    {
        "input",
        "const",
        "cast",
        "reshape",
        "transpose",
        "slice",
        "concat",
        "pad",
        "broadcast",
        "add",
        "sub",
        "mul",
        "neg",
        "abs",
    }
    | {"maximum", "select", "take", "take_within", "reduce_max"}
)
_ROWS_AT_ONCE = 4096  # of data that are checked, so that scratch arrays stay small


@dataclass(eq=False)
class Embedding(Layer):
    """A vector of `units` numbers for each token: (n, steps) ids → (n, steps, units), rows of `weight` (n_tokens, units).

    Ids are whole numbers from 0 to n_tokens − 1, of any dtype; others are an error where the layer sees the data itself, and NaN
    behind other layers. These must leave whole numbers whole: an Embedding behind `Dense` or `Standardize` is refused. The id
    `padding_id` stands for padding: its vector is 0 and is not trained, and the layers that follow leave these steps out
    (recurrent layers, `GlobalAveragePool`, `GlobalMaxPool`, `BatchNorm`). L1 and L2 do not act on `weight`.

    >>> import chainrule as cr
    >>> net = cr.Network(cr.Embedding(5000, 32, padding_id=0), cr.GlobalAveragePool(), cr.Dense(1)).build(100)
    >>> net.params["embedding1/weight"].shape
    (5000, 32)
    """

    n_tokens: int
    units: int
    padding_id: int | None = None
    weight_init: InitializerLike = "normal"

    def __post_init__(self) -> None:
        self.n_tokens = int(check_number("n_tokens", self.n_tokens, low=1, high=_MOST_TOKENS, integer=True))
        self.units = int(check_number("units", self.units, low=1, integer=True))
        if self.padding_id is not None:
            most = self.n_tokens - 1
            self.padding_id = int(check_number("padding_id", self.padding_id, low=0, high=most, integer=True))

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """weight (n_tokens, units); the row of `padding_id` is 0."""
        weight = initial(
            self.weight_init,
            draw,
            (self.n_tokens, self.units),
            n_in=self.n_tokens,
            n_out=self.units,
            argument=f"{where()}weight_init",
        )
        if self.padding_id is not None:
            weight = weight.copy()
            weight[self.padding_id] = 0.0
        return {"weight": weight}, {}

    def check_data(self, x: NDArray[Any], argument: str) -> None:
        """Raise `DataError` if x holds what is no id."""
        for row in range(0, len(x), _ROWS_AT_ONCE):
            part = x[row : row + _ROWS_AT_ONCE]
            wrong = (part < 0) | (part >= self.n_tokens)
            if part.dtype.kind == "f":
                wrong |= part != np.floor(part)
            if wrong.any():
                first, *others = (int(i) for i in np.argwhere(wrong)[0])
                at = ", ".join([f"row {row + first}", *(f"column {i}" for i in others)])
                raise DataError(
                    f"{argument} holds {part[(first, *others)]:g} at {at}, but layer {current_scope()!r} takes token ids, whole "
                    f"numbers from 0 to {self.n_tokens - 1}: number the tokens otherwise, or give the layer a larger n_tokens."
                )

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """The vectors of the tokens."""
        _check_ids(x)
        mode.mask = is_token(x, self.padding_id) if self.padding_id is not None and x.rank == 2 else None
        return embed(params["weight"], x, self.padding_id), state


def _check_ids(x: Node) -> None:
    """Raise `ArgumentError` if x is computed by what does not leave whole numbers whole, such as another layer's weights."""
    pending, seen = [x], set()
    while pending:
        node = pending.pop()
        if node in seen or node.op == "floor" or not node.dtype.is_float:  # whole, whatever it is made of
            continue
        seen.add(node)
        pending.extend(node.inputs)
        learned = any(each.op == "input" and "/" in each.attributes["name"] for each in node.inputs)  # params, state
        broken = node.op == "const" and (np.floor(node.attributes["value"]) != node.attributes["value"]).any()
        if node.op not in _WHOLE or learned or broken:
            culprit = f"what layer {node.scope!r} makes of them" if node.scope else "other numbers"
            raise ArgumentError(
                f"{where()}Embedding takes token ids, whole numbers as they come, but is given {culprit}: put Embedding first, "
                "or behind layers that leave ids as they are, such as Reshape."
            )


@dataclass(eq=False)
class Masking(Layer):
    """Steps whose features are all equal to `value` are padding; x passes as it is: (n, steps, features).

    The layers that follow leave these steps out: recurrent layers, `GlobalAveragePool`, `GlobalMaxPool`, `BatchNorm`.

    >>> import chainrule as cr
    >>> net = cr.Network(cr.Masking(), cr.GlobalAveragePool()).build((3, 2))
    >>> net.predict([[[1, 2], [3, 4], [0, 0]]])
    array([[2., 3.]], dtype=float32)
    """

    value: float = 0.0

    def __post_init__(self) -> None:
        self.value = check_number("value", self.value)

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """x, and its mask."""
        if x.rank != 3:
            raise ShapeError(
                f"{where()}Masking needs sequences of shape (steps, features), but the rows have shape {x.shape[1:]}: "
                "for token ids, give Embedding a padding_id instead."
            )
        mode.mask = is_step(x, self.value)
        return x, state

"""Recurrent layers: they read a sequence step by step and carry a state along."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, ShapeError, check_number
from chainrule.functional import Activation as ActivationFunction
from chainrule.functional import dense, get_activation, gru, lstm, simple_rnn
from chainrule.graph import Node
from chainrule.graph.node import where
from chainrule.nn.containers import Concatenate
from chainrule.nn.initializers import Draw, InitializerLike, default_initializer, initial
from chainrule.nn.layer import Arrays, Layer, Mode, Nodes


@dataclass(eq=False)
class Recurrent(Layer):
    """What recurrent layers have in common: (n, steps, features) becomes (n, units), the state after the last step.

    With `return_sequences` it becomes (n, steps, units), the state after every step. In `reverse`, the last step is read
    first; the state after step t stands at place t all the same. A step that is padding (see `Mode.mask`) leaves the state
    as it is, so the state after the last step is that after the last real one.

    The parameters: `weight` (features, gates · units) of the input, by Glorot's rule; `recurrent_weight` (units, gates · units)
    of the state before, orthogonal for each gate; `bias` (gates · units,).
    """

    units: int
    return_sequences: bool = field(default=False, kw_only=True)
    reverse: bool = field(default=False, kw_only=True)
    weight_init: InitializerLike = field(default=None, kw_only=True)
    recurrent_init: InitializerLike = field(default="orthogonal", kw_only=True)
    bias_init: InitializerLike = field(default="zeros", kw_only=True)
    penalised: ClassVar[tuple[str, ...]] = ("weight", "recurrent_weight")
    gates: ClassVar[int] = 1

    def __post_init__(self) -> None:
        self.units = int(check_number("units", self.units, low=1, integer=True))

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """weight, recurrent_weight and bias."""
        kind = type(self).__name__
        if len(input_shape) != 2 or min(input_shape) < 1:
            raise ShapeError(
                f"{where()}{kind} reads sequences, (steps, features) a row, but the rows have the shape {input_shape}; "
                "Reshape(steps, features) makes sequences of them, Embedding makes them of token ids, and return_sequences=True "
                "keeps them in a recurrent layer before it."
            )
        chosen = self._usual_weight() if self.weight_init is None else self.weight_init
        params: Arrays = {
            "weight": self._each_gate(chosen, draw, (input_shape[1], self.units), "weight_init"),
            "recurrent_weight": self._each_gate(self.recurrent_init, draw, (self.units, self.units), "recurrent_init"),
            "bias": self._each_gate(self.bias_init, draw, (self.units,), "bias_init"),
        }
        return params, {}

    def _usual_weight(self) -> str:
        return "glorot_uniform"

    def _each_gate(self, init: InitializerLike, draw: Draw, shape: tuple[int, ...], argument: str) -> NDArray[Any]:
        """The arrays of all gates side by side, each drawn by itself; an array is taken as that of all."""
        fans = {"n_in": shape[0], "n_out": self.units, "argument": f"{where()}{argument}"}
        if not isinstance(init, str) and not callable(init):
            return initial(init, draw, (*shape[:-1], self.gates * self.units), **fans)  # type: ignore[arg-type]
        return np.concatenate([initial(init, draw, shape, **fans) for _ in range(self.gates)], axis=-1)  # type: ignore[arg-type]

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """The state after the last step, or after every step."""
        states = self.states(dense(x, params["weight"], params["bias"]), params, mode.mask)
        if self.return_sequences:
            return states, state
        mode.mask = None
        return states[:, 0 if self.reverse else -1], state

    @abstractmethod
    def states(self, z: Node, params: Nodes, mask: Node | None) -> Node:
        """All states, from the share z of the input."""


@dataclass(eq=False)
class SimpleRNN(Recurrent):
    """Simple recurrent units: hₜ = f(xₜ W + hₜ₋₁ R + b), from h = 0 on. f is tanh unless given.

    (n, steps, features) becomes (n, units), or (n, steps, units) with `return_sequences`. Over many steps its gradients vanish
    or explode; `LSTM` and `GRU` were made against that.
    Source: Elman, "Finding structure in time", Cognitive Science 14, 1990.

    >>> import chainrule as cr
    >>> cr.Network(SimpleRNN(8), cr.Dense(1)).build((20, 3)).params["simplernn1/recurrent_weight"].shape
    (8, 8)
    """

    activation: str | ActivationFunction | None = "tanh"

    def __post_init__(self) -> None:
        super().__post_init__()
        get_activation(self.activation)

    def _usual_weight(self) -> str:
        return default_initializer(self.activation)

    def states(self, z: Node, params: Nodes, mask: Node | None) -> Node:
        """hₜ for all steps."""
        return simple_rnn(z, params["recurrent_weight"], get_activation(self.activation), mask, self.reverse)


@dataclass(eq=False)
class LSTM(Recurrent):
    """Long short-term memory: a cell c that gates protect, and h, which is what it shows; both begin at 0.

        i, f, o = σ(xₜ W + hₜ₋₁ R + b), g = tanh(xₜ W + hₜ₋₁ R + b), each with columns of its own
        cₜ = f ⊙ cₜ₋₁ + i ⊙ g
        hₜ = o ⊙ tanh cₜ

    (n, steps, features) becomes (n, units), h after the last step, or (n, steps, units) with `return_sequences`. The columns
    of the parameters belong to the input gate i, the forget gate f, the candidate g and the output gate o, in this order, as in
    PyTorch. Unless `bias_init` is given, the bias of the forget gate begins at 1 and the others at 0, so that an untrained cell
    remembers.
    Source: Hochreiter, Schmidhuber, "Long short-term memory", Neural Computation 9, 1997; Gers, Schmidhuber, Cummins,
    "Learning to forget", Neural Computation 12, 2000; Jozefowicz, Zaremba, Sutskever, "An empirical exploration of recurrent
    network architectures", ICML 2015.

    >>> import chainrule as cr
    >>> net = cr.Network(LSTM(2), cr.Dense(1)).build((40, 13))
    >>> net.params["lstm1/bias"]
    array([0., 0., 1., 1., 0., 0., 0., 0.], dtype=float32)
    """

    bias_init: InitializerLike = field(default=None, kw_only=True)
    gates: ClassVar[int] = 4

    def _each_gate(self, init: InitializerLike, draw: Draw, shape: tuple[int, ...], argument: str) -> NDArray[Any]:
        if init is None:
            return np.repeat([0.0, 1.0, 0.0, 0.0], self.units)
        return super()._each_gate(init, draw, shape, argument)

    def states(self, z: Node, params: Nodes, mask: Node | None) -> Node:
        """hₜ for all steps."""
        return lstm(z, params["recurrent_weight"], mask, self.reverse)


@dataclass(eq=False)
class GRU(Recurrent):
    """Gated recurrent units: the reset gate r says what of the state the candidate g sees, the update gate u what stays.

        r, u = σ(xₜ W + b + hₜ₋₁ R + b_R), each with columns of its own
        g = tanh(xₜ W + b + r ⊙ (hₜ₋₁ R + b_R))
        hₜ = (1 − u) ⊙ g + u ⊙ hₜ₋₁, from h = 0 on

    (n, steps, features) becomes (n, units), or (n, steps, units) with `return_sequences`. As in PyTorch, the reset gate acts
    after the product with R, which therefore has a bias of its own, `recurrent_bias`, and the columns of the parameters belong
    to r, u and g, in this order.
    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014.

    >>> import chainrule as cr
    >>> net = cr.Network(GRU(8), cr.Dense(1)).build((40, 13))
    >>> [f"{name} {array.shape}" for name, array in net.params.items() if "gru" in name]
    ['gru1/weight (13, 24)', 'gru1/recurrent_weight (8, 24)', 'gru1/bias (24,)', 'gru1/recurrent_bias (24,)']
    """

    gates: ClassVar[int] = 3

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """weight, recurrent_weight, bias and recurrent_bias."""
        params, state = super().init(input_shape, draw)
        return {**params, "recurrent_bias": self._each_gate(self.bias_init, draw, (self.units,), "bias_init")}, state

    def states(self, z: Node, params: Nodes, mask: Node | None) -> Node:
        """hₜ for all steps."""
        return gru(z, params["recurrent_weight"], params["recurrent_bias"], mask, self.reverse)


@dataclass(eq=False)
class Bidirectional(Layer):
    """A recurrent layer that reads forward, and its like that reads in reverse, their outputs joined along the last axis.

    (n, steps, features) becomes (n, 2 · units), what each gives after its last step, or (n, steps, 2 · units) if the layer has
    `return_sequences`. Each has parameters of its own, ``forward/…`` and ``backward/…``.
    Source: Schuster, Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions on Signal Processing 45, 1997.

    >>> import chainrule as cr
    >>> cr.Network(Bidirectional(LSTM(8)), cr.Dense(1)).build((40, 13)).params["dense1/weight"].shape
    (16, 1)
    """

    layer: Recurrent

    def __post_init__(self) -> None:
        if not isinstance(self.layer, Recurrent):
            raise ArgumentError(
                f"Bidirectional takes a recurrent layer, such as LSTM(64), but was given {self.layer!r}."
            )
        forward = replace(self.layer, name="forward")
        self._both = Concatenate(forward, replace(forward, name="backward", reverse=not forward.reverse))

    def children(self) -> list[tuple[str, Layer]]:
        """The two layers, with their names."""
        return self._both.children()

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """The params of both."""
        return self._both.init(input_shape, draw)

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """The outputs of both, side by side."""
        return self._both.apply(params, state, x, mode)

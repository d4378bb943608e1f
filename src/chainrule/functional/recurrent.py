"""Recurrences over the steps of sequences: simple recurrent units, LSTM and GRU.

Each takes z = x @ W + b, the share of the input, for all steps at once: (n, steps, gates · units), and gives every state,
(n, steps, units), from a state of zeros on. `mask`, truth values (n, steps), says which steps are real; a step that is padding
keeps the state as it is. In `reverse`, a recurrence begins with the last step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.functional.activations import Activation
from chainrule.graph import ROWS, Node, TensorType, broadcast_to, const
from chainrule.graph.body import Body
from chainrule.graph.primitives import broadcast, concat, contract, logistic, scan, select, tanh

Nodes = tuple[Node, ...]
Cell = Callable[[Node, Nodes, Nodes], tuple[Sequence[Node], Sequence[Node]]]


def recurrence(
    cell: Cell, z: Node, sizes: Sequence[int], kept: int, constants: Sequence[Node], mask: Node | None, reverse: bool
) -> Node:
    """Every state of `cell`, side by side: its states, of the given sizes, and `kept` more numbers that a step puts out.

    `cell(z, states, constants)` gives the next states, and what else is to be at hand for the derivative. A recurrence within
    a cell runs with ``backend="numpy"`` alone.

    >>> from chainrule.graph import input
    >>> z = input("z", (ROWS, 7, 4))
    >>> recurrence(lambda z, states, _: ([z + states[0]], []), z, [4], 0, [], None, False)
    <scan: float32[n, 7, 4]>
    """

    def step(state: Node, xs: Nodes, cs: Nodes) -> Node:
        ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
        whole = len(sizes) == 1 and not kept
        states = (state,) if whole else tuple(state[:, end - k : end] for end, k in zip(ends, sizes, strict=True))
        new, more = cell(xs[0], states, cs)
        if mask is not None:
            real = [broadcast(xs[1], s.shape, (1,)) for s in states]
            new = [select(*parts) for parts in zip(real, new, states, strict=True)]
        parts = [*new, *more]
        return concat(parts, axis=1) if len(parts) > 1 else parts[0]

    sequences = [z] if mask is None else [z, mask]
    state = TensorType((ROWS, sum(sizes) + kept), z.dtype)
    read = [TensorType((ROWS, *x.shape[2:]), x.dtype) for x in sequences]
    body = Body.of(step, state, read, [c.type for c in constants])
    start = broadcast_to(const(0.0, z.dtype), state.shape)
    return scan([start, *sequences, *constants], body, reverse)


def simple_rnn(
    z: Node, recurrent_weight: Node, activation: Activation = tanh, mask: Node | None = None, reverse: bool = False
) -> Node:
    """hₜ = f(zₜ + hₜ₋₁ R).

    Source: Elman, "Finding structure in time", Cognitive Science 14, 1990.

    >>> from chainrule.graph import input
    >>> simple_rnn(input("z", (ROWS, 7, 4)), input("recurrent_weight", (4, 4)))
    <scan: float32[n, 7, 4]>
    """

    def cell(z: Node, states: Nodes, cs: Nodes) -> tuple[Sequence[Node], Sequence[Node]]:
        return [activation(z + contract(states[0], cs[0], "bi,io->bo"))], []

    return recurrence(cell, z, [_units(recurrent_weight)], 0, [recurrent_weight], mask, reverse)


def lstm(z: Node, recurrent_weight: Node, mask: Node | None = None, reverse: bool = False) -> Node:
    """Long short-term memory: a cell c that gates protect, and h, which is what it shows.

        (i, f, g, o) = zₜ + hₜ₋₁ R, σ of i, f and o, tanh of g
        cₜ = f ⊙ cₜ₋₁ + i ⊙ g
        hₜ = o ⊙ tanh cₜ

    The columns of z and R hold the input gate i, the forget gate f, the candidate g and the output gate o, in this order.
    Source: Hochreiter, Schmidhuber, "Long short-term memory", Neural Computation 9, 1997; Gers, Schmidhuber, Cummins,
    "Learning to forget", Neural Computation 12, 2000.

    >>> from chainrule.graph import input
    >>> lstm(input("z", (ROWS, 7, 16)), input("recurrent_weight", (4, 16)))
    <slice: float32[n, 7, 4]>
    """
    units = _units(recurrent_weight)

    def cell(z: Node, states: Nodes, cs: Nodes) -> tuple[Sequence[Node], Sequence[Node]]:
        h, c = states
        total = z + contract(h, cs[0], "bi,io->bo")
        i, f, g, o = (total[:, k * units : (k + 1) * units] for k in range(4))
        i, f, g, o = logistic(i), logistic(f), tanh(g), logistic(o)
        new = f * c + i * g
        shown = tanh(new)
        return [o * shown, new], [i, f, g, o, shown]

    states = recurrence(cell, z, [units, units], 5 * units, [recurrent_weight], mask, reverse)
    return states[:, :, :units]


def gru(z: Node, recurrent_weight: Node, recurrent_bias: Node, mask: Node | None = None, reverse: bool = False) -> Node:
    """Gated recurrent unit: the reset gate r says what of the state the candidate sees, the update gate u what stays.

        (a, b, c) = zₜ,  (a′, b′, c′) = hₜ₋₁ R + b_R
        r = σ(a + a′),  u = σ(b + b′),  g = tanh(c + r ⊙ c′)
        hₜ = (1 − u) ⊙ g + u ⊙ hₜ₋₁

    The reset gate acts after the product with R, as in PyTorch; the columns of z, R and b_R are those of r, u and g.
    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014.

    >>> from chainrule.graph import input
    >>> gru(input("z", (ROWS, 7, 12)), input("recurrent_weight", (4, 12)), input("recurrent_bias", (12,)))
    <slice: float32[n, 7, 4]>
    """
    units = _units(recurrent_weight)

    def cell(z: Node, states: Nodes, cs: Nodes) -> tuple[Sequence[Node], Sequence[Node]]:
        (h,) = states
        own = contract(h, cs[0], "bi,io->bo") + cs[1]
        r, u = (logistic(z[:, k * units : (k + 1) * units] + own[:, k * units : (k + 1) * units]) for k in range(2))
        seen = own[:, 2 * units :]
        g = tanh(z[:, 2 * units :] + r * seen)
        return [(1.0 - u) * g + u * h], [r, u, seen, g]

    states = recurrence(cell, z, [units], 4 * units, [recurrent_weight, recurrent_bias], mask, reverse)
    return states[:, :, :units]


def _units(recurrent_weight: Node) -> int:
    return int(recurrent_weight.shape[0])  # type: ignore[arg-type]

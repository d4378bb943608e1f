"""The rows of `scan` in the table of cases: recurrences of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.graph import ROWS, Node, TensorType
from chainrule.graph import primitives as p
from chainrule.graph.body import Body

Array = NDArray[Any]
Loop = tuple[str, tuple[Array, ...], dict[str, Any], tuple[int, ...]]  # a note, operands, the call, which have rows

_rng = np.random.default_rng(1990)


def some(*shape: int) -> Array:
    """Normal numbers."""
    return _rng.normal(size=shape)


def _body(step: Callable[..., Node], sequences: int) -> Callable[[list[Node]], Body]:
    """The body of a scan whose step is `step(state, *what is read, *constants)`, of the types of the nodes."""

    def made(nodes: list[Node]) -> Body:
        start, *rest = nodes
        read = [TensorType((ROWS, *x.shape[2:]), x.dtype) for x in rest[:sequences]]
        constants = [x.type for x in rest[sequences:]]
        return Body.of(lambda s, xs, cs: step(s, *xs, *cs), start.type, read, constants)

    return made


def _lstm(s: Node, x: Node, w: Node, b: Node) -> Node:
    """A state in parts, and further parts that a step puts out."""
    k = w.shape[0]
    z = x + s[:, :k] @ w + b
    i, f, g = p.logistic(z[:, :k]), p.logistic(z[:, k : 2 * k]), p.tanh(z[:, 2 * k :])
    c = f * s[:, k : 2 * k] + i * g
    return p.concat([p.tanh(c), c, i, f, g])


def _tangled(s: Node, x: Node, w: Node, v: Node) -> Node:
    """A weight used twice and turned, what is made of constants alone, and parts that overlap."""
    turned = p.transpose(w, (1, 0)) * v
    return p.tanh(s @ w + x @ turned + 0.5 * p.concat([s[:, 1:], s[:, :1]]) + p.reduce_sum(v))


def _loops() -> Iterator[Loop]:
    for n, t, k in ((3, 4, 2), (1, 1, 1), (5, 3, 17), (2, 2, 32), (3, 0, 2), (0, 2, 3)):
        h, x, w = some(n, k), some(n, t, k), 0.5 * some(k, k) / k
        for back in (False, True):
            call = {"body": _body(lambda s, x: s + x, 1), "reverse": back}
            yield (f"a running sum, reverse {back}", (h, x), call, (0, 1))
            call = {"body": _body(lambda s, x, w: p.tanh(x + s @ w), 1), "reverse": back}
            yield (f"recurrent, reverse {back}", (h, x, w), call, (0, 1))
    for n, t, k in ((3, 4, 2), (2, 2, 16), (4, 2, 7)):
        weights = (0.5 * some(k, 3 * k) / k, 0.1 * some(3 * k))
        operands = (some(n, 5 * k), some(n, t, 3 * k), *weights)
        yield (f"parts of {k}", operands, {"body": _body(_lstm, 1), "reverse": t % 3 == 2}, (0, 1))
    tangled = (some(3, 4), some(3, 2, 4), 0.3 * some(4, 4), np.array(0.7))
    yield ("tangled", tangled, {"body": _body(_tangled, 1)}, (0, 1))
    real = np.array([[True, True, False], [False, True, False], [True, False, True]])

    def masked(s: Node, x: Node, real: Node) -> Node:
        return p.select(p.broadcast(real, s.shape, (1,)), 0.5 * s * x, s)

    yield ("masked", (some(3, 2), some(3, 3, 2), real), {"body": _body(masked, 2)}, (0, 1, 2))

    def matrices(s: Node, x: Node, y: Node) -> Node:
        return p.contract(x, s, "nab,nb->na") * p.broadcast(y, s.shape, (1,))

    operands = (some(2, 3), some(2, 4, 3, 3), some(2, 4))
    yield ("matrices", operands, {"body": _body(matrices, 2)}, (0, 1, 2))

    def looked_up(s: Node, ids: Node, table: Node) -> Node:
        return p.tanh(s + p.take(table, ids))

    ids = np.array([[0, 2, 2], [1, 0, 2]], np.int32)
    yield ("looked up", (some(2, 3), ids, some(3, 3)), {"body": _body(looked_up, 1)}, (0, 1))
    leaky = {"body": _body(lambda s, x: p.maximum(x + s, 0.0) - 0.5 * p.abs(s), 1)}
    kinked = (np.array([[0.5, -0.3]]), np.array([[[0.7, 0.0], [-2.0, 1.0]]]))
    yield ("decisions", kinked, leaky, (0, 1))
    yield ("no memory", (some(2, 3), some(2, 2, 3)), {"body": _body(lambda s, x: p.exp(x), 1)}, (0, 1))
    yield ("nothing new", (some(2, 3), some(2, 2, 3)), {"body": _body(lambda s, x: s, 1)}, (0, 1))


LOOPS: list[Loop] = list(_loops())

"""What the tests compare with: the value of a node, finite differences, and the criterion that a gradient must meet.

check = check_gradients(loss, {"x": x, "w": w})
assert check.error <= TOLERANCE and check.kinks == 0
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends.numpy_ import evaluate
from chainrule.graph import ROWS, Graph, Node, gradients

Array = NDArray[Any]
Arrays = Mapping[str, Any]

TOLERANCE = 1e-7  # what `gradient_error` may be, in float64

# Steps of a power of two make x ± h exact for most x. Derivatives are estimated with the steps h, 2h and 4h.
STEP = 2.0**-10
_LEVELS = (1, 2, 4)


def finite_difference(
    f: Callable[[Array], float],
    x: Any,
    *,
    h: float = STEP,
    decisions: Callable[[Array], object] | None = None,
) -> Array:
    """The derivative of f at x in float64, every coordinate, by fourth-order central differences.

        f'(x) ≈ (f(x − 2h) − 8 f(x − h) + 8 f(x + h) − f(x + 2h)) / 12h

    It is estimated with the steps h, 2h and 4h; of these, the two neighbours that agree best say which is taken. If
    `decisions(x)` is given, it tells which side of its kinks f is on: an estimate whose points are on several sides is not
    used, and a coordinate that has no other is NaN. Count these, for example with `np.isnan(...).sum()`.
    """
    x = np.array(x, dtype=np.float64)
    result = np.empty_like(x)
    here = decisions(x) if decisions else None
    for index in np.ndindex(x.shape):

        def along(offset: int, index: tuple[int, ...] = index) -> tuple[float, bool]:
            moved = x.copy()
            moved[index] += offset * h
            return f(moved), decisions is None or decisions(moved) == here

        result[index] = _estimate({k: along(k) for k in (-8, -4, -2, -1, 1, 2, 4, 8)}, h)
    return result


def _estimate(points: dict[int, tuple[float, bool]], h: float) -> float:
    estimates = [
        (points[-2 * k][0] - 8 * points[-k][0] + 8 * points[k][0] - points[2 * k][0]) / (12 * k * h)
        for k in _LEVELS
        if all(points[i][1] for i in (-2 * k, -k, k, 2 * k))
    ]
    if len(estimates) < 2:
        return estimates[0] if estimates else np.nan
    return min(itertools.pairwise(estimates), key=lambda pair: abs(pair[0] - pair[1]))[0]


def gradient_error(g: Any, fd: Any) -> float:
    """The largest error of a gradient, |g − fd| / max(|g|, 10⁻³ max|g|), or max|fd| if g is zero; NaN if any number is."""
    g, fd = np.asarray(g, dtype=np.float64), np.asarray(fd, dtype=np.float64)
    assert g.shape == fd.shape
    if g.size == 0:
        return 0.0
    largest = np.abs(g).max()
    return float(np.max(np.abs(g - fd) / np.maximum(np.abs(g), 1e-3 * largest) if largest else np.abs(fd)))


class Evaluator:
    """The outputs of a graph as a function of arrays, by the NumPy backend's `evaluate`: one node after another."""

    def __init__(self, outputs: Sequence[Node]) -> None:
        self.graph = Graph.of(outputs)

    def __call__(self, inputs: Arrays, rows: int | None = None) -> dict[Node, Array]:
        """The value of every node; the number of rows is that of the inputs unless it is given."""
        values: dict[Node, Array] = {}
        with np.errstate(all="ignore"):
            for name, node in self.graph.inputs.items():
                values[node] = np.asarray(inputs[name], dtype=node.dtype.numpy)
                shape = values[node].shape
                assert len(shape) == node.rank, f"{name} has shape {shape}, but is {node.type}"
                assert all(dim in (ROWS, n) for dim, n in zip(node.shape, shape, strict=True)), f"{name}: {shape}"
            counts = {values[x].shape[0] for x in self.graph.inputs.values() if x.shape[:1] == (ROWS,)}
            counts |= set() if rows is None else {rows}
            assert len(counts) <= 1, f"there are different numbers of rows: {counts}"
            n = counts.pop() if counts else 0
            for node in self.graph.nodes:
                if node.op != "input":
                    values[node] = evaluate(node, [values[x] for x in node.inputs], n)
        return values


def run(outputs: Node | Sequence[Node], inputs: Arrays, rows: int | None = None) -> Any:
    """The value of a node, or a list of values for a sequence of nodes, given the inputs by name.

    `rows` is only needed where the outputs have rows and do not depend on any input that has.
    """
    wanted = [outputs] if isinstance(outputs, Node) else list(outputs)
    values = Evaluator(wanted)(inputs, rows)
    found = [values[node] for node in wanted]
    return found[0] if isinstance(outputs, Node) else found


# Where the derivative of a graph can jump, and what tells on which side of the jump a value is.
_DECISIONS: dict[str, Callable[..., Array]] = {
    "maximum": lambda y, x1, x2: x1 > x2,
    "abs": lambda y, x: np.sign(x),
    "floor": lambda y, x: y,
    "less": lambda y, x1, x2: y,
    "equal": lambda y, x1, x2: y,
    "argmax": lambda y, x: y,
}


def _steps(node: Node, states: Array, operands: list[Array]) -> Iterator[dict[Node, Array]]:
    """The values of the nodes of each step of a scan."""
    body, (start, *rest) = node.attributes["body"], operands
    names, k = [x.attributes["name"] for x in body.inputs], len(body.sequences)
    order = sorted(range(states.shape[1]), reverse=node.attributes["reverse"])
    for before, t in zip([start, *(states[:, t] for t in order)], order, strict=False):
        given = (before, *(x[:, t] for x in rest[:k]), *rest[k:])
        yield Evaluator([body.output])(dict(zip(names, given, strict=True)), len(start))


def _decisions(values: dict[Node, Array]) -> bytes:
    """Every decision that was taken on the way, as bytes that can be compared."""
    found = []
    for node, y in values.items():
        xs = [values[x] for x in node.inputs]
        if node.op == "scan" and any(x.op in _DECISIONS for x in node.attributes["body"].graph.nodes):
            found.extend(_decisions(step) for step in _steps(node, y, xs))
        elif node.op in _DECISIONS:
            found.append(np.asarray(_DECISIONS[node.op](y, *xs)).tobytes())
        elif node.op == "reduce_max":
            found.append((xs[0] == np.expand_dims(y, node.attributes["axes"])).tobytes())
        elif node.op == "cast" and not node.dtype.is_float:
            found.append(y.tobytes())
    return b"".join(found)


@dataclass(frozen=True)
class GradientCheck:
    """The largest error of any gradient, how many coordinates were compared, and how many lie at a kink and were not."""

    error: float
    coordinates: int
    kinks: int


def check_gradients(loss: Node, inputs: Arrays, wrt: Sequence[Node] | None = None, *, h: float = STEP) -> GradientCheck:
    """Compare the gradients of a scalar with finite differences, every coordinate of every input in `wrt`.

    Without `wrt` these are all float64 inputs of the loss. A coordinate lies at a kink if a decision of the graph (which of
    two numbers is larger, the sign of an |x|, a comparison) turns out differently at the points of the smallest difference.
    """
    forward = Evaluator([loss])
    known = forward.graph.inputs
    wanted = list(known.values()) if wrt is None else list(wrt)
    wanted = [x for x in wanted if x.dtype.is_float]
    rows = next((len(inputs[x.attributes["name"]]) for x in (*wanted, *known.values()) if x.shape[:1] == (ROWS,)), None)
    found = run(gradients(loss, wanted), inputs, rows)
    error, coordinates, kinks = 0.0, 0, 0
    for x, g in zip(wanted, found, strict=True):
        name = x.attributes["name"]
        assert x.dtype.value == "float64", f"{name} is {x.type}; finite differences need float64"
        latest: list[tuple[bytes, dict[Node, Array]]] = []

        def at(value: Array, name: str = name, latest: list[Any] = latest) -> dict[Node, Array]:
            key = value.tobytes()
            if not latest or latest[0][0] != key:
                latest[:] = [(key, forward({**inputs, name: value}, rows))]
            return latest[0][1]

        fd = finite_difference(
            lambda v, at=at: at(v)[loss], inputs[name], h=h, decisions=lambda v, at=at: _decisions(at(v))
        )
        smooth = ~np.isnan(fd) | np.isnan(g)
        coordinates += int(smooth.sum())
        kinks += int((~smooth).sum())
        # the scale is that of the whole array, kinks included
        error = float(
            np.maximum(error, gradient_error(g, np.where(smooth, fd, g)))
        )  # unlike max, it lets a NaN through
    return GradientCheck(error, coordinates, kinks)


def philox4x32_10(key: Sequence[int], counter: Sequence[int]) -> list[int]:
    """Four 32-bit words from two and four, in whole numbers of Python: the algorithm as its paper has it.

    Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, sections 3.3 and 4.
    """
    left0, right0, left1, right1 = counter  # in the paper's words: two Feistel-like pairs
    k0, k1 = key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * left0, 2**32)
        high1, low1 = divmod(0xCD9E8D57 * left1, 2**32)
        left0, right0, left1, right1 = high1 ^ right0 ^ k0, low1, high0 ^ right1 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return [left0, right0, left1, right1]

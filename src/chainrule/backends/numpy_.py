"""The NumPy backend: the definition of every primitive, in one table, and the plainest way to run a step.

It computes in whatever dtype the graph has. It is the oracle for every other backend.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends.base import (
    Again,
    Array,
    Arrays,
    Failure,
    Result,
    again_by_runs,
    check_arguments,
    check_order,
    usual_record,
    value_at,
)
from chainrule.graph import ROWS, Graph, Node, Shape, Step, count
from chainrule.graph.body import Body
from chainrule.graph.passes import simplify
from chainrule.graph.primitives.contraction import split_spec
from chainrule.random import philox4x32

Evaluator = Callable[..., Array]


def evaluate(node: Node, inputs: Sequence[Array], rows: int = 0) -> Array:
    """The value of one node, given those of its inputs and the number of rows."""
    value = EVALUATE[node.op](*inputs, **_concrete(node, rows))
    return np.asarray(value, dtype=node.dtype.numpy)


def _concrete(node: Node, rows: int) -> dict[str, Any]:
    """The attributes of a node, with the number of rows put in where a shape has its symbol."""
    attributes = dict(node.attributes)
    if "shape" in attributes:
        attributes["shape"] = _sized(attributes["shape"], rows)
    return attributes


def _sized(shape: Shape, rows: int) -> tuple[int, ...]:
    return tuple(rows if dim is ROWS else dim for dim in shape)


def _plain(x: Array) -> Array:
    """`x` in row-major order, with the strides that follow from its shape.

    NumPy and BLAS choose the order of a sum by the strides of what they add up. In this form the bits of a result depend on
    values and shapes alone, not on which view of memory an operand happened to be.
    """
    return x.ravel().reshape(x.shape)


def _maximum(x1: Array, x2: Array) -> Array:
    # np.maximum leaves the sign of a zero open; here a tie is x2, and a NaN on either side is a NaN.
    return np.where((x1 > x2) | (x1 != x1), x1, x2)


def _logistic(x: Array) -> Array:
    e = np.exp(-np.abs(x))  # never overflows, and keeps full precision on both sides
    return np.asarray(np.where(x < 0, e, np.ones_like(e)) / (1 + e))


def _softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _erf(x: Array) -> Array:
    from scipy.special import erf

    return np.asarray(erf(x))


def _contract(x: Array, y: Array, spec: str) -> Array:
    """A contraction as one (batched) matrix product: einsum alone would never reach BLAS."""
    a, b, c = split_spec(spec)
    batch = [letter for letter in c if letter in a and letter in b]
    left = [letter for letter in c if letter not in b]
    right = [letter for letter in c if letter not in a]
    inner = [letter for letter in a if letter in b and letter not in c]
    if np.may_share_memory(x, y):  # BLAS has a way of its own for x xᵀ, with other bits
        y = y.copy()
    size = {**dict(zip(a, x.shape, strict=True)), **dict(zip(b, y.shape, strict=True))}

    def matrix(array: Array, letters: str, *groups: list[str]) -> Array:
        turned = _plain(array).transpose([letters.index(letter) for group in groups for letter in group])
        return turned.reshape([size[letter] for letter in batch] + [_product(size, group) for group in groups[1:]])

    product = np.matmul(matrix(x, a, batch, left, inner), matrix(y, b, batch, inner, right))
    letters = batch + left + right
    unfolded = product.reshape([size[letter] for letter in letters])
    return np.asarray(unfolded.transpose([letters.index(letter) for letter in c]))


def _product(size: dict[str, int], letters: Iterable[str]) -> int:
    result = 1
    for letter in letters:
        result *= size[letter]
    return result


def _broadcast(x: Array, shape: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    return np.broadcast_to(np.expand_dims(x, axes), shape)


def _pad(x: Array, widths: tuple[tuple[int, int], ...], value: float) -> Array:
    wide = [dim + low + high for dim, (low, high) in zip(x.shape, widths, strict=True)]
    result = np.full(wide, value, dtype=x.dtype)
    result[tuple(slice(low, low + dim) for dim, (low, _) in zip(x.shape, widths, strict=True))] = x
    return result


def _slice(x: Array, start: tuple[int | None, ...], stop: tuple[int | None, ...]) -> Array:
    return x[tuple(itertools.starmap(slice, zip(start, stop, strict=True)))]


def _windows(x: Array, axes: Any, size: Any, stride: Any, dilation: Any) -> Array:
    reach = tuple((k - 1) * d + 1 for k, d in zip(size, dilation, strict=True))
    view = np.lib.stride_tricks.sliding_window_view(x, reach, axes)
    steps = dict(zip(axes, stride, strict=True))
    places = [slice(None, None, steps.get(axis, 1)) for axis in range(x.ndim)]
    return np.asarray(view[(*places, *(slice(None, None, d) for d in dilation))])


def _fold(x: Array, lengths: Any, axes: Any, size: Any, stride: Any, dilation: Any) -> Array:
    rank = x.ndim - len(axes)
    whole = dict(zip(axes, lengths, strict=True))
    result = np.zeros([whole.get(axis, dim) for axis, dim in enumerate(x.shape[:rank])], dtype=x.dtype)
    for offset in np.ndindex(*size):
        places = [slice(None)] * rank
        for axis, k, s, d in zip(axes, offset, stride, dilation, strict=True):
            places[axis] = slice(k * d, k * d + (x.shape[axis] - 1) * s + 1, s)
        result[tuple(places)] += x[(..., *offset)]
    return result


def _scatter_add(values: Array, ids: Array, size: int) -> Array:
    table = np.zeros((size, *values.shape[ids.ndim :]), dtype=values.dtype)
    np.add.at(table, ids, values)
    return table


def _within(ids: Array) -> tuple[Array, Array]:
    """The row of each id, and the ids: what names elements within rows."""
    return np.arange(len(ids)).reshape(-1, *[1] * (ids.ndim - 1)), ids


def _scatter_within(values: Array, ids: Array, size: int) -> Array:
    result = np.zeros((len(ids), size, *values.shape[ids.ndim :]), dtype=values.dtype)
    np.add.at(result, _within(ids), values)
    return result


def _random_bits(key: Array, counter: Array, shape: tuple[int, ...], layer: int, bits: int) -> Array:
    n = count(shape)
    blocks = np.arange(-(-n // (4 * 32 // bits)), dtype=np.uint64)
    step, epoch = int(counter[0]), int(counter[1])
    words = philox4x32((int(key[0]), int(key[1])), (blocks, layer, step, epoch)).reshape(-1)
    if bits == 16:
        words = np.stack([words & np.uint32(0xFFFF), words >> np.uint32(16)], axis=-1).reshape(-1)
    return words[:n].reshape(shape)


def _scan(start: Array, *operands: Array, body: Body, reverse: bool) -> Array:
    """A plain loop over the steps."""
    sequences, constants = operands[: len(body.sequences)], operands[len(body.sequences) :]
    steps, state = sequences[0].shape[1], start
    states = np.zeros((len(start), steps, start.shape[1]), start.dtype)
    inputs, plan, output = _plan_of(body)
    for t in range(steps)[:: -1 if reverse else 1]:
        given = dict(zip(inputs, (state, *(x[:, t] for x in sequences), *constants), strict=True))
        state = states[:, t] = _evaluate_all(plan, given, len(start))[output]
    return states


@lru_cache(maxsize=64)
def _plan_of(body: Body) -> tuple[tuple[Node, ...], list[Any], Node]:
    """How to evaluate a body: its inputs, its nodes in order, and its output."""
    return body.inputs, _plan([body.output]), body.output


EVALUATE: dict[str, Evaluator] = {
    "const": lambda value: value,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "maximum": _maximum,
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "logistic": _logistic,
    "softplus": _softplus,
    "erf": _erf,
    "sin": np.sin,
    "cos": np.cos,
    "floor": np.floor,
    "less": np.less,
    "equal": np.equal,
    "select": np.where,
    "argmax": np.argmax,
    "cast": lambda x, dtype: x.astype(dtype.numpy),
    "stop_gradient": lambda x: x,
    # The sum of one number is that number: np.sum over no axes would turn -0 into 0.
    "reduce_sum": lambda x, axes: np.sum(_plain(x), axis=axes, dtype=x.dtype) if axes else x,
    "reduce_max": lambda x, axes: np.max(_plain(x), axis=axes),
    "contract": _contract,
    "broadcast": _broadcast,
    "reshape": np.reshape,
    "transpose": lambda x, permutation: np.transpose(x, permutation),
    "pad": _pad,
    "slice": _slice,
    "concat": lambda *xs, axis: np.concatenate(xs, axis=axis),
    "windows": _windows,
    "fold": _fold,
    "take": lambda table, ids: np.take(table, ids, axis=0),
    "scatter_add": _scatter_add,
    "take_within": lambda x, ids: x[_within(ids)],
    "scatter_within": _scatter_within,
    "random_bits": _random_bits,
    "scan": _scan,
}

# The value of these may be a view of their input, so it must be copied before a state is overwritten.
_VIEWS = frozenset({"input", "broadcast", "reshape", "transpose", "slice", "windows", "stop_gradient", "reduce_sum"})


class NumpyBackend:
    """Runs a step by evaluating its nodes one after another."""

    name = "numpy"

    def compile(self, step: Step, *, rows: int | None = None, threads: int | None = None) -> NumpyProgram:
        """Simplify the step and decide the order of evaluation."""
        with np.errstate(all="ignore"):
            return NumpyProgram(simplify(step, evaluate))


class NumpyProgram:
    """A step as a list of nodes, each with the nodes that nobody needs after it."""

    def __init__(self, step: Step) -> None:
        self.step = step
        always = (*step.update.values(), *step.metrics.values(), *step.rows.values(), *step.checks.values())
        self._given = {
            kind: [(name, node) for name, node in group.items()]
            for kind, group in (("state", step.state), ("data", step.data), ("scalars", step.scalars))
        }
        self._usual = _plan(always)
        self._with_health = _plan((*always, *step.health.values()))

    def run(
        self,
        state: MutableMapping[str, Array],
        data: Arrays,
        order: NDArray[np.int64],
        bounds: NDArray[np.int64],
        scalars: Arrays,
        record: NDArray[np.bool_] | None = None,
    ) -> Result:
        """See `Program.run`."""
        step, n_steps = self.step, len(bounds) - 1
        check_arguments(step, state, data, scalars, n_steps)
        check_order(data, order, bounds)
        metrics: dict[str, list[Array]] = {name: [] for name in step.metrics}
        health: dict[str, list[Array]] = {name: [] for name in step.health}
        rows: dict[str, list[Array]] = {name: [] for name in step.rows}
        record = usual_record(n_steps) if record is None else record
        failure = None
        done = 0
        with np.errstate(all="ignore"):
            for k in range(n_steps):
                batch = order[bounds[k] : bounds[k + 1]]
                given = self._inputs(state, data, batch, scalars, k)
                recorded = record[k]
                values = _evaluate_all(self._with_health if recorded else self._usual, given, len(batch))
                failure = self._check(values, given, len(batch), k)
                if failure:
                    break
                _append(metrics, step.metrics, values)
                _append(rows, step.rows, values)
                if recorded:
                    _append(health, step.health, values)
                self._commit(state, values)  # last: a report may be of the state before the step
                done += 1
        return Result(
            done=done,
            metrics={name: _stack(values, step.metrics[name]) for name, values in metrics.items()},
            health={name: _stack(values, step.health[name]) for name, values in health.items()},
            rows={name: _join(values, step.rows[name]) for name, values in rows.items()},
            failure=failure,
        )

    def again(self, state: MutableMapping[str, Array], data: Arrays, scalars: Arrays) -> Again:
        """See `Program.again`."""
        return again_by_runs(self, state, data, scalars)

    def _inputs(self, state: Arrays, data: Arrays, batch: Array, scalars: Arrays, k: int) -> dict[Node, Array]:
        given = {node: state[name] for name, node in self._given["state"]}
        for name, node in self._given["data"]:
            given[node] = np.asarray(data[name][batch], dtype=node.dtype.numpy)
        for name, node in self._given["scalars"]:
            given[node] = np.asarray(value_at(scalars[name], node.rank, k), dtype=node.dtype.numpy)
        return given

    def _check(self, values: dict[Node, Array], given: dict[Node, Array], rows: int, k: int) -> Failure | None:
        for name, node in self.step.checks.items():
            if not np.isfinite(values[node]).all():
                return Failure(step=k, check=name, scope=_birthplace(node, given, rows))
        return None

    def _commit(self, state: MutableMapping[str, Array], values: dict[Node, Array]) -> None:
        new = [
            (name, np.array(values[node]) if node.op in _VIEWS else values[node])
            for name, node in self.step.update.items()
        ]
        for name, value in new:
            state[name][...] = value


def _birthplace(check: Node, given: dict[Node, Array], rows: int) -> str:
    """The scope of the first value that is not finite although its inputs are, of those that made `check` not finite.

    What `check` depends on is evaluated once more for this.
    """
    values = dict(given)
    for node in Graph.of([check]).nodes:
        if node not in values:
            values[node] = evaluate(node, [values[x] for x in node.inputs], rows)
    sources: list[Node] = []
    followed = {check}
    pending = [check]
    while pending:
        node = pending.pop()
        before = [x for x in node.inputs if not np.isfinite(values[x]).all()]
        if not before:
            sources.append(node)
        pending.extend(x for x in before if x not in followed)
        followed.update(before)
    first = min(sources, key=lambda node: node.serial)
    return first.scope or str(first.attributes.get("name", ""))


def _append(reports: dict[str, list[Array]], nodes: Mapping[str, Node], values: dict[Node, Array]) -> None:
    for name, node in nodes.items():
        reports[name].append(np.array(values[node]))


def _plan(outputs: Iterable[Node]) -> list[tuple[Node, Evaluator, dict[str, Any], bool, list[Node]]]:
    """Nodes in order, with their meaning, their attributes, whether these need the number of rows, and who is done after them."""
    graph = Graph.of(outputs)
    kept = set(graph.outputs)
    last_use = {x: node for node in graph.nodes for x in node.inputs}
    done: dict[Node, list[Node]] = {}
    for x, user in last_use.items():
        if x not in kept:
            done.setdefault(user, []).append(x)
    return [
        (node, EVALUATE[node.op], dict(node.attributes), ROWS in node.attributes.get("shape", ()), done.get(node, []))
        for node in graph.nodes
        if node.op != "input"
    ]


def _evaluate_all(plan: list[Any], given: dict[Node, Array], rows: int) -> dict[Node, Array]:
    values = dict(given)
    for node, meaning, attributes, sized, done in plan:
        kwargs = _concrete(node, rows) if sized else attributes
        value = meaning(*[values[x] for x in node.inputs], **kwargs)
        values[node] = np.asarray(value, dtype=node.dtype.numpy)
        for x in done:
            del values[x]
    return values


def _stack(values: list[Array], node: Node) -> Array:
    return np.stack(values) if values else np.zeros((0, *_sized(node.shape, 0)), node.dtype.numpy)


def _join(values: list[Array], node: Node) -> Array:
    return np.concatenate(values) if values else np.zeros(_sized(node.shape, 0), node.dtype.numpy)

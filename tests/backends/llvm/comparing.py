"""What the tests of compiled programs share: steps with many outputs, and what each output may differ from NumPy.

Everything is exact (NaN where there is NaN, the sign of a zero included) but functions that have a bound in units in the last
place, and sums, which may be added up in another order: each is within (number of terms) · eps · Σ |terms|.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends import Backend, Result
from chainrule.backends.numpy_ import evaluate
from chainrule.graph import ROWS, Node, Step
from chainrule.graph import primitives as p

Array = NDArray[Any]
Arrays = dict[str, Array]

# Both sides are within half of this of the true value.
ULPS = {
    **dict.fromkeys(("exp", "log", "tanh", "erf", "sin", "cos"), 4),
    **dict.fromkeys(("logistic", "softplus"), 6),
}
ROUNDINGS = 64  # that a state of a scan may be from another, in the largest number there is
SUMS = frozenset({"reduce_sum", "contract", "fold", "scatter_add", "scatter_within"})


def is_exact(node: Node) -> bool:
    """Whether every backend must give the same bits for a node."""
    return not node.dtype.is_float or (node.op not in ULPS and node.op not in SUMS | {"scan"})


def reportable(node: Node) -> bool:
    """Whether a step can report a node: it has rows once, or not at all."""
    return node.shape.count(ROWS) <= 1


def rows_first(node: Node) -> list[int] | None:
    """The order of axes that puts the rows first; None where they are first, or where there are none."""
    if ROWS not in node.shape[1:]:
        return None
    axis = node.shape.index(ROWS)
    return [axis, *(other for other in range(node.rank) if other != axis)]


def reporting(outputs: Mapping[str, Node], state: Mapping[str, Node], data: Mapping[str, Node], **more: Any) -> Step:
    """A step that reports nodes, those with rows among its rows, turned so that the rows come first."""
    metrics = {name: node for name, node in outputs.items() if ROWS not in node.shape}
    rows = {name: node for name, node in outputs.items() if ROWS in node.shape}
    turned = {
        name: node if (order := rows_first(node)) is None else p.transpose(node, order) for name, node in rows.items()
    }
    return Step(state=state, data=data, metrics=metrics, rows=turned, **more)


def reported(result: Result, outputs: Mapping[str, Node]) -> Arrays:
    """The value of each node in the first step of a run, its axes as they are in the graph."""
    found: Arrays = {}
    for name, node in outputs.items():
        if ROWS not in node.shape:
            found[name] = result.metrics[name][0]
        else:
            order = rows_first(node)
            found[name] = result.rows[name] if order is None else result.rows[name].transpose(np.argsort(order))
    return found


def run_once(backend: Backend, step: Step, values: Mapping[str, Array], rows: int) -> Result:
    """One step on `rows` rows, which lie scattered and in reverse among others that it must not read."""
    data: Arrays = {}
    order = 2 * np.arange(rows, dtype=np.int64)[::-1] + 1
    for name in step.data:
        scattered = np.full((2 * rows + 1, *values[name].shape[1:]), 77, values[name].dtype)
        scattered[order] = values[name]
        data[name] = scattered
    state = {name: values[name].copy() for name in step.state}
    scalars = {name: values[name] for name in step.scalars}
    result = backend.compile(step).run(state, data, order, np.array([0, rows]), scalars)
    assert result.failure is None
    assert all(same_bits(state[name], values[name]) for name in state if name not in step.update)
    return result


def same_bits(a: Array, b: Array) -> bool:
    """Whether arrays are equal to the bit, but for the bits of a NaN."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype or not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
        return False
    return a.dtype.kind != "f" or bool((np.signbit(a) == np.signbit(b))[~np.isnan(a)].all())


def agrees(found: Array, node: Node, operands: list[Array], rows: int) -> bool:
    """Whether a value is that of a node, given the values of its inputs, within the bound of its primitive."""
    with np.errstate(all="ignore"):
        expected = evaluate(node, operands, rows)
        if node.op == "reduce_max" and node.dtype.is_float:
            found, expected = found + 0.0, expected + 0.0  # of two zeros, either is the largest
        if is_exact(node):
            return same_bits(found, expected)
        if found.shape != expected.shape or found.dtype != expected.dtype:
            return False
        close = np.abs(found - expected) <= _bound(expected, node, operands, rows)
        equal = (found == expected) | (np.isnan(found) & np.isnan(expected))
        if node.op in ULPS:
            equal &= (np.signbit(found) == np.signbit(expected)) | np.isnan(found)
    return bool((equal | close).all())


def _bound(expected: Array, node: Node, operands: list[Array], rows: int) -> Array:
    eps = np.finfo(expected.dtype).eps
    if node.op in ULPS:
        return np.where(expected == 0, 0, np.maximum(ULPS[node.op] * np.spacing(np.abs(expected)), 0))
    if node.op == "scan":
        return np.asarray(ROUNDINGS * eps * np.abs(expected).max(initial=1.0))
    floats = [x.dtype.kind == "f" for x in operands]
    sizes = [np.abs(x) if is_float else x for x, is_float in zip(operands, floats, strict=True)]
    ones = [np.ones_like(x) if is_float else x for x, is_float in zip(operands, floats, strict=True)]
    terms, scale = evaluate(node, ones, rows), evaluate(node, sizes, rows)
    return np.asarray(np.where(np.isfinite(scale), terms * eps * scale, 0))

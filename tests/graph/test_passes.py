"""Passes: no bit of a result changes, the graph stays legal, and what can be reduced is reduced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from chainrule.backends.numpy_ import evaluate
from chainrule.graph import ROWS, Node, Step, const, gradients, input, scope, verify
from chainrule.graph import primitives as p
from chainrule.graph.passes import fold_constants, rewrite, share, simplify, tidy
from graph.composites import ROW_COUNT, steps
from oracles import run

PASSES: dict[str, Callable[[Step], Step]] = {
    "share": share,
    "fold_constants": lambda step: fold_constants(step, evaluate),
    "tidy": tidy,
    "rewrite with nothing": lambda step: rewrite(step, lambda node: node),
    "simplify": lambda step: simplify(step, evaluate),
}

quick = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def bits(step: Step, values: dict[str, np.ndarray]) -> dict[str, Any]:
    """The bytes of every output, by its name; what is NaN is NaN, whatever its sign and payload."""
    found = run(list(step.outputs), values, ROW_COUNT)
    by_node = dict(zip(step.outputs, found, strict=True))
    result = {}
    for group in ("update", "metrics", "rows", "health", "checks"):
        for name, node in getattr(step, group).items():
            value = by_node[node]
            if node.dtype.is_float:
                value = np.where(np.isnan(value), np.array(np.nan, value.dtype), value)
            result[group, name] = (value.dtype.name, value.shape, value.tobytes())
    return result


@pytest.mark.parametrize("name", PASSES)
@quick
@given(drawn=steps())
def test_no_bit_changes(name: str, drawn: tuple[Step, dict[str, np.ndarray]]) -> None:
    step, values = drawn
    verify(step.graph)
    with np.errstate(all="ignore"):
        after = PASSES[name](step)
    verify(after.graph)
    assert len(after.graph.nodes) <= len(step.graph.nodes)
    assert bits(after, values) == bits(step, values)


@quick
@given(drawn=steps())
def test_simplifying_twice_finds_nothing_more(drawn: tuple[Step, dict[str, np.ndarray]]) -> None:
    step, _ = drawn
    with np.errstate(all="ignore"):
        once = simplify(step, evaluate)
        assert len(simplify(once, evaluate).graph.nodes) == len(once.graph.nodes)


x = input("x", (2, 3), "float64")
v = input("v", (3,), "float64")
c = input("c", (2, 3), "bool")


def number(value: float) -> Node:
    return const(value, "float64")


# A node, and how many nodes are left of it and what it depends on.
REDUCIBLE: dict[str, tuple[Node, int]] = {
    "x · 1": (x * 1.0, 1),
    "1 · x": (1.0 * x, 1),
    "x / 1": (x / 1.0, 1),
    "x − 0": (x - 0.0, 1),
    "−(−x)": (p.neg(-x), 1),
    "−(−(−x))": (p.neg(p.neg(-x)), 2),
    "reshape of a reshape": (p.reshape(p.reshape(p.reshape(x, (6,)), (3, 2)), (1, 6)), 2),
    "reshape there and back": (p.reshape(p.reshape(x, (6,)), (2, 3)), 1),
    "transpose by nothing": (p.transpose(x, (0, 1)), 1),
    "cast to the same": (p.cast(x, "float64"), 1),
    "slice of everything": (p.slice(x, (0, 0), (2, 3)), 1),
    "pad by nothing": (p.pad(x, [(0, 0), (0, 0)]), 1),
    "sum over no axis": (p.reduce_sum(x, ()), 1),
    "stop_gradient": (p.stop_gradient(x), 1),
    "select of the same": (p.select(c, x, x), 1),
    "the same twice": (p.tanh(x) * p.tanh(x), 3),
    "the same sum twice": ((x + v) * (x + v), 5),
    "constants": (x + (number(2.0) * 3.0 + 1.0), 4),
    "constants, then x · 1": (x * (number(0.5) + 0.5), 1),
    "constants of arrays": (x * p.reduce_sum(const(np.ones((2, 3)))), 4),
    "softmax, twice": (p.exp(x) / p.broadcast(p.reduce_sum(p.exp(x), 1), (2, 3), (1,)), 5),
    "the slope of x²": (gradients(p.reduce_sum(x * x), [x])[0], 2),
}

# What must stay: it is not exact, or not the same.
IRREDUCIBLE: dict[str, tuple[Node, int]] = {
    "x + 0": (x + 0.0, 4),  # −0 + 0 is 0
    "x − (−0)": (x - (-0.0), 4),  # −0 − (−0) is 0
    "x · 0": (x * 0.0, 4),  # ∞ · 0 is NaN
    "x − x": (x - x, 2),
    "x / x": (x / x, 2),
    "0 − x": (0.0 - x, 4),
    "two zeros": (p.maximum(p.maximum(x, 0.0), -0.0), 7),
    "a square transposed": (p.transpose(p.broadcast(v, (3, 3), (0,)), (1, 0)), 3),
    "padded with both zeros": (p.concat([p.pad(v, [(1, 0)], 0.0), p.pad(v, [(1, 0)], -0.0)]), 4),
    "both zeros": (p.concat([const([0.0]), const([-0.0]), v]), 4),
    "a cast there and back": (p.cast(p.cast(x, "float32"), "float64"), 3),
    "a broadcast of a constant": (p.broadcast(number(2.0), (1000, 1000), (0, 1)), 2),
    "different axes": (p.reduce_sum(x, 0)[0] + p.reduce_sum(x, 1)[0], 8),
    "true and 1": (p.cast(const(True), "float64") + p.reduce_sum(x), 4),
}


@pytest.mark.parametrize("case", [*REDUCIBLE, *IRREDUCIBLE])
def test_number_of_nodes_left(case: str) -> None:
    node, left = {**REDUCIBLE, **IRREDUCIBLE}[case]
    state = {x.attributes["name"]: x for x in (x, v, c)}
    step = Step(state=state, checks={"y": node})
    after = simplify(step, evaluate)
    verify(after.graph)
    assert len(after.graph.nodes) == left
    values = {"x": np.array([[0.0, -0.0, np.nan], [np.inf, -np.inf, 2.5]]), "v": np.ones(3), "c": np.ones((2, 3), bool)}
    assert bits(after, values) == bits(step, values)


def test_what_has_rows_is_not_folded() -> None:
    """Random bits of a constant key depend on the number of rows, which is only known when the step runs."""
    key = const([1, 2], "uint32")
    step = Step(rows={"bits": p.random_bits(key, key, (ROWS, 2), layer=0)}, data={"r": input("r", (ROWS,))})
    after = simplify(step, evaluate)
    assert after.rows["bits"].op == "random_bits"
    assert bits(after, {}) == bits(step, {})


def test_scopes_and_origins_outlive_the_passes() -> None:
    w = input("w", (3,), "float64")
    with scope("dense1"):
        y = p.reduce_sum(p.exp(w * 1.0) * w)
    (g,) = gradients(y, [w])
    after = simplify(Step(state={"w": w}, metrics={"y": y, "g": g}), evaluate)
    assert {node.scope for node in after.graph.nodes if node.inputs} == {"dense1", ""}
    origins = [node.origin for node in after.graph.nodes if node.origin is not None]
    assert origins
    assert set(origins) <= set(after.graph.nodes)


def test_the_inputs_of_a_step_stay_the_same_nodes() -> None:
    step = Step(state={"x": x}, update={"x": x * 1.0}, checks={"y": p.neg(-x)})
    after = simplify(step, evaluate)
    assert after.state == {"x": x}
    assert after.update == {"x": x}
    assert after.checks == {"y": x}

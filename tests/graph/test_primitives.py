"""Every primitive: its type rule agrees with its value, and its derivative with finite differences, once and twice."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.backends.numpy_ import EVALUATE, evaluate
from chainrule.graph import PRIMITIVES, ROWS, DType, Node, const, gradients
from chainrule.graph.primitives import cast, reduce_sum
from graph.cases import ALL, Case, of
from oracles import TOLERANCE, check_gradients, run

DIFFERENTIABLE = [case for case in ALL if case.differentiable]


def concrete(node: Node, rows: int) -> tuple[int, ...]:
    return tuple(rows if dim is ROWS else dim for dim in node.shape)


def weights(y: Node, seed: int) -> Node:
    """A random number for each element of y, the same in every row."""
    return const(np.random.default_rng(seed).uniform(0.5, 1.5, concrete(y, 1)), y.dtype)


def bent(y: Node) -> Node:
    """Σ wy + ½ vy² with random w and v: a number whose derivative depends on y even where y is linear."""
    return reduce_sum(weights(y, 1) * y + 0.5 * weights(y, 2) * y * y)


def loss_of(case: Case) -> tuple[Node, list[Node]] | None:
    y, nodes = case.build()
    if not y.dtype.is_float:
        y = cast(y, DType.FLOAT64)
    return bent(y), [x for x in nodes if x.dtype.is_float]


def test_every_primitive_has_cases() -> None:
    assert {case.op for case in ALL} == set(PRIMITIVES)
    assert not [op for op in PRIMITIVES if len(of(op)) < 3]


@pytest.mark.parametrize("precision", ["as written", "single"])
@pytest.mark.parametrize("op", PRIMITIVES)
def test_the_type_rule_agrees_with_the_value(op: str, precision: str) -> None:
    for case in of(op):
        with np.errstate(all="ignore"):
            case = case.single() if precision == "single" else case
            node, _ = case.build()
            value = run(node, case.inputs)
        assert value.shape == concrete(node, case.n_rows), case
        assert value.dtype == node.dtype.numpy, case


@pytest.mark.parametrize("op", [op for op in EVALUATE if op not in ("const", "argmax")])
def test_the_table_of_the_backend_needs_no_conversion(op: str) -> None:
    """What a primitive evaluates to has its dtype by itself: no float64 in the middle of a float32 graph."""
    for case in of(op):
        with np.errstate(all="ignore"):
            case = case.single()
            node, _ = case.build()
            operands = run(list(node.inputs), case.inputs) if node.inputs else []
            attributes = dict(node.attributes)
            if "shape" in attributes:
                attributes["shape"] = concrete(node, case.n_rows)
            value = EVALUATE[op](*operands, **attributes)
        assert np.asarray(value).dtype == node.dtype.numpy, case


@pytest.mark.parametrize("op", dict.fromkeys(case.op for case in DIFFERENTIABLE))
def test_gradient_of(op: str) -> None:
    for case in of(op):
        if case.differentiable:
            loss, wrt = loss_of(case)
            check = check_gradients(loss, case.inputs, wrt, h=case.h)
            assert check.error <= TOLERANCE, case
            assert check.kinks == case.kinks, case
            assert check.coordinates + check.kinks == sum(x.size for x in case.operands if x.dtype == np.float64)


@pytest.mark.parametrize("op", dict.fromkeys(case.op for case in DIFFERENTIABLE))
def test_second_derivative_of(op: str) -> None:
    """A random projection of the gradient, Σ u ∂L/∂x, is differentiated once more."""
    for case in of(op):
        if case.differentiable:
            loss, wrt = loss_of(case)
            projection = None
            for i, g in enumerate(gradients(loss, wrt)):
                part = reduce_sum(weights(g, 3 + i) * g)
                projection = part if projection is None else projection + part
            check = check_gradients(projection, case.inputs, wrt, h=case.h)
            assert check.error <= TOLERANCE, case
            assert check.kinks in (0, case.kinks), case  # the gradient of floor is 0 and has no kinks


def test_the_checks_can_fail() -> None:
    """The criterion finds a derivative that is wrong by one part in a million."""
    from chainrule.graph import input
    from chainrule.graph.node import Primitive

    tanh = PRIMITIVES["tanh"]
    wrong = Primitive(
        "tanh",
        tanh.summary,
        type_rule=tanh.type_rule,
        vjp=lambda g, y, x: (g * (1.000001 - y * y),),
    )
    x = input("x", (3,), "float64")
    values = {"x": np.array([0.1, -0.7, 1.3])}
    assert check_gradients(reduce_sum(tanh(x)), values).error <= TOLERANCE
    assert 1e-6 < check_gradients(reduce_sum(wrong(x)), values).error < 1e-5


def test_evaluate_gives_the_dtype_of_the_node() -> None:
    case = of("argmax")[0]
    node, _ = case.build()
    assert evaluate(node, list(case.operands)).dtype == np.int32

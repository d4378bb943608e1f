"""The chain rule: what `gradients` adds up, leaves out and remembers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from chainrule.errors import GraphError
from chainrule.graph import ROWS, Graph, Node, Primitive, Step, TensorType, const, gradients, input, scope, show, verify
from chainrule.graph import primitives as p
from chainrule.graph.passes import simplify
from chainrule.graph.primitives.rules import floats
from oracles import TOLERANCE, check_gradients, run

X = np.array([0.3, -1.2, 2.5])


def scalar(name: str = "x") -> Node:
    return input(name, (), "float64")


def at(node: Node, **values: float) -> float:
    return float(run(node, values))


def test_all_uses_of_a_node_are_added_up() -> None:
    x = scalar()
    (g,) = gradients(x * x + 3.0 * x + x - x / 2.0, [x])
    assert at(g, x=1.5) == 2 * 1.5 + 3 + 1 - 0.5


def test_a_node_used_twice_by_one_primitive() -> None:
    x = scalar()
    assert at(gradients(x * x, [x])[0], x=3.0) == 6.0
    assert at(gradients(x - x, [x])[0], x=3.0) == 0.0
    assert at(gradients(p.concat([p.reshape(x, (1,))] * 3)[1] * 2.0, [x])[0], x=3.0) == 2.0


def test_several_inputs_and_the_same_twice() -> None:
    x, y = scalar("x"), scalar("y")
    gx, gy, again = gradients(x * y * y, [x, y, x])
    assert (at(gx, x=2, y=3), at(gy, x=2, y=3)) == (9.0, 12.0)
    assert again is gx


def test_derivatives_in_the_middle_of_the_graph() -> None:
    """∂L/∂z of a value inside, as the backward pass has it, besides the gradients of the inputs."""
    x = scalar()
    z = x * x
    loss = z * z * z
    gx, gz, gl = gradients(loss, [x, z, loss])
    assert (at(gz, x=2), at(gl, x=2)) == (3 * 4**2, 1.0)
    assert at(gx, x=2) == 3 * 4**2 * 2 * 2


def test_unreachable_inputs_have_a_zero_of_their_type() -> None:
    x, other = scalar(), input("other", (ROWS, 2), "float32")
    with scope("dense1"):
        inside = input("w", (3,), "float64")
    loss = x * x
    _, zero, also = gradients(loss, [x, other, inside])
    assert (zero.type, also.type) == (other.type, inside.type)
    assert np.array_equal(run(zero, {}, rows=5), np.zeros((5, 2), np.float32))
    assert (also.scope, also.origin) == ("dense1", inside)


@pytest.mark.parametrize(
    "block",
    [
        p.stop_gradient,
        p.floor,
        lambda x: p.cast(p.cast(x, "int32"), "float64"),
        lambda x: p.cast(x < 0.5, "float64"),
        lambda x: p.cast(p.equal(x, 0.5), "float64"),
        lambda x: p.cast(p.argmax(p.reshape(x, (1,))), "float64"),
    ],
)
def test_what_no_gradient_passes(block: object) -> None:
    x = scalar()
    (g,) = gradients(block(x) * 2.0, [x])
    assert at(g, x=1.5) == 0.0
    (g,) = gradients(block(x) * x, [x])
    assert at(g, x=1.5) == at(block(x), x=1.5)


def test_the_graph_of_a_gradient_holds_nothing_for_others() -> None:
    x, y = scalar("x"), scalar("y")
    (g,) = gradients(p.exp(x) + p.tanh(y), [x])
    assert {node.op for node in Graph.of([g]).nodes} == {"input", "const", "exp", "mul"}


def test_higher_derivatives() -> None:
    x = scalar()
    derivative = x**4
    for expected in (32.0, 48.0, 48.0, 24.0, 0.0):
        (derivative,) = gradients(derivative, [x])
        assert at(derivative, x=2.0) == expected


def test_a_hessian_is_symmetric_and_right() -> None:
    x = input("x", (3,), "float64")
    f = p.reduce_sum(p.exp(x * p.tanh(x[1]))) * p.reduce_sum(x * x)
    (g,) = gradients(f, [x])
    hessian = np.stack([run(gradients(g[i], [x])[0], {"x": X}) for i in range(3)])
    assert hessian == pytest.approx(hessian.T, rel=1e-13)
    for i in range(3):
        check = check_gradients(g[i], {"x": X})
        assert check.error <= TOLERANCE
        assert check.coordinates == 3


def test_linearity() -> None:
    x = input("x", (3,), "float64")
    f, h = p.reduce_sum(p.exp(x) * x), p.reduce_sum(p.tanh(x))
    together, of_f, of_h = (run(gradients(loss, [x])[0], {"x": X}) for loss in (2.5 * f - 4.0 * h, f, h))
    assert together == pytest.approx(2.5 * of_f - 4.0 * of_h, rel=1e-14)


UNARY = {
    "exp": p.exp,
    "tanh": p.tanh,
    "logistic": p.logistic,
    "softplus": p.softplus,
    "sin": p.sin,
    "square": lambda x: x * x,
    "turned": lambda x: p.transpose(p.reshape(x, (3, 1)), (1, 0)),
    "sums": lambda x: p.broadcast(p.reduce_sum(x), (3,), (0,)),
}


@pytest.mark.parametrize(("outer", "inner"), list(itertools.product(UNARY, UNARY)))
def test_the_vjp_of_a_composite_is_the_composite_of_vjps(outer: str, inner: str) -> None:
    """Pulled back through f ∘ h at once, or first through f and then through h: the same bits."""
    x = input("x", (3,), "float64")
    z = UNARY[inner](x)
    y = UNARY[outer](p.reshape(z, (3,)))
    w = np.array([1.5, -0.5, 0.25]).reshape(y.shape)
    (at_once,) = gradients(p.reduce_sum(y * w), [x])

    fresh = input("z", z.shape, "float64")
    y_of_z = UNARY[outer](p.reshape(fresh, (3,)))
    (g_z,) = gradients(p.reduce_sum(y_of_z * w), [fresh])
    g = input("g", z.shape, "float64")
    (g_x,) = gradients(p.reduce_sum(z * g), [x])
    value_z = run(z, {"x": X})
    in_turn = run(g_x, {"x": X, "g": run(g_z, {"z": value_z})})
    assert np.array_equal(run(at_once, {"x": X}), in_turn)


def test_every_gradient_node_knows_its_origin_and_scope() -> None:
    x, w = input("x", (ROWS, 3), "float64"), input("w", (3, 2), "float64")
    with scope("dense1"):
        z = x @ w
    with scope("activation1"):
        a = p.tanh(z)
    with scope("loss"):
        loss = p.reduce_sum(a * a)
    forward = set(Graph.of([loss]).nodes)
    new = [node for node in Graph.of(gradients(loss, [w, x])).nodes if node not in forward]
    assert {node.scope for node in new} == {"dense1", "activation1", "loss"}
    for node in new:
        assert node.origin in forward
        assert node.scope == node.origin.scope
    assert all(node.origin is None for node in forward)
    contractions = [node for node in new if node.op == "contract"]
    assert [node.origin for node in contractions] == [z, z]


def test_second_derivatives_know_their_origin_too() -> None:
    x = scalar()
    loss = p.exp(x)
    (first,) = gradients(loss, [x])
    (second,) = gradients(first, [x])
    assert second.origin is not None


def test_a_deep_graph_needs_no_recursion() -> None:
    x = scalar()
    node = x
    for _ in range(10_000):
        node = node * 0.9999 + 0.0001  # two nodes, and two constants
    assert len(Graph.of([node]).nodes) > 20_000
    (g,) = gradients(node, [x])
    verify(Graph.of([g, node]))
    assert at(g, x=0.5) == pytest.approx(0.9999**10_000, rel=1e-11)
    assert at(node, x=0.5) == pytest.approx(1 - 0.5 * 0.9999**10_000, rel=1e-11)
    assert show(Graph.of([node])).count("\n") > 20_000
    from chainrule.backends.numpy_ import evaluate

    step = simplify(Step(state={"x": x}, metrics={"g": g, "y": node}), evaluate)
    assert np.array_equal(run(step.metrics["g"], {"x": 0.5}), run(g, {"x": 0.5}))


def planted(name: str, **rules: object) -> Primitive:
    """A primitive that is in no table."""
    return Primitive(name, "Planted.", **{"type_rule": floats, **rules})


def test_a_primitive_without_derivative_is_named() -> None:
    opaque = planted("opaque", vjp=None)
    x = scalar()
    with pytest.raises(GraphError, match="The primitive 'opaque' has no derivative"):
        gradients(opaque(x), [x])


def test_a_derivative_of_the_wrong_type_is_found() -> None:
    wrong = planted("wrong", vjp=lambda g, y, x: (p.reduce_sum(g),))
    x = input("x", (3,), "float64")
    with pytest.raises(GraphError, match=r"The derivative of <wrong: float64\[3\]> gives float64\[\] for an input of"):
        gradients(p.reduce_sum(wrong(x)), [x])


def test_a_derivative_for_too_few_inputs_is_found() -> None:
    short = planted("short", vjp=lambda g, y, a, b: (g,), arity=2)
    x = scalar()
    with pytest.raises(GraphError, match="The derivative of <short: float64.*> gives 1 gradients for 2 inputs"):
        gradients(short(x, x), [x])


def test_constants_have_no_gradient_and_cost_none() -> None:
    c = const(2.0, "float64")
    x = scalar()
    (g,) = gradients(x * c, [x])
    assert at(g, x=1.0) == 2.0
    (g,) = gradients(x * c, [c])
    assert at(g, x=1.5) == 1.5
    assert g.type == TensorType((), c.dtype)

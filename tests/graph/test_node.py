"""Nodes: arithmetic that looks like arithmetic, indices, scopes, and the order of a graph."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import GraphError
from chainrule.graph import ROWS, DType, Graph, Node, TensorType, broadcast_to, const, count, input, scope, show_shape
from chainrule.graph.node import common_shape, provenance
from chainrule.graph.primitives import cast, select, take
from chainrule.graph.refusals import INSTEAD
from oracles import run

A = np.array([[1.5, -2.0, 0.25], [3.0, 0.5, -1.0]])
B = np.array([2.0, -4.0, 0.5])


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: 2.0 + a,
        lambda a, b: 2 - a,
        lambda a, b: 3 * a,
        lambda a, b: 1.0 / a,
        lambda a, b: -a,
        lambda a, b: abs(a),
        lambda a, b: a < b,
        lambda a, b: a > b,
        lambda a, b: 1.0 < a,
        lambda a, b: a**1,
        lambda a, b: a**2,
        lambda a, b: a**3,
        lambda a, b: a**7,
        lambda a, b: a @ np.eye(3) if isinstance(a, np.ndarray) else a @ const(np.eye(3)),
        lambda a, b: np.array([[1.0], [2.0]]) + a,
        lambda a, b: np.float64(2.0) * b,
        lambda a, b: a[0],
        lambda a, b: a[-1, 1:],
        lambda a, b: a[:, 1],
        lambda a, b: a[:, :],
        lambda a, b: a[:, 1:-1],
        lambda a, b: a[:, 2:1],
        lambda a, b: a[1:, -3],
        lambda a, b: b[np.int64(1)],
        lambda a, b: b[5:],
        lambda a, b: sum(b),
        lambda a, b: sum(row * row for row in a),
    ],
)
def test_a_node_behaves_like_an_array(f: Callable[[Any, Any], Any]) -> None:
    a, b = input("a", A.shape, "float64"), input("b", B.shape, "float64")
    node, expected = f(a, b), f(A, B)
    assert isinstance(node, Node)
    value = run(node, {"a": A, "b": B})
    assert value.shape == np.shape(expected)
    assert value == pytest.approx(expected, rel=1e-15)


def test_rows_keep_their_place_under_an_index() -> None:
    x = input("x", (ROWS, 4, 2))
    assert x[:, 1].type == TensorType((ROWS, 2), DType.FLOAT32)
    assert x[:, 1:3, 0].type == TensorType((ROWS, 2), DType.FLOAT32)


def test_a_number_takes_the_dtype_of_the_node() -> None:
    assert (2 * input("x", (3,), "float32")).dtype is DType.FLOAT32
    assert (2.0 * input("x", (3,), "int32")).dtype is DType.INT32
    assert select(input("c", (3,), "bool"), input("x", (3,), "float32"), 0).dtype is DType.FLOAT32


def test_a_number_is_rounded_once_to_the_dtype_of_the_node() -> None:
    x = input("x", (), "float32")
    assert run(x + 0.1, {"x": 0.0}) == np.float32(0.1)


@pytest.mark.parametrize(
    "shapes", [((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2,)), ((1,), (0,)), ((4, 1, 2), (3, 1)), ((1, 1), (2, 2))]
)
def test_shapes_broadcast_as_in_numpy(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    expected = np.broadcast_shapes(*shapes)
    assert common_shape("add", *shapes) == expected
    for shape in shapes:
        value = np.random.default_rng(1).normal(size=shape)
        assert np.array_equal(
            run(broadcast_to(input("x", shape, "float64"), expected), {"x": value}), np.broadcast_to(value, expected)
        )


def test_broadcasting_to_itself_makes_no_node() -> None:
    x = input("x", (ROWS, 3))
    assert broadcast_to(x, (ROWS, 3)) is x


def test_scopes_nest_and_end() -> None:
    x = input("x", ())
    with scope("residual1"):
        outer = x + 1.0
        with scope("dense1"):
            inner = x + 1.0
        with scope(""):
            same = x + 1.0
    assert [node.scope for node in (x, outer, inner, same, x + 1.0)] == [
        "",
        "residual1",
        "residual1/dense1",
        "residual1",
        "",
    ]
    with provenance("exactly", outer), scope("below"):
        node = x + 1.0
    assert node.scope == "exactly/below"
    assert node.origin is outer
    assert (x + 1.0).origin is None


def test_a_scope_ends_when_an_error_passes_through() -> None:
    with pytest.raises(KeyError), scope("dense1"):
        raise KeyError
    assert input("x", ()).scope == ""


def test_a_graph_is_in_order_and_holds_what_is_needed() -> None:
    a, b = input("a", (2,)), input("b", (2,))
    unused = a - b
    y = (a + b) * a
    graph = Graph.of([y, a])
    assert unused not in graph.nodes
    assert [node.op for node in graph.nodes] == ["input", "input", "add", "mul"]
    assert graph.outputs == (y, a)
    assert graph.inputs == {"a": a, "b": b}
    place = {node: i for i, node in enumerate(graph.nodes)}
    assert all(place[x] < place[node] for node in graph.nodes for x in node.inputs)


def test_constants_cannot_be_changed_from_outside() -> None:
    value = np.ones(3)
    node = const(value)
    value[:] = 7
    assert node.attributes["value"].tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="read-only"):
        node.attributes["value"][0] = 2
    with pytest.raises(TypeError):
        node.attributes["value"] = value


def test_a_node_says_what_it_is() -> None:
    with scope("dense1"):
        x = input("x", (ROWS, 784))
    assert repr(x) == "<input x: float32[n, 784] in dense1>"
    assert repr(take(const(np.eye(2)), const([0], "int32"))) == "<take: float64[1, 2]>"
    assert show_shape((ROWS, 2)) == "(n, 2)"
    assert (count((ROWS, 3, 2)), count(()), count((0, 5))) == (6, 1, 0)


# ------------------------------------------------------------------------------------------- no arrays of NumPy's

X = input("x", (2, 3), "float64")
OF_NUMPY: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a method": (lambda x: (x**2).sum(), r"A node of a graph has no \.sum as arrays have; write cr\.sum\(x\)\."),
    "a mean": (lambda x: x.mean(), r"has no \.mean .*; write cr\.mean\(x\)\."),
    "an attribute": (lambda x: x.T, r"has no \.T .*; write cr\.transpose\(x, axes\)\."),
    "a function": (lambda x: np.sum(x), r"np\.sum takes arrays, .* a node of a graph; for nodes write cr\.sum\(x\)\."),
    "an element-wise one": (lambda x: np.exp(x), r"np\.exp takes arrays, .* write cr\.exp\(x\)\."),
    "of two": (lambda x: np.maximum(0.0, x), r"np\.maximum takes arrays, .* write cr\.maximum\(x, y\)\."),
    "a reduction": (lambda x: np.add.reduce(x), r"np\.sum takes arrays"),
    "one that nodes have not": (lambda x: np.arctan(x), r"np\.arctan takes arrays, .*; compose it of Chainrule's"),
}


@pytest.mark.parametrize("case", OF_NUMPY)
def test_what_numpy_would_do_is_told_in_the_words_for_nodes(case: str) -> None:
    f, sentence = OF_NUMPY[case]
    with pytest.raises(GraphError, match=sentence):
        f(X)


def test_the_sentence_comes_out_of_minimize_and_of_a_loss() -> None:
    with pytest.raises(GraphError, match=r"write cr\.sum\(x\)"):
        cr.minimize(lambda x: (x**2).sum(), [1.0, 2.0])
    net = cr.Network(cr.Dense(1))
    with pytest.raises(GraphError, match=r"write cr\.exp\(x\)"):
        net.fit([[1.0]], [1.0], loss=lambda outputs, y: np.exp(outputs - y), epochs=1)


def test_what_is_told_exists() -> None:
    names = [word for text in INSTEAD.values() for word in re.findall(r"cr\.(\w+)", text)]
    assert names
    assert all(hasattr(cr, name) for name in names)


def test_attributes_that_are_not_there_are_not_there() -> None:
    """Which is what copying, `hasattr` and `getattr` with a default go by."""
    assert not hasattr(X, "sum")
    assert getattr(X, "nothing", 7) == 7
    with pytest.raises(AttributeError, match="'Node' object has no attribute 'nothing'"):
        X.nothing  # type: ignore[attr-defined]  # noqa: B018
    assert copy.copy(X).type == X.type
    assert not hasattr(Node.__new__(Node), "primitive")


@pytest.mark.parametrize("left", [A, np.float64(2.5), A[0]])
def test_arithmetic_with_an_array_on_the_left(left: Any) -> None:
    for f in (np.add, np.subtract, np.multiply, np.divide):
        np.testing.assert_array_equal(run(f(left, X), {"x": A}), f(left, A))
    np.testing.assert_array_equal(run(cast(left < X, DType.FLOAT64), {"x": A}), left < A)
    np.testing.assert_array_equal(run(cast(left > X, DType.FLOAT64), {"x": A}), left > A)

"""The small composites, against NumPy, and what they say when they are given the wrong thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.errors import GraphError, ShapeError
from chainrule.functional import clamp, dense, flatten_rows, mean, minimum, one_hot, row_count, spread
from chainrule.graph import ROWS, DType, Node, gradients, input
from chainrule.graph.primitives import reduce_sum
from oracles import TOLERANCE, check_gradients, run

rng = np.random.default_rng(0)
X = rng.normal(size=(5, 4, 3))


@pytest.mark.parametrize("axes", [None, 0, 1, -1, (0, 1), (1, 2), (0, 1, 2), ()])
def test_mean_is_that_of_numpy_over_rows_and_other_axes(axes: Any) -> None:
    x = input("x", (ROWS, 4, 3), "float64")
    np.testing.assert_allclose(run(mean(x, axes), {"x": X}), X.mean(axis=axes), rtol=1e-14)
    check = check_gradients(mean(mean(x, axes) * mean(x, axes)), {"x": X})
    assert check.error <= TOLERANCE


def test_mean_without_rows_counts_every_element() -> None:
    x = input("x", (4, 3), "float64")
    np.testing.assert_allclose(run([mean(x), mean(x, 0)], {"x": X[0]})[0], X[0].mean(), rtol=1e-14)
    np.testing.assert_allclose(run(mean(x, 0), {"x": X[0]}), X[0].mean(0), rtol=1e-14)


@pytest.mark.parametrize("n", [1, 2, 1000])
@pytest.mark.parametrize("dtype", [DType.FLOAT32, DType.FLOAT64])
def test_row_count(n: int, dtype: DType) -> None:
    count = run(row_count(dtype), {}, rows=n)
    assert count == n
    assert count.dtype == dtype.numpy


def test_spread_undoes_the_loss_of_an_axis() -> None:
    x = input("x", (ROWS, 4, 3), "float64")
    for axes in (1, (1, 2), 0, -1):
        found = run(spread(reduce_sum(x, axes), x, axes), {"x": X})
        np.testing.assert_allclose(found, np.broadcast_to(X.sum(axes, keepdims=True), X.shape), rtol=1e-14)


def element_wise(f: Callable[[Node], Node], x: Any) -> tuple[list[float], list[float]]:
    node = input("x", (ROWS,), "float64")
    y = f(node)
    value, slope = run([y, *gradients(reduce_sum(y), [node])], {"x": np.array(x)})
    return value.tolist(), slope.tolist()


def test_clamp() -> None:
    value, slope = element_wise(lambda x: clamp(x, -1.0, 2.0), [-np.inf, -3.0, -1.0, 0.5, 2.0, 3.0, np.inf])
    assert value == [-1, -1, -1, 0.5, 2, 2, 2]
    assert slope == [0, 0, 0, 1, 1, 0, 0]
    assert np.isnan(element_wise(lambda x: clamp(x, -1.0, 2.0), [np.nan])[0])


def test_minimum() -> None:
    value, slope = element_wise(lambda x: minimum(x, 2.0), [-np.inf, 1.0, 2.0, 3.0, np.inf])
    assert (value, slope) == ([-np.inf, 1, 2, 2, 2], [1, 1, 0, 0, 0])
    assert np.isnan(element_wise(lambda x: minimum(x, 2.0), [np.nan])[0])
    x, y = input("x", (ROWS,), "float64"), input("y", (ROWS,), "float64")
    np.testing.assert_array_equal(run(minimum(x, y), {"x": X[:, 0, 0], "y": X[:, 1, 0]}), X[:, :2, 0].min(1))


@pytest.mark.parametrize("kind", ["int32", "uint32", "uint8"])
def test_one_hot(kind: str) -> None:
    ids = np.array([[2, 0], [1, 1]], kind)
    rows = run(one_hot(input("y", (ROWS, 2), kind), 3, DType.FLOAT32), {"y": ids})
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, np.eye(3)[ids])


def test_one_hot_of_an_id_outside_the_range_is_zeros() -> None:
    rows = run(one_hot(input("y", (ROWS,), "int32"), 3, DType.FLOAT64), {"y": np.array([-1, 3, 2], np.int32)})
    np.testing.assert_array_equal(rows, [[0, 0, 0], [0, 0, 0], [0, 0, 1]])


def test_flatten_rows() -> None:
    np.testing.assert_array_equal(run(flatten_rows(input("x", (ROWS, 4, 3), "float64")), {"x": X}), X.reshape(5, 12))
    np.testing.assert_array_equal(run(flatten_rows(input("x", (ROWS,), "float64")), {"x": X[:, 0, 0]}), X[:, 0, :1])


@pytest.mark.parametrize("leading", [(), (2,), (2, 3)])
def test_dense_acts_on_the_last_axis(leading: tuple[int, ...]) -> None:
    arrays = {"x": rng.normal(size=(5, *leading, 4)), "w": rng.normal(size=(4, 3)), "b": rng.normal(size=3)}
    x = input("x", (ROWS, *leading, 4), "float64")
    w, b = input("w", (4, 3), "float64"), input("b", (3,), "float64")
    np.testing.assert_allclose(run(dense(x, w, b), arrays), arrays["x"] @ arrays["w"] + arrays["b"], rtol=1e-12)
    np.testing.assert_allclose(run(dense(x, w), arrays), arrays["x"] @ arrays["w"], rtol=1e-12)
    assert check_gradients(mean(dense(x, w, b) * dense(x, w, b)), arrays).error <= TOLERANCE


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (
            lambda x: one_hot(x, 3, DType.FLOAT32),
            GraphError,
            r"one_hot needs whole numbers, but was given float64\[n, 4\]; cast them",
        ),
        (lambda x: mean(x, 2), ShapeError, "axis"),
        (lambda x: dense(x, input("w", (3, 2), "float64")), ShapeError, "4|3"),
        (lambda x: minimum(x, input("y", (3,), "float64")), ShapeError, r"cannot combine shapes \(n, 4\) and \(3\)"),
        (lambda x: mean(input("k", (ROWS, 2), "int32"), 1), ShapeError, r"but was given int32\[n\]; cast it first"),
    ],
)
def test_wrong_arguments_are_sentences(make: Callable[[Node], Node], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        make(input("x", (ROWS, 4), "float64"))

"""Every activation and its derivative: against PyTorch, finite differences, and their limits at 0, ±1e4 and ±∞."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scipy.special
import torch
from numpy.typing import NDArray

from chainrule.errors import UnknownNameError
from chainrule.functional import ACTIVATIONS, Activation, elu, get_activation, identity, leaky_relu, logsumexp, softmax
from chainrule.graph import ROWS, Node, const, gradients, input
from chainrule.graph.primitives import reduce_sum
from oracles import TOLERANCE, check_gradients, run

Array = NDArray[Any]
F = torch.nn.functional
INF = math.inf
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772  # of selu


@dataclass(frozen=True)
class Case:
    """PyTorch's function, and the pairs (value, slope) at −∞, 0 and +∞."""

    torch: Callable[[torch.Tensor], torch.Tensor]
    low: tuple[float, float]
    zero: tuple[float, float]
    high: tuple[float, float]


ELEMENTWISE = {
    "identity": Case(lambda z: 1.0 * z, (-INF, 1), (0, 1), (INF, 1)),
    "sigmoid": Case(torch.sigmoid, (0, 0), (0.5, 0.25), (1, 0)),
    "tanh": Case(torch.tanh, (-1, 0), (0, 1), (1, 0)),
    "relu": Case(F.relu, (0, 0), (0, 0), (INF, 1)),
    "leaky_relu": Case(F.leaky_relu, (-INF, 0.01), (0, 0.01), (INF, 1)),
    "elu": Case(F.elu, (-1, 0), (0, 1), (INF, 1)),
    "selu": Case(F.selu, (-SCALE * ALPHA, 0), (0, SCALE * ALPHA), (INF, SCALE)),
    "gelu": Case(F.gelu, (0, 0), (0, 0.5), (INF, 1)),
    "silu": Case(F.silu, (0, 0), (0, 0.5), (INF, 1)),
    "softplus": Case(lambda z: F.softplus(z, threshold=1e9), (0, 0), (math.log(2), 0.5), (INF, 1)),
}

# Dense around 0, where small numbers must not cancel, and far out in both tails.
POINTS = np.concatenate([[0.0], *([s * np.geomspace(1e-12, 600.0, 120)] for s in (1, -1))], axis=None)
SMOOTH = np.array([-9.3, -6.1, -3.7, -2.2, -1.4, -0.8, -0.3, -0.05, 0.04, 0.2, 0.7, 1.1, 1.9, 3.3, 5.9, 8.8])


def value_and_slope(f: Activation, z: Array) -> tuple[Array, Array]:
    x = input("z", (ROWS,), z.dtype)
    y = f(x)
    value, slope = run([y, *gradients(reduce_sum(y), [x])], {"z": z})
    return value, slope


def of_torch(f: Callable[[torch.Tensor], torch.Tensor], z: Array) -> tuple[Array, Array]:
    x = torch.tensor(z, requires_grad=True)
    y = f(x)
    y.sum().backward()
    return y.detach().numpy(), x.grad.numpy()


def test_every_activation_has_a_case() -> None:
    assert {*ELEMENTWISE, "softmax"} == set(ACTIVATIONS)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_value_and_slope_are_those_of_pytorch(name: str) -> None:
    for ours, theirs in zip(
        value_and_slope(ACTIVATIONS[name], POINTS), of_torch(ELEMENTWISE[name].torch, POINTS), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_first_and_second_derivative_agree_with_finite_differences(name: str) -> None:
    x = input("z", (ROWS,), "float64")
    value = reduce_sum(ACTIVATIONS[name](x))
    (slope,) = gradients(value, [x])
    for z in SMOOTH.reshape(-1, 4):
        first = check_gradients(value, {"z": z})
        second = check_gradients(reduce_sum(slope * x), {"z": z})
        assert max(first.error, second.error) <= TOLERANCE
        assert first.coordinates == second.coordinates == 4


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_limits(name: str, dtype: str) -> None:
    case, z = ELEMENTWISE[name], np.array([-INF, -1e4, 0.0, 1e4, INF], dtype)
    value, slope = value_and_slope(ACTIVATIONS[name], z)
    # where the limit is infinite, the function is a straight line through the origin already at ±1e4
    far = [at if math.isfinite(at) else 1e4 * steep * np.sign(at) for at, steep in (case.low, case.high)]
    expected = [case.low[0], far[0], case.zero[0], far[1], case.high[0]]
    exact = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(value, np.array(expected), rtol=exact, atol=0)
    np.testing.assert_allclose(slope, [case.low[1], case.low[1], case.zero[1], case.high[1], case.high[1]], rtol=exact)
    assert value.dtype == slope.dtype == dtype


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_nan_stays_a_nan(name: str) -> None:
    value, _ = value_and_slope(ACTIVATIONS[name], np.array([np.nan, 1.0]))
    assert np.isnan(value).tolist() == [True, False]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_float32_is_as_good_as_float32_can_be(name: str) -> None:
    """No formula loses digits: the value in float32 is that of float64, up to a few units in the last place of max(|f|, 1)."""
    z = POINTS[np.abs(POINTS) < 80].astype(np.float32)
    single, double = (
        value_and_slope(ACTIVATIONS[name], z)[0],
        value_and_slope(ACTIVATIONS[name], z.astype(np.float64))[0],
    )
    np.testing.assert_allclose(single, double, rtol=1e-6, atol=1e-6)


def test_elu_keeps_its_digits_near_0() -> None:
    """exp(z) − 1 would lose all of them; so the derivative, too, is continuous from both sides."""
    tiny = np.array([-1e-12, -1e-8, -1e-4, 0.0, 1e-12])
    value, slope = value_and_slope(elu, tiny)
    np.testing.assert_allclose(value[:4], np.expm1(tiny[:4]), rtol=4e-16)
    np.testing.assert_allclose(slope, np.exp(np.minimum(tiny, 0)), rtol=1e-12)


def test_slope_and_alpha_are_arguments() -> None:
    z = np.array([-2.0, 3.0])
    np.testing.assert_allclose(value_and_slope(lambda x: leaky_relu(x, slope=0.2), z)[0], [-0.4, 3.0])
    np.testing.assert_allclose(value_and_slope(lambda x: elu(x, alpha=0.5), z)[0], [0.5 * np.expm1(-2.0), 3.0])


# ------------------------------------------------------------------------------------------------ along an axis


def row_wise(f: Callable[[Node], Node], z: Array) -> tuple[Array, Array]:
    """The value for rows z, and the gradient of Σ c ⊙ f(z) with c = 1, 2, 3, ... along each row."""
    x = input("z", (ROWS, *z.shape[1:]), z.dtype)
    y = f(x)
    c = const(1.0 + np.arange(np.prod(z.shape[1:])).reshape(z.shape[1:]), z.dtype) if y.rank == z.ndim else 1.0
    value, slope = run([y, *gradients(reduce_sum(y * c), [x])], {"z": z})
    return value, slope


@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_softmax_and_logsumexp_are_those_of_pytorch(axis: int) -> None:
    z = 5 * np.random.default_rng(0).normal(size=(3, 4, 2))
    x = torch.tensor(z, requires_grad=True)
    y = torch.softmax(x, axis)
    (y * torch.tensor(1.0 + np.arange(8).reshape(4, 2))).sum().backward()
    value, slope = row_wise(lambda n: softmax(n, axis), z)
    np.testing.assert_allclose(value, y.detach(), rtol=1e-12)
    np.testing.assert_allclose(slope, x.grad, rtol=1e-12, atol=1e-13)

    value, slope = row_wise(lambda n: logsumexp(n, axis), z)
    np.testing.assert_allclose(value, torch.logsumexp(x, axis).detach(), rtol=1e-12)
    np.testing.assert_allclose(slope, y.detach(), rtol=1e-12)


def test_softmax_agrees_with_finite_differences_once_and_twice() -> None:
    x = input("z", (ROWS, 4), "float64")
    c = const([1.0, -2.0, 0.5, 3.0], "float64")
    value = reduce_sum(softmax(x) * c) + reduce_sum(logsumexp(x) * logsumexp(x))
    (slope,) = gradients(value, [x])
    z = 2 * np.random.default_rng(1).normal(size=(3, 4))
    assert check_gradients(value, {"z": z}).error <= TOLERANCE
    assert check_gradients(reduce_sum(slope * slope), {"z": z}).error <= TOLERANCE


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_limits_of_softmax(dtype: str) -> None:
    """A saturated row is one-hot and has the derivative 0; the same number everywhere is an even share."""
    rows = np.array([[0, 0, 0], [1e4, 0, -1e4], [-1e4, -1e4, -1e4], [INF, 0, -1e4], [-INF, 1e4, -INF]], dtype)
    third = [1 / 3] * 3
    value, slope = row_wise(softmax, rows)
    np.testing.assert_allclose(value, [third, [1, 0, 0], third, [1, 0, 0], [0, 1, 0]], rtol=1e-6)
    even = [-1 / 3, 0, 1 / 3]  # p (c − p·c) with c = 1, 2, 3
    np.testing.assert_allclose(slope, [even, [0] * 3, even, [0] * 3, [0] * 3], atol=1e-6)
    value, slope = row_wise(logsumexp, rows[:3])
    np.testing.assert_allclose(value, [math.log(3), 1e4, math.log(3) - 1e4], rtol=1e-6)
    np.testing.assert_allclose(slope, [third, [1, 0, 0], third], rtol=1e-6)


ROWS_WITH_INFINITIES = [
    [INF, 0, -1e4],
    [INF, INF, -INF],
    [-INF, 2, -INF],
    [-INF, -INF, -INF],
    [-INF, 1, 1],
    [800, 0, INF],
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logsumexp_of_infinities_is_that_of_scipy_and_its_derivative_is_finite(dtype: str) -> None:
    """It is the limit of softmax; where nothing is finite and largest, whatever is as large has a share."""
    rows = np.array(ROWS_WITH_INFINITIES, dtype)
    value, slope = row_wise(logsumexp, rows)
    np.testing.assert_allclose(value, scipy.special.logsumexp(rows, axis=1), rtol=1e-6)
    third = [1 / 3] * 3
    np.testing.assert_allclose(slope, [[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], third, [0, 0.5, 0.5], [0, 0, 1]], rtol=1e-6)


@pytest.mark.parametrize("axis", [1, 2])
def test_logsumexp_of_an_infinity_leaves_the_others_alone(axis: int) -> None:
    z = 3 * np.random.default_rng(2).normal(size=(2, 3, 4))
    z[0, 1, 2] = INF
    value, _ = row_wise(lambda n: logsumexp(n, axis), z)
    np.testing.assert_allclose(value, scipy.special.logsumexp(z, axis=axis), rtol=1e-12)


def test_a_nan_stays_a_nan_in_its_row() -> None:
    rows = np.array([[np.nan, 1.0], [INF, np.nan], [0.0, 1.0]])
    value, _ = row_wise(softmax, rows)
    assert np.isnan(value).tolist() == [[True, True], [True, True], [False, False]]
    value, _ = row_wise(logsumexp, rows)
    assert np.isnan(value).tolist() == [True, True, False]


# ---------------------------------------------------------------------------------------------------- by name


def test_get_activation() -> None:
    assert get_activation(None) is identity
    assert get_activation(elu) is elu
    assert all(get_activation(name) is f for name, f in ACTIVATIONS.items())


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("rleu", "activation='rleu' is not known; did you mean 'relu'? Known are 'identity', "),
        ("Tanh", "did you mean 'tanh'?"),
        (3, "activation=3 is not known. Known are "),
    ],
)
def test_an_unknown_activation_is_a_sentence(wrong: Any, sentence: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        get_activation(wrong)
    assert sentence in str(caught.value)

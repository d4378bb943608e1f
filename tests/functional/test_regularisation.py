"""Dropout and penalties: the mask, the mean, the derivatives."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from chainrule.functional import dropout, l1_penalty, l2_penalty
from chainrule.graph import ROWS, DType, gradients, input
from chainrule.graph.primitives import random_bits, reduce_sum
from oracles import TOLERANCE, check_gradients, run

EVERY = np.arange(2**16, dtype=np.uint32)  # every value that 16 random bits can have


def dropped(x: np.ndarray, rate: float, bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dtype = DType.of(x.dtype)
    node, r, b = input("x", (ROWS,), dtype), input("rate", (), dtype), input("bits", (ROWS,), "uint32")
    y = dropout(node, r, b)
    value, slope = run(
        [y, *gradients(reduce_sum(y), [node])], {"x": x, "rate": np.asarray(rate, x.dtype), "bits": bits}
    )
    return value, slope


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25, 0.5, 0.9, 1 / 3])
def test_an_element_is_dropped_where_its_bits_are_below_the_threshold(rate: float, dtype: str) -> None:
    x = np.random.default_rng(0).normal(size=EVERY.size).astype(dtype)
    value, slope = dropped(x, rate, EVERY)
    threshold = math.ceil(np.asarray(rate, dtype) * 65536)
    expected = np.where(threshold > EVERY, 0.0, 1.0 / (1.0 - rate))
    np.testing.assert_allclose(slope, expected, rtol=1e-6)
    np.testing.assert_allclose(value, x * expected, rtol=1e-6)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25, 0.5, 0.9])
def test_the_mean_is_kept(rate: float) -> None:
    """Over all values of the bits, the mean of the factor is 1, up to the rounding of the rate to a multiple of 2⁻¹⁶."""
    factor = dropped(np.ones(EVERY.size), rate, EVERY)[0]
    assert abs(factor.mean() - 1.0) <= 2.0**-16 / (1 - rate)


def test_rate_0_changes_no_bit() -> None:
    x = np.random.default_rng(1).normal(size=EVERY.size)
    np.testing.assert_array_equal(dropped(x, 0.0, EVERY)[0], x)


def test_a_dropped_infinity_leaves_no_nan() -> None:
    value, slope = dropped(np.array([np.inf, np.inf]), 0.5, np.array([0, 65535], np.uint32))
    assert (value.tolist(), slope.tolist()) == ([0.0, np.inf], [0.0, 2.0])


def test_the_share_and_the_independence_of_random_masks() -> None:
    """200 000 elements at rate 0.3: the share of zeros, and of pairs of neighbours that are both 0, within 5 deviations."""
    n, key, counter = 200_000, input("key", (2,), "uint32"), input("counter", (2,), "uint32")
    x = input("x", (ROWS,), "float64")
    y = dropout(x, input("rate", (), "float64"), random_bits(key, counter, (ROWS,), layer=0, bits=16))
    numbers = {"x": np.ones(n), "rate": 0.3, "key": [7, 0], "counter": [0, 0]}
    zero = run(y, numbers) == 0
    again, later = run(y, numbers) == 0, run(y, {**numbers, "counter": [1, 0]}) == 0
    np.testing.assert_array_equal(zero, again)
    for share, p in ((zero, 0.3), (zero[1:] & zero[:-1], 0.09), (zero & later, 0.09)):
        assert abs(share.mean() - p) < 5 * math.sqrt(p * (1 - p) / n)


# ------------------------------------------------------------------------------------------------------ penalties

rng = np.random.default_rng(2)
WEIGHTS = {"v": rng.normal(size=(4, 3)), "w": rng.normal(size=(3, 1))}


def test_penalties_and_their_derivatives() -> None:
    """λ Σ|w| with λ sign(w), and ½ λ Σw² with λ w: those of PyTorch's norms, and of finite differences."""
    v, w, strength = input("v", (4, 3), "float64"), input("w", (3, 1), "float64"), input("strength", (), "float64")
    arrays = {**WEIGHTS, "strength": 0.7}
    l1, l2 = l1_penalty([v, w], strength), l2_penalty([v, w], strength)
    a, b = (torch.tensor(array) for array in WEIGHTS.values())
    np.testing.assert_allclose(run(l1, arrays), 0.7 * (a.norm(1) + b.norm(1)), rtol=1e-14)
    np.testing.assert_allclose(run(l2, arrays), 0.35 * (a.norm() ** 2 + b.norm() ** 2), rtol=1e-14)
    np.testing.assert_allclose(run(gradients(l1, [v])[0], arrays), 0.7 * np.sign(WEIGHTS["v"]), rtol=1e-14)
    np.testing.assert_allclose(run(gradients(l2, [w])[0], arrays), 0.7 * WEIGHTS["w"], rtol=1e-14)
    for penalty in (l1, l2):
        assert check_gradients(penalty, arrays, [v, w]).error <= TOLERANCE


def test_l1_does_not_pull_at_a_weight_of_0() -> None:
    v = input("v", (3,), "float64")
    slope = run(gradients(l1_penalty([v], 2.0 * input("s", (), "float64")), [v])[0], {"v": [-1.0, 0.0, 1.0], "s": 1.0})
    assert slope.tolist() == [-2.0, 0.0, 2.0]

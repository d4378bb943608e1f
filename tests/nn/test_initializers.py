"""Initial weights: their statistics at a fixed seed, which are chosen when, and everything that can be given instead."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from chainrule import functional
from chainrule.errors import ArgumentError, ShapeError, UnknownNameError
from chainrule.functional import ACTIVATIONS
from chainrule.nn import INITIALIZERS, Dense, Draw, Normal, Uniform
from chainrule.nn.initializers import default_initializer, initial
from nn.networks import model_of

N_IN, N_OUT = 300, 200
N = N_IN * N_OUT


@dataclass(frozen=True)
class Expected:
    """Mean and standard deviation, and the limit of a uniform distribution."""

    std: float
    limit: float | None = None
    mean: float = 0.0


def flat(limit: float) -> Expected:
    return Expected(limit / math.sqrt(3), limit)


# The formulae of the papers, written once more.
EXPECTED = {
    "zeros": Expected(0.0),
    "ones": Expected(0.0, mean=1.0),
    "uniform": flat(0.05),
    "normal": Expected(0.05),
    "glorot_uniform": flat(math.sqrt(6 / (N_IN + N_OUT))),
    "glorot_normal": Expected(math.sqrt(2 / (N_IN + N_OUT))),
    "he_uniform": flat(math.sqrt(6 / N_IN)),
    "he_normal": Expected(math.sqrt(2 / N_IN)),
    "lecun_normal": Expected(math.sqrt(1 / N_IN)),
    "orthogonal": Expected(math.sqrt(1 / N_IN)),
}


def drawn(initializer: Any, shape: tuple[int, ...] = (N_IN, N_OUT), seed: int = 0) -> np.ndarray:
    n_in, n_out = (shape[0], shape[-1]) if len(shape) > 1 else (7, shape[0])
    return initial(initializer, Draw(seed), shape, n_in=n_in, n_out=n_out, argument="weight_init")


def check(weights: np.ndarray, expected: Expected) -> None:
    """Within five standard errors, and for a uniform distribution inside its limits and close to both."""
    assert abs(weights.mean() - expected.mean) <= 5 * expected.std / math.sqrt(N)
    assert abs(weights.std() - expected.std) <= 5 * expected.std / math.sqrt(2 * N)
    if expected.limit is not None:
        assert np.abs(weights - expected.mean).max() <= expected.limit
        assert min(expected.mean - weights.min(), weights.max() - expected.mean) >= 0.999 * expected.limit


def test_every_initializer_has_an_expectation() -> None:
    assert set(EXPECTED) == set(INITIALIZERS)


@pytest.mark.parametrize("name", EXPECTED)
def test_mean_deviation_and_limits(name: str) -> None:
    check(drawn(name), EXPECTED[name])


@pytest.mark.parametrize(
    "name", [name for name, expected in EXPECTED.items() if expected.limit is None and expected.std]
)
def test_normal_weights_are_normal(name: str) -> None:
    """The shares within 1, 2 and 3 deviations, and the kurtosis, are those of the normal distribution."""
    weights = drawn(name) / EXPECTED[name].std
    for k, share in ((1, 0.682689), (2, 0.954500), (3, 0.997300)):
        assert abs((np.abs(weights) < k).mean() - share) < 5 * math.sqrt(share * (1 - share) / N)
    assert abs((weights**4).mean() - 3) < 0.15


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (2, 3, 4), (6,)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    q = drawn("orthogonal", shape).reshape(-1, shape[-1])
    gram = q.T @ q if q.shape[0] >= q.shape[1] else q @ q.T
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-14)


def test_orthogonal_is_spread_evenly() -> None:
    """Without the correction of signs, the diagonal of QR would lean to one side."""
    traces = [np.trace(drawn("orthogonal", (3, 3), seed)) for seed in range(400)]
    assert abs(np.mean(traces)) < 5 / math.sqrt(400)  # the trace of a random rotation or reflection has variance 1


# ---------------------------------------------------------------------------------------------- the draw itself


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    first, again, other = (model_of(Dense(8, "tanh"), Dense(3), input_shape=(5,), seed=s).params for s in (4, 4, 5))
    for name, weights in first.items():
        np.testing.assert_array_equal(weights, again[name])
    assert not np.array_equal(first["dense1/weight"], other["dense1/weight"])


def test_layers_have_numbers_of_their_own_and_later_layers_change_nothing_before_them() -> None:
    short = model_of(Dense(5), input_shape=(5,)).params
    long = model_of(Dense(5), Dense(5), input_shape=(5,)).params
    np.testing.assert_array_equal(short["dense1/weight"], long["dense1/weight"])
    assert not np.array_equal(long["dense1/weight"], long["dense2/weight"])


def test_float32_weights_are_those_of_float64_rounded() -> None:
    double, single = (
        model_of(Dense(5), input_shape=(5,), dtype=d).params["dense1/weight"] for d in ("float64", "float32")
    )
    np.testing.assert_array_equal(double.astype(np.float32), single)


# ------------------------------------------------------------------------------------- chosen by the activation

SUITS = {
    "identity": "glorot_uniform",
    "sigmoid": "glorot_uniform",
    "tanh": "glorot_uniform",
    "softmax": "glorot_uniform",
    "relu": "he_uniform",
    "leaky_relu": "he_uniform",
    "elu": "he_uniform",
    "gelu": "he_uniform",
    "silu": "he_uniform",
    "softplus": "he_uniform",
    "selu": "lecun_normal",
}


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_activation_chooses(activation: str) -> None:
    expected = model_of(Dense(6, weight_init=SUITS[activation]), input_shape=(5,)).params["dense1/weight"]
    for given in (activation, ACTIVATIONS[activation]):
        params = model_of(Dense(6, activation=given), input_shape=(5,)).params
        np.testing.assert_array_equal(params["dense1/weight"], expected)
        np.testing.assert_array_equal(params["dense1/bias"], np.zeros(6))


def test_none_and_functions_of_your_own_have_glorot_s() -> None:
    assert default_initializer(None) == default_initializer(lambda z: z) == "glorot_uniform"
    assert default_initializer(functional.relu) == "he_uniform"


# ------------------------------------------------------------------------------- numbers, arrays and functions


def test_a_number_an_array_and_a_function() -> None:
    given = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(drawn(0.5, (2, 3)), np.full((2, 3), 0.5))
    np.testing.assert_array_equal(drawn(np.float32(2), (2, 3)), np.full((2, 3), 2.0))
    np.testing.assert_array_equal(drawn(given, (2, 3)), given)
    np.testing.assert_array_equal(drawn(given.tolist(), (2, 3)), given)
    np.testing.assert_array_equal(
        drawn(lambda draw, shape, n_in, n_out: np.full(shape, 10 * n_in + n_out), (2, 3)), np.full((2, 3), 23.0)
    )
    custom = drawn(lambda draw, shape, n_in, n_out: draw.uniform(shape), (2, 3))
    np.testing.assert_array_equal(custom, Draw(0).uniform((2, 3)))


def test_an_array_that_was_given_is_copied() -> None:
    given = np.ones((2, 3))
    weights = model_of(Dense(3, weight_init=given), input_shape=(2,)).params["dense1/weight"]
    weights += 1
    np.testing.assert_array_equal(given, np.ones((2, 3)))


def test_uniform_and_normal_take_their_numbers() -> None:
    check(drawn(Uniform(-0.2, 0.6)), Expected(0.8 / math.sqrt(12), 0.4, mean=0.2))
    check(drawn(Normal(mean=1.0, std=0.1)), Expected(0.1, mean=1.0))


def test_biases_have_initializers_too() -> None:
    params = model_of(Dense(4, bias_init=[1, 2, 3, 4]), Dense(2, bias_init="ones"), input_shape=(3,)).params
    assert params["dense1/bias"].tolist() == [1, 2, 3, 4]
    assert params["dense2/bias"].tolist() == [1, 1]


def test_an_initial_array_may_be_wrong_only_once_the_shape_is_known() -> None:
    layer = Dense(3, weight_init=np.zeros((5, 3)))
    assert model_of(layer, input_shape=(5,)).params["dense1/weight"].shape == (5, 3)
    with pytest.raises(
        ShapeError, match=r"layer 'dense1': weight_init must give an array of shape \(4, 3\), but gave \(5, 3\)\."
    ):
        model_of(layer, input_shape=(4,))


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (
            lambda: drawn("he_unifrom"),
            UnknownNameError,
            "weight_init='he_unifrom' is not known; did you mean 'he_uniform'?",
        ),
        (
            lambda: drawn(np.zeros((2, 2)), (2, 3)),
            ShapeError,
            r"weight_init must give an array of shape \(2, 3\), but gave \(2, 2\)\.",
        ),
        (lambda: drawn([0.0], (2, 3)), ShapeError, r"but gave \(1,\)\."),
        (lambda: drawn(lambda *_: np.zeros(3), (2, 3)), ShapeError, r"but gave \(3,\)\."),
        (lambda: drawn(lambda *_: 0.0, (2, 3)), ShapeError, r"but gave \(\)\."),
        (
            lambda: drawn([[1, 2], [3]], (2, 2)),
            ArgumentError,
            "must be a name, a number, an array or a function, but is list.",
        ),
        (lambda: drawn({}, (2, 2)), ArgumentError, "must be a name, a number, an array or a function, but is dict."),
        (
            lambda: drawn(math.nan, (2, 2)),
            ArgumentError,
            "weight_init must give finite numbers, but gave NaN or infinity.",
        ),
        (
            lambda: drawn(10**400, (2, 2)),
            ArgumentError,
            "weight_init must give finite numbers, but gave NaN or infinity.",
        ),
        (lambda: drawn(Normal), ArgumentError, r"weight_init is the class Normal; write Normal\(...\)\."),
        (lambda: Uniform(1.0, 1.0), ArgumentError, "high must be a finite number above 1, but is 1.0."),
        (lambda: Uniform(math.nan, 1.0), ArgumentError, "low must be a finite number, but is nan."),
        (lambda: Normal(std=0.0), ArgumentError, "std must be a finite number above 0, but is 0.0."),
        (lambda: Normal(mean=math.inf), ArgumentError, "mean must be a finite number, but is inf."),
        (lambda: Draw(-1), ArgumentError, "seed must be a whole number"),
        (lambda: Draw(1.5), ArgumentError, "seed must be a whole number"),
    ],
)
def test_wrong_arguments_are_sentences(make: Callable[[], Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        make()

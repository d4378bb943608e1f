"""Transforms and chains: what each computes, in which order, under which names, and a transform of your own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.graph import input
from chainrule.optim import (
    OPTIMIZERS,
    SGD,
    Accumulate,
    Adam,
    AdamW,
    AddDecayedWeights,
    Chain,
    ClipByNorm,
    ClipByValue,
    Given,
    Momentum,
    RMSprop,
    ScaleByAdam,
    ScaleByFactor,
    ScaleByLearningRate,
    ScaleByRMS,
    Transform,
    chain,
    get_optimizer,
    global_norm,
)
from oracles import run

G = {"a/weight": np.array([[3.0, -0.2], [0.0, 12.0]]), "a/bias": np.array([-4.0, 0.1])}
P = {"a/weight": np.array([[1.0, 2.0], [3.0, 4.0]]), "a/bias": np.array([5.0, 6.0])}


def updated(
    transform: Transform, steps: list[dict[str, np.ndarray]], weights: tuple[str, ...] = ("a/weight",)
) -> list[dict[str, np.ndarray]]:
    """The updates that leave a transform when these gradients enter it, one after another."""
    state = transform.init(P)
    numbers = {name: input(name, (), "float64") for name in transform.scalars()}
    g = {name: input(f"g/{name}", array.shape, "float64") for name, array in P.items()}
    p = {name: input(f"p/{name}", array.shape, "float64") for name, array in P.items()}
    s = {name: input(f"s/{name}", array.shape, "float64") for name, array in state.items()}
    out, new = transform.update(g, s, p, Given(numbers, frozenset(weights)))
    assert set(new) == set(state)
    found = []
    for grads in steps:
        arrays = {
            f"{kind}/{name}": a for kind, group in (("g", grads), ("p", P), ("s", state)) for name, a in group.items()
        }
        values = run([*out.values(), *new.values()], {**arrays, **transform.scalars()})
        found.append(dict(zip(out, values, strict=False)))
        state = dict(zip(new, values[len(out) :], strict=True))
    return found


def each(f: Callable[[np.ndarray], np.ndarray], arrays: dict[str, np.ndarray] = G) -> dict[str, np.ndarray]:
    return {name: f(array) for name, array in arrays.items()}


def assert_equal(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert set(found) == set(expected)
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-13, atol=1e-15)


# ------------------------------------------------------------------------------------------------ one by one

NORM = math.sqrt(9 + 0.04 + 144 + 16 + 0.01)
HALF = each(lambda g: 0.5 * g)


def test_clip_by_value() -> None:
    assert_equal(updated(ClipByValue(1.0), [G])[0], each(lambda g: np.clip(g, -1, 1)))


def test_clip_by_norm() -> None:
    assert_equal(updated(ClipByNorm(2.0), [G])[0], each(lambda g: g * 2 / NORM))
    for name, array in updated(ClipByNorm(NORM + 1e-9), [G])[0].items():
        np.testing.assert_array_equal(array, G[name])  # not a bit changes below the threshold
    assert_equal(updated(ClipByNorm(2.0), [each(np.zeros_like)])[0], each(np.zeros_like))


def test_a_norm_that_overflows_is_not_a_gradient_of_0() -> None:
    """g / ∞ would be a step of 0: training would stand still and nobody would know."""
    found = updated(ClipByNorm(1.0), [each(lambda g: 1e200 * g)])[0]
    assert all(np.isnan(array).all() for array in found.values())
    descent = cr.minimize(lambda x: 1e200 * cr.sum(x * x), [1.0], optimizer=cr.SGD(0.1), clip_norm=1.0)
    assert (descent.stop_reason.name, descent.x.tolist()) == ("non_finite", [1.0])


def test_accumulate() -> None:
    first, second = updated(Accumulate(0.9), [G, HALF])
    assert_equal(first, G)
    assert_equal(second, each(lambda g: 0.9 * g + 0.5 * g))
    first, second = updated(Accumulate(0.9, nesterov=True), [G, HALF])
    assert_equal(first, each(lambda g: g + 0.9 * g))
    assert_equal(second, each(lambda g: 0.5 * g + 0.9 * (0.9 * g + 0.5 * g)))


def test_scale_by_rms() -> None:
    first, second = updated(ScaleByRMS(decay=0.9, eps=0.01), [G, HALF])
    assert_equal(first, each(lambda g: g / (np.sqrt(0.1 * g**2) + 0.01)))
    assert_equal(second, each(lambda g: 0.5 * g / (np.sqrt(0.09 * g**2 + 0.1 * 0.25 * g**2) + 0.01)))


def test_scale_by_adam() -> None:
    def step(m: float, v: float, t: int) -> Callable[[np.ndarray], np.ndarray]:
        return lambda g: (m * g / (1 - 0.8**t)) / (np.sqrt(v * g**2 / (1 - 0.9**t)) + 0.01)

    first, second = updated(ScaleByAdam(beta1=0.8, beta2=0.9, eps=0.01), [G, HALF])
    assert_equal(first, each(step(0.2, 0.1, 1)))
    assert_equal(second, each(step(0.8 * 0.2 + 0.2 * 0.5, 0.9 * 0.1 + 0.1 * 0.25, 2)))


def test_add_decayed_weights_acts_on_weights_only() -> None:
    found = updated(AddDecayedWeights(0.5), [G])[0]
    assert_equal(found, {"a/weight": G["a/weight"] + 0.5 * P["a/weight"], "a/bias": G["a/bias"]})


def test_scale_by_learning_rate() -> None:
    assert_equal(updated(ScaleByLearningRate(0.1), [G])[0], each(lambda g: -0.1 * g))


def test_scale_by_factor_acts_on_what_it_names() -> None:
    found = updated(ScaleByFactor((("a/weight", 0.1),)), [G])[0]
    assert_equal(found, {"a/weight": 0.1 * G["a/weight"], "a/bias": G["a/bias"]})
    with pytest.raises(ArgumentError, match="the factor of 'a/bias' must be a finite number at least 0"):
        ScaleByFactor((("a/bias", -1.0),))


def test_global_norm() -> None:
    nodes = {name: input(name, array.shape, "float64") for name, array in G.items()}
    assert run(global_norm(nodes), G) == pytest.approx(NORM, rel=1e-15)


# ------------------------------------------------------------------------------------------------------ chains


def test_a_chain_applies_its_transforms_from_left_to_right() -> None:
    assert_equal(
        updated(chain(ClipByValue(1.0), AddDecayedWeights(0.5), ScaleByLearningRate(0.1)), [G])[0],
        {
            "a/weight": -0.1 * (np.clip(G["a/weight"], -1, 1) + 0.5 * P["a/weight"]),
            "a/bias": -0.1 * np.clip(G["a/bias"], -1, 1),
        },
    )
    assert_equal(
        updated(chain(AddDecayedWeights(0.5), ClipByValue(1.0)), [G])[0],
        {"a/weight": np.clip(G["a/weight"] + 0.5 * P["a/weight"], -1, 1), "a/bias": np.clip(G["a/bias"], -1, 1)},
    )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_is_the_chain_that_it_shows(name: str) -> None:
    optimizer = get_optimizer(name)
    steps = [G, HALF, G]
    for one, other, nested in zip(
        updated(optimizer, steps),
        updated(optimizer.chain(), steps),
        updated(chain(chain(optimizer)), steps),
        strict=True,
    ):
        assert_equal(one, other)
        assert_equal(one, nested)


def test_the_state_is_named_by_transform_slot_and_parameter() -> None:
    assert set(Momentum().init(P)) == {"momentum/velocity/a/weight", "momentum/velocity/a/bias"}
    assert set(Adam().init(P)) == {
        *(f"adam/{slot}/{name}" for slot in ("mean", "square") for name in P),
        "adam/ones1",
        "adam/ones2",
    }
    assert set(RMSprop(momentum=0.5).init(P)) == {
        *(f"rms/square/{name}" for name in P),
        *(f"momentum/velocity/{name}" for name in P),
    }
    assert not SGD().init(P)
    assert all((array == 0).all() for array in Adam().init(P).values())


def test_state_has_the_dtype_of_the_parameters() -> None:
    single = {name: array.astype(np.float32) for name, array in P.items()}
    assert {array.dtype.name for array in Adam().init(single).values()} == {"float32"}


def test_equal_transforms_in_a_chain_have_states_of_their_own() -> None:
    twice = chain(Accumulate(0.9), Accumulate(0.5), ScaleByLearningRate(0.1))
    assert {name.split("/")[0] for name in twice.init(P)} == {"momentum", "momentum2"}
    second = updated(twice, [G, HALF])[1]
    # v₁ = g, w₁ = g; v₂ = 0.9 g + ½ g, w₂ = ½ w₁ + v₂
    assert_equal(second, each(lambda g: -0.1 * (0.5 * g + 1.4 * g)))


def test_equal_transforms_in_a_chain_have_numbers_of_their_own() -> None:
    both = chain(ClipByValue(2.0), AddDecayedWeights(0.5), ClipByValue(1.0), ScaleByLearningRate(0.1))
    assert both.scalars() == {"clip_value": 2.0, "weight_decay": 0.5, "clip_value2": 1.0, "learning_rate": 0.1}
    expected = np.clip(np.clip(G["a/weight"], -2, 2) + 0.5 * P["a/weight"], -1, 1)
    assert_equal(updated(both, [G])[0], {"a/weight": -0.1 * expected, "a/bias": -0.1 * np.clip(G["a/bias"], -1, 1)})
    nested = chain(ClipByNorm(3.0), chain(ClipByNorm(1.0), SGD(0.1)), ScaleByLearningRate(2.0))
    assert list(nested.scalars()) == ["clip_norm", "clip_norm2", "learning_rate", "learning_rate2"]
    assert_equal(updated(nested, [G])[0], each(lambda g: 0.2 * g / NORM))


def test_chains_are_equal_when_their_transforms_are() -> None:
    assert chain(ClipByNorm(1.0), SGD(0.1)) == chain(ClipByNorm(1.0), SGD(0.1))
    assert chain(ClipByNorm(1.0), SGD(0.1)) != chain(ClipByNorm(2.0), SGD(0.1))
    assert hash(chain(SGD(0.1))) == hash(chain(SGD(0.1)))
    assert repr(chain(ClipByNorm(1.0), SGD(0.1))) == "chain(ClipByNorm(max_norm=1.0), SGD(learning_rate=0.1))"


# ------------------------------------------------------------------------------------------------------ in a fit

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(30, 3)), rng.normal(size=30)


def fitted(optimizer: Any, epochs: int = 4, **options: Any) -> cr.Network:
    net = cr.Network(cr.Dense(4, activation="tanh"), cr.Dense(1)).build(3, seed=2, dtype="float64")
    net.fit(X, Y, loss="squared_error", optimizer=optimizer, batch_size=8, epochs=epochs, **options)
    return net


class Sign(Transform):
    """The update of the documentation: its sign. With a rate it is signSGD, of which PyTorch has none."""

    name = "sign"

    def update(self, updates: Any, state: Any, params: Any, given: Given) -> Any:
        return {key: g / (abs(g) + 1e-300) for key, g in updates.items()}, state


class Averaged(Transform):
    """The mean of all updates so far, with a strength that may change; it notes what it was given."""

    name = "averaged"

    def __init__(self) -> None:
        self.given: Given | None = None

    def scalars(self) -> dict[str, Any]:
        return {"strength": 0.5}

    def init(self, params: Any) -> Any:
        return {"count": np.zeros(()), **{f"sum/{name}": np.zeros_like(array) for name, array in params.items()}}

    def update(self, updates: Any, state: Any, params: Any, given: Given) -> Any:
        self.given = given
        count = state["count"] + 1.0
        sums = {f"sum/{name}": state[f"sum/{name}"] + g for name, g in updates.items()}
        mean = {name: given.scalars["strength"] * sums[f"sum/{name}"] / count for name in updates}
        return mean, {"count": count, **sums}


def test_a_transform_of_your_own_drops_into_a_chain() -> None:
    """signSGD on a linear model: every step moves every number by exactly η, in the direction against its gradient."""
    net = cr.Network(cr.Dense(1)).build(3, dtype="float64")
    w, b = (net.params[f"dense1/{name}"].copy() for name in ("weight", "bias"))
    net.fit(
        X, Y, loss="squared_error", optimizer=cr.chain(Sign(), ScaleByLearningRate(0.01)), batch_size="full", epochs=25
    )
    for _ in range(25):
        error = X @ w[:, 0] + b - Y
        w -= 0.01 * np.sign(X.T @ error)[:, None]
        b -= 0.01 * np.sign(error.sum())
    np.testing.assert_allclose(net.params["dense1/weight"], w, rtol=1e-12)
    np.testing.assert_allclose(net.params["dense1/bias"], b, rtol=1e-12)


def test_a_transform_of_your_own_has_state_numbers_and_the_names_of_the_weights() -> None:
    mine = Averaged()
    net = fitted(chain(mine, SGD(0.1)), epochs=2)
    assert mine.given is not None
    assert mine.given.weights == {"dense1/weight", "dense2/weight"}
    assert {"strength", "learning_rate"} <= set(mine.given.scalars)
    assert net.model.arrays["optimizer/chain/averaged/count"] == 8  # two epochs of four batches
    # the mean of one gradient is that gradient: the first step is one of SGD with half the rate
    one_step = {"batch_size": "full", "epochs": 1}
    np.testing.assert_allclose(
        _fit_once(chain(Averaged(), SGD(0.1)), one_step), _fit_once(SGD(0.05), one_step), rtol=1e-13
    )


def _fit_once(optimizer: Transform, options: dict[str, Any]) -> np.ndarray:
    net = cr.Network(cr.Dense(1)).build(3, dtype="float64")
    net.fit(X, Y, loss="squared_error", optimizer=optimizer, **options)
    return net.params["dense1/weight"]


def test_decay_before_the_optimizer_is_l2() -> None:
    """g + λw, the derivative of the penalty, is what AddDecayedWeights adds; after Adam's scaling it is AdamW."""
    for optimizer in (SGD(0.1), Momentum(0.1), Adam(0.01)):
        l2, decayed = fitted(optimizer, l2=0.3).params, fitted(chain(AddDecayedWeights(0.3), optimizer)).params
        for name, array in l2.items():
            np.testing.assert_allclose(array, decayed[name], rtol=1e-11)
    by_hand = chain(ScaleByAdam(), AddDecayedWeights(0.3), ScaleByLearningRate(0.01))
    for name, array in fitted(AdamW(0.01, weight_decay=0.3)).params.items():
        np.testing.assert_allclose(array, fitted(by_hand).params[name], rtol=1e-13)


def test_a_clip_in_the_chain_is_the_clip_of_fit() -> None:
    for options, own in (({"clip_norm": 0.1}, ClipByNorm(0.1)), ({"clip_value": 0.01}, ClipByValue(0.01))):
        for name, array in fitted(Momentum(0.1), **options).params.items():
            np.testing.assert_allclose(array, fitted(chain(own, Momentum(0.1))).params[name], rtol=1e-13)


def test_clipping_does_not_rename_the_state() -> None:
    """So a fit with a clip can go on from one without."""
    plain, clipped = (set(fitted(Adam(0.01), **options).model.arrays) for options in ({}, {"clip_norm": 1.0}))
    assert plain == clipped
    assert "optimizer/adam/mean/dense1/weight" in plain


# ---------------------------------------------------------------------------------------------------- bad arguments


def test_get_optimizer() -> None:
    assert all(get_optimizer(name) == kind() for name, kind in OPTIMIZERS.items())
    own = chain(SGD(0.1))
    assert get_optimizer(own) is own


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda: SGD(-0.1), ArgumentError, "learning_rate must be a finite number at least 0, but is -0.1."),
        (lambda: SGD(math.nan), ArgumentError, "learning_rate must be a finite number at least 0, but is nan."),
        (lambda: SGD("0.1"), ArgumentError, "learning_rate must be a finite number at least 0, but is '0.1'."),
        (
            lambda: SGD(cr.Cosine),
            ArgumentError,
            r"learning_rate is the class Cosine; write Cosine\(...\), with its numbers.",
        ),
        (lambda: Momentum(0.1, momentum=1.0), ArgumentError, "momentum must be a finite number at least 0 and below 1"),
        (
            lambda: cr.Nesterov(0.1, momentum=-0.1),
            ArgumentError,
            "momentum must be a finite number at least 0 and below 1",
        ),
        (
            lambda: RMSprop(decay=1.0),
            ArgumentError,
            "decay must be a finite number at least 0 and below 1, but is 1.0.",
        ),
        (lambda: RMSprop(eps=0), ArgumentError, "eps must be a finite number above 0, but is 0."),
        (lambda: RMSprop(momentum=1.5), ArgumentError, "momentum must be a finite number at least 0 and below 1"),
        (lambda: Adam(beta1=1.0), ArgumentError, "beta1 must be a finite number at least 0 and below 1, but is 1.0."),
        (lambda: Adam(beta2=-1), ArgumentError, "beta2 must be a finite number at least 0 and below 1, but is -1."),
        (lambda: Adam(eps=-1e-8), ArgumentError, "eps must be a finite number above 0, but is -1e-08."),
        (lambda: AdamW(weight_decay=-1), ArgumentError, "weight_decay must be a finite number at least 0, but is -1."),
        (lambda: ClipByNorm(0), ArgumentError, "clip_norm must be a finite number above 0, but is 0."),
        (lambda: ClipByValue(math.inf), ArgumentError, "clip_value must be a finite number above 0, but is inf."),
        (lambda: chain(), ArgumentError, r"chain needs at least one transform, such as Adam\(1e-3\)\."),
        (lambda: chain(SGD), ArgumentError, r"chain was given the class SGD; write SGD\(...\)\."),
        (lambda: chain(SGD(0.1), "adam"), ArgumentError, r"chain is made of transforms, .*, but was given 'adam'\."),
        (
            lambda: get_optimizer(Adam),
            ArgumentError,
            r"optimizer is the class Adam; write Adam\(...\), with its numbers.",
        ),
        (lambda: get_optimizer("adma"), UnknownNameError, "optimizer='adma' is not known; did you mean 'adam'?"),
        (lambda: get_optimizer(0.1), UnknownNameError, "optimizer=0.1 is not known. Known are 'sgd', "),
        (lambda: updated(Transform(), [G]), NotImplementedError, r"Transform does not define update\(self, updates, "),
    ],
)
def test_wrong_arguments_are_sentences(make: Callable[[], Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        make()


def test_an_optimizer_is_checked_where_it_is_written() -> None:
    assert isinstance(Adam(1e-3).chain(), Chain)
    with pytest.raises(ArgumentError, match="beta1"):
        Adam(1e-3, beta1=2.0)

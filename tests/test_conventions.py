"""The conventions of docs/conventions.md: each has a test here, by numbers worked out by hand, and each test is named there."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import chainrule as cr
from chainrule import random
from chainrule.errors import ArgumentError
from chainrule.graph import ROWS, gradients, input
from chainrule.graph.primitives import random_bits, reduce_max, reduce_sum
from chainrule.optim import Progress
from oracles import run

Array = NDArray[Any]
PAGE = Path(__file__).parents[1] / "docs" / "conventions.md"

rng = np.random.default_rng(0)
N, FEATURES, UNITS = 6, 3, 2
X, Y = rng.normal(size=(N, FEATURES)), rng.normal(size=(N, UNITS))
W, B = rng.normal(size=(FEATURES, UNITS)), rng.normal(size=UNITS)
SMALL = {"loss": "squared_error", "batch_size": "full", "epochs": 1, "shuffle": False}


def linear(**options: Any) -> cr.Network:
    """ŷ = x W + b, so that every gradient can be written down."""
    return cr.Network(cr.Dense(UNITS, weight_init=W, bias_init=B, **options)).build(FEATURES, dtype="float64")


def residual(w: Array = W, b: Array = B, rows: slice = slice(None)) -> Array:
    return X[rows] @ w + b - Y[rows]


def moved(net: cr.Network, *, x: Array = X, y: Array = Y, **options: Any) -> tuple[Array, Array]:
    """By how much a fit moves W and b downhill: with SGD(1.0) and one step, the gradient that it used."""
    net.fit(x, y, **{**SMALL, "optimizer": cr.SGD(1.0), **options})
    return W - net.params["dense1/weight"], B - net.params["dense1/bias"]


def assert_close(found: Any, expected: Any, rtol: float = 1e-12) -> None:
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-14)


def walked(f: Any, optimizer: Any, steps: int, start: float = 0.0, dtype: str = "float64") -> float:
    """Where `minimize` is after so many steps."""
    return float(cr.minimize(f, start, optimizer=optimizer, steps=steps, tolerance=0.0, dtype=dtype).x)


# -------------------------------------------------------------------------------------------------------- the page


def pinned_by_the_page() -> list[str]:
    return re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8"))


def test_page_and_tests_name_each_other() -> None:
    tests = [name for name in globals() if name.startswith("test_") and name != "test_page_and_tests_name_each_other"]
    assert sorted(pinned_by_the_page()) == sorted(tests)
    assert pinned_by_the_page() == tests, "they stand in the same order, so that both can be read side by side"


# ------------------------------------------------------------------------------------------------------- the loss


def test_the_loss_sums_over_outputs_and_averages_over_examples() -> None:
    e = residual()
    net = linear()
    assert_close(net.evaluate(X, Y, loss="absolute_error")["loss"], np.abs(e).sum(axis=1).mean())
    assert_close(moved(net, loss="absolute_error")[1], np.sign(e).mean(axis=0))


def test_squared_error_carries_the_half() -> None:
    e = residual()
    assert_close(linear().evaluate(X, Y, loss="squared_error")["loss"], np.sum(e**2) / (2 * N))
    weight, bias = moved(linear())
    assert_close(weight, X.T @ e / N)
    assert_close(bias, e.sum(axis=0) / N)


def test_cross_entropies_take_logits() -> None:
    z, labels = X @ W + B, np.array([0, 1, 1, 0, 1, 0])
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    net = linear()
    net.fit(X, labels, loss="cross_entropy", optimizer=cr.SGD(0.0), epochs=1)
    assert_close(net.evaluate(X, labels)["loss"], -np.log(p[np.arange(N), labels]).mean())
    assert_close(net.predict_proba(X), p)
    for loss, ending in (("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid")):
        with pytest.raises(ArgumentError, match=f"ends in {ending}, but the loss '{loss}' takes logits"):
            linear(activation=ending).fit(X, labels, loss=loss)


def test_label_smoothing_mixes_in_an_even_share() -> None:
    z, y, eps = X @ W + B, np.eye(2)[[0, 1, 1, 0, 1, 0]], 0.2
    smooth = (1 - eps) * y + eps / 2
    expected = np.mean(np.log(np.exp(z).sum(axis=1)) - (smooth * z).sum(axis=1))
    assert_close(linear().fit(X, y, **{**SMALL, "loss": cr.CrossEntropy(label_smoothing=eps)}).loss[0], expected)


def test_sample_weights_are_divided_by_their_sum() -> None:
    e, w = residual(), np.array([1.0, 0.0, 2.0, 0.5, 3.0, 1.5])
    for scale in (1.0, 10.0):
        net = linear()
        found = net.evaluate(X, Y, loss="squared_error", sample_weight=scale * w)["loss"]
        assert_close(found, np.sum(w * (e**2).sum(axis=1) / 2) / w.sum())
        assert_close(moved(net, sample_weight=scale * w)[0], X.T @ (w[:, None] * e) / w.sum())


def test_a_batch_without_weight_has_no_gradient_and_no_part_in_the_loss() -> None:
    w = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 0.0])
    net = linear()
    history = net.fit(X, Y, **{**SMALL, "batch_size": 2, "optimizer": cr.SGD(1.0)}, sample_weight=w)
    e = residual(rows=slice(2, 4))
    assert_close(W - net.params["dense1/weight"], X[2:4].T @ e / 2)
    assert_close(history.loss[0], np.sum(e**2) / 4)


# ------------------------------------------------------------------------------------------------------ batches


def test_batch_sizes_have_the_names_of_the_field() -> None:
    """ "full" is batch gradient descent, 1 is stochastic, anything between is mini-batch, by default of 32."""
    assert_close(moved(linear(), batch_size="full")[0], moved(linear(), batch_size=N)[0])
    w, b = W.copy(), B.copy()
    for i in range(N):
        e = X[i] @ w + b - Y[i]
        w, b = w - 0.1 * np.outer(X[i], e), b - 0.1 * e
    assert_close(W - moved(linear(), batch_size=1, optimizer=cr.SGD(0.1))[0], w)
    x, y = rng.normal(size=(70, FEATURES)), rng.normal(size=(70, UNITS))
    by_default, thirty_two = (moved(linear(), x=x, y=y, batch_size=size)[0] for size in (None, 32))
    np.testing.assert_array_equal(by_default, thirty_two)


def test_the_last_batch_is_averaged_over_its_own_examples() -> None:
    w, b, losses = W.copy(), B.copy(), []
    for rows in (slice(0, 4), slice(4, 6)):
        e = residual(w, b, rows)
        losses.append(np.sum(e**2) / 2)
        w, b = w - 0.1 * X[rows].T @ e / len(e), b - 0.1 * e.mean(axis=0)
    net = linear()
    history = net.fit(X, Y, **{**SMALL, "batch_size": 4, "optimizer": cr.SGD(0.1)})
    assert_close(net.params["dense1/weight"], w)
    assert_close(net.params["dense1/bias"], b)
    assert_close(history.loss[0], sum(losses) / N)  # in the mean of an epoch every example counts the same


# ---------------------------------------------------------------------------------------------------- penalties


def test_penalties_are_half_lambda_w_squared_and_lambda_w_absolute() -> None:
    data = X.T @ residual() / N
    for options, value, slope in (
        ({"l2": 0.3}, 0.15 * np.sum(W**2), 0.3 * W),
        ({"l1": 0.3}, 0.3 * np.sum(np.abs(W)), 0.3 * np.sign(W)),
        ({"l1": 0.1, "l2": 0.2}, 0.1 * np.abs(W).sum() + 0.1 * np.sum(W**2), 0.1 * np.sign(W) + 0.2 * W),
    ):
        net = linear()
        history = net.fit(X, Y, **{**SMALL, "optimizer": cr.SGD(1.0)}, **options)
        assert_close(history.penalty[0], value)
        assert_close(W - net.params["dense1/weight"], data + slope)


def test_penalties_are_divided_by_nothing() -> None:
    """Two copies of the data have the same mean loss, and the same penalty: it does not depend on how many examples there are."""
    twice = moved(linear(), x=np.vstack([X, X]), y=np.vstack([Y, Y]), l2=0.3)
    assert_close(twice[0], moved(linear(), l2=0.3)[0])
    part = moved(linear(), x=X[:1], y=Y[:1], l2=0.3)[0] - moved(linear(), x=X[:1], y=Y[:1])[0]
    assert_close(part, 0.3 * W)


def test_penalties_act_on_weights_and_not_on_biases() -> None:
    plain, penalised = moved(linear())[1], moved(linear(), l1=0.1, l2=0.3)[1]
    np.testing.assert_array_equal(plain, penalised)
    zeros = cr.chain(cr.AddDecayedWeights(0.5), cr.SGD(1.0))
    np.testing.assert_array_equal(moved(linear(), optimizer=zeros)[1], plain)


def test_penalty_then_clip_then_optimizer() -> None:
    """The clip sees the gradient with its penalty, and momentum sees what was clipped."""

    def clipped(w: Array, b: Array) -> tuple[Array, Array]:
        e = residual(w, b)
        gw, gb = X.T @ e / N + 0.5 * w, e.mean(axis=0)
        factor = 0.3 / math.sqrt(np.sum(gw**2) + np.sum(gb**2))
        assert factor < 1
        return factor * gw, factor * gb

    first = clipped(W, B)
    second = clipped(W - first[0], B - first[1])
    weight, bias = moved(linear(), optimizer=cr.Momentum(1.0, momentum=0.9), epochs=2, l2=0.5, clip_norm=0.3)
    assert_close(weight, first[0] + (0.9 * first[0] + second[0]))
    assert_close(bias, first[1] + (0.9 * first[1] + second[1]))


def test_clipping_is_by_value_then_by_the_norm_of_everything() -> None:
    e = residual()
    gw, gb = np.clip(X.T @ e / N, -0.4, 0.4), np.clip(e.mean(axis=0), -0.4, 0.4)
    norm = math.sqrt(np.sum(gw**2) + np.sum(gb**2))
    weight, bias = moved(linear(), clip_value=0.4, clip_norm=0.2)
    assert_close(weight, gw * 0.2 / norm)
    assert_close(bias, gb * 0.2 / norm)
    assert_close(math.sqrt(np.sum(weight**2) + np.sum(bias**2)), 0.2)
    np.testing.assert_array_equal(moved(linear(), clip_norm=1e6)[0], moved(linear())[0])


# --------------------------------------------------------------------------------------------------- optimisers


def test_momentum_accumulates_then_scales() -> None:
    """With the gradient 1 and the rates 1 and 0.1, the second step is 0.1 · 1.9: the new rate takes the whole velocity."""
    rates = cr.StepDecay(1.0, every=1, factor=0.1)
    assert_close(walked(lambda x: x, cr.Momentum(rates, momentum=0.9), 2), -(1.0 + 0.1 * 1.9))


def test_nesterov_looks_ahead() -> None:
    """v = 1, then 1.9; the steps are g + μv: 1.9, then 2.71."""
    assert_close(walked(lambda x: x, cr.Nesterov(1.0, momentum=0.9), 2), -(1.9 + 2.71))


def test_eps_is_outside_the_root() -> None:
    assert_close(walked(lambda x: 4.0 * x, cr.Adam(1.0, eps=1.0), 1), -4 / (4 + 1))
    assert_close(walked(lambda x: 4.0 * x, cr.RMSprop(1.0, decay=0.75, eps=1.0), 1), -4 / (2 + 1))


def test_rmsprop_begins_at_0_and_is_not_corrected() -> None:
    assert_close(walked(lambda x: 4.0 * x, cr.RMSprop(1.0, decay=0.99, eps=1e-12), 1), -4 / math.sqrt(0.01 * 16), 1e-9)


def test_adam_s_bias_correction_is_a_moving_average_of_ones() -> None:
    """A constant gradient makes every step η, in float32 too; with 1 − βᵗ from float32 numbers the first would be off by 1e-5."""
    for t in (1, 10, 1000):
        steps = walked(lambda x: x, cr.Adam(1.0, eps=1e-12), t, dtype="float32")
        assert steps == pytest.approx(-t, rel=2e-6)
    beta2 = np.float32(0.999)
    naive = np.float32(1) - np.exp(np.log(beta2))
    assert abs(np.sqrt(np.float32(0.001) / naive) - 1) > 5e-6
    net = linear()
    net.fit(X, Y, **{**SMALL, "epochs": 7, "optimizer": cr.Adam(0.01)})
    assert_close(net.model.arrays["optimizer/adam/ones1"], 1 - 0.9**7)
    assert_close(net.model.arrays["optimizer/adam/ones2"], 1 - 0.999**7)


def test_adamw_decays_weights_by_rate_times_decay() -> None:
    plain, decayed = moved(linear(), optimizer=cr.Adam(0.1)), moved(linear(), optimizer=cr.AdamW(0.1, weight_decay=0.5))
    assert_close(decayed[0] - plain[0], 0.1 * 0.5 * W)
    np.testing.assert_array_equal(decayed[1], plain[1])


def test_schedules_count_epochs_of_the_present_fit() -> None:
    schedule = cr.StepDecay(0.1, every=2, factor=0.5)
    assert_close(schedule.rates(np.arange(9), Progress(epochs=3, steps_per_epoch=3)), [0.1] * 6 + [0.05] * 3)
    net = linear()
    for _ in range(2):
        history = net.fit(X, Y, **{**SMALL, "epochs": 3, "batch_size": 2, "optimizer": cr.SGD(schedule)})
        assert_close(history.learning_rate, [0.1, 0.1, 0.05])


# ------------------------------------------------------------------------------------------------------- layers


def test_weight_i_j_joins_input_i_to_unit_j() -> None:
    net = cr.Network(cr.Dense(UNITS)).build(FEATURES, dtype="float64")
    weight = np.zeros((FEATURES, UNITS))
    weight[2, 1] = 5.0
    net.params = {"dense1/weight": weight, "dense1/bias": [0.0, 0.0]}
    assert_close(net.predict([[0, 0, 1]]), [[0, 5]])
    assert_close(net.predict([[1, 1, 0]]), [[0, 0]])


def test_initial_weights_suit_the_activation() -> None:
    """Within ±√(6 / n_in) before a rectifier, ±√(6 / (n_in + n_out)) else; biases are 0."""
    for activation, limit in (("relu", math.sqrt(6 / 300)), ("tanh", math.sqrt(6 / 500)), (None, math.sqrt(6 / 500))):
        params = cr.Network(cr.Dense(200, activation=activation)).build(300).params
        assert 0.999 * limit < np.abs(params["dense1/weight"]).max() <= limit
        assert not params["dense1/bias"].any()


def test_dropout_divides_by_the_keep_probability_in_training_only() -> None:
    net = cr.Network(cr.Dropout(0.75)).build(400, dtype="float64")
    ones = np.ones((5, 400))
    np.testing.assert_array_equal(net.predict(ones), ones)

    def loss(outputs: cr.Node, targets: cr.Node) -> cr.Node:
        return cr.sum(outputs * outputs, 1)  # a kept element is 1 / 0.25 = 4, so its square is 16

    free = cr.Network(cr.Dropout(0.75), cr.Dense(400, weight_init=np.eye(400), bias=False)).build(400, dtype="float64")
    history = free.fit(ones, ones, **{**SMALL, "loss": loss, "optimizer": cr.SGD(0.0), "epochs": 20})
    kept = history.loss * 5 / 16
    np.testing.assert_allclose(kept, np.rint(kept), atol=1e-9)  # whole numbers of elements
    assert abs(kept.mean() / 2000 - 0.25) < 0.01


def test_standardize_uses_the_population_deviation() -> None:
    net = cr.Network(cr.Standardize(), cr.Dense(UNITS)).build(FEATURES, dtype="float64")
    net.fit(X, Y, **SMALL)
    assert_close(net.state["standardize1/mean"], X.mean(axis=0))
    assert_close(net.state["standardize1/scale"], np.sqrt(np.mean((X - X.mean(axis=0)) ** 2, axis=0)))


# --------------------------------------------------------------------------------------------------- derivatives


def slope(f: Any, at: float) -> float:
    x = input("x", (), "float64")
    return float(run(gradients(f(x), [x])[0], {"x": at}))


def given(layer: cr.Layer, x: Any) -> list[float]:
    return np.ravel(cr.Network(layer).build(np.shape(x)[1:], dtype="float64").predict(x)).tolist()


def test_same_adds_the_odd_zero_after_and_a_number_adds_on_both_sides() -> None:
    kernel, x = [[[1.0]], [[10.0]]], [[[1.0], [2.0], [3.0]]]
    assert given(cr.Conv1D(1, 2, padding="same", weight_init=kernel), x) == [21.0, 32.0, 3.0]
    assert given(cr.Conv1D(1, 2, padding=1, weight_init=kernel), x) == [10.0, 21.0, 32.0, 3.0]


def test_padding_counts_in_no_pool() -> None:
    assert given(cr.AvgPool1D(3, padding="same"), [[[-1.0], [-2.0], [-3.0], [-5.0]]]) == [-1.5, -4.0]
    assert given(cr.MaxPool1D(3, padding="same"), [[[-1.0], [-2.0], [-3.0], [-5.0]]]) == [-1.0, -3.0]


def test_batch_norm_is_biased_in_the_batch_and_unbiased_in_the_running_variance() -> None:
    net = cr.Network(cr.BatchNorm(momentum=0.1, eps=1.0)).build(1, dtype="float64")
    history = net.fit([[0.0], [6.0]], [[0.0], [0.0]], **SMALL)  # mean 3, variance 9, or 18 when divided by 1
    assert history.loss[0] == pytest.approx((9 / 10) / 2)
    assert_close([net.state["batchnorm1/mean"], net.state["batchnorm1/variance"]], [[0.3], [0.9 + 1.8]])


def test_steps_of_padding_are_left_out() -> None:
    x = [[[1.0], [3.0], [0.0]], [[0.0], [0.0], [0.0]]]
    assert given(cr.Sequential(cr.Masking(), cr.GlobalAveragePool()), x) == [2.0, 0.0]


def test_derivatives_at_kinks_are_those_of_one_side() -> None:
    assert slope(cr.relu, 0.0) == 0.0
    assert slope(cr.leaky_relu, 0.0) == 0.01
    assert slope(cr.elu, 0.0) == 1.0
    assert slope(cr.abs, 0.0) == 0.0


def test_ties_of_two_go_to_the_second_and_ties_of_many_are_shared() -> None:
    x, y = input("x", (), "float64"), input("y", (), "float64")
    first, second = run(gradients(cr.maximum(x, y), [x, y]), {"x": 2.0, "y": 2.0})
    assert (first, second) == (0.0, 1.0)
    v = input("v", (4,), "float64")
    shared = run(gradients(reduce_max(v), [v])[0], {"v": [3.0, 1.0, 3.0, 3.0]})
    assert_close(shared, [1 / 3, 0, 1 / 3, 1 / 3])


def test_softplus_is_smooth_everywhere() -> None:
    assert slope(cr.softplus, 0.0) == 0.5
    x = input("x", (), "float64")
    assert run(cr.softplus(x), {"x": 25.0}) - 25.0 == pytest.approx(math.exp(-25), rel=1e-3)


# ------------------------------------------------------------------------------------------------ random numbers


def test_random_numbers_are_philox_by_seed_and_stream() -> None:
    """The known answers of the generator's authors, and which key and counter shuffles, masks and weights are drawn with."""
    ones, pi = 0xFFFFFFFF, (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)
    for key, counter, answer in (
        ((0, 0), (0, 0, 0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((ones, ones), (ones,) * 4, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ((0xA4093822, 0x299F31D0), pi, "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ):
        assert " ".join(f"{word:08x}" for word in random.philox4x32(key, counter).tolist()) == answer
    assert (random.DROPOUT, random.SHUFFLE, random.SPLIT, random.INIT) == (0, 1, 2, 3)
    weight = cr.Network(cr.Dense(UNITS, weight_init="uniform")).build(FEATURES, seed=9, dtype="float64").params
    drawn = random.uniform((FEATURES, UNITS), 9, random.INIT, (1, 0, 0))
    assert_close(weight["dense1/weight"], 0.05 * (2 * drawn - 1))


def test_a_mask_belongs_to_seed_epoch_step_layer_and_place() -> None:
    """Element e of the batch takes the low (e even) or high half of word e div 2; it is dropped if that is below rate · 2¹⁶."""

    def mask(n: int, seed: int, epoch: int, step: int, layer: int, rate: float) -> Array:
        words = random.words(-(-n // 2), seed, random.DROPOUT, (layer, step, epoch))
        halves = np.stack([words & 0xFFFF, words >> 16], axis=1).reshape(-1)[:n]
        return np.where(halves < rate * 65536, 0.0, 1 / (1 - rate))

    key, counter = input("key", (2,), "uint32"), input("counter", (2,), "uint32")
    bits = random_bits(key, counter, (ROWS, 3), layer=4, bits=16)
    found = run(bits, {"key": [7, random.DROPOUT], "counter": [2, 5]}, rows=5)
    np.testing.assert_array_equal(found.reshape(-1) < 0.3 * 65536, mask(15, 7, 5, 2, 4, 0.3) == 0)

    net = cr.Network(cr.Dropout(0.4), cr.Dense(1, weight_init="ones", bias=False)).build(FEATURES, dtype="float64")
    options = {
        **SMALL,
        "loss": lambda outputs, targets: outputs,
        "optimizer": cr.SGD(0.0),
        "epochs": 3,
        "batch_size": 4,
    }
    losses = net.fit(X, Y[:, :1], **options, seed=11).loss
    for epoch in range(3):
        parts = [mask(len(rows) * FEATURES, 11, epoch, step, 0, 0.4) for step, rows in enumerate((X[:4], X[4:]))]
        assert_close(losses[epoch], np.sum(X * np.concatenate(parts).reshape(X.shape)) / N)


def test_training_in_two_calls_is_training_in_one() -> None:
    """Shuffles and masks are counted on, and the optimiser keeps its state: not a bit differs."""

    def net() -> cr.Network:
        return cr.Network(cr.Dense(8, activation="tanh"), cr.Dropout(0.3), cr.Dense(UNITS)).build(FEATURES, seed=3)

    options = {"loss": "squared_error", "optimizer": cr.Adam(0.01), "batch_size": 4}
    once, twice = net(), net()
    once.fit(X, Y, **options, epochs=5)
    for epochs in (2, 3):
        twice.fit(X, Y, **options, epochs=epochs)
    for name, array in once.model.arrays.items():
        np.testing.assert_array_equal(array, twice.model.arrays[name])


# ---------------------------------------------------------------------------------------------- what is reported


def test_the_loss_of_training_has_penalties_and_that_of_validation_has_none() -> None:
    net = linear()
    data = net.evaluate(X, Y, loss="squared_error")["loss"]
    history = net.fit(X, Y, **{**SMALL, "optimizer": cr.SGD(0.0)}, l2=0.3, validation=(X, Y))
    assert_close(history.loss[0], data + 0.15 * np.sum(W**2))
    assert_close(history.penalty[0], 0.15 * np.sum(W**2))
    assert_close(history.val_loss[0], data)
    assert_close(net.evaluate(X, Y)["loss"], data)


def test_numbers_are_float32_unless_float64_is_asked_for() -> None:
    single = cr.Network(cr.Dense(UNITS)).build(FEATURES)
    assert {single.params["dense1/weight"].dtype, single.predict(X).dtype} == {np.dtype(np.float32)}
    double = cr.Network(cr.Dense(UNITS))
    double.fit(X.astype(np.float32), Y, **SMALL, dtype="float64")
    assert {double.params["dense1/weight"].dtype, double.predict(X).dtype} == {np.dtype(np.float64)}
    x = input("x", (ROWS, 2), "float32")
    assert reduce_sum(2.0 * x + 1.0).dtype.value == "float32"  # a plain number takes the dtype of its neighbour

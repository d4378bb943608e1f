"""Conventions of the loss, of batches, penalties, clipping and optimisers; see docs/conventions.md."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.optim import Progress
from conventions.small import FEATURES, SMALL, UNITS, Array, B, N, W, X, Y, assert_close, linear

rng = np.random.default_rng(1)


def residual(w: Array = W, b: Array = B, rows: slice = slice(None)) -> Array:
    return X[rows] @ w + b - Y[rows]


def moved(net: cr.Network, *, x: Array = X, y: Array = Y, **options: Any) -> tuple[Array, Array]:
    """By how much a fit moves W and b downhill: with SGD(1.0) and one step, the gradient that it used."""
    net.fit(x, y, **{**SMALL, "optimizer": cr.SGD(1.0), **options})
    return W - net.params["dense1/weight"], B - net.params["dense1/bias"]


def walked(f: Any, optimizer: Any, steps: int, start: float = 0.0, dtype: str = "float64") -> float:
    """Where `minimize` is after so many steps."""
    return float(cr.minimize(f, start, optimizer=optimizer, steps=steps, tolerance=0.0, dtype=dtype).x)


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


def test_learning_rate_factor_multiplies_the_step() -> None:
    for optimizer in (cr.SGD(0.1), cr.Adam(0.1), cr.AdamW(0.1, weight_decay=0.5)):
        full, slow = (moved(linear(learning_rate_factor=factor), optimizer=optimizer) for factor in (1.0, 0.25))
        assert_close(slow[0], 0.25 * full[0])
        assert_close(slow[1], 0.25 * full[1])
    inner = cr.Dense(UNITS, weight_init=W, bias_init=B, learning_rate_factor=0.5)
    net = cr.Network(cr.Sequential(inner, learning_rate_factor=0.5)).build(X.shape[1], dtype="float64")
    net.fit(X, Y, **{**SMALL, "optimizer": cr.SGD(1.0)})
    assert_close(W - net.params["sequential1/dense1/weight"], 0.25 * moved(linear())[0])
    with pytest.warns(cr.TrainingWarning, match="Nothing was trained"):
        frozen = moved(linear(learning_rate_factor=0.0))
    assert not frozen[0].any()
    assert not frozen[1].any()


def test_schedules_count_epochs_of_the_present_fit() -> None:
    schedule = cr.StepDecay(0.1, every=2, factor=0.5)
    assert_close(schedule.rates(np.arange(9), Progress(epochs=3, steps_per_epoch=3)), [0.1] * 6 + [0.05] * 3)
    net = linear()
    for _ in range(2):
        history = net.fit(X, Y, **{**SMALL, "epochs": 3, "batch_size": 2, "optimizer": cr.SGD(schedule)})
        assert_close(history.learning_rate, [0.1, 0.1, 0.05])

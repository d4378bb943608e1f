"""Conventions of sequences, recurrent layers and sound; see docs/conventions.md."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.fft import dct

import chainrule as cr
from conventions.small import SMALL, Array, assert_close, given

rng = np.random.default_rng(3)
STEPS, FEATURES, UNITS = 5, 2, 3
SEQUENCES = rng.normal(size=(4, STEPS, FEATURES))
KINDS = [cr.SimpleRNN, cr.LSTM, cr.GRU]
Cell = Callable[[Array, Array, dict[str, Array]], Array]


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def recurrent(make: Callable[..., cr.Layer], x: Array, **options: object) -> tuple[Array, dict[str, Array]]:
    """What a recurrent layer with random biases gives, and its parameters."""
    net = cr.Network(make(UNITS, bias_init="normal", name="r", **options)).build(x.shape[1:], dtype="float64")
    return net.predict(x), {name.removeprefix("r/"): array for name, array in net.params.items()}


# ----------------------------------------------------------------------------------------------- recurrent layers


def test_simple_rnn_has_one_bias_and_begins_at_0() -> None:
    found, p = recurrent(cr.SimpleRNN, SEQUENCES)
    h = np.zeros((4, UNITS))
    for t in range(STEPS):
        h = np.tanh(SEQUENCES[:, t] @ p["weight"] + h @ p["recurrent_weight"] + p["bias"])
    assert_close(found, h)
    assert set(p) == {"weight", "recurrent_weight", "bias"}


def test_the_gates_of_lstm_are_i_f_g_o_with_one_bias() -> None:
    found, p = recurrent(cr.LSTM, SEQUENCES)
    h = c = np.zeros((4, UNITS))
    for t in range(STEPS):
        z = SEQUENCES[:, t] @ p["weight"] + h @ p["recurrent_weight"] + p["bias"]
        i, f, g, o = np.split(z, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    assert_close(found, h)
    bias = cr.Network(cr.LSTM(1)).build((STEPS, FEATURES)).params["lstm1/bias"]
    assert_close(bias, [0, 1, 0, 0])


def test_the_gates_of_gru_are_r_u_g_and_reset_acts_after_the_product() -> None:
    found, p = recurrent(cr.GRU, SEQUENCES)
    h = np.zeros((4, UNITS))
    for t in range(STEPS):
        a, b, c = np.split(SEQUENCES[:, t] @ p["weight"] + p["bias"], 3, axis=1)
        own_a, own_b, own_c = np.split(h @ p["recurrent_weight"] + p["recurrent_bias"], 3, axis=1)
        u = sigmoid(b + own_b)
        h = (1 - u) * np.tanh(c + sigmoid(a + own_a) * own_c) + u * h
    assert_close(found, h)


@pytest.mark.parametrize("make", KINDS)
def test_a_state_stands_at_its_step_in_reverse_too(make: Callable[..., cr.Layer]) -> None:
    every, _ = recurrent(make, SEQUENCES, return_sequences=True)
    assert_close(every[:, -1], recurrent(make, SEQUENCES)[0])
    turned = recurrent(make, SEQUENCES[:, ::-1], return_sequences=True, reverse=True)[0]
    assert_close(turned[:, ::-1], every)
    assert_close(recurrent(make, SEQUENCES[:, ::-1], reverse=True)[0], every[:, -1])
    both = cr.Network(cr.Bidirectional(make(UNITS))).build((STEPS, FEATURES), dtype="float64")
    assert_close(both.predict(SEQUENCES)[:, :UNITS], forward_half(both, make))


def forward_half(both: cr.Network, make: Callable[..., cr.Layer]) -> Array:
    """What the first of two directions gives by itself."""
    net = cr.Network(make(UNITS, name="r")).build((STEPS, FEATURES), dtype="float64")
    net.params = {name: both.params[f"bidirectional1/forward/{name[2:]}"] for name in net.params}
    return net.predict(SEQUENCES)


# -------------------------------------------------------------------------------------------------------- padding


def test_the_vector_of_the_padding_id_is_0_and_stays_0() -> None:
    net = cr.Network(cr.Embedding(3, 2, padding_id=1), cr.Flatten(), cr.Dense(1)).build(2, dtype="float64")
    before = net.params["embedding1/weight"].copy()
    net.fit([[0, 1], [1, 1]], [[1.0], [2.0]], **{**SMALL, "optimizer": cr.SGD(0.1)})
    after = net.params["embedding1/weight"]
    assert not before[1].any()
    assert not after[1].any()
    assert (after[0] != before[0]).all()


@pytest.mark.parametrize("make", KINDS)
def test_a_step_of_padding_leaves_the_state_as_it_is(make: Callable[..., cr.Layer]) -> None:
    def states(x: Array) -> Array:
        return given(cr.Sequential(cr.Masking(), make(UNITS, return_sequences=True)), x)

    gap = SEQUENCES.copy()
    gap[:, 2] = 0.0
    found = states(gap)
    np.testing.assert_array_equal(found[:, 2], found[:, 1])
    assert_close(found[:, [0, 1, 3, 4]], states(np.delete(gap, 2, axis=1)))


def test_steps_of_padding_are_left_out() -> None:
    x = [[[1.0], [3.0], [0.0]], [[0.0], [0.0], [0.0]]]
    assert_close(given(cr.Sequential(cr.Masking(), cr.GlobalAveragePool()), x), [2.0, 0.0])
    pooled = given(cr.Sequential(cr.Masking(), cr.MaxPool1D(2, stride=1), cr.GlobalAveragePool()), x)
    learned = cr.Standardize().adapt(np.array(x), np.array([[True, True, False], [False, False, False]]))
    assert_close(learned["mean"], [[1.0], [3.0], [0.0]])
    assert_close(pooled, [3.0, 0.0])  # the first place is that of the sequence alone
    ones = {"weight_init": np.ones((3, 1, 1)), "bias": False}
    for steps in (x, np.pad(x, [(0, 0), (0, 4), (0, 0)])):
        around = cr.Sequential(cr.Masking(), cr.Conv1D(1, 3, padding="same", **ones), cr.GlobalAveragePool())
        assert_close(given(around, steps), [4.0, 0.0])  # 0 + 1 + 3 and 1 + 3 + 0


# ---------------------------------------------------------------------------------------------------------- sound

RATE, WINDOW, HOP, LENGTH, MELS = 800, 20, 8, 32, 3
SIGNAL = rng.normal(size=37)


def energies() -> Array:
    """The energy of every frame in every filter, by sums over samples and frequencies."""
    k, frequencies = np.arange(WINDOW), np.arange(LENGTH // 2 + 1) * RATE / LENGTH
    w = 0.5 - 0.5 * np.cos(2 * np.pi * k / WINDOW)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(len(frequencies)), k) / LENGTH)
    frames = [SIGNAL[start : start + WINDOW] for start in range(0, len(SIGNAL) - WINDOW + 1, HOP)]
    power = np.stack([np.abs(waves @ (w * frame)) ** 2 / np.sum(w**2) for frame in frames])
    mels = np.linspace(0, 2595 * np.log10(1 + RATE / 2 / 700), MELS + 2)
    centres = 700 * (10 ** (mels / 2595) - 1)
    filters = [np.interp(frequencies, centres[m : m + 3], [0.0, 1.0, 0.0], 0.0, 0.0) for m in range(MELS)]
    return power @ np.transpose(filters)


def test_log_mel_is_the_natural_logarithm_of_power_in_triangles_of_height_1() -> None:
    assert_close(cr.log_mel(SIGNAL, RATE, MELS), np.log(energies()))
    assert_close(cr.log_mel(np.zeros(WINDOW), RATE, MELS), np.full((1, MELS), np.log(1e-10)))


def test_mfcc_is_the_orthonormal_cosine_transform_with_coefficient_0() -> None:
    assert_close(cr.mfcc(SIGNAL, RATE, 2, n_mels=MELS), dct(np.log(energies()), norm="ortho")[:, :2])

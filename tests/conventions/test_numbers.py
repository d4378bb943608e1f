"""Conventions of derivatives at kinks, of random numbers, and of what is reported; see docs/conventions.md."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import random
from chainrule.graph import ROWS, gradients, input
from chainrule.graph.primitives import random_bits, reduce_max, reduce_sum
from conventions.small import FEATURES, SMALL, UNITS, Array, N, W, X, Y, assert_close, linear
from oracles import run

# --------------------------------------------------------------------------------------------------- derivatives


def slope(f: Any, at: float) -> float:
    x = input("x", (), "float64")
    return float(run(gradients(f(x), [x])[0], {"x": at}))


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

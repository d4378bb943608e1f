"""Conventions of layers, convolution, normalisation and augmentation; see docs/conventions.md."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import rotate

import chainrule as cr
from chainrule import random
from chainrule.functional import max_pool
from chainrule.functional.augmentation import affine, resample
from chainrule.graph import ROWS, DType, Graph, gradients, input
from chainrule.graph.primitives import reduce_sum
from chainrule.nn import Mode
from chainrule.training.build import build_layers
from conventions.small import FEATURES, SMALL, UNITS, Array, X, Y, assert_close, given
from oracles import run

rng = np.random.default_rng(2)


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


def test_rescale_multiplies_and_then_adds() -> None:
    assert_close(given(cr.Rescale(), [[0, 51, 255]]), [[0.0, 0.2, 1.0]])
    assert_close(given(cr.Rescale(2 / 255, -1.0), [[0, 51, 255]]), [[-1.0, -0.6, 1.0]])


def test_bytes_are_floats_from_0_to_255_in_a_step() -> None:
    model = cr.Network(cr.Activation("identity")).build(2).model
    step = build_layers(model, DType.UINT8)
    assert step.data["x"].dtype is DType.UINT8
    assert step.rows["outputs"].dtype is DType.FLOAT32
    found = cr.Network(cr.Activation("identity")).build(2).predict(np.array([[0, 255]], dtype=np.uint8))
    assert found.dtype == np.float32
    assert found.tolist() == [[0.0, 255.0]]
    assert_close(given(cr.Rescale(), np.array([[0, 255]], dtype=np.uint8)), [[0.0, 1.0]])


def test_token_ids_of_any_dtype_become_int32() -> None:
    net = cr.Network(cr.Embedding(5, UNITS), cr.Flatten()).build(2)
    for kind in (np.uint8, np.int16, np.int64, np.float32, np.float64):
        found = net.predict(np.array([[4, 1]], dtype=kind))
        np.testing.assert_array_equal(found, net.params["embedding1/weight"][[4, 1]].reshape(1, -1))
    graph = Graph.of(build_layers(net.model).rows.values())
    assert [node.inputs[1].dtype for node in graph.nodes if node.op == "take"] == [DType.INT32]
    assert int(np.float32(2**24 - 1)) == 2**24 - 1  # the last id of the largest table
    with pytest.raises(cr.ArgumentError, match="at most 16,777,216"):
        cr.Embedding(2**24 + 1, 1)


# ---------------------------------------------------------------------------------------------- convolution and pooling


KERNEL = [[[1.0]], [[10.0]]]


def test_a_kernel_is_not_turned_and_reads_what_is_a_dilation_apart() -> None:
    x = [[[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]]]
    for options, expected in (
        ({}, [21.0, 32.0, 43.0, 54.0, 65.0]),
        ({"dilation": 3}, [41.0, 52.0, 63.0]),
        ({"dilation": 3, "stride": 2}, [41.0, 63.0]),
        ({"stride": 3}, [21.0, 54.0]),  # the last step is in no window
    ):
        assert_close(given(cr.Conv1D(1, 2, weight_init=KERNEL, **options), x)[0, :, 0], expected)
    picture, kernel = np.arange(6.0).reshape(1, 2, 3, 1), np.reshape([1.0, 10.0, 100.0, 1000.0], (2, 2, 1, 1))
    assert_close(given(cr.Conv2D(1, 2, weight_init=kernel), picture).ravel(), [4310.0, 5421.0])


def test_same_adds_the_odd_zero_after_and_a_number_adds_on_both_sides() -> None:
    x = [[[1.0], [2.0], [3.0]]]
    for options, expected in (
        ({"padding": "same"}, [21.0, 32.0, 3.0]),
        ({"padding": "same", "stride": 2}, [21.0, 3.0]),
        ({"padding": "same", "dilation": 2}, [20.0, 31.0, 2.0]),
        ({"padding": 1}, [10.0, 21.0, 32.0, 3.0]),
    ):
        assert_close(given(cr.Conv1D(1, 2, weight_init=KERNEL, **options), x)[0, :, 0], expected)


def test_padding_counts_in_no_pool() -> None:
    assert_close(given(cr.AvgPool1D(3, padding="same"), [[[-1.0], [-2.0], [-3.0], [-5.0]]]).ravel(), [-1.5, -4.0])
    assert_close(given(cr.MaxPool1D(3, padding="same"), [[[-1.0], [-2.0], [-3.0], [-5.0]]]).ravel(), [-1.0, -3.0])


def test_equal_largest_ones_of_a_window_share_the_gradient() -> None:
    x = input("x", (ROWS, 4, 1), "float64")
    gradient = run(gradients(reduce_sum(max_pool(x, 4)), [x])[0], {"x": [[[3.0], [1.0], [3.0], [3.0]]]})
    assert_close(gradient.ravel(), [1 / 3, 0.0, 1 / 3, 1 / 3])


# -------------------------------------------------------------------------------------------------------- normalisation


def test_batch_norm_is_biased_in_the_batch_and_unbiased_in_the_running_variance() -> None:
    net = cr.Network(cr.BatchNorm(momentum=0.1, eps=1.0)).build(1, dtype="float64")
    history = net.fit([[0.0], [6.0]], [[0.0], [0.0]], **SMALL)  # mean 3, variance 9, or 18 when divided by 1
    assert history.loss[0] == pytest.approx((9 / 10) / 2)
    assert_close([net.state["batchnorm1/mean"], net.state["batchnorm1/variance"]], [[0.3], [0.9 + 1.8]])


def test_layer_norm_is_biased_and_has_its_eps_inside_the_root() -> None:
    assert_close(
        given(cr.LayerNorm(eps=1.0), [[0.0, 6.0], [5.0, 5.0]]), [[-3 / math.sqrt(10), 3 / math.sqrt(10)], [0, 0]]
    )


# --------------------------------------------------------------------------------------------------------- augmentation


SEED, EPOCH, STEP = 7, 3, 5


def augmented(x: Array, **options: Any) -> Array:
    """What a network is given of pictures in a step of training."""
    pictures = input("x", (ROWS, *x.shape[1:]), "float64")
    y, _ = cr.Augment(**options).apply({}, {}, pictures, Mode(train=True))
    return run(y, {"x": x, "key": [SEED, random.DROPOUT], "counter": [STEP, EPOCH]})


def drawn(n: int, number: int) -> Array:
    """The numbers from −1 to 1 that n pictures draw for one purpose, the number of which is its place in a table."""
    return (2.0 * random.words(n, SEED, random.DROPOUT, (number, STEP, EPOCH)) + 1) / 2**32 - 1


def test_a_picture_is_flipped_then_turned_then_enlarged_then_moved() -> None:
    """Of 5 × 5 pixels: left and right change places, a quarter turn, twice as large about the middle, 2 rows down."""
    x, one, halves = rng.normal(size=(1, 5, 5, 1)), input("one", (ROWS,), "float64"), np.arange(5) / 2
    at = affine((5, 5), math.pi / 2 * one, 2.0 * one, (2.0 * one, 0.0 * one), (one, -one))
    found = run(resample(input("x", (ROWS, 5, 5, 1), "float64"), at), {"x": x, "one": [1.0]})
    turned = np.rot90(x[0, :, ::-1, 0])
    down, across = (np.maximum(0, 1 - np.abs(places[:, None] - np.arange(5))) for places in (halves, 1 + halves))
    assert_close(found[0, :, :, 0], down @ turned @ across.T)


def test_turns_are_degrees_counter_clockwise_and_edges_go_on() -> None:
    """As SciPy turns a picture: about its middle, bilinear between pixels, the nearest pixel beyond the edges."""
    x = rng.normal(size=(3, 6, 8, 2))
    for picture, found, u in zip(x, augmented(x, rotation=40), drawn(3, 0), strict=True):
        assert_close(found, rotate(picture, 40 * u, reshape=False, order=1, mode="nearest"), 1e-9)


def test_shifts_are_whole_pixels_and_fill_stands_where_there_was_nothing() -> None:
    x = rng.normal(size=(40, 4, 10, 1))
    found, most = augmented(x, shift=0.2, fill=9.0), (1, 2)  # pixels down and across: 0.2 of each side, rounded
    seen = set()
    for row in range(40):
        down, across = (math.floor((drawn(40, 3 + i)[row] + 1) * (most[i] + 0.5)) - most[i] for i in range(2))
        wide = np.full((8, 14, 1), 9.0)
        wide[2 + down : 6 + down, 2 + across : 12 + across] = x[row]
        assert_close(found[row], wide[2:6, 2:12])
        seen.add((down, across))
    assert len(seen) == 15  # every one of 3 · 5 shifts


def test_contrast_then_brightness_then_the_cutout_come_after_what_moves_pixels() -> None:
    x = rng.normal(size=(30, 4, 4, 2))
    found = augmented(x, flip="horizontal", contrast=0.5, brightness=0.3, cutout=3, fill=9.0)
    turned = np.where(drawn(30, 1).reshape(-1, 1, 1, 1) < 0, x[:, :, ::-1], x)
    mean = turned.mean(axis=(1, 2, 3), keepdims=True)
    brightness, contrast = (drawn(30, number).reshape(-1, 1, 1, 1) for number in (6, 7))
    lit = mean + (1 + 0.5 * contrast) * (turned - mean) + 0.3 * brightness
    for picture, row, column in zip(lit, *(np.floor((drawn(30, k) + 1) * 2).astype(int) for k in (8, 9)), strict=True):
        picture[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = 9.0
    assert_close(found, lit)


def test_each_picture_draws_its_numbers_once_a_step_whatever_else_is_asked_for() -> None:
    zeros = np.zeros((5, 4, 4, 3))
    bright = drawn(5, 6).reshape(-1, 1, 1, 1) + zeros
    assert_close(augmented(zeros, brightness=1.0), bright)
    assert_close(augmented(zeros, brightness=1.0, rotation=30, zoom=0.2, flip="both", shift=0.1, contrast=0.3), bright)
    net = cr.Network(cr.Augment(brightness=1.0)).build((4, 4, 3), dtype="float64")
    assert_close(net.predict(zeros), zeros)


# ---------------------------------------------------------------------------------------------- weights from PyTorch


def loaded(source: dict[str, Array], *layers: cr.Layer, shape: tuple[int, ...]) -> list[Array]:
    """The parameters that layers are given of PyTorch's arrays."""
    net = cr.Network(*layers).build(shape, dtype="float64")
    net.load_params(source, framework="pytorch")
    return list(net.params.values())


def test_load_params_turns_weights_kernels_and_what_comes_of_flatten() -> None:
    kernel, linear, bias = rng.normal(size=(3, 2, 4, 5)), rng.normal(size=(7, 3 * 1 * 2)), rng.normal(size=7)
    layers = cr.Conv2D(3, (4, 5), bias=False), cr.Flatten(), cr.Dense(7)
    arrays = {"0.weight": kernel, "2.weight": linear, "2.bias": bias}
    found_kernel, found_linear, found_bias = loaded(arrays, *layers, shape=(4, 6, 2))
    assert_close(found_kernel, np.einsum("fchw->hwcf", kernel))
    assert_close(found_linear, np.einsum("ochw->hwco", linear.reshape(7, 3, 1, 2)).reshape(6, 7))
    assert_close(found_bias, bias)
    shapes = {"weight_ih_l0": (2, 3), "weight_hh_l0": (2, 2), "bias_ih_l0": (2,), "bias_hh_l0": (2,)}
    rnn = {name: rng.normal(size=size) for name, size in shapes.items()}
    weight, recurrent, both = loaded(rnn, cr.SimpleRNN(2), shape=(4, 3))
    assert_close(weight, rnn["weight_ih_l0"].T)
    assert_close(recurrent, rnn["weight_hh_l0"].T)
    assert_close(both, rnn["bias_ih_l0"] + rnn["bias_hh_l0"])
    table = rng.normal(size=(9, 2))
    assert_close(loaded({"weight": table}, cr.Embedding(9, 2), shape=(3,))[0], table)

"""Convolution against PyTorch, padding against TensorFlow's rule, and what is said of wrong arguments and rows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import chainrule as cr
from chainrule.functional.convolution import padding_widths
from chainrule.graph import ROWS, Graph, input
from chainrule.nn import Mode
from nn.networks import model_of
from nn.torch_twin import ROWS as N
from nn.torch_twin import Tensors, agrees, channels_first, channels_last, kernel
from oracles import run

rng = np.random.default_rng(0)

# Rows, and the arguments of a convolution: odd sizes, strides, dilation, every kind of padding.
CASES_1D: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {
    "plain": ((9, 3), {"kernel_size": 3}),
    "one step": ((7, 2), {"kernel_size": 1}),
    "all steps": ((5, 2), {"kernel_size": 5}),
    "same": ((10, 3), {"kernel_size": 3, "padding": "same"}),
    "same, even": ((9, 2), {"kernel_size": 4, "padding": "same", "stride": 2}),
    "stride": ((11, 3), {"kernel_size": 4, "stride": 3, "padding": 2}),
    "dilation": ((12, 2), {"kernel_size": 3, "dilation": 3, "padding": "same"}),
    "everything": ((13, 3), {"kernel_size": 3, "dilation": 2, "stride": 2, "padding": 1, "bias": False}),
}
CASES_2D: dict[str, tuple[tuple[int, int, int], dict[str, Any]]] = {
    "plain": ((6, 5, 3), {"kernel_size": 3}),
    "one pixel": ((4, 5, 2), {"kernel_size": 1}),
    "whole image": ((3, 4, 2), {"kernel_size": (3, 4)}),
    "same": ((7, 6, 1), {"kernel_size": 3, "padding": "same"}),
    "same, even": ((7, 8, 2), {"kernel_size": (2, 4), "padding": "same", "stride": (2, 3)}),
    "stride": ((9, 7, 2), {"kernel_size": (3, 2), "stride": (2, 1), "padding": (2, 0)}),
    "dilation": ((8, 9, 2), {"kernel_size": (3, 2), "dilation": (2, 3), "padding": 1}),
    "everything": ((9, 10, 3), {"kernel_size": 3, "dilation": 2, "stride": 2, "padding": "same", "bias": False}),
}


def twin_of(
    name: str, lengths: tuple[int, ...], arguments: dict[str, Any]
) -> Callable[[Tensors, torch.Tensor], torch.Tensor]:
    """The convolution by PyTorch, which is told how much is padded."""
    size, stride, dilation = (arguments.get(key, 1) for key in ("kernel_size", "stride", "dilation"))
    widths = padding_widths(lengths, size, stride, arguments.get("padding", "valid"), dilation)
    flat = [width for pair in reversed(widths) for width in pair]
    convolution = functional.conv1d if len(lengths) == 1 else functional.conv2d

    def twin(numbers: Tensors, x: torch.Tensor) -> torch.Tensor:
        padded = functional.pad(channels_first(x), flat)
        weight, bias = kernel(numbers[f"{name}/weight"]), numbers.get(f"{name}/bias")
        return channels_last(convolution(padded, weight, bias, stride=stride, dilation=dilation))

    return twin


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
@pytest.mark.parametrize("case", CASES_1D)
def test_conv1d_is_that_of_pytorch(case: str, backend: str) -> None:
    shape, arguments = CASES_1D[case]
    convolve = twin_of("conv1d1", shape[:-1], arguments)
    agrees(
        lambda: [cr.Conv1D(4, activation="tanh", **arguments), cr.Flatten(), cr.Dense(2)],
        lambda p, x, _: torch.tanh(convolve(p, x)).flatten(1) @ p["dense1/weight"] + p["dense1/bias"],
        rng.normal(size=(N, *shape)),
        backend,
    )


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
@pytest.mark.parametrize("case", CASES_2D)
def test_conv2d_is_that_of_pytorch(case: str, backend: str) -> None:
    shape, arguments = CASES_2D[case]
    convolve = twin_of("conv2d1", shape[:-1], arguments)
    agrees(
        lambda: [cr.Conv2D(4, activation="tanh", **arguments), cr.Flatten(), cr.Dense(2)],
        lambda p, x, _: torch.tanh(convolve(p, x)).flatten(1) @ p["dense1/weight"] + p["dense1/bias"],
        rng.normal(size=(N, *shape)),
        backend,
    )


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
def test_a_convolution_behind_another_is_that_of_pytorch(backend: str) -> None:
    """So that the gradient at the input of a convolution is compared too."""

    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        first = twin_of("conv2d1", (8, 7), {"kernel_size": 3, "padding": "same"})
        second = twin_of("conv2d2", (8, 7), {"kernel_size": (3, 2), "stride": 2, "padding": 1})
        third = twin_of("conv2d3", (4, 4), {"kernel_size": 2, "dilation": 2})
        return third(p, functional.elu(second(p, torch.tanh(first(p, x))))).flatten(1)

    agrees(
        lambda: [
            cr.Conv2D(3, 3, padding="same", activation="tanh"),
            cr.Conv2D(4, (3, 2), stride=2, padding=1, activation="elu"),
            cr.Conv2D(2, 2, dilation=2),
            cr.Flatten(),
        ],
        twin,
        rng.normal(size=(N, 8, 7, 2)),
        backend,
    )


def test_same_with_stride_1_and_an_odd_kernel_is_half_of_it_on_both_sides() -> None:
    x = torch.tensor(rng.normal(size=(3, 9, 6, 2)))
    w = torch.tensor(rng.normal(size=(5, 3, 2, 4)))
    wanted = channels_last(functional.conv2d(channels_first(x), kernel(w), padding=(2, 1)))
    for padding in ("same", (2, 1)):
        own = twin_of("c", (9, 6), {"kernel_size": (5, 3), "padding": padding})({"c/weight": w}, x)
        np.testing.assert_allclose(own, wanted, rtol=1e-12)


@pytest.mark.parametrize(("k", "s", "d"), list(itertools.product([1, 2, 3, 5], [1, 2, 3], [1, 2])))
def test_same_is_the_padding_of_tensorflow(k: int, s: int, d: int) -> None:
    """max((⌈n/s⌉ − 1) s + (k − 1) d + 1 − n, 0) in all, the smaller half before: the rule of tf.nn's documentation."""
    for n in range(1, 12):
        ((before, after),) = padding_widths([n], k, s, "same", d)
        total = max((math.ceil(n / s) - 1) * s + (k - 1) * d + 1 - n, 0)
        assert (before, after) == (total // 2, total - total // 2)
        assert (n + before + after - (k - 1) * d - 1) // s + 1 == math.ceil(n / s)


def test_no_padding_is_no_node() -> None:
    """A kernel that needs none stays without: the backends look for a contraction of windows."""
    for layer, shape in ((cr.Conv2D(2, 3), (5, 5, 1)), (cr.Conv1D(2, 1, padding="same"), (5, 3))):
        model = model_of(layer, input_shape=shape)
        x = input("x", (ROWS, *shape), "float64")
        z, _ = model.layer.apply(model.nodes("params"), {}, x, Mode(train=True))
        ops = [node.op for node in Graph.of([z]).nodes if node.op not in ("input", "broadcast")]
        assert ops == ["windows", "contract", "add"]


def test_a_number_pads_both_sides_with_zeros_by_hand() -> None:
    """[1, 2, 3] with kernel [1, 10], one zero on each side: 0·1 + 1·10, 1·1 + 2·10, 2·1 + 3·10, 3·1 + 0·10."""
    layer = cr.Conv1D(1, 2, padding=1, weight_init=[[[1.0]], [[10.0]]])
    model = model_of(layer, input_shape=(3, 1))
    x = input("x", (ROWS, 3, 1), "float64")
    z, _ = model.layer.apply(model.nodes("params"), {}, x, Mode(train=False))
    found = run(z, {"x": np.array([[[1.0], [2.0], [3.0]]]), **model.arrays})
    np.testing.assert_array_equal(found[0, :, 0], [10.0, 21.0, 32.0, 3.0])


@pytest.mark.parametrize(
    ("activation", "deviation"),
    [("relu", math.sqrt(2 / (9 * 8))), ("selu", math.sqrt(1 / (9 * 8))), (None, math.sqrt(2 / (9 * 8 + 9 * 40)))],
)
def test_initial_weights_suit_the_activation(activation: str | None, deviation: float) -> None:
    """A unit has 3 · 3 · 8 inputs, and an input goes to 3 · 3 · 40 units: He, LeCun and Glorot."""
    net = cr.Network(cr.Conv2D(40, 3, activation=activation)).build((5, 5, 8))
    weight = net.params["conv2d1/weight"]
    assert weight.shape == (3, 3, 8, 40)
    assert weight.std() == pytest.approx(deviation, rel=0.05)
    assert not net.params["conv2d1/bias"].any()


def test_weights_are_penalised_and_biases_are_not() -> None:
    net = cr.Network(cr.Conv1D(2, 3), cr.Flatten(), cr.Dense(1)).build((5, 2))
    assert net.model.weights() == {"conv1d1/weight", "dense1/weight"}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: cr.Conv1D(0, 3), "filters must be a whole number at least 1, but is 0."),
        (lambda: cr.Conv1D(4, 2.5), "kernel_size must be a whole number at least 1, but is 2.5."),
        (lambda: cr.Conv1D(4, (3, 3)), r"kernel_size must be a whole number at least 1, but is \(3, 3\)."),
        (lambda: cr.Conv2D(4, (3, 0)), "kernel_size must be a whole number at least 1, but is 0."),
        (
            lambda: cr.Conv2D(4, (3, 3, 3)),
            r"kernel_size must be a number, or one for height and one for width, but is \(3, 3, 3\).",
        ),
        (lambda: cr.Conv2D(4, 3, stride=0), "stride must be a whole number at least 1, but is 0."),
        (lambda: cr.Conv2D(4, 3, dilation=(1, -1)), "dilation must be a whole number at least 1, but is -1."),
        (lambda: cr.Conv2D(4, 3, padding=-1), "padding must be a whole number at least 0, but is -1."),
        (lambda: cr.Conv2D(4, 3, padding="full"), 'padding must be "valid", "same" or a number, but is \'full\'.'),
        (lambda: cr.Conv2D(4, 3, activation="rleu"), "did you mean 'relu'?"),
    ],
)
def test_wrong_arguments_are_sentences(make: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(cr.ArgumentError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "sentence"),
    [
        (
            cr.Conv2D(4, 3),
            (28, 28),
            r"layer 'conv2d1': Conv2D needs images of shape .* rows have shape \(28, 28\): put Reshape\(28, 28, 1\) before",
        ),
        (cr.Conv2D(4, 3), (784,), r"put Reshape\(28, 28, 1\) before it, if they are images of one channel."),
        (cr.Conv2D(4, 3), (10,), r"but the rows have shape \(10,\): put a Reshape before it."),
        (cr.Conv2D(4, 3), (2, 8, 8, 3), r"but the rows have shape \(2, 8, 8, 3\)."),
        (cr.Conv1D(4, 3), (100,), r"put Reshape\(100, 1\) before it, if they are 100 steps of one feature."),
        (cr.Conv1D(4, 3), (8, 8, 3), r"Conv1D needs sequences of shape \(steps, features\)"),
        (
            cr.Conv2D(4, 5),
            (3, 9, 2),
            'Conv2D has a window of 5 × 5, which does not fit into rows of 3 × 9: make it smaller, or use padding="same".',
        ),
        (cr.Conv1D(4, 3, dilation=4), (8, 2), r"has a window of 3 \(with its dilation 9\), which does not fit"),
    ],
)
def test_rows_that_do_not_suit_are_told_in_a_sentence(layer: cr.Layer, shape: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(cr.ShapeError, match=sentence):
        cr.Network(layer).build(shape)

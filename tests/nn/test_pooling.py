"""Pools against PyTorch and, with padding steps, against each sequence without them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import chainrule as cr
from chainrule.functional.convolution import padding_widths
from nn.networks import Setup, model_of
from nn.torch_twin import ROWS as N
from nn.torch_twin import Tensors, agrees, channels_first, channels_last, kernel
from oracles import run

rng = np.random.default_rng(1)
BACKENDS = ["numpy", "llvm"]

# Rows, and the arguments of a pool. PyTorch has no "same", so it is told what is padded.
CASES: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "1D": ((8, 3), {}),
    "1D, a step is left over": ((9, 3), {"size": 2}),
    "1D, overlapping": ((9, 2), {"size": 3, "stride": 2}),
    "1D, gaps": ((9, 2), {"size": 2, "stride": 3}),
    "1D, padded": ((7, 2), {"size": 3, "stride": 2, "padding": 1}),
    "1D, same": ((7, 3), {"size": 4, "stride": 3, "padding": "same"}),
    "2D": ((6, 4, 3), {}),
    "2D, odd": ((7, 5, 2), {"size": 2}),
    "2D, overlapping": ((7, 6, 2), {"size": (3, 2), "stride": (2, 1)}),
    "2D, padded": ((5, 6, 2), {"size": (3, 2), "padding": 1}),
    "2D, same": ((7, 5, 1), {"size": 3, "stride": 2, "padding": "same"}),
    "2D, one element": ((3, 3, 2), {"size": 1}),
}


def padded(x: torch.Tensor, arguments: dict[str, Any], value: float) -> tuple[torch.Tensor, Any, Any]:
    """x with channels first and what is padded, the size and the stride."""
    size = arguments.get("size", 2)
    stride = arguments.get("stride", size)
    widths = padding_widths(x.shape[1:-1], size, stride, arguments.get("padding", "valid"))
    flat = [width for pair in reversed(widths) for width in pair]
    return functional.pad(channels_first(x), flat, value=value), size, stride


def max_twin(x: torch.Tensor, arguments: dict[str, Any]) -> torch.Tensor:
    """The maximum by PyTorch."""
    pool = functional.max_pool1d if x.ndim == 3 else functional.max_pool2d
    return channels_last(pool(*padded(x, arguments, -torch.inf)))


def avg_twin(x: torch.Tensor, arguments: dict[str, Any]) -> torch.Tensor:
    """The mean by PyTorch: that of zeros and elements, divided by the share of elements."""
    pool = functional.avg_pool1d if x.ndim == 3 else functional.avg_pool2d
    real = torch.ones_like(x)
    return channels_last(pool(*padded(x, arguments, 0.0)) / pool(*padded(real, arguments, 0.0)))


POOLS: dict[str, tuple[Callable[..., cr.Layer], Callable[..., torch.Tensor]]] = {
    "Max": (lambda dims, **a: (cr.MaxPool1D if dims == 1 else cr.MaxPool2D)(**a), max_twin),
    "Avg": (lambda dims, **a: (cr.AvgPool1D if dims == 1 else cr.AvgPool2D)(**a), avg_twin),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("case", CASES)
def test_a_pool_behind_a_convolution_is_that_of_pytorch(case: str, pool: str, backend: str) -> None:
    shape, arguments = CASES[case]
    dims, (make, twin) = len(shape) - 1, POOLS[pool]
    conv, name = (cr.Conv1D, "conv1d1") if dims == 1 else (cr.Conv2D, "conv2d1")

    def whole(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        convolution = functional.conv1d if dims == 1 else functional.conv2d
        z = convolution(channels_first(x), kernel(p[f"{name}/weight"]), p[f"{name}/bias"], padding="same")
        return twin(channels_last(z), arguments).flatten(1)

    agrees(
        lambda: [conv(2, 3, padding="same"), make(dims, **arguments), cr.Flatten()],
        whole,
        rng.normal(size=(N, *shape)),
        backend,
    )


def test_padding_does_not_count_in_a_mean() -> None:
    """In PyTorch: count_include_pad=False."""
    x = torch.tensor(rng.normal(size=(2, 5, 6, 3)))
    wanted = functional.avg_pool2d(channels_first(x), 3, 2, 1, count_include_pad=False)
    np.testing.assert_allclose(avg_twin(x, {"size": 3, "stride": 2, "padding": 1}), channels_last(wanted), rtol=1e-12)


def given(layer: cr.Layer, x: Any) -> Any:
    """What the layer gives for x."""
    return cr.Network(layer).build(np.shape(x)[1:], dtype="float64").predict(x, backend="numpy")


def test_pools_by_hand() -> None:
    x = np.array([[[1.0], [4.0], [-2.0], [3.0], [5.0]]])
    found = {
        layer: given(layer, x)[..., 0].ravel().tolist()
        for layer in (
            cr.MaxPool1D(),
            cr.MaxPool1D(3, padding="same"),
            cr.AvgPool1D(2, stride=1),
            cr.AvgPool1D(3, padding=1),
            cr.MaxPool1D(2, padding=1),
        )
    }
    wanted = [[4.0, 3.0], [4.0, 5.0], [2.5, 1.0, 0.5, 4.0], [2.5, 2.0], [1.0, 4.0, 5.0]]
    assert list(found.values()) == wanted


def test_equal_largest_ones_share_the_gradient() -> None:
    """A window of [2, 2, 1, 2] that is worth 1 gives a third to each of its twos."""
    model = model_of(cr.MaxPool2D(2), cr.Flatten(), input_shape=(2, 2, 1))
    setup = Setup.of(model, {"x": np.array([[[[2.0], [2.0]], [[1.0], [2.0]]]]), "y": np.array([[1.0]])})
    (slope,) = run(cr.gradients(setup.loss, [setup.step.data["x"]]), setup.arrays)
    np.testing.assert_allclose(slope.ravel(), [1 / 3, 1 / 3, 0, 1 / 3], rtol=1e-15)


# ---------------------------------------------------------------------------------------------------- global pools


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", [(6, 3), (4, 5, 3), (1, 1, 2)])
def test_global_pools_are_those_of_pytorch(shape: tuple[int, ...], backend: str) -> None:
    axes = tuple(range(1, len(shape)))

    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        z = torch.tanh(x @ p["dense1/weight"] + p["dense1/bias"])
        parts = z.mean(axes), z.amax(axes)
        return torch.cat(parts, 1) @ p["dense2/weight"] + p["dense2/bias"]

    agrees(
        lambda: [
            cr.Dense(4, activation="tanh"),
            cr.Concatenate(cr.GlobalAveragePool(), cr.GlobalMaxPool()),
            cr.Dense(2),
        ],
        twin,
        rng.normal(size=(N, *shape)),
        backend,
    )


def sequences() -> np.ndarray[Any, Any]:
    """Sequences of up to 9 steps, with zeros behind the last: one of them is full, one has a single step, one none."""
    x = rng.normal(size=(N, 9, 3))
    lengths = rng.integers(1, 10, N)
    lengths[:3] = 9, 1, 0
    x[np.arange(9) >= lengths[:, None]] = 0.0
    return x


@pytest.mark.parametrize("backend", BACKENDS)
def test_global_pools_leave_padding_out(backend: str) -> None:
    """The twin pools every sequence by itself, cut to its real steps."""

    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        z = torch.tanh(x @ p["dense1/weight"] + p["dense1/bias"])
        lengths = (x != 0).any(2).sum(1)
        rows = [
            torch.cat([row[:n].mean(0), row[:n].amax(0)]) if n else torch.zeros(8, dtype=row.dtype)
            for row, n in zip(z, lengths, strict=True)
        ]
        return torch.stack(rows) @ p["dense2/weight"] + p["dense2/bias"]

    agrees(
        lambda: [
            cr.Masking(),
            cr.Dense(4, activation="tanh"),
            cr.Concatenate(cr.GlobalAveragePool(), cr.GlobalMaxPool()),
            cr.Dense(2),
        ],
        twin,
        sequences(),
        backend,
    )


@pytest.mark.parametrize("pool", [cr.GlobalAveragePool, cr.GlobalMaxPool])
def test_a_sequence_without_a_real_step_is_0(pool: Callable[[], cr.Layer]) -> None:
    net = cr.Network(cr.Masking(), cr.Dense(2, bias_init=3.0), pool()).build((4, 2), dtype="float64")
    x = np.zeros((2, 4, 2))
    x[1, 2] = 1.0
    found = net.predict(x, backend="numpy")
    assert found[0].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(found[1], net.params["dense1/weight"].sum(0) + 3.0, rtol=1e-12)


WINDOWS: list[Callable[[], list[cr.Layer]]] = [
    lambda: [cr.Conv1D(4, 3)],
    lambda: [cr.Conv1D(4, 3, padding="same")],
    lambda: [cr.Conv1D(4, 4, padding="same", dilation=2)],
    lambda: [cr.Conv1D(4, 3, padding=1, stride=2)],
    lambda: [cr.Conv1D(4, 4, padding=2)],  # some windows hold nothing of the sequence
    lambda: [cr.Conv1D(4, 5, padding=3, dilation=2)],
    lambda: [cr.Conv1D(4, 2, stride=3, dilation=2)],
    lambda: [cr.MaxPool1D(2)],
    lambda: [cr.MaxPool1D(3, stride=1, padding="same")],
    lambda: [cr.MaxPool1D(3, stride=2, padding=1)],
    lambda: [cr.AvgPool1D(4, stride=2)],
    lambda: [cr.AvgPool1D(3, stride=1, padding="same")],
    lambda: [cr.AvgPool1D(3, stride=2, padding=1)],
    lambda: [cr.Conv1D(4, 5, padding="same"), cr.BatchNorm(), cr.MaxPool1D(2), cr.Conv1D(4, 3, padding="same")],
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("make", WINDOWS)
def test_a_padded_sequence_gives_what_it_gives_alone(make: Callable[[], list[cr.Layer]], backend: str) -> None:
    """However far it is padded, and whatever the layers before have made of the padding."""

    def network(steps: int) -> cr.Network:
        layers = [cr.Masking(), cr.Dense(3, bias_init=2.0), *make(), cr.Concatenate(cr.GlobalMaxPool(), cr.LSTM(2))]
        return cr.Network(*layers).build((steps, 2), seed=1, dtype="float64")

    x = np.random.default_rng(3).normal(size=(1, 11, 2))
    for length in (10, 11):
        alone = network(length)
        expected = alone.predict(x[:, :length], backend=backend)
        for more in (1, 2, 7):
            padded = network(length + more)
            padded.load_params({**alone.params, **alone.state})
            found = padded.predict(np.pad(x[:, :length], [(0, 0), (0, more), (0, 0)]), backend=backend)
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("make", WINDOWS)
def test_gradients_where_windows_are_padding(make: Callable[[], list[cr.Layer]]) -> None:
    """Finite, and those of finite differences, also where a row has fewer steps than a window."""
    X = np.random.default_rng(4).normal(size=(4, 12, 2))
    for row, length in enumerate((12, 7, 1, 0)):
        X[row, length:] = 0.0
    net = cr.Network(cr.Masking(), cr.Dense(3, bias_init=2.0), *make(), cr.GlobalAveragePool(), cr.Dense(1))
    net.build((12, 2), seed=1, dtype="float64")
    check = cr.check_gradients(net, X, np.arange(4.0)[:, None], loss="squared_error")
    assert check.ok, check.verdict


def test_what_has_no_steps_any_more_has_no_mask() -> None:
    """Behind Reshape and Flatten, axes are no steps, so nothing is left out."""
    x = np.zeros((1, 4, 2))
    x[0, :2] = 1.0
    net = cr.Network(cr.Masking(), cr.Reshape(8, 1), cr.GlobalAveragePool()).build((4, 2))
    assert net.predict(x, backend="numpy") == 0.5


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: cr.MaxPool1D(0), "size must be a whole number at least 1, but is 0."),
        (lambda: cr.MaxPool2D((2, 2, 2)), "size must be a number, or one for height and one for width"),
        (lambda: cr.AvgPool2D(2, stride=1.5), "stride must be a whole number at least 1, but is 1.5."),
        (lambda: cr.AvgPool1D(2, padding="full"), 'padding must be "valid", "same" or a number'),
        (
            lambda: cr.MaxPool2D((4, 2), padding=2),
            r"padding must be at most half of size, but is 2 with a size of \(4, 2\).",
        ),
    ],
)
def test_wrong_arguments_are_sentences(make: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(cr.ArgumentError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "sentence"),
    [
        (cr.MaxPool2D(), (28, 28), r"layer 'maxpool2d1': MaxPool2D needs images .* put Reshape\(28, 28, 1\) before it"),
        (cr.AvgPool1D(), (28,), r"AvgPool1D needs sequences of shape \(steps, features\)"),
        (cr.MaxPool2D(3), (2, 5, 1), "MaxPool2D has a window of 3 × 3, which does not fit into rows of 2 × 5"),
        (
            cr.GlobalMaxPool(),
            (28,),
            r"layer 'globalmaxpool1': GlobalMaxPool needs sequences .* rows have shape \(28,\).",
        ),
    ],
)
def test_rows_that_do_not_suit_are_told_in_a_sentence(layer: cr.Layer, shape: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(cr.ShapeError, match=sentence):
        cr.Network(layer).build(shape)

"""Recurrent layers against those of PyTorch: predictions, gradients, fifty steps of training; masks against packed sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

import chainrule as cr
from chainrule.errors import ArgumentError, BackendError, ShapeError
from chainrule.functional import recurrence
from chainrule.graph import ROWS, input
from chainrule.graph.primitives import reshape
from chainrule.nn import Draw, Mode
from nn.torch_twin import ROWS as N
from nn.torch_twin import Tensors, agrees, network

rng = np.random.default_rng(3)
BACKENDS = ["numpy", "llvm"]
STEPS, FEATURES, UNITS = 6, 3, 4
KINDS: dict[str, Callable[..., cr.Layer]] = {"SimpleRNN": cr.SimpleRNN, "LSTM": cr.LSTM, "GRU": cr.GRU}
FUNCTIONS: dict[str, Any] = {"SimpleRNN": torch.rnn_tanh, "LSTM": torch.lstm, "GRU": torch.gru}


def weights(p: Tensors, path: str) -> list[torch.Tensor]:
    """The parameters of a layer as PyTorch has them: turned, and with two biases."""
    bias = p[f"{path}/bias"]
    other = p.get(f"{path}/recurrent_bias", torch.zeros_like(bias))
    return [p[f"{path}/weight"].T, p[f"{path}/recurrent_weight"].T, bias, other]


def states(
    p: Tensors, kind: str, path: str, x: torch.Tensor, lengths: list[int] | None = None, *, both: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """Every state and the last, by the function behind torch.nn.RNN, LSTM and GRU; those of packed sequences with lengths."""
    paths = [f"{path}/forward", f"{path}/backward"] if both else [path]
    own = [weight for each in paths for weight in weights(p, each)]
    units = own[0].shape[0] // {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}[kind]
    zero = torch.zeros(len(paths), len(x), units, dtype=x.dtype)
    start = (zero, zero) if kind == "LSTM" else zero
    rest = (own, True, 1, 0.0, False, both)
    if lengths is None:
        every, last, *_ = FUNCTIONS[kind](x, start, *rest, True)
        return every, last.movedim(0, 1).flatten(1)
    packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
    data, last, *_ = FUNCTIONS[kind](packed.data, packed.batch_sizes, start, *rest)
    sizes, order, back = packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices
    every, _ = pad_packed_sequence(PackedSequence(data, sizes, order, back), batch_first=True, total_length=x.shape[1])
    return every, last[:, back].movedim(0, 1).flatten(1)


def dense(p: Tensors, x: torch.Tensor) -> torch.Tensor:
    return x @ p["dense1/weight"] + p["dense1/bias"]


def sequences() -> np.ndarray:
    return rng.normal(size=(N, STEPS, FEATURES))


def padded() -> np.ndarray:
    """Sequences of every length, the rest of each zeros."""
    x = sequences()
    for row in x:
        row[rng.integers(1, STEPS + 1) :] = 0.0
    return x


def lengths_of(x: torch.Tensor) -> list[int]:
    return (x != 0).any(2).sum(1).tolist()


# -------------------------------------------------------------------------------------------------- beside PyTorch


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_last_state_is_that_of_pytorch(kind: str, backend: str) -> None:
    agrees(
        lambda: [KINDS[kind](UNITS), cr.Dense(2)],
        lambda p, x, train: dense(p, states(p, kind, f"{kind.lower()}1", x)[1]),
        sequences(),
        backend,
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_state_of_two_layers_is_that_of_pytorch(kind: str, backend: str) -> None:
    """The second reads in reverse what the first gives at every step."""
    path = kind.lower()

    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        first, _ = states(p, kind, f"{path}1", x)
        second, _ = states(p, kind, f"{path}2", first.flip(1))
        return dense(p, second.flip(1).flatten(1))

    def layers() -> Sequence[cr.Layer]:
        first = KINDS[kind](UNITS, return_sequences=True)
        return [first, KINDS[kind](3, return_sequences=True, reverse=True), cr.Flatten(), cr.Dense(2)]

    agrees(layers, twin, sequences(), backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", KINDS)
def test_padding_is_left_out_as_in_packed_sequences(kind: str, backend: str) -> None:
    """Through two layers, the second of which reads in reverse and so begins with the last real step."""
    path = kind.lower()

    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        lengths = lengths_of(x)
        every, _ = states(p, kind, f"{path}1", x, lengths)
        turned = torch.stack([torch.cat([s[:n].flip(0), s[n:]]) for s, n in zip(every, lengths, strict=True)])
        return dense(p, states(p, kind, f"{path}2", turned, lengths)[1])

    def layers() -> Sequence[cr.Layer]:
        first = KINDS[kind](UNITS, return_sequences=True)
        return [cr.Masking(), first, KINDS[kind](3, reverse=True), cr.Dense(2)]

    agrees(layers, twin, padded(), backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", KINDS)
def test_both_directions_are_those_of_pytorch(kind: str, backend: str) -> None:
    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        return dense(p, states(p, kind, "bidirectional1", x, lengths_of(x), both=True)[1])

    agrees(lambda: [cr.Masking(), cr.Bidirectional(KINDS[kind](UNITS)), cr.Dense(2)], twin, padded(), backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_rectified_units_are_those_of_pytorch(backend: str) -> None:
    """Their derivative needs what was before the activation, which the reverse loop computes again."""

    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        zero = torch.zeros(1, len(x), UNITS, dtype=x.dtype)
        own = weights(p, "simplernn1")
        return dense(p, torch.rnn_relu(x, zero, own, True, 1, 0.0, False, False, True)[1][0])

    agrees(lambda: [cr.SimpleRNN(UNITS, activation="relu"), cr.Dense(2)], twin, sequences(), backend)


# ------------------------------------------------------------------------------------------------- beside each other


@pytest.mark.parametrize("units", [1, 5, 16, 24, 32])
@pytest.mark.parametrize("kind", KINDS)
def test_any_number_of_threads_gives_the_same_bits(kind: str, units: int) -> None:
    """In float32, with a last batch of fewer rows; what is computed is also what NumPy computes."""
    x = padded().astype(np.float32)
    y = rng.normal(size=(N, 1)).astype(np.float32)
    found = []
    for threads in (1, 2, 3, None):
        net = cr.Network(cr.Masking(), KINDS[kind](units), cr.Dense(1)).build(x.shape[1:], seed=0)
        backend = "numpy" if threads is None else "llvm"
        net.fit(
            x, y, loss="squared_error", epochs=3, batch_size=8, optimizer=cr.SGD(0.1), backend=backend, threads=threads
        )
        found.append(net.params)
    one, *others, numpy = found
    for other in others:
        assert all(np.array_equal(one[name], other[name]) for name in one)
    assert all(np.allclose(one[name], numpy[name], atol=1e-5) for name in one)


def test_long_sequences_with_padding() -> None:
    """Longer than a panel of the mask, and than anything that could be unrolled."""
    x = rng.normal(size=(N, 130, 2)).astype(np.float32)
    for row in x:
        row[rng.integers(1, 130) :] = 0.0
    y = rng.normal(size=(N, 1)).astype(np.float32)
    found = []
    for backend, threads in (("numpy", None), ("llvm", 1), ("llvm", 2)):
        net = cr.Network(cr.Masking(), cr.LSTM(20), cr.Dense(1)).build((130, 2), seed=1)
        how: dict[str, Any] = {"batch_size": 8, "backend": backend, "threads": threads}
        net.fit(x, y, loss="squared_error", epochs=3, optimizer=cr.SGD(0.1), **how)
        found.append(net.params)
    assert all(np.allclose(found[0][name], found[1][name], atol=1e-5) for name in found[0])
    assert all(np.array_equal(found[1][name], found[2][name]) for name in found[0])


@pytest.mark.parametrize("kind", KINDS)
def test_one_row_is_learned_as_by_numpy(kind: str) -> None:
    x, y = sequences(), rng.normal(size=(N, 1))
    found = []
    for backend in BACKENDS:
        net = cr.Network(KINDS[kind](UNITS), cr.Dense(1)).build(x.shape[1:], seed=0, dtype="float64")
        net.fit(x, y, loss="squared_error", epochs=2, batch_size=1, optimizer=cr.SGD(0.1), backend=backend)
        found.append(net.params)
    assert all(np.allclose(found[0][name], found[1][name], rtol=0, atol=1e-12) for name in found[0])


# ------------------------------------------------------------------------------------------------------- parameters


def test_initial_parameters() -> None:
    """The recurrent weights of each gate are orthogonal, those of the input within Glorot's limit, biases 0 but one."""
    params, state = cr.LSTM(4).init((9, 3), Draw(seed=1))
    assert not state
    assert {name: array.shape for name, array in params.items()} == {
        "weight": (3, 16),
        "recurrent_weight": (4, 16),
        "bias": (16,),
    }
    for gate in range(4):
        own = params["recurrent_weight"][:, 4 * gate : 4 * gate + 4]
        np.testing.assert_allclose(own @ own.T, np.eye(4), atol=1e-12)
        assert not any(np.array_equal(own, params["recurrent_weight"][:, 4 * o : 4 * o + 4]) for o in range(gate))
    assert 0.5 < np.abs(params["weight"]).max() / np.sqrt(6 / 7) <= 1.0
    np.testing.assert_array_equal(params["bias"], [0, 0, 0, 0, 1, 1, 1, 1, *[0] * 8])


def test_initial_parameters_that_are_given() -> None:
    whole = rng.normal(size=(3, 12))
    given = cr.GRU(4, weight_init=whole, recurrent_init=0.5, bias_init="ones").init((9, 3), Draw(seed=1))[0]
    np.testing.assert_array_equal(given["weight"], whole)
    assert (given["recurrent_weight"] == 0.5).all()
    assert (given["bias"] == 1).all()
    assert (given["recurrent_bias"] == 1).all()
    assert (cr.LSTM(2, bias_init="zeros").init((9, 3), Draw(seed=1))[0]["bias"] == 0).all()
    relu = cr.SimpleRNN(500, activation="relu").init((2, 6), Draw(seed=1))[0]["weight"]
    assert 0.9 < np.abs(relu).max() <= 1.0  # He: √(6/6)


def test_penalties_act_on_both_weights_and_on_no_bias() -> None:
    for layer in (cr.SimpleRNN(2), cr.LSTM(2), cr.GRU(2)):
        assert layer.penalised == ("weight", "recurrent_weight")


def test_the_mask_goes_on_with_sequences_and_ends_with_a_state() -> None:
    x, mask = input("x", (ROWS, 5, 3)), input("mask", (ROWS, 5), "bool")
    for kind in KINDS.values():
        for layer in (kind(2), cr.Bidirectional(kind(2))):
            params = layer.init((5, 3), Draw(seed=0))[0]
            nodes = {name: input(name, array.shape) for name, array in params.items()}
            mode = Mode(train=True, mask=mask)
            layer.apply(nodes, {}, x, mode)
            assert mode.mask is None
        layer = kind(2, return_sequences=True)
        mode = Mode(train=True, mask=mask)
        nodes = {name: input(name, array.shape) for name, array in layer.init((5, 3), Draw(seed=0))[0].items()}
        layer.apply(nodes, {}, x, mode)
        assert mode.mask is mask


def test_a_sequence_of_padding_alone_leaves_the_state_at_zero() -> None:
    x = sequences()
    x[0] = 0.0
    for kind in KINDS.values():
        net = network(lambda kind=kind: [cr.Masking(), kind(UNITS)], x)  # type: ignore[misc]
        outputs = np.asarray(net.predict(x))
        assert (outputs[0] == 0).all()
        assert (outputs[1:] != 0).all()


# ---------------------------------------------------------------------------------------------------------- refusals


class Within(cr.Layer):
    """hₜ = hₜ₋₁ + s, where s is what an inner recurrence, sⱼ = sⱼ₋₁ + z for two steps, gives of the halves of xₜ."""

    def apply(self, params: Any, state: Any, x: Any, mode: Mode) -> Any:
        half = x.shape[2] // 2

        def cell(z: Any, states: Any, constants: Any) -> Any:
            halves = reshape(z, (ROWS, 2, half))
            inner = recurrence(lambda z, s, _: ([z + s[0]], []), halves, [half], 0, [], None, False)
            return [inner[:, 1] + states[0]], []

        return recurrence(cell, x, [half], 0, [], None, False), state


def test_a_recurrence_within_another_runs_on_numpy_alone() -> None:
    net = cr.Network(Within()).build((STEPS, 4), dtype="float64")
    x = rng.normal(size=(N, STEPS, 4))
    np.testing.assert_allclose(net.predict(x, backend="numpy"), np.cumsum(x[:, :, :2] + x[:, :, 2:], axis=1))
    with pytest.raises(BackendError, match="no code for a scan in the step of a scan; run it with backend='numpy'"):
        net.predict(x)


def test_what_recurrent_layers_refuse() -> None:
    with pytest.raises(
        ShapeError, match=r"LSTM reads sequences, \(steps, features\) a row, but the rows have the shape \(5,\)"
    ):
        cr.Network(cr.LSTM(3)).build(5)
    with pytest.raises(
        ShapeError, match=r"GRU reads sequences.*the shape \(4, 5, 6\); Reshape\(steps, features\) makes"
    ):
        cr.Network(cr.GRU(3)).build((4, 5, 6))
    with pytest.raises(ArgumentError, match="units must be"):
        cr.LSTM(0)
    with pytest.raises(ArgumentError, match="activation"):
        cr.SimpleRNN(3, activation="tahn")
    with pytest.raises(
        ArgumentError, match=r"Bidirectional takes a recurrent layer, such as LSTM\(64\), but was given Dense"
    ):
        cr.Bidirectional(cr.Dense(3))  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"recurrent_init must give an array of shape \(2, 8\), but gave \(2, 2\)"):
        cr.Network(cr.LSTM(2, recurrent_init=np.eye(2))).build((4, 3))

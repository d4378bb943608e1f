"""Weights from Keras: each layer gives what Keras's documentation says that it computes, worked out in NumPy, to 1e-9."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import chainrule as cr
from chainrule.nn.recurrent import GRU, LSTM, Bidirectional, SimpleRNN

Array = np.ndarray
Arrays = dict[str, Array]
rng = np.random.default_rng(1)
X, SEQUENCES, IMAGES = rng.normal(size=(4, 3)), rng.normal(size=(4, 6, 3)), rng.normal(size=(4, 5, 6, 3))
U = 5


def random(*shape: int) -> Array:
    return rng.normal(size=shape)


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def rnn(w: Arrays, x: Array) -> Array:
    h = np.zeros((len(x), U))
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"])
    return h


def lstm(w: Arrays, x: Array) -> Array:
    """The gates are input, forget, candidate, output."""
    h = c = np.zeros((len(x), U))
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"], 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h


def gru(w: Arrays, x: Array) -> Array:
    """With reset_after, as is usual: the gates are update, reset, candidate; the bias has a row for the input and one for h."""
    h = np.zeros((len(x), U))
    for t in range(x.shape[1]):
        xz, xr, xh = np.split(x[:, t] @ w["kernel"] + w["bias"][0], 3, axis=1)
        hz, hr, hh = np.split(h @ w["recurrent_kernel"] + w["bias"][1], 3, axis=1)
        z, r = sigmoid(xz + hz), sigmoid(xr + hr)
        h = z * h + (1 - z) * np.tanh(xh + r * hh)
    return h


def recurrent(gates: int, *, biases: int = 0) -> Callable[[], Arrays]:
    return lambda: {
        "kernel": random(3, gates * U),
        "recurrent_kernel": random(U, gates * U),
        "bias": random(*[biases] * bool(biases), gates * U),
    }


def convolved(w: Arrays, x: Array) -> Array:
    kh, kw = w["kernel"].shape[:2]
    views = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(1, 2))
    return np.einsum("nhwcij,ijcf->nhwf", views, w["kernel"]) + w["bias"]


def normed(w: Arrays, x: Array) -> Array:
    return w["gamma"] * (x - w["moving_mean"]) / np.sqrt(w["moving_variance"] + 1e-3) + w["beta"]


def layer_normed(w: Arrays, x: Array) -> Array:
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return w["gamma"] * (x - mean) / np.sqrt(variance + 1e-3) + w["beta"]


CASES: dict[str, tuple[cr.Layer, str, Callable[[], Arrays], Callable[[Arrays, Array], Array], Array]] = {
    "Dense": (
        cr.Dense(4),
        "dense",
        lambda: {"kernel": random(3, 4), "bias": random(4)},
        lambda w, x: x @ w["kernel"] + w["bias"],
        X,
    ),
    "Conv2D": (
        cr.Conv2D(4, (2, 3)),
        "conv2d",
        lambda: {"kernel": random(2, 3, 3, 4), "bias": random(4)},
        convolved,
        IMAGES,
    ),
    "Conv1D": (
        cr.Conv1D(4, 2),
        "conv1d",
        lambda: {"kernel": random(2, 3, 4), "bias": random(4)},
        lambda w, x: (
            np.stack([x[:, t : t + 2].reshape(4, 6) @ w["kernel"].reshape(6, 4) for t in range(5)], 1) + w["bias"]
        ),
        SEQUENCES,
    ),
    "Embedding": (
        cr.Embedding(7, 3),
        "embedding",
        lambda: {"embeddings": random(7, 3)},
        lambda w, x: w["embeddings"][x.astype(int)],
        rng.integers(0, 7, (4, 6)).astype(float),
    ),
    "BatchNorm": (
        cr.BatchNorm(eps=1e-3),
        "batch_normalization",
        lambda: {
            "gamma": random(3),
            "beta": random(3),
            "moving_mean": random(3),
            "moving_variance": 1 + random(3) ** 2,
        },
        normed,
        X,
    ),
    "LayerNorm": (
        cr.LayerNorm(eps=1e-3),
        "layer_normalization",
        lambda: {"gamma": random(3), "beta": random(3)},
        layer_normed,
        X,
    ),
    "SimpleRNN": (SimpleRNN(U), "simple_rnn/simple_rnn_cell", recurrent(1), rnn, SEQUENCES),
    "LSTM": (LSTM(U), "lstm/lstm_cell", recurrent(4), lstm, SEQUENCES),
    "GRU": (GRU(U), "gru/gru_cell", recurrent(3, biases=2), gru, SEQUENCES),
}


@pytest.mark.parametrize("ending", ["", ":0"])  # Keras 3 and Keras 2
@pytest.mark.parametrize("name", CASES)
def test_every_layer_gives_what_keras_says(name: str, ending: str) -> None:
    layer, path, make, compute, x = CASES[name]
    weights = make()
    net = cr.Network(layer).build(x.shape[1:], dtype="float64")
    source = {f"{path}/{key}{ending}": array for key, array in weights.items()}
    assert net.load_params(source, framework="keras") == {next(iter(net.layers)): path.partition("/")[0]}
    np.testing.assert_allclose(net.predict(x, backend="numpy"), compute(weights, x), rtol=1e-9, atol=1e-11)


def test_both_directions() -> None:
    net = cr.Network(Bidirectional(LSTM(U))).build((6, 3), dtype="float64")
    make = recurrent(4)
    both = {"forward": make(), "backward": make()}
    found = net.load_params(
        {f"bidirectional/{way}_lstm/lstm_cell/{key}": array for way, own in both.items() for key, array in own.items()},
        framework="keras",
    )
    assert found == {
        "bidirectional1/forward": "bidirectional/forward_lstm",
        "bidirectional1/backward": "bidirectional/backward_lstm",
    }
    expected = np.hstack([lstm(both["forward"], SEQUENCES), lstm(both["backward"], SEQUENCES[:, ::-1])])
    np.testing.assert_allclose(net.predict(SEQUENCES, backend="numpy"), expected, rtol=1e-9, atol=1e-11)


def test_flattened_images_are_in_our_order() -> None:
    net = cr.Network(cr.Flatten(), cr.Dense(2)).build((5, 6, 3), dtype="float64")
    kernel = random(90, 2)
    net.load_params({"dense/kernel": kernel, "dense/bias": np.zeros(2)}, framework="keras")
    np.testing.assert_allclose(net.predict(IMAGES, backend="numpy"), IMAGES.reshape(4, 90) @ kernel, rtol=1e-9)


def test_seeds_of_dropout_are_left_out() -> None:
    net = cr.Network(cr.Dropout(0.5), cr.Dense(2)).build(3)
    source = {
        "dropout/seed_generator/seed_generator_state": np.array([1, 2]),
        "dense/kernel": random(3, 2),
        "dense/bias": random(2),
    }
    assert net.load_params(source, framework="keras") == {"dense1": "dense"}


def test_a_gru_whose_reset_gate_acts_before_is_refused() -> None:
    net = cr.Network(GRU(U)).build((6, 3))
    source = {f"gru/gru_cell/{name}": array for name, array in recurrent(3)().items()}
    with pytest.raises(
        cr.ShapeError, match=r"gru1/bias has the shape \(15,\), but source has 'gru/gru_cell/bias' of shape \(15,\)"
    ):
        net.load_params(source, framework="keras")

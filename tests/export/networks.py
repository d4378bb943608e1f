"""Networks whose programs are compared with `fit`: the layers, the shape of a row, and the epochs that are trained before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.nn import Dense

Layers = Callable[[], list[cr.Layer]]


class Scaled(cr.Layer):
    """x · exp(s) + |x| s², a layer of somebody else's."""

    penalised = ("s",)

    def init(self, input_shape: Any, draw: Any) -> Any:
        return {"s": np.full(input_shape, 0.5)}, {}

    def apply(self, params: Any, state: Any, x: Any, mode: Any) -> Any:
        return x * cr.exp(params["s"]) + abs(x) * params["s"] ** 2, state


class Centred(cr.Layer):
    """x less a moving average of its means, which is a state; every primitive that moves numbers about is here."""

    def init(self, input_shape: Any, draw: Any) -> Any:
        return {"w": np.ones(input_shape)}, {"mean": np.zeros(input_shape)}

    def apply(self, params: Any, state: Any, x: Any, mode: Any) -> Any:
        p = cr.graph.primitives
        mean = 0.9 * state["mean"] + 0.1 * cr.functional.mean(x, 0)
        window = p.windows(p.pad(x, [(0, 0), (1, 1)]), axes=1, size=3)
        smooth = p.reduce_sum(window, 2) / 3.0
        largest = cr.functional.spread(p.reduce_max(smooth, 1), x, 1)
        turned = p.transpose(p.transpose(x * params["w"], (1, 0)), (1, 0))
        table = p.take(params["w"], p.argmax(x, 1))
        return turned - state["mean"] + p.sin(smooth) * largest + cr.functional.spread(table, x, 1), {"mean": mean}


class Noisy(cr.Layer):
    """x plus uniform noise, in training only."""

    def apply(self, params: Any, state: Any, x: Any, mode: Any) -> Any:
        if not mode.train:
            return x, state
        bits = cr.graph.primitives.cast(mode.random_bits(x.shape), x.dtype)
        return x + mode.scalar("strength", 0.5, x.dtype) * bits / 2.0**32, state


def token(x: Any) -> Any:
    """Whole numbers from 0 to 4."""
    return cr.floor(cr.clamp(x + 2.5, 0.0, 4.9))


NETWORKS: dict[str, tuple[Layers, tuple[int, ...], int]] = {
    "dropout": (lambda: [cr.Dropout(0.1), Dense(5, activation="relu"), cr.Dropout(0.3), Dense(3)], (4,), 0),
    "dropout goes on": (lambda: [Dense(5, activation="tanh"), cr.Dropout(0.3), Dense(3)], (4,), 2),
    "standardize": (
        lambda: [cr.Flatten(), cr.Standardize(), Dense(5, activation="selu"), cr.Dropout(0.4), Dense(3)],
        (2, 3),
        1,
    ),
    "branched": (
        lambda: [
            cr.Reshape(2, 2),
            cr.Flatten(),
            cr.Concatenate(Dense(3, activation="tanh"), [cr.Activation("gelu"), Dense(2)]),
            cr.Residual(Dense(5, activation="softplus"), cr.Dropout(0.2), Dense(5)),
            Dense(4, activation="softmax", trainable=False),
            Dense(3, bias=False),
        ],
        (4,),
        0,
    ),
    "wide rows": (
        lambda: [Dense(3, activation="silu"), cr.Residual(cr.Activation("elu")), cr.Flatten(), Dense(3)],
        (2, 3),
        0,
    ),
    "rates of layers": (
        lambda: [
            Dense(5, activation="tanh", learning_rate_factor=0.1),
            cr.Residual(Dense(5, activation="tanh"), learning_rate_factor=2.0),
            Dense(3),
        ],
        (4,),
        1,
    ),
    "pictures": (
        lambda: [
            cr.Rescale(0.5, 0.1),
            cr.Augment(20, "both", 0.2, 0.2, 0.1, 0.3, 2, 0.3),
            cr.Augment(flip="horizontal", shift=0.3),
            cr.Noise(0.1),
            cr.Flatten(),
            Dense(3),
        ],
        (4, 5, 2),
        1,
    ),
    "recurrent": (
        lambda: [
            cr.Reshape(4, 1),
            cr.SimpleRNN(2, activation="softplus", return_sequences=True, reverse=True),
            cr.Bidirectional(cr.LSTM(2, return_sequences=True)),
            cr.GRU(3),
            Dense(3),
        ],
        (4,),
        1,
    ),
    "images": (
        lambda: [
            cr.Conv2D(2, 3, padding="same", bias=False),
            cr.BatchNorm(),
            cr.Activation("relu"),
            cr.MaxPool2D(2),
            cr.Conv2D(3, (2, 1), stride=(2, 1), dilation=(2, 1), activation="tanh"),
            cr.AvgPool2D(2, padding="same"),
            cr.Flatten(),
            Dense(3),
        ],
        (6, 5, 2),
        2,
    ),
    "sequences": (
        lambda: [
            cr.Masking(0.5),
            cr.Conv1D(3, 3, stride=2, padding=1, bias=False),  # which a batch norm would leave without a gradient
            cr.BatchNorm(momentum=0.3),
            cr.Activation("tanh"),
            cr.LayerNorm(eps=0.1),
            cr.MaxPool1D(2, stride=1),
            cr.Concatenate(cr.GlobalMaxPool(), [cr.AvgPool1D(2), cr.GlobalAveragePool()]),
            Dense(3),
        ],
        (7, 2),
        0,
    ),
    "tokens": (
        lambda: [
            cr.Activation(token),
            cr.Concatenate(
                [cr.Embedding(6, 3, padding_id=1), cr.GlobalAveragePool()], [cr.Embedding(5, 2), cr.Flatten()]
            ),
            Dense(3),
        ],
        (4,),
        0,
    ),
    "own layer": (lambda: [Scaled(), Dense(3), Scaled()], (4,), 0),
    "own state": (lambda: [Centred(), Dense(3)], (4,), 0),
    "own noise": (lambda: [Noisy(), Dense(4, activation="tanh"), cr.Dropout(0.2), Dense(3)], (4,), 1),
    "many numbers": (lambda: [Dense(30, activation="relu"), Dense(10, activation="relu"), Dense(3)], (4,), 0),
}

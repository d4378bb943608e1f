"""Gradient descent written by hand in NumPy, as an oracle; and the small networks and data that these tests share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import chainrule as cr
from chainrule import random

Array = NDArray[Any]
Arrays = dict[str, Array]

RATE = 0.05


def data(n: int = 50, features: int = 3, outputs: int = 2, seed: int = 0) -> tuple[Array, Array]:
    """Examples of a smooth function."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, features))
    return X, np.sin(X @ generator.normal(size=(features, outputs)))


def classes(n: int = 60, k: int = 3, seed: int = 0) -> tuple[Array, Array]:
    """Noisy clouds, one for each class, in turn."""
    generator = np.random.default_rng(seed)
    y = np.arange(n) % k
    return generator.normal(size=(n, 2)) + 3.0 * np.stack([np.cos(y), np.sin(y)], axis=1), y


def network(outputs: int = 2) -> cr.Network:
    return cr.Network(cr.Dense(5, activation="tanh"), cr.Dense(outputs))


def gradients(p: Arrays, X: Array, y: Array, weight: Array) -> tuple[float, Arrays]:
    """Loss and gradients of a tanh network with squared error, by the chain rule on paper; (0, zeros) for no weight."""
    total = weight.sum()
    share = weight / total if total else weight
    a = np.tanh(X @ p["dense1/weight"] + p["dense1/bias"])
    error = a @ p["dense2/weight"] + p["dense2/bias"] - y
    delta2 = share[:, None] * error
    delta1 = (delta2 @ p["dense2/weight"].T) * (1 - a * a)
    loss = float(share @ (0.5 * (error * error).sum(axis=1)))
    return loss, {
        "dense1/weight": X.T @ delta1,
        "dense1/bias": delta1.sum(axis=0),
        "dense2/weight": a.T @ delta2,
        "dense2/bias": delta2.sum(axis=0),
    }


def descend(
    params: Arrays, X: Array, y: Array, *, batch_size: int, epochs: int, seed: int = 0, weight: Array | None = None
) -> tuple[Arrays, Array]:
    """Descent in batches: the parameters at the end, and the mean loss of each epoch."""
    params = {name: value.copy() for name, value in params.items()}
    weight = np.ones(len(X)) if weight is None else weight
    losses = []
    for epoch in range(epochs):
        order = random.permutation(len(X), seed, random.SHUFFLE, (epoch, 0))
        seen = []
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            loss, grads = gradients(params, X[rows], y[rows], weight[rows])
            seen.append((loss, weight[rows].sum()))
            params = {name: value - RATE * grads[name] for name, value in params.items()}
        each, mass = np.array(seen).T
        losses.append(each @ mass / mass.sum())
    return params, np.array(losses)


def bits(net: cr.Network) -> dict[str, bytes]:
    """Every bit that training may change: parameters, state of layers and optimiser."""
    return {name: array.tobytes() for name, array in net.model.arrays.items()}


def facts(history: cr.History) -> list[Any]:
    """Everything in a history but the time."""
    epochs = [(e.epoch, e.loss, e.penalty, e.learning_rate, e.scores, e.gradient_norms) for e in history.epochs]
    return [epochs, history.best_epoch, history.stop_reason.name if history.stop_reason else None]

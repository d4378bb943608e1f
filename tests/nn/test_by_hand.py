"""Backpropagation by hand: a small sigmoid network with squared error, in the notation of the textbook, in NumPy alone.

With a⁰ = x, zˡ = aˡ⁻¹ Wˡ + bˡ and aˡ = f(zˡ), a row for each of n examples, and the loss L = 1/(2n) Σ (y − ŷ)²:

    δᴸ = (ŷ − y)/n ⊙ f′(zᴸ)        δˡ = (δˡ⁺¹ Wˡ⁺¹ᵀ) ⊙ f′(zˡ)        ∂L/∂Wˡ = aˡ⁻¹ᵀ δˡ        ∂L/∂bˡ = Σ over examples of δˡ
"""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.graph import Node, gradients
from chainrule.nn import Dense
from nn.networks import Setup, model_of
from oracles import run

N, WIDTHS, RATE = 6, (3, 5, 4, 2), 0.7
LAYERS = range(1, len(WIDTHS))

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(N, WIDTHS[0])), rng.uniform(size=(N, WIDTHS[-1]))


def f(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def f_prime(z: np.ndarray) -> np.ndarray:
    return f(z) * (1 - f(z))


def by_hand(params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """z, a, δ and all gradients: nothing but matrix products."""
    w = {layer: params[f"dense{layer}/weight"] for layer in LAYERS}
    b = {layer: params[f"dense{layer}/bias"] for layer in LAYERS}
    a, z, delta = {0: X}, {}, {}
    for layer in LAYERS:
        z[layer] = a[layer - 1] @ w[layer] + b[layer]
        a[layer] = f(z[layer])
    last = LAYERS[-1]
    delta[last] = (a[last] - Y) / N * f_prime(z[last])
    for layer in reversed(LAYERS[:-1]):
        delta[layer] = (delta[layer + 1] @ w[layer + 1].T) * f_prime(z[layer])
    found = {"loss": np.sum((Y - a[last]) ** 2) / (2 * N)}
    for layer in LAYERS:
        found |= {f"z{layer}": z[layer], f"a{layer}": a[layer], f"delta{layer}": delta[layer]}
        found[f"dense{layer}/weight"] = a[layer - 1].T @ delta[layer]
        found[f"dense{layer}/bias"] = delta[layer].sum(axis=0)
    return found


@pytest.fixture
def setup() -> Setup:
    layers = [Dense(units, activation="sigmoid", bias_init="normal") for units in WIDTHS[1:]]
    return Setup.of(model_of(*layers, input_shape=WIDTHS[:1], seed=5), {"x": X, "y": Y})


def test_the_gradients_of_every_layer(setup: Setup) -> None:
    expected, reported = by_hand(setup.model.params), setup.reported()
    assert reported["loss"] == pytest.approx(expected["loss"], abs=1e-12)
    for layer in LAYERS:
        for name in (f"dense{layer}/weight", f"dense{layer}/bias"):
            np.testing.assert_allclose(reported[f"gradient/{name}"], expected[name], rtol=0, atol=1e-12)


def test_z_a_and_delta_of_every_layer(setup: Setup) -> None:
    """They are values of the graph: z goes into the logistic function, a comes out of it, and δ is the gradient of z."""
    expected = by_hand(setup.model.params)
    logistic: list[Node] = [node for node in setup.step.graph.nodes if node.op == "logistic" and node.origin is None]
    z = [node.inputs[0] for node in logistic]
    assert len(z) == len(LAYERS)
    found = {"z": z, "a": logistic, "delta": gradients(setup.loss, z)}
    for symbol, nodes in found.items():
        for layer, value in zip(LAYERS, run(nodes, setup.arrays), strict=True):
            np.testing.assert_allclose(value, expected[f"{symbol}{layer}"], rtol=0, atol=1e-12)


def test_the_update_of_one_step_of_gradient_descent(setup: Setup) -> None:
    """w ← w − η ∂L/∂w, by the network itself."""
    net = cr.Network(*(Dense(units, activation="sigmoid") for units in WIDTHS[1:])).build(WIDTHS[0], dtype="float64")
    net.params = setup.model.params
    expected = by_hand(net.params)
    before = {name: array.copy() for name, array in net.params.items()}
    net.fit(X, Y, loss="squared_error", optimizer=cr.SGD(RATE), batch_size="full", epochs=1)
    for name, array in net.params.items():
        np.testing.assert_allclose(array, before[name] - RATE * expected[name], rtol=0, atol=1e-12)

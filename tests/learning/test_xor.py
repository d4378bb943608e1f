"""Exclusive or, which no single unit can learn, is learned by a few sigmoid units with SGD at batch size 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([0.0, 1.0, 1.0, 0.0])

# The loss, and what ends the network: with squared error the output is a sigmoid unit too, as in the chapter.
LOSSES: dict[str, dict[str, Any]] = {
    "squared_error": {"layers": [cr.Dense(1, activation="sigmoid")], "rate": 4.0, "epochs": 600},
    "binary_cross_entropy": {"layers": [cr.Dense(1)], "rate": 2.0, "epochs": 200},
}


def trained(loss: str, units: int, seed: int, **options: Any) -> cr.Network:
    case = LOSSES[loss]
    hidden = [cr.Dense(units, activation="sigmoid")] if units else []
    net = cr.Network(*hidden, *case["layers"])
    net.fit(X, Y, loss=loss, optimizer=cr.SGD(case["rate"]), batch_size=1, epochs=case["epochs"], seed=seed, **options)
    return net


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_xor_is_solved(loss: str, seed: int) -> None:
    net = trained(loss, 4, seed)
    outputs = net.predict_proba(X)[:, 1] if loss == "binary_cross_entropy" else net.predict(X)
    assert np.abs(outputs - Y).max() < 0.1
    assert (outputs.round() == Y).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_without_a_hidden_layer_it_is_not(loss: str) -> None:
    """A line gets at most three of the four right: the test above can fail."""
    net = trained(loss, 0, 0)
    outputs = net.predict_proba(X)[:, 1] if loss == "binary_cross_entropy" else net.predict(X)
    assert (outputs.round() == Y).sum() <= 3

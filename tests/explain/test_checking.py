"""The gradient check: it passes what is right, and finds and names what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.explain.checking.check import GradientCheck
from chainrule.functional import ACTIVATIONS, LOSSES, Loss
from chainrule.graph import Node
from chainrule.graph.primitives import stop_gradient
from chainrule.nn import Draw, Layer, Mode

rng = np.random.default_rng(0)
X = rng.normal(size=(6, 3))
VALUES = rng.normal(size=(6, 2))
TARGETS = {
    "classes": np.array([0, 1, 1, 0, 1, 0]),
    "binary": np.array([[0, 1], [1, 1], [1, 0], [0, 0], [1, 0], [0, 1]]),
    "values": VALUES,
    "counts": rng.poisson(2.0, size=(6, 2)),
}


def check(net: cr.Network, X: Any, y: Any, loss: Any = "squared_error", **options: Any) -> GradientCheck:
    return cr.check_gradients(net, X, y, loss=loss, **options)


@dataclass(eq=False)
class Planted(Layer):
    """x · scale, where some coordinates of the gradient of the scale are multiplied by a factor."""

    factors: Any

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> Any:
        return {"scale": np.linspace(0.5, 1.5, input_shape[0])}, {}

    def apply(self, params: Any, state: Any, x: Node, mode: Mode) -> Any:
        scale, factors = params["scale"], np.asarray(self.factors, dtype=float)
        return x * (factors * scale + stop_gradient((1.0 - factors) * scale)), state


def cosh_error(outputs: Node, targets: Node) -> Node:
    return cr.sqrt(1.0 + (outputs - targets) ** 2) - 1.0


# ------------------------------------------------------------------------------------------------ what is right


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_passes(activation: str) -> None:
    net = cr.Network(cr.Dense(4, activation=activation), cr.Dense(4, activation=activation), cr.Dense(2)).build(
        3, seed=1
    )
    net.params = {name: a + 0.1 * np.arange(a.size).reshape(a.shape) / a.size for name, a in net.params.items()}
    found = check(net, X, VALUES)
    assert found.ok, found
    assert (found.coordinates, found.kinks) == (16 + 20 + 10, [])
    assert 0 < found.error <= found.tolerance


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_passes(loss: str) -> None:
    found = check(cr.Network(cr.Dense(4, activation="tanh"), cr.Dense(2)), X, TARGETS[LOSSES[loss].targets], loss)
    assert found.ok, found
    assert (found.coordinates, found.kinks) == (26, [])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_penalties_and_dropout_pass_and_the_network_stays(dtype: str) -> None:
    net = cr.Network(cr.Dense(5, activation="silu"), cr.Dropout(0.5), cr.Dense(2)).build(3, dtype=dtype)
    before = {name: a.copy() for name, a in net.params.items()}
    options = {"sample_weight": [1, 2, 0, 3, 1, 1], "l1": 0.01, "l2": 0.1}
    found = check(net, X, VALUES, **options)
    assert found.ok, found
    assert found.loss == check(net, X, VALUES, **options).loss  # the same mask
    plain = check(net, X, VALUES)
    assert plain.loss != found.loss
    assert net.memory.loss is None
    for name, array in net.params.items():
        assert array.dtype == dtype
        np.testing.assert_array_equal(array, before[name])


def test_a_loss_of_your_own_passes() -> None:
    assert check(cr.Network(cr.Dense(2)), X, VALUES, cosh_error).ok


def test_frozen_layers_are_left_out() -> None:
    hidden = cr.Dense(4, activation="tanh", trainable=False)
    found = check(cr.Network(hidden, cr.Dense(2)), X, VALUES)
    assert [own.name for own in found.parameters] == ["dense2/weight", "dense2/bias"]
    nothing = check(cr.Network(cr.Activation("tanh")), VALUES, VALUES)
    assert nothing.ok
    assert str(nothing) == "There is nothing to check: no layer has parameters that are trained."


@pytest.mark.parametrize(("most", "each"), [(1, (1, 1)), (5, (5, 2)), (100, (6, 2))])
def test_most_limits_the_coordinates(most: int, each: tuple[int, ...]) -> None:
    found = check(cr.Network(cr.Dense(2)), X, VALUES, most=most)
    assert tuple(own.coordinates for own in found.parameters) == each


def test_small_gradients_are_not_accused() -> None:
    """The gradients of the first of ten layers of the logistic function are some 10⁻⁹."""
    net = cr.Network(*[cr.Dense(3, activation="sigmoid") for _ in range(10)], cr.Dense(2))
    assert check(net, X, VALUES).ok
    assert check(cr.Network(cr.Dense(2)), X, 1e6 * VALUES + 1e8).ok


def test_a_dead_unit_has_a_gradient_of_zero() -> None:
    net = cr.Network(cr.Dense(2, activation="relu"), cr.Dense(2)).build(3)
    net.params["dense1/bias"][...] = -100.0
    found = check(net, X, VALUES)
    assert found.ok, found
    assert found.kinks == []
    assert found.parameters[0].error == 0.0


# ------------------------------------------------------------------------------------------------ what is wrong


@pytest.mark.parametrize("factor", [0.0, -1.0, 0.5, 2.0, 1.0001])
def test_a_wrong_derivative_is_found_and_named(factor: float) -> None:
    """Forgotten, of the wrong sign, halved, doubled, and a little too large."""
    net = cr.Network(cr.Dense(4, activation="tanh"), Planted([1.0, 1.0, factor, 1.0]), cr.Dense(2))
    found = check(net, X, VALUES)
    assert not found.ok
    assert [(own.name, own.index) for own in found.worst] == [("planted1/scale", (2,))]
    (offender,) = found.worst
    assert offender.derived == pytest.approx(factor * offender.difference, rel=1e-8, abs=1e-12)
    assert found.error == offender.error > found.tolerance
    assert "1 of 30 gradients compared differs from finite differences" in str(found)
    assert f"planted1/scale[2]: derived {offender.derived:.6g}, difference {offender.difference:.6g}" in str(found)


def test_a_gradient_that_is_forgotten_everywhere_is_found() -> None:
    found = check(cr.Network(Planted([0.0] * 3), cr.Dense(2)), X, VALUES)
    assert [own.index for own in sorted(found.worst, key=lambda own: own.index)] == [(0,), (1,), (2,)]
    assert all(own.error == pytest.approx(1.0) for own in found.worst)


def test_a_derivative_that_is_wrong_below_is_found_above() -> None:
    """What a layer hands back to the layers before it is checked by their parameters."""

    class Through(Layer):
        def apply(self, params: Any, state: Any, x: Node, mode: Mode) -> Any:
            return x + stop_gradient(cr.tanh(x) - x), state  # the derivative of the identity, the value of tanh

    found = check(cr.Network(cr.Dense(3), Through(), cr.Dense(2)), X, VALUES)
    assert {own.name for own in found.worst} == {"dense1/weight", "dense1/bias"}
    assert found.wrong == 12
    assert len(found.worst) == 10
    assert [own.error for own in found.worst] == sorted((own.error for own in found.worst), reverse=True)
    assert str(found).endswith("and 2 more")


def test_a_wrong_derivative_of_a_loss_is_found() -> None:
    class Halved(Loss):
        name = "halved"

        def per_example(self, outputs: Node, targets: Node) -> Node:
            error = outputs - targets
            return cr.sum(0.5 * error * error + 0.5 * stop_gradient(error * error), 1)

    found = check(cr.Network(cr.Dense(2)), X, VALUES, Halved())
    assert found.wrong == found.coordinates == 8
    assert all(own.derived == pytest.approx(0.5 * own.difference) for own in found.worst)


# ------------------------------------------------------------------------------------------------ kinks


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_a_kink_is_reported_and_is_no_error(activation: str) -> None:
    """With inputs of zero, only the biases decide on which side of zero the units are."""
    net = cr.Network(cr.Dense(3, activation=activation), cr.Dense(2)).build(2)
    net.params["dense1/bias"][...] = [0.5, 0.0, -0.5]
    found = check(net, np.zeros((4, 2)), VALUES[:4])
    assert found.ok, found
    assert found.kinks == [("dense1/bias", (1,))]
    assert found.coordinates == 6 + 2 + 6 + 2
    assert "1 lies at a kink of the loss, where it has no derivative, and was not compared." in str(found)


def test_a_weight_of_zero_is_at_a_kink_of_l1() -> None:
    net = cr.Network(cr.Dense(2)).build(3)
    net.params["dense1/weight"][1, 0] = 0.0
    assert check(net, X, VALUES, l1=0.1).kinks == [("dense1/weight", (1, 0))]


def test_a_kink_nearby_is_stepped_around() -> None:
    net = cr.Network(cr.Dense(1, activation="relu"), cr.Dense(2)).build(2, dtype="float64")
    net.params["dense1/bias"][...] = 1e-5
    found = check(net, np.zeros((4, 2)), VALUES[:4])
    assert found.ok, found
    assert found.kinks == []


# ------------------------------------------------------------------------------------------------ the rest


def test_the_gradients_that_are_judged_are_those_of_pytorch() -> None:
    """The finite differences, told apart from what they judge by a derivative that is planted to be zero."""
    net = cr.Network(Planted([0.0] * 3), cr.Dense(2)).build(3, dtype="float64")
    found = check(net, X, VALUES)
    scale = torch.tensor(net.params["planted1/scale"], requires_grad=True)
    weight, bias = (torch.tensor(net.params[f"dense1/{name}"]) for name in ("weight", "bias"))
    outputs = (torch.tensor(X) * scale) @ weight + bias
    (0.5 * ((outputs - torch.tensor(VALUES)) ** 2).sum(1).mean()).backward()
    differences = {own.index: own.difference for own in found.worst}
    np.testing.assert_allclose([differences[i,] for i in range(3)], scale.grad.numpy(), rtol=1e-9)


def test_a_loss_that_is_not_finite_is_one_sentence() -> None:
    net = cr.Network(cr.Dense(1)).build(1)
    net.params["dense1/weight"][...] = 1e30
    with pytest.raises(ArgumentError, match="The loss is inf with these parameters and data"):
        check(net, np.array([[800.0]]), [1], "poisson")


@pytest.mark.parametrize("wrong", [{"most": 0}, {"most": 1.5}, {"tolerance": 0.0}])
def test_wrong_arguments_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        check(cr.Network(cr.Dense(2)), X, VALUES, **wrong)

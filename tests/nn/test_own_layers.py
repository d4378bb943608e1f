"""A layer of your own: one small class trains, and what it does wrong is answered by a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.backends import NumpyBackend
from chainrule.errors import ArgumentError, ChainruleError, ShapeError
from chainrule.graph import Node
from chainrule.nn import Draw, Layer, Mode
from nn.networks import Setup, compare, model_of
from oracles import TOLERANCE

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 2))


class Scale(Layer):
    """The example of the documentation."""

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> Any:
        return {"scale": np.ones(input_shape)}, {}

    def apply(self, params: Any, state: Any, x: Node, mode: Mode) -> Any:
        return x * params["scale"], state


@dataclass(eq=False)
class Bilinear(Layer):
    """xᵀ A x for each of `units` matrices A, and a mean that is remembered."""

    units: int = 2
    penalised = ("a",)

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> Any:
        (n,) = input_shape
        return {"a": draw.normal((n, n, self.units))}, {"seen": np.zeros(())}

    def apply(self, params: Any, state: Any, x: Node, mode: Mode) -> Any:
        y = cr.contract(cr.contract(x, params["a"], "bi,iju->bju"), x, "bju,bj->bu")
        return y, {"seen": state["seen"] + 1.0} if mode.train else state


def test_the_layer_of_the_documentation_learns_its_scale() -> None:
    net = cr.Network(Scale())
    history = net.fit(X, X * [2.0, -3.0], loss="squared_error", optimizer=cr.SGD(0.2), epochs=60)
    np.testing.assert_allclose(net.params["scale1/scale"], [2.0, -3.0], atol=1e-4)
    assert history.loss[-1] < 1e-8


def test_the_gradients_of_your_layers_agree_with_finite_differences() -> None:
    setup = Setup.of(
        model_of(Scale(), Bilinear(3), cr.Dense(2), input_shape=(2,)), {"x": X[:4], "y": rng.normal(size=(4, 2))}
    )
    found = compare(setup)
    assert found.error <= TOLERANCE
    assert (found.coordinates, found.kinks) == (2 + 12 + 8 + 8, 0)


def test_the_state_of_your_layer_changes_in_training_only() -> None:
    net = cr.Network(Bilinear(), cr.Dense(1))
    net.fit(X, X[:, 0], loss="squared_error", optimizer=cr.SGD(1e-3), batch_size=10, epochs=3)
    assert net.state["bilinear1/seen"] == 12
    net.predict(X)
    net.evaluate(X, X[:, 0])
    assert net.state["bilinear1/seen"] == 12


def test_a_constructor_of_your_own_need_not_call_that_of_layer() -> None:
    class Power(Layer):
        def __init__(self, power: int) -> None:
            self.power = power

        def apply(self, params: Any, state: Any, x: Node, mode: Mode) -> Any:
            return x**self.power, state

    net = cr.Network(Power(3)).build(2, dtype="float64")
    assert list(net.layers) == ["power1"]
    np.testing.assert_allclose(net.predict(X), X**3, rtol=1e-12)


# ------------------------------------------------------------------------------------------------ run-time numbers


class Tempered(Layer):
    """x / temperature, where the temperature may change at any time."""

    def apply(self, params: Any, state: Any, x: Node, mode: Mode) -> Any:
        first = mode.scalar("temperature", 2.0, x.dtype)
        assert mode.scalar("temperature", 2.0, x.dtype) is first
        return x / first, state


def test_a_scalar_of_a_layer_is_an_input_of_the_step() -> None:
    setup = Setup.of(model_of(Tempered(), Tempered(), input_shape=(2,)), {"x": X, "y": np.zeros_like(X)})
    assert setup.built.scalars == {"tempered1/temperature": 2.0, "tempered2/temperature": 2.0}
    program, n = NumpyBackend().compile(setup.step), len(X)
    for temperature in (1.0, 4.0):
        numbers = {name: np.array(temperature) for name in setup.built.scalars}
        result = program.run({}, {"x": X, "y": np.zeros_like(X)}, np.arange(n), np.array([0, n]), numbers)
        np.testing.assert_allclose(result.metrics["loss"], 0.5 * (X**2).sum(1).mean() / temperature**4, rtol=1e-12)


class Noise(Layer):
    """x plus a number between 0 and 1, new in every step; nothing outside training."""

    def apply(self, params: Any, state: Any, x: Node, mode: Mode) -> Any:
        if not mode.train:
            return x, state
        return x + cr.cast(mode.random_bits(x.shape), x.dtype) / 2.0**32, state


def test_random_bits_are_new_in_every_step_and_layer_and_the_same_for_a_seed() -> None:
    def losses(seed: int, layers: int = 1) -> list[float]:
        net = cr.Network(*(Noise() for _ in range(layers)), cr.Dense(1, weight_init="ones")).build(1, dtype="float64")
        standing = {"optimizer": cr.SGD(0.0), "loss": lambda outputs, targets: outputs}
        return list(net.fit(np.zeros((1, 1)), [0.0], epochs=50, seed=seed, **standing).loss)

    first = losses(3)
    assert len(set(first)) == 50
    assert first == losses(3) != losses(4)
    assert 0 < min(first) < max(first) < 1
    # the two numbers of two layers are different ones: their sum is not twice the first
    both = losses(3, layers=2)
    assert not np.allclose(both, np.array(first) * 2)
    assert np.corrcoef(np.array(both) - first, first)[0, 1] < 0.5


def test_key_and_counter_are_asked_for_only_where_they_are_needed() -> None:
    data = {"x": X, "y": np.zeros_like(X)}
    assert not {"key", "counter"} & set(Setup.of(model_of(Noise(), input_shape=(2,)), data, train=False).step.scalars)
    assert {"key", "counter"} <= set(Setup.of(model_of(Noise(), input_shape=(2,)), data).step.scalars)


# ------------------------------------------------------------------------------------------------------- mistakes


def layer(**methods: Any) -> Layer:
    """A layer with mistakes in it."""
    return type("Mine", (Layer,), methods)()


def passing(self: Layer, params: Any, state: Any, x: Node, mode: Mode) -> Any:
    return x, state


MISTAKES: list[tuple[Layer, type[Exception], str]] = [
    (layer(), NotImplementedError, r"Mine does not define apply\(self, params, state, x, mode\)\."),
    (
        layer(apply=lambda self, params, state, x, mode: x),
        ArgumentError,
        "layer 'mine1': Mine.apply must give its output, a node, and its next state, a dictionary, but gave <input x",
    ),
    (
        layer(apply=lambda self, params, state, x, mode: (None, state)),
        ArgumentError,
        r"layer 'mine1': Mine.apply must give its output, a node, .* but gave \(None, \{\}\)\.",
    ),
    (
        layer(apply=lambda self, params, state, x, mode: (x, {"extra": x})),
        ArgumentError,
        "layer 'mine1': Mine.apply must give the next state of none, but gave that of 'extra'.",
    ),
    (
        layer(
            init=lambda self, shape, draw: ({}, {"seen": np.zeros(())}), apply=lambda s, params, state, x, mode: (x, {})
        ),
        ArgumentError,
        "layer 'mine1': Mine.apply must give the next state of 'seen', but gave that of none.",
    ),
    (
        layer(init=lambda self, shape, draw: {"w": np.zeros(2)}, apply=passing),
        ArgumentError,
        "layer 'mine1': Mine.init must give two dictionaries of arrays, params and state, but gave {'w'",
    ),
    (
        layer(init=lambda self, shape, draw: ({"w": "zeros"}, {}), apply=passing),
        ArgumentError,
        "layer 'mine1': Mine.init must give arrays of numbers, but gave <U5 for 'w'.",
    ),
    (
        layer(init=lambda self, shape, draw: ({"a/b": np.zeros(2)}, {}), apply=passing),
        ArgumentError,
        "layer 'mine1': Mine.init must name its arrays without '/', but named one 'a/b'.",
    ),
    (
        layer(init=lambda self, shape, draw: ({"weight": np.zeros(2)}, {}), apply=passing, penalised=("w",)),
        ArgumentError,
        r"layer 'mine1': Mine.init gives the params 'weight', but penalised is \('w',\): a tuple of such names\.",
    ),
    (
        layer(init=lambda self, shape, draw: ({"weight": np.zeros(2)}, {}), apply=passing, penalised="weight"),
        ArgumentError,
        "layer 'mine1': Mine.init gives the params 'weight', but penalised is 'weight': a tuple of such names.",
    ),
    (
        layer(apply=lambda self, params, state, x, mode: (cr.mean(x), state)),
        ShapeError,
        r"layer 'mine1': a layer must keep the rows, but Mine gives float64\[\]\.",
    ),
    (
        layer(apply=lambda self, params, state, x, mode: (x if x > 0 else -x, state)),
        ChainruleError,
        "A node has no value while its graph is being made: write select",
    ),
    (
        layer(apply=lambda self, params, state, x, mode: (x + np.zeros(3), state)),
        ShapeError,
        r"layer 'mine1': add cannot combine shapes \(n, 2\) and \(3\)\.",
    ),
]


@pytest.mark.parametrize(("mine", "error", "sentence"), MISTAKES)
def test_a_mistake_in_your_layer_is_a_sentence(mine: Layer, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        model_of(mine, input_shape=(2,))


def test_numbers_and_lists_are_arrays_enough() -> None:
    mine = layer(
        init=lambda self, shape, draw: ({"w": [1, 2]}, {"seen": 0}),
        apply=lambda self, params, state, x, mode: (x * params["w"], state),
    )
    net = cr.Network(mine).build(2)
    np.testing.assert_allclose(net.predict([[1.0, 1.0]]), [[1.0, 2.0]])

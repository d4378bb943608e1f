"""`net.explain`: its numbers against a calculation by hand and against what `fit` does, and its text."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy.special import erf

import chainrule as cr
from chainrule.explain.step.formulae import AFFINE, BACKWARD, OUTPUTS, SLOPES
from chainrule.functional import ACTIVATIONS, LOSSES
from chainrule.graph import scope
from chainrule.nn import LAYERS, Sequential
from chainrule.optim import transforms

Array = np.ndarray[Any, Any]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


# An activation and its derivative, by hand.
FUNCTIONS = {
    "identity": (lambda z: z, lambda z: np.ones_like(z)),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.where(z > 0, z, 0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1.0, 0.01)),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(z)), lambda z: np.where(z > 0, 1.0, np.exp(z))),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z)))),
    "softplus": (lambda z: np.log1p(np.exp(z)), sigmoid),
    "gelu": (
        lambda z: z / 2 * (1 + erf(z / 2**0.5)),
        lambda z: (1 + erf(z / 2**0.5)) / 2 + z * np.exp(-(z**2) / 2) / (2 * np.pi) ** 0.5,
    ),
}


def softmax(z: Array) -> Array:
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


# The loss of each example and its derivative by the outputs, by hand.
LOSS_FUNCTIONS = {
    "squared_error": (lambda o, y: ((y - o) ** 2).sum(1) / 2, lambda o, y: o - y),
    "absolute_error": (lambda o, y: abs(y - o).sum(1), lambda o, y: np.sign(o - y)),
    "huber": (
        lambda o, y: np.where(abs(o - y) <= 1, (o - y) ** 2 / 2, abs(o - y) - 0.5).sum(1),
        lambda o, y: np.clip(o - y, -1, 1),
    ),
    "poisson": (lambda o, y: (np.exp(o) - y * o).sum(1), lambda o, y: np.exp(o) - y),
    "binary_cross_entropy": (
        lambda o, y: -(y * np.log(sigmoid(o)) + (1 - y) * np.log(1 - sigmoid(o))).sum(1),
        lambda o, y: sigmoid(o) - y,
    ),
    "cross_entropy": (
        lambda o, y: -np.log(softmax(o)[np.arange(len(y)), y]),
        lambda o, y: softmax(o) - np.eye(o.shape[1])[y],
    ),
}

# The update of one array at the first step, from the gradient g that has been clipped, by hand; the rate is 0.1.
UPDATES = {
    "SGD": lambda g, w: -0.1 * g,
    "Momentum": lambda g, w: -0.1 * g,
    "Nesterov": lambda g, w: -0.1 * (g + 0.9 * g),
    "RMSprop": lambda g, w: -0.1 * g / (np.sqrt(0.01 * g**2) + 1e-8),
    "Adam": lambda g, w: -0.1 * g / (abs(g) + 1e-8),
    "AdamW": lambda g, w: -0.1 * (g / (abs(g) + 1e-8) + 0.01 * w * (w.ndim == 2)),
}


class Case:
    """A random network of dense layers, one of them behind dropout, with a batch, penalties, clipping and an optimiser."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.loss = list(LOSS_FUNCTIONS)[seed % len(LOSS_FUNCTIONS)]
        self.sizes = [int(n) for n in rng.integers(1, 9, rng.integers(2, 5))]
        self.sizes[-1] = max(self.sizes[-1], 2)
        hidden = [str(rng.choice(list(FUNCTIONS))) for _ in self.sizes[1:-1]]
        self.functions = [*hidden, "identity"]
        self.optimizer = list(UPDATES)[int(rng.integers(len(UPDATES)))]
        self.n = int(rng.integers(1, 7))
        self.x, k = rng.normal(size=(self.n, self.sizes[0])), self.sizes[-1]
        classes = self.loss == "cross_entropy"
        values = rng.integers(0, 2, (self.n, k)) if "binary" in self.loss else rng.poisson(2, (self.n, k)) + 0.0
        labels = np.array([0, *rng.integers(0, k, self.n)[1:-1], *[1] * (self.n > 1)])  # there are two at least
        self.y = labels if classes else values
        self.weight = rng.uniform(0.5, 2, self.n) if seed % 3 == 0 else None
        self.l1, self.l2 = (0.01 if seed % 2 else 0.0), (0.02 if seed % 5 < 3 else 0.0)
        self.clip_value, self.clip_norm = (0.3 if seed % 4 == 0 else None), (0.5 if seed % 3 == 1 else None)
        layers: list[Any] = [cr.Dense(n, activation=f) for n, f in zip(self.sizes[1:], self.functions, strict=True)]
        self.net = cr.Network(*layers[:1], cr.Dropout(0.3), *layers[1:]).build(
            self.sizes[0], seed=seed, dtype="float64"
        )
        for name, array in self.net.params.items():
            array += rng.normal(size=array.shape) * (0.1 if name.endswith("bias") else 0.0)

    def settings(self) -> dict[str, Any]:
        names = ("l1", "l2", "clip_value", "clip_norm")
        optimizer = getattr(cr, self.optimizer)(0.1)
        return {"loss": self.loss, "optimizer": optimizer, "sample_weight": self.weight} | {
            name: getattr(self, name) for name in names
        }

    def by_hand(self, mask: Array) -> dict[str, Array]:
        """Every quantity, with the mask of dropout (0 or 1/keep) as it was drawn."""
        found: dict[str, Array] = {}
        params, a, inputs = self.net.params, self.x, []
        for i, function in enumerate(self.functions, start=1):
            inputs.append(a)
            z = a @ params[f"dense{i}/weight"] + params[f"dense{i}/bias"]
            a = FUNCTIONS[function][0](z)
            found |= {f"dense{i}/z": z} | ({f"dense{i}/a": a} if function != "identity" else {})
            if i == 1:
                a = a * mask
                found["dropout1/a"] = a
        loss, slope = LOSS_FUNCTIONS[self.loss]
        share = np.full(self.n, 1 / self.n) if self.weight is None else self.weight / self.weight.sum()
        weights = [w for name, w in params.items() if name.endswith("weight")]
        penalty = sum(self.l1 * abs(w).sum() + self.l2 / 2 * (w**2).sum() for w in weights)
        found["loss/data"] = np.asarray((share * loss(a, self.y)).sum())
        found["loss"] = found["loss/data"] + penalty
        g = slope(a, self.y) * share[:, None]  # ∂L/∂a
        grads: dict[str, Array] = {}
        for i, function in reversed(list(enumerate(self.functions, start=1))):
            if i == 1:
                found["dropout1/a/gradient"] = g
                g = g * mask
            if function != "identity":
                found |= {f"dense{i}/a/gradient": g, f"dense{i}/slope": FUNCTIONS[function][1](found[f"dense{i}/z"])}
            delta = found[f"dense{i}/delta"] = g * FUNCTIONS[function][1](found[f"dense{i}/z"])
            w = params[f"dense{i}/weight"]
            grads[f"dense{i}/weight"] = inputs[i - 1].T @ delta + self.l1 * np.sign(w) + self.l2 * w
            grads[f"dense{i}/bias"] = delta.sum(0)
            g = delta @ w.T
        return found | self._updates(grads)

    def _updates(self, grads: dict[str, Array]) -> dict[str, Array]:
        found = {f"{name}/gradient": g for name, g in grads.items()}
        if self.clip_value:
            grads = {name: np.clip(g, -self.clip_value, self.clip_value) for name, g in grads.items()}
        norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
        if self.clip_norm and norm > self.clip_norm:
            grads = {name: g * self.clip_norm / norm for name, g in grads.items()}
        for name, g in grads.items():
            w = self.net.params[name]
            found[f"{name}/next"] = w + UPDATES[self.optimizer](g, w)
        return found


@pytest.mark.parametrize("seed", range(60))
def test_every_number_agrees_with_a_calculation_by_hand(seed: int) -> None:
    case = Case(seed)
    found = case.net.explain(case.x, case.y, **case.settings())
    mask = found["dropout1/mask"]
    assert ((mask == 0) | (abs(mask - 1 / 0.7) < 1e-4)).all()
    for name, value in case.by_hand(mask).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-10, atol=1e-10, err_msg=name)


def training_cases() -> dict[str, tuple[list[Any], dict[str, Any]]]:
    classes = {"loss": "cross_entropy"}
    deep = [cr.Flatten(), cr.Standardize(), cr.Dense(5, activation="selu"), cr.Dropout(0.4), cr.Dense(3)]
    branched = [
        cr.Reshape(2, 2),
        cr.Flatten(),
        cr.Concatenate(cr.Dense(3, activation="tanh"), [cr.Activation("gelu"), cr.Dense(2)]),
        cr.Residual(cr.Dense(5, activation="softplus"), cr.Dropout(0.2), cr.Dense(5)),
        cr.Dense(4, activation="softmax", trainable=False),
        cr.Dense(3, bias=False),
    ]
    return {
        "deep": (deep, {**classes, "optimizer": cr.Adam(0.05), "l2": 0.1}),
        "branched": (branched, {**classes, "optimizer": cr.Nesterov(0.05), "clip_norm": 0.1, "l1": 0.01}),
        "schedule": ([cr.Dense(3)], {**classes, "optimizer": cr.SGD(cr.ExponentialDecay(0.5, 0.9))}),
        "own loss": ([cr.Dense(1)], {"loss": lambda outputs, y: cr.softplus(outputs - y), "optimizer": "rmsprop"}),
    }


@pytest.mark.parametrize("name", training_cases())
def test_it_is_the_step_that_fit_takes_next(name: str) -> None:
    layers, settings = training_cases()[name]
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(9, 4)), rng.integers(0, 3, 9)
    net = cr.Network(*layers)
    how = {**settings, "batch_size": "full", "shuffle": False, "backend": "numpy"}
    net.fit(X, y, epochs=2, dtype="float64", **how)
    before = {key: array.copy() for key, array in net.model.arrays.items()}
    explanation = net.explain(X, y, **settings)
    assert all((net.model.arrays[key] == array).all() for key, array in before.items())
    loss = net.fit(X, y, epochs=1, **how).loss[0]
    assert explanation["loss"] == pytest.approx(loss, rel=1e-12)
    for key in net.model.trainable():
        if name == "schedule":  # which begins anew with each fit
            assert key in {"dense1/weight", "dense1/bias"}
        np.testing.assert_allclose(explanation[f"{key}/next"], net.params[key], rtol=1e-12, atol=1e-14, err_msg=key)


def test_nothing_is_asked_of_a_network_that_knows_its_loss_and_one_row_is_enough() -> None:
    net = cr.Network(cr.Dense(4, activation="relu"), cr.Dense(3)).build(2)
    net.fit([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], ["a", "b", "c"], loss="cross_entropy", epochs=1)
    explanation = net.explain([0.5, 0.5], "b")
    assert explanation["x"].shape == (1, 2)
    assert explanation["y"].tolist() == [1]
    assert explanation["dense2/delta"].shape == (1, 3)


class Scaled(cr.Layer):
    """x · exp(s), a layer of somebody else's."""

    def init(self, input_shape: Any, draw: Any) -> Any:
        return {"s": np.full(input_shape, 0.5)}, {}

    def apply(self, params: Any, state: Any, x: Any, mode: Any) -> Any:
        return x * cr.exp(params["s"]), state


def test_a_layer_of_your_own_is_shown_down_to_its_primitives() -> None:
    net = cr.Network(Scaled(), cr.Dense(1)).build(2, dtype="float64")
    X, y = np.array([[1.0, -2.0]]), [0.5]
    explanation = net.explain(X, y, loss="squared_error", optimizer=cr.SGD(1.0))
    delta, w = explanation["dense1/delta"], net.params["dense1/weight"]
    np.testing.assert_allclose(explanation["scaled1/exp.0"], np.exp([0.5, 0.5]))
    np.testing.assert_allclose(explanation["scaled1/s/gradient"], (delta @ w.T * X * np.exp(0.5))[0])
    text = str(explanation)
    assert "exp.0 = exp(params/scaled1/s)" in text
    assert "∂L/∂a[scaled1] = δ[dense1] W[dense1]ᵀ" in text


class Nested(cr.Layer):
    """A layer with a room of its own inside, whose output is made there."""

    def init(self, input_shape: Any, draw: Any) -> Any:
        return {"w": np.full(input_shape, 2.0)}, {}

    def apply(self, params: Any, state: Any, x: Any, mode: Any) -> Any:
        with scope("inside"):
            return cr.tanh(x * params["w"]), state


def test_a_layer_may_have_scopes_of_its_own() -> None:
    net = cr.Network(Nested(), cr.Dense(1)).build(1, dtype="float64")
    explanation = net.explain([0.3], 0.5, loss="squared_error")
    np.testing.assert_allclose(explanation["nested1/a"], np.tanh([[0.6]]))
    delta, w = explanation["dense1/delta"][0, 0], net.params["dense1/weight"][0, 0]
    expected = delta * w * (1 - np.tanh(0.6) ** 2) * 0.3
    assert explanation["nested1/w/gradient"][0] == pytest.approx(expected, rel=1e-12)
    factors = explanation.follow("nested1/w[0]").paths[0].factors
    assert [factor.label for factor in factors][:2] == ["δ[dense1][0, 0]", "W[dense1][0, 0]"]


@pytest.mark.parametrize(
    "layers", [[cr.Activation("identity")], [cr.Dense(2, trainable=False)]], ids=["no layer", "frozen"]
)
def test_a_network_that_trains_nothing(layers: list[Any]) -> None:
    explanation = cr.Network(*layers).build(2).explain([1.0, 2.0], 1, loss="cross_entropy", clip_norm=1.0)
    assert not [name for name in explanation.names() if name.endswith("/next")]
    assert "There is nothing to check" in str(explanation)


TEXT = """\
Forward: dense1 (Dense, tanh)
  W[dense1]    (1×1)
      [[0.5]]
  b[dense1]    (1)
      [0.]
  z[dense1] = x W + b    (2×1) (1×1) (1) → (2×1)
      [[0.5]
       [1. ]]
  a[dense1] = tanh(z)    (2×1) → (2×1)
      [[0.4621]
       [0.7616]]

Loss: squared_error, ŷ = a[dense1]
  L of the data = the mean over the rows of ½ Σ (y − ŷ)² = 0.0675974
  the penalty = ½ l2 Σ W² = 0.0125
  L = L of the data + the penalty = 0.0800974

Backward: dense1
  ∂L/∂a[dense1] = (ŷ − y) / n    (2×1)
      [[ 0.2311]
       [-0.1192]]
  f′(z[dense1]) = 1 − a²    (2×1)
      [[0.7864]
       [0.42  ]]
  δ[dense1] = ∂L/∂z[dense1] = ∂L/∂a[dense1] ⊙ f′(z)    (2×1)
      [[ 0.1817]
       [-0.0501]]
  penalty's share of ∂L/∂W[dense1] = l2 W    (1×1)
      [[0.05]]
  ∂L/∂W[dense1] = xᵀ δ + the penalty's share    (2×1) (2×1) → (1×1)
      [[0.1316]]
  ∂L/∂b[dense1] = δ, summed over the rows    (2×1) → (1)
      [0.1317]

Update: dense1/weight, with g = ∂L/∂W[dense1]
  u after learning_rate = −η g    (1×1)
      [[-0.01316]]
  new W[dense1] = W[dense1] + u    (1×1)
      [[0.4868]]
"""


def test_the_text() -> None:
    net = cr.Network(cr.Dense(1, activation="tanh", weight_init=[[0.5]])).build(1)
    explanation = net.explain([[1.0], [2.0]], [0.0, 1.0], loss="squared_error", optimizer=cr.SGD(0.1), l2=0.1)
    assert TEXT in str(explanation)
    assert "weight[i, j] joins input i to unit j: it is the w_ji of textbooks" in str(explanation)
    assert repr(explanation) == str(explanation)


def test_a_large_array_is_shown_at_its_edges() -> None:
    net = cr.Network(cr.Dense(128, activation="relu"), cr.Dense(10)).build(784)
    text = str(net.explain(np.ones(784), 3, loss="cross_entropy"))
    assert "..." in text
    assert len(text) < 30_000


def test_what_cannot_be_explained_is_told_in_a_sentence() -> None:
    net = cr.Network(cr.Dense(2)).build(3)
    with pytest.raises(cr.ArgumentError, match="loss is not known yet"):
        net.explain([1, 2, 3], 0)
    with pytest.raises(cr.ShapeError, match="features"):
        net.explain([[1, 2]], [0], loss="cross_entropy")
    with pytest.raises(cr.ArgumentError, match="call it before explain, or leave the layer out"):
        cr.Network(cr.Standardize(), cr.Dense(2)).explain([[1, 2]], [0], loss="cross_entropy")
    explanation = net.explain([1, 2, 3], 0, loss="cross_entropy")
    with pytest.raises(cr.UnknownNameError, match="did you mean 'dense1/delta'"):
        explanation["dense1/delt"]


# ------------------------------------------------------------------------------------------------------ formulae


def test_every_layer_loss_and_transform_has_a_formula() -> None:
    kinds = {kind for kind in LAYERS.values() if kind not in (*AFFINE, Sequential)}
    assert set(OUTPUTS) == set(BACKWARD) == kinds
    assert all(loss.formula and loss.slope for loss in LOSSES.values())
    own = [x for x in vars(transforms).values() if isinstance(x, type) and x.__module__ == transforms.__name__]
    assert len(own) > 6
    assert all(transform.formula for transform in own)


def python(formula: str) -> str:
    """A formula as Python would write it."""
    text = formula.replace("−", "-").replace("²", "**2").replace("the slope", "0.01").replace("λα", "λ * α")
    text = re.sub(r"(?<=[a-z]) (?=[(σφ])", " * ", text)
    chosen = re.fullmatch(r"(.*) where (.*), else (.*)", text)
    return f"np.where({chosen[2]}, {chosen[1]}, {chosen[3]})" if chosen else text


@pytest.mark.parametrize("name", SLOPES)
def test_the_formula_of_a_derivative_is_right(name: str) -> None:
    z = np.array([-2.0, -0.3, 0.4, 3.0])
    h = 1e-6
    net = cr.Network(cr.Activation(name)).build(4, dtype="float64")
    numbers = {
        "np": np,
        "z": z,
        "a": net.predict([z])[0],
        "σ": sigmoid,
        "Φ": lambda z: (1 + erf(z / 2**0.5)) / 2,
        "φ": lambda z: np.exp(-(z**2) / 2) / (2 * np.pi) ** 0.5,
        "λ": 1.0507009873554805,
        "α": 1.6732632423543772,
    }
    expected = (net.predict([z + h])[0] - net.predict([z - h])[0]) / (2 * h)
    np.testing.assert_allclose(eval(python(SLOPES[name]), numbers), expected, rtol=1e-8)


def test_only_softmax_has_no_derivative_number_by_number() -> None:
    assert set(ACTIVATIONS) - set(SLOPES) == {"softmax"}

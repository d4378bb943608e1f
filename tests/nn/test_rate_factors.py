"""The learning rate of a layer as a multiple of the optimiser's: against PyTorch's parameter groups, and wherever it shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.nn import Layer, walk
from chainrule.training import Penalties, build_step
from chainrule.training.coding import targets_for
from test_saving import LAYER_CASES

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(20, 4)), rng.normal(size=(20, 2))
RATE, STEPS = 0.02, 50
SLOW, FAST = 0.1, 3.0


def network(slow: float = SLOW, fast: float = FAST) -> cr.Network:
    """Three layers; the rate of the second is multiplied by both factors, by 2 of its own container and `fast` / 2."""
    inner = cr.Sequential(cr.Dense(5, "tanh", learning_rate_factor=fast / 2), learning_rate_factor=2.0)
    layers = cr.Dense(6, "tanh", learning_rate_factor=slow), inner, cr.Dense(2)
    return cr.Network(*layers).build(4, dtype="float64")


OPTIMIZERS: dict[str, tuple[cr.Transform, Callable[..., torch.optim.Optimizer]]] = {
    "SGD": (cr.SGD(RATE), torch.optim.SGD),
    "Momentum": (cr.Momentum(RATE), lambda groups, lr: torch.optim.SGD(groups, lr=lr, momentum=0.9)),
    "Nesterov": (cr.Nesterov(RATE), lambda groups, lr: torch.optim.SGD(groups, lr=lr, momentum=0.9, nesterov=True)),
    "RMSprop": (cr.RMSprop(RATE), torch.optim.RMSprop),
    "Adam": (cr.Adam(RATE), torch.optim.Adam),
    "AdamW": (cr.AdamW(RATE, weight_decay=0.3), torch.optim.AdamW),
}


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps_are_those_of_pytorch_with_a_rate_for_each_group(name: str, backend: str) -> None:
    ours, theirs = OPTIMIZERS[name]
    net = network()
    factors = {"dense1": SLOW, "sequential1/dense1": FAST, "dense2": 1.0}
    tensors = {key: torch.tensor(array.copy(), requires_grad=True) for key, array in net.params.items()}
    groups = [
        {
            "params": [tensor],
            "lr": factors[key.rpartition("/")[0]] * RATE,
            "weight_decay": 0.3 if name == "AdamW" and key.endswith("weight") else 0.0,
        }
        for key, tensor in tensors.items()
    ]
    optimizer = theirs(groups, lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        a = torch.tensor(X)
        for path in ("dense1", "sequential1/dense1"):
            a = torch.tanh(a @ tensors[f"{path}/weight"] + tensors[f"{path}/bias"])
        error = a @ tensors["dense2/weight"] + tensors["dense2/bias"] - torch.tensor(Y)
        (0.5 * (error**2).sum() / len(X)).backward()
        optimizer.step()
    net.fit(X, Y, loss="squared_error", optimizer=ours, batch_size="full", epochs=STEPS, shuffle=False, backend=backend)
    for key, tensor in tensors.items():
        np.testing.assert_allclose(net.params[key], tensor.detach().numpy(), rtol=1e-9, atol=1e-12, err_msg=key)


def text(net: cr.Network) -> str:
    loss = cr.SquaredError()
    built = build_step(
        net.model,
        loss,
        targets_for(net.model, loss),
        optimizer=cr.Adam(RATE),
        penalties=Penalties.of(0, 0.1, 1.0, None),
    )
    return str(built.step.graph)


def test_a_factor_of_1_leaves_no_node() -> None:
    plain = cr.Network(cr.Dense(6, "tanh"), cr.Sequential(cr.Dense(5, "tanh")), cr.Dense(2)).build(4, dtype="float64")
    same = network(slow=1.0, fast=1.0)
    same.layers["sequential1"].learning_rate_factor = 1.0
    same.layers["sequential1"].children()[0][1].learning_rate_factor = 1.0
    assert text(same) == text(plain) != text(network())


def test_a_factor_of_0_freezes() -> None:
    layers = [
        cr.Dense(3, "tanh", learning_rate_factor=0),
        cr.Residual(cr.Dense(3), learning_rate_factor=0.0),
        cr.Dense(2),
    ]
    net = cr.Network(*layers).build(4)
    assert net.model.trainable() == ["dense2/weight", "dense2/bias"]
    assert net.model.weights() == {"dense2/weight"}
    before = {name: array.copy() for name, array in net.params.items()}
    net.fit(X, Y, loss="squared_error", optimizer=cr.AdamW(0.1), l2=0.1, epochs=2)
    changed = {name for name, array in net.params.items() if (array != before[name]).any()}
    assert changed == {"dense2/weight", "dense2/bias"}


@pytest.mark.parametrize("frozen", [{"learning_rate_factor": 0.0}, {"trainable": False}])
def test_a_frozen_normalisation_keeps_its_running_statistics(frozen: dict[str, Any]) -> None:
    net = cr.Network(cr.Sequential(cr.BatchNorm(), **frozen), cr.Dense(2)).build(4)
    net.fit(X, Y, loss="squared_error", epochs=1, backend="numpy")
    np.testing.assert_array_equal(net.state["sequential1/batchnorm1/mean"], 0.0)


def test_walk_multiplies_the_factors() -> None:
    found = {path: factor for path, _, factor in walk(network().model.layer)}
    assert found == {"": 1.0, "dense1": SLOW, "sequential1": 2.0, "sequential1/dense1": FAST, "dense2": 1.0}


def test_a_factor_may_change_between_fits_and_the_optimizer_goes_on() -> None:
    options: dict[str, Any] = {"loss": "squared_error", "optimizer": cr.Momentum(RATE), "batch_size": "full"}
    net = network(slow=1.0)
    net.fit(X, Y, epochs=3, **options)
    velocity = net.model.arrays["optimizer/momentum/velocity/dense1/weight"].copy()
    before = net.params["dense1/weight"].copy()
    gradient = net.explain(X, Y)["dense1/weight/gradient"]
    net.layers["dense1"].learning_rate_factor = 0.25
    net.fit(X, Y, epochs=1, **options)
    expected = before - 0.25 * RATE * (0.9 * velocity + gradient)
    np.testing.assert_allclose(net.params["dense1/weight"], expected, rtol=1e-12)


def test_learn_takes_it_as_well() -> None:
    nets = [network(slow=1.0), network(slow=0.5)]
    starts = nets[0].params["dense1/weight"].copy()
    for net in nets:
        net.learn(X[0], Y[0], loss="squared_error", optimizer=cr.SGD(RATE))
    steps = [net.params["dense1/weight"] - starts for net in nets]
    np.testing.assert_allclose(0.5 * steps[0], steps[1], rtol=1e-9)


def test_it_is_saved(tmp_path: Path) -> None:
    net = network()
    net.fit(X, Y, loss="squared_error", optimizer=cr.Adam(RATE), epochs=1)
    net.save(tmp_path / "net")
    loaded = cr.load(tmp_path / "net")
    assert loaded.model.rate_factors() == net.model.rate_factors() != {}
    for each in (net, loaded):
        each.fit(X, Y, epochs=1)
    assert all((loaded.params[name] == array).all() for name, array in net.params.items())


def test_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    net = network()
    net.summary()
    assert "Dense, learning rate × 0.1 " in capsys.readouterr().out
    explanation = net.explain(X, Y, loss="squared_error", optimizer=cr.AdamW(RATE))
    shown = str(explanation)
    assert "dense1 (Dense, tanh, learning rate × 0.1)" in shown
    assert "0.1 g" in shown
    assert "3 g" in shown
    scaled = explanation["dense1/weight/factor"]
    np.testing.assert_allclose(scaled, 0.1 * explanation["dense1/weight/learning_rate"], rtol=1e-14)
    np.testing.assert_allclose(explanation["dense1/weight/next"], explanation["dense1/weight"] + scaled, rtol=1e-14)
    assert "dense2/weight/factor" not in explanation.names()
    assert "dense1/bias/decay" not in explanation.names()


def test_who_forgets_it_is_told_so() -> None:
    net, settings = network(), {"loss": "squared_error", "optimizer": cr.SGD(RATE)}
    truth = net.explain(X, Y, **settings)
    own = truth["dense1/weight"] - RATE * truth["dense1/weight/gradient"]
    assert cr.grade(net, X, Y, {"dense1/weight/next": own}, **settings).slip.name == "forgotten factor"
    found = cr.grade(net, X, Y, {"dense1/weight/factor": truth["dense1/weight/learning_rate"]}, **settings)
    assert found.slip.name == "forgotten factor"
    assert cr.grade(net, X, Y, {name: truth[name] for name in truth.names()}, **settings).ok


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, "slow", None, True])
def test_what_no_factor_can_be_is_a_sentence(value: Any) -> None:
    expected = "learning_rate_factor of layer 'Dense' must be a finite number at least 0"
    with pytest.raises(ArgumentError, match=expected):
        cr.Dense(2, learning_rate_factor=value)
    layer = network().layers["dense1"]
    with pytest.raises(ArgumentError, match=expected):
        layer.learning_rate_factor = value
    assert layer.learning_rate_factor == SLOW


@pytest.mark.parametrize("value", ["no", 0, None])
def test_trainable_is_a_truth_value(value: Any) -> None:
    with pytest.raises(ArgumentError, match=f"trainable of layer 'body' must be True or False, but is {value!r}"):
        cr.Sequential(cr.Dense(2), name="body", trainable=value)
    with pytest.raises(ArgumentError, match="trainable of layer 'Reshape' must be True or False"):
        cr.Reshape(2).trainable = value


@pytest.mark.parametrize("kind", LAYER_CASES)
def test_every_layer_takes_it(kind: str) -> None:
    """As a keyword, whatever else it is made of."""

    def factors(layer: Layer) -> list[float]:
        return [own.learning_rate_factor for _, own, _ in walk(layer) if type(own).__name__ == kind]

    layer = LAYER_CASES[kind]()
    for _, own, _ in walk(layer):
        own.learning_rate_factor = 0.5
    assert factors(cr.saving.from_data(cr.saving.to_data(layer), cr.saving.TABLE)) == factors(layer) != []

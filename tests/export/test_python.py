"""`net.to_python`: the program trains as `fit` does, stands on NumPy alone, and reads like one that somebody wrote by hand."""

from __future__ import annotations

import inspect
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.functional import ACTIVATIONS, LOSSES, get_loss
from chainrule.nn import LAYERS, Dense
from chainrule.optim import OPTIMIZERS, SCHEDULES, ReduceOnPlateau, Transform, chain, transforms
from export.networks import NETWORKS, Layers
from export.programs import FOLDER, GOLDEN, text_of

N, EPOCHS, BATCH = 23, 5, 5  # 25 steps, and every fifth has three rows only


def tanh_network() -> list[cr.Layer]:
    return [Dense(5, activation="tanh"), Dense(3)]


def targets(loss: Any, k: int, rng: np.random.Generator) -> Any:
    kinds = {
        "classes": lambda: np.r_[np.arange(k), rng.integers(k, size=N - k)],
        "binary": lambda: np.r_[np.eye(2, k, dtype=int), rng.integers(2, size=(N - 2, k))],
        "counts": lambda: rng.poisson(2, size=(N, k)),
        "values": lambda: rng.normal(size=(N, k)),
    }
    return kinds[get_loss(loss).targets]()


def run(text: str) -> dict[str, Any]:
    program: dict[str, Any] = {"__name__": "program"}
    exec(compile(text, "program", "exec"), program)
    return program


def numbers_of(net: cr.Network, program: dict[str, Any], text: str) -> dict[str, Any]:
    """The parameters that a program begins with: its own, or those of the network by the names in `load`."""
    arrays = {**net.params, **net.state}
    if "params" in program:
        return dict(program["params"])
    return {own: arrays[name] for own, name in re.findall(r'"(\w+)": arrays\["([^"]+)"\]', text)}


def difference(found: Any, wanted: Any) -> float:
    """The largest difference, relative to a number or to 0.01 where that is larger."""
    return float(np.max(np.abs(found - wanted) / np.maximum(np.abs(wanted), 1e-2), initial=0.0))


def check_agreement(
    layers: Layers,
    loss: Any = "cross_entropy",
    optimizer: Any = "sgd",
    *,
    inputs: tuple[int, ...] = (4,),
    weighted: bool = False,
    before: int = 0,
    **penalties: Any,
) -> str:
    """The program takes the steps of `fit` and predicts what the network predicts. It is given for a closer look."""
    rng = np.random.default_rng(7)
    net = cr.Network(*layers()).build(inputs, seed=3, dtype="float64")
    for array in net.params.values():
        array += 0.1 * rng.normal(size=array.shape)
    X, y = rng.normal(size=(N, *inputs)), targets(loss, net.model.output_shape[0], rng)
    weights = [rng.uniform(0.1, 2.0, N)] if weighted else []
    how = {"loss": loss, "batch_size": BATCH, "shuffle": False, "backend": "numpy"}
    if before:  # Standardize waits for the data, and dropout counts epochs
        net.fit(X, y, optimizer=cr.SGD(1e-4), epochs=before, **how)
    text = net.to_python(loss=loss, optimizer=optimizer, weighted=weighted, **penalties)
    program = run(text)
    trained = program["train"](numbers_of(net, program, text), X, y, *weights, epochs=EPOCHS, batch_size=BATCH)
    sample_weight = weights[0] if weights else None
    net.fit(X, y, optimizer=optimizer, epochs=EPOCHS, sample_weight=sample_weight, **how, **penalties)
    for own, (name, wanted) in zip(trained.values(), {**net.params, **net.state}.items(), strict=True):
        assert difference(own, wanted) < 1e-12, name
    predicted = program["predict"](trained, X)
    if get_loss(loss).targets == "classes":
        assert difference(predicted, net.predict_proba(X, backend="numpy")) < 1e-12
    elif get_loss(loss).targets != "binary":
        assert difference(predicted.squeeze(), net.predict(X, backend="numpy").squeeze()) < 1e-12
    return text


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_agrees(name: str) -> None:
    text = check_agreement(lambda: [Dense(5, activation=name), Dense(2)], "squared_error", cr.SGD(0.1))
    check_agreement(lambda: [Dense(5), Dense(2, activation=name)], "squared_error", cr.SGD(0.1))
    assert "10000" not in text  # a textbook has no guards


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_agrees(name: str, weighted: bool) -> None:
    check_agreement(tanh_network, name, cr.SGD(0.1), weighted=weighted, l1=0.01, l2=0.02)


@pytest.mark.parametrize("loss", [cr.CrossEntropy(label_smoothing=0.1), cr.Huber(delta=0.3)], ids=repr)
def test_the_numbers_of_a_loss_are_written_too(loss: Any) -> None:
    check_agreement(tanh_network, loss, cr.SGD(0.1))


@pytest.mark.parametrize(
    "penalties", [{}, {"clip_norm": 0.1, "clip_value": 0.05, "l2": 0.01}], ids=["plain", "clipped"]
)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser_agrees(name: str, penalties: dict[str, float]) -> None:
    check_agreement(tanh_network, "cross_entropy", OPTIMIZERS[name](0.05), **penalties)


class Sign(Transform):
    """The sign of each number, and a memory of the one before; a transform of somebody else's."""

    name = "sign"

    def init(self, params: Any) -> Any:
        return {f"last/{name}": np.zeros_like(array) for name, array in params.items()}

    def update(self, updates: Any, state: Any, params: Any, given: Any) -> Any:
        new = {f"last/{name}": g for name, g in updates.items()}
        return {name: g / (abs(g) + 0.1) + 0.5 * state[f"last/{name}"] for name, g in updates.items()}, new


def transform_cases() -> dict[str, Transform]:
    own = {
        "RMSprop with momentum": cr.RMSprop(0.05, momentum=0.9),
        "equal betas": cr.Adam(0.05, beta1=0.9, beta2=0.9),
        "clip in between": chain(transforms.Accumulate(0.8), transforms.ClipByNorm(0.5), cr.Adam(0.05)),
        "clip at the end": chain(transforms.ScaleByRMS(), cr.SGD(0.1), transforms.ClipByNorm(0.2)),
        "two clips": chain(
            transforms.ClipByValue(0.1), transforms.ClipByNorm(0.5), transforms.ClipByNorm(0.3), cr.SGD(0.1)
        ),
        "own": chain(Sign(), cr.SGD(0.05)),
        "decay first": chain(transforms.AddDecayedWeights(0.1), cr.Momentum(0.1)),
    }
    made = {}
    for kind in vars(transforms).values():
        if isinstance(kind, type) and kind.__module__ == transforms.__name__:
            needed = [p for p in inspect.signature(kind).parameters.values() if p.default is p.empty]
            given = {"factors": (("dense1/weight", 0.5),)}
            made[kind.__name__] = kind(*[given.get(p.name, 0.01) for p in needed])
    return own | {name: chain(t, cr.SGD(0.05)) for name, t in made.items()}


@pytest.mark.parametrize("name", transform_cases())
def test_every_chain_of_transforms_agrees(name: str) -> None:
    check_agreement(tanh_network, "cross_entropy", transform_cases()[name])


SCHEDULED = {
    "Constant": cr.Constant(0.1),
    "Cosine": cr.Cosine(0.1, final=0.01),
    "ExponentialDecay": cr.ExponentialDecay(0.1, 0.9),
    "InverseScaling": cr.InverseScaling(0.1),
    "OneCycle": cr.OneCycle(0.1),
    "StepDecay": cr.StepDecay(0.1, every=2),
    "Warmup": cr.Warmup(cr.Cosine(0.1, epochs=3), epochs=2),
}


def test_every_schedule_is_here() -> None:
    assert {*SCHEDULED, "ReduceOnPlateau"} == set(SCHEDULES)


@pytest.mark.parametrize("name", SCHEDULED)
def test_every_schedule_agrees(name: str) -> None:
    text = check_agreement(tanh_network, "cross_entropy", cr.Adam(SCHEDULED[name]))
    assert "def learning_rate_at(" in text


def test_rates_that_have_no_formula_are_given_step_by_step() -> None:
    net = cr.Network(Dense(1)).build(2, dtype="float64")
    program = run(net.to_python(loss="squared_error", optimizer=cr.SGD(ReduceOnPlateau(0.1))))
    X, y = np.array([[1.0, 2.0]]), np.array([[1.0]])
    rates = np.array([0.1, 0.05])
    found = program["train"](program["params"], X, y, rates, epochs=2, batch_size=1)
    w, b = program["params"]["W1"], program["params"]["b1"]
    for rate in rates:
        error = X @ w + b - y
        w, b = w - rate * X.T @ error, b - rate * error[0]
    np.testing.assert_allclose(found["W1"], w, rtol=1e-14)
    np.testing.assert_allclose(found["b1"], b, rtol=1e-14)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_kind_of_network_agrees(name: str) -> None:
    layers, inputs, before = NETWORKS[name]
    check_agreement(layers, "cross_entropy", cr.Adam(0.02), inputs=inputs, before=before, l1=0.01)


def test_every_layer_is_in_a_network() -> None:
    def kinds(layer: cr.Layer) -> set[str]:
        return {type(layer).__name__}.union(*(kinds(child) for _, child in layer.children()))

    assert set(LAYERS) <= set().union(*(kinds(layer) for layers, *_ in NETWORKS.values() for layer in layers()))


def test_a_loss_of_your_own_is_written_down_to_its_primitives() -> None:
    def log_cosh(outputs: Any, y: Any) -> Any:
        error = outputs - y
        return cr.softplus(2.0 * error) - error

    text = check_agreement(lambda: [Dense(3, activation="tanh"), Dense(1)], log_cosh, cr.RMSprop(0.05))
    assert "np.logaddexp(0, 2 * error)" in text
    check_agreement(lambda: [Dense(3, activation="tanh"), Dense(1)], lambda outputs, y: outputs - y, cr.SGD(0.05))


@pytest.mark.parametrize("name", GOLDEN)
def test_the_text_is_the_golden_one(name: str) -> None:
    assert text_of(name) == (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GOLDEN)
def test_a_program_stands_on_numpy_alone(name: str, tmp_path: Path) -> None:
    shutil.copy(FOLDER / name, tmp_path / "program.py")
    watch = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='__main__'); print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", watch, "program.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    *losses, modules = done.stdout.splitlines()
    first, last = (float(line.split()[1]) for line in losses)
    assert last < first
    assert "numpy" in modules.split()
    assert not {"chainrule", "scipy"} & set(modules.split())


def test_a_list_of_targets_is_a_column() -> None:
    net = cr.Network(Dense(1)).build(2)
    program = run(net.to_python(loss="squared_error", optimizer="momentum"))
    X, y = np.eye(2), [1.0, 2.0]
    column = program["train"](program["params"], X, np.array([[1.0], [2.0]]))
    assert all((program["train"](program["params"], X, y)[name] == column[name]).all() for name in column)


def test_numbers_have_the_digits_of_the_network() -> None:
    net = cr.Network(Dense(5, activation="tanh", bias_init=np.full(5, 0.1)), Dense(2)).build(3)
    params = run(net.to_python(loss="squared_error"))["params"]
    for own, wanted in zip(params.values(), net.params.values(), strict=True):
        assert own.dtype == np.float64
        assert (own.astype(np.float32) == wanted).all()


def test_names_and_labels_do_not_escape_from_the_docstring() -> None:
    name = 'a"\\\n"""\nraise SystemExit\n"""'
    net = cr.Network(Dense(20, activation="tanh", name=name), Dense(20), cr.Activation("tanh", name="lambda"), Dense(2))
    net.fit(np.eye(2), ["no", 'y"""es'], loss="cross_entropy", epochs=1)
    text = net.to_python(optimizer=cr.Adam(0.01))
    program = run(text)
    assert "0 for 'no', 1 for 'y'''es'." in program["__doc__"]
    assert json.dumps(f"{name}/weight") in text


def test_large_networks_are_loaded(tmp_path: Path) -> None:
    net = cr.Network(Dense(30, activation="tanh"), Dense(3)).build(8)
    text = net.to_python(loss="cross_entropy")
    np.savez(tmp_path / "params.npz", **net.params, **net.state)
    params = run(text)["load"](tmp_path / "params.npz")
    assert list(params) == ["W1", "b1", "W2", "b2"]
    for found, wanted in zip(params.values(), net.params.values(), strict=True):
        assert found.dtype == np.float64
        assert (found == wanted).all()


def test_a_program_is_what_ruff_would_write(tmp_path: Path) -> None:
    for name in GOLDEN:
        text = text_of(name)
        (tmp_path / name).with_suffix(".py").write_text(text, encoding="utf-8")
        assert max(map(len, text.splitlines())) <= 100
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "check", "--isolated", str(tmp_path)], check=True, capture_output=True)
    subprocess.run([*ruff, "format", "--isolated", "--check", "--diff", str(tmp_path)], check=True, capture_output=True)


def test_what_is_not_known_is_asked_for() -> None:
    net = cr.Network(Dense(1))
    with pytest.raises(cr.NotFittedError, match="no parameters yet"):
        net.to_python(loss="squared_error")
    with pytest.raises(cr.ArgumentError, match="loss is not known yet"):
        net.build(2).to_python()
    with pytest.raises(cr.ArgumentError, match="l2 must be"):
        net.to_python(loss="squared_error", l2=-1)
    with pytest.raises(cr.ArgumentError, match="before to_python"):
        cr.Network(cr.Standardize(), Dense(1)).build(2).to_python(loss="squared_error")
    with pytest.raises(cr.ArgumentError, match="no parameters to train"):
        cr.Network(cr.Flatten()).build(2).to_python(loss="squared_error")


class Together(Transform):
    """Each update less that of the parameter before: no loop over parameters."""

    name = "together"

    def update(self, updates: Any, state: Any, params: Any, given: Any) -> Any:
        total = sum(cr.graph.primitives.reduce_sum(g) for g in updates.values())
        return {name: g - total for name, g in updates.items()}, state


class Counting(Transform):
    """Each update, divided by the number of steps so far: a state that all parameters share."""

    name = "counting"

    def init(self, params: Any) -> Any:
        return {"steps": np.zeros(())}

    def update(self, updates: Any, state: Any, params: Any, given: Any) -> Any:
        steps = state["steps"] + 1.0
        return {name: g / steps for name, g in updates.items()}, {"steps": steps}


class Ramp(Transform):
    """Each update plus a state that begins with different numbers."""

    name = "ramp"

    def init(self, params: Any) -> Any:
        return {f"ramp/{name}": np.linspace(0, 1, array.size).reshape(array.shape) for name, array in params.items()}

    def update(self, updates: Any, state: Any, params: Any, given: Any) -> Any:
        return {name: g + state[f"ramp/{name}"] for name, g in updates.items()}, state


@pytest.mark.parametrize(
    ("transform", "reason"),
    [
        (Together(), "looks at several parameters together"),
        (Counting(), "'counting/steps' is a state that they share"),
        (Ramp(), "begins with one number"),
    ],
)
def test_an_optimiser_that_is_no_loop_is_refused(transform: Transform, reason: str) -> None:
    net = cr.Network(Dense(2), Dense(1)).build(2)
    with pytest.raises(cr.ArgumentError, match=reason):
        net.to_python(loss="squared_error", optimizer=chain(transform, cr.SGD(0.1)))

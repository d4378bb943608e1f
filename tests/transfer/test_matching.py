"""Which arrays a layer is given, from where, and what is said where they do not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import chainrule as cr
from chainrule.errors import ArgumentError, ModelFileError, NotFittedError, ShapeError, UnknownNameError

rng = np.random.default_rng(0)
Arrays = dict[str, np.ndarray]


def network(*widths: int, inputs: int = 3) -> cr.Network:
    return cr.Network(*(cr.Dense(width) for width in widths)).build(inputs, dtype="float64")


def linear(*names: str, widths: tuple[int, ...] = (3, 4, 4, 4, 4)) -> Arrays:
    """The state_dict of dense layers, of random numbers."""
    found: Arrays = {}
    for i, name in enumerate(names):
        found |= {
            f"{name}.weight": rng.normal(size=(widths[i + 1], widths[i])),
            f"{name}.bias": rng.normal(size=widths[i + 1]),
        }
    return found


def given(net: cr.Network, path: str, source: Arrays, name: str) -> bool:
    """Whether a layer has the numbers that PyTorch's layer of a name has."""
    return np.array_equal(net.params[f"{path}/weight"], source[f"{name}.weight"].T) and np.array_equal(
        net.params[f"{path}/bias"], source[f"{name}.bias"]
    )


# ---------------------------------------------------------------------------------------------- who is given what


def test_in_order_where_no_name_is_equal() -> None:
    net, source = network(4, 4, 4), linear("b", "a", "c")
    assert net.load_params(source, framework="pytorch") == {"dense1": "b", "dense2": "a", "dense3": "c"}
    assert all(
        given(net, *pair) for pair in [("dense1", source, "b"), ("dense2", source, "a"), ("dense3", source, "c")]
    )


def test_by_name_where_names_are_equal_and_the_others_in_order() -> None:
    net, source = network(4, 4, 4, inputs=4), linear("dense3", "x", "y", widths=(4, 4, 4, 4))
    assert net.load_params(source, framework="pytorch") == {"dense1": "x", "dense2": "y", "dense3": "dense3"}


def test_by_names() -> None:
    net, source = network(4, 4, 4, inputs=4), linear("a", "b", "c", widths=(4, 4, 4, 4))
    found = net.load_params(source, framework="pytorch", names={"dense1": "c"})
    assert found == {"dense1": "c", "dense2": "a", "dense3": "b"}
    assert given(net, "dense1", source, "c")


def test_nested_layers_by_their_paths() -> None:
    net = cr.Network(cr.Residual(cr.Dense(3, name="inner")), cr.Dense(2, name="head")).build(3)
    source = linear("residual1.inner", widths=(3, 3)) | linear("head", widths=(3, 2))
    found = net.load_params(dict(reversed(source.items())), framework="pytorch")
    assert found == {"residual1/inner": "residual1.inner", "head": "head"}


def test_the_body_alone() -> None:
    """The first layers are given the first ones; the last keeps its numbers, and whatever the source has for it is left over."""
    net, source = network(4, 4, 2), linear("0", "2", "4", widths=(3, 4, 4, 10))
    head = net.params["dense3/weight"].copy()
    assert net.load_params(source, framework="pytorch", layers=["dense1", "dense2"]) == {"dense1": "0", "dense2": "2"}
    assert given(net, "dense2", source, "2")
    np.testing.assert_array_equal(net.params["dense3/weight"], head)


def test_a_container_names_all_that_is_in_it() -> None:
    net = cr.Network(cr.Sequential(cr.Dense(4), cr.Dense(4), name="body"), cr.Dense(2)).build(3)
    found = net.load_params(linear("0", "1", "2"), framework="pytorch", layers=["body"])
    assert found == {"body/dense1": "0", "body/dense2": "1"}


# ------------------------------------------------------------------------------------------------------ from where


def test_tensors_of_any_kind() -> None:
    net = cr.Network(cr.Dense(4)).build(3)
    module = torch.nn.Linear(3, 4, dtype=torch.bfloat16)
    assert all(tensor.requires_grad for tensor in module.parameters())
    net.load_params(dict(module.named_parameters()), framework="pytorch")
    np.testing.assert_array_equal(net.params["dense1/weight"], module.weight.detach().float().numpy().T)


def test_a_safetensors_file_of_numbered_layers_keeps_their_order(tmp_path: Path) -> None:
    """Which the file itself does not: it puts 10 before 2."""
    source = linear("0", "2", "10", widths=(4, 4, 4, 4))
    save_file({name: torch.tensor(array) for name, array in source.items()}, tmp_path / "net.safetensors")
    net = network(4, 4, 4, inputs=4)
    found = net.load_params(tmp_path / "net.safetensors", framework="pytorch")
    assert found == {"dense1": "0", "dense2": "2", "dense3": "10"}
    assert given(net, "dense3", source, "10")


def test_a_safetensors_file_of_other_names_needs_names(tmp_path: Path) -> None:
    source = linear("hidden", "head", widths=(4, 4, 4))
    save_file({name: torch.tensor(array) for name, array in source.items()}, tmp_path / "net.safetensors")
    net = network(4, 4, inputs=4)
    with pytest.raises(ArgumentError, match=r"A file does not keep the order of layers, .* names=\{'dense1': ...\}"):
        net.load_params(tmp_path / "net.safetensors", framework="pytorch")
    net.load_params(tmp_path / "net.safetensors", framework="pytorch", names={"dense1": "hidden", "dense2": "head"})
    assert given(net, "dense1", source, "hidden")


def test_another_network_s_file(tmp_path: Path) -> None:
    X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    first = cr.Network(cr.Standardize(), cr.Dense(4, "tanh"), cr.BatchNorm(), cr.Dense(1))
    first.fit(X, y, loss="squared_error", optimizer=cr.Momentum(0.01), epochs=2, backend="numpy")
    first.save(tmp_path / "first.chainrule")
    sources: list[Any] = [first, tmp_path / "first.chainrule", {**first.params, **first.state}]
    np.savez(tmp_path / "first.npz", **sources[2])
    for source in [*sources, tmp_path / "first.npz"]:
        second = cr.Network(cr.Standardize(), cr.Dense(4, "tanh"), cr.BatchNorm(), cr.Dense(1)).build(3, seed=7)
        found = second.load_params(source)
        assert found == {name: name for name in ("standardize1", "dense1", "batchnorm1", "dense2")}
        assert second.memory.adapted
        np.testing.assert_array_equal(second.predict(X, backend="numpy"), first.predict(X, backend="numpy"))


@pytest.mark.parametrize("layer", [cr.Standardize, cr.BatchNorm])
def test_parameters_alone_do_not_do_where_there_is_state(layer: Callable[[], cr.Layer]) -> None:
    first, second = (cr.Network(layer(), cr.Dense(4)).build(3, seed=seed) for seed in (0, 1))
    sentence = r"source holds parameters alone, but layer .* has 'mean' and '\w+' besides: give the network itself, its file, or"
    with pytest.raises(ArgumentError, match=sentence):
        second.load_params(first.params)
    assert second.load_params(first.params, layers=["dense1"]) == {"dense1": "dense1"}


def test_a_network_that_has_seen_no_data_leaves_standardize_to_learn_from_them() -> None:
    first, second = (cr.Network(cr.Standardize(), cr.Dense(4)).build(3, seed=seed) for seed in (0, 1))
    second.load_params(first)
    assert not second.memory.adapted


def test_standardize_goes_on_learning_from_the_data_where_the_source_has_none() -> None:
    net = cr.Network(cr.Standardize(), cr.Dense(4)).build(3)
    net.load_params(linear("fc"), framework="pytorch")
    assert not net.memory.adapted
    net.fit(5.0 + rng.normal(size=(20, 3)), rng.normal(size=(20, 4)), loss="squared_error", epochs=1, backend="numpy")
    np.testing.assert_allclose(net.state["standardize1/mean"], 5.0, atol=1.0)


# ------------------------------------------------------------------------------------------------------- afterwards


@pytest.mark.parametrize("online", [True, False])
def test_the_optimizer_starts_again(online: bool) -> None:
    """Its momentum belonged to the parameters that there were."""
    X, Y = rng.normal(size=(8, 3)), rng.normal(size=(8, 4))
    net, fresh, source = network(4), network(4), linear("fc")

    def step(net: cr.Network) -> None:
        if online:
            net.learn(X[0], Y[0], loss="squared_error", optimizer=cr.Momentum(0.1), backend="numpy")
        else:
            net.fit(X, Y, loss="squared_error", optimizer=cr.Momentum(0.1), epochs=1, shuffle=False, backend="numpy")

    for _ in range(3):
        step(net)
    for each in (net, fresh):
        each.load_params(source, framework="pytorch")
        step(each)
    np.testing.assert_array_equal(net.params["dense1/weight"], fresh.params["dense1/weight"])


# ------------------------------------------------------------------------------------------------- what does not fit

NAN = {"fc.weight": np.full((4, 3), np.nan), "fc.bias": np.zeros(4)}
HUGE = {"fc.weight": np.full((4, 3), 1e300), "fc.bias": np.zeros(4)}
BAD: dict[str, tuple[Callable[[cr.Network], Any], type[Exception], str]] = {
    "another shape": (
        lambda net: net.load_params(linear("fc", widths=(5, 4)), framework="pytorch"),
        ShapeError,
        r"dense1/weight has the shape \(3, 4\), but source has 'fc.weight' of shape \(4, 5\), which gives \(5, 4\)\.",
    ),
    "another number of axes": (
        lambda net: net.load_params({"fc.weight": np.zeros(12), "fc.bias": np.zeros(4)}, framework="pytorch"),
        ShapeError,
        r"but source has 'fc.weight' of shape \(12,\), which does not fit\.",
    ),
    "an array too few": (
        lambda net: net.load_params({"fc.weight": np.zeros((4, 3))}, framework="pytorch"),
        ArgumentError,
        "source lacks 'bias' in 'fc', of which dense1/bias is made; it has 'weight'.",
    ),
    "an array too many": (
        lambda net: net.load_params({**linear("fc"), "fc.scale": np.ones(4)}, framework="pytorch"),
        ArgumentError,
        "source holds 'fc.scale', for which layer 'dense1', a Dense, has no place: it has 'weight' and 'bias'.",
    ),
    "a layer too few": (
        lambda net: network(4, 4).load_params(linear("fc"), framework="pytorch"),
        ArgumentError,
        r"source has 1 layers, 'fc', for 2 of the network, 'dense1' and 'dense2': say what is given to which",
    ),
    "a layer too few, by name": (
        lambda net: network(4, 4).load_params(linear("dense1"), framework="pytorch"),
        ArgumentError,
        r"source has no layer left for 'dense2'; to load others only, say so by layers=",
    ),
    "a layer too many": (
        lambda net: net.load_params(linear("dense1", "head"), framework="pytorch"),
        ArgumentError,
        r"source has layers that the network has no place for: 'head'; to load a part, say so by layers=",
    ),
    "nothing": (lambda net: net.load_params({}), ArgumentError, "source holds no arrays"),
    "no arrays": (
        lambda net: net.load_params({"dense1/weight": "x"}),
        ArgumentError,
        "must be an array of numbers, but is 'x'",
    ),
    "ragged": (
        lambda net: net.load_params({"dense1/weight": [[1], [1, 2]]}),
        ArgumentError,
        "must be an array of numbers",
    ),
    "a list": (
        lambda net: net.load_params([np.zeros(3)]),
        ArgumentError,
        "source must be a network, the path of a file, or a mapping",
    ),
    "NaN": (
        lambda net: net.load_params(NAN, framework="pytorch"),
        ArgumentError,
        "holds 'fc.weight' of shape .* with NaN",
    ),
    "too large": (
        lambda net: cr.Network(cr.Dense(4)).build(3).load_params(HUGE, framework="pytorch"),
        ArgumentError,
        "what is too large for float32",
    ),
    "framework": (
        lambda net: net.load_params(linear("fc"), framework="torch"),
        UnknownNameError,
        "did you mean 'pytorch'",
    ),
    "names of ours": (
        lambda net: net.load_params(linear("fc"), framework="pytorch", names={"dense": "fc"}),
        UnknownNameError,
        "names='dense' is not known; did you mean 'dense1'",
    ),
    "names of theirs": (
        lambda net: net.load_params(linear("fc"), framework="pytorch", names={"dense1": "fc1"}),
        UnknownNameError,
        r"names\['dense1'\]='fc1' is not known; did you mean 'fc'",
    ),
    "names given twice": (
        lambda net: network(4, 4, inputs=4).load_params(
            linear("a", "b"), framework="pytorch", names={"dense1": "a", "dense2": "a"}
        ),
        ArgumentError,
        "names gives 'a' to more than one layer",
    ),
    "names as a list": (
        lambda net: net.load_params(linear("fc"), framework="pytorch", names=["fc"]),  # type: ignore[arg-type]
        ArgumentError,
        "names must map layers of the network",
    ),
    "layers as a text": (
        lambda net: net.load_params(linear("fc"), framework="pytorch", layers="dense1"),
        ArgumentError,
        r"write \['dense1'\]",
    ),
    "layers that are not there": (
        lambda net: net.load_params(linear("fc"), framework="pytorch", layers=["dense2"]),
        UnknownNameError,
        "did you mean 'dense1'",
    ),
    "layers without parameters": (
        lambda net: (
            cr.Network(cr.Dropout(), cr.Dense(4))
            .build(3)
            .load_params(linear("fc"), framework="pytorch", layers=["dropout1"])
        ),
        ArgumentError,
        "names no layer that has parameters; those are 'dense1'.",
    ),
    "a network without parameters": (lambda net: cr.Network(cr.Dense(4)).load_params({}), NotFittedError, "call fit"),
    "no file": (
        lambda net: net.load_params("nowhere.safetensors"),
        ModelFileError,
        "'nowhere.safetensors' cannot be read",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_does_not_fit_is_a_sentence_and_changes_nothing(case: str) -> None:
    call, error, sentence = BAD[case]
    net = network(4)
    before = {name: array.copy() for name, array in net.params.items()}
    with pytest.raises(error, match=sentence) as caught:
        call(net)
    assert "\n" not in str(caught.value)
    assert all(np.array_equal(array, before[name]) for name, array in net.params.items())


@pytest.mark.parametrize(("array", "least"), [("batchnorm1/variance", "at least 0"), ("standardize1/scale", "above 0")])
def test_a_variance_below_0_is_refused(array: str, least: str) -> None:
    net = cr.Network(cr.Standardize(), cr.BatchNorm()).build(3)
    source = {**net.params, **net.state, array: np.array([1.0, -0.5, 1.0])}
    with pytest.raises(ArgumentError, match=rf"{array} must be {least} everywhere, but source has .* with -0\.5 in it"):
        net.load_params(source)
    assert (net.state[array] == 1.0).all()


def test_what_fits_when_transposed_is_told() -> None:
    with pytest.raises(ShapeError, match=r"it fits when transposed, source\['dense1/weight'\]\.T\.$"):
        network(4).load_params({"dense1/weight": np.zeros((4, 3)), "dense1/bias": np.zeros(4)})


KERAS = {"dense/kernel": np.zeros((3, 4)), "dense/bias": np.zeros(4)}
OURS = {"dense1/weight": np.zeros((3, 4)), "dense1/bias": np.zeros(4)}
OTHERS: dict[str, tuple[Arrays, str | None, str]] = {
    "Keras's as ours": (
        KERAS,
        None,
        "source names its arrays as Keras does, such as 'dense/kernel': say so by framework=.keras.",
    ),
    "Keras's as PyTorch's": (KERAS, "pytorch", "names its arrays as Keras or Chainrule does, such as 'dense/kernel'"),
    "ours as Keras's": (OURS, "keras", "as Chainrule names them: leave framework= out"),
    "PyTorch's as Keras's": (
        linear("fc"),
        "keras",
        'as PyTorch does, such as .fc.weight.: say so by framework="pytorch"',
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_the_names_of_another_framework_are_pointed_out(case: str) -> None:
    source, framework, sentence = OTHERS[case]
    with pytest.raises(ArgumentError, match=sentence):
        network(4).load_params(source, framework=framework)


def test_names_of_pytorch_s_without_saying_so_are_pointed_out() -> None:
    with pytest.raises(ArgumentError, match='framework="pytorch"'):
        network(4).load_params(linear("fc"))

"""What layers and their arrays are called, and which of them are trained, penalised or frozen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.nn import Concatenate, Dense, Dropout, Layer, Residual, Sequential, walk
from nn.networks import model_of

X = np.random.default_rng(0).normal(size=(24, 3))
Y = np.random.default_rng(1).normal(size=(24, 2))


def test_layers_are_named_by_their_class_and_a_number_unless_they_have_a_name() -> None:
    layers = Sequential(Dense(4), Dropout(0.1), Dense(4, name="middle"), Dense(2), Dropout(0.1))
    # the number counts all layers of the class, so that a name given to one does not rename those after it
    assert [name for name, _ in layers.children()] == ["dense1", "dropout1", "middle", "dense3", "dropout2"]


def test_arrays_are_named_by_their_path() -> None:
    model = model_of(Residual(Dense(3, name="inner")), Concatenate(Dense(1), [Dense(2)], name="fork"), input_shape=(3,))
    assert list(model.params) == [
        "residual1/inner/weight",
        "residual1/inner/bias",
        "fork/dense1/weight",
        "fork/dense1/bias",
        "fork/sequential1/dense1/weight",
        "fork/sequential1/dense1/bias",
    ]


def test_walk_finds_every_layer_and_whether_it_is_trained() -> None:
    layers = Sequential(Dense(1), Residual(Dense(1), Residual(Dense(1), trainable=False)))
    found = [(path, trained) for path, _, trained in walk(layers)]
    assert found == [
        ("", True),
        ("dense1", True),
        ("residual1", True),
        ("residual1/dense1", True),
        ("residual1/residual1", False),
        ("residual1/residual1/dense1", False),
    ]


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        (
            [Dense(1, name="a"), Dense(1, name="a")],
            "Two layers of Sequential are named 'a'; give one of them another name=.",
        ),
        (
            [Dense(1, name="dense2"), Dense(1)],
            "Two layers of Sequential are named 'dense2'; give one of them another name=.",
        ),
        ([Dense(1, name="a/b")], "The name of a layer is a text without '/', but Dense is named 'a/b'."),
        ([Dense(1, name=3)], "The name of a layer is a text without '/', but Dense is named 3."),
    ],
)
def test_names_that_clash_or_cannot_be_are_sentences(layers: list[Layer], sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Sequential(*layers)
    assert str(caught.value) == sentence


def test_the_same_name_in_two_containers_is_no_clash() -> None:
    model = model_of(Residual(Dense(3, name="a")), Residual(Dense(3, name="a")), input_shape=(3,))
    assert {"residual1/a/weight", "residual2/a/weight"} <= set(model.params)


def test_a_layer_that_stands_twice_has_two_sets_of_numbers() -> None:
    layer = Dense(3)
    params = model_of(layer, layer, input_shape=(3,)).params
    assert not np.array_equal(params["dense1/weight"], params["dense2/weight"])


# -------------------------------------------------------------------------------------------------------- frozen

FROZEN = {
    "a layer": ([Dense(4, "tanh", trainable=False), Dense(2)], {"dense1/weight", "dense1/bias"}),
    "the last": ([Dense(4, "tanh"), Dense(2, trainable=False)], {"dense2/weight", "dense2/bias"}),
    "a container": (
        [Dense(3), Residual(Dense(3, "tanh"), Dense(3), trainable=False), Dense(2)],
        {f"residual1/dense{i}/{array}" for i in (1, 2) for array in ("weight", "bias")},
    ),
    "a branch": (
        [Concatenate(Dense(2), Dense(2, trainable=False)), Dense(2)],
        {"concatenate1/dense2/weight", "concatenate1/dense2/bias"},
    ),
}


@pytest.mark.parametrize("optimizer", [cr.SGD(0.1), cr.Momentum(0.1), cr.Adam(0.1), cr.AdamW(0.1, weight_decay=0.1)])
@pytest.mark.parametrize("case", FROZEN)
def test_what_is_frozen_keeps_every_bit(case: str, optimizer: cr.Transform) -> None:
    layers, frozen = FROZEN[case]
    net = cr.Network(*layers).build(3, dtype="float64")
    before = {name: array.copy() for name, array in net.params.items()}
    net.fit(X, Y, loss="squared_error", optimizer=optimizer, l1=0.01, l2=0.1, clip_norm=1.0, epochs=3)
    unchanged = {name for name, array in net.params.items() if np.array_equal(array, before[name])}
    assert unchanged == frozen
    assert not [name for name in net.model.arrays if name.startswith("optimizer/") and any(f in name for f in frozen)]


def test_gradients_pass_through_a_frozen_layer() -> None:
    """The layers before it learn: their first step is that of the network in which nothing is frozen."""
    after = []
    for trainable in (True, False):
        net = cr.Network(Dense(4, "tanh"), Dense(4, "tanh", trainable=trainable), Dense(2)).build(3, dtype="float64")
        net.fit(X, Y, loss="squared_error", optimizer=cr.SGD(0.1), batch_size="full", epochs=1)
        after.append(net.params["dense1/weight"].copy())
    np.testing.assert_array_equal(*after)


def test_a_network_in_which_everything_is_frozen_stays_as_it_is() -> None:
    net = cr.Network(Dense(2, trainable=False)).build(3)
    before = {name: array.copy() for name, array in net.params.items()}
    with pytest.warns(cr.TrainingWarning, match="Nothing was trained: every layer with parameters is frozen."):
        history = net.fit(X, Y, loss="squared_error", epochs=2)
    for name, array in net.params.items():
        np.testing.assert_array_equal(array, before[name])
    assert history.loss[0] == pytest.approx(history.loss[1])  # another order of the rows, another rounding


def test_weights_are_what_is_penalised_and_trained() -> None:
    class Scale(Layer):
        penalised = ("scale",)

        def init(self, input_shape: tuple[int, ...], draw: cr.nn.Draw) -> Any:
            return {"scale": np.ones(input_shape), "shift": np.zeros(input_shape)}, {}

        def apply(self, params: Any, state: Any, x: cr.Node, mode: Any) -> Any:
            return x * params["scale"] + params["shift"], state

    model = model_of(Dense(3), Scale(), Scale(trainable=False), Residual(Dense(3)), input_shape=(3,))
    assert model.weights() == {"dense1/weight", "scale1/scale", "residual1/dense1/weight"}
    assert set(model.params) - set(model.trainable()) == {"scale2/scale", "scale2/shift"}

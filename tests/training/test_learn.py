"""Online learning: a step on one example or a chunk, the same step that fit takes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, DataError, ShapeError, TrainingWarning
from training.descent import bits, classes, data

OPTIMIZERS = [cr.SGD(0.05), cr.Momentum(0.05), cr.Nesterov(0.05), cr.RMSprop(0.01), cr.Adam(0.01), cr.AdamW(0.01)]


def network(outputs: int = 2) -> cr.Network:
    return cr.Network(cr.Dense(5, activation="relu"), cr.Dense(outputs))


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.name)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_stream_is_a_fit_at_batch_size_one(optimizer: cr.Transform, dtype: str) -> None:
    X, y = data(30)
    online, fitted = network().build(3, dtype=dtype), network().build(3, dtype=dtype)
    options: dict[str, Any] = {"loss": "squared_error", "optimizer": optimizer}
    losses = [online.learn(X[i], y[i], **options) for i in range(30)]
    history = fitted.fit(X, y, batch_size=1, shuffle=False, epochs=1, **options)
    assert bits(online) == bits(fitted)
    assert np.mean(losses) == pytest.approx(history.loss[0], rel=1e-12)


def test_a_chunk_is_a_batch() -> None:
    X, y = classes(32)
    online, fitted = network(3).build(2), network(3).build(2)
    for start in range(0, 32, 8):
        online.learn(X[start : start + 8], y[start : start + 8], loss="cross_entropy")
    fitted.fit(X, y, batch_size=8, shuffle=False, epochs=1, loss="cross_entropy")
    assert bits(online) == bits(fitted)
    assert online.memory.learned == 4


def test_a_stream_is_learned_from_nothing() -> None:
    """Without a fit or a build: y = 2 x₁ − x₂ + 1."""
    X, _ = data(400, features=2)
    net = cr.Network(cr.Dense(1))
    for x in X:
        last = net.learn(x, 2 * x[0] - x[1] + 1, loss="squared_error", optimizer=cr.SGD(0.1))
    assert last < 1e-8
    assert net.params["dense1/weight"].reshape(-1) == pytest.approx([2, -1], abs=1e-3)


@pytest.mark.parametrize("y", [1, 1.0, True, np.int64(1), np.float32(1.0)])
@pytest.mark.parametrize(("loss", "outputs"), [("cross_entropy", 2), ("binary_cross_entropy", 1), ("squared_error", 1)])
def test_the_first_example_may_be_any_number(y: Any, loss: str, outputs: int) -> None:
    net = cr.Network(cr.Dense(outputs))
    assert np.isfinite(net.learn([0.5, 0.25], y, loss=loss))
    assert np.isfinite(net.learn([0.5, 0.25], 0))
    assert net.predict([[0.5, 0.25]]).shape == (1,)


@pytest.mark.parametrize("built", [True, False])
def test_what_one_example_looks_like(built: bool) -> None:
    """All of these are the same example."""
    results = []
    for x, y in (
        ([1.0, 2.0, 3.0], [0.5, 0.25]),
        (np.array([1, 2, 3]), np.array([0.5, 0.25])),
        ([[1.0, 2.0, 3.0]], [[0.5, 0.25]]),
        (pd.Series([1.0, 2.0, 3.0]), (0.5, 0.25)),
        (pd.DataFrame([[1.0, 2.0, 3.0]], columns=["a", "b", "c"]), np.array([[0.5, 0.25]])),
    ):
        net = network().build(3) if built else network()
        results.append((net.learn(x, y, loss="squared_error"), bits(net)))
    assert all(result == results[0] for result in results)
    images = cr.Network(cr.Flatten(), cr.Dense(1)).build((2, 2))
    assert np.isfinite(images.learn(np.ones((2, 2)), 1.0, loss="squared_error"))
    assert np.isfinite(images.learn(np.ones((5, 2, 2)), np.ones(5)))


ANIMALS = ["cat", "dog", "emu"]


@pytest.mark.parametrize(
    "labels",
    [ANIMALS, ANIMALS[::-1], np.array([*ANIMALS, "cat"]), pd.Series(ANIMALS)],
    ids=range(4),
)
def test_labels_can_be_named_before_they_come(labels: Any) -> None:
    """Then a stream of text is the same as a stream of the numbers of the classes, in rising order of the labels."""
    X, y = classes(40, 3)
    texts, numbers = network(3), network(3)
    options: dict[str, Any] = {"loss": "cross_entropy", "optimizer": cr.Adam(0.01)}
    texts.learn(X[0], ANIMALS[y[0]], classes=labels, **options)
    numbers.learn(X[0], y[0], **options)
    assert texts.classes.tolist() == ANIMALS
    for i in range(1, 40):
        again = {"classes": labels} if i == 7 else {}
        assert texts.learn(X[i], ANIMALS[y[i]], **again) == numbers.learn(X[i], y[i])
    assert bits(texts) == bits(numbers)
    assert texts.predict(X).tolist() == [ANIMALS[k] for k in numbers.predict(X)]


def test_two_labels_can_be_named_for_one_output(tmp_path: Path) -> None:
    net = cr.Network(cr.Dense(1))
    for _ in range(30):
        net.learn([1.0], "spam", loss="binary_cross_entropy", optimizer=cr.SGD(1.0), classes=("spam", "ham"))
    assert net.classes.tolist() == ["ham", "spam"]
    assert net.predict([[1.0]]).tolist() == ["spam"]
    net.save(tmp_path / "net")
    cr.load(tmp_path / "net").learn([1.0], "ham", classes=["ham", "spam"])


BAD_CLASSES: dict[str, tuple[Any, str, type[Exception], str]] = {
    "too few": (["cat", "dog"], "cross_entropy", DataError, r"classes has 2 different labels.*ends in 3 units"),
    "too many": ([*ANIMALS, "fox"], "cross_entropy", DataError, r"classes has 4 different labels.*with Dense\(4\)"),
    "one": (["cat"], "cross_entropy", DataError, "classes has a single class"),
    "none": ([], "cross_entropy", DataError, "classes is empty"),
    "a word": ("cat", "cross_entropy", ShapeError, "classes must be a list of labels, but is 'cat'"),
    "a set": ({"cat", "dog", "emu"}, "cross_entropy", ShapeError, "classes must be a list of labels, but is {"),
    "a table": (
        [["cat"], ["dog"], ["emu"]],
        "cross_entropy",
        ShapeError,
        r"a list of labels, but has the shape \(3, 1\)",
    ),
    "a mix": (["cat", 1, 2], "cross_entropy", DataError, "classes mixes text"),
    "fractions": ([0.5, 1.5, 2.5], "cross_entropy", DataError, "classes has 0.5"),
    "not among them": (
        ["ant", "bee", "dog"],
        "cross_entropy",
        DataError,
        "y has a label that the network does not know, 'cat'",
    ),
    "values": (ANIMALS, "squared_error", ArgumentError, "the loss 'squared_error' learns values: leave it out"),
    "many questions": (ANIMALS, "binary_cross_entropy", DataError, "one label a row, but the network ends in 3 units"),
}


@pytest.mark.parametrize("case", BAD_CLASSES)
def test_bad_classes(case: str) -> None:
    labels, loss, error, sentence = BAD_CLASSES[case]
    net = network(3)
    with pytest.raises(error, match=sentence):
        net.learn([0.5, 0.25], "cat", loss=loss, classes=labels)
    assert net.memory.coder is None


def test_classes_that_are_known_cannot_be_others() -> None:
    net = network(3)
    net.learn([0.5, 0.25], "cat", loss="cross_entropy", classes=ANIMALS)
    before = bits(net)
    with pytest.raises(
        ArgumentError, match="names 'ant', 'cat' and 'dog', but the network was trained with 'cat', 'dog'"
    ):
        net.learn([0.5, 0.25], "cat", classes=["ant", "cat", "dog"])
    assert bits(net) == before


def test_text_without_its_classes_says_what_to_do() -> None:
    for y in (["cat"], ["cat", "dog"]):
        with pytest.raises(DataError, match="name all labels that can come, by classes="):
            network(3).learn(np.ones((len(y), 2)), y, loss="cross_entropy")


def test_labels_of_an_earlier_fit_are_known() -> None:
    X, y = classes(40, 2)
    names = np.array(["no", "yes"])[y]
    net = network(2)
    net.fit(X, names, loss="cross_entropy", epochs=1)
    before = bits(net)
    assert np.isfinite(net.learn(X[0], "yes"))
    assert bits(net) != before
    before = bits(net), net.memory.learned
    with pytest.raises(DataError, match="'perhaps'.*it was trained with 'no' and 'yes'"):
        net.learn(X[0], "perhaps")
    assert (bits(net), net.memory.learned) == before


def test_schedules_count_calls() -> None:
    net = cr.Network(cr.Dense(1, bias=False, weight_init=0.0)).build(1, dtype="float64")
    for k in range(4):
        net.learn([1.0], 1e6, loss="absolute_error", optimizer=cr.SGD(cr.StepDecay(1.0, every=2, factor=0.5)))
        assert net.params["dense1/weight"].item() == [1.0, 2.0, 2.5, 3.0][k]


def test_dropout_is_new_in_every_call_and_after_loading(tmp_path: Path) -> None:
    """At a rate of 0, x = w = 1 and y = 0 the loss tells how many of 64 features are kept."""
    net = cr.Network(cr.Dropout(0.5), cr.Dense(1, bias=False, weight_init=1.0)).build(64)
    options: dict[str, Any] = {"loss": "squared_error", "optimizer": cr.SGD(0.0)}
    losses = [net.learn(np.ones(64), 0.0, **options) for _ in range(8)]
    assert len(set(losses)) > 4
    net.save(tmp_path / "net")
    loaded = cr.load(tmp_path / "net")
    assert [loaded.learn(np.ones(64), 0.0) for _ in range(8)] == [net.learn(np.ones(64), 0.0) for _ in range(8)]


def test_more_calls_than_a_counter_of_32_bits_can_count() -> None:
    """They go on with masks of their own, not with those of the first calls."""
    net = cr.Network(cr.Dropout(0.5), cr.Dense(1, bias=False, weight_init=1.0)).build(64)
    found: list[list[float]] = []
    for begin in (0, 2**32 - 2, 2**33):
        net.memory.learned = begin
        options: dict[str, Any] = {"loss": "squared_error", "optimizer": cr.SGD(0.0)}
        found.append([net.learn(np.ones(64), 0.0, **options) for _ in range(12)])
        assert net.memory.learned == begin + 12
    assert found[0] != found[2]
    assert found[0][:10] != found[1][2:]


def test_fit_and_learn_go_on_from_each_other() -> None:
    """The moments of the optimiser are shared."""
    X, y = data(20)
    net = network().build(3)
    options: dict[str, Any] = {"loss": "squared_error", "optimizer": cr.Adam(0.01)}
    net.fit(X, y, epochs=2, batch_size=10, **options)
    net.learn(X, y)
    net.fit(X, y, epochs=1, batch_size=20)
    assert net.model.arrays["optimizer/adam/ones1"] == pytest.approx(1 - 0.9**6, rel=1e-6)


def test_a_step_that_diverges_changes_nothing() -> None:
    net = cr.Network(cr.Dense(1)).build(2)
    net.learn([1.0, 1.0], 1.0, loss="squared_error", optimizer=cr.Adam(0.1))
    before = bits(net), net.memory.learned
    with pytest.warns(TrainingWarning, match="Nothing was learned: the loss became NaN or infinite"):
        assert np.isnan(net.learn([3e38, 3e38], -3e38))
    assert (bits(net), net.memory.learned) == before


@pytest.mark.parametrize(
    ("x", "y", "error", "sentence"),
    [
        ([1.0, np.nan, 1.0], 1.0, DataError, "x is NaN"),
        ([[1.0], [1.0, 2.0]], 1.0, DataError, "x"),
        ([1.0, 2.0, 3.0], np.nan, DataError, "y is NaN"),
        ([1.0, 2.0, 3.0], "one", DataError, "y holds text"),
        ([1.0, 2.0, 3.0], None, DataError, "y"),
        (None, 1.0, DataError, "x is missing"),
        ([[1.0, 2.0, 3.0]] * 2, [1.0], ShapeError, "x has 2 rows, but y has 1"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], ShapeError, "y has 2 values a row"),
    ],
)
@pytest.mark.parametrize("built", [True, False])
def test_wrong_examples_change_nothing(x: Any, y: Any, error: type, sentence: str, built: bool) -> None:
    net = network(1)
    if built:
        net.build(3).learn([1.0, 1.0, 1.0], 1.0, loss="squared_error")
    before = copy.deepcopy(net)
    with pytest.raises(error, match=sentence):
        net.learn(x, y, loss="squared_error")
    assert net.memory == before.memory
    assert repr(net) == repr(before)
    if built:
        assert bits(net) == bits(before)
        with pytest.raises(ShapeError, match="x has 2 features a row, but 3 are expected"):
            net.learn([1.0, 2.0], 1.0)


def test_standardisation_comes_from_fit() -> None:
    X, y = data(20)
    net = cr.Network(cr.Standardize(), cr.Dense(2))
    with pytest.raises(ArgumentError, match=r"layer 'standardize1' takes mean and scale from the training data of fit"):
        net.learn(X[0], y[0], loss="squared_error")
    assert repr(net).endswith("no parameters yet>")
    net.fit(X, y, loss="squared_error", epochs=1)
    mean = net.state["standardize1/mean"].copy()
    net.learn(X[0], y[0])
    assert (net.state["standardize1/mean"] == mean).all()

"""The example of cats and dogs: its network, its parts on a few pictures, and that δ vanishes as its page says."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cats_vs_dogs as script

DATA = Path(os.environ.get("CHAINRULE_DATA", "")) / "cifar10_cat_dog_32.npz"


@pytest.fixture(scope="module")
def pictures() -> Any:
    if not DATA.is_file():
        pytest.skip(script.HOW_TO_GET_IT)
    return script.read(DATA, rows=320)


@pytest.fixture
def short() -> Any:
    return replace(script.Recipe(), filters=(4, 8), epochs=1)


@pytest.fixture(scope="module")
def shades() -> Any:
    """Pictures that need no file: the dogs are brighter than the cats."""
    rng = np.random.default_rng(0)
    y = np.arange(320) % 2
    X = (rng.integers(0, 156, (320, 32, 32, 3)) + 100 * y[:, None, None, None]).astype(np.uint8)
    return script.Pictures(X, y, X[:100], y[:100])


def test_without_data_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["cats_vs_dogs.py", "--data", str(tmp_path / "none.npz")])
    with pytest.raises(SystemExit, match="CIFAR-10") as caught:
        script.main()
    assert str(caught.value).count(". ") == 0  # one sentence


def test_pictures_are_read_with_their_labels(tmp_path: Path) -> None:
    """In an order of chance, each picture with its label, as bytes; so many of them as are asked for."""
    y = np.arange(10, dtype=np.uint8)
    X = np.broadcast_to(y[:, None, None, None], (10, 32, 32, 3))
    np.savez(tmp_path / "few.npz", X_train=X, y_train=y, X_test=X[:4], y_test=y[:4])
    found = script.read(tmp_path / "few.npz")
    assert found.X_train.dtype == np.uint8
    np.testing.assert_array_equal(found.X_train[:, 0, 0, 0], found.y_train)
    np.testing.assert_array_equal(found.X_test[:, 31, 31, 2], found.y_test)
    assert sorted(found.y_train) == list(y) != list(found.y_train)
    assert len(script.read(tmp_path / "few.npz", rows=3).y_train) == 3


def test_a_technique_that_is_left_out_is_not_in_the_network() -> None:
    recipe = script.Recipe()
    left_out = {"augment": (False, "augment1"), "batch_norm": (False, "batchnorm1"), "dropout": (0.0, "dropout1")}
    for field, (value, layer) in left_out.items():
        assert layer in script.network(recipe).layers
        assert layer not in script.network(replace(recipe, **{field: value})).layers
    dense = script.network(script.SIGMOID).build((32, 32, 3))
    assert [array.shape for name, array in dense.params.items() if name.endswith("weight")] == [
        (3072, 128),
        (128, 128),
        (128, 128),
        (128, 1),
    ]
    assert not any(name.startswith("conv") for name in dense.layers)


def test_deltas_are_those_of_the_chain_rule(shades: Any) -> None:
    """By hand: δ of the last layer is (p − y)/n, and each δ before it is δ Wᵀ a (1 − a)."""
    net = script.network(script.SIGMOID).build((32, 32, 3), seed=1)
    a = [shades.X_train[:16].reshape(16, -1) * (2 / 255) - 1.0]
    for i in range(1, 5):
        a.append(1 / (1 + np.exp(-(a[-1] @ net.params[f"dense{i}/weight"].astype(float)))))
    delta = (a[4] - shades.y_train[:16, None]) / 16
    norms = [np.linalg.norm(delta)]
    for i in (4, 3, 2):
        delta = (delta @ net.params[f"dense{i}/weight"].astype(float).T) * a[i - 1] * (1 - a[i - 1])
        norms.insert(0, np.linalg.norm(delta))
    np.testing.assert_allclose(script.deltas(net, shades), norms, rtol=1e-6)


def test_the_sigmoid_vanishes_and_the_rectifier_does_not(
    pictures: Any, short: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script.vanish(pictures, short, figures=str(tmp_path))
    sigmoid, relu = (
        [float(norm) for norm in line.partition(":")[2].split()]
        for line in capsys.readouterr().out.splitlines()
        if "at first" in line
    )
    assert sigmoid[0] < 1e-2 * sigmoid[-1]
    assert relu[0] > 0.1 * relu[-1]
    assert (tmp_path / "gradients.svg").is_file()


def test_it_learns(shades: Any, short: Any) -> None:
    trained = script.Trained(shades, replace(short, epochs=6))
    assert trained.accuracy() > 0.9
    assert trained.accuracy_with_mirrors() > 0.9
    assert np.trace(trained.scores()["confusion_matrix"]) == round(100 * trained.accuracy())


def test_parts_run(pictures: Any, short: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script.ablation(pictures, short)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:38].strip() for line in lines] == list(script.TECHNIQUES)
    (trained,) = script.final(pictures, short, figures=str(tmp_path), networks=1)
    script.sheet(pictures, str(tmp_path / "sheet.png"))
    assert {file.name for file in tmp_path.iterdir()} == {"learning.svg", "sheet.png"}
    assert f"{trained.accuracy():.1%}" in capsys.readouterr().out

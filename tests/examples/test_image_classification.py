"""The example of the digits: it reads both kinds of data, says what is wrong with a file, and learns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import image_classification as script


def idx(array: np.ndarray) -> bytes:
    """An array of bytes as MNIST's files have it."""
    lengths = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes()


def test_a_folder_of_mnist_is_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures, labels = rng.integers(0, 256, (7, 28, 28), np.uint8), np.arange(7, dtype=np.uint8)
    for name, array in zip(script.FILES, (pictures, labels, pictures[:3], labels[:3]), strict=True):
        (tmp_path / name).write_bytes(idx(array))
    digits = script.read(str(tmp_path))
    np.testing.assert_array_equal(digits.X[..., 0], pictures)
    np.testing.assert_array_equal(digits.y_test, [0, 1, 2])
    assert digits.X.dtype == np.uint8


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [(b"\x1f\x8b\x08\x00", "must begin with the bytes 0, 0, 8"), (idx(np.zeros((2, 3), np.uint8))[:-1], "cut short")],
)
def test_a_file_that_is_none_of_mnist_is_named(tmp_path: Path, raw: bytes, sentence: str) -> None:
    (tmp_path / "file").write_bytes(raw)
    with pytest.raises(SystemExit, match=sentence):
        script.read_idx(tmp_path / "file")


def test_without_the_files_it_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="There is no MNIST in") as caught:
        script.read(str(tmp_path))
    assert str(caught.value).count(". ") == 0  # one sentence


def test_convolutions_and_dense_layers_learn_the_small_digits() -> None:
    digits = script.small_digits()
    assert digits.X.shape == (1437, 8, 8, 1)
    for recipe in (script.PLAIN, script.Recipe(augment=False)):
        net, history = script.train(digits, replace(recipe, epochs=8))
        assert len(history) == 8
        assert script.accuracy(net, digits) > 0.8


def test_training_stops_on_a_plateau() -> None:
    _, history = script.train(script.small_digits(), replace(script.PLAIN, epochs=100, patience=2))
    assert history.stop_reason.name == "early_stopping"
    assert len(history) == history.best_epoch + 3


def test_figures_are_drawn(tmp_path: Path) -> None:
    digits = script.small_digits()
    net, history = script.train(digits, replace(script.PLAIN, epochs=3))
    script.draw_learning(history, tmp_path)
    script.draw_confusion(script.confusion(net, digits), tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {"learning.svg", "confusion.svg"}

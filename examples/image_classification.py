"""Handwritten digits: L2 against none, early stopping on a plateau of accuracy, and what a convolution adds.

    python examples/image_classification.py                           the 8 × 8 digits of scikit-learn, in about a minute
    CHAINRULE_DATA=folder python examples/image_classification.py     MNIST, from the folder mnist in it
    python examples/image_classification.py networks --figures folder one part: plateau, networks

MNIST are 60,000 + 10,000 pictures of 28 × 28 pixels (LeCun, Cortes and Burges, 1998).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import chainrule as cr
from common import announced, arguments, draw_confusion, draw_learning, place

Bytes = NDArray[np.uint8]
Labels = NDArray[np.int64]

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
HOW_TO_GET_IT = (
    "There is no MNIST in {folder}: put the four files of github.com/cvdfoundation/mnist there, unpacked and named "
    f"{', '.join(FILES)}, or leave --data and CHAINRULE_DATA out for the small digits that come with scikit-learn."
)


# --------------------------------------------------------------------------------------------------------- the data


@dataclass(frozen=True)
class Digits:
    """Pictures as bytes, (n, height, width, 1), and what they show."""

    X: Bytes
    y: Labels
    X_test: Bytes
    y_test: Labels


def read(given: str | None) -> Digits:
    """MNIST from a folder, or from mnist in the folder CHAINRULE_DATA where it is there; else the small digits."""
    folder = place(given, "mnist")
    if all((folder / name).is_file() for name in FILES):
        X, y, X_test, y_test = (read_idx(folder / name) for name in FILES)
        return Digits(X[..., None], y.astype(np.int64), X_test[..., None], y_test.astype(np.int64))
    if given:
        sys.exit(HOW_TO_GET_IT.format(folder=folder))
    return small_digits()


def read_idx(path: Path) -> Bytes:
    """An array of bytes: two zeros, the kind of number (8), how many axes, their lengths as 32-bit numbers, the numbers."""
    raw = path.read_bytes()
    if len(raw) < 4 or raw[:3] != b"\0\0\x08" or len(raw) < 4 + 4 * raw[3]:
        sys.exit(f"{path} is no file of MNIST: it must begin with the bytes 0, 0, 8, but begins with {list(raw[:3])}.")
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
    values = np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3])
    if values.size != np.prod(shape):
        sys.exit(f"{path} is cut short: it should hold {np.prod(shape)} numbers, but holds {values.size}.")
    return values.reshape(shape)


def small_digits() -> Digits:
    """1,797 pictures of 8 × 8 pixels; the last fifth, by other writers, is the test."""
    from sklearn.datasets import load_digits

    found = load_digits()
    X, y = (found.images * 15).astype(np.uint8)[..., None], found.target.astype(np.int64)
    first = len(X) * 4 // 5
    return Digits(X[:first], y[:first], X[first:], y[first:])


# ------------------------------------------------------------------------------------------------------ the recipe


@dataclass(frozen=True)
class Recipe:
    """How a network is made and trained; each field is a technique that can be left out."""

    convolutions: bool = True
    augment: bool = True
    dropout: float = 0.3
    l2: float = 0.0
    epochs: int = 12
    patience: int | None = None  # epochs without a better validation accuracy, after which training stops


def network(recipe: Recipe, side: int) -> cr.Network:
    """Two convolutions and a dense layer, or two dense layers; smaller where pictures are."""
    kernel, wide = (5, 256) if side > 16 else (3, 64)
    layers: list[cr.Layer] = [cr.Rescale()]
    if recipe.augment:
        layers.append(cr.Augment(rotation=8, shift=0.07 if side > 16 else 0.0, zoom=0.08))
    if recipe.convolutions:
        for filters in (16, 32):
            layers += [cr.Conv2D(filters, kernel, padding="same", activation="relu"), cr.MaxPool2D()]
    layers.append(cr.Flatten())
    for units in (wide // 2,) if recipe.convolutions else (2 * wide, wide):
        layers += [cr.Dropout(recipe.dropout)] if recipe.dropout else []
        layers.append(cr.Dense(units, activation="relu"))
    layers += [cr.Dropout(recipe.dropout)] if recipe.dropout else []
    return cr.Network(*layers, cr.Dense(10))


def train(digits: Digits, recipe: Recipe, seed: int = 0) -> tuple[cr.Network, cr.History]:
    """A network, trained by a recipe; a tenth of the pictures is held out where training stops early."""
    net = network(recipe, digits.X.shape[1])
    early = cr.EarlyStopping(recipe.patience, monitor="val_accuracy") if recipe.patience else None
    history = net.fit(
        digits.X,
        digits.y,
        loss="cross_entropy",
        optimizer=cr.Adam(1e-3 if early else cr.Cosine(2e-3)),
        batch_size=64,
        epochs=recipe.epochs,
        l2=recipe.l2,
        validation=0.1 if early else None,
        metrics=["accuracy"] if early else [],
        early_stopping=early,
        seed=seed,
    )
    return net, history


def accuracy(net: cr.Network, digits: Digits) -> float:
    """The share of the test pictures that are read rightly."""
    return float(net.evaluate(digits.X_test, digits.y_test, metrics=["accuracy"])["accuracy"])


def confusion(net: cr.Network, digits: Digits) -> Labels:
    """How often each digit of the test is taken for each."""
    return net.evaluate(digits.X_test, digits.y_test, metrics=["confusion_matrix"])["confusion_matrix"]


# ------------------------------------------------------------------------------------------------------- the parts

PLAIN = Recipe(convolutions=False, augment=False, dropout=0.0)


def plateau(digits: Digits, figures: str | None = None) -> None:
    """Dense layers with L2 and without, until the validation accuracy has not risen for ten epochs."""
    for l2 in (0.0, 1e-5, 1e-4, 1e-3):
        net, history = train(digits, replace(PLAIN, l2=l2, epochs=100, patience=10))
        best, reached = history.best_epoch, history.score("val_accuracy")
        assert best is not None
        print(
            f"l2={l2:<7g} test {accuracy(net, digits):7.2%}   validation {reached[best]:7.2%} in epoch {best + 1} of "
            f"{len(history)}   loss {history.loss[best]:.4f}, of validation {history.val_loss[best]:.4f}",
            flush=True,
        )


NETWORKS: dict[str, Recipe] = {
    "dense": replace(PLAIN, epochs=20),
    "dense, dropout": replace(PLAIN, dropout=0.2, epochs=20),
    "dense, dropout, augmented": replace(PLAIN, dropout=0.2, augment=True, epochs=20),
    "convolutions": replace(PLAIN, convolutions=True),
    "convolutions, dropout": replace(PLAIN, convolutions=True, dropout=0.3),
    "convolutions, dropout, augmented": Recipe(),
}


def networks(digits: Digits, figures: str | None = None, seeds: int = 3) -> float:
    """Test accuracy, the mean of three seeds, of dense layers and of convolutions; that of the last is returned."""
    mean = 0.0
    for name, recipe in NETWORKS.items():
        epochs = recipe.epochs if len(digits.X) > 10_000 else 60
        trained = [train(digits, replace(recipe, epochs=epochs), seed) for seed in range(seeds)]
        found = [accuracy(net, digits) for net, _ in trained]
        mean = float(np.mean(found))
        print(f"{name:34}{mean:8.2%}   from {min(found):.2%} to {max(found):.2%}", flush=True)
    if figures:
        net, history = trained[0]
        draw_learning(history, figures, training="training, with dropout and augmentation")
        draw_confusion(confusion(net, digits), figures)
    return mean


def main() -> None:
    """The parts that are asked for."""
    parts: dict[str, Callable[..., Any]] = {"plateau": plateau, "networks": networks}
    given = arguments(__doc__, parts, data="the folder of MNIST's four files; mnist in CHAINRULE_DATA unless given")
    digits = read(given.data)
    for _, part in announced(parts, given.parts):
        part(digits, figures=given.figures)


if __name__ == "__main__":
    main()

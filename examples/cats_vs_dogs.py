"""Cats and dogs of 32 × 32 pixels: from sigmoid layers that hardly learn to a small convolutional network.

    CHAINRULE_DATA=folder python examples/cats_vs_dogs.py             everything
    CHAINRULE_DATA=folder python examples/cats_vs_dogs.py vanish      one part: vanish, ablation, final
    python examples/cats_vs_dogs.py final --data pictures.npz --figures folder
    python examples/cats_vs_dogs.py --sheet sheet.png                 a sheet of augmented pictures, and nothing else

The data are the cats and dogs of CIFAR-10 (Krizhevsky, "Learning multiple layers of features from tiny images", 2009).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import chainrule as cr
from common import announced, arguments, canvas, find, save, style

Array = NDArray[Any]

FILE = "cifar10_cat_dog_32.npz"
HOW_TO_GET_IT = (
    f"There is no {FILE}: save the cats and dogs of CIFAR-10 (www.cs.toronto.edu/~kriz/cifar.html) under this name by "
    "numpy.savez, as X_train and X_test (n, 32, 32, 3) of bytes with y_train and y_test (0 cat, 1 dog), and set "
    "CHAINRULE_DATA to its folder or give --data."
)


# --------------------------------------------------------------------------------------------------------- the data


@dataclass(frozen=True)
class Pictures:
    """Pictures (n, 32, 32, 3), which stay bytes until a batch of them is seen, and what they show: 0 cat, 1 dog."""

    X_train: Array
    y_train: Array
    X_test: Array
    y_test: Array


def read(path: Path, rows: int | None = None) -> Pictures:
    """The pictures of a file in an order of chance, or so many of them for training and as many for testing."""
    parts: dict[str, Array] = {}
    with np.load(path) as file:
        for part in ("train", "test"):
            order = np.random.default_rng(0).permutation(len(file[f"y_{part}"]))[:rows]
            parts |= {f"{name}_{part}": file[f"{name}_{part}"][order] for name in ("X", "y")}
    return Pictures(**parts)


# ------------------------------------------------------------------------------------------------------ the recipe


FINAL_EPOCHS = 30  # the other parts compare networks after fewer


@dataclass(frozen=True)
class Recipe:
    """How a network is made and trained; each field is a technique that can be left out."""

    convolution: bool = True
    activation: str = "relu"
    weights: Any = None  # as suits the activation
    augment: bool = True
    rotation: float = 10.0  # degrees, where pictures are augmented
    batch_norm: bool = True
    dropout: float = 0.2
    adam: bool = True
    schedule: bool = True
    learning_rate: float = 2e-3
    filters: tuple[int, ...] = (24, 48, 96, 128)
    epochs: int = 13


def network(recipe: Recipe) -> cr.Network:
    """Three dense hidden layers of 128 units; or convolutions, each with half the height and width of that before."""
    layers: list[cr.Layer] = [cr.Rescale(2 / 255, -1)]
    if recipe.augment:
        layers.append(cr.Augment(flip="horizontal", shift=0.1, rotation=recipe.rotation))
    if recipe.convolution:
        layers += [layer for filters in recipe.filters for layer in block(filters, recipe)]
    layers.append(cr.Flatten())
    if not recipe.convolution:
        layers += [cr.Dense(128, activation=recipe.activation, weight_init=recipe.weights) for _ in range(3)]
    if recipe.dropout:
        layers.append(cr.Dropout(recipe.dropout))
    return cr.Network(*layers, cr.Dense(1, weight_init=recipe.weights))


def block(filters: int, recipe: Recipe) -> list[cr.Layer]:
    """Convolution, pooling, normalisation, activation; those behind the pooling have a quarter of the work."""
    # The activation is a layer of its own, so that the convolution must be told which weights suit it.
    conv = cr.Conv2D(filters, 3, padding="same", weight_init=recipe.weights or "he_normal", bias=not recipe.batch_norm)
    normalised: list[cr.Layer] = [cr.BatchNorm()] if recipe.batch_norm else []
    return [conv, cr.MaxPool2D(2), *normalised, cr.Activation(recipe.activation)]


class Trained:
    """A network, trained by a recipe on nine tenths of the training pictures; the rest is for the learning curve."""

    def __init__(self, pictures: Pictures, recipe: Recipe = Recipe(), seed: int = 0) -> None:
        self.pictures, self.recipe = pictures, recipe
        self.net = network(recipe)
        rate: Any = cr.Cosine(recipe.learning_rate) if recipe.schedule else recipe.learning_rate
        self.history = self.net.fit(
            pictures.X_train,
            pictures.y_train,
            loss="binary_cross_entropy",
            optimizer=cr.AdamW(rate, weight_decay=0.01) if recipe.adam else cr.SGD(rate),
            batch_size=64,
            epochs=recipe.epochs,
            validation=0.1,
            metrics=["accuracy"],
            seed=seed,
        )

    def scores(self) -> dict[str, Any]:
        """Loss, accuracy and confusion matrix on the pictures that were held out."""
        metrics = ["accuracy", "confusion_matrix"]
        return self.net.evaluate(self.pictures.X_test, self.pictures.y_test, metrics=metrics)

    def accuracy(self) -> float:
        """The share of the held-out pictures that are told right."""
        return float(self.scores()["accuracy"])

    def accuracy_with_mirrors(self) -> float:
        """The same, where the probability of a picture is the mean over itself and its mirror image."""
        X = self.pictures.X_test
        both = [self.net.predict_proba(x)[:, 1] for x in (X, np.ascontiguousarray(X[:, :, ::-1]))]
        return float(np.mean((np.mean(both, axis=0) > 0.5) == self.pictures.y_test))


# ------------------------------------------------------------------------------------------------------- the parts

SIGMOID = Recipe(
    convolution=False,
    activation="sigmoid",
    weights=cr.Normal(0.0, 0.05),
    augment=False,
    batch_norm=False,
    dropout=0.0,
    adam=False,
    schedule=False,
    learning_rate=0.1,
)
RELU = replace(SIGMOID, activation="relu", weights="he_normal")
DENSE = {"sigmoid, weights of deviation 0.05": SIGMOID, "relu, weights of He": RELU}
# Each of the first five adds to the one before; the others are the fifth without one thing.
TECHNIQUES: dict[str, Callable[[Recipe], Recipe]] = {
    "3 dense layers, sigmoid, SGD": lambda r: replace(SIGMOID, epochs=r.epochs),
    "3 dense layers, relu and He, SGD": lambda r: replace(RELU, epochs=r.epochs),
    "3 dense layers, relu, AdamW, dropout": lambda r: replace(r, convolution=False, augment=False),
    "convolutional, not augmented": lambda r: replace(r, augment=False),
    "convolutional, augmented": lambda r: r,
    "without rotation": lambda r: replace(r, rotation=0.0),
    "without batch normalisation": lambda r: replace(r, batch_norm=False),
    "without dropout": lambda r: replace(r, dropout=0.0),
}


def deltas(net: cr.Network, pictures: Pictures, rows: int = 16) -> list[float]:
    """The norm of δ = ∂L/∂z of each dense layer, over the first of the training pictures."""
    X, y = pictures.X_train[:rows], pictures.y_train[:rows]
    step = net.explain(X, y, loss="binary_cross_entropy")
    return [float(np.linalg.norm(step[f"{name}/delta"])) for name in net.layers if name.startswith("dense")]


def vanish(pictures: Pictures, recipe: Recipe = Recipe(), figures: str | None = None) -> None:
    """Three hidden layers with the sigmoid, and with rectifiers: how much of δ comes through, and what is learned."""
    norms: dict[str, list[float]] = {}
    for name, dense in DENSE.items():
        norms[name] = deltas(network(dense).build(pictures.X_train.shape[1:]), pictures)
        trained = Trained(pictures, replace(dense, epochs=recipe.epochs))
        gradients = trained.history.gradient_norms
        print(f"{name}\n    ‖δ¹‖, …, ‖δ⁴‖ at first:", *(f"{norm:.1e}" for norm in norms[name]))
        print(
            "    ‖∂L/∂W¹‖, …, ‖∂L/∂W⁴‖ in epoch 1:", *(f"{gradients[f'dense{i}/weight'][0]:.1e}" for i in range(1, 5))
        )
        loss = trained.history.loss
        print(f"    loss {loss[0]:.3f} → {loss[-1]:.3f}, accuracy {trained.accuracy():.1%}", flush=True)
    if figures:
        draw_gradients(norms, figures)


def ablation(pictures: Pictures, recipe: Recipe = Recipe(), figures: str | None = None) -> None:
    """What each technique contributes, on the validation pictures: the held-out ones had been seen when it was chosen."""
    for name, change in TECHNIQUES.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", cr.TrainingWarning)
            history = Trained(pictures, change(recipe)).history
        accuracy, val_loss, loss = history.score("val_accuracy")[-1], history.val_loss[-1], history.loss[-1]
        print(f"{name:38}{accuracy:8.1%}   loss {val_loss:.3f}, in training {loss:.3f}", flush=True)


def final(
    pictures: Pictures, recipe: Recipe = Recipe(), figures: str | None = None, networks: int = 3
) -> list[Trained]:
    """The convolutional network: accuracy, and what is taken for what; networks that differ in their seeds."""
    trained = [Trained(pictures, recipe, seed) for seed in range(networks)]
    for seed, each in enumerate(trained):
        scores = each.scores()
        loss, val_loss = each.history.loss[-1], each.history.val_loss[-1]
        print(f"seed {seed}{scores['accuracy']:8.1%}, with mirror images {each.accuracy_with_mirrors():.1%}")
        print(f"    loss in training {loss:.3f}, in validation {val_loss:.3f}, held out {scores['loss']:.3f}")
        print(f"    {'':12}{'said cat':>10}{'said dog':>10}")
        for name, counts in zip(("cats", "dogs"), scores["confusion_matrix"], strict=True):
            print(f"    {name:12}{counts[0]:10,}{counts[1]:10,}", flush=True)
    if networks > 1:
        print(f"mean of {networks}{np.mean([each.accuracy() for each in trained]):8.1%}")
    if figures:
        draw_learning(trained[0].history, figures)
    return trained


def sheet(pictures: Pictures, path: str) -> None:
    """Some pictures as they are, and beside each what training sees of it."""
    network(Recipe()).show_augmented(pictures.X_train, rows=6, versions=7, path=path)


# ------------------------------------------------------------------------------------------------------ the figures


def draw_gradients(norms: dict[str, list[float]], folder: str) -> None:
    """The norm of δ, layer by layer."""
    with canvas(folder, "gradients.svg") as axes:
        for name, norm in norms.items():
            axes.plot(range(1, len(norm) + 1), norm, "o-", label=name)
        axes.set(xlabel="layer", ylabel="‖δ‖ before training", yscale="log", xticks=range(1, 5))
        axes.legend()


def draw_learning(history: cr.History, folder: str) -> None:
    """Loss and accuracy, epoch by epoch."""
    with style():
        save(history.plot(), folder, "learning.svg")


def main() -> None:
    """The parts that are asked for."""
    parts: dict[str, Callable[..., Any]] = {"vanish": vanish, "ablation": ablation, "final": final}
    given = arguments(
        __doc__,
        parts,
        data=f"the file; {FILE} in the folder CHAINRULE_DATA unless given",
        epochs={"type": int, "help": f"{FINAL_EPOCHS} for final, {Recipe().epochs} for the others"},
        networks={"type": int, "default": 3, "help": "how many networks final trains; 3 unless given"},
        sheet={"help": "draw a sheet of augmented pictures in this file, and nothing else"},
    )
    pictures = read(find(given.data, FILE, HOW_TO_GET_IT))
    if given.sheet:
        sheet(pictures, given.sheet)
        return
    for name, part in announced(parts, given.parts):
        more = {"networks": given.networks} if name == "final" else {}
        epochs = given.epochs or (FINAL_EPOCHS if name == "final" else Recipe().epochs)
        part(pictures, replace(Recipe(), epochs=epochs), figures=given.figures, **more)


if __name__ == "__main__":
    main()

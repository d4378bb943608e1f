"""Spoken digits, from raw recordings: from weights of chance to a network that understands a speaker it has never heard.

    CHAINRULE_DATA=folder python examples/spoken_digits.py            everything
    CHAINRULE_DATA=folder python examples/spoken_digits.py begin      one part: begin, final, speakers, ablation
    python examples/spoken_digits.py final --data fsdd_8k.npz --figures folder

The data are 3,000 recordings of the digits 0 to 9 by six speakers (Z. Jackson et al., the Free Spoken Digit Dataset).
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
from common import BLUE, GREEN, ORANGE, PURPLE, RED, announced, arguments, canvas, draw_confusion, draw_learning, find

Array = NDArray[Any]

FILE = "fsdd_8k.npz"
HOW_TO_GET_IT = (
    f"There is no {FILE}: take the recordings of github.com/Jakobovski/free-spoken-digit-dataset, save them as {FILE} with "
    "numpy.savez (audio: all samples one after another, int16 at 8 kHz; lengths, y, speaker, index: one for each recording), "
    "and set CHAINRULE_DATA to its folder or give --data."
)
RATE = 8000  # samples a second
SPEEDS = (1.0, 0.9, 1.1)
LONGEST = 80  # frames of 10 ms; what comes later is left out
DIGITS = 10


# --------------------------------------------------------------------------------------------------------- the data


@dataclass(frozen=True)
class Recordings:
    """Recordings: their frames at each speed, the digit, who speaks, and which recording of this digit it is, from 0."""

    frames: dict[float, list[Array]]
    y: Array
    speaker: Array
    index: Array


@dataclass(frozen=True)
class Split:
    """The recordings that are trained on, those that the recipe was chosen by, and those that are held out."""

    train: Array
    validation: Array
    test: Array


def read(path: Path, digits: int = DIGITS, most: int = 50) -> Recordings:
    """The recordings of a file: all, or so many of each speaker and digit, and the first digits only."""
    with np.load(path) as file:
        audio, lengths, y, speaker, index = (file[name] for name in ("audio", "lengths", "y", "speaker", "index"))
    ends = np.cumsum(lengths)
    chosen = np.flatnonzero((y < digits) & (index < most))
    signals = [audio[ends[i] - lengths[i] : ends[i]] / 32768.0 for i in chosen]
    return Recordings(
        {speed: [energies(signal, speed) for signal in signals] for speed in SPEEDS},
        *(column[chosen] for column in (y, speaker, index)),
    )


def energies(signal: Array, speed: float = 1.0) -> Array:
    """The log-mel energies of a recording, (frames, 32), as if it were played faster, and higher, by a factor.

    A recording that is played faster is the same samples at a higher rate. That makes another voice of it.
    Source: Ko et al., "Audio augmentation for speech recognition", Interspeech 2015.
    """
    return cr.log_mel(signal, RATE * speed, 32, high=3200.0, floor=1e-7)


def official(recordings: Recordings) -> Split:
    """The split of the data set: recordings 0 to 4 of each speaker and digit are the test; 5 to 9 validate here."""
    index = recordings.index
    return Split(*map(np.flatnonzero, (index >= 10, (index >= 5) & (index < 10), index < 5)))


def without(recordings: Recordings, speaker: str) -> Split:
    """All recordings of one speaker are the test, and no other recording is."""
    other, index = recordings.speaker != speaker, recordings.index
    return Split(*map(np.flatnonzero, (other & (index >= 10), other & (index >= 5) & (index < 10), ~other)))


# ------------------------------------------------------------------------------------------------------ the recipe


@dataclass(frozen=True)
class Recipe:
    """How a network is made and trained; each field is a technique that can be left out."""

    speeds: tuple[float, ...] = SPEEDS
    level: bool = True  # the mean of each band over a recording is taken off
    standardized: bool = True
    masked: bool = True
    gru: bool = False  # a recurrent network in place of the convolutions
    batch_norm: bool = True
    dropout: float = 0.2
    weight_decay: float = 0.01
    adam: bool = True
    schedule: bool = True
    learning_rate: float = 3e-3
    batch_size: int = 64
    epochs: int = 30  # how often each recording is trained on, at one speed or another


class Features:
    """Recordings as arrays of shape (n, 80, 32), standardised by those that are trained on and padded with 0."""

    def __init__(self, recordings: Recordings, rows: Array, recipe: Recipe) -> None:
        self.recordings, self.level = recordings, recipe.level
        frames = np.concatenate([self._frames(i, 1.0) for i in rows])
        nothing = (np.zeros(frames.shape[1]), np.ones(frames.shape[1]))
        self.mean, self.deviation = (frames.mean(axis=0), frames.std(axis=0)) if recipe.standardized else nothing

    def _frames(self, row: int, speed: float) -> Array:
        frames = self.recordings.frames[speed][row]
        return frames - frames.mean(axis=0) if self.level else frames

    def __call__(self, rows: Array, speeds: tuple[float, ...] = (1.0,)) -> Array:
        """The array of some recordings, at each of the speeds one after another."""
        each = ((self._frames(i, speed) - self.mean) / self.deviation for speed in speeds for i in rows)
        return cr.pad_sequences(each, length=LONGEST)


class Trained:
    """A network, trained by a recipe on a part of the recordings."""

    def __init__(self, recordings: Recordings, split: Split, recipe: Recipe = Recipe(), seed: int = 0) -> None:
        features, y = Features(recordings, split.train, recipe), recordings.y
        self.X_test, self.y_test = features(split.test), y[split.test]
        self.net = network(recipe)
        rate: Any = cr.Cosine(recipe.learning_rate) if recipe.schedule else recipe.learning_rate
        self.history = self.net.fit(
            features(split.train, recipe.speeds),
            np.tile(y[split.train], len(recipe.speeds)),
            loss="cross_entropy",
            optimizer=cr.AdamW(rate, weight_decay=recipe.weight_decay) if recipe.adam else cr.SGD(rate),
            batch_size=recipe.batch_size,
            epochs=recipe.epochs // len(recipe.speeds),
            validation=(features(split.validation), y[split.validation]),
            metrics=["accuracy"],
            seed=seed,
            threads=1,
        )

    def predicted(self) -> Array:
        """The digits that are understood in the test."""
        return self.net.predict(self.X_test, threads=1)

    def accuracy(self) -> float:
        """The share of the test that is understood."""
        return float(np.mean(self.predicted() == self.y_test))


def network(recipe: Recipe) -> cr.Network:
    """Three convolutions and the largest over time; or a recurrent network, which reads a recording from both ends."""
    layers: list[cr.Layer] = [cr.Masking()] if recipe.masked else []
    dropout: list[Callable[[], cr.Layer]] = [lambda: cr.Dropout(recipe.dropout)] if recipe.dropout else []
    if recipe.gru:
        layers += [cr.Bidirectional(cr.GRU(64)), *(make() for make in dropout)]
        return cr.Network(*layers, cr.Dense(DIGITS))
    for filters, size, pool in ((64, 5, True), (64, 5, True), (96, 3, False)):
        layers.append(cr.Conv1D(filters, size, padding="same", bias=not recipe.batch_norm, weight_init="he_uniform"))
        layers += [cr.BatchNorm()] if recipe.batch_norm else []
        layers.append(cr.Activation("relu"))
        layers += [cr.MaxPool1D(2), *(make() for make in dropout)] if pool else []
    return cr.Network(*layers, cr.GlobalMaxPool(), *(make() for make in dropout), cr.Dense(DIGITS))


# ------------------------------------------------------------------------------------------------------- the parts

WEIGHTS: dict[str, Any] = {
    "all 0.01": 0.01,
    "N(0, 1)": cr.Normal(std=1.0),
    "N(0, 0.01²)": cr.Normal(std=0.01),
    "Glorot": "glorot_uniform",
    "He": "he_uniform",
}
LEFT_OUT: dict[str, dict[str, Any]] = {
    "everything": {},
    "without other speeds": {"speeds": (1.0,)},
    "without taking off the mean": {"level": False},
    "without standardised bands": {"standardized": False},
    "without masks": {"masked": False},
    "without batch normalisation": {"batch_norm": False},
    "without dropout": {"dropout": 0.0},
    "without Adam (SGD, rate 0.1)": {"adam": False, "learning_rate": 0.1},
    "without the falling learning rate": {"schedule": False},
    "a GRU in place of convolutions": {"gru": True},
}


def begin(recordings: Recordings, figures: str | None = None, depth: int = 8, epochs: int = 20) -> dict[str, float]:
    """Eight dense layers, which begin with weights of five kinds: gradients, losses, and what share is understood."""
    split = official(recordings)
    features, y = Features(recordings, split.train, Recipe()), recordings.y
    X, X_test = features(split.train), features(split.test)
    gradients, losses, accuracies = {}, {}, {}
    print(f"{'':14}{'gradient of':>14}{'of the':>10}{'loss':>10}{'loss':>10}{'test':>8}")
    print(f"{'':14}{'the first':>14}{'last':>10}{'first':>10}{'last':>10}")
    for name, weights in WEIGHTS.items():
        hidden = [cr.Dense(128, activation="relu", weight_init=weights) for _ in range(depth)]
        net = cr.Network(cr.Flatten(), *hidden, cr.Dense(DIGITS, weight_init=weights)).build(X.shape[1:])
        first = still(net, X, y[split.train])
        norms = first.gradient_norms
        net.reset()
        gradients[name] = np.array([norms[f"dense{i}/weight"][0] for i in range(1, depth + 2)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", cr.TrainingWarning)  # a loss that becomes infinite is told of below
            history = net.fit(
                X, y[split.train], loss="cross_entropy", optimizer=cr.SGD(0.05), epochs=epochs, seed=0, threads=1
            )
        losses[name] = np.concatenate([first.loss, history.loss])
        accuracies[name] = net.evaluate(X_test, y[split.test], metrics=["accuracy"])["accuracy"]
        ends = f"{gradients[name][0]:14.1e}{gradients[name][-1]:10.1e}{losses[name][0]:10.3g}{losses[name][-1]:10.3g}"
        print(f"{name:14}{ends}{accuracies[name]:8.1%}   {history.stop_reason}", flush=True)
    if figures:
        draw_beginning(gradients, losses, figures)
    return accuracies


def still(net: cr.Network, X: Array, y: Array) -> cr.History:
    """Loss and gradients on all examples before the first step: of a fit whose step is too short to change a weight."""
    return net.fit(X, y, loss="cross_entropy", optimizer=cr.SGD(1e-30), batch_size="full", epochs=1, seed=0, threads=1)


def final(recordings: Recordings, recipe: Recipe = Recipe(), seeds: int = 3, figures: str | None = None) -> list[float]:
    """Networks that differ in their seeds, on the official test."""
    trained = [Trained(recordings, official(recordings), recipe, seed) for seed in range(seeds)]
    for seed, each in enumerate(trained):
        print(
            f"seed {seed}{each.accuracy():10.2%}   validation {each.history.score('val_accuracy')[-1]:.2%}", flush=True
        )
    found = [each.accuracy() for each in trained]
    print(f"mean of {seeds}{np.mean(found):9.2%}   of {len(trained[0].y_test)} recordings")
    if figures:
        draw_learning(trained[0].history, figures, training="training, with dropout and other speeds")
    return found


def speakers(recordings: Recordings, recipe: Recipe = Recipe(), figures: str | None = None) -> Array:
    """Each speaker in turn is held out, and understood by a network that knows the other five; the confusion matrix."""
    confusion = np.zeros((DIGITS, DIGITS), np.int64)
    for speaker in np.unique(recordings.speaker):
        trained = Trained(recordings, without(recordings, speaker), recipe)
        np.add.at(confusion, (trained.y_test, trained.predicted()), 1)
        print(f"{speaker:12}{trained.accuracy():8.1%}   of {len(trained.y_test)}", flush=True)
    print(f"{'all':12}{np.trace(confusion) / confusion.sum():8.1%}   of {confusion.sum()}")
    wrong = confusion * (1 - np.eye(DIGITS, dtype=np.int64))
    for pair in np.argsort(wrong, axis=None)[::-1][:5]:
        print(f"    {pair // DIGITS} taken for {pair % DIGITS}: {wrong.flat[pair]}")
    if figures:
        draw_confusion(confusion, figures, true="said", predicted="understood")
    return confusion


def ablation(
    recordings: Recordings, recipe: Recipe = Recipe(), strangers: tuple[str, ...] = ("george", "lucas", "theo")
) -> None:
    """What each technique contributes: accuracy without it on the official test, and on speakers who are held out."""
    for name, left_out in LEFT_OUT.items():
        changed = replace(recipe, **left_out)
        splits = official(recordings), *(without(recordings, stranger) for stranger in strangers)
        test, *others = (Trained(recordings, split, changed).accuracy() for split in splits)
        print(f"{name:36}{test:8.1%}{np.mean(others):8.1%}", flush=True)


# ----------------------------------------------------------------------------------------------------- the figures


def draw_beginning(gradients: dict[str, Array], losses: dict[str, Array], folder: str) -> None:
    """The gradients of the layers before the first step, and the loss epoch by epoch."""
    with canvas(folder, "beginning.svg", columns=2, width=7.2) as (left, right):
        for name, colour in zip(gradients, (RED, ORANGE, PURPLE, BLUE, GREEN), strict=True):
            left.plot(np.arange(1, len(gradients[name]) + 1), gradients[name], "o-", ms=3, color=colour, label=name)
            right.plot(np.arange(len(losses[name])), losses[name], "o-", ms=2, color=colour, label=name)
        left.set(xlabel="layer", ylabel="norm of the gradient at the beginning", yscale="log")
        right.set(xlabel="epoch", ylabel="loss", yscale="log")
        right.legend(loc="center right")


def main() -> None:
    """The parts that are asked for."""
    parts: dict[str, Callable[..., Any]] = {
        "begin": begin,
        "final": final,
        "speakers": speakers,
        "ablation": ablation,
    }
    given = arguments(__doc__, parts, data=f"the file; {FILE} in the folder CHAINRULE_DATA unless given")
    recordings = read(find(given.data, FILE, HOW_TO_GET_IT))
    for name, part in announced(parts, given.parts):
        part(recordings, **({} if name == "ablation" else {"figures": given.figures}))


if __name__ == "__main__":
    main()

"""House prices in California: from a network that explodes to one that is 42,000 dollars off.

    CHAINRULE_DATA=folder python examples/house_prices.py             everything, in some minutes
    CHAINRULE_DATA=folder python examples/house_prices.py explode     one part: explode, ablation, sparse, final, ames
    python examples/house_prices.py final --data housing.csv --figures folder

The data are 20,640 districts of the census of 1990 (Pace and Barry, "Sparse spatial autoregressions", 1997). Of the part
`ames`, which is about houses of another town, only the file ames.csv is needed; it lies in the same folder.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ames
import chainrule as cr
from common import BLUE, INK, announced, arguments, canvas, draw_learning, find, place

Array = NDArray[np.float64]

FILE = "california_housing.csv"
HOW_TO_GET_IT = (
    f"There is no {FILE}: download housing.csv of the book Hands-On Machine Learning (github.com/ageron/handson-ml2, "
    f"datasets/housing), save it as {FILE}, and set CHAINRULE_DATA to its folder or give --data."
)
CAP = 500_001.0  # dollars; what was worth more is recorded as this


# --------------------------------------------------------------------------------------------------------- the data


@dataclass(frozen=True)
class Houses:
    """Districts: their features by group, and the median value of a house in dollars."""

    groups: dict[str, Array]
    value: Array

    def features(self, *names: str) -> Array:
        """The columns of the groups of these names, side by side."""
        return np.hstack([self.groups[name] for name in names])


def read(path: Path, rows: int | None = None) -> Houses:
    """The districts of a file in an order of chance, or so many of them."""
    import polars as pl

    table = pl.read_csv(path)
    order = np.random.default_rng(0).permutation(len(table))[:rows]
    number = {
        name: table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()[order]
        for name in table.columns
        if name != "ocean_proximity"
    }
    ocean = table["ocean_proximity"].to_numpy()[order]
    longitude, latitude = number["longitude"], number["latitude"]
    groups = {
        "raw": _columns(_filled(number)),
        "ocean": _columns({kind: (ocean == kind).astype(float) for kind in sorted(set(table["ocean_proximity"]))}),
        "place": np.column_stack([longitude, latitude]),
        "ratios": _columns(_ratios(_filled(number))),
        "waves": waves(longitude, latitude),
    }
    return Houses(groups, number["median_house_value"])


def training_rows(rows: int) -> int:
    """How many of the districts are trained on: four fifths. The others are held out."""
    return rows * 4 // 5


def _filled(number: dict[str, Array]) -> dict[str, Array]:
    """The counts, age and income, with the usual share of bedrooms where their number is missing."""
    names = ("housing_median_age", "total_rooms", "total_bedrooms", "population", "households", "median_income")
    found = {name: number[name] for name in names}
    rooms, bedrooms = number["total_rooms"], number["total_bedrooms"]
    usual = np.nanmedian((bedrooms / rooms)[: training_rows(len(rooms))])
    found["total_bedrooms"] = np.where(np.isnan(bedrooms), rooms * usual, bedrooms)
    return found


def _ratios(number: dict[str, Array]) -> dict[str, Array]:
    """The logarithms of what is skewed, and of what there is for each household and each room."""
    rooms, households = number["total_rooms"], number["households"]
    skewed = ("total_rooms", "total_bedrooms", "population", "households", "median_income")
    ratios = {
        "rooms per household": rooms / households,
        "bedrooms per room": number["total_bedrooms"] / rooms,
        "people per household": number["population"] / households,
    }
    return {name: np.log(x) for name, x in ({name: number[name] for name in skewed} | ratios).items()}


def waves(longitude: Array, latitude: Array, count: int = 32) -> Array:
    """sin and cos of the place along random directions, slow and fast: what a network draws a map with.

    A network of two numbers learns smooth maps only; of waves of about 100 and 25 kilometres, the streets of a town.
    Source: Tancik et al., "Fourier features let networks learn high frequency functions", NeurIPS 2020.
    """
    rng = np.random.default_rng(1)
    degrees = np.column_stack([(longitude + 119.5) * np.cos(np.radians(36.0)), latitude - 35.6])
    turns = [degrees @ rng.normal(size=(2, count)) * frequency for frequency in (1.0, 4.0)]
    return np.hstack([wave(turn) for turn in turns for wave in (np.sin, np.cos)])


def _columns(columns: dict[str, Array]) -> Array:
    return np.column_stack(list(columns.values()))


# ------------------------------------------------------------------------------------------------------ the recipe


@dataclass(frozen=True)
class Recipe:
    """How a network is made and trained; each field is a technique that can be left out."""

    ratios: bool = True
    waves: bool = True
    scaled: bool = True  # the logarithm of the value, with mean 0 and deviation 1, rather than dollars
    standardized: bool = True
    weights: Any = None  # as suits the activation
    dropout: float = 0.1
    weight_decay: float = 0.01
    adam: bool = True
    schedule: bool = True
    early: bool = True
    clip_norm: float | None = None
    l1: float = 0.0
    learning_rate: float = 2e-3
    width: int = 128
    epochs: int = 30


class Trained:
    """A network, trained by a recipe on all but the last fifth of the districts."""

    def __init__(self, houses: Houses, recipe: Recipe = Recipe(), seed: int = 0) -> None:
        names = ["raw", "ocean", "place", *(["ratios"] if recipe.ratios else []), *(["waves"] if recipe.waves else [])]
        X, first = houses.features(*names), training_rows(len(houses.value))
        self.X_train, self.X_test = X[:first], X[first:]
        self.y_train, self.y_test = houses.value[:first], houses.value[first:]
        self.recipe = recipe
        logs = np.log(self.y_train)
        self.mean, self.deviation = logs.mean(), logs.std()
        self.net = network(recipe)
        rate: Any = cr.Cosine(recipe.learning_rate) if recipe.schedule else recipe.learning_rate
        self.history = self.net.fit(
            self.X_train,
            self.target(self.y_train),
            loss="squared_error",
            optimizer=cr.AdamW(rate, weight_decay=recipe.weight_decay) if recipe.adam else cr.SGD(rate),
            batch_size=64,
            epochs=recipe.epochs,
            validation=0.1,
            early_stopping=cr.EarlyStopping(patience=15) if recipe.early else None,
            l1=recipe.l1,
            clip_norm=recipe.clip_norm,
            seed=seed,
            threads=2,
        )

    def target(self, value: Array) -> Array:
        """What the network learns: the scaled logarithm of a value, or the value itself."""
        return (np.log(value) - self.mean) / self.deviation if self.recipe.scaled else value

    def value(self, X: Array) -> Array:
        """What the network predicts, in dollars, not above what can be recorded."""
        predicted = self.net.predict(X).astype(float)
        if self.recipe.scaled:
            predicted = np.exp(np.minimum(predicted * self.deviation + self.mean, np.log(CAP)))
        return np.minimum(predicted, CAP)

    def rmse(self) -> float:
        """The root of the mean square error on the fifth that was held out, in dollars."""
        return rmse(self.value(self.X_test), self.y_test)


def network(recipe: Recipe) -> cr.Network:
    """Two hidden layers."""
    layers: list[cr.Layer] = [cr.Standardize()] if recipe.standardized else []
    for _ in range(2):
        layers.append(cr.Dense(recipe.width, activation="silu", weight_init=recipe.weights))
        layers += [cr.Dropout(recipe.dropout)] if recipe.dropout else []
    return cr.Network(*layers, cr.Dense(1, weight_init=recipe.weights))


def rmse(predicted: Array, value: Array) -> float:
    """The root of the mean square error."""
    return float(np.sqrt(np.mean((predicted - value) ** 2)))


# ------------------------------------------------------------------------------------------------------- the parts

NAIVE = Recipe(
    ratios=False,
    waves=False,
    scaled=False,
    standardized=False,
    weights=cr.Normal(0.0, 1.0),
    dropout=0.0,
    weight_decay=0.0,
    adam=False,
    schedule=False,
    early=False,
    learning_rate=1e-3,
    epochs=10,
)
# Each step keeps those before it.
CURES: dict[str, Callable[[Recipe], Recipe]] = {
    "raw numbers, weights from N(0, 1)": lambda r: r,
    "initial weights that suit the activation": lambda r: replace(r, weights=None),
    "gradients clipped to the norm 1": lambda r: replace(r, clip_norm=1.0),
    "inputs standardised": lambda r: replace(r, standardized=True),
    "targets scaled": lambda r: replace(r, scaled=True, clip_norm=1.0, learning_rate=0.03),
}
LEFT_OUT: dict[str, dict[str, Any]] = {
    "everything": {},
    "without waves of the place": {"waves": False},
    "without logarithms and ratios": {"ratios": False},
    "without Adam (SGD, rate 0.03)": {"adam": False, "learning_rate": 0.03},
    "without the falling learning rate": {"schedule": False},
    "without dropout": {"dropout": 0.0},
    "without weight decay": {"weight_decay": 0.0},
    "without early stopping": {"early": False},
    "without standardised inputs": {"standardized": False},
    "without scaled targets": {"scaled": False},
}


def explode(houses: Houses) -> None:
    """Raw dollars and large weights; then what is done about it, one thing after another."""
    recipe = NAIVE
    for name, cure in CURES.items():
        recipe = cure(recipe)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            trained = Trained(houses, recipe)
        print(f"{name:45}{trained.rmse():10,.0f}" if trained.rmse() < 1e9 else f"{name:45}{trained.rmse():10.0e}")
        for warning in caught:
            print(f"    {warning.message}")
    print(f"{'always the mean':45}{rmse(np.full_like(trained.y_test, trained.y_train.mean()), trained.y_test):10,.0f}")


def ablation(houses: Houses, recipe: Recipe = Recipe()) -> None:
    """What each technique contributes: the error without it, the mean of three seeds."""
    whole = None
    for name, without in LEFT_OUT.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", cr.TrainingWarning)
            error = float(np.mean([Trained(houses, replace(recipe, **without), seed).rmse() for seed in range(3)]))
        whole = error if whole is None else whole
        print(f"{name:38}{error:10,.0f}{error - whole:+10,.0f}", flush=True)


def sparse(houses: Houses, recipe: Recipe = Recipe()) -> None:
    """L1 sends weights to 0: how many, and what happens when they are put to 0 outright."""
    for l1 in (0.0, 1e-5, 1e-4, 3e-4):
        trained = Trained(houses, replace(recipe, l1=l1, dropout=0.0, weight_decay=0.0))
        before = trained.rmse()
        weights = [array for name, array in trained.net.params.items() if name.endswith("weight")]
        for array in weights:
            array[np.abs(array) < 1e-3] = 0.0
        zeros = sum(int((array == 0).sum()) for array in weights) / sum(array.size for array in weights)
        unread = int((weights[0] == 0).all(axis=1).sum())
        print(
            f"l1={l1:<8g}{before:10,.0f}{trained.rmse():10,.0f}{zeros:8.0%} of the weights are 0, {unread} inputs unread",
            flush=True,
        )


def final(houses: Houses, recipe: Recipe = Recipe(), networks: int = 5, figures: str | None = None) -> float:
    """Networks that differ in their seeds, and their average; its error is returned."""
    trained = [Trained(houses, recipe, seed) for seed in range(networks)]
    for seed, each in enumerate(trained):
        print(
            f"seed {seed}{each.rmse():10,.0f}   epoch {each.history.best_epoch + 1} of {len(each.history)}", flush=True
        )
    print(f"mean of three{np.mean([each.rmse() for each in trained[:3]]):10,.0f}")
    first = trained[0]
    together = np.mean([each.value(each.X_test) for each in trained], axis=0)
    error = rmse(together, first.y_test)
    print(f"average of {networks}{error:10,.0f}")
    below = first.y_test < CAP
    print(f"of districts below the cap{rmse(together[below], first.y_test[below]):10,.0f}")
    if figures:
        draw_learning(first.history, figures, training="training, with dropout", ylabel="½ (error in deviations)²")
        draw_residuals(together, first.y_test, figures)
    return error


def draw_residuals(predicted: Array, value: Array, folder: str) -> None:
    """What is predicted, and how far that is from what is true."""
    with canvas(folder, "residuals.svg") as axes:
        residual = (value - predicted) / 1000
        axes.scatter(predicted / 1000, residual, s=4, alpha=0.3, linewidths=0, color=BLUE, rasterized=True)
        axes.axhline(0.0, color=INK, linewidth=1)
        axes.set(xlabel="predicted, thousands of dollars", ylabel="true − predicted")


def main() -> None:
    """The parts that are asked for."""
    parts: dict[str, Callable[..., Any]] = {"explode": explode, "ablation": ablation, "sparse": sparse, "final": final}
    parts["ames"] = ames.compare
    given = arguments(__doc__, parts, data=f"the file; {FILE} in the folder CHAINRULE_DATA unless given")
    houses = None if given.parts == ["ames"] else read(find(given.data, FILE, HOW_TO_GET_IT))
    for name, part in announced(parts, given.parts):
        if name == "ames":
            part(find(str(place(given.data, FILE).with_name(ames.FILE)), ames.FILE, ames.HOW_TO_GET_IT))
        else:
            part(houses, **({"figures": given.figures} if name == "final" else {}))


if __name__ == "__main__":
    main()

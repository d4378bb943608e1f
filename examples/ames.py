"""Houses of Ames, Iowa: 40 categories and 33 numbers each, and five houses that every straight line is wrong about.

It is the part `ames` of house_prices.py. The data are 2,930 sales of the years 2006 to 2010 (De Cock, "Ames, Iowa: alternative
to the Boston housing data as an end of semester regression project", Journal of Statistics Education 19(3), 2011).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import chainrule as cr

if TYPE_CHECKING:
    import polars

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

FILE, TARGET, AREA = "ames.csv", "Sale_Price", "Gr_Liv_Area"
HOW_TO_GET_IT = (
    f"There is no {FILE}: it is the table ames of the R package modeldata (r-cran-modeldata in Debian), which "
    f"Rscript -e 'write.csv(modeldata::ames, \"{FILE}\", row.names = FALSE)' writes; put it into the folder of the data."
)
FOLDS = 5
LARGE = 4000  # square feet; De Cock recommends to leave out the five houses above

# A method takes a table, the rows to train on, the rows to predict and a seed, and gives the prices of the latter in dollars.
Method = Callable[["polars.DataFrame", Rows, Rows, int], Array]


def divided(n: int, fold: int) -> tuple[Rows, Rows]:
    """The rows to train on, and a fifth that is held out, by chance; each row is held out in one fold."""
    order = np.random.default_rng(0).permutation(n)
    held_out = np.arange(n) % FOLDS == fold
    return order[~held_out], order[held_out]


def encoded(table: polars.DataFrame, train: Rows) -> Array:
    """Numbers standardised, and a column of 0 and 1 for each category, as the training rows have them; no price."""
    columns = []
    for column in table.drop(TARGET):
        if column.dtype.is_numeric():
            x = column.cast(float).to_numpy()
            columns.append((x - x[train].mean()) / (x[train].std() or 1.0))
        else:
            kinds = column.to_numpy()
            columns += [(kinds == kind).astype(float) for kind in sorted(set(kinds[train]))]
    return np.column_stack(columns)


# ------------------------------------------------------------------------------------------------------ the methods


def mean(table: polars.DataFrame, train: Rows, test: Rows, seed: int = 0) -> Array:
    """The mean of the training prices."""
    return np.full(len(test), float(table[TARGET].to_numpy()[train].mean()))


def command(table: polars.DataFrame, train: Rows, test: Rows, seed: int = 0) -> Array:
    """`chainrule train train.csv --target Sale_Price`, then `chainrule predict`, with nothing else said."""
    import polars as pl

    with TemporaryDirectory() as folder:
        paths = {name: str(Path(folder) / name) for name in ("train.csv", "test.csv", "model", "found.csv")}
        table[train].write_csv(paths["train.csv"])
        table[test].drop(TARGET).write_csv(paths["test.csv"])
        options = ["--target", TARGET, "--test-size", "0", "--seed", str(seed), "--output", paths["model"], "--quiet"]
        _run("train", paths["train.csv"], *options)
        _run("predict", paths["model"], paths["test.csv"], "--output", paths["found.csv"])
        return pl.read_csv(paths["found.csv"])["prediction"].to_numpy()


def _run(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "chainrule", *words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())


def of_logs(fit: Callable[[Array, Array, int], Callable[[Array], Array]]) -> Method:
    """A method that learns the logarithm of the price, scaled, and says no price above the dearest that it has seen."""

    def method(table: polars.DataFrame, train: Rows, test: Rows, seed: int = 0) -> Array:
        X, logs = encoded(table, train), np.log(table[TARGET].to_numpy()[train])
        middle, spread = logs.mean(), logs.std()
        found = fit(X[train], (logs - middle) / spread, seed)(X[test])
        return np.asarray(np.exp(np.minimum(found * spread + middle, logs.max())))

    return method


def ridge(X: Array, y: Array, seed: int) -> Callable[[Array], Array]:
    """Linear regression under L2, whose strength is chosen by cross-validation."""
    from sklearn.linear_model import RidgeCV

    model = RidgeCV(np.logspace(-1, 4, 20)).fit(X, y)
    return lambda X: model.predict(X)


def boosting(X: Array, y: Array, seed: int) -> Callable[[Array], Array]:
    """500 trees, each on a part of the rows and columns."""
    from sklearn.ensemble import GradientBoostingRegressor

    model = GradientBoostingRegressor(
        n_estimators=500, learning_rate=0.05, max_depth=4, subsample=0.7, max_features=0.3, random_state=seed
    ).fit(X, y)
    return lambda X: model.predict(X)


def network(X: Array, y: Array, seed: int, epochs: int = 60) -> Callable[[Array], Array]:
    """Two layers of 128 units under L2. A tanh is bounded: a house far larger than all others does not leave the scale."""
    net = cr.Network(cr.Dense(128, activation="tanh"), cr.Dense(128, activation="tanh"), cr.Dense(1))
    optimizer = cr.Adam(cr.Cosine(2e-3))
    net.fit(X, y, loss="squared_error", optimizer=optimizer, batch_size=32, epochs=epochs, l2=0.007, seed=seed)
    return lambda X: net.predict(X).astype(float)


def networks(X: Array, y: Array, seed: int) -> Callable[[Array], Array]:
    """The average of five, which differ in their seeds."""
    members = [network(X, y, 5 * seed + i) for i in range(5)]
    return lambda X: np.asarray(np.mean([predict(X) for predict in members], axis=0))


METHODS: dict[str, Method] = {
    "always the mean": mean,
    "ridge regression": of_logs(ridge),
    "gradient boosting": of_logs(boosting),
    "the command": command,
    "one network": of_logs(network),
    "the average of five networks": of_logs(networks),
}

# --------------------------------------------------------------------------------------------------- the comparison


def squared_errors(table: polars.DataFrame, method: Method, folds: Sequence[int]) -> list[Array]:
    """The squared errors of a method on the houses held out in each fold, dollars²."""
    price = table[TARGET].to_numpy().astype(float)
    found = []
    for fold in folds:
        train, test = divided(len(table), fold)
        found.append((method(table, train, test, fold) - price[test]) ** 2)
    return found


def compare(path: Path) -> None:
    """The houses of Ames: the command and networks beside scikit-learn, each house held out once."""
    import polars as pl

    table = pl.read_csv(path)
    for which in (table, table.filter(pl.col(AREA) <= LARGE)):
        left = len(table) - len(which)
        print(f"{len(which):,} houses" + (f", without the {left} above {LARGE:,} square feet" if left else ""))
        for name, method in METHODS.items():
            found = squared_errors(which, method, range(FOLDS))
            low, *_, high = np.sqrt(np.sort([each.mean() for each in found]))
            print(
                f"{name:30}{np.sqrt(np.concatenate(found).mean()):10,.0f}   folds{low:8,.0f} to{high:8,.0f}", flush=True
            )

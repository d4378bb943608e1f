"""What the command learns by its own defaults, on rows held out, over several splits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule.cli.learn import prepare
from chainrule.cli.source import Source, read_source
from chainrule.data.split import split

Rows = NDArray[np.int64]


def splits(source: Source, number: int) -> list[tuple[Rows, Rows]]:
    """Different parts of a quarter each, held out; stratified for classes."""
    labels = np.unique(source.y, return_inverse=True)[1] if source.task == "classification" else None
    return [split(len(source.y), 0.25, seed=seed, labels=labels) for seed in range(number)]


def scores(name: str, score: str, number: int) -> list[float]:
    source = read_source(name)
    found = []
    for rows, held_out in splits(source, number):
        setup = prepare(source, rows)
        found.append(float(setup.score(setup.train().network, held_out)[score]))
    return found


@pytest.mark.slow
def test_digits() -> None:
    assert np.mean(scores("digits", "accuracy", 5)) >= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("name", ["breast_cancer", "wine"])
def test_small_sets_of_classes(name: str) -> None:
    assert np.mean(scores(name, "accuracy", 5)) >= 0.96


@pytest.mark.slow
def test_diabetes_is_no_worse_than_ridge_regression() -> None:
    source = read_source("diabetes")
    ridge = []
    for rows, held_out in splits(source, 10):
        X, y = np.asarray(source.rows[rows]), source.y[rows]
        model = make_pipeline(StandardScaler(), Ridge(alpha=1.0)).fit(X, y)
        ridge.append(r2_score(source.y[held_out], model.predict(np.asarray(source.rows[held_out]))))
    assert np.mean(scores("diabetes", "r2", 10)) >= np.mean(ridge) - 0.02

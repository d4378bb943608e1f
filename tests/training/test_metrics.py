"""Scores against scikit-learn's own functions, and against counts by hand where those are not defined."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.metrics as oracle

import chainrule as cr
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.training.metrics import METRICS, Predictions, get_metrics

GENERATOR = np.random.default_rng(0)
LABELS = {2: np.array(["no", "yes"]), 3: np.array([-1, 5, 30]), 4: np.array(["a", "b", "c", "d"])}


def trained(y: Any, loss: str, outputs: int) -> tuple[cr.Network, np.ndarray]:
    X = np.random.default_rng(1).normal(size=(len(y), 3))
    net = cr.Network(cr.Dense(outputs))
    net.fit(X, y, loss=loss, epochs=1)
    return net, X


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("k", "loss"), [(2, "binary_cross_entropy"), (2, "cross_entropy"), (3, "cross_entropy"), (4, "cross_entropy")]
)
def test_classes(k: int, loss: str, weighted: bool) -> None:
    y = LABELS[k][GENERATOR.integers(0, k, 90)]
    net, X = trained(y, loss, 1 if loss == "binary_cross_entropy" else k)
    weight = GENERATOR.uniform(0, 2, 90).astype(np.float32) if weighted else None
    found = net.evaluate(X, y, metrics=["accuracy", "f1", "roc_auc", "confusion_matrix"], sample_weight=weight)
    predicted, probabilities = net.predict(X), net.predict_proba(X)
    average = {"average": "binary", "pos_label": "yes"} if k == 2 else {"average": "macro"}
    scores = probabilities[:, 1] if k == 2 else probabilities
    area = {} if k == 2 else {"multi_class": "ovr", "labels": LABELS[k]}
    # the rows of probabilities add up to 1 in float32, which is not enough for scikit-learn
    scores = scores if k == 2 else scores.astype(float) / scores.astype(float).sum(axis=1, keepdims=True)
    assert found["accuracy"] == pytest.approx(oracle.accuracy_score(y, predicted, sample_weight=weight))
    assert found["f1"] == pytest.approx(oracle.f1_score(y, predicted, sample_weight=weight, **average))
    assert found["roc_auc"] == pytest.approx(oracle.roc_auc_score(y, scores, sample_weight=weight, **area), abs=1e-6)
    expected = oracle.confusion_matrix(y, predicted, labels=LABELS[k], sample_weight=weight)
    np.testing.assert_allclose(found["confusion_matrix"], expected, rtol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_several_questions(weighted: bool) -> None:
    y = GENERATOR.integers(0, 2, (60, 3))
    net, X = trained(y, "binary_cross_entropy", 3)
    weight = GENERATOR.uniform(0.5, 2, 60).astype(np.float32) if weighted else None
    found = net.evaluate(X, y, metrics=["accuracy", "f1", "roc_auc"], sample_weight=weight)
    predicted = net.predict(X)
    assert found["accuracy"] == pytest.approx(oracle.accuracy_score(y, predicted, sample_weight=weight))
    assert found["f1"] == pytest.approx(oracle.f1_score(y, predicted, average="macro", sample_weight=weight))
    assert found["roc_auc"] == pytest.approx(oracle.roc_auc_score(y, net.predict_proba(X), sample_weight=weight))
    with pytest.raises(ArgumentError, match="several yes-or-no questions"):
        net.evaluate(X, y, metrics=["confusion_matrix"])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("outputs", [1, 2])
def test_values(outputs: int, weighted: bool) -> None:
    y = GENERATOR.normal(size=(50, outputs))
    net, X = trained(y, "squared_error", outputs)
    weight = GENERATOR.uniform(0.5, 2, 50) if weighted else None
    found = net.evaluate(X, y, metrics=["r2", "mae", "rmse"], sample_weight=weight)
    predicted = net.predict(X)
    assert found["r2"] == pytest.approx(oracle.r2_score(y, predicted, sample_weight=weight), rel=1e-5)
    assert found["mae"] == pytest.approx(oracle.mean_absolute_error(y, predicted, sample_weight=weight), rel=1e-5)
    assert found["rmse"] == pytest.approx(oracle.root_mean_squared_error(y, predicted, sample_weight=weight), rel=1e-5)


def test_soft_targets_count_as_their_likeliest_class() -> None:
    y = GENERATOR.dirichlet([1.0, 1.0, 1.0], size=30)
    net, X = trained(y, "cross_entropy", 3)
    assert net.evaluate(X, y, metrics=["accuracy"])["accuracy"] == np.mean(net.predict(X) == y.argmax(axis=1))


# ----------------------------------------------------------------------------------- where scikit-learn gives up


def classes(truth: list[int], probabilities: list[list[float]], weight: list[float] | None = None) -> Predictions:
    p = np.array(probabilities)
    predicted = p.argmax(axis=1) if p.shape[1] > 1 else (p[:, 0] > 0.5).astype(int)
    return Predictions(np.array(truth), predicted, p, None if weight is None else np.array(weight))


def test_a_class_that_no_row_has_is_left_out_of_the_area() -> None:
    """Of classes 0 and 1 both areas are 3/4 by counting pairs; class 2 occurs in no row."""
    p = classes([0, 0, 1, 1], [[0.9, 0.1, 0.0], [0.4, 0.5, 0.1], [0.5, 0.4, 0.1], [0.1, 0.8, 0.1]])
    assert METRICS["roc_auc"].compute(p) == pytest.approx(0.75)
    assert METRICS["confusion_matrix"].compute(p).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]


def test_two_of_three_classes_are_not_a_binary_problem() -> None:
    """The truth has classes 0 and 1 only, the prediction a 2 as well: F1 is 2/3 for the first, 0 for both others."""
    p = classes([0, 0, 1], [[1, 0, 0], [0, 0, 1], [0, 0, 1]])
    assert METRICS["f1"].compute(p) == pytest.approx((2 / 3) / 3)


@pytest.mark.parametrize("p", [classes([1, 1], [[0.1], [0.9]]), classes([1, 1], [[0.9, 0.1], [0.1, 0.9]])])
def test_a_single_class_has_no_area(p: Predictions) -> None:
    assert np.isnan(METRICS["roc_auc"].compute(p))
    assert METRICS["f1"].compute(p) == pytest.approx(2 / 3)
    assert METRICS["confusion_matrix"].compute(p).tolist() == [[0, 0], [1, 1]]


def test_rows_without_weight_do_not_count_for_the_area() -> None:
    assert np.isnan(METRICS["roc_auc"].compute(classes([0, 1], [[0.2], [0.9]], [0.0, 1.0])))


def test_numbers_that_are_not_finite_have_no_score() -> None:
    p = Predictions(np.array([1.0, 2.0]), np.array([np.inf, 2.0]), None)
    assert all(np.isnan(METRICS[name].compute(p)) for name in ("r2", "mae", "rmse"))
    assert np.isnan(METRICS["roc_auc"].compute(classes([0, 1], [[np.nan, 0.5], [0.2, 0.8]])))


def test_one_row_has_no_r2() -> None:
    assert np.isnan(METRICS["r2"].compute(Predictions(np.array([1.0]), np.array([2.0]), None)))


# --------------------------------------------------------------------------------------------------- the table


@pytest.mark.parametrize("name", METRICS)
def test_each_metric_is_one_number_and_says_which_way_is_better(name: str) -> None:
    metric = METRICS[name]
    assert [found.name for found in get_metrics([name], classification=metric.classification)] == [name]
    if not metric.single:
        return
    if metric.classification:
        good = classes([0, 1, 1], [[0.9, 0.1], [0.1, 0.9], [0.2, 0.8]])
        bad = classes([0, 1, 1], [[0.1, 0.9], [0.9, 0.1], [0.6, 0.4]])
    else:
        truth = np.array([1.0, 2.0, 4.0])
        good, bad = Predictions(truth, truth + 0.1, None), Predictions(truth, truth - 3.0, None)
    assert (metric.compute(good) > metric.compute(bad)) == metric.higher_is_better


def test_wrong_metrics() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'accuracy'"):
        get_metrics(["acuracy"], classification=True)
    with pytest.raises(
        ArgumentError, match="'r2' scores predictions of values, but this network predicts classes; use 'acc"
    ):
        get_metrics(["r2"], classification=True)
    with pytest.raises(
        ArgumentError, match="'f1' scores predictions of classes, but this network predicts values; use 'r2'"
    ):
        get_metrics("f1", classification=False)
    with pytest.raises(ArgumentError, match="metrics must be a list of names"):
        get_metrics(5, classification=True)  # type: ignore[arg-type]

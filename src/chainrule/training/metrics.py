"""Scores of predictions, computed by scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, check_name

Array = NDArray[Any]


@dataclass(frozen=True)
class Predictions:
    """What a metric looks at: `truth` and `predicted` are class numbers (or 0 and 1) or values, one row an example.

    `probabilities` has a column for each class, and is None in regression.
    """

    truth: Array
    predicted: Array
    probabilities: Array | None
    weight: Array | None = None


@dataclass(frozen=True)
class Metric:
    """A score: what computes it, whether more of it is better, and whether it is of classes (else of values)."""

    name: str
    compute: Callable[[Predictions], Any]
    higher_is_better: bool
    classification: bool


def _sklearn(function: str, of: str = "predicted", **options: Any) -> Callable[[Predictions], Any]:
    def compute(p: Predictions) -> Any:
        import sklearn.metrics

        return getattr(sklearn.metrics, function)(p.truth, getattr(p, of), sample_weight=p.weight, **options)

    return compute


def _f1(p: Predictions) -> float:
    import sklearn.metrics

    several = p.truth.ndim > 1 or len(np.unique(p.truth)) > 2
    average = "macro" if several else "binary"
    return float(
        sklearn.metrics.f1_score(p.truth, p.predicted, average=average, sample_weight=p.weight, zero_division=0.0)
    )


def _roc_auc(p: Predictions) -> float:
    import sklearn.metrics

    scores = p.probabilities
    if scores is None:
        raise ArgumentError("roc_auc needs probabilities, which a regression does not have.")
    if p.truth.ndim == 1 and scores.shape[1] == 2:
        scores = scores[:, 1]
    labels = np.arange(scores.shape[1]) if p.truth.ndim == 1 and scores.ndim == 2 else None
    options = {"labels": labels, "multi_class": "ovr"} if labels is not None else {}
    return float(sklearn.metrics.roc_auc_score(p.truth, scores, sample_weight=p.weight, **options))


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", _sklearn("accuracy_score"), True, True),
        Metric("f1", _f1, True, True),
        Metric("roc_auc", _roc_auc, True, True),
        Metric("confusion_matrix", _sklearn("confusion_matrix"), True, True),
        Metric("r2", _sklearn("r2_score"), True, False),
        Metric("mae", _sklearn("mean_absolute_error"), False, False),
        Metric("rmse", _sklearn("root_mean_squared_error"), False, False),
    )
}


def get_metrics(names: Iterable[str], *, classification: bool) -> list[Metric]:
    """The metrics of the given names; one that does not suit the task is an error.

    >>> [metric.name for metric in get_metrics(["accuracy"], classification=True)]
    ['accuracy']
    """
    if isinstance(names, str):
        names = [names]
    chosen = [METRICS[check_name("metrics", name, METRICS)] for name in names]
    for metric in chosen:
        if metric.classification is not classification:
            task, other = ("classes", "values") if classification else ("values", "classes")
            raise ArgumentError(
                f"metrics: {metric.name!r} scores predictions of {other}, but this network predicts {task}."
            )
    return chosen

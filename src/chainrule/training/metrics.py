"""Scores of predictions, computed by scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, check_name, quoted

Array = NDArray[Any]


@dataclass(frozen=True)
class Predictions:
    """What a metric looks at: `truth` and `predicted` are class numbers (or 0 and 1) or values, one row an example.

    `probabilities` has a column for each class or, where one output tells two classes apart, for the second alone; it is None
    in regression.
    """

    truth: Array
    predicted: Array
    probabilities: Array | None
    weight: Array | None = None

    @property
    def multilabel(self) -> bool:
        """Whether each row answers several yes-or-no questions."""
        return self.probabilities is not None and self.truth.ndim > 1

    @property
    def n_classes(self) -> int:
        """The number of classes that a row can have."""
        columns = 1 if self.probabilities is None else self.probabilities.shape[1]
        return max(columns, 2)


@dataclass(frozen=True)
class Metric:
    """A score: what computes it, whether more of it is better, and whether it is of classes (else of values).

    All are single numbers, NaN where they are not defined, but for those with `single=False`.
    """

    name: str
    compute: Callable[[Predictions], Any]
    higher_is_better: bool
    classification: bool
    single: bool = True


def _sklearn(function: str, **options: Any) -> Callable[[Predictions], Any]:
    def compute(p: Predictions) -> Any:
        import sklearn.metrics

        if not np.isfinite(p.predicted).all():  # scikit-learn refuses these, but training must go on
            return np.nan
        return getattr(sklearn.metrics, function)(p.truth, p.predicted, sample_weight=p.weight, **options)

    return compute


def _f1(p: Predictions) -> Any:
    average = "macro" if p.multilabel or p.n_classes > 2 else "binary"
    return _sklearn("f1_score", average=average, zero_division=0.0)(p)


def _confusion_matrix(p: Predictions) -> Any:
    if p.multilabel:
        raise ArgumentError(
            "metrics: 'confusion_matrix' is for rows of one class, but this network answers several yes-or-no questions a "
            "row; use 'f1' or 'accuracy'."
        )
    return _sklearn("confusion_matrix", labels=np.arange(p.n_classes))(p)


def _roc_auc(p: Predictions) -> float:
    """The mean over classes, each against the rest; of two classes the second; of several questions the mean over them.

    A class that no row has, or every row, has no curve and is left out; if all are, the score is NaN.
    """
    import sklearn.metrics

    scores = p.probabilities
    if scores is None or not np.isfinite(scores).all():
        return float("nan")
    present = slice(None) if p.weight is None else p.weight > 0
    truth, scores = p.truth[present], scores[present]
    weight = None if p.weight is None else p.weight[present]
    if not p.multilabel:
        truth = truth[:, None] == np.arange(p.n_classes)[-scores.shape[1] :]
        if p.n_classes == 2:
            truth, scores = truth[:, -1:], scores[:, -1:]
    areas = [
        sklearn.metrics.roc_auc_score(truth[:, k], scores[:, k], sample_weight=weight)
        for k in range(scores.shape[1])
        if truth[:, k].any() and not truth[:, k].all()
    ]
    return float(np.mean(areas)) if areas else float("nan")


def _r2(p: Predictions) -> Any:
    return _sklearn("r2_score")(p) if len(p.truth) > 1 else np.nan


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", _sklearn("accuracy_score"), True, True),
        Metric("f1", _f1, True, True),
        Metric("roc_auc", _roc_auc, True, True),
        Metric("confusion_matrix", _confusion_matrix, True, True, single=False),
        Metric("r2", _r2, True, False),
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
    if not isinstance(names, Iterable):
        raise ArgumentError(f'metrics must be a list of names, such as ["accuracy"], but is {names!r}.')
    chosen = [METRICS[check_name("metrics", name, METRICS)] for name in names]
    for metric in chosen:
        if metric.classification is not classification:
            task, other = ("classes", "values") if classification else ("values", "classes")
            suitable = quoted(name for name, known in METRICS.items() if known.classification is classification)
            raise ArgumentError(
                f"metrics: {metric.name!r} scores predictions of {other}, but this network predicts {task}; use {suitable}."
            )
    return chosen

"""Five real data sets that come inside scikit-learn: nothing is fetched from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import check_name

Task = Literal["classification", "regression"]

# name: task and description.
BUNDLED: dict[str, tuple[Task, str]] = {
    "breast_cancer": (
        "classification",
        "569 breast tumours, malignant or benign, by 30 measurements of cell nuclei (Wolberg and others 1995, CC BY 4.0).",
    ),
    "diabetes": (
        "regression",
        "442 patients, how far diabetes went on in a year, by 10 measurements (Efron, Hastie, Johnstone, Tibshirani 2004).",
    ),
    "digits": (
        "classification",
        "1,797 handwritten digits, 0 to 9, as images of 8×8 pixels from 0 to 16 (Alpaydin and Kaynak 1998, CC BY 4.0).",
    ),
    "iris": (
        "classification",
        "150 iris flowers of three species, by 4 lengths and widths in cm (Fisher 1936, CC BY 4.0).",
    ),
    "wine": (
        "classification",
        "178 Italian wines of three cultivars, by 13 chemical measurements (Aeberhard and Forina 1992, CC BY 4.0).",
    ),
}


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set: features, targets, and what they are called.

    `X` is float64 of shape (n, p) in the units of measurement. `y` has shape (n,): class numbers (int64), named by
    `target_names`, or values (float64), in which case `target_names` is None.
    """

    name: str
    X: NDArray[np.float64]
    y: NDArray[Any]
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...] | None
    task: Task
    description: str


def bundled(name: str) -> Dataset:
    """One of the data sets 'breast_cancer', 'diabetes', 'digits', 'iris' and 'wine', as it was measured.

    The features of diabetes are raw (age in years, and so on), not the ones that scikit-learn scales by default: those were
    scaled with the rows that will be held out, and mean nothing to a reader.

    Raises `UnknownNameError` for another name.

    >>> digits = bundled("digits")
    >>> digits.X.shape, digits.task, digits.target_names[:3]
    ((1797, 64), 'classification', ('0', '1', '2'))
    """
    from sklearn import datasets

    check_name("name", name, BUNDLED)
    task, description = BUNDLED[name]
    options = {"scaled": False} if name == "diabetes" else {}
    raw = getattr(datasets, f"load_{name}")(**options)
    classes = task == "classification"
    return Dataset(
        name=name,
        X=np.ascontiguousarray(raw.data, dtype=np.float64),
        y=np.ascontiguousarray(raw.target, dtype=np.int64 if classes else np.float64),
        feature_names=tuple(str(feature) for feature in raw.feature_names),
        target_names=tuple(str(target) for target in raw.target_names) if classes else None,
        task=task,
        description=description,
    )

"""The five data sets: as many rows and columns as their sources say, in the units of measurement."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets

from chainrule.data.arrays import as_features
from chainrule.data.bundled import BUNDLED, bundled
from chainrule.errors import UnknownNameError

# rows, features, classes (0 for a regression)
EXPECTED = {
    "breast_cancer": (569, 30, 2),
    "diabetes": (442, 10, 0),
    "digits": (1797, 64, 10),
    "iris": (150, 4, 3),
    "wine": (178, 13, 3),
}


def test_all_are_described() -> None:
    assert set(BUNDLED) == set(EXPECTED)


@pytest.mark.parametrize("name", BUNDLED)
def test_shapes_and_kinds(name: str) -> None:
    data = bundled(name)
    n, p, k = EXPECTED[name]
    assert data.name == name
    assert data.X.shape == (n, p)
    assert data.X.dtype == np.float64
    assert data.y.shape == (n,)
    assert len(data.feature_names) == p
    assert all(type(feature) is str for feature in data.feature_names)
    assert data.description.startswith(f"{n:,} ")
    assert data.description.endswith(").")
    assert as_features(data.X, dtype="float64") is data.X
    if k:
        assert data.task == "classification"
        assert data.y.dtype == np.int64
        assert np.unique(data.y).tolist() == list(range(k))
        assert len(data.target_names or ()) == k
        assert all(type(target) is str for target in data.target_names or ())
    else:
        assert data.task == "regression"
        assert data.y.dtype == np.float64
        assert data.target_names is None


def test_values_are_as_measured() -> None:
    diabetes = bundled("diabetes")
    assert diabetes.X[0, :3].tolist() == [59.0, 2.0, 32.1]  # age in years, sex, body mass index
    standard = (diabetes.X - diabetes.X.mean(axis=0)) / diabetes.X.std(axis=0) / np.sqrt(442)
    np.testing.assert_allclose(standard, datasets.load_diabetes().data, atol=1e-4)
    assert bundled("iris").X[0].tolist() == [5.1, 3.5, 1.4, 0.2]
    assert bundled("digits").X.max() == 16
    assert bundled("breast_cancer").target_names == ("malignant", "benign")


def test_each_call_gives_its_own_arrays() -> None:
    bundled("iris").X[:] = 0
    assert bundled("iris").X[0, 0] == 5.1


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'digits'"):
        bundled("digit")

"""Features and weights: everything that holds numbers is read, and nothing is copied that is already right."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.data.arrays import as_features, as_sample_weight, check_feature_names, check_same_rows, feature_names
from chainrule.errors import DataError, ShapeError

EXPECTED = np.array([[1.0, 0.0], [2.0, 1.0], [3.0, 1.0]])
COLUMNS = {"a": [1, 2, 3], "b": [False, True, True]}


def misaligned() -> np.ndarray:
    buffer = np.zeros(EXPECTED.nbytes + 1, dtype=np.uint8)
    view = buffer[1:].view(np.float64).reshape(EXPECTED.shape)
    view[...] = EXPECTED
    return view


CONTAINERS = {
    "list": lambda: EXPECTED.tolist(),
    "tuple of lists": lambda: tuple(EXPECTED.tolist()),
    "list of arrays": lambda: list(EXPECTED),
    "list of ints and bools": lambda: [[1, False], [2, True], [3, True]],
    "float64": lambda: EXPECTED,
    "float32": lambda: EXPECTED.astype(np.float32),
    "float16": lambda: EXPECTED.astype(np.float16),
    "longdouble": lambda: EXPECTED.astype(np.longdouble),
    "int8": lambda: EXPECTED.astype(np.int8),
    "uint8": lambda: EXPECTED.astype(np.uint8),
    "uint64": lambda: EXPECTED.astype(np.uint64),
    "objects": lambda: np.array([[1, 0.0], [Fraction(2), True], [np.float32(3), np.True_]], dtype=object),
    "big endian": lambda: EXPECTED.astype(">f8"),
    "Fortran order": lambda: np.asfortranarray(EXPECTED),
    "negative strides": lambda: EXPECTED[::-1].copy()[::-1],
    "zero strides": lambda: np.broadcast_to(EXPECTED[:, :, None], (3, 2, 4))[:, :, 1],
    "misaligned": misaligned,
    "read-only": lambda: np.frombuffer(EXPECTED.tobytes()).reshape(3, 2),
    "matrix": lambda: EXPECTED.view(np.matrix),
    "masked, nothing masked": lambda: np.ma.masked_array(EXPECTED.astype(int)),
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "pandas, integer names": lambda: pd.DataFrame(EXPECTED),
    "pandas, nullable": lambda: pd.DataFrame(COLUMNS).astype({"a": "Int64", "b": "boolean"}),
    "pandas, Arrow kinds": lambda: pd.DataFrame(COLUMNS).astype({"a": "int64[pyarrow]", "b": "bool[pyarrow]"}),
    "pandas, objects": lambda: pd.DataFrame(COLUMNS, dtype=object),
    "pandas, sparse column": lambda: pd.DataFrame(COLUMNS).astype({"a": pd.SparseDtype("float64", 0.0)}),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "polars, decimal": lambda: pl.DataFrame(COLUMNS).cast({"a": pl.Decimal(10, 2)}),
    "Arrow table": lambda: pa.table(COLUMNS),
    "Arrow record batch": lambda: pa.RecordBatch.from_pydict(COLUMNS),
    "torch": lambda: torch.tensor(EXPECTED),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", CONTAINERS)
def test_every_container_gives_the_same_array(kind: str, dtype: str) -> None:
    array = as_features(CONTAINERS[kind](), dtype=dtype, feature_shape=(2,))
    assert type(array) is np.ndarray
    assert array.dtype == (np.uint8 if kind == "uint8" else np.dtype(dtype))  # bytes stay bytes
    assert array.flags.c_contiguous
    assert array.flags.aligned
    np.testing.assert_array_equal(array, EXPECTED)


def test_more_dimensions() -> None:
    images = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    array = as_features(images, dtype="float32", feature_shape=(3, 4))
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, images)
    of_bytes = images.astype(np.uint8)
    assert as_features(of_bytes, dtype="float32", feature_shape=(3, 4)) is of_bytes


def test_what_is_right_is_not_copied(tmp_path) -> None:
    X = np.ones((4, 3), dtype=np.float32)
    assert as_features(X, dtype=np.float32) is X
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    array = as_features(mapped, dtype="float32")
    assert type(array) is np.ndarray
    assert np.shares_memory(array, mapped)


def test_extremes_pass() -> None:
    X = [[-0.0, 5e-324, 1e-40], [3.4028234e38, -3.4028234e38, 2**127]]
    array = as_features(X, dtype="float32")
    np.testing.assert_array_equal(array, np.array(X, dtype=np.float32))
    assert np.signbit(array[0, 0])
    assert as_features([[1.7e308, -1.7e308]], dtype="float64")[0, 0] == 1.7e308


@settings(max_examples=60)
@given(
    st.integers(1, 6),
    st.integers(1, 4),
    st.sampled_from([np.nan, np.inf, -np.inf, 1e39, -1e300]),
    st.sampled_from(["numpy", "list", "pandas", "polars"]),
    st.data(),
)
def test_the_first_unusable_number_is_named(n, p, bad, container, data) -> None:
    X = np.arange(n * p, dtype=np.float64).reshape(n, p)
    i, j = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, p - 1))
    X[i, j] = bad
    names = [f"c{k}" for k in range(p)]
    given_as = {
        "numpy": lambda: X,
        "list": lambda: X.tolist(),
        "pandas": lambda: pd.DataFrame(X, columns=names),
        "polars": lambda: pl.DataFrame(X, schema=names),
    }[container]()
    column = f"column '{names[j]}'" if container in ("pandas", "polars") else f"column {j}"
    what = "NaN" if np.isnan(bad) else "infinite" if np.isinf(bad) else f"{bad}, too large for float32"
    with pytest.raises(DataError) as caught:
        as_features(given_as, dtype="float32")
    assert f"row {i}, {column}" in str(caught.value)
    assert what in str(caught.value)


def test_a_late_nan_is_found_and_all_are_counted() -> None:
    X = np.zeros((1 << 19, 4), dtype=np.float32)
    X[-1, 1] = X[-1, 3] = np.nan
    with pytest.raises(DataError, match=r"row 524287, column 1 \(2 of its values are not finite\)"):
        as_features(X, dtype="float32")


def test_a_null_anywhere_is_a_missing_value() -> None:
    frames = [
        pd.DataFrame({"a": [1.0, 2.0], "b": pd.array([1, None], dtype="Int64")}),
        pd.DataFrame({"a": [1.0, 2.0], "b": pd.array([True, None], dtype="boolean")}),
        pd.DataFrame({"a": [1.0, 2.0], "b": pd.array([1.5, None], dtype="double[pyarrow]")}),
        pl.DataFrame({"a": [1.0, 2.0], "b": [1, None]}),
        pl.DataFrame({"a": [1.0, 2.0], "b": [True, None]}),
        pa.table({"a": [1.0, 2.0], "b": [1, None]}),
    ]
    for frame in frames:
        with pytest.raises(DataError, match="X is NaN .a missing value. at row 1, column 'b'"):
            as_features(frame, dtype="float64")
    with pytest.raises(DataError, match="row 1, column 0"):
        as_features(np.ma.masked_equal([[1], [2]], 2), dtype="float64")
    with pytest.raises(DataError, match="row 0, column 1"):
        as_features([[1.0, None]], dtype="float64")


def test_feature_names() -> None:
    for frame in (pd.DataFrame(COLUMNS), pl.DataFrame(COLUMNS), pa.table(COLUMNS), pa.RecordBatch.from_pydict(COLUMNS)):
        assert feature_names(frame) == ["a", "b"]
    for nameless in (EXPECTED, EXPECTED.tolist(), pd.DataFrame(EXPECTED), pd.Series([1]), pl.Series([1])):
        assert feature_names(nameless) is None


def test_feature_names_must_agree() -> None:
    check_feature_names(["a", "b"], ["a", "b"])
    check_feature_names(None, ["a"])
    check_feature_names(["a"], None)
    with pytest.raises(DataError, match="no column 'Age', which .* did you mean 'age'"):
        check_feature_names(["age", "b"], ["Age", "b"])
    with pytest.raises(DataError, match="a column 'c' that the network was not trained on"):
        check_feature_names(["a", "b", "c"], ["a", "b"])
    with pytest.raises(DataError, match="another order than in training: order them as 'a' and 'b'"):
        check_feature_names(["b", "a"], ["a", "b"])


def test_weights() -> None:
    for weight in ([1, 0, 2], np.array([1.0, 0.0, 2.0]), pd.Series([1, 0, 2]), pl.Series([1, 0, 2]), (True, False, 2)):
        array = as_sample_weight(weight, 3, "float32")
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, [1, 0, 2])
    assert as_sample_weight([1e-300], 1, "float64")[0] == 1e-300


def test_rows_are_counted() -> None:
    assert check_same_rows(X=pd.DataFrame(EXPECTED), y=[1, 2, 3], sample_weight=None) == 3
    assert check_same_rows(X=pa.table(COLUMNS), y=pl.Series([1, 2, 3])) == 3
    with pytest.raises(ShapeError, match="X has 3 rows, but sample_weight has 2"):
        check_same_rows(X=EXPECTED, y=[1, 2, 3], sample_weight=[1, 1])

"""Tables as numbers, with scikit-learn's encoders as the oracle; what is learned is saved to the last bit."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from chainrule.data.bundled import BUNDLED, bundled
from chainrule.data.split import split
from chainrule.data.table import TableEncoder, TargetScaler, read_table, recognise_task, take_target
from chainrule.data.targets import Classes
from chainrule.errors import DataError, ModelFileError

DAY, TIME = datetime.date, datetime.datetime


def through_json(encoder: TableEncoder) -> TableEncoder:
    return TableEncoder.from_json(json.loads(json.dumps(encoder.to_json(), allow_nan=False)))


# ------------------------------------------------------------------------------------------------------- task

TASKS = {
    "text": (["a", "b", "a"], "classification"),
    "many classes of text": ([f"c{i % 40}" for i in range(200)], "classification"),
    "truth values": ([True, False], "classification"),
    "categories": (pl.Series(["a", "b"], dtype=pl.Categorical), "classification"),
    "fractions": ([0.5, 1.0] * 50, "regression"),
    "two integers": ([0, 1], "classification"),
    "two integers far apart": ([-1, 100, None], "classification"),
    "few integers": ([1, 2, 3] * 10, "classification"),
    "too few rows for each": ([1, 2, 3] * 9, "regression"),
    "20 integers": (list(range(20)) * 10, "classification"),
    "21 integers": (list(range(21)) * 10, "regression"),
    "whole floats": ([1.0, 2.0, 3.0, None] * 10, "classification"),
    "whole floats with NaN": ([1.0, 2.0, 3.0, float("nan")] * 10, "classification"),
    "prices": ([float(i) for i in range(100)], "regression"),
}


@pytest.mark.parametrize("case", TASKS)
def test_the_task_is_recognised(case: str) -> None:
    column, task = TASKS[case]
    assert recognise_task(pl.Series("t", column)) == task


@pytest.mark.parametrize("name", BUNDLED)
def test_the_task_of_real_data_is_recognised(name: str) -> None:
    data = bundled(name)
    assert recognise_task(pl.Series("target", data.y)) == data.task


# ----------------------------------------------------------------------------------------------------- target


def test_rows_without_a_target_are_dropped_and_reported() -> None:
    frame = pl.DataFrame({"x": [1, 2, 3, 4], "y": [1.0, float("nan"), None, float("inf")]})
    notes: list[str] = []
    rows, y = take_target(frame, "y", notes=notes)
    assert rows.to_dict(as_series=False) == {"x": [1]}
    assert y.to_list() == [1.0]
    assert notes == ["3 of 4 rows have no value of the target 'y' and are left out."]
    assert take_target(frame, "x", notes=notes)[0].height == 4
    assert len(notes) == 1


# ------------------------------------------------------------------------------------------------ the oracle


@pytest.mark.skipif(
    "CHAINRULE_DATA" not in os.environ, reason="CHAINRULE_DATA names no folder with california_housing.csv"
)
def test_california_housing_agrees_with_scikit_learn() -> None:
    frame = read_table(Path(os.environ["CHAINRULE_DATA"], "california_housing.csv"))
    rows, y = take_target(frame, "median_house_value")
    assert recognise_task(y) == "regression"
    assert recognise_task(frame["ocean_proximity"]) == "classification"
    kept, held = split(rows.height, 0.25, seed=0)
    train, test = rows[kept], rows[held]
    encoder = TableEncoder.learn(train)
    numeric = [name for name in rows.columns if name != "ocean_proximity"]
    # Statistics of the values present, then the median: the scaler is fitted on data in which NaN is passed over.
    scaler = StandardScaler().fit(train[numeric].to_numpy())
    imputer = SimpleImputer(strategy="median", add_indicator=True).fit(train[numeric].to_numpy())
    one_hot = OneHotEncoder(sparse_output=False).fit(train[["ocean_proximity"]].to_numpy())
    for part in (train, test):
        filled = imputer.transform(part[numeric].to_numpy())
        scaled, indicator = scaler.transform(filled[:, : len(numeric)]), filled[:, len(numeric) :]
        oracle = dict(zip(numeric, scaled.T, strict=True))
        oracle["total_bedrooms is missing"] = indicator[:, 0]
        categories = one_hot.transform(part[["ocean_proximity"]].to_numpy()).T
        for value, column in zip(one_hot.categories_[0], categories, strict=True):
            oracle[f"ocean_proximity={value}"] = column
        encoded = encoder.encode(part)
        assert sorted(encoder.feature_names) == sorted(oracle)
        for j, name in enumerate(encoder.feature_names):
            np.testing.assert_allclose(encoded[:, j], oracle[name], rtol=1e-9, atol=1e-9, err_msg=name)
        np.testing.assert_array_equal(through_json(encoder).encode(part), encoded)
    assert len(encoder.report) == 9
    scaler_of_y = TargetScaler.learn(y)
    np.testing.assert_allclose(scaler_of_y.decode(scaler_of_y.encode(y.to_numpy())), y.to_numpy(), rtol=1e-12)


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_data_agree_with_scikit_learn(name: str) -> None:
    data = bundled(name)
    encoder = TableEncoder.learn(pl.DataFrame(data.X, schema=list(data.feature_names)))
    used = [j for j, feature in enumerate(data.feature_names) if feature in encoder.feature_names]
    constant = [j for j in range(data.X.shape[1]) if np.ptp(data.X[:, j]) == 0]
    assert sorted([*used, *constant]) == list(range(data.X.shape[1]))
    assert sum("is the same in every row" in sentence for sentence in encoder.report) == len(constant)
    encoded = encoder.encode(pl.DataFrame(data.X, schema=list(data.feature_names)))
    np.testing.assert_allclose(encoded, StandardScaler().fit_transform(data.X[:, used]), rtol=1e-9, atol=1e-9)


@settings(max_examples=60)
@given(st.data(), st.integers(2, 30))
def test_mixed_tables_agree_with_scikit_learn(data, n: int) -> None:
    # A spread below 1e-290 is taken for none: dividing by it could overflow.
    number = st.none() | st.floats(-1e6, 1e6).map(lambda x: x if abs(x) > 1e-280 else 0.0)
    word = st.none() | st.sampled_from(["red", "green", "blue", "true", "5", ""])
    numbers = data.draw(st.lists(number, min_size=n, max_size=n).filter(lambda x: len(set(x) - {None}) > 1))
    words = data.draw(st.lists(word, min_size=n, max_size=n).filter(lambda x: 1 < len(set(x) - {None}) < 10 or n < 10))
    frame = pl.DataFrame({"x": numbers, "w": words}, schema={"x": pl.Float64, "w": pl.String})
    encoder = TableEncoder.learn(frame)
    encoded = dict(zip(encoder.feature_names, encoder.encode(frame).T, strict=True))
    assert through_json(encoder) == encoder
    present = np.array([x for x in numbers if x is not None])
    filled = np.array([np.median(present) if x is None else x for x in numbers])
    size = np.abs(present).max()  # the squares of tiny numbers would underflow
    spread = (present / size).std() * size
    np.testing.assert_allclose(encoded.pop("x") * spread, filled - present.mean(), rtol=1e-9, atol=1e-9 * size)
    expected = {"x is missing": [x is None for x in numbers]} if None in numbers else {}
    if any(name.startswith("w") for name in encoded):
        expected |= {f"w={value}": [w == value for w in words] for value in set(words) - {None}}
        expected |= {"w is missing": [w is None for w in words]} if None in words else {}
    assert set(encoded) == set(expected)
    for name, column in expected.items():
        np.testing.assert_array_equal(encoded[name], column)


def test_a_pipeline_of_scikit_learn_gives_the_same_columns() -> None:
    frame = pl.DataFrame({"a": [1.0, 2.0, 4.0], "b": [3, 3, 9], "c": ["x", "y", "x"]})
    oracle = ColumnTransformer([("n", make_pipeline(StandardScaler()), [0, 1]), ("c", OneHotEncoder(), [2])])
    expected = oracle.fit_transform(np.array(frame.rows(), dtype=object)).astype(float)
    np.testing.assert_allclose(TableEncoder.learn(frame).encode(frame), expected, atol=1e-12)


# ----------------------------------------------------------------------------------------------- the columns


def encode(column: list, **kinds) -> tuple[TableEncoder, np.ndarray]:
    frame = pl.DataFrame({"c": pl.Series("c", column, **kinds)})
    encoder = TableEncoder.learn(frame)
    assert through_json(encoder) == encoder
    return encoder, encoder.encode(frame)


def test_numbers_with_gaps_and_infinities() -> None:
    encoder, array = encode([1.0, None, float("inf"), 3.0, float("nan"), 8.0])
    mean, scale = 4.0, np.std([1, 3, 8])
    assert encoder.feature_names == ["c", "c is missing"]
    np.testing.assert_allclose(array[:, 0], (np.array([1, 3, 3, 3, 3, 8]) - mean) / scale)
    assert array[:, 1].tolist() == [0, 1, 1, 0, 1, 0]
    assert "3 missing values (1 of them infinite) are filled with the median 3 and flagged" in encoder.report[0]


@pytest.mark.parametrize(
    "column", [[1e300, -1e300, 1e308], [1.7e308, -1.7e308], [0.0, 1e-211], [5e-324, 0.0], [2**62, 0]]
)
def test_extreme_numbers_stay_finite(column: list) -> None:
    _, array = encode(column)
    assert np.isfinite(array).all()
    assert np.abs(array).max() < 10


def test_tiny_and_huge_numbers_are_scaled() -> None:
    for size in (1e-250, 1e-160, 1e160, 1e300):
        np.testing.assert_allclose(encode([0.0, 2 * size])[1], [[-1], [1]], rtol=1e-12)


def test_few_values_in_a_flagged_column() -> None:
    encoder, array = encode([7.0, None, 7.0])
    assert array.tolist() == [[0, 0], [0, 1], [0, 0]]
    assert encoder.feature_names == ["c", "c is missing"]
    assert encode([0.1, None, 0.1, 0.1])[1].tolist() == [[0, 0], [0, 1], [0, 0], [0, 0]]


def test_the_most_frequent_categories_have_columns() -> None:
    column = [f"v{i:02d}" for i in range(60) for _ in range(60 - i)]
    encoder, array = encode(column)
    assert encoder.feature_names == [*(f"c=v{i:02d}" for i in range(50)), "c is other"]
    assert (array.sum(axis=1) == 1).all()
    assert array[:, 50].sum() == sum(60 - i for i in range(50, 60))
    assert "60 categories; the 50 most frequent have one column each, the rest (55 rows) share one" in encoder.report[0]
    notes: list[str] = []
    new = encoder.encode(pl.DataFrame({"c": ["v00", "new", None]}), notes=notes)
    assert np.flatnonzero(new[0]).tolist() == [0]
    assert np.flatnonzero(new[1]).tolist() == [50]
    assert not new[2].any()
    assert len(notes) == 2
    assert "1 value for which training had no column, such as 'new'" in notes[0]
    assert "1 missing value, though there were none in training" in notes[1]


@pytest.mark.parametrize(
    ("column", "names"),
    [
        (pl.Series([True, False, None]), ["c=false", "c=true", "c is missing"]),
        (pl.Series(["b", "a", "b"], dtype=pl.Categorical), ["c=a", "c=b"]),
        (pl.Series(["b", "a", "b"], dtype=pl.Enum(["b", "a", "z"])), ["c=a", "c=b"]),
    ],
)
def test_kinds_of_categories(column: pl.Series, names: list[str]) -> None:
    frame = pl.DataFrame({"c": column})
    encoder = TableEncoder.learn(frame)
    assert encoder.feature_names == names
    assert (encoder.encode(frame).sum(axis=1) == 1).all()


def test_dates() -> None:
    column = [DAY(2024, 1, 31), DAY(2024, 2, 1), None, DAY(2023, 3, 1)]
    encoder, array = encode(column)
    assert encoder.feature_names == ["c days", "c month", "c weekday", "c is missing"]
    expected = {"days": [336, 337, 0], "month": [1, 2, 3], "weekday": [3, 4, 3]}
    for j, part in enumerate(expected):
        numbers = np.array(expected[part], dtype=float)
        filled = np.insert(numbers, 2, np.median(numbers))
        np.testing.assert_allclose(array[:, j], (filled - numbers.mean()) / numbers.std())
    assert array[:, 3].tolist() == [0, 0, 1, 0]
    assert "days since 2023-03-01, month, weekday" in encoder.report[0]


def test_date_times_have_hours_and_one_zone() -> None:
    naive = [TIME(2024, 1, 1, 6, 30), TIME(2024, 1, 1, 18, 0)]
    encoder, array = encode(naive)
    assert encoder.feature_names == ["c days", "c hour"]
    np.testing.assert_allclose(array, [[-1, -1], [1, 1]])
    aware = pl.Series(naive).dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo")
    np.testing.assert_array_equal(encoder.encode(pl.DataFrame({"c": aware})), array)
    text = pl.DataFrame({"c": ["2024-01-01 06:30", "2024-01-01T18:00:00"]})
    np.testing.assert_array_equal(encoder.encode(text), array)
    times = [TIME(2024, 1, 1, 6, 0), TIME(2024, 1, 1, 6, 15), TIME(2024, 1, 1, 7, 0)]
    hours = np.array([6, 6.25, 7])
    np.testing.assert_allclose(encode(times)[1][:, 1], (hours - hours.mean()) / hours.std())
    for unit in ("ms", "ns"):
        np.testing.assert_array_equal(encoder.encode(pl.DataFrame({"c": naive}).cast(pl.Datetime(unit))), array)


TEXTS = ["the cat sat there", "a dog ran off again", "no one came to see"]
LEFT_OUT = {
    "missing": ([None, None], "holds only missing values"),
    "infinite only": ([float("inf"), None], "holds only missing values"),
    "constant": ([3, 3, 3], "is the same in every row (3)"),
    "constant text": (["a", "a"], "is the same in every row ('a')"),
    "identifiers": ([f"u{i}" for i in range(20)], "only identifies the rows (all values differ)"),
    "nearly all different": ([f"u{i % 97}" for i in range(100)], "only identifies the rows (nearly all values differ)"),
    "free text": ([f"{TEXTS[i % 3]} {i // 2}" for i in range(120)], "is free text"),
    "lists": ([[1], [2]], "holds values of type List"),
    "durations": ([datetime.timedelta(1), datetime.timedelta(2)], "holds durations"),
    "times": ([datetime.time(1), datetime.time(2)], "holds times of day"),
    "bytes": ([b"a", b"b"], "holds bytes"),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_columns_that_are_left_out(case: str) -> None:
    column, reason = LEFT_OUT[case]
    frame = pl.DataFrame({"c": column, "x": range(len(column))})
    encoder = TableEncoder.learn(frame)
    assert encoder.feature_names == ["x"]
    assert f"'c': left out, because it {reason}" in encoder.report[0]
    assert encoder.encode(frame.drop("c")).shape == (len(column), 1)


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("id", True),
        ("ID", True),
        ("user_id", True),
        ("PassengerId", True),
        ("index", True),
        ("row number", True),
        ("unnamed_1", True),
        ("Unnamed: 0", True),
        ("price", False),
        ("paid", False),
        ("humid", False),
        ("grid", False),
    ],
)
def test_integers_that_count_the_rows(name: str, left_out: bool) -> None:
    frame = pl.DataFrame({name: range(5), "x": [1, 1, 2, 2, 3]})
    assert (TableEncoder.learn(frame).feature_names == ["x"]) is left_out
    repeated = frame.with_columns(pl.Series(name, [0, 0, 1, 2, 3]))
    assert TableEncoder.learn(repeated).feature_names == [name, "x"]


def test_only_the_training_rows_are_learned_from() -> None:
    frame = pl.DataFrame({"x": [0.0, 2.0, 1000.0], "y": [1, 2, 3]})
    encoder = TableEncoder.learn(frame[:2], "y")
    assert encoder.encode(frame).tolist() == [[-1], [1], [999]]


# ------------------------------------------------------------------------------------------------- prediction


def test_extra_columns_are_ignored_and_order_does_not_matter() -> None:
    frame = pl.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"], "t": [0, 1]})
    encoder = TableEncoder.learn(frame, "t")
    other = frame.select("b", pl.lit("?").alias("extra"), "t", "a")
    np.testing.assert_array_equal(encoder.encode(other), encoder.encode(frame))
    np.testing.assert_array_equal(encoder.encode(frame.drop("t")), encoder.encode(frame))


def test_text_is_read_as_in_training(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("code,x\n1.50,1\nA,2\nA,3\n1.50,4\n")
    (tmp_path / "new.csv").write_text("code,x\n1.50,2\n")
    encoder = TableEncoder.learn(read_table(tmp_path / "train.csv"))
    assert encoder.text_columns == ["code"]
    new = read_table(tmp_path / "new.csv", text=encoder.text_columns)
    assert encoder.encode(new)[0, :2].tolist() == [1, 0]


def test_numbers_that_became_categories_are_found_again() -> None:
    encoder = TableEncoder.learn(pl.DataFrame({"c": ["1", "2", "x"]}))
    for column in ([1, 2], [1.0, 2.0]):
        assert encoder.encode(pl.DataFrame({"c": column})).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert not encoder.encode(pl.DataFrame({"c": [float("nan"), 1.5]}), notes=[]).any()
    flagged = TableEncoder.learn(pl.DataFrame({"c": ["1", "x", None]}))
    assert flagged.encode(pl.DataFrame({"c": [float("nan"), 1.0]})).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_numbers_arrive_in_other_types() -> None:
    encoder = TableEncoder.learn(pl.DataFrame({"c": [0.0, 2.0]}))
    for column in (
        [0, 2],
        ["0", "2.0"],
        pl.Series([False, True]).cast(pl.Int8) * 2,
        pl.Series([0, 2]).cast(pl.Decimal(5, 2)),
    ):
        assert encoder.encode(pl.DataFrame({"c": column})).tolist() == [[-1], [1]]
    notes: list[str] = []
    for column in ([None], [float("nan")], [float("-inf")], ["-"], pl.Series([None], dtype=pl.String)):
        assert encoder.encode(pl.DataFrame({"c": column}), notes=notes).tolist() == [[0]]
    assert (
        notes
        == ["Column 'c' has 1 missing value, though there were none in training: the training median is used."] * 5
    )


@settings(max_examples=40)
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=10).filter(
        lambda x: len(set(x)) > 1
    )
)
def test_every_number_is_saved_to_the_last_bit(column: list[float]) -> None:
    frame = pl.DataFrame({"c": column})
    encoder = TableEncoder.learn(frame)
    assert through_json(encoder) == encoder
    assert through_json(encoder).encode(frame).tobytes() == encoder.encode(frame).tobytes()


def test_a_description_is_what_a_file_gives_back() -> None:
    frame = pl.DataFrame(
        {"c": [1.0, 2.0], "d": ["a", "b"], "e": [datetime.date(2024, 1, 31), datetime.date(2025, 3, 1)]}
    )
    description = TableEncoder.learn(frame).to_json()
    assert [column["kind"] for column in description["columns"]] == ["number", "category", "date"]
    assert json.loads(json.dumps(description, allow_nan=False)) == description


def test_descriptions_that_are_none() -> None:
    good = TableEncoder.learn(pl.DataFrame({"c": [1.0, 2.0], "d": ["a", "b"]})).to_json()
    damaged = [{}, {"columns": 3, "report": []}, {"columns": [{}], "report": []}, {"columns": good["columns"]}, None]
    changes = ({"kind": "other"}, {"kind": None}, {"scale": None}, {"scale": {"mean": "x"}}, {"kind": "category"})
    damaged += [{"columns": [good["columns"][0] | change], "report": []} for change in changes]
    for data in damaged:
        with pytest.raises(ModelFileError, match="description of its table"):
            TableEncoder.from_json(data)
    for data in ({}, {"mean": 3, "scale": 3}, {"mean": ["x"], "scale": [1]}):
        with pytest.raises(ModelFileError, match="description of its targets"):
            TargetScaler.from_json(data)


# ---------------------------------------------------------------------------------------------------- targets


@pytest.mark.parametrize("shape", [(50,), (50, 1), (50, 3)])
def test_targets_are_scaled_and_come_back(shape: tuple[int, ...]) -> None:
    y = np.random.default_rng(0).normal(7, 3, shape)
    scaler = TargetScaler.learn(y)
    expected = StandardScaler().fit_transform(y.reshape(50, -1)).reshape(shape)
    np.testing.assert_allclose(scaler.encode(y), expected, atol=1e-12)
    np.testing.assert_allclose(scaler.decode(scaler.encode(y)), y)
    assert TargetScaler.from_json(json.loads(json.dumps(scaler.to_json()))) == scaler
    assert scaler.decode(expected.astype(np.float32)).dtype == np.float32
    assert TargetScaler.learn(np.full(shape, 5.0)).encode(np.full(shape, 6.0)).max() == 1


def test_a_whole_classification() -> None:
    iris = bundled("iris")
    names = np.array(iris.target_names)[iris.y]
    frame = pl.DataFrame(iris.X, schema=list(iris.feature_names)).with_columns(pl.Series("species", names))
    rows, y = take_target(frame, "species")
    assert recognise_task(y) == "classification"
    classes = Classes.of(y, 3)
    kept, held = split(rows.height, 0.2, seed=1, labels=classes.encode(y))
    assert np.bincount(iris.y[held]).tolist() == [10, 10, 10]
    encoder = TableEncoder.learn(rows[kept])
    assert encoder.encode(rows[held]).shape == (30, 4)
    with pytest.raises(DataError, match="no column 'species'"):
        take_target(rows, "species")

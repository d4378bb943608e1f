"""Labels, values and counts: what a loss gets, and that decoding gives back what came in."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import LabelEncoder

from chainrule.data.targets import BinaryClasses, Classes, counts, values
from chainrule.errors import ArgumentError, DataError, ModelFileError, ShapeError

LABELS = {
    "ints in range": ([0, 2, 1, 2], 3, (0, 1, 2)),
    "ints, one not seen": ([0, 2, 2], 4, (0, 1, 2, 3)),
    "ints from 1": ([1, 3, 2], 3, (1, 2, 3)),
    "negative ints": ([-1, 1], 2, (-1, 1)),
    "strings": (["b", "a", "c"], 3, ("a", "b", "c")),
    "strings with spaces, emoji and NUL": (["x y", "🙂", "z\0", ""], 4, ("", "x y", "z\0", "🙂")),
    "the word nan": (np.array(["nan", "None"]), 2, ("None", "nan")),
    "bools": ([True, False], 2, (False, True)),
    "whole floats in range": ([0.0, 1.0], 3, (0.0, 1.0, 2.0)),
    "whole floats": (np.array([10.0, 20.0], dtype=np.float32), 2, (10.0, 20.0)),
    "objects": (np.array(["a", "b"], dtype=object), 2, ("a", "b")),
    "uint8": (np.array([0, 1], dtype=np.uint8), 2, (0, 1)),
    "uint64": (np.array([5, 2**64 - 1], dtype=np.uint64), 2, (5, 2**64 - 1)),
    "huge ints": ([-5, 10**30], 2, (-5, 10**30)),
    "one column": (np.array([[3], [4]]), 2, (3, 4)),
    "pandas": (pd.Series(["a", "b"]), 2, ("a", "b")),
    "pandas frame": (pd.DataFrame({"y": [5, 6]}), 2, (5, 6)),
    "pandas categories": (pd.Series(["b", "a"], dtype="category"), 2, ("a", "b")),
    "pandas Int64": (pd.Series([5, 6], dtype="Int64"), 2, (5, 6)),
    "pandas boolean": (pd.Series([True, False], dtype="boolean"), 2, (False, True)),
    "polars": (pl.Series(["a", "b"]), 2, ("a", "b")),
    "polars categories": (pl.Series(["b", "a"], dtype=pl.Categorical), 2, ("a", "b")),
    "Arrow": (pa.chunked_array([["a"], ["b"]]), 2, ("a", "b")),
}


@pytest.mark.parametrize("case", LABELS)
def test_labels_round_trip(case: str) -> None:
    y, n_outputs, labels = LABELS[case]
    classes = Classes.of(y, n_outputs)
    assert classes.labels == labels
    assert [type(label) for label in classes.labels] == [type(label) for label in labels]
    ids = classes.encode(y)
    assert ids.dtype == np.int32
    assert ids.ndim == 1
    given_labels = (
        y.to_numpy().ravel().tolist() if hasattr(y, "to_numpy") else np.asarray(y, dtype=object).ravel().tolist()
    )
    assert [labels[i] for i in ids] == given_labels
    assert classes.decode(ids).tolist() == given_labels
    assert classes.decode(ids.reshape(1, -1)).shape == (1, len(ids))
    again = Classes.from_json(json.loads(json.dumps(classes.to_json())))
    assert again == classes
    assert [type(label) for label in again.labels] == [type(label) for label in labels]


@settings(max_examples=60)
@given(st.lists(st.text(max_size=4), min_size=2, max_size=30).filter(lambda labels: len(set(labels)) > 1))
def test_text_agrees_with_scikit_learn(y: list[str]) -> None:
    oracle = LabelEncoder().fit(np.array(y, dtype=object))
    classes = Classes.of(y, len(set(y)))
    assert list(classes.labels) == oracle.classes_.tolist()
    np.testing.assert_array_equal(classes.encode(y), oracle.transform(np.array(y, dtype=object)))
    assert classes.decode(classes.encode(y)).tolist() == y


def test_decoded_labels_keep_their_dtype() -> None:
    assert Classes((3, 4)).decode([1]).dtype == np.int64
    assert Classes((False, True)).decode([1]).dtype == np.bool_
    assert Classes((0.0, 1.0)).decode([1]).dtype == np.float64
    assert Classes(("a", "b")).decode([1]).dtype.kind == "U"
    assert Classes(("b", "a")).encode(["a", "b"]).tolist() == [1, 0]


def test_numbers_stand_for_equal_numbers() -> None:
    assert Classes((0, 1)).encode([True, False]).tolist() == [1, 0]
    assert Classes((0.0, 1.0)).encode([1, 0]).tolist() == [1, 0]
    assert Classes((5, 7)).encode([7.0]).tolist() == [1]


def test_distributions_are_recognised() -> None:
    one_hot = np.eye(3, dtype=int)
    assert Classes.of(one_hot, 3).labels == (0, 1, 2)
    encoded = Classes.of(one_hot, 3).encode(one_hot, dtype="float32")
    assert encoded.dtype == np.float32
    np.testing.assert_array_equal(encoded, one_hot)
    soft = [[0.2, 0.8], [0.5, 0.50005]]
    np.testing.assert_array_equal(Classes.of(soft, 2).encode(soft, dtype="float64"), soft)
    np.testing.assert_array_equal(Classes.of(pd.DataFrame(one_hot), 3).encode(pd.DataFrame(one_hot)), one_hot)
    assert Classes.of([[0.3, 0.7]], 2).labels == (0, 1)


def test_a_single_class_needs_permission() -> None:
    assert Classes.of([1, 1], 3, allow_single=True).labels == (0, 1, 2)
    assert Classes.of([True], 2, allow_single=True).labels == (False, True)
    assert Classes.of([[0, 1]], 2, allow_single=True).labels == (0, 1)
    assert BinaryClasses.of([1], 1, allow_single=True).labels == (0, 1)
    assert BinaryClasses.of([True], 1, allow_single=True).labels == (False, True)
    for y in ([1, 1], [True], ["a"], [[0, 1], [0, 1]]):
        with pytest.raises(DataError, match="single class"):
            Classes.of(y, 2)
    with pytest.raises(DataError, match="name all labels that can come, by classes="):
        Classes.of(["a"], 2, allow_single=True)


def test_many_classes() -> None:
    y = np.arange(100_000)
    np.testing.assert_array_equal(Classes.of(y, 100_000).encode(y), y)


BINARY = {
    "0 and 1": ([0, 1, 1], (0, 1), [0, 1, 1]),
    "-1 and 1": ([1, -1], (-1, 1), [1, 0]),
    "text": (["yes", "no"], ("no", "yes"), [1, 0]),
    "bools": ([True, False], (False, True), [1, 0]),
    "whole floats": ([1.0, 0.0], (0.0, 1.0), [1, 0]),
    "polars": (pl.Series(["a", "b"]), ("a", "b"), [0, 1]),
    "one column": ([["b"], ["a"]], ("a", "b"), [1, 0]),
}


@pytest.mark.parametrize("case", BINARY)
def test_two_labels_round_trip(case: str) -> None:
    y, labels, expected = BINARY[case]
    classes = BinaryClasses.of(y, 1)
    assert classes.labels == labels
    encoded = classes.encode(y, dtype="float64")
    assert encoded.dtype == np.float64
    np.testing.assert_array_equal(encoded, np.array(expected)[:, None])
    assert classes.decode(encoded).tolist() == [labels[i] for i in expected]
    assert BinaryClasses.from_json(json.loads(json.dumps(classes.to_json()))) == classes


def test_several_questions_at_once() -> None:
    y = np.array([[1, 0, 1], [0, 0, 0]])
    classes = BinaryClasses.of(y, 3)
    assert classes == BinaryClasses((0, 1), 3)
    np.testing.assert_array_equal(classes.encode(y), y)
    assert classes.encode(y > 0).dtype == np.float32
    np.testing.assert_array_equal(classes.decode(y), y)
    assert BinaryClasses.from_json(classes.to_json()) == classes


def test_probabilities_of_one_question() -> None:
    classes = BinaryClasses.of([0.1, 0.9, 1.0], 1)
    assert classes.labels == (0, 1)
    np.testing.assert_array_equal(classes.encode([0.1, 0.9], dtype="float64"), [[0.1], [0.9]])


def test_values() -> None:
    for y in (
        [1, 2],
        (1.0, 2.0),
        np.array([[1], [2]]),
        pd.Series([1, 2]),
        pl.Series([1, 2]),
        pl.DataFrame({"y": [1, 2]}),
    ):
        array = values(y, 1, "float32")
        assert array.dtype == np.float32
        assert array.flags.c_contiguous
        np.testing.assert_array_equal(array, [[1], [2]])
    frame = pd.DataFrame({"a": [1, 2], "b": [True, False]})
    np.testing.assert_array_equal(values(frame, 2, "float64"), [[1, 1], [2, 0]])
    assert values([1e300], 1, "float64")[0, 0] == 1e300


def test_counts() -> None:
    np.testing.assert_array_equal(counts([[0, 2.5]], 2, "float64"), [[0, 2.5]])
    with pytest.raises(DataError, match="y is negative at row 1"):
        counts([[0, 1], [2, -1]], 2, "float64")


@pytest.mark.parametrize("labels", [(), ("a", "a"), (1, True), (None,), (float("nan"), 1.0), (["a"],)])
def test_illegal_lists_of_labels(labels) -> None:
    with pytest.raises(ArgumentError):
        Classes(labels)


@pytest.mark.parametrize(
    "data", [{}, {"labels": None}, {"labels": []}, {"labels": [[1], [2]]}, {"labels": ["a", "a"]}, 3]
)
def test_descriptions_that_are_none(data) -> None:
    for kind in (Classes, BinaryClasses):
        with pytest.raises(ModelFileError, match="train and save it again"):
            kind.from_json(data)


def test_later_use_checks_the_columns() -> None:
    with pytest.raises(ShapeError, match="2 columns"):
        Classes((0, 1, 2)).encode([[0, 1]])
    with pytest.raises(ShapeError, match="one column"):
        BinaryClasses((0, 1), 3).encode([0, 1])

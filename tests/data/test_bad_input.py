"""Bad input, one line each: what is called, the kind of error, and what its one sentence must name.

Every sentence names the argument or the column, says where and what is wrong, and what to do.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
import torch

import chainrule as cr
from chainrule.data.arrays import as_features, as_sample_weight
from chainrule.data.table import TableEncoder, read_table, recognise_task, take_target
from chainrule.data.targets import BinaryClasses, Classes, counts, values
from chainrule.errors import ArgumentError, DataError, ShapeError

NAN, INF = float("nan"), float("inf")
DATES = np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[D]")
Case = tuple[Callable[[], object], type[ArgumentError], str]


def features(
    value: object, feature_shape: tuple[int, ...] | None = None, dtype: str = "float32"
) -> Callable[[], object]:
    return lambda: as_features(value, dtype=dtype, feature_shape=feature_shape)


SEQUENCES = [np.zeros((2, 3)), np.zeros((4, 3))]
OBJECTS = np.empty(2, dtype=object)
OBJECTS[:] = SEQUENCES
IMAGES = cr.Images(np.zeros((1, 4, 4, 3), np.uint8), np.array(["a"]), (Path("a.png"),), ("a",))


def pictures(*shape: int) -> Callable[[], object]:
    """Images of a shape where a network takes 16 × 20 pixels in colour."""
    return features(np.zeros(shape), (16, 20, 3))


SHAPES: dict[str, Case] = {
    "channels first": (pictures(5, 3, 16, 20), ShapeError, r"expected: put its axes .* transpose\(0, 2, 3, 1\)\.$"),
    "width first": (pictures(5, 20, 16, 3), ShapeError, r"transpose\(0, 2, 1, 3\)\.$"),
    "features first": (features(np.zeros((5, 4, 9)), (9, 4)), ShapeError, r"transpose\(0, 2, 1\)\.$"),
    "some axes flat": (pictures(5, 3, 320), ShapeError, r"expected: give the same features"),
    "another size": (pictures(5, 32, 40, 3), ShapeError, r"resize the images to 16 × 20 pixels, as cr.decode_images"),
    "gray": (pictures(5, 16, 20, 1), ShapeError, r"repeat the gray channel with np.repeat\(X, 3, axis=-1\)"),
    "gray without its axis": (pictures(5, 16, 20), ShapeError, r"np.repeat\(X\[..., None\], 3, axis=-1\)"),
    "transparency": (pictures(5, 16, 20, 4), ShapeError, r"leave the transparency out with X\[..., :3\]"),
    "colour for gray": (
        features(np.zeros((5, 8, 8, 3)), (8, 8, 1)),
        ShapeError,
        'images of 1 channel, as color="gray"',
    ),
    "no axis of channels": (features(np.zeros((5, 8, 8)), (8, 8, 1)), ShapeError, r"one channel with X\[..., None\]"),
    "a single image": (pictures(16, 20, 3), ShapeError, r"a single example: give X\[None\]"),
    "a single gray image": (features(np.zeros((8, 8)), (8, 8, 1)), ShapeError, r"give X\[None, ..., None\]"),
    "longer sequences": (
        features(np.zeros((5, 9, 4)), (7, 4)),
        ShapeError,
        r"pad or cut each to 7 steps with cr.pad_sequences\(sequences, length=7\)",
    ),
    "other sequences": (features(np.zeros((5, 9, 4)), (9, 5)), ShapeError, "give the same features, in the same order"),
    "texts": (features(["a good day", "bad"]), DataError, "X holds text at row 0 .*cr.Vocabulary .*cr.decode_images"),
    "an array of texts": (features(np.array(["good", "bad"])), DataError, "X holds text at row 0 .*cr.Vocabulary"),
    "a column of texts": (features(pd.Series(["good", None])), DataError, "X holds text at row 0 .*cr.Vocabulary"),
    "a missing text first": (features([None, "bad"]), DataError, "X holds text at row 1 .*cr.Vocabulary"),
    "paths": (features([Path("a.png"), Path("b.png")]), DataError, "X holds paths at row 0 .*cr.decode_images"),
    "unequal sequences": (features(SEQUENCES), DataError, "Row 1 of X has 4 values, .*cr.pad_sequences"),
    "unequal ids": (features([[1, 2], [3]]), DataError, "Row 1 of X has 1 value, .*cr.pad_sequences"),
    "objects that are sequences": (features(OBJECTS), DataError, "a sequence in each row, .*cr.pad_sequences"),
    "images with their labels": (
        features(IMAGES),
        DataError,
        "X is an object of type Images, .*: give images.X, and images.labels as y",
    ),
    "images in fit": (
        lambda: cr.Network(cr.Flatten(), cr.Dense(2)).fit(IMAGES, IMAGES.labels, loss="cross_entropy"),  # type: ignore[arg-type]
        DataError,
        "give images.X",
    ),
}

FEATURES: dict[str, Case] = {
    "None": (features(None), DataError, "X is missing: give a NumPy array"),
    "a number": (features(3.0), ShapeError, "X is a single number, .* reshape"),
    "0-d": (features(np.array(3)), ShapeError, "X is a single number"),
    "text": (features("iris.csv"), DataError, r"X is text \(str\), not data: .*chainrule train FILE"),
    "bytes": (features(b"abc"), DataError, "X is text"),
    "dictionary": (features({"a": [1]}), DataError, "X is a dictionary, .*: give .* pandas"),
    "set": (features({1, 2}), DataError, "X is a set"),
    "generator": (features(row for row in [[1]]), DataError, r"X is an iterator \(generator\), .*list"),
    "function": (features(len), DataError, "X is of type .*, which cannot be read as data: give"),
    "object": (features(object()), DataError, "X is of type .*, which cannot be read as data: give"),
    "lazy frame": (features(pl.LazyFrame({"a": [1]})), DataError, r"X is a polars LazyFrame.*collect\(\)"),
    "sparse matrix": (features(scipy.sparse.csr_matrix(np.eye(2))), DataError, r"X is a sparse matrix.*toarray\(\)"),
    "sparse array": (features(scipy.sparse.coo_array(np.eye(2))), DataError, r"X is a sparse matrix.*toarray\(\)"),
    "one dimension": (features([1.0, 2.0]), ShapeError, r"X has one dimension, shape \(2,\), .*reshape\(-1, 1\)"),
    "series": (features(pd.Series([1.0])), ShapeError, "X has one dimension"),
    "polars series": (features(pl.Series([1.0])), ShapeError, "X has one dimension"),
    "empty list": (features([]), DataError, "X is empty: give at least one example"),
    "no rows": (features(np.empty((0, 3))), DataError, r"X has no rows \(its shape is \(0, 3\)\): give at least one"),
    "no columns": (features(np.empty((3, 0))), DataError, "X has no columns"),
    "empty lists": (features([[], []]), DataError, "X has no columns"),
    "frame without rows": (features(pd.DataFrame({"a": []})), DataError, "X has no rows"),
    "frame without columns": (features(pd.DataFrame(index=[0, 1])), DataError, "X has no columns"),
    "polars without rows": (features(pl.DataFrame({"a": []})), DataError, "X has no rows"),
    "images without pixels": (features(np.empty((2, 0, 3))), DataError, "X has no columns"),
    "ragged": (features([[1, 2], [3]]), DataError, "Row 1 of X has 1 value, but row 0 has 2 values: every row"),
    "ragged, a number": (features([[1, 2], 3]), DataError, "Row 1 of X is a single value, but row 0 has 2"),
    "ragged inside": (features([[[1], [2]], [[1, 2], [3]]]), DataError, "X could not be read as an array"),
    "words": (features([[1.0, "red"]]), DataError, r"X holds text at row 0, column 1 \('red'\).*one-hot"),
    "digits as text": (features([["1", "2"]]), DataError, r"X holds text at row 0, column 0 \('1'\).*astype\(float\)"),
    "text array": (features(np.array([["a"]])), DataError, r"X holds text at row 0, column 0 \('a'\)"),
    "text column": (features(pd.DataFrame({"n": [1], "town": ["Rom"]})), DataError, r"row 0, column 'town' \('Rom'\)"),
    "text column, polars": (
        features(pl.DataFrame({"town": ["Rom"]})),
        DataError,
        r"X holds text at row 0, column 'town'",
    ),
    "text column, Arrow": (features(pa.table({"town": ["Rom"]})), DataError, r"X holds text at row 0, column 'town'"),
    "categories": (
        features(pd.DataFrame({"c": pd.Categorical(["u"])})),
        DataError,
        "X holds text at row 0, column 'c'",
    ),
    "a late word": (features(pd.DataFrame({"c": [1, None, "x"]}, dtype=object)), DataError, "row 2, column 'c'"),
    "bytes array": (features(np.array([[b"a"]])), DataError, "X holds bytes at row 0, column 0"),
    "dates": (features(DATES[:, None]), DataError, "X holds dates at row 0, column 0 .*days since"),
    "date column": (features(pd.DataFrame({"d": DATES})), DataError, "X holds dates at row 0, column 'd'"),
    "date objects": (features([[datetime.date(2024, 1, 1)]]), DataError, "X holds dates at row 0, column 0"),
    "durations": (features((DATES - DATES[0])[:, None]), DataError, "X holds durations"),
    "complex": (features([[1 + 2j]]), DataError, "X holds complex numbers at row 0, column 0 .*imaginary"),
    "records": (features(np.zeros((2, 1), dtype=[("a", "f4")])), DataError, "X holds records"),
    "objects": (features([[object()]]), DataError, "X holds objects at row 0, column 0"),
    "list column": (features(pl.DataFrame({"l": [[1], [2]]})), DataError, "column 'l'"),
    "bfloat16": (features(torch.zeros((2, 2), dtype=torch.bfloat16)), DataError, "X could not be read as an array"),
    "gradient wanted": (features(torch.zeros((2, 2), requires_grad=True)), DataError, "X could not be read.*grad"),
    "NaN": (features([[1, NAN]]), DataError, "X is NaN .* at row 0, column 1: fill it in"),
    "NaN in float64": (features([[1, NAN]], dtype="float64"), DataError, "X is NaN"),
    "None inside": (features([[1.0], [None]]), DataError, "X is NaN .* at row 1, column 0"),
    "infinity": (features([[1], [-INF]]), DataError, r"X is infinite \(-inf\) at row 1, column 0: replace it"),
    "NaN in an image": (features(np.full((1, 2, 2), NAN)), DataError, r"row 0, position \(0, 0\) \(4 of its values"),
    "too large": (features([[1e39]]), DataError, "X is 1e.39, too large for float32 at row 0, column 0: rescale"),
    "too large for float64": (features([[10**400]], dtype="float64"), DataError, "too large for float64 at row 0"),
    "too large in a frame": (
        features(pd.DataFrame({"a": [1e39]})),
        DataError,
        "too large for float32 at row 0, column 'a'",
    ),
    "fewer features": (features(np.ones((2, 3)), (4,)), ShapeError, "X has 3 features a row, but 4 are expected: give"),
    "frame with fewer": (features(pd.DataFrame({"a": [1]}), (2,)), ShapeError, "X has 1 feature a row, but 2 are"),
    "flat images": (
        features(np.ones((2, 64)), (8, 8)),
        ShapeError,
        r"X has rows of shape \(64,\).*reshape\(-1, 8, 8\)",
    ),
    "images for rows": (features(np.ones((2, 8, 8)), (64,)), ShapeError, r"reshape\(-1, 64\)"),
}


def weight(value: object, n: int = 2) -> Callable[[], object]:
    return lambda: as_sample_weight(value, n, "float32")


WEIGHTS: dict[str, Case] = {
    "None": (weight(None), DataError, "sample_weight is missing"),
    "a number": (weight(1.0), ShapeError, "sample_weight has shape .*one weight for each row"),
    "too few": (weight([1.0]), ShapeError, r"sample_weight has shape \(1,\), but 2 examples need shape \(2,\)"),
    "a matrix": (weight([[1.0], [1.0]]), ShapeError, "sample_weight has shape"),
    "negative": (weight([1, -2]), DataError, r"sample_weight is negative at row 1 \(-2\): a weight is 0 or more"),
    "NaN": (weight([1, NAN]), DataError, "sample_weight is NaN .* at row 1"),
    "infinite": (weight([INF, 1]), DataError, "sample_weight is infinite .* at row 0"),
    "too large": (weight([1e39, 1]), DataError, "sample_weight is 1e.39, too large"),
    "all zero": (weight([0, 0]), DataError, "sample_weight is 0 in every row as float32: at least one"),
    "all vanish": (weight([1e-300, 0]), DataError, "sample_weight is 0 in every row as float32"),
    "text": (weight(["a", "b"]), DataError, "sample_weight holds text at row 0"),
}


def classes(y: object, n_outputs: int = 2) -> Callable[[], object]:
    return lambda: Classes.of(y, n_outputs)


LABELS: dict[str, Case] = {
    "None": (classes(None), DataError, "y is missing"),
    "a number": (classes(1), ShapeError, "y is a single value: give one target for each row"),
    "text": (classes("ab"), DataError, "y is text"),
    "three dimensions": (classes(np.zeros((2, 2, 2))), ShapeError, "y has 3 dimensions"),
    "empty": (classes([]), DataError, "y is empty"),
    "no columns": (classes(np.empty((2, 0))), DataError, "y is empty"),
    "a gap": (classes(["a", None, "b"]), DataError, r"y has no label at row 1 \(None\): label that row"),
    "NaN": (classes([0.0, 1.0, NAN]), DataError, r"y has no label at row 2 \(nan\)"),
    "NaN among text": (classes(["a", NAN]), DataError, r"y has no label at row 1 \(nan\)"),
    "NA": (classes(pd.Series([1, None], dtype="Int64")), DataError, "y has no label at row 1"),
    "NA among text": (classes(pd.Series(["a", None])), DataError, "y has no label at row 1"),
    "null": (classes(pl.Series([True, None])), DataError, "y has no label at row 1"),
    "mixed": (classes(["a", 1]), DataError, r"y mixes text \('a' at row 0\) and numbers \(1 at row 1\).*astype"),
    "mixed with bools": (classes(np.array([True, "a"], dtype=object)), DataError, "y mixes truth values"),
    "fractions": (classes([0.5, 1.0]), DataError, r'y has 0.5 at row 0, .*use loss="squared_error"'),
    "infinite": (classes([0.0, INF]), DataError, "y has inf at row 1"),
    "dates": (classes(DATES), DataError, "y holds dates"),
    "bytes": (classes([b"a", b"b"]), DataError, "y holds bytes"),
    "complex": (classes([1j, 2j]), DataError, "y holds complex numbers"),
    "lists": (classes([[1], [1, 2]]), DataError, "Row 1 of y has 2 values"),
    "one class": (classes(["a", "a"]), DataError, "y has a single class, 'a': .*at least two classes"),
    "three for two": (classes(["a", "b", "c"]), DataError, r"3 different labels, 'a', 'b' and 'c', .*Dense\(3\)"),
    "two for three": (classes(["a", "b"], 3), DataError, r"2 different labels, .* ends in 3 units: .*Dense\(2\)"),
    "many": (classes(list(range(1, 100)), 10), DataError, r"99 different labels, 1, 2, 3, 4, 5 and 94 more"),
    "one output": (classes([0, 1], 1), DataError, "ends in 1 unit, .*binary_cross_entropy"),
    "other columns": (classes(np.eye(3), 2), ShapeError, r"y has 3 columns, .* 2 units: .*Dense\(3\)"),
    "no distribution": (classes([[1, 1], [0, 1]]), DataError, "y sums to 2 in row 0, .*binary_cross_entropy"),
    "an empty row": (classes([[1, 0], [0, 0]]), DataError, "y sums to 0 in row 1"),
    "a negative share": (classes([[1.5, -0.5]]), DataError, "y is 1.5 at row 0, column 0, .*between 0 and 1"),
    "NaN in a matrix": (classes([[NAN, 1]]), DataError, "y is NaN .* at row 0, column 0"),
    "a matrix of text": (classes([["a", "b"]]), DataError, "y holds text at row 0, column 0"),
    "unseen": (lambda: Classes((0, 1)).encode([0, 5, -1]), DataError, "y has 2 labels .* does not know, -1 and 5"),
    "unseen text": (lambda: Classes(("a", "b")).encode(["a", "c"]), DataError, r"a label .*, 'c' \(first at row 1\)"),
    "unseen kind": (lambda: Classes((0, 1)).encode(["0"]), DataError, "does not know, '0' .* trained with 0 and 1"),
}


def binary(y: object, n_outputs: int = 1) -> Callable[[], object]:
    return lambda: BinaryClasses.of(y, n_outputs)


BINARY: dict[str, Case] = {
    "one class": (binary([1, 1]), DataError, "y has a single class, 1"),
    "three classes": (binary([0, 1, 2]), DataError, r"3 different labels, 0, 1 and 2, .*Dense\(3\)"),
    "labels for two outputs": (binary([0, 1], 2), DataError, r"one label a row, .*Dense\(1\)"),
    "other columns": (binary([[0, 1]], 3), ShapeError, "y has 2 columns, but the network ends in 3 units"),
    "columns for one": (binary([[0, 1]], 1), ShapeError, "y has 2 columns, but the network ends in 1 unit:"),
    "no probability": (binary([[0, 2]], 2), DataError, "y is 2 at row 0, column 1, but a probability"),
    "fractions": (binary([0.5, 3.0]), DataError, "y has 0.5 at row 0"),
    "a gap": (binary([0, None]), DataError, "y has no label at row 1"),
    "unseen": (lambda: BinaryClasses(("a", "b")).encode(["c"]), DataError, "does not know, 'c'"),
}


def value(y: object, n_outputs: int = 1) -> Callable[[], object]:
    return lambda: values(y, n_outputs, "float32")


VALUES: dict[str, Case] = {
    "text": (value(["a", "b"]), DataError, r"y holds text \('a' at row 0\), .*cross_entropy"),
    "NaN": (value([1, NAN]), DataError, "y is NaN .* at row 1: "),
    "infinite": (value([[1, INF]], 2), DataError, "y is infinite .* at row 0, column 1"),
    "too large": (value([1e300]), DataError, "y is 1e.300, too large for float32 at row 0"),
    "null": (value(pl.Series([1, None])), DataError, "y is NaN .* at row 1"),
    "too few columns": (value([1, 2], 3), ShapeError, r"y has 1 value a row, .* 3 units: .*Dense\(1\)"),
    "too many columns": (value([[1, 2]], 1), ShapeError, r"y has 2 values a row, .* 1 unit: .*Dense\(2\)"),
    "dates": (value(DATES), DataError, "y holds dates at row 0"),
    "complex": (value([1j]), DataError, "y holds complex numbers"),
    "ragged": (value([[1], [1, 2]]), DataError, "Row 1 of y has 2 values"),
    "sparse": (value(scipy.sparse.csr_matrix([[1.0]])), DataError, "y is a sparse matrix"),
    "a negative count": (lambda: counts([3, -1], 1, "float32"), DataError, "y is negative at row 1, but a count"),
}

SMALL = pl.DataFrame(
    {"age": [1.0, 2.0], "town": ["a", "b"], "born": [datetime.date(2024, 1, 1), datetime.date(2024, 2, 1)]}
)
ENCODER = TableEncoder.learn(SMALL)


def encode(**columns: object) -> Callable[[], object]:
    return lambda: ENCODER.encode(SMALL.with_columns(**columns))


def target(column: list[object]) -> Callable[[], object]:
    return lambda: recognise_task(pl.Series("t", column))


TABLES: dict[str, Case] = {
    "no such target": (
        lambda: take_target(SMALL, "Town"),
        DataError,
        "no column 'Town' for the target; did you mean 'town'",
    ),
    "no target like it": (lambda: take_target(SMALL, "price"), DataError, "its columns are 'age', 'town' and 'born'"),
    "only the target": (lambda: take_target(SMALL.select("age"), "age"), DataError, "no column but the target 'age'"),
    "target all missing": (
        lambda: take_target(SMALL.with_columns(age=None), "age"),
        DataError,
        "'age' holds only missing",
    ),
    "target unknown": (target([None, None]), DataError, "'t' holds only missing values: choose another"),
    "constant target": (target([3, 3]), DataError, r"'t' is the same in every row \(3\): there is nothing to learn"),
    "dates as target": (target([datetime.date(2024, 1, 1)] * 2), DataError, "'t' is of type Date"),
    "lists as target": (target([[1], [2]]), DataError, "'t' is of type List"),
    "names as target": (
        target([f"n{i}" for i in range(30)]),
        DataError,
        "'t' is text with 30 different values in 30 rows",
    ),
    "no rows to learn": (lambda: TableEncoder.learn(SMALL.clear()), DataError, "no rows to learn from"),
    "nothing to learn": (
        lambda: TableEncoder.learn(pl.DataFrame({"c": [1, 1]})),
        DataError,
        "'c': left out",
    ),
    "only a target": (lambda: TableEncoder.learn(SMALL.select("age"), "age"), DataError, "there is no other column"),
    "no rows to encode": (lambda: ENCODER.encode(SMALL.clear()), DataError, "The table has no rows"),
    "a column is missing": (
        lambda: ENCODER.encode(SMALL.drop("age")),
        DataError,
        "no column 'age', which the model",
    ),
    "a renamed column": (
        lambda: ENCODER.encode(SMALL.rename({"age": "Age"})),
        DataError,
        "'age', .*did you mean 'Age'",
    ),
    "two are missing": (
        lambda: ENCODER.encode(SMALL.select("born")),
        DataError,
        r"no column 'age' \(nor 'town'\), which",
    ),
    "a word among numbers": (
        encode(age=pl.Series(["1", "old"])),
        DataError,
        r"'old' in row 1 \(counted from 0\)",
    ),
    "numbers became dates": (encode(age="born"), DataError, "'age' held numbers in training, but is of type Date"),
    "a number far out": (encode(age=pl.Series([1e300, 1.0])), DataError, r"'age' has 1e.300 in row 0 .*too far out"),
    "categories became lists": (encode(town=pl.Series([[1], [2]])), DataError, "'town' held categories .* List"),
    "dates became numbers": (encode(born="age"), DataError, "'born' held dates in training, but is of type Float64"),
    "no date": (
        encode(born=pl.Series(["2024-01-01", "soon"])),
        DataError,
        "'born' held dates .* 'soon' in row 1 .*2024-01-31",
    ),
}

PARQUET = b"PAR1 and then nothing that follows the format PAR1"
FILES: dict[str, tuple[str, str | bytes, str]] = {
    "empty": ("a.csv", "", "'.*a.csv' is empty: give a header line"),
    "only blank lines": ("a.csv", " \n\n\r\n", "is empty"),
    "only a BOM": ("a.csv", b"\xef\xbb\xbf", "is empty"),
    "only a header": ("a.csv", "a,b\n", "has a header but no rows: give at least one row"),
    "a short row": (
        "a.csv",
        "a,b\n1,2\n3\n",
        "Line 3 of '.*a.csv' has 1 field, but .* separated by commas",
    ),
    "a long row": ("a.csv", "a;b\n1;2\n3;4;5\n", "Line 3 of .* has 3 fields, but the header has 2: .*semicolons"),
    "a row after quoted lines": ("a.csv", 'a,b\n"x\ny",2\n3\n', "Line 4 of"),
    "twice the same name": ("a.csv", "a,b,a\n1,2,3\n", r"names two columns 'a' \(columns 1 and 3\): give each"),
    "numbers for names": ("a.csv", "1,2\n3,4\n", r"has no header: .* \('1' and '2'\); add a first line"),
    "values for names": ("a.csv", "5.1,3.5,1.4,0.2,setosa\n4.9,3.0,1.4,0.2,setosa\n", "has no header"),
    "an open quotation mark": ("a.csv", 'a,b\n1,2\n"3,4\n5,6\n', "record that begins on line 3: .*quotation mark"),
    "text after a quotation mark": ("a.csv", 'a,b\n"1"x,2\n', "record that begins on line 2"),
    "a huge field": ("a.csv", "a,b\n1," + "x" * 200_000 + "\n", "record that begins on line 2"),
    "PNG": ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not a CSV file: it holds binary data"),
    "pickle": ("a.csv", b"\x80\x04\x95\x1a\0\0\0\0\0\0\0}\x94.", "is not a CSV file"),
    "UTF-16 without its mark": ("a.csv", "a,b\n1,2\n".encode("utf-16-le"), "is not a CSV file"),
    "zip": ("a.csv", b"PK\x03\x04abc", "is a zip archive or an Excel workbook, not a CSV"),
    "old Excel": ("a.xls", b"\xd0\xcf\x11\xe0abc", "is an old Excel workbook"),
    "gzip": ("a.csv.gz", b"\x1f\x8b\x08", "is compressed by gzip, not a CSV file: unpack it"),
    "PDF": ("a.csv", b"%PDF-1.7\n", "is a PDF document"),
    "damaged Parquet": ("a.parquet", PARQUET, "is a damaged or unreadable Parquet file"),
    "not Parquet": ("a.parquet", "a,b\n1,2\n", "is not a Parquet file, though its name says so"),
}

GROUPS = {
    "X": FEATURES,
    "shape of X": SHAPES,
    "sample_weight": WEIGHTS,
    "y": LABELS,
    "y binary": BINARY,
    "y values": VALUES,
    "table": TABLES,
}
CASES = {f"{group}: {name}": case for group, cases in GROUPS.items() for name, case in cases.items()}


def check_sentence(message: str, pattern: str) -> None:
    assert re.search(pattern, message), message
    assert message.endswith((".", "?", ".)")), message
    assert message[0].isupper() or message[0] in "Xys'", message
    assert "\n" not in message
    assert len(message) < 400, message


@pytest.mark.parametrize("case", CASES)
def test_bad_input_gets_a_sentence(case: str) -> None:
    call, kind, pattern = CASES[case]
    with pytest.raises(ArgumentError) as caught:
        call()
    assert type(caught.value) is kind
    check_sentence(str(caught.value), pattern)


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_gets_a_sentence(case: str, tmp_path: Path) -> None:
    name, content, pattern = FILES[case]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        read_table(path)
    check_sentence(str(caught.value).replace(str(tmp_path), ""), pattern)


def test_paths_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("a,b\n1,2\n")
    for path, pattern in (
        (tmp_path, "is a folder"),
        (tmp_path / "Price.csv", r"There is no file .*did you mean '.*prices.csv'\?"),
        (tmp_path / "other.txt", "There is no file .*: check the name and the folder"),
        (tmp_path / "no folder" / "a.csv", "There is no file"),
        ("a\0b.csv", "There is no file|cannot be read"),
        ("x" * 5000, "cannot be read|There is no file"),
        ("/dev/null", "is not a regular file"),
    ):
        with pytest.raises(DataError, match=pattern):
            read_table(path)
    for path in (None, 5, b"a.csv"):
        with pytest.raises(ArgumentError, match="path must be the name of a CSV or Parquet file"):
            read_table(path)


def test_the_argument_is_called_what_the_caller_calls_it() -> None:
    for call in (
        lambda: as_features([[NAN]], dtype="float32", argument="X_val"),
        lambda: as_features(None, dtype="float32", argument="X_val"),
        lambda: as_features([1], dtype="float32", argument="X_val"),
        lambda: Classes.of([None, 1], 2, argument="X_val"),
        lambda: Classes((0, 1)).encode([3], argument="X_val"),
        lambda: BinaryClasses.of([[3, 1]], 2, argument="X_val"),
        lambda: values(["a"], 1, "float32", "X_val"),
        lambda: counts([-1], 1, "float32", "X_val"),
        lambda: as_sample_weight([-1], 1, "float32", "X_val"),
    ):
        with pytest.raises(ArgumentError, match="^X_val "):
            call()


def test_the_table_is_long_enough() -> None:
    assert len(CASES) + len(FILES) >= 60

"""Targets: labels, values and counts become what a loss needs, and what a network gives becomes labels again.

`Classes` belongs to cross entropy, `BinaryClasses` to binary cross entropy, `values` to squared error and its kin, `counts`
to the Poisson loss. What is learned about labels is a tuple of plain str, int, float or bool, so that it can be saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from chainrule.data.arrays import check_finite, converted, numbers_of, place
from chainrule.data.containers import Array, plural, reading_description, short
from chainrule.data.labels import (
    Label,
    array_of_labels,
    as_targets,
    label_column,
    label_ids,
    listed,
    plain_labels,
    unique_labels,
)
from chainrule.errors import ArgumentError, DataError, ShapeError

# How far from 1 the probabilities of a row may sum.
SUM_TOLERANCE = 1e-4


def _probabilities(matrix: Array, n_outputs: int, dtype: DTypeLike, argument: str) -> Array:
    """An (n, k) matrix of numbers from 0 to 1, one column an output."""
    if matrix.shape[1] != n_outputs:
        advice = f"give {n_outputs}, or end the network with Dense({matrix.shape[1]})"
        raise ShapeError(
            f"{argument} has {matrix.shape[1]} columns, but the network ends in {plural(n_outputs, 'unit')}: {advice}."
        )
    numeric = numbers_of(matrix, argument, place)
    array = np.ascontiguousarray(converted(numeric, dtype))
    check_finite(array, argument, None, lambda index: numeric[index])
    inside = (array >= 0) & (array <= 1 + SUM_TOLERANCE)
    if not inside.all():
        index = tuple(int(i) for i in np.unravel_index(int(np.argmin(inside)), array.shape))
        advice = 'for values use loss="squared_error"'
        raise DataError(
            f"{argument} is {short(matrix[index])} at {place(index)}, but a probability lies between 0 and 1: {advice}."
        )
    return array


# -------------------------------------------------------------------------------------------- cross entropy


@dataclass(frozen=True)
class Classes:
    """The labels of the classes, in the order of the network's outputs: output i is the score of `labels[i]`.

    >>> classes = Classes.of(["cat", "dog", "cat"], 2)
    >>> classes.encode(["dog", "cat"])
    array([1, 0], dtype=int32)
    >>> classes.decode([1, 1]).tolist()
    ['dog', 'dog']
    """

    labels: tuple[Label, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", plain_labels(self.labels, "labels"))
        if not self.labels:
            raise ArgumentError("labels is empty: name at least one class.")

    @classmethod
    def of(cls, y: Any, n_outputs: int, *, allow_single: bool = False, argument: str = "y") -> Classes:
        """The classes in `y` for a network with `n_outputs` outputs.

        * A matrix of n_outputs columns (one-hot, or probabilities that sum to 1) has the classes 0 to n_outputs − 1.
        * Whole numbers that all lie in 0 to n_outputs − 1 mean the classes of those numbers, also those that do not occur;
          truth values with two outputs mean False and True.
        * Otherwise the classes are the different labels in rising order, of which there must be n_outputs.

        Whole numbers given as floats keep that type. Raises `DataError` if the labels do not fit the outputs or, unless
        `allow_single` (an online learner sees one example at a time), if there is only one class in `y`.
        """
        _check_outputs(n_outputs)
        targets = as_targets(y, argument)
        if targets.ndim == 2:
            matrix = _one_hot(targets, n_outputs, np.float64, argument)
            present: list[Label] = (
                np.unique(np.argmax(matrix, axis=1)).tolist() if (matrix.max(axis=1) == 1).all() else [0, 1]
            )
            labels: Sequence[Label] = range(n_outputs)
        else:
            column = label_column(targets, argument)
            present = unique_labels(column)
            labels = _labels_for(present, column.dtype.kind, n_outputs)
        if len(present) == 1 and not allow_single:
            advice = "there is nothing to tell apart; give examples of at least two classes"
            raise DataError(f"{argument} has a single class, {short(present[0])}: {advice}.")
        if len(labels) != n_outputs:
            what = f"{len(labels)} different labels" if len(labels) > 1 else "1 label"
            advice = f"end the network with Dense({len(labels)})"
            if allow_single and len(labels) < n_outputs:  # there may be more to come
                advice = "name all labels that can come, by classes=[...]"
            raise DataError(
                f"{argument} has {what}, {listed(labels)}, but the network ends in {n_outputs} units: {advice}."
            )
        return cls(tuple(labels))

    @cached_property
    def _plain(self) -> bool:
        """Whether the labels are the numbers 0, 1, 2, ... themselves."""
        return self.labels == tuple(range(len(self.labels)))

    def encode(self, y: Any, *, dtype: DTypeLike = "float32", argument: str = "y") -> Array:
        """Labels as int32 numbers of classes, shape (n,); a matrix of probabilities as floats of `dtype`, shape (n, k).

        Raises `DataError` for a label that is not among `labels`, and for rows of a matrix that do not sum to 1.
        """
        targets = as_targets(y, argument)
        if targets.ndim == 2:
            return _one_hot(targets, len(self.labels), dtype, argument)
        if self._plain and targets.dtype.kind in "iu" and targets.min() >= 0 and targets.max() < len(self.labels):
            return targets.astype(np.int32)
        return label_ids(self.labels, label_column(targets, argument), argument)

    def decode(self, ids: Any) -> Array:
        """The labels of an array of class numbers, in an array of the labels' own kind and the same shape."""
        return np.asarray(array_of_labels(self.labels)[np.asarray(ids)])

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes an equal object."""
        return {"labels": list(self.labels)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Classes:
        """The object that `to_json` described; raises `ModelFileError` if the data describes none."""
        with reading_description("its classes"):
            return cls(tuple(data["labels"]))


def _check_outputs(n_outputs: int) -> None:
    if n_outputs < 2:
        advice = 'end it with one unit for each class, or use loss="binary_cross_entropy"'
        raise DataError(f"The network ends in 1 unit, but cross entropy needs one for each class: {advice}.")


def _labels_for(present: list[Label], kind: str, n_outputs: int) -> Sequence[Label]:
    """The rule of `Classes.of` for a column whose different labels are `present`."""
    if kind == "b" and n_outputs == 2:
        return (False, True)
    if kind in "iuf" and 0 <= present[0] and present[-1] <= n_outputs - 1:  # type: ignore[operator]
        return [float(i) for i in range(n_outputs)] if kind == "f" else range(n_outputs)
    return present


def _one_hot(matrix: Array, n_outputs: int, dtype: DTypeLike, argument: str) -> Array:
    """A matrix of which each row is one-hot or a distribution over the classes."""
    array = _probabilities(matrix, n_outputs, dtype, argument)
    sums = array.sum(axis=1, dtype=np.float64)
    wrong = np.abs(sums - 1) > SUM_TOLERANCE
    if wrong.any():
        row = int(np.argmax(wrong))
        advice = 'rescale the row, or use loss="binary_cross_entropy" if several classes can be true at once'
        raise DataError(
            f"{argument} sums to {sums[row]:g} in row {row}, but the probabilities of a row sum to 1: {advice}."
        )
    return array


# ------------------------------------------------------------------------------------- binary cross entropy


@dataclass(frozen=True)
class BinaryClasses:
    """What the outputs of a network with binary cross entropy mean.

    With one output, `labels` are the two labels: the output is the probability of the second. With more, each output
    answers its own question, 1 for yes.

    >>> classes = BinaryClasses.of(["no", "yes", "no"], 1)
    >>> classes.encode(["yes", "no"])
    array([[1.],
           [0.]], dtype=float32)
    >>> classes.decode([[1], [0]]).tolist()
    ['yes', 'no']
    """

    labels: tuple[Label, ...] = (0, 1)
    n_outputs: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", plain_labels(self.labels, "labels"))
        if len(self.labels) != 2:
            raise ArgumentError(f"labels has {len(self.labels)} labels, but a yes-or-no question has two.")

    @classmethod
    def of(cls, y: Any, n_outputs: int, *, allow_single: bool = False, argument: str = "y") -> BinaryClasses:
        """The classes in `y`: two labels or probabilities for one output, a matrix of n_outputs columns for more.

        The lesser of the two labels is 0 and the greater 1. Raises `DataError` for another number of labels; a single
        label is let pass with `allow_single` if it is 0, 1 or a truth value.
        """
        targets = as_targets(y, argument)
        if targets.ndim == 2:
            _probabilities(targets, n_outputs, np.float64, argument)
            return cls((0, 1), n_outputs)
        if n_outputs != 1:
            advice = f'give {n_outputs} columns of 0 and 1, end the network with Dense(1), or use loss="cross_entropy"'
            raise DataError(f"{argument} has one label a row, but the network ends in {n_outputs} units: {advice}.")
        if _is_soft(targets):
            _probabilities(targets[:, None], 1, np.float64, argument)
            return cls()
        column = label_column(targets, argument)
        present = unique_labels(column)
        binary = (False, True) if column.dtype.kind == "b" else (0.0, 1.0) if column.dtype.kind == "f" else (0, 1)
        if len(present) == 1 and not (allow_single and present[0] in binary):
            advice = "there is nothing to tell apart; give examples of both"
            raise DataError(f"{argument} has a single class, {short(present[0])}: {advice}.")
        if len(present) > 2:
            advice = f'end the network with Dense({len(present)}) and use loss="cross_entropy"'
            raise DataError(
                f"{argument} has {len(present)} different labels, {listed(present)}, but one output tells two apart: {advice}."
            )
        return cls(tuple(present) if len(present) == 2 else binary)

    def encode(self, y: Any, *, dtype: DTypeLike = "float32", argument: str = "y") -> Array:
        """0 for the first label and 1 for the second, or probabilities as they are: floats of shape (n, n_outputs)."""
        targets = as_targets(y, argument)
        if targets.ndim == 2:
            return _probabilities(targets, self.n_outputs, dtype, argument)
        if self.n_outputs > 1:
            raise ShapeError(
                f"{argument} has one column, but the network ends in {self.n_outputs} units: give one for each."
            )
        if _is_soft(targets):
            return _probabilities(targets[:, None], 1, dtype, argument)
        return label_ids(self.labels, label_column(targets, argument), argument).astype(dtype)[:, None]

    def decode(self, ids: Any) -> Array:
        """The labels of 0s and 1s: shape (n,) for one output, (n, k) for more."""
        array = np.asarray(ids)
        flat = array.reshape(-1) if self.n_outputs == 1 else array
        return np.asarray(array_of_labels(self.labels)[flat.astype(np.intp)])

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes an equal object."""
        return {"labels": list(self.labels), "n_outputs": self.n_outputs}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> BinaryClasses:
        """The object that `to_json` described; raises `ModelFileError` if the data describes none."""
        with reading_description("its classes"):
            return cls(tuple(data["labels"]), int(data["n_outputs"]))


def _is_soft(column: Array) -> bool:
    """Whether a column holds probabilities: finite floats from 0 to 1, at least one of them between."""
    if column.dtype.kind != "f" or not np.isfinite(column).all():
        return False
    return bool(((column > 0) & (column < 1)).any() and column.min() >= 0 and column.max() <= 1)


# ------------------------------------------------------------------------------------------ values and counts


def values(y: Any, n_outputs: int, dtype: DTypeLike, argument: str = "y") -> NDArray[np.floating[Any]]:
    """Targets of a regression as finite floats of shape (n, n_outputs); a column (n,) is enough for one output.

    Raises `ShapeError` for another number of columns, and `DataError` for text, a NaN, an infinity or a number that is
    too large for `dtype`, with its row.

    >>> values([1, 2], 1, "float32")
    array([[1.],
           [2.]], dtype=float32)
    """
    targets = as_targets(y, argument)
    if targets.dtype.kind in "UTSO" and isinstance(first := targets.flat[0], str):
        advice = 'for labels use loss="cross_entropy", and turn numbers that are text into numbers with astype(float)'
        raise DataError(f"{argument} holds text ({short(first)} at row 0), but this loss needs numbers: {advice}.")
    matrix = targets[:, None] if targets.ndim == 1 else targets
    if matrix.shape[1] != n_outputs:
        came, units = plural(matrix.shape[1], "value"), plural(n_outputs, "unit")
        advice = f"give {n_outputs}, or end the network with Dense({matrix.shape[1]})"
        raise ShapeError(f"{argument} has {came} a row, but the network ends in {units}: {advice}.")
    numeric = numbers_of(targets, argument, place)
    array = np.ascontiguousarray(converted(numeric, dtype))
    check_finite(array, argument, None, lambda index: numeric[index])
    return array.reshape(matrix.shape)


def counts(y: Any, n_outputs: int, dtype: DTypeLike, argument: str = "y") -> NDArray[np.floating[Any]]:
    """Targets of a Poisson regression: as `values`, and none negative.

    >>> counts([0, 3], 1, "float32").tolist()
    [[0.0], [3.0]]
    """
    array = values(y, n_outputs, dtype, argument)
    if (array < 0).any():
        row = int(np.argmax((array < 0).any(axis=1)))
        advice = 'use loss="squared_error" for values that can be negative'
        raise DataError(f"{argument} is negative at row {row}, but a count is 0 or more: {advice}.")
    return array

"""Splits: exact sizes, the same for the same seed, classes in proportion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedShuffleSplit

from chainrule.data.bundled import bundled
from chainrule.data.split import split
from chainrule.errors import ArgumentError, DataError, ShapeError


@settings(max_examples=100)
@given(st.integers(2, 300), st.floats(0.01, 0.99), st.integers(0, 2**32 - 1), st.data())
def test_two_sides_make_the_whole(n, fraction, seed, data) -> None:
    expected = int(np.floor(n * fraction + 0.5))
    assume(0 < expected < n)
    labels = data.draw(st.none() | st.lists(st.integers(-2, 5), min_size=n, max_size=n))
    kept, held = split(n, fraction, seed=seed, labels=labels)
    assert kept.dtype == held.dtype == np.int64
    assert len(held) == expected
    assert np.all(np.diff(kept) > 0)
    assert np.all(np.diff(held) > 0)
    np.testing.assert_array_equal(np.sort(np.concatenate([kept, held])), np.arange(n))
    again = split(n, fraction, seed=seed, labels=labels)
    np.testing.assert_array_equal(held, again[1])


@settings(max_examples=100)
@given(st.lists(st.integers(1, 40), min_size=2, max_size=8), st.floats(0.05, 0.95), st.integers(0, 1000))
def test_each_class_is_on_both_sides_where_possible(sizes, fraction, seed) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    n = len(labels)
    expected = int(np.floor(n * fraction + 0.5))
    able = sum(size > 1 for size in sizes)
    assume(0 < expected < n)
    kept, held = split(n, fraction, seed=seed, labels=labels)
    on_held = np.bincount(labels[held], minlength=len(sizes))
    on_kept = np.bincount(labels[kept], minlength=len(sizes))
    if able <= expected <= sum(size - 1 for size in sizes if size > 1):
        for size, here, there in zip(sizes, on_held, on_kept, strict=True):
            assert there >= 1
            assert here >= (size > 1)
    elif expected < able:
        assert on_held.max() == 1
        assert min(np.array(sizes)[on_held == 1]) >= max([0, *np.array(sizes)[on_held == 0]])


@pytest.mark.parametrize("name", ["digits", "iris", "wine", "breast_cancer"])
def test_proportions_agree_with_scikit_learn(name: str) -> None:
    y = bundled(name).y
    _, held = split(len(y), 0.25, seed=3, labels=y)
    oracle = StratifiedShuffleSplit(1, test_size=len(held), random_state=0)
    _, theirs = next(oracle.split(np.zeros(len(y)), y))
    assert np.abs(np.bincount(y[held]) - np.bincount(y[theirs])).max() <= 1
    assert np.abs(np.bincount(y[held]) / np.bincount(y) - 0.25).max() < 0.02


def test_seeds_differ_and_rows_are_spread() -> None:
    helds = [split(1000, 0.2, seed=seed)[1] for seed in range(50)]
    assert len({held.tobytes() for held in helds}) == 50
    often = np.bincount(np.concatenate(helds), minlength=1000)
    assert 9 < often.mean() < 11
    assert often.max() < 25


def test_time_order_is_broken_up() -> None:
    _, held = split(1000, 0.1, seed=0)
    assert held.min() < 100
    assert held.max() > 900


def test_fixed_for_good() -> None:
    """By hand: permutation(12, seed=7, stream=SPLIT) is 7 6 5 0 3 10 11 9 8 2 1 4."""
    assert split(12, 0.25, seed=7)[1].tolist() == [5, 6, 7]
    # 1.5 rows of each class: the first class gets the odd one.
    assert split(12, 0.25, seed=7, labels=[0] * 6 + [1] * 6)[1].tolist() == [0, 5, 7]


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan"), "0.1", True, None])
def test_fractions_that_are_none(fraction) -> None:
    with pytest.raises(ArgumentError, match="validation must be a finite number above 0 and below 1"):
        split(10, fraction, seed=0)


def test_both_sides_need_a_row() -> None:
    with pytest.raises(DataError, match="validation=0.1 of 3 rows leaves none to hold out: give a larger fraction"):
        split(3, 0.1, seed=0)
    with pytest.raises(DataError, match="held_out=0.9 of 3 rows leaves none to train on: give a smaller fraction"):
        split(3, 0.9, seed=0, argument="held_out")
    with pytest.raises(DataError, match="of 1 row leaves"):
        split(1, 0.5, seed=0)
    with pytest.raises(ShapeError, match="labels has shape"):
        split(3, 0.5, seed=0, labels=[0, 1])
    with pytest.raises(ArgumentError, match="seed"):
        split(3, 0.5, seed=-1)

"""Random numbers: the published answers of Philox4x32-10, the distributions, and streams that do not repeat each other."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from chainrule import random
from chainrule.errors import ArgumentError
from oracles import philox4x32_10

# Key, counter and answer, from the known-answer tests that the authors of Philox distribute with Random123 (kat_vectors).
KNOWN_ANSWERS = [
    ((0, 0), (0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 4, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0xA4093822, 0x299F31D0),
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]

STREAMS = {name: getattr(random, name) for name in ("DROPOUT", "SHUFFLE", "SPLIT", "INIT")}


@pytest.mark.parametrize(("key", "counter", "answer"), KNOWN_ANSWERS)
def test_known_answers(key: tuple[int, int], counter: tuple[int, int, int, int], answer: tuple[int, ...]) -> None:
    assert tuple(random.philox4x32(key, counter).tolist()) == answer
    assert tuple(philox4x32_10(key, counter)) == answer  # the tests' own version, which others are compared with


def test_against_whole_numbers_of_python() -> None:
    rng = np.random.default_rng(1)
    for words in rng.integers(0, 2**32, size=(100, 6)).tolist():
        key, counter = tuple(words[:2]), tuple(words[2:])
        assert random.philox4x32(key, counter).tolist() == philox4x32_10(key, counter)


def test_counters_broadcast() -> None:
    words = random.philox4x32((1, 2), (np.arange(5), 3, np.array([[6], [7]]), 0))
    assert words.shape == (2, 5, 4)
    assert words.dtype == np.uint32
    assert words[1, 4].tolist() == random.philox4x32((1, 2), (4, 3, 7, 0)).tolist()


def test_the_counter_is_block_then_three_words() -> None:
    words = random.words(11, seed=5, stream=2, counter=(7, 8, 9))
    assert words.tolist() == [word for block in range(3) for word in philox4x32_10((5, 2), (block, 7, 8, 9))][:11]
    assert np.array_equal(random.words(3, 5, 2, (7, 8, 9)), words[:3])
    assert random.words(0, 5, 2).shape == (0,)


def test_uniform_numbers_are_made_of_52_bits() -> None:
    first, second = random.words(2, seed=3, stream=random.INIT).tolist()
    bits = (first * 2**32 + second) >> 12
    assert random.uniform((), 3, random.INIT) == (bits + 0.5) / 2**52


def test_neither_0_nor_1_comes_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even from the smallest and the largest words."""
    for word, expected in ((0, 2.0**-53), (2**32 - 1, 1 - 2.0**-53)):
        monkeypatch.setattr(random, "words", lambda n, *_, word=word: np.full(n, word, np.uint32))
        assert random.uniform((2,), 0, 0).tolist() == [expected] * 2
        assert 0 < expected < 1
        assert np.isfinite(random.normal((2,), 0, 0)).all()


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_uniform_numbers_are_uniform(seed: int) -> None:
    x = random.uniform((100, 500), seed, random.INIT)
    assert x.shape == (100, 500)
    assert stats.kstest(x.ravel(), "uniform").pvalue > 0.01
    pairs = np.histogram2d(x[:, :-1].ravel(), x[:, 1:].ravel(), bins=20, range=[(0, 1), (0, 1)])[0]
    assert stats.chisquare(pairs.ravel()).pvalue > 0.01  # neighbours do not depend on each other


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_normal_numbers_are_normal(seed: int) -> None:
    x = random.normal((50_000,), seed, random.INIT)
    assert stats.kstest(x, "norm").pvalue > 0.01
    assert stats.kstest(x[:-1] * x[1:], lambda p: _product(p)).pvalue > 0.01
    assert abs(stats.kurtosis(x)) < 0.1


def _product(x: np.ndarray) -> np.ndarray:
    """The distribution function of the product of two independent normal numbers, from its density K₀(|x|)/π."""
    from scipy.integrate import cumulative_trapezoid
    from scipy.special import k0

    grid = np.linspace(0, 40, 400_001)[1:]
    half = cumulative_trapezoid(k0(grid) / np.pi, grid, initial=0)
    half += 0.5 - half[-1]
    return 0.5 + np.sign(x) * np.interp(np.abs(x), grid, half)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 1000])
def test_a_permutation_holds_every_number_once(n: int) -> None:
    order = random.permutation(n, seed=4, stream=random.SHUFFLE)
    assert order.dtype == np.int64
    assert sorted(order.tolist()) == list(range(n))


@pytest.mark.parametrize("n", [0, 1, 5, 64, 1001])
def test_an_order_is_the_numbers_sorted_by_a_word_each(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many orders are made at once, and in how many parts."""
    monkeypatch.setattr(random, "_AT_ONCE", 300)
    counters = [(0, 0), (5, 0), (2**32 - 1, 7), (9, 2**32 - 1), *((epoch, 1) for epoch in range(7))]
    together = random.shuffled(np.arange(n), 3, random.SHUFFLE, counters)
    assert together.shape == (11, n)
    for counter, order in zip(counters, together, strict=True):
        words = [w for block in range(-(-n // 4)) for w in philox4x32_10((3, random.SHUFFLE), (block, 0, *counter))]
        assert order.tolist() == sorted(range(n), key=lambda i: (words[i], i))
        assert random.permutation(n, 3, random.SHUFFLE, counter).tolist() == order.tolist()
    rising = 7 + np.arange(n) ** 2
    assert np.array_equal(random.shuffled(rising, 3, random.SHUFFLE, counters), rising[together])
    assert random.shuffled(rising, 3, random.SHUFFLE, []).shape == (0, n)


def test_permutations_have_no_bias() -> None:
    """All 24 orders of four numbers come up equally often, over 12,000 epochs and over 12,000 seeds."""
    place = {order: i for i, order in enumerate(itertools.permutations(range(4)))}
    draws = {
        "epochs": (random.permutation(4, 9, random.SHUFFLE, (epoch, 0)) for epoch in range(12_000)),
        "seeds": (random.permutation(4, seed, random.SHUFFLE) for seed in range(12_000)),
    }
    for name, orders in draws.items():
        counts = np.bincount([place[tuple(order.tolist())] for order in orders], minlength=math.factorial(4))
        assert stats.chisquare(counts).pvalue > 0.01, name


def test_a_long_permutation_has_no_bias() -> None:
    """Every number is in every tenth of the order equally often."""
    n, repeats = 100, 400
    counts = np.zeros((n, 10))
    for epoch in range(repeats):
        counts[random.permutation(n, 1, random.SHUFFLE, (epoch, 0)), np.arange(n) // 10] += 1
    assert stats.chisquare(counts.ravel()).pvalue > 0.01


def test_equal_words_are_ordered_by_the_number_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = np.array([[5, 5, 2, 5], [2, 9, 9, 9]], np.uint64)
    monkeypatch.setattr(random, "_rounds", lambda key, counter: list(blocks.T[:, None]))
    assert random.permutation(5, 0, 0).tolist() == [2, 4, 0, 1, 3]


def test_streams_seeds_and_counters_differ() -> None:
    assert len(set(STREAMS.values())) == len(STREAMS)
    draws = {
        **{f"stream {name}": random.words(64, 0, stream) for name, stream in STREAMS.items()},
        **{f"seed {seed}": random.words(64, seed, 0) for seed in (1, 2, 2**31, 2**32 - 1)},
        **{
            f"counter {counter}": random.words(64, 0, 0, counter)
            for counter in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0))
        },
    }
    for (name, a), (other, b) in itertools.combinations(draws.items(), 2):
        assert np.count_nonzero(a == b) <= 1, (name, other)


def test_the_same_draw_whoever_asks() -> None:
    assert np.array_equal(random.normal((3, 4), 1, random.INIT), random.normal((12,), 1, random.INIT).reshape(3, 4))
    assert np.array_equal(random.uniform((4,), 1, random.INIT), random.uniform((9,), 1, random.INIT)[:4])
    for draw in (random.uniform, random.normal):
        assert draw((0, 3), 1, random.INIT).shape == (0, 3)
        assert draw((), 1, random.INIT).shape == ()


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1, np.int64(3)])
def test_good_seeds(seed: int) -> None:
    assert random.check_seed(seed) == seed
    assert type(random.check_seed(seed)) is int


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "0", None, True, np.nan])
def test_bad_seeds(seed: object) -> None:
    with pytest.raises(ArgumentError, match="seed must be a whole number at least 0 and at most 4,294,967,295, but is"):
        random.check_seed(seed)

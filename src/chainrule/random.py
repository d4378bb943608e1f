"""Counter-based random numbers: the same draw for the same key and counter, whoever asks and in whatever order.

Philox4x32-10 maps a key of two 32-bit words and a counter of four to four random 32-bit words. Nothing is stored between
draws, so masks, shuffles and initial weights are the same on every backend, for any number of threads and after any resume.
The key is (seed, stream), where the stream says what the numbers are for; the counter is (block, layer, step, epoch).
Changing any of this changes every seeded result, so it is fixed for good.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import check_number

# What the numbers of a stream are for.
DROPOUT, SHUFFLE, SPLIT, INIT = range(4)

Words = NDArray[np.uint32]

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_APART = 72  # numbers between arrays that are used together
_AT_ONCE = 1 << 16  # numbers that are put in order together, so that the cache holds them


def philox4x32(key: tuple[int, int], counter: tuple[object, object, object, object]) -> Words:
    """Four random words for each counter: an array of shape (..., 4).

    Each of the four counter words is an integer or an array of integers below 2³²; they broadcast against each other.

    >>> [hex(int(word)) for word in philox4x32((0, 0), (0, 0, 0, 0))]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    return np.stack(_rounds(key, counter), axis=-1).astype(np.uint32)


def _rounds(key: tuple[int, int], counter: tuple[object, object, object, object]) -> list[NDArray[np.uint64]]:
    """The four random words for each counter, each an array of 64-bit numbers below 2³².

    All is computed in place, in memory that no power of two divides, so that the cache holds the same part of each.
    """
    given = [np.asarray(word, dtype=np.uint64) for word in counter]
    shape = np.broadcast_shapes(*(word.shape for word in given))
    size = math.prod(shape)
    c0, c1, c2, c3, free = (line[:size] for line in np.empty((5, size + _APART), np.uint64))
    for line, word in zip((c0, c1, c2, c3), given, strict=True):
        line.reshape(shape)[...] = word
    k0, k1 = int(key[0]), int(key[1])
    for _ in range(10):
        c0 *= _MULTIPLIERS[0]
        c2 *= _MULTIPLIERS[1]
        np.right_shift(c2, _HALF, out=free)  # (c2 >> 32) ^ c1 ^ k0
        free ^= c1
        free ^= np.uint64(k0)
        c2 &= _LOW
        np.right_shift(c0, _HALF, out=c1)  # (c0 >> 32) ^ c3 ^ k1
        c1 ^= c3
        c1 ^= np.uint64(k1)
        c0 &= _LOW
        c0, c1, c2, c3, free = free, c2, c1, c0, c3
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return [word.reshape(shape) for word in (c0, c1, c2, c3)]


def words(n: int, seed: int, stream: int, counter: tuple[int, int, int] = (0, 0, 0)) -> Words:
    """The first `n` words of a stream: word i is word i mod 4 of block i div 4, at the counter (block, *counter)."""
    blocks = np.arange(-(-n // 4), dtype=np.uint64)
    return philox4x32((seed, stream), (blocks, *counter)).reshape(-1)[:n]


def uniform(
    shape: tuple[int, ...], seed: int, stream: int, counter: tuple[int, int, int] = (0, 0, 0)
) -> NDArray[np.float64]:
    """Numbers spread evenly over the open interval (0, 1), in float64.

    Each takes two words: (52 random bits + ½) / 2⁵², which float64 holds exactly, so that neither 0 nor 1 comes up.

    >>> uniform((3,), seed=0, stream=INIT).round(3)
    array([0.575, 0.119, 0.842])
    """
    n = math.prod(shape)
    pairs = words(2 * n, seed, stream, counter).astype(np.uint64).reshape(n, 2)
    bits = (pairs[:, 0] << np.uint64(20)) | (pairs[:, 1] >> np.uint64(12))
    return ((bits.astype(np.float64) + 0.5) * 2.0**-52).reshape(shape)


def normal(
    shape: tuple[int, ...], seed: int, stream: int, counter: tuple[int, int, int] = (0, 0, 0)
) -> NDArray[np.float64]:
    """Standard normal numbers by the Box-Muller transform: √(−2 ln u) · cos(2πv).

    Source: Box, Muller, "A note on the generation of random normal deviates", 1958.

    >>> normal((3,), seed=0, stream=INIT).round(3)
    array([-1.05 , -1.907,  0.497])
    """
    u, v = uniform((2, math.prod(shape)), seed, stream, counter)
    deviates: NDArray[np.float64] = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)
    return deviates.reshape(shape)


def permutation(n: int, seed: int, stream: int, counter: tuple[int, int] = (0, 0)) -> NDArray[np.int64]:
    """A random order of the numbers 0 to n − 1: they are sorted by one random word each, equal words by the number itself.

    >>> permutation(6, seed=0, stream=SHUFFLE)
    array([2, 5, 4, 3, 1, 0])
    """
    return shuffled(np.arange(n), seed, stream, [counter]).reshape(-1)


def shuffled(
    numbers: NDArray[np.int64], seed: int, stream: int, counters: Sequence[tuple[int, int]]
) -> NDArray[np.int64]:
    """Rising numbers from 0 to 2³² − 1 in the random order of each counter, one a row: numbers[permutation(n, ...)].

    >>> shuffled(np.array([5, 6, 8, 9]), 0, SHUFFLE, [(epoch, 0) for epoch in range(3)])
    array([[8, 9, 6, 5],
           [8, 6, 5, 9],
           [6, 5, 9, 8]])
    """
    n = len(numbers)
    found = np.empty((len(counters), n), np.int64)
    low, blocks = numbers.astype(np.uint64), np.arange(-(-n // 4), dtype=np.uint64)
    at_once = max(1, _AT_ONCE // max(n, 1))
    for start in range(0, len(counters), at_once):
        ranks = found[start : start + at_once].view(np.uint64)
        last = np.array(counters[start : start + at_once], np.uint64)
        for i, word in enumerate(_rounds((seed, stream), (blocks, 0, last[:, :1], last[:, 1:]))):
            ranks[:, i::4] = word[:, : len(low[i::4])]
        ranks <<= _HALF
        ranks |= low
        ranks.sort(axis=-1)
        ranks &= _LOW
    return found


def check_seed(seed: object) -> int:
    """Return `seed` if it is a whole number from 0 to 2³² − 1, which is what a key holds; otherwise raise `ArgumentError`."""
    return int(check_number("seed", seed, low=0, high=2**32 - 1, integer=True))

"""Counter-based random numbers: the same draw for the same key and counter, whoever asks and in whatever order.

Philox4x32-10 maps a key of two 32-bit words and a counter of four to four random 32-bit words. Nothing is stored between
draws, so masks, shuffles and initial weights are the same on every backend, for any number of threads and after any resume.
The key is (seed, stream), where the stream says what the numbers are for; the counter is (block, layer, step, epoch).
Changing any of this changes every seeded result, so it is fixed for good.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import check_number

# What the numbers of a stream are for.
DROPOUT, SHUFFLE, SPLIT, INIT = range(4)

Words = NDArray[np.uint32]

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)


def philox4x32(key: tuple[int, int], counter: tuple[object, object, object, object]) -> Words:
    """Four random words for each counter: an array of shape (..., 4).

    Each of the four counter words is an integer or an array of integers below 2³²; they broadcast against each other.

    >>> [hex(int(word)) for word in philox4x32((0, 0), (0, 0, 0, 0))]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    c0, c1, c2, c3 = (np.asarray(word, dtype=np.uint64) for word in counter)
    k0, k1 = int(key[0]), int(key[1])
    shift = np.uint64(32)
    for _ in range(10):
        p0, p1 = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (p1 >> shift) ^ c1 ^ np.uint64(k0), p1 & _LOW, (p0 >> shift) ^ c3 ^ np.uint64(k1), p0 & _LOW
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return np.stack(np.broadcast_arrays(c0, c1, c2, c3), axis=-1).astype(np.uint32)


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
    ranks = words(n, seed, stream, (0, *counter)).astype(np.uint64) << np.uint64(32)
    return (np.sort(ranks | np.arange(n, dtype=np.uint64)) & _LOW).astype(np.int64)


def check_seed(seed: object) -> int:
    """Return `seed` if it is a whole number from 0 to 2³² − 1, which is what a key holds; otherwise raise `ArgumentError`."""
    return int(check_number("seed", seed, low=0, high=2**32 - 1, integer=True))

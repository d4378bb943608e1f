"""Convolution and pooling: what is done with every place of a window that slides over images or sequences.

Channels are last: images are (n, height, width, channels), sequences (n, steps, features). A convolution is pad → windows →
contract, a pool is pad → windows → reduce.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from chainrule.graph import Node
from chainrule.graph.primitives import contract, pad, reduce_max, reduce_sum, windows

Numbers = int | Sequence[int]
Padding = str | int | Sequence[int]  # "valid", "same", or how many elements are added on both sides
Widths = tuple[tuple[int, int], ...]


def each(value: Numbers, dims: int) -> tuple[int, ...]:
    """A number for each of the axes that a window slides along.

    >>> each(3, 2), each((3, 5), 2)
    ((3, 3), (3, 5))
    """
    return (value,) * dims if isinstance(value, int) else tuple(value)


def padding_widths(
    lengths: Sequence[int], size: Numbers, stride: Numbers = 1, padding: Padding = "valid", dilation: Numbers = 1
) -> Widths:
    """How many elements are added before and after each axis of the given lengths.

    "valid" adds none: the window stays inside. "same" makes ceil(length / stride) places, and adds the odd element after, as
    TensorFlow does; with stride 1 and an odd size k that is k // 2 on both sides. A number is added on both sides, as in
    PyTorch.

    >>> padding_widths([28, 5], size=3, stride=2, padding="same")
    ((0, 1), (1, 1))
    """
    dims = len(lengths)
    if padding == "valid":
        return ((0, 0),) * dims
    if padding != "same":
        return tuple((width, width) for width in each(padding, dims))  # type: ignore[arg-type]
    found = []
    for length, k, s, d in zip(lengths, each(size, dims), each(stride, dims), each(dilation, dims), strict=True):
        missing = max((-(-length // s) - 1) * s + (k - 1) * d + 1 - length, 0)
        found.append((missing // 2, missing - missing // 2))
    return tuple(found)


def conv1d(
    x: Node,
    weight: Node,
    bias: Node | None = None,
    *,
    stride: int = 1,
    padding: Padding = "valid",
    dilation: int = 1,
) -> Node:
    """Convolution of sequences (n, steps, features) with a weight (k, features, filters).

    z[n, t, f] = Σ x[n, t · stride + i · dilation, c] w[i, c, f] + b[f] over the places i of the kernel and the features c.

    >>> from chainrule.graph import ROWS, input
    >>> conv1d(input("x", (ROWS, 20, 4)), input("w", (3, 4, 8)), padding="same")
    <contract: float32[n, 20, 8]>
    """
    return _convolution(x, weight, bias, "nhci,ico->nho", stride, padding, dilation)


def conv2d(
    x: Node,
    weight: Node,
    bias: Node | None = None,
    *,
    stride: Numbers = 1,
    padding: Padding = "valid",
    dilation: Numbers = 1,
) -> Node:
    """Convolution of images (n, height, width, channels) with a weight (kh, kw, channels, filters).

    z[n, h, w, f] = Σ x[n, h · stride + i · dilation, w · stride + j · dilation, c] w[i, j, c, f] + b[f] over the places i, j of
    the kernel and the channels c. As everywhere in the field, the kernel is not turned.

    >>> from chainrule.graph import ROWS, input
    >>> conv2d(input("x", (ROWS, 28, 28, 1)), input("w", (3, 3, 1, 8)), stride=2)
    <contract: float32[n, 13, 13, 8]>
    """
    return _convolution(x, weight, bias, "nhwcij,ijco->nhwo", stride, padding, dilation)


def _convolution(
    x: Node, weight: Node, bias: Node | None, spec: str, stride: Numbers, padding: Padding, dilation: Numbers
) -> Node:
    size = tuple(int(k) for k in weight.shape[:-2])  # type: ignore[arg-type]
    places = _places(x, size, stride, padding, dilation)
    product = contract(places, weight, spec)
    return product if bias is None else product + bias


def max_pool(x: Node, size: Numbers, stride: Numbers | None = None, padding: Padding = "valid") -> Node:
    """The largest element of every window, channel by channel; the windows lie side by side unless `stride` is given.

    What is padded is −∞, and so never the largest.

    >>> from chainrule.graph import ROWS, input
    >>> max_pool(input("x", (ROWS, 28, 28, 8)), 2)
    <reduce_max: float32[n, 14, 14, 8]>
    """
    return reduce_max(_places(x, size, size if stride is None else stride, padding, value=-np.inf), _last(x))


def avg_pool(x: Node, size: Numbers, stride: Numbers | None = None, padding: Padding = "valid") -> Node:
    """The mean of every window, channel by channel; the windows lie side by side unless `stride` is given.

    What is padded does not count: at an edge it is the mean of the elements that are there (in PyTorch
    ``count_include_pad=False``).

    >>> from chainrule.graph import ROWS, input
    >>> avg_pool(input("x", (ROWS, 20, 4)), 2)
    <div: float32[n, 10, 4]>
    """
    step = size if stride is None else stride
    return reduce_sum(_places(x, size, step, padding), _last(x)) / _elements(x, size, step, padding)


def _last(x: Node) -> range:
    """The axes of the elements of a window, behind those of x."""
    return range(x.rank, 2 * x.rank - 2)


def _places(
    x: Node, size: Numbers, stride: Numbers, padding: Padding, dilation: Numbers = 1, value: float = 0.0
) -> Node:
    """Every place of a window: the axes between rows and channels become the places; its elements are new last axes."""
    axes = range(1, x.rank - 1)
    widths = padding_widths(_lengths(x), size, stride, padding, dilation)
    if any(map(any, widths)):
        x = pad(x, [(0, 0), *widths, (0, 0)], value)
    return windows(x, axes, size, stride, dilation)


def _lengths(x: Node) -> list[int]:
    return [int(dim) for dim in x.shape[1:-1]]  # type: ignore[arg-type]


def _elements(x: Node, size: Numbers, stride: Numbers, padding: Padding) -> float | NDArray[np.float64]:
    """How many elements of x each window holds: a number if all hold the same, else an array of shape (places…, 1)."""
    lengths, dims = _lengths(x), x.rank - 2
    widths = padding_widths(lengths, size, stride, padding)
    counts = np.ones((1,) * dims)
    for axis, own in enumerate(zip(lengths, each(size, dims), each(stride, dims), widths, strict=True)):
        shape = [1] * dims
        shape[axis] = -1
        counts = counts * _overlap(*own).reshape(shape)
    return float(counts.flat[0]) if (counts == counts.flat[0]).all() else counts[..., None]


def _overlap(length: int, size: int, stride: int, widths: tuple[int, int]) -> NDArray[np.float64]:
    """How many elements of an axis lie in each place of a window along it."""
    before, after = widths
    starts = np.arange(-before, length + after - size + 1, stride)
    return (np.minimum(starts + size, length) - np.maximum(starts, 0)).astype(np.float64)


def global_axes(x: Node) -> Iterable[int]:
    """The axes between rows and channels, over which a global pool goes.

    >>> from chainrule.graph import ROWS, input
    >>> list(global_axes(input("x", (ROWS, 28, 28, 8))))
    [1, 2]
    """
    return range(1, x.rank - 1)

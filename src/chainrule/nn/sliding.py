"""What convolution and pooling share: the arguments of a window, the rows that it slides over, and the mask behind it."""

from __future__ import annotations

import math
from typing import Any

from chainrule.errors import ArgumentError, ShapeError, check_number
from chainrule.functional.convolution import Numbers, Padding, each, padding_widths
from chainrule.functional.sequences import slide_mask
from chainrule.graph import Node
from chainrule.graph.node import where
from chainrule.nn.layer import Mode

_ROWS = {1: "sequences of shape (steps, features)", 2: "images of shape (height, width, channels)"}


def numbers(argument: str, value: Any, dims: int, low: int = 1) -> Numbers:
    """A whole number, or one for each axis of two, as it was given.

    >>> numbers("stride", 2, dims=2), numbers("kernel_size", [3, 5], dims=2)
    (2, (3, 5))
    """
    if dims > 1 and isinstance(value, (tuple, list)):
        if len(value) != dims:
            raise ArgumentError(f"{argument} must be a number, or one for height and one for width, but is {value!r}.")
        return tuple(int(check_number(argument, number, low=low, integer=True)) for number in value)
    return int(check_number(argument, value, low=low, integer=True))


def padding_of(value: Any, dims: int) -> Padding:
    """A checked padding: "valid", "same", a number, or two.

    >>> padding_of("same", dims=1), padding_of((1, 2), dims=2)
    ('same', (1, 2))
    """
    if isinstance(value, str):
        if value not in ("valid", "same"):
            raise ArgumentError(f'padding must be "valid", "same" or a number, but is {value!r}.')
        return value
    return numbers("padding", value, dims, low=0)


def check_pool(size: Numbers, padding: Padding, dims: int) -> None:
    """Raise `ArgumentError` if a pool could hold nothing but padding."""
    if isinstance(padding, str):
        return
    if any(2 * width > k for width, k in zip(each(padding, dims), each(size, dims), strict=True)):
        raise ArgumentError(f"padding must be at most half of size, but is {padding} with a size of {size}.")


def check_rows(
    kind: str,
    shape: tuple[Any, ...],
    dims: int,
    size: Numbers,
    stride: Numbers = 1,
    padding: Padding = "valid",
    dilation: Numbers = 1,
) -> None:
    """Raise `ShapeError` if rows have no axes that a window of the layer class `kind` can slide along, or too short ones."""
    if len(shape) != dims + 1:
        raise ShapeError(f"{where()}{kind} needs {_ROWS[dims]}, but the rows have shape {shape}{_advice(shape, dims)}.")
    widths = padding_widths(shape[:-1], size, stride, padding, dilation)
    spans = [(k - 1) * d + 1 for k, d in zip(each(size, dims), each(dilation, dims), strict=True)]
    if any(length + sum(width) < span for length, width, span in zip(shape, widths, spans, strict=False)):
        spread = "" if spans == list(each(size, dims)) else f" (with its dilation {_times(spans)})"
        raise ShapeError(
            f"{where()}{kind} has a window of {_times(each(size, dims))}{spread}, which does not fit into rows of "
            f'{_times(shape[:-1])}: make it smaller, or use padding="same".'
        )


def _advice(shape: tuple[int, ...], dims: int) -> str:
    """What to do about rows with too few axes."""
    side = math.isqrt(shape[0]) if len(shape) == 1 else 0
    if dims == 2 and len(shape) == 2:
        return f": put Reshape({shape[0]}, {shape[1]}, 1) before it, for images of one channel"
    if dims == 2 and side * side == math.prod(shape) and side > 1:
        return f": put Reshape({side}, {side}, 1) before it, if they are images of one channel"
    if dims == 1 and len(shape) == 1:
        return f": put Reshape({shape[0]}, 1) before it, if they are {shape[0]} steps of one feature"
    return ": put a Reshape before it" if len(shape) <= dims else ""


def _times(sizes: Any) -> str:
    return " × ".join(map(str, sizes))


def slide(
    mode: Mode, dims: int, size: Numbers, stride: Numbers, padding: Padding, dilation: Numbers = 1
) -> Node | None:
    """The mask that the rows have, after which that of the places behind a window takes its place; images have none."""
    mask, mode.mask = mode.mask, None
    if mask is None or dims == 2:
        return None
    (k,), (s,), (d,) = each(size, 1), each(stride, 1), each(dilation, 1)
    mode.mask = slide_mask(mask, k, s, padding, d)
    return mask

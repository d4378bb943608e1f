"""Pictures that are turned, moved, lit and cut, each in its own way: what a network sees of them in training.

x has shape (n, height, width, channels); what becomes of a picture is said by nodes of shape (n,), a number for each.
"""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.functional.common import clamp, mean, minimum
from chainrule.graph import DType, Node, Shape, const
from chainrule.graph.primitives import abs as abs_
from chainrule.graph.primitives import broadcast, cast, cos, floor, maximum, reshape, select, sin, take_within

# The nodes a, b and c of the coordinate a · row + b · column + c.
Line = tuple[Node, Node, Node]


@dataclass(frozen=True, eq=False)
class Affine:
    """Where pictures are read: `down` gives the row and `across` the column of the original, for each pixel of the result.

    Rows and columns are counted from 0, and each coordinate is affine in those of the pixel.
    """

    down: Line
    across: Line


def uniform(bits: Node, dtype: DType) -> Node:
    """Numbers spread evenly over [−1, 1], from random whole numbers below 2³²: (2 bits + 1) / 2³² − 1.

    >>> from chainrule.graph import ROWS, input
    >>> uniform(input("bits", (ROWS,), "uint32"), DType.FLOAT32)
    <sub: float32[n]>
    """
    return (cast(bits, dtype) + 0.5) * 2.0**-31 - 1.0


def affine(size: tuple[int, int], angle: Node, zoom: Node, shift: tuple[Node, Node], flip: tuple[Node, Node]) -> Affine:
    """Where to read pictures of `size` (height, width) that are flipped, turned about their middle, enlarged, and moved.

    `angle` is in radians, counter-clockwise; `zoom` is the factor of enlargement, above 0; `shift` are the pixels downwards and
    to the right; `flip` is −1 where top and bottom, or left and right, change places, else 1.

    What stands at d from the middle comes from F R (d − shift) / zoom, with the rotation R and the flips F.

    >>> from chainrule.graph import ROWS, input
    >>> one = input("one", (ROWS,))
    >>> affine((32, 32), one, one, (one, one), (one, one)).down[2]
    <sub: float32[n]>
    """
    middle = [(length - 1) / 2 for length in size]
    cosine, sine = cos(angle) / zoom, sin(angle) / zoom

    def line(own: float, a: Node, b: Node) -> Line:
        return a, b, own - a * (middle[0] + shift[0]) - b * (middle[1] + shift[1])

    down = line(middle[0], flip[0] * cosine, flip[0] * sine)
    return Affine(down, line(middle[1], -(flip[1] * sine), flip[1] * cosine))


def resample(x: Node, at: Affine, fill: str | float = "edge", *, smooth: bool = True) -> Node:
    """x read at other places: the mean of the four pixels around each, weighted by how near they are (bilinear interpolation).

    Beyond the edges of a picture stands the nearest of its pixels, if `fill` is "edge"; else the number `fill`, where a place
    lies more than half a pixel outside. With `smooth=False` the nearest pixel alone is read, which is the same where every place
    is a pixel.

    >>> from chainrule.graph import ROWS, input
    >>> one, zero = input("one", (ROWS,)), input("zero", (ROWS,))
    >>> same = Affine((one, zero, zero), (zero, one, zero))
    >>> resample(input("x", (ROWS, 32, 32, 3)), same)
    <add: float32[n, 32, 32, 3]>
    """
    n, height, width, channels = x.shape
    assert isinstance(height, int)  # rows of the batch come first
    assert isinstance(width, int)
    pixels = reshape(x, (n, height * width, channels))
    row, column = (_coordinate(line, x.shape[:3]) for line in (at.down, at.across))
    (first_row, downwards), (first_column, rightwards) = (
        _neighbours(row, height, smooth),
        _neighbours(column, width, smooth),
    )
    ids = first_row * width + first_column
    result: Node | None = None
    for down, share in downwards:
        for right, share_across in rightwards:
            begin = down * width + right
            part = take_within(pixels[:, begin:] if begin else pixels, ids)
            weights = [weight for weight in (share, share_across) if weight is not None]
            if weights:
                part = part * _over_channels(weights[0] if len(weights) == 1 else weights[0] * weights[1], x)
            result = part if result is None else result + part
    assert result is not None
    if isinstance(fill, str):
        return result
    beyond = maximum(abs_(row - (height - 1) / 2) - height / 2, abs_(column - (width - 1) / 2) - width / 2)
    return select(_over_channels(0.0 < beyond, x), fill, result)


def _coordinate(line: Line, shape: Shape) -> Node:
    """a · row + b · column + c for every pixel, of shape (n, height, width)."""
    a, b, c = line
    n, height, width = shape
    parts = []
    for factor, length in ((a, height), (b, width)):
        assert isinstance(length, int)
        numbers = broadcast(const(range(length), factor.dtype), (n, length), (0,))
        parts.append(broadcast(factor, numbers.shape, (1,)) * numbers)
    parts[0] = parts[0] + broadcast(c, parts[0].shape, (1,))
    return broadcast(parts[0], shape, (2,)) + broadcast(parts[1], shape, (1,))


def _neighbours(place: Node, length: int, smooth: bool) -> tuple[Node, list[tuple[int, Node | None]]]:
    """The pixel before each place, always within the picture; and that and the next one, with their weights (None: all)."""
    if not smooth or length == 1:
        return cast(clamp(floor(place + 0.5), 0.0, length - 1.0), DType.INT32), [(0, None)]
    inside = clamp(place, 0.0, length - 1.0)
    before = minimum(floor(inside), length - 2.0)
    share = inside - before
    return cast(before, DType.INT32), [(0, 1.0 - share), (1, share)]


def _over_channels(x: Node, like: Node) -> Node:
    """A number for each pixel, the same in every channel."""
    return broadcast(x, like.shape, (3,))


def _over_pixels(x: Node, like: Node) -> Node:
    """A number for each picture, the same everywhere in it."""
    return broadcast(x, like.shape, (1, 2, 3))


def relight(x: Node, contrast: Node | None = None, brightness: Node | None = None) -> Node:
    """m + contrast · (x − m) + brightness, where m is the mean of the picture.

    >>> from chainrule.graph import ROWS, input
    >>> relight(input("x", (ROWS, 32, 32, 3)), brightness=input("more", (ROWS,)))
    <add: float32[n, 32, 32, 3]>
    """
    if contrast is not None:
        m = _over_pixels(mean(x, (1, 2, 3)), x)
        x = m + _over_pixels(contrast, x) * (x - m)
    return x if brightness is None else x + _over_pixels(brightness, x)


def cut_out(x: Node, row: Node, column: Node, side: int, fill: float = 0.0) -> Node:
    """x with a square of so many pixels a side put to `fill`, about the pixel at `row` and `column`; it may reach over the edges.

    A square of even side reaches one pixel further up and to the left.
    Source: DeVries, Taylor, "Improved regularization of convolutional neural networks with cutout", 2017.

    >>> from chainrule.graph import ROWS, input
    >>> cut_out(input("x", (ROWS, 32, 32, 3)), input("row", (ROWS,)), input("column", (ROWS,)), 8)
    <select: float32[n, 32, 32, 3]>
    """
    n, height, width, _ = x.shape
    within = []
    for middle, length in ((row, height), (column, width)):
        assert isinstance(length, int)
        numbers = broadcast(const(range(length), x.dtype), (n, length), (0,))
        from_middle = numbers - broadcast(middle - (side // 2) + (side - 1) / 2, numbers.shape, (1,))
        within.append(abs_(from_middle) - side / 2)
    beyond = maximum(broadcast(within[0], x.shape[:3], (2,)), broadcast(within[1], x.shape[:3], (1,)))
    return select(_over_channels(beyond < 0.0, x), fill, x)

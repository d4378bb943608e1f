"""Augmentation: pictures that are a little different every time they are seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chainrule.errors import ArgumentError, ShapeError, check_name, check_number
from chainrule.functional.augmentation import affine, cut_out, relight, resample, uniform
from chainrule.functional.common import minimum
from chainrule.graph import Node, const, show_shape
from chainrule.graph.node import where
from chainrule.graph.primitives import broadcast, floor, select
from chainrule.nn.initializers import Draw
from chainrule.nn.layer import Arrays, Layer, Mode, Nodes

FLIPS = ("horizontal", "vertical", "both")

# What the random numbers of a picture are for: as many are drawn whichever of them are used, so that each stays what it is.
_ROTATION, _LEFT, _UP, _DOWN, _ACROSS, _ZOOM, _BRIGHTNESS, _CONTRAST, _CUT_ROW, _CUT_COLUMN = range(10)


@dataclass(eq=False)
class Augment(Layer):
    """In training, each picture is turned, flipped, moved, enlarged, lit and cut at random, anew in every step; else nothing.

    x has shape (n, height, width, channels). All that moves pixels is one resampling, with bilinear interpolation where it
    falls between pixels; brightness and contrast follow, and then the cutout. Each number is drawn evenly from its range:

    rotation: degrees about the middle, within ±rotation.
    flip: "horizontal" (left and right change places in half of the pictures), "vertical", "both" (each by itself), or False.
    shift: whole pixels up or down and left or right, within ±shift · size, which is rounded to one pixel or more.
    zoom: the factor of enlargement, within 1 ± zoom.
    brightness: what is added to x, within ±brightness, in units of x.
    contrast: the factor of the distance from the mean of the picture, within 1 ± contrast.
    cutout: the side of a square that is put to `fill` (0 for "edge") about any pixel: in pixels, or below 1 as a share of the
    shorter side of the picture.
    fill: what stands where there was no picture: "edge" (the nearest pixel of it), or a number in units of x.

    Numbers depend on seed, epoch, step, layer and the place of a picture in its batch.

    >>> Augment(rotation=15, flip="horizontal", shift=0.1).zoom
    0.0
    """

    rotation: float = 0.0
    flip: str | bool = False
    shift: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    cutout: float = 0.0
    fill: str | float = "edge"

    def __post_init__(self) -> None:
        self.rotation = check_number("rotation", self.rotation, low=0, high=180)
        if self.flip is not False:
            self.flip = check_name("flip", self.flip, FLIPS)
        self.shift = check_number("shift", self.shift, low=0, high=1)
        self.zoom = check_number("zoom", self.zoom, low=0, below=1)
        self.brightness = check_number("brightness", self.brightness, low=0)
        self.contrast = check_number("contrast", self.contrast, low=0, high=1)
        self.cutout = check_number("cutout", self.cutout, low=0)
        if self.cutout > 1 and self.cutout != int(self.cutout):
            raise ArgumentError(
                f"cutout must be a whole number of pixels, or a share of the side below 1, but is {self.cutout!r}."
            )
        if isinstance(self.fill, str):
            check_name("fill", self.fill, ("edge",))
        else:
            self.fill = check_number("fill", self.fill)

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """Nothing: there is nothing to train."""
        _check_picture(input_shape)
        return {}, {}

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """The pictures, each changed in its own way, in training; else x."""
        if not mode.train:
            return x, state
        _check_picture(x.shape[1:])
        drawn = [uniform(mode.random_bits(x.shape[:1]), x.dtype) for _ in range(10)]
        if self.rotation or self.flip or self.shift or self.zoom:
            x = self._moved(x, drawn)
        contrast = 1.0 + self.contrast * drawn[_CONTRAST] if self.contrast else None
        x = relight(x, contrast, self.brightness * drawn[_BRIGHTNESS] if self.brightness else None)
        return (self._cut(x, drawn) if self.cutout else x), state

    def _moved(self, x: Node, drawn: list[Node]) -> Node:
        """Rotation, flips, shift and zoom, as one resampling."""
        height, width = _size(x)

        def same(value: float) -> Node:
            return broadcast(const(value, x.dtype), x.shape[:1], (0,))

        def shifted(u: Node, length: int) -> Node:
            most = max(round(self.shift * length), 1)
            return minimum(floor((u + 1.0) * (most + 0.5)) - float(most), float(most)) if self.shift else same(0.0)

        def flipped(u: Node, name: str) -> Node:
            return select(u < 0.0, same(-1.0), same(1.0)) if self.flip in (name, "both") else same(1.0)

        at = affine(
            (height, width),
            drawn[_ROTATION] * math.radians(self.rotation) if self.rotation else same(0.0),
            1.0 + self.zoom * drawn[_ZOOM] if self.zoom else same(1.0),
            (shifted(drawn[_DOWN], height), shifted(drawn[_ACROSS], width)),
            (flipped(drawn[_UP], "vertical"), flipped(drawn[_LEFT], "horizontal")),
        )
        return resample(x, at, self.fill, smooth=bool(self.rotation or self.zoom))

    def _cut(self, x: Node, drawn: list[Node]) -> Node:
        """The square of the cutout."""
        sides = _size(x)
        side = int(self.cutout) if self.cutout >= 1 else max(round(self.cutout * min(sides)), 1)
        row, column = (
            minimum(floor((drawn[place] + 1.0) * (length / 2)), length - 1.0)
            for place, length in zip((_CUT_ROW, _CUT_COLUMN), sides, strict=True)
        )
        return cut_out(x, row, column, side, 0.0 if isinstance(self.fill, str) else self.fill)


def _size(x: Node) -> tuple[int, int]:
    height, width = x.shape[1:3]
    assert isinstance(height, int)  # the rows of the batch are the first axis, and no other
    assert isinstance(width, int)
    return height, width


def _check_picture(shape: tuple[object, ...]) -> None:
    """Raise `ShapeError` if rows are no pictures."""
    if len(shape) != 3:
        shown = show_shape(shape)  # type: ignore[arg-type]
        advice = "put Reshape(height, width, channels) before it"
        raise ShapeError(
            f"{where()}Augment needs pictures of shape (height, width, channels), but the rows are {shown}: {advice}."
        )

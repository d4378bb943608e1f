"""Pooling: the largest or the mean of every window, or of all places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from chainrule.errors import ShapeError
from chainrule.functional import avg_pool, masked_max, masked_mean, max_pool, mean
from chainrule.functional.convolution import Padding, global_axes
from chainrule.functional.sequences import lowest, masked_avg_pool, real_steps
from chainrule.graph import Node
from chainrule.graph.node import where
from chainrule.graph.primitives import reduce_max
from chainrule.nn.layer import Layer, Mode, Nodes
from chainrule.nn.sliding import check_pool, check_rows, numbers, padding_of, slide


@dataclass(eq=False)
class _Pool(Layer):
    """What the pools have in common; `dims` is the number of axes that the window slides along."""

    size: Any = 2
    stride: Any = None
    padding: Padding = "valid"
    dims: ClassVar[int]

    def __post_init__(self) -> None:
        self.size = numbers("size", self.size, self.dims)
        self.stride = None if self.stride is None else numbers("stride", self.stride, self.dims)
        self.padding = padding_of(self.padding, self.dims)
        check_pool(self.size, self.padding, self.dims)

    def pool(self, x: Node, mask: Node | None) -> Node:
        """One number for each window and channel, of the real steps alone."""
        raise NotImplementedError(f"{type(self).__name__} does not define pool(self, x, mask).")

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """One number for each window and channel."""
        stride = self.size if self.stride is None else self.stride
        check_rows(type(self).__name__, x.shape[1:], self.dims, self.size, stride, self.padding)
        mask = slide(mode, self.dims, self.size, stride, self.padding)
        return real_steps(self.pool(x, mask), mode.mask), state


@dataclass(eq=False)
class _MaxPool(_Pool):
    def pool(self, x: Node, mask: Node | None) -> Node:
        return max_pool(real_steps(x, mask, lowest(x.dtype)), self.size, self.stride, self.padding)


@dataclass(eq=False)
class _AvgPool(_Pool):
    def pool(self, x: Node, mask: Node | None) -> Node:
        window = (self.size, self.stride, self.padding)
        return avg_pool(x, *window) if mask is None else masked_avg_pool(x, mask, *window)


@dataclass(eq=False)
class MaxPool1D(_MaxPool):
    """The largest of every `size` steps of a sequence, feature by feature: (n, steps, features) → (n, places, features).

    The windows lie side by side unless `stride` is given. `padding` is as in `Conv1D`, but what is added is −∞, and a number is
    at most half of `size`. Equal largest ones share the gradient.

    >>> import chainrule as cr
    >>> cr.Network(cr.MaxPool1D(2)).build((100, 8)).model.output_shape
    (50, 8)
    """

    dims: ClassVar[int] = 1


@dataclass(eq=False)
class MaxPool2D(_MaxPool):
    """The largest of every window of an image, channel by channel: (n, height, width, channels) → (n, h, w, channels).

    The windows lie side by side unless `stride` is given; `size` and `stride` are a number, or one for height and one for
    width. `padding` is as in `Conv2D`, but what is added is −∞, and a number is at most half of `size`. Equal largest ones
    share the gradient.

    >>> import chainrule as cr
    >>> cr.Network(cr.MaxPool2D(3, stride=2)).build((28, 28, 8)).model.output_shape
    (13, 13, 8)
    """

    dims: ClassVar[int] = 2


@dataclass(eq=False)
class AvgPool1D(_AvgPool):
    """The mean of every `size` steps of a sequence, feature by feature: (n, steps, features) → (n, places, features).

    The windows lie side by side unless `stride` is given. `padding` is as in `Conv1D`, and at most half of `size`; what is
    added does not count: at an edge it is the mean of the steps that are there (in PyTorch ``count_include_pad=False``).

    >>> import chainrule as cr
    >>> cr.Network(cr.AvgPool1D(3, padding="same")).build((100, 8)).model.output_shape
    (34, 8)
    """

    dims: ClassVar[int] = 1


@dataclass(eq=False)
class AvgPool2D(_AvgPool):
    """The mean of every window of an image, channel by channel: (n, height, width, channels) → (n, h, w, channels).

    The windows lie side by side unless `stride` is given; `size` and `stride` are a number, or one for height and one for
    width. `padding` is as in `Conv2D`, and at most half of `size`; what is added does not count: at an edge it is the mean of
    the pixels that are there (in PyTorch ``count_include_pad=False``).

    >>> import chainrule as cr
    >>> cr.Network(cr.AvgPool2D(2)).build((28, 28, 8)).model.output_shape
    (14, 14, 8)
    """

    dims: ClassVar[int] = 2


@dataclass(eq=False)
class _GlobalPool(Layer):
    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """One number for each channel."""
        if x.rank < 3:
            raise ShapeError(
                f"{where()}{type(self).__name__} needs sequences of shape (steps, features) or images of shape (height, width, "
                f"channels), but the rows have shape {x.shape[1:]}."
            )
        mask, mode.mask = mode.mask, None
        return self.pool(x, mask if x.rank == 3 else None), state

    def pool(self, x: Node, mask: Node | None) -> Node:
        """One number for each channel."""
        raise NotImplementedError(f"{type(self).__name__} does not define pool(self, x, mask).")


@dataclass(eq=False)
class GlobalAveragePool(_GlobalPool):
    """The mean over all steps or pixels: (n, height, width, channels) or (n, steps, channels) → (n, channels).

    Where padding is known (by `Embedding(padding_id=...)` or `Masking`) it is the mean over the real steps; of a sequence
    without any it is 0.

    >>> import chainrule as cr
    >>> cr.Network(cr.GlobalAveragePool()).build((7, 7, 64)).model.output_shape
    (64,)
    """

    def pool(self, x: Node, mask: Node | None) -> Node:
        """The mean of each channel."""
        return mean(x, global_axes(x)) if mask is None else masked_mean(x, mask)


@dataclass(eq=False)
class GlobalMaxPool(_GlobalPool):
    """The largest of all steps or pixels: (n, height, width, channels) or (n, steps, channels) → (n, channels).

    Where padding is known (by `Embedding(padding_id=...)` or `Masking`) it is the largest of the real steps; of a sequence
    without any it is 0. Equal largest ones share the gradient.

    >>> import chainrule as cr
    >>> cr.Network(cr.GlobalMaxPool()).build((100, 8)).model.output_shape
    (8,)
    """

    def pool(self, x: Node, mask: Node | None) -> Node:
        """The largest of each channel."""
        return reduce_max(x, global_axes(x)) if mask is None else masked_max(x, mask)

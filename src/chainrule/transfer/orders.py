"""In which order PyTorch has the features that come out of Flatten.

It flattens an image with its channels first, (channels, height, width), and here they are last. So the layers behind a `Flatten`,
up to the first dense one and including it, meet the features in another order, and their arrays must be put in ours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError
from chainrule.graph import scope
from chainrule.nn import (
    BatchNorm,
    Conv1D,
    Conv2D,
    Dense,
    Embedding,
    Flatten,
    Layer,
    LayerNorm,
    Reshape,
    Residual,
    Sequential,
)
from chainrule.nn.containers import output_shape, part
from chainrule.nn.pooling import AvgPool1D, AvgPool2D, MaxPool1D, MaxPool2D
from chainrule.nn.recurrent import Bidirectional, Recurrent
from chainrule.training.model import Model

Order = NDArray[np.intp]

_IMAGES = (Conv1D, Conv2D, MaxPool1D, MaxPool2D, AvgPool1D, AvgPool2D)  # for which PyTorch has the channels first
_TURNED: dict[type[Layer], tuple[str, ...]] = {
    Dense: ("weight",),
    BatchNorm: ("scale", "shift", "mean", "variance"),
    LayerNorm: ("scale", "shift"),
}


def feature_orders(model: Model) -> dict[str, Order]:
    """For each array whose first axis PyTorch has in another order, by its name: our feature i is PyTorch's number order[i].

    Raises `ArgumentError` where features in another order come to a layer that they cannot be put in order for.
    """
    finder = _Finder(model)
    first_in_images = len(model.input_shape) == 3
    finder.through(model.layer, "", model.input_shape, None, channels_first=first_in_images)
    return finder.orders


class _Finder:
    def __init__(self, model: Model) -> None:
        self.params, self.state = model.params, model.state
        self.orders: dict[str, Order] = {}
        self.learned = False  # whether a layer with parameters has been passed

    def through(
        self, layer: Layer, path: str, shape: tuple[int, ...], order: Order | None, *, channels_first: bool
    ) -> tuple[Order | None, bool]:
        """The order of the features behind a layer, and whether PyTorch has their channels first."""
        if type(layer) is Sequential:
            for name, child in layer.children():
                own = f"{path}/{name}" if path else name
                order, channels_first = self.through(child, own, shape, order, channels_first=channels_first)
                shape = self._shape(child, own, shape)
            return order, channels_first
        self._check(layer, path, order)
        if layer.children():
            self._inside(layer, path, shape, channels_first=channels_first)
        if isinstance(layer, Flatten) and channels_first and len(shape) > 1:
            return _flattened(shape), False
        if order is not None and type(layer) in _TURNED:
            self.orders |= {f"{path}/{name}": order for name in _TURNED[type(layer)]}
        self.learned |= any(name.startswith(f"{path}/") for name in self.params)
        if isinstance(layer, _IMAGES):
            channels_first = True
        elif isinstance(layer, Dense | Embedding | Recurrent | Bidirectional):
            channels_first = False
        return (None if isinstance(layer, Dense) else order), channels_first

    def _check(self, layer: Layer, path: str, order: Order | None) -> None:
        """Raise `ArgumentError` for what would be loaded in a wrong order."""
        if order is not None and (layer.children() or isinstance(layer, Reshape)):
            raise ArgumentError(
                f"PyTorch flattens images with the channels first, so that the features which come to {path!r}, a "
                f"{type(layer).__name__}, are in another order there: put a Dense layer between Flatten and it."
            )
        if isinstance(layer, Reshape) and self.learned and len(layer.shape) > 1 and layer.shape[-1] > 1:
            raise ArgumentError(
                f"PyTorch has the channels of images first, so that what layer {path!r}, a Reshape, makes of learned features "
                "is not what it makes there: load the layers behind it only, by layers=[...]."
            )

    def _inside(self, layer: Layer, path: str, shape: tuple[int, ...], *, channels_first: bool) -> None:
        """The layers within a container, each of which is given the same unless they stand one after another."""
        for name, child in layer.children():
            order, first = self.through(child, f"{path}/{name}", shape, None, channels_first=channels_first)
            if isinstance(layer, Residual):
                shape, channels_first = self._shape(child, f"{path}/{name}", shape), first
            if order is not None:
                raise ArgumentError(
                    f"PyTorch flattens images with the channels first, so that the features which leave {path}/{name} are in "
                    "another order there: put a Dense layer behind its Flatten."
                )

    def _shape(self, layer: Layer, path: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        with scope(path):
            return output_shape(layer, part(self.params, path), part(self.state, path), shape)


def _flattened(shape: tuple[int, ...]) -> Order:
    """PyTorch's numbers of the features of a flattened image, in our order.

    >>> _flattened((1, 2, 3)).tolist()  # two pixels of three channels
    [0, 2, 4, 1, 3, 5]
    """
    *places, channels = shape
    return np.moveaxis(np.arange(np.prod(shape)).reshape(channels, *places), 0, -1).ravel()

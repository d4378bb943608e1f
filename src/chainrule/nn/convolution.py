"""Convolution: the same dense layer at every place of a sequence or an image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from chainrule.errors import check_number
from chainrule.functional import Activation as ActivationFunction
from chainrule.functional import conv1d, conv2d, get_activation
from chainrule.functional.convolution import Padding, each
from chainrule.functional.sequences import real_steps
from chainrule.graph import Node
from chainrule.graph.node import named, where
from chainrule.nn.initializers import Draw, InitializerLike, default_initializer, initial
from chainrule.nn.layer import Arrays, Layer, Mode, Nodes
from chainrule.nn.sliding import check_rows, numbers, padding_of, slide


@dataclass(eq=False)
class _Convolution(Layer):
    """What the convolutions have in common; `dims` is the number of axes that the kernel slides along."""

    filters: int
    kernel_size: Any
    stride: Any = 1
    padding: Padding = "valid"
    dilation: Any = 1
    activation: str | ActivationFunction | None = None
    weight_init: InitializerLike = None
    bias_init: InitializerLike = "zeros"
    bias: bool = True
    dims: ClassVar[int]
    penalised: ClassVar[tuple[str, ...]] = ("weight",)

    def __post_init__(self) -> None:
        self.filters = int(check_number("filters", self.filters, low=1, integer=True))
        self.kernel_size = numbers("kernel_size", self.kernel_size, self.dims)
        self.stride = numbers("stride", self.stride, self.dims)
        self.padding = padding_of(self.padding, self.dims)
        self.dilation = numbers("dilation", self.dilation, self.dims)
        get_activation(self.activation)

    def init(self, input_shape: tuple[int, ...], draw: Draw) -> tuple[Arrays, Arrays]:
        """weight (size of the kernel…, channels, filters) and bias (filters,)."""
        size = self.kernel_size
        check_rows(type(self).__name__, input_shape, self.dims, size, self.stride, self.padding, self.dilation)
        kernel, channels = each(size, self.dims), input_shape[-1]
        area = math.prod(kernel)
        fans = {"n_in": area * channels, "n_out": area * self.filters}
        chosen = default_initializer(self.activation) if self.weight_init is None else self.weight_init
        shape = (*kernel, channels, self.filters)
        params: Arrays = {"weight": initial(chosen, draw, shape, **fans, argument=f"{where()}weight_init")}
        if self.bias:
            params["bias"] = initial(self.bias_init, draw, (self.filters,), **fans, argument=f"{where()}bias_init")
        return params, {}

    def apply(self, params: Nodes, state: Nodes, x: Node, mode: Mode) -> tuple[Node, Nodes]:
        """f(z), where z is the convolution of x with the weight, plus the bias."""
        how = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        convolution = conv1d if self.dims == 1 else conv2d
        x = real_steps(x, slide(mode, self.dims, self.kernel_size, self.stride, self.padding, self.dilation))
        z = named("z", convolution(x, params["weight"], params.get("bias"), **how))
        return get_activation(self.activation)(z), state


@dataclass(eq=False)
class Conv1D(_Convolution):
    """Convolution of sequences, (n, steps, features) → (n, places, filters): a = f(z), zₜ = Σᵢ xₜₛ₊ᵢ weightᵢ + bias.

    At every place t, the `kernel_size` steps from t · `stride` on are joined to the filters by the same weight, of shape
    (kernel_size, features, filters). `dilation` is the distance of the steps that are read. `padding` is "valid" (the kernel
    stays inside), "same" (ceil(steps / stride) places; zeros before and after, the odd one after, as in TensorFlow), or a
    number of zeros on both sides, as in PyTorch. Initial weights are chosen by the activation, as in `Dense`, where a unit
    has kernel_size · features inputs.

    >>> import chainrule as cr
    >>> net = cr.Network(cr.Conv1D(8, 5, activation="relu"), cr.GlobalMaxPool(), cr.Dense(2)).build((100, 3))
    >>> net.params["conv1d1/weight"].shape
    (5, 3, 8)
    """

    dims: ClassVar[int] = 1


@dataclass(eq=False)
class Conv2D(_Convolution):
    """Convolution of images, (n, height, width, channels) → (n, h, w, filters): a = f(z), z = Σᵢⱼ xᵢⱼ weightᵢⱼ + bias.

    At every place of the kernel, the pixels under it are joined to the filters by the same weight, of shape
    (kernel height, kernel width, channels, filters). `kernel_size`, `stride` and `dilation` are a number, or one for height
    and one for width. `padding` is "valid" (the kernel stays inside), "same" (ceil(size / stride) places; zeros before and
    after, the odd one after, as in TensorFlow), or a number of zeros on both sides, as in PyTorch. Initial weights are chosen
    by the activation, as in `Dense`, where a unit has kernel height · kernel width · channels inputs.

    >>> import chainrule as cr
    >>> layers = cr.Conv2D(8, 3, padding="same", activation="relu"), cr.MaxPool2D(2), cr.Flatten(), cr.Dense(10)
    >>> cr.Network(*layers).build((28, 28, 1)).params["dense1/weight"].shape
    (1568, 10)
    """

    dims: ClassVar[int] = 2

"""Windows: every place of a sliding window, and their transpose. Convolution is pad → windows → contract."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chainrule.errors import ShapeError
from chainrule.graph.node import Node, Primitive, primitive, where
from chainrule.graph.primitives.rules import normal_axis
from chainrule.graph.types import TensorType

Numbers = tuple[int, ...]


def _window_axes(x: Node, axes: int | Iterable[int]) -> Numbers:
    """Axes from 0, in the order of the sizes that belong to them, which must be that of x."""
    given = (axes,) if isinstance(axes, int) else tuple(axes)
    places = tuple(normal_axis(x, axis) for axis in given)
    if list(places) != sorted(set(places)):
        raise ShapeError(f"{where()}the axes of a window are named once each and in ascending order, but are {given}.")
    return places


def _per_axis(what: str, value: int | Iterable[int], axes: Numbers) -> Numbers:
    numbers = (value,) * len(axes) if isinstance(value, int) else tuple(value)
    if len(numbers) != len(axes):
        raise ShapeError(f"{where()}a window along axes {axes} needs a {what} for each of them, but has {numbers}.")
    return numbers


def _windows_attributes(
    x: Node,
    axes: int | Iterable[int],
    size: int | Iterable[int],
    stride: int | Iterable[int] = 1,
    dilation: int | Iterable[int] = 1,
) -> dict[str, Any]:
    places = _window_axes(x, axes)
    return {
        "axes": places,
        "size": _per_axis("size", size, places),
        "stride": _per_axis("stride", stride, places),
        "dilation": _per_axis("dilation", dilation, places),
    }


def _steps(x: TensorType, axes: Numbers, size: Numbers, stride: Numbers, dilation: Numbers) -> dict[int, int]:
    """How many places the window has along each axis."""
    steps = {}
    for axis, k, s, d in zip(axes, size, stride, dilation, strict=True):
        dim = x.shape[axis]
        if not isinstance(dim, int) or min(k, s, d) < 1 or dim < (k - 1) * d + 1:
            raise ShapeError(
                f"{where()}a window of size {size}, stride {stride} and dilation {dilation} does not fit into axes {axes} of {x}."
            )
        steps[axis] = (dim - (k - 1) * d - 1) // s + 1
    return steps


def _windows_type(x: TensorType, axes: Numbers, size: Numbers, stride: Numbers, dilation: Numbers) -> TensorType:
    steps = _steps(x, axes, size, stride, dilation)
    return TensorType((*(steps.get(axis, dim) for axis, dim in enumerate(x.shape)), *size), x.dtype)


windows: Primitive = primitive(
    "windows",
    "Every place of a window that slides along `axes`: these axes become the places, and the elements of the window are new last "
    "axes: (n, h, w, c) with axes (1, 2) becomes (n, h', w', c, kh, kw). Its transpose is fold.",
    attributes=_windows_attributes,
    type_rule=_windows_type,
    vjp=lambda g, y, x, axes, size, stride, dilation: (
        fold(g, tuple(x.shape[axis] for axis in axes), axes, size, stride, dilation),
    ),
)


def _fold_attributes(
    x: Node,
    lengths: int | Iterable[int],
    axes: int | Iterable[int],
    size: int | Iterable[int],
    stride: int | Iterable[int] = 1,
    dilation: int | Iterable[int] = 1,
) -> dict[str, Any]:
    """Axes are places in the result, whose rank is that of x less one for each of them."""
    given = (axes,) if isinstance(axes, int) else tuple(axes)
    rank = x.rank - len(given)
    if any(not -rank <= axis < rank for axis in given):
        raise ShapeError(f"{where()}fold of {x.type} gives {rank} dimensions, and axes {given} do not lie within them.")
    attributes = _windows_attributes(x, [axis % rank for axis in given], size, stride, dilation)
    return {"lengths": _per_axis("length", lengths, attributes["axes"]), **attributes}


def _fold_type(
    x: TensorType, lengths: Numbers, axes: Numbers, size: Numbers, stride: Numbers, dilation: Numbers
) -> TensorType:
    rank = x.rank - len(axes)
    whole = dict(zip(axes, lengths, strict=True))
    result = TensorType(tuple(whole.get(axis, dim) for axis, dim in enumerate(x.shape[:rank])), x.dtype)
    if _windows_type(result, axes, size, stride, dilation) != x:
        raise ShapeError(f"{where()}fold cannot put {x} back into axes {axes} of lengths {lengths}.")
    return result


fold: Primitive = primitive(
    "fold",
    "The sum of all windows, each put back in its place, into axes of the given `lengths`. The transpose of windows.",
    attributes=_fold_attributes,
    type_rule=_fold_type,
    vjp=lambda g, y, x, lengths, axes, size, stride, dilation: (windows(g, axes, size, stride, dilation),),
)

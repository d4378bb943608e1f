"""What every primitive evaluates to on the NumPy backend, against PyTorch, einsum and plain loops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from chainrule.backends.numpy_ import EVALUATE
from chainrule.graph import PRIMITIVES, ROWS, Node, const, input
from chainrule.graph import primitives as p
from chainrule.graph.body import Body
from graph.cases import ALL, Case, of
from oracles import philox4x32_10, run

Array = np.ndarray

# How far from its reference a value may be, in units in the last place; what is not named must be equal.
ULPS = {
    **dict.fromkeys(("exp", "log", "tanh", "sin", "cos", "erf"), 2),
    **dict.fromkeys(("logistic", "softplus"), 4),
    **dict.fromkeys(("reduce_sum", "contract", "fold", "scatter_add", "scatter_within", "scan"), 16),
}


def by_torch(f: Callable[..., torch.Tensor]) -> Callable[..., Array]:
    return lambda *xs: f(*(torch.from_numpy(np.array(x)) for x in xs)).numpy()


def loop(shape: Any, dtype: Any, f: Callable[[tuple[int, ...]], Any]) -> Array:
    """The array whose element at each index is f(index)."""
    result = np.zeros(shape, dtype)
    for index in np.ndindex(*result.shape):
        result[index] = f(index)
    return result


def over(reduce: Callable[[list[Any]], Any]) -> Callable[..., Array]:
    """A reduction by lists."""

    def reduced(x: Array, axes: tuple[int, ...]) -> Array:
        kept = [axis for axis in range(x.ndim) if axis not in axes]
        lists: dict[tuple[int, ...], list[Any]] = {index: [] for index in np.ndindex(*(x.shape[axis] for axis in kept))}
        for index in np.ndindex(*x.shape):
            lists[tuple(index[axis] for axis in kept)].append(x[index].item())
        return loop([x.shape[axis] for axis in kept], x.dtype, lambda index: reduce(lists[index]))

    return reduced


def first_largest(items: list[Any]) -> int:
    best = 0
    for i, item in enumerate(items):
        if item != item:
            return i
        if item > items[best]:
            best = i
    return best


def largest(items: list[Any]) -> Any:
    return items[first_largest(items)]


def total(items: list[Any]) -> Any:
    return math.fsum(items) if any(isinstance(item, float) for item in items) else sum(items)


def argmax(x: Array, axis: int) -> Array:
    return over(first_largest)(x, (axis,)).astype(np.int32)


def cast(x: Array, dtype: Any) -> Array:
    kind = {"int32": int, "bool": bool}.get(dtype.value, dtype.numpy.type)
    return loop(x.shape, dtype.numpy, lambda index: kind(x[index].item()))


def broadcast(x: Array, shape: Any, axes: Any) -> Array:
    return loop(shape, x.dtype, lambda index: x[tuple(i for axis, i in enumerate(index) if axis not in axes)])


def pad(x: Array, widths: Any, value: float) -> Array:
    def element(index: tuple[int, ...]) -> Any:
        inner = tuple(i - before for i, (before, _) in zip(index, widths, strict=True))
        return x[inner] if all(0 <= i < n for i, n in zip(inner, x.shape, strict=True)) else value

    return loop([n + sum(width) for n, width in zip(x.shape, widths, strict=True)], x.dtype, element)


def slice_(x: Array, start: Any, stop: Any) -> Array:
    bounds = [(a or 0, n if b is None else b) for a, b, n in zip(start, stop, x.shape, strict=True)]
    return loop(
        [b - a for a, b in bounds],
        x.dtype,
        lambda index: x[tuple(a + i for (a, _), i in zip(bounds, index, strict=True))],
    )


def concat(*xs: Array, axis: int) -> Array:
    parts = [np.moveaxis(x, axis, 0).tolist() for x in xs]
    joined = np.array([row for part in parts for row in part], xs[0].dtype)
    shape = np.moveaxis(xs[0], axis, 0).shape[1:]
    return np.moveaxis(joined.reshape(-1, *shape) if math.prod(shape) else joined.reshape(len(joined), *shape), 0, axis)


def places(index: tuple[int, ...], rank: int, axes: Any, stride: Any, dilation: Any) -> tuple[int, ...]:
    """Where in the array the element of a window lies."""
    place = list(index[:rank])
    for axis, offset, s, d in zip(axes, index[rank:], stride, dilation, strict=True):
        place[axis] = place[axis] * s + offset * d
    return tuple(place)


def windows(x: Array, axes: Any, size: Any, stride: Any, dilation: Any) -> Array:
    shape = list(x.shape)
    for axis, k, s, d in zip(axes, size, stride, dilation, strict=True):
        shape[axis] = len([i for i in range(0, x.shape[axis], s) if i + (k - 1) * d < x.shape[axis]])
    return loop([*shape, *size], x.dtype, lambda index: x[places(index, x.ndim, axes, stride, dilation)])


def fold(x: Array, lengths: Any, axes: Any, size: Any, stride: Any, dilation: Any) -> Array:
    rank = x.ndim - len(axes)
    shape = list(x.shape[:rank])
    for axis, length in zip(axes, lengths, strict=True):
        shape[axis] = length
    result = np.zeros(shape, x.dtype)
    for index in np.ndindex(*x.shape):
        result[places(index, rank, axes, stride, dilation)] += x[index]
    return result


def scatter_add(values: Array, ids: Array, size: int) -> Array:
    result = np.zeros((size, *values.shape[ids.ndim :]), values.dtype)
    for index in np.ndindex(*ids.shape):
        result[int(ids[index])] += values[index]
    return result


def random_bits(key: Array, counter: Array, shape: Any, layer: int, bits: int) -> Array:
    n, per_block = math.prod(shape), 128 // bits
    found: list[int] = []
    for block in range(-(-n // per_block)):
        for word in philox4x32_10(key.tolist(), [block, layer, *counter.tolist()]):
            found += [word] if bits == 32 else [word % 2**16, word // 2**16]
    return np.array(found[:n], np.uint32).reshape(shape)


def scan(start: Array, *operands: Array, body: Body, reverse: bool) -> Array:
    """Row by row, each step by itself."""
    sequences, constants = operands[: len(body.sequences)], operands[len(body.sequences) :]
    names = [node.attributes["name"] for node in body.inputs]
    result = np.zeros((len(start), sequences[0].shape[1], start.shape[1]), start.dtype)
    for row in range(len(start)):
        state = start[row : row + 1]
        for t in sorted(range(result.shape[1]), reverse=reverse):
            given = (state, *(x[row : row + 1, t] for x in sequences), *constants)
            state = run(body.output, dict(zip(names, given, strict=True)), rows=1)
            result[row, t] = state[0]
    return result


REFERENCE: dict[str, Callable[..., Array]] = {
    "const": lambda value: value,
    "add": by_torch(torch.add),
    "sub": by_torch(torch.sub),
    "mul": by_torch(torch.mul),
    "div": by_torch(torch.div),
    "neg": by_torch(torch.neg),
    "maximum": by_torch(torch.maximum),
    "abs": by_torch(torch.abs),
    "exp": by_torch(torch.exp),
    "log": by_torch(torch.log),
    "sqrt": lambda x: loop(
        x.shape, x.dtype, lambda i: math.sqrt(x[i]) if not x[i] < 0 else math.nan
    ),  # rounded correctly
    "tanh": by_torch(torch.tanh),
    "logistic": by_torch(torch.sigmoid),
    "softplus": by_torch(lambda x: torch.logaddexp(x, torch.zeros_like(x))),
    "erf": by_torch(torch.erf),
    "sin": by_torch(torch.sin),
    "cos": by_torch(torch.cos),
    "floor": by_torch(torch.floor),
    "less": by_torch(torch.less),
    "equal": by_torch(torch.eq),
    "select": by_torch(torch.where),
    "argmax": argmax,
    "cast": cast,
    "stop_gradient": lambda x: x,
    "reduce_sum": over(total),
    "reduce_max": over(largest),
    "contract": lambda x, y, spec: np.einsum(spec, x, y),
    "broadcast": broadcast,
    "reshape": lambda x, shape: np.array(x.flatten().tolist(), x.dtype).reshape(shape),
    "transpose": lambda x, permutation: torch.from_numpy(x).permute(permutation).numpy(),
    "pad": pad,
    "slice": slice_,
    "concat": concat,
    "windows": windows,
    "fold": fold,
    "take": lambda table, ids: loop(
        (*ids.shape, *table.shape[1:]), table.dtype, lambda i: table[ids[i[: ids.ndim]]][i[ids.ndim :]]
    ),
    "scatter_add": scatter_add,
    "take_within": lambda x, ids: loop(
        (*ids.shape, *x.shape[2:]), x.dtype, lambda i: x[i[0]][ids[i[: ids.ndim]]][i[ids.ndim :]]
    ),
    "scatter_within": lambda values, ids, size: np.array(
        [scatter_add(*row, size) for row in zip(values, ids, strict=True)], values.dtype
    ).reshape(len(ids), size, *values.shape[ids.ndim :]),
    "random_bits": random_bits,
    "scan": scan,
}


def test_the_table_is_complete() -> None:
    """It has every primitive but `input`, and each of them has a reference."""
    assert set(EVALUATE) == set(PRIMITIVES) - {"input"} == set(REFERENCE)


def reference(case: Case, node: Node) -> Array:
    operands = run(list(node.inputs), case.inputs, case.n_rows) if node.inputs else []
    attributes = dict(node.attributes)
    if "shape" in attributes:
        attributes["shape"] = tuple(case.n_rows if dim is ROWS else dim for dim in node.shape)
    return REFERENCE[node.op](*operands, **attributes)


@pytest.mark.parametrize("precision", ["as written", "single"])
@pytest.mark.parametrize("op", REFERENCE)
def test_value_of(op: str, precision: str) -> None:
    for case in of(op):
        with np.errstate(all="ignore"):
            case = case.single() if precision == "single" else case
            node, _ = case.build()
            found, expected = run(node, case.inputs), reference(case, node)
        assert found.shape == expected.shape, case
        if not node.dtype.is_float or op not in ULPS:
            assert np.array_equal(found, expected, equal_nan=node.dtype.is_float), case
            continue
        scale = max(
            [1.0, *(float(np.abs(x[np.isfinite(x)]).max(initial=0)) for x in case.operands if x.dtype.kind == "f")]
        )
        eps = np.finfo(found.dtype).eps
        absolute = ULPS[op] * eps * scale if ULPS[op] > 4 else np.finfo(found.dtype).tiny  # sums cancel
        np.testing.assert_allclose(found, expected, rtol=ULPS[op] * eps, atol=absolute, err_msg=str(case))


def test_the_value_does_not_depend_on_the_layout_in_memory() -> None:
    """Transposed, strided and broadcast views have the same bits as plain arrays; so has x beside itself in a contraction."""
    rng = np.random.default_rng(3)
    for dtype in (np.float32, np.float64):
        for n, k in ((5, 37), (14, 39), (1, 9), (300, 70)):
            x = rng.normal(size=(n, k)).astype(dtype)
            views = {
                "plain": x,
                "columns first": np.asfortranarray(x),
                "strided": np.repeat(x, 2, axis=1)[:, ::2],
                "within a larger one": np.pad(x, ((0, 0), (3, 4)))[:, 3 : 3 + k],
                "backwards": x[::-1].copy()[::-1],
            }
            calls: dict[str, Callable[[Array], Array]] = {
                "sum of columns": lambda v: EVALUATE["reduce_sum"](v, (0,)),
                "sum of rows": lambda v: EVALUATE["reduce_sum"](v, (1,)),
                "sum of all": lambda v: EVALUATE["reduce_sum"](v, (0, 1)),
                "left": lambda v, x=x: EVALUATE["contract"](v, x.copy(), "ij,kj->ik"),
                "right": lambda v, x=x: EVALUATE["contract"](x.copy(), v, "ij,kj->ik"),
                "both": lambda v: EVALUATE["contract"](v, v, "ij,kj->ik"),
                "inner": lambda v: EVALUATE["contract"](v, v, "ij,ik->jk"),
                "exp": EVALUATE["exp"],
                "tanh": EVALUATE["tanh"],
                "logistic": EVALUATE["logistic"],
            }
            for name, f in calls.items():
                expected = f(x) if name != "both" else EVALUATE["contract"](x, x.copy(), "ij,kj->ik")
                for layout, view in views.items():
                    assert np.array_equal(f(view), expected), (name, layout, n, k, dtype)
            wide = np.broadcast_to(x[:, :1], x.shape)
            assert np.array_equal(EVALUATE["reduce_sum"](wide, (0, 1)), EVALUATE["reduce_sum"](wide.copy(), (0, 1)))


def test_the_sum_over_no_axis_keeps_the_sign_of_zero() -> None:
    assert np.signbit(EVALUATE["reduce_sum"](np.array([-0.0]), ())).all()


IMAGES = np.random.default_rng(5).normal(size=(2, 9, 8, 3))
GEOMETRY = [
    ((3, 3), (1, 1), (1, 1), 0),
    ((3, 2), (2, 1), (1, 2), 1),
    ((2, 3), (3, 2), (2, 1), 1),
    ((1, 1), (2, 2), (1, 1), 0),
]


@pytest.mark.parametrize(("size", "stride", "dilation", "padding"), GEOMETRY)
def test_windows_and_fold_are_those_of_torch(size: Any, stride: Any, dilation: Any, padding: int) -> None:
    x = input("x", (ROWS, *IMAGES.shape[1:]), "float64")
    border = (padding, padding)
    y = p.windows(p.pad(x, [(0, 0), border, border, (0, 0)]), (1, 2), size, stride, dilation)
    found = run(y, {"x": IMAGES})  # (n, h', w', c, kh, kw)
    images = torch.from_numpy(IMAGES).permute(0, 3, 1, 2)
    options = {"dilation": dilation, "padding": padding, "stride": stride}
    columns = torch.nn.functional.unfold(images, size, **options)  # (n, c · kh · kw, h' · w')
    n, h, w, c, kh, kw = found.shape
    assert np.array_equal(found.reshape(n, h * w, c * kh * kw), columns.transpose(1, 2).numpy())

    lengths = tuple(dim + 2 * padding for dim in IMAGES.shape[1:3])
    back = p.fold(input("y", found.shape, "float64"), lengths, (1, 2), size, stride, dilation)
    folded = torch.nn.functional.fold(columns, lengths, size, stride=stride, dilation=dilation)
    assert run(back, {"y": found}) == pytest.approx(folded.permute(0, 2, 3, 1).numpy(), rel=1e-15)


@pytest.mark.parametrize(("size", "stride", "dilation", "padding"), GEOMETRY)
def test_a_convolution_and_its_gradients_are_those_of_torch(
    size: Any, stride: Any, dilation: Any, padding: int
) -> None:
    from chainrule.graph import gradients

    kernel = np.random.default_rng(6).normal(size=(3, *size, 4))
    x, w = input("x", (ROWS, *IMAGES.shape[1:]), "float64"), input("w", kernel.shape, "float64")
    border = (padding, padding)
    places = p.windows(p.pad(x, [(0, 0), border, border, (0, 0)]), (1, 2), size, stride, dilation)
    z = p.contract(places, w, "nxycij,cijo->nxyo")
    loss = p.reduce_sum(p.tanh(z))
    found = run([z, *gradients(loss, [x, w])], {"x": IMAGES, "w": kernel})

    tx = torch.from_numpy(IMAGES).requires_grad_()
    tw = torch.from_numpy(kernel).requires_grad_()
    images, filters = tx.permute(0, 3, 1, 2), tw.permute(3, 0, 1, 2)
    tz = torch.nn.functional.conv2d(images, filters, stride=stride, dilation=dilation, padding=padding)
    tz.tanh().sum().backward()
    expected = [tz.detach().permute(0, 2, 3, 1), tx.grad, tw.grad]
    for value, other in zip(found, expected, strict=True):
        assert value == pytest.approx(other.numpy(), rel=1e-12, abs=1e-13)


def test_every_case_is_evaluated_somewhere() -> None:
    assert {case.op for case in ALL} == set(REFERENCE) | {"input"}
    assert run(const(2.5), {}) == 2.5

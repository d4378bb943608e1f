"""Steps in which everything has a given size: the last axis, or the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backends.llvm.comparing import ULPS, Arrays, agrees, reporting
from backends.llvm.layouts import with_rows_last
from chainrule.backends import Program
from chainrule.backends.llvm import Layout
from chainrule.graph import PRIMITIVES, ROWS, DType, Node, Step, count, input
from chainrule.graph import primitives as p
from graph.cases import SPECIAL
from oracles import run

SIZES = range(1, 66)
EDGES = (1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 24, 31, 32, 33, 48, 49, 63, 64, 65)  # around whole vectors
FLOAT_UNARY = [*(op for op in PRIMITIVES if op in ULPS), "neg", "abs", "sqrt", "floor", "stop_gradient"]
INTEGERS = (DType.INT32, DType.UINT32, DType.UINT8, DType.BOOL)


def sized_inputs(n: int, dtype: DType) -> dict[str, Node]:
    """Inputs whose last axis has n numbers, or whose rows are one axis: x, y, m, r, v of a float dtype, and others."""
    shapes: dict[str, tuple[Any, ...]] = {"x": (n,), "y": (n,), "m": (3, n), "w": (n, 2), "r": (ROWS, n), "v": (ROWS,)}
    shapes["r2"] = (ROWS, 2)
    inputs = {name: input(name, shape, dtype) for name, shape in shapes.items()}
    for kind in INTEGERS:
        inputs[kind.value] = input(kind.value, (n,), kind)
        inputs[f"{kind.value} rows"] = input(f"{kind.value} rows", (ROWS,), kind)
    return inputs | {name: input(name, (2,), "uint32") for name in ("key", "counter")}


def sized_values(inputs: dict[str, Node], rows: int, rng: np.random.Generator) -> Arrays:
    """Numbers for the inputs: half of the vectors are drawn from the special ones, ties and NaN among them."""
    values: Arrays = {}
    for name, node in inputs.items():
        shape = [rows if dim is ROWS else dim for dim in node.shape]
        if node.dtype.is_float:
            numbers = rng.normal(size=shape)
            if name in ("x", "v"):
                numbers = np.where(rng.random(shape) < 0.5, rng.choice(SPECIAL, shape), numbers)
            elif name in ("y", "m"):
                numbers = np.rint(numbers)  # ties
            values[name] = numbers.astype(node.dtype.numpy)
        else:
            low, high = {"int32": (-9, 9), "bool": (0, 2)}.get(node.dtype.value, (0, 250))
            values[name] = rng.integers(low, high, shape).astype(node.dtype.numpy)
    return values


def elementwise(inputs: dict[str, Node]) -> dict[str, Node]:
    """Operations on floats along the last axis, and along the rows."""
    x, y, r, v = (inputs[name] for name in "xyrv")
    found = {f"{op} {name}": PRIMITIVES[op](inputs[name]) for op in FLOAT_UNARY for name in "xv"}
    for op in ("add", "sub", "mul", "div", "maximum", "less", "equal"):
        found[op] = PRIMITIVES[op](x, y)
        found[f"{op} rows"] = PRIMITIVES[op](v, v * 0.5)
        found[f"{op} rows and columns"] = PRIMITIVES[op](r, x)
    found["select"] = p.select(p.less(x, y), x, y)
    found["select rows"] = p.select(p.less(v, 0.0), v, -v)
    other = DType.FLOAT64 if x.dtype is DType.FLOAT32 else DType.FLOAT32
    found["precision"] = p.cast(x, other)
    found["precision of rows"] = p.cast(r, other)
    return found


def whole_numbers(inputs: dict[str, Node]) -> dict[str, Node]:
    """Operations on whole numbers, truth values and bits, and from every dtype to every other."""
    found: dict[str, Node] = {}
    for kind in INTEGERS:
        for name in (kind.value, f"{kind.value} rows"):
            own = inputs[name]
            if kind is not DType.BOOL:
                binary = ("add", "sub", "mul", "maximum")
                found |= {f"{op} {name}": PRIMITIVES[op](own, own) for op in binary}
                found |= {f"{op} {name}": PRIMITIVES[op](own) for op in ("neg", "abs")}
            found |= {f"{op} {name}": PRIMITIVES[op](own, own) for op in ("less", "equal")}
            found |= {f"cast {name} to {to.value}": p.cast(own, to) for to in DType}
            found[f"select {name}"] = p.select(p.less(own, own), own, own)
    found |= {f"floats to {kind.value}": p.cast(p.abs(inputs["y"]), kind) for kind in INTEGERS}
    found["negative floats"] = p.cast(inputs["y"] * 1.5, "int32")
    halves, words = {"layer": 3, "bits": 16}, {"layer": 4, "bits": 32}
    key, counter = inputs["key"], inputs["counter"]
    found["random"] = p.random_bits(key, counter, inputs["x"].shape, **halves)
    found["random rows"] = p.random_bits(key, counter, inputs["r"].shape, **words)
    found["random numbers of rows"] = p.random_bits(key, counter, inputs["v"].shape, **halves)
    return found


def reductions(inputs: dict[str, Node]) -> dict[str, Node]:
    """Sums, maxima and places of maxima, along the last axis and along others."""
    found: dict[str, Node] = {}
    for name in ("x", "m", "r", "v", "int32", "uint8", "uint32", "int32 rows"):
        own = inputs[name]
        axes = [(axis,) for axis in range(own.rank)] + [tuple(range(own.rank))] * (own.rank > 1)
        for axis in axes:
            found[f"max of {name} over {axis}"] = p.reduce_max(own, axis)
            found[f"sum of {name} over {axis}"] = p.reduce_sum(own, axis)
    v, r = inputs["v"], inputs["r"]
    found["sum of rows, each with its number"] = p.reduce_sum(p.broadcast(-v, r.shape, (1,)) + r, 1)
    for name, axis in (("x", 0), ("m", 0), ("m", 1), ("r", 1), ("int32", 0), ("uint8", 0)):
        found[f"argmax of {name} over {axis}"] = p.argmax(inputs[name], axis)
    return found


def contractions(inputs: dict[str, Node]) -> dict[str, Node]:
    """Contractions in which the size is that of vectors, of tiles, and of sums; and what moves numbers about."""
    y, m, w, r = (inputs[name] for name in "ymwr")
    y = p.maximum(y, -3.0)
    specs = {
        "i,i->": (y, y),
        "ai,bi->ab": (m, m),
        "ai,ib->ab": (m, w),
        "ia,bi->ab": (w, m),
        "ai,aj->ij": (m, m),
        "i,j->ij": (y, y),
        "ri,ib->rb": (r, w),
        "ri,rj->ij": (r, r),
        "rb,ib->ri": (inputs["r2"], w),
        "ri,i->r": (r, y),
        "ri,ri->r": (r, r),
        "ri,ri->ir": (r, r),
        "ri,r->i": (r, p.reduce_max(r, 1)),
    }
    found = {spec: p.contract(*operands, spec) for spec, operands in specs.items()}
    found["transpose"] = p.transpose(m, (1, 0)) + 0.5
    found["transposed rows"] = p.neg(p.transpose(r, (1, 0)))
    found["concat"] = p.concat([m, m], axis=1)
    found["pad"] = p.pad(m, [(0, 1), (1, 2)], 5.0)
    found["windows"] = p.windows(p.pad(m, [(0, 0), (1, 1)]), 1, 2)
    found["fold"] = p.fold(found["windows"], m.shape[1] + 2, 1, 2)
    ids = p.cast(p.less(0.0, y), "int32")
    found["take"] = p.take(p.transpose(w, (1, 0)), ids)
    found["scatter"] = p.scatter_add(w, ids, 2)
    places = p.cast(p.less(0.0, m), "int32")
    found["take within"] = p.take_within(p.concat([m, m], axis=1), places)
    found["scatter within"] = p.scatter_within(m, places, 2)
    found["reshape"] = p.reshape(m, (count(m.shape), 1))
    found["slice"] = p.slice(m, (0, None), (2, None))
    return found


GROUPS: dict[str, Callable[[dict[str, Node]], dict[str, Node]]] = {
    "element-wise": elementwise,
    "whole numbers": whole_numbers,
    "reductions": reductions,
    "contractions": contractions,
}


def sized_step(
    n: int, dtype: DType, group: str, layout: Layout = Layout.FEATURES
) -> tuple[Step, dict[str, Node], dict[str, Node]]:
    """A step with everything of a group at a size that a layout can take, its inputs, and its outputs."""
    inputs = sized_inputs(n, dtype)
    outputs = GROUPS[group](inputs)
    if layout is Layout.ROWS:
        outputs = with_rows_last(outputs)
    data = {name: node for name, node in inputs.items() if ROWS in node.shape}
    scalars = {name: inputs[name] for name in ("y", "key", "counter", "uint8", "bool")}
    state = {name: node for name, node in inputs.items() if name not in data and name not in scalars}
    return reporting(outputs, state, data, scalars=scalars), inputs, outputs


class Compiled:
    """A backend that has compiled its only step already."""

    name = "llvm"

    def __init__(self, program: Program) -> None:
        self.program = program

    def compile(self, step: Step) -> Program:
        return self.program


def check_nodes(found: Arrays, outputs: dict[str, Node], values: Arrays, rows: int, where: str) -> None:
    """Every output against its primitive, given what NumPy has for its inputs, these being exact."""
    operands = sorted({x for node in outputs.values() for x in node.inputs}, key=lambda node: node.serial)
    known = dict(zip(operands, run(operands, values, rows), strict=True)) if operands else {}
    for name, node in outputs.items():
        assert agrees(found[name], node, [known[x] for x in node.inputs], rows), f"{name}: {where}"

"""How the arrays of a step lie, and so along which axis vectors run: a step is rearranged before anything else is decided.

Vectors run along the last axis. Where layers are wide, that axis holds the features of one row. Where they are narrow, most of
a vector would be padding: then all arrays with rows have these last, and a vector holds one feature of many rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from chainrule.backends.llvm.plan import ELEMENTWISE
from chainrule.backends.llvm.roles import wants_transpose
from chainrule.backends.llvm.steps import arranged_scan
from chainrule.graph import ROWS, Graph, Node, Shape, Step, TensorType, count
from chainrule.graph.passes import rewrite
from chainrule.graph.primitives import broadcast, concat, contract, fold, pad, transpose, windows
from chainrule.graph.primitives import slice as slice_
from chainrule.graph.primitives.contraction import split_spec

_NARROW = 32  # features; from here on whole vectors of features are well filled
_FEW = 8  # rows; fewer would leave most of a vector of rows empty
_AS_THEY_ARE = frozenset({"input", "broadcast", "take_within", "scatter_within"})
_OVER_ROWS = frozenset({"reduce_sum", "reduce_max", "contract"})  # what makes something without rows of what has them


class Layout(Enum):
    """Arrays as in the graph, the same for batches that are all of one row, or rows last."""

    FEATURES = "features"
    ONE_ROW = "one row"
    ROWS = "rows"


class RowsLast(Step):
    """A step in which whatever has rows has them as its last axis."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "graph", Graph.of(self.outputs))


def choose_layout(step: Step, rows: int | None) -> Layout:
    """The layout for batches of so many rows, if that is known."""
    if rows == 1:
        return Layout.ONE_ROW
    if rows is None or rows < _FEW:
        return Layout.FEATURES
    with_rows = [node for node in step.graph.nodes if ROWS in node.shape]
    over_rows = [x for x in step.graph.nodes if ROWS not in x.shape and any(ROWS in y.shape for y in x.inputs)]
    narrow = all(dim is ROWS or dim <= _NARROW for node in with_rows for dim in node.shape)
    images = any(node.op == "windows" for node in with_rows)
    turnable = all(map(_can_turn, with_rows)) and all(node.op in _OVER_ROWS for node in over_rows)
    return Layout.ROWS if (narrow or images) and turnable else Layout.FEATURES


def arrange(step: Step, layout: Layout, rows: int | None = None) -> Step:
    """The step in a layout, with a transpose where the last axis of an operand is not one to run along."""
    if layout is Layout.ROWS:
        return rows_last(step)
    dots = layout is Layout.ONE_ROW
    step = rewrite(step, lambda node: arranged_scan(node, lambda body: arrange(body, layout)))
    step = rewrite(step, lambda node: _channels_last(node) if node.op == "fold" else node)
    return rewrite(step, lambda node: _turned(node, rows) if wants_transpose(node, dots) else node)


def _turned(node: Node, rows: int | None) -> Node:
    """A contraction with its second operand turned; or, if that is less work, its first one and the result."""
    x, y = node.inputs
    first, second, result = split_spec(node.attributes["spec"])
    if result[-1] in first and result[-1] not in second:
        x, y, first, second = y, x, second, first
    matrices = x.rank == y.rank == node.rank == 2 and x.shape[0] is ROWS and ROWS not in y.shape
    if rows and matrices and first[1] == second[1] and 4 * rows * (count(x.shape) + count(node.shape)) < count(y.shape):
        flipped = contract(y, transpose(x, (1, 0)), f"{second},{first[::-1]}->{result[::-1]}")
        return transpose(flipped, (1, 0))
    turned = "".join(letter for letter in second if letter != result[-1]) + result[-1]
    return contract(x, transpose(y, [second.index(letter) for letter in turned]), f"{first},{turned}->{result}")


def _channels_last(node: Node) -> Node:
    """A fold of products with the last axis of the result last in the products and in one of their factors, to run along."""
    (product,) = node.inputs
    if product.op != "contract":
        return node
    first, second, result = split_spec(product.attributes["spec"])
    channels = result[node.rank - 1]
    if channels not in second or channels in first:
        return node
    x, y = product.inputs
    turned, given = second.replace(channels, "") + channels, result.replace(channels, "") + channels
    y = transpose(y, [second.index(letter) for letter in turned])
    moved = contract(x, y, f"{first},{turned}->{given}")
    return node.primitive.apply((transpose(moved, [given.index(letter) for letter in result]),), node.attributes)


def _can_turn(node: Node) -> bool:
    """Whether a node with rows means the same with these last."""
    if node.shape[0] is not ROWS or ROWS in node.shape[1:]:
        return False
    if node.op == "transpose":
        return bool(node.attributes["permutation"][0] == 0)
    return node.op in ELEMENTWISE or node.op in _MOVED or node.op in _OVER_ROWS or node.op in _AS_THEY_ARE


def rows_last(step: Step) -> Step:
    """The same step with rows as the last axis of whatever has them."""
    given = (*step.state.values(), *step.data.values(), *step.scalars.values())  # some of which nothing may read
    new: dict[Node, Node] = {}
    for node in dict.fromkeys((*given, *step.graph.nodes)):
        inputs = tuple(new[x] for x in node.inputs)
        if node.op in _MOVED and ROWS in node.shape:
            new[node] = _MOVED[node.op](node, *inputs)
        else:
            attributes = {**node.attributes, **_rearranged(node)}
            new[node] = Node(node.primitive, inputs, attributes, TensorType(_moved(node.shape), node.dtype))
    replaced = {
        kind: {name: new[x] for name, x in getattr(step, kind).items()}
        for kind in ("state", "update", "data", "scalars", "metrics", "health", "rows", "checks")
    }
    return RowsLast(**replaced)


def _moved(shape: Shape) -> Shape:
    return (*shape[1:], ROWS) if shape[:1] == (ROWS,) else shape


def _ahead(axes: Sequence[int]) -> tuple[int, ...]:
    """Axes behind the rows, where these are first no more."""
    return tuple(axis - 1 for axis in axes)


def _turned_around(values: Sequence[Any]) -> tuple[Any, ...]:
    """What belongs to each axis, where the first has become the last."""
    return (*values[1:], values[0])


def _reshape(node: Node, x: Node) -> Node:
    if node.shape[: node.inputs[0].rank] == node.inputs[0].shape:  # axes of length 1 behind the others
        return broadcast(x, _moved(node.shape), range(x.rank - 1, node.rank - 1))
    return Node(node.primitive, (x,), {"shape": _moved(node.shape)}, TensorType(_moved(node.shape), node.dtype))


def _windows(node: Node, x: Node) -> Node:
    rank, a = x.rank, node.attributes
    found = windows(x, _ahead(a["axes"]), a["size"], a["stride"], a["dilation"])
    return transpose(found, (*range(rank - 1), *range(rank, found.rank), rank - 1))


def _fold(node: Node, x: Node) -> Node:
    rank, a = node.rank, node.attributes
    turned = transpose(x, (*range(rank - 1), x.rank - 1, *range(rank - 1, x.rank - 1)))
    return fold(turned, a["lengths"], _ahead(a["axes"]), a["size"], a["stride"], a["dilation"])


def _random_bits(node: Node, *inputs: Node) -> Node:
    """Numbered as the graph has them, row by row."""
    return transpose(Node(node.primitive, inputs, node.attributes, node.type), (*range(1, node.rank), 0))


# Nodes with rows whose attributes speak of axes, with the rows moved behind them.
_MOVED: dict[str, Callable[..., Node]] = {
    "reshape": _reshape,
    "windows": _windows,
    "fold": _fold,
    "random_bits": _random_bits,
    "pad": lambda node, x: pad(x, _turned_around(node.attributes["widths"]), node.attributes["value"]),
    "slice": lambda node, x: slice_(x, *map(_turned_around, (node.attributes["start"], node.attributes["stop"]))),
    "concat": lambda node, *xs: concat(xs, axis=node.attributes["axis"] - 1),
    "transpose": lambda node, x: transpose(x, (*_ahead(node.attributes["permutation"][1:]), x.rank - 1)),
}


def _rearranged(node: Node) -> dict[str, object]:
    """The attributes of a node that speak of axes, where rows have moved."""
    if node.op == "broadcast" and node.shape[:1] == (ROWS,):
        axes = sorted((axis - 1) % node.rank for axis in node.attributes["axes"])
        return {"shape": _moved(node.shape), "axes": tuple(axes)}
    if node.op in ("reduce_sum", "reduce_max") and node.inputs[0].shape[:1] == (ROWS,):
        axes = sorted((axis - 1) % node.inputs[0].rank for axis in node.attributes["axes"])
        return {"axes": tuple(axes)}
    if node.op == "contract":
        terms = split_spec(node.attributes["spec"])
        first, second, result = (
            term[1:] + term[0] if x.shape[:1] == (ROWS,) else term
            for term, x in zip(terms, (*node.inputs, node), strict=True)
        )
        return {"spec": f"{first},{second}->{result}"}
    return {}

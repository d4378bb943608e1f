"""Nodes, primitives and graphs: a computation as data.

A `Primitive` is one operation: what it means, which types it accepts and gives, and its derivative. Applying it to nodes makes
a `Node`, whose type is checked at once. A `Graph` is an ordered tuple of nodes, so whatever is done with one (evaluate, print,
differentiate, rewrite) is a plain loop.

Every node knows where it came from: its `scope` (``dense1``) and, if it belongs to a derivative, its `origin`, the forward
node that it differentiates.
"""

from __future__ import annotations

import inspect
import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chainrule.errors import GraphError, ShapeError
from chainrule.graph.refusals import NoArray
from chainrule.graph.types import ROWS, Dim, DType, Shape, TensorType, show_shape

PRIMITIVES: dict[str, Primitive] = {}

_scope: ContextVar[str] = ContextVar("scope", default="")
_origin: ContextVar[Node | None] = ContextVar("origin", default=None)
_serial = itertools.count()


class Primitive:
    """One operation of the graph: summary, type rule and derivative.

    `type_rule(*types, **attributes)` gives the type of the output or raises `ShapeError`. `vjp(g, y, *inputs, **attributes)`
    gives the gradient of each input, or None where none flows, from the gradient `g` of the output `y`; it is itself written
    with primitives. `attributes(*arguments)` turns the arguments of a call into the attributes of the node.
    """

    def __init__(
        self,
        name: str,
        summary: str,
        *,
        type_rule: Callable[..., TensorType],
        vjp: Callable[..., tuple[Node | None, ...]] | None,
        arity: int = 1,
        attributes: Callable[..., dict[str, Any]] | None = None,
        elementwise: bool = False,
    ) -> None:
        self.name = name
        self.summary = self.__doc__ = summary
        self.type_rule = type_rule
        self.vjp = vjp
        self.arity = arity
        self.attributes = attributes
        self.elementwise = elementwise

    def __repr__(self) -> str:
        return self.name

    def __call__(self, *arguments: Any, **named: Any) -> Node:
        """The node that applies this operation. Element-wise ones accept numbers and arrays, and broadcast their operands."""
        if self.arity < 0:  # the nodes are one argument, a sequence
            arguments = (tuple(arguments[0]), *arguments[1:])
        inputs = arguments[0] if self.arity < 0 else arguments[: self.arity]
        if self.elementwise:
            inputs = align(self.name, inputs)
        for x in inputs:
            if not isinstance(x, Node):
                raise GraphError(f"{where()}{self.name} works on nodes of a graph, but was given {type(x).__name__}.")
        attributes = self._attributes(arguments, named)
        if not self.attributes and (named or len(arguments) != self.arity):
            given = f"{len(arguments)} argument{'s' * (len(arguments) != 1)}" + (
                f" and {', '.join(named)}" if named else ""
            )
            raise GraphError(f"{where()}{self.name} takes {self.arity} nodes and nothing else, but was given {given}.")
        return self.apply(inputs, attributes)

    def _attributes(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        if not self.attributes:
            return {}
        try:
            inspect.signature(self.attributes).bind(*arguments, **named)
        except TypeError as error:
            raise GraphError(f"{where()}{self.name} cannot be called like this: {error}.") from None
        return self.attributes(*arguments, **named)

    def apply(self, inputs: Sequence[Node], attributes: Mapping[str, Any]) -> Node:
        """The node for inputs and attributes that are already in their final form."""
        result = self.type_rule(*(x.type for x in inputs), **attributes)
        return Node(self, tuple(inputs), attributes, result)


def primitive(name: str, summary: str, **rules: Any) -> Primitive:
    """Make a primitive and enter it in the table `PRIMITIVES`, by name."""
    if name in PRIMITIVES:
        raise GraphError(f"There is a primitive {name!r} already.")
    PRIMITIVES[name] = Primitive(name, summary, **rules)
    return PRIMITIVES[name]


class Node(NoArray):
    """A value of the graph: the primitive that makes it, from which inputs, and its type.

    Arithmetic on nodes makes nodes: ``x * w + 1`` inserts the constants and broadcasts that it needs.
    """

    __slots__ = ("attributes", "inputs", "origin", "primitive", "scope", "serial", "symbol", "type")

    def __init__(
        self, primitive: Primitive, inputs: tuple[Node, ...], attributes: Mapping[str, Any], type: TensorType
    ) -> None:
        self.primitive = primitive
        self.inputs = inputs
        self.attributes = MappingProxyType(dict(attributes))
        self.type = type
        self.scope = _scope.get()
        self.origin = _origin.get()
        self.symbol = ""  # what a textbook calls it, within its scope: see `named`
        self.serial = next(_serial)  # nodes are made after their inputs: sorting by it is a topological order

    @property
    def shape(self) -> Shape:
        """The dimensions; the number of rows is the symbol `ROWS`."""
        return self.type.shape

    @property
    def dtype(self) -> DType:
        """The kind of number."""
        return self.type.dtype

    @property
    def rank(self) -> int:
        """The number of dimensions."""
        return len(self.type.shape)

    @property
    def op(self) -> str:
        """The name of the primitive."""
        return self.primitive.name

    def __repr__(self) -> str:
        named = self.attributes.get("name")
        return f"<{self.op}{f' {named}' if named else ''}: {self.type}{f' in {self.scope}' if self.scope else ''}>"

    def __bool__(self) -> bool:
        raise GraphError(
            "A node has no value while its graph is being made: write select(condition, a, b), not if or and."
        )

    def __add__(self, other: Any) -> Node:
        return PRIMITIVES["add"](self, other)

    def __radd__(self, other: Any) -> Node:
        return PRIMITIVES["add"](other, self)

    def __sub__(self, other: Any) -> Node:
        return PRIMITIVES["sub"](self, other)

    def __rsub__(self, other: Any) -> Node:
        return PRIMITIVES["sub"](other, self)

    def __mul__(self, other: Any) -> Node:
        return PRIMITIVES["mul"](self, other)

    def __rmul__(self, other: Any) -> Node:
        return PRIMITIVES["mul"](other, self)

    def __truediv__(self, other: Any) -> Node:
        return PRIMITIVES["div"](self, other)

    def __rtruediv__(self, other: Any) -> Node:
        return PRIMITIVES["div"](other, self)

    def __neg__(self) -> Node:
        return PRIMITIVES["neg"](self)

    def __abs__(self) -> Node:
        return PRIMITIVES["abs"](self)

    def __lt__(self, other: Any) -> Node:
        return PRIMITIVES["less"](self, other)

    def __gt__(self, other: Any) -> Node:
        return PRIMITIVES["less"](other, self)

    def __pow__(self, power: int) -> Node:
        """`x ** k` for a whole number k ≥ 1, by repeated multiplication."""
        if not isinstance(power, int) or isinstance(power, bool) or power < 1:
            raise GraphError(
                f"x ** {power!r}: the power must be a whole number of at least 1; compose exp and log for others."
            )
        half = self ** (power // 2) if power > 1 else None
        square = half * half if half is not None else self
        return square * self if power > 1 and power % 2 else square

    def __matmul__(self, other: Any) -> Node:
        """The product of two matrices, a matrix and a vector, or two vectors; one of them may be an array."""
        return _matrix_product(self, other if isinstance(other, Node) else const(other, self.dtype))

    def __rmatmul__(self, other: Any) -> Node:
        return _matrix_product(const(other, self.dtype), self)

    def __getitem__(self, index: int | slice | tuple[int | slice, ...]) -> Node:
        """Whole numbers and slices (without a step) of the leading dimensions."""
        indices = index if isinstance(index, tuple) else (index,)
        if len(indices) > self.rank:
            raise ShapeError(f"{where()}{len(indices)} indices were given for {self.type}.")
        start: list[int | None] = [None] * self.rank
        stop: list[int | None] = [None] * self.rank
        kept: list[Dim] = []
        for axis, dim in enumerate(self.shape):
            i = indices[axis] if axis < len(indices) else slice(None)
            if i == slice(None):
                kept.append(dim)
                continue
            if dim is ROWS or not isinstance(dim, int):
                raise ShapeError(f"{where()}the rows of {self.type} cannot be indexed inside a graph.")
            start[axis], stop[axis] = _bounds(i, dim, self)
            if isinstance(i, slice):
                kept.append(max(0, (stop[axis] or 0) - (start[axis] or 0)))
        part = PRIMITIVES["slice"](self, tuple(start), tuple(stop))
        return part if part.rank == len(kept) else PRIMITIVES["reshape"](part, tuple(kept))

    def __iter__(self) -> Iterator[Node]:
        if not self.shape or not isinstance(self.shape[0], int):
            raise ShapeError(f"{where()}a node of type {self.type} cannot be unpacked.")
        return (self[i] for i in range(self.shape[0]))


_PRODUCTS = {(2, 2): "ij,jk->ik", (2, 1): "ij,j->i", (1, 2): "i,ij->j", (1, 1): "i,i->"}


def _matrix_product(x: Node, y: Node) -> Node:
    spec = _PRODUCTS.get((x.rank, y.rank))
    if spec is None:
        raise ShapeError(
            f"{where()}@ multiplies matrices and vectors, but has {x.type} and {y.type}; use contract for more."
        )
    return PRIMITIVES["contract"](x, y, spec)


def _bounds(index: int | slice, dim: int, node: Node) -> tuple[int, int]:
    if isinstance(index, slice):
        low, high, step = index.indices(dim)
        if step != 1:
            raise ShapeError(f"{where()}a slice of {node.type} cannot have a step.")
        return low, max(low, high)
    if isinstance(index, bool) or not isinstance(index, SupportsIndex):
        raise ShapeError(f"{where()}{node.type} is indexed by whole numbers and slices, not by {index!r}.")
    place = operator.index(index)
    position = place + dim if place < 0 else place
    if not 0 <= position < dim:
        raise ShapeError(f"{where()}index {place} lies outside {node.type}.")
    return position, position + 1


class Graph:
    """An ordered tuple of nodes, every node after its inputs, and which of them are the outputs."""

    def __init__(self, nodes: tuple[Node, ...], outputs: tuple[Node, ...]) -> None:
        self.nodes = nodes
        self.outputs = outputs

    @staticmethod
    def of(outputs: Iterable[Node]) -> Graph:
        """The graph of everything that `outputs` depend on, in the order in which it was made."""
        wanted = tuple(outputs)
        found: dict[Node, None] = {}
        pending = list(wanted)
        while pending:
            node = pending.pop()
            if node not in found:
                found[node] = None
                pending.extend(node.inputs)
        return Graph(tuple(sorted(found, key=lambda node: node.serial)), wanted)

    def dependents(self, nodes: Iterable[Node]) -> set[Node]:
        """The given nodes, and all in the graph that depend on one of them."""
        found = set(nodes)
        for node in self.nodes:
            if not found.isdisjoint(node.inputs):
                found.add(node)
        return found

    @property
    def inputs(self) -> dict[str, Node]:
        """The named inputs that the outputs depend on."""
        return {node.attributes["name"]: node for node in self.nodes if node.op == "input"}

    def __repr__(self) -> str:
        from chainrule.graph.text import show

        return show(self)


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Nodes made inside belong to `name`, within the scope that is open already: ``residual1/dense1``."""
    outer = _scope.get()
    token = _scope.set(f"{outer}/{name}" if outer and name else outer or name)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def provenance(name: str, origin: Node | None) -> Iterator[None]:
    """Nodes made inside take exactly this scope and differentiate (or replace) `origin`."""
    tokens = _scope.set(name), _origin.set(origin)
    try:
        yield
    finally:
        _scope.reset(tokens[0])
        _origin.reset(tokens[1])


def named(symbol: str, node: Node) -> Node:
    """The node, called by the letter that a textbook has for it; one that has a name, of any kind, keeps it.

    >>> named("z", input("x", (ROWS, 4)) + 1.0).symbol
    'z'
    """
    if not node.symbol and node.op not in ("input", "const"):
        node.symbol = symbol
    return node


def current_scope() -> str:
    """The scope that nodes made now belong to."""
    return _scope.get()


def where() -> str:
    """The beginning of an error message: ``layer 'dense1': ``, or nothing outside any scope."""
    return f"layer {_scope.get()!r}: " if _scope.get() else ""


def input(name: str, shape: Shape, dtype: DType | str = DType.FLOAT32) -> Node:
    """A value that is given when the graph runs.

    >>> input("x", (ROWS, 4))
    <input x: float32[n, 4]>
    """
    return PRIMITIVES["input"].apply((), {"name": name, "type": TensorType(tuple(shape), DType.of(dtype))})


def const(value: ArrayLike, dtype: DType | str | None = None) -> Node:
    """A value that is known when the graph is made. It may be rounded to fit the dtype, but not turned into another number.

    >>> const(2.0, "float64")
    <const: float64[]>
    >>> const(0.5, "int32")
    Traceback (most recent call last):
    ...
    chainrule.errors.GraphError: 0.5 cannot be a constant of dtype int32; give it a dtype that can hold it.
    """
    array = np.array(value)
    if dtype is not None and array.dtype != DType.of(dtype).numpy:
        array = _converted(array, DType.of(dtype), value)
    array.setflags(write=False)
    return PRIMITIVES["const"].apply((), {"value": array})


def _converted(array: NDArray[Any], dtype: DType, value: object) -> NDArray[Any]:
    if array.dtype.kind in "biuf":
        with np.errstate(all="ignore"):
            held = array.astype(dtype.numpy)
        overflows = dtype.is_float and (np.isinf(held) & np.isfinite(array)).any()
        if not overflows and (dtype.is_float or np.array_equal(held, array)):
            return held
    raise GraphError(
        f"{where()}{value!r} cannot be a constant of dtype {dtype.value}; give it a dtype that can hold it."
    )


def align(name: str, operands: Sequence[Any]) -> tuple[Node, ...]:
    """Operands of an element-wise operation: numbers become constants, and all are broadcast to one shape.

    Shapes are compared from the right, as in NumPy. A number takes the dtype of the nodes beside it.
    """
    nodes = [x for x in operands if isinstance(x, Node)]
    if not nodes:
        raise GraphError(f"{where()}{name} works on nodes of a graph, but none was given; wrap a value in const().")
    valued = [x for x in nodes if x.dtype is not DType.BOOL] or nodes
    lifted = [x if isinstance(x, Node) else _beside(name, x, valued[0].dtype) for x in operands]
    target = lifted[0].shape
    for x in lifted[1:]:
        target = common_shape(name, target, x.shape)
    return tuple(broadcast_to(x, target) for x in lifted)


def _beside(name: str, value: ArrayLike, dtype: DType) -> Node:
    if dtype is DType.BOOL and np.asarray(value).dtype.kind != "b":
        raise GraphError(
            f"{where()}{name} cannot tell the dtype of {value!r} beside truth values; wrap it in const(value, dtype)."
        )
    return const(value, dtype)


def common_shape(name: str, first: Shape, second: Shape) -> Shape:
    """The shape that both shapes broadcast to, compared from the right; a 1 or a missing dimension gives way.

    >>> common_shape("add", (ROWS, 10), (10,))
    (n, 10)
    """
    rank = max(len(first), len(second))
    long = (1,) * (rank - len(first)) + first, (1,) * (rank - len(second)) + second
    dims: list[Dim] = []
    for a, b in zip(*long, strict=True):
        if a != b and a != 1 and b != 1:
            raise ShapeError(f"{where()}{name} cannot combine shapes {show_shape(first)} and {show_shape(second)}.")
        dims.append(b if a == 1 else a)
    if dims.count(ROWS) > max(first.count(ROWS), second.count(ROWS)):
        raise ShapeError(
            f"{where()}{name} would make {show_shape(tuple(dims))}, every row with every other, from {show_shape(first)} and "
            f"{show_shape(second)}; reshape one of them so that their rows stand side by side."
        )
    return tuple(dims)


def broadcast_to(x: Node, shape: Shape) -> Node:
    """`x` repeated along the leading dimensions that it lacks and along its dimensions of size 1."""
    if x.shape == shape:
        return x
    offset = len(shape) - x.rank
    repeated = [axis for axis, dim in enumerate(x.shape) if dim == 1 and shape[axis + offset] != 1]
    if repeated:
        x = PRIMITIVES["reshape"](x, tuple(dim for axis, dim in enumerate(x.shape) if axis not in repeated))
    axes = (*range(offset), *(axis + offset for axis in repeated))
    return PRIMITIVES["broadcast"](x, shape, axes)

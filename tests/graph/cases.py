"""A table of cases for every primitive: operands in odd sizes, with ties, zeros, large values, empty axes.

The tests of the graph and of every backend take their rows from here: `ALL` is the whole table, `of(op)` the rows of one
primitive. A primitive that has no row fails `test_every_primitive_has_cases`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.graph import PRIMITIVES, ROWS, Node, const, input
from graph.loops import LOOPS

Array = NDArray[Any]

_rng = np.random.default_rng(1986)


@dataclass(frozen=True)
class Case:
    """One call of a primitive: `PRIMITIVES[op](*operands, **call)`; of `call`, a function is given the nodes.

    `rows`: the operands whose first dimension is the number of rows. `kinks`: at how many coordinates the derivative jumps.
    `h`: the step of the finite differences; None where there are none to take (infinite values, whole numbers).
    """

    op: str
    note: str
    operands: tuple[Array, ...]
    call: dict[str, Any] = field(default_factory=dict)
    rows: tuple[int, ...] = ()
    kinks: int = 0
    h: float | None = 2.0**-10

    def __str__(self) -> str:
        shapes = " ".join("x".join(map(str, x.shape)) or "()" for x in self.operands)
        kinds = "/".join(dict.fromkeys(str(x.dtype) for x in self.operands))
        return f"{self.op}-{self.note}-{shapes}-{kinds}"

    @property
    def inputs(self) -> dict[str, Array]:
        """The operands by name: x0, x1, ..."""
        return {f"x{i}": x for i, x in enumerate(self.operands)}

    @property
    def n_rows(self) -> int:
        """The number of rows of the operands that have any, else 0."""
        return len(self.operands[self.rows[0]]) if self.rows else 0

    def build(self) -> tuple[Node, list[Node]]:
        """The node, and the inputs that stand for its operands."""
        nodes = [
            input(name, (ROWS, *x.shape[1:]) if i in self.rows else x.shape, x.dtype.name)
            for i, (name, x) in enumerate(self.inputs.items())
        ]
        if self.op == "input":
            return nodes[0], nodes
        if self.op == "const":
            return const(self.operands[0]), []
        primitive = PRIMITIVES[self.op]
        call = {name: value(nodes) if callable(value) else value for name, value in self.call.items()}
        return (primitive(nodes, **call) if primitive.arity < 0 else primitive(*nodes, **call)), nodes

    def single(self) -> Case:
        """The same case with float32 for float64."""
        return replace(
            self, operands=tuple(x.astype(np.float32) if x.dtype == np.float64 else x for x in self.operands)
        )

    @property
    def differentiable(self) -> bool:
        """Whether finite differences can be taken with regard to an operand."""
        return self.h is not None and any(x.dtype == np.float64 for x in self.operands)


SHAPES = [(), (1,), (7,), (3, 5), (2, 3, 5), (2, 1, 3, 2), (0,), (3, 0, 2)]
SPECIAL = np.array([0.0, -0.0, 1e4, -1e4, np.inf, -np.inf, np.nan, 5e-324, 1.0, -1.0, 30.0, -30.0])


def some(*shape: int) -> Array:
    """Normal numbers, none of them near a kink at a whole number."""
    x = _rng.normal(size=shape)
    return np.where(np.abs(x - np.rint(x)) < 0.02, x + 0.1, x)


def whole(*shape: int, low: int = -9, high: int = 10, dtype: str = "int32") -> Array:
    """Whole numbers from `low` up to, not including, `high`."""
    return _rng.integers(low, high, size=shape).astype(dtype)


def distinct(*shape: int) -> Array:
    """Numbers that are at least 0.1 apart, in random order."""
    n = int(np.prod(shape))
    return (0.1 * _rng.permutation(n) - 0.05 * n + 0.013).reshape(shape)


# ------------------------------------------------------------------------------------------- element by element

_DOMAIN: dict[str, Callable[[Array], Array]] = {"log": lambda x: np.abs(x) + 0.5, "sqrt": lambda x: np.abs(x) + 0.5}
_LARGE: dict[str, Array] = {
    "exp": np.linspace(-5, 5, 11),
    "log": np.array([0.5, 3.0, 90.0, 1e4]),
    "sqrt": np.geomspace(0.5, 1e4, 5),
}
_UNARY = ("neg", "abs", "exp", "log", "sqrt", "tanh", "logistic", "softplus", "erf", "sin", "cos", "floor")


def _unary() -> Iterator[Case]:
    for op in _UNARY:
        for shape in SHAPES:
            yield Case(op, "plain", (_DOMAIN.get(op, lambda x: x)(some(*shape)),), rows=(0,) if len(shape) > 1 else ())
        yield Case(op, "large", (_LARGE.get(op, np.linspace(-6.05, 6.05, 13)[np.arange(13) != 6]),), h=2.0**-11)
        yield Case(op, "special", (SPECIAL,), h=None)
    for op in ("neg", "abs"):
        yield Case(op, "whole", (whole(3, 4),))
    yield Case("neg", "wraps", (np.array([0, 1, 255], np.uint8),))
    yield Case("abs", "at 0", (np.array([0.0, 1.5, -0.0, -2.5]),), kinks=2)
    yield Case("floor", "at whole numbers", (np.array([0.0, 1.5, -2.0, 3.0]),), kinks=3)


def _special_pairs() -> tuple[Array, Array]:
    a, b = np.meshgrid(SPECIAL, SPECIAL)
    return a.ravel(), b.ravel()


def _binary() -> Iterator[Case]:
    for op in ("add", "sub", "mul", "div", "maximum", "less", "equal"):
        for shape in SHAPES:
            x, y = distinct(2, *shape)
            yield Case(op, "plain", (x, np.abs(y) + 0.5 if op == "div" else y), rows=(0, 1) if len(shape) > 1 else ())
        yield Case(op, "a vector beside rows", (distinct(4, 3), some(3) * 0.01 + 0.555), rows=(0,))
        yield Case(op, "two columns", (distinct(4, 1, 3), some(1, 2, 1) * 0.01 + 0.555))
        yield Case(op, "a number", (np.array(0.73), distinct(2, 2) + 1.1))
        yield Case(op, "large", (np.array([1e4, -1e4, 3e3, 0.25]), np.array([2e3, -3e3, 1e3, 4e3])), h=1.0)
        yield Case(op, "special", _special_pairs(), h=None)
        if op != "div":
            yield Case(op, "whole", (whole(5, 4), whole(5, 4)))
            yield Case(op, "wraps", (np.array([250, 3, 0], np.uint8), np.array([250, 200, 1], np.uint8)))
    yield Case("maximum", "ties", (np.array([1.0, 2.0, 3.0, -0.0]), np.array([1.0, 3.0, 2.0, 0.0])), kinks=4)
    yield Case("equal", "ties", (np.array([1.0, 2.0, np.nan]), np.array([1.0, 3.0, np.nan])), h=None)
    yield Case("less", "truth values", (np.array([True, False, False]), np.array([True, True, False])))


def _select() -> Iterator[Case]:
    for shape in SHAPES:
        c = _rng.random(shape) < 0.5
        yield Case(
            "select", "plain", (np.asarray(c), some(*shape), some(*shape)), rows=(0, 1, 2) if len(shape) > 1 else ()
        )
    yield Case("select", "one condition", (np.array(True), some(3, 2), some(2)))
    yield Case("select", "a condition for each row", (np.array([[True], [False]]), some(2, 3), some()))
    yield Case("select", "special", (np.array([True, False] * 6), SPECIAL, SPECIAL[::-1].copy()), h=None)
    yield Case("select", "whole", (np.array([True, False]), whole(2), whole(2)))


# ------------------------------------------------------------------------------------------- the rest


def _choice_and_conversion() -> Iterator[Case]:
    for shape, axis in (((5,), 0), ((3, 4), -1), ((3, 4), 0), ((2, 3, 5), 1), ((0, 3), 1)):
        yield Case("argmax", "plain", (distinct(*shape),), {"axis": axis})
    yield Case("argmax", "ties and NaN", (np.array([[1.0, 3, 3], [np.nan, 4, np.nan], [0.0, -0.0, -1]]),), h=None)
    yield Case("argmax", "rows", (distinct(4, 3),), rows=(0,))
    yield Case("argmax", "whole", (whole(3, 5),), {"axis": 0})
    for source, target in (("float64", "float32"), ("float32", "float64"), ("float64", "float64"), ("bool", "float64")):
        x = np.array([[0, 1, 1], [1, 0, 1]]).astype(source)
        yield Case("cast", f"to {target}", (x,), {"dtype": target}, h=2.0**-4 if target != "float32" else None)
    yield Case("cast", "drops the fraction", (np.array([1.9, -1.9, 0.5, -7.2]),), {"dtype": "int32"})
    yield Case("cast", "whole to float", (whole(3, 2),), {"dtype": "float32"})
    yield Case("cast", "bytes", (whole(5, low=0, high=256, dtype="uint8"),), {"dtype": "float64"})
    yield Case("cast", "to truth values", (np.array([0.0, -0.0, 0.3, np.nan]),), {"dtype": "bool"}, h=None)
    yield Case("cast", "words", (np.array([0, 2**31, 2**32 - 1], np.uint32),), {"dtype": "float64"})
    for shape in ((), (3,), (2, 3)):
        yield Case("stop_gradient", "plain", (some(*shape),), h=None)  # its derivative is meant to differ
    yield Case("stop_gradient", "truth values", (np.array([True, False]),))


def _reduction() -> Iterator[Case]:
    places = [
        ((), None),
        ((5,), 0),
        ((3, 4), 0),
        ((3, 4), 1),
        ((2, 3, 5), (0, 2)),
        ((2, 3, 5), -2),
        ((2, 1, 3, 2), (1, 2, 3)),
    ]
    for op in ("reduce_sum", "reduce_max"):
        for shape, axes in places:
            yield Case(op, f"over {axes}", (distinct(*shape),), {"axes": axes})
        yield Case(op, "over all", (distinct(2, 3),))
        yield Case(op, "over none", (np.array([0.5, -0.0, 2.0]),), {"axes": ()})
        yield Case(op, "rows", (distinct(3, 4),), {"axes": 0}, rows=(0,))
        yield Case(op, "within rows", (distinct(3, 4),), {"axes": 1}, rows=(0,))
        yield Case(op, "empty result", (np.zeros((0, 3)),), {"axes": 1})
        yield Case(op, "whole", (whole(3, 4),), {"axes": 1})
        yield Case(
            op,
            "special",
            (np.array([[1.0, np.inf, 2], [np.nan, 1, 2], [-np.inf, -np.inf, -np.inf]]),),
            {"axes": 1},
            h=None,
        )
        yield Case(op, "large", (np.array([[1e4, -1e4, 3.0], [5.0, 1e4, 2.0]]),), {"axes": 1}, h=0.125)
    yield Case("reduce_sum", "empty axis", (np.zeros((3, 0)),), {"axes": 1})
    yield Case("reduce_max", "ties", (np.array([[2.0, 2.0, 1.0], [0.0, 1.0, 3.0]]),), {"axes": 1}, kinks=2)
    for shape, new, axes in (
        ((), (3, 4), (0, 1)),
        ((3,), (2, 3), (0,)),
        ((3,), (3, 2), (1,)),
        ((2, 4), (2, 3, 4, 1), (1, 3)),
    ):
        yield Case("broadcast", f"new axes {axes}", (some(*shape),), {"shape": new, "axes": axes})
    yield Case("broadcast", "no new axis", (some(3),), {"shape": (3,), "axes": ()})
    yield Case("broadcast", "to nothing", (some(3),), {"shape": (0, 3), "axes": (0,)})
    yield Case("broadcast", "rows", (some(3),), {"shape": (3, 2), "axes": (1,)}, rows=())
    yield Case("broadcast", "within rows", (some(3),), {"shape": (ROWS, 2), "axes": (1,)}, rows=(0,))
    yield Case("broadcast", "truth values", (np.array([True, False]),), {"shape": (3, 2), "axes": (0,)})


# A specification and the size of each of its letters.
CONTRACTIONS: list[tuple[str, dict[str, int]]] = [
    ("bi,io->bo", {"b": 3, "i": 5, "o": 4}),
    ("bi,io->ob", {"b": 3, "i": 5, "o": 2}),
    ("ib,oi->bo", {"b": 1, "i": 4, "o": 3}),
    ("i,i->", {"i": 7}),
    ("i,j->ij", {"i": 3, "j": 4}),
    ("i,i->i", {"i": 5}),
    ("ij,ij->j", {"i": 3, "j": 2}),
    (",ij->ji", {"i": 2, "j": 3}),
    ("bhqd,bhkd->bhqk", {"b": 2, "h": 3, "q": 2, "k": 4, "d": 5}),
    ("bqhd,bkhd->bhqk", {"b": 2, "h": 1, "q": 3, "k": 2, "d": 2}),
    ("nxycij,cijo->nxyo", {"n": 2, "x": 2, "y": 3, "c": 2, "i": 2, "j": 1, "o": 3}),
    ("bi,io->bo", {"b": 0, "i": 3, "o": 2}),
    ("bi,io->bo", {"b": 2, "i": 0, "o": 3}),
    ("bc,io->bico", {}),  # filled in below: every letter of one operand is in the result
]
CONTRACTIONS[-1] = ("bc,io->bico", {"b": 2, "c": 2, "i": 3, "o": 1})


def _contraction() -> Iterator[Case]:
    for spec, sizes in CONTRACTIONS:
        operands = [some(*(sizes[letter] for letter in term)) for term in spec.split("->")[0].split(",")]
        yield Case("contract", spec, tuple(operands), {"spec": spec})
    yield Case("contract", "rows", (some(4, 3), some(3, 2)), {"spec": "bi,io->bo"}, rows=(0,))
    yield Case("contract", "rows inside", (some(4, 3), some(4, 2)), {"spec": "bi,bo->io"}, rows=(0, 1))
    yield Case("contract", "large", (some(2, 3) * 1e4, some(3, 2)), {"spec": "bi,io->bo"})
    special = np.array([[1.0, np.inf], [np.nan, 2.0]])
    yield Case("contract", "special", (special, np.ones((2, 3))), {"spec": "bi,io->bo"}, h=None)


def _structure() -> Iterator[Case]:
    for old, new in (((), (1, 1)), ((6,), (2, 3)), ((2, 3, 4), (4, 6)), ((3, 1), (3,)), ((0, 3), (5, 0)), ((1,), ())):
        yield Case("reshape", f"to {new}", (some(*old),), {"shape": new})
    yield Case("reshape", "within rows", (some(3, 2, 2),), {"shape": (ROWS, 4)}, rows=(0,))
    for order in ((), (0,), (1, 0), (2, 0, 1), (3, 1, 0, 2)):
        shape = (2, 3, 4, 2)[: len(order)]
        yield Case("transpose", f"{order}", (some(*shape),), {"permutation": order})
    yield Case("transpose", "rows", (some(3, 2),), {"permutation": (1, 0)}, rows=(0,))
    for shape, widths in (
        ((3,), [(1, 2)]),
        ((2, 3), [(0, 0), (2, 0)]),
        ((2, 0), [(0, 1), (1, 1)]),
        ((), []),
        ((2, 1, 2), [(1, 0)] * 3),
    ):
        yield Case("pad", f"{widths}", (some(*shape),), {"widths": widths})
    yield Case("pad", "with -inf", (some(2, 3),), {"widths": [(0, 0), (1, 1)], "value": -np.inf}, h=None)
    yield Case("pad", "with a number", (some(2, 3),), {"widths": [(0, 0), (1, 1)], "value": -2.5}, rows=(0,))
    yield Case("pad", "whole", (whole(3),), {"widths": [(1, 1)], "value": 7})
    for shape, start, stop in (
        ((5,), (1,), (4,)),
        ((3, 4), (None, 2), (None, None)),
        ((3, 4), (2, 0), (3, 4)),
        ((4,), (2,), (2,)),
        ((), (), ()),
    ):
        yield Case("slice", f"{start} to {stop}", (some(*shape),), {"start": start, "stop": stop})
    yield Case("slice", "within rows", (some(3, 2, 5),), {"start": (None, 0, 1), "stop": (None, 1, 3)}, rows=(0,))
    for shapes, axis in (
        (((2,), (3,)), 0),
        (((2, 3), (2, 1), (2, 2)), 1),
        (((1, 3), (2, 3)), 0),
        (((2, 0), (2, 3)), -1),
        (((2, 2),), 0),
    ):
        yield Case("concat", f"along {axis}", tuple(some(*shape) for shape in shapes), {"axis": axis})
    yield Case("concat", "within rows", (some(3, 2), some(3, 4)), rows=(0, 1))
    yield Case("concat", "truth values", (np.array([True]), np.array([False, True])))


# Shape, axes, size, stride, dilation.
WINDOWS: list[tuple[tuple[int, ...], Any, Any, Any, Any]] = [
    ((7,), 0, 3, 1, 1),
    ((8,), 0, 3, 2, 1),
    ((9,), 0, 3, 2, 3),
    ((7,), 0, 7, 5, 1),
    ((6,), 0, 1, 4, 2),
    ((2, 5, 6), (1, 2), (2, 3), (2, 1), (1, 2)),
    ((2, 5, 6, 3), (1, 2), 2, 2, 2),
    ((4, 3, 5), (0, 2), (1, 2), (3, 2), 1),
    ((1, 4, 4, 4), (1, 2, 3), (2, 1, 3), (1, 2, 1), (3, 1, 1)),
    ((0, 4), 1, 2, 1, 1),
]


def _windows() -> Iterator[Case]:
    for shape, axes, size, stride, dilation in WINDOWS:
        call = {"axes": axes, "size": size, "stride": stride, "dilation": dilation}
        note = f"size {size} stride {stride} dilation {dilation}"
        case = Case("windows", note, (some(*shape),), call)
        yield case
        windows = case.build()[0]
        places = windows.attributes["axes"]
        lengths = tuple(shape[axis] for axis in places)
        yield Case("fold", note, (some(*windows.shape),), {"lengths": lengths, **call, "axes": places})
    call = {"axes": (1, 2), "size": 2, "stride": 1}
    yield Case("windows", "rows", (some(2, 3, 4, 1),), call, rows=(0,))
    yield Case("fold", "rows", (some(2, 2, 3, 1, 2, 2),), {"lengths": (3, 4), **call}, rows=(0,))
    yield Case("windows", "bytes", (whole(5, low=0, high=256, dtype="uint8"),), {"axes": 0, "size": 2})


def _indexing() -> Iterator[Case]:
    for table, ids in (((4,), (3,)), ((4, 3), (2, 5)), ((5, 2, 2), ()), ((3, 0), (2,)), ((2, 3), (0,)), ((1, 2), (7,))):
        names = whole(*ids, low=0, high=table[0])
        yield Case("take", "plain", (some(*table), np.asarray(names)))
        yield Case("scatter_add", "plain", (some(*ids, *table[1:]), np.asarray(names)), {"size": table[0]})
    yield Case("take", "an id twice", (some(3, 2), np.array([2, 0, 2, 2], np.int32)), rows=(1,))
    yield Case("take", "whole", (whole(3, 2), np.array([1, 1], np.int32)))
    yield Case("scatter_add", "an id twice", (some(4, 2), np.array([2, 0, 2, 2], np.int32)), {"size": 5}, rows=(0, 1))
    yield Case("scatter_add", "whole", (whole(3), np.array([1, 1, 0], np.int32)), {"size": 2})


def _indexing_within() -> Iterator[Case]:
    for x, places, rows in (
        ((3, 4), (5,), ()),
        ((3, 4, 2), (2, 3), ()),
        ((2, 5, 2, 3), (), ()),
        ((2, 3, 0), (2,), ()),
        ((2, 3), (0,), ()),
        ((1, 1, 1), (7,), ()),
        ((3, 6, 17), (2, 4), (0, 1)),
        ((5, 3), (33,), (0, 1)),
        ((2, 4, 3), (4,), (0, 1)),
    ):
        ids = whole(x[0], *places, low=0, high=x[1])
        yield Case("take_within", "plain", (some(*x), ids), rows=rows)
        yield Case("scatter_within", "plain", (some(*ids.shape, *x[2:]), ids), {"size": x[1]}, rows=rows)
    ids = np.array([[2, 0, 2, 2], [1, 1, 0, 0]], np.int32)
    yield Case("take_within", "an id twice", (some(2, 3, 2), ids), rows=(0, 1))
    yield Case("take_within", "bytes", (whole(2, 3, 3, low=0, high=256, dtype="uint8"), ids))
    yield Case("scatter_within", "an id twice", (some(2, 4, 2), ids), {"size": 5}, rows=(0, 1))
    yield Case("scatter_within", "whole", (whole(2, 4), ids), {"size": 3})


def _scan() -> Iterator[Case]:
    for note, operands, call, rows in LOOPS:
        large = sum(x.size for x in operands) > 60  # too many coordinates to move, one by one
        yield Case("scan", note, operands, call, rows, h=None if large else 2.0**-10)


def _random() -> Iterator[Case]:
    key, counter = np.array([3, 2**32 - 1], np.uint32), np.array([5, 7], np.uint32)
    for bits in (16, 32):
        for shape in ((), (1,), (3, 5), (2, 1, 9), (0, 4)):
            yield Case(
                "random_bits", f"{bits} bits {shape}", (key, counter), {"shape": shape, "layer": 2, "bits": bits}
            )
    yield Case("random_bits", "zero key", (0 * key, 0 * counter), {"shape": (8,), "layer": 0})


def _leaves() -> Iterator[Case]:
    for x in (some(), some(3), some(0, 2), whole(2, 2), np.array([True, False])):
        yield Case("input", "plain", (x,), h=None)
        yield Case("const", "plain", (x,), h=None)
    yield Case("input", "rows", (some(3, 2),), rows=(0,), h=None)


_GROUPS = (
    _leaves,
    _unary,
    _binary,
    _select,
    _choice_and_conversion,
    _reduction,
    _contraction,
    _structure,
    _windows,
    _indexing,
    _indexing_within,
    _random,
    _scan,
)

ALL: list[Case] = [case for group in _GROUPS for case in group()]


def of(op: str) -> list[Case]:
    """The rows of a primitive."""
    return [case for case in ALL if case.op == op]

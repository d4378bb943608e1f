"""What cannot be computed is refused when the node is made, in one sentence that begins with the layer's name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from chainrule.errors import GraphError, ShapeError
from chainrule.graph import PRIMITIVES, ROWS, DType, TensorType, const, gradients, input, primitive, scope
from chainrule.graph import primitives as p

f3 = input("f3", (3,), "float64")
f23 = input("f23", (2, 3), "float64")
f0 = input("f0", (0, 3), "float64")
single = input("single", (3,), "float32")
i3 = input("i3", (3,), "int32")
u2 = input("u2", (2,), "uint32")
b3 = input("b3", (3,), "bool")
rows = input("rows", (ROWS, 3), "float64")
scalar = input("scalar", (), "float64")

Refused = tuple[Callable[[], object], type[Exception], str]

REFUSED: dict[str, Refused] = {
    # element by element
    "shapes that do not fit": (
        lambda: f3 + input("x", (2,), "float64"),
        ShapeError,
        r"add cannot combine shapes \(3\) and \(2\)",
    ),
    "rows and a number of rows": (
        lambda: rows + input("x", (4, 3), "float64"),
        ShapeError,
        r"shapes \(n, 3\) and \(4, 3\)",
    ),
    "two dtypes": (lambda: f3 * single, ShapeError, r"operands of one type, but has float64\[3\] and float32\[3\]"),
    "arithmetic on truth": (lambda: b3 + b3, ShapeError, r"needs numbers, but was given bool\[3\]; cast it first"),
    "exp of whole numbers": (lambda: p.exp(i3), ShapeError, r"floating-point numbers, but was given int32\[3\]"),
    "division of whole numbers": (lambda: i3 / i3, ShapeError, "floating-point numbers"),
    "comparison of two dtypes": (lambda: f3 < single, ShapeError, "comparison needs two operands of one type"),
    "select by numbers": (lambda: p.select(f3, f3, f3), ShapeError, "select needs a condition"),
    "select of two dtypes": (lambda: p.select(b3, f3, single), ShapeError, "two values of one type"),
    "select of bare numbers": (lambda: p.select(b3, 1.0, 0.0), GraphError, r"cannot tell the dtype of 1\.0"),
    "no node at all": (lambda: p.add(1.0, 2.0), GraphError, r"add works on nodes of a graph, but none was given"),
    "a string": (lambda: f3 + "a", GraphError, "'a' cannot be a constant of dtype float64"),
    "None": (lambda: f3 + None, GraphError, "None cannot be a constant"),
    "a fraction beside whole numbers": (lambda: i3 * 0.5, GraphError, r"0\.5 cannot be a constant of dtype int32"),
    "a negative number beside words": (lambda: u2 + (-1), GraphError, "-1 cannot be a constant of dtype uint32"),
    "too few nodes": (lambda: p.add(f3), GraphError, "add takes 2 nodes and nothing else, but was given 1 argument"),
    "too many nodes": (
        lambda: p.neg(f3, f3),
        GraphError,
        "neg takes 1 nodes and nothing else, but was given 2 arguments",
    ),
    "an unknown option": (lambda: p.add(f3, f3, out=1), GraphError, "given 2 arguments and out"),
    "truth of a node": (lambda: 1 if f3 < 1.0 else 0, GraphError, r"write select\(condition, a, b\)"),
    "a power below 1": (lambda: f3**0, GraphError, r"x \*\* 0: the power must be a whole number"),
    "a broken power": (lambda: f3**0.5, GraphError, r"x \*\* 0\.5"),
    # reductions and axes
    "an axis outside": (lambda: p.reduce_sum(f23, 2), ShapeError, r"axis 2 does not lie within float64\[2, 3\]"),
    "a negative axis outside": (lambda: p.reduce_max(f23, -3), ShapeError, "axis -3 does not lie within"),
    "an axis twice": (lambda: p.reduce_sum(f23, (1, -1)), ShapeError, r"name a dimension of float64\[2, 3\] twice"),
    "a broken axis": (lambda: p.reduce_sum(f23, (0.5,)), ShapeError, r"axis 0\.5 does not lie within"),
    "sum of truth": (lambda: p.reduce_sum(b3), ShapeError, "cast it first"),
    "largest of nothing": (
        lambda: p.reduce_max(f0, 0),
        ShapeError,
        r"no largest element along axes \(0\) of float64\[0, 3\]|axes \(0,\)",
    ),
    "place of the largest of nothing": (lambda: p.argmax(f0, 0), ShapeError, r"no largest element along axis 0"),
    "argmax over several axes": (lambda: p.argmax(f23, (0, 1)), ShapeError, r"axis \(0, 1\) does not lie within"),
    "argmax of a number": (lambda: p.argmax(scalar), ShapeError, "axis -1 does not lie within"),
    "broadcast to another shape": (
        lambda: p.broadcast(f3, (2, 4), (0,)),
        ShapeError,
        r"cannot make \(2, 4\) from float64\[3\]",
    ),
    "broadcast, an axis twice": (lambda: p.broadcast(f3, (2, 3), (0, 0)), ShapeError, r"by new axes \(0, 0\)"),
    "broadcast, an axis outside": (lambda: p.broadcast(f3, (3,), (1,)), ShapeError, r"by new axes \(1,\)|\(1\)"),
    # contraction
    "a specification without arrow": (
        lambda: p.contract(f23, f23, "ij,ij"),
        GraphError,
        "specification like 'bi,io->bo'",
    ),
    "three operands": (lambda: p.contract(f23, f23, "ij,ij,ij->"), GraphError, "specification"),
    "a letter twice in a term": (lambda: p.contract(f23, f23, "ii,ij->ij"), GraphError, "each letter once in a term"),
    "a letter in one term only": (
        lambda: p.contract(f23, f23, "ij,ik->k"),
        GraphError,
        "at least two of the three terms",
    ),
    "a rank that differs": (
        lambda: p.contract(f3, f23, "ij,ij->j"),
        ShapeError,
        r"contract 'ij,ij->j' cannot combine float64\[3\]",
    ),
    "a size that differs": (lambda: f23 @ f23, ShapeError, "'j' is 3 in one and 2 in the other"),
    "contraction of two dtypes": (lambda: p.contract(f3, single, "i,i->"), ShapeError, "cannot combine"),
    "contraction of whole numbers": (lambda: p.contract(i3, i3, "i,i->"), ShapeError, "floating-point"),
    # structure
    "reshape to another size": (
        lambda: p.reshape(f23, (5,)),
        ShapeError,
        r"reshape cannot make \(5\) from float64\[2, 3\]",
    ),
    "reshape that mixes rows": (lambda: p.reshape(rows, (3, ROWS)), ShapeError, "reshape cannot make"),
    "reshape that loses rows": (lambda: p.reshape(rows, (3,)), ShapeError, "reshape cannot make"),
    "reshape to negative sizes": (lambda: p.reshape(f23, (-2, -3)), GraphError, "A dimension is a whole number"),
    "transpose by too few": (lambda: p.transpose(f23, (0,)), ShapeError, r"transpose cannot permute float64\[2, 3\]"),
    "transpose by an axis twice": (lambda: p.transpose(f23, (0, 0)), ShapeError, "transpose cannot permute"),
    "pad by negative widths": (lambda: p.pad(f3, [(-1, 0)]), ShapeError, r"pad cannot widen float64\[3\]"),
    "pad of too few axes": (lambda: p.pad(f23, [(1, 0)]), ShapeError, "pad cannot widen"),
    "pad of the rows": (lambda: p.pad(rows, [(1, 0), (0, 0)]), ShapeError, "pad cannot widen"),
    "pad with what does not fit": (
        lambda: p.pad(i3, [(1, 1)], value=0.5),
        GraphError,
        r"0\.5 cannot be a constant of dtype int32",
    ),
    "slice beyond the end": (lambda: p.slice(f3, (1,), (4,)), ShapeError, r"slice cannot take \(1,\) to \(4,\)"),
    "slice backwards": (lambda: p.slice(f3, (2,), (1,)), ShapeError, "slice cannot take"),
    "slice of the rows": (lambda: p.slice(rows, (1, None), (2, None)), ShapeError, "slice cannot take"),
    "slice with too few bounds": (lambda: p.slice(f23, (0,), (1,)), ShapeError, "a start and a stop for each axis"),
    "concat of nothing": (lambda: p.concat([]), ShapeError, "concat needs at least one node"),
    "concat of numbers": (
        lambda: p.concat([f3, 1.0]),
        GraphError,
        "concat works on nodes of a graph, but was given float",
    ),
    "concat of two ranks": (
        lambda: p.concat([f3, f23]),
        ShapeError,
        r"concat cannot join float64\[3\], float64\[2, 3\]",
    ),
    "concat of two shapes": (lambda: p.concat([f23, input("x", (3, 4), "float64")]), ShapeError, "along axis 1"),
    "concat of rows": (lambda: p.concat([rows, rows], axis=0), ShapeError, "along axis 0"),
    "concat of two dtypes": (lambda: p.concat([f3, single]), ShapeError, "concat cannot join"),
    # windows
    "a window that does not fit": (lambda: p.windows(f3, 0, 4), ShapeError, r"a window of size \(4,\), stride \(1,\)"),
    "a dilated window that does not fit": (lambda: p.windows(f3, 0, 2, dilation=3), ShapeError, "does not fit"),
    "a stride of 0": (lambda: p.windows(f3, 0, 2, stride=0), ShapeError, "does not fit"),
    "a window over the rows": (lambda: p.windows(rows, 0, 1), ShapeError, "does not fit into axes"),
    "axes in another order": (lambda: p.windows(f23, (1, 0), (2, 1)), ShapeError, "in ascending order"),
    "too few sizes": (
        lambda: p.windows(f23, (0, 1), (2,)),
        ShapeError,
        r"needs a size for each of them, but has \(2,\)",
    ),
    "fold of what are no windows": (lambda: p.fold(f23, 5, 0, 3), ShapeError, r"fold cannot put float64\[2, 3\] back"),
    "fold into too short an axis": (lambda: p.fold(f23, 2, 0, 3), ShapeError, "does not fit"),
    "fold along an axis outside": (lambda: p.fold(f23, 4, 1, 3), ShapeError, "fold of .* gives 1 dimensions"),
    # indexing
    "float ids": (lambda: p.take(f23, f3), ShapeError, "take needs a table with a fixed number of rows and int32 ids"),
    "a table of rows": (lambda: p.take(rows, i3), ShapeError, "take needs a table"),
    "take from a number": (lambda: p.take(scalar, i3), ShapeError, "take needs a table"),
    "more ids than values": (lambda: p.scatter_add(f23, i3, 4), ShapeError, "a value for each id"),
    "scatter by float ids": (lambda: p.scatter_add(f3, f3, 4), ShapeError, "a value for each id"),
    "scatter of truth": (lambda: p.scatter_add(b3, i3, 4), ShapeError, "cast it first"),
    "scatter into a negative size": (lambda: p.scatter_add(f3, i3, -1), GraphError, "A dimension is a whole number"),
    "elements of rows that are none": (lambda: p.take_within(f3, i3), ShapeError, "rows of a fixed length"),
    "elements by float ids": (lambda: p.take_within(f23, f23), ShapeError, "int32 ids for each of them"),
    "ids for other rows": (lambda: p.take_within(f23, i3), ShapeError, "rows of a fixed length"),
    "elements of a column of rows": (
        lambda: p.take_within(p.broadcast(rows, (2, *rows.shape), (0,)), p.cast(f23, "int32")),
        ShapeError,
        "rows of a fixed length",
    ),
    "more ids than values within rows": (lambda: p.scatter_within(f23, i3, 4), ShapeError, "a value for each id"),
    "scatter within rows of truth": (lambda: p.scatter_within(b3, i3, 4), ShapeError, "cast it first"),
    # random bits
    "a key that is no pair": (
        lambda: p.random_bits(i3, u2, (3,), 0),
        GraphError,
        r"a key and a counter of type uint32\[2\]",
    ),
    "8 bits": (lambda: p.random_bits(u2, u2, (3,), 0, bits=8), GraphError, "16 or 32 bits"),
    "a negative layer": (lambda: p.random_bits(u2, u2, (3,), -1), GraphError, "numbers layers from 0"),
    # indices of a node
    "too many indices": (lambda: f3[0, 0], ShapeError, r"2 indices were given for float64\[3\]"),
    "an index outside": (lambda: f3[3], ShapeError, r"index 3 lies outside float64\[3\]"),
    "a negative index outside": (lambda: f3[-4], ShapeError, "index -4 lies outside"),
    "an index of the rows": (lambda: rows[0], ShapeError, r"the rows of float64\[n, 3\] cannot be indexed"),
    "a slice with a step": (lambda: f3[::2], ShapeError, "cannot have a step"),
    "an index that is none": (lambda: f3[None], ShapeError, "indexed by whole numbers and slices, not by None"),
    "unpacking rows": (lambda: list(rows), ShapeError, "cannot be unpacked"),
    # leaves and types
    "a dtype that no graph has": (
        lambda: input("x", (3,), "float16"),
        GraphError,
        "A graph has no numbers of dtype float16; it has",
    ),
    "no dtype at all": (lambda: input("x", (3,), "flaot32"), GraphError, "no numbers of dtype flaot32"),
    "a cast to no dtype": (lambda: p.cast(f3, "complex128"), GraphError, "no numbers of dtype complex128"),
    "a broken dimension": (lambda: input("x", (2.5,)), GraphError, r"has 2\.5"),
    "a negative dimension": (lambda: TensorType((-1,), DType.FLOAT32), GraphError, "has -1"),
    "a constant of int64": (lambda: const(np.arange(3)), GraphError, "no numbers of dtype int64"),
    "a constant that does not fit": (
        lambda: const(300, "uint8"),
        GraphError,
        "300 cannot be a constant of dtype uint8",
    ),
    "a constant too large": (lambda: const(1e300, "float32"), GraphError, "cannot be a constant of dtype float32"),
    "a constant that is NaN": (lambda: const(np.nan, "int32"), GraphError, "nan cannot be a constant of dtype int32"),
    "a name twice": (
        lambda: primitive("add", "Again.", type_rule=None, vjp=None),
        GraphError,
        "a primitive 'add' already",
    ),
    # derivatives
    "gradient of a vector": (
        lambda: gradients(f3, [f3]),
        GraphError,
        r"Only a single .* number .* the loss is float64\[3\]",
    ),
    "gradient of a count": (lambda: gradients(p.argmax(f3), [f3]), GraphError, "the loss is int32"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=message) as caught:
        make()
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert type(caught.value) is error


@pytest.mark.parametrize("case", [case for case in REFUSED if REFUSED[case][1] is ShapeError])
def test_the_sentence_names_the_layer(case: str) -> None:
    with scope("block"), scope("dense1"), pytest.raises(ShapeError, match=r"^layer 'block/dense1': "):
        REFUSED[case][0]()


def test_nothing_refused_enters_the_table() -> None:
    assert PRIMITIVES["add"] is p.add

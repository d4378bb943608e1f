"""Indexing: rows of a table, elements within each row, and the transposes of both."""

from __future__ import annotations

from chainrule.errors import ShapeError
from chainrule.graph.node import Primitive, primitive, where
from chainrule.graph.primitives.rules import numbers
from chainrule.graph.types import ROWS, DType, TensorType


def _take_type(table: TensorType, ids: TensorType) -> TensorType:
    if table.rank == 0 or table.shape[0] is ROWS or ids.dtype is not DType.INT32:
        raise ShapeError(
            f"{where()}take needs a table with a fixed number of rows and int32 ids, but has {table} and {ids}."
        )
    return TensorType(ids.shape + table.shape[1:], table.dtype)


def _scatter_type(values: TensorType, ids: TensorType, size: int) -> TensorType:
    if ids.dtype is not DType.INT32 or values.shape[: ids.rank] != ids.shape:
        raise ShapeError(f"{where()}scatter_add needs a value for each id, but has {values} and ids {ids}.")
    return TensorType((size, *values.shape[ids.rank :]), numbers(values).dtype)


take = primitive(
    "take",
    "The rows of a table that are named by ids, from 0; an id outside the table is an error before the graph runs.",
    arity=2,
    type_rule=_take_type,
    vjp=lambda g, y, table, ids: (scatter_add(g, ids, table.shape[0]), None),
)

scatter_add: Primitive = primitive(
    "scatter_add",
    "A table of `size` rows, in which row i is the sum of the values whose id is i. The transpose of take.",
    arity=2,
    attributes=lambda values, ids, size: {"size": size},
    type_rule=_scatter_type,
    vjp=lambda g, y, values, ids, size: (take(g, ids), None),
)


def _take_within_type(x: TensorType, ids: TensorType) -> TensorType:
    fits = x.rank > 1 and ids.rank > 0 and x.shape[:1] == ids.shape[:1] and x.shape[1] is not ROWS
    if not fits or ids.dtype is not DType.INT32:
        raise ShapeError(
            f"{where()}take_within needs rows of a fixed length and int32 ids for each of them, but has {x} and {ids}."
        )
    return TensorType(ids.shape + x.shape[2:], x.dtype)


def _scatter_within_type(values: TensorType, ids: TensorType, size: int) -> TensorType:
    if ids.rank == 0 or ids.dtype is not DType.INT32 or values.shape[: ids.rank] != ids.shape:
        raise ShapeError(
            f"{where()}scatter_within needs rows with a value for each id, but has {values} and ids {ids}."
        )
    return TensorType((ids.shape[0], size, *values.shape[ids.rank :]), numbers(values).dtype)


take_within = primitive(
    "take_within",
    "Elements within each row: element i of row r of the result is element ids[r, i] of row r of x, from 0. An id outside the "
    "row is an error before the graph runs.",
    arity=2,
    type_rule=_take_within_type,
    vjp=lambda g, y, x, ids: (scatter_within(g, ids, x.shape[1]), None),
)

scatter_within: Primitive = primitive(
    "scatter_within",
    "Rows of `size` elements: element i of row r is the sum of the values of row r whose id is i. The transpose of take_within.",
    arity=2,
    attributes=lambda values, ids, size: {"size": size},
    type_rule=_scatter_within_type,
    vjp=lambda g, y, values, ids, size: (take_within(g, ids), None),
)

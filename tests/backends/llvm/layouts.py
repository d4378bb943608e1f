"""Which layouts can take a step, and the part of a set of outputs that a layout can take."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from chainrule.backends.llvm import Layout
from chainrule.backends.llvm.layout import choose_layout
from chainrule.backends.numpy_ import evaluate
from chainrule.graph import ROWS, Graph, Node, Step
from chainrule.graph.passes import simplify

MANY = 64  # rows; more than enough for them to lie last where they can


def can_have_rows_last(step: Step) -> bool:
    """Whether a step is compiled with its rows last, if the batch has enough of them."""
    with np.errstate(all="ignore"):
        return choose_layout(simplify(step, evaluate), MANY) is Layout.ROWS


def layouts_of(step: Step) -> tuple[Layout, ...]:
    """All layouts that can take a step; that for one row takes only batches of one."""
    return tuple(layout for layout in Layout if layout is not Layout.ROWS or can_have_rows_last(step))


def with_rows_last(outputs: Mapping[str, Node]) -> dict[str, Node]:
    """Of some outputs, those that a step can compute with its rows last."""
    found: dict[str, Node] = {}
    for name, node in outputs.items():
        given = {f"{x.serial}": x for x in Graph.of([node]).nodes if x.op == "input"}
        rows = {key: x for key, x in given.items() if ROWS in x.shape}
        rest = {key: x for key, x in given.items() if key not in rows}
        if ROWS in node.shape[1:]:
            continue
        own = {"rows": {name: node}} if ROWS in node.shape else {"metrics": {name: node}}
        if can_have_rows_last(Step(state=rest, data=rows, **own)):
            found[name] = node
    return found

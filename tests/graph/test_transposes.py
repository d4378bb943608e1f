"""Transpose pairs: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩ for every linear primitive, whose derivative is its transpose."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.graph import Node, input
from graph.cases import Case, of
from oracles import run

# Each linear primitive with the one that is its transpose, and the operands in which it is linear (None: each of them).
PAIRS: dict[str, tuple[str, tuple[int, ...] | None]] = {
    "broadcast": ("reduce_sum", (0,)),
    "reduce_sum": ("broadcast", (0,)),
    "pad": ("slice", (0,)),
    "slice": ("pad", (0,)),
    "windows": ("fold", (0,)),
    "fold": ("windows", (0,)),
    "take": ("scatter_add", (0,)),
    "scatter_add": ("take", (0,)),
    "take_within": ("scatter_within", (0,)),
    "scatter_within": ("take_within", (0,)),
    "reshape": ("reshape", (0,)),
    "transpose": ("transpose", (0,)),
    "contract": ("contract", None),
    "concat": ("slice", None),
}


def linear_cases(op: str) -> list[Case]:
    return [case for case in of(op) if case.differentiable and case.call.get("value", 0.0) == 0.0]


def transposed(case: Case) -> tuple[Node, list[Node], list[Node | None]]:
    """The node, its inputs, and what the rule sends to each input for a y that is an input itself."""
    node, inputs = case.build()
    y = input("y", node.shape, node.dtype)
    sent = node.primitive.vjp(y, node, *node.inputs, **node.attributes)
    return node, inputs, list(sent)


@pytest.mark.parametrize("op", PAIRS)
def test_pair(op: str) -> None:
    partner, operands = PAIRS[op]
    cases = linear_cases(op)
    assert len(cases) > 2
    for case in cases:
        node, inputs, sent = transposed(case)
        ax = run(node, case.inputs)
        y = np.random.default_rng(7).normal(size=ax.shape)
        for i, back in enumerate(sent):
            if operands is not None and i not in operands:
                assert back is None, case
                continue
            assert back.op == partner, case
            assert back.type == inputs[i].type, case
            aty = run(back, {**case.inputs, "y": y}, case.n_rows)
            error = abs(np.sum(ax * y) - np.sum(case.operands[i] * aty))
            if op == "concat":  # one operand's share of ⟨Ax, y⟩: the other operands are set to 0
                others = {name: x * (j == i) for j, (name, x) in enumerate(case.inputs.items())}
                error = abs(np.sum(run(node, others) * y) - np.sum(case.operands[i] * aty))
            assert error <= 1e-12 * (np.linalg.norm(ax) * np.linalg.norm(y) + 1e-300), case


def test_transposing_twice_gives_the_first_back() -> None:
    """Aᵀᵀ = A, bit for bit, where no sum is involved."""
    for op in ("reshape", "transpose", "slice"):
        for case in linear_cases(op):
            node, inputs = case.build()
            y = input("y", node.shape, node.dtype)
            (back,) = node.primitive.vjp(y, node, *node.inputs, **node.attributes)
            (again,) = back.primitive.vjp(inputs[0], back, *back.inputs, **back.attributes)
            assert np.array_equal(run(again, case.inputs), run(node, case.inputs)), case

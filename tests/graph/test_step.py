"""What a step refuses: its constructor says it before a backend sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chainrule.errors import GraphError
from chainrule.graph import ROWS, Step, TensorType, const, input
from chainrule.graph.primitives import contract, reduce_sum

w = input("w", (3,), "float64")
x = input("x", (ROWS, 3), "float64")
rate = input("rate", (), "float64")
pairs = contract(x, x, "ic,jc->ij")


def descent(**changes: object) -> Step:
    parts = {
        "state": {"w": w},
        "update": {"w": w - rate * reduce_sum(x * w, 0)},
        "data": {"x": x},
        "scalars": {"rate": rate},
        "metrics": {"loss": reduce_sum(x * w)},
        "health": {"norm": reduce_sum(w * w)},
        "rows": {"out": x * w},
        "checks": {"loss": reduce_sum(x * w)},
    }
    return Step(**{**parts, **changes})


REFUSED: dict[str, tuple[Callable[[], Step], str]] = {
    "update without state": (
        lambda: descent(update={"v": w}),
        "gives the next value of 'v', but has no state of that name",
    ),
    "update of another type": (
        lambda: descent(update={"w": rate}),
        r"state 'w' is float64\[\], but the state is float64\[3\]",
    ),
    "data without rows": (
        lambda: descent(data={"x": x, "y": input("y", (4,))}),
        "'y' among the data .* must have rows as its first",
    ),
    "data with rows twice": (lambda: descent(data={"x": x, "y": input("y", (ROWS, ROWS))}), "and only there"),
    "rows without rows": (lambda: descent(rows={"out": w}), r"'out' among the rows .* but is float64\[3\]"),
    "rows with rows twice": (lambda: descent(rows={"out": pairs}), "and only there"),
    "state with rows": (
        lambda: descent(state={"w": w, "h": input("h", (ROWS,))}),
        "'h' among the state .* must have no rows",
    ),
    "a scalar with rows": (lambda: descent(scalars={"rate": rate, "m": input("m", (ROWS,))}), "'m' among the scalars"),
    "metrics with rows": (lambda: descent(metrics={"loss": x * w}), "'loss' among the metrics .* must have no rows"),
    "metrics with rows inside": (lambda: descent(metrics={"t": reduce_sum(pairs, 0)}), "'t' among the metrics"),
    "health with rows": (lambda: descent(health={"norm": x}), "'norm' among the health"),
    "an input from nowhere": (lambda: descent(scalars={}), "does not say where its inputs 'rate' come from"),
    "an input of the same name": (
        lambda: descent(checks={"c": reduce_sum(input("w", (3,), "float64")), "d": w}),
        "does not say where its inputs 'w' come from",
    ),
    "state that is computed": (
        lambda: descent(state={"w": w, "v": w * 2.0}),
        "'v' among the state .* must be an input",
    ),
    "data that is a constant": (
        lambda: descent(scalars={"rate": rate, "c": const(1.0)}),
        "'c' among the scalars .* must be an input",
    ),
    "an input given twice": (
        lambda: descent(scalars={"rate": rate, "w": w}),
        "'w' among the scalars .* is the same input as 'w'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    make, message = REFUSED[case]
    with pytest.raises(GraphError, match=message) as caught:
        make()
    assert str(caught.value).endswith(".")


def test_a_step_knows_its_graph_and_types() -> None:
    step = descent()
    assert step.state_types == {"w": TensorType((3,), w.dtype)}
    assert set(step.graph.inputs) == {"w", "x", "rate"}
    assert step.graph is step.graph
    outputs = [
        node for group in (step.update, step.metrics, step.health, step.rows, step.checks) for node in group.values()
    ]
    assert list(step.outputs) == outputs


def test_checks_may_have_rows_or_not() -> None:
    assert len(descent(checks={"loss": reduce_sum(x), "logits": x * w}).checks) == 2


def test_a_step_of_nothing() -> None:
    assert Step().outputs == ()
    assert Step().graph.nodes == ()


def test_replacing_nodes_makes_another_step() -> None:
    step = descent()
    loss = step.metrics["loss"]
    other = step.replace({loss: loss * 2.0})
    assert other.metrics["loss"].op == "mul"
    assert other.update == step.update
    assert step.metrics["loss"] is loss

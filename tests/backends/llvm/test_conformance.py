"""Every primitive as machine code against its meaning in NumPy: the table of cases, every size from 1 to 65, random graphs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import integers, sampled_from

from backends.llvm.comparing import (
    Arrays,
    agrees,
    is_exact,
    reportable,
    reported,
    reporting,
    run_once,
    same_bits,
)
from backends.llvm.layouts import can_have_rows_last
from backends.llvm.sizes import EDGES, GROUPS, SIZES, Compiled, check_nodes, sized_step, sized_values
from chainrule.backends.llvm import Layout, LlvmBackend
from chainrule.backends.numpy_ import evaluate
from chainrule.graph import PRIMITIVES, ROWS, DType, Node, Step
from graph.cases import Case, of
from graph.composites import ROW_COUNT, steps
from oracles import run


def case_step(case: Case, node: Node, inputs: list[Node]) -> Step:
    """A step that reports the value of a case: what has rows is data, the rest state and scalars in turn."""
    data = {x.attributes["name"]: x for i, x in enumerate(inputs) if i in case.rows}
    fixed = [x for i, x in enumerate(inputs) if i not in case.rows]
    state = {x.attributes["name"]: x for x in fixed[::2]}
    scalars = {x.attributes["name"]: x for x in fixed[1::2]}
    return reporting({"y": node}, state, data, scalars=scalars)


@pytest.mark.parametrize(("precision", "threads"), [("as written", 1), ("as written", 2), ("single", 2)])
@pytest.mark.parametrize("op", PRIMITIVES)
def test_value_of(op: str, precision: str, threads: int) -> None:
    for case in of(op):
        case = case.single() if precision == "single" else case
        node, inputs = case.build()
        step = case_step(case, node, inputs)
        found = reported(run_once(LlvmBackend(threads=threads), step, case.inputs, case.n_rows), {"y": node})["y"]
        operands = run(list(node.inputs), case.inputs, case.n_rows) if node.inputs else []
        if op == "input":
            assert same_bits(found, case.operands[0]), case
        else:
            assert agrees(found, node, operands, case.n_rows), case


def of_one_row(case: Case) -> Case:
    """The first row of a case alone."""
    return replace(case, operands=tuple(x[:1] if i in case.rows else x for i, x in enumerate(case.operands)))


@pytest.mark.parametrize("layout", [Layout.ONE_ROW, Layout.ROWS])
@pytest.mark.parametrize("op", PRIMITIVES)
def test_value_in_another_layout(op: str, layout: Layout) -> None:
    """Of cases with rows, and of all contractions; every other in single precision, one thread and two in turn."""
    for i, case in enumerate(case for case in of(op) if case.rows or op == "contract"):
        case = case.single() if i % 2 else case
        case = of_one_row(case) if layout is Layout.ONE_ROW else case
        node, inputs = case.build()
        step = case_step(case, node, inputs)
        if layout is Layout.ROWS and not can_have_rows_last(step):
            continue
        backend = LlvmBackend(threads=1 + i // 2 % 2, layout=layout)
        found = reported(run_once(backend, step, case.inputs, case.n_rows), {"y": node})["y"]
        operands = run(list(node.inputs), case.inputs, case.n_rows) if node.inputs else []
        assert op == "input" or agrees(found, node, operands, case.n_rows), case


def test_rows_can_lie_last_in_what_narrow_networks_are_made_of() -> None:
    """So that the tests of that layout are about something."""
    made = [(case, *case.build()) for op in PRIMITIVES for case in of(op) if case.rows]
    ops = {case.op for case, node, inputs in made if can_have_rows_last(case_step(case, node, inputs))}
    assert ops >= {"add", "mul", "maximum", "exp", "less", "select", "reduce_sum", "reduce_max", "contract"}
    assert ops >= {"concat", "pad", "slice", "windows", "fold", "reshape"}
    assert not ops & {"argmax", "take", "scatter_add", "scan"}


# ------------------------------------------------------------------------------------------------- every size


@pytest.mark.parametrize("sizes", ["edges", pytest.param("others", marks=pytest.mark.slow)])
@pytest.mark.parametrize("dtype", [DType.FLOAT32, DType.FLOAT64])
@pytest.mark.parametrize("group", GROUPS)
def test_every_size_of_the_last_axis(group: str, dtype: DType, sizes: str) -> None:
    """It has n numbers, and there are 66 − n rows; odd sizes run in one thread, even ones in two."""
    rng = np.random.default_rng(7)
    for n in EDGES if sizes == "edges" else sorted({*SIZES} - {*EDGES}):
        if group == "whole numbers" and dtype is DType.FLOAT64 and n > 17:
            continue  # hardly anything in it depends on the dtype
        step, inputs, outputs = sized_step(n, dtype, group)
        values = sized_values(inputs, 66 - n, rng)
        found = reported(run_once(LlvmBackend(threads=2 - n % 2), step, values, 66 - n), outputs)
        check_nodes(found, outputs, values, 66 - n, f"{n} numbers, {66 - n} rows")


@pytest.mark.parametrize("sizes", ["edges", pytest.param("others", marks=pytest.mark.slow)])
@pytest.mark.parametrize("layout", [Layout.ONE_ROW, Layout.ROWS])
@pytest.mark.parametrize("group", GROUPS)
def test_every_size_of_the_last_axis_in_another_layout(group: str, layout: Layout, sizes: str) -> None:
    """Every third size in float64, one thread and two in turn; rows lie last only where no axis is longer than 32."""
    rng = np.random.default_rng(9)
    for i, n in enumerate(EDGES if sizes == "edges" else sorted({*SIZES} - {*EDGES})):
        if (layout is Layout.ROWS and n > 32) or (layout is Layout.ONE_ROW and group == "whole numbers" and i % 3):
            continue
        rows = 1 if layout is Layout.ONE_ROW else 66 - n
        step, inputs, outputs = sized_step(n, DType.FLOAT32 if n % 3 else DType.FLOAT64, group, layout)
        values = sized_values(inputs, rows, rng)
        found = reported(run_once(LlvmBackend(threads=1 + i % 2, layout=layout), step, values, rows), outputs)
        assert any(ROWS in node.shape for node in outputs.values())
        check_nodes(found, outputs, values, rows, f"{n} numbers, {rows} rows")


@pytest.mark.parametrize(
    ("layout", "dtype", "threads"),
    [
        (Layout.FEATURES, DType.FLOAT32, 1),
        (Layout.FEATURES, DType.FLOAT32, 2),
        (Layout.FEATURES, DType.FLOAT64, 3),
        (Layout.ONE_ROW, DType.FLOAT32, 2),
        (Layout.ROWS, DType.FLOAT32, 1),
        (Layout.ROWS, DType.FLOAT32, 3),
        (Layout.ROWS, DType.FLOAT64, 2),
    ],
)
@pytest.mark.parametrize("group", GROUPS)
def test_every_number_of_rows(group: str, layout: Layout, dtype: DType, threads: int) -> None:
    """One program, every number of rows from 1 to 65 and some larger ones, with five numbers a row."""
    rng = np.random.default_rng(8)
    step, inputs, outputs = sized_step(5, dtype, group, layout)
    backend = Compiled(LlvmBackend(threads=threads, layout=layout).compile(step))
    for rows in (*SIZES, 127, 128, 129, 256, 500):
        values = sized_values(inputs, rows, rng)
        found = reported(run_once(backend, step, values, rows), outputs)
        check_nodes(found, outputs, values, rows, f"{rows} rows")


# ----------------------------------------------------------------------------------------------- random steps


def exposed(step: Step) -> tuple[Step, dict[str, Node]]:
    """A step that reports everything that another computes on the way, and what that is."""
    nodes = {f"{node.op}{i}": node for i, node in enumerate(step.graph.nodes) if reportable(node)}
    return reporting(nodes, step.state, step.data), nodes


def check_locally(step: Step, found: dict[Node, np.ndarray], values: Arrays, rows: int) -> int:
    """Every node against its primitive, given what the program has for its inputs; how many were compared.

    What cannot be reported, having rows twice, is computed from its inputs; what follows it is left out unless it is exact.
    """
    known: dict[Node, np.ndarray] = {}
    unsure: set[Node] = set()
    compared = 0
    for node in step.graph.nodes:
        if node.op == "input":
            known[node] = values[node.attributes["name"]]
            continue
        operands = [known[x] for x in node.inputs]
        if node not in found:
            with np.errstate(all="ignore"):
                known[node] = evaluate(node, operands, rows)
            if not is_exact(node) or unsure.intersection(node.inputs):
                unsure.add(node)
            continue
        known[node] = found[node]
        if not unsure.intersection(node.inputs):
            assert agrees(found[node], node, operands, rows), node
            compared += 1
    return compared


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(drawn=steps(), threads=integers(1, 3), layout=sampled_from(Layout))
def test_random_steps(drawn: tuple[Step, Arrays], threads: int, layout: Layout) -> None:
    """Each node means what it should; and what is computed together, unseen, has the same bits as what is reported."""
    step, values = drawn
    everything, nodes = exposed(step)
    if layout is Layout.ROWS and not can_have_rows_last(everything):
        layout = Layout.ONE_ROW
    if layout is Layout.ONE_ROW and {node.op for node in step.graph.nodes} & {"take", "scatter_add"}:
        layout = Layout.FEATURES  # they name rows that are not there
    rows = 1 if layout is Layout.ONE_ROW else ROW_COUNT
    values = {**values, "r": values["r"][:rows]}
    backend = LlvmBackend(threads=threads, layout=layout)
    found = reported(run_once(backend, everything, values, rows), nodes)
    check_locally(step, {nodes[name]: value for name, value in found.items()}, values, rows)
    outputs = {**step.metrics, **step.rows}
    other = LlvmBackend(threads=3 - threads or 1, layout=layout)
    together = reported(run_once(other, step, values, rows), outputs)
    apart = {node: found[name] for name, node in nodes.items()}
    for name, node in outputs.items():
        assert same_bits(together[name], apart[node]), name

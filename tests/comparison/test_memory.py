"""The memory of a step, against counts by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.backends import get_backend
from chainrule.backends.llvm import LlvmBackend, host
from chainrule.backends.llvm.program import Workspace
from chainrule.comparison.memory import memory_of
from chainrule.functional import get_loss
from chainrule.graph import DType
from chainrule.training import Targets, build_step
from training.descent import data


def step_of(net: cr.Network, optimizer: Any) -> Any:
    return build_step(net.model, get_loss("squared_error"), Targets((1,), DType.FLOAT32), optimizer=optimizer).step


def test_linear_regression_on_numpy_by_hand() -> None:
    """z = x w + b with 3 features and 10 rows of float32: 4 parameters, and as many numbers of Momentum's.

    A step holds the batch, 10 rows of 3 features and a target. The most columns of 10 numbers that live besides are three: the
    error e, which the backward pass will need, and e² while it is summed over its one output.
    """
    net = cr.Network(cr.Dense(1)).build(3)
    memory = memory_of(get_backend("numpy").compile(step_of(net, cr.Momentum(0.1))), 10)
    assert (memory.parameters, memory.optimizer, memory.planned) == (16, 16, False)
    assert (memory.activations, memory.gradients) == (10 * 4 * 4 + 3 * 10 * 4, 0)
    assert memory.total == 16 + 16 + 280


@pytest.mark.parametrize("units", [10, 100])
def test_activations_on_numpy_grow_with_rows_and_units(units: int) -> None:
    """A hidden layer of relu units: its output is needed for the weight gradient after its δ is made, so both live at once."""
    net = cr.Network(cr.Dense(units, activation="relu"), cr.Dense(1)).build(3)
    program = get_backend("numpy").compile(step_of(net, cr.SGD(0.1)))
    found = [memory_of(program, rows).activations for rows in (50, 100)]
    assert found[1] == 2 * found[0]
    assert found[1] >= 2 * 100 * units * 4


def test_machine_code_by_hand() -> None:
    """Rows are padded to whole vectors: the weight has 3 rows of one vector, the bias one vector; Adam keeps two of each."""
    net = cr.Network(cr.Dense(2)).build(3)
    step = build_step(
        net.model, get_loss("squared_error"), Targets((2,), DType.FLOAT32), optimizer=cr.Momentum(0.1)
    ).step
    program = LlvmBackend(host(), threads=1).compile(step, rows=32)
    memory = memory_of(program, 32)
    vector = program.lanes * 4
    assert memory.planned
    assert memory.parameters == memory.optimizer == (3 + 1) * vector
    assert memory.activations >= 2 * 32 * 2 * 4  # the batch's targets, or the error, and what is made of them


@pytest.mark.parametrize("rows", [1, 7, 32, 500])
def test_machine_code_holds_exactly_what_a_run_allocates(rows: int) -> None:
    net = cr.Network(cr.Dense(70, activation="tanh"), cr.Dense(1)).build(5)
    program = LlvmBackend(host(), threads=1).compile(step_of(net, cr.Adam()), rows=rows)
    from chainrule.backends.llvm.memory import capacity_of

    workspace = Workspace(program.slots, program.lanes, capacity_of(program.slots, program.lanes, rows))
    held = {
        id(whole): whole.nbytes - 64  # which alignment may take
        for slot, array in zip(program.slots, workspace.arrays, strict=True)
        if array is not None and slot.kind in ("state", "scratch")
        for whole in [owner(array)]
    }
    assert memory_of(program, rows).total == sum(held.values())


def owner(array: np.ndarray) -> np.ndarray:
    """The array whose memory this one is a part of."""
    return array if array.base is None else owner(array.base)


def test_every_run_tells_its_own() -> None:
    X, y = data(60, outputs=1)
    net = cr.Network(cr.Dense(20, activation="relu"), cr.Dense(1))
    found = cr.compare(net, X, y, batch_sizes=(1, 10, "full"), loss="squared_error", epochs=1, optimizer=cr.Adam())
    totals = [run.memory.total for run in found.runs]
    assert totals[2] == max(totals)
    assert len({run.memory.parameters for run in found.runs}) == 1
    assert all(run.memory.optimizer >= 2 * run.memory.parameters for run in found.runs)  # two moments, and two numbers
    assert np.all([run.memory.activations > 0 for run in found.runs])

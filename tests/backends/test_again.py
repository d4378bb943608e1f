"""One step taken again and again on the same arrays, and runs that follow each other in the same memory."""

from __future__ import annotations

import numpy as np
import pytest

from backends.regression import DATA, HINTS, TARGETS, compiled, linear_regression, run_steps


@pytest.fixture(params=HINTS)
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("rows", [1, 5])
def test_a_step_taken_again_and_again_is_a_run_of_steps(backend: str, rows: int) -> None:
    """On what the same arrays hold at each call: the example, the rate, and the state, which somebody else may write to."""
    step = linear_regression()
    taken, expected = ({"w": np.array([0.5, -0.5]), "b": np.array(0.25)} for _ in range(2))
    data, scalars = {"x": np.zeros((rows, 2)), "y": np.zeros(rows)}, {"rate": np.zeros(())}
    again = compiled(backend, step).again(taken, data, scalars)
    for k in range(6):
        data["x"][...], data["y"][...] = DATA[k : k + rows], TARGETS[k : k + rows]
        scalars["rate"][...] = 0.1 / (k + 1)
        if k == 3:
            taken["w"][0] = expected["w"][0] = 2.0
        metrics = again()
        result = run_steps(backend, step, expected, data, [0, rows], scalars)
        assert metrics is not None
        assert {name: float(value) for name, value in metrics.items()} == {
            name: float(value[0]) for name, value in result.metrics.items()
        }
        assert all(taken[name].tobytes() == expected[name].tobytes() for name in expected)


def test_again_changes_nothing_where_a_value_is_not_finite(backend: str) -> None:
    state = {"w": np.array([0.5, -0.5]), "b": np.array(0.25)}
    data, scalars = {"x": DATA[:1].copy(), "y": TARGETS[:1].copy()}, {"rate": np.array(0.1)}
    again = compiled(backend, linear_regression()).again(state, data, scalars)
    for bad in (np.nan, np.inf):
        before = {name: array.copy() for name, array in state.items()}
        data["x"][0, 1] = bad
        assert again() is None
        assert all(np.array_equal(state[name], before[name]) for name in state)
        data["x"][0, 1] = 1.0
        assert again() is not None
        assert not np.array_equal(state["w"], before["w"])


def test_data_of_another_dtype_and_order_is_read_anew(backend: str) -> None:
    state = {"w": np.array([0.5, -0.5]), "b": np.array(0.25)}
    data = {"x": np.asfortranarray(DATA[:4].astype(np.float32)), "y": TARGETS[:8:2]}
    again = compiled(backend, linear_regression()).again(state, data, {"rate": np.array(0.0)})
    first = again()
    assert first is not None
    loss = float(first["loss"])
    data["x"][...] = 0.0
    second = again()
    assert second is not None
    assert float(second["loss"]) == pytest.approx(np.mean((0.25 - data["y"]) ** 2) / 2)
    assert float(second["loss"]) != loss


def test_runs_of_any_length_follow_each_other(backend: str) -> None:
    """Nothing of a run is left for the next, which may be longer or shorter and in larger or smaller batches."""
    step, program = linear_regression(), compiled(backend, linear_regression())
    for bounds in ([0, 3, 6], [0, 11], [0, 1, 2, 3], [0, 3, 6], [0, 5], [0, 2, 7, 9, 11], [4], [0, 11]):
        found = []
        for each in (program, compiled(backend, step)):
            state = {"w": np.array([0.5, -0.5]), "b": np.array(0.25)}
            rate = {"rate": np.full(len(bounds) - 1, 0.1)}
            result = each.run(state, {"x": DATA, "y": TARGETS}, np.arange(11), np.array(bounds), rate)
            reports = {**state, **result.metrics, **result.health, **result.rows}
            found.append({name: array.tobytes() for name, array in reports.items()})
        assert found[0] == found[1], bounds

"""Running a step many times in one call: batches, run-time numbers, state in place, reports, and what happens at a NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from backends.regression import DATA, HINTS, TARGETS, compiled, linear_regression, run_steps
from chainrule.backends import BACKENDS, get_backend
from chainrule.backends.base import usual_record, value_at
from chainrule.errors import BackendError, UnknownNameError
from chainrule.graph import ROWS, Node, Step, const, gradients, input, scope
from chainrule.graph import primitives as p
from graph.composites import ROW_COUNT, steps
from oracles import run

Array = np.ndarray
Arrays = dict[str, Array]


@pytest.fixture(params=HINTS)
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


def by_hand(
    w: Array, b: float, order: Any, bounds: list[int], rates: list[float]
) -> tuple[Array, float, list[float], list[float]]:
    losses, outs = [], []
    for k, rate in enumerate(rates):
        rows = order[bounds[k] : bounds[k + 1]]
        x, y = DATA[rows], TARGETS[rows]
        out = x @ w + b
        losses.append(0.5 * np.mean((out - y) ** 2))
        outs.extend(out)
        error = (out - y) / len(rows)
        w, b = w - rate * (x.T @ error), b - rate * error.sum()
    return w, b, losses, outs


def test_batches_of_unequal_length_and_a_rate_for_each_step(backend: str) -> None:
    order = [3, 1, 10, 4, 4, 7, 0, 2, 9, 5]
    bounds, rates = [0, 4, 5, 8, 10], [0.1, 0.4, 0.2, 0.05]
    state = {"w": np.array([0.5, 1.0]), "b": np.array(0.0)}
    result = run_steps(
        backend, linear_regression(), state, {"x": DATA, "y": TARGETS}, bounds, {"rate": np.array(rates)}, order
    )
    w, b, losses, outs = by_hand(np.array([0.5, 1.0]), 0.0, order, bounds, rates)
    assert state["w"] == pytest.approx(w, rel=1e-13)
    assert state["b"] == pytest.approx(b, rel=1e-13)
    assert result.done == 4
    assert result.failure is None
    assert result.metrics["loss"] == pytest.approx(losses, rel=1e-13)
    assert result.metrics["n"].tolist() == [4, 1, 3, 2]
    assert result.rows["out"] == pytest.approx(outs, rel=1e-12)  # in the order of `order`, over all batches


def test_the_bounds_may_begin_anywhere(backend: str) -> None:
    """Steps 2 and 3 of a run, asked for by themselves: the same order array, later bounds."""
    whole = {"w": np.array([0.5, 1.0]), "b": np.array(0.0)}
    parts = {name: value.copy() for name, value in whole.items()}
    data, scalars = {"x": DATA, "y": TARGETS}, {"rate": np.array(0.1)}
    order = np.array([3, 1, 10, 4, 4, 7, 0, 2, 9, 5])
    run_steps(backend, linear_regression(), whole, data, [0, 4, 5, 8, 10], scalars, order)
    for bounds in ([0, 4, 5], [5, 8, 10]):
        run_steps(backend, linear_regression(), parts, data, bounds, scalars, order)
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)


def test_one_value_for_all_steps_is_the_same_as_that_value_for_each(backend: str) -> None:
    found = []
    for rate in (np.array(0.2), np.full(3, 0.2), 0.2):
        state = {"w": np.array([0.5, 1.0]), "b": np.array(0.0)}
        run_steps(backend, linear_regression(), state, {"x": DATA, "y": TARGETS}, [0, 3, 6, 9], {"rate": rate})
        found.append(state["w"])
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_a_key_is_a_pair_or_a_pair_for_each_step(backend: str) -> None:
    key, counter = input("key", (2,), "uint32"), input("counter", (2,), "uint32")
    bits = p.random_bits(key, counter, (3,), layer=1)
    step = Step(scalars={"key": key, "counter": counter}, metrics={"bits": bits})
    scalars = {"key": np.array([7, 8]), "counter": np.array([[0, 0], [1, 0], [0, 0]])}
    first, second, third = run_steps(backend, step, {}, bounds=[0, 0, 0, 0], scalars=scalars).metrics["bits"]
    assert np.array_equal(first, third)
    assert not np.array_equal(first, second)
    assert np.array_equal(first, run(bits, {"key": [7, 8], "counter": [0, 0]}))


def test_state_is_updated_where_it_lies(backend: str) -> None:
    """The state may be views of one larger array: the arrays stay the same objects, and the larger one sees the update."""
    arena = np.zeros(8)
    arena[:2] = [0.5, 1.0]
    w, b = arena[:2], arena[4:5].reshape(())
    state = {"w": w, "b": b}
    run_steps(backend, linear_regression(), state, {"x": DATA, "y": TARGETS}, [0, 11], {"rate": np.array(0.1)})
    assert state["w"] is w
    assert state["b"] is b
    expected = by_hand(np.array([0.5, 1.0]), 0.0, list(range(11)), [0, 11], [0.1])
    assert arena[:2] == pytest.approx(expected[0], rel=1e-13)
    assert arena[4] == pytest.approx(expected[1], rel=1e-13)
    assert not arena[[2, 3, 5, 6, 7]].any()


def turns() -> dict[str, tuple[Callable[[Node, Node], dict[str, Node]], Callable[[Array, Array], Arrays]]]:
    """New values for two states that are made of the old ones, as nodes and as arrays."""
    return {
        "swapped": (lambda a, b: {"a": b, "b": a}, lambda a, b: {"a": b, "b": a}),
        "transposed": (lambda a, b: {"a": p.transpose(a, (1, 0))}, lambda a, b: {"a": a.T, "b": b}),
        "swapped and transposed": (
            lambda a, b: {"a": p.transpose(b, (1, 0)), "b": p.transpose(a, (1, 0))},
            lambda a, b: {"a": b.T, "b": a.T},
        ),
        "reshaped": (lambda a, b: {"a": p.reshape(p.transpose(a, (1, 0)), (2, 2))}, lambda a, b: {"a": a.T, "b": b}),
        "a part of the other": (
            lambda a, b: {"a": p.broadcast(b[0], (2, 2), (0,)), "b": p.broadcast(a[:, 1], (2, 2), (1,))},
            lambda a, b: {"a": np.stack([b[0]] * 2), "b": np.stack([a[:, 1]] * 2, axis=1)},
        ),
        "computed and passed on": (lambda a, b: {"a": a + b, "b": a}, lambda a, b: {"a": a + b, "b": a}),
        "the same for both": (lambda a, b: {"a": a * b, "b": a * b}, lambda a, b: {"a": a * b, "b": a * b}),
        "windows": (
            lambda a, b: {
                "a": p.reshape(p.windows(p.reshape(a, (4,)), 0, 2, stride=2), (2, 2)),
                "b": p.reduce_sum(a, ()),
            },
            lambda a, b: {"a": a, "b": a},
        ),
        "only read": (lambda a, b: {"b": b + a}, lambda a, b: {"a": a, "b": a + b}),
    }


@pytest.mark.parametrize("case", turns())
def test_new_values_are_made_of_old_ones_only(backend: str, case: str) -> None:
    a, b = input("a", (2, 2), "float64"), input("b", (2, 2), "float64")
    new, expected = turns()[case]
    step = Step(state={"a": a, "b": b}, update=new(a, b))
    values = {"a": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": np.array([[5.0, 6.0], [7.0, 8.0]])}
    state = {name: value.copy() for name, value in values.items()}
    run_steps(backend, step, state, bounds=[0, 0, 0, 0])
    for _ in range(3):
        values = {name: np.array(value) for name, value in expected(values["a"], values["b"]).items()}
    assert all(np.array_equal(state[name], values[name]) for name in state)


def test_reports_are_copies(backend: str) -> None:
    """What is reported for a step does not change when the state does."""
    a = input("a", (2,), "float64")
    step = Step(state={"a": a}, update={"a": a + 1.0}, metrics={"before": a, "after": a + 1.0})
    state = {"a": np.zeros(2)}
    result = run_steps(backend, step, state, bounds=[0, 0, 0, 0])
    assert result.metrics["before"].tolist() == [[0, 0], [1, 1], [2, 2]]
    assert result.metrics["after"].tolist() == [[1, 1], [2, 2], [3, 3]]


def test_data_is_converted_batch_by_batch(backend: str) -> None:
    """Bytes become floats, float64 becomes float32; the arrays themselves stay what they are."""
    x, ids = input("x", (ROWS, 2), "float32"), input("ids", (ROWS,), "int32")
    step = Step(data={"x": x, "ids": ids}, rows={"x": x / 255.0, "ids": ids}, metrics={"s": p.reduce_sum(x)})
    images = np.array([[0, 255], [128, 3], [7, 9]], np.uint8)
    labels = np.array([2, 0, 1], np.int64)
    result = run_steps(backend, step, {}, {"x": images, "ids": labels}, [0, 2, 3], order=[2, 0, 1])
    assert result.rows["x"].dtype == np.float32
    assert np.array_equal(result.rows["x"], images[[2, 0, 1]].astype(np.float32) / np.float32(255))
    assert result.rows["ids"].dtype == np.int32
    assert result.rows["ids"].tolist() == [1, 2, 0]
    assert result.metrics["s"].tolist() == [271, 131]
    assert images.dtype == np.uint8


def test_what_is_too_large_for_its_dtype_is_infinite_and_nobody_is_warned(backend: str) -> None:
    """Numbers and data are converted as arithmetic does it; if that matters, it is a check that finds it."""
    x, rate = input("x", (ROWS, 2), "float32"), input("rate", (), "float32")
    step = Step(data={"x": x}, scalars={"rate": rate}, rows={"x": x}, metrics={"rate": rate})
    data = {"x": np.array([[1e300, 1.0], [-1e300, 2.0]])}
    for rates in (np.array(1e300), np.full(2, 1e300)):
        result = run_steps(backend, step, {}, data, [0, 1, 2], {"rate": rates})
        assert result.rows["x"].tolist() == [[np.inf, 1.0], [-np.inf, 2.0]]
        assert result.metrics["rate"].tolist() == [np.inf, np.inf]


@pytest.mark.parametrize("n_steps", [1, 2, 16, 17, 40, 65])
def test_health_is_recorded_first_last_and_once_in_16(backend: str, n_steps: int) -> None:
    t = input("t", (), "float64")
    step = Step(state={"t": t}, update={"t": t + 1.0}, metrics={"t": t}, health={"t": t})
    result = run_steps(backend, step, {"t": np.array(0.0)}, bounds=[0] * (n_steps + 1))
    assert result.metrics["t"].tolist() == list(range(n_steps))
    assert result.health["t"].tolist() == sorted({*range(0, n_steps, 16), n_steps - 1})


def test_health_is_recorded_where_it_is_asked_for(backend: str) -> None:
    t = input("t", (), "float64")
    step = Step(state={"t": t}, update={"t": t + 1.0}, health={"t": t})
    record = np.array([False, True, False, True, False])
    assert run_steps(backend, step, {"t": np.array(0.0)}, bounds=[0] * 6, record=record).health["t"].tolist() == [1, 3]
    assert usual_record(0).tolist() == []
    assert usual_record(18).nonzero()[0].tolist() == [0, 16, 17]


def test_no_step_at_all(backend: str) -> None:
    step = linear_regression()
    state = {"w": np.array([0.5, 1.0]), "b": np.array(0.0)}
    result = run_steps(backend, step, state, {"x": DATA, "y": TARGETS}, [0], {"rate": np.array(0.1)})
    assert (result.done, result.failure) == (0, None)
    assert state["w"].tolist() == [0.5, 1.0]
    shapes = {
        name: value.shape for group in (result.metrics, result.health, result.rows) for name, value in group.items()
    }
    assert shapes == {"loss": (0,), "n": (0,), "norm": (0,), "out": (0,)}
    assert result.metrics["loss"].dtype == np.float64


def test_a_failing_step_changes_nothing(backend: str) -> None:
    """The state is that after the last good step; the reports are those of the good steps."""
    data = DATA.copy()
    data[6, 1] = np.inf
    bounds = [0, 2, 4, 6, 8]
    good = {"w": np.array([0.5, 1.0]), "b": np.array(0.0)}
    state = {name: value.copy() for name, value in good.items()}
    scalars = {"rate": np.array([0.1, 0.2, 0.3, 0.4])}
    result = run_steps(backend, linear_regression(), state, {"x": data, "y": TARGETS}, bounds, scalars)
    run_steps(
        backend, linear_regression(), good, {"x": DATA, "y": TARGETS}, bounds[:4], {"rate": np.array([0.1, 0.2, 0.3])}
    )
    assert all(np.array_equal(state[name], good[name]) for name in state)
    assert result.done == 3
    assert (result.failure.step, result.failure.check) == (3, "loss")
    assert len(result.metrics["loss"]) == 3
    assert len(result.rows["out"]) == 6
    assert len(result.health["norm"]) == 1  # step 0; the last step, which would report too, failed


def overflow(check: str = "loss") -> Step:
    """exp in layer `middle` overflows; a health value elsewhere is infinite all the time and must not be blamed."""
    w = input("w", (), "float64")
    with scope("first"):
        a = w * 2.0
    with scope("middle"):
        b = p.exp(a)
    with scope("last"):
        c = 1.0 - b
    with scope("other"):
        harmless = p.log(a * 0.0)
    checks = {"loss": c, "gradient": gradients(c, [w])[0]}
    return Step(state={"w": w}, update={"w": w * 10.0}, health={"h": harmless}, checks={check: checks[check]})


@pytest.mark.parametrize("check", ["loss", "gradient"])
def test_a_failure_names_the_check_and_the_birthplace(backend: str, check: str) -> None:
    state = {"w": np.array(1.0)}
    result = run_steps(backend, overflow(check), state, bounds=[0] * 6)
    assert (result.failure.step, result.failure.check, result.failure.scope) == (3, check, "middle")
    assert state["w"] == 1000.0


def test_of_two_birthplaces_the_first_is_named(backend: str) -> None:
    w = input("w", (), "float64")
    with scope("early"):
        a = p.exp(w)
    with scope("late"):
        b = p.log(w - 1e4)
    for together in (a + b, b + a):
        step = Step(state={"w": w}, checks={"sum": together})
        assert run_steps(backend, step, {"w": np.array(1e4)}).failure.scope == "early"


def test_an_input_that_is_not_finite_is_named(backend: str) -> None:
    result = run_steps(backend, overflow(), {"w": np.array(np.nan)})
    assert (result.failure.step, result.failure.scope) == (0, "w")


def test_an_infinity_that_is_meant_is_not_blamed(backend: str) -> None:
    """A mask of −∞ before exp is no failure, and not its birthplace either."""
    w, mask = input("w", (2,), "float64"), const([True, False])
    with scope("attention"):
        e = p.exp(p.select(mask, w, -np.inf))
    with scope("loss"):
        loss = p.log(p.reduce_sum(e) - p.exp(w[0]))
    step = Step(state={"w": w}, checks={"loss": loss})
    result = run_steps(backend, step, {"w": np.array([0.5, 3.0])})
    assert result.failure.scope == "loss"


def test_the_first_failing_check_is_named(backend: str) -> None:
    w = input("w", (), "float64")
    step = Step(state={"w": w}, checks={"fine": w, "one": p.log(w), "two": 1.0 / w})
    assert run_steps(backend, step, {"w": np.array(0.0)}).failure.check == "one"


def test_what_is_not_checked_may_be_infinite(backend: str) -> None:
    w = input("w", (), "float64")
    step = Step(state={"w": w}, update={"w": p.exp(w)}, metrics={"w": w})
    state = {"w": np.array(1e4)}
    result = run_steps(backend, step, state, bounds=[0, 0, 0])
    assert result.failure is None
    assert state["w"] == np.inf


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"state": {"w": np.zeros(2)}}, "needs the state 'b', but was only given 'w'"),
        (
            {"state": {"w": np.zeros(3), "b": np.zeros(())}},
            r"The state 'w' of the step is float64\[2\].* of shape \(3,\)",
        ),
        ({"state": {"w": np.zeros(2, np.float32), "b": np.zeros(())}}, "was given as float32"),
        ({"data": {"x": DATA}}, "needs the data 'y'"),
        ({"data": {"x": DATA[:, :1], "y": TARGETS}}, r"The data 'x' of the step is float64\[n, 2\].* shape \(11, 1\)"),
        ({"scalars": {}}, "needs the scalar 'rate', but was only given none"),
        ({"scalars": {"rate": np.zeros(2)}}, r"The scalar 'rate' .* of shape \(2,\) for 3 steps"),
    ],
)
def test_arguments_that_do_not_fit(backend: str, change: dict[str, Arrays], message: str) -> None:
    arguments: dict[str, Any] = {
        "state": {"w": np.zeros(2), "b": np.zeros(())},
        "data": {"x": DATA, "y": TARGETS},
        "scalars": {"rate": np.array(0.1)},
    }
    with pytest.raises(BackendError, match=message):
        run_steps(backend, linear_regression(), **{**arguments, **change}, bounds=[0, 3, 6, 9])


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(drawn=steps())
def test_a_program_computes_what_its_nodes_mean(drawn: tuple[Step, Arrays]) -> None:
    """The program, with its simplified graph and values thrown away early, against one node after another: the same bits."""
    step, values = drawn
    state = {name: values[name].copy() for name in step.state}
    result = run_steps("numpy", step, state, {"r": values["r"]}, [0, ROW_COUNT])
    outputs = {**step.metrics, **step.rows}
    expected = dict(zip(outputs, run(list(outputs.values()), values, ROW_COUNT), strict=True))
    for name in step.metrics:
        assert np.array_equal(result.metrics[name][0], expected[name], equal_nan=True)
    for name in step.rows:
        assert np.array_equal(result.rows[name], expected[name], equal_nan=True)


def test_rows_of_a_batch_of_none() -> None:
    """An empty batch is legal for the reference: sums are 0 and rows are none."""
    x = input("x", (ROWS, 2), "float64")
    step = Step(data={"x": x}, metrics={"sum": p.reduce_sum(x)}, rows={"x": x * 2.0})
    result = run_steps("numpy", step, {}, {"x": DATA}, [0, 0, 2])
    assert result.metrics["sum"].tolist() == [0.0, DATA[:2].sum()]
    assert result.rows["x"].shape == (2, 2)


def test_value_at() -> None:
    assert value_at(np.array([1.0, 2.0]), 0, 1) == 2.0
    assert value_at(np.array(3.0), 0, 1) == 3.0
    assert value_at(np.array([[1, 2], [3, 4]]), 1, 1).tolist() == [3, 4]


def test_an_unknown_backend_is_named() -> None:
    with pytest.raises(UnknownNameError, match="backend='numpi' is not known; did you mean 'numpy'"):
        get_backend("numpi")


@pytest.mark.parametrize("name", BACKENDS)
def test_every_backend_has_its_name(name: str) -> None:
    assert get_backend(name).name == name


@pytest.mark.parametrize(
    ("order", "bounds", "sentence"),
    [
        ([100], [0, 1], "names rows from 100 to 100, but the data has rows 0 to 10"),
        ([-1], [0, 1], "names rows from -1 to -1"),
        ([0], [0, 5], "must rise from 0 at least to 1 at most"),
        ([0, 1, 2], [0, 2, 1], "must rise"),
        ([0, 1, 2], [-1, 2], "must rise"),
    ],
)
def test_rows_that_are_not_there(backend: str, order: list[int], bounds: list[int], sentence: str) -> None:
    state = {"w": np.zeros(2), "b": np.zeros(())}
    program = compiled(backend, linear_regression())
    with pytest.raises(BackendError, match=sentence):
        program.run(
            state,
            {"x": DATA, "y": TARGETS},
            np.array(order, np.int64),
            np.array(bounds, np.int64),
            {"rate": np.array(0.1)},
        )

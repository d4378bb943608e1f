"""Random networks on both backends: one step in float32, many in float64, and steps that fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from backends.llvm.comparing import same_bits
from backends.llvm.layouts import layouts_of
from backends.llvm.networks import EXAMPLES, Array, Arrays, Training, random_training, training_of
from chainrule.backends import NumpyBackend, Program, Result
from chainrule.backends.llvm import Layout, LlvmBackend, LlvmProgram
from chainrule.functional import CrossEntropy, SquaredError
from chainrule.nn import Activation, Dense
from chainrule.optim import SGD, Adam
from chainrule.training import Penalties

QUICK, ALL, STATES = 7, 50, 15  # networks that every run tries, networks altogether, states that each begins from
SEEDS = [*range(QUICK), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(QUICK, ALL))]
DIVERGING = (23,)  # batch and seed: its loss overflows, on both backends in the same step
# The layouts for each size of batch; as many of them as can take a network are tried.
BATCHES = {9: (Layout.FEATURES, Layout.ROWS), 1: (Layout.ONE_ROW,)}


def reports(result: Result, state: Arrays, before: Arrays) -> Arrays:
    """Everything that a run gives: the state, how far it moved, and the reports."""
    moved = {f"change of {name}": state[name] - before[name] for name in state if name.startswith("params/")}
    return {**state, **moved, **result.metrics, **result.health}


def distance(found: Array, exact: Array) -> float:
    """The largest difference, relative to the largest number."""
    found, exact = found.astype(np.float64), exact.astype(np.float64)
    largest = np.abs(exact).max(initial=0)
    return float(np.abs(found - exact).max(initial=0) / (largest or 1))


def in_double(training: Training) -> dict[str, Arrays]:
    """The numbers of a float32 training, bit for bit, in float64."""

    def wide(arrays: Arrays) -> Arrays:
        return {name: x.astype(np.float64) if x.dtype == np.float32 else x for name, x in arrays.items()}

    return {"state": wide(training.state), "data": wide(training.data), "numbers": wide(training.numbers)}


def nudged(training: Training, seed: int) -> Training:
    """The same with every parameter moved to the next larger or smaller number, at random."""
    rng = np.random.default_rng(seed)
    ways = {name: rng.choice([-np.inf, np.inf], x.shape).astype(x.dtype) for name, x in training.state.items()}
    moved = {
        name: np.nextafter(x, ways[name]) if name.startswith("params/") else x for name, x in training.state.items()
    }
    return replace(training, state=moved)


def compiled(training: Training, seed: int, batch: int) -> dict[str, LlvmProgram]:
    """A training step in each layout that can take batches of a size, odd seeds in two threads."""
    layouts = [layout for layout in BATCHES[batch] if layout in layouts_of(training.step)]
    return {layout.value: LlvmBackend(threads=1 + seed % 2, layout=layout).compile(training.step) for layout in layouts}


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("seed", SEEDS)
def test_one_step_in_float32(seed: int, batch: int) -> None:
    """Within 1e-5 of the same step in float64, from every state; what cancels more, within 3 of NumPy's errors.

    These are the error of the step, and what comes of moving every parameter to one of its neighbours: by that much a number
    is uncertain whatever computes it.
    """
    training, double = random_training(seed, "float32"), random_training(seed, "float64")
    plain, exact = NumpyBackend().compile(training.step), NumpyBackend().compile(double.step)
    programs = compiled(training, seed, batch)
    errors: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for state in range(STATES):
        training = training.from_state(np.random.default_rng([seed, state]))
        double = replace(double, **in_double(training))
        expected = one_step(double, exact, batch)
        usual = [one_step(start, plain, batch) for start in (training, nudged(training, state))]
        for layout, program in programs.items():
            found = one_step(training, program, batch)
            for name, value in expected.items():
                both = distance(found[name], value), max(distance(other[name], value) for other in usual)
                errors.setdefault((layout, name), []).append(both)
    for where, pairs in errors.items():
        ours, numpys = np.max(pairs, axis=0)
        assert ours <= max(1e-5, 3 * numpys), where


def one_step(training: Training, program: Program, batch: int) -> Arrays:
    """Everything that the first step gives."""
    state = training.copied()
    result = training.run(program, state, 1, batch)
    assert result.failure is None
    return reports(result, state, training.state)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_hundred_steps_in_float64(seed: int, batch: int) -> None:
    training = random_training(seed, "float64")
    result, expected = hundred_steps(training, NumpyBackend().compile(training.step), batch)
    assert result.failure is None or seed in DIVERGING
    for layout, program in compiled(training, seed, batch).items():
        own, found = hundred_steps(training, program, batch)
        assert (own.done, own.failure) == (result.done, result.failure)
        for name, value in expected.items():
            assert distance(found[name], value) <= 1e-9, (layout, name)


def hundred_steps(training: Training, program: Program, batch: int) -> tuple[Result, Arrays]:
    state = training.copied()
    result = training.run(program, state, 100, batch, shorter=True)
    return result, reports(result, state, training.state)


def test_the_networks_are_varied() -> None:
    steps = [random_training(seed, "float64").step for seed in range(ALL)]
    parts = ("l1", "l2", "clip_norm", "clip_value", "sample_weight", "key")
    found = [{name for name in parts if name in {**step.scalars, **step.data}} for step in steps]
    for name in parts:
        assert sum(name in group for group in found) >= 5, name
        assert any(name in group for group in found[:QUICK]), name
    turned = [Layout.ROWS in layouts_of(step) for step in steps]
    assert sum(turned[:QUICK]) >= 2
    assert sum(turned) >= 10


# --------------------------------------------------------------------------------------------- steps that fail


def digits_like(dtype: str = "float32") -> Training:
    """A small classifier with Adam and clipping, as it is made."""
    rng = np.random.default_rng(4)
    data = {"x": rng.normal(size=(EXAMPLES, 5)), "y": rng.integers(0, 3, EXAMPLES).astype(np.int32)}
    layers = [Dense(7, activation="tanh"), Dense(6, activation="relu"), Dense(3)]
    penalties = Penalties.of(0.0, 0.01, 1.0, None)
    return training_of(layers, data, CrossEntropy(), Adam(0.01), penalties=penalties, dtype=dtype)


def planted(value: float) -> Callable[[Training], Training]:
    """A number that is not finite in one row of the data."""

    def plant(training: Training) -> Training:
        x = training.data["x"].copy()
        x[9, 2] = value
        return replace(training, data={**training.data, "x": x})

    return plant


def spoilt(value: float) -> Callable[[Training], Training]:
    """A parameter that is not finite from the beginning."""

    def spoil(training: Training) -> Training:
        state = training.copied()
        state["params/dense2/weight"][1, 2] = value
        return replace(training, state=state)

    return spoil


def exploding(training: Training) -> Training:
    """A learning rate with which linear regression runs away, until a number overflows."""
    rng = np.random.default_rng(5)
    data = {"x": rng.normal(size=(EXAMPLES, 4)), "y": rng.normal(size=(EXAMPLES, 2))}
    return training_of([Dense(5), Activation("relu"), Dense(2)], data, SquaredError(), SGD(30.0))


FAILURES: dict[str, Callable[[Training], Training]] = {
    "NaN in the data": planted(np.nan),
    "infinity in the data": planted(-np.inf),
    "NaN in a parameter": spoilt(np.nan),
    "infinity in a parameter": spoilt(np.inf),
    "overflow": exploding,
}


@pytest.mark.parametrize(
    ("layout", "threads", "batch"),
    [
        *((Layout.FEATURES, threads, 4) for threads in (1, 2, 3)),
        *((Layout.ROWS, threads, 11) for threads in (1, 2)),
        (Layout.ONE_ROW, 2, 1),
    ],
)
@pytest.mark.parametrize("kind", FAILURES)
def test_a_failing_step_is_the_same_and_changes_nothing(kind: str, layout: Layout, threads: int, batch: int) -> None:
    """The same step and check as with NumPy; the state and the reports are those of the steps before it, to the bit."""
    training = FAILURES[kind](digits_like())
    program = LlvmBackend(threads=threads, layout=layout).compile(training.step)
    assert layout in layouts_of(training.step)
    state, good, other = training.copied(), training.copied(), training.copied()
    found = training.run(program, state, 30, batch)
    expected = training.run(NumpyBackend().compile(training.step), other, 30, batch)
    assert found.failure == expected.failure
    assert found.done == expected.done == found.failure.step
    assert (found.done > 0) == ("parameter" not in kind)
    before = only(training, program, good, found.done, batch)
    assert all(same_bits(state[name], good[name]) for name in state)
    for reported, until in ((found.metrics, before.metrics), (found.health, before.health), (found.rows, before.rows)):
        assert reported.keys() == until.keys()
        assert all(same_bits(reported[name], until[name][: len(reported[name])]) for name in reported)
    assert {name: len(x) for name, x in found.health.items()} == {name: len(x) for name, x in expected.health.items()}
    assert {name: len(x) for name, x in found.metrics.items()} == {name: len(x) for name, x in expected.metrics.items()}


def only(training: Training, program: LlvmProgram, state: Arrays, n_steps: int, batch: int) -> Result:
    """The first steps of the run of 30, by themselves."""
    order = np.random.default_rng(30).permutation(-(-30 * batch // EXAMPLES) * EXAMPLES) % EXAMPLES
    scalars = training.scalars(30)
    ranks = {name: node.rank for name, node in training.step.scalars.items()}
    first = {name: x[:n_steps] if np.ndim(x) > ranks[name] else x for name, x in scalars.items()}
    record = np.arange(n_steps) % 16 == 0
    return program.run(state, training.data, order, batch * np.arange(n_steps + 1), first, record)


def test_a_run_goes_on_after_a_failure() -> None:
    """What a failure has left behind in the memory of a program does not reach the next run."""
    training = digits_like()
    program = LlvmBackend(threads=2).compile(training.step)
    clean, after = training.copied(), training.copied()
    training.run(program, clean, 20, 8)
    bad = planted(np.nan)(training)
    bad.run(program, bad.copied(), 20, 8)
    training.run(program, after, 20, 8)
    assert all(same_bits(clean[name], after[name]) for name in clean)

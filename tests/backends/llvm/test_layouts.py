"""The layouts of a step: which is chosen, and that each gives what it should for batches it was not made for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from backends.llvm.comparing import Arrays, same_bits
from backends.llvm.layouts import layouts_of
from backends.llvm.networks import Training, training_of
from chainrule.backends import NumpyBackend, Program
from chainrule.backends.llvm import Layout, LlvmBackend
from chainrule.backends.llvm.stages import stage_text
from chainrule.functional import CrossEntropy, SquaredError
from chainrule.graph import ROWS, Step, input
from chainrule.graph import primitives as p
from chainrule.nn import Conv2D, Dense, Dropout, Flatten, Layer, MaxPool2D, Reshape
from chainrule.optim import SGD, Adam, Nesterov, Transform
from chainrule.training import Penalties

N = 70


def classifier(*layers: Layer) -> Training:
    """A training step of some layers on three inputs, with weights, penalties and clipping; four classes."""
    rng = np.random.default_rng(6)
    data = {"x": rng.normal(size=(N, 3)), "y": rng.integers(0, 4, N).astype(np.int32)}
    data["sample_weight"] = rng.uniform(0.5, 2, N)
    penalties = Penalties.of(0.001, 0.01, 1.0, None)
    return training_of([*layers, Dense(4)], data, CrossEntropy(), Adam(0.01), penalties=penalties, dtype="float64")


def narrow() -> Training:
    return classifier(Dense(9, activation="relu"), Dense(32, activation="tanh"))


def wide() -> Training:
    return classifier(Dense(33, activation="relu"))


def random() -> Training:
    return classifier(Dense(5, activation="relu"), Dropout(0.3))


def images() -> Training:
    """Wide, but of few channels."""
    return classifier(Dense(48), Reshape(4, 4, 3), Conv2D(40, 3, padding="same"), MaxPool2D(), Flatten())


# ---------------------------------------------------------------------------------------------- which is chosen


@pytest.mark.parametrize(
    ("network", "rows", "layout"),
    [
        *((network, None, Layout.FEATURES) for network in (narrow, wide, random)),
        *((network, 1, Layout.ONE_ROW) for network in (narrow, wide, random)),
        *((narrow, rows, Layout.FEATURES) for rows in (2, 7)),
        *((network, rows, Layout.ROWS) for network in (narrow, random, images) for rows in (8, 32, 10_000)),
        *((wide, rows, Layout.FEATURES) for rows in (8, 32)),
    ],
)
def test_the_layout_follows_the_batch_and_the_width(
    network: Callable[[], Training], rows: int | None, layout: Layout
) -> None:
    step = network().step
    assert LlvmBackend().compile(step, rows=rows).layout is layout
    assert LlvmBackend(layout=Layout.FEATURES).compile(step, rows=rows).layout is Layout.FEATURES


def test_a_place_among_rows_is_found_where_rows_come_first() -> None:
    """What picks rows out, and leaves none, cannot be done with rows last; neither can what is not known to be safe there."""
    x, ids = input("x", (ROWS, 3)), input("ids", (ROWS,), "int32")
    picked = {"largest": p.argmax(x, 0), "sums": p.scatter_add(x, ids, 4), "total": p.reduce_sum(x, 0)}
    for name, node in picked.items():
        step = Step(data={"x": x, "ids": ids}, metrics={name: node})
        assert (Layout.ROWS in layouts_of(step)) == (name == "total"), name
        program = LlvmBackend().compile(step, rows=10)
        data = {"x": np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32), "ids": np.arange(10) % 4}
        found, expected = (
            each.run({}, data, np.arange(10), np.array([0, 10]), {}).metrics[name]
            for each in (program, NumpyBackend().compile(step))
        )
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("threads", [1, 2])
def test_what_nobody_reads_may_be_given(layout: Layout, threads: int) -> None:
    """Data, state and numbers that are in a step, but in none of its results."""
    x, unread, labels = input("x", (ROWS, 3)), input("unread", (ROWS, 2)), input("labels", (ROWS,), "int32")
    w, idle, rate = input("w", (3,)), input("idle", (5, 7)), input("rate", ())
    step = Step(
        state={"w": w, "idle": idle},
        update={"w": w + 1.0},
        data={"unread": unread, "x": x, "labels": labels},
        scalars={"rate": rate},
        rows={"out": p.contract(x, w, "bi,i->b")},
    )
    state = {"w": np.ones(3, np.float32), "idle": np.full((5, 7), np.nan, np.float32)}
    data = {"x": np.ones((9, 3), np.float32), "unread": np.full((9, 2), np.nan, np.float32)}
    data["labels"] = np.arange(9)
    program = LlvmBackend(layout=layout, threads=threads).compile(step)
    for bounds in ([0, 1, 2, 3], [0, 3, 5, 9]):
        state["w"][...] = 1
        result = program.run(state, data, np.arange(9), np.array(bounds), {"rate": np.array(0.1, np.float32)})
        assert result.rows["out"].tolist() == np.repeat([3.0, 6.0, 9.0], np.diff(bounds)).tolist()


# -------------------------------------------------------------------------------- batches that it was not made for


def everything(training: Training, program: Program, bounds: list[int]) -> Arrays:
    """All that a run gives, in one dictionary."""
    state, order = training.copied(), np.random.default_rng(0).permutation(N)
    numbers = training.scalars(len(bounds) - 1)
    result = program.run(state, training.data, order, np.array(bounds, np.int64), numbers)
    assert result.failure is None
    return state | {f"metric {k}": v for k, v in result.metrics.items()} | result.health


UNEVEN = ([0, 1], [0, 65], [0, 1, 2, 3], [0, 1, 2, 5], [0, 5, 6, 7], [3, 4], [0, 8, 16, 17], [0, 64, 70], [0])


@pytest.mark.parametrize("bounds", UNEVEN, ids=str)
@pytest.mark.parametrize("network", [narrow, wide, random])
def test_any_batches_in_every_layout(network: Callable[[], Training], bounds: list[int]) -> None:
    """They agree with NumPy, and a program for one row gives the bits of the usual layout where a batch is not of one row."""
    training = network()
    expected = everything(training, NumpyBackend().compile(training.step), bounds)
    found = {
        layout: everything(training, LlvmBackend(layout=layout).compile(training.step), bounds)
        for layout in layouts_of(training.step)
    }
    for layout, own in found.items():
        for name, value in expected.items():
            np.testing.assert_allclose(own[name], value, rtol=1e-9, atol=1e-12, err_msg=f"{layout}: {name}")
    if (np.diff(bounds) != 1).any():
        usual, other = found[Layout.FEATURES], found[Layout.ONE_ROW]
        assert all(same_bits(other[name], usual[name]) for name in usual)


@pytest.mark.parametrize("layout", [Layout.FEATURES, Layout.ROWS])
def test_every_size_of_batch_with_one_program(layout: Layout) -> None:
    training = narrow()
    compiled, plain = (
        LlvmBackend(layout=layout, threads=2).compile(training.step),
        NumpyBackend().compile(training.step),
    )
    for rows in range(1, 66):
        found, expected = (everything(training, program, [0, rows]) for program in (compiled, plain))
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-9, atol=1e-12, err_msg=f"{rows} rows: {name}")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, 3])
def test_one_row_at_a_time_at_every_width(dtype: str, threads: int) -> None:
    """Tiles of one row are up to eight vectors wide, and the last is whatever is left: the same bits for any team."""
    rng = np.random.default_rng(1)
    for width in (1, 17, 48, 97, 112, 170):
        data = {"x": rng.normal(size=(N, width)), "y": rng.normal(size=(N, 2))}
        training = training_of(
            [Dense(width, activation="tanh"), Dense(width, activation="relu"), Dense(2)],
            data,
            SquaredError(),
            SGD(0.01),
            dtype=dtype,
        )
        bounds = [0, 1, 2, 3]
        compiled = LlvmBackend(layout=Layout.ONE_ROW, threads=threads).compile(training.step)
        alone = LlvmBackend(layout=Layout.ONE_ROW, threads=1).compile(training.step)
        found, expected = (
            everything(training, each, bounds) for each in (compiled, NumpyBackend().compile(training.step))
        )
        rtol, atol = (2e-4, 1e-5) if dtype == "float32" else (1e-9, 1e-12)
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=rtol, atol=atol, err_msg=f"{width} units: {name}")
        assert all(same_bits(found[name], value) for name, value in everything(training, alone, bounds).items())


def through_a_matrix(optimizer: Transform, penalties: Penalties) -> Training:
    rng = np.random.default_rng(4)
    data = {"x": rng.normal(size=(N, 5)), "y": rng.integers(0, 4, N).astype(np.int32)}
    layers = [Dense(70, activation="tanh"), Dense(150, activation="relu"), Dense(4)]
    return training_of(layers, data, CrossEntropy(), optimizer, penalties=penalties, dtype="float64")


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("penalties", [Penalties(), Penalties.of(0.001, 0.01, None, 0.02)], ids=["plain", "penalties"])
@pytest.mark.parametrize("optimizer", [SGD(0.01), Nesterov(0.01), Adam(0.01)], ids=lambda x: type(x).__name__)
def test_one_pass_through_a_matrix(optimizer: Transform, penalties: Penalties, threads: int) -> None:
    """A gradient goes back through a matrix while that is updated, and its norm is reported."""
    training = through_a_matrix(optimizer, penalties)
    assert "one pass through the matrix" in stage_text(training.step, "fused", rows=1)
    compiled = LlvmBackend(layout=Layout.ONE_ROW, threads=threads).compile(training.step)
    found, expected = (
        everything(training, each, list(range(40))) for each in (compiled, NumpyBackend().compile(training.step))
    )
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9, atol=1e-12, err_msg=name)


def test_no_pass_is_shared_with_an_update_that_waits_for_all_gradients() -> None:
    assert "one pass" not in stage_text(
        through_a_matrix(SGD(0.01), Penalties.of(0, 0, 1.0, None)).step, "fused", rows=1
    )


@pytest.mark.parametrize("threads", [1, 3])
def test_matrices_in_panels(threads: int) -> None:
    """A wide matrix without rows lies in panels: read and written by row, by column and transposed, reported and carried on."""
    a, b = input("a", (7, 150), "float64"), input("b", (150, 7), "float64")
    products = {
        "by rows": p.contract(a, b, "ij,jk->ik"),
        "over the first": p.contract(a, a, "ij,ik->jk"),
        "over the last": p.contract(a, a, "ij,kj->ik"),
        "turned": p.transpose(a, (1, 0)) + b,
        "columns": p.reduce_sum(a, 0),
        "a part": p.slice(a, (1, 30), (None, 149)) * 2.0,
        "itself": a,
    }
    step = Step(
        state={"a": a, "b": b}, update={"a": p.transpose(b, (1, 0)), "b": p.transpose(a, (1, 0))}, metrics=products
    )
    rng = np.random.default_rng(2)
    start = {"a": rng.normal(size=(7, 150)), "b": rng.normal(size=(150, 7))}
    runs = []
    for backend in (LlvmBackend(threads=threads), NumpyBackend()):
        state = {name: array.copy() for name, array in start.items()}
        result = backend.compile(step).run(state, {}, np.zeros(0, np.int64), np.zeros(4, np.int64), {})
        runs.append(state | result.metrics)
    for name, value in runs[1].items():
        np.testing.assert_allclose(runs[0][name], value, rtol=1e-12, atol=1e-12, err_msg=name)

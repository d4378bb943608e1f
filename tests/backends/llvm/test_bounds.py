"""No access out of bounds, for any size from 1 to 65; runs at the edges of what there is to run; nothing left behind."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backends.llvm.comparing import Array, Arrays, same_bits
from backends.llvm.networks import Training, training_of
from chainrule.backends import Backend, NumpyBackend, Result
from chainrule.backends.llvm import Layout, LlvmBackend, host
from chainrule.backends.llvm.jit import Loaded
from chainrule.functional import CrossEntropy, SquaredError
from chainrule.graph import ROWS, Step, gradients, input
from chainrule.graph import primitives as p
from chainrule.nn import Dense
from chainrule.optim import SGD, Adam

TESTS = Path(__file__).parents[2]


def run_guarded(part: str, sizes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "backends.llvm.guarded", part, sizes],
        cwd=TESTS,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@pytest.mark.skipif(os.name == "nt", reason="pages are protected by mprotect")
@pytest.mark.parametrize("sizes", ["edges", pytest.param("others", marks=pytest.mark.slow)])
@pytest.mark.parametrize("part", ["primitives", "training", "recurrent"])
def test_no_access_out_of_bounds(part: str, sizes: str) -> None:
    """Every array ends where a page does, then begins where one does; the pages before and behind may not be touched."""
    process = run_guarded(part, sizes)
    *_, last = process.stdout.splitlines() or [""]
    assert process.returncode == 0, f"{last}\n{process.stderr[-3000:]}"
    assert last.startswith("done: ")
    assert int(last.split()[1]) >= (40 if part != "recurrent" else 14)


@pytest.mark.skipif(os.name == "nt", reason="pages are protected by mprotect")
def test_an_access_out_of_bounds_would_be_noticed() -> None:
    process = run_guarded("trip", "edges")
    assert process.stdout.splitlines() == ["about to fault"]
    assert process.returncode < 0


# ------------------------------------------------------------------------------------- the floating-point unit

MXCSR = """
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
define void @swap(ptr %new, i64 %write, i64 %unused, ptr %old) {
  call void @llvm.x86.sse.stmxcsr(ptr %old)
  %given = icmp ne i64 %write, 0
  br i1 %given, label %set, label %done
set:
  call void @llvm.x86.sse.ldmxcsr(ptr %new)
  br label %done
done:
  ret void
}
"""
CONTROL = 0xFFC0  # rounding, masks, flush-to-zero and denormals-are-zero; the six bits below only record what happened
FLUSH = 0x8040


class Mxcsr:
    """The control word of the vector unit, of this thread."""

    def __init__(self) -> None:
        self._code = Loaded(MXCSR, "swap", host())

    def exchange(self, new: int | None = None) -> int:
        old, given = ctypes.c_uint32(), ctypes.c_uint32(new or 0)
        self._code.call(ctypes.addressof(given), int(new is not None), 0, ctypes.addressof(old))
        return old.value


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="other processors have another control word")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("flush", [0, FLUSH])
def test_the_control_word_is_as_it_was(threads: int, flush: int) -> None:
    """After a run, and after one that fails."""
    training = classifier()
    program = LlvmBackend(threads=threads).compile(training.step)
    word = Mxcsr()
    usual = word.exchange()
    for spoilt in (False, True):
        state = training.copied()
        if spoilt:
            state["params/dense1/bias"][0] = np.nan
        word.exchange(usual | flush)
        result = training.run(program, state, 5, 8)
        after = word.exchange(usual)
        assert (result.failure is not None) == spoilt
        assert after & CONTROL == (usual | flush) & CONTROL


# ----------------------------------------------------------------------------------------------- edges of a run


def classifier(n: int = 40, dtype: str = "float32") -> Training:
    rng = np.random.default_rng(n)
    arrays = {"x": rng.normal(size=(n, 5)), "y": rng.integers(0, 3, n).astype(np.int32)}
    return training_of([Dense(6, activation="relu"), Dense(3)], arrays, CrossEntropy(), Adam(0.01), dtype=dtype)


@pytest.fixture(params=["1", "2", "3", "2, one row", "1, rows", "3, rows"])
def backend(request: pytest.FixtureRequest) -> Backend:
    threads, _, layout = request.param.partition(", ")
    return LlvmBackend(threads=int(threads), layout=Layout(layout or "features"))


def both(
    backend: Backend, step: Step, state: Arrays, data: Arrays, order: list[int], bounds: list[int], scalars: Arrays
) -> tuple[Result, Arrays]:
    """What a run gives, once it has been found to agree with NumPy."""
    found: list[tuple[Result, Arrays]] = []
    for each in (backend, NumpyBackend()):
        own = {name: array.copy() for name, array in state.items()}
        arguments = (data, np.array(order, np.int64), np.array(bounds, np.int64), scalars)
        found.append((each.compile(step).run(own, *arguments), own))
    (result, after), (expected, after_numpy) = found
    assert (result.done, result.failure) == (expected.done, expected.failure)
    for name in after:
        close(after[name], after_numpy[name], name)
    for kind in ("metrics", "health", "rows"):
        ours, theirs = getattr(result, kind), getattr(expected, kind)
        assert ours.keys() == theirs.keys()
        for name in ours:
            close(ours[name], theirs[name], name)
    return result, after


def close(found: Array, expected: Array, name: str) -> None:
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype), name
    np.testing.assert_allclose(
        found, expected, rtol=1e-4 if found.dtype == np.float32 else 1e-12, atol=1e-6, err_msg=name
    )


def one_of(training: Training) -> Arrays:
    """The same numbers for all steps."""
    return {name: np.asarray(value) for name, value in training.numbers.items()}


def test_no_steps(backend: Backend) -> None:
    training = classifier()
    for bounds in ([0], [7]):
        for scalars in (one_of(training), training.scalars(0)):
            result, after = both(backend, training.step, training.state, training.data, [], bounds, scalars)
            assert result.done == 0
            assert all(same_bits(after[name], training.state[name]) for name in after)


def test_no_rows_in_the_data_and_no_steps(backend: Backend) -> None:
    training = classifier()
    empty = {name: array[:0] for name, array in training.data.items()}
    both(backend, training.step, training.state, empty, [], [0], one_of(training))


def test_steps_of_one_row(backend: Backend) -> None:
    training = classifier()
    both(backend, training.step, training.state, training.data, [3, 3, 39, 0], [0, 1, 2, 3, 4], one_of(training))


def test_one_step_of_more_rows_than_any_block(backend: Backend) -> None:
    """Rows may occur many times."""
    training = classifier(dtype="float64")
    order = (7 * np.arange(5003) % 40).tolist()
    both(backend, training.step, training.state, training.data, order, [0, 5003], one_of(training))
    both(backend, training.step, training.state, training.data, order, [0, 1, 4998, 5003], one_of(training))


def test_an_empty_batch_among_others(backend: Backend) -> None:
    """Sums over it are 0, and it reports no rows."""
    x, w = input("x", (ROWS, 3), "float64"), input("w", (3,), "float64")
    out = p.contract(x, w, "bi,i->b")
    step = Step(
        state={"w": w},
        update={"w": w - 0.1 * gradients(p.reduce_sum(out * out), [w])[0]},
        data={"x": x},
        rows={"out": out},
        metrics={"sum": p.reduce_sum(x), "columns": p.reduce_sum(x, 0)},
    )
    data = {"x": np.random.default_rng(1).normal(size=(9, 3))}
    result, _ = both(backend, step, {"w": np.ones(3)}, data, list(range(9)), [0, 0, 4, 4, 9, 9], {})
    assert result.metrics["sum"][0] == result.metrics["sum"][2] == 0
    assert len(result.rows["out"]) == 9


def test_rows_and_nothing_else(backend: Backend) -> None:
    """A step that only predicts, in blocks of different sizes, beginning within the order."""
    x, w = input("x", (ROWS, 3), "float32"), input("w", (3, 5), "float32")
    rows = {"wide": p.tanh(x @ w), "one": p.reduce_max(x, 1), "truth": p.less(x, 0.0), "input": x}
    rng = np.random.default_rng(2)
    arrays = {"x": rng.normal(size=(50, 3)).astype(np.float32)}
    state = {"w": rng.normal(size=(3, 5)).astype(np.float32)}
    order = rng.permutation(50).tolist()
    step = Step(state={"w": w}, data={"x": x}, rows=rows)
    for bounds in ([0, 50], [0, 33, 50], [0, 1, 2, 3], [20, 21, 44]):
        result, _ = both(backend, step, state, arrays, order, bounds, {})
        assert same_bits(result.rows["input"], arrays["x"][order[bounds[0] : bounds[-1]]])


def test_no_data_at_all(backend: Backend) -> None:
    """Gradient descent on a function of the state, as `minimize` does it."""
    x, rate = input("x", (2,), "float64"), input("rate", (), "float64")
    value = (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2
    (g,) = gradients(value, [x])
    step = Step(
        state={"x": x},
        update={"x": x - rate * g},
        scalars={"rate": rate},
        metrics={"value": value},
        health={"norm": p.sqrt(p.reduce_sum(g * g))},
        checks={"value": value},
    )
    for steps in (1, 16, 17, 300):
        start = {"x": np.array([-1.2, 1.0])}
        both(backend, step, start, {}, [], [0] * (steps + 1), {"rate": np.full(steps, 1e-3)})


def test_a_state_that_is_part_of_a_larger_array(backend: Backend) -> None:
    """Views with strides of their own are read and written in place, and nothing beside them is."""
    training = classifier()
    plain = training.copied()
    training.run(backend.compile(training.step), plain, 10, 8)
    larger = {
        name: np.full([2 * n + 3 for n in array.shape], 55, array.dtype) for name, array in training.state.items()
    }
    views = {
        name: array[(..., *(slice(2, 2 + 2 * n, 2) for n in training.state[name].shape))]
        for name, array in larger.items()
    }
    for name, array in training.state.items():
        views[name][...] = array
    training.run(backend.compile(training.step), views, 10, 8)
    for name, array in larger.items():
        assert same_bits(views[name], plain[name]), name
        views[name][...] = 55
        assert (array == 55).all(), name


def test_data_that_does_not_lie_row_by_row(backend: Backend) -> None:
    """Columns first, every other row, backwards, or read-only: the same bits."""
    training = classifier()
    program = backend.compile(training.step)
    expected = training.copied()
    training.run(program, expected, 10, 8)
    x, y = training.data["x"], training.data["y"]
    frozen = x.copy()
    frozen.setflags(write=False)
    given = [np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2], x[::-1].copy()[::-1], frozen, x.astype(np.float64)]
    for array in given:
        state = training.copied()
        other = Training(training.step, state, {"x": array, "y": y.astype(np.int64)}, training.numbers)
        other.run(program, state, 10, 8)
        assert all(same_bits(state[name], expected[name]) for name in state)


def test_many_numbers_with_one_value_a_step(backend: Backend) -> None:
    """Numbers, vectors and matrices, each step its own or the same for all, in any mixture."""
    shapes = {"a": (), "b": (3,), "c": (2, 3), "d": (), "e": (17,)}
    nodes = {name: input(name, shape, "float32") for name, shape in shapes.items()}
    t = input("t", (), "float32")
    total = sum((p.reduce_sum(node * node) for node in nodes.values()), t)
    step = Step(state={"t": t}, update={"t": total}, scalars=nodes, metrics={"e": nodes["e"] + t, "c": nodes["c"]})
    rng = np.random.default_rng(3)
    for own in ("", "ac", "abcde"):  # those that have one value for each of the four steps
        sizes = {name: (4, *shape) if name in own else shape for name, shape in shapes.items()}
        scalars = {name: np.asarray(rng.normal(size=size), np.float32) for name, size in sizes.items()}
        both(backend, step, {"t": np.array(0.5, np.float32)}, {}, [], [0] * 5, scalars)


def test_states_that_change_places(backend: Backend) -> None:
    """Each takes the old value of another, whichever is written first."""
    a, b, c = (input(name, (5,), "float64") for name in "abc")
    step = Step(state={"a": a, "b": b, "c": c}, update={"a": b, "b": c, "c": a + 1.0}, metrics={"a": a})
    start = {name: np.full(5, i, float) for i, name in enumerate("abc")}
    _, after = both(backend, step, start, {}, [], [0] * 4, {})
    assert [after[name][0] for name in "abc"] == [1, 2, 3]


def test_a_state_that_is_only_read_and_one_that_nobody_reads(backend: Backend) -> None:
    a, b, unused = (input(name, (4,), "float32") for name in ("a", "b", "unused"))
    step = Step(state={"a": a, "b": b, "unused": unused}, update={"b": p.exp(a)}, metrics={"sum": p.reduce_sum(a)})
    start = {name: np.linspace(0, 1, 4).astype(np.float32) for name in ("a", "b", "unused")}
    _, after = both(backend, step, start, {}, [], [0, 0, 0], {})
    assert same_bits(after["a"], start["a"])
    assert same_bits(after["unused"], start["unused"])


def test_a_step_with_nothing_in_it(backend: Backend) -> None:
    result, _ = both(backend, Step(), {}, {}, [], [0, 0, 0], {})
    assert result.done == 2


def test_linear_regression_of_one_number(backend: Backend) -> None:
    """The smallest network there is: one input, one unit, one row."""
    arrays = {"x": np.array([[2.0]]), "y": np.array([[3.0]])}
    training = training_of([Dense(1)], arrays, SquaredError(), SGD(0.1), dtype="float64")
    both(backend, training.step, training.state, training.data, [0] * 50, list(range(51)), one_of(training))

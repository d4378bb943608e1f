"""Teams of threads: the same bits for any number, for every size of batch, side by side, and under load."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from backends.llvm.comparing import same_bits
from backends.llvm.layouts import layouts_of
from backends.llvm.networks import Array, Arrays, Training, random_training, training_of
from chainrule.backends import Result
from chainrule.backends.llvm import Layout, LlvmBackend, LlvmProgram
from chainrule.backends.llvm.code import Code
from chainrule.backends.llvm.contract import Contraction
from chainrule.functional import BinaryCrossEntropy, CrossEntropy, SquaredError
from chainrule.nn import Concatenate, Dense, Dropout, Residual
from chainrule.optim import SGD, Adam, Momentum
from chainrule.training import Penalties

pytestmark = pytest.mark.timeout(120)

TEAMS = (2, 3, 4, 8)
BATCHES = {
    Layout.FEATURES: (1, 2, 7, 16, 31, 32, 33, 100, 600),
    Layout.ROWS: (1, 2, 7, 8, 33, 64, 130),
    Layout.ONE_ROW: (1,),
}
N = 101


def data(n_in: int, targets: Array) -> Arrays:
    return {"x": np.random.default_rng(n_in).normal(size=(N, n_in)), "y": targets}


CLASSES = np.random.default_rng(1).integers(0, 3, N).astype(np.int32)
VALUES = np.random.default_rng(2).normal(size=(N, 20))


def classifier() -> Training:
    layers = [Dense(16, activation="relu"), Dense(16, activation="relu"), Dense(3)]
    return training_of(layers, data(4, CLASSES), CrossEntropy(), SGD(0.1))


def wide() -> Training:
    """More columns than a tile has, global clipping, dropout and weights."""
    layers = [Dense(150, activation="tanh"), Dropout(0.3), Dense(70, activation="relu"), Dense(3)]
    arrays = data(37, CLASSES) | {"sample_weight": np.random.default_rng(3).uniform(0.1, 2, N)}
    penalties = Penalties.of(0.001, 0.01, 0.5, None)
    return training_of(layers, arrays, CrossEntropy(label_smoothing=0.1), Adam(0.01), penalties=penalties)


def branched() -> Training:
    layers = [
        Concatenate(Dense(5, activation="gelu"), Dense(9, activation="silu")),
        Residual(Dense(11, activation="softplus"), Dense(14)),
        Dense(20),
    ]
    return training_of(layers, data(6, VALUES), SquaredError(), Momentum(0.01), dtype="float64")


def one_unit() -> Training:
    targets = (VALUES[:, :1] > 0).astype(float)
    return training_of([Dense(1)], data(3, targets), BinaryCrossEntropy(), SGD(0.5), dtype="float64")


NETWORKS: dict[str, Callable[[], Training]] = {f.__name__: f for f in (classifier, wide, branched, one_unit)}


@cache
def training(network: str) -> Training:
    return NETWORKS[network]()


@cache
def program(network: str, threads: int, layout: Layout = Layout.FEATURES) -> LlvmProgram:
    return LlvmBackend(threads=threads, layout=layout).compile(training(network).step)


def everything(result: Result, state: Arrays) -> Arrays:
    assert result.failure is None
    groups = {"metric": result.metrics, "health": result.health, "rows": result.rows, "state": state}
    return {f"{kind} {name}": array for kind, arrays in groups.items() for name, array in arrays.items()}


def run(network: str, threads: int, n_steps: int, batch: int, layout: Layout = Layout.FEATURES) -> Arrays:
    own = training(network)
    state = own.copied()
    return everything(own.run(program(network, threads, layout), state, n_steps, batch, shorter=True), state)


def assert_equal(found: Arrays, expected: Arrays, where: str) -> None:
    assert found.keys() == expected.keys()
    for name in expected:
        assert same_bits(found[name], expected[name]), f"{name}: {where}"


@pytest.mark.parametrize("team", TEAMS)
@pytest.mark.parametrize(
    ("network", "layout"), [(name, layout) for name in NETWORKS for layout in layouts_of(training(name).step)]
)
def test_the_same_bits_for_any_number_of_threads(network: str, layout: Layout, team: int) -> None:
    """Parameters, the optimiser's state, metrics and health; the last batch is shorter."""
    for batch in BATCHES[layout]:
        found, expected = (run(network, threads, 5, batch, layout) for threads in (team, 1))
        assert_equal(found, expected, f"batches of {batch}")


@pytest.mark.parametrize("seed", range(4))
def test_the_same_bits_for_random_networks(seed: int) -> None:
    own = random_training(100 + seed, "float32" if seed % 2 else "float64")
    found = []
    layout = layouts_of(own.step)[-1]  # rows last, where they can lie so
    for threads in (1, 2 + seed % 2):
        compiled, state = LlvmBackend(threads=threads, layout=layout).compile(own.step), own.copied()
        found.append(everything(own.run(compiled, state, 12, 19, shorter=True), state))
    assert_equal(found[1], found[0], f"network {seed}")


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_same_bits_for_the_same_run(threads: int) -> None:
    """Many steps, twice: nothing depends on who comes first."""
    for network in ("classifier", "wide"):
        assert_equal(run(network, threads, 300, 8), run(network, 1, 300, 8), network)


def test_a_batch_is_the_same_alone_and_among_others() -> None:
    """Many steps in one call, and each in a call of its own."""
    own = training("classifier")
    together, apart = own.copied(), own.copied()
    order, bounds = np.arange(N), np.append(np.arange(0, N, 9), N)
    scalars = {name: np.asarray(0.1, np.float32) for name in own.step.scalars}
    result = program("classifier", 2).run(together, own.data, order, bounds, scalars)
    losses = [
        program("classifier", 3).run(apart, own.data, order, bounds[k : k + 2], scalars).metrics["loss"]
        for k in range(len(bounds) - 1)
    ]
    assert_equal(apart, together, "state")
    assert same_bits(np.concatenate(losses), result.metrics["loss"])


# ------------------------------------------------------------------------------------ side by side, and under load


def run_from_threads(jobs: list[Callable[[], Arrays]]) -> list[Arrays]:
    """What each job gives; all of them begin at once."""
    found: dict[int, Arrays] = {}
    gate = threading.Barrier(len(jobs))

    def work(i: int) -> None:
        gate.wait()
        found[i] = jobs[i]()

    workers = [threading.Thread(target=work, args=(i,)) for i in range(len(jobs))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return [found[i] for i in range(len(jobs))]


def test_two_programs_at_once() -> None:
    expected = [run("classifier", 1, 200, 7), run("wide", 1, 60, 33)]
    for threads in (1, 2):
        jobs = [lambda t=threads: run("classifier", t, 200, 7), lambda t=threads: run("wide", t, 60, 33)]
        for found, wanted in zip(run_from_threads(jobs), expected, strict=True):
            assert_equal(found, wanted, f"{threads} threads")


def test_one_program_from_two_threads_at_once() -> None:
    """Each run has memory of its own."""
    expected = run("classifier", 1, 200, 7)
    for threads in (1, 2):
        for found in run_from_threads([lambda t=threads: run("classifier", t, 200, 7)] * 3):
            assert_equal(found, expected, f"{threads} threads")


def test_programs_compiled_in_two_threads_at_once() -> None:
    own = training("one_unit")

    def job() -> Arrays:
        state = own.copied()
        return everything(own.run(LlvmBackend(threads=2).compile(own.step), state, 20, 5), state)

    first, *others = run_from_threads([job] * 4)
    for other in others:
        assert_equal(other, first, "compiled at once")


@pytest.fixture
def busy_process() -> Iterator[None]:
    """Two processes that take all the time they can get."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


@pytest.mark.alone
@pytest.mark.usefixtures("busy_process")
@pytest.mark.parametrize("threads", [2, 4, 8])
def test_nothing_hangs_under_load(threads: int) -> None:
    """More threads than processors, and others beside them: a thread that waits gives way."""
    assert_equal(run("classifier", threads, 60, 8), run("classifier", 1, 60, 8), f"{threads} threads under load")


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("team", TEAMS)
def test_every_vector_of_rows_belongs_to_one_thread(team: int, lanes: int) -> None:
    """Also where a thread has no rows, and its empty part lies in the midst of a vector."""
    vectors_of = Contraction._vectors_of
    for rows in range(1, 300):
        share = -(-rows // (team * lanes)) * lanes
        parts = [(min(rank * share, rows), min((rank + 1) * share, rows)) for rank in range(team)]
        own = SimpleNamespace(code=Code(), lanes=lanes)
        found = [vector for part in parts for vector in range(*vectors_of(own, part))]  # type: ignore[arg-type]
        assert found == list(range(-(-rows // lanes)))

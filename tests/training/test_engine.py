"""Which backend runs a network and in how many threads: results never depend on the threads, nor much on the backend."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import backends
from chainrule.backends import BACKENDS, NumpyBackend, get_backend
from chainrule.backends.llvm import Layout, LlvmBackend, host, library
from chainrule.errors import BackendError, BackendWarning, NotFittedError
from chainrule.graph import Step
from chainrule.training.programs import Engine, Programs
from training.descent import bits, classes, facts

X, y = classes(90)
THREADS = (1, 2, 3, 8)
BATCHES = (1, 5, 16, 72)


def network(width: int = 12) -> cr.Network:
    """A standardised classifier with dropout; it is wide, or narrow enough for rows to lie last."""
    dropout = [cr.Dropout(0.2)] if width > 32 else []
    return cr.Network(cr.Standardize(), cr.Dense(width, activation="relu"), *dropout, cr.Dense(3))


def fit(net: cr.Network, **options: Any) -> cr.History:
    usual = {"loss": "cross_entropy", "epochs": 3, "batch_size": 16, "seed": 1, "optimizer": cr.Adam(0.01)}
    return net.fit(X, y, **{**usual, **options})


# --------------------------------------------------------------------------------------------------- threads


@pytest.mark.parametrize("batch_size", BATCHES)
@pytest.mark.parametrize("width", [12, 40])
def test_fit_gives_the_same_bits_in_any_number_of_threads(width: int, batch_size: int) -> None:
    options = {"batch_size": batch_size, "validation": 0.2, "l2": 0.01, "clip_norm": 1.0, "metrics": ["accuracy"]}
    found = []
    for threads in (None, *THREADS):
        net = network(width)
        history = fit(net, threads=threads, **options)
        found.append((bits(net), facts(history)))
    assert all(other == found[0] for other in found[1:])


@pytest.mark.parametrize("backend", BACKENDS)
def test_everything_else_does_too(backend: str) -> None:
    """Online learning, on one example and on several, prediction and evaluation."""
    found = []
    for threads in (None, *THREADS):
        net, engine = network(), {"backend": backend, "threads": threads}
        fit(net, **engine)
        losses = [net.learn(X[i], y[i], **engine) for i in range(20)]
        losses += [net.learn(X[:n], y[:n], **engine) for n in (1, 2, 30)]
        scores = net.evaluate(X, y, metrics=["accuracy", "f1"], **engine)
        outputs = net.predict(X, **engine), net.predict_proba(X, **engine)
        found.append((losses, scores, [x.tobytes() for x in outputs], bits(net)))
    assert all(other == found[0] for other in found[1:])


def test_threads_reach_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call asks for as many threads as it was given, and for batches as large as it has, up to the next power of two."""
    asked: list[tuple[int | None, int | None]] = []
    genuine = LlvmBackend.compile

    def compile(self: LlvmBackend, step: Step, *, rows: int | None = None, threads: int | None = None) -> Any:
        asked.append((rows, threads))
        return genuine(self, step, rows=rows, threads=threads)

    monkeypatch.setattr(LlvmBackend, "compile", compile)
    net = cr.Network(cr.Dense(3))
    fit(net, backend="llvm", threads=2, batch_size=7)
    net.learn(X[0], y[0], threads=1, backend="llvm")
    net.learn(X[:9], y[:9], backend="llvm")
    assert asked == [(8, 2), (1, 1), (16, None)]
    net.predict(X, threads=3, backend="llvm")
    net.predict_proba(X, threads=3, backend="llvm")  # by the program that there is
    net.evaluate(X, y, threads=4, backend="llvm")
    assert [threads for _, threads in asked[3:]] == [3, 4]


def test_the_threads_of_a_call_are_its_own() -> None:
    """A program that was compiled for some threads serves no call that asks for others."""
    net = network()
    fit(net, threads=2)
    first, *_ = net._programs._known
    fit(net, threads=1)
    teams = {getattr(program, "team", 1) for _, _, program, _ in net._programs._known}
    assert first in net._programs._known
    assert teams >= {1, 2}


@pytest.mark.parametrize("threads", [0, 65, -1, 1.5, True, "two", np.nan, None])
def test_an_engine_is_checked(threads: Any) -> None:
    if threads is None:
        assert Engine.of(None, None) == Engine()
        return
    sentence = r"^threads must be a whole number at least 1 and at most 64, but is .*\.$"
    with pytest.raises(cr.ArgumentError, match=sentence):
        Engine.of(None, threads)


def test_whole_numbers_of_any_kind_are_threads() -> None:
    assert Engine.of("numpy", np.int64(3)) == Engine("numpy", 3)


# ---------------------------------------------------------------------------------------------- sizes of batches


def close(net: cr.Network, other: cr.Network) -> None:
    for name, value in net.params.items():
        np.testing.assert_allclose(value, other.params[name], rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("width", [12, 40])
def test_batches_of_another_size_every_time(width: int) -> None:
    """One network, fitted in batches of many sizes in turn, and learning online between: as with NumPy, step by step."""
    found, expected = network(width), network(width)
    for batch_size in (16, 1, 90, 7, 16, "full", 1, 8):
        for net, backend in ((found, None), (expected, "numpy")):
            fit(net, backend=backend, batch_size=batch_size, dtype="float64", epochs=2, seed=None)
            net.learn(X[3], y[3], backend=backend)
            net.learn(X[:11], y[:11], backend=backend)
        close(found, expected)
    np.testing.assert_allclose(found.predict_proba(X), expected.predict_proba(X, backend="numpy"), rtol=1e-9)


def test_the_layout_follows_the_size_of_the_batch() -> None:
    net = cr.Network(cr.Dense(5, activation="relu"), cr.Dense(3))
    for batch_size in (1, 4, 32):
        fit(net, batch_size=batch_size, backend="llvm")
    layouts = [program.layout for _, _, program, _ in net._programs._known]  # type: ignore[attr-defined]
    assert layouts == [Layout.ONE_ROW, Layout.FEATURES, Layout.ROWS]


def test_few_programs_are_kept() -> None:
    net = cr.Network(cr.Dense(3))
    for batch_size in range(1, 20):
        fit(net, batch_size=batch_size, epochs=1, backend="numpy")
    assert 1 < len(net._programs._known) <= 8
    assert isinstance(net._programs, Programs)


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
def test_prediction_of_rows_that_are_wider_than_a_block(backend: str) -> None:
    net = cr.Network(cr.GlobalAveragePool(), cr.Dense(2)).build((256, 256, 3))
    X = np.random.default_rng(0).normal(size=(33, 256, 256, 3)).astype(np.float32)
    expected = X.mean((1, 2), dtype=np.float64) @ net.params["dense1/weight"] + net.params["dense1/bias"]
    np.testing.assert_allclose(net.predict(X, backend=backend), expected, atol=1e-5)


@pytest.mark.parametrize("n", [1, 2, 1023, 1024, 1025, 2500])
def test_prediction_in_blocks(n: int) -> None:
    """However many rows there are, each is predicted as it is alone, to the last bits."""
    rows = np.random.default_rng(n).normal(size=(n, 2))
    net = cr.Network(cr.Dense(20, activation="tanh"), cr.Dense(3)).build(2, seed=2, dtype="float64")
    found, expected = (net.predict(rows, backend=backend) for backend in (None, "numpy"))
    assert found.shape == (n, 3)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    some = np.unique([0, n // 2, n - 1])
    np.testing.assert_allclose(net.predict(rows[some]), found[some], rtol=1e-12, atol=1e-14)


# --------------------------------------------------------------------------------------------------- the default


def test_networks_are_compiled_by_default() -> None:
    assert get_backend().name == "llvm"
    default, named = network(), network()
    fit(default)
    fit(named, backend="llvm")
    assert bits(default) == bits(named)


@pytest.fixture
def without_llvmlite(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the package were not installed."""
    known = (backends._default, host, library._initialised)
    for function in known:
        function.cache_clear()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "llvmlite", None)
        patch.setitem(sys.modules, "llvmlite.binding", None)
        yield
    for function in known:
        function.cache_clear()


@pytest.mark.usefixtures("without_llvmlite")
def test_where_nothing_can_be_compiled_numpy_takes_its_place_and_it_is_said_once() -> None:
    net, named = network(), network()
    sentence = "run on the numpy backend, which is slower, because .*pip install llvmlite"
    with pytest.warns(BackendWarning, match=sentence) as caught:
        fit(net)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(named, backend="numpy")
        assert bits(net) == bits(named)
        found, expected = network(), network()
        fit(found, threads=2, batch_size=1)
        fit(expected, backend="numpy", batch_size=1)
        assert bits(found) == bits(expected)
        assert np.array_equal(net.predict(X), named.predict(X, backend="numpy"))
        assert net.evaluate(X, y) == named.evaluate(X, y, backend="numpy")
        assert net.learn(X[0], y[0]) == named.learn(X[0], y[0], backend="numpy")


@pytest.mark.usefixtures("without_llvmlite")
def test_where_nothing_can_be_compiled_it_cannot_be_asked_for() -> None:
    net = network()
    with pytest.raises(BackendError, match="backend='llvm'.*pip install llvmlite"):
        fit(net, backend="llvm")
    with pytest.raises(NotFittedError):  # it is as it was
        _ = net.params


def test_the_definition_of_every_primitive_is_always_there() -> None:
    assert isinstance(get_backend("numpy"), NumpyBackend)

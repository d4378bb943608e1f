"""Bytes: X of dtype uint8 is never copied as floats, and whatever is done with it has the bits that floats have."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import chainrule as cr
from chainrule.backends.llvm import Layout, LlvmBackend
from chainrule.data.arrays import as_features
from chainrule.graph import DType, Step, input
from chainrule.graph.primitives import cast
from chainrule.graph.types import ROWS

Array = NDArray[Any]

BACKENDS = ["numpy", "llvm"]
SHAPES = [(1,), (7,), (33,), (5, 3), (16, 17), (4, 5, 3), (3, 1, 1), (2, 9, 18)]


def data(shape: tuple[int, ...], n: int = 23) -> tuple[Array, Array, Array]:
    """The same rows as bytes and as floats, and a class for each."""
    rng = np.random.default_rng(sum(shape))
    x = rng.integers(0, 256, (n, *shape), dtype=np.uint8)
    x[0], x[1] = 0, 255
    return x, x.astype(np.float32), np.arange(n) % 3


def network() -> cr.Network:
    return cr.Network(cr.Rescale(), cr.Flatten(), cr.Standardize(), cr.Dense(5, activation="relu"), cr.Dense(3))


def trained(x: Array, y: Array, backend: str, **how: Any) -> tuple[cr.Network, cr.History]:
    net = network()
    how = {"loss": "cross_entropy", "epochs": 3, "batch_size": 5, "seed": 1, "validation": 0.3, **how}
    return net, net.fit(x, y, backend=backend, **how)


def same(one: cr.Network, other: cr.Network) -> bool:
    arrays = zip(one.model.arrays.values(), other.model.arrays.values(), strict=True)
    return all(np.array_equal(a, b) for a, b in arrays)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_training_and_prediction_have_the_bits_of_floats(shape: tuple[int, ...], backend: str) -> None:
    x, floats, y = data(shape)
    (net, history), (other, expected) = trained(x, y, backend), trained(floats, y, backend)
    assert same(net, other)
    assert np.array_equal(history.loss, expected.loss)
    assert np.array_equal(history.val_loss, expected.val_loss)
    for given in (x, floats):
        assert np.array_equal(net.predict_proba(given, backend=backend), other.predict_proba(floats, backend=backend))
        assert net.evaluate(given, y, backend=backend) == other.evaluate(floats, y, backend=backend)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("shape", [(), *SHAPES], ids=str)
def test_every_layout_gathers_bytes_of_any_shape(shape: tuple[int, ...], layout: Layout) -> None:
    x = np.random.default_rng(0).integers(0, 256, (37, *shape), dtype=np.uint8)
    node = input("x", (ROWS, *shape), DType.UINT8)
    step = Step(state={}, data={"x": node}, rows={"y": cast(node, "float32") * 0.5})
    order = np.random.default_rng(1).permutation(37)[:29]
    bounds = np.arange(30) if layout is Layout.ONE_ROW else np.array([0, 1, 18, 29])
    program = LlvmBackend(threads=2, layout=layout).compile(step, rows=17)
    assert np.array_equal(program.run({}, {"x": x}, order, bounds, {}).rows["y"], 0.5 * x[order])


@pytest.mark.parametrize("backend", BACKENDS)
def test_floats_and_bytes_may_take_turns(backend: str, tmp_path: Path) -> None:
    x, floats, y = data((4, 3))
    net, other = network(), network()
    how: dict[str, Any] = {"loss": "cross_entropy", "batch_size": 4, "epochs": 2, "backend": backend}
    for net_x in (x, floats, x):
        net.fit(net_x, y, validation=(floats if net_x is x else x, y), **how)
        other.fit(floats, y, validation=(floats, y), **how)
    assert same(net, other)
    net.save(tmp_path / "net.chainrule")
    again = cr.load(tmp_path / "net.chainrule")
    again.fit(x, y, **how)
    other.fit(floats, y, **how)
    assert same(again, other)


@pytest.mark.parametrize("backend", BACKENDS)
def test_online_learning(backend: str) -> None:
    """As bytes, as floats, as a list, one after another; 0.5 is no byte, and stays what it is."""
    x, floats, y = data((6,))
    nets = [network() for _ in range(2)]
    for net in nets:
        net.fit(floats, y, loss="cross_entropy", epochs=1, backend=backend)
    turns: list[Callable[[int], Any]] = [
        *(lambda i: x[i],) * 3,
        *(lambda i: floats[i],) * 3,
        lambda i: x[i],
        lambda i: x[i].tolist(),
        lambda i: x[i],
        lambda i: floats[i] + 0.5,
        lambda i: x[i],
        lambda i: x[i],
    ]
    for i, turn in enumerate(turns):
        as_floats = np.asarray(turn(i), np.float32)
        one = nets[0].learn(turn(i), int(y[i]), backend=backend)
        assert one == nets[1].learn(as_floats, int(y[i]), backend=backend)
    assert nets[0].learn(x, y, backend=backend) == nets[1].learn(floats, y, backend=backend)
    assert same(*nets)


def test_what_looks_into_a_step_sees_the_numbers() -> None:
    x, floats, y = data((4,))
    nets = [trained(own, y, "numpy")[0] for own in (x, floats)]
    explanations = [net.explain(own[:5], y[:5]) for net, own in zip(nets, (x, floats), strict=True)]
    assert str(explanations[0]) == str(explanations[1])
    assert explanations[0]["x"].dtype == np.float64
    checks = [cr.check_gradients(net, own, y) for net, own in zip(nets, (x, floats), strict=True)]
    assert checks[0].ok
    assert str(checks[0]) == str(checks[1])
    program: dict[str, Any] = {}
    exec(nets[0].to_python(optimizer=cr.SGD(0.1)), program)
    one, other = (program["train"](program["params"], own, y, epochs=2) for own in (x, floats))
    assert all(np.allclose(one[name], other[name], rtol=1e-13) for name in one)


@pytest.mark.parametrize("backend", BACKENDS)
def test_batch_sizes_are_compared(backend: str) -> None:
    x, floats, y = data((4,))
    found = [
        cr.compare(network(), own, y, batch_sizes=(4, "full"), loss="cross_entropy", epochs=2, backend=backend)
        for own in (x, floats)
    ]
    for one, other in zip(found[0].runs, found[1].runs, strict=True):
        assert np.array_equal(one.loss, other.loss)


def test_nothing_is_copied() -> None:
    """A fit of 24 MB of bytes needs less memory than a copy of them."""
    x = np.zeros((2000, 40, 100, 3), np.uint8)
    assert np.shares_memory(as_features(x, dtype="float32"), x)
    net = cr.Network(cr.Flatten(), cr.Dense(1)).build((40, 100, 3))
    tracemalloc.start()
    net.fit(x, np.zeros(2000), loss="squared_error", epochs=1, batch_size=10, threads=1)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < x.nbytes


@pytest.mark.parametrize("shape", [(1,), (2,), (3,), (5, 4, 3), (129,)], ids=str)
def test_standardize_looks_at_some_features_at_a_time(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(50, *shape)) * 100 + 1000
    whole = cr.Standardize().adapt(x)
    monkeypatch.setattr("chainrule.nn.layers._AT_ONCE", 150)
    parts = cr.Standardize().adapt(x)
    np.testing.assert_allclose(parts["mean"], x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(parts["scale"], x.std(axis=0), rtol=1e-12)
    assert all(np.array_equal(parts[name], whole[name]) for name in whole)


def test_other_whole_numbers_are_floats_as_before() -> None:
    for dtype in (np.int64, np.uint16, np.int8, bool):
        assert as_features(np.ones((2, 3), dtype), dtype="float32").dtype == np.float32
    masked = np.ma.masked_equal(np.array([[0, 1], [2, 3]], np.uint8), 0)
    with pytest.raises(cr.DataError, match="X is NaN .a missing value. at row 0, column 0"):
        as_features(masked, dtype="float32")
    with pytest.raises(cr.ShapeError, match="X has 3 features a row, but 4 are expected"):
        as_features(np.ones((2, 3), np.uint8), dtype="float32", feature_shape=(4,))

"""What reads an array at other places than its own must not be computed together with it: the numbers are not there yet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from chainrule.backends import NumpyBackend
from chainrule.backends.llvm import Layout, LlvmBackend
from chainrule.graph import ROWS, Node, Step, const, input
from chainrule.graph import primitives as p

X = np.random.default_rng(0).normal(size=(9, 3, 3, 4, 2)).astype(np.float32)
W = np.random.default_rng(1).normal(size=(2, 4)).astype(np.float32)

MADE: dict[str, Callable[[Node, Node], Node]] = {
    "element by element": lambda x, w: p.tanh(x[:, :, :, :, 0]),
    "by a sum": lambda x, w: p.reduce_sum(x * x, 4),
    "by a contraction": lambda x, w: p.contract(x[:, :, :, 0], w, "nabi,io->nabo"),
}


def other_way_round(y: Node) -> Node:
    ids = p.broadcast(const([2, 0, 1], "int32"), (ROWS, 3), (0,))
    return p.take_within(y, ids)


READ: dict[str, Callable[[Node], Node]] = {
    "turned": lambda y: p.transpose(y, (0, 2, 1, 3)),
    "taken": other_way_round,
    "rolled": lambda y: p.concat([y[:, 1:], y[:, :1]], axis=1),
}


@pytest.mark.parametrize("layout", [Layout.FEATURES, Layout.ROWS])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize("made", MADE)
def test_it_is_read_when_it_is_there(made: str, read: str, threads: int, layout: Layout) -> None:
    x, w = input("x", (ROWS, 3, 3, 4, 2)), input("w", (2, 4))
    y = MADE[made](x, w)
    step = Step(state={"w": w}, data={"x": x}, rows={"z": y * 0.5 + READ[read](y)})

    def run(backend: LlvmBackend | NumpyBackend) -> np.ndarray:
        return (
            backend.compile(step, rows=9).run({"w": W.copy()}, {"x": X}, np.arange(9), np.array([0, 9]), {}).rows["z"]
        )

    np.testing.assert_allclose(run(LlvmBackend(threads=threads, layout=layout)), run(NumpyBackend()), atol=1e-5)


@pytest.mark.parametrize("layout", [Layout.FEATURES, Layout.ROWS])
@pytest.mark.parametrize("turns", range(4))
def test_products_may_be_turned_before_they_are_folded(turns: int, layout: Layout) -> None:
    """They are added up in place only where vectors of them lie there as they come, and right wherever that is."""
    x, w = input("x", (ROWS, 3, 2)), input("w", (2, 4, 2))
    y = p.contract(x, w, "nho,oci->nhci")
    for permutation in [(0, 1, 3, 2), (0, 2, 1, 3), (0, 2, 1, 3)][:turns]:
        y = p.transpose(y, permutation)
    places, size = y.shape[1], y.shape[3]
    folded = p.fold(y, places + size - 1, 1, size)
    step = Step(state={"w": w}, data={"x": x}, rows={"z": folded})

    def run(backend: LlvmBackend | NumpyBackend) -> np.ndarray:
        state, data = {"w": W.reshape(2, 4)[:, :, None] * np.float32([1, 2])}, {"x": X[:, :, 0, 0]}
        return backend.compile(step, rows=9).run(state, data, np.arange(9), np.array([0, 9]), {}).rows["z"]

    np.testing.assert_allclose(run(LlvmBackend(layout=layout)), run(NumpyBackend()), rtol=1e-5, atol=1e-5)

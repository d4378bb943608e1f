"""How a graph is printed: a person reads the files in golden/, and a change of them is seen in review.

After a change that is meant, run this file to write them anew, and read the difference:

    python tests/graph/test_text.py
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from chainrule.graph import ROWS, Graph, const, gradients, input, scope, show
from chainrule.graph import primitives as p

GOLDEN = Path(__file__).parent / "golden"


def dense_network() -> Graph:
    """A layer of three tanh units, squared error, and the gradients of weight and bias."""
    x, y = input("x", (ROWS, 2)), input("y", (ROWS, 3))
    with scope("dense1"):
        w, b = input("dense1/weight", (2, 3)), input("dense1/bias", (3,))
        a = p.tanh(x @ w + b)
    with scope("loss"):
        n = p.reduce_sum(p.broadcast(const(1.0, "float32"), (ROWS,), (0,)))
        loss = 0.5 * p.reduce_sum((a - y) ** 2) / n
    return Graph.of([loss, *gradients(loss, [w, b])])


def convolution() -> Graph:
    """pad → windows → contract, relu, and global maximum pooling of a small image."""
    x, w = input("x", (ROWS, 5, 5, 1), "float64"), input("w", (1, 3, 3, 2), "float64")
    with scope("conv1"):
        places = p.windows(p.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]), (1, 2), 3, stride=2)
        z = p.contract(places, w, "nxycij,cijo->nxyo")
    with scope("residual1"), scope("pool"):
        return Graph.of([p.reduce_max(p.maximum(z, 0.0), (1, 2))])


def everything_else() -> Graph:
    """Constants of every size, indices, choices, whole numbers, and broadcasts in and out of sight."""
    table, ids = input("table", (4, 3)), input("ids", (ROWS,), "int32")
    key, counter = input("key", (2,), "uint32"), input("counter", (2,), "uint32")
    kept = p.random_bits(key, counter, (ROWS, 3), layer=2, bits=16) < 32768
    rows = p.select(kept, p.take(table, ids) * 0.1, -np.inf)
    few, many = const([[1.0, -0.5]], "float32"), const(np.linspace(0, 1, 20), "float32")
    return Graph.of(
        [
            -rows,
            p.concat([rows[:, 1:], rows[:, :1]]),
            p.cast(p.argmax(rows), "float32"),
            p.scatter_add(rows, ids, size=4),
            p.reshape(few, (2,)),
            p.reduce_sum(many),
            p.broadcast(table, (4, 2, 3), (1,)),
            const(True),
        ]
    )


GRAPHS: dict[str, Callable[[], Graph]] = {f.__name__: f for f in (dense_network, convolution, everything_else)}


@pytest.mark.parametrize("name", GRAPHS)
def test_golden(name: str) -> None:
    assert show(GRAPHS[name]()) + "\n" == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_every_golden_file_has_its_graph() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(GRAPHS)


def test_the_text_is_the_repr() -> None:
    graph = dense_network()
    assert repr(graph) == show(graph)


def test_no_two_lines_define_the_same_name() -> None:
    for make in GRAPHS.values():
        names = [line.split(" = ")[0] for line in show(make()).splitlines() if " = " in line]
        assert len(names) == len(set(names))


if __name__ == "__main__":
    for name, make in GRAPHS.items():
        (GOLDEN / f"{name}.txt").write_text(show(make()) + "\n", encoding="utf-8")

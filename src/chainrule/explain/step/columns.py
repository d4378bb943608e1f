"""The network as a drawing shows it: a column of units for each layer, and what each column is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends.numpy_ import evaluate
from chainrule.explain.step.lines import StepLines
from chainrule.graph import Graph, Node
from chainrule.graph.types import count
from chainrule.nn import Concatenate, Dense, Embedding


@dataclass(frozen=True, eq=False)
class View:
    """Which units of one column those of another see, through a window at each place.

    `inside`, of shape (places, channels, elements), holds the numbers of the units in each window, from 1 on; what is padded has
    none above 0. At each place there are so many `units`. They see all channels if they `mix` them, as filters do, else each
    its own, as in a pool.
    """

    inside: NDArray[Any]
    units: int
    mix: bool

    def sees(self, end: int, start: int) -> bool:
        """Whether unit `end` of the one column sees unit `start` of the other."""
        place, unit = divmod(end, self.units)
        seen = self.inside[place] if self.mix else self.inside[place, unit]
        return bool((seen == start + 1).any())


@dataclass(frozen=True)
class Wires:
    """What leads from one column to another: a `weight` for each pair of units, or a plain wire.

    Unit i is joined to unit i + `offset` alone, or to what the `view` says; to all where there is neither.
    """

    start: str
    weight: str = ""
    offset: int | None = None
    view: View | None = None


@dataclass(frozen=True)
class Column:
    """A layer as a column of units, by the names of its quantities: what it gives, z if there is one, and the gradient."""

    path: str
    kind: str
    depth: int
    output: str
    z: str = ""
    gradient: str = ""
    bias: str = ""
    wires: tuple[Wires, ...] = ()


def columns_of(lines: StepLines) -> tuple[Column, ...]:
    """The columns from the inputs to the loss; `depth` is the length of the longest way from the inputs."""
    columns = {"x": Column("x", "inputs", 0, "x")}
    home = {lines.step.data["x"]: "x"}
    for path, nodes in lines.by_layer():
        last, first, layer = nodes[-1], nodes[0], lines.layers[path]
        wires = tuple(_wires(lines, home, first, path))
        names = {node.symbol: f"{path}/{node.symbol}" for node in nodes}
        gradient = f"{path}/delta" if "z" in names else f"{path}/{last.symbol}/gradient"
        columns[path] = Column(
            path,
            type(layer).__name__,
            1 + max((columns[wire.start].depth for wire in wires), default=0),
            names[last.symbol],
            names.get("z", ""),
            gradient if last in lines.learning else "",
            f"{path}/bias" if isinstance(layer, Dense) and layer.bias else "",
            wires,
        )
        home |= dict.fromkeys(nodes, path)
    end = home[lines.outputs]
    columns["loss"] = Column("loss", lines.loss.name, columns[end].depth + 1, "loss", wires=(Wires(end),))
    return tuple(columns.values())


def _wires(lines: StepLines, home: dict[Node, str], node: Node, path: str) -> Iterator[Wires]:
    layer, before = lines.layers[path], 0
    for x in lines.reads[node]:
        if isinstance(layer, Dense) and node.rank == 2:  # of more axes, a weight joins many pairs
            yield Wires(home[x], weight=f"{path}/weight")
        elif isinstance(layer, Concatenate):
            yield Wires(home[x], offset=before)
            before += count(x.shape)
        else:
            view = _by_place(x, node) if isinstance(layer, Dense | Embedding) else _view(x, node)
            yield Wires(home[x], offset=0 if view is None and count(x.shape) == count(node.shape) else None, view=view)


def _by_place(x: Node, node: Node) -> View:
    """The view of a layer that does the same at each place: it sees the numbers of x there."""
    channels = x.shape[-1] if x.rank == node.rank else 1
    numbers = np.arange(1, count(x.shape) + 1).reshape(-1, channels, 1)  # type: ignore[arg-type]
    return View(numbers, node.shape[-1], mix=True)  # type: ignore[arg-type]


def _view(x: Node, node: Node) -> View | None:
    """The windows through which a convolution or a pool sees x, or all places at once; None for what is neither."""
    graph = Graph.of([node])
    between = [inner for inner in graph.nodes if inner in graph.dependents([x])]
    mix = any(inner.op == "contract" for inner in between)
    looking = [inner for inner in between if inner.op == "windows"]
    numbers = np.arange(1.0, count(x.shape) + 1).reshape(1, *x.shape[1:])
    if node.rank == 2 < x.rank and node.shape[-1] == x.shape[-1] and not mix and not looking:
        return View(numbers.reshape(1, -1, node.shape[-1]).swapaxes(1, 2), node.shape[-1], mix)  # type: ignore[arg-type]
    if len(looking) != 1:
        return None
    way = looking
    while way[-1] is not x:
        if way[-1].op not in ("windows", "pad"):
            return None
        way.extend(way[-1].inputs)
    for inner in way[-2::-1]:
        numbers = evaluate(inner, [numbers], 1)
    places, channels = numbers.shape[1 : x.rank - 1], numbers.shape[x.rank - 1]
    return View(numbers.reshape(prod(places), channels, -1), node.shape[-1], mix)  # type: ignore[arg-type]

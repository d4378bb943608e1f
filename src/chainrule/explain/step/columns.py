"""The network as a drawing shows it: a column of units for each layer, and what each column is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.explain.step.lines import StepLines
from chainrule.graph import Node
from chainrule.graph.types import count
from chainrule.nn import Concatenate, Dense


@dataclass(frozen=True)
class Wires:
    """What leads from one column to another: a `weight` for each pair of units, or a plain wire.

    Unit i is joined to unit i + `offset` alone; to all where there is no offset.
    """

    start: str
    weight: str = ""
    offset: int | None = None


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
            yield Wires(home[x], offset=0 if count(x.shape) == count(node.shape) else None)

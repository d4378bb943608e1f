"""A step: the graph of one iteration, and which of its outputs feed back into which of its inputs.

This is all that a backend ever sees. It knows nothing of layers, losses or optimisers: training, prediction and evaluation are
steps that carry some state along, read some rows, and report some numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chainrule.errors import GraphError, quoted
from chainrule.graph.node import Graph, Node
from chainrule.graph.types import ROWS, TensorType

# Checks may have rows or not; the next value of a state has the type of that state.
_HAS_ROWS = {"data": True, "rows": True, "state": False, "scalars": False, "metrics": False, "health": False}


@dataclass(frozen=True, eq=False)
class Step:
    """One iteration.

    `state`: name → input, what is carried from step to step (parameters, the optimiser's moments, running statistics).
    `update`: name → its next value; a state without one is only read.
    `data`: name → input with rows; each step is given the rows of its batch.
    `scalars`: name → input without rows, given anew for every step (learning rate, penalty strength, random key).
    `metrics`: name → a value without rows, reported for every step.
    `health`: name → a value without rows, reported for the first step, the last and one in 16.
    `rows`: name → a value with rows, reported for every row (predictions).
    `checks`: name → a value that must be finite; the step in which one is not changes no state, and the run stops there.
    """

    state: Mapping[str, Node] = field(default_factory=dict)
    update: Mapping[str, Node] = field(default_factory=dict)
    data: Mapping[str, Node] = field(default_factory=dict)
    scalars: Mapping[str, Node] = field(default_factory=dict)
    metrics: Mapping[str, Node] = field(default_factory=dict)
    health: Mapping[str, Node] = field(default_factory=dict)
    rows: Mapping[str, Node] = field(default_factory=dict)
    checks: Mapping[str, Node] = field(default_factory=dict)

    # The graph of all outputs. It is made at once: until Python 3.12 a cached property has a lock, which a child that is
    # forked while another thread computes it finds taken for ever.
    graph: Graph = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "graph", Graph.of(self.outputs))
        for name, value in self.update.items():
            if name not in self.state:
                raise GraphError(f"A step gives the next value of {name!r}, but has no state of that name.")
            if self.state[name].type != value.type:
                raise GraphError(
                    f"The next value of state {name!r} is {value.type}, but the state is {self.state[name].type}."
                )
        for kind, with_rows in _HAS_ROWS.items():
            for name, node in getattr(self, kind).items():
                places = [axis for axis, dim in enumerate(node.shape) if dim is ROWS]
                if places != ([0] if with_rows else []):
                    wanted = "rows as its first dimension, and only there" if with_rows else "no rows"
                    raise GraphError(f"{name!r} among the {kind} of a step must have {wanted}, but is {node.type}.")
        self._check_inputs()

    def _check_inputs(self) -> None:
        """Every input of the graph is given exactly once, and only inputs are given."""
        given: dict[Node, str] = {}
        for kind in ("state", "data", "scalars"):
            for name, node in getattr(self, kind).items():
                if node.op != "input":
                    raise GraphError(f"{name!r} among the {kind} of a step must be an input, but is {node!r}.")
                if node in given:
                    raise GraphError(f"{name!r} among the {kind} of a step is the same input as {given[node]!r}.")
                given[node] = name
        stray = [node.attributes["name"] for node in self.graph.nodes if node.op == "input" and node not in given]
        if stray:
            raise GraphError(f"A step does not say where its inputs {quoted(stray)} come from.")

    @property
    def outputs(self) -> tuple[Node, ...]:
        """Everything that the step computes."""
        groups = (self.update, self.metrics, self.health, self.rows, self.checks)
        return tuple(dict.fromkeys(node for group in groups for node in group.values()))

    @property
    def state_types(self) -> dict[str, TensorType]:
        """The type of each state."""
        return {name: node.type for name, node in self.state.items()}

    def replace(self, new: Mapping[Node, Node]) -> Step:
        """The same step with nodes exchanged, as a pass does."""

        def exchange(group: Mapping[str, Node]) -> dict[str, Node]:
            return {name: new.get(node, node) for name, node in group.items()}

        return type(self)(
            state=exchange(self.state),
            update=exchange(self.update),
            data=exchange(self.data),
            scalars=exchange(self.scalars),
            metrics=exchange(self.metrics),
            health=exchange(self.health),
            rows=exchange(self.rows),
            checks=exchange(self.checks),
        )

"""The memory of a step: the bytes of the arrays that it reads and writes, besides the data.

For machine code these are the arrays that the compiler has planned, padding included, and memory that several share counted once:
they are what a run asks the system for.
Weight gradients that the optimiser uses up while they are computed are never stored, and so take none. The NumPy backend has no
plan: its nodes are evaluated one after another, each array lives until it was read for the last time, and what is told is the
most that live at one time.

The data themselves, the program, and the network's own copy of its parameters are not counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from chainrule.backends import Program
from chainrule.backends.numpy_ import NumpyProgram
from chainrule.graph import ROWS, Graph, Node, Shape
from chainrule.training.model import OPTIMIZER, PARAMS

# Their value is that of their input, seen in another way: it takes no memory.
_VIEWS = frozenset({"broadcast", "reshape", "transpose", "slice", "windows", "stop_gradient"})

_GIVEN = frozenset({"input", "const"})  # not computed: counted by itself, or part of the program


@dataclass(frozen=True)
class Memory:
    """Bytes: of parameters (with the state of layers), of the optimiser's state, and of what is computed in between.

    `activations` have rows: the batch where it is copied, what layers give, their δ. `gradients` have none: gradients of
    parameters, sums, next values that have to wait. `planned`: whether a memory plan tells these numbers, or the graph.
    """

    parameters: int
    optimizer: int
    activations: int
    gradients: int
    planned: bool

    @property
    def total(self) -> int:
        """All of it."""
        return self.parameters + self.optimizer + self.activations + self.gradients


def memory_of(program: Program, batch_size: int) -> Memory:
    """What one step of a program on so many rows holds."""
    return _counted(program, batch_size) if isinstance(program, NumpyProgram) else _planned(program, batch_size)


def _planned(program: Any, batch_size: int) -> Memory:
    """From the table of arrays of an `LlvmProgram`, which is named here only because llvmlite may not be there."""
    from chainrule.backends.llvm.memory import capacity_of, padded
    from chainrule.backends.llvm.sharing import shared_places

    capacity = capacity_of(program.slots, program.lanes, batch_size)
    found = dict.fromkeys((PARAMS, OPTIMIZER, "activations", "gradients"), 0)
    for slot in program.slots:
        if slot.kind == "state" or (slot.kind == "scratch" and slot.life is None):
            shape = padded(slot.shape, program.lanes, capacity, plain=slot.plain)
            kind = _owned_by(slot.name) if slot.kind == "state" else _kind(slot.shape)
            found[kind] += math.prod(shape) * slot.dtype.numpy.itemsize
    for kind in ("activations", "gradients"):
        found[kind] += shared_places(program.slots, program.lanes, capacity, with_rows=kind == "activations")[1]
    return Memory(found[PARAMS], found[OPTIMIZER], found["activations"], found["gradients"], planned=True)


def _counted(program: NumpyProgram, batch_size: int) -> Memory:
    """From the graph: the arrays that live while a node is evaluated, at the node at which they are the most."""
    step = program.step
    graph = Graph.of(step.outputs)
    last_read = {_owner(x): node for node in graph.nodes for x in node.inputs}
    kept = {_owner(output) for output in graph.outputs}
    done: dict[Node, list[Node]] = {}
    for x, reader in last_read.items():
        if x not in kept and x.op not in _GIVEN:
            done.setdefault(reader, []).append(x)
    living = {"activations": sum(_bytes(node, batch_size) for node in step.data.values()), "gradients": 0}
    most = dict(living)
    for node in graph.nodes:
        if _owner(node) is node and node.op not in _GIVEN:
            living[_kind(node.shape)] += _bytes(node, batch_size)
        most = max(most, dict(living), key=lambda sizes: sum(sizes.values()))
        for x in done.get(node, []):
            living[_kind(x.shape)] -= _bytes(x, batch_size)
    state = {PARAMS: 0, OPTIMIZER: 0}
    for name, node in step.state.items():
        state[_owned_by(name)] += _bytes(node, 0)
    return Memory(state[PARAMS], state[OPTIMIZER], most["activations"], most["gradients"], planned=False)


def _owner(node: Node) -> Node:
    """The node whose array holds the value of this one, which may be a view of it."""
    while node.op in _VIEWS:
        node = node.inputs[0]
    return node


def _bytes(node: Node, rows: int) -> int:
    return math.prod(rows if dim is ROWS else dim for dim in node.shape) * node.dtype.numpy.itemsize


def _owned_by(name: str) -> str:
    """Of which kind a state is: of the optimiser, or of the layers."""
    return OPTIMIZER if name.startswith(f"{OPTIMIZER}/") else PARAMS


def _kind(shape: Shape) -> str:
    return "activations" if ROWS in shape else "gradients"

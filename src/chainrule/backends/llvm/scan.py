"""The loop of a scan: each thread runs the whole recurrence for rows of its own, and waits for nobody.

The states lie one step after another, (rows, steps + 1, k), the start among them: before the first, or in reverse behind the
last. A step reads its state where the step before has put it. What the next state is put together from is stored where it
belongs there, if its columns begin where vectors do.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from chainrule.backends.llvm.checks import Checks
from chainrule.backends.llvm.code import Index, Operand
from chainrule.backends.llvm.elements import Elements, Place
from chainrule.backends.llvm.layout import Layout
from chainrule.backends.llvm.memory import Buffer, Slot, place_offset, row_length
from chainrule.backends.llvm.plan import Group, Plan, plan, runs
from chainrule.backends.llvm.team import Team
from chainrule.backends.llvm.views import WIDEST
from chainrule.errors import BackendError
from chainrule.graph import ROWS, Node, count
from chainrule.graph.body import Body
from chainrule.graph.loops import step_of
from chainrule.graph.text import names_of

if TYPE_CHECKING:
    from chainrule.backends.llvm.lower import Lowering


def states_slot(node: Node, name: str) -> Slot:
    """The array of all states of a scan, the start among them."""
    _, steps, k = node.shape
    return Slot("scratch", name, (ROWS, steps + 1, k), node.dtype)  # type: ignore[operator]


def states_of(node: Node, whole: Buffer, lanes: int) -> Buffer:
    """The states after each step, of the array that has the start as well."""
    _, steps, k = node.shape
    length = row_length(k, lanes)  # type: ignore[arg-type]
    first: Index = 0 if node.attributes["reverse"] else length
    return replace(whole, shape=node.shape, base=first, apart=(steps + 1) * length)  # type: ignore[operator]


class OwnRows(Team):
    """A thread by itself, with the rows that it owns as if they were all."""

    def __init__(self, low: Lowering) -> None:
        super().__init__(low, 1)
        self.phase = low.team.phase
        self.by_columns = None
        self.written, self.read = {}, {}

    def before(self, run: list[Group], overwrites: list[Node]) -> None:
        """All steps of the scan are of one phase."""


def lower_scan(low: Lowering, group: Group) -> None:
    """Record the loop over the steps."""
    if isinstance(low.team, OwnRows):
        raise BackendError(
            "The LLVM backend has no code for a scan in the step of a scan; run it with backend='numpy'."
        )
    scan = _Scan(low, group.root)
    if low.layout is Layout.ONE_ROW:
        low.team.alone(scan.record)
    else:
        scan.record()
    low.elements.buffers[group.root] = low.stored_at[group.root]


class _Scan:
    """A scan in the making: `outer` knows where its operands lie, `inner` records its step for the rows of this thread."""

    def __init__(self, low: Lowering, node: Node) -> None:
        self.low, self.node, self.code = low, node, low.code
        self.body: Body = node.attributes["body"]
        self.steps = int(node.shape[1])  # type: ignore[arg-type]
        self.plan = plan(step_of(self.body))
        self.names = names_of(self.plan.step.graph)
        self.places = _placed(self.body.output, self.plan)
        self.outer = low.elements
        self.first, stop = (0, low.elements.rows) if low.layout is Layout.ONE_ROW else low.team.part(ROWS, low.lanes)
        self.rows = self.code.plus(stop, self.code.times(self.first, -1))
        self.inner = self._lowering()

    def _lowering(self) -> Lowering:
        """What records the groups of a step, for the rows of this thread."""
        inner = copy(self.low)
        inner.plan, inner.step = self.plan, self.plan.step
        inner.runs = runs(self.plan)
        inner.team = OwnRows(inner)
        inner.checks = Checks(inner, set())
        inner.state_nodes, inner.targets, inner.read_elsewhere = {}, {}, set()
        inner.elements = Elements(self.code, self.low.lanes, self.rows, self.outer.capacity)
        inner.stored_at = {}
        for x in self.plan.step.graph.nodes:
            if x.op == "const" and x.rank:
                inner.elements.buffers[x] = self.low.buffer(
                    Slot("const", self._name(x), x.shape, x.dtype, x.attributes["value"])
                )
        for group in self.plan.groups:
            for x in group.stored:
                if x not in self.places:
                    inner.stored_at[x] = self._scratch(x)
        return inner

    def _scratch(self, x: Node) -> Buffer:
        """A place for what a step stores, of which no step needs that of another."""
        shape = x.shape if x.rank == 1 or ROWS not in x.shape else (ROWS, 1, *x.shape[1:])
        whole = self.low.buffer(self.low.scratch_of_phase(self._name(x), shape, x.dtype))
        if ROWS not in x.shape:
            return whole
        apart = None if x.rank == 1 else self._apart(whole)
        return self._own(replace(whole, shape=x.shape, apart=apart))

    def _name(self, x: Node) -> str:
        return f"step/{self.names[x]}"

    def _apart(self, buffer: Buffer) -> Index:
        """How far apart rows of an array lie."""
        one: Place = (1, *(0 for _ in buffer.shape[1:]))
        return place_offset(self.code, buffer, one, self.low.lanes, self.outer.capacity, vector=False)

    def _own(self, buffer: Buffer) -> Buffer:
        """An array from the first row of this thread on."""
        apart = 1 if buffer.apart is None else buffer.apart
        return buffer.at(self.code.plus(buffer.base, self.code.times(self.first, apart)))

    def record(self) -> None:
        """The start, and the loop."""
        low, node, code = self.low, self.node, self.code
        states = low.stored_at[node]
        length = row_length(int(node.shape[2]), low.lanes)  # type: ignore[arg-type]
        before = code.plus(states.base, self.steps * length if node.attributes["reverse"] else -length)
        state = Buffer(states.pointer, self.body.state.shape, node.dtype, before, apart=states.apart)
        self._begin(self._own(state))

        def turn(i: Index, _: list[Operand]) -> list[Operand]:
            t = code.plus(self.steps - 1, code.times(i, -1)) if node.attributes["reverse"] else i
            moved = code.times(t, length)
            back = length if node.attributes["reverse"] else -length
            now = self._own(replace(state, base=code.plus(states.base, moved)))
            self._step(t, now.at(code.plus(now.base, back)), now)
            return []

        code.loop(0, self.steps, 1, [], turn)

    def _begin(self, state: Buffer) -> None:
        """Put the start where the first step reads it."""
        start = self.node.inputs[0]
        lanes = self.low.lanes

        def body(place: Place) -> None:
            row = self.code.plus(place[0], self.first)
            self.inner.elements.store(self.outer.value(start, (row, place[1]), lanes), state, place)

        self.inner.nest(start.shape, [1, lanes], body)

    def _step(self, t: Index, before: Buffer, now: Buffer) -> None:
        """The groups of a step, which reads one state and makes the next."""
        inner = self.inner
        buffers = inner.elements.buffers
        fixed = {x: buffer for x, buffer in buffers.items() if x.op == "const"}
        given = dict(zip(self.body.inputs, self.node.inputs, strict=True))
        buffers.clear()
        buffers |= fixed | {x: self.outer.buffers[given[x]] for x in self.body.constants}
        buffers |= {x: self._read_at(given[x], t) for x in self.body.sequences}
        buffers[self.body.state] = before
        for x, low in self.places.items():
            inner.stored_at[x] = replace(now, shape=x.shape, base=self.code.plus(now.base, low))
        buffers |= {x: inner.stored_at[x] for x in self.places if self.plan.of[x] not in self.plan.groups}
        inner.record_groups()

    def _read_at(self, x: Node, t: Index) -> Buffer:
        """What a sequence holds at a step."""
        starts: list[Index] = [0, t, *(0 for _ in x.shape[2:])]
        shape = (ROWS, *x.shape[2:])
        source = x
        while source not in self.outer.buffers:
            assert source.op == "slice"
            lows = source.attributes["start"]
            starts = [self.code.plus(i, low or 0) for i, low in zip(starts, lows, strict=True)]
            (source,) = source.inputs
        whole = self.outer.buffers[source]
        at = place_offset(self.code, whole, tuple(starts), self.low.lanes, self.outer.capacity, vector=False)
        view = replace(whole, shape=shape, base=self.code.plus(whole.base, at), apart=self._apart(whole))
        return self._own(view)


def _placed(output: Node, plan: Plan) -> dict[Node, int]:
    """What a step stores where it belongs in the next state, and from which column on.

    That is the state itself, or else all that it is put together from, if vectors can begin there.
    """
    places, pending = {output: 0}, [output]
    while pending:
        node = pending.pop()
        if node.op != "concat":
            continue
        begins = accumulate((count(x.shape) for x in node.inputs[:-1]), initial=places[node])
        parts = dict(zip(node.inputs, begins, strict=True))
        stored = all(x in plan.of and x in plan.of[x].stored and x not in places for x in parts)
        if stored and len(parts) == len(node.inputs) and not any(low % WIDEST for low in parts.values()):
            places |= parts
            pending.extend(parts)
            plan.groups.remove(plan.of[node])
    return places

"""From a plan to loops: one function that runs many steps.

for each step: gather the rows of the batch → the groups, in order → leave if something was not finite → what is reported
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from chainrule.backends.llvm.checks import Checks
from chainrule.backends.llvm.code import I64, PTR, Code, Const, Index, Leave, Operand, Type, Value
from chainrule.backends.llvm.contract import lower_contract
from chainrule.backends.llvm.dot import lower_dot
from chainrule.backends.llvm.elements import Elements, Place
from chainrule.backends.llvm.fold import lower_fold, lower_scatter, lower_scatter_within
from chainrule.backends.llvm.gather import gather, read_in_place, scatter
from chainrule.backends.llvm.layout import Layout
from chainrule.backends.llvm.memory import Buffer, Slot, padded, panel_width
from chainrule.backends.llvm.plan import Group, Plan, outside, reads, reads_of, runs
from chainrule.backends.llvm.reduce import lower_argmax, lower_reduce
from chainrule.backends.llvm.roles import is_dot
from chainrule.backends.llvm.scan import lower_scan, states_of, states_slot
from chainrule.backends.llvm.sharing import lives
from chainrule.backends.llvm.team import Team
from chainrule.backends.llvm.turn import can_turn, turn
from chainrule.backends.llvm.views import VIEWS, keeps_last
from chainrule.graph import ROWS, DType, Node, Shape
from chainrule.graph.text import names_of

STATUS_STEP, STATUS_CAPACITY = range(2)


def runs_in(plan: Plan, lanes: int, layout: Layout) -> list[list[Group]]:
    """The groups in order, those in one list that share a loop in a layout."""
    panel = panel_width(lanes) if layout is Layout.ONE_ROW else 0
    return runs(plan, together=layout is not Layout.ROWS, panel=panel)


@dataclass(eq=False)
class Lowered:
    """The code of a step, and the table of what its pointers point to."""

    code: Code
    parameters: list[Value]
    slots: list[Slot]


class Lowering:
    """Records the loops of a plan."""

    def __init__(self, plan: Plan, lanes: int, layout: Layout, team: int = 1) -> None:
        self.plan, self.step, self.lanes, self.layout = plan, plan.step, lanes, layout
        self.runs = runs_in(plan, lanes, layout)
        self.code = Code()
        self.table, self.n_steps, self.rank = self.code.new(PTR), self.code.new(I64), self.code.new(I64)
        for value, name in ((self.table, "table"), (self.n_steps, "steps"), (self.rank, "rank")):
            self.code.call(value, name)
        self.team = Team(self, team)
        self.slots: list[Slot] = []
        self.entries: dict[Value, int] = {}
        self.phases: dict[Group, int] = {}
        self.checks = Checks(self, set(self.step.checks.values()))

    def run(self) -> Lowered:
        """The whole function."""
        code, step = self.code, self.step
        status = self.pointer(Slot("status", ""))
        order, bounds, record = (self.pointer(Slot(kind, "")) for kind in ("order", "bounds", "record"))
        self.status = status
        capacity = code.load(status, STATUS_CAPACITY, I64)
        code.call(capacity, "capacity")
        arrays = {
            kind: {name: (node, self.buffer(self._slot(kind, name, node))) for name, node in nodes.items()}
            for kind, nodes in (
                ("state", step.state),
                ("data", step.data),
                ("scalar", step.scalars),
                ("metric", step.metrics),
                ("health", step.health),
                ("rows", step.rows),
            )
        }
        first = code.load(bounds, 0, I64)
        in_place = read_in_place(step, self.layout)
        scratch = self._scratch(in_place)
        self.waiting = {
            node: self.buffer(Slot("scratch", f"next/{name}", node.shape, node.dtype))
            for name, node in step.update.items()
        }

        def one_step(k: Index, _: list[Operand]) -> list[Operand]:
            low = code.load(bounds, k, I64)
            rows: Index = 1
            if self.layout is not Layout.ONE_ROW:
                rows = code.op("sub", I64, code.load(bounds, code.plus(k, 1), I64), low)
                code.call(rows, "rows")
            self.elements = Elements(code, self.lanes, rows, capacity)
            self.team.begin(rows)
            for node, buffer in arrays["state"].values():
                self.elements.buffers[node] = buffer
            for node, buffer in arrays["scalar"].values():
                self.elements.buffers[node] = buffer.at(code.times(k, self.padded_count(node.shape)))
            for node, raw in arrays["data"].values():
                if node in in_place:
                    self.elements.buffers[node] = replace(raw, base=low, order=order)
                else:
                    self.elements.buffers[node] = scratch[node]
                    gather(self, node, raw, scratch[node], order, low)
            self.elements.buffers |= {node: buffer for node, buffer in scratch.items() if node.op == "const"}
            self._choose_targets(arrays["state"], scratch)
            self.now = k
            self.recorded = code.compare("ne", code.load(record, k, Type("i8")), Const(Type("i8"), 0))
            self.record_groups()
            self.team.meet()
            code.block.append(Leave(code.compare("sle", code.load(status, STATUS_STEP, I64), code.index(k))))
            offset = code.op("sub", I64, low, first)
            self.team.alone(lambda: self._report(arrays, k, offset))
            self.team.meet()
            return []

        code.loop(0, self.n_steps, 1, [], one_step)
        return Lowered(code, [self.table, self.n_steps, self.rank], self._with_lives(scratch))

    def _with_lives(self, scratch: dict[Node, Buffer]) -> list[Slot]:
        """The table, with how long what is stored lives."""
        stored = {node: buffer for node, buffer in scratch.items() if node.op != "const"}
        found = lives(self.plan, self.phases, stored, self.read_at_end, self.team.phase)
        places = {self.entries[stored[node].pointer]: life for node, life in found.items()}
        return [replace(slot, life=places.get(i, slot.life)) for i, slot in enumerate(self.slots)]

    def _report(self, arrays: dict[str, dict[str, tuple[Node, Buffer]]], k: Index, offset: Index) -> None:
        """The numbers of this step, and then the updates of the state that had to wait."""
        code = self.code
        for node, buffer in arrays["metric"].values():
            self._copy(node, buffer.at(code.times(k, self.padded_count(node.shape))))
        for node, buffer in arrays["rows"].values():
            scatter(self, node, buffer, offset)

        def health() -> None:
            for node, buffer in arrays["health"].values():
                self._copy(node, buffer.at(code.times(k, self.padded_count(node.shape))))

        if arrays["health"]:
            code.branch(self.recorded, health)
        for node, _ in self.copies:  # all are read before any is written: one may be the old value of another
            self._copy(node, self.waiting[node])
        for node, buffer in self.copies:
            self._copy(node, buffer, self.waiting[node])

    # ------------------------------------------------------------------------------------------ the table

    def pointer(self, slot: Slot) -> Value:
        """The pointer of a slot, which is entered in the table."""
        self.slots.append(slot)
        pointer = self.code.load(self.table, len(self.slots) - 1, PTR)
        self.entries[pointer] = len(self.slots) - 1
        plain = (slot.kind == "state" and "/" in slot.name) or (slot.kind in ("const", "scratch") and "." in slot.name)
        self.code.call(pointer, slot.name if plain else f"{slot.kind}/{slot.name}".rstrip("/"))
        return pointer

    def _slot(self, kind: str, name: str, node: Node) -> Slot:
        """The entry of an array that the caller sees: rows come first there, whatever the layout."""
        outside = kind in ("data", "rows") and self.layout is Layout.ROWS
        return Slot(kind, name, (ROWS, *node.shape[:-1]) if outside else node.shape, node.dtype)

    def scratch_of_phase(self, name: str, shape: Shape, dtype: DType) -> Slot:
        """An array that is needed in this phase only."""
        return Slot("scratch", name, shape, dtype, life=(self.team.phase, self.team.phase))

    def buffer(self, slot: Slot) -> Buffer:
        """An array of its own."""
        return Buffer(self.pointer(slot), slot.shape, slot.dtype, plain=slot.plain)

    def _scratch(self, in_place: set[Node]) -> dict[Node, Buffer]:
        """A place for every node that is stored, for gathered data, and for constant arrays."""
        found: dict[Node, Buffer] = {}
        names = names_of(self.step.graph)
        for node in self.step.graph.nodes:
            if node.op == "const" and node.rank:
                found[node] = self.buffer(Slot("const", names[node], node.shape, node.dtype, node.attributes["value"]))
        for name, node in self.step.data.items():
            if node in in_place:
                continue
            found[node] = self.buffer(Slot("scratch", names.get(node, name), node.shape, node.dtype))
        for group in self.plan.groups:
            for node in (*group.stored, *group.stored_for_health):
                found[node] = self._place(node, names[node])
        return found

    def _place(self, node: Node, name: str) -> Buffer:
        """Where a stored node lies."""
        if node.op == "scan":
            return states_of(node, self.buffer(states_slot(node, name)), self.lanes)
        return self.buffer(Slot("scratch", name, node.shape, node.dtype))

    def _choose_targets(self, state: dict[str, tuple[Node, Buffer]], scratch: dict[Node, Buffer]) -> None:
        """Where stored nodes go: scratch, or the state itself where nobody will read its old value any more."""
        step, inlined = self.step, self.plan.inlined
        self.stored_at = scratch
        self.state_nodes = dict(state.values())
        reported = {node for part in (step.metrics, step.rows, step.health) for node in part.values()}
        self.targets: dict[Node, list[Buffer]] = {}
        self.copies: list[tuple[Node, Buffer]] = []  # done when everything has been read
        late = reported | {node for node in step.update.values() if node not in self.plan.of}
        for name, node in step.update.items():
            old, buffer = state[name]
            if self._may_overwrite(node, old) and old not in late | reads_of(late, inlined):
                self.targets.setdefault(node, []).append(buffer)
            elif node is not old:
                self.copies.append((node, buffer))
        read = {x for group in self.plan.groups for x in outside(group, inlined)}
        late = reported | {node for node, _ in self.copies}
        self.read_at_end = late | reads_of(late, inlined)
        self.read_elsewhere = self.read_at_end | read

    def _may_overwrite(self, node: Node, old: Node) -> bool:
        """Whether the group that computes `node` is the last to read `old`, and reads it only at the place it writes."""
        group = self.plan.of.get(node)
        if group is None or node.shape != old.shape:
            return False
        for other in self.plan.groups:
            if reads(other, old, self.plan.inlined):
                if self.plan.groups.index(other) > self.plan.groups.index(group):
                    return False
                if other is group and not _reads_in_place(group, old, self.plan.inlined):
                    return False
        return True

    def padded_count(self, shape: Shape, *, plain: bool = False) -> int:
        """The numbers that an array, or a row of one with rows, takes in memory."""
        return math.prod(padded(shape, self.lanes, 1, plain=plain))

    # ------------------------------------------------------------------------------------------ loops

    def nest(
        self,
        dims: Shape,
        steps: list[int],
        body: Callable[[Place], None],
        *,
        owned: bool = False,
        begin: Place = (),
    ) -> None:
        """Loops over all places of a shape, the last axis inmost.

        If `owned`, they go over this thread's part of the rows, or else of the first axis. `begin` is where the first axes are
        already.
        """
        shared = dims.index(ROWS) if ROWS in dims else 0

        def level(place: Place) -> None:
            axis = len(place)
            if axis == len(dims):
                body(place)
                return

            def turn(i: Index, _: list[Operand]) -> list[Operand]:
                level((*place, i))
                return []

            whole: tuple[Index, Index] = (0, self.elements.size(dims[axis]))
            start, stop = self.team.part(dims[axis], steps[axis]) if owned and axis == shared else whole
            self.code.loop(start, stop, steps[axis], [], turn)

        if owned and not dims:
            self.team.alone(lambda: level(begin))
        else:
            level(begin)

    def _copy(self, node: Node, buffer: Buffer, source: Buffer | None = None) -> None:
        """Store a node, which is known already (or lies in `source`), somewhere else as well."""
        one_axis = node.shape == (ROWS,)
        steps = [1] * max(node.rank - 1, 0) + [1 if one_axis else self.lanes] * bool(node.rank)

        def body(place: Place) -> None:
            lanes = 1 if one_axis or not node.rank else self.lanes
            value = self.elements.load(source, place, lanes) if source else self.elements.value(node, place, lanes)
            self.elements.store(value, buffer, place)

        self.nest(node.shape, steps, body)

    # ------------------------------------------------------------------------------------------ groups

    def record_groups(self) -> None:
        """All groups, in order."""
        for run in self.runs:
            overwrites = [
                node for node, buffer in self.state_nodes.items() if any(self._writes(group, buffer) for group in run)
            ]
            self.team.before(run, overwrites)
            self.phases |= dict.fromkeys(run, self.team.phase)
            body = (
                partial(self._group, *run) if run[0].kind == "contract" or len(run) == 1 else partial(self._rows, run)
            )
            if run[0].health_only:
                self.code.branch(self.recorded, body)
            else:
                body()
            for group in run:
                self._now_stored(group)

    def _now_stored(self, group: Group) -> None:
        for node in (*group.stored, *group.stored_for_health):
            self.elements.buffers[node] = self.stored_at[node]

    def _rows(self, run: list[Group]) -> None:
        """Groups that look only at their own row share one loop: what one stores is still at hand for the next."""

        def row(place: Place) -> None:
            for group in run:
                (self._map(group, place) if group.kind == "map" else lower_reduce(self, group, place))
                self._now_stored(group)

        self.nest((ROWS,), [1], row, owned=True)

    def _writes(self, group: Group, buffer: Buffer) -> bool:
        return any(target is buffer for node in group.stored for target in self.targets.get(node, ()))

    def _group(self, group: Group, update: Group | None = None) -> None:
        """A group by itself, or a contraction and what shares its pass through a matrix."""
        if group.kind == "contract" and self.layout is not Layout.FEATURES and is_dot(group.root):
            lower_dot(self, group, update)
        elif group.kind == "contract":
            lower_contract(self, group)
        elif group.kind == "reduce":
            lower_reduce(self, group)
        elif can_turn(self, group):
            turn(self, group)
        elif group.kind in ("map", "rearrange"):
            self._map(group)
        elif group.kind == "argmax":
            lower_argmax(self, group)
        elif group.kind == "scan":
            lower_scan(self, group)
        elif group.kind == "fold":
            lower_fold(self, group)
        elif group.kind == "scatter_within":
            lower_scatter_within(self, group)
        else:
            lower_scatter(self, group)

    def finish_all(self, group: Group, places: list[Place], lanes: int, roots: list[Operand]) -> None:
        """Finish a group at many places, from the values of its root there."""
        kept = group.root in group.stored_for_health

        def keep() -> None:
            for place, value in zip(places, roots, strict=True):
                self.elements.store(value, self.stored_at[group.root], place)

        if kept:
            self.code.branch(self.recorded, keep)
        for i, (place, value) in enumerate(zip(places, roots, strict=True)):
            self.finish(group, place, lanes, {group.root: value}, more=i + 1 < len(places), kept=kept)

    def finish(
        self,
        group: Group,
        place: Place,
        lanes: int,
        known: dict[Node, Operand],
        *,
        more: bool = False,
        kept: bool = False,
    ) -> None:
        """Compute the members of a group at a place, from what is known there, and store and check what must be.

        With `more` to come at once, the checks are not concluded yet. What the root's health needs may be `kept` already.
        """
        for node in group.members:
            value = self.elements.value(node, place, lanes, known)
            known[node] = value
            self.elements.hold(node, place, value)
            self.checks.look(node, value, place)
            if node in group.stored:
                for buffer in (*self.targets.get(node, ()), *self._kept(node)):
                    self.elements.store(value, buffer, place)
            if node in group.stored_for_health and not (kept and node is group.root):
                self.code.branch(self.recorded, partial(self.elements.store, value, self.stored_at[node], place))
        if not more:
            self.checks.conclude()

    def _kept(self, node: Node) -> list[Buffer]:
        """Where a stored node lies for others to read: nowhere if it is only the next value of a state."""
        return [] if node in self.targets and node not in self.read_elsewhere else [self.stored_at[node]]

    def _map(self, group: Group, begin: Place = ()) -> None:
        together = group.kind == "map" or keeps_last(group.root)
        lanes = self.lanes if together and len(group.shape) > len(begin) else 1
        steps = [1] * max(len(group.shape) - 1, 0) + [lanes] * bool(group.shape)
        self.nest(group.shape, steps, lambda place: self.finish(group, place, lanes, {}), owned=not begin, begin=begin)


def _reads_in_place(group: Group, old: Node, inlined: set[Node]) -> bool:
    """Whether a group reads a node only as a direct operand of its element-wise members."""
    if group.kind != "map" and reads(Group(group.root, group.shape, [group.root]), old, inlined):
        return False
    elementwise = [node for node in group.members if node is not group.root or group.kind == "map"]
    return not any(
        (x.op == "broadcast" or x.op in VIEWS) and reads(Group(x, x.shape, [x]), old, inlined)
        for node in elementwise
        for x in node.inputs
    )

"""From a plan to loops: one function that runs many steps.

for each step: gather the rows of the batch → the groups, in order → leave if something was not finite → what is reported
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from chainrule.backends.llvm.code import I64, PTR, Code, Const, Index, Leave, Operand, Type, Value
from chainrule.backends.llvm.contract import lower_contract
from chainrule.backends.llvm.elements import Elements, Place
from chainrule.backends.llvm.memory import Buffer, Slot
from chainrule.backends.llvm.plan import Group, Plan, outside, reads, reads_of, runs
from chainrule.backends.llvm.reduce import lower_accumulate, lower_argmax, lower_reduce
from chainrule.backends.llvm.team import Team
from chainrule.backends.llvm.turn import can_turn, turn
from chainrule.graph import ROWS, Node, Shape

STATUS_STEP, STATUS_CAPACITY = range(2)


@dataclass(eq=False)
class Lowered:
    """The code of a step, and the table of what its pointers point to."""

    code: Code
    parameters: list[Value]
    slots: list[Slot]
    checks: list[str] = field(default_factory=list)


class Lowering:
    """Records the loops of a plan."""

    def __init__(self, plan: Plan, lanes: int, team: int = 1) -> None:
        self.plan, self.step, self.lanes = plan, plan.step, lanes
        self.code = Code()
        self.table, self.n_steps, self.rank = self.code.new(PTR), self.code.new(I64), self.code.new(I64)
        self.team = Team(self, team)
        self.slots: list[Slot] = []
        self.checks = list(self.step.checks)

    def run(self) -> Lowered:
        """The whole function."""
        code, step = self.code, self.step
        status = self.pointer(Slot("status", ""))
        order, bounds, record = (self.pointer(Slot(kind, "")) for kind in ("order", "bounds", "record"))
        self.status = status
        capacity = code.load(status, STATUS_CAPACITY, I64)
        arrays = {
            kind: {name: (node, self.buffer(Slot(kind, name, node.shape, node.dtype))) for name, node in nodes.items()}
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
        scratch = self._scratch()
        self.waiting = {node: self.buffer(Slot("scratch", "", node.shape, node.dtype)) for node in step.update.values()}

        def one_step(k: Index, _: list[Operand]) -> list[Operand]:
            low = code.load(bounds, k, I64)
            rows = code.op("sub", I64, code.load(bounds, code.plus(k, 1), I64), low)
            self.elements = Elements(code, self.lanes, rows, capacity)
            self.team.begin(rows)
            for node, buffer in arrays["state"].values():
                self.elements.buffers[node] = buffer
            for node, buffer in arrays["scalar"].values():
                self.elements.buffers[node] = buffer.at(code.times(k, self._padded_count(node.shape)))
            for node, raw in arrays["data"].values():
                self.elements.buffers[node] = scratch[node]
                self._gather(node, raw, scratch[node], order, low)
            self.elements.buffers |= {node: buffer for node, buffer in scratch.items() if node.op == "const"}
            self._choose_targets(arrays["state"], scratch)
            self.now = k
            self.recorded = code.compare("ne", code.load(record, k, Type("i8")), Const(Type("i8"), 0))
            self._groups()
            self.team.meet()
            code.block.append(Leave(code.compare("sle", code.load(status, STATUS_STEP, I64), code.index(k))))
            offset = code.op("sub", I64, low, first)
            self.team.alone(lambda: self._report(arrays, k, offset))
            self.team.meet()
            return []

        code.loop(0, self.n_steps, 1, [], one_step)
        return Lowered(code, [self.table, self.n_steps, self.rank], self.slots, self.checks)

    def _report(self, arrays: dict[str, dict[str, tuple[Node, Buffer]]], k: Index, offset: Index) -> None:
        """The numbers of this step, and then the updates of the state that had to wait."""
        code = self.code
        for node, buffer in arrays["metric"].values():
            self._copy(node, buffer.at(code.times(k, self._padded_count(node.shape))))
        for node, buffer in arrays["rows"].values():
            self._copy(node, buffer.at(code.times(offset, self._row_count(node.shape))))

        def health() -> None:
            for node, buffer in arrays["health"].values():
                self._copy(node, buffer.at(code.times(k, self._padded_count(node.shape))))

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
        return self.code.load(self.table, len(self.slots) - 1, PTR)

    def buffer(self, slot: Slot) -> Buffer:
        """An array of its own."""
        return Buffer(self.pointer(slot), slot.shape, slot.dtype)

    def _scratch(self) -> dict[Node, Buffer]:
        """A place for every node that is stored, for gathered data, and for constant arrays."""
        found: dict[Node, Buffer] = {}
        for node in self.step.graph.nodes:
            if node.op == "const" and node.rank:
                found[node] = self.buffer(Slot("const", "", node.shape, node.dtype, node.attributes["value"]))
        for node in self.step.data.values():
            found[node] = self.buffer(Slot("scratch", "", node.shape, node.dtype))
        for group in self.plan.groups:
            for node in (*group.stored, *group.stored_for_health):
                found[node] = self.buffer(Slot("scratch", "", node.shape, node.dtype))
        return found

    def _choose_targets(self, state: dict[str, tuple[Node, Buffer]], scratch: dict[Node, Buffer]) -> None:
        """Where stored nodes go: scratch, or the state itself where nobody will read its old value any more."""
        step, inlined = self.step, self.plan.inlined
        self.stored_at = scratch
        self.state_nodes = dict(state.values())
        self.checked = set(step.checks.values())
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
        self.read_elsewhere = late | reads_of(late, inlined) | read

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

    def _padded_count(self, shape: Shape) -> int:
        total = 1
        for i, dim in enumerate(reversed(shape)):
            total *= -(-dim // self.lanes) * self.lanes if i == 0 else dim  # type: ignore[operator]
        return total

    def _row_count(self, shape: Shape) -> int:
        """Numbers in memory between two rows."""
        return self._padded_count(shape[1:]) if len(shape) > 1 else 1

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
        """Loops over all places of a shape, the last axis inmost; if `owned`, over this thread's part of the first axis.

        `begin` is where the first axes are already.
        """

        def level(place: Place) -> None:
            axis = len(place)
            if axis == len(dims):
                body(place)
                return

            def turn(i: Index, _: list[Operand]) -> list[Operand]:
                level((*place, i))
                return []

            whole: tuple[Index, Index] = (0, self.elements.size(dims[axis]))
            start, stop = self.team.part(dims[axis], steps[axis]) if owned and axis == 0 else whole
            self.code.loop(start, stop, steps[axis], [], turn)

        if owned and not dims:
            self.team.alone(lambda: level(begin))
        else:
            level(begin)

    def _gather(self, node: Node, raw: Buffer, into: Buffer, order: Value, low: Value) -> None:
        """Copy the rows of the batch, which lie without padding, to where they have it."""
        code, width = self.code, node.shape[-1] if node.rank > 1 else 1
        per_row = 1
        for dim in node.shape[1:]:
            per_row *= dim  # type: ignore[operator]
        kind, whole = raw.kind, width // self.lanes * self.lanes  # type: ignore[operator]

        def row(i: Index, _: list[Operand]) -> list[Operand]:
            source = code.times(code.load(order, code.plus(low, i), I64), per_row)

            def line(place: Place) -> None:
                inner = code.offset(place, _dense_strides(node.shape[1:])[:-1])
                begin = code.plus(source, code.times(inner, 1))
                for start, stop, lanes in ((0, whole, self.lanes), (whole, width, 1)):

                    def piece(j: Index, _: list[Operand], lanes: int = lanes) -> list[Operand]:
                        x = code.load(raw.pointer, code.plus(begin, j), Type(kind, lanes))
                        at = self._address(into, (i, *place, j) if node.rank > 1 else (i,))
                        code.store(x, into.pointer, at)
                        return []

                    code.loop(start, stop, lanes, [], piece)  # type: ignore[arg-type]

            outer = node.shape[1:-1] if node.rank > 2 else ()
            self.nest(outer, [1] * len(outer), line)
            return []

        start, stop = self.team.part(ROWS, 1)
        code.loop(start, stop, 1, [], row)
        self.team.wrote(node)

    def _address(self, buffer: Buffer, place: Place) -> Index:
        from chainrule.backends.llvm.memory import strides

        offset = self.code.offset(place, strides(self.code, buffer.shape, self.lanes, self.elements.capacity))
        return self.code.plus(buffer.base, offset)

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

    def _groups(self) -> None:
        for run in runs(self.plan):
            overwrites = [
                node for node, buffer in self.state_nodes.items() if any(self._writes(group, buffer) for group in run)
            ]
            self.team.before(run, overwrites)
            body = partial(self._group, run[0]) if len(run) == 1 else partial(self._rows, run)
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

    def _group(self, group: Group) -> None:
        if group.kind == "contract":
            lower_contract(self, group)
        elif group.kind == "reduce":
            lower_reduce(self, group)
        elif can_turn(self, group):
            turn(self, group)
        elif group.kind in ("map", "rearrange"):
            self._map(group)
        elif group.kind == "argmax":
            lower_argmax(self, group)
        else:
            self.team.alone(partial(lower_accumulate, self, group))

    def finish(self, group: Group, place: Place, lanes: int, known: dict[Node, Operand]) -> None:
        """Compute the members of a group at a place, from what is known there, and store and check what must be."""
        for node in group.members:
            value = self.elements.value(node, place, lanes, known)
            known[node] = value
            self.check(node, value, place)
            if node in group.stored:
                for buffer in (*self.targets.get(node, ()), *self._kept(node)):
                    self.elements.store(value, buffer, place)
            if node in group.stored_for_health:
                self.code.branch(self.recorded, partial(self.elements.store, value, self.stored_at[node], place))

    def _kept(self, node: Node) -> list[Buffer]:
        """Where a stored node lies for others to read: nowhere if it is only the next value of a state."""
        return [] if node in self.targets and node not in self.read_elsewhere else [self.stored_at[node]]

    def check(self, node: Node, value: Operand, place: Place) -> None:
        """If the step wants a node finite, and it is not, padding apart, let this step be the last."""
        if not node.dtype.is_float or node not in self.checked:
            return
        code = self.code
        size = code.op("fabs", value.type, value)
        bad: Operand = code.compare("uge", size, Const(value.type, float("inf")))
        if value.type.lanes > 1:
            last = node.shape[-1]
            if not isinstance(last, int) or last % value.type.lanes:
                inside = code.below(place[-1], self.elements.size(last), value.type.lanes)
                bad = code.op("and", bad.type, bad, inside)
            bad = code.op("any", Type("i1"), bad)
        step = code.index(self.now)
        code.branch(bad, lambda: code.effect("atomic_min", step, self.status, Const(I64, STATUS_STEP)))

    def _map(self, group: Group, begin: Place = ()) -> None:
        lanes = self.lanes if group.kind == "map" and len(group.shape) > len(begin) else 1
        steps = [1] * max(len(group.shape) - 1, 0) + [lanes] * bool(group.shape)
        self.nest(group.shape, steps, lambda place: self.finish(group, place, lanes, {}), owned=not begin, begin=begin)


def _dense_strides(shape: Shape) -> list[Index]:
    result: list[Index] = []
    step = 1
    for dim in reversed(shape):
        result.append(step)
        step *= dim  # type: ignore[operator]
    return result[::-1]


def _reads_in_place(group: Group, old: Node, inlined: set[Node]) -> bool:
    """Whether a group reads a node only as a direct operand of its element-wise members."""
    if group.kind != "map" and reads(Group(group.root, group.shape, [group.root]), old, inlined):
        return False
    elementwise = [node for node in group.members if node is not group.root or group.kind == "map"]
    return not any(
        x.op == "broadcast" and reads(Group(x, x.shape, [x]), old, inlined) for node in elementwise for x in node.inputs
    )

"""A compiled step: its table of pointers, filled for a run, and what to do when a value was not finite."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends.base import (
    Again,
    Array,
    Arrays,
    Failure,
    Result,
    again_by_runs,
    check_arguments,
    check_order,
    usual_record,
)
from chainrule.backends.llvm.cache import Cache, Compiled, key
from chainrule.backends.llvm.jit import Loaded, object_code
from chainrule.backends.llvm.layout import Layout, arrange
from chainrule.backends.llvm.lower import STATUS_STEP, Lowering
from chainrule.backends.llvm.memory import Slot, allocate, capacity_of, got, parts, put
from chainrule.backends.llvm.pieces import in_pieces
from chainrule.backends.llvm.plan import plan
from chainrule.backends.llvm.sharing import shared
from chainrule.backends.llvm.target import Target
from chainrule.backends.llvm.text import Writer
from chainrule.backends.llvm.threads import Crowd, run_team
from chainrule.backends.numpy_ import NumpyProgram
from chainrule.graph import DType, Step

_NEVER = 2**62  # a step that no run reaches


@dataclass(frozen=True)
class Emitted:
    """The LLVM IR text of a step, the lanes of its vectors, and the table of arrays that it expects."""

    text: str
    lanes: int
    slots: tuple[Slot, ...]


def emit(step: Step, target: Target, layout: Layout, threads: int, rows: int | None = None) -> Emitted:
    """A step as LLVM IR text, best for batches of so many rows."""
    wide = any(node.dtype is DType.FLOAT64 for node in step.graph.nodes)
    lanes = target.lanes(8 if wide else 4)
    lowered = Lowering(plan(arrange(step, layout, rows)), lanes, layout, threads).run()
    writer = Writer(flush=target.family if step.update else "", fused=target.fused, names=lowered.code.names)
    return Emitted(
        writer.function("run", lowered.parameters, in_pieces(lowered.code.block)), lanes, tuple(lowered.slots)
    )


class Workspace:
    """The memory of a run: copies of the state, constants and scratch for batches of some capacity, numbers for every step.

    Nothing of one run is seen by the next, but they may follow each other in the same memory, which takes time to get.
    """

    def __init__(self, slots: tuple[Slot, ...], lanes: int, capacity: int) -> None:
        self.slots, self.lanes, self.capacity, self.n_steps = slots, lanes, capacity, -1
        self.arrays: list[Array | None] = [None] * len(slots)  # None for what a run is given
        self.places = [0] * len(slots)  # where each begins
        for i, slot in enumerate(slots):
            if slot.kind in ("state", "const") or (slot.kind == "scratch" and slot.life is None):
                array = self._place(i, allocate(slot, lanes, capacity))
                if slot.kind == "const":
                    put(array, np.asarray(slot.value), slot, lanes)
        for i, array in shared(slots, lanes, capacity).items():
            self._place(i, array)

    def suit(self, n_steps: int) -> None:
        """Have room for the numbers of so many steps."""
        if n_steps == self.n_steps:
            return
        self.n_steps = n_steps
        for i, slot in enumerate(self.slots):
            if slot.kind in ("scalar", "metric", "health"):
                self._place(i, allocate(slot, self.lanes, 1, leading=(max(n_steps, 1),)))

    def table(self, arrays: list[Array]) -> NDArray[np.uintp]:
        """Where the arrays of a run begin."""
        found = zip(arrays, self.arrays, self.places, strict=True)
        return np.array([place if array is own else array.ctypes.data for array, own, place in found], np.uintp)

    def _place(self, i: int, array: Array) -> Array:
        self.arrays[i], self.places[i] = array, array.ctypes.data
        return array


class LlvmProgram:
    """Machine code for a step, which has been simplified, in a layout and for a number of threads."""

    def __init__(
        self, step: Step, target: Target, layout: Layout, threads: int, cache: Cache, rows: int | None = None
    ) -> None:
        self.step, self.layout, self.rows = step, layout, rows
        name = key(arrange(step, layout, rows), target, layout.value, threads)
        compiled = cache.get(name)
        if compiled is None:
            emitted = emit(step, target, layout, threads, rows)
            compiled = Compiled(object_code(emitted.text, target), emitted.lanes, emitted.slots)
            cache.put(name, compiled)
        self.target, self.team, self.lanes, self.slots = target, threads, compiled.lanes, compiled.slots
        self._code = Loaded(compiled.image, "run", target)
        self._reference: NumpyProgram | None = None
        self._siblings: dict[tuple[Layout, int], LlvmProgram] = {}
        self._crowd = Crowd()
        self._cache = cache
        self._workspaces: list[Workspace] = []  # that no run uses now

    @property
    def text(self) -> str:
        """The LLVM IR text that the code is made from, written anew."""
        return emit(self.step, self.target, self.layout, self.team, self.rows).text

    def run(
        self,
        state: MutableMapping[str, Array],
        data: Arrays,
        order: NDArray[np.int64],
        bounds: NDArray[np.int64],
        scalars: Arrays,
        record: NDArray[np.bool_] | None = None,
    ) -> Result:
        """See `Program.run`."""
        n_steps = len(bounds) - 1
        any_rows = self.layout is Layout.ONE_ROW and bool((np.diff(bounds) != 1).any())
        if any_rows or (self.team > 1 and self._crowd.here()):
            other = self._sibling(Layout.FEATURES if any_rows else self.layout, 1 if self._crowd.here() else self.team)
            return other.run(state, data, order, bounds, scalars, record)
        check_arguments(self.step, state, data, scalars, n_steps)
        check_order(data, order, bounds)
        record = usual_record(n_steps) if record is None else record
        workspace = self._workspace(int(np.diff(bounds).max(initial=1)))
        arrays = self._arrays(workspace, state, data, order, bounds, scalars, record)
        failed = self._call(workspace, arrays, n_steps)
        failure = None
        if failed < n_steps:  # the steps before it are run again, from the state as it was
            arrays = self._arrays(workspace, state, data, order, bounds, scalars, record)
            self._call(workspace, arrays, failed)
        done = min(n_steps, failed)
        self._give_back(state, arrays)
        self._workspaces.append(workspace)
        if failed < n_steps:
            failure = self._explain(state, data, order, bounds, scalars, failed)
        return self._result(arrays, done, bounds, record, failure)

    def again(self, state: MutableMapping[str, Array], data: Arrays, scalars: Arrays) -> Again:
        """See `Program.again`."""
        n = min((len(array) for array in data.values()), default=0)
        if self.team > 1 or not n or (self.layout is Layout.ONE_ROW and n > 1):
            return again_by_runs(self, state, data, scalars)
        check_arguments(self.step, state, data, scalars, 1)
        order, bounds, record = np.arange(n), np.array([0, n]), np.zeros(1, np.bool_)
        workspace = Workspace(self.slots, self.lanes, capacity_of(self.slots, self.lanes, n))
        arrays = self._arrays(workspace, state, data, order, bounds, scalars, record)
        metrics, into, back = {}, [], []
        for slot, array in zip(self.slots, arrays, strict=True):
            if slot.kind == "metric":
                metrics[slot.name] = np.array(got(array, slot, self.lanes)[0])
                back += parts(array, metrics[slot.name][None], slot, self.lanes)
            elif slot.kind in ("state", "scalar"):
                into += parts(array, (state if slot.kind == "state" else scalars)[slot.name], slot, self.lanes)
            elif slot.kind == "data" and array is not data[slot.name]:
                into.append((array, data[slot.name]))
            if slot.kind == "state" and slot.name in self.step.update:
                back += parts(array, state[slot.name], slot, self.lanes)
        call = self._code.call
        table = workspace.table(arrays).ctypes.data_as(ctypes.c_void_p)  # which keeps the table alive

        def take() -> Arrays | None:
            for part, given in into:
                part[...] = given
            status = arrays[0]  # all of them live as long as this function
            status[STATUS_STEP] = _NEVER
            call(table, 1, 0, None)
            if status[STATUS_STEP] != _NEVER:
                return None
            for part, given in back:
                given[...] = part
            return metrics

        return take

    def _workspace(self, rows: int) -> Workspace:
        """A workspace for batches of so many rows at most: that of an earlier run, if it suits."""
        capacity = capacity_of(self.slots, self.lanes, max(rows, 1))
        with contextlib.suppress(IndexError):
            if (workspace := self._workspaces.pop()).capacity == capacity:
                return workspace
        return Workspace(self.slots, self.lanes, capacity)

    def _sibling(self, layout: Layout, team: int) -> LlvmProgram:
        """The program of the same step in another layout, or for another team."""
        if (layout, team) not in self._siblings:
            self._siblings[layout, team] = LlvmProgram(self.step, self.target, layout, team, self._cache, self.rows)
        return self._siblings[layout, team]

    def _call(self, workspace: Workspace, arrays: list[Array], n_steps: int) -> int:
        """Run the code, in one thread or in a team; the step that was the last, or a number that no run reaches."""
        table = workspace.table(arrays)
        self._crowd.note(run_team(self._code.call, table, n_steps, self.team))
        return int(arrays[0][STATUS_STEP])

    @np.errstate(over="ignore", invalid="ignore")  # a number too large for the dtype is infinite
    def _arrays(
        self,
        workspace: Workspace,
        state: Arrays,
        data: Arrays,
        order: NDArray[np.int64],
        bounds: NDArray[np.int64],
        scalars: Arrays,
        record: NDArray[np.bool_],
    ) -> list[Array]:
        n_steps = len(bounds) - 1
        plain: Mapping[str, Any] = {
            "status": np.array([_NEVER, workspace.capacity], np.int64),
            "order": np.ascontiguousarray(order, np.int64) if len(order) else np.zeros(1, np.int64),
            "bounds": np.ascontiguousarray(bounds, np.int64),
            "record": np.ascontiguousarray(record, np.uint8) if n_steps else np.zeros(1, np.uint8),
        }
        workspace.suit(n_steps)
        arrays = []
        for slot, own in zip(self.slots, workspace.arrays, strict=True):
            array = plain.get(slot.kind, own)
            if slot.kind == "data":
                array = np.ascontiguousarray(data[slot.name], slot.dtype.numpy)
            elif slot.kind == "rows":
                array = allocate(slot, self.lanes if len(slot.shape) > 1 else 1, max(int(bounds[-1] - bounds[0]), 1))
            elif slot.kind == "state":
                put(array, state[slot.name], slot, self.lanes)
            elif slot.kind == "scalar":
                put(array[:n_steps], scalars[slot.name], slot, self.lanes)
            arrays.append(array)
        return arrays

    def _give_back(self, state: MutableMapping[str, Array], arrays: list[Array]) -> None:
        for slot, array in zip(self.slots, arrays, strict=True):
            if slot.kind == "state" and slot.name in self.step.update:
                for part, piece in parts(array, state[slot.name], slot, self.lanes):
                    piece[...] = part

    def _explain(
        self, state: Arrays, data: Arrays, order: Array, bounds: Array, scalars: Arrays, failed: int
    ) -> Failure:
        """Where it happened: the reference backend runs the failing step once more, on a copy of the state."""
        if self._reference is None:
            self._reference = NumpyProgram(self.step)
        one = {
            name: scalars[name][failed] if np.ndim(scalars[name]) > node.rank else scalars[name]
            for name, node in self.step.scalars.items()
        }
        copy = {name: array.copy() for name, array in state.items()}
        found = self._reference.run(copy, data, order, bounds[failed : failed + 2], one).failure
        return Failure(failed, found.check if found else next(iter(self.step.checks)), found.scope if found else "")

    def _result(self, arrays: list[Array], done: int, bounds: Array, record: Array, failure: Failure | None) -> Result:
        found: dict[str, dict[str, Array]] = {"metric": {}, "health": {}, "rows": {}}
        last = int(bounds[done] - bounds[0])
        for slot, array in zip(self.slots, arrays, strict=True):
            if slot.kind in ("metric", "health"):
                values = got(array, slot, self.lanes)[:done]
                found[slot.kind][slot.name] = np.array(values[record[:done]] if slot.kind == "health" else values)
            elif slot.kind == "rows":
                found["rows"][slot.name] = np.array(got(array, slot, self.lanes)[:last])
        return Result(done, found["metric"], found["health"], found["rows"], failure)

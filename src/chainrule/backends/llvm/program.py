"""A compiled step: its table of pointers, filled for a run, and what to do when a value was not finite."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.backends.base import Array, Arrays, Failure, Result, check_arguments, check_order, usual_record
from chainrule.backends.llvm.cache import Cache, Compiled, key
from chainrule.backends.llvm.contract import wants_transpose
from chainrule.backends.llvm.jit import Loaded, object_code
from chainrule.backends.llvm.lower import STATUS_STEP, Lowering
from chainrule.backends.llvm.memory import Slot, allocate
from chainrule.backends.llvm.plan import plan
from chainrule.backends.llvm.target import Target
from chainrule.backends.llvm.text import Writer
from chainrule.backends.llvm.threads import run_team
from chainrule.backends.numpy_ import NumpyProgram, evaluate
from chainrule.graph import DType, Node, Step
from chainrule.graph.passes import rewrite, simplify
from chainrule.graph.primitives import contract, transpose
from chainrule.graph.primitives.contraction import split_spec


def turn_operands(step: Step) -> Step:
    """Put a transpose where the second operand of a contraction does not lie along the vectors of the result."""

    def rule(node: Node) -> Node:
        if node.op != "contract" or not wants_transpose(node):
            return node
        x, y = node.inputs
        first, second, result = split_spec(node.attributes["spec"])
        if result[-1] in first and result[-1] not in second:
            x, y, first, second = y, x, second, first
        turned = "".join(letter for letter in second if letter != result[-1]) + result[-1]
        return contract(x, transpose(y, [second.index(letter) for letter in turned]), f"{first},{turned}->{result}")

    return rewrite(step, rule)


_NEVER = 2**62  # a step that no run reaches


@dataclass(frozen=True)
class Emitted:
    """The LLVM IR text of a step, the lanes of its vectors, and the table of arrays that it expects."""

    text: str
    lanes: int
    slots: tuple[Slot, ...]


def emit(step: Step, target: Target, threads: int) -> Emitted:
    """A step as LLVM IR text."""
    wide = any(node.dtype is DType.FLOAT64 for node in step.graph.nodes)
    lanes = target.lanes(8 if wide else 4)
    lowered = Lowering(plan(step), lanes, threads).run()
    writer = Writer(flush=target.family if step.update else "", fused=target.fused)
    return Emitted(writer.function("run", lowered.parameters, lowered.code.block), lanes, tuple(lowered.slots))


class LlvmProgram:
    """Machine code for a step."""

    def __init__(self, step: Step, target: Target, threads: int, cache: Cache) -> None:
        with np.errstate(all="ignore"):
            self.step = turn_operands(simplify(step, evaluate))
        name = key(self.step, target, threads)
        compiled = cache.get(name)
        if compiled is None:
            emitted = emit(self.step, target, threads)
            compiled = Compiled(object_code(emitted.text, target), emitted.lanes, emitted.slots)
            cache.put(name, compiled)
        self.target, self.team, self.lanes, self.slots = target, threads, compiled.lanes, compiled.slots
        self._code = Loaded(compiled.image, "run", target)
        self._reference: NumpyProgram | None = None

    @property
    def text(self) -> str:
        """The LLVM IR text that the code is made from, written anew."""
        return emit(self.step, self.target, self.team).text

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
        check_arguments(self.step, state, data, scalars, n_steps)
        check_order(data, order, bounds)
        record = usual_record(n_steps) if record is None else record
        arrays = self._arrays(state, data, order, bounds, scalars, record)
        failed = self._call(arrays, n_steps)
        failure = None
        if failed < n_steps:  # the steps before it are run again, from the state as it was
            arrays = self._arrays(state, data, order, bounds, scalars, record)
            self._call(arrays, failed)
        done = min(n_steps, failed)
        self._give_back(state, arrays)
        if failed < n_steps:
            failure = self._explain(state, data, order, bounds, scalars, failed)
        return self._result(arrays, done, bounds, record, failure)

    def _call(self, arrays: list[Array], n_steps: int) -> int:
        """Run the code, in one thread or in a team; the step that was the last, or a number that no run reaches."""
        table = np.array([array.ctypes.data for array in arrays], dtype=np.uintp)
        run_team(self._code.call, table, n_steps, self.team)
        return int(arrays[0][STATUS_STEP])

    def _arrays(
        self,
        state: Arrays,
        data: Arrays,
        order: NDArray[np.int64],
        bounds: NDArray[np.int64],
        scalars: Arrays,
        record: NDArray[np.bool_],
    ) -> list[Array]:
        n_steps = len(bounds) - 1
        rows = int(np.diff(bounds).max(initial=1))
        capacity = -(-max(rows, 1) // self.lanes) * self.lanes
        plain: Mapping[str, Any] = {
            "status": np.array([_NEVER, capacity], np.int64),
            "order": np.ascontiguousarray(order, np.int64) if len(order) else np.zeros(1, np.int64),
            "bounds": np.ascontiguousarray(bounds, np.int64),
            "record": np.ascontiguousarray(record, np.uint8) if n_steps else np.zeros(1, np.uint8),
        }
        return [
            plain[slot.kind]
            if slot.kind in plain
            else self._array(slot, state, data, scalars, n_steps, bounds, capacity)
            for slot in self.slots
        ]

    def _array(
        self, slot: Slot, state: Arrays, data: Arrays, scalars: Arrays, n_steps: int, bounds: Array, capacity: int
    ) -> Array:
        if slot.kind == "data":
            return np.ascontiguousarray(data[slot.name], slot.dtype.numpy)
        if slot.kind in ("scalar", "metric", "health"):
            per_step = Slot(slot.kind, slot.name, (max(n_steps, 1), *slot.shape), slot.dtype)
            array = allocate(per_step, self.lanes if slot.shape else 1, capacity)
            if slot.kind == "scalar":
                _inner(array, slot.shape)[:n_steps] = scalars[slot.name]
            return array
        if slot.kind == "rows":
            total = int(bounds[-1] - bounds[0])
            own = (max(total, 1), *slot.shape[1:])
            return allocate(Slot("rows", slot.name, own, slot.dtype), self.lanes if len(own) > 1 else 1, capacity)
        array = allocate(slot, self.lanes, capacity)
        if slot.kind == "state":
            _inner(array, slot.shape)[...] = state[slot.name]
        elif slot.kind == "const":
            _inner(array, slot.shape)[...] = slot.value
        return array

    def _give_back(self, state: MutableMapping[str, Array], arrays: list[Array]) -> None:
        for slot, array in zip(self.slots, arrays, strict=True):
            if slot.kind == "state" and slot.name in self.step.update:
                state[slot.name][...] = _inner(array, slot.shape)

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
                values = _inner(array, slot.shape)[:done]
                found[slot.kind][slot.name] = np.array(values[record[:done]] if slot.kind == "health" else values)
            elif slot.kind == "rows":
                found["rows"][slot.name] = np.array(_inner(array, slot.shape[1:])[:last])
        return Result(done, found["metric"], found["health"], found["rows"], failure)


def _inner(array: Array, shape: tuple[Any, ...]) -> Array:
    """An array without the padding of its last axis, where its entries have the given shape."""
    if not shape:
        return array.reshape(-1)[: array.size] if array.ndim != 1 else array
    return array[..., : shape[-1]] if isinstance(shape[-1], int) else array

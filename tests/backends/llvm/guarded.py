"""Runs compiled programs with every array between pages that may not be touched. A process of its own: a fault ends it.

python -m backends.llvm.guarded PART
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from backends.llvm.comparing import Array, Arrays, reported, run_once, same_bits
from backends.llvm.networks import Training, training_of
from backends.llvm.sizes import EDGES, GROUPS, SIZES, Compiled, check_nodes, sized_step, sized_values
from chainrule.backends.llvm import Layout, LlvmBackend, LlvmProgram
from chainrule.backends.llvm.program import Workspace
from chainrule.functional import CrossEntropy
from chainrule.graph import DType
from chainrule.nn import GRU, LSTM, Bidirectional, Dense, Dropout, Masking, SimpleRNN
from chainrule.optim import Adam
from chainrule.training import Penalties

_LIBRARY = ctypes.CDLL(None, use_errno=True)
_LIBRARY.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
NOTHING = 0  # PROT_NONE
PAGE = mmap.PAGESIZE
READ_ONLY = ("order", "bounds", "record", "data", "scalar", "const")


def between_guards(array: Array, at_end: bool) -> Array:
    """A copy that ends, or begins, where a page does; the pages around it may not be touched, and the room beside it is NaN."""
    room = -(-max(array.nbytes, 1) // PAGE) * PAGE
    whole = np.frombuffer(mmap.mmap(-1, room + 2 * PAGE), np.uint8)
    for offset in (0, room + PAGE):
        if _LIBRARY.mprotect(whole.ctypes.data + offset, PAGE, NOTHING):
            raise OSError(ctypes.get_errno(), "mprotect failed")
    inside = whole[PAGE : PAGE + room]
    inside[...] = 0xFF
    first = room - array.nbytes if at_end else 0
    copy = inside[first : first + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


class Guarded(LlvmProgram):
    """A program whose code is only ever given guarded arrays, each with memory of its own."""

    at_end = True
    calls = 0

    def _call(self, workspace: Workspace, arrays: list[Array], n_steps: int) -> int:
        copies = [between_guards(array, self.at_end) for array in arrays]
        for slot, copy in zip(self.slots, copies, strict=True):
            if slot.kind == "scratch":  # nobody may read what nobody has written
                copy.view(np.uint8)[...] = 0xFF
        result = super()._call(workspace, copies, n_steps)
        for slot, array, copy in zip(self.slots, arrays, copies, strict=True):
            if slot.kind not in READ_ONLY:
                array[...] = copy
            elif not same_bits(array, copy):
                raise AssertionError(f"The {slot.kind} {slot.name!r} is only to be read, but has been written to.")
        Guarded.calls += 1
        return result

    def _sibling(self, layout: Layout, team: int) -> LlvmProgram:
        """Guarded as well: it runs in our stead where somebody else uses the processor."""
        sibling = guarded(super()._sibling(layout, team))
        sibling.at_end = self.at_end
        return sibling


def guarded(program: LlvmProgram) -> Guarded:
    """The same program, guarded from now on."""
    program.__class__ = Guarded
    return program  # type: ignore[return-value]


def layouts_in_turn(i: int, n: int) -> tuple[Layout, ...]:
    """The usual layout, and one of the others; rows lie last only where no axis is longer than 32."""
    return (Layout.FEATURES, Layout.ROWS if i % 2 == 0 and n <= 32 else Layout.ONE_ROW)


def primitives(sizes: Sequence[int]) -> Iterator[str]:
    """Every primitive at some sizes, checked against NumPy as well; every third size in float64."""
    rng = np.random.default_rng(11)
    for i, n in enumerate(sizes):
        for group, layout in ((group, layout) for group in GROUPS for layout in layouts_in_turn(i, n)):
            dtype = DType.FLOAT32 if n % 3 else DType.FLOAT64
            step, inputs, outputs = sized_step(n, dtype, group, layout)
            program = guarded(LlvmBackend(threads=2 - n % 2, layout=layout).compile(step))
            for at_end in (True, False):
                program.at_end, rows = at_end, n if at_end else 66 - n
                if layout is Layout.ONE_ROW:
                    rows = 1
                where = f"{group}, {n} numbers, {rows} rows, {layout}, at the {'end' if at_end else 'start'}"
                yield where
                values = sized_values(inputs, rows, rng)
                found = reported(run_once(Compiled(program), step, values, rows), outputs)
                check_nodes(found, outputs, values, rows, where)
                run_in_pieces(program, values, rows)


def run_in_pieces(program: Guarded, values: Arrays, rows: int) -> None:
    """Several steps, so that what is reported for later ones lies behind that of others, and the last ends its array."""
    step = program.step
    state, data, numbers = (
        {name: values[name].copy() for name in group} for group in (step.state, step.data, step.scalars)
    )
    bounds = np.unique([0, rows // 3, rows // 2, rows])
    order = np.arange(rows)
    if program.layout is Layout.ONE_ROW:
        bounds, order = np.arange(4), np.zeros(3, np.int64)
    each = {name: np.repeat(value[None], len(bounds) - 1, axis=0) for name, value in numbers.items()}
    assert program.run(state, data, order, bounds, each).failure is None


def network(n: int, dtype: str, layout: Layout) -> Training:
    """A network of n inputs and two layers of n units, with all that a step of training in a layout can have."""
    rng = np.random.default_rng(n)
    arrays = {"x": rng.normal(size=(67, n)), "y": rng.integers(0, 3, 67).astype(np.int32)}
    arrays["sample_weight"] = rng.uniform(0.1, 2, 67)
    layers = [Dense(n, activation="relu"), Dropout(0.2), Dense(n, activation="tanh"), Dense(3)]
    if layout is Layout.ROWS:  # which dropout refuses
        del layers[1]
    penalties = Penalties.of(0.001, 0.01, 1.0, None)
    return training_of(layers, arrays, CrossEntropy(), Adam(0.01), penalties=penalties, dtype=dtype)


def recurrent_network(n: int, dtype: str) -> Training:
    """A network of recurrent layers of n units that read three steps, some of which are padding."""
    rng = np.random.default_rng(n)
    arrays = {"x": rng.normal(size=(67, 3, 2)), "y": rng.integers(0, 3, 67).astype(np.int32)}
    arrays["x"][::2, 2] = 0.0
    kinds = [SimpleRNN(n), LSTM(n), GRU(n)]
    layers = [Masking(), Bidirectional(LSTM(n, return_sequences=True)), kinds[n % 3], Dense(3)]
    return training_of(layers, arrays, CrossEntropy(), Adam(0.01), dtype=dtype)


def training(sizes: Sequence[int]) -> Iterator[str]:
    """Training steps in batches of n rows, the last shorter: the same bits as with plain arrays; every third in float64."""
    cases = [(n, layout) for i, n in enumerate(sizes) for layout in layouts_in_turn(i, n)]
    for n, layout in cases:
        yield from _trained(n, layout, network(n, "float32" if n % 3 else "float64", layout))


def recurrent(sizes: Sequence[int]) -> Iterator[str]:
    """The same for recurrent networks; every third size, of which every other in float64."""
    for i, n in enumerate(sizes[::3]):
        layout = Layout.FEATURES if i % 3 else Layout.ONE_ROW
        yield from _trained(n, layout, recurrent_network(n, "float64" if i % 2 else "float32"))


def _trained(n: int, layout: Layout, own: Training) -> Iterator[str]:
    program, found = LlvmBackend(threads=1 + n % 2, layout=layout).compile(own.step), []
    for at_end in (None, True, False):
        if at_end is not None:
            program = guarded(program)
            program.at_end = at_end
        yield f"a network of {n} units, {layout}, {at_end=}"
        state = own.copied()
        result = own.run(program, state, 3, 1 if layout is Layout.ONE_ROW else n, shorter=True)
        found.append(state | result.metrics | result.health)
        check_same(found[0], found[-1])


def check_same(plain: Arrays, other: Arrays) -> None:
    if not all(same_bits(plain[name], other[name]) for name in plain):
        raise AssertionError("Guarded arrays have other results.")


def trip(_: Sequence[int]) -> Iterator[str]:
    """Read just behind a guarded array: this must end the process."""
    array = between_guards(np.zeros(64, np.uint8), at_end=True)
    yield "about to fault"
    yield f"read {ctypes.c_uint8.from_address(array.ctypes.data + 64).value}"


PARTS: dict[str, Callable[[Sequence[int]], Iterator[str]]] = {
    f.__name__: f for f in (primitives, training, recurrent, trip)
}


def main(part: str, sizes: str) -> None:
    for line in PARTS[part](EDGES if sizes == "edges" else sorted({*SIZES} - {*EDGES})):
        print(line, flush=True)  # what is under way when it ends
    print(f"done: {Guarded.calls} calls", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Arrays that share memory: never two at a time, and the same bits as with memory of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.llvm.comparing import same_bits
from backends.llvm.networks import Training, training_of
from chainrule.backends.llvm import Layout, LlvmBackend, LlvmProgram, host
from chainrule.backends.llvm.sharing import offsets
from chainrule.comparison.memory import memory_of
from chainrule.functional import CrossEntropy
from chainrule.nn import LSTM, Conv2D, Dense, Dropout, Flatten, Layer, Masking, MaxPool2D
from chainrule.optim import SGD, Adam, Transform
from chainrule.training import Penalties

N = 40

ARRAYS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6), st.integers(0, 6)), max_size=12)


@given(ARRAYS)
def test_no_two_arrays_have_the_same_place_at_the_same_time(arrays: Sequence[tuple[int, int, int]]) -> None:
    sizes = [size for size, _, _ in arrays]
    lives = [(min(a, b), max(a, b)) for _, a, b in arrays]
    places = offsets(sizes, lives)
    for phase in range(7):
        here = [i for i, (first, last) in enumerate(lives) if first <= phase <= last]
        taken = [byte for i in here for byte in range(places[i], places[i] + sizes[i])]
        assert len(taken) == len(set(taken))


def test_arrays_one_after_another_take_no_more_than_the_largest() -> None:
    assert offsets([3, 9, 5], [(0, 0), (1, 1), (2, 2)]) == [0, 0, 0]


def dense() -> Training:
    layers = [Dense(40, activation="relu"), Dropout(0.2), Dense(20, activation="tanh"), Dense(4)]
    return training(layers, (5,), penalties=Penalties.of(0.001, 0.01, 1.0, None))


def pictures() -> Training:
    layers = [Conv2D(4, 3, activation="relu"), MaxPool2D(), Conv2D(5, 3), Flatten(), Dense(4)]
    return training(layers, (12, 12, 1))


def sequences() -> Training:
    return training([Masking(), LSTM(6, return_sequences=True), LSTM(5), Dense(4)], (7, 3))


def training(
    layers: list[Layer], shape: tuple[int, ...], penalties: Penalties | None = None, optimizer: Transform | None = None
) -> Training:
    rng = np.random.default_rng(8)
    data = {"x": rng.normal(size=(N, *shape)), "y": rng.integers(0, 4, N).astype(np.int32)}
    return training_of(layers, data, CrossEntropy(), optimizer or Adam(0.01), penalties=penalties)


def apart(program: LlvmProgram) -> LlvmProgram:
    """The same program, in which every array has memory of its own."""
    program.slots = tuple(replace(slot, life=None) for slot in program.slots)
    return program


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("network", "layout"),
    [
        *(
            (network, layout)
            for network in (dense, pictures, sequences)
            for layout in (Layout.FEATURES, Layout.ONE_ROW)
        ),
        (pictures, Layout.ROWS),  # neither dropout nor a scan has code for rows that lie last
    ],
)
def test_results_are_those_of_arrays_with_memory_of_their_own(
    network: Callable[[], Training], layout: Layout, threads: int
) -> None:
    own, found = network(), []
    for change in (lambda program: program, apart):
        program = change(LlvmBackend(threads=threads, layout=layout).compile(own.step))
        state = own.copied()
        result = own.run(
            program, state, 18, 1 if layout is Layout.ONE_ROW else 13, shorter=layout is not Layout.ONE_ROW
        )
        assert result.failure is None
        found.append(state | result.metrics | result.health)
    assert all(same_bits(found[0][name], found[1][name]) for name in found[0])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rows", [32, 128])
def test_a_step_of_lenet_takes_at_most_three_times_its_activations(rows: int, threads: int) -> None:
    """LeNet-5 (LeCun and others, 1998), with rectifiers: its layers give 5,814 numbers for a picture."""
    layers: list[Layer] = [
        Conv2D(6, 5, activation="relu"),
        MaxPool2D(),
        Conv2D(16, 5, activation="relu"),
        MaxPool2D(),
        Flatten(),
    ]
    layers += [Dense(120, activation="relu"), Dense(84, activation="relu"), Dense(10)]
    own = training(layers, (28, 28, 1), optimizer=SGD(0.01))
    program = LlvmBackend(host(), threads=threads).compile(own.step, rows=rows)
    outputs = (24 * 24 + 12 * 12) * 6 + (8 * 8 + 4 * 4) * 16 + 120 + 84 + 10
    assert memory_of(program, rows).activations <= 3 * 4 * rows * outputs

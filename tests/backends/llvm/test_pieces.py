"""A long function in pieces: what is given to each, and the same bits as in one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from backends.llvm.comparing import same_bits
from backends.llvm.networks import Training, training_of
from chainrule.backends.llvm import Layout, LlvmBackend, pieces
from chainrule.backends.llvm.cache import Cache
from chainrule.backends.llvm.code import I64, Code, Loop, Piece, Value
from chainrule.functional import CrossEntropy
from chainrule.nn import LSTM, Conv2D, Dense, Flatten, Layer, MaxPool2D
from chainrule.optim import Adam
from chainrule.training import Penalties


def steps_of(turns: int) -> tuple[Code, list[Value]]:
    """A loop over the steps, in which two loops add up what was read before: one to memory, one to carry it on."""
    code = Code()
    pointer, n = code.new(I64), code.new(I64)

    def step(k: object, _: object) -> list[object]:
        known = code.load(pointer, 3, I64)

        def store(i: Value, _: object) -> list[object]:
            for place in range(turns):
                code.store(code.op("add", I64, known, i), pointer, place)
            return []

        code.loop(0, n, 1, [], store)
        code.loop(0, n, 1, [known], lambda i, held: [code.op("add", I64, held[0], i)])
        return []

    code.loop(0, n, 1, [], step)
    return code, [pointer, n]


def test_a_loop_of_a_step_is_given_what_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_LONG", 0)
    code, (pointer, n) = steps_of(20)
    (steps,) = pieces.in_pieces(code.block)
    assert isinstance(steps, Loop)
    load, first, second = steps.body
    assert isinstance(first, Piece)
    assert first.given == [n, load.result, pointer]
    assert isinstance(second, Loop)  # which gives something: it stays where it is


def test_what_is_short_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    code, _ = steps_of(20)
    assert pieces.in_pieces(code.block) == code.block
    monkeypatch.setattr(pieces, "_LONG", 0)
    code, _ = steps_of(2)
    assert not any(isinstance(x, Piece) for x in pieces.in_pieces(code.block)[0].body)


def pictures() -> Training:
    layers = [Conv2D(4, 3, activation="relu"), MaxPool2D(), Conv2D(5, 3), Flatten(), Dense(4)]
    return training(layers, (12, 12, 1))


def sequences() -> Training:
    return training([LSTM(6), Dense(20, activation="relu"), Dense(4)], (7, 3))


def training(layers: list[Layer], shape: tuple[int, ...]) -> Training:
    rng = np.random.default_rng(8)
    data = {"x": rng.normal(size=(40, *shape)), "y": rng.integers(0, 4, 40).astype(np.int32)}
    return training_of(layers, data, CrossEntropy(), Adam(0.01), penalties=Penalties.of(0.0, 0.01, 1.0, None))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("network", "layout"),
    [(pictures, Layout.ROWS), (pictures, Layout.ONE_ROW), (sequences, Layout.FEATURES), (sequences, Layout.ONE_ROW)],
)
def test_the_same_bits(
    network: Callable[[], Training], layout: Layout, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, found = network(), []
    for long in (10**9, 0):
        monkeypatch.setattr(pieces, "_LONG", long)
        program = LlvmBackend(threads=threads, layout=layout, cache=Cache(None)).compile(own.step)
        assert ("@piece" in program.text) == (long == 0)
        state = own.copied()
        batch = 1 if layout is Layout.ONE_ROW else 13
        result = own.run(program, state, 18, batch, shorter=batch > 1)
        found.append(state | result.metrics | result.health)
    assert all(same_bits(found[0][name], found[1][name]) for name in found[0])

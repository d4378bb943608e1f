"""A call of `learn` like the one before it takes a short way: the same bits, errors and warnings as the careful one."""

from __future__ import annotations

import copy
import pickle
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataError, TrainingWarning
from chainrule.training.online import Online, Stream
from training.descent import bits, classes, data

Learn = Callable[..., float]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float | None]]:
    """What the short way has given; None where it left an example to the careful one."""
    found: list[float | None] = []
    genuine = Online.learn

    def learn(self: Online, x: Any, y: Any) -> float | None:
        found.append(genuine(self, x, y))
        return found[-1]

    monkeypatch.setattr(Online, "learn", learn)
    return found


def careful(net: cr.Network) -> Learn:
    """The `learn` of a network without the short way."""
    net._stream.keep = lambda online: None  # type: ignore[method-assign]
    return net.learn


def network(outputs: int = 2, activation: str = "tanh") -> cr.Network:
    return cr.Network(cr.Dense(5, activation=activation), cr.Dense(outputs))


def both(net: cr.Network, calls: list[tuple[Any, Any]], **options: Any) -> None:
    """The same bits after every call, whichever way."""
    other = copy.deepcopy(net)
    slow = careful(other)
    for x, y in calls:
        assert net.learn(x, y, **options) == slow(x, y, **options)
        assert bits(net) == bits(other)
        assert net.memory == other.memory


OPTIMIZERS = [
    cr.SGD(0.05),
    cr.Momentum(0.05),
    cr.RMSprop(0.01),
    cr.Adam(0.01),
    cr.AdamW(0.01),
    cr.chain(cr.ClipByNorm(0.1), cr.SGD(0.1)),
]


@pytest.mark.parametrize("backend", ["llvm", "numpy"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.name)
def test_the_same_bits(optimizer: cr.Transform, dtype: str, backend: str, short: list[float | None]) -> None:
    X, y = data(12)
    calls = list(zip(X.astype(dtype), y, strict=True))
    both(network().build(3, dtype=dtype), calls, loss="squared_error", optimizer=optimizer, backend=backend)
    assert len(short) == 11
    assert None not in short


@pytest.mark.parametrize("threads", [1, 2])
def test_wide_layers_and_chunks(threads: int, short: list[float | None]) -> None:
    """Weights in panels, and several rows at once."""
    X, y = data(40, features=70)
    net = cr.Network(cr.Dense(130, activation="relu"), cr.Dropout(0.5), cr.Dense(2)).build(70)
    chunks = [(X[i : i + 8], y[i : i + 8]) for i in range(0, 40, 8)]
    for calls in (list(zip(X, y, strict=True))[:6], chunks):
        both(net, calls, loss="squared_error", optimizer=cr.Adam(0.01), threads=threads)
    assert len(short) == 5 + 5
    assert [i for i, loss in enumerate(short) if loss is None] == [5]  # the first chunk


@pytest.mark.parametrize("outputs", [1, 3])
def test_labels(outputs: int, short: list[float | None]) -> None:
    X, y = classes(12, max(outputs, 2))
    loss = "binary_cross_entropy" if outputs == 1 else "cross_entropy"
    for labels in (y.tolist(), list(y), [("cat", "dog", "emu")[k] for k in y]):
        net = network(outputs)
        net.learn(X[0], labels[0], loss=loss, classes=sorted(set(labels)))
        both(net, list(zip(X, labels, strict=True)), loss=loss)
    assert len(short) == 3 * 12
    assert None not in short


EXAMPLES: list[tuple[Any, Any]] = [
    ([1.0, 2.0, 3.0], 0.5),
    ((1, 2, 3), 1),
    (np.array([1, 2, 3]), np.int64(2)),
    (np.array([1.0, 0.1, 1e-3]), np.float32(0.1)),
    (np.array([True, False, True]), np.float64(0.1)),
    (np.array([1.0, 2.0, 3.0], np.float16), True),
    (np.array([3.0, 0, 2.0, 0, 1.0, 0], np.float32)[::-2], np.array(0.25)),
    (np.array([1.0, 2.0, 3.0], ">f8"), 2**60 + 1),
    ([[1.0, 2.0, 3.0]], [0.5]),
    ([1.0, True, 3], 0.1),
    (np.ma.masked_array([1.0, 2.0, 3.0]), 0.5),
    ([1e20, 2.0, 3.0], 0.5),
]


def test_whatever_an_example_looks_like() -> None:
    both(network(1).build(3), EXAMPLES * 2, loss="squared_error", optimizer=cr.SGD(1e-3))


WRONG: list[tuple[Any, Any]] = [
    ([1.0, np.nan, 3.0], 0.5),
    ([1.0, np.inf, 3.0], 0.5),
    (np.array([1e300, 2.0, 3.0]), 0.5),
    (["1", "2", "3"], 0.5),
    ([1.0, 2.0], 0.5),
    ([[1.0], [2.0, 3.0]], 0.5),
    ([1.0, None, 3.0], 0.5),
    ([1.0, 2.0, 3.0], np.nan),
    ([1.0, 2.0, 3.0], 1e300),
    ([1.0, 2.0, 3.0], 10**400),
    ([1.0, 2.0, 3.0], "0.5"),
    ([1.0, 2.0, 3.0], 1j),
    ([1.0, 2.0, 3.0], [0.5, 0.5]),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_errors_are_the_same_and_nothing_changes(case: int) -> None:
    nets = [network(1).build(3), network(1).build(3)]
    errors = []
    for net, learn in ((nets[0], nets[0].learn), (nets[1], careful(nets[1]))):
        for _ in range(2):
            learn([0.5, 1.0, 2.0], 0.5, loss="squared_error")
        before = bits(net), copy.copy(net.memory)
        with pytest.raises(cr.errors.ChainruleError) as caught:
            learn(*WRONG[case])
        errors.append((type(caught.value), str(caught.value)))
        assert (bits(net), net.memory) == before
        learn([0.5, 1.0, 2.0], 0.5)
    assert errors[0] == errors[1]
    assert bits(nets[0]) == bits(nets[1])


def test_a_step_that_diverges_changes_nothing(short: list[float | None]) -> None:
    net = network(1, "relu").build(3)
    for _ in range(3):
        net.learn([1.0, 2.0, 3.0], 1.0, loss="squared_error", optimizer=cr.Adam(0.01))
    before = bits(net), net.memory.learned
    net.params["dense2/bias"][...] = 3e38
    spoilt = bits(net)
    with pytest.warns(TrainingWarning, match="Nothing was learned: the loss became NaN or infinite"):
        assert np.isnan(net.learn([1.0, 2.0, 3.0], 1.0))
    assert short[-1] is None
    assert bits(net) == spoilt
    net.params["dense2/bias"][...] = np.frombuffer(before[0]["params/dense2/bias"], np.float32)
    assert (bits(net), net.memory.learned) == before
    assert np.isfinite(net.learn([1.0, 2.0, 3.0], 1.0))


CHANGES: dict[str, Callable[[cr.Network], Any]] = {
    "written into": lambda net: net.params["dense1/weight"].__setitem__((0, 0), 0.25),
    "set": lambda net: setattr(net, "params", {name: 0.5 * array for name, array in net.params.items()}),
    "frozen": lambda net: setattr(net.layers["dense1"], "trainable", False),
    "slower": lambda net: setattr(net.layers["dense1"], "learning_rate_factor", 0.3),
    "other dropout": lambda net: setattr(net.layers["dropout1"], "rate", 0.9),
    "other activation": lambda net: setattr(net.layers["dense1"], "activation", "relu"),
    "reset": lambda net: net.reset(7),
    "built": lambda net: net.build(3, seed=3),
    "fitted": lambda net: net.fit(np.ones((4, 3)), np.ones(4), epochs=2),
    "other optimiser": lambda net: net.learn([1, 2, 3], 1, optimizer=cr.SGD(0.5)),
    "other loss": lambda net: net.learn([1, 2, 3], 1, loss="absolute_error"),
    "other count": lambda net: setattr(net.memory, "learned", 2**32 - 1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_between_calls_count(change: str) -> None:
    nets = [cr.Network(cr.Dense(5, activation="tanh"), cr.Dropout(0.2), cr.Dense(1)) for _ in range(2)]
    losses: list[list[float]] = []
    for net, learn in ((nets[0], nets[0].learn), (nets[1], careful(nets[1]))):
        learn([0.5, 1.0, 2.0], 0.5, loss="squared_error", optimizer=cr.Momentum(0.01))
        learn([0.5, 1.0, 2.5], 0.5)
        CHANGES[change](net)
        losses.append([learn([0.5, 1.0, 2.0 + i], 0.5) for i in range(4)])
    assert losses[0] == losses[1]
    assert bits(nets[0]) == bits(nets[1])


def test_copies_learn_for_themselves() -> None:
    net = network(1)
    for i in range(3):
        net.learn([0.5, 1.0, i], 0.5, loss="squared_error")
    before = bits(net)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        expected = copy.deepcopy(net)
        assert other._stream._ready == []
        for i in range(3):
            assert other.learn([0.5, 1.0, i], 0.5) == careful(expected)([0.5, 1.0, i], 0.5)
        assert bits(other) == bits(expected)
        assert bits(net) == before


def test_threads_learn_on_networks_of_their_own() -> None:
    X, y = data(200)
    results: dict[int, Any] = {}

    def work(i: int) -> None:
        net = network().build(3, seed=i)
        losses = [net.learn(a, b, loss="squared_error") for a, b in zip(X, y, strict=True)]
        results[i] = losses, bits(net)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    together = dict(results)
    for i in range(4):
        work(i)
    assert together == results


def test_threads_that_share_a_network_share_no_step() -> None:
    """A step that somebody uses is not there for another."""
    net = network(1).build(3)
    net.learn([1.0, 2.0, 3.0], 0.5, loss="squared_error")
    inside: list[int] = []
    [online] = net._stream._ready
    assert isinstance(net._stream, Stream)
    genuine = online.take

    def take() -> Any:
        inside.append(len(net._stream._ready))
        return genuine()

    object.__setattr__(online, "take", take)
    net.learn([1.0, 2.0, 3.0], 0.5)
    assert inside == [0]
    assert net._stream._ready == [online]


def test_a_custom_layer_that_can_change_inside_takes_the_careful_way(short: list[float | None]) -> None:
    class Shift(cr.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.by = [1.0]

        def apply(self, params: Any, state: Any, x: Any, mode: Any) -> Any:
            return x + self.by[0], state

    layer = Shift()
    net = cr.Network(layer, cr.Dense(1, weight_init=1.0)).build(1)
    options: dict[str, Any] = {"loss": "squared_error", "optimizer": cr.SGD(0.0)}
    assert [net.learn([1.0], 0.0, **options) for _ in range(2)] == [2.0, 2.0]
    layer.by[0] = 3.0
    assert net.learn([1.0], 0.0, **options) == 8.0
    assert short == []


def test_no_warning_on_the_way() -> None:
    net = network(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for x in (np.array([1e-300, 1.0, 2.0]), np.array([2**40, 1, 2])):
            for _ in range(3):
                net.learn(x, 1e-310, loss="absolute_error", optimizer=cr.SGD(0.0))
        with pytest.raises(DataError, match="too large"):
            net.learn(np.array([1e300, 1.0, 2.0]), 1.0)

"""Ctrl-C: the first stops training within a second with everything intact, the second interrupts as usual."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import random
from chainrule.training import loop
from chainrule.training.clock import interrupts
from training.descent import bits, classes

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="a signal cannot be sent like this on Windows"),
    pytest.mark.alone,
]

X, y = classes(300)
FOREVER: dict[str, Any] = {"loss": "cross_entropy", "epochs": 10**6, "batch_size": 10}


def network() -> cr.Network:
    return cr.Network(cr.Dense(16, activation="relu"), cr.Dense(3))


def ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("validation", [None, 0.2])
def test_the_first_stops_training_and_all_is_well(validation: float | None) -> None:
    usual = signal.getsignal(signal.SIGINT)
    pressed: list[float] = []

    def press() -> None:
        pressed.append(time.perf_counter())
        ctrl_c()

    net = network()
    timer = threading.Timer(0.4, press)
    timer.start()
    history = net.fit(X, y, validation=validation, **FOREVER)
    assert time.perf_counter() - pressed[0] < 1.0
    assert history.stop_reason is not None
    assert history.stop_reason.name == "interrupted"
    assert history.stop_reason.sentence.startswith("Stopped by Ctrl-C after 0.")
    assert 0 < history.stop_reason.numbers["seconds"] < 1.5  # the step is compiled before the clock starts
    assert signal.getsignal(signal.SIGINT) is usual
    assert net.memory.epochs == len(history) > 0
    assert all(np.isfinite(value).all() for value in net.params.values())
    assert net.fit(X, y, epochs=2).loss[-1] < history.loss[0]  # and training goes on


def test_an_interrupted_epoch_ends_between_two_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one step a call, Ctrl-C in the second epoch's callback leaves two epochs and one step."""
    monkeypatch.setattr(loop, "CALL_SECONDS", 1e-9)
    net, again = network(), network()
    history = net.fit(X, y, callbacks=[lambda epoch: ctrl_c() if epoch.epoch == 1 else None], **FOREVER)
    assert len(history) == net.memory.epochs == 2
    again.fit(X, y, **{**FOREVER, "epochs": 2})
    assert bits(net) != bits(again)
    rows = random.permutation(300, 0, random.SHUFFLE, (2, 0))[:10]
    again.fit(X[rows], y[rows], epochs=1, batch_size="full", shuffle=False)
    assert bits(net) == bits(again)


def test_the_second_interrupts_at_once() -> None:
    usual = signal.getsignal(signal.SIGINT)
    net = network()

    def twice(epoch: cr.Epoch) -> None:
        if epoch.epoch == 2:
            ctrl_c()
            ctrl_c()
            time.sleep(5)  # never gets here

    began = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, y, callbacks=[twice], **FOREVER)
    assert time.perf_counter() - began < 3
    assert signal.getsignal(signal.SIGINT) is usual
    assert net.memory.epochs == 3
    again = network()
    again.fit(X, y, loss="cross_entropy", epochs=3, batch_size=10)
    assert bits(net) == bits(again)


def test_the_best_epoch_is_restored_after_ctrl_c() -> None:
    net = network()

    def press(epoch: cr.Epoch) -> None:
        if epoch.epoch == 5:
            ctrl_c()

    early = cr.EarlyStopping(patience=100)
    history = net.fit(X, y, validation=(X, (y + 1) % 3), early_stopping=early, callbacks=[press], **FOREVER)
    assert history.stop_reason is not None
    assert history.stop_reason.name == "interrupted"
    again = network()
    again.fit(X, y, loss="cross_entropy", epochs=int(np.argmin(history.val_loss)) + 1, batch_size=10)
    assert bits(net) == bits(again)


def test_another_handler_of_the_caller_is_put_back() -> None:
    mine: list[int] = []
    usual = signal.signal(signal.SIGINT, lambda number, frame: mine.append(number))
    try:
        with interrupts() as interrupted:
            ctrl_c()
            time.sleep(0.01)
            assert interrupted.is_set()
            ctrl_c()
            time.sleep(0.01)
        assert mine == [signal.SIGINT]
        ctrl_c()
        time.sleep(0.01)
        assert len(mine) == 2
    finally:
        signal.signal(signal.SIGINT, usual)


def test_ignored_signals_stay_ignored() -> None:
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        history = network().fit(X, y, loss="cross_entropy", epochs=3, callbacks=[lambda epoch: ctrl_c()])
        assert history.stop_reason is not None
        assert history.stop_reason.name == "epochs"
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, usual)


PROGRAM = """
import numpy as np
import chainrule as cr
X = np.random.default_rng(0).normal(size=(2000, 20))
net = cr.Network(cr.Dense(64, activation="relu"), cr.Dense(1))
print("begin", flush=True)
history = net.fit(X, X[:, 0], loss="squared_error", epochs=10**6)
print(history.stop_reason.name, all(np.isfinite(value).all() for value in net.params.values()))
"""


def test_a_real_process() -> None:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == "begin\n"
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        began = time.perf_counter()
        out, err = process.stdout.read(), process.stderr.read()
        process.wait(timeout=30)
        assert time.perf_counter() - began < 1.5  # the interpreter's own end included
    assert (out, err, process.returncode) == ("interrupted True\n", "", 0)

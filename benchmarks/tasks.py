"""The tasks of `latency.py`: each is run in a fresh process, `python -m benchmarks.tasks NAME ARGUMENT...`, and prints a number.

NumPy is loaded already where the clock starts, because the data are its arrays; Chainrule is not.
"""

from __future__ import annotations

import gzip
import importlib.util
import inspect
import json
import os
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import pictures
from benchmarks.contenders import BACKEND, start_chainrule
from benchmarks.networks import LENET, NETWORKS
from benchmarks.race import seconds_of
from benchmarks.workloads import Cell

MEBIBYTE = 2**20


def digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The 1,797 digits inside scikit-learn, features from 0 to 1, read without importing it."""
    found = importlib.util.find_spec("sklearn")
    if found is None or found.origin is None:
        raise SystemExit("The digits are a part of scikit-learn, which is not installed.")
    with gzip.open(Path(found.origin).parent / "datasets" / "data" / "digits.csv.gz", "rt") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.float32)
    return table[:, :-1] / 16, table[:, -1].astype(np.int64)


def first_epoch() -> float:
    """Seconds from `import chainrule` to the end of a first epoch of 64-128-10 on the digits."""
    X, y = digits()
    began = time.perf_counter()
    import chainrule as cr

    net = cr.Network(cr.Dense(128, activation="relu"), cr.Dense(10))
    net.fit(X, y, loss="cross_entropy", epochs=1, backend=BACKEND)
    return time.perf_counter() - began


def compilation(network: str) -> float:
    """Seconds that a first fit with validation takes longer than a second: all its programs are made.

    What is done once a process, whatever the network, such as loading LLVM, is done before.
    """
    import chainrule as cr

    settings: dict[str, Any] = {"loss": "cross_entropy", "backend": BACKEND}
    cr.Network(cr.Dense(2)).fit(np.ones((128, 3)), np.arange(128) % 2, epochs=1, validation=0.25, **settings)
    if network == "cats-and-dogs":
        net, (X, y), settings = pictures.network(), pictures.random_pictures(128, 32), pictures.settings()
    else:
        workload = NETWORKS[network]
        net, (X, y) = cr.Network(*workload.chainrule()), workload.data(128)

    def fit(epochs: int) -> None:
        net.fit(X, y, validation=0.25, epochs=epochs, **settings)

    return seconds_of(fit, 1) - seconds_of(fit, 1)


def memory() -> float:
    """Most MiB that a process ever holds that fits 784-128-10 to 60,000 rows, Python included, less data and parameters."""
    import chainrule as cr

    X = np.empty((60000, 784), np.float32)
    np.random.default_rng(0).standard_normal(dtype=np.float32, out=X)
    y = np.arange(len(X)) % 10
    net = cr.Network(cr.Dense(128, activation="relu"), cr.Dense(10))
    net.fit(X, y, loss="cross_entropy", epochs=2, backend=BACKEND)
    parameters = sum(array.nbytes for array in net.params.values())
    return (_most_memory() - X.nbytes - y.nbytes - parameters) / MEBIBYTE


def step_memory(batch: str, what: str) -> float:
    """Bytes of a training step of LeNet-5 by SGD, relative to those of the outputs of all its layers.

    Of "all" is the most that arrays hold at once above data and weights, measured while a compiled program runs: a run works
    on a copy of the weights. Of "rows" is what is planned for the rows of a batch, weights and their gradients aside.
    """
    import chainrule as cr
    from chainrule.backends.llvm import LlvmBackend
    from chainrule.comparison.memory import memory_of
    from chainrule.training import build_step
    from chainrule.training.coding import targets_for

    network, n, steps = LENET, int(batch), 4
    X, y = network.data(n * steps)
    model = cr.Network(*network.chainrule()).build(X.shape[1:]).model
    loss = cr.CrossEntropy()
    built = build_step(model, loss, targets_for(model, loss), optimizer=cr.SGD(1e-3))
    program = LlvmBackend().compile(built.step, rows=n)
    outputs = 4 * n * network.outputs
    if what == "rows":
        return memory_of(program, n).activations / outputs
    data, scalars = {"x": X, "y": y.astype(np.int32)}, {"learning_rate": np.array(1e-3, np.float32)}
    order, bounds = np.arange(len(X)), np.arange(steps + 1) * n
    tracemalloc.start()
    program.run(model.arrays, data, order, bounds, scalars)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / outputs


def _most_memory() -> int:
    """The largest resident size of this process in bytes; where the system tells it, without that of who started it."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def learn() -> float:
    """Microseconds of `net.learn(x, y)` on one example, 10-16-1, squared error, SGD: the best of some thousand calls."""
    import chainrule as cr

    net = cr.Network(cr.Dense(16, activation="tanh"), cr.Dense(1))
    x, y = np.linspace(-1, 1, 10, dtype=np.float32), 0.5
    net.learn(x, y, loss="squared_error", optimizer=cr.SGD(1e-3), backend=BACKEND)

    def calls(count: int) -> None:
        for _ in range(count):
            net.learn(x, y, backend=BACKEND)

    calls(500)
    return min(seconds_of(calls, 500) for _ in range(10)) / 500 * 1e6


def xor() -> float:
    """Seconds of 10,000 epochs of the four rows of XOR as one batch, 2-8-1, when the step is compiled."""
    import chainrule as cr

    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([0, 1, 1, 0])
    net = cr.Network(cr.Dense(8, activation="tanh"), cr.Dense(1))

    def train(epochs: int) -> None:
        rate = cr.SGD(0.1)
        net.fit(X, y, loss="binary_cross_entropy", optimizer=rate, batch_size="full", epochs=epochs, backend=BACKEND)

    train(1)
    return seconds_of(train, 10_000)


def importing(module: str) -> float:
    """Seconds to import a module."""
    began = time.perf_counter()
    importlib.import_module(module)
    return time.perf_counter() - began


def first_fit(library: str, epochs: str) -> float:
    """Seconds of the first fit of a process: digits, 64-100-10, Adam, batches of 200, as scikit-learn does by default."""
    X, y = digits()
    if library == "chainrule":
        import chainrule as cr

        began = time.perf_counter()
        net = cr.Network(cr.Dense(100, activation="relu"), cr.Dense(10))
        net.fit(X, y, loss="cross_entropy", batch_size=200, epochs=int(epochs), backend=BACKEND)
    else:
        import warnings

        from sklearn.neural_network import MLPClassifier

        warnings.simplefilter("ignore")
        began = time.perf_counter()
        MLPClassifier(max_iter=int(epochs), alpha=0, tol=0, n_iter_no_change=2**31, random_state=0).fit(X, y)
    return time.perf_counter() - began


def crowded(network: str, batch: str) -> float | None:
    """Time of two threads relative to one, while another process spins on one of the cores: medians of seven rounds.

    None where `fit` cannot be told the number of threads, or where processes cannot be bound to cores.
    """
    import chainrule as cr

    if "threads" not in inspect.signature(cr.Network.fit).parameters or not hasattr(os, "sched_setaffinity"):
        return None
    cell = Cell(network, int(batch), "sgd")
    data = cell.data(cell.most_steps)
    teams = [start_chainrule(cell, *data, threads=threads).train for threads in (1, 2)]
    for train in teams:
        train(2)
    epochs = max(1, round(0.3 / seconds_of(teams[0], 1)))
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        os.sched_setaffinity(busy.pid, {min(os.sched_getaffinity(0))})
        rounds = [[seconds_of(train, epochs) for train in teams] for _ in range(7)]
    finally:
        busy.kill()
        busy.wait()
    one, two = (statistics.median(column) for column in zip(*rounds, strict=True))
    return two / one


TASKS: dict[str, Any] = {
    task.__name__: task
    for task in (
        *(first_epoch, compilation, memory, step_memory, learn, xor, importing, first_fit, crowded),
        *(pictures.reading, pictures.epoch, pictures.first_epoch_of_files, pictures.augmentation),
    )
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))

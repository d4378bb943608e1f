"""The contenders: each is a function that takes a cell and its data, and gives what trains on them.

Each does what its own users do who care about speed, from the same initial weights. A process has one contender only, which
is imported when it starts.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.networks import NETWORKS
from benchmarks.workloads import Cell


@dataclass(frozen=True)
class Training:
    """`train(epochs)` takes so many epochs, and `loss()` is the mean loss over the data then; None where there is none."""

    train: Callable[[int], None]
    loss: Callable[[], float] | None = None


Start = Callable[..., Training]

BACKEND = "llvm"  # by name, so that it fails rather than falls back on another


def start_chainrule(cell: Cell, X: Any, y: Any, **settings: Any) -> Training:
    """`fit` as it is documented; it shuffles every epoch, chooses its threads, and reports losses and gradient norms.

    Further settings, such as the number of threads, are for measurements of Chainrule alone.
    """
    import chainrule as cr

    net = cr.Network(*cell.workload.chainrule()).build(X.shape[1:])
    net.params = cell.workload.weights()
    optimizer = {"sgd": cr.SGD, "adam": cr.Adam}[cell.optimizer](cell.learning_rate)
    settings |= {"loss": "cross_entropy", "optimizer": optimizer, "backend": BACKEND}

    def train(epochs: int) -> None:
        history = net.fit(X, y, batch_size=cell.batch, epochs=epochs, **settings)
        if len(history) != epochs:
            raise RuntimeError(f"Chainrule stopped early: {history.stop_reason}")

    return Training(train, lambda: float(net.evaluate(X, y, loss="cross_entropy", backend=BACKEND)["loss"]))


def start_pytorch(cell: Cell, X: Any, y: Any, *, threads: int, sparse: bool = False) -> Training:
    """The usual loop over slices of shuffled data, with fused optimisers, denormal numbers flushed to zero.

    With `sparse` gradients of embeddings, only the vectors of words that are met are changed; no fused optimiser takes them.
    """
    import torch

    torch.set_flush_denormal(True)
    torch.set_num_threads(threads)
    model = cell.workload.pytorch(sparse=sparse)
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[cell.optimizer]
    optimizer = kind(model.parameters(), lr=cell.learning_rate, fused=not sparse)
    loss = torch.nn.CrossEntropyLoss()
    X, y = torch.from_numpy(cell.workload.for_pytorch(X)), torch.from_numpy(y)

    def train(epochs: int) -> None:
        for _ in range(epochs):
            for first in range(0, len(X), cell.batch):
                rows = slice(first, first + cell.batch)
                optimizer.zero_grad()
                loss(model(X[rows]), y[rows]).backward()
                optimizer.step()

    return Training(train, lambda: loss(model(X), y).item())


def start_jax(cell: Cell, X: Any, y: Any) -> Training:
    """An epoch is one compiled call: `lax.scan` over its batches, with the state donated. Nothing is shuffled."""
    import jax
    import jax.numpy as jnp

    def loss(params: Any, x: Any, labels: Any) -> Any:
        logits = cell.workload.jax(params, x)
        return (jax.nn.logsumexp(logits, 1) - jnp.take_along_axis(logits, labels[:, None], 1)[:, 0]).mean()

    def sgd(state: Any, batch: Any) -> tuple[Any, None]:
        gradients = jax.grad(loss)(state, *batch)
        return jax.tree.map(lambda p, g: p - cell.learning_rate * g, state, gradients), None

    def adam(state: Any, batch: Any) -> tuple[Any, None]:
        params, first, second, t = state
        gradients, t = jax.grad(loss)(params, *batch), t + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        rate, correction = cell.learning_rate / (1 - 0.9**t), 1 / (1 - 0.999**t)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v * correction) + 1e-8), params, first, second)
        return (params, first, second, t), None

    params = jax.tree.map(jnp.asarray, cell.workload.weights())
    zeros = partial(jax.tree.map, jnp.zeros_like)
    step, state = {"sgd": (sgd, params), "adam": (adam, (params, zeros(params), zeros(params), jnp.float32(0)))}[
        cell.optimizer
    ]
    epoch = jax.jit(lambda state, X, y: jax.lax.scan(step, state, (X, y))[0], donate_argnums=0)
    whole = jnp.asarray(X), jnp.asarray(y, jnp.int32)
    X, y = (array.reshape(-1, cell.batch, *array.shape[1:]) for array in whole)

    def train(epochs: int) -> None:
        nonlocal state
        for _ in range(epochs):
            state = epoch(state, X, y)
        jax.block_until_ready(state)

    return Training(train, lambda: float(loss(state if cell.optimizer == "sgd" else state[0], *whole)))


def start_sklearn(cell: Cell, X: Any, y: Any) -> Training:
    """`MLPClassifier`, which starts again with each fit, and shuffles every epoch."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    *hidden, _ = (shape[0] for shape in cell.workload.shapes.values() if len(shape) == 1)  # the widths of the layers
    settings = {
        "hidden_layer_sizes": hidden,
        "solver": cell.optimizer,
        "batch_size": cell.batch,
        "learning_rate_init": cell.learning_rate,
        "momentum": 0.0,
        "alpha": 0.0,
        "tol": 0.0,
        "n_iter_no_change": 2**31,
        "random_state": 0,
    }

    def train(epochs: int) -> None:
        MLPClassifier(max_iter=epochs, **settings).fit(X, y)

    return Training(train)


@dataclass(frozen=True)
class Contender:
    """One who takes part: its name and module, how it starts, the `threads` it is told, and the networks it trains.

    `how` tells apart those of one name that do it differently.
    """

    name: str
    module: str
    start: Start
    threads: int | None = None
    how: str = ""
    networks: tuple[str, ...] = tuple(NETWORKS)


def contenders(cores: int) -> list[Contender]:
    """All of them, Chainrule first; PyTorch once with one thread and once with all, the text in two ways."""
    counts = sorted({1, cores})
    dense = tuple(name for name, workload in NETWORKS.items() if workload.dense)
    pytorch = partial(Contender, "PyTorch", "torch")
    return [
        Contender("Chainrule", "chainrule", start_chainrule),
        *(pytorch(partial(start_pytorch, threads=n), n) for n in counts),
        *(pytorch(partial(start_pytorch, threads=n, sparse=True), n, "sparse", ("text",)) for n in counts),
        Contender("JAX", "jax", start_jax),
        Contender("scikit-learn", "sklearn", start_sklearn, networks=dense),
    ]


def losses(cell: Cell, one: Contender, steps: int, epochs: int, **settings: Any) -> tuple[float, float]:
    """The loss over the data of some steps, before and after so many epochs of them: the same for everyone, in the same order."""
    training = one.start(cell, *cell.data(steps), **settings)
    if training.loss is None:
        raise ValueError(f"{one.name} does not tell its loss")
    before = training.loss()
    training.train(epochs)
    return before, training.loss()

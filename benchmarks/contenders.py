"""The contenders: each is a function that takes a cell and its data, and gives `train(epochs)`.

Each does what its own users do who care about speed. A process has one contender only, which is imported when it starts.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from benchmarks.workloads import LEARNING_RATE, Cell

Train = Callable[[int], None]
Start = Callable[[Cell, Any, Any], Train]

BACKEND = "llvm"  # by name, so that it fails rather than falls back on another


def start_chainrule(cell: Cell, X: Any, y: Any, **settings: Any) -> Train:
    """`fit` as it is documented; it shuffles every epoch, chooses its threads, and reports losses and gradient norms.

    Further settings, such as the number of threads, are for measurements of Chainrule alone.
    """
    import chainrule as cr

    *hidden, n_out = cell.sizes[1:]
    net = cr.Network(*(cr.Dense(size, activation="relu") for size in hidden), cr.Dense(n_out))
    optimizer = {"sgd": cr.SGD, "adam": cr.Adam}[cell.optimizer](LEARNING_RATE)
    settings |= {"loss": "cross_entropy", "optimizer": optimizer, "backend": BACKEND}

    def train(epochs: int) -> None:
        history = net.fit(X, y, batch_size=cell.batch, epochs=epochs, **settings)
        if len(history) != epochs:
            raise RuntimeError(f"Chainrule stopped early: {history.stop_reason}")

    return train


def start_pytorch(cell: Cell, X: Any, y: Any, *, threads: int) -> Train:
    """The usual loop over slices of shuffled data, with fused optimisers, denormal numbers flushed to zero."""
    import torch

    torch.set_flush_denormal(True)
    torch.set_num_threads(threads)
    layers: list[torch.nn.Module] = []
    for n_in, n_out in pairwise(cell.sizes):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[cell.optimizer]
    optimizer = kind(model.parameters(), lr=LEARNING_RATE, fused=True)
    loss = torch.nn.CrossEntropyLoss()
    X, y = torch.from_numpy(X), torch.from_numpy(y)

    def train(epochs: int) -> None:
        for _ in range(epochs):
            for first in range(0, len(X), cell.batch):
                rows = slice(first, first + cell.batch)
                optimizer.zero_grad()
                loss(model(X[rows]), y[rows]).backward()
                optimizer.step()

    return train


def start_jax(cell: Cell, X: Any, y: Any) -> Train:
    """An epoch is one compiled call: `lax.scan` over its batches, with the state donated. Nothing is shuffled."""
    import jax
    import jax.numpy as jnp

    def loss(params: Any, x: Any, labels: Any) -> Any:
        for weight, bias in params[:-1]:
            x = jax.nn.relu(x @ weight + bias)
        weight, bias = params[-1]
        logits = x @ weight + bias
        return (jax.nn.logsumexp(logits, 1) - jnp.take_along_axis(logits, labels[:, None], 1)[:, 0]).mean()

    def sgd(state: Any, batch: Any) -> tuple[Any, None]:
        gradients = jax.grad(loss)(state, *batch)
        return jax.tree.map(lambda p, g: p - LEARNING_RATE * g, state, gradients), None

    def adam(state: Any, batch: Any) -> tuple[Any, None]:
        params, first, second, t = state
        gradients, t = jax.grad(loss)(params, *batch), t + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        rate, correction = LEARNING_RATE / (1 - 0.9**t), 1 / (1 - 0.999**t)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v * correction) + 1e-8), params, first, second)
        return (params, first, second, t), None

    keys = jax.random.split(jax.random.key(0), len(cell.sizes))
    params = [
        (jax.random.normal(key, shape) * (2 / shape[0]) ** 0.5, jnp.zeros(shape[1]))
        for key, shape in zip(keys, pairwise(cell.sizes), strict=False)
    ]
    zeros = partial(jax.tree.map, jnp.zeros_like)
    step, state = {"sgd": (sgd, params), "adam": (adam, (params, zeros(params), zeros(params), jnp.float32(0)))}[
        cell.optimizer
    ]
    epoch = jax.jit(lambda state, X, y: jax.lax.scan(step, state, (X, y))[0], donate_argnums=0)
    X, y = jnp.asarray(X.reshape(-1, cell.batch, X.shape[1])), jnp.asarray(y.reshape(-1, cell.batch), jnp.int32)

    def train(epochs: int) -> None:
        nonlocal state
        for _ in range(epochs):
            state = epoch(state, X, y)
        jax.block_until_ready(state)

    return train


def start_sklearn(cell: Cell, X: Any, y: Any) -> Train:
    """`MLPClassifier`, which starts again with each fit, and shuffles every epoch."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    settings = {
        "hidden_layer_sizes": cell.sizes[1:-1],
        "solver": cell.optimizer,
        "batch_size": cell.batch,
        "learning_rate_init": LEARNING_RATE,
        "momentum": 0.0,
        "alpha": 0.0,
        "tol": 0.0,
        "n_iter_no_change": 2**31,
        "random_state": 0,
    }

    def train(epochs: int) -> None:
        MLPClassifier(max_iter=epochs, **settings).fit(X, y)

    return train


@dataclass(frozen=True)
class Contender:
    """One who takes part: what it is called, its module and distribution, and how it starts; `threads` are what it is told."""

    name: str
    module: str
    distribution: str
    start: Start
    threads: int | None = None


def contenders(cores: int) -> list[Contender]:
    """All of them, Chainrule first; PyTorch once with one thread and once with all."""
    return [
        Contender("Chainrule", "chainrule", "chainrule", start_chainrule),
        *(
            Contender("PyTorch", "torch", "torch", partial(start_pytorch, threads=threads), threads)
            for threads in sorted({1, cores})
        ),
        Contender("JAX", "jax", "jax", start_jax),
        Contender("scikit-learn", "sklearn", "scikit-learn", start_sklearn),
    ]

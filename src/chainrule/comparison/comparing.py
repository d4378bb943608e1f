"""compare: one network, one data set, several batch sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import DTypeLike

from chainrule import random
from chainrule.comparison.noise import NoiseMeter
from chainrule.comparison.result import Comparison
from chainrule.comparison.runs import Budget, Choice, Moment, Run, train_run
from chainrule.comparison.setting import Setting, sample
from chainrule.comparison.words import announce
from chainrule.data.containers import plural
from chainrule.errors import ArgumentError, NotFittedError
from chainrule.functional import Loss, LossFunction
from chainrule.network import Network
from chainrule.nn import Sequential
from chainrule.optim import Transform, get_optimizer, watches_loss
from chainrule.training import Model, Penalties
from chainrule.training.batches import check_batch_size
from chainrule.training.clock import interrupts
from chainrule.training.fitting import check_scores, divide
from chainrule.training.model import copies, put_back
from chainrule.training.programs import Engine, adapted_state
from chainrule.training.reading import read
from chainrule.training.stopping import Limits

MOST_MEASURED = 2_000  # rows on which losses are measured
_MOST_NUMBERS, _FEWEST_PLACES = 1 << 24, 4  # in the paths of all runs together, and in the path of each


def compare(
    network: Network,
    X: Any,
    y: Any,
    *,
    batch_sizes: Sequence[int | str] = (1, 32, "full"),
    loss: str | Loss | LossFunction | None = None,
    optimizer: str | Transform | Sequence[str | Transform] | None = None,
    epochs: int = 20,
    l1: float = 0.0,
    l2: float = 0.0,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    validation: Any = None,
    metrics: Sequence[str] = (),
    max_seconds: float | None = None,
    shuffle: bool = True,
    callbacks: Iterable[Callable[[Moment], object]] = (),
    verbose: bool = False,
    seed: int | None = None,
    backend: str | None = None,
    threads: int | None = None,
    dtype: DTypeLike | None = None,
) -> Comparison:
    """Train the same network once for each batch size, and measure loss, time, noise of the gradient and memory.

    Every run begins with the same parameters: those of the network, or new ones drawn by `seed` if it has none yet. All are
    given the same number of examples, `epochs` times all rows, so that a run with smaller batches takes more steps; with
    `max_seconds` each ends, at the latest, after so much time of training. All have the same learning rate unless `optimizer`
    is a list, with an optimiser for each batch size; it is that of the last fit unless given, or else plain gradient descent,
    SGD(0.01). A batch size is a number of rows, or "full" for all of them. The other arguments are those of `Network.fit`.
    The network does not change.

    The loss that is compared is what is minimised, penalties included and without dropout, at fixed rows: all of them, or
    2,000 drawn by the seed where there are more. It is measured between steps, at the same numbers of examples seen, while the
    clock stands still. A callback is called with each `Moment`; `verbose` prints a line for each. Ctrl-C ends the run that is
    going on, and leaves out those that have not begun; a second one interrupts at once. A run in which a number becomes NaN or
    infinite ends there.

    Print the result, or use its `runs`, `to_frame`, `surface` and `plot`. Wrong arguments raise `ArgumentError`, data that
    cannot be learned from `DataError`.

    >>> import chainrule as cr
    >>> X = [[0.0], [1.0], [2.0], [3.0]]
    >>> found = cr.compare(cr.Network(cr.Dense(1)), X, [1, 3, 5, 7], batch_sizes=(1, "full"), loss="squared_error")
    >>> [int(run.step[-1]) for run in found.runs]
    [80, 20]
    """
    if not isinstance(network, Network):
        raise ArgumentError(f"network must be a Network, but is of type {type(network).__name__}.")
    engine, penalties = Engine.of(backend, threads), Penalties.of(l1, l2, clip_norm, clip_value)
    limits = Limits.of(epochs, None, None, max_seconds, callbacks)
    present = _present(network)
    layer = present.layer if present else Sequential(*network.layers.values())
    model, reading = read(layer, present, network.memory, X, y, loss, seed=seed, dtype=dtype)
    model.check_finite()
    if not model.trainable():
        raise ArgumentError("There is nothing to compare: no layer of the network has parameters that are trained.")
    used_seed = model.seed if seed is None else random.check_seed(seed)
    examples = reading.examples(X, y)
    rows, held_out = divide(examples, validation, reading, used_seed)
    scores, _ = check_scores(metrics, None, classification=reading.coder is not None, held_out=held_out)
    given = network.memory.choose_optimizer(None, usual="sgd") if optimizer is None else optimizer
    chosen = choices(batch_sizes, given, len(rows))
    start = replace(model, arrays=copies(model.arrays), descent=None)
    put_back(start.arrays, {} if network.memory.adapted else adapted_state(start, examples.x, rows, engine))
    measured = sample(rows, MOST_MEASURED, used_seed)
    setting = Setting(
        start, reading, examples, rows, measured, held_out, tuple(scores), penalties, engine, used_seed, shuffle
    )
    observers = (*limits.callbacks, *([announce] if verbose else []))
    return _compare(setting, chosen, Budget(limits.epochs, limits.max_seconds), observers)


def _present(network: Network) -> Model | None:
    """The model of the network, if it has one."""
    try:
        return network.model
    except NotFittedError:
        return None


def choices(batch_sizes: Any, optimizer: Any, n: int) -> list[Choice]:
    """What each run has for itself, checked, for n rows.

    >>> [(choice.label, choice.batch_size) for choice in choices([1, "full"], "sgd", 150)]
    [('1', 1), ('full', 150)]
    """
    if isinstance(batch_sizes, str | bytes) or not isinstance(batch_sizes, Iterable):
        raise ArgumentError(f'batch_sizes must be a list, such as [1, 32, "full"], but is {batch_sizes!r}.')
    given = list(batch_sizes)
    if not given:
        raise ArgumentError('batch_sizes is empty: give at least one, such as [1, 32, "full"].')
    optimizers = list(optimizer) if isinstance(optimizer, list | tuple) else [optimizer] * len(given)
    if len(optimizers) != len(given):
        raise ArgumentError(
            f"optimizer names {plural(len(optimizers), 'optimizer')} for {plural(len(given), 'batch size')}: give one for all, "
            "or one for each."
        )
    found: dict[int, Choice] = {}
    for value, own in zip(given, optimizers, strict=True):
        if value is None:
            raise ArgumentError('batch_sizes must hold whole numbers or "full", but holds None.')
        size, descent = check_batch_size(value, n), get_optimizer(own)
        if size in found:
            twice = "twice" if found[size].label == str(value) else f"twice, as {found[size].label} and as {value}"
            raise ArgumentError(f"batch_sizes holds batches of {plural(size, 'row')} {twice}: leave one out.")
        if any(watches_loss(rate) for rate in descent.scalars().values()):
            raise ArgumentError(
                "optimizer has a learning rate that follows the losses of the epochs, which compare does not know: give a number "
                "or another schedule."
            )
        found[size] = Choice(str(value), size, descent)
    return list(found.values())


def _compare(
    setting: Setting, chosen: Sequence[Choice], budget: Budget, observers: Sequence[Callable[[Moment], object]]
) -> Comparison:
    """The runs, one after another."""
    meter = NoiseMeter(setting)
    initial = meter.measure(setting.model.arrays)
    most_places = max(_FEWEST_PLACES, _MOST_NUMBERS // (setting.size * len(chosen)))
    runs: list[Run] = []
    with interrupts() as interrupted:
        for choice in chosen:
            if not interrupted.is_set():
                run = train_run(
                    setting,
                    choice,
                    budget,
                    meter,
                    most_places=most_places,
                    interrupted=interrupted,
                    observers=observers,
                )
                runs.append(run)
    left_out = tuple(choice.label for choice in chosen[len(runs) :])
    return Comparison(tuple(runs), initial, budget, left_out, setting)

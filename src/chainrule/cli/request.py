"""What `chainrule train` is asked to do, checked before anything is read: each error names the option."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

from chainrule.cli.recipe import Plan
from chainrule.cli.source import Source, read_source
from chainrule.data.folders import Progress
from chainrule.errors import ArgumentError, check_name, check_number
from chainrule.functional import ACTIVATIONS, LOSSES
from chainrule.optim import OPTIMIZERS
from chainrule.training.programs import MOST_THREADS

TEST_SIZE = 0.25
BATCH_SIZES = "1,32,full"  # that are compared
MOST_UNITS = 1_000_000  # a layer of more would not fit a computer's memory
MOST_PIXELS = 1024  # on a side of an image: a network of more would hardly be trained on a processor
LARGEST_SEED = 2**32 - 1
Check = Callable[[str, Any], Any]


@dataclass(frozen=True)
class Request:
    """The arguments of the command, by the names of its options; None where an option is not given."""

    data: str
    target: str | None = None
    task: str | None = None
    ignore: tuple[str, ...] = ()
    text: str | None = None
    image_size: str | None = None
    skip_broken: bool = False
    test_size: float = TEST_SIZE
    hidden: str | None = None
    activation: str | None = None
    dropout: float | None = None
    loss: str | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    batch_size: str | None = None
    epochs: int | None = None
    l1: float | None = None
    l2: float | None = None
    clip_norm: float | None = None
    validation: float | None = None
    patience: int | None = None
    refit: bool | None = None
    max_seconds: float | None = None
    seed: int = 0
    threads: int | None = None
    output: str | None = None
    history: str | None = None
    plot: str | None = None
    quiet: bool = False

    def read(self, progress: Progress | None = None) -> Source:
        """Read the data that is asked for; `progress` is called with how many files are read, and of how many."""
        size = None if self.image_size is None else _image_size("--image-size", self.image_size)
        return read_source(
            self.data,
            self.target,
            self.task,
            self.ignore,
            text=self.text,
            image_size=size,
            skip_broken=self.skip_broken,
            progress=progress,
        )

    def choices(self) -> dict[str, Any]:
        """What is chosen of a `Plan`, checked; the error names the option."""
        given: dict[str, Any] = {}
        for field in fields(Plan):
            value = getattr(self, field.name)
            if value is not None:
                given[field.name] = CHECKS[field.name](f"--{field.name.replace('_', '-')}", value)
        return given


def _number(**bounds: Any) -> Check:
    return lambda option, value: check_number(option, value, **bounds)


def _name(known: Iterable[str]) -> Check:
    return lambda option, value: check_name(option, value, known)


def _hidden(option: str, value: str) -> tuple[int, ...]:
    """Units of layers, such as "128,64"; "none" is a linear model."""
    words = [] if value.strip().lower() == "none" else [word.strip() for word in value.split(",")]
    if not all(word.isascii() and word.isdigit() and int(word) for word in words):
        raise ArgumentError(
            f'{option} must be numbers of units, such as 128 or 128,64, or "none" for a linear model, but is {value!r}.'
        )
    units = tuple(map(int, words))
    if max(units, default=1) > MOST_UNITS:
        raise ArgumentError(f"{option} must be at most {MOST_UNITS:,} units a layer, but is {value!r}: give fewer.")
    return units


def _batch_size(option: str, value: str) -> int | str:
    if value == "full":
        return value
    if not (value.isascii() and value.isdigit() and int(value)):
        raise ArgumentError(f'{option} must be a whole number of rows, at least 1, or "full", but is {value!r}.')
    return int(value)


def _image_size(option: str, value: str) -> tuple[int, int]:
    """Height and width in pixels, such as "64x48"; a single number is both."""
    words = value.lower().split("x")
    if not (len(words) in (1, 2) and all(word.isascii() and word.isdigit() and int(word) for word in words)):
        raise ArgumentError(f"{option} must be height and width in pixels, such as 64 or 64x48, but is {value!r}.")
    height, width = int(words[0]), int(words[-1])
    if max(height, width) > MOST_PIXELS:
        raise ArgumentError(f"{option} must be at most {MOST_PIXELS:,} pixels a side, but is {value!r}: give fewer.")
    return height, width


CHECKS: dict[str, Check] = {
    "hidden": _hidden,
    "activation": _name(ACTIVATIONS),
    "dropout": _number(low=0, below=1),
    "loss": _name(LOSSES),
    "optimizer": _name(OPTIMIZERS),
    "learning_rate": _number(above=0),
    "batch_size": _batch_size,
    "epochs": _number(low=1, integer=True),
    "l1": _number(low=0),
    "l2": _number(low=0),
    "clip_norm": _number(above=0),
    "validation": _number(low=0, below=1),
    "patience": _number(low=1, integer=True),
    "refit": lambda option, value: value,
    "max_seconds": _number(above=0),
    "seed": _number(low=0, high=LARGEST_SEED, integer=True),
    "threads": _number(low=1, high=MOST_THREADS, integer=True),
}

"""The tasks of `latency.py` about pictures: what reading, training and augmentation take, and the network of cats and dogs.

The network is that of `examples/cats_vs_dogs.py`; the pictures are generated, because their content does not matter to time.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contenders import BACKEND
from benchmarks.race import seconds_of

PICTURES = 1000
SIDE = 96  # of a JPEG file
BATCH = 64
ROUNDS = 7


def random_pictures(n: int, side: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures of noise, and whether each is a cat or a dog, which take turns."""
    return np.random.default_rng(0).integers(0, 256, (n, side, side, 3), np.uint8), np.arange(n) % 2


def write_pictures(folder: Path, n: int, side: int = SIDE) -> None:
    """JPEG files of two classes: patches of colour with smooth borders and some noise, about as large as photographs are."""
    from PIL import Image

    random = np.random.default_rng(0)
    for kind in ("cat", "dog"):
        (folder / kind).mkdir()
    for i in range(n):
        patches = Image.fromarray(random.integers(0, 256, (12, 12, 3), np.uint8))
        smooth = np.asarray(patches.resize((side, side), Image.Resampling.BICUBIC), np.float64)
        noisy = np.clip(smooth + random.normal(0, 8, smooth.shape), 0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(folder / ("cat", "dog")[i % 2] / f"{i:05}.jpg", quality=90)


def network(*, augment: bool = True) -> Any:
    """The network of the example."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
    import cats_vs_dogs as example

    return example.network(replace(example.Recipe(), augment=augment))


def settings() -> dict[str, Any]:
    """How it is trained."""
    import chainrule as cr

    optimizer = cr.AdamW(2e-3, weight_decay=0.01)
    return {"loss": "binary_cross_entropy", "optimizer": optimizer, "batch_size": BATCH, "backend": BACKEND}


def trained(X: Any, y: Any, *, augment: bool = True) -> Callable[[int], None]:
    """A function that trains the network for so many epochs, when it is compiled."""
    net, how = network(augment=augment), settings()

    def train(epochs: int) -> None:
        net.fit(X, y, epochs=epochs, **how)

    train(1)
    return train


def reading(side: str, threads: str, n: int = PICTURES) -> float:
    """Microseconds a JPEG file of 96 × 96 that is read, decoded and resized, when the system has the files in memory."""
    import chainrule as cr

    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder), n)
        cr.read_images(folder, size=(8, 8), threads=1)
        began = time.perf_counter()
        cr.read_images(folder, size=(int(side), int(side)), threads=int(threads))
        return (time.perf_counter() - began) / n * 1e6


def epoch(side: str, n: int = PICTURES) -> float:
    """Microseconds a picture of an epoch of the network of cats and dogs, with augmentation."""
    train = trained(*random_pictures(n, int(side)))
    return min(seconds_of(train, 1) for _ in range(3)) / n * 1e6


def first_epoch_of_files(side: str, n: int = PICTURES) -> float:
    """Seconds from a folder of JPEG files to the end of the first epoch, when the network is compiled."""
    import chainrule as cr

    net, how = network(), settings()
    net.fit(*random_pictures(n, int(side)), epochs=1, **how)
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder), n)
        began = time.perf_counter()
        images = cr.read_images(folder, size=(int(side), int(side)))
        net.fit(images.X, (images.labels == "dog").astype(int), epochs=1, **how)
        return time.perf_counter() - began


def augmentation(side: str, n: int = PICTURES) -> float:
    """Time of an epoch with flips, shifts and rotations relative to one without: medians of rounds in which they take turns."""
    trains = [trained(*random_pictures(n, int(side)), augment=augment) for augment in (False, True)]
    rounds = [[seconds_of(train, 1) for train in trains] for _ in range(ROUNDS)]
    plain, augmented = (statistics.median(column) for column in zip(*rounds, strict=True))
    return augmented / plain

"""The run-time numbers of steps: rates, the random key, and the counter that random numbers depend on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from chainrule import random
from chainrule.optim import Progress, Rate, Schedule, rates_of
from chainrule.training.model import Arrays


def step_numbers(
    rates: Mapping[str, Rate], seed: int, at: NDArray[np.int64], progress: Progress, first_epoch: int = 0
) -> tuple[Arrays, Arrays]:
    """The numbers of the steps `at`, counted from the beginning of a fit: those that hold for all, and those with one for each.

    `first_epoch` is how many epochs there were before that fit.

    >>> from chainrule.optim import Cosine
    >>> fixed, varying = step_numbers({"l2": 0.1, "learning_rate": Cosine(1.0)}, 7, np.arange(2), Progress(4, 1))
    >>> (
    ...     fixed["key"].tolist(),
    ...     fixed["l2"].item(),
    ...     varying["counter"].tolist(),
    ...     varying["learning_rate"].round(2).tolist(),
    ... )
    ([7, 0], 0.1, [[0, 0], [0, 1]], [1.0, 0.85])
    """
    epoch, step = np.divmod(at, progress.steps_per_epoch)
    fixed = {name: np.asarray(rate) for name, rate in rates.items() if not isinstance(rate, Schedule)}
    varying = {name: rates_of(rate, at, progress) for name, rate in rates.items() if isinstance(rate, Schedule)}
    key = np.array([seed, random.DROPOUT], np.uint32)
    counter = np.stack([step, first_epoch + epoch], axis=1).astype(np.uint32)
    return {"key": key, **fixed}, {"counter": counter, **varying}

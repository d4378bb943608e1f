"""What a person waits for: start, compilation, small calls; and memory, and a machine that others use too.

Each measurement is a task in a fresh process; the least of some repeats counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.workloads import NETWORKS


@dataclass(frozen=True)
class Measurement:
    """A task with its arguments, and how its number is called; `warm` leaves what an earlier run has cached."""

    text: str
    unit: str
    command: tuple[str, ...]
    warm: bool = True


COLD = "nothing cached"

MEASUREMENTS = {
    "start-cold": Measurement(
        f"from `import chainrule` to the end of a first epoch, 64-128-10, 1,797 rows, {COLD}",
        "s",
        ("first_epoch",),
        False,
    ),
    "start-warm": Measurement("the same, with what the last run has cached", "s", ("first_epoch",)),
    **{
        f"compile-{network}": Measurement(
            f"compilation for a fit of {network}, {COLD}", "s", ("compilation", network), False
        )
        for network in NETWORKS
    },
    "memory": Measurement("peak memory above data and parameters, 784-128-10, 60,000 rows", "MiB", ("memory",)),
    "learn": Measurement("`net.learn(x, y)`, one example, 10-16-1", "µs", ("learn",)),
    "xor": Measurement("XOR, 4 rows, full batch, 10,000 epochs", "s", ("xor",)),
    "import-chainrule": Measurement("`import chainrule`, NumPy loaded", "s", ("importing", "chainrule")),
    "import-sklearn": Measurement(
        "`import sklearn.neural_network`, NumPy loaded", "s", ("importing", "sklearn.neural_network")
    ),
    **{
        f"digits-{epochs}-{library}": Measurement(
            f"first fit on the digits, {epochs} epoch{'s' if epochs > 1 else ''}, {COLD}: {name}",
            "s",
            ("first_fit", library, str(epochs)),
            False,
        )
        for epochs in (1, 10, 100, 200)
        for library, name in (("chainrule", "Chainrule"), ("sklearn", "scikit-learn"))
    },
    **{
        f"crowded-{network}": Measurement(
            f"two threads against one while another process spins on a core, {network}, batch 32",
            "×",
            ("crowded", network, "32"),
        )
        for network in ("784-128-10", "54-256-256-7")
    },
}


def measure_latency(only: Sequence[str], repeats: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each measurement, or those that are named, as a name and its facts; the value is None where it cannot be had."""
    for name, measurement in MEASUREMENTS.items():
        if not only or any(name.startswith(word) for word in only):
            value = _least(measurement, repeats)
            yield name, {"text": measurement.text, "unit": measurement.unit, "value": value}


def _least(measurement: Measurement, repeats: int) -> float | None:
    values = []
    with tempfile.TemporaryDirectory() as folder:
        if measurement.warm:
            _run(measurement.command, folder)
        for i in range(repeats):
            value = _run(measurement.command, folder if measurement.warm else os.path.join(folder, str(i)))
            if value is None:
                return None
            values.append(value)
    return min(values)


def _run(command: tuple[str, ...], cache: str) -> float | None:
    """The number that a task prints, run in a process of its own whose cache lies in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.tasks", *command],
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, "XDG_CACHE_HOME": cache},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    value: float | None = json.loads(done.stdout)
    return value

"""What a person waits for, measured: each is a task in a fresh process.

The least of some repeats counts; of ratios it is the median.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measurements import DENSE, OTHERS, RATIO, Measurement


def measure_latency(only: Sequence[str], repeats: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each measurement, or those that are named, as a name and its facts; the value is None where it cannot be had."""
    for name, measurement in (DENSE | OTHERS).items():
        if not only or any(name.startswith(word) for word in only):
            value = _measure(measurement, repeats)
            yield name, {"text": measurement.text, "unit": measurement.unit, "value": value}


def _measure(measurement: Measurement, repeats: int) -> float | None:
    values = []
    with tempfile.TemporaryDirectory() as folder:
        if measurement.warm:
            _run(measurement.command, folder)
        for i in range(1 if measurement.once else repeats):
            value = _run(measurement.command, folder if measurement.warm else os.path.join(folder, str(i)))
            if value is None:
                return None
            values.append(value)
    return statistics.median(values) if measurement.unit == RATIO else min(values)


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

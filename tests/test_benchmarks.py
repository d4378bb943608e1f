"""The benchmarks run, count operations as one does by hand, and their report renders."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report import fill, gflops, ratio, write_report
from benchmarks.workloads import Cell

ROOT = Path(__file__).resolve().parents[1]


def test_operations_are_counted_by_hand() -> None:
    """2 · in · out a row: forward in each layer, for its weights in each, for its inputs in all but the first."""
    hand = {"4-16-16-3": 2 * (3 * 256 + 3 * 48 + 2 * 64), "784-128-10": 2 * (2 * 784 * 128 + 3 * 128 * 10)}
    for network, a_row in hand.items():
        for batch in (1, 32):
            assert Cell(network, batch, "adam").flops() == a_row * batch


def test_ratio_and_rate() -> None:
    times = [("Chainrule", 2.0), ("PyTorch", 9.0), ("PyTorch", 8.0), ("JAX", 10.0)]
    cell = {"flops": 6000, "times": [{"name": name, "threads": None, "us": us} for name, us in times]}
    assert ratio(cell) == 4.0
    assert gflops(cell) == 3.0  # 6,000 in 2 µs
    alone = {"flops": 6000, "times": [cell["times"][0]]}
    assert ratio(alone) is None


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One small cell, measured by the command."""
    file = tmp_path_factory.mktemp("benchmarks") / "results.json"
    cell = ["--networks=4-16-16-3", "--batches=32", "--optimizers=sgd", "--peers=scikit-learn"]
    command = [sys.executable, "-m", "benchmarks", "train", *cell, "--quick", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "4-16-16-3" in done.stdout
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def test_a_cell_is_measured(results: dict[str, Any]) -> None:
    [cell] = results["cells"]
    times = {time["name"]: time["us"] for time in cell["times"]}
    assert set(times) == {"Chainrule", "scikit-learn"}
    assert all(us > 0 for us in times.values())
    assert results["peak"]["all"] > (gflops(cell) or 0.0) > 0
    assert results["machine"]["versions"]["scikit-learn"]


def test_the_report_renders(results: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for name in ("README.md", "docs/benchmarks.md"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    latency = {
        "xor": {"text": "XOR", "unit": "s", "value": 0.25},
        "crowded": {"text": "crowded", "unit": "×", "value": None},
    }
    for _ in range(2):  # a second time it replaces what it has written
        files = write_report({**results, "latency": latency}, tmp_path)
    readme, page, *charts = (file.read_text(encoding="utf-8") for file in files)
    assert readme.count("| 4-16-16-3 |") == page.count("| 4-16-16-3, SGD, 32 |") == 1
    assert "| XOR | 0.250 s |" in page
    assert "| crowded | – |" in page
    assert results["machine"]["processor"] in readme
    assert all("4-16-16-3" in chart and "batch 32" in chart for chart in charts)


def test_a_document_without_markers_is_refused() -> None:
    with pytest.raises(SystemExit, match="one section"):
        fill("# A page", "numbers")

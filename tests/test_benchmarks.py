"""The benchmarks run, count operations as one does by hand, all contenders compute the same, and their report renders."""

from __future__ import annotations

import importlib.util
import inspect
import json
import math
import multiprocessing
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import chainrule as cr
from benchmarks import contenders, pictures, tasks
from benchmarks.latency import measure_latency
from benchmarks.measurements import DENSE, OTHERS
from benchmarks.networks import LENET, NETWORKS
from benchmarks.report import OTHER_SECTION, fill, gflops, ratio, write_report
from benchmarks.workloads import Cell

pytestmark = pytest.mark.alone  # beside other tests a measurement says little

ROOT = Path(__file__).resolve().parents[1]
# One network of each kind, with each optimiser, at rates that show.
SAMPLES = [
    Cell(name, 32 if 32 in workload.batches else min(workload.batches), optimizer, learning_rate)
    for name, workload in {type(own): (name, own) for name, own in reversed(NETWORKS.items())}.values()
    for optimizer, learning_rate in (("sgd", 0.05), ("adam", 1e-3))
    if optimizer in workload.optimizers
]


def test_operations_are_counted_by_hand() -> None:
    """2 · in · out a row: forward in each layer, for its weights in each, for its inputs in all but the first."""
    hand = {"4-16-16-3": 2 * (3 * 256 + 3 * 48 + 2 * 64), "784-128-10": 2 * (2 * 784 * 128 + 3 * 128 * 10)}
    for network, a_row in hand.items():
        for batch in (1, 32):
            assert Cell(network, batch, "adam").flops() == a_row * batch


def test_operations_at_many_places_are_counted_by_hand() -> None:
    """A convolution has them at each place, a recurrence at each step; looking up words has none."""
    first, second = 24 * 24 * 6 * 25, 8 * 8 * 16 * 150
    dense = 256 * 120 + 120 * 84 + 84 * 10
    assert Cell("LeNet-5", 32, "sgd").flops() == 32 * 2 * (2 * first + 3 * second + 3 * dense)
    assert Cell("LSTM", 64, "sgd").flops() == 64 * 2 * (2 * 40 * 13 * 256 + 3 * 40 * 64 * 256 + 3 * 640)
    assert Cell("text", 64, "sgd").flops() == 64 * 2 * 3 * 64 * 3


@pytest.mark.parametrize("name", ["PyTorch", "JAX"])
def test_contenders_compute_the_same(name: str) -> None:
    """From the same weights, the same loss before and after the same steps, and steps long enough to tell them apart."""
    ours, *others = contenders.contenders(1)
    theirs = [one for one in others if one.name == name]
    if importlib.util.find_spec(theirs[0].module) is None:
        pytest.skip(f"{theirs[0].module} is not installed")
    wanted = [(cell, one, 4, 3) for cell in SAMPLES for one in theirs if cell.network in one.networks]
    assert {cell for cell, *_ in wanted} == set(SAMPLES)
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # it changes settings of its process
        found = pool.starmap(contenders.losses, wanted)
    for (cell, _, *steps), (before, after) in zip(wanted, found, strict=True):
        first, last = contenders.losses(cell, ours, *steps, shuffle=False)
        assert before == pytest.approx(first, rel=2e-6), cell
        assert abs(last - first) > 1e-3, cell
        assert after - before == pytest.approx(last - first, rel=1e-3), cell


def test_the_network_is_what_its_layers_say() -> None:
    """The weights that everyone begins with are those of the layers, and what layers give is counted by themselves."""
    for workload in NETWORKS.values():
        net = cr.Network(*workload.chainrule()).build(workload.data(1)[0].shape[1:])
        assert {name: array.shape for name, array in net.params.items()} == workload.shapes
    layers = LENET.chainrule()
    outputs = [
        math.prod(cr.Network(*layers[: i + 1]).build((28, 28, 1)).model.output_shape)
        for i, layer in enumerate(layers)
        if not isinstance(layer, cr.Flatten)
    ]
    assert LENET.outputs == sum(outputs)


def test_ratio_and_rate() -> None:
    times = [("Chainrule", 2.0), ("PyTorch", 9.0), ("PyTorch", 8.0), ("JAX", 10.0)]
    cell = {"flops": 6000, "times": [{"name": name, "threads": None, "us": us} for name, us in times]}
    assert ratio(cell) == 4.0
    assert gflops(cell) == 3.0  # 6,000 in 2 µs
    alone = {"flops": 6000, "times": [cell["times"][0]]}
    assert ratio(alone) is None


# ------------------------------------------------------------------------------------------- what a person waits for


@pytest.mark.parametrize("name", DENSE | OTHERS)
def test_a_measurement_names_a_task_and_its_arguments(name: str) -> None:
    task, *arguments = (DENSE | OTHERS)[name].command
    inspect.signature(tasks.TASKS[task]).bind(*arguments)


def test_a_measurement_runs_in_its_own_process() -> None:
    [(name, facts)] = measure_latency(["step-rows-8"], repeats=1)
    assert name == "step-rows-8"
    assert facts["unit"] == "×"
    assert facts["value"] == tasks.step_memory("8", "rows")


def test_the_memory_of_a_step_has_what_is_planned_and_the_weights() -> None:
    """What is allocated is at least the plan for the rows and a copy of the weights, and not twice that."""
    weights = sum(array.nbytes for array in LENET.weights().values()) / (4 * 32 * LENET.outputs)
    least = tasks.step_memory("32", "rows") + weights
    assert least < tasks.step_memory("32", "all") < 2 * least


def test_pictures_are_written_and_read(tmp_path: Path) -> None:
    pictures.write_pictures(tmp_path, 6)
    images = cr.read_images(tmp_path, size=(32, 32))
    assert images.X.shape == (6, 32, 32, 3)
    assert images.classes == ("cat", "dog")
    assert images.X.std() > 10
    assert pictures.reading("16", "1", n=6) > 0


@pytest.mark.slow
def test_pictures_are_trained_on() -> None:
    assert pictures.epoch("16", n=128) > 0
    assert pictures.first_epoch_of_files("16", n=128) > 0
    assert pictures.augmentation("16", n=128) > 0
    assert tasks.compilation("cats-and-dogs") > 0


# --------------------------------------------------------------------------------------------------- the report


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two small cells, measured by the command."""
    file = tmp_path_factory.mktemp("benchmarks") / "results.json"
    chosen = ["--networks=4-16-16-3,lstm", "--batches=32,64", "--optimizers=sgd", "--peers=scikit-learn"]
    command = [sys.executable, "-m", "benchmarks", "train", *chosen, "--quick", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "4-16-16-3" in done.stdout
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def test_cells_are_measured_by_those_who_take_part(results: dict[str, Any]) -> None:
    for cell, names in zip(results["cells"], ({"Chainrule", "scikit-learn"}, {"Chainrule"}), strict=True):
        times = {time["name"]: time["us"] for time in cell["times"]}
        assert set(times) == names
        assert all(us > 0 for us in times.values())
        assert results["peak"]["all"] > (gflops(cell) or 0.0) > 0
    assert results["machine"]["versions"]["scikit-learn"]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """Copies of the README and the page."""
    (tmp_path / "docs").mkdir()
    for name in ("README.md", "docs/benchmarks.md"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


LATENCY = {
    "xor": {"text": "XOR", "unit": "s", "value": 0.25},
    "crowded": {"text": "crowded", "unit": "×", "value": None},
    "compile-LSTM": {"text": "compilation for a fit of LSTM", "unit": "s", "value": 0.5},
}


def test_the_report_renders(results: dict[str, Any], documents: Path) -> None:
    for _ in range(2):  # a second time it replaces what it has written
        files = write_report({**results, "latency": LATENCY}, documents)
    readme, page, *charts = (file.read_text(encoding="utf-8") for file in files)
    assert readme.count("| 4-16-16-3 |") == page.count("| 4-16-16-3, SGD, 32 |") == 1
    assert page.count("| XOR | 0.250 s |") == 1
    assert "| crowded | – |" in page
    assert results["machine"]["processor"] in readme
    assert all("4-16-16-3" in chart and "batch 32" in chart for chart in charts)
    head, _, tail = page.partition(f"<!-- {OTHER_SECTION} -->")
    assert "| LSTM" not in readme
    assert "| LSTM, SGD, 64 |" not in head
    assert tail.count("| LSTM, SGD, 64 |") == tail.count("| compilation for a fit of LSTM | 0.500 s |") == 1


def test_a_report_leaves_what_it_has_no_results_for(results: dict[str, Any], documents: Path) -> None:
    before = {name: (documents / name).read_text(encoding="utf-8") for name in ("README.md", "docs/benchmarks.md")}
    others = {**results, "cells": results["cells"][1:], "latency": LATENCY}
    assert write_report(others, documents) == [documents / "docs" / "benchmarks.md"]
    assert (documents / "README.md").read_text(encoding="utf-8") == before["README.md"]
    head, _, tail = (
        (documents / "docs/benchmarks.md").read_text(encoding="utf-8").partition(f"<!-- {OTHER_SECTION} -->")
    )
    assert before["docs/benchmarks.md"].startswith(head)
    assert "| LSTM, SGD, 64 |" in tail


def test_a_document_without_markers_is_refused() -> None:
    with pytest.raises(SystemExit, match="one section"):
        fill("# A page", ["numbers"])

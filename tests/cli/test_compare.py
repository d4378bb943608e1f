"""`chainrule compare`, as a person uses it: what it prints and writes, and one sentence for whatever is wrong."""

from __future__ import annotations

import csv
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import chainrule as cr
from chainrule.cli import compare
from chainrule.cli.app import app
from chainrule.data.bundled import bundled

QUICK = ["--epochs", "3", "--hidden", "8"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["compare", *arguments])


def good(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i % 7},{'ab'[i % 2]},{i / 3}\n" for i in range(40))
    (tmp_path / "data.csv").write_text("x,word,y\n" + rows, encoding="utf-8")
    return tmp_path


def test_a_bundled_set_is_compared_and_told(folder: Path) -> None:
    output = good("iris", *QUICK, "--history", "moments.csv", "--plot", "picture.png", "--validation", "0.2")
    for part in (
        "iris flowers",
        "150, 30 of them to validate with",
        "4 → 8 relu → 3",
        "batch sizes 1, 32, full, by sgd and the cross entropy loss, 3 epochs each",
        "batch size 32  epoch 3/3  loss",
        "full (120)",
        "val_accuracy",
        "noise scale",
        "Lowest loss at the end",
        "fewest examples",
        "Memory of a step",
        "moments.csv",
    ):
        assert part in " ".join(output.split()) or part in output, part
    assert (folder / "picture.png").stat().st_size > 10_000
    with open("moments.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["batch_size"] for row in rows} == {"1", "32", "full"}
    assert rows[-1]["examples"] == "360"


def test_the_numbers_are_those_of_the_library() -> None:
    good("wine", *QUICK, "--batch-size", "8,full", "--lr", "0.05", "--seed", "3", "--history", "moments.csv", "-q")
    wine = bundled("wine")
    net = cr.Network(cr.Standardize(), cr.Dense(8, activation="relu"), cr.Dense(3))
    labels = np.array(wine.target_names, dtype=object)[wine.y]
    options: dict[str, Any] = {"loss": "cross_entropy", "optimizer": cr.SGD(0.05), "epochs": 3, "seed": 3}
    found = cr.compare(net, wine.X, labels, batch_sizes=(8, "full"), **options)
    with open("moments.csv", encoding="utf-8") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    np.testing.assert_allclose(losses, found.to_frame()["loss"].to_numpy(), rtol=1e-6)


def test_a_file_is_compared_for_values_and_for_classes() -> None:
    for target, loss in (("y", "squared error"), ("word", "cross entropy")):
        output = good("data.csv", "--target", target, *QUICK, "--batch-size", "1,8,full")
        assert f"the {loss} loss" in " ".join(output.split())
        assert "full (40)" in output
    assert "absolute error" in " ".join(good("data.csv", "-t", "y", *QUICK, "--loss", "absolute_error").split())


def test_each_batch_size_may_have_its_own_rate() -> None:
    output = good("iris", *QUICK, "--batch-size", "1, 8, full", "--learning-rate", "0.01,0.1,0.5")
    table = [line.split() for line in output.splitlines()]
    assert [row[1] for row in table if len(row) > 4 and row[0] in ("1", "8") and row[1] in ("0.01", "0.1")] == [
        "0.01",
        "0.1",
    ]
    assert any(row[:3] == ["full", "(150)", "0.5"] for row in table)


def test_quiet_says_nothing() -> None:
    assert good("iris", *QUICK, "--quiet", "--history", "moments.csv") == ""
    assert Path("moments.csv").exists()


def test_all_seconds_that_are_given_are_for_each() -> None:
    output = good("iris", "--epochs", "100000000", "--hidden", "4", "--max-seconds", "0.05", "--batch-size", "1,full")
    assert output.count("The time limit of 0.05 s is reached.") == 2
    assert "and at most 0.05 s" in " ".join(output.split())


@pytest.mark.skipif(os.name == "nt", reason="a signal cannot be sent like this on Windows")
def test_ctrl_c_shows_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Impatient(compare.Watch):
        def __call__(self, moment: cr.comparison.Moment) -> None:
            super().__call__(moment)
            if moment.label == "32" and moment.epochs == 1:
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(compare, "Watch", Impatient)
    output = " ".join(good("iris", *QUICK, "--history", "moments.csv").split())
    assert "Stopped by Ctrl-C" in output
    assert "Left out, because of Ctrl-C: batch size full." in output
    assert Path("moments.csv").exists()


def test_a_run_that_diverges_is_told() -> None:
    output = " ".join(good("diabetes", *QUICK, "--batch-size", "1,full", "--lr", "1e6,0.01").split())
    assert "1: It diverged" in output


BAD = {
    "no rows": (["iris", "--batch-size", "0"], "--batch-size must be a whole number of rows"),
    "a word": (["iris", "--batch-size", "1,abc"], "but is 'abc'"),
    "nothing": (["iris", "--batch-size", ""], "--batch-size must be"),
    "a gap": (["iris", "--batch-size", "1,,8"], "--batch-size must be"),
    "more rows than there are": (["iris", "--batch-size", "1,151"], "holds 151, but there are only 150 rows"),
    "more than validation leaves": (["iris", "--batch-size", "121", "--validation", "0.2"], "only 120 rows"),
    "one size twice": (["iris", "--batch-size", "8,8"], "--batch-size names 8 twice"),
    "one size under two names": (["iris", "--batch-size", "150,full"], '"full", which is the same'),
    "an unknown column": (["data.csv", "--target", "wrd"], "did you mean 'word'"),
    "no target": (["data.csv"], "--target is missing"),
    "an unknown set": (["iriss"], "did you mean 'iris'"),
    "a rate that is no number": (["iris", "--lr", "fast"], "--learning-rate must be a number"),
    "a rate below nothing": (["iris", "--lr", "-1"], "--learning-rate must be a finite number above 0"),
    "too few rates": (["iris", "--lr", "0.1,0.2"], "2 rates for 3 batch sizes"),
    "epochs": (["iris", "--epochs", "0"], "--epochs must be"),
    "an optimizer": (["iris", "--optimizer", "sdg"], "did you mean 'sgd'"),
    "a loss": (["iris", "--loss", "squared_error"], "--loss squared_error is for regression"),
    "a plot of no known kind": (["iris", "--plot", "curve.doc"], "--plot must name a file"),
    "one file for two": (["iris", "--plot", "a.png", "--history", "a.png"], "--plot"),
    "the data as output": (["data.csv", "-t", "y", "--history", "data.csv"], "also the data"),
    "an option of train": (["iris", "--patience", "3"], "--patience"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_sentence_is_told_and_nothing_done(case: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*given: object) -> None:
        pytest.fail("training began")

    monkeypatch.setattr(compare, "_run", never)
    arguments, part = BAD[case]
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert part in result.stderr
    assert {path.name for path in folder.iterdir()} == {"data.csv"}

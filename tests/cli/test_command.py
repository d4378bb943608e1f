"""The command, as a person uses it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import chainrule as cr
from chainrule.cli.app import app
from chainrule.data.bundled import bundled

QUICK = ["--epochs", "5", "--seed", "1"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def good(*arguments: str) -> Result:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    """A mixed table: numbers with gaps, categories, a constant, and a price that depends on them."""
    rng = np.random.default_rng(0)
    path = tmp_path / "houses.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["area", "rooms", "town", "country", "price", "sold"])
        for i in range(240):
            area, rooms, town = rng.uniform(40, 200), int(rng.integers(1, 7)), rng.choice(["Ulm", "Bonn", "Kiel"])
            price = 2000 * area + 10_000 * rooms + {"Ulm": 0, "Bonn": 50_000, "Kiel": 20_000}[str(town)]
            sold = "yes" if area > 120 else "no"
            writer.writerow(["" if i % 20 == 0 else f"{area:.1f}", rooms, town, "DE", f"{price:.2f}", sold])
    return path


# ------------------------------------------------------------------------------------------------ what it does


def test_a_bundled_set_is_trained_shown_and_saved() -> None:
    output = good("train", "iris", "--epochs", "40").output
    for part in (
        "iris flowers",
        "112 to train on",
        "cross entropy",
        "accuracy",
        "recognised",
        "iris.chainrule",
        "Stopped",
    ):
        assert part in output, part
    net = cr.load("iris.chainrule")
    iris = bundled("iris")
    assert (
        net.evaluate(iris.X, net.classes[np.unique(iris.y, return_inverse=True)[1]], metrics=["accuracy"])["accuracy"]
        > 0.9
    )


def test_a_regression_is_told_in_the_units_of_its_target(houses: Path) -> None:
    output = good("train", str(houses), "--target", "price", "--epochs", "150", "--ignore", "sold").output
    assert "R2" in output or "R²" in output
    assert "town" in output
    assert "missing" in output.lower()
    good("predict", "houses.chainrule", str(houses), "--output", "out.csv")
    with open("out.csv", encoding="utf-8") as file:
        found = np.array([float(row["prediction"]) for row in csv.DictReader(file)])
    with houses.open(encoding="utf-8") as file:
        truth = np.array([float(row["price"]) for row in csv.DictReader(file)])
    assert len(found) == 240
    assert np.corrcoef(found, truth)[0, 1] > 0.95
    assert abs(found.mean() - truth.mean()) < 0.1 * truth.mean()


def test_classes_are_recognised_and_predicted_with_probabilities(houses: Path) -> None:
    good("train", str(houses), "--target", "sold", "--ignore", "price", "--epochs", "60", "-o", "sold.chainrule")
    output = good("predict", "sold.chainrule", str(houses), "--probabilities").stdout
    rows = list(csv.DictReader(output.splitlines()))
    assert len(rows) == 240
    assert {row["prediction"] for row in rows} == {"yes", "no"}
    names = [name for name in rows[0] if name != "prediction"]
    assert len(names) == 2
    assert all(sum(float(row[name]) for name in names) == pytest.approx(1.0, abs=1e-4) for row in rows)


def test_rows_with_values_never_seen_are_predicted_all_the_same(houses: Path) -> None:
    good("train", str(houses), "--target", "price", *QUICK)
    Path("new.csv").write_text("area,rooms,town,sold\n100,3,Paris,yes\n,2,Ulm,no\n", encoding="utf-8")
    lines = good("predict", "houses.chainrule", "new.csv").stdout.strip().splitlines()
    assert len(lines) == 3
    assert all(np.isfinite(float(line)) for line in lines[1:])


def test_the_same_seed_gives_the_same_file() -> None:
    good("train", "wine", *QUICK, "-o", "a.chainrule", "--quiet")
    good("train", "wine", *QUICK, "-o", "b.chainrule", "--quiet")
    assert Path("a.chainrule").read_bytes() == Path("b.chainrule").read_bytes()
    good("train", "wine", *QUICK, "-o", "c.chainrule", "--quiet", "--seed", "2")
    assert Path("a.chainrule").read_bytes() != Path("c.chainrule").read_bytes()


def test_a_run_that_diverged_is_told_in_options_and_keeps_its_last_finite_parameters() -> None:
    result = run("train", "diabetes", "--optimizer", "sgd", "--lr", "1e6", "--quiet")
    assert result.exit_code == 1
    assert result.stderr.startswith("Training diverged: the ")
    assert result.stderr.endswith("or --clip-norm 1 usually cure this.\n")
    assert all(np.isfinite(array).all() for array in cr.load("diabetes.chainrule").params.values())


def test_history_and_plot_are_written() -> None:
    good("train", "wine", *QUICK, "--history", "history.csv", "--plot", "curve.png")
    with open("history.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 5
    assert float(rows[0]["loss"]) > float(rows[4]["loss"])
    assert Path("curve.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_quiet_says_little() -> None:
    assert len(good("train", "iris", *QUICK, "--quiet").stdout) < len(good("train", "iris", *QUICK).stdout) / 2


def test_info_tells_what_a_model_is() -> None:
    good("train", "iris", *QUICK, "--quiet")
    output = good("info", "iris.chainrule").output
    assert "iris" in output
    assert "dense1" in output or "relu" in output


def test_show_prints_a_step_of_a_model() -> None:
    good("train", "iris", *QUICK, "--quiet")
    assert "optimizer/adam" in good("show", "iris.chainrule").output
    assert good("show", "iris.chainrule", "--stage", "llvm", "--step", "predict").output.startswith("define void @run(")


def test_explain_writes_a_page_and_latex(houses: Path) -> None:
    good("train", str(houses), "--target", "price", *QUICK, "--quiet")
    output = good("explain", "houses.chainrule", str(houses), "--html", "step.html", "--latex", "step.tex").output
    assert "Written: step.html\nWritten: step.tex" in output
    assert "<svg" in Path("step.html").read_text(encoding="utf-8")
    assert "documentclass" in Path("step.tex").read_text(encoding="utf-8")
    good("explain", "houses.chainrule", str(houses), "--follow", "dense1/bias[0]", "--html", "number.html")
    assert "<math>" in Path("number.html").read_text(encoding="utf-8")
    refused = run("explain", "houses.chainrule", str(houses), "--html", "houses.chainrule")
    assert "--html houses.chainrule is also the model" in refused.output


def test_explain_works_a_step_out(houses: Path) -> None:
    good("train", "iris", *QUICK, "--quiet")
    output = good("explain", "iris.chainrule", "iris", "--row", "3").output
    assert "δ[dense1] = ∂L/∂z[dense1]" in output
    assert "gradients compared agree with finite differences" in " ".join(output.split())
    followed = good("explain", "iris.chainrule", "iris", "--follow", "dense1/weight[0, 1]", "--depth", "2").output
    assert followed.startswith("∂L/∂W[dense1] at [0, 1] = ")
    good("train", str(houses), "--target", "price", *QUICK, "--quiet")
    assert "Loss: squared_error" in good("explain", "houses.chainrule", str(houses), "--row", "7").output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["iris.chainrule", "iris", "--row", "150"], "--row is 150, but iris has 150 rows, counted from 0"),
        (["iris.chainrule", "iris", "--row", "-1"], "--row must be a whole number at least 0"),
        (["iris.chainrule", "houses.csv"], "'species'"),
        (["iris.chainrule", "iris", "--depth", "0"], "--depth must be a whole number at least 1"),
        (["iris.chainrule", "iris", "--depth", "2"], "give --follow as well"),
        (["iris.chainrule", "iris", "--html", "step.tex"], "--html must name a file that ends in .html"),
        (["iris.chainrule", "iris", "--latex", "step"], "--latex must name a file that ends in .tex"),
        (["iris.chainrule", "wine"], "wine has no column 'sepal length (cm)'"),
        (["iris.chainrule", "iris", "--follow", "dense9/weight[0, 0]"], "did you mean"),
        (["own.chainrule", "iris"], "was not made by chainrule train"),
        (["iris.chainrule", "rows.csv", "--row", "1"], "row 1 of rows.csv, taken by itself, is NaN"),
        (
            ["iris.chainrule", "rows.csv", "--row", "2"],
            "Row 2 of rows.csv, taken by itself: y has a label that the network",
        ),
        (["iris.chainrule", "rows.csv", "--row", "3"], "Row 3 of rows.csv has no 'species'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_explain_cannot_do_is_one_sentence(options: list[str], sentence: str, houses: Path) -> None:
    good("train", "iris", *QUICK, "--quiet")
    cr.Network(cr.Dense(2)).build(3).save("own.chainrule")
    names = ",".join(f"{part} {side} (cm)" for part in ("sepal", "petal") for side in ("length", "width"))
    rows = ["5,3,1,0.2,setosa", "5,3,1,,virginica", "5,3,1,1,rose", "5,3,1,1,"]
    Path("rows.csv").write_text("\n".join([f"{names},species", *rows, ""]), encoding="utf-8")
    result = run("explain", *options)
    assert result.exit_code == 2, result.output
    assert sentence in " ".join(result.stderr.split())


def test_version_and_help() -> None:
    assert good("--version").output == f"chainrule {cr.__version__}\n"
    assert "train" in good("--help").output
    assert "--learning-rate" in good("train", "--help").output.replace("\n", "")


# ------------------------------------------------------------------------------------------------ bad input

BAD = [
    (["train", "digit"], "did you mean 'digits'"),
    (["train", "nope.csv", "--target", "x"], "no file or folder 'nope.csv'"),
    (["train", "houses.csv"], "--target is missing"),
    (["train", "houses.csv", "--target", "prices"], "did you mean 'price'"),
    (["train", "broken.csv", "--target", "x"], "not a CSV"),
    (["train", "empty.csv", "--target", "x"], "empty"),
    (["train", "one.csv", "--target", "y"], "y"),
    (["train", "."], "folder"),
    (["train", "iris", "--batch-size", "0"], "--batch-size"),
    (["train", "iris", "--batch-size", "9999"], "--batch-size"),
    (["train", "iris", "--batch-size", "many"], "--batch-size"),
    (["train", "iris", "--activation", "rleu"], "did you mean 'relu'"),
    (["train", "iris", "--optimizer", "adm"], "did you mean 'adam'"),
    (["train", "iris", "--loss", "cross_entrop"], "did you mean 'cross_entropy'"),
    (["train", "iris", "--loss", "squared_error"], "--loss"),
    (["train", "iris", "--learning-rate", "-1"], "--learning-rate"),
    (["train", "iris", "--learning-rate", "nan"], "--learning-rate"),
    (["train", "iris", "--epochs", "0"], "--epochs"),
    (["train", "iris", "--l2", "-1"], "--l2"),
    (["train", "iris", "--l1", "inf"], "--l1"),
    (["train", "iris", "--dropout", "1"], "--dropout"),
    (["train", "iris", "--clip-norm", "0"], "--clip-norm"),
    (["train", "iris", "--hidden", "0"], "--hidden"),
    (["train", "iris", "--hidden", "many"], "--hidden"),
    (["train", "iris", "--validation", "1"], "--validation"),
    (["train", "iris", "--test-size", "1.5"], "--test-size"),
    (["train", "iris", "--patience", "0"], "--patience"),
    (["train", "iris", "--seed", "-1"], "--seed"),
    (["train", "iris", "--max-seconds", "0"], "--max-seconds"),
    (["train", "iris", "--task", "clustering"], "--task"),
    (["train", "iris", "-o", "missing/model.chainrule"], "folder that does not exist"),
    (["predict", "nope.chainrule", "houses.csv"], "nope.chainrule"),
    (["predict", "houses.csv", "houses.csv"], "not a Chainrule model file"),
    (["info", "houses.csv"], "not a Chainrule model file"),
    (["show", "houses.csv"], "not a Chainrule model file"),
    (["show", "houses.csv", "--stage", "assembly"], "--stage='assembly' is not known"),
    (["show", "houses.csv", "--step", "fit"], "--step='fit' is not known"),
]


@pytest.mark.parametrize(
    ("arguments", "sentence"), BAD, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_bad_input_is_one_sentence(arguments: list[str], sentence: str, houses: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.csv").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "one.csv").write_text("x,y\n" + "1,a\n" * 30)
    before = sorted(path.name for path in tmp_path.iterdir())
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    words = " ".join(result.stderr.split())
    assert sentence in words
    assert "Traceback" not in words
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_columns_that_are_missing_are_named(houses: Path) -> None:
    good("train", str(houses), "--target", "price", *QUICK, "--quiet")
    Path("new.csv").write_text("area,room,town,sold\n100,3,Ulm,yes\n", encoding="utf-8")
    result = run("predict", "houses.chainrule", "new.csv")
    assert result.exit_code == 2
    assert "no column 'rooms'" in " ".join(result.stderr.split())
    assert "did you mean 'room'" in " ".join(result.stderr.split())


# ------------------------------------------------------------------------------------------------ a process of its own


def process(*arguments: str, **options: object) -> subprocess.Popen[str]:
    code = "from chainrule.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(Path(cr.__file__).parent.parent), "PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment, text=True, **pipes)  # type: ignore[call-overload,no-any-return]


def test_output_that_is_no_terminal_is_plain() -> None:
    out, err = process("train", "iris", *QUICK).communicate(timeout=120)
    assert "\x1b" not in out + err
    assert "epoch" in out


def test_an_error_is_on_standard_error() -> None:
    started = process("train", "digit")
    out, err = started.communicate(timeout=120)
    assert (started.returncode, out) == (2, "")
    assert err.startswith("Error: ")


def test_a_reader_that_has_gone_ends_it_quietly(houses: Path) -> None:
    good("train", str(houses), "--target", "price", *QUICK, "--quiet")
    with process("predict", "houses.chainrule", str(houses)) as started:
        assert started.stdout is not None
        started.stdout.close()
        assert started.stderr is not None
        assert "Traceback" not in started.stderr.read()
        assert started.wait(timeout=120) in (0, 141)


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is sent in another way on Windows")
def test_ctrl_c_saves_the_best_network_so_far(tmp_path: Path) -> None:
    with process("train", "digits", "--epochs", "100000", "--patience", "100000") as started:
        assert started.stdout is not None
        for line in started.stdout:
            if re.search(r"epoch +\d", line):  # training has begun
                break
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
    assert started.returncode == 0, err
    assert "Ctrl-C" in out
    assert cr.load(tmp_path / "digits.chainrule").params["dense1/weight"].shape[0] == 64

"""The defaults of the command, training anew on all rows, and the numbers of the report, each against another calculation."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, mean_absolute_error, r2_score
from typer.testing import CliRunner

import chainrule as cr
from chainrule.cli.app import app
from chainrule.cli.curve import draw_curves
from chainrule.cli.learn import TASK_OF_TARGETS, prepare
from chainrule.cli.recipe import Plan, default_plan, train
from chainrule.cli.report import stop_in_words
from chainrule.cli.source import read_source
from chainrule.data.bundled import bundled
from chainrule.data.split import split
from chainrule.functional import ACTIVATIONS, LOSSES
from chainrule.optim import OPTIMIZERS

ROWS = sorted({*range(2, 40), *(int(10 ** (k / 8)) for k in range(13, 56))})


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_number_of_rows_has_a_plan_that_fits_it(task: str) -> None:
    for n in ROWS:
        plan = default_plan(n, task)  # type: ignore[arg-type]
        assert isinstance(plan.batch_size, int)
        assert 1 <= plan.batch_size <= n - plan.n_validation(n)
        assert 200 <= plan.epochs <= 1000
        assert plan.l2 * n == pytest.approx(default_plan(2, task).l2 * 2)  # type: ignore[arg-type]


def xor() -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (200, 2))
    return X, (X[:, 0] * X[:, 1] > 0).astype(np.int64)


PLAN = Plan(hidden=(8,), loss="cross_entropy", batch_size=16, l2=0.001, epochs=30, patience=8, learning_rate=0.01)


def network() -> cr.Network:
    return cr.Network(cr.Dense(8, activation="relu"), cr.Dense(2))


@pytest.mark.parametrize("l2", [0.001, 0.0])
def test_the_second_pass_is_a_fit_on_all_rows_that_settles_at_its_end(l2: float) -> None:
    X, y = xor()
    trained = train(replace(PLAN, l2=l2), network, X, y)
    shown = {"loss": "cross_entropy", "batch_size": 16, "l2": l2, "seed": 0}
    stopping = {"validation": 0.15, "early_stopping": cr.EarlyStopping(patience=8)}
    history = network().fit(X, y, optimizer=cr.Adam(0.01), epochs=30, **stopping, **shown)  # type: ignore[arg-type]
    assert history.best_epoch is not None
    assert trained.history.loss.tolist() == history.loss.tolist()
    epochs = len(history) if l2 else history.best_epoch + 1
    assert trained.refit_epochs == epochs
    assert f"Then trained anew on all training rows for {epochs} epoch" in " ".join(stop_in_words(trained))
    again = network()
    settling = cr.StepDecay(0.01, every=0.75 * epochs, factor=0.1)
    again.fit(X, y, optimizer=cr.Adam(settling), epochs=epochs, **shown)  # type: ignore[arg-type]
    for name, array in again.params.items():
        np.testing.assert_array_equal(trained.network.params[name], array)


def test_a_first_pass_that_was_cut_short_is_kept() -> None:
    X, y = xor()

    def watching(title: str, epochs: int) -> object:
        return lambda epoch: epoch.epoch == 4

    trained = train(PLAN, network, X, y, watching)  # type: ignore[arg-type]
    assert (len(trained.history), trained.refit_epochs) == (5, None)


def test_a_second_pass_that_was_cut_short_is_thrown_away() -> None:
    X, y = xor()

    def watching(title: str, epochs: int) -> object:
        return lambda epoch: title != "Training" and epoch.epoch == 2

    trained = train(PLAN, network, X, y, watching)  # type: ignore[arg-type]
    alone = train(replace(PLAN, refit=False), network, X, y)
    assert trained.refit_epochs is None
    assert "callback" in trained.why_not
    for name, array in alone.network.params.items():
        np.testing.assert_array_equal(trained.network.params[name], array)


def test_without_penalties_a_linear_model_is_least_squares() -> None:
    source = read_source("diabetes")
    rows = np.arange(0, 442, 2)
    choices = {"hidden": (), "l2": 0.0, "batch_size": "full", "validation": 0.0, "epochs": 3000, "learning_rate": 0.02}
    setup = prepare(source, rows, choices)
    found = setup.preparation.predictions(setup.train().network.predict(source.rows))
    X = np.column_stack([np.ones(442), source.rows])
    solution, *_ = np.linalg.lstsq(X[rows], source.y[rows], rcond=None)
    np.testing.assert_allclose(found, X @ solution, rtol=0.01)


@pytest.mark.parametrize(
    "choice",
    [
        *({"optimizer": name} for name in OPTIMIZERS),
        *({"activation": name} for name in ACTIVATIONS),
        *({"loss": name} for name in LOSSES),
    ],
    ids=lambda choice: "-".join(next(iter(choice.items()))),
)
def test_everything_that_can_be_chosen_trains(choice: dict[str, str]) -> None:
    kind = LOSSES[choice.get("loss", "cross_entropy")].targets
    name = {"binary": "breast_cancer", "classes": "wine"}.get(kind, "diabetes")
    source = read_source(name)
    assert source.task == TASK_OF_TARGETS[kind]
    setup = prepare(source, np.arange(len(source)), {**choice, "epochs": 20})
    trained = setup.train()
    assert trained.refit_epochs is not None
    losses = trained.history.loss
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


# ------------------------------------------------------------------------------------------- the numbers of the report


@pytest.fixture
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


def reported(output: str, score: str) -> float:
    found = re.search(rf"^{re.escape(score)}[^\d\n]*? +([\d,.-]+)", output, re.MULTILINE)
    assert found, output
    return float(found[1].replace(",", ""))


@pytest.mark.usefixtures("in_a_folder_of_its_own")
def test_scores_of_classes_are_those_of_scikit_learn() -> None:
    result = CliRunner().invoke(app, ["train", "wine", "--epochs", "4", "--seed", "3"])
    wine = bundled("wine")
    rows, held_out = split(178, 0.25, seed=3, labels=wine.y)
    net = cr.load("wine.chainrule")
    truth, predicted = np.array(wine.target_names)[wine.y[held_out]], net.predict(wine.X[held_out])
    assert f"{len(rows)} to train on" in result.stdout
    assert reported(result.stdout, "accuracy") == pytest.approx(100 * accuracy_score(truth, predicted), abs=0.05)
    score = f1_score(truth, predicted, average="macro")
    assert reported(result.stdout, "F1, mean over the classes") == pytest.approx(score, abs=5e-5)
    for label, row in zip(wine.target_names or (), confusion_matrix(truth, predicted), strict=True):
        cells = " +".join(str(n) if n else "·" for n in row)
        assert re.search(rf"^{label} +{cells} ", result.stdout, re.MULTILINE)


@pytest.mark.usefixtures("in_a_folder_of_its_own")
def test_errors_of_values_are_those_of_scikit_learn() -> None:
    result = CliRunner().invoke(app, ["train", "diabetes", "--epochs", "10"])
    data = bundled("diabetes")
    rows, held_out = split(442, 0.25, seed=0)
    lines = [",".join(data.feature_names), *(",".join(map(str, data.X[i])) for i in held_out)]
    Path("held_out.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    CliRunner().invoke(app, ["predict", "diabetes.chainrule", "held_out.csv", "-o", "out.csv"])
    predicted = np.loadtxt("out.csv", skiprows=1)
    truth = data.y[held_out]
    assert reported(result.stdout, "R²") == pytest.approx(r2_score(truth, predicted), abs=5e-5)
    rmse = float(np.sqrt(np.mean((truth - predicted) ** 2)))
    assert reported(result.stdout, "RMSE, in units of progression") == pytest.approx(rmse, rel=1e-5)
    assert reported(result.stdout, "MAE, in units of progression") == pytest.approx(
        mean_absolute_error(truth, predicted), rel=1e-5
    )
    baseline = np.full(len(truth), data.y[rows].mean())
    assert f"{mean_absolute_error(truth, baseline):,.6g}" in result.stdout


# -------------------------------------------------------------------------------------------------- the curve


def test_a_curve_has_a_mark_in_every_column_at_its_height() -> None:
    lines = draw_curves({"a": [8.0, 6.0, 4.0, 2.5]}, height=4, marks="*", width=4)
    marks = [(row, line.index("*")) for row, line in enumerate(lines[1:5]) if "*" in line]
    assert [line.count("*") for line in lines[1:5]] == [1, 1, 1, 1]
    assert [row for row, _ in marks] == [0, 1, 2, 3]
    assert marks == sorted(marks, key=lambda mark: mark[1])


def test_what_is_not_finite_is_left_out_of_a_curve() -> None:
    assert draw_curves({"a": [np.nan, np.inf]}) == []
    assert sum(line.count("*") for line in draw_curves({"a": [1.0, np.nan, 2.0]}, marks="*")[1:]) == 2


def test_a_long_curve_is_averaged_to_the_width() -> None:
    lines = draw_curves({"a": np.linspace(2, 1, 1000)}, width=50, marks="*")
    assert sum(line.count("*") for line in lines[1:]) == 50
    assert "1000 epochs" in lines[-1]

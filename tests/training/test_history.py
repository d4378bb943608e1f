"""The history of a fit: its series, its data frame, its picture."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.training.history import Epoch, History
from training.descent import classes, data, network


def fitted(**options: object) -> tuple[cr.Network, cr.History]:
    X, y = classes(60)
    net = network(3)
    given = {"loss": "cross_entropy", "validation": 0.25, "metrics": ["accuracy", "roc_auc"], "epochs": 6, "l2": 0.01}
    return net, net.fit(X, y, **{**given, **options})


def test_every_series_has_a_number_an_epoch() -> None:
    _, history = fitted()
    assert len(history) == 6
    for series in (history.loss, history.penalty, history.val_loss, history.learning_rate, history.seconds):
        assert series.shape == (6,)
        assert series.dtype == np.float64
        assert np.isfinite(series).all()
    assert (history.score("val_accuracy") <= 1).all()
    assert (history.learning_rate == 0.001).all()  # as it was written, not as float32 rounds it
    assert set(history.gradient_norms) == {"dense1/weight", "dense1/bias", "dense2/weight", "dense2/bias"}
    assert all(norms.shape == (6,) for norms in history.gradient_norms.values())
    assert np.isnan(history.score("val_f1")).all()


def test_seconds_add_up_to_the_duration() -> None:
    for options in ({}, {"validation": None, "metrics": ()}):
        began = time.perf_counter()
        _, history = fitted(epochs=40, **options)
        assert 0 < history.seconds.sum() < time.perf_counter() - began


def test_gradient_norms_are_those_of_the_batches() -> None:
    """Full batch, rate 0: the norm of the one gradient, which a second way gives as the change at rate 1."""
    X, y = data(20)
    net = network().build(3, dtype="float64")
    history = net.fit(X, y, loss="squared_error", optimizer=cr.SGD(0.0), batch_size="full", epochs=1)
    before = {name: value.copy() for name, value in net.params.items()}
    net.fit(X, y, optimizer=cr.SGD(1.0), batch_size="full", epochs=1)
    for name, value in net.params.items():
        assert history.gradient_norms[name][0] == pytest.approx(np.linalg.norm(value - before[name]), rel=1e-10)


def test_gradient_norms_average_the_recorded_steps() -> None:
    """40 steps: number 0, 16, 32 and 39 are recorded."""
    X, y = data(40, features=1, outputs=1)
    net = cr.Network(cr.Dense(1, bias=False)).build(1, dtype="float64")
    options = {"loss": "squared_error", "optimizer": cr.SGD(0.0), "batch_size": 1, "shuffle": False, "epochs": 1}
    history = net.fit(X, y, **options)
    w = net.params["dense1/weight"].item()
    each = np.abs((w * X[:, 0] - y[:, 0]) * X[:, 0])
    assert history.gradient_norms["dense1/weight"][0] == pytest.approx(each[[0, 16, 32, 39]].mean(), rel=1e-12)


def test_the_loss_falls_where_it_is_measured_before_each_step() -> None:
    """history.loss is the loss as the batches were met: of the first epoch, in full-batch mode, that of the initial weights."""
    X, y = data(20)
    net = network().build(3)
    initial = net.evaluate(X, y, loss="squared_error")["loss"]
    assert net.fit(X, y, loss="squared_error", batch_size="full", epochs=1).loss[0] == pytest.approx(initial, rel=1e-6)


def test_data_frame() -> None:
    _, history = fitted()
    frame = history.to_frame()
    norms = [f"gradient_norm/{name}" for name in history.gradient_norms]
    scores = ["val_loss", "val_accuracy", "val_roc_auc"]
    assert frame.columns == ["epoch", "loss", "penalty", *scores, "learning_rate", "seconds", *norms]
    assert frame["epoch"].to_list() == list(range(6))
    np.testing.assert_array_equal(frame["val_accuracy"].to_numpy(), history.score("val_accuracy"))
    np.testing.assert_array_equal(frame["loss"].to_numpy(), history.loss)


def test_data_frame_of_many_epochs_with_scores_that_begin_late() -> None:
    history = History([Epoch(i, 1.0, 0.0, 0.1, 0.2, {} if i < 150 else {"val_loss": 0.5}) for i in range(200)])
    assert history.to_frame()["val_loss"].null_count() == 150


def test_nothing_has_happened() -> None:
    history = History()
    assert (len(history), history.loss.shape, history.gradient_norms) == (0, (0,), {})
    assert history.to_frame().shape[0] == 0
    assert history.plot() is not None
    assert "0 epochs" in repr(history)


def test_repr_says_what_one_wants_to_know() -> None:
    _, history = fitted()
    assert repr(history) == f"<History: 6 epochs, loss {history.loss[-1]:.4g}; All 6 epochs are done.>"


@pytest.mark.parametrize(
    ("verbose", "first", "second"),
    [
        (False, [], []),
        (0, [], []),
        (True, [1, 2, 3, 4, 5], [6, 7]),
        (2, [2, 4, 5], [6, 7]),
        (3, [3, 5], [6, 7]),
        (10, [5], [7]),
    ],
)
def test_verbose_prints_some_epochs_and_the_last(
    verbose: int, first: list[int], second: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    net, history = fitted(epochs=5, verbose=verbose)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == [f"{number}/5" for number in first]
    for line, number in zip(lines, first, strict=True):
        assert f"loss {history.loss[number - 1]:.4f}" in line
        assert f"val_accuracy {history.score('val_accuracy')[number - 1]:.4f}" in line
    net.fit(*classes(60), epochs=2, verbose=verbose)
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == [f"{number}/7" for number in second]


@pytest.mark.parametrize("scores", [False, True])
def test_picture(scores: bool, tmp_path: Path) -> None:
    options = {} if scores else {"validation": None, "metrics": ()}
    early = {"early_stopping": cr.EarlyStopping(patience=3)} if scores else {}
    _, history = fitted(epochs=40, optimizer=cr.Adam(0.1), **options, **early)
    figure = history.plot()
    axes = figure.axes
    assert len(axes) == (2 if scores else 1)
    assert axes[0].get_ylabel() == "loss"
    assert axes[-1].get_xlabel() == "epoch"
    x, loss = axes[0].lines[0].get_data()
    assert list(x) == list(range(1, len(history) + 1))
    np.testing.assert_array_equal(loss, history.loss - history.penalty)
    labels = [text.get_text() for axis in axes for text in axis.get_legend().get_texts()]
    wanted = ["training", "validation", "best epoch", "accuracy", "roc_auc"] if scores else ["training"]
    assert set(labels) == set(wanted)
    figure.savefig(tmp_path / "history.png")
    assert (tmp_path / "history.png").read_bytes()[:4] == b"\x89PNG"


def test_a_picture_of_one_epoch_shows_a_point() -> None:
    _, history = fitted(epochs=1)
    assert history.plot().axes[0].lines[0].get_marker() not in ("None", "", None)


def test_the_plot_compares_like_with_like() -> None:
    """Both curves are without penalties, which the validation loss never has."""
    epochs = [Epoch(i, 3.0 + i, 2.0, 0.1, 0.1, {"val_loss": 1.0}) for i in range(3)]
    training, validation = History(epochs).plot().axes[0].lines[:2]
    assert np.asarray(training.get_ydata()).tolist() == [1.0, 2.0, 3.0]
    assert np.asarray(validation.get_ydata()).tolist() == [1.0, 1.0, 1.0]

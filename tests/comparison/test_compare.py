"""compare: every run is the fit that it stands for, measured at moments that all runs share."""

from __future__ import annotations

import itertools
import math
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import chainrule as cr
from chainrule.comparison import Moment
from chainrule.comparison.runs import moments
from training.descent import bits, classes, data, network

Array = NDArray[Any]
SIZES: tuple[Any, ...] = (1, 8, "full")


def dropout_network() -> cr.Network:
    return cr.Network(cr.Standardize(), cr.Dense(6, activation="relu"), cr.Dropout(0.3), cr.Dense(3))


# What a fit can be told, and a comparison as well.
FITS: dict[str, dict[str, Any]] = {
    "plain": {"optimizer": cr.SGD(0.05)},
    "momentum": {"optimizer": cr.Momentum(0.02)},
    "adam": {"optimizer": "adam"},
    "a schedule": {"optimizer": cr.SGD(cr.Cosine(0.1))},
    "penalties": {"optimizer": cr.SGD(0.05), "l1": 0.01, "l2": 0.1},
    "clipping": {"optimizer": cr.SGD(0.05), "clip_norm": 0.1},
    "validation": {"optimizer": cr.SGD(0.05), "validation": 0.2},
    "another seed": {"optimizer": cr.SGD(0.05), "seed": 7},
    "unshuffled": {"optimizer": cr.SGD(0.05), "shuffle": False},
    "float64": {"optimizer": cr.SGD(0.05), "dtype": "float64"},
}


@pytest.mark.parametrize("case", FITS)
def test_each_run_ends_with_the_bits_of_a_fit(case: str) -> None:
    """Parameters, and so the order of rows, dropout masks, the optimiser's state and all run-time numbers."""
    X, y = classes(60)
    given = {"loss": "cross_entropy", "epochs": 5, **FITS[case]}
    found = cr.compare(dropout_network(), X, y, batch_sizes=SIZES, **given)
    for size in SIZES:
        net = dropout_network()
        net.fit(X, y, batch_size=size, **given)
        end = found.setting.vector(net.model.arrays)
        np.testing.assert_array_equal(found[size].path[-1], end)
        assert found[size].stop_reason.name == "epochs"
    initial = dropout_network().build(2, seed=given.get("seed", 0), dtype=given.get("dtype", "float32"))
    for run in found.runs:
        np.testing.assert_array_equal(run.path[0], found.setting.vector(initial.model.arrays))


def test_the_number_of_steps_a_call_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = data(50)
    options: dict[str, Any] = {"batch_sizes": SIZES, "loss": "squared_error", "epochs": 4}
    usual = cr.compare(network(), X, y, **options)
    monkeypatch.setattr("chainrule.comparison.runs.CALL_SECONDS", 1e-9)
    slow = cr.compare(network(), X, y, **options)
    for one, other in zip(usual.runs, slow.runs, strict=True):
        np.testing.assert_array_equal(one.path, other.path)
        np.testing.assert_array_equal(one.loss, other.loss)


@pytest.mark.parametrize("built", [False, True])
def test_the_network_does_not_change(built: bool) -> None:
    X, y = classes(40)
    net = dropout_network()
    if built:
        net.fit(X, y, loss="cross_entropy", epochs=2)
    before, memory = bits(net) if built else {}, vars(net.memory).copy()
    cr.compare(net, X, y, batch_sizes=SIZES, loss="cross_entropy", epochs=2)
    assert vars(net.memory) == memory
    if built:
        assert bits(net) == before
    else:
        with pytest.raises(cr.NotFittedError):
            _ = net.params


def test_a_trained_network_is_where_its_runs_begin() -> None:
    X, y = classes(40)
    net = dropout_network()
    net.fit(X, y, loss="cross_entropy", optimizer=cr.Momentum(0.01), epochs=3)
    found = cr.compare(net, X, y, batch_sizes=SIZES, epochs=1)
    loss = net.evaluate(X, y)["loss"]
    for run in found.runs:
        assert run.loss[0] == pytest.approx(loss, rel=1e-6)
        assert run.optimizer == cr.Momentum(0.01)  # that of the last fit
        np.testing.assert_array_equal(run.path[0], found.setting.vector(net.model.arrays))


def test_losses_are_those_of_the_network_at_that_moment() -> None:
    """At whole epochs a fit of so many epochs gives the same; the penalties are added by hand."""
    X, y = classes(40)
    given: dict[str, Any] = {"loss": "cross_entropy", "optimizer": cr.SGD(0.1), "l1": 0.02, "l2": 0.3}
    found = cr.compare(dropout_network(), X, y, batch_sizes=(8, "full"), epochs=3, validation=(X[:20], y[:20]), **given)
    for run in found.runs:
        whole = [moment for moment in run.moments if moment.examples in (40, 80, 120)]
        assert [moment.epochs for moment in whole] == [1, 2, 3]
        for moment in whole:
            net = dropout_network()
            net.fit(X, y, batch_size=run.batch_size, epochs=moment.epochs, **given)
            weights = [value.astype(np.float64) for name, value in net.params.items() if name.endswith("weight")]
            penalty = sum(0.02 * np.abs(w).sum() + 0.15 * (w * w).sum() for w in weights)
            assert moment.loss == pytest.approx(net.evaluate(X, y)["loss"] + penalty, rel=1e-6)
            assert moment.scores["val_loss"] == pytest.approx(net.evaluate(X[:20], y[:20])["loss"], rel=1e-6)


def test_all_runs_are_measured_at_the_same_numbers_of_examples() -> None:
    X, y = data(100)
    found = cr.compare(network(), X, y, batch_sizes=(1, 30, "full"), loss="squared_error", epochs=40)
    assert found[1].examples.tolist() == [0, *moments(100, 40)]
    whole = [m for m in moments(100, 40) if m >= 100]
    for run in found.runs:
        assert [m for m in run.examples.tolist() if m >= 100] == whole
        assert (np.diff(run.step) > 0).all()
        assert (np.diff(run.seconds) >= 0).all()
        assert run.seconds[0] == 0.0
        assert run.examples[0] == run.step[0] == 0
    assert [m for m in found[30].examples.tolist() if m < 100] == [0, 30, 60]  # whole steps only
    assert found["full"].step.tolist() == [0, *(m // 100 for m in whole)]
    assert found[30].step[-1] == 40 * 4  # three batches of 30, and one of 10


@pytest.mark.parametrize(("n", "epochs"), [(1, 1), (1, 30), (7, 1), (100, 2), (60_000, 20)])
def test_moments_rise_from_one_example_to_all(n: int, epochs: int) -> None:
    found = moments(n, epochs)
    assert found == sorted(set(found))
    assert (found[0], found[-1]) == (1, n * epochs)
    assert all(m < n or m % n == 0 for m in found)
    assert len(found) < 80
    assert all(b - a <= max(n * epochs / 20 + n, 0.4 * b) for a, b in itertools.pairwise(found))


def test_the_clock_stands_still_while_a_run_is_measured() -> None:
    """A callback that takes 20 ms belongs to the measuring, as the losses do."""
    X, y = data(20)
    waiting = [lambda moment: time.sleep(0.02)]
    found = cr.compare(network(), X, y, batch_sizes=(4,), loss="squared_error", epochs=30, callbacks=waiting)
    assert 0 < found[4].seconds[-1] < 0.01 * len(found[4].moments)


def test_many_rows_are_measured_on_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.comparison.comparing.MOST_MEASURED", 30)
    X, y = data(80)
    net = network().build(3)
    found = cr.compare(net, X, y, batch_sizes=(10, "full"), loss="squared_error", epochs=1)
    rows = found.setting.measured
    assert len(set(rows.tolist())) == 30
    assert found.runs[0].loss[0] == pytest.approx(
        net.evaluate(X[rows], y[rows], loss="squared_error")["loss"], rel=1e-6
    )
    assert "30 of 80 rows" in str(found)


def test_a_path_is_thinned_where_it_would_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = data(80)
    options: dict[str, Any] = {"batch_sizes": (1, "full"), "loss": "squared_error", "epochs": 20}
    whole = cr.compare(network(), X, y, **options)
    monkeypatch.setattr("chainrule.comparison.comparing._MOST_NUMBERS", 10 * whole.setting.size * 2)
    thin = cr.compare(network(), X, y, **options)
    for run, all_of_it in zip(thin.runs, whole.runs, strict=True):
        assert 4 <= len(run.places) == len(run.path) <= 12
        assert (run.places[0], run.places[-1]) == (0, len(run.moments) - 1)
        np.testing.assert_array_equal(run.path, all_of_it.path[list(run.places)])


def test_each_batch_size_may_have_its_own_optimizer() -> None:
    X, y = data(40)
    own = [cr.SGD(0.01), "adam", cr.SGD(0.5)]
    found = cr.compare(network(), X, y, batch_sizes=SIZES, optimizer=own, loss="squared_error", epochs=2)
    assert [run.optimizer for run in found.runs] == [cr.SGD(0.01), cr.Adam(), cr.SGD(0.5)]
    for size, optimizer in zip(SIZES, own, strict=True):
        net = network()
        net.fit(X, y, batch_size=size, optimizer=optimizer, loss="squared_error", epochs=2)
        np.testing.assert_array_equal(found[size].path[-1], found.setting.vector(net.model.arrays))


# --------------------------------------------------------------------------------------------------- ends before


def test_a_run_that_diverges_ends_there_and_the_others_go_on() -> None:
    X, y = data(40)
    rates = [cr.SGD(1e4), cr.SGD(0.01)]
    found = cr.compare(network(), X, y, batch_sizes=(1, 8), optimizer=rates, loss="squared_error", epochs=20)
    bad, good = found.runs
    assert (bad.stop_reason.name, good.stop_reason.name) == ("non_finite", "epochs")
    assert bad.step[-1] < good.step[-1]
    assert np.isfinite(bad.path).all()
    assert "diverged" in str(found)
    assert found.plot().axes


def test_max_seconds_ends_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.comparison.runs.CALL_SECONDS", 1e-3)
    X, y = data(200)
    found = cr.compare(network(), X, y, batch_sizes=(1, 10), loss="squared_error", epochs=10**6, max_seconds=0.05)
    for run in found.runs:
        assert run.stop_reason.name == "max_seconds"
        assert 0.05 <= run.seconds[-1] < 0.5
        assert len(run.moments) == len(run.step) > 2


@pytest.mark.skipif(os.name == "nt", reason="a signal cannot be sent like this on Windows")
def test_ctrl_c_keeps_what_there_is() -> None:
    X, y = data(40)

    def press(moment: Moment) -> None:
        if moment.label == "8" and moment.epochs == 2:
            os.kill(os.getpid(), signal.SIGINT)

    usual = signal.getsignal(signal.SIGINT)
    found = cr.compare(network(), X, y, batch_sizes=SIZES, loss="squared_error", epochs=20, callbacks=[press])
    assert signal.getsignal(signal.SIGINT) is usual
    assert [run.label for run in found.runs] == ["1", "8"]
    assert found.left_out == ("full",)
    assert [run.stop_reason.name for run in found.runs] == ["epochs", "interrupted"]
    assert 2 <= found[8].moments[-1].epochs < 20
    assert "Left out, because of Ctrl-C: batch size full." in str(found)


# ------------------------------------------------------------------------------------------------- what it tells


def test_callbacks_see_every_moment_and_verbose_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    X, y = data(40)
    seen: list[Moment] = []
    options: dict[str, Any] = {"loss": "squared_error", "epochs": 2, "callbacks": [seen.append], "verbose": True}
    found = cr.compare(network(), X, y, batch_sizes=(8, "full"), validation=0.25, metrics=["r2"], **options)
    assert seen == [moment for run in found.runs for moment in run.moments]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(seen)
    assert lines[-1].startswith(f"batch size full  step 2  examples 60  loss {seen[-1].loss:.4f}  val_loss")
    assert found["full"].batch_size == 30
    assert np.isfinite(found[8].score("val_r2")).all()
    assert np.isnan(found[8].score("val_f1")).all()


def test_the_frame_holds_every_moment() -> None:
    X, y = data(40)
    found = cr.compare(network(), X, y, batch_sizes=(8, "full"), loss="squared_error", epochs=2, validation=0.25)
    frame = found.to_frame()
    assert frame.columns == ["batch_size", "rows", "epoch", "step", "examples", "seconds", "loss", "val_loss"]
    assert frame.height == sum(len(run.moments) for run in found.runs)
    own = frame.filter(frame["batch_size"] == "full")
    np.testing.assert_array_equal(own["loss"].to_numpy(), found["full"].loss)
    np.testing.assert_array_equal(own["step"].to_numpy(), found["full"].step)


def test_the_text_says_what_follows_from_the_numbers() -> None:
    X, y = data(60)
    found = cr.compare(network(), X, y, batch_sizes=SIZES, loss="squared_error", epochs=10, optimizer=cr.SGD(0.02))
    text = str(found)
    assert repr(found) == text
    best = min(found.runs, key=lambda run: run.loss[-1])
    assert f"Lowest loss at the end: batch size {best.label}" in text
    target = max(run.loss.min() for run in found.runs)
    examples = {run.label: int(run.examples[np.flatnonzero(run.loss <= target)[0]]) for run in found.runs}
    first = min(examples, key=lambda label: examples[label])
    assert f"fewest examples: batch size {first} ({first}: {examples[first]:,}" in text
    assert f"{found.initial_noise.relative(1):.3g} with 1" in text.replace("\n  ", " ")
    assert max(map(len, text.splitlines())) <= 100


def test_a_single_run_has_no_conclusions() -> None:
    X, y = data(20)
    text = str(cr.compare(network(), X, y, batch_sizes=[4], loss="squared_error", epochs=1))
    assert "Lowest loss" not in text
    assert text.startswith("batch size")


def test_a_run_is_found_by_its_name() -> None:
    X, y = data(20)
    found = cr.compare(network(), X, y, batch_sizes=[4, "full"], loss="squared_error", epochs=1)
    assert found["4"] is found[4] is found.runs[0]
    with pytest.raises(cr.ArgumentError, match="no run with batch size 5; there are 4, full"):
        found[5]


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_plot_is_saved(kind: str, tmp_path: Path) -> None:
    X, y = data(30)
    found = cr.compare(network(), X, y, batch_sizes=(1, 8), loss="squared_error", epochs=2)
    figure = found.plot(tmp_path / f"plot.{kind}", surface=found.surface(5))
    assert (tmp_path / f"plot.{kind}").stat().st_size > 1000
    assert len(figure.axes) == 6


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
def test_the_backend_is_the_one_that_is_asked_for(backend: str) -> None:
    X, y = data(30)
    options: dict[str, Any] = {"loss": "squared_error", "epochs": 2, "dtype": "float64"}
    found = cr.compare(network(), X, y, batch_sizes=SIZES, backend=backend, **options)
    other = cr.compare(network(), X, y, batch_sizes=SIZES, backend="numpy", **options)
    for one, two in zip(found.runs, other.runs, strict=True):
        np.testing.assert_allclose(one.loss, two.loss, rtol=1e-10)
        assert one.memory.planned is (backend == "llvm")
        assert math.isclose(one.noise.trace, two.noise.trace, rel_tol=1e-9)


# ------------------------------------------------------------------------------------------------------ bad input

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no batch size": ({"batch_sizes": []}, "batch_sizes is empty"),
    "a batch size alone": ({"batch_sizes": 32}, "batch_sizes must be a list"),
    "a word": ({"batch_sizes": "full"}, "batch_sizes must be a list"),
    "an unknown word": ({"batch_sizes": [1, "half"]}, "\"full\", but is 'half'"),
    "none": ({"batch_sizes": [1, None]}, "holds None"),
    "nothing": ({"batch_sizes": [0]}, "batch_size must be a whole number at least 1"),
    "a fraction": ({"batch_sizes": [1.5]}, "batch_size must be a whole number"),
    "more than there are": ({"batch_sizes": [41]}, "only 40 examples"),
    "one twice": ({"batch_sizes": [8, 8]}, "batches of 8 rows twice: leave"),
    "one under two names": ({"batch_sizes": [40, "full"]}, "40 rows twice, as 40 and as full"),
    "too few optimizers": ({"optimizer": [cr.SGD(0.1)]}, "1 optimizer for 3 batch sizes"),
    "an unknown optimizer": ({"optimizer": "sdg"}, "did you mean 'sgd'"),
    "a rate that watches": ({"optimizer": cr.SGD(cr.ReduceOnPlateau(0.1))}, "follows the losses"),
    "no epochs": ({"epochs": 0}, "epochs must be"),
    "no time": ({"max_seconds": 0}, "max_seconds must be"),
    "a seed": ({"seed": -1}, "seed must be"),
    "threads": ({"threads": 0}, "threads must be"),
    "a backend": ({"backend": "cuda"}, "backend='cuda'"),
    "a loss": ({"loss": "squared"}, "did you mean 'squared_error'"),
    "metrics of nothing": ({"metrics": ["r2"]}, "metrics needs validation data"),
    "a metric": ({"metrics": ["r3"], "validation": 0.2}, "r3"),
    "validation": ({"validation": 1.5}, "validation"),
    "a callback": ({"callbacks": [3]}, "callbacks must be"),
    "shuffle": ({"shuffle": 2}, "shuffle must be"),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_arguments_are_told_in_a_sentence(case: str) -> None:
    given, message = BAD[case]
    X, y = data(40)
    with pytest.raises(cr.ArgumentError) as error:
        cr.compare(network(), X, y, **{"loss": "squared_error", "batch_sizes": (1, 8, "full"), "epochs": 1, **given})
    assert message in str(error.value)


def test_what_is_no_network_or_trains_nothing() -> None:
    X, y = data(20)
    with pytest.raises(cr.ArgumentError, match="network must be a Network, but is of type str"):
        cr.compare("net", X, y)  # type: ignore[arg-type]
    frozen = cr.Network(cr.Dense(2, trainable=False))
    with pytest.raises(cr.ArgumentError, match="nothing to compare"):
        cr.compare(frozen, X, y, loss="squared_error")
    with pytest.raises(cr.ArgumentError, match="loss is not known yet"):
        cr.compare(network(), X, y)
    with pytest.raises(cr.ShapeError, match="X has 20 rows, but y has 5"):
        cr.compare(network(), X, y[:5], loss="squared_error")


def test_a_run_whose_last_loss_is_not_finite_says_so() -> None:
    """Nothing in its steps was infinite, but what they led to is."""
    x, y = np.random.default_rng(0).normal(size=(30, 3)), np.arange(30) % 3
    net = cr.Network(cr.Dense(8, activation="relu"), cr.Dense(8, activation="relu"), cr.Dense(3)).build(3)
    found = cr.compare(net, x, y, batch_sizes=["full"], loss="cross_entropy", optimizer=cr.SGD(1e30), epochs=1)
    assert not np.isfinite(found["full"].loss[-1])
    assert found["full"].stop_reason.name == "non_finite"
    assert "It diverged: the loss became NaN or infinite in epoch" in str(found["full"].stop_reason)


def test_a_plot_goes_into_a_picture(tmp_path: Path) -> None:
    net = cr.Network(cr.Dense(1)).build(1)
    found = cr.compare(net, [[0.0], [1.0], [2.0]], [1, 3, 5], batch_sizes=[1], loss="squared_error", epochs=1)
    history = net.fit([[0.0], [1.0]], [1, 3], loss="squared_error", epochs=1)
    for plot in (found.plot, history.plot):
        plot(tmp_path / "picture.png")
        assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
        with pytest.raises(
            cr.ArgumentError, match=r"path must name a file that ends in .png, .pdf, .svg, but is 'a.docx'"
        ):
            plot("a.docx")
        with pytest.raises(cr.ChainruleError, match="its folder does not exist"):
            plot("nowhere/picture.png")

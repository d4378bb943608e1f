"""The example of the spoken digits, on a part of the data: its features, its splits, its parts, and that it learns."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
import spoken_digits as script

DATA = Path(os.environ.get("CHAINRULE_DATA", "")) / "fsdd_8k.npz"


@pytest.fixture(scope="module")
def recordings() -> Any:
    """Three digits, 16 recordings of each by each speaker, of which 6 are trained on."""
    if not DATA.is_file():
        pytest.skip(script.HOW_TO_GET_IT)
    return script.read(DATA, digits=3, most=16)


def test_without_data_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["spoken_digits.py", "--data", str(tmp_path / "none.npz")])
    with pytest.raises(SystemExit, match="free-spoken-digit-dataset") as caught:
        script.main()
    assert str(caught.value).count(". ") == 0  # one sentence


def test_what_is_read_is_what_was_saved(tmp_path: Path) -> None:
    """Two recordings one after another: a tone of 500 Hz, and one of 2,000 Hz that is half as long."""
    tones = [np.sin(2 * np.pi * f * np.arange(n) / 8000) for f, n in ((500, 4000), (2000, 2000))]
    audio = np.round(3e4 * np.concatenate(tones)).astype(np.int16)
    columns = {"y": np.uint8([4, 7]), "speaker": np.array(["ann", "bob"]), "index": np.uint8([0, 12])}
    np.savez(tmp_path / "two.npz", audio=audio, lengths=np.array([4000, 2000]), **columns)
    found = script.read(tmp_path / "two.npz")
    assert found.y.tolist() == [4, 7]
    assert found.speaker.tolist() == ["ann", "bob"]
    assert [frames.shape for frames in found.frames[1.0]] == [(48, 32), (23, 32)]
    low, high = (int(frames.mean(axis=0).argmax()) for frames in found.frames[1.0])
    assert low < high
    assert len(script.read(tmp_path / "two.npz", most=10).y) == 1


def test_a_faster_recording_is_shorter_and_higher() -> None:
    """At a speed of 1.1 a tone of 1,000 Hz is one of 1,100 Hz, and a second has 91 hops of 10 ms."""
    tones = {f: np.sin(2 * np.pi * f * np.arange(8000) / 8000) for f in (1000, 1100)}
    faster = script.energies(tones[1000], 1.1)
    assert abs(len(faster) - 98 / 1.1) < 2
    np.testing.assert_array_equal(faster.mean(axis=0).argmax(), script.energies(tones[1100]).mean(axis=0).argmax())
    assert script.energies(tones[1000]).mean(axis=0).argmax() < faster.mean(axis=0).argmax()


def test_no_recording_is_in_two_parts(recordings: Any) -> None:
    split = script.official(recordings)
    assert sorted(np.concatenate([split.train, split.validation, split.test])) == list(range(len(recordings.y)))
    assert set(recordings.index[split.test]) == set(range(5))
    split = script.without(recordings, "theo")
    assert set(recordings.speaker[split.test]) == {"theo"}
    assert "theo" not in recordings.speaker[np.concatenate([split.train, split.validation])]
    assert not set(split.train) & set(split.validation)


def test_features_are_standardised_and_padded(recordings: Any) -> None:
    """The frames that are trained on have mean 0 and deviation 1; those behind the end of a recording are 0."""
    split = script.official(recordings)
    features = script.Features(recordings, split.train, script.Recipe())
    X = features(split.train).astype(float)
    lengths = np.array([len(recordings.frames[1.0][i]) for i in split.train])
    real = np.arange(script.LONGEST) < lengths[:, None]
    assert not X[~real].any()
    if lengths.max() <= script.LONGEST:
        np.testing.assert_allclose(X[real].mean(axis=0), 0.0, atol=1e-5)
        np.testing.assert_allclose(X[real].std(axis=0), 1.0, atol=1e-5)
    assert features(split.train, script.SPEEDS).shape == (3 * len(split.train), script.LONGEST, 32)


def test_it_learns(recordings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = script.final(recordings, replace(script.Recipe(), epochs=15), seeds=1, figures=str(tmp_path))
    assert found[0] > 0.85
    assert "mean of 1" in capsys.readouterr().out
    assert (tmp_path / "learning.svg").is_file()


def test_weights_that_suit_learn_and_others_do_not(
    recordings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = script.begin(recordings, figures=str(tmp_path), epochs=12)
    assert min(found["Glorot"], found["He"]) > 0.6
    assert max(found["N(0, 1)"], found["N(0, 0.01²)"]) < 0.5
    assert "Training diverged" in capsys.readouterr().out
    assert (tmp_path / "beginning.svg").is_file()


def test_the_gradient_at_the_beginning_leaves_the_weights(recordings: Any) -> None:
    rows = script.official(recordings).train
    X = script.Features(recordings, rows, script.Recipe())(rows)
    net = cr.Network(cr.Flatten(), cr.Dense(10)).build(X.shape[1:])
    before = net.params["dense1/weight"].copy()
    norm = script.still(net, X, recordings.y[rows]).gradient_norms["dense1/weight"][0]
    np.testing.assert_array_equal(net.params["dense1/weight"], before)
    z = X.reshape(len(X), -1) @ before
    p = np.exp(z - z.max(axis=1, keepdims=True))
    delta = (p / p.sum(axis=1, keepdims=True) - np.eye(10)[recordings.y[rows]]) / len(rows)
    np.testing.assert_allclose(norm, np.linalg.norm(X.reshape(len(X), -1).T @ delta), rtol=1e-4)


def of_speakers(recordings: Any, *names: str) -> Any:
    """The recordings of some speakers."""
    rows = np.flatnonzero(np.isin(recordings.speaker, names))
    frames = {speed: [each[i] for i in rows] for speed, each in recordings.frames.items()}
    return script.Recordings(frames, recordings.y[rows], recordings.speaker[rows], recordings.index[rows])


def test_every_speaker_is_held_out_once(recordings: Any, tmp_path: Path) -> None:
    two = of_speakers(recordings, "lucas", "theo")
    confusion = script.speakers(two, replace(script.Recipe(), epochs=6, batch_size=16), figures=str(tmp_path))
    assert confusion.sum(axis=1).tolist() == [32, 32, 32] + 7 * [0]
    assert (tmp_path / "confusion.svg").is_file()


def test_what_is_left_out_is_left_out(
    recordings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for left_out in script.LEFT_OUT.values():
        script.network(replace(script.Recipe(), **left_out)).build((script.LONGEST, 32))
    few = {name: script.LEFT_OUT[name] for name in ("everything", "without other speeds")}
    monkeypatch.setattr(script, "LEFT_OUT", few)
    short = replace(script.Recipe(), epochs=3, batch_size=16)
    script.ablation(of_speakers(recordings, "lucas", "theo"), short, strangers=("theo",))
    assert [line[:36].strip() for line in capsys.readouterr().out.splitlines()] == list(few)

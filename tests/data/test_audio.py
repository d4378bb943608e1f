"""Recordings as features: against plain loops, SciPy's cosine transform, and signals whose spectra are known."""

from __future__ import annotations

import cmath
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.fft
import soundfile
from numpy.typing import NDArray

import chainrule as cr
from chainrule.data.audio import hertz, mel, mel_filters, resample
from chainrule.data.sounds import sound_sequences

Signal = NDArray[np.float64]


def tone(frequency: float, seconds: float = 1.0, rate: int = 16_000) -> Signal:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


def noise(n: int, seed: int = 0) -> Signal:
    return np.random.default_rng(seed).normal(size=n)


# ------------------------------------------------------------------------------------------------------ reading


@pytest.mark.parametrize(("ending", "tolerance"), [("wav", 3.1e-5), ("flac", 3.1e-5), ("aiff", 3.1e-5), ("ogg", 0.05)])
def test_formats(tmp_path: Path, ending: str, tolerance: float) -> None:
    signal = tone(440, 0.3)
    soundfile.write(tmp_path / f"a.{ending}", signal, 16_000)
    found, rate = cr.read_audio(tmp_path / f"a.{ending}")
    assert (found.dtype, found.shape, rate) == (np.float64, signal.shape, 16_000)
    np.testing.assert_allclose(found, signal, atol=tolerance)


def test_channels_are_mixed_to_their_mean(tmp_path: Path) -> None:
    both = np.stack([tone(300, 0.1), tone(500, 0.1), np.zeros(1600)], axis=1)
    soundfile.write(tmp_path / "a.wav", both, 16_000, subtype="DOUBLE")
    np.testing.assert_allclose(cr.read_audio(tmp_path / "a.wav")[0], both.mean(axis=1), atol=1e-15)


@pytest.mark.parametrize(
    ("rate", "new"), [(8000, 16_000), (44_100, 16_000), (48_000, 16_000), (16_000, 16_000), (11_025, 8000)]
)
def test_a_tone_keeps_its_frequency_at_another_rate(rate: int, new: int, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(1000, 0.5, rate), rate, subtype="DOUBLE")
    found, said = cr.read_audio(tmp_path / "a.wav", rate=new)
    expected = tone(1000, 0.5, new)
    assert said == new
    assert len(found) == math.ceil(round(0.5 * rate) * new / rate)
    inside = slice(new // 50, len(expected) - new // 50)  # the filter has an edge
    np.testing.assert_allclose(found[inside], expected[inside], atol=5e-3)


def test_what_a_lower_rate_cannot_hold_is_filtered_away() -> None:
    found = resample(tone(6000, 0.5, 16_000), 16_000, 8000)
    assert np.abs(found[200:-200]).max() < 0.01


BAD_FILES = {
    "text": (b"this is no recording", "is no recording that can be read"),
    "empty": (b"", "is no recording that can be read"),
    "half a header": (b"RIFF\x24\x00\x00\x00WAVEfm", "is no recording that can be read"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_is_no_recording_is_one_sentence(case: str, tmp_path: Path) -> None:
    content, sentence = BAD_FILES[case]
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(cr.DataError, match=sentence) as raised:
        cr.read_audio(tmp_path / "a.wav")
    assert repr(str(tmp_path / "a.wav")) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_other_bad_recordings(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 8000)
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), 8000, subtype="FLOAT")
    for name, sentence in (
        ("none.wav", "its length is 0"),
        ("nan.wav", "NaN or infinite"),
        ("no.wav", "There is no file"),
    ):
        with pytest.raises(cr.DataError, match=sentence):
            cr.read_audio(tmp_path / name)
    with pytest.raises(cr.DataError, match="is a folder"):
        cr.read_audio(tmp_path)
    with pytest.raises(cr.ArgumentError, match="rate must be"):
        cr.read_audio(tmp_path / "nan.wav", rate=0)
    with pytest.raises(cr.ArgumentError, match="too little in common"):
        resample([0.0, 1.0], 999_983, 999_979)


def test_without_soundfile_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(cr.DataError, match=r'pip install "chainrule\[sound\]"'):
        cr.read_audio(tmp_path / "a.wav")


# ----------------------------------------------------------------------------------------------------- features


def test_mels() -> None:
    assert mel(700) == pytest.approx(2595 * math.log10(2))
    np.testing.assert_allclose(hertz(mel([0.0, 50.0, 8000.0])), [0, 50, 8000], atol=1e-9)


def test_the_filters_are_triangles_that_share_each_frequency() -> None:
    """Between the first and the last centre the two triangles at a frequency sum to 1; a peak is 1."""
    rate, n_fft, n_mels = 16_000, 1 << 16, 12
    filters = mel_filters(rate, n_fft, n_mels)
    frequencies = np.arange(n_fft // 2 + 1) * rate / n_fft
    centres = 700 * (10 ** (np.arange(n_mels + 2) * (2595 * math.log10(1 + 8000 / 700)) / (n_mels + 1) / 2595) - 1)
    inside = (frequencies > centres[1]) & (frequencies < centres[-2])
    np.testing.assert_allclose(filters[:, inside].sum(axis=0), 1.0, atol=1e-12)
    np.testing.assert_allclose(frequencies[filters.argmax(axis=1)], centres[1:-1], atol=rate / n_fft)
    assert (filters >= 0).all()
    for row, low, high in zip(filters, centres[:-2], centres[2:], strict=True):
        assert not row[(frequencies <= low) | (frequencies >= high)].any()


def by_loops(signal: Signal, rate: int, n_mels: int, frame: float, hop: float, floor: float) -> list[list[float]]:
    """The formulae of the module, term by term."""
    n, step = round(frame * rate), round(hop * rate)
    size = 1
    while size < n:
        size *= 2
    window = [0.5 - 0.5 * math.cos(2 * math.pi * k / n) for k in range(n)]
    top = 2595 * math.log10(1 + rate / 2 / 700)
    centres = [700 * (10 ** (top * m / (n_mels + 1) / 2595) - 1) for m in range(n_mels + 2)]
    found = []
    for start in range(0, len(signal) - n + 1, step):
        x = [window[k] * float(signal[start + k]) for k in range(n)]
        power = [
            abs(sum(x[k] * cmath.exp(-2j * math.pi * j * k / size) for k in range(n))) ** 2 / sum(w * w for w in window)
            for j in range(size // 2 + 1)
        ]
        row = []
        for m in range(n_mels):
            low, middle, high = centres[m : m + 3]
            energy = 0.0
            for j, p in enumerate(power):
                f = j * rate / size
                if low < f < high:
                    energy += p * ((f - low) / (middle - low) if f <= middle else (high - f) / (high - middle))
            row.append(math.log(max(energy, floor)))
        found.append(row)
    return found


@pytest.mark.parametrize("n_mels", [1, 5])
def test_log_mel_against_loops(n_mels: int) -> None:
    signal = noise(200)
    how = {"frame": 0.05, "hop": 0.02, "floor": 1.3}  # frames of 40 samples, 64 of the spectrum; the floor is met
    found = cr.log_mel(signal, 800, n_mels, **how)
    expected = by_loops(signal, 800, n_mels, **how)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert found.shape == (1 + (200 - 40) // 16, n_mels)
    assert n_mels == 1 or (found == math.log(1.3)).any()


@pytest.mark.parametrize("n_coefficients", [1, 13, 40])
def test_mfcc_is_the_orthonormal_cosine_transform(n_coefficients: int) -> None:
    signal = noise(4000)
    energies = cr.log_mel(signal, 16_000)
    expected = scipy.fft.dct(energies, type=2, norm="ortho", axis=1)[:, :n_coefficients]
    np.testing.assert_allclose(cr.mfcc(signal, 16_000, n_coefficients), expected, atol=1e-10)
    np.testing.assert_allclose(cr.mfcc(signal, 16_000, 1)[:, 0], energies.mean(axis=1) * math.sqrt(40))


def test_a_tone_is_loudest_in_the_filter_of_its_frequency() -> None:
    centres = hertz(np.linspace(0, mel(8000), 42))[1:-1]
    for frequency in (300, 1000, 3000, 6000):
        loudest = cr.log_mel(tone(frequency), 16_000).mean(axis=0).argmax()
        assert abs(int(loudest) - int(np.abs(centres - frequency).argmin())) <= 1


def test_white_noise_has_the_power_of_its_variance() -> None:
    """E[P] = σ², so that the mean energy of a filter is σ² times the sum of its weights."""
    signal = 3.0 * noise(400_000)
    energies = np.exp(cr.log_mel(signal, 16_000, 20)).mean(axis=0)
    np.testing.assert_allclose(energies / mel_filters(16_000, 512, 20).sum(axis=1), 9.0, rtol=0.05)


def test_blocks_of_a_long_signal_are_the_frames_of_it() -> None:
    signal = noise(4100 * 80 + 200)
    whole = cr.log_mel(signal, 8000)
    np.testing.assert_allclose(whole[4090:], cr.log_mel(signal[4090 * 80 :], 8000), rtol=1e-10)


def test_a_short_signal_is_filled_up_and_silence_is_the_floor() -> None:
    short = cr.log_mel([1.0, -1.0], 16_000)
    np.testing.assert_allclose(short, cr.log_mel(np.pad([1.0, -1.0], (0, 398)), 16_000))
    assert short.shape == (1, 40)
    np.testing.assert_allclose(cr.log_mel(np.zeros(1000), 16_000), math.log(1e-10))


BAD_FEATURES = {
    "two channels": (np.zeros((9, 2)), {}, "signal has shape"),
    "no samples": ([], {}, "signal is empty"),
    "complex": (np.array([1j]), {}, "signal holds complex numbers"),
    "a name": ("a.wav", {}, r"signal is a name \('a.wav'\), not samples: give what read_audio reads"),
    "a path": (Path("a.wav"), {}, "signal is a name"),
    "two of unequal length": ([[0.0], [0.0, 1.0]], {}, "signal could not be read .*one recording at a time"),
    "words": (["a"], {}, "signal could not be read as samples"),
    "NaN": ([0.0, math.nan], {}, "NaN or infinite at sample 1"),
    "no rate": ([0.0], {"rate": 0}, "rate must be"),
    "a frame of no sample": ([0.0], {"frame": 1e-6}, "frame must be at least 2 samples"),
    "a hop of no sample": ([0.0], {"hop": 1e-6}, "hop must be at least 1 sample"),
    "too many filters": ([0.0], {"n_mels": 400}, "too narrow"),
    "a frequency beyond half the rate": ([0.0], {"high": 9000}, "high must be"),
    "an empty range": ([0.0], {"low": 4000, "high": 4000}, "low must be"),
    "a floor of 0": ([0.0], {"floor": 0}, "floor must be"),
}


@pytest.mark.parametrize("case", BAD_FEATURES)
def test_a_wrong_argument_is_one_sentence(case: str) -> None:
    signal, more, sentence = BAD_FEATURES[case]
    for transform in (cr.log_mel, cr.mfcc):
        with pytest.raises(cr.ArgumentError, match=sentence):
            transform(signal, **{"rate": 16_000, **more})  # type: ignore[operator]
    with pytest.raises(cr.ArgumentError, match="n_coefficients must be"):
        cr.mfcc([0.0], 16_000, 41)


# ---------------------------------------------------------------------------------------------------- sequences


def test_sequences_are_padded_and_cut() -> None:
    found = cr.pad_sequences([np.ones((2, 3)), 2 * np.ones((4, 3))], length=3)
    assert (found.dtype, found.shape) == (np.float32, (2, 3, 3))
    assert found[:, :, 0].tolist() == [[1, 1, 0], [2, 2, 2]]
    assert cr.pad_sequences([[[1]], [[2], [3]]], value=-1, dtype="float64").tolist() == [[[1], [-1]], [[2], [3]]]


@pytest.mark.parametrize(
    ("sequences", "more", "expected"),
    [
        ([[1, 2], [3]], {}, [[1, 2], [3, 0]]),
        ([np.array([5], np.uint8), (6, 7, 8)], {"length": 2}, [[5, 0], [6, 7]]),
        ([[0, 1], [2]], {"value": -1, "length": 3}, [[0, 1, -1], [2, -1, -1]]),
    ],
)
def test_ids_are_padded_and_cut(sequences: list[object], more: dict[str, object], expected: list[list[int]]) -> None:
    found = cr.pad_sequences(sequences, **more)  # type: ignore[arg-type]
    assert (found.dtype, found.tolist()) == (np.int32, expected)


@pytest.mark.parametrize("value", [0.0, -3.5, 1e30])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_real_step_is_never_taken_for_padding(value: float, dtype: str) -> None:
    real = np.full((2, 2), value)
    found = cr.pad_sequences([real, np.zeros((4, 2))], value=value, dtype=dtype)
    padding = (found == np.array(value, dtype)).all(axis=2)
    assert padding.tolist() == [[False, False, True, True], [False] * 4]
    np.testing.assert_allclose(found[0, :2], real, rtol=1e-6, atol=1e-30)
    assert (np.abs(found[0, :2]) >= np.finfo(dtype).tiny).any(axis=1).all()


def test_a_network_sees_the_real_steps_alone() -> None:
    """A real step of zeros counts in the mean, and padding does not: with both backends."""
    found = cr.pad_sequences([[[4.0, 2.0], [0.0, 0.0]], [[1.0, 1.0]]], length=5)
    net = cr.Network(cr.Masking(0.0), cr.GlobalAveragePool()).build((5, 2))
    for backend in ("numpy", None):
        np.testing.assert_allclose(net.predict(found, backend=backend), [[2, 1], [1, 1]], rtol=1e-6)


BAD_SEQUENCES = {
    "none": ([], {}, "sequences is empty"),
    "a number": (5, {}, "sequences must be a list of sequences, but is 5"),
    "a text": ("ab", {}, "sequences must be a list of sequences"),
    "a vector": ([[1.0, 2.0]], {}, "sequence 0 has shape"),
    "the id of padding": (
        [[1, 2], [3, 0]],
        {},
        "sequence 1 has the id 0, which stands for padding: give another value",
    ),
    "ids beyond int32": ([[1], [2**40]], {}, "sequence 1 has ids beyond those of int32"),
    "no ids": ([[1], []], {}, "sequence 1 has no steps"),
    "half an id of padding": ([[1]], {"value": 0.5}, "value must be"),
    "ids and numbers": ([[1], [1.5]], {}, "sequence 0 has shape"),
    "ragged steps": ([[[1.0], [2.0, 3.0]]], {}, "Row 1 of sequence 0 has 2 values"),
    "no steps": ([np.zeros((0, 2))], {}, "sequence 0 has no steps"),
    "other features": (
        [np.zeros((1, 2)), np.zeros((1, 3))],
        {},
        "sequence 1 has 3 features a step, but sequence 0 has 2",
    ),
    "NaN": ([np.full((1, 2), np.nan)], {}, "sequence 0 is NaN"),
    "text": ([[["a"]]], {}, "sequence 0 holds text"),
    "no length": ([np.zeros((1, 2))], {"length": 0}, "length must be"),
    "no float": ([np.zeros((1, 2))], {"dtype": "int32"}, "dtype must be"),
}


@pytest.mark.parametrize("case", BAD_SEQUENCES)
def test_what_cannot_be_padded_is_one_sentence(case: str) -> None:
    sequences, more, sentence = BAD_SEQUENCES[case]
    with pytest.raises(cr.ArgumentError, match=sentence):
        cr.pad_sequences(sequences, **more)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------ folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for k, label in enumerate(("low", "high")):
        (tmp_path / "tones" / label).mkdir(parents=True)
        for i in range(3):
            ending = "ogg" if i == 2 else "wav"
            soundfile.write(
                tmp_path / "tones" / label / f"{i}.{ending}", tone(400 + 1000 * k, 0.1 * (i + 1), 8000), 8000
            )
    return tmp_path / "tones"


def test_a_folder_is_read_class_by_class(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    sounds = cr.read_sounds(folder, progress=lambda done, total: seen.append((done, total)))
    assert sounds.classes == ("high", "low")
    assert sounds.labels.tolist() == ["high"] * 3 + ["low"] * 3
    assert sounds.lengths.tolist() == [8, 18, 28] * 2
    assert (sounds.X.shape, sounds.X.dtype, sounds.rate, len(sounds)) == ((6, 28, 40), np.float32, 16_000, 6)
    assert seen == [(i, 6) for i in range(1, 7)]
    for row, path, length in zip(sounds.X, sounds.paths, sounds.lengths, strict=True):
        signal, _ = cr.read_audio(path, rate=16_000)
        np.testing.assert_allclose(row[:length], cr.log_mel(signal, 16_000), rtol=1e-5, atol=1e-5)
        assert not row[length:].any()


def test_other_features_and_lengths(folder: Path) -> None:
    assert cr.read_sounds(folder, features="mfcc", length=10).X.shape == (6, 10, 13)
    own = cr.read_sounds(folder, 8000, lambda x, rate: x[: rate // 100, None], threads=1)
    assert own.X.shape == (6, 80, 1)
    with pytest.raises(cr.ShapeError, match="features gave an array of shape"):
        cr.read_sounds(folder, features=lambda x, rate: x)
    with pytest.raises(cr.ArgumentError, match="did you mean 'mfcc'"):
        cr.read_sounds(folder, features="mfc")
    assert [len(each) for each in sound_sequences([folder / "low" / "0.wav"])] == [8]


def test_a_broken_recording_is_one_sentence_or_is_skipped(folder: Path) -> None:
    (folder / "low" / "1.wav").write_bytes(b"no recording")
    with pytest.raises(cr.DataError, match="1.wav' is no recording"):
        cr.read_sounds(folder)
    sounds = cr.read_sounds(folder, errors="skip")
    assert len(sounds) == 5
    assert len(sounds.skipped) == 1
    assert "1.wav" in sounds.skipped[0]
    with pytest.raises(cr.DataError, match="There is no folder"):
        cr.read_sounds(folder / "tone")

"""Recordings as sequences of frames: read, mixed to one channel, resampled, and described by log-mel energies or MFCCs.

A frame is a stretch of N = round(frame · rate) samples, and begins H = round(hop · rate) samples after the one before. For
each frame x[0 … N−1] of a signal:

* window: x[k] · w[k], w[k] = ½ − ½ cos(2πk / N), Hann's;
* power spectrum: P[j] = |Σ_k w[k] x[k] e^(−2πi jk / F)|² / Σ_k w[k]², the frame being filled up with zeros to F samples, the
  next power of two; white noise of variance σ² has P = σ² on average;
* mel filters: E[m] = Σ_j T[m, j] P[j], where T[m, j] rises in a straight line from 0 at the centre of filter m−1 to 1 at that
  of filter m and falls to 0 at that of m+1. The centres are equally far apart in mel(f) = 2595 log₁₀(1 + f / 700), f in Hz;
* log-mel: log max(E[m], floor);
* MFCC: c[i] = s_i Σ_m log-mel[m] cos(π i (m + ½) / M), s_0 = √(1 / M) and s_i = √(2 / M): the orthonormal DCT-II.

Sources: Davis and Mermelstein, "Comparison of parametric representations for monosyllabic word recognition in continuously
spoken sentences", IEEE Transactions on Acoustics, Speech and Signal Processing 28, 1980 (triangular mel filters, the cosine
transform of their logarithms); O'Shaughnessy, "Speech communication", 1987 (the mel formula).
"""

from __future__ import annotations

import importlib.util
import math
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chainrule.data.containers import plural, short
from chainrule.data.folders import AnyPath, as_path, missing_package
from chainrule.errors import ArgumentError, DataError, ShapeError, check_number

Signal = NDArray[np.float64]

# How the names of recordings end, by which a folder of them is recognised.
SOUND_ENDINGS = (".wav", ".ogg", ".oga", ".flac", ".aiff", ".aif")
FRAME, HOP, FLOOR = 0.025, 0.010, 1e-10
HIGHEST_RATE = 1_000_000
HIGHEST_FACTOR = 200_000  # of a resampling, above or below the line
_FRAMES = 4096  # whose spectra are in memory together


# ------------------------------------------------------------------------------------------------------ reading


def check_soundfile() -> None:
    """Raise `DataError` in a sentence if the package that reads recordings is not installed."""
    if importlib.util.find_spec("soundfile") is None:
        raise missing_package("soundfile", "sound", "Reading sound")


def read_audio(path: AnyPath, rate: int | None = None) -> tuple[Signal, int]:
    """The samples of a WAV, OGG, FLAC or AIFF file, from −1 to 1, and how many there are in a second.

    Several channels are mixed to their mean. With `rate` the signal is resampled to so many samples a second, by a polyphase
    filter that lets through what both rates can hold (`scipy.signal.resample_poly`). Raises `DataError` in a sentence that
    names the file if it is no recording, damaged or empty, or holds a sample that is not finite.

    >>> signal, rate = read_audio("bird.ogg", rate=16_000)  # doctest: +SKIP
    """
    check_soundfile()
    import soundfile

    file = as_path(path, "path")
    if rate is not None:
        check_number("rate", rate, low=1, high=HIGHEST_RATE, integer=True)
    if not file.is_file():
        what = f"{str(file)!r} is a folder" if file.is_dir() else f"There is no file {str(file)!r}"
        raise DataError(f"{what}: give the name of a recording.")
    try:
        samples, found = soundfile.read(file, dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError, ValueError, TypeError) as error:
        reason = str(error).rpartition(": ")[2].rstrip(".")
        raise DataError(
            f"{str(file)!r} is no recording that can be read ({reason}): give a WAV or OGG file."
        ) from error
    if not len(samples):
        raise DataError(f"{str(file)!r} holds no sound: its length is 0.")
    if not np.isfinite(samples).all():
        raise DataError(f"{str(file)!r} holds a sample that is NaN or infinite: record or convert it again.")
    signal = samples.mean(axis=1)
    return (signal, int(found)) if rate is None else (resample(signal, int(found), int(rate)), int(rate))


def resample(signal: ArrayLike, rate: int, new_rate: int) -> Signal:
    """A signal of `rate` samples a second with `new_rate` samples a second: ⌈n · new_rate / rate⌉ samples."""
    x = _as_signal(signal)
    common = math.gcd(rate, new_rate)
    up, down = new_rate // common, rate // common
    if max(up, down) > HIGHEST_FACTOR:
        raise ArgumentError(
            f"rate={new_rate:,} has too little in common with the {rate:,} samples a second of the recording: choose a rate such "
            "as 16,000, or that of the recording."
        )
    if up == down:
        return x
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(x, up, down), dtype=np.float64)


def _as_signal(signal: ArrayLike) -> Signal:
    """Samples of one channel as float64; raises an error in a sentence if it is something else."""
    if isinstance(signal, str | bytes | PurePath):
        raise DataError(f"signal is a name ({short(signal)}), not samples: give what read_audio reads of that file.")
    try:
        given = np.asarray(signal)
        x = given.real.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise DataError("signal could not be read as samples: give the numbers of one recording at a time.") from error
    if given.dtype.kind == "c":
        raise DataError("signal holds complex numbers, but samples are real: give its real part.")
    if x.ndim != 1:
        raise ShapeError(
            f"signal has shape {x.shape}, but one channel has shape (n,): take the mean over its channels."
        )
    if not x.size:
        raise DataError("signal is empty: give at least one sample.")
    if not np.isfinite(x).all():
        raise DataError(f"signal is NaN or infinite at sample {int(np.argmin(np.isfinite(x)))}: replace it.")
    return x


# ----------------------------------------------------------------------------------------------------- features


def mel(frequency: ArrayLike) -> Signal:
    """The pitch in mels of frequencies in Hz: 2595 log₁₀(1 + f / 700).

    >>> mel([0, 1000]).round(1).tolist()
    [0.0, 1000.0]
    """
    return 2595.0 * np.log10(1.0 + np.asarray(frequency, dtype=np.float64) / 700.0)


def hertz(mels: ArrayLike) -> Signal:
    """The frequencies in Hz of pitches in mels: 700 (10^(m / 2595) − 1)."""
    return 700.0 * (10.0 ** (np.asarray(mels, dtype=np.float64) / 2595.0) - 1.0)


def mel_filters(rate: float, n_fft: int, n_mels: int = 40, *, low: float = 0.0, high: float | None = None) -> Signal:
    """The triangular filters T of shape (n_mels, n_fft // 2 + 1), between `low` and `high` Hz (rate / 2 unless given).

    Raises `ArgumentError` if a filter is so narrow that it holds no frequency of the spectrum.
    """
    top = check_number("high", rate / 2 if high is None else high, above=0, high=rate / 2)
    bottom = check_number("low", low, low=0, below=top)
    count = int(check_number("n_mels", n_mels, low=1, integer=True))
    centres = hertz(np.linspace(mel(bottom), mel(top), count + 2))
    frequencies = np.arange(n_fft // 2 + 1) * (rate / n_fft)
    rising = (frequencies - centres[:-2, None]) / np.diff(centres)[:-1, None]
    falling = (centres[2:, None] - frequencies) / np.diff(centres)[1:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    empty = np.flatnonzero(~filters.any(axis=1))
    if len(empty):
        raise ArgumentError(
            f"n_mels={count} makes filters too narrow: filter {empty[0]}, at {centres[empty[0] + 1]:.0f} Hz, lies between two "
            "frequencies of the spectrum; give fewer, or a longer frame."
        )
    return filters


def log_mel(
    signal: ArrayLike,
    rate: float,
    n_mels: int = 40,
    *,
    frame: float = FRAME,
    hop: float = HOP,
    low: float = 0.0,
    high: float | None = None,
    floor: float = FLOOR,
) -> Signal:
    """The logarithms of the mel energies of each frame, shape (frames, n_mels).

    `rate` is in samples a second, `frame` and `hop` in seconds, `low` and `high` in Hz (up to rate / 2 unless given). There
    are 1 + (n − N) // H frames: samples at the end that fill no hop are left out, and a signal shorter than a frame is filled
    up with zeros. Energies below `floor` count as `floor`. Formulae: `chainrule.data.audio`.

    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    >>> features = log_mel(tone, 16_000)
    >>> features.shape, int(features[0].argmax())
    ((98, 40), 13)
    """
    x = _as_signal(signal)
    per_second = check_number("rate", rate, above=0, high=HIGHEST_RATE)
    n = _samples("frame", frame, per_second, least=2)
    step = _samples("hop", hop, per_second, least=1)
    least = check_number("floor", floor, above=0)
    if len(x) < n:
        x = np.pad(x, (0, n - len(x)))
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(n) / n)
    n_fft = 1 << (n - 1).bit_length()
    frames = np.lib.stride_tricks.sliding_window_view(x, n)[::step]
    filters = mel_filters(per_second, n_fft, n_mels, low=low, high=high).T / np.square(window).sum()
    energies = np.empty((len(frames), filters.shape[1]))
    for start in range(0, len(frames), _FRAMES):
        some = slice(start, start + _FRAMES)
        energies[some] = np.abs(np.fft.rfft(frames[some] * window, n_fft)) ** 2 @ filters
    return np.asarray(np.log(np.maximum(energies, least)))


def mfcc(signal: ArrayLike, rate: float, n_coefficients: int = 13, *, n_mels: int = 40, **more: Any) -> Signal:
    """The first `n_coefficients` mel-frequency cepstral coefficients of each frame, shape (frames, n_coefficients).

    Coefficient 0 is the loudness, √n_mels times the mean of the log-mel energies; the next describe their broad shape.
    `more` are the arguments of `log_mel`. Formulae: `chainrule.data.audio`.

    >>> mfcc(np.sin(np.arange(8000)), 8000).shape
    (98, 13)
    """
    energies = log_mel(signal, rate, n_mels, **more)
    count = int(check_number("n_coefficients", n_coefficients, low=1, high=energies.shape[1], integer=True))
    m, i = np.arange(energies.shape[1]), np.arange(count)
    cosines = np.cos(np.pi * np.outer(m + 0.5, i) / len(m)) * np.sqrt(2.0 / len(m))
    cosines[:, 0] = np.sqrt(1.0 / len(m))
    return np.asarray(energies @ cosines)


def _samples(argument: str, seconds: float, rate: float, least: int) -> int:
    """A stretch of time in samples."""
    n = round(check_number(argument, seconds, above=0) * rate)
    if n < least:
        raise ArgumentError(
            f"{argument} must be at least {plural(least, 'sample')} long, but {seconds:g} s are {plural(n, 'sample')} at "
            f"{rate:,.0f} a second: give more."
        )
    return n

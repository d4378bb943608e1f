"""LaTeX of explanations: pdflatex compiles it, without a line that is too wide."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.explain.writing.latex_document import matrix
from chainrule.explain.writing.output import Output
from programs import needed

RNG = np.random.default_rng(3)


def odd_network() -> cr.Network:
    """One with layers of every kind that has a form of its own."""
    return cr.Network(
        cr.Standardize(),
        cr.Residual(cr.Dense(3, activation="relu"), cr.Dense(3)),
        cr.Dropout(0.4),
        cr.Concatenate(cr.Dense(2, activation="tanh"), cr.Dense(3, activation="softmax")),
        cr.Activation("gelu"),
        cr.Dense(2),
    ).build(3)


def explained() -> Output:
    x, y = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2))
    net = odd_network()
    net.fit(x, y, loss="huber", epochs=1)
    return net.explain(x, y, l1=0.1, l2=0.1, clip_norm=1.0, clip_value=0.5, sample_weight=[1, 2, 3, 4])


def images() -> Output:
    layers = cr.Conv2D(5, 3, padding="same", activation="relu"), cr.BatchNorm(), cr.MaxPool2D(2), cr.LayerNorm()
    net = cr.Network(*layers, cr.Conv2D(2, 2), cr.Flatten(), cr.Dense(2)).build((6, 6, 1))
    return net.explain(RNG.normal(size=(3, 6, 6, 1)), [0, 1, 0], loss="cross_entropy")


OUTPUTS = {
    "explain": explained,
    "explain, images": images,
    "explain, large": lambda: cr.Network(cr.Dense(30), cr.Dense(12)).build(40).explain(
        RNG.normal(size=(20, 40)), RNG.integers(0, 12, 20), loss="cross_entropy"
    ),
    "derive": lambda: odd_network().derive(loss="huber", optimizer="rmsprop", l1=0.1),
    "chain_rule": lambda: cr.chain_rule(lambda x: cr.exp(-x) * cr.sigmoid(3 * x) / (x + 1), at=0.3),
    "follow": lambda: cr.Network(cr.Dense(3, activation="tanh"), cr.Dense(2)).build(2).explain(
        [[1, 2], [3, 4]], [0, 1], loss="cross_entropy", l2=0.1
    ).follow("dense1/weight[1, 0]", depth=2),
}  # fmt: skip


@pytest.mark.parametrize("case", OUTPUTS)
def test_it_compiles(case: str, tmp_path: Path) -> None:
    latex = needed("pdflatex", "texlive-latex-base")
    OUTPUTS[case]().save(tmp_path / "explained.tex")
    command = [latex, "-interaction=nonstopmode", "-halt-on-error", "explained.tex"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="latin-1", timeout=120)
    assert result.returncode == 0, result.stdout[-2000:]
    assert "Overfull" not in result.stdout
    assert (tmp_path / "explained.pdf").stat().st_size > 10_000


def test_a_matrix_has_its_numbers_and_dots_for_what_is_left_out() -> None:
    assert matrix(np.array([[1.5, -2.0], [0.0, 0.25]])) == (
        r"\left[\begin{array}{rr} 1.50 & -2.00 \\ 0.00 & 0.25 \end{array}\right]"
    )
    large = matrix(np.arange(400.0).reshape(20, 20))
    assert large.count(r"\\") == 6
    assert r"\cdots & 17 & 18 & 19" in large
    assert r"\vdots" in large
    assert matrix(np.array([1e-12, np.nan, np.inf])).count(r"\cdot 10^{-12}") == 1

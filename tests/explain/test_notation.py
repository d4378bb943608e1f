"""Formulae as LaTeX and MathML: each that Chainrule has is read whole, and some are compared with what one would write."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from chainrule.explain.composite.formulae import FORMULAE
from chainrule.explain.step.formulae import AFFINE, BACKWARD, OUTPUTS, PARAMETERS, SLOPES
from chainrule.explain.writing.latex import latex_of, latex_text
from chainrule.explain.writing.mathml import mathml_of
from chainrule.functional import LOSSES
from chainrule.graph.brackets import Text
from chainrule.nn import LAYERS
from chainrule.optim import transforms

LAYER = LAYERS["Dropout"](0.5)
NUMBERED = {LAYERS["Rescale"]: LAYERS["Rescale"](0.5, 1.0)}  # layers whose numbers are in their formulae
OPERANDS = [Text(name) for name in ("u₁", "u₂", "x")]
WRITTEN = [
    *SLOPES.values(),
    *(make(NUMBERED.get(kind, LAYER), "a[dense1]") for kind, make in OUTPUTS.items()),
    *(make(NUMBERED.get(kind, LAYER), "∂L/∂a[dense1]") for kind, make in BACKWARD.items()),
    *(
        getattr(own, part).format(x="x", path="a")
        for own in AFFINE.values()
        for part in ("z", "weight", "bias", "back")
    ),
    *(make("∂L/∂a[dense1]") for own in PARAMETERS.values() for make in own.values()),
    *(text for loss in LOSSES.values() for text in (loss.formula, loss.slope)),
    *(kind.formula for kind in vars(transforms).values() if isinstance(getattr(kind, "formula", None), str)),
    *(formula.form.format(*OPERANDS, dtype="float32") for formula in FORMULAE.values()),
    *(text.format(*OPERANDS) for formula in FORMULAE.values() for text in formula.partials),
]

# A formula as text, and as one would write it in LaTeX.
CASES = {
    "∂L/∂a[dense1] ⊙ f′(z)": r"\frac{\partial L}{\partial a^{[\mathrm{dense1}]}} \odot f'(z)",
    "a[dropout1]ᵀ δ": r"a^{[\mathrm{dropout1}] \top}\, \delta",
    "½ Σ (y − ŷ)²": r"\tfrac{1}{2}\, \sum (y - \hat{y})^{2}",
    "m̂ / (√v̂ + ε), v ← β₂ v": r"\frac{\hat{m}}{\sqrt{\hat{v}} + \varepsilon},\ v \leftarrow \beta_{2}\, v",
    "g · min(1, clip_norm / ‖g‖)": r"g \cdot \min(1,\ \frac{\operatorname{clip\_norm}}{\|g\|})",
    "1 where z > 0, else a + 1": r"1\text{ where } z > 0,\ \text{else } a + 1",
    "x[0, 3] · δ[residual1/dense1][0, 7]": r"x_{0, 3} \cdot \delta_{0, 7}^{[\mathrm{residual1/dense1}]}",
    "f′[dense1][0, 3]": r"{f'}_{0, 3}^{[\mathrm{dense1}]}",
    "(p − y) · w / Σ w": r"(p - y) \cdot \frac{w}{\sum w}",
    "2 exp(−x²) / √π": r"2\, \frac{\exp(- x^{2})}{\sqrt{\pi}}",
    "dy/du₁ = 1 − tanh²(u₁)": r"\frac{dy}{du_{1}} = 1 - \tanh^{2}(u_{1})",
    "windows(x)ᵀ δ": r"\operatorname{windows}(x)^{\top}\, \delta",
    "penalty's share of L": r"\text{penalty's share of } L",
    "Σ e^ŷ − y ŷ": r"\sum e^{\hat{y}} - y\, \hat{y}",
    "−1.5e-05 · 3": r"- 1.5 \cdot 10^{-5} \cdot 3",
}


@pytest.mark.parametrize("text", CASES)
def test_latex(text: str) -> None:
    assert latex_of(text) == CASES[text]


@pytest.mark.parametrize("text", sorted(set(WRITTEN)))
def test_nothing_of_a_formula_is_lost(text: str) -> None:
    """The letters and digits of the text are those of the MathML, which is well-formed; so is the LaTeX."""
    tree = ElementTree.fromstring(mathml_of(text))
    shown = "".join(tree.itertext())
    plain = text.translate(str.maketrans("²³ᵀ₁₂ₜŷ", "23T12ty")).replace("½", "12").replace("Σ", "")
    assert sorted(re.findall(r"\w", shown)) == sorted(re.findall(r"\w", plain))
    latex = latex_of(text)
    assert latex.count("{") == latex.count("}")
    assert latex.isascii()


def test_brackets_that_do_not_close_and_empty_formulae_are_read() -> None:
    assert latex_of("") == ""
    assert latex_of("(a + b") == "(a + b)"
    assert latex_of("/ n") == r"\frac{}{n}"


@pytest.mark.parametrize("sign", ["<", "&", ">"])
def test_signs_of_the_markup_are_escaped(sign: str) -> None:
    assert "".join(ElementTree.fromstring(mathml_of(f"a {sign} b")).itertext()) == f"a{sign}b"


def test_signs_of_latex_are_escaped() -> None:
    assert latex_of("a % b & c_d # $") == r"a \% b \& \operatorname{c\_d} \# \$"
    assert latex_text("50 % of {x_1} ~ ^ \\") == (
        r"50 \% of \{x\_1\} \textasciitilde{} \textasciicircum{} \textbackslash{}"
    )

"""Formulae and arrays as LaTeX, for the package amsmath."""

from __future__ import annotations

from chainrule.explain.writing.notation import (
    Accented,
    Applied,
    Bracketed,
    Fraction,
    Leaf,
    Part,
    Root,
    Row,
    Scripted,
    read_formula,
)

_SIGNS = {
    "·": r"\cdot ",
    "⊙": r"\odot ",
    "∂": r"\partial ",
    "Σ": r"\sum ",
    "←": r"\leftarrow ",
    "→": r"\rightarrow ",
    "±": r"\pm ",
    "×": r"\times ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "−": "-",
    "‖": r"\|",
    "⌊": r"\lfloor ",
    "⌋": r"\rfloor ",
    "½": r"\tfrac{1}{2}",
    "′": "'",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "$": r"\$",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "~": r"\sim ",
    "^": r"\hat{\ }",
    "\\": r"\backslash ",
    "inf": r"\infty ",
    "nan": r"\mathrm{NaN}",
    **{
        letter: rf"\{name} "
        for letter, name in {
            "α": "alpha", "β": "beta", "δ": "delta", "ε": "varepsilon", "η": "eta", "λ": "lambda", "μ": "mu",
            "ρ": "rho", "σ": "sigma", "φ": "varphi", "Φ": "Phi", "π": "pi", "γ": "gamma", "θ": "theta", "τ": "tau",
        }.items()
    },
}  # fmt: skip
_FUNCTIONS = frozenset({"ln", "exp", "min", "max", "sin", "cos", "tanh"})
_IN_TEXT = {
    **{sign: rf"\{sign}" for sign in "%&#$_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    "…": r"\ldots{}",
    "ᵀ": r"$^{\top}$",
    "²": "$^{2}$",
    "ŷ": r"$\hat{y}$",
    "’": "'",
}


def latex_of(formula: str) -> str:
    r"""A formula as LaTeX, for use in mathematics.

    >>> latex_of("∂L/∂a[dense1] ⊙ f′(z)")
    "\\frac{\\partial L}{\\partial a^{[\\mathrm{dense1}]}} \\odot f'(z)"
    """
    return _row(read_formula(formula))


def latex_text(text: str) -> str:
    """Prose as LaTeX; signs that only mathematics has are put between dollars."""
    found = (_IN_TEXT.get(sign) or (f"${_SIGNS[sign].strip()}$" if sign in _SIGNS else sign) for sign in text)
    return "".join(found)


def _row(row: Row) -> str:
    text = ""
    last = len(row.parts) - 1
    for i, part in enumerate(row.parts):
        if isinstance(part, Leaf) and part.kind == "words":
            before = " " if i and not _is_sign(row.parts[i - 1]) else ""
            after = " " if i < last and not _is_sign(row.parts[i + 1], ",") else ""
            text += rf"\text{{{before}{latex_text(part.text)}{after}}}"
        elif _is_sign(part, ","):
            text += r",\ "
        else:
            joint = i and not any(
                isinstance(p, Leaf) and p.kind in ("operator", "words") for p in row.parts[i - 1 : i + 1]
            )
            text += (r"\," if joint else "") + (" " if text and not text.endswith(" ") else "") + _part(part)
    return text.strip()


def _is_sign(part: Part, sign: str = "") -> bool:
    return isinstance(part, Leaf) and part.kind == "operator" and (not sign or part.text == sign)


def _part(part: Part) -> str:
    match part:
        case Leaf():
            return _leaf(part)
        case Row():
            return _row(part)
        case Bracketed(opening, inner, closing):
            return f"{_SIGNS.get(opening, opening)}{_row(inner)}{_SIGNS.get(closing, closing)}"
        case Applied(function, argument):
            return f"{_part(function).rstrip()}{_part(argument)}"
        case Fraction(above, below):
            return rf"\frac{{{_part(above)}}}{{{_part(below)}}}"
        case Root(inner):
            return rf"\sqrt{{{_part(inner)}}}"
        case Accented(base):
            return rf"\hat{{{_leaf(base)}}}"
        case Scripted(base, below, above):
            text = f"{{{_part(base)}}}" if isinstance(base, Leaf) and base.text.endswith("′") else _part(base)
            lowered = f"_{{{_part(below)}}}" if below else ""
            return f"{text}{lowered}{_raised(above)}"


def _raised(above: Part | None) -> str:
    if above is None:
        return ""
    parts = above.parts if isinstance(above, Row) else (above,)
    pieces = [
        rf"[\mathrm{{{latex_text(part.text)}}}]"
        if isinstance(part, Leaf) and part.kind == "name"
        else r"\top"
        if part == Leaf("variable", "T")
        else _part(part)
        for part in parts
    ]
    return f"^{{{' '.join(pieces)}}}"


def _leaf(leaf: Leaf) -> str:
    if leaf.kind == "words":
        return rf"\text{{{latex_text(leaf.text)}}}"
    if leaf.kind == "name":
        known = leaf.text in _FUNCTIONS
        return rf"\{leaf.text}" if known else rf"\operatorname{{{latex_text(leaf.text)}}}"
    if leaf.kind == "number" and "e" in leaf.text:
        mantissa, _, exponent = leaf.text.replace("−", "-").partition("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return "".join(_SIGNS.get(sign, sign) for sign in ([leaf.text] if leaf.text in _SIGNS else leaf.text)).strip()

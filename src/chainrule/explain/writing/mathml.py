"""Formulae as MathML, which browsers show without any script."""

from __future__ import annotations

from html import escape

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

_WIDE = frozenset("·⊙+−=<>←→±×≤≥")  # operators with space on both sides, if something is to their left
_APPLY = "<mo>&#x2061;</mo>"


def mathml_of(formula: str) -> str:
    """A formula as a `math` element.

    >>> mathml_of("Wᵀ δ")
    '<math><mrow><msup><mi>W</mi><mtext>T</mtext></msup><mspace width="0.2em"/><mi>δ</mi></mrow></math>'
    """
    return f"<math>{_row(read_formula(formula))}</math>"


def _row(row: Row) -> str:
    pieces: list[str] = []
    for i, part in enumerate(row.parts):
        before = row.parts[i - 1] if i else None
        if before and not _is_leaf(before, "operator") and not _is_leaf(part, "operator"):
            pieces.append(
                '<mspace width="0.35em"/>' if _is_words(before) or _is_words(part) else '<mspace width="0.2em"/>'
            )
        form = "infix" if before and not _is_leaf(before, "operator") else "prefix"
        pieces.append(_operator(part.text, form) if isinstance(part, Leaf) and part.kind == "operator" else _part(part))
    return f"<mrow>{''.join(pieces)}</mrow>"


def _operator(sign: str, form: str) -> str:
    if sign == "·":
        return '<mo lspace="0.15em" rspace="0.15em">·</mo>'
    if sign == ",":
        return '<mo separator="true" rspace="0.4em">,</mo>'
    if sign in _WIDE:
        return f'<mo form="{form}">{escape(sign)}</mo>'
    if sign == "Σ":
        return '<mo rspace="0.15em">∑</mo>'
    return f'<mo lspace="0" rspace="0">{escape(sign)}</mo>'


def _is_leaf(part: Part, kind: str) -> bool:
    return isinstance(part, Leaf) and part.kind == kind


def _is_words(part: Part) -> bool:
    return _is_leaf(part, "words")


def _part(part: Part) -> str:
    match part:
        case Leaf():
            return _leaf(part)
        case Row():
            return _row(part)
        case Bracketed(opening, inner, closing):
            fence = '<mo fence="true" form="{}" stretchy="false">{}</mo>'
            return f"<mrow>{fence.format('prefix', opening)}{_row(inner)}{fence.format('postfix', closing)}</mrow>"
        case Applied(function, argument):
            return f"<mrow>{_part(function)}{_APPLY}{_part(argument)}</mrow>"
        case Fraction(above, below):
            return f"<mfrac>{_part(above)}{_part(below)}</mfrac>"
        case Root(inner):
            return f"<msqrt>{_part(inner)}</msqrt>"
        case Accented(base):
            return f'<mover accent="true">{_leaf(base)}<mo stretchy="false">^</mo></mover>'
        case Scripted(base, below, above):
            pieces = [_part(base), *([_part(below)] if below else []), *([_raised(above)] if above else [])]
            kind = "msubsup" if below and above else "msub" if below else "msup"
            return f"<{kind}>{''.join(pieces)}</{kind}>"


def _raised(above: Part) -> str:
    parts = above.parts if isinstance(above, Row) else (above,)
    pieces = [_mark(part) for part in parts]
    return pieces[0] if len(pieces) == 1 else f"<mrow>{''.join(pieces)}</mrow>"


def _mark(part: Part) -> str:
    if isinstance(part, Leaf) and part.kind == "name":
        return f"<mtext>[{escape(part.text)}]</mtext>"
    return "<mtext>T</mtext>" if part == Leaf("variable", "T") else _part(part)


def _leaf(leaf: Leaf) -> str:
    if leaf.kind == "operator":
        return _operator(leaf.text, "prefix")
    if leaf.text == "½":
        return "<mfrac><mn>1</mn><mn>2</mn></mfrac>"
    text = escape(leaf.text)
    if leaf.kind == "number":
        return f"<mn>{text}</mn>"
    if leaf.kind == "words":
        return f"<mtext>{text}</mtext>"
    if text.endswith("′"):
        return f'<mrow><mi>{text[:-1]}</mi><mo lspace="0" rspace="0">′</mo></mrow>'
    return f"<mi>{text}</mi>"

"""Formulae: written once, as a line of plain text such as "∂L/∂a[dense1] ⊙ f′(z)", and read here into their parts.

`latex` and `mathml` write the parts. The text is what the terminal shows, so that no formula is written twice.

* A single letter is a variable, a longer word prose, unless it is joined to a bracket as a function is: ``tanh(z)``.
* ``z[dense1]`` has an index above, the layer; ``z[dense1][0, 3]`` one below, the place.
* ``²``, ``ᵀ``, ``₁`` are raised and lowered as they look, and so is one item after ``^``.
* ``/`` divides the item to its left by the item to its right; ``∂``, ``Σ``, ``√`` and ``−`` before it belong to an item.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Leaf:
    """A piece without parts; `kind` is "variable", "name" (of a function or option), "number", "operator" or "words"."""

    kind: str
    text: str


@dataclass(frozen=True)
class Row:
    """Parts side by side."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Bracketed:
    """Parts between an opening and a closing sign."""

    opening: str
    inner: Row
    closing: str


@dataclass(frozen=True)
class Applied:
    """A function and its argument in brackets."""

    function: Part
    argument: Bracketed


@dataclass(frozen=True)
class Fraction:
    """One part above another."""

    above: Part
    below: Part


@dataclass(frozen=True)
class Root:
    """A square root."""

    inner: Part


@dataclass(frozen=True)
class Accented:
    """A hat over a variable."""

    base: Leaf


@dataclass(frozen=True)
class Scripted:
    """A part with something below or above to its right."""

    base: Part
    below: Part | None
    above: Part | None


Part = Leaf | Row | Bracketed | Applied | Fraction | Root | Accented | Scripted

_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ", "0123456789−T", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₋ₜ", "0123456789−t", strict=True))
_SCRIPTS = "".join((*_RAISED, *_LOWERED))
_CLOSING = {"(": ")", "|": "|", "‖": "‖", "⌊": "⌋"}
_PREFIXES = "∂Σ"
_HAT, _PRIME = "\N{COMBINING CIRCUMFLEX ACCENT}", "′"
_DIFFERENTIALS = frozenset({"dx", "dy", "du"})
_FUNCTIONS = frozenset({"ln", "exp", "min", "max", "sign", "sin", "cos", "tanh", "erf"})

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:,\d{3})*(?:\.\d+)?(?:e[-−+]?\d+)?|½|inf|nan)"
    rf"|(?P<word>(?!Σ)[^\W\d_](?:{_HAT}|(?:[^\W{_SCRIPTS}]|[.'](?=\w))*))(?P<prime>{_PRIME})?"
    r"|(?P<sign>[^\s\w]|Σ))"
)


def read_formula(text: str) -> Row:
    """The parts of a formula.

    >>> read_formula("√v")
    Row(parts=(Root(inner=Leaf(kind='variable', text='v')),))
    """
    return _Reader(text).row("")


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.place = unicodedata.normalize("NFC", text), 0

    def row(self, closing: str) -> Row:
        """The parts up to a closing sign, which is passed over."""
        parts: list[Part] = []
        while (ahead := self._peek()) and ahead != closing:
            if ahead == "/":
                self._take()
                below = self._item()
                above = parts.pop() if parts else Row(())
                parts.append(Fraction(_bare(above), _bare(below)))
            else:
                parts.append(self._item())
        if closing:
            self._take()
        return Row(tuple(_joined(parts)))

    def _peek(self) -> str:
        rest = self.text[self.place :].lstrip()
        return rest[:1]

    def _take(self) -> str:
        sign = self._peek()
        self.place = self.text.index(sign, self.place) + 1
        return sign

    def _item(self) -> Part:
        """One piece, with what is raised and lowered beside it."""
        base = self._piece()
        below: Part | None = None
        above: Part | None = None
        while self.place < len(self.text):
            sign = self.text[self.place]
            if sign in _RAISED:
                above = _beside(above, self._scripts(_RAISED))
            elif sign in _LOWERED:
                below = _beside(below, self._scripts(_LOWERED))
            elif sign == "^":
                self.place += 1
                above = _beside(above, self._piece())
            elif sign == "[" and _is_variable(base):
                inner, end = self._index()
                if re.fullmatch(r"[-−\d, ]*", inner):
                    below = _beside(below, Leaf("number", inner))
                else:
                    above = _beside(above, Leaf("name", inner))
                self.place = end
            else:
                break
        whole = base if below is None and above is None else Scripted(base, below, above)
        if _is_variable(base) and self.text.startswith("(", self.place):
            self.place += 1
            whole = Applied(whole, Bracketed("(", self.row(")"), ")"))
            if self.text[self.place : self.place + 1] in _RAISED:
                whole = Scripted(whole, None, self._scripts(_RAISED))
        return whole

    def _index(self) -> tuple[str, int]:
        end = self.text.find("]", self.place)
        end = len(self.text) if end < 0 else end
        return self.text[self.place + 1 : end], end + 1

    def _scripts(self, table: dict[str, str]) -> Leaf:
        start = self.place
        while self.place < len(self.text) and self.text[self.place] in table:
            self.place += 1
        text = "".join(table[sign] for sign in self.text[start : self.place])
        return Leaf("number" if text.isdigit() else "variable", text)

    def _piece(self) -> Part:
        found = _TOKEN.match(self.text, self.place)
        if not found:
            self.place = len(self.text)
            return Row(())
        self.place = found.end()
        if found["number"]:
            return Leaf("number", found["number"])
        if found["word"]:
            return self._word(found["word"], found["prime"] or "")
        sign: str = found["sign"]
        if sign == "√":
            return Root(_bare(self._item()))
        if sign in _PREFIXES:
            operator: Part = Leaf("operator", sign)
            if self.text[self.place : self.place + 1] in _LOWERED:  # Σₜ
                operator = Scripted(operator, self._scripts(_LOWERED), None)
            return Row((operator, self._item()))
        if sign in _CLOSING:
            return Bracketed(sign, self.row(_CLOSING[sign]), _CLOSING[sign])
        return Leaf("operator", sign)

    def _word(self, word: str, prime: str) -> Part:
        plain = unicodedata.normalize("NFD", word)
        if plain.endswith(_HAT):
            return Accented(Leaf("variable", plain[0]))
        if len(word) == 1 or word in _DIFFERENTIALS:
            return Leaf("variable", word + prime)
        follows = self.text[self.place : self.place + 1]
        is_name = word in _FUNCTIONS or "_" in word or word[-1].isdigit() or follows == "(" or follows in _RAISED
        return Leaf("name" if is_name else "words", word)


def _is_variable(part: Part) -> bool:
    return isinstance(part, Accented) or (isinstance(part, Leaf) and part.kind in ("variable", "name", "words"))


def _beside(before: Part | None, part: Part) -> Part:
    if before is None:
        return part
    return Row((*(before.parts if isinstance(before, Row) else (before,)), part))


def _bare(part: Part) -> Part:
    """A part of a fraction or a root, which needs no brackets there."""
    return part.inner if isinstance(part, Bracketed) and part.opening == "(" else part


def _joined(parts: list[Part]) -> list[Part]:
    """Words that follow one another become one piece."""
    result: list[Part] = []
    for part in parts:
        last = result[-1] if result else None
        if isinstance(last, Leaf) and isinstance(part, Leaf) and last.kind == part.kind == "words":
            result[-1] = Leaf("words", f"{last.text} {part.text}")
        else:
            result.append(part)
    return result

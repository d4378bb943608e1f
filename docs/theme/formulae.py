"""Formulae between dollar signs become MathML when the site is built, so that a browser needs no script to show them."""

from __future__ import annotations

import re
from html import unescape

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

# What the Markdown extension pymdownx.arithmatex makes of $...$ and of $$...$$.
_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)

# What is spaced otherwise than in print: ∂ and / as operators, a prime (which is drawn high already) as an exponent.
_FINER = (
    (re.compile(r"<mo>(&#x02202;|∂)</mo>"), r"<mi>\1</mi>"),
    (re.compile(r"<mo>(/|&#x0002F;)</mo>"), r'<mo lspace="0.1em" rspace="0.1em">\1</mo>'),
    (
        re.compile(r"<msup>(<mi>[^<]*</mi>)<mi>(&#x0203[2-4];)</mi></msup>"),
        r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>',
    ),
)

# The name of a function stands apart from what is before it and behind it, unless that is an operator or a bracket.
_FUNCTION = re.compile(
    r"(</(?:mi|mn|msub|msup|msubsup|mfrac|mrow)>|&#x00029;</mo>)?"
    r"(<mi>(?:ln|log|exp|sin|cos|tan|tanh)</mi>)(?=((?:<mrow>)?<mo[ >]|</)?)"
)
_SPACE = '<mspace width="0.167em"/>'


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Replace each formula of a page."""

    def spaced(name: re.Match[str]) -> str:
        before, after = name[1] + _SPACE if name[1] else "", "" if name[3] else _SPACE
        return before + name[2] + after

    def mathml(formula: re.Match[str]) -> str:
        latex = unescape(formula[2]).strip()
        made = convert(latex, display="block" if formula[1] == "div" else "inline")
        made = _FUNCTION.sub(spaced, made)
        for pattern, finer in _FINER:
            made = pattern.sub(finer, made)
        if "\\" in made or "merror" in made:
            raise PluginError(f"{page.file.src_uri}: this formula cannot be made MathML: {latex}")
        return f'<div class="formula">{made}</div>' if formula[1] == "div" else made

    return _FORMULA.sub(mathml, html)

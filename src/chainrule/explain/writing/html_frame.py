"""What every page has: a head, and a style for light and dark, wide and narrow screens."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path


def html_page(title: str, content: str) -> str:
    """A page with our style around some content."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{asset('page.css')}</style></head>"
        f"<body><main>{content}</main></body></html>\n"
    )


@cache
def asset(name: str) -> str:
    """A file of the folder assets."""
    return (Path(__file__).parent / "assets" / name).read_text(encoding="utf-8")

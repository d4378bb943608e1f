"""Where the command writes: standard output, which may be a terminal, a file, a pipe whose reader has gone, or a full disk."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from chainrule.errors import ArgumentError

# What a terminal without Unicode is shown for signs of ours; anything else that it lacks becomes a question mark.
IN_ASCII = {"−": "-", "–": "-", "×": "x", "·": "-", "→": "->", "…": "...", "²": "2", "½": "1/2", "ä": "a"}

READER_GONE = 141  # the exit code that a shell gives a program that a closed pipe ended: 128 + SIGPIPE


class ReaderGoneError(Exception):
    """Whoever read the output has gone: nothing is wrong, but there is nobody to tell."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to `Screen`: training is not thrown away because nobody watches."""
        raise BrokenPipeError


class Screen:
    """Standard output. After a failure it is silent, so that what is being computed is still saved; `close` then tells.

    `quiet` makes it silent from the beginning.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        # Names of columns and classes are the user's: brackets in them are no markup, and ":cat:" is no picture.
        self.console = _Console(quiet=quiet, markup=False, highlight=False, emoji=False)
        self.failure: OSError | None = None

    @property
    def interactive(self) -> bool:
        """Whether a person watches, so that a line may be drawn over again."""
        return self.console.is_terminal and not self.console.is_dumb_terminal and not self.console.quiet

    @property
    def plain(self) -> bool:
        """Whether only ASCII can be shown."""
        return not self.console.encoding.lower().startswith("utf")

    def show(self, *what: Any, style: str | None = None) -> None:
        """Write a line, or something that rich can draw; an empty line if nothing is given."""
        self.attempt(lambda: self.console.print(*what, style=style))

    def attempt(self, write: Callable[[], object]) -> None:
        """Write something, if there is still somebody to read it."""
        if self.failure is not None:
            return
        try:
            write()
        except OSError as error:
            self.failure = error
            self.console.quiet = True
            discard(sys.stdout)

    def close(self, saved: str = "") -> None:
        """Raise what went wrong with the output, if anything did; `saved` says what is safe all the same."""
        self.attempt(sys.stdout.flush)
        if isinstance(self.failure, BrokenPipeError):
            raise ReaderGoneError
        if self.failure is not None:
            reason = self.failure.strerror or str(self.failure)
            raise ArgumentError(f"Standard output cannot be written to ({reason}): send it elsewhere{saved}.")


def discard(stream: TextIO) -> None:
    """Send the rest of a stream nowhere: at the end of the process Python writes what is left in its buffer."""
    with contextlib.suppress(OSError, ValueError):  # a stream of the tests has no number
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def prepare_streams() -> None:
    """See to it that standard output and error exist and take any character."""
    codecs.register_error("chainrule", _in_ascii)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the process was started without it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="chainrule")


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What stands for a character that a stream cannot take."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(IN_ASCII.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


def tell(*sentences: str, style: str = "") -> None:
    """Write sentences to standard error, one a line."""
    console = Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)
    with contextlib.suppress(OSError):  # there is nowhere left to tell it
        for sentence in sentences:
            console.print(Text(sentence, style=style))

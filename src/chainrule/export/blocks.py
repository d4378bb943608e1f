"""Assignments in order: what is used twice gets a name of its own, and what is used once stands where it is used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from chainrule.export.algebra import Algebra, Expr
from chainrule.export.translation import Translator
from chainrule.export.writing import Writer
from chainrule.graph.body import Body

WIDTH = 88

_CHEAP = frozenset(
    {"name", "next", "number", "compare", "newaxis", "full", "cast", "minimum", "maximum", "sign", "abs"}
)
# What a value that is used twice is called, by the operation that makes it.
_CALLED = {
    "exp": "e",
    "sigmoid": "s",
    "softmax": "p",
    "log_softmax": "log_p",
    "one_hot": "Y",
    "reduce": "total",
    "sqrt": "root",
    "contract": "g",
    "clip": "clipped",
    "normal_cdf": "cdf",
    "where": "chosen",
    "windows": "patches",
    "scan": "states",
}


@dataclass(frozen=True)
class Assignment:
    """A variable and the expression that it holds; `group` is what it belongs to, such as a layer."""

    target: str
    value: Expr
    group: str = ""


class Block:
    """Assignments of a program, the names that are taken in it, and what some values are called if they need a name."""

    def __init__(self, writer: Writer, taken: Iterable[str], preferred: Mapping[Expr, str] | None = None) -> None:
        self.writer = writer
        self.taken = set(taken)
        self.preferred = preferred or {}
        self._uses: dict[Expr, int] = {}

    def count(self, assignments: Iterable[Assignment]) -> None:
        """Look at all that will be written, to know what is used more than once."""
        pending = [a.value for a in assignments]
        for value in pending:
            self._uses[value] = self._uses.get(value, 0) + 1
        seen: set[Expr] = set()
        while pending:
            x = pending.pop()
            if x not in seen:
                seen.add(x)
                for arg in x.args:
                    self._uses[arg] = self._uses.get(arg, 0) + 1
                pending.extend(x.args)

    def lines(self, assignments: Iterable[Assignment], indent: int = 4, *, spaced: bool = False) -> list[str]:
        """The assignments as lines, each after new ones for what it shares; `spaced` puts an empty line between groups."""
        found: list[str] = []
        group: str | None = None
        for assignment in assignments:
            if spaced and group not in (None, assignment.group):
                found.append("")
            group = assignment.group
            for part in self._shared(assignment.value):
                name = self.preferred.get(part) or self.unused(_name_of(part))
                found += self._loops(part, indent)
                found += assigned(name, part, self.writer, indent)
                self.writer.bound[part] = name
            found += self._loops(assignment.value, indent)
            found += assigned(assignment.target, assignment.value, self.writer, indent)
            if assignment.value.op not in ("name", "next", "number"):
                self.writer.bound.setdefault(assignment.value, assignment.target)
        return found

    def _loops(self, value: Expr, indent: int) -> list[str]:
        """The functions of the loops in a value, which are the steps of scans."""
        found: list[str] = []
        pending = [value]
        while pending:
            x = pending.pop()
            if x.op == "scan" and x not in self.writer.steps and x not in self.writer.bound:
                self.writer.steps[x] = self.unused("next_state")
                found += step_function(self.writer.steps[x], dict(x.data)["body"], indent)
            if x not in self.writer.bound:
                pending.extend(x.args)
        return found

    def unused(self, name: str) -> str:
        """The name, or the first of name2, name3, … that is not taken; it is taken then."""
        free, count = name, 1
        while free in self.taken:
            count += 1
            free = f"{name}{count}"
        self.taken.add(free)
        return free

    def _shared(self, value: Expr) -> Iterator[Expr]:
        """What has no name yet and needs one, in the order in which it must be computed."""
        stack = [(value, False)]
        seen: set[Expr] = set()
        while stack:
            x, visited = stack.pop()
            if x in self.writer.bound or (x in seen and not visited):
                continue
            seen.add(x)
            if not visited:
                stack.append((x, True))
                stack.extend((arg, False) for arg in reversed(x.args))
            elif x is not value and (_is_probability(x) or (self._uses[x] > 1 and _worth(x))):
                yield x


def step_function(name: str, body: Body, indent: int) -> list[str]:
    """The step of a scan as a function inside of another."""
    arguments = [node.attributes["name"] for node in body.inputs]
    translator = Translator(Algebra())
    value = Assignment("new", translator.whole(translator[body.output], body.output.shape))
    block = Block(Writer(), {*arguments, "new", "n"})
    block.count([value])
    space = " " * (indent + 4)
    lines = [line.replace(f"{space}new = ", f"{space}return ") for line in block.lines([value], indent + 4)]
    rows = [f"{space}n = len(state)"] if re.search(r"\bn\b", "\n".join(lines)) else []
    return ["", f"{' ' * indent}def {name}({', '.join(arguments)}):", *rows, *lines, ""]


def _worth(x: Expr) -> bool:
    """Whether a value is worth a name: what is not cheap to compute, or long to read."""
    if x.op in ("product", "sum"):
        error = x.op == "sum" and any(_reads(arg, "y") for arg in x.args)
        return error or _leaves(x) > 2 or any(_costs(arg) for arg in x.args)
    return x.op not in _CHEAP and (x.op != "array" or bool(x.shape))


def _costs(x: Expr) -> bool:
    return x.op not in _CHEAP | {"product", "sum"} or any(_costs(arg) for arg in x.args)


def _leaves(x: Expr) -> int:
    return sum(_leaves(arg) for arg in x.args) if x.args else int(x.op in ("name", "next"))


def _reads(x: Expr, name: str) -> bool:
    return (x.op == "name" and x.data == name) or any(_reads(arg, name) for arg in x.args)


def _is_probability(x: Expr) -> bool:
    return x.op == "exp" and x.args[0].op == "log_softmax"


def _name_of(x: Expr) -> str:
    if _is_probability(x):
        return "p"
    if x.op == "sum" and any(_reads(arg, "y") for arg in x.args):
        return "error"
    if x.op == "where" and not x.shape:
        return "divisor"
    return _CALLED.get(x.op, "t")


def assigned(target: str, value: Expr, writer: Writer, indent: int) -> list[str]:
    """`target = value`, on several lines where it is too long for one."""
    return wrapped(f"{' ' * indent}{target} = ", writer(value), indent)


def wrapped(start: str, text: str, indent: int) -> list[str]:
    """A text behind its start; a long one has its parts one below another, in brackets."""
    if len(start) + len(text) <= WIDTH:
        return [f"{start}{text}"]
    parts, opening = split_at_operators(text), _last_bracket(text)
    if len(parts) == 2 and 0 < opening and len(start) + opening < WIDTH:  # as ruff has it
        return [f"{start}{text[: opening + 1]}", *_below(text[opening + 1 : -1], indent + 4), f"{' ' * indent})"]
    if len(parts) == 1 and _bracket(text):
        return _opened(start, text, indent)
    return [f"{start}(", *_below(text, indent + 4), f"{' ' * indent})"]


def _last_bracket(text: str) -> int:
    """Where the bracket opens that the last letter closes; -1 if it closes none."""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] == ")") - (text[place] == "(")
        if depth == 0:
            return place if text.endswith(")") else -1
    return -1


def _below(text: str, indent: int) -> list[str]:
    """A text in lines of their own, one for each part, and several for a part in brackets that is too long."""
    if indent + len(text) <= WIDTH:
        return [f"{' ' * indent}{text}"]
    lines: list[str] = []
    arguments = _split(text, (", ",))
    for part in arguments if len(arguments) > 1 else split_at_operators(text):
        own = f"{part.rstrip(',')}," if len(arguments) > 1 else part
        fits = indent + len(own) <= WIDTH or not _bracket(own)
        lines += [f"{' ' * indent}{own}"] if fits else _opened(" " * indent, own, indent)
    return lines


def _opened(start: str, text: str, indent: int) -> list[str]:
    """A text with what its first bracket holds in lines of their own."""
    opening, closing = _bracket(text) or (0, len(text))
    inside = _below(text[opening + 1 : closing], indent + 4)
    return [f"{start}{text[: opening + 1]}", *inside, f"{' ' * indent}{text[closing:]}"]


def _bracket(text: str) -> tuple[int, int] | None:
    """Where the first bracket of a text opens and where it closes; None if there is none."""
    depth, opening = 0, -1
    for place, letter in enumerate(text):
        if letter in "([" and opening < 0:
            opening = place
        depth += (letter in "([{") - (letter in ")]}")
        if opening >= 0 and depth == 0:
            return opening, place
    return None


def split_at_operators(text: str) -> list[str]:
    """A text in parts, each but the first with its operator in front: at + and − outside of brackets, else at * and /.

    >>> split_at_operators("a * (b + c) + d")
    ['a * (b + c)', '+ d']
    """
    for operators in ((" + ", " - "), (" * ", " / ", " @ ")):
        parts = _split(text, operators)
        if len(parts) > 1:
            return parts
    return [text]


def _split(text: str, marks: tuple[str, ...]) -> list[str]:
    """A text in parts that begin behind the first sign of a mark, outside of brackets."""
    depth, places = 0, [0]
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and text.startswith(marks, place):
            places.append(place + 1)
    return [text[a:b].strip() for a, b in zip(places, [*places[1:], None], strict=True)]

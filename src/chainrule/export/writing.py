"""Expressions as the text of a program: idioms of NumPy, and no more brackets than a reader needs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.export.algebra import Expr
from chainrule.graph import ROWS, Shape, brackets
from chainrule.graph.brackets import ATOM
from chainrule.graph.primitives.contraction import split_spec

CHOICE, COMPARISON, SUM, PRODUCT, UNARY, POWER = range(6)  # how strongly the parts of an expression are bound together


@dataclass(frozen=True)
class Text(brackets.Text):
    """A text of a program; `opposite` is that of the opposite, where that is the simpler one."""

    opposite: str = ""


class Writer:
    """Texts of expressions. `bound` are those that a variable holds, `steps` the functions of loops."""

    def __init__(self) -> None:
        self.bound: dict[Expr, str] = {}
        self.steps: dict[Expr, str] = {}

    def text(self, x: Expr) -> Text:
        """The text of an expression."""
        if x in self.bound:
            return Text(self.bound[x])
        if x.op in _FORMS:
            return Text(_FORMS[x.op].format(*(self.text(arg) for arg in x.args)))
        return _WRITERS[x.op](self, x)

    def __call__(self, x: Expr) -> str:
        """The text of an expression, without brackets around it."""
        return str(self.text(x))


# Functions, of their operands {0}, {1}, …; what is not NumPy's own is written out in the program.
_FORMS = {
    **{
        name: f"np.{name}({{0}})"
        for name in ("exp", "log", "sqrt", "tanh", "sin", "cos", "floor", "sign", "abs", "expm1")
    },
    "sigmoid": "sigmoid({0})",
    "erf": "erf({0})",
    "softplus": "np.logaddexp(0, {0})",
    "minimum": "np.minimum({0}, {1})",
    "clip": "np.clip({0}, {1}, {2})",
    "huber": "huber({0}, {1})",
    "normal_cdf": "normal_cdf({0})",
    "take": "{0:6}[{1}]",
    "take_within": "take_within({0}, {1})",
}

_KNOWN = {math.sqrt(0.5): "np.sqrt(0.5)", math.sqrt(0.5 / math.pi): "np.sqrt(0.5 / np.pi)"}


def number(value: float) -> Text:
    """A number in as few digits as tell it apart.

    >>> str(number(2.0)), str(number(0.1))
    ('2', '0.1')
    """
    whole = value == int(value) and abs(value) < 1e6 if np.isfinite(value) else False
    known = next((text for known, text in _KNOWN.items() if abs(abs(value) - known) <= 4e-16 * known), None)
    text = str(int(value)) if whole else f"{'-' * (value < 0)}{known}" if known else repr(float(value))
    if not np.isfinite(value):
        text = {"inf": "np.inf", "-inf": "-np.inf"}.get(text, "np.nan")
    return Text(text, UNARY, text[1:]) if text.startswith("-") else Text(text)


def _number(writer: Writer, x: Expr) -> Text:
    return number(float(x.data))


def _product(writer: Writer, x: Expr) -> Text:
    """sign · number · scalars · arrays · conditions / (what divides)."""
    coefficient, powers = x.data
    size, sign = abs(coefficient), "-" if coefficient < 0 else ""
    factors = sorted(zip(x.args, powers, strict=True), key=lambda pair: (_rank(pair[0]), pair[1] < 0))
    over = [_power(writer, f, p) for f, p in factors if p > 0]
    under = [_power(writer, f, -p) for f, p in factors if p < 0]
    if size < 1.0 and float(1.0 / size).is_integer() and 1.0 / (1.0 / size) == size and 1.0 / size <= 64:
        under.insert(0, number(1.0 / size))
    elif size != 1.0:
        over.insert(0, number(size))
    if not under and len(over) == 1 and not sign:
        return over[0]
    scaled = len(under) == 1 and size < 1.0 and len(over) > 1 and not factors[0][0].shape and factors[0][0].op == "name"
    if scaled:  # λ / 2 * ‖W‖², not λ * ‖W‖² / 2
        over[:1] = [Text(f"{over[0]:{UNARY}} / {under.pop()}", UNARY)]
    first, *others = over or [Text("1")]
    rest = "".join(f" * {factor:{UNARY}}" for factor in others)
    if under:
        lower = " * ".join(f"{factor:{UNARY}}" for factor in under)
        rest += f" / ({lower})" if len(under) > 1 else f" / {under[0]:{UNARY}}"
    positive = f"{first:{UNARY}}{rest}"
    level = PRODUCT if rest else UNARY
    if not sign:
        return Text(positive, level)
    return Text(f"-{first:{ATOM if first.level == POWER else UNARY}}{rest}", level, positive)  # as ruff has it: -(z**2)


def _rank(x: Expr) -> int:
    return 2 if x.op == "compare" else 0 if not x.shape and x.op == "name" else 1


def _power(writer: Writer, x: Expr, power: int) -> Text:
    base = writer.text(x)
    if power == 1:
        return base
    simple = base.level == ATOM and base.text.isidentifier()  # as ruff has it: a name hugs its power
    return Text(f"{base}**{power}" if simple else f"{base:{ATOM}} ** {power}", POWER)


def _sum(writer: Writer, x: Expr) -> Text:
    """The terms of a sum, products of matrices first, each but the first with its sign in front."""
    ordered = sorted(x.args, key=lambda term: not _has_product(term))
    texts = [writer.text(term) for term in ordered]
    if x.shape:  # numbers stay in order: the loss before its penalty
        texts.sort(key=lambda text: bool(text.opposite))
    first, *others = texts
    rest = (f" - {text.opposite}" if text.opposite else f" + {text:{PRODUCT}}" for text in others)
    return Text(f"{first:{SUM}}{''.join(rest)}", SUM)


def _has_product(x: Expr) -> bool:
    return x.op == "contract" or (x.op == "product" and any(_has_product(arg) for arg in x.args))


def _compare(writer: Writer, x: Expr) -> Text:
    first, second = (writer.text(arg) for arg in x.args)
    return Text(f"{first:{SUM}} {x.data} {second:{SUM}}", COMPARISON)


def _where(writer: Writer, x: Expr) -> Text:
    condition, first, second = (writer(arg) for arg in x.args)
    if not x.shape:
        return Text(f"{first} if {condition} else {second}", CHOICE)
    return Text(f"np.where({condition}, {first}, {second})")


def _maximum(writer: Writer, x: Expr) -> Text:
    function = "np.maximum" if x.shape else "max"
    return Text(f"{function}({writer(x.args[0])}, {writer(x.args[1])})")


def _reduce(writer: Writer, x: Expr) -> Text:
    kind, axes, kept = x.data
    every = len(axes) == len(x.args[0].shape) and not kept
    along = [] if every else [f"axis={axes[0] if len(axes) == 1 else axes}"]
    given = ", ".join([*along, *(["keepdims=True"] if kept else [])])
    return Text(f"{writer.text(x.args[0]):{ATOM}}.{kind}({given})")


def _newaxis(writer: Writer, x: Expr) -> Text:
    places = ", ".join("None" if axis in x.data else ":" for axis in range(len(x.shape)))
    return Text(f"{writer.text(x.args[0]):{ATOM}}[{places}]")


def _cast(writer: Writer, x: Expr) -> Text:
    kind = {"float64": "float", "int32": "int"}.get(str(x.data), f"np.{x.data}")
    return Text(f"{writer.text(x.args[0]):{ATOM}}.astype({kind})")


def _contract(writer: Writer, x: Expr) -> Text:
    """A product of matrices where it is one, else what einsum calls it."""
    spec = dict(x.data)["spec"]
    first, second, result = split_spec(spec)
    one, two = (writer.text(arg) for arg in x.args)
    for (left, text1), (right, text2) in (((first, one), (second, two)), ((second, two), (first, one))):
        for a, written1 in _both_ways(left, text1):
            for b, written2 in _both_ways(right, text2):
                inner = a[-1:] == b[:1] != "" and a[-1] not in result
                if inner and a[:-1] + b[1:] == result and (len(b) <= 2) and not set(a[:-1]) & set(b[1:]):
                    return Text(f"{written1} @ {written2}", PRODUCT)
    return Text(f'np.einsum("{spec}", {one}, {two})')


def _both_ways(letters: str, text: Text) -> list[tuple[str, str]]:
    turned = [(letters[::-1], f"{text:{ATOM}}.T")] if len(letters) == 2 else []
    return [(letters, f"{text:{UNARY}}"), *turned]


def _along(name: str) -> Callable[[Writer, Expr], Text]:
    def write(writer: Writer, x: Expr) -> Text:
        axis = dict(x.data)["axis"]
        given = "" if axis == len(x.shape) - 1 else f", axis={axis}"
        return Text(f"{name}({writer(x.args[0])}{given})")

    return write


def shape_text(shape: Shape) -> str:
    """A shape, in which n is the number of rows.

    >>> shape_text((ROWS, 3))
    '(n, 3)'
    """
    dims = ["n" if dim is ROWS else str(dim) for dim in shape]
    return f"({', '.join(dims)}{',' * (len(dims) == 1)})"


def _reshape(writer: Writer, x: Expr) -> Text:
    dims = ", ".join("-1" if dim is ROWS else str(dim) for dim in x.shape)
    return Text(f"{writer.text(x.args[0]):{ATOM}}.reshape({dims or '()'})")


def _transpose(writer: Writer, x: Expr) -> Text:
    order = dict(x.data)["permutation"]
    text = f"{writer.text(x.args[0]):{ATOM}}"
    return Text(f"{text}.T" if order == (1, 0) else f"{text}.transpose{order}")


def _slice(writer: Writer, x: Expr) -> Text:
    data = dict(x.data)
    pairs = zip(data["start"], data["stop"], strict=True)
    places = [":" if a is None else f"{a or ''}:{b}" for a, b in pairs]
    while places[-1:] == [":"]:
        places.pop()
    if not places:
        return writer.text(x.args[0])
    return Text(f"{writer.text(x.args[0]):{ATOM}}[{', '.join(places)}]")


def _concat(writer: Writer, x: Expr) -> Text:
    parts = ", ".join(writer(arg) for arg in x.args)
    return Text(f"np.concatenate([{parts}], axis={dict(x.data)['axis']})")


def _pad(writer: Writer, x: Expr) -> Text:
    data = dict(x.data)
    if not data["widths"]:
        return writer.text(x.args[0])
    value = f", constant_values={number(data['value'])}" if data["value"] else ""
    return Text(f"np.pad({writer(x.args[0])}, {data['widths']}{value})")


def _scan(writer: Writer, x: Expr) -> Text:
    data = dict(x.data)
    start, *given = x.args
    zeros = start.op == "full" and start.args[0].op == "number" and start.args[0].data == 0.0
    first = f"np.zeros({start.shape[-1]})" if zeros else writer(start)
    k = len(data["body"].sequences)
    read, fixed = (f"[{', '.join(map(writer, part))}]" for part in (given[:k], given[k:]))
    back = ", reverse=True" if data["reverse"] else ""
    return Text(f"scan({writer.steps[x]}, {first}, {read}, {fixed}{back})")


def _with_attributes(writer: Writer, x: Expr) -> Text:
    given = [writer(x.args[0]), *(writer(arg) for arg in x.args[1:])]
    return Text(f"{x.op}({', '.join([*given, *(f'{key}={value}' for key, value in x.data)])})")


def _array(writer: Writer, x: Expr) -> Text:
    kind, data, shape = x.data
    return Text(array_text(np.frombuffer(data, np.dtype(kind)).reshape(shape)))


def array_text(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
    """An array with all its digits.

    >>> array_text(np.array([[0.5, 1.0]]))
    'np.array([[0.5, 1.0]])'
    """

    def nested(part: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
        return f"[{', '.join(nested(item) for item in part)}]" if part.ndim else str(part[()])

    return f"np.array({nested(array)})" if array.size else f"np.zeros({array.shape})"


_WRITERS: dict[str, Callable[[Writer, Expr], Text]] = {
    "name": lambda writer, x: Text(str(x.data)),
    "next": lambda writer, x: Text(str(x.data)),
    "number": _number,
    "array": _array,
    "product": _product,
    "sum": _sum,
    "compare": _compare,
    "where": _where,
    "maximum": _maximum,
    "reduce": _reduce,
    "newaxis": _newaxis,
    "full": lambda writer, x: Text(f"np.broadcast_to({writer(x.args[0])}, {shape_text(x.shape)})"),
    "cast": _cast,
    "contract": _contract,
    "softmax": _along("softmax"),
    "log_softmax": _along("log_softmax"),
    "argmax": lambda writer, x: Text(f"{writer.text(x.args[0]):{ATOM}}.argmax(axis={dict(x.data)['axis']})"),
    "one_hot": lambda writer, x: Text(f"np.eye({x.shape[-1]})[{writer(x.args[0])}]"),
    "reshape": _reshape,
    "transpose": _transpose,
    "slice": _slice,
    "concat": _concat,
    "pad": _pad,
    "windows": _with_attributes,
    "fold": _with_attributes,
    "scan": _scan,
    "scatter_add": _with_attributes,
    "scatter_within": _with_attributes,
}

"""Expressions of NumPy, put in the form that a person would write: like terms together, common factors in front.

An `Expr` broadcasts as NumPy does: its shape may lack leading axes of what it stands for, and have a 1 where that has more.
Equal expressions are one object, so that what is used twice can be found.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chainrule.graph import ROWS, Dim, Shape

ELEMENTWISE = frozenset(
    {
        "product",
        "sum",
        "compare",
        "where",
        "exp",
        "log",
        "sqrt",
        "tanh",
        "sin",
        "cos",
        "floor",
        "maximum",
        "sign",
        "abs",
    }
    | {"sigmoid", "softplus", "erf", "expm1", "huber", "clip", "minimum", "normal_cdf"}
)
_OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
_TURNED = {"<": ">", "==": "=="}

Factors = dict["Expr", int]


@dataclass(frozen=True, eq=False)
class Expr:
    """An operation on expressions. `data` is what it needs besides them: a name, a number, powers, axes."""

    op: str
    args: tuple[Expr, ...]
    shape: Shape
    data: Any = None


class Algebra:
    """Makes expressions; equal ones once."""

    def __init__(self) -> None:
        self._made: dict[object, Expr] = {}

    def make(self, op: str, args: Iterable[Expr], shape: Shape, data: Any = None) -> Expr:
        """The expression as it is."""
        operands = tuple(args)
        return self._made.setdefault((op, operands, data), Expr(op, operands, shape, data))

    def name(self, text: str, shape: Shape = ()) -> Expr:
        """A variable."""
        return self.make("name", (), shape, text)

    def number(self, value: float) -> Expr:
        """A number."""
        return self.make("number", (), (), tidy(value))

    # ------------------------------------------------------------------------------------------------------ products

    def multiply(self, *factors: Expr) -> Expr:
        """The product."""
        return self.product(1.0, {}, *((x, 1) for x in factors))

    def divide(self, x: Expr, y: Expr) -> Expr:
        """The quotient."""
        return self.product(1.0, {}, (x, 1), (y, -1))

    def negative(self, x: Expr) -> Expr:
        """−x."""
        return self.product(-1.0, {}, (x, 1))

    def product(self, coefficient: float, start: Mapping[Expr, int], *more: tuple[Expr, int]) -> Expr:
        """coefficient · Π factor^power, without factors that cancel, and 0 where a condition meets its opposite."""
        factors: Factors = {}
        for factor, power in (*start.items(), *more):
            own, parts = self.parts(factor)
            coefficient *= own**power
            for part, times in parts.items():
                total = factors.pop(part, 0) + times * power
                if total:
                    factors[part] = min(total, 1) if part.op == "compare" else total
        coefficient = tidy(coefficient)
        if coefficient == 0.0 or any(self.opposite(x) in factors for x in factors if x.op == "compare"):
            return self.number(0.0)
        if not factors:
            return self.number(coefficient)
        if coefficient == 1.0 and list(factors.values()) == [1]:
            return next(iter(factors))
        key = ("product", frozenset(factors.items()), coefficient)
        made = Expr(
            "product", tuple(factors), joint_shape(x.shape for x in factors), (coefficient, tuple(factors.values()))
        )
        return self._made.setdefault(key, made)

    def parts(self, x: Expr) -> tuple[float, Factors]:
        """The number and the factors of an expression."""
        if x.op == "number":
            return x.data, {}
        if x.op == "product":
            coefficient, powers = x.data
            return coefficient, dict(zip(x.args, powers, strict=True))
        return 1.0, {x: 1}

    # ---------------------------------------------------------------------------------------------------------- sums

    def add(self, *terms: Expr) -> Expr:
        """The sum: like terms are one, what all have in common stands in front, and a term for each case is a choice."""
        collected: dict[frozenset[tuple[Expr, int]], tuple[float, Factors]] = {}
        for term in (part for x in terms for part in (x.args if x.op == "sum" else (x,))):
            coefficient, factors = self.parts(term)
            key = frozenset(factors.items())
            collected[key] = (collected.get(key, (0.0, {}))[0] + coefficient, factors)
        kept = [(c, factors) for c, factors in collected.values() if c != 0.0]
        if not kept:
            return self.number(0.0)
        if len(kept) == 1:
            return self.product(*kept[0])
        common = self._common([factors for _, factors in kept])
        number = self._common_number([c for c, _ in kept])
        rest = [
            (c / number, {x: p - common.get(x, 0) for x, p in factors.items() if p != common.get(x, 0)})
            for c, factors in kept
        ]
        found = self._choice(rest) or self._sum(rest)
        return self.product(number, common, (found, 1)) if common or number != 1.0 else found

    def _common(self, all_factors: list[Factors]) -> Factors:
        first, *others = all_factors
        shared: Factors = {}
        for x, power in first.items():
            powers = [power, *(factors.get(x, 0) for factors in others)]
            if all(p > 0 for p in powers) or all(p < 0 for p in powers):
                shared[x] = min(powers, key=abs)
        return shared

    def _common_number(self, numbers: list[float]) -> float:
        size = abs(numbers[0]) if len({abs(c) for c in numbers}) == 1 else 1.0
        return -size if all(c < 0 for c in numbers) else size

    def _choice(self, terms: list[tuple[float, Factors]]) -> Expr | None:
        """A · condition + B · opposite is where(condition, A, B)."""
        if len(terms) != 2:
            return None
        (c1, first), (c2, second) = terms
        for x in first:
            other = self.opposite(x) if x.op == "compare" else None
            if other in second:
                one = self.product(c1, {f: p for f, p in first.items() if f is not x})
                two = self.product(c2, {f: p for f, p in second.items() if f is not other})
                return self.where(x, one, two)
        return None

    def _sum(self, terms: list[tuple[float, Factors]]) -> Expr:
        made = [self.product(c, factors) for c, factors in terms]
        key = ("sum", frozenset(made))
        return self._made.setdefault(key, Expr("sum", tuple(made), joint_shape(x.shape for x in made)))

    # ------------------------------------------------------------------------------------------------------- choices

    def compare(self, sign: str, x: Expr, y: Expr) -> Expr:
        """A comparison, with a number on its right."""
        if x.op == "number" and y.op != "number":
            x, y, sign = y, x, _TURNED[sign]
        return self.make("compare", (x, y), joint_shape((x.shape, y.shape)), sign)

    def opposite(self, condition: Expr) -> Expr:
        """What is true where a comparison is not."""
        return self.make("compare", condition.args, condition.shape, _OPPOSITE[str(condition.data)])

    def where(self, condition: Expr, x: Expr, y: Expr) -> Expr:
        """x where the condition is true, else y; a product where one of them is 0."""
        zero = self.number(0.0)
        if condition.op == "compare":
            a, b = condition.args
            if condition.data == ">" and x is b and y is a:
                return self.make("minimum", (a, b), condition.shape)
            if y is zero:
                return self.multiply(x, condition)
            if x is zero:
                return self.multiply(y, self.opposite(condition))
        return self.make("where", (condition, x, y), joint_shape(e.shape for e in (condition, x, y)))

    # ---------------------------------------------------------------------------------------------------------- axes

    def reduce(self, kind: str, x: Expr, axes: tuple[int, ...], full: Shape) -> Expr:
        """The sum or the largest along axes of x, which stands for an array of shape `full`."""
        offset = len(full) - len(x.shape)
        own = tuple(axis - offset for axis in axes if axis >= offset)
        if kind == "sum":
            return self._total(x, own, axes, offset, full)
        kept = tuple(dim for axis, dim in enumerate(x.shape) if axis not in own)
        return self.make("reduce", (x,), kept, (kind, own, False)) if own else x

    def _total(self, x: Expr, own: tuple[int, ...], axes: tuple[int, ...], offset: int, full: Shape) -> Expr:
        times = [full[axis] for axis in axes if axis < offset or (x.shape[axis - offset] == 1 and full[axis] != 1)]
        coefficient, factors = self.parts(x)
        front = {f: p for f, p in factors.items() if not f.shape}
        rest = self.product(1.0, {f: p for f, p in factors.items() if f.shape})
        if rest.op == "one_hot" and own == (len(x.shape) - 1,) and rest.shape == x.shape:
            inner: Expr = self.number(1.0)
        elif rest.op == "sum" and not front and coefficient == 1.0 and self._falls_apart(rest, own):
            inner = self.add(*(self.reduce("sum", term, axes, full) for term in rest.args))
        else:
            inner = self._merged(rest, own) if own and rest.shape else rest
        return self.product(coefficient, front, (inner, 1), *((self.size(dim), 1) for dim in times))

    def _falls_apart(self, x: Expr, own: tuple[int, ...]) -> bool:
        last = own == (len(x.shape) - 1,)
        return last and all(not t.shape or any(f.op == "one_hot" for f in self.parts(t)[1]) for t in x.args)

    def _merged(self, x: Expr, own: tuple[int, ...]) -> Expr:
        kept = tuple(dim for axis, dim in enumerate(x.shape) if axis not in own)
        if x.op == "reduce" and not kept and x.data[0] == "sum" and not x.data[2]:
            (inner,) = x.args
            return self.make("reduce", (inner,), (), ("sum", tuple(range(len(inner.shape))), False))
        return self.make("reduce", (x,), kept, ("sum", own, False))

    def size(self, dim: Dim) -> Expr:
        """The length of an axis: n for the rows."""
        return self.name("n") if dim is ROWS else self.number(float(dim))

    def expand(self, x: Expr, axes: tuple[int, ...], rank: int) -> Expr:
        """x with new axes, which are places in the new shape; leading ones need not be written."""
        lead = next(i for i in range(rank + 1) if i not in axes)
        inner = tuple(axis - lead for axis in axes if axis >= lead)
        missing = rank - len(axes) - len(x.shape)  # x itself may lack leading axes
        return self._expand(x, inner) if inner and x.shape and not missing else self._wide(x, inner, missing)

    def _wide(self, x: Expr, inner: tuple[int, ...], missing: int) -> Expr:
        """x lacks its first `missing` axes: new axes among those, or before the first that it has, need not be written."""
        if not x.shape or not inner:
            return x
        places = [axis for axis in range(len(inner) + missing + len(x.shape)) if axis not in inner]
        first = places[missing]
        return self._expand(x, tuple(axis - first for axis in inner if axis > first))

    def _expand(self, x: Expr, axes: tuple[int, ...]) -> Expr:
        if not axes or not x.shape:
            return x
        shape = list(x.shape)
        for axis in sorted(axes):
            shape.insert(axis, 1)
        if x.op == "reduce" and x.data[1] == axes and not x.data[2]:
            return self.make("reduce", x.args, tuple(shape), (x.data[0], axes, True))
        if x.op in ELEMENTWISE and all(arg.shape in ((), x.shape) for arg in x.args):
            return self.rebuild(x, [self._expand(arg, axes) for arg in x.args])
        return self.make("newaxis", (x,), tuple(shape), axes)

    def rebuild(self, x: Expr, args: list[Expr]) -> Expr:
        """The same operation on other operands."""
        if x.op == "product":
            coefficient, powers = x.data
            return self.product(coefficient, {}, *zip(args, powers, strict=True))
        if x.op == "sum":
            return self.add(*args)
        return self.make(x.op, args, joint_shape(arg.shape for arg in args) if x.op in ELEMENTWISE else x.shape, x.data)


def joint_shape(shapes: Iterable[Shape]) -> Shape:
    """The shape that shapes broadcast to, in NumPy's way.

    >>> joint_shape([(3, 1), (4,)])
    (3, 4)
    """
    found: list[Dim] = []
    for shape in shapes:
        found[:0] = [1] * (len(shape) - len(found))
        for place, dim in enumerate(shape, start=len(found) - len(shape)):
            found[place] = dim if found[place] == 1 else found[place]
    return tuple(found)


def tidy(value: float) -> float:
    """A number without the last digit that products of others have left wrong.

    >>> tidy(0.1 * 3), tidy(1 / 3)
    (0.3, 0.3333333333333333)
    """
    near = round(value, 12) if math.isfinite(value) else value
    return near if abs(value - near) <= 4e-16 * abs(value) else float(value)

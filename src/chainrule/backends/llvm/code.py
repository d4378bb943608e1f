"""The loop IR: typed values in single-assignment form, with loops and branches as structure.

`Code` is a recorder: its methods append operations and give the value of each. A loop carries values from one turn to the
next and gives them out at its end, so there are no variables. Indices are whole numbers or values; arithmetic on whole
numbers is done at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

FLOATS = {"f32", "f64"}


@dataclass(frozen=True, slots=True)
class Type:
    """A kind of number (f32, f64, i1, i8, i32, i64) or a pointer, alone or as a vector of lanes."""

    kind: str
    lanes: int = 1

    def __repr__(self) -> str:
        return self.kind if self.lanes == 1 else f"{self.lanes}x{self.kind}"

    def of(self, kind: str) -> Type:
        """As many lanes of another kind."""
        return Type(kind, self.lanes)

    @property
    def is_float(self) -> bool:
        """Whether it is a floating-point kind."""
        return self.kind in FLOATS


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """What an operation gives: it has a type and a number of its own."""

    type: Type
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A number that is known: the same in every lane."""

    type: Type
    value: float | int


Operand = Value | Const
Index = int | Value

I64 = Type("i64")
I32 = Type("i32")
PTR = Type("ptr")


@dataclass(slots=True, eq=False)
class Op:
    """One operation: what it gives, if anything, its name, its operands, and what else it needs to know."""

    result: Value | None
    name: str
    operands: tuple[Operand, ...]
    extra: object = None


@dataclass(slots=True, eq=False)
class Loop:
    """For index from start up to, not including, stop: `carried` begin as `initial` and become `next` after each turn."""

    index: Value
    start: Operand
    stop: Operand
    step: int
    initial: list[Operand]
    carried: list[Value]
    body: list[Statement]
    next: list[Operand]
    results: list[Value]
    at_least_once: bool


@dataclass(slots=True, eq=False)
class Branch:
    """What is done only if a condition holds; it gives nothing."""

    condition: Operand
    body: list[Statement]


@dataclass(slots=True, eq=False)
class Leave:
    """Go to the end of the function if a condition holds."""

    condition: Operand


@dataclass(slots=True, eq=False)
class Barrier:
    """Wait until every thread of the team has come here."""


@dataclass(slots=True, eq=False)
class Piece:
    """A part of a function that is written as a function of its own, to which the values that it reads are given."""

    given: list[Value]
    body: list[Statement]


Statement = Op | Loop | Branch | Leave | Barrier | Piece


@dataclass
class Code:
    """Records operations, in order, into the block that is open."""

    block: list[Statement] = field(default_factory=list)
    names: dict[Value, str] = field(default_factory=dict)  # what some values are called, for those who read the code
    _count: int = 0
    _known: dict[tuple[int, str, Index, Index], Value] = field(default_factory=dict)
    _joined: dict[Value, tuple[Index, Index]] = field(default_factory=dict)
    _sums: dict[Value, tuple[Value, int]] = field(default_factory=dict)  # what is a value plus a known number

    def new(self, type: Type) -> Value:
        """A value without an operation: a parameter, an index, or a carried value."""
        self._count += 1
        return Value(type, self._count)

    def op(self, name: str, type: Type, *operands: Operand, extra: object = None) -> Value:
        """Append an operation that gives a value."""
        result = self.new(type)
        self.block.append(Op(result, name, operands, extra))
        return result

    def effect(self, name: str, *operands: Operand, extra: object = None) -> None:
        """Append an operation that gives nothing."""
        self.block.append(Op(None, name, operands, extra))

    def call(self, value: Value, name: str) -> None:
        """Give a value a name of its own for whoever reads the code, with a number if another has it already."""
        taken = set(self.names.values())
        self.names[value] = name if name not in taken else f"{name}.{value.number}"

    # ------------------------------------------------------------------------------------------ indices

    def index(self, i: Index) -> Operand:
        """An index as an operand."""
        return Const(I64, i) if isinstance(i, int) else i

    def _whole(self, name: str, a: Index, b: Index) -> Value:
        """An operation of whole numbers, recorded once in a block."""
        known = (id(self.block), name, a, b)
        if known not in self._known:
            self._known[known] = self.op(name, I64, self.index(a), self.index(b))
        return self._known[known]

    def _apart(self, n: Index) -> tuple[Index, int]:
        """A value and the known number that is added to it."""
        return (0, n) if isinstance(n, int) else self._sums.get(n, (n, 0))

    def plus(self, a: Index, b: Index) -> Index:
        """a + b. Known numbers are added last, and together."""
        (first, more), (second, other) = self._apart(a), self._apart(b)
        known = more + other
        base = self._whole("add", first, second) if first != 0 and second != 0 else first if first != 0 else second
        if not isinstance(base, Value) or known == 0:
            return base if isinstance(base, Value) else known
        total = self._whole("add", base, known)
        self._sums[total] = base, known
        return total

    def times(self, a: Index, b: Index) -> Index:
        """a · b."""
        (first, more), (second, other) = self._apart(a), self._apart(b)
        if not isinstance(first, Value) and not isinstance(second, Value):
            return more * other
        if not isinstance(first, Value) or not isinstance(second, Value):
            base, added, factor = (first, more, other) if isinstance(first, Value) else (second, other, more)
            if factor in (0, 1):
                return self.plus(base, added) if factor else 0
            return self.plus(self._whole("mul", base, factor), added * factor)
        return self.plus(self.plus(self._whole("mul", first, second), self.times(first, other)), self.times(b, more))

    def offset(self, indices: Sequence[Index], strides: Sequence[Index]) -> Index:
        """Σ indexᵢ · strideᵢ."""
        total: Index = 0
        for i, s in zip(indices, strides, strict=True):
            total = self.plus(total, self.times(i, s))
        return total

    def joined(self, quotient: Index, width: int, rest: Index) -> Index:
        """quotient · width + rest, which `split` takes apart again."""
        whole = self.plus(self.times(quotient, width), rest)
        if isinstance(whole, Value):
            self._joined[whole] = quotient, rest
        return whole

    def split(self, n: Index, width: int, *, aligned: bool) -> tuple[Index, Index]:
        """⌊n / width⌋ and the rest, for a width of 2ᵏ.

        Where n is a value plus a known number and `aligned`, both are taken of each: their rests add up to less than the width.
        """
        if isinstance(n, int):
            return n // width, n % width
        if n in self._joined:
            return self._joined[n]
        base, more = self._sums.get(n, (n, 0)) if aligned else (n, 0)
        quotient = self._whole("lshr", base, width.bit_length() - 1)
        rest = self._whole("and", base, width - 1)
        return self.plus(quotient, more // width), self.plus(rest, more % width)

    def divided(self, n: Index, divisor: int) -> Index:
        """⌊n / divisor⌋."""
        if isinstance(n, int):
            return n // divisor
        return n if divisor == 1 else self._whole("udiv", n, divisor)

    def rounded_down(self, n: Index, multiple: int) -> Index:
        """The largest multiple that is not above n."""
        return n if multiple == 1 else self.times(self.divided(n, multiple), multiple)

    def least(self, a: Index, b: Index) -> Index:
        """The smaller of a and b."""
        if isinstance(a, int) and isinstance(b, int):
            return min(a, b)
        return self._whole("smin", a, b)

    def most(self, a: Index, b: Index) -> Index:
        """The larger of a and b."""
        if isinstance(a, int) and isinstance(b, int):
            return max(a, b)
        return self._whole("smax", a, b)

    def choose(self, condition: Operand | None, a: Index, b: Index) -> Index:
        """a where a condition holds, else b; b where there is no condition."""
        if condition is None or a is b:
            return b
        return self.op("select", I64, condition, self.index(a), self.index(b))

    # ------------------------------------------------------------------------------------------ memory and lanes

    def load(self, pointer: Value, at: Index, type: Type) -> Value:
        """The value that lies `at` elements of its kind behind a pointer."""
        return self.op("load", type, pointer, self.index(at))

    def store(self, value: Operand, pointer: Value, at: Index) -> None:
        """Put a value `at` elements of its kind behind a pointer."""
        self.effect("store", value, pointer, self.index(at))

    def spread(self, x: Operand, lanes: int) -> Operand:
        """The same number in every lane."""
        if lanes == x.type.lanes:
            return x
        if isinstance(x, Const):
            return Const(Type(x.type.kind, lanes), x.value)
        return self.op("spread", Type(x.type.kind, lanes), x)

    def fold(self, name: str, x: Operand, count: int) -> Operand:
        """The first `count` lanes combined by an operation of two, in a fixed tree; as many as make 2ᵏ of them are neutral."""
        lanes = 1 << (count - 1).bit_length()
        if lanes < x.type.lanes:
            x = self.op("lanes", Type(x.type.kind, lanes), x, extra=range(lanes))
        if name == "maximum" and lanes > 1:  # the larger of two alone is cheaper, and NaN comes back at the end
            missing = self.op("any", Type("i1"), self.compare("uno", x, x))
            return self.op(
                "select", Type(x.type.kind), missing, Const(Type(x.type.kind), float("nan")), self._tree("larger", x)
            )
        return self._tree(name, x)

    def _tree(self, name: str, x: Operand) -> Operand:
        lanes = x.type.lanes
        while lanes > 1:
            lanes //= 2
            low = self.op("lanes", Type(x.type.kind, lanes), x, extra=range(lanes))
            high = self.op("lanes", Type(x.type.kind, lanes), x, extra=range(lanes, 2 * lanes))
            x = self.combine(name, low, high)
        return x

    def combine(self, name: str, a: Operand, b: Operand) -> Value:
        """An operation of two operands of one type; "maximum" is that of the graph, which keeps NaN, "larger" may lose it."""
        if name == "larger":
            return self.op("select", a.type, self.compare("ogt", a, b), a, b)
        if name != "maximum":
            return self.op(name, a.type, a, b)
        if isinstance(b, Const) and b.value == b.value:
            return self.op("select", a.type, self.compare("ole", a, b), b, a)
        first = self.op("or", a.type.of("i1"), self.compare("ogt", a, b), self.compare("uno", a, a))
        return self.op("select", a.type, first, a, b)

    def compare(self, relation: str, a: Operand, b: Operand) -> Value:
        """Whether a relation holds, lane by lane: of floats ("olt", "oeq", "uno") or of whole numbers ("slt", "eq")."""
        return self.op("fcmp" if a.type.is_float else "icmp", a.type.of("i1"), a, b, extra=relation)

    def below(self, first: Index, limit: Index, lanes: int) -> Value:
        """Lane by lane, whether first + lane < limit."""
        numbers = self.op("iota", Type("i64", lanes), self.index(first))
        return self.compare("slt", numbers, self.spread(self.index(limit), lanes))

    # ------------------------------------------------------------------------------------------ structure

    def loop(
        self,
        start: Index,
        stop: Index,
        step: int,
        initial: Sequence[Operand],
        body: Callable[[Index, list[Operand]], Sequence[Operand]],
    ) -> list[Operand]:
        """Run `body(index, carried)` for each index; it gives what is carried on. What is carried at the end comes out."""
        if isinstance(start, int) and isinstance(stop, int):
            if stop <= start:
                return list(initial)
            if stop - start <= step:
                return list(body(start, list(initial)))
        outer, self.block = self.block, []
        index, carried = self.new(I64), [self.new(x.type) for x in initial]
        following = list(body(index, list(carried)))
        results = [self.new(x.type) for x in initial]
        sure = isinstance(start, int) and isinstance(stop, int)
        loop = Loop(
            index,
            self.index(start),
            self.index(stop),
            step,
            list(initial),
            carried,
            self.block,
            following,
            results,
            sure,
        )
        self.block = outer
        self.block.append(loop)
        return list(results)

    def each(self, start: Index, stop: Index, step: int, body: Callable[[Index], None]) -> None:
        """Run `body(index)` for each index."""

        def turn(i: Index, _: list[Operand]) -> list[Operand]:
            body(i)
            return []

        self.loop(start, stop, step, [], turn)

    def tiles(self, start: Index, stop: Index, size: int, step: int, body: Callable[[Index, int], None]) -> None:
        """Run `body(index, count)` for a part of a length that is cut into pieces of `step`, the last of which may be smaller.

        The part begins and stops at multiples of the step, or at the end of all.
        """
        whole = size // step * step

        def piece(count: int) -> Callable[[Index, list[Operand]], list[Operand]]:
            def turn(i: Index, _: list[Operand]) -> list[Operand]:
                body(i, count)
                return []

            return turn

        self.loop(start, self.least(stop, whole), step, [], piece(step))
        if size > whole:
            begin: Index = whole
            if isinstance(start, Value):  # whoever has the end
                begin = self.choose(self.compare("sle", start, Const(I64, whole)), whole, stop)
            self.loop(begin, stop, step, [], piece(size - whole))

    def branch(self, condition: Operand, body: Callable[[], None]) -> None:
        """Record what `body` does as done only if the condition holds."""
        outer, self.block = self.block, []
        body()
        inner, self.block = self.block, outer
        self.block.append(Branch(condition, inner))

"""The plan of a step and its loops as text that a person can read.

Loops are written as Python would write them. What a loop carries from turn to turn is a variable, t1; ``a[i]: 8xf32`` are 8
numbers that lie from ``a[i]`` on; an index is written where it is used; a pointer is called what it points to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby, zip_longest
from typing import NamedTuple

from chainrule.backends.llvm.code import I64, Branch, Const, Index, Leave, Loop, Op, Operand, Statement, Value
from chainrule.backends.llvm.layout import Layout
from chainrule.backends.llvm.lower import Lowering, runs_in
from chainrule.backends.llvm.memory import Slot, row_length
from chainrule.backends.llvm.pieces import operands
from chainrule.backends.llvm.plan import INLINE, Group, Plan
from chainrule.graph import DType, Node, TensorType, show_shape
from chainrule.graph.text import line_of, names_of

_INDENT = "    "
_INDICES = ("step", *"ijklmopqrsuw")
_FLOATS = {"f32": "float32", "f64": "float64"}
_SHORT = 24  # an index of so many signs is written again wherever it is used

# What binds its operands how closely: a name or a call most.
_ATOM, _PRODUCT, _SUM, _LOOSE = 3, 2, 1, 0
_INFIX = {
    **dict.fromkeys(("fmul", "mul"), ("*", _PRODUCT)),
    "fdiv": ("/", _PRODUCT),
    "udiv": ("//", _PRODUCT),
    "urem": ("%", _PRODUCT),
    **dict.fromkeys(("fadd", "add"), ("+", _SUM)),
    **dict.fromkeys(("fsub", "sub"), ("-", _SUM)),
    "and": ("&", _LOOSE),
    "or": ("|", _LOOSE),
    "xor": ("^", _LOOSE),
    "shl": ("<<", _LOOSE),
    "lshr": (">>", _LOOSE),
}
_RELATIONS = {
    "slt": "<",
    "sle": "<=",
    "sgt": ">",
    "sge": ">=",
    "eq": "==",
    "ne": "!=",
    "olt": "<",
    "ole": "<=",
    "ogt": ">",
    "oge": ">=",
    "oeq": "==",
}


# ------------------------------------------------------------------------------------------------- the plan


def plan_text(plan: Plan, lanes: int, layout: Layout) -> str:
    """The groups of a plan: what begins each, what joins it, what is stored, and which share a loop."""
    names = names_of(plan.step.graph)
    becomes: dict[Node, list[str]] = {}
    for name, node in plan.step.update.items():
        becomes.setdefault(node, []).append(name)
    number = {group: i for i, group in enumerate(plan.groups, start=1)}
    lines: list[str] = []
    for run in runs_in(plan, lanes, layout):
        if len(run) > 1:
            what = "pass through the matrix" if run[0].kind == "contract" else "loop over the rows"
            lines += [f"one {what} for groups {number[run[0]]} to {number[run[-1]]}", ""]
        for group in run:
            lines += [*_group(group, number[group], plan, names, becomes), ""]
    return "\n".join(lines[:-1])


def _group(
    group: Group, number: int, plan: Plan, names: Mapping[Node, str], becomes: Mapping[Node, list[str]]
) -> Iterable[str]:
    over = f" over {show_shape(group.shape)}" if group.shape else ""
    yield f"group {number}: {group.kind}{over}{', in steps that record health' if group.health_only else ''}"
    shown: set[Node] = set()
    for node in group.members:
        for x in _inlined(node, plan, shown):
            yield f"{_INDENT}{line_of(x, names)}  # computed where it is read"
        notes = ["stored"] if node in group.stored else []
        notes += ["stored in steps that record health"] if node in group.stored_for_health else []
        notes += [f"the next {name}" for name in becomes.get(node, ())]
        yield f"{_INDENT}{line_of(node, names)}{'  # ' if notes else ''}{', '.join(notes)}"


def _inlined(node: Node, plan: Plan, shown: set[Node]) -> list[Node]:
    """What a node needs that nobody computes before, in order; each once a group."""
    found: list[Node] = []
    pending = list(node.inputs)
    while pending:
        x = pending.pop()
        if x in plan.inlined and x not in shown:
            shown.add(x)
            found.append(x)
        if x in plan.inlined or x.op in INLINE:
            pending.extend(x.inputs)
    return sorted(found, key=lambda x: x.serial)


# ------------------------------------------------------------------------------------------------ the loops


def loops_text(low: Lowering) -> str:
    """What a lowering records when it runs: the table of arrays, and the function that works on them."""
    lowered = low.run()
    listing = _Listing(lowered.parameters[0])
    listing.count(lowered.code.block)
    names = names_of(low.step.graph)
    nodes = {buffer.pointer: names[node] for node, buffer in low.stored_at.items() if node in names}
    nodes |= {buffer.pointer: f"next/{names[node]}" for node, buffer in low.waiting.items()}
    listing.texts |= zip(lowered.parameters, map(_Text, ("table", "steps", "rank")), strict=True)
    listing.called |= {low.elements.rows: "rows", low.elements.capacity: "capacity"}
    table = []
    for pointer, place in listing.pointers.items():
        slot = lowered.slots[place]
        name = nodes.get(pointer) or (slot.name if slot.kind == "state" else f"{slot.kind}/{slot.name}".rstrip("/"))
        listing.texts[pointer] = _Text(name)
        if listing.uses.get(pointer):
            table.append(_INDENT + _entry(name, slot, low.lanes))
    listing.block(lowered.code.block)
    return "\n".join(["table:", *table, "", *listing.lines])


def _entry(name: str, slot: Slot, lanes: int) -> str:
    if not slot.name and name == slot.kind:  # the run's own: they are no arrays of the graph
        return name
    notes = [slot.kind] if slot.kind in ("state", "scratch") else []
    last = slot.shape[-1] if slot.shape else None
    if slot.kind != "data" and isinstance(last, int) and row_length(last, lanes) != last:
        notes.append(f"a row takes {row_length(last, lanes)}")
    type = repr(TensorType(slot.shape, slot.dtype)) if slot.shape else slot.dtype.value
    return f"{name}: {type}{'  # ' if notes else ''}{', '.join(notes)}"


class _Text(NamedTuple):
    """An expression, and how closely it binds its operands."""

    text: str
    binds: int = _ATOM

    def within(self, least: int) -> str:
        """In parentheses where it binds less than that."""
        return self.text if self.binds >= least else f"({self.text})"


class _Listing:
    """Writes statements; `texts` is how each value that is known so far is written."""

    def __init__(self, table: Value) -> None:
        self.table = table
        self.texts: dict[Operand, _Text] = {}
        self.pointers: dict[Value, int] = {}  # of arrays, and their places in the table
        self.called: dict[Index, str] = {}  # values that have a name of their own
        self.uses: dict[Operand, int] = {}
        self.lines: list[str] = []
        self._variables: set[str] = set()
        self._depth = self._loops = self._values = self._totals = 0

    def count(self, block: list[Statement]) -> None:
        """Look ahead: how often each value is used, and which are the pointers of the table."""
        for statement in block:
            for x in operands(statement):
                self.uses[x] = self.uses.get(x, 0) + 1
            if isinstance(statement, Loop | Branch):
                self.count(statement.body)
            elif isinstance(statement, Op) and statement.operands and statement.operands[0] is self.table:
                at = statement.operands[1]
                assert statement.result
                assert isinstance(at, Const)
                self.pointers[statement.result] = int(at.value)

    # -------------------------------------------------------------------------------------- statements

    def block(self, block: list[Statement], named: Mapping[Operand, str] | None = None) -> None:
        """Write statements; `named` are values that are given to variables."""
        for statement, following in zip_longest(block, block[1:]):
            if isinstance(statement, Op):
                self._op(statement, named or {}, following)
            elif isinstance(statement, Loop):
                self._loop(statement)
            elif isinstance(statement, Branch):
                self._line(f"if {self._text(statement.condition).text}:")
                with self._inside():
                    self.block(statement.body)
            elif isinstance(statement, Leave):
                self._line(f"leave if {self._text(statement.condition).text}")
            else:
                self._line("meet the other threads")

    def _line(self, text: str) -> None:
        self.lines.append(_INDENT * self._depth + text)

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """A block of its own. What it computes is not known outside, where the same names may be used again."""
        names = self._values, self._totals
        self._depth += 1
        yield
        self._depth -= 1
        self._values, self._totals = names

    def _loop(self, loop: Loop) -> None:
        names = self._carried(loop)
        index = _INDICES[min(self._loops, len(_INDICES) - 1)]
        start, stop = self._text(loop.start).text, self._text(loop.stop).text
        self._line(f"for {index} in range({start}, {stop}{'' if loop.step == 1 else f', {loop.step}'}):")
        self.texts |= {loop.index: _Text(index), **dict(zip(loop.carried, map(_Text, names), strict=True))}
        self._loops += 1
        with self._inside():
            self.block(loop.body, _assigned(loop, names, self.uses))
            pairs = [(name, self._text(x).text) for name, x in zip(names, loop.next, strict=True)]
            changed = [(name, text) for name, text in pairs if name != text]
            if changed:
                self._line(f"{', '.join(name for name, _ in changed)} = {', '.join(text for _, text in changed)}")
        self._loops -= 1
        self.texts |= dict(zip(loop.results, map(_Text, names), strict=True))

    def _carried(self, loop: Loop) -> list[str]:
        """The variables of a loop, which are given their first values; one that nobody else needs goes on."""
        names: list[str] = []
        fresh: list[tuple[str, str]] = []
        for x in loop.initial:
            text = self._text(x).text
            if text not in self._variables or self.uses[x] > 1:
                self._totals += 1
                name = f"t{self._totals}"
                self._variables.add(name)
                fresh.append((name, f"{text}: {x.type}"))
                text = name
            names.append(text)
        for first, together in groupby(fresh, key=lambda pair: pair[1]):
            self._line(" = ".join([*(name for name, _ in together), first]))
        return names

    def _op(self, op: Op, named: Mapping[Operand, str], following: Statement | None) -> None:
        result = op.result
        if result in self.pointers:
            return
        if op.name in ("store", "atomic_min"):
            value, pointer, at = op.operands
            place, text = f"{self._text(pointer).text}[{self._text(at).text}]", self._text(value).text
            self._line(f"{place} = {text if op.name == 'store' else f'min({place}, {text})'}")
            return
        assert result is not None
        expression = self._expression(op)
        variable = named.get(result) or self.called.get(result)
        if not variable and self._stands_where_used(op, expression.text, following):
            self.texts[result] = expression
            return
        if not variable:
            self._values += 1
            variable = f"v{self._values}"
        self._line(f"{variable} = {expression.text}: {result.type}")
        self.texts[result] = _Text(variable)

    def _stands_where_used(self, op: Op, text: str, following: Statement | None) -> bool:
        """Indices, conditions and spread numbers, unless they are long and used often, or may have changed until then."""
        assert op.result
        once, plain = self.uses.get(op.result) == 1, op.result.type == I64
        next_used = isinstance(following, Op) and op.result in following.operands
        if op.name == "load":
            return once and next_used and isinstance(following, Op) and following.name == "spread"
        if "[" in text and not next_used:  # what lies there may be overwritten in between
            return False
        if any(self._text(x).text in self._variables for x in op.operands):
            return False
        return (plain and len(text) <= _SHORT) or (once and (plain or op.name in ("spread", "icmp", "fcmp", "iota")))

    # -------------------------------------------------------------------------------------- expressions

    def _text(self, x: Operand) -> _Text:
        if isinstance(x, Const):
            if x.type.is_float:
                return _Text(str(DType(_FLOATS[x.type.kind]).numpy.type(x.value)))
            return _Text(str(int(x.value)))
        return self.texts[x]

    def _expression(self, op: Op) -> _Text:
        x = [self._text(operand) for operand in op.operands]
        if op.name == "load":
            return _Text(f"{x[0].text}[{x[1].text}]")
        if op.name in _INFIX:
            return _infix(op.name, *x)
        if op.name in ("fcmp", "icmp") and str(op.extra) in _RELATIONS:
            return _Text(f"{x[0].within(_SUM)} {_RELATIONS[str(op.extra)]} {x[1].within(_SUM)}", _LOOSE)
        if op.name == "fcmp" and op.extra == "uno" and op.operands[0] is op.operands[1]:
            return _Text(f"isnan({x[0].text})")
        if op.name == "select":
            return _Text(f"{x[1].within(_SUM)} if {x[0].within(_SUM)} else {x[2].within(_SUM)}", _LOOSE)
        if op.name == "fneg":
            return _Text(f"-{x[0].within(_ATOM)}", _PRODUCT)
        given = [operand.text for operand in x]
        if op.name == "lanes":
            given.append(_chosen(list(op.extra)))  # type: ignore[call-overload]
        own = {"fcmp": op.extra, "icmp": op.extra, "libm": op.extra, "smin": "min", "smax": "max"}.get(op.name, op.name)
        return _Text(f"{own}({', '.join(given)})")


def _infix(name: str, x: _Text, y: _Text) -> _Text:
    sign, binds = _INFIX[name]
    if binds == _LOOSE:
        return _Text(f"{x.within(_ATOM)} {sign} {y.within(_ATOM)}", binds)
    if name == "add" and y.text.startswith("-"):
        return _Text(f"{x.within(binds)} - {y.text[1:]}", binds)
    return _Text(f"{x.within(binds)} {sign} {y.within(binds if name == 'add' else binds + 1)}", binds)


def _chosen(lanes: list[int]) -> str:
    """Which lanes are taken: from the first to the last, or one by one."""
    if len(lanes) > 2 and lanes == list(range(lanes[0], lanes[-1] + 1)):
        return f"{lanes[0]} to {lanes[-1]}"
    return " ".join(map(str, lanes))


def _read(statement: Statement) -> set[Operand]:
    """What a statement reads, its body included."""
    found = set(operands(statement))
    if isinstance(statement, Loop | Branch):
        found.update(*map(_read, statement.body))
    return found


def _assigned(loop: Loop, names: list[str], uses: Mapping[Operand, int]) -> dict[Operand, str]:
    """The values of the body that can be given to its variables at once: the old ones are not needed any more."""
    last: dict[Operand, int] = {}
    made: dict[Operand, int] = {}
    for place, statement in enumerate(loop.body if names else ()):
        last |= dict.fromkeys(_read(statement), place)
        if isinstance(statement, Op) and statement.result:
            made[statement.result] = place
    kept = set(loop.next)
    return {
        x: name
        for x, old, name in zip(loop.next, loop.carried, names, strict=True)
        if uses[x] == 1 and x in made and last.get(old, -1) <= made[x] and old not in kept
    }

"""The loop IR as LLVM IR text. No floating-point flags anywhere: NaN survives, and every sum has one order."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping, Sequence

from chainrule.backends.llvm.code import Barrier, Branch, Const, Leave, Loop, Op, Operand, Piece, Statement, Type, Value

_KINDS = {"f32": "float", "f64": "double", "ptr": "ptr"}
_INFIX = {
    "fadd", "fsub", "fmul", "fdiv", "add", "sub", "mul", "udiv", "urem", "and", "or", "xor", "shl", "lshr", "ashr",
}  # fmt: skip
_CASTS = {"sitofp", "uitofp", "fptosi", "fptoui", "zext", "sext", "trunc", "fpext", "fptrunc", "bitcast"}

# "fma" rounds once everywhere, if need be by a slow call of the C library: exp and its kin are exact only so. "muladd" is it too
# where the processor has an instruction for it, else a product and a sum.
_INTRINSICS = {"muladd": "fma"}


# Results below the normal numbers cost a hundred cycles each, and an optimiser's moments decay into them. In steps that train
# they become 0; how the processor was set is restored at the end. What happens before and after, and what must be declared.
FLUSH: dict[str, tuple[list[str], list[str], list[str]]] = {
    "": ([], [], []),
    "x86": (
        [
            "  %control = alloca i32",
            "  %flushing = alloca i32",
            "  call void @llvm.x86.sse.stmxcsr(ptr %control)",
            "  %control.now = load i32, ptr %control",
            "  %control.new = or i32 %control.now, 32768",
            "  store i32 %control.new, ptr %flushing",
            "  call void @llvm.x86.sse.ldmxcsr(ptr %flushing)",
        ],
        ["  call void @llvm.x86.sse.ldmxcsr(ptr %control)"],
        ["declare void @llvm.x86.sse.stmxcsr(ptr)", "declare void @llvm.x86.sse.ldmxcsr(ptr)"],
    ),
    "aarch64": (
        [
            "  %control = call i64 @llvm.aarch64.get.fpcr()",
            "  %control.new = or i64 %control, 16777216",
            "  call void @llvm.aarch64.set.fpcr(i64 %control.new)",
        ],
        ["  call void @llvm.aarch64.set.fpcr(i64 %control)"],
        ["declare i64 @llvm.aarch64.get.fpcr()", "declare void @llvm.aarch64.set.fpcr(i64)"],
    ),
}

# A meeting is a line of memory for the count of arrivals, with the address of sched_yield behind it, and a line for each
# thread's own next goal and step. Threads spin for a while, then give the processor to whoever else wants it.
MEET = """
define internal void @meet(ptr %own) noinline {
entry:
  %shared = load ptr, ptr %own
  %team = getelementptr i64, ptr %own, i64 1
  %size = load i64, ptr %team
  %place = getelementptr i64, ptr %own, i64 2
  %old = load i64, ptr %place
  %goal = add i64 %old, %size
  store i64 %goal, ptr %place
  %yield.at = getelementptr i64, ptr %shared, i64 8
  %yield = load ptr, ptr %yield.at
  %arrived = atomicrmw add ptr %shared, i64 1 acq_rel
  br label %wait
wait:
  %spins = phi i64 [ 0, %entry ], [ %more, %again ]
  %count = load atomic i64, ptr %shared acquire, align 8
  %open = icmp sge i64 %count, %goal
  br i1 %open, label %done, label %turn
turn:
  %more = add i64 %spins, 1
  %long = icmp sgt i64 %more, SPINS
  br i1 %long, label %give, label %again
give:
  %ignored = call i32 %yield()
  br label %again
again:
  br label %wait
done:
  ret void
}""".replace("SPINS", "100000")


def type_text(type: Type) -> str:
    """A type as LLVM writes it."""
    kind = _KINDS.get(type.kind, type.kind)
    return kind if type.lanes == 1 else f"<{type.lanes} x {kind}>"


def constant_text(const: Const) -> str:
    """A constant as LLVM writes it; floats by their bits, so that none is rounded."""
    if const.type.is_float:
        value = float(const.value)
        if const.type.kind == "f32":
            value = struct.unpack("f", struct.pack("f", value))[0]
        one = "0x" + struct.pack(">d", value).hex().upper()
    else:
        one = str(int(const.value))
    if const.type.lanes == 1:
        return one
    if not int(one, 0):
        return "zeroinitializer"
    return f"splat ({_KINDS.get(const.type.kind, const.type.kind)} {one})"


def _quoted(name: str) -> str:
    """A name of any characters as LLVM writes it."""
    if re.fullmatch(r"[A-Za-z][\w.]*", name, re.ASCII):
        return name
    plain = (
        chr(byte) if (byte < 128 and chr(byte).isalnum()) or byte in b"/._-" else f"\\{byte:02X}"
        for byte in name.encode()
    )
    return f'"{"".join(plain)}"'


class Writer:
    """Writes one function, with its pieces."""

    def __init__(self, flush: str = "", fused: bool = True, names: Mapping[Value, str] | None = None) -> None:
        self.names = names or {}  # what some values are called; all others have numbers
        self.flush = flush  # on which processor, if at all, results below the normal numbers become 0
        self.fused = fused  # whether the processor multiplies and adds in one instruction
        self.lines: list[str] = []
        self.needed: dict[str, str] = {}  # intrinsics, by name, with their declarations
        self.meets = False
        self.pieces: list[str] = []
        self._labels = 0
        self._temporary = 0
        self._at = "entry"

    def function(self, name: str, parameters: Sequence[Value], body: Iterable[Statement]) -> str:
        """The module with this function, which gives nothing; %meeting is where the threads of a team meet."""
        self._label("entry")
        before, after, declarations = FLUSH[self.flush]
        self.lines += before
        self._statements(body)
        self._line("br label %leave")
        self._label("leave")
        self.lines += after
        self._line("ret void")
        text = [f"define void @{name}({self._listed(parameters)}) #0 {{", *self.lines, "}", *self.pieces]
        text += [*declarations, *self.needed.values()]
        if self.meets:
            text.append(MEET)
        return "\n".join([*text, "attributes #0 = { nounwind }", ""])

    def name(self, x: Operand) -> str:
        """An operand without its type."""
        if isinstance(x, Const):
            return constant_text(x)
        return f"%{_quoted(self.names[x])}" if x in self.names else f"%v{x.number}"

    def typed(self, x: Operand) -> str:
        """An operand with its type."""
        return f"{type_text(x.type)} {self.name(x)}"

    def _listed(self, values: Iterable[Value]) -> str:
        """What is given to a function, or taken by it."""
        return ", ".join([*map(self.typed, values), "ptr %meeting"])

    def _line(self, text: str) -> None:
        self.lines.append(f"  {text}")

    def _label(self, name: str) -> None:
        self.lines += [*([""] if self.lines else []), f"{name}:"]
        self._at = name

    def _fresh(self, stem: str) -> str:
        self._labels += 1
        return f"{stem}{self._labels}"

    def _statements(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            if isinstance(statement, Op):
                self._op(statement)
            elif isinstance(statement, Loop):
                self._loop(statement)
            elif isinstance(statement, Branch):
                self._branch(statement)
            elif isinstance(statement, Piece):
                self._piece(statement)
            elif isinstance(statement, Barrier):
                self._line("call void @meet(ptr %meeting)")
                self.meets = True
            else:
                self._leave(statement)

    def _loop(self, loop: Loop) -> None:
        before, turn, after = self._at, self._fresh("turn"), self._fresh("after")
        if loop.at_least_once:
            self._line(f"br label %{turn}")
        else:
            self._line(f"%any{turn} = icmp slt {self.typed(loop.start)}, {self.name(loop.stop)}")
            self._line(f"br i1 %any{turn}, label %{turn}, label %{after}")
        self._label(turn)
        place = len(self.lines)
        self._statements(loop.body)
        index = self.name(loop.index)
        self._line(f"%next{turn} = add i64 {index}, {loop.step}")
        self._line(f"%more{turn} = icmp slt i64 %next{turn}, {self.name(loop.stop)}")
        self._line(f"br i1 %more{turn}, label %{turn}, label %{after}")
        last = self._at
        phis = [f"  {index} = phi i64 [ {self.name(loop.start)}, %{before} ], [ %next{turn}, %{last} ]"]
        for carried, first, following in zip(loop.carried, loop.initial, loop.next, strict=True):
            pairs = f"[ {self.name(first)}, %{before} ], [ {self.name(following)}, %{last} ]"
            phis.append(f"  {self.name(carried)} = phi {type_text(carried.type)} {pairs}")
        self.lines[place:place] = phis
        self._label(after)
        for result, first, following in zip(loop.results, loop.initial, loop.next, strict=True):
            pairs = f"[ {self.name(following)}, %{last} ]"
            if not loop.at_least_once:
                pairs += f", [ {self.name(first)}, %{before} ]"
            self._line(f"{self.name(result)} = phi {type_text(result.type)} {pairs}")

    def _branch(self, branch: Branch) -> None:
        then, after = self._fresh("then"), self._fresh("after")
        self._line(f"br {self.typed(branch.condition)}, label %{then}, label %{after}")
        self._label(then)
        self._statements(branch.body)
        self._line(f"br label %{after}")
        self._label(after)

    def _piece(self, piece: Piece) -> None:
        outside, at, self.lines = self.lines, self._at, []
        self._label("entry")
        self._statements(piece.body)
        name, listed = self._fresh("piece"), self._listed(piece.given)
        self.pieces += ["", f"define internal void @{name}({listed}) #0 {{", *self.lines, "  ret void", "}"]
        self.lines, self._at = outside, at
        self._line(f"call void @{name}({listed})")

    def _leave(self, leave: Leave) -> None:
        after = self._fresh("after")
        self._line(f"br {self.typed(leave.condition)}, label %leave, label %{after}")
        self._label(after)

    # ------------------------------------------------------------------------------------------ operations

    def _op(self, op: Op) -> None:
        if op.name in ("load", "store"):
            self._memory(op)
        elif op.name == "atomic_min":
            value, pointer, at = op.operands
            self._temporary += 1
            self._line(f"%p{self._temporary} = getelementptr i64, {self.typed(pointer)}, {self.typed(at)}")
            self._line(f"%a{self._temporary} = atomicrmw min ptr %p{self._temporary}, {self.typed(value)} monotonic")
        elif op.result is None:
            raise KeyError(op.name)
        else:
            self._line(f"{self.name(op.result)} = {self._expression(op, op.result.type)}")

    def _expression(self, op: Op, type: Type) -> str:
        operands = op.operands
        if op.name in _INFIX:
            return f"{op.name} {self.typed(operands[0])}, {self.name(operands[1])}"
        if op.name in ("fcmp", "icmp"):
            return f"{op.name} {op.extra} {self.typed(operands[0])}, {self.name(operands[1])}"
        if op.name in _CASTS:
            return f"{op.name} {self.typed(operands[0])} to {type_text(type)}"
        if op.name == "select":
            return "select " + ", ".join(self.typed(x) for x in operands)
        if op.name == "fneg":
            return f"fneg {self.typed(operands[0])}"
        if op.name == "spread":
            return self._spread(operands[0], type)
        if op.name == "iota":
            return self._iota(operands[0], type)
        if op.name == "lanes":
            return self._lanes(op, type)
        if op.name == "joined":
            return self._joined(op.operands, type)
        if op.name == "any":
            (x,) = op.operands
            name = f"llvm.vector.reduce.or.v{x.type.lanes}i1"
            self.needed[name] = f"declare i1 @{name}({type_text(x.type)})"
            return f"call i1 @{name}({self.typed(x)})"
        if op.name == "libm":
            return self._libm(op, type)
        return self._intrinsic(op, type)

    def _memory(self, op: Op) -> None:
        value_type = op.result.type if op.result else op.operands[0].type
        pointer, at = op.operands[-2:]
        self._temporary += 1
        address = f"%p{self._temporary}"
        element = "ptr" if value_type.kind == "ptr" else type_text(Type(value_type.kind))
        self._line(f"{address} = getelementptr {element}, {self.typed(pointer)}, {self.typed(at)}")
        size = {"f32": 4, "f64": 8, "i8": 1, "i32": 4, "i64": 8, "ptr": 8}[value_type.kind]
        if op.result:
            self._line(f"{self.name(op.result)} = load {type_text(value_type)}, ptr {address}, align {size}")
        else:
            self._line(f"store {self.typed(op.operands[0])}, ptr {address}, align {size}")

    def _spread(self, x: Operand, type: Type) -> str:
        self._temporary += 1
        one = f"%s{self._temporary}"
        vector = type_text(type)
        self._line(f"{one} = insertelement {vector} poison, {self.typed(x)}, i64 0")
        return f"shufflevector {vector} {one}, {vector} poison, <{type.lanes} x i32> zeroinitializer"

    def _iota(self, first: Operand, type: Type) -> str:
        self._temporary += 1
        spread = f"%s{self._temporary}"
        numbers = ", ".join(f"i64 {i}" for i in range(type.lanes))
        if type.lanes == 1:
            return f"add {self.typed(first)}, 0"
        self._line(f"{spread} = {self._spread(first, type)}")
        return f"add {type_text(type)} {spread}, <{numbers}>"

    def _lanes(self, op: Op, type: Type) -> str:
        x, chosen = op.operands[0], list(op.extra)  # type: ignore[call-overload]
        if type.lanes == 1:
            return f"extractelement {self.typed(x)}, i64 {chosen[0]}"
        mask = ", ".join(f"i32 {i}" for i in chosen)
        other = op.operands[1] if len(op.operands) > 1 else x
        return f"shufflevector {self.typed(x)}, {self.typed(other)}, <{len(chosen)} x i32> <{mask}>"

    def _joined(self, numbers: Sequence[Operand], type: Type) -> str:
        """A vector of single numbers."""
        vector, built = type_text(type), "poison"
        for lane, x in enumerate(numbers[:-1]):
            self._temporary += 1
            self._line(f"%j{self._temporary} = insertelement {vector} {built}, {self.typed(x)}, i64 {lane}")
            built = f"%j{self._temporary}"
        return f"insertelement {vector} {built}, {self.typed(numbers[-1])}, i64 {type.lanes - 1}"

    def _libm(self, op: Op, type: Type) -> str:
        """A function of the C library, called lane by lane."""
        one = type_text(Type(type.kind))
        self.needed[str(op.extra)] = f"declare {one} @{op.extra}({one})"
        (x,) = op.operands
        if type.lanes == 1:
            return f"call {one} @{op.extra}({self.typed(x)})"
        vector, built, last = type_text(type), "poison", ""
        for lane in range(type.lanes):
            self._temporary += 1
            n = self._temporary
            self._line(f"%a{n} = extractelement {self.typed(x)}, i64 {lane}")
            self._line(f"%b{n} = call {one} @{op.extra}({one} %a{n})")
            last = f"insertelement {vector} {built}, {one} %b{n}, i64 {lane}"
            if lane < type.lanes - 1:
                self._line(f"%c{n} = {last}")
                built = f"%c{n}"
        return last

    def _intrinsic(self, op: Op, type: Type) -> str:
        if op.name == "muladd" and not self.fused:  # the intrinsic would become a call for each lane
            x, y, z = op.operands
            self._temporary += 1
            product = f"%m{self._temporary}"
            self._line(f"{product} = fmul {self.typed(x)}, {self.name(y)}")
            return f"fadd {type_text(type)} {product}, {self.name(z)}"
        suffix = f"{type.kind}" if type.lanes == 1 else f"v{type.lanes}{type.kind}"
        name = f"llvm.{_INTRINSICS.get(op.name, op.name)}.{suffix}"
        kinds = ", ".join(type_text(x.type) for x in op.operands)
        self.needed[name] = f"declare {type_text(type)} @{name}({kinds})"
        return f"call {type_text(type)} @{name}({', '.join(self.typed(x) for x in op.operands)})"

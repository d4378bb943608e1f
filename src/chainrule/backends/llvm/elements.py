"""The value of a node at a place: element-wise operations, and broadcasts, for one number or a vector of them."""

from __future__ import annotations

from chainrule.backends.llvm.code import I64, Code, Const, Index, Operand, Type, Value
from chainrule.backends.llvm.memory import Buffer, dense_strides, place_offset, register_type
from chainrule.backends.llvm.vector_math import VectorMath
from chainrule.backends.llvm.views import VIEWS, one_by_one
from chainrule.errors import BackendError
from chainrule.graph import ROWS, DType, Node, Shape, count

Place = tuple[Index, ...]

_FLOAT_OPS = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)


class Elements:
    """Computes values of nodes at places. `buffers` says where the nodes lie that are stored already."""

    def __init__(self, code: Code, lanes: int, rows: Index, capacity: Value) -> None:
        self.code, self.lanes, self.rows, self.capacity = code, lanes, rows, capacity
        self.buffers: dict[Node, Buffer] = {}
        self._held: dict[tuple[int, Node, Place, int], Operand] = {}
        self._offsets: dict[tuple[object, ...], Index] = {}
        self._pointed: dict[tuple[Buffer, Index], Index] = {}
        self.math = VectorMath(code).table()

    def size(self, dim: object) -> Index:
        """The length of an axis."""
        return self.rows if dim is ROWS else dim  # type: ignore[return-value]

    def load(self, buffer: Buffer, place: Place, lanes: int) -> Operand:
        """The number at a place, or a vector of them along the last axis."""
        if buffer.order is not None:
            within = self.code.offset(place[1:], dense_strides(buffer.shape[1:]))
            begin = self._pointed.get((buffer, place[0]))
            at = self.code.plus(self._row(buffer, place[0]) if begin is None else begin, within)
            return self.code.load(buffer.pointer, at, Type(buffer.kind, lanes))
        loaded = self.code.load(buffer.pointer, self.offset(buffer, place, vector=lanes > 1), Type(buffer.kind, lanes))
        if buffer.dtype is DType.BOOL:
            return self.code.compare("ne", loaded, Const(loaded.type, 0))
        return loaded

    def point(self, node: Node, row: Index) -> None:
        """Find a row of data in its order now, for all that is read of it from here on."""
        buffer = self.buffers.get(node)
        if buffer is not None and buffer.order is not None:
            self._pointed[buffer, row] = self._row(buffer, row)

    def _row(self, buffer: Buffer, row: Index) -> Index:
        """Where a row of data begins."""
        assert buffer.order is not None
        number = self.code.load(buffer.order, self.code.plus(buffer.base, row), I64)
        return self.code.times(number, count(buffer.shape))

    def store(self, value: Operand, buffer: Buffer, place: Place) -> None:
        """Put a number, or a vector along the last axis, at a place."""
        at = self.offset(buffer, place, vector=value.type.lanes > 1)
        if buffer.dtype is DType.BOOL:
            value = self.code.op("zext", value.type.of("i8"), value)
        self.code.store(value, buffer.pointer, at)

    def offset(self, buffer: Buffer, place: Place, *, vector: bool = False) -> Index:
        """How far behind its pointer an element lies, or the first of a vector; for arrays of one shape recorded once a block."""
        known = (id(self.code.block), buffer.shape, buffer.plain, buffer.apart, place, vector)
        if known not in self._offsets:
            self._offsets[known] = place_offset(self.code, buffer, place, self.lanes, self.capacity, vector=vector)
        return self.code.plus(buffer.base, self._offsets[known])

    def hold(self, node: Node, place: Place, value: Operand) -> None:
        """Keep a value at hand: within the block where it was computed, nobody need read it from memory."""
        self._held[id(self.code.block), node, place, value.type.lanes] = value

    def value(
        self,
        node: Node,
        place: Place,
        lanes: int,
        known: dict[Node, Operand] | None = None,
        along: int | None = None,
    ) -> Operand:
        """The value of a node at a place, or a vector of them along an axis, the last one unless given.

        `known` are values at this very place.
        """
        known = {} if known is None else known
        along = node.rank - 1 if along is None else along
        if node in known:
            return known[node]
        if node in self.buffers:
            return self._stored(node, place, lanes, along)
        if node.op == "const":
            return Const(register_type(node.dtype, lanes), node.attributes["value"].item())
        if node.op == "broadcast":
            return self._broadcast(node, place, lanes, along)
        if node.op == "random_bits":
            return self._random_bits(node, place, lanes, along)
        if node.op in VIEWS:
            return VIEWS[node.op](self, node, place, lanes, along)
        result = self._apply(node, [self.value(x, place, lanes, known, along) for x in node.inputs], lanes)
        known[node] = result
        return result

    def _stored(self, node: Node, place: Place, lanes: int, along: int) -> Operand:
        """The value of a node that lies in memory."""
        scattered = node.rank == 1 and self.buffers[node].apart is not None
        if lanes > 1 and node.rank and (along != node.rank - 1 or scattered):
            return one_by_one(self, node, place, lanes, along)
        width = lanes if node.shape else 1
        held = self._held.get((id(self.code.block), node, place, width))
        return self.code.spread(held or self.load(self.buffers[node], place, width), lanes)

    # ------------------------------------------------------------------------------------------ element-wise

    def _apply(self, node: Node, x: list[Operand], lanes: int) -> Operand:
        code, op = self.code, node.op
        type = register_type(node.dtype, lanes)
        if op in self.math:
            return self.math[op](x[0])
        if op in _FLOAT_OPS:
            return code.op(_FLOAT_OPS[op] if type.is_float else op, type, *x)
        if op == "neg":
            return code.op("fneg", type, x[0]) if type.is_float else code.op("sub", type, Const(type, 0), x[0])
        if op == "maximum":
            return code.combine("maximum", *x) if type.is_float else self._larger(node, x)
        if op == "abs":
            return code.op("fabs", type, x[0]) if type.is_float else self._absolute(node, x[0])
        if op in ("less", "equal"):
            return self._compare(node, x)
        if op == "select":
            return code.op("select", type, *x)
        if op == "cast":
            return self._cast(x[0], node.inputs[0].dtype, node.dtype, type)
        if op == "stop_gradient":
            return x[0]
        raise BackendError(f"The LLVM backend has no code for the primitive {op!r}; run it with backend='numpy'.")

    def _larger(self, node: Node, x: list[Operand]) -> Operand:
        signed = node.dtype is DType.INT32
        return self.code.op("select", x[0].type, self.code.compare("sgt" if signed else "ugt", *x), *x)

    def _absolute(self, node: Node, x: Operand) -> Operand:
        if node.dtype is not DType.INT32:
            return x
        zero = Const(x.type, 0)
        negative = self.code.compare("slt", x, zero)
        return self.code.op("select", x.type, negative, self.code.op("sub", x.type, zero, x), x)

    def _compare(self, node: Node, x: list[Operand]) -> Operand:
        dtype = node.inputs[0].dtype
        if dtype.is_float:
            return self.code.compare("olt" if node.op == "less" else "oeq", *x)
        if node.op == "equal":
            return self.code.compare("eq", *x)
        return self.code.compare("slt" if dtype is DType.INT32 else "ult", *x)

    def _cast(self, x: Operand, old: DType, new: DType, type: Type) -> Operand:
        code = self.code
        if old is new:
            return x
        if new is DType.BOOL:
            return code.compare("une" if old.is_float else "ne", x, Const(x.type, 0))
        signed_old, signed_new = old is DType.INT32, new is DType.INT32
        if old.is_float and new.is_float:
            return code.op("fpext" if new is DType.FLOAT64 else "fptrunc", type, x)
        if old.is_float:
            return code.op("fptosi" if signed_new else "fptoui", type, x)
        if new.is_float:
            return code.op("sitofp" if signed_old else "uitofp", type, x)
        bits = {"i1": 1, "i8": 8, "i32": 32}
        if bits[x.type.kind] == bits[type.kind]:
            return x
        return code.op("zext" if bits[x.type.kind] < bits[type.kind] else "trunc", type, x)

    def _random_bits(self, node: Node, place: Place, lanes: int, along: int) -> Operand:
        """Philox4x32-10 (see `chainrule.random`), for each element by itself."""
        code, wide = self.code, Type("i64", lanes)
        key, counter = ([self._wide(self.load(self.buffers[x], (i,), 1), lanes) for i in range(2)] for x in node.inputs)
        element = self._number(node.shape, place, lanes, along)
        halves = node.attributes["bits"] == 16
        word = code.op("lshr", wide, element, Const(wide, 1)) if halves else element
        block = code.op("and", wide, code.op("lshr", wide, word, Const(wide, 2)), Const(wide, 0xFFFFFFFF))
        c: list[Operand] = [block, Const(wide, node.attributes["layer"]), counter[0], counter[1]]
        low, shift = Const(wide, 0xFFFFFFFF), Const(wide, 32)
        k = list(key)
        for _ in range(10):
            p = [code.op("mul", wide, c[2 * i], Const(wide, _MULTIPLIERS[i])) for i in range(2)]
            high = [code.op("lshr", wide, x, shift) for x in p]
            lower = [code.op("and", wide, x, low) for x in p]
            c = [
                code.op("xor", wide, code.op("xor", wide, high[1], c[1]), k[0]),
                lower[1],
                code.op("xor", wide, code.op("xor", wide, high[0], c[3]), k[1]),
                lower[0],
            ]
            k = [
                code.op("and", wide, code.op("add", wide, x, Const(wide, w)), low)
                for x, w in zip(k, _WEYL, strict=True)
            ]
        place_in_block = code.op("and", wide, word, Const(wide, 3))
        result: Operand = c[3]
        for i in (2, 1, 0):
            result = code.op("select", wide, code.compare("eq", place_in_block, Const(wide, i)), c[i], result)
        if halves:
            odd = code.compare("ne", code.op("and", wide, element, Const(wide, 1)), Const(wide, 0))
            result = code.op("select", wide, odd, code.op("lshr", wide, result, Const(wide, 16)), result)
            result = code.op("and", wide, result, Const(wide, 0xFFFF))
        return code.op("trunc", Type("i32", lanes), result)

    def _wide(self, x: Operand, lanes: int) -> Operand:
        return self.code.spread(self.code.op("zext", Type("i64"), x), lanes)

    def _number(self, shape: Shape, place: Place, lanes: int, along: int) -> Operand:
        """The number of an element, counted row by row, for each lane along an axis."""
        code = self.code
        linear: Index = 0
        for dim, i in zip(shape, place, strict=True):
            linear = code.plus(code.times(linear, self.size(dim)), i)
        apart: Index = 1
        for dim in shape[along + 1 :]:
            apart = code.times(apart, self.size(dim))
        if apart == 1:
            return code.op("iota", Type("i64", lanes), code.index(linear))
        lane = code.op("iota", Type("i64", lanes), Const(I64, 0))
        steps = code.op("mul", lane.type, lane, code.spread(code.index(apart), lanes))
        return code.op("add", lane.type, steps, code.spread(code.index(linear), lanes))

    def _broadcast(self, node: Node, place: Place, lanes: int, along: int) -> Operand:
        (x,) = node.inputs
        axes = node.attributes["axes"]
        kept = [axis for axis in range(node.rank) if axis not in axes]
        inner = tuple(place[axis] for axis in kept)
        if along in axes or along < 0:
            return self.code.spread(self.value(x, inner, 1), lanes)
        return self.value(x, inner, lanes, along=kept.index(along))

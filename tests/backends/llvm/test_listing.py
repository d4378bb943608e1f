"""The loops as they are printed are the loops that run: the listing is executed, as Python, and compared with NumPy."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from backends.llvm.networks import Training, training_of
from backends.llvm.texts import AVX2
from chainrule.backends import NumpyBackend
from chainrule.backends.llvm.stages import stage_text
from chainrule.functional import CrossEntropy, SquaredError
from chainrule.graph import ROWS, Step, input
from chainrule.graph.primitives import contract
from chainrule.nn import Dense
from chainrule.optim import SGD, Adam

Array = NDArray[Any]

LANES = 8
CAPACITY = 40
STEPS, BATCH = 2, 13
DTYPES = {"f32": np.float32, "i8": np.int8, "i32": np.int32, "i64": np.int64, "i1": np.bool_}
ENTRY = re.compile(r"^    (\S+?)(?:: (\w+?)(?:\[(.*)\])?)?(?:  # (.*))?$")
TYPED = re.compile(r"^( *)(.*?): (?:(\d+)x)?(f32|i1|i8|i32|i64)$")


def typed(value: Any, lanes: int, kind: str) -> Any:
    """What an operation gives, as a number of a kind or a vector of them."""
    if kind == "i64" and lanes == 1:
        return int(value)
    dtype = DTYPES[kind]
    array = value.of.view(dtype) if isinstance(value, Bits) else np.asarray(value).astype(dtype)
    return np.broadcast_to(np.atleast_1d(array), (lanes,))


def chosen(*given: Any) -> Array:
    """Lanes of one vector or of two, of which one may be a number that all its lanes have."""
    *vectors, places = given
    whole = [np.broadcast_to(x, (len(places),)) for x in vectors] if len(vectors) > 1 else vectors
    return np.asarray(np.concatenate(whole)[places])


class Bits:
    """A value whose bits mean another type."""

    def __init__(self, of: Array) -> None:
        self.of = of


KNOWN: dict[str, Any] = {
    "np": np,
    "inf": np.inf,
    "nan": np.nan,
    "typed": typed,
    "where": np.where,
    "spread": lambda x: x,
    "iota": lambda first: first + np.arange(LANES),
    "lanes": chosen,
    "muladd": lambda x, y, z: np.asarray(np.float64(x) * y + z).astype(np.float32),
    "fma": lambda x, y, z: np.asarray(np.float64(x) * y + z).astype(np.float32),
    "bitcast": Bits,
    "isnan": np.isnan,
    "uno": lambda x, y: np.isnan(x) | np.isnan(y),
    "uge": lambda x, y: ~(x < y),
    "ult": lambda x, y: ~(x >= y),
    "fabs": np.abs,
    "copysign": np.copysign,
    "any": np.any,
    "sqrt": np.sqrt,
    "min": min,
    **dict.fromkeys(("zext", "uitofp", "sitofp", "trunc", "sext"), lambda x: x),
}


class AsPython(ast.NodeTransformer):
    """Choices lane by lane, and numbers of memory as arrays of one."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        return ast.Call(ast.Name("where", ast.Load()), [node.test, node.body, node.orelse], [])


class Listing:
    """A listing, and the arrays of its table: each with room for any place, its rows as far apart as the table says."""

    def __init__(self, text: str) -> None:
        table, body = text.removeprefix("table:\n").split("\n\n", 1)
        self.arrays: dict[str, Array] = {}
        self.pitch: dict[str, int] = {}
        for line in table.splitlines():
            name, dtype, shape, note = ENTRY.match(line).groups()  # type: ignore[union-attr]
            self.arrays[name] = np.zeros(4096, np.int64 if dtype is None else np.int8 if dtype == "bool" else dtype)
            taken = re.search(r"a row takes (\d+)", note or "")
            last = (shape or "1").split(", ")[-1]
            self.pitch[name] = int(taken[1]) if taken else int(last) if last != "n" else 1
        self.names = {name: f"_{i}" for i, name in enumerate(self.arrays)}
        self.arrays["record"] = self.arrays["record"].astype(np.int8)
        lines = [self._line(line) for line in body.splitlines() if line]
        tree = AsPython().visit(ast.parse("def run(steps):\n" + "\n".join(f"    {line}" for line in lines)))
        scope = {**KNOWN, **{self.names[name]: array for name, array in self.arrays.items()}}
        exec(compile(ast.fix_missing_locations(tree), "listing", "exec"), scope)
        self.run: Callable[[int], None] = scope["run"]

    def _line(self, line: str) -> str:
        for name in sorted(self.names, key=len, reverse=True):
            line = re.sub(rf"(?<![\w./]){re.escape(name)}\[", f"{self.names[name]}[", line)
        line = re.sub(r"(\d+) to (\d+)\)", lambda m: f"{list(range(int(m[1]), int(m[2]) + 1))})", line)
        line = re.sub(r"(lanes\([^()]*?), (\d+(?: \d+)*)\)", lambda m: f"{m[1]}, [{m[2].replace(' ', ', ')}])", line)
        if leave := re.match(r"( *)leave (if .*)", line):
            return f"{leave[1]}{leave[2]}: return"
        if found := TYPED.match(line):
            indent, statement, lanes, kind = found.groups()
            *variables, value = statement.split(" = ")
            if int(lanes or 1) > 1:
                value = re.sub(r"^(_\d+)\[(.*)\]$", rf"\1[(\2):(\2) + {lanes}]", value)
            return f"{indent}{' = '.join(variables)} = typed({value}, {lanes or 1}, {kind!r})"
        if store := re.match(r"( *)(_\d+)\[(.*?)\] = (.*)", line):
            indent, array, place, value = store.groups()
            return f"{indent}at, stored = {place}, np.atleast_1d({value}); {array}[at:at + len(stored)] = stored"
        return line

    def put(self, name: str, array: Array) -> None:
        """Lay an array where the listing looks for it."""
        for i, row in enumerate(np.atleast_2d(array)):
            self.arrays[name][i * self.pitch[name] :][: len(row)] = row

    def get(self, name: str, like: Array) -> Array:
        """What lies there now, in the shape of another array."""
        rows = np.atleast_2d(like)
        found = [self.arrays[name][i * self.pitch[name] :][: rows.shape[1]] for i in range(len(rows))]
        return np.array(found).reshape(like.shape)


def classifier() -> Training:
    rng = np.random.default_rng(0)
    data = {"x": rng.normal(size=(40, 33)).astype(np.float32), "y": rng.integers(0, 3, 40).astype(np.int32)}
    return training_of([Dense(12, activation="relu"), Dense(3)], data, CrossEntropy(), SGD(0.05))


def regression() -> Training:
    rng = np.random.default_rng(1)
    data = {"x": rng.normal(size=(40, 3)).astype(np.float32), "y": rng.normal(size=(40, 2)).astype(np.float32)}
    return training_of([Dense(9, activation="tanh"), Dense(2)], data, SquaredError(), Adam(0.01))


@pytest.mark.parametrize("rows", [4, 32])
@pytest.mark.parametrize("make", [classifier, regression])
def test_the_listing_does_what_the_step_does(make: Callable[[], Training], rows: int) -> None:
    training = make()
    listing = Listing(stage_text(training.step, "loops", rows=rows, target=AVX2))
    order, bounds = np.arange(40)[::-1].copy(), np.array([0, BATCH, BATCH + BATCH - 3])
    scalars = training.scalars(STEPS)
    for name, array in training.state.items():
        listing.put(name, array)
    for name, array in training.data.items():
        listing.arrays[f"data/{name}"][: array.size] = array.ravel()
    for name, value in scalars.items():
        listing.arrays[f"scalar/{name}"][:STEPS] = value
    for node in training.step.graph.nodes:
        if node.op == "const" and node.rank:
            listing.put("const.0", node.attributes["value"])
    listing.arrays["status"][:2] = 2**62, CAPACITY
    listing.arrays["order"][: len(order)], listing.arrays["bounds"][: len(bounds)] = order, bounds
    listing.arrays["record"][:STEPS] = 1
    with np.errstate(all="ignore"):
        listing.run(STEPS)

    state = training.copied()
    result = NumpyBackend().compile(training.step).run(state, training.data, order, bounds, scalars)
    assert listing.arrays["status"][0] == 2**62
    for name, array in state.items():
        assert not np.array_equal(array, training.state[name])
        assert_allclose(listing.get(name, array), array, rtol=2e-5, atol=1e-6, err_msg=name)
    for name, values in result.metrics.items():
        assert_allclose(listing.arrays[f"metric/{name}"][:STEPS], values, rtol=1e-5, atol=1e-6, err_msg=name)


def test_what_a_step_does_not_read_has_no_name_in_its_listing() -> None:
    x, unread, w = input("x", (ROWS, 3)), input("unread", (ROWS, 2)), input("w", (3,))
    step = Step(state={"w": w}, data={"x": x, "unread": unread}, rows={"out": contract(x, w, "bi,i->b")})
    assert "rows/out" in stage_text(step, "loops", rows=4, target=AVX2)

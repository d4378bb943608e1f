"""The loop: a recurrence over the steps of sequences, and its derivative, backpropagation through time.

Source: Werbos, "Backpropagation through time: what it does and how to do it", Proceedings of the IEEE 78, 1990.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

from chainrule.errors import GraphError, ShapeError
from chainrule.graph.autodiff import pull_back
from chainrule.graph.body import Body, needed, rebuilt
from chainrule.graph.node import Graph, Node, Primitive, broadcast_to, const, input, primitive, where
from chainrule.graph.primitives.contraction import contract, split_spec
from chainrule.graph.primitives.conversion import cast
from chainrule.graph.primitives.indexing import scatter_add
from chainrule.graph.primitives.reduction import reduce_sum
from chainrule.graph.primitives.structure import concat, pad, reshape
from chainrule.graph.types import ROWS, DType, TensorType, count

Place = tuple[int, int]  # columns, from the first up to the last, not included


def _scan_attributes(operands: Sequence[Node], body: Body, reverse: bool = False) -> dict[str, Any]:
    if not isinstance(body, Body):
        raise GraphError(f"{where()}scan needs the Body of a step, but was given {type(body).__name__}.")
    return {"body": body, "reverse": bool(reverse)}


def _scan_type(*types: TensorType, body: Body, reverse: bool) -> TensorType:
    if not types or types[0] != body.state.type or len(types) != len(body.inputs):
        raise ShapeError(
            f"{where()}a step of scan takes {', '.join(str(x.type) for x in body.inputs)}, but scan was given "
            f"{', '.join(map(str, types)) or 'nothing'}."
        )
    start, *rest = types
    if start.rank != 2 or start.shape[0] is not ROWS or not start.dtype.is_float:
        raise ShapeError(f"{where()}the state of scan must be floating-point numbers of shape (n, k), but is {start}.")
    if not body.sequences:
        raise ShapeError(
            f"{where()}scan needs at least one sequence, (n, steps, ...), which says how many steps there are."
        )
    steps = rest[0].shape[1] if rest[0].rank > 1 else ROWS
    for node, given in zip(body.sequences, rest, strict=False):
        expected = (ROWS, steps, *node.shape[1:])
        if steps is ROWS or node.shape[:1] != (ROWS,) or given.shape != expected or given.dtype is not node.dtype:
            raise ShapeError(
                f"{where()}a step of scan reads {node.type} of a sequence, which must be ({ROWS!r}, steps, ...) with as many "
                f"steps as the others, but is {given}."
            )
    for node, given in zip(body.constants, rest[len(body.sequences) :], strict=True):
        if given != node.type or ROWS in given.shape:
            raise ShapeError(
                f"{where()}a step of scan takes a constant {node.type}, without rows, but was given {given}."
            )
    return TensorType((ROWS, steps, start.shape[1]), start.dtype)


def _through_time(g: Node, y: Node, *operands: Node, body: Body, reverse: bool) -> tuple[Node | None, ...]:
    if y.shape[1] == 0:
        return (None,) * len(operands)
    return tuple(_Backward(g, y, operands, body, reverse).gradients())


scan: Primitive = primitive(
    "scan",
    "Every state of a recurrence, (n, steps, k): sₜ = body(sₜ₋₁, what the sequences hold at t, constants), from the start state "
    "(n, k) on. In reverse, it begins with the last step; state t stands at place t all the same. Its derivative is a scan in "
    "the other direction. A scan within a body runs on the NumPy backend alone.",
    arity=-1,
    attributes=_scan_attributes,
    type_rule=_scan_type,
    vjp=_through_time,
)


class _Backward:
    """The derivative of a scan: λₜ = gₜ + μₜ₊₁, and μₜ is what the body passes back to its state when λₜ arrives.

    What else the body passes back is put out as further parts of the state beside μ: gradients of sequences, and what the
    gradients of constants are made of, which are sums over all steps and rows, such as Σ uᵀv. Those are taken outside, in one
    contraction over both. Of the forward pass, what the body puts together as the next state is read from the result.
    """

    def __init__(self, g: Node, y: Node, operands: Sequence[Node], body: Body, reverse: bool) -> None:
        self.y, self.body, self.reverse = y, body, reverse
        self.start, self.xs = operands[0], operands[1 : 1 + len(body.sequences)]
        self.constants = dict(zip(body.constants, operands[1 + len(body.sequences) :], strict=True))
        # Nodes of the body that are there for all steps at once, as arrays (n, steps, ...).
        self.stacked: dict[Node, Node] = dict(zip(body.sequences, self.xs, strict=True))
        # The parts of the state that the body reads, by their columns, and what is passed back to each.
        output, self.before = _in_parts(body)
        self.mu = {place: input(f"mu{place[0]}", x.shape, x.dtype) for place, x in self.before.items()}
        wrt = [*self.before.values(), *body.sequences, *body.constants]
        sent = iter(pull_back(self._arriving(g, output), wrt))
        of_state = [next(sent) for _ in self.mu]
        self.of_xs = [next(sent) for _ in self.xs]
        self.of_constants = list(sent)
        # What the reverse scan gives: what is passed back to the state, and what else is not known.
        zero = broadcast_to(const(0.0, y.dtype), body.state.shape)
        pairs = zip(self.mu, of_state, strict=True)
        self.passed = [x if x is not None else _columns(zero, *place) for place, x in pairs]
        wanted = [*self.of_xs, *(x for node in self._over_rows() for x in node.inputs)]
        self.more = list(dict.fromkeys(x for x in wanted if x is not None and not self._is_known(x)))

    def gradients(self) -> list[Node | None]:
        """The gradients of the start, the sequences and the constants."""
        of_start = None
        if self.passed or self.more:
            result = self._reverse_scan()
            columns = _running([*self.passed, *(_as_columns(x, self.y.dtype) for x in self.more)])
            parts = [_columns(result, *place) for place, _ in columns]
            of_start = self._of_start(parts[: len(self.passed)])
            for node, part in zip(self.more, parts[len(self.passed) :], strict=True):
                shaped = part if node.rank == 2 else reshape(part, (*result.shape[:2], *node.shape[1:]))
                self.stacked[node] = shaped if node.dtype is part.dtype else cast(shaped, node.dtype)
        of_xs = [None if node is None else self._at_all_steps(node) for node in self.of_xs]
        return [of_start, *of_xs, *self._of_constants()]

    def _of_start(self, passed: Sequence[Node]) -> Node | None:
        """What μ has come to where the forward scan starts."""
        t = _steps(self.y) - 1 if self.reverse else 0
        last = {place: part[:, t] for place, part in zip(self.mu, passed, strict=True)}
        return _assembled(last, 0, int(self.start.shape[1]))  # type: ignore[arg-type]

    # ------------------------------------------------------------------------------------------------ what is known

    def _arriving(self, g: Node, output: Node) -> dict[Node, Node]:
        """What arrives at each part of the next state: its columns of g, and μ where the body reads them."""
        arriving: dict[Node, Node] = {}
        for i, ((low, high), node) in enumerate(_put_together(output).items()):
            if node.inputs and ROWS in node.shape:
                self.stacked.setdefault(node, _columns(self.y, low, high))
            given, passed = _of_padded(g, low, high), _assembled(self.mu, low, high)
            if given is not None:
                own = input(f"g{i}", node.shape, node.dtype)
                self.stacked[own] = given
                passed = own if passed is None else own + passed
            if passed is not None:
                arriving[node] = arriving[node] + passed if node in arriving else passed
        return arriving

    def _is_known(self, node: Node) -> bool:
        return node in self.stacked or node in self.before.values()

    def _at_all_steps(self, node: Node) -> Node:
        """A node of the body that is known, for all steps at once."""
        if node not in self.stacked:
            place = next(place for place, x in self.before.items() if x is node)
            start, y = _columns(self.start, *place), _columns(self.y, *place)
            first = reshape(start, (start.shape[0], 1, start.shape[1]))
            self.stacked[node] = concat([y[:, 1:], first] if self.reverse else [first, y[:, : _steps(y) - 1]], 1)
        return self.stacked[node]

    # --------------------------------------------------------------------------------------------- the reverse scan

    def _reverse_scan(self) -> Node:
        """All that it gives, side by side, for all steps."""
        wanted = [*self.passed, *self.more]
        known = {*self.stacked, *self.before.values()}
        below = needed(wanted, known)
        read = [node for node in below if node in known] or [self.body.sequences[0]]
        constants = {node: given for node, given in self.constants.items() if node in below}
        arriving = [(mu, place) for place, mu in _running(self.mu.values())]

        def step(s: Node, xs: tuple[Node, ...], cs: tuple[Node, ...]) -> Node:
            new = dict(zip(read, xs, strict=True)) | dict(zip(constants, cs, strict=True))
            new |= {mu: _columns(s, *place) for mu, place in arriving}
            parts = [_as_columns(x, s.dtype) for x in rebuilt(wanted, new)]
            return concat(parts, 1) if len(parts) > 1 else parts[0]

        state = TensorType((ROWS, sum(count(node.shape) for node in wanted)), self.y.dtype)
        back = Body.of(step, state, [node.type for node in read], [node.type for node in constants])
        start = broadcast_to(const(0.0, state.dtype), state.shape)
        return scan([start, *map(self._at_all_steps, read), *constants.values()], back, not self.reverse)

    # ------------------------------------------------------------------------------------------------- the constants

    def _over_rows(self) -> list[Node]:
        """Where the gradients of constants go over the rows of a step."""
        nodes = Graph.of([node for node in self.of_constants if node is not None]).nodes
        return [node for node in nodes if ROWS not in node.shape and any(ROWS in x.shape for x in node.inputs)]

    def _of_constants(self) -> list[Node | None]:
        """The gradients of constants: what goes over rows goes over the steps as well, and all that follows is linear in it."""
        made = {**self.constants, **{node: self._over_time(node) for node in self._over_rows()}}
        return [None if node is None else rebuilt([node], made)[0] for node in self.of_constants]

    def _over_time(self, node: Node) -> Node:
        """The sum over all steps of a node that goes over the rows of one."""
        whole = [self._at_all_steps(x) for x in node.inputs]
        if node.op == "reduce_sum":
            return reduce_sum(whole[0], (0, 1, *(axis + 1 for axis in node.attributes["axes"] if axis)))
        if node.op == "contract":
            first, second, result = split_spec(node.attributes["spec"])
            t = next(letter for letter in "tuvwxyzabcdefghijklmnopqrs" if letter not in first + second)
            return contract(*whole, f"{first[0]}{t}{first[1:]},{second[0]}{t}{second[1:]}->{result}")
        if node.op == "scatter_add":
            return scatter_add(*whole, node.attributes["size"])
        raise GraphError(f"{where()}scan cannot add up what {node.op!r} makes of the rows of a step: {node!r}.")


# ------------------------------------------------------------------------------------------------------- columns


def _steps(x: Node) -> int:
    return int(x.shape[1])  # type: ignore[arg-type]


def _columns(x: Node, low: int, high: int) -> Node:
    """The places from `low` up to `high` of the last axis."""
    return x if (low, high) == (0, x.shape[-1]) else x[(*(slice(None),) * (x.rank - 1), slice(low, high))]


def _as_columns(x: Node, dtype: DType) -> Node:
    """x of shape (n, ...) as a part of a state."""
    flat = x if x.rank == 2 else reshape(x, (x.shape[0], count(x.shape)))
    return flat if flat.dtype is dtype else cast(flat, dtype)


def _running(nodes: Iterable[Node]) -> list[tuple[Place, Node]]:
    """Nodes of shape (n, k) with the columns that each has where they stand side by side."""
    found, low = [], 0
    for node in nodes:
        high = low + int(node.shape[1])  # type: ignore[arg-type]
        found.append(((low, high), node))
        low = high
    return found


def _in_parts(body: Body) -> tuple[Node, dict[Place, Node]]:
    """The next state in terms of stand-ins for the parts of the state that are read, and these by their columns.

    There are several only if the state is never read but in slices of columns that do not overlap.
    """
    state, users = body.state, [node for node in body.graph.nodes if body.state in node.inputs]
    slices = {node: (node.attributes["start"][1], node.attributes["stop"][1]) for node in users if node.op == "slice"}
    places = sorted(set(slices.values()))
    apart = all(high <= low for (_, high), (low, _) in pairwise(places))
    if not users and body.output is not state:
        return body.output, {}
    if len(slices) < len(users) or body.output is state or not apart or None in chain(*places):
        slices, places = {state: (0, state.shape[1])}, [(0, state.shape[1])]
    parts = {(low, high): input(f"s{low}", (ROWS, high - low), state.dtype) for low, high in places}
    (output,) = rebuilt([body.output], {node: parts[place] for node, place in slices.items()})
    return output, parts


def _put_together(output: Node) -> dict[Place, Node]:
    """What the next state is put together from, by its columns."""
    parts = output.inputs if output.op == "concat" and output.attributes["axis"] == 1 else (output,)
    return dict(_running(parts))


def _assembled(parts: Mapping[Place, Node], low: int, high: int) -> Node | None:
    """The columns from `low` up to `high` of what lies in parts, 0 where there is none; None if no part is among them."""
    total: Node | None = None
    for (begin, end), x in parts.items():
        first, last = max(begin, low), min(end, high)
        if first < last:
            part = _columns(x, first - begin, last - begin)
            part = part if last - first == high - low else pad(part, [(0, 0), (first - low, high - last)])
            total = part if total is None else total + part
    return total


def _of_padded(x: Node, low: int, high: int) -> Node | None:
    """The columns from `low` up to `high`; None if they are known to be 0, because x is padded there."""
    if x.op == "add":
        one, two = (_of_padded(part, low, high) for part in x.inputs)
        return one + two if one is not None and two is not None else one if two is None else two
    if x.op != "pad" or x.attributes["value"] != 0.0:
        return _columns(x, low, high)
    (inner,), (*others, (before, after)) = x.inputs, x.attributes["widths"]
    end = int(x.shape[-1]) - after  # type: ignore[arg-type]
    if high <= before or end <= low:
        return None
    if low < before or end < high:
        return _columns(x, low, high)
    found = _of_padded(inner, low - before, high - before)
    return found if found is None or not any(map(any, others)) else pad(found, [*others, (0, 0)])

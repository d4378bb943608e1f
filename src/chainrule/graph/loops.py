"""What passes do inside of loops: the step of a scan goes through them like any other, and leaves what can be done before."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, pairwise

from chainrule.graph.body import Body, needed, rebuilt
from chainrule.graph.node import Node, input, provenance
from chainrule.graph.primitives.structure import concat, slice_
from chainrule.graph.step import Step
from chainrule.graph.types import ROWS

Pass = Callable[[Step], Step]
Place = tuple[int, int]  # columns, from the first up to the last, not included


def inside(node: Node, change: Pass) -> Node:
    """A scan whose step has gone through a pass, without what that does not read; any other node as it is.

    What the step makes of constants alone is made before the loop.
    """
    if node.op != "scan":
        return node
    body = node.attributes["body"]
    (output,) = change(step_of(body)).rows.values()
    moved = _invariant(output)
    operands = dict(zip(body.inputs, node.inputs, strict=True))
    first = dict(zip(moved, rebuilt(moved, operands), strict=True))
    return _with_step(node, body, output, first)


def step_of(body: Body) -> Step:
    """A body as a step that reports the next state: the constants are its state, all else is data."""
    constants = {x.attributes["name"]: x for x in body.constants}
    data = {x.attributes["name"]: x for x in (body.state, *body.sequences)}
    return Step(state=constants, data=data, rows={"next": body.output})


def _invariant(output: Node) -> list[Node]:
    """What a step computes of constants alone, as large as it can be; what is only repeated is left where it is."""
    found: dict[Node, None] = {}
    for node in needed([output], ()):
        for x in node.inputs if ROWS in node.shape or node.op == "broadcast" else ():
            if ROWS not in x.shape and x.inputs and x.op != "broadcast":
                found[x] = None
    return list(found)


def _with_step(node: Node, body: Body, output: Node, first: dict[Node, Node]) -> Node:
    """The scan with another step, of which some nodes have become constants that are given."""
    read = set(needed([output], first))
    given = dict(zip(body.inputs, node.inputs, strict=True))
    sequences = [x for x in body.sequences if x in read] or list(body.sequences[:1])
    constants = [*(x for x in body.constants if x in read), *first]
    new = {x: input(f"x{i}", x.shape, x.dtype) for i, x in enumerate(sequences)}
    new |= {x: input(f"c{i}", x.shape, x.dtype) for i, x in enumerate(constants)}
    (made,) = rebuilt([output], new)
    smaller = Body(body.state, [new[x] for x in sequences], [new[x] for x in constants], made)
    operands = [given[body.state], *(given[x] for x in sequences), *((given | first)[x] for x in constants)]
    return node.primitive.apply(operands, {"body": smaller, "reverse": node.attributes["reverse"]})


def renewed(step: Step, make: Callable[[Node, dict[Node, Node]], Node]) -> Step:
    """The step with each of its nodes made anew, in order, from what was made of those before it."""
    new: dict[Node, Node] = {}
    for node in step.graph.nodes:
        if node.op == "input":
            new[node] = node
            continue
        with provenance(node.scope, new.get(node.origin, node.origin) if node.origin is not None else None):
            new[node] = make(node, new)
    return step.replace(new)


def without_unread(step: Step) -> Step:
    """The step with no parts in the states of its loops that nobody reads, neither a later step nor what comes after."""
    kept = {node: places for node in step.graph.nodes if node.op == "scan" and (places := _read_parts(node, step))}

    def make(node: Node, new: dict[Node, Node]) -> Node:
        inputs = [new[x] for x in node.inputs]
        if node in kept:
            return _narrowed(node, inputs, kept[node])
        if node.op == "slice" and node.inputs[0] in kept:
            return _moved(node, inputs[0], kept[node.inputs[0]])
        return Node(node.primitive, tuple(inputs), node.attributes, node.type)

    return renewed(step, make) if kept else step


def _read_parts(node: Node, step: Step) -> list[Place] | None:
    """The columns of what the state is put together from and somebody reads; None if that is all, or cannot be told."""
    body = node.attributes["body"]
    users = [user for user in step.graph.nodes if node in user.inputs]
    inner = [user for user in body.graph.nodes if body.state in user.inputs]
    output = body.output
    sliced = all(user.op == "slice" and user.attributes["start"][-1] is not None for user in (*users, *inner))
    if not sliced or node in step.graph.outputs or output.op != "concat" or output.attributes["axis"] != 1:
        return None
    read = [(user.attributes["start"][-1], user.attributes["stop"][-1]) for user in (*users, *inner)]
    ends = list(accumulate((int(x.shape[1]) for x in output.inputs), initial=0))
    places = list(pairwise(ends))
    kept = [(a, b) for a, b in places if any(low < b and a < high for low, high in read)]
    return kept if 0 < len(kept) < len(places) else None


def _narrowed(node: Node, inputs: list[Node], kept: list[Place]) -> Node:
    """The scan with a state of the given columns alone."""
    body, (start, *rest) = node.attributes["body"], inputs
    state = input("state", (ROWS, sum(b - a for a, b in kept)), node.dtype)
    slices = [user for user in body.graph.nodes if body.state in user.inputs]
    ends = accumulate((int(x.shape[1]) for x in body.output.inputs), initial=0)
    wanted = [x for x, low in zip(body.output.inputs, ends, strict=False) if low in dict(kept)]
    parts = rebuilt(wanted, {user: _moved(user, state, kept) for user in slices})
    output = concat(parts, 1) if len(parts) > 1 else parts[0]
    begins = [start[:, a:b] for a, b in kept]
    smaller = Body(state, body.sequences, body.constants, output)
    attributes = {**node.attributes, "body": smaller}
    return node.primitive.apply([concat(begins, 1) if len(begins) > 1 else begins[0], *rest], attributes)


def _moved(node: Node, x: Node, kept: list[Place]) -> Node:
    """A slice of columns that are kept, where they are among those alone."""
    *starts, low = node.attributes["start"]
    *stops, high = node.attributes["stop"]
    places = [sum(min(b, at) - a for a, b in kept if a < at) for at in (low, high)]
    return slice_(x, [*starts, places[0]], [*stops, places[1]])

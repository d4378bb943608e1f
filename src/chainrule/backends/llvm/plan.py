"""The plan of a step: which nodes are computed together, in which order, and which of them lie in memory.

A group is one loop nest. A contraction or a reduction begins a group, and element-wise nodes of the same shape join it, so that
bias, activation, its derivative and the optimiser are computed while the sum is still in a register. What nobody outside the
group needs is never stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chainrule.backends.llvm.roles import Roles, is_outer, matrix_of_row
from chainrule.backends.llvm.views import begins_vector, keeps_last
from chainrule.graph import ROWS, Graph, Node, Shape, Step

ELEMENTWISE = frozenset(
    {"add", "sub", "mul", "div", "neg", "maximum", "abs", "exp", "log", "sqrt", "tanh", "logistic", "softplus", "erf"}
    | {"sin", "cos", "floor", "less", "equal", "select", "cast", "stop_gradient", "random_bits"}
)
# One output element is one input element at another place: computed one number at a time.
REARRANGING = frozenset({"reshape", "transpose", "pad", "slice", "concat", "windows", "take", "take_within"})
# Read where they are used, never stored.
INLINE = frozenset({"const", "broadcast", "input"})


@dataclass(eq=False)
class Group:
    """A loop nest over `shape`: what begins it, and what is computed along with it, in order."""

    root: Node
    shape: Shape
    members: list[Node]
    health_only: bool = False
    stored: list[Node] = field(default_factory=list)
    stored_for_health: list[Node] = field(default_factory=list)  # only in the steps that record it

    @property
    def kind(self) -> str:
        """What its root is: "contract", "reduce", "rearrange", "map", or the primitive itself."""
        op = self.root.op
        if op in ("reduce_sum", "reduce_max"):
            return "reduce"
        return "map" if op in ELEMENTWISE else "rearrange" if op in REARRANGING else op


@dataclass(eq=False)
class Plan:
    """The groups in order, and the group of every node that has one; `inlined` nodes are computed inside a reduction."""

    step: Step
    groups: list[Group]
    of: dict[Node, Group]
    inlined: set[Node]


def plan(step: Step) -> Plan:
    """Decide on the groups, greedily, in the order of the graph; what depends on no data comes first."""
    graph = step.graph
    usual = set(Graph.of(_usual_outputs(step)).nodes)
    users = _users(graph)
    given = graph.dependents(
        step.data.values()
    )  # all others come first: they are few and small, and others wait for them
    result = Plan(step, [], {}, _inlined(graph, users, given))
    number: dict[Node, int] = {}
    for node in sorted(graph.nodes, key=lambda node: node in given):
        if node.op in INLINE or node in result.inlined:
            continue
        health_only = node not in usual
        latest = max((number[x] for x in _sources(node, result.inlined) if x in number), default=-1)
        group = result.groups[latest] if latest >= 0 else None
        if (
            node.op in ELEMENTWISE
            and group is not None
            and group.shape == node.shape
            and group.kind in ("map", "contract", "reduce")
            and group.health_only == health_only
            and _read_elsewhere(node, result.inlined).isdisjoint(group.members)
        ):
            group.members.append(node)
        else:
            group = Group(node, node.shape, [node], health_only)
            result.groups.append(group)
            latest = len(result.groups) - 1
        result.of[node] = group
        number[node] = latest
    _choose_stored(result, users, usual)
    return result


def _usual_outputs(step: Step) -> list[Node]:
    parts = (step.update, step.metrics, step.rows, step.checks)
    return [node for part in parts for node in part.values()]


def _users(graph: Graph) -> dict[Node, list[Node]]:
    users: dict[Node, list[Node]] = {}
    for node in graph.nodes:
        for x in node.inputs:
            users.setdefault(x, []).append(node)
    return users


def _inlined(graph: Graph, users: dict[Node, list[Node]], given: set[Node]) -> set[Node]:
    """Nodes that are computed where they are needed, never by themselves.

    They are views, element-wise nodes that one reduction alone needs, those made from windows that reductions alone need,
    products that are folded at once, and arrays made from the state alone, such as a decayed moment, which would be read and
    written once more.
    """
    outputs = set(graph.outputs)
    views = _views(graph, users)
    of_windows = _of_windows(graph, views)
    computed: set[Node] = set()
    for node in reversed(graph.nodes):
        if node in outputs:
            continue
        needed = users.get(node, [])
        if node.op == "contract" and _is_folded(node, users):
            computed.add(node)
        if node.op == "random_bits" and needed and all(user in views for user in needed):
            computed.add(node)
        if node.op not in ELEMENTWISE:
            continue
        through = [x for user in needed for x in (users[user] if user in views and user.op == "transpose" else [user])]
        reduced = [user.op in _REDUCING or user in computed for user in through]
        elementwise = all(user.op in ELEMENTWISE for user in needed)
        of_state = node.rank > 0 and node not in given and ROWS not in node.shape
        if reduced == [True] or (node in of_windows and all(reduced)) or (of_state and elementwise):
            computed.add(node)
    return computed | views


_REDUCING = frozenset({"reduce_sum", "reduce_max", "fold"})


def _views(graph: Graph, users: dict[Node, list[Node]]) -> set[Node]:
    """The rearranged arrays that can be read as well where the original lies."""
    outputs, views, folded = set(graph.outputs), set(), set()
    for node in reversed(graph.nodes):
        if node.op == "transpose" and all(user.op == "fold" or user in folded for user in users.get(node, [])):
            folded.add(node)
    for node in graph.nodes:
        if node in outputs or node.op not in REARRANGING:
            continue
        (x, *_) = node.inputs
        rows_last = node.shape[-1:] == x.shape[-1:] == (ROWS,)
        if (
            node.op == "windows"
            or (node.op == "transpose" and (keeps_last(node) or x in views or x.op == "random_bits" or node in folded))
            or (node.op == "slice" and begins_vector(node))
            or (node.op == "reshape" and rows_last)
            or (node.op == "take_within" and all(user.op in ELEMENTWISE for user in users.get(node, [])))
        ):
            views.add(node)
    return views


def _of_windows(graph: Graph, views: set[Node]) -> set[Node]:
    """The element-wise nodes that have an element for each place in a window."""
    found: set[Node] = set()
    for node in graph.nodes:
        if node.op in ELEMENTWISE and any(_is_windows(x, views) or x in found for x in node.inputs):
            found.add(node)
    return found


def _is_windows(node: Node, views: set[Node]) -> bool:
    while node in views and node.op == "transpose":
        (node,) = node.inputs
    return node.op == "windows"


def _is_folded(node: Node, users: dict[Node, list[Node]]) -> bool:
    """Whether a fold alone needs a contraction, and its vectors run along the last axis of what it gives."""
    user = node
    while user is node or user.op == "transpose":
        needed = users.get(user, [])
        if len(needed) != 1:
            return False
        (user,) = needed
    if user.op != "fold":
        return False
    axis, product = user.rank - 1, user.inputs[0]
    while product is not node:
        axis, product = product.attributes["permutation"][axis], product.inputs[0]
    return axis == node.rank - 1 and Roles(node).vector == Roles(node).result[axis]


def _sources(node: Node, inlined: set[Node]) -> list[Node]:
    """The nodes that must be computed before a node can be: its inputs, seen through what is inlined."""
    found, pending = [], list(node.inputs)
    while pending:
        x = pending.pop()
        if x in inlined or x.op in INLINE:
            pending.extend(x.inputs)
        else:
            found.append(x)
    return found


def _read_elsewhere(node: Node, inlined: set[Node]) -> set[Node]:
    """The nodes of which a node reads values at other places than its own, through views."""
    found: set[Node] = set()
    pending = [(x, False) for x in node.inputs]
    while pending:
        x, moved = pending.pop()
        if x in inlined or x.op in INLINE:
            pending.extend((source, moved or x.op in REARRANGING) for source in x.inputs)
        elif moved:
            found.add(x)
    return found


def _choose_stored(result: Plan, users: dict[Node, list[Node]], usual: set[Node]) -> None:
    step = result.step
    outputs = {node for part in (step.update, step.metrics, step.rows) for node in part.values()}
    for group in result.groups:
        members = set(group.members)
        for node in group.members:
            outside = [user for user in users.get(node, []) if user not in members]
            if node in outputs or any(user in usual for user in outside) or (group.health_only and outside):
                group.stored.append(node)
            elif outside:
                group.stored_for_health.append(node)
            elif node in result.step.health.values():
                group.stored.append(node)


def reads(group: Group, node: Node, inlined: set[Node]) -> bool:
    """Whether a group reads the stored value of a node."""
    return any(node in _sources_with_inputs(member, inlined) for member in group.members)


def _sources_with_inputs(node: Node, inlined: set[Node]) -> set[Node]:
    found, pending = set(), list(node.inputs)
    while pending:
        x = pending.pop()
        found.add(x)
        if x in inlined or x.op in INLINE:
            pending.extend(x.inputs)
    return found


def outside(group: Group, inlined: set[Node]) -> set[Node]:
    """The nodes whose stored values a group reads."""
    found = {x for member in group.members for x in _sources_with_inputs(member, inlined)}
    return found - set(group.members)


def reads_of(nodes: set[Node], inlined: set[Node]) -> set[Node]:
    """What is read to give the values of nodes that are stored already, or are nothing but broadcasts of such."""
    return {x for node in nodes if node.op in INLINE for x in _sources_with_inputs(node, inlined)}


def runs(plan: Plan, *, together: bool = True, panel: int = 0) -> list[list[Group]]:
    """The groups in order, those in one list that share a loop.

    `together`, groups share a loop over the rows that look only at their own row each. With a `panel`, all batches have one row,
    and what goes back through a matrix of more columns than that shares one pass through it with its update.
    """
    result: list[list[Group]] = []
    for group in plan.groups:
        last = result[-1] if result else []
        alike = bool(last) and group.health_only == last[-1].health_only
        by_row = together and alike and _by_row(group) and _by_row(last[-1])
        one_pass = panel > 0 and alike and len(last) == 1 and _share_matrix(last[0], group, plan.inlined, panel)
        if by_row or one_pass:
            last.append(group)
        else:
            result.append([group])
    return result


def _share_matrix(first: Group, second: Group, inlined: set[Node], panel: int) -> bool:
    """Whether a row is multiplied by a matrix, and then something is made of this matrix and the products of two rows."""
    if first.kind != "contract" or second.kind != "contract" or not is_outer(second.root):
        return False
    matrix, read = matrix_of_row(first.root, panel), outside(second, inlined)
    return matrix in read and matrix.shape == second.shape and read.isdisjoint(first.members)


def _by_row(group: Group) -> bool:
    """Whether a group computes each row from that row alone, of whatever has rows."""
    if group.shape[:1] != (ROWS,) or group.kind not in ("map", "reduce"):
        return False
    return group.kind == "map" or 0 not in group.root.attributes["axes"]

"""What the letters of a contraction do: which run along vectors, which along the rows of a tile, and which are summed."""

from __future__ import annotations

from chainrule.graph import ROWS, Dim, Node
from chainrule.graph.primitives.contraction import split_spec


class Roles:
    """Which letter does what: the last of the result runs along vectors, the last of x's own along the rows of a tile."""

    def __init__(self, node: Node) -> None:
        self.x, self.y = node.inputs
        self.first, self.second, self.result = split_spec(node.attributes["spec"])
        last = self.result[-1:]
        if last and last in self.first and last not in self.second:
            self.x, self.y, self.first, self.second = self.y, self.x, self.second, self.first
        pairs = (*zip(self.first, self.x.shape, strict=True), *zip(self.second, self.y.shape, strict=True))
        self.dims: dict[str, Dim] = dict(pairs)
        self.inner = [letter for letter in self.first if letter not in self.result]
        self.vector = last if last and last == self.second[-1:] and last not in self.first else ""
        own = [letter for letter in self.result if letter != self.vector and letter not in self.second]
        self.tiled = own[-1] if own else ""
        self.outer = [letter for letter in self.result if letter not in (self.vector, self.tiled)]


def wants_transpose(node: Node, dots: bool) -> bool:
    """Whether the second operand of a contraction must be turned for its last axis to run along the last axis of the result.

    With `dots`, those that are sums along the vectors are left as they are.
    """
    if node.op != "contract" or (dots and is_dot(node)):
        return False
    roles = Roles(node)
    last = roles.result[-1:]
    return bool(last) and not roles.vector and last in roles.second and last not in roles.first


def is_dot(node: Node) -> bool:
    """Whether both operands end with the same letter, which is summed, and the result with a letter of one of them."""
    first, second, result = split_spec(node.attributes["spec"])
    if not result or not first or first[-1:] != second[-1:] or first[-1] in result or node.shape[-1] is ROWS:
        return False
    return (result[-1] in first) != (result[-1] in second)


def matrix_of_row(node: Node, panel: int) -> Node | None:
    """The matrix of a dot whose rows multiply rows, if it has more columns than a panel."""
    if not is_dot(node):
        return None
    x, y = node.inputs
    first, second, result = split_spec(node.attributes["spec"])
    if result[-1] in first:
        x, y, first, second = y, x, second, first
    rows = x.rank == y.rank == 2 and x.shape[0] is ROWS and second == result[-1] + first[-1]
    return y if rows and isinstance(y.shape[1], int) and y.shape[1] > panel else None


def is_outer(node: Node) -> bool:
    """Whether a contraction sums, over the rows alone, products of a number of one operand and a number of the other."""
    roles = Roles(node)
    rows = [roles.dims[letter] for letter in roles.inner] == [ROWS]
    return rows and bool(roles.vector) and roles.x.rank == roles.y.rank == node.rank == 2

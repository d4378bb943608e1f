"""Contraction: every product of a matrix, a batch of matrices or the windows of an image."""

from __future__ import annotations

from chainrule.errors import GraphError, ShapeError
from chainrule.graph.node import Node, primitive, where
from chainrule.graph.primitives.rules import floats
from chainrule.graph.types import Dim, TensorType


def split_spec(spec: str) -> tuple[str, str, str]:
    """The letters of the first operand, the second and the result.

    >>> split_spec("bi,io->bo")
    ('bi', 'io', 'bo')
    """
    operands, arrow, result = spec.partition("->")
    first, comma, second = operands.partition(",")
    letters = first + second + result
    once = all(len(set(term)) == len(term) for term in (first, second, result))
    twice = all(sum(letter in term for term in (first, second, result)) >= 2 for letter in set(letters))
    if not (arrow and comma and once and twice and all(letter.islower() for letter in letters)):
        raise GraphError(
            f"{where()}contract needs a specification like 'bi,io->bo', with each letter once in a term and in at least two "
            f"of the three terms, but was given {spec!r}."
        )
    return first, second, result


def _contract_type(x: TensorType, y: TensorType, spec: str) -> TensorType:
    first, second, result = split_spec(spec)
    floats(x)
    if x.rank != len(first) or y.rank != len(second) or x.dtype is not y.dtype:
        raise ShapeError(f"{where()}contract {spec!r} cannot combine {x} and {y}.")
    sizes: dict[str, Dim] = {}
    for letter, dim in (*zip(first, x.shape, strict=True), *zip(second, y.shape, strict=True)):
        if sizes.setdefault(letter, dim) != dim:
            raise ShapeError(
                f"{where()}contract {spec!r} cannot combine {x} and {y}: {letter!r} is {sizes[letter]} in one and {dim} in "
                "the other."
            )
    return TensorType(tuple(sizes[letter] for letter in result), x.dtype)


def _swap_letters(g: Node, y: Node, x1: Node, x2: Node, spec: str) -> tuple[Node, Node]:
    a, b, c = split_spec(spec)
    return contract(g, x2, f"{c},{b}->{a}"), contract(x1, g, f"{a},{c}->{b}")


contract = primitive(
    "contract",
    "Sum of products over the letters that the result lacks: 'bi,io->bo' is a matrix product. Its derivatives swap the letters.",
    arity=2,
    attributes=lambda x, y, spec: {"spec": str(spec).replace(" ", "")},
    type_rule=_contract_type,
    vjp=_swap_letters,
)

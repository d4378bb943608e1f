"""Random graphs: composites of primitives that hypothesis draws, with inputs in which NaN, infinities and both zeros occur."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from chainrule.errors import GraphError, ShapeError
from chainrule.graph import ROWS, Node, Step, const, count, gradients, input
from chainrule.graph import primitives as p
from chainrule.graph.body import Body

SPECIAL = [0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 5e-324, 0.1, 3.0, -2.5, 1e4]
ROW_COUNT = 3

Draw = Callable[[st.SearchStrategy[Any]], Any]
Move = Callable[[Draw, list[Node]], Node]


def _pick(draw: Draw, pool: list[Node], wanted: Callable[[Node], bool] = lambda x: x.dtype.is_float) -> Node:
    return draw(st.sampled_from([x for x in pool if wanted(x)]))


def _unary(draw: Draw, pool: list[Node]) -> Node:
    f = draw(
        st.sampled_from([p.neg, p.abs, p.exp, p.log, p.sqrt, p.tanh, p.logistic, p.softplus, p.erf, p.sin, p.floor])
    )
    return f(_pick(draw, pool))


def _binary(draw: Draw, pool: list[Node]) -> Node:
    x = _pick(draw, pool)
    y = _pick(draw, pool, lambda node: node.dtype is x.dtype)
    return draw(st.sampled_from([p.add, p.sub, p.mul, p.div, p.maximum]))(x, y)


def _with_number(draw: Draw, pool: list[Node]) -> Node:
    x, number = _pick(draw, pool), draw(st.sampled_from(SPECIAL))
    f = draw(st.sampled_from([p.add, p.sub, p.mul, p.div, p.maximum]))
    return f(x, number) if draw(st.booleans()) else f(number, x)


def _twice(draw: Draw, pool: list[Node]) -> Node:
    """What a pass may undo or share."""
    x = _pick(draw, pool)
    f = draw(
        st.sampled_from([p.neg, p.stop_gradient, p.tanh, lambda x: p.cast(x, x.dtype), lambda x: p.reshape(x, x.shape)])
    )
    return f(f(x)) if draw(st.booleans()) else f(x) + f(x)


def _choice(draw: Draw, pool: list[Node]) -> Node:
    x = _pick(draw, pool)
    y = _pick(draw, pool, lambda node: node.type == x.type)
    c = draw(st.sampled_from([p.less, p.equal]))(x, y)
    return p.select(c, x, draw(st.sampled_from([x, y, p.neg(y)])))


def _reduction(draw: Draw, pool: list[Node]) -> Node:
    x = _pick(draw, pool)
    axes = draw(st.lists(st.integers(0, max(0, x.rank - 1)), unique=True, max_size=x.rank))
    return draw(st.sampled_from([p.reduce_sum, p.reduce_max]))(x, axes)


def _structure(draw: Draw, pool: list[Node]) -> Node:
    x = _pick(draw, pool)
    flat = (ROWS, count(x.shape)) if x.shape[:1] == (ROWS,) else (count(x.shape),)
    moves: list[Callable[[], Node]] = [
        lambda: p.reshape(x, flat),
        lambda: p.reshape(p.reshape(x, flat), x.shape),
        lambda: p.transpose(x, draw(st.permutations(range(x.rank)))),
        lambda: p.broadcast(x, (2, *x.shape), (0,)),
        lambda: p.broadcast(x, (*x.shape, 3), (x.rank,)),
        lambda: p.pad(
            x, [(0, draw(st.integers(0, 1)) * (dim is not ROWS)) for dim in x.shape], draw(st.sampled_from(SPECIAL))
        ),
        lambda: p.slice(x, [None] * x.rank, [None if dim is ROWS else draw(st.integers(0, dim)) for dim in x.shape]),
        lambda: p.concat([x, -x], axis=draw(st.integers(0, max(0, x.rank - 1)))),
        lambda: p.windows(x, draw(st.integers(0, max(0, x.rank - 1))), 2),
        lambda: p.fold(p.windows(x, 0, 2), x.shape[0], 0, 2),
    ]
    return draw(st.sampled_from(moves))()


def _contraction(draw: Draw, pool: list[Node]) -> Node:
    x = _pick(draw, pool, lambda node: node.dtype.is_float and node.rank == 2)
    same = _pick(draw, pool, lambda node: node.type == x.type)
    return p.contract(
        x,
        draw(st.sampled_from([x, same])),
        draw(st.sampled_from(["ij,kj->ik", "ij,ik->jk", "ij,ij->i", "ij,kl->ijkl"])),
    )


def _indexing(draw: Draw, pool: list[Node]) -> Node:
    x = _pick(draw, pool, lambda node: node.dtype.is_float and node.rank > 0)
    size = x.shape[0] if isinstance(x.shape[0], int) else ROW_COUNT
    ids = const(draw(st.lists(st.integers(0, max(0, size - 1)), min_size=size, max_size=size)), "int32")
    return p.take(x, ids) if draw(st.booleans()) else p.scatter_add(x, ids, size)


def _constants(draw: Draw, pool: list[Node]) -> Node:
    numbers = const(draw(st.lists(st.sampled_from(SPECIAL), min_size=4, max_size=4)), "float64")
    key = const(draw(st.lists(st.integers(0, 9), min_size=2, max_size=2)), "uint32")
    bits = p.cast(p.random_bits(key, key, draw(st.sampled_from([(4,), (ROWS, 4)])), layer=0), "float64")
    return draw(
        st.sampled_from([p.exp(numbers), p.reduce_sum(numbers), p.reshape(numbers, (2, 2)), bits, numbers - numbers])
    )


def _precision(draw: Draw, pool: list[Node]) -> Node:
    return p.cast(_pick(draw, pool), draw(st.sampled_from(["float32", "float64"])))


def _derivative(draw: Draw, pool: list[Node]) -> Node:
    x = pool[0]
    y = _pick(draw, pool)
    return gradients(p.reduce_sum(y), [x])[0]


def _exact(draw: Draw, pool: list[Node]) -> Node:
    """An operation that every backend computes to the last bit."""
    f = draw(st.sampled_from([p.neg, p.abs, p.sqrt, p.floor]))
    return draw(st.sampled_from([_binary, _with_number, _choice, lambda draw, pool: f(_pick(draw, pool))]))(draw, pool)


def _loop(draw: Draw, pool: list[Node]) -> Node:
    """Three steps of a recurrence that is exact, so that no rounding grows from step to step."""
    double = pool[0].dtype
    by_row = [node for node in pool if node.shape[:1] == (ROWS,) and ROWS not in node.shape[1:]]
    start = _pick(draw, by_row, lambda node: node.dtype is double and node.rank == 2)
    read = _pick(draw, by_row, lambda node: node.dtype is double and node.rank <= 3)
    fixed = _pick(draw, pool, lambda node: node.dtype is double and ROWS not in node.shape)
    scales = const(np.reshape([1.0, -2.0, 0.5], (3, *(1 for _ in read.shape[1:]))), read.dtype)
    sequence = p.broadcast(read, (ROWS, 3, *read.shape[1:]), (1,)) * scales

    def step(s: Node, xs: tuple[Node, ...], cs: tuple[Node, ...]) -> Node:
        inside = [s, *xs, *cs]
        for _ in range(draw(st.integers(1, 5))):
            inside.append(_exact(draw, inside))
        return _pick(draw, inside, lambda node: node.type == s.type)

    body = Body.of(step, start.type, [read.type], [fixed.type])
    return p.scan([start, sequence, fixed], body, reverse=draw(st.booleans()))


MOVES: list[Move] = [
    _unary, _binary, _with_number, _twice, _choice, _reduction, _structure, _contraction, _indexing, _constants, _precision,
    _derivative, _loop,
]  # fmt: skip

INPUTS = {"a": (3, 4), "b": (4,), "s": ()}


@st.composite
def steps(draw: Draw) -> tuple[Step, dict[str, np.ndarray]]:
    """A step whose metrics and rows are random composites, and values for its inputs."""
    state = {name: input(name, shape, "float64") for name, shape in INPUTS.items()}
    data = {"r": input("r", (ROWS, 4), "float64")}
    pool = [*state.values(), *data.values()]
    for move in draw(st.lists(st.sampled_from(MOVES), min_size=1, max_size=14)):
        try:
            node = move(draw, pool)
        except (ShapeError, GraphError):  # this operation does not fit these operands
            continue
        if count(node.shape) <= 500:
            pool.append(node)
    outputs = {f"{node.op}{i}": node for i, node in enumerate(pool)}
    step = Step(
        state=state,
        data=data,
        metrics={name: node for name, node in outputs.items() if ROWS not in node.shape},
        rows={name: node for name, node in outputs.items() if node.shape[:1] == (ROWS,) and ROWS not in node.shape[1:]},
    )
    numbers = st.sampled_from(SPECIAL) | st.floats(-3, 3)
    shapes = {**INPUTS, "r": (ROW_COUNT, 4)}
    values = {
        name: np.array(draw(st.lists(numbers, min_size=(n := int(np.prod(shape))), max_size=n))).reshape(shape)
        for name, shape in shapes.items()
    }
    return step, values

"""The loop: bodies, what may stand in one, its derivative as a loop of its own, and what passes do inside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from chainrule.backends.numpy_ import evaluate
from chainrule.errors import GraphError, ShapeError
from chainrule.graph import ROWS, DType, Graph, Node, Step, TensorType, const, gradients, input, show, verify
from chainrule.graph import primitives as p
from chainrule.graph.body import Body, rebuilt
from chainrule.graph.passes import simplify
from graph.cases import of
from oracles import TOLERANCE, check_gradients, run

F64 = DType.FLOAT64
ROW = TensorType((ROWS, 3), F64)


def recurrent() -> Body:
    return Body.of(lambda s, xs, cs: p.tanh(xs[0] + s @ cs[0]), ROW, [ROW], [TensorType((3, 3), F64)])


def operands(steps: int = 4) -> tuple[Node, Node, Node]:
    return input("h", (ROWS, 3), F64), input("x", (ROWS, steps, 3), F64), input("w", (3, 3), F64)


def values(steps: int = 4, rows: int = 2) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {
        "h": rng.normal(size=(rows, 3)),
        "x": rng.normal(size=(rows, steps, 3)),
        "w": 0.5 * rng.normal(size=(3, 3)),
    }


def states_by_hand(given: dict[str, np.ndarray], reverse: bool) -> np.ndarray:
    x, state = given["x"], given["h"]
    found = np.zeros_like(x)
    for t in reversed(range(x.shape[1])) if reverse else range(x.shape[1]):
        state = found[:, t] = np.tanh(x[:, t] + state @ given["w"])
    return found


def scans(nodes: list[Node]) -> list[Node]:
    return [node for node in Graph.of(nodes).nodes if node.op == "scan"]


# ------------------------------------------------------------------------------------------------------ the value


@pytest.mark.parametrize("reverse", [False, True])
def test_every_state_stands_at_its_step(reverse: bool) -> None:
    y = p.scan(operands(), recurrent(), reverse=reverse)
    np.testing.assert_allclose(run(y, values()), states_by_hand(values(), reverse), rtol=1e-14)


def test_backpropagation_through_time_by_hand() -> None:
    """λₜ = gₜ + μₜ₊₁, δₜ = λₜ (1 − h²), μₜ = δₜ Wᵀ, and dW = Σₜ hₜ₋₁ᵀ δₜ."""
    given, (h, x, w) = values(), operands()
    y = p.scan((h, x, w), recurrent())
    found = run(gradients(p.reduce_sum(0.5 * y * y), [h, x, w]), given)
    states = states_by_hand(given, reverse=False)
    before = np.concatenate([given["h"][:, None], states[:, :-1]], axis=1)
    mu, deltas = np.zeros_like(given["h"]), np.zeros_like(states)
    for t in reversed(range(4)):
        deltas[:, t] = (states[:, t] + mu) * (1 - states[:, t] ** 2)
        mu = deltas[:, t] @ given["w"].T
    wanted = (mu, deltas, np.einsum("nti,nto->io", before, deltas))
    for own, hand in zip(found, wanted, strict=True):
        np.testing.assert_allclose(own, hand, rtol=1e-12)


# -------------------------------------------------------------------------------------------------- the derivative


def test_the_derivative_is_one_loop_and_one_contraction_over_all_steps() -> None:
    """Whatever the number of steps: nothing is unrolled, and no gradient of a weight is taken inside the loop."""
    counts = []
    for steps in (2, 50):
        h, x, w = operands(steps)
        y = p.scan((h, x, w), recurrent())
        found = gradients(p.reduce_sum(y * y), [w])
        forward, backward = scans(found)
        assert forward is y
        assert backward.attributes["reverse"]
        specs = [node.attributes["spec"] for node in Graph.of(found).nodes if node.op == "contract"]
        assert specs == ["itj,itk->jk"]
        inside = [node for node in backward.attributes["body"].graph.nodes if node.op == "contract"]
        assert len(inside) == 1  # δ Wᵀ; the state is read from the forward pass, not computed again
        counts.append(len(Graph.of(found).nodes))
    assert counts[0] == counts[1]


def test_what_a_step_puts_together_is_not_computed_again() -> None:
    """Further parts of the state, which no step reads, are there for the derivative."""

    def step(s: Node, xs: tuple[Node, ...], cs: tuple[Node, ...]) -> Node:
        gate = p.logistic(xs[0] + s[:, :1] @ cs[0])
        return p.concat([p.tanh(gate * s[:, :1]), gate])

    state, read = TensorType((ROWS, 2), F64), TensorType((ROWS, 1), F64)
    weight = input("w", (1, 1), F64)
    body = Body.of(step, state, [read], [weight.type])
    y = p.scan((input("h", (ROWS, 2), F64), input("x", (ROWS, 5, 1), F64), weight), body)
    backward = scans(gradients(p.reduce_sum(y[:, :, :1]), [weight]))[-1].attributes["body"]
    assert not {node.op for node in backward.graph.nodes} & {"logistic", "tanh"}
    assert backward.state.shape == (ROWS, 2)  # μ of the one part that is read, and δ: nothing for the gate


def unrolled(y: Node) -> Node:
    """What a scan gives, as a graph with the nodes of every step."""
    body, (state, *rest) = y.attributes["body"], y.inputs
    k = len(body.sequences)
    states: dict[int, Node] = {}
    for t in sorted(range(y.shape[1]), reverse=y.attributes["reverse"]):
        given = (state, *(x[:, t] for x in rest[:k]), *rest[k:])
        (state,) = rebuilt([body.output], dict(zip(body.inputs, given, strict=True)))
        states[t] = p.reshape(state, (ROWS, 1, state.shape[1]))
    return p.concat([states[t] for t in sorted(states)], axis=1)


LOSSES: dict[str, Callable[[Node], Node]] = {
    "every state": lambda y: p.reduce_sum(p.sin(y)),
    "the last state": lambda y: p.reduce_sum(p.sin(y[:, -1])),
    "one column": lambda y: p.reduce_sum(y[:, :, -1] * y[:, :, 0]),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_three_derivatives_agree_with_those_of_the_loop_unrolled(loss: str) -> None:
    """For every case of the table: gradients, gradients of Σ gradient², and once more."""
    for case in of("scan"):
        y, nodes = case.build()
        if 0 in case.operands[1].shape:
            continue
        wrt = [x for x in nodes if x.dtype.is_float]
        found, wanted = LOSSES[loss](y), LOSSES[loss](unrolled(y))
        for _ in range(3):
            slopes, unrolled_slopes = gradients(found, wrt), gradients(wanted, wrt)
            verify(Graph.of(slopes))
            pairs = zip(run(slopes, case.inputs), run(unrolled_slopes, case.inputs), strict=True)
            for own, other in pairs:
                np.testing.assert_allclose(own, other, rtol=1e-9, atol=1e-9 * np.abs(other).max(initial=1.0))
            found, wanted = (_squares(each) for each in (slopes, unrolled_slopes))


def _squares(slopes: list[Node]) -> Node:
    """Σ gradient² of all but the first, so that there is one through which nothing flows."""
    first, *others = [p.reduce_sum(slope * slope) for slope in slopes[1:] or slopes]
    for other in others:
        first = first + other
    return first


def test_a_barrier_holds_in_a_step() -> None:
    """What stop_gradient holds constant inside a step passes nothing back."""
    body = Body.of(lambda s, xs, _: 0.5 * p.stop_gradient(s) + xs[0], ROW, [ROW])
    h, x, _ = operands()
    y = p.scan((h, x), body)
    of_h, of_x = run(gradients(p.reduce_sum(y), [h, x]), values())
    assert (of_h == 0).all()
    assert (of_x == 1).all()


def test_a_loop_within_a_loop() -> None:
    """The step of a loop over the outer steps goes over the inner ones; its gradients are those of differences."""
    inner = recurrent()
    read = TensorType((ROWS, 2, 3), F64)
    body = Body.of(lambda s, xs, cs: p.scan((s, xs[0], cs[0]), inner)[:, -1], ROW, [read], [TensorType((3, 3), F64)])
    h, w, x = input("h", (ROWS, 3), F64), input("w", (3, 3), F64), input("x", (ROWS, 3, 2, 3), F64)
    y = p.scan((h, x, w), body)
    given = {**values(), "x": np.random.default_rng(1).normal(size=(2, 3, 2, 3))}
    assert check_gradients(p.reduce_sum(y * y), given).error <= TOLERANCE
    flat = p.scan((h, p.reshape(x, (ROWS, 6, 3)), w), inner)
    np.testing.assert_array_equal(run(y, given), run(flat, given)[:, 1::2])


# ------------------------------------------------------------------------------------------------- what is refused


def test_what_a_step_may_not_do() -> None:
    stray = input("stray", (3,), F64)
    with pytest.raises(GraphError, match=r"a step of scan reads <input stray.*give it to scan as a sequence or"):
        Body.of(lambda s, xs, cs: s + stray, ROW)
    with pytest.raises(ShapeError, match=r"must give a state of the type that it takes, float64\[n, 3\], but gives"):
        Body.of(lambda s, xs, cs: s[:, :2], ROW)
    with pytest.raises(GraphError, match=r"each row from that row alone.*but reduce_sum in it makes float64\[3\]"):
        Body.of(lambda s, xs, cs: s - p.reduce_sum(s, 0), ROW)
    with pytest.raises(GraphError, match=r"each row from that row alone, rows first, but transpose"):
        Body.of(lambda s, xs, cs: p.transpose(p.transpose(s, (1, 0)), (1, 0)), ROW)
    with pytest.raises(
        GraphError, match=r"must have rows as its first dimension, and only there, but x0 is float64\[n, n\]"
    ):
        Body.of(lambda s, xs, cs: -s, ROW, [TensorType((ROWS, ROWS), F64)])


def test_what_scan_may_not_be_given() -> None:
    h, x, w = operands()
    with pytest.raises(GraphError, match="scan needs the Body of a step, but was given function"):
        p.scan((h, x, w), lambda s, x, w: s)
    with pytest.raises(
        ShapeError, match=r"takes float64\[n, 3\], float64\[n, 3\], float64\[3, 3\], but scan was given"
    ):
        p.scan((h, x), recurrent())
    with pytest.raises(ShapeError, match=r"reads float64\[n, 3\] of a sequence.*but is float64\[n, 3\]"):
        p.scan((h, h, w), recurrent())
    with pytest.raises(ShapeError, match=r"takes a constant float64\[3, 3\], without rows, but was given float64\[3\]"):
        p.scan((h, x, input("b", (3,), F64)), recurrent())
    with pytest.raises(ShapeError, match="scan needs at least one sequence"):
        p.scan((h,), Body.of(lambda s, xs, cs: p.tanh(s), ROW))
    whole = TensorType((ROWS, 3), DType.INT32)
    with pytest.raises(ShapeError, match=r"floating-point numbers of shape \(n, k\), but is int32\[n, 3\]"):
        p.scan((input("i", (ROWS, 3), "int32"), x), Body.of(lambda s, xs, cs: s, whole, [ROW]))
    two = Body.of(lambda s, xs, cs: s + xs[0] + xs[1], ROW, [ROW, ROW])
    with pytest.raises(ShapeError, match="with as many steps as the others"):
        p.scan((h, x, input("z", (ROWS, 5, 3), F64)), two)


def test_verify_looks_into_the_step() -> None:
    h, x, w = operands()
    y = p.scan((h, x, w), recurrent())
    verify(Graph.of([y]))
    body = y.attributes["body"]
    body.graph = Graph((*body.graph.nodes, body.graph.nodes[-1]), body.graph.outputs)
    with pytest.raises(GraphError, match="is in the graph twice"):
        verify(Graph.of([y]))


# --------------------------------------------------------------------------------------------------- text and passes


def test_equal_texts_mean_equal_steps() -> None:
    """Also where a number, a long array or an axis is all that differs."""
    long = np.linspace(0, 1, 9 * 3).reshape(9, 3)
    other = np.where(long == long[4, 1], 7.0, long)

    def bodies(array: np.ndarray, scale: float) -> Body:
        return Body.of(lambda s, xs, cs: s * scale + p.reduce_sum(const(array), 0), ROW, [ROW])

    assert bodies(long, 0.5) == bodies(long, 0.5)
    assert hash(bodies(long, 0.5)) == hash(bodies(long, 0.5))
    assert repr(bodies(long, 0.5)) == repr(bodies(long, 0.5))
    assert len({bodies(long, 0.5), bodies(other, 0.5), bodies(long, 0.25), bodies(long, -0.0), bodies(long, 0.0)}) == 5


def test_the_text_shows_the_step() -> None:
    h, x, w = operands()
    text = show(Graph.of([p.scan((h, x, w), recurrent(), reverse=True)]))
    assert text.splitlines() == [
        "h = input: float64[n, 3]",
        "x = input: float64[n, 4, 3]",
        "w = input: float64[3, 3]",
        "scan.0 = scan(h, x, w, reverse=True): float64[n, 4, 3]",
        "    state = input: float64[n, 3]",
        "    x0 = input: float64[n, 3]",
        "    c0 = input: float64[3, 3]",
        "    contract.0 = contract(state, c0, spec='ij,jk->ik'): float64[n, 3]",
        "    add.0 = x0 + contract.0: float64[n, 3]",
        "    tanh.0 = tanh(add.0): float64[n, 3]",
        "    return tanh.0",
        "return scan.0",
    ]


def simplified(y: Node) -> tuple[Node, Step]:
    inputs = Graph.of([y]).inputs
    data = {name: node for name, node in inputs.items() if ROWS in node.shape}
    rest = {name: node for name, node in inputs.items() if name not in data}
    step = simplify(Step(state=rest, data=data, rows={"y": y}), evaluate)
    verify(step.graph)
    return step.rows["y"], step


def test_what_depends_on_constants_alone_is_done_before_the_loop() -> None:
    h, x, w = operands()

    def step(s: Node, xs: tuple[Node, ...], cs: tuple[Node, ...]) -> Node:
        return p.tanh((xs[0] + s @ p.transpose(p.exp(cs[0]), (1, 0))) * 1.0)

    y = p.scan((h, x, w), Body.of(step, ROW, [ROW], [w.type]))
    small, whole = simplified(y)
    assert [node.op for node in small.attributes["body"].graph.nodes if node.inputs] == ["contract", "add", "tanh"]
    assert [node.op for node in whole.graph.nodes if node.inputs] == ["exp", "transpose", "scan"]
    np.testing.assert_array_equal(run(small, values()), run(y, values()))


def test_what_a_step_does_not_read_is_not_given_to_it() -> None:
    h, x, w = operands()
    body = Body.of(lambda s, xs, cs: 0.5 * s + xs[1] + 0.0 * 1.0 * xs[1], ROW, [ROW, ROW], [w.type])
    small, _ = simplified(p.scan((h, p.exp(x), x, w), body))
    assert [node.op for node in small.inputs] == ["input", "input"]


def test_parts_of_a_state_that_nobody_reads_are_left_out() -> None:
    """What only the derivative needs is not put out where none is taken; what the next step reads stays."""

    def step(s: Node, xs: tuple[Node, ...], cs: tuple[Node, ...]) -> Node:
        gate = p.logistic(xs[0] + s[:, 1:2])
        return p.concat([p.tanh(gate), gate * s[:, 2:3], p.exp(gate), p.sin(gate) + xs[0]])

    state, read = TensorType((ROWS, 4), F64), TensorType((ROWS, 1), F64)
    h, x = input("h", (ROWS, 4), F64), input("x", (ROWS, 5, 1), F64)
    y = p.scan((h, x), Body.of(step, state, [read]))
    given = {"h": np.random.default_rng(0).normal(size=(3, 4)), "x": np.random.default_rng(1).normal(size=(3, 5, 1))}
    for wanted, columns in ((y[:, :, 3:], 3), (y[:, 2, 1:3], 2), (y[:, :, 0] + y[:, :, 3], 4), (y, 4), (p.neg(y), 4)):
        small, whole = simplified(wanted)
        (loop,) = scans([*whole.outputs])
        assert loop.shape == (ROWS, 5, columns)
        np.testing.assert_array_equal(run(small, given), run(wanted, given))


def test_equal_loops_are_one() -> None:
    h, x, w = operands()
    y = p.scan((h, x, w), recurrent()) - p.scan((h, x, w), recurrent())
    _, step = simplified(y)
    assert len(scans([*step.outputs])) == 1

"""Every loss, with every kind of targets: against PyTorch, finite differences, and at logits of ±1e4."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from chainrule.backends import NumpyBackend
from chainrule.errors import ArgumentError, ShapeError, UnknownNameError
from chainrule.functional import (
    ACTIVATIONS,
    LOSSES,
    AbsoluteError,
    BinaryCrossEntropy,
    CrossEntropy,
    CustomLoss,
    Huber,
    Loss,
    Poisson,
    SquaredError,
    get_loss,
    mean,
)
from chainrule.graph import ROWS, DType, Node, gradients, input
from chainrule.graph.primitives import exp, reduce_sum, softplus
from chainrule.nn import Dense, Sequential
from chainrule.training import Model, build_step
from chainrule.training.build import Targets
from oracles import TOLERANCE, check_gradients, run

Array = NDArray[Any]
F = torch.nn.functional
Tensor = torch.Tensor

rng = np.random.default_rng(0)
Z1, Z3 = 2 * rng.normal(size=(7, 1)), 2 * rng.normal(size=(7, 3))
Y1, Y3 = rng.normal(size=(7, 1)), rng.normal(size=(7, 3))
BITS1, BITS3 = rng.integers(0, 2, (7, 1)).astype(float), rng.integers(0, 2, (7, 3)).astype(float)
X3 = rng.normal(size=(7, 3))
SHARES3 = rng.uniform(size=(7, 3))
COUNTS3 = rng.poisson(2.0, (7, 3)).astype(float)
LABELS = np.array([0, 1, 2, 2, 1, 0, 2], np.int32)
ONE_HOT = np.eye(3)[LABELS]
MIXED = rng.dirichlet(np.ones(3), 7)


@dataclass(frozen=True)
class Case:
    """A loss, outputs and targets, and what PyTorch gives for each example."""

    loss: Loss
    outputs: Array
    targets: Array
    torch: Callable[[Tensor, Tensor], Tensor]
    note: str

    def __str__(self) -> str:
        return f"{self.loss.name}-{self.note}"


def squared(z: Tensor, y: Tensor) -> Tensor:
    return 0.5 * F.mse_loss(z, y, reduction="none").sum(1)  # PyTorch leaves out the ½


def absolute(z: Tensor, y: Tensor) -> Tensor:
    return F.l1_loss(z, y, reduction="none").sum(1)


def huber(delta: float) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda z, y: F.huber_loss(z, y, reduction="none", delta=delta).sum(1)


def binary(z: Tensor, y: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(z, y, reduction="none").sum(1)


def cross(smoothing: float = 0.0) -> Callable[[Tensor, Tensor], Tensor]:
    def f(z: Tensor, y: Tensor) -> Tensor:
        labels = y if y.is_floating_point() else y.long()
        return F.cross_entropy(z, labels, reduction="none", label_smoothing=smoothing)

    return f


def poisson(z: Tensor, y: Tensor) -> Tensor:
    return F.poisson_nll_loss(z, y, log_input=True, full=False, reduction="none").sum(1)


CASES = [
    Case(SquaredError(), Z1, Y1, squared, "one output"),
    Case(SquaredError(), Z3, Y3, squared, "several outputs"),
    Case(AbsoluteError(), Z1, Y1, absolute, "one output"),
    Case(AbsoluteError(), Z3, Y3, absolute, "several outputs"),
    Case(Huber(), Z1, Y1, huber(1.0), "one output"),
    Case(Huber(delta=0.7), Z3, Y3, huber(0.7), "several outputs, another delta"),
    Case(BinaryCrossEntropy(), Z1, BITS1, binary, "one output"),
    Case(BinaryCrossEntropy(), Z3, BITS3, binary, "several outputs"),
    Case(BinaryCrossEntropy(), Z3, SHARES3, binary, "probabilities"),
    Case(CrossEntropy(), Z3, LABELS, cross(), "labels"),
    Case(CrossEntropy(), Z3, ONE_HOT, cross(), "one-hot"),
    Case(CrossEntropy(), Z3, MIXED, cross(), "probabilities"),
    Case(CrossEntropy(), Z3, 0.9 * MIXED, cross(), "shares that do not add up to 1"),
    Case(CrossEntropy(label_smoothing=0.1), Z3, LABELS, cross(0.1), "labels, smoothed"),
    Case(CrossEntropy(label_smoothing=0.1), Z3, ONE_HOT, cross(0.1), "one-hot, smoothed"),
    Case(CrossEntropy(label_smoothing=0.3), Z3, MIXED, cross(0.3), "probabilities, smoothed"),
    Case(Poisson(), Z3, COUNTS3, poisson, "several outputs"),
    Case(Poisson(), Z1, COUNTS3[:, :1], poisson, "one output"),
]


def nodes_of(outputs: Array, targets: Array) -> tuple[Node, Node]:
    return input("z", (ROWS, *outputs.shape[1:]), outputs.dtype), input("y", (ROWS, *targets.shape[1:]), targets.dtype)


def value_and_slope(loss: Loss, outputs: Array, targets: Array) -> tuple[Array, Array]:
    """The loss of each example, and the derivative of their sum."""
    z, y = nodes_of(outputs, targets)
    each = loss.per_example(z, y)
    assert each.shape == (ROWS,)
    found, slope = run([each, *gradients(reduce_sum(each), [z])], {"z": outputs, "y": targets})
    return found, slope


def test_every_loss_has_cases() -> None:
    assert {case.loss.name for case in CASES} == set(LOSSES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_value_and_derivative_are_those_of_pytorch(case: Case) -> None:
    z = torch.tensor(case.outputs, requires_grad=True)
    each = case.torch(z, torch.tensor(case.targets))
    each.sum().backward()
    value, slope = value_and_slope(case.loss, case.outputs, case.targets)
    np.testing.assert_allclose(value, each.detach(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(slope, z.grad, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_derivative_agrees_with_finite_differences(case: Case) -> None:
    z, y = nodes_of(case.outputs, case.targets)
    check = check_gradients(mean(case.loss.per_example(z, y)), {"z": case.outputs, "y": case.targets}, [z])
    assert check.error <= TOLERANCE
    assert (check.coordinates, check.kinks) == (case.outputs.size, 0)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_float32_stays_float32(case: Case) -> None:
    targets = case.targets.astype(np.float32) if case.targets.dtype.kind == "f" else case.targets
    value, slope = value_and_slope(case.loss, case.outputs.astype(np.float32), targets)
    assert value.dtype == slope.dtype == np.float32
    exact, exact_slope = value_and_slope(case.loss, case.outputs, case.targets)
    np.testing.assert_allclose(value, exact, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(slope, exact_slope, rtol=2e-5, atol=1e-6)


def test_derivatives_in_the_textbook_s_form() -> None:
    """ŷ − y for squared error, p − y for both cross-entropies, rate − y for Poisson."""
    for loss, y in (
        (SquaredError(), Y3),
        (BinaryCrossEntropy(), BITS3),
        (CrossEntropy(), ONE_HOT),
        (Poisson(), COUNTS3),
    ):
        z, _ = nodes_of(Z3, y)
        predicted = run(loss.link(z), {"z": Z3})
        np.testing.assert_allclose(value_and_slope(loss, Z3, y)[1], predicted - y, rtol=1e-12, atol=1e-14)


# -------------------------------------------------------------------------------------------------- far out

FAR = [
    (SquaredError(), [[1e4]], [[0.0]], 5e7, [1e4]),
    (AbsoluteError(), [[-1e4]], [[0.0]], 1e4, [-1]),
    (Huber(), [[1e4]], [[0.0]], 1e4 - 0.5, [1]),
    (BinaryCrossEntropy(), [[1e4]], [[1.0]], 0, [0]),
    (BinaryCrossEntropy(), [[1e4]], [[0.0]], 1e4, [1]),
    (BinaryCrossEntropy(), [[-1e4]], [[1.0]], 1e4, [-1]),
    (BinaryCrossEntropy(), [[-1e4]], [[0.0]], 0, [0]),
    (CrossEntropy(), [[1e4, -1e4, 0.0]], [0], 0, [0, 0, 0]),
    (CrossEntropy(), [[1e4, -1e4, 0.0]], [1], 2e4, [1, -1, 0]),
    (CrossEntropy(), [[1e4, -1e4, 0.0]], [[0.5, 0.25, 0.25]], 7500, [0.5, -0.25, -0.25]),
    (CrossEntropy(label_smoothing=0.3), [[1e4, -1e4, 0.0]], [0], 3000, [0.2, -0.1, -0.1]),
    (CrossEntropy(), [[-1e4, -1e4, -1e4]], [2], math.log(3), [1 / 3, 1 / 3, -2 / 3]),
    (Poisson(), [[-1e4]], [[2.0]], 2e4, [-2]),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("loss", "z", "y", "value", "slope"), FAR)
def test_at_logits_of_ten_thousand(loss: Loss, z: Any, y: Any, value: float, slope: Any, dtype: str) -> None:
    targets = np.array(y, np.int32 if np.asarray(y).dtype.kind == "i" else dtype)
    found, derivative = value_and_slope(loss, np.array(z, dtype), targets)
    rtol = 1e-6 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(found, [value], rtol=rtol, atol=1e-7)
    np.testing.assert_allclose(derivative, [slope], rtol=rtol, atol=1e-7)


def test_far_cases_cover_every_loss() -> None:
    assert {loss.name for loss, *_ in FAR} == set(LOSSES)


def test_a_rate_that_overflows_is_infinite_and_not_nan() -> None:
    value, slope = value_and_slope(Poisson(), np.array([[1e4]]), np.array([[2.0]]))
    assert (value[0], slope[0, 0]) == (np.inf, np.inf)


def test_large_logits_cost_cross_entropy_no_digits() -> None:
    """In float32 the loss at [9999, 9998] is that at [1, 0]: ln Σ e^z − z, each about 1e4, would leave 3 digits of it."""
    near, far = (np.array([[s + 1, s]], np.float32) for s in (0, 9998))
    for targets in (np.array([0], np.int32), np.array([[0.25, 0.75]], np.float32)):
        np.testing.assert_allclose(
            value_and_slope(CrossEntropy(), far, targets)[0],
            value_and_slope(CrossEntropy(), near, targets)[0],
            rtol=1e-7,
        )


def test_derivatives_at_the_kinks() -> None:
    """|e| has the derivative 0 at e = 0; Huber's loss has none: value and slope meet at ±δ."""
    assert value_and_slope(AbsoluteError(), Y1, Y1)[1].tolist() == np.zeros_like(Y1).tolist()
    edges = np.array([[-0.5], [0.5], [-0.5 - 1e-9], [0.5 + 1e-9]])
    value, slope = value_and_slope(Huber(delta=0.5), edges, np.zeros_like(edges))
    np.testing.assert_allclose(value, 0.125, rtol=1e-8)
    np.testing.assert_allclose(slope[:, 0], [-0.5, 0.5, -0.5, 0.5], rtol=1e-12)


# --------------------------------------------------------------------------------------- (n,) against (n, 1)


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.targets != "classes"])
def test_a_single_output_takes_targets_with_an_axis_or_without(name: str) -> None:
    """Never (n,) against (n, 1) by broadcasting, which would compare every output with every target."""
    model = Model.initial(Sequential(Dense(1)), (3,), 0, np.dtype(np.float64))
    y, n = np.abs(BITS1), len(BITS1)
    found = []
    for targets in (y, y[:, 0]):
        step = build_step(model, get_loss(name), Targets(targets.shape[1:], DType.FLOAT64), optimizer=None).step
        data = {"x": X3, "y": targets}
        found.append(NumpyBackend().compile(step).run(model.arrays, data, np.arange(n), np.array([0, n]), {}).metrics)
    outputs = X3 @ model.params["dense1/weight"] + model.params["dense1/bias"]
    np.testing.assert_allclose(found[0]["loss"][0], value_and_slope(get_loss(name), outputs, y)[0].mean(), rtol=1e-12)
    for key, values in found[0].items():
        np.testing.assert_array_equal(values, found[1][key])


# -------------------------------------------------------------------------------------------- what a loss says

FACTS = {
    "squared_error": ("values", "identity", None),
    "absolute_error": ("values", "identity", None),
    "huber": ("values", "identity", None),
    "binary_cross_entropy": ("binary", "sigmoid", "sigmoid"),
    "cross_entropy": ("classes", "softmax", "softmax"),
    "poisson": ("counts", None, None),
}


@pytest.mark.parametrize("name", LOSSES)
def test_targets_link_and_activation(name: str) -> None:
    loss = get_loss(name)
    targets, link, activation = FACTS[name]
    z = input("z", (ROWS, 3), "float64")
    expected = ACTIVATIONS[link](z) if link else exp(z)
    assert (loss.name, loss.targets, loss.activation) == (name, targets, activation)
    np.testing.assert_array_equal(*run([loss.link(z), expected], {"z": Z3}))
    assert loss == LOSSES[name]()


# -------------------------------------------------------------------------------------------------- your own


def log_cosh(outputs: Node, targets: Node) -> Node:
    error = outputs - targets
    return softplus(2.0 * error) - error - math.log(2)


class LogCosh(Loss):
    name = "log_cosh"

    def per_example(self, outputs: Node, targets: Node) -> Node:
        return reduce_sum(log_cosh(outputs, targets), 1)


def test_a_function_or_a_class_of_your_own_is_a_loss() -> None:
    exact = np.log(np.cosh(Z3 - Y3)).sum(1)
    by_output, by_example = get_loss(log_cosh), get_loss(lambda z, y: reduce_sum(log_cosh(z, y), 1))
    for loss in (by_output, by_example, get_loss(LogCosh())):
        value, slope = value_and_slope(loss, Z3, Y3)
        np.testing.assert_allclose(value, exact, rtol=1e-12)
        np.testing.assert_allclose(slope, np.tanh(Z3 - Y3), rtol=1e-11)
    assert by_output == CustomLoss(log_cosh)
    assert (by_output.name, by_output.targets) == ("custom", "values")


@pytest.mark.parametrize(
    ("function", "got"),
    [
        (lambda z, y: mean(z - y), "float64[]"),
        (lambda z, y: reduce_sum(z - y, 0), "float64[3]"),
        (lambda z, y: 1.0, "float"),
        (lambda z, y: None, "NoneType"),
    ],
)
def test_a_function_that_gives_no_number_for_each_example_is_told_so(function: Any, got: str) -> None:
    with pytest.raises(ShapeError) as caught:
        CustomLoss(function).per_example(*nodes_of(Z3, Y3))
    assert str(caught.value) == (
        f"loss: your function must give one number for each example, a node of shape (n,) or (n, k), but gave {got}; "
        "training takes the mean over the examples."
    )


def test_a_loss_without_a_formula_is_told_so() -> None:
    class Empty(Loss):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty does not define per_example\(self, outputs, targets\)\."):
        Empty().per_example(*nodes_of(Z3, Y3))


# ----------------------------------------------------------------------------------------------- bad arguments


@pytest.mark.parametrize(
    ("outputs", "targets"),
    [
        (np.zeros(7), LABELS),
        (np.zeros((7, 3, 2)), LABELS),
        (Z3, LABELS[:, None]),
        (Z3, np.zeros((7, 4))),
        (Z3, np.zeros(7)),
    ],
    ids=["outputs (n,)", "outputs (n, k, m)", "labels (n, 1)", "another number of classes", "probabilities (n,)"],
)
def test_cross_entropy_says_what_shapes_it_needs(outputs: Array, targets: Array) -> None:
    with pytest.raises(ShapeError) as caught:
        CrossEntropy().per_example(*nodes_of(outputs, targets))
    z, y = nodes_of(outputs, targets)
    assert str(caught.value) == (
        "loss: cross_entropy needs outputs of shape (n, k), one logit for each class, and targets that are class numbers of "
        f"shape (n,) or probabilities of shape (n, k), but was given {z.type} and {y.type}."
    )


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda: get_loss("mse"), UnknownNameError, "loss='mse' is not known"),
        (lambda: get_loss("crossentropy"), UnknownNameError, "did you mean 'cross_entropy'?"),
        (lambda: get_loss(None), UnknownNameError, "loss=None is not known"),
        (
            lambda: get_loss(Huber),
            ArgumentError,
            r"loss is the class Huber; write Huber\(\), with its numbers if it has any\.",
        ),
        (lambda: Huber(delta=0), ArgumentError, "delta must be a finite number above 0, but is 0."),
        (lambda: Huber(delta=math.nan), ArgumentError, "delta must be a finite number above 0, but is nan."),
        (
            lambda: CrossEntropy(label_smoothing=1),
            ArgumentError,
            "label_smoothing must be a finite number at least 0 and below 1",
        ),
        (
            lambda: CrossEntropy(label_smoothing=-0.1),
            ArgumentError,
            "label_smoothing must be a finite number at least 0",
        ),
        (lambda: CrossEntropy(label_smoothing="0.1"), ArgumentError, "label_smoothing must be .*, but is '0.1'"),
    ],
)
def test_wrong_arguments_are_sentences(make: Callable[[], Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        make()

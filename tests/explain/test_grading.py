"""`grade`: slips that an independent student makes are named, right answers are never called wrong, bad input is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, DataError, ShapeError, UnknownNameError
from chainrule.explain.grading.sheet import Numbers, Sheet
from chainrule.training import Penalties
from explain.student import IN_LAYERS, NAMES, ONCE, Exercise, Student, planted, rounded

Array = np.ndarray[Any, Any]
Answers = dict[str, Array]


def grade(e: Exercise, answers: Answers, **more: Any) -> cr.Grade:
    return cr.grade(e.net, e.x, e.y, answers, **e.settings(), **more)


# ----------------------------------------------------------------------------------------------------- planted slips


def usual(answers: Answers) -> Answers:
    """What most students write down: no ∂L/∂a, no f′, no update."""
    return {k: v for k, v in answers.items() if not k.endswith(("a/gradient", "slope", "loss/data", "next"))}


def some(answers: Answers, rng: np.random.Generator) -> Answers:
    """Half of the answers, drawn by chance."""
    return {name: value for name, value in answers.items() if rng.random() < 0.5}


def affected(answers: Answers, right: Answers, by: float) -> list[str]:
    """The answers that differ from the right ones by more than `by` of the largest number, or by their shape."""
    found = []
    for name, value in answers.items():
        if value.shape != right[name].shape:
            found.append(name)
            continue
        errors = np.nan_to_num(abs(value - right[name]), nan=np.inf)
        if errors.max() > by * abs(right[name]).max():
            found.append(name)
    return found


@dataclass
class Tally:
    """How many slips were planted, and named rightly, by kind."""

    planted: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    first: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    def count(self, student: Student, answers: Answers, right: Answers) -> None:
        """Grade a student, if the slip shows in the answers."""
        order = student.exercise.names
        clear = sorted(affected(answers, right, 0.01), key=order.index)
        if not clear:
            return
        found = grade(student.exercise, answers).first_wrong
        kind, expected = student.slip, NAMES.get(student.slip, student.slip)
        names = [slip.name for slip in found.slips] if found else []
        place = found is not None and order.index(found.name) <= order.index(clear[0])
        at_fault = place and found.name in affected(answers, right, 1e-4)
        self.planted[kind] += 1
        self.named[kind] += at_fault and expected in names
        self.first[kind] += at_fault and names[:1] == [expected]
        if not (at_fault and expected in names):
            self.missed.append(f"{kind} at {student.at} of {student.exercise.seed}: {names} in {found and found.name}")

    def __str__(self) -> str:
        lines = [
            f"{kind:34}{n:5}{self.named[kind] / n:8.1%}{self.first[kind] / n:8.1%}" for kind, n in self.planted.items()
        ]
        total = self.planted.total()
        share = f"{'all':34}{total:5}{self.named.total() / total:8.1%}{self.first.total() / total:8.1%}"
        return "\n".join([*lines, share, *self.missed])


def plant(seeds: range, most: int | None = None) -> Tally:
    """Plant slips in random exercises: each in all of the answers, in the usual ones, or in some, by turns."""
    tally = Tally()
    for seed in seeds:
        exercise, rng = Exercise(seed), np.random.default_rng(seed)
        right = Student(exercise).work()
        students = list(planted(exercise, rng))
        chosen = range(len(students)) if most is None else rng.permutation(len(students))[:most]
        for i in chosen:
            answers = students[i].work()
            kept = (answers, usual(answers), some(answers, rng))[(seed + int(i)) % 3]
            if kept:
                tally.count(students[i], kept, right)
    return tally


def test_planted_slips_are_named() -> None:
    tally = plant(range(40), most=2)
    assert tally.planted.total() > 60
    assert tally.named.total() >= 0.95 * tally.planted.total(), str(tally)
    assert tally.first.total() >= 0.9 * tally.planted.total(), str(tally)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_kind_of_slip_is_named_in_200_networks() -> None:
    tally = plant(range(200))
    print(tally)
    assert set(tally.planted) == {*IN_LAYERS, *ONCE}
    assert tally.named.total() >= 0.95 * tally.planted.total(), str(tally)
    for kind, n in tally.planted.items():
        assert n >= 10, kind
        assert tally.named[kind] >= 0.85 * n, str(tally)


# ----------------------------------------------------------------------------------------------------- right answers


def right_answers(e: Exercise) -> list[Answers]:
    """Right answers as they may be written: exact, in float32, rounded in the end or in each step, all of them or some."""
    exact, stepwise = Student(e).work(), Student(e, rounded=4).work()
    rng = np.random.default_rng(e.seed)
    decimals = {name: value.round(4) for name, value in exact.items()}
    return [
        exact,
        {name: value.astype(np.float32) for name, value in exact.items()},
        {name: rounded(value, 4) for name, value in exact.items()},
        decimals,
        stepwise,
        some(stepwise, rng) or stepwise,
        usual(stepwise),
    ]


def check_right(seeds: range) -> None:
    for seed in seeds:
        e = Exercise(seed)
        truth = e.net.explain(e.x, e.y, **e.settings())
        for name, value in Student(e).work().items():
            np.testing.assert_allclose(value, truth[name], rtol=1e-9, atol=1e-12, err_msg=f"{name} of {seed}")
        for way, answers in enumerate(right_answers(e)):
            found = grade(e, answers)
            assert found.ok, f"{seed}, {way}:\n{found}"
            assert found.score == 1
            assert found.slip is None


def test_right_answers_are_never_called_wrong() -> None:
    check_right(range(0, 200, 20))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_right_answers_are_never_called_wrong_in_200_networks() -> None:
    check_right(range(200))


LAYERS = {
    "residual": (cr.Dense(3, activation="tanh"), cr.Residual(cr.Dense(3, activation="relu"), cr.Dense(3)), cr.Dense(2)),
    "concatenate": (cr.Concatenate(cr.Dense(2), [cr.Dense(3), cr.Activation("silu")]), cr.Dense(2)),
    "softmax inside": (cr.Dense(4, activation="softmax"), cr.Dense(2, bias=False)),
    "reshaped": (cr.Reshape(3, 1), cr.Dense(2, activation="gelu"), cr.Flatten(), cr.Dropout(0.2), cr.Dense(2)),
    "convolved": (
        cr.Reshape(3, 1),
        cr.Conv1D(2, 2, padding="same", activation="tanh"),
        cr.BatchNorm(),
        cr.MaxPool1D(2, stride=1),
        cr.LayerNorm(),
        cr.GlobalAveragePool(),
        cr.Dense(2),
    ),
    "activation of one's own": (cr.Dense(4, activation=lambda z: z * cr.sigmoid(1.7 * z)), cr.Dense(2)),
    "frozen": (cr.Dense(4, activation="elu", trainable=False), cr.Dense(2)),
}


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_all_quantities_of_other_layers(kind: str, loss: str) -> None:
    """Everything that `explain` gives is right; each number is what the sheet computes, in every way that it knows."""
    rng = np.random.default_rng(0)
    net = cr.Network(*LAYERS[kind]).build(3, dtype="float64")
    x, y = rng.normal(size=(4, 3)), [0, 1, 1, 0] if loss == "cross_entropy" else rng.normal(size=(4, 2))
    settings: dict[str, Any] = {"loss": loss, "optimizer": cr.AdamW(0.1), "l2": 0.1, "l1": 0.1, "clip_norm": 0.1}
    truth = net.explain(x, y, **settings)
    assert cr.grade(net, x, y, {name: truth[name] for name in truth.names()}, **settings).ok
    model, chosen, examples = net.examples(x, y, loss=loss)
    sheet = Sheet.of(model, chosen, examples, settings["optimizer"], Penalties.of(0.1, 0.1, 0.1, None), 0)
    bare = Numbers(sheet, {})
    for name in truth.names():
        for value in (sheet.truth[name], bare[name], *Numbers(sheet, sheet.truth).ways(name)):
            np.testing.assert_allclose(value, truth[name], rtol=1e-9, atol=1e-14, err_msg=name)
    for name in truth.names()[::5]:  # a number that no slip explains is found where it is
        if truth[name].dtype.kind == "f" and truth[name].any():
            wrong = truth[name] * np.linspace(1.37, 1.91, truth[name].size).reshape(truth[name].shape)
            found = cr.grade(net, x, y, {**{n: truth[n] for n in truth.names()}, name: wrong}, **settings)
            assert found.first_wrong is not None
            assert found.first_wrong.name == name


# ---------------------------------------------------------------------------------------------------- what is said

W1, W2 = [[0.1, 0.2], [0.3, 0.4]], [[0.5], [0.6]]


def small() -> cr.Network:
    hidden = cr.Dense(2, activation="tanh", weight_init=W1)
    return cr.Network(hidden, cr.Dense(1, weight_init=W2)).build(2, dtype="float64")


def judged(answers: Any, **settings: Any) -> cr.Grade:
    return cr.grade(small(), [1.0, 2.0], 1.0, answers, loss="squared_error", optimizer=cr.SGD(0.1), **settings)


# By hand: z, a, ŷ, δ₂ = ŷ − y, ∂L/∂a, δ₁.
Z = np.array([1.0, 2.0]) @ np.array(W1)
A = np.tanh(Z)
D2 = A @ np.array(W2) - 1.0
G = D2 @ np.array(W2).T
D1 = G * (1 - A**2)


def test_a_mistake_carried_forward_counts_as_right() -> None:
    found = judged({"dense1/delta": G, "dense1/weight/gradient": np.outer([1.0, 2.0], G), "dense1/bias/gradient": D1})
    assert [mark.status for mark in found.marks] == ["wrong", "follows", "right"]
    assert found.score == pytest.approx(2 / 3)
    assert not found.ok
    assert found.slip is not None
    assert (found.slip.name, found.slip.quantity) == ("missing f′", "dense1/delta")


def test_a_further_slip_is_found_in_the_students_own_numbers() -> None:
    own = np.outer([1.0, 2.0], G)
    found = judged(
        {"dense1/delta": G, "dense1/weight/gradient": own.T, "dense1/weight/next": np.array(W1) + 0.1 * own.T}
    )
    assert [[slip.name for slip in mark.slips[:1]] for mark in found.marks] == [
        ["missing f′"],
        ["transposed result"],
        ["sign of the update"],
    ]
    assert found.score == 0


def test_a_slip_before_what_is_answered_is_found_once() -> None:
    found = judged({"dense1/weight/gradient": np.outer([1.0, 2.0], G), "dense1/bias/gradient": G})
    assert [mark.status for mark in found.marks] == ["wrong", "follows"]
    assert str(found.slip) == "missing f′, in dense1/delta: ∂L/∂a was not multiplied by f′(z)"


def test_the_same_numbers_have_either_name() -> None:
    """With two rows, a factor of 2 may be the ½ or the mean."""
    net, x, y = cr.Network(cr.Dense(1)).build(2, dtype="float64"), [[1.0, 2.0], [0.5, -1.0]], [1.0, 2.0]
    right = net.explain(x, y, loss="squared_error")["dense1/delta"]
    found = cr.grade(net, x, y, {"dense1/delta": 2 * right}, loss="squared_error")
    assert found.first_wrong is not None
    assert {slip.name for slip in found.first_wrong.slips} == {"sum instead of mean", "missing ½"}
    assert "  Either: sum instead of mean" in str(found)
    assert "\n  or: missing ½" in str(found)


def test_what_no_slip_explains_is_shown_with_the_formula() -> None:
    found = judged({"z[dense1]": [0.7, 1.7]})
    text = str(found)
    assert found.slip is None
    assert "wrong: yours is 1.7 at [0, 1], right is 1" in text
    assert "No slip that is known leads to these numbers." in text
    assert "Right is z[dense1] = x W + b." in text


def test_a_right_grade_in_words() -> None:
    assert str(judged({"dense1/z": Z, "loss": D2**2 / 2})).endswith("All 2 answers are right.")
    assert judged({"dense1/z": Z}).verdict() == "The answer is right."


NAMED = {
    "z[dense1]": Z,
    "δ[dense1]": D1,
    "∂L/∂z[dense1]": D1,
    "∂L/∂W[dense1]": np.outer([1.0, 2.0], D1),
    "L": D2**2 / 2,
    "slope": 1 - A**2,
    "dense2/a": D2 + 1,
    "dense2/a/gradient": D2,
    "dense1/z/gradient": D1,
    "dense1/weight": np.outer([1.0, 2.0], D1),
    "dense1/bias": D1,
    "dense2/weight": W2,
}


@pytest.mark.parametrize("name", NAMED)
def test_other_names(name: str) -> None:
    assert judged({name: NAMED[name]}).ok


def test_the_name_of_a_parameter_is_the_parameter_where_its_gradient_is_answered() -> None:
    gradient = np.outer([1.0, 2.0], D1)
    assert judged({"dense1/weight": W1, "dense1/weight/gradient": gradient}).ok
    assert not judged({"dense1/weight": gradient, "dense1/weight/gradient": gradient}).ok


def test_tolerance() -> None:
    off = {"dense1/z": Z * 1.005}
    assert not judged(off).ok
    assert judged(off, tolerance=0.01).ok


def test_nothing_changes() -> None:
    net = small()
    before = {name: array.copy() for name, array in net.params.items()}
    cr.grade(net, [1.0, 2.0], 1.0, {"loss": 1.0}, loss="squared_error")
    assert all((array == before[name]).all() for name, array in net.params.items())


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "unknown": ({"dense1/zz": Z}, UnknownNameError, "did you mean 'dense1/z'"),
    "empty": ({}, ArgumentError, "answers is empty"),
    "no mapping": ([Z], ArgumentError, "answers must be a dictionary"),
    "no text": ({1: Z}, ArgumentError, "names of answers are texts"),
    "words": ({"dense1/z": ["a", "b"]}, DataError, r"answers\['dense1/z'\] must be numbers"),
    "nothing": ({"dense1/z": None}, DataError, "must be numbers"),
    "ragged": ({"dense1/z": [[1.0], [1.0, 2.0]]}, DataError, "dense1/z"),
    "shape": (
        {"dense1/z": [1.0, 2.0, 3.0]},
        ShapeError,
        r"must have the shape \(1, 2\), that of z\[dense1\], but has \(3,\)",
    ),
    "ambiguous": ({"delta": Z}, ArgumentError, "could be 'dense2/delta' and 'dense1/delta'"),
    "twice": ({"dense1/z": Z, "z[dense1]": Z + 1}, ArgumentError, "the same quantity"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_answers(case: str) -> None:
    answers, error, message = BAD[case]
    with pytest.raises(error, match=message) as caught:
        judged(answers)
    assert "\n" not in str(caught.value)


def test_other_bad_arguments() -> None:
    with pytest.raises(ArgumentError, match="network must be a Network, but is of type str"):
        cr.grade("net", [1.0], 1.0, {"loss": 1.0})  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="tolerance must be a finite number above 0"):
        judged({"loss": 1.0}, tolerance=0)
    with pytest.raises(ArgumentError, match="The loss is"):
        cr.grade(small(), [1e200, 1e200], 1e200, {"loss": 1.0}, loss="squared_error")
    with pytest.raises(ArgumentError, match="call it before grade"):
        cr.grade(cr.Network(cr.Standardize(), cr.Dense(1)), [[1.0]], [1.0], {"loss": 1.0}, loss="squared_error")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_wrong(value: float) -> None:
    assert not judged({"dense1/z": [value, 1.0]}).ok


# ------------------------------------------------------------------------------------------------ digits and slips


def one_layer() -> cr.Network:
    return cr.Network(cr.Dense(2, weight_init=[[0.1, 0.2], [0.3, 0.4]])).build(2, dtype="float64")  # biases are 0


def test_a_slip_that_changes_nothing_explains_nothing() -> None:
    """Where the bias is 0, nobody has forgotten it; where there are no sample weights, nobody has forgotten them."""
    answers = {"dense1/z": [0.705, 1.0]}  # right are 0.7 and 1.0
    grade = cr.grade(one_layer(), [1.0, 2.0], [1.0, 1.0], answers, loss="squared_error", optimizer=cr.SGD(0.1))
    assert not grade.ok
    assert grade.marks[0].slips == ()
    assert "No slip that is known leads to these numbers." in str(grade)


@pytest.mark.parametrize(("given", "status"), [([0.67, 0.96], "right"), ([0.7, 1.0], "wrong")])
def test_how_far_answers_may_be_rounded(given: list[float], status: str) -> None:
    """Two decimals will do where they are a hundredth of the largest number; one tells nothing, and that is said."""
    x = [0.95, 1.917]  # z = 0.6701, 0.9568
    mark = cr.grade(one_layer(), x, [1.0, 1.0], {"dense1/z": given}, loss="squared_error").marks[0]
    assert mark.status == status
    assert status == "right" or mark.slips[0].name == "rounded too far"

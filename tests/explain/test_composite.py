"""chain_rule: against calculations by hand, PyTorch and finite differences; its formulae against the graph's derivatives."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import erf

import chainrule as cr
from chainrule.errors import ArgumentError, GraphError, ShapeError
from chainrule.explain.composite.formulae import FORMULAE, SAME_OPERAND, UNCHANGED
from chainrule.explain.composite.function import ChainRule, chain_rule
from chainrule.graph import PRIMITIVES, Node, const, gradients, input
from chainrule.graph import primitives as p
from graph.cases import ALL
from oracles import run

Function = Callable[[Any], Any]


def values_of(rule: ChainRule) -> dict[str, float]:
    return {"x": rule.at, **{step.name: step.value for step in rule.steps}}


def partials_of(rule: ChainRule) -> dict[str, float]:
    return {d.symbol: d.value for step in rule.steps for d in step.derivatives}


# ------------------------------------------------------------------------------------------------- by hand


def test_tanh_of_a_square_by_hand() -> None:
    rule = chain_rule(lambda x: cr.tanh(x * x), at=0.3)
    u, y = 0.3 * 0.3, math.tanh(0.09)
    assert values_of(rule) == pytest.approx({"x": 0.3, "u₁": u, "y": y}, abs=1e-15)
    assert partials_of(rule) == pytest.approx({"du₁/dx": 0.6, "dy/du₁": 1 - y * y}, abs=1e-15)
    assert [[d.symbol for d in path.factors] for path in rule.paths] == [["dy/du₁", "du₁/dx"]]
    assert rule.derivative == pytest.approx((1 - y * y) * 0.6, abs=1e-15)
    assert rule.paths[0].product == pytest.approx(rule.derivative, abs=1e-15)


def test_sine_of_an_exponential_by_hand() -> None:
    rule = chain_rule(lambda x: cr.sin(cr.exp(x)), at=0.5)
    e = math.exp(0.5)
    assert values_of(rule) == pytest.approx({"x": 0.5, "u₁": e, "y": math.sin(e)}, abs=1e-15)
    assert partials_of(rule) == pytest.approx({"du₁/dx": e, "dy/du₁": math.cos(e)}, abs=1e-15)
    assert rule.derivative == pytest.approx(math.cos(e) * e, abs=1e-15)


def test_a_product_with_itself_has_two_paths_that_add_up() -> None:
    rule = chain_rule(lambda x: x * cr.sigmoid(x), at=-1.5)
    s = 1 / (1 + math.exp(1.5))
    assert partials_of(rule) == pytest.approx({"du₁/dx": s * (1 - s), "∂y/∂x": s, "∂y/∂u₁": -1.5}, abs=1e-15)
    assert [path.product for path in rule.paths] == pytest.approx([s, -1.5 * s * (1 - s)], abs=1e-15)
    assert rule.derivative == pytest.approx(s - 1.5 * s * (1 - s), abs=1e-15)


def test_a_quotient_by_hand() -> None:
    rule = chain_rule(lambda x: 1 / (1 + x * x), at=2.0)
    assert values_of(rule) == pytest.approx({"x": 2, "u₁": 4, "u₂": 5, "y": 0.2}, abs=1e-15)
    assert partials_of(rule) == pytest.approx({"du₁/dx": 4, "du₂/du₁": 1, "dy/du₂": -1 / 25}, abs=1e-15)
    assert rule.derivative == pytest.approx(-4 / 25, abs=1e-15)


# ------------------------------------------------------------------------------------------- against PyTorch

t = torch
COMPOSITES: dict[str, tuple[Function, Function, float]] = {
    "tanh x²": (lambda x: cr.tanh(x * x), lambda x: t.tanh(x * x), 0.3),
    "sin eˣ": (lambda x: cr.sin(cr.exp(x)), lambda x: t.sin(t.exp(x)), 1.2),
    "x σ(x)": (lambda x: x * cr.sigmoid(x), lambda x: x * t.sigmoid(x), -0.8),
    "1/(1+x²)": (lambda x: 1 / (1 + x**2), lambda x: 1 / (1 + x**2), 1.7),
    "x⁷": (lambda x: x**7, lambda x: x**7, -1.1),
    "x/x": (lambda x: x / x, lambda x: x / x, 3.0),
    "x - x³": (lambda x: x - x**3, lambda x: x - x**3, 0.4),
    "x + x": (lambda x: x + x, lambda x: x + x, 0.4),
    "ln(1+x²)": (lambda x: cr.log(1 + x * x), lambda x: t.log(1 + x * x), 2.5),
    "x ln x": (lambda x: x * cr.log(x), lambda x: x * t.log(x), 1e-3),
    "√(1+eˣ)": (lambda x: cr.sqrt(1 + cr.exp(x)), lambda x: t.sqrt(1 + t.exp(x)), 0.1),
    "normal density": (lambda x: cr.exp(-x * x / 2), lambda x: t.exp(-x * x / 2), -1.3),
    "erf": (lambda x: cr.erf(x / 2) * x, lambda x: t.erf(x / 2) * x, 0.9),
    "cos sin cos": (lambda x: cr.cos(cr.sin(cr.cos(x))), lambda x: t.cos(t.sin(t.cos(x))), 5.0),
    "softplus": (
        lambda x: cr.softplus(3 * x - 1),
        lambda x: t.nn.functional.softplus(3 * x - 1, threshold=1e9),
        0.2,
    ),
    "|x|³": (lambda x: abs(x) ** 3, lambda x: abs(x) ** 3, -0.7),
    "max": (lambda x: cr.maximum(x * x, x), lambda x: t.maximum(x * x, x), 1.5),
    "max below": (lambda x: cr.maximum(x * x, x), lambda x: t.maximum(x * x, x), 0.5),
    "min": (lambda x: cr.minimum(x, cr.sin(x)), lambda x: t.minimum(x, t.sin(x)), 2.0),
    "select": (
        lambda x: cr.select(x < 1, x**2, 2 * x - 1),
        lambda x: t.where(x < 1, x**2, 2 * x - 1),
        1.4,
    ),
    "a floor": (lambda x: x * cr.floor(3 * x), lambda x: x * t.floor(3 * x), 0.5),
    "a barrier": (lambda x: x * cr.stop_gradient(x * x), lambda x: x * (x * x).detach(), 0.5),
    "relu": (lambda x: cr.relu(2 * x), lambda x: t.relu(2 * x), 0.4),
    "leaky relu": (cr.leaky_relu, t.nn.functional.leaky_relu, -0.4),
    "elu": (cr.elu, t.nn.functional.elu, -0.6),
    "selu": (cr.selu, t.nn.functional.selu, -0.6),
    "gelu": (cr.gelu, t.nn.functional.gelu, 0.7),
    "silu": (cr.silu, t.nn.functional.silu, 0.7),
    "σ of σ": (lambda x: cr.sigmoid(5 * cr.sigmoid(x)), lambda x: t.sigmoid(5 * t.sigmoid(x)), 0.0),
    "tanh by exp": (
        lambda x: (cr.exp(x) - cr.exp(-x)) / (cr.exp(x) + cr.exp(-x)),
        lambda x: (t.exp(x) - t.exp(-x)) / (t.exp(x) + t.exp(-x)),
        0.6,
    ),
    "one step": (cr.tanh, t.tanh, 0.6),
    "no step": (lambda x: x, lambda x: x * 1, 0.6),
    "large": (lambda x: (x / 1e3) ** 3 - x, lambda x: (x / 1e3) ** 3 - x, 12345.0),
    "tiny": (lambda x: cr.exp(-1 / x), lambda x: t.exp(-1 / x), 0.03),
    "many paths": (lambda x: twice_often(x, cr.sin), lambda x: twice_often(x, t.sin), 1.3),
}


def twice_often(x: Any, sine: Function) -> Any:
    """x ← x sin x, eight times: 2⁸ paths."""
    for _ in range(8):
        x = x * sine(x)
    return x


@pytest.mark.parametrize("name", COMPOSITES)
def test_against_pytorch_and_differences(name: str) -> None:
    ours, theirs, at = COMPOSITES[name]
    rule = chain_rule(ours, at)
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    y = theirs(x)
    y.backward()
    scale = max(1.0, abs(x.grad.item()))
    assert rule.value == pytest.approx(y.item(), rel=1e-14, abs=1e-14)
    assert rule.derivative == pytest.approx(x.grad.item(), abs=1e-13 * scale)
    assert rule.agrees
    assert not rule.at_kink
    assert rule.difference == pytest.approx(x.grad.item(), abs=1e-9 * scale)
    if rule.steps and rule.path_count:
        assert rule.adjoints[-1].name == "x"
        assert rule.adjoints[-1].value == pytest.approx(x.grad.item(), abs=1e-13 * scale)
    if rule.paths:
        assert len(rule.paths) == rule.path_count
        assert math.fsum(path.product for path in rule.paths) == pytest.approx(x.grad.item(), abs=1e-13 * scale)


def test_many_paths_are_counted_and_accumulated() -> None:
    rule = chain_rule(*COMPOSITES["many paths"][::2])
    assert rule.path_count == 2**8
    assert rule.paths == ()
    assert "256 paths lead from y back to x." in str(rule)
    for adjoint in rule.adjoints:
        assert adjoint.value == pytest.approx(math.fsum(g * d.value for g, d in adjoint.terms), abs=1e-15)


def test_the_number_of_paths_has_no_bound() -> None:
    def doubled(x: Node) -> Node:
        for _ in range(100):
            x = x + 0.5 * (x - x * x)
        return x

    rule = chain_rule(doubled, 0.3)
    assert rule.path_count == 3**100
    assert rule.agrees
    assert f"{3**100:,} paths" in str(rule)


# ------------------------------------------------------------------------------------- the table of formulae


def scalar_operations() -> list[str]:
    """The primitives that the table of cases calls with single numbers for operands and a single number for result."""
    found = set()
    for case in ALL:
        if case.op not in ("input", "const") and all(np.shape(x) == () for x in case.operands) and case.operands:
            node, _ = case.build()
            if node.shape == ():
                found.add(case.op)
    return sorted(found)


def test_every_operation_on_single_numbers_has_a_formula() -> None:
    missing = set(scalar_operations()) - FORMULAE.keys() - UNCHANGED
    assert not missing
    elementwise = {name for name, one in PRIMITIVES.items() if one.elementwise}
    assert elementwise <= FORMULAE.keys()
    assert not FORMULAE.keys() - PRIMITIVES.keys()
    assert not FORMULAE.keys() & UNCHANGED


def as_python(formula: str) -> str:
    """A formula of the table as an expression of Python: × is written by a dot or by nothing but a space."""
    for old, new in {"−": "-", "²(": "2(", "√π": "sqrt(pi)", "√(": "sqrt(", "·": "*", "²": "**2"}.items():
        formula = formula.replace(old, new)
    formula = re.sub(r"\|([^|]+)\|", r"abs(\1)", formula)
    formula = re.sub(r"⌊([^⌋]+)⌋", r"floor(\1)", formula)
    formula = re.sub(r"(?<![<>=])=(?!=)", "==", formula)
    formula = re.sub(r"(.+) if (.+), else (.+)", r"(\1) if (\2) else (\3)", formula)
    return formula if " if " in formula else re.sub(r"(?<=[\w)]) (?=[\w(])", "*", formula)


MEANING = {
    **{f.__name__: f for f in (math.exp, math.sqrt, math.tanh, math.sin, math.cos, math.floor, abs)},
    "ln": math.log,
    "pi": math.pi,
    "erf": erf,
    "tanh2": lambda z: math.tanh(z) ** 2,
    "σ": lambda z: 1 / (1 + math.exp(-z)),
    "sign": lambda z: float(np.sign(z)),
    "max": max,
    "stop_gradient": float,
    "float32": float,
    "true": True,
    "false": False,
}


def evaluated(formula: str, **names: float) -> float:
    return float(eval(as_python(formula), {"__builtins__": {}, **MEANING, **names}))


@pytest.mark.parametrize("point", [(0.7, 1.3), (1.3, 0.7), (0.4, 0.9), (2.5, 1.5)])
@pytest.mark.parametrize("op", sorted(FORMULAE))
def test_a_formula_is_what_the_graph_computes(op: str, point: tuple[float, float]) -> None:
    """The form against the NumPy backend's value, and each partial derivative against the primitive's own."""
    entry = FORMULAE[op]
    names = ("a", "b")
    call: tuple[Any, ...] = {"contract": (",->",), "cast": ("float32",)}.get(op, ())
    a, b = (input(name, (), "float64") for name in names)
    condition = a < b
    operands = {1: (a,), 2: (a, b), 3: (condition, a, b)}[PRIMITIVES[op].arity]
    texts = {1: ("a",), 2: ("a", "b"), 3: ("a < b", "a", "b")}[PRIMITIVES[op].arity]
    node = PRIMITIVES[op](*operands, *call)
    given = dict(zip(names, map(np.asarray, point), strict=True))
    at = dict(zip(names, point, strict=True))
    tolerance = 1e-6 if op == "cast" else 1e-14
    written = re.sub(r":\d", "", entry.form).format(*texts, dtype="float32")
    assert evaluated(written, **at) == pytest.approx(float(run(node, given)), rel=tolerance)
    assert len(entry.partials) == PRIMITIVES[op].arity
    sent = PRIMITIVES[op].vjp(const(1.0, node.dtype), node, *operands, **node.attributes)
    for operand, partial, gradient in zip(operands, entry.partials, sent, strict=True):
        assert (partial == "0") == (gradient is None)
        if gradient is not None:
            (slope,) = gradients(node, [operand])
            truth = float(run(slope, given))
            written = re.sub(r":\d", "", partial).format(*texts)
            assert evaluated(written, **at) == pytest.approx(truth, rel=tolerance, abs=1e-15)


@pytest.mark.parametrize("op", sorted(SAME_OPERAND))
def test_a_formula_of_one_operand_twice(op: str) -> None:
    rule = chain_rule(lambda x: PRIMITIVES[op](x, x, *((",->",) if op == "contract" else ())), 0.7)
    assert len(rule.steps[0].derivatives) == 1
    assert evaluated(SAME_OPERAND[op].partials[0].format("x"), x=0.7) == pytest.approx(rule.derivative, rel=1e-15)
    assert evaluated(rule.steps[0].formula, x=0.7) == pytest.approx(rule.value, rel=1e-15)


def plain(name: str) -> str:
    return name.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))


@pytest.mark.parametrize("name", COMPOSITES)
def test_what_is_printed_is_true(name: str) -> None:
    """Every formula of a step and of its derivatives, evaluated with the names' values, gives the value beside it."""
    rule = chain_rule(*COMPOSITES[name][::2])
    names = {plain(key): value for key, value in values_of(rule).items()}
    for step in rule.steps:
        assert evaluated(plain(step.formula), **names) == pytest.approx(step.value, rel=1e-5, abs=1e-12)
        for d in step.derivatives:
            assert evaluated(plain(d.formula), **names) == pytest.approx(d.value, rel=1e-5, abs=1e-12)
    if rule.formula != "f(x)":
        assert evaluated(rule.formula, x=rule.at) == pytest.approx(rule.value, rel=1e-5, abs=1e-12)


# ---------------------------------------------------------------------------------------------------- text


def test_the_text_of_a_chain() -> None:
    assert str(chain_rule(lambda x: 1 / (1 + x * x), at=-2)) == (
        "y = 1 / (1 + x²) at x = −2\n"
        "\n"
        "step         value  local derivative\n"
        "u₁ = x²      4      du₁/dx = 2 x = −4\n"
        "u₂ = 1 + u₁  5      du₂/du₁ = 1\n"
        "y = 1 / u₂   0.2    dy/du₂ = −1 / u₂² = −0.04\n"
        "\n"
        "The chain rule multiplies the local derivatives on the way from y back to x:\n"
        "dy/dx = dy/du₂ · du₂/du₁ · du₁/dx\n"
        "      = (−0.04) · 1 · (−4)\n"
        "      = 0.16\n"
        "\n"
        "The chain rule gives 0.16 and fourth-order differences give 0.16: less than 1e-10 apart."
    )


def test_the_text_of_a_sum_over_paths() -> None:
    assert repr(chain_rule(lambda x: x * cr.sigmoid(x), at=0.5)) == (
        "y = x · σ(x) at x = 0.5\n"
        "\n"
        "step        value     local derivative\n"
        "u₁ = σ(x)   0.622459  du₁/dx = σ(x) (1 − σ(x)) = 0.235004\n"
        "y = x · u₁  0.31123   ∂y/∂x = u₁ = 0.622459\n"
        "                      ∂y/∂u₁ = x = 0.5\n"
        "\n"
        "The chain rule multiplies the local derivatives along each path from y back to x, and adds up the paths\n"
        "(∂ is a derivative with the other operands held fixed):\n"
        "  ∂y/∂x           = 0.622459\n"
        "  ∂y/∂u₁ · du₁/dx = 0.5 · 0.235004 = 0.117502\n"
        "dy/dx = 0.622459 + 0.117502\n"
        "      = 0.739961\n"
        "\n"
        "The chain rule gives 0.7399611873 and fourth-order differences give 0.7399611873: less than 1e-10 apart."
    )


@pytest.mark.parametrize(
    ("f", "formula"),
    [
        (lambda x: (x + 1) ** 2, "(x + 1)²"),
        (lambda x: (x * x) ** 2, "(x²)²"),
        (lambda x: -(x - 1) / (2 * x), "(−(x − 1)) / (2 · x)"),
        (lambda x: x - (x - 1), "x − (x − 1)"),
        (lambda x: x - 1 - x, "x − 1 − x"),
        (lambda x: x * -2.0 + -x, "x · (−2) + (−x)"),
        (lambda x: x / (x / 2), "x / (x / 2)"),
        (lambda x: cr.select(x < 1, x, 2.0) + 1, "(x if x < 1, else 2) + 1"),
        (lambda x: p.reduce_max(cr.sum(p.broadcast(p.transpose(p.reshape(cr.tanh(x), ()), ()), (), ()))), "tanh(x)"),
        (lambda x: p.fold(p.windows(p.pad(p.slice(cr.tanh(x), (), ()), ()), (), ()), (), (), ()), "tanh(x)"),
        (lambda x: (cr.const(2.0, "float64") + 1.0) * x, "3 · x"),
        (cr.gelu, "f(x)"),
    ],
)
def test_the_function_in_one_line(f: Function, formula: str) -> None:
    assert chain_rule(f, 0.5).formula == formula


def test_lines_stay_readable() -> None:
    for name in COMPOSITES:
        assert max(map(len, str(chain_rule(*COMPOSITES[name][::2])).splitlines())) <= 125


# --------------------------------------------------------------------------------------- kinks and differences


@pytest.mark.parametrize(
    ("f", "at", "left", "right", "taken"),
    [
        (cr.relu, 0.0, 0, 1, 0),
        (abs, 0.0, -1, 1, 0),
        (lambda x: cr.maximum(3.0, x), 3.0, 0, 1, 1),
        (lambda x: cr.select(x < 1, x, 2 * x - 1), 1.0, 1, 2, 2),
        (lambda x: cr.relu(x) - cr.relu(-x), 0.0, 1, 1, 0),
    ],
)
def test_a_kink_is_named_with_both_slopes(f: Function, at: float, left: int, right: int, taken: int) -> None:
    rule = chain_rule(f, at)
    assert rule.at_kink
    assert math.isnan(rule.difference)
    assert not rule.agrees
    assert rule.derivative == taken
    (note,) = rule.notes
    found = re.search(r"lies on a kink of .+ is (\S+) on the left and (\S+) on the right", note.replace("−", "-"))
    assert found
    assert [float(slope) for slope in found.groups()] == pytest.approx([left, right], abs=1e-6)
    assert note in str(rule)


@pytest.mark.parametrize(("f", "at"), [(cr.floor, 2.0), (lambda x: cr.select(0 < x, 1.0, x), 0.0)])
def test_a_jump_is_named(f: Function, at: float) -> None:
    rule = chain_rule(f, at)
    assert rule.at_kink
    assert "lies on a jump of" in rule.notes[0]


@pytest.mark.parametrize(
    ("f", "at"),
    [
        (cr.elu, 0.0),
        (lambda x: cr.maximum(x, x), 1.0),
        (lambda x: abs(x) * x, 0.0),
        (cr.relu, 1e-9),
        (cr.relu, -1e-9),
        (cr.silu, 0.0),
    ],
)
def test_a_kink_that_does_no_harm_or_lies_near_is_none(f: Function, at: float) -> None:
    rule = chain_rule(f, at)
    assert rule.agrees
    assert not rule.at_kink
    assert not rule.notes


def test_what_is_held_constant_is_said() -> None:
    rule = chain_rule(lambda x: x * cr.stop_gradient(x), 2.0)
    assert rule.derivative == 2.0
    assert rule.agrees
    assert rule.notes[0].startswith("stop_gradient holds u₁ constant")


def test_a_wrong_derivative_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PRIMITIVES["sin"], "vjp", lambda g, y, x: (g * p.sin(x),))
    rule = chain_rule(lambda x: cr.sin(x * x), 0.3)
    assert not rule.agrees
    assert "a derivative is wrong" in str(rule)


def test_a_side_where_the_function_ends() -> None:
    rule = chain_rule(lambda x: cr.select(0 < x, cr.exp(1e18 * x), 3 * x), 0.0)  # eˣ overflows at once
    assert rule.derivative == 3
    assert "is 3 on the left and undefined on the right" in rule.notes[0]


# ------------------------------------------------------------------------------------------------- bad input

W = input("w", (), "float64")
BAD: dict[str, tuple[Any, Any, type[Exception], str]] = {
    "not a function": (3.0, 1, ArgumentError, "function must be a function of one number"),
    "no parameter": (lambda: W, 1, ArgumentError, "must take one argument"),
    "two parameters": (lambda x, y: x * y, 1, ArgumentError, "must take one argument"),
    "a number": (lambda x: 3.0, 1, ArgumentError, "must give a node that is made from x, but gave 3.0"),
    "nothing": (lambda x: None, 1, ArgumentError, "but gave None"),
    "Python's functions": (lambda x: math.tanh(x), 1, ArgumentError, "raised TypeError: must be real number, not Node"),
    "NumPy's functions": (np.tanh, 1, GraphError, r"np.tanh takes arrays, but .* write cr.tanh\(x\)"),
    "a condition": (lambda x: x < 1, 1, ShapeError, "a single floating-point number, but gave bool"),
    "an array": (lambda x: x * np.ones(2), 1, ShapeError, r"but gave float64\[2\]"),
    "arrays within": (lambda x: cr.sum(x * np.ones(2)), 1, ShapeError, "'broadcast' in it works on"),
    "independent": (lambda x: cr.const(2.0, "float64"), 1, ArgumentError, "depends on x"),
    "another input": (lambda x: x * W, 1, GraphError, "has the input 'w' too"),
    "an if": (lambda x: x if x < 1 else -x, 1, GraphError, "write select"),
    "not a number": (cr.tanh, "a", ArgumentError, "at must be a finite number, but is 'a'"),
    "NaN": (cr.tanh, math.nan, ArgumentError, "at must be a finite number"),
    "infinite value": (cr.log, 0, ArgumentError, "is −inf at x = 0, where 'log' in it gives −inf"),
    "NaN value": (lambda x: cr.sqrt(x) * 2, -1, ArgumentError, "is nan at x = −1, where 'sqrt'"),
    "infinite derivative": (cr.sqrt, 0, ArgumentError, "its derivative there is inf"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gives_one_clear_sentence(case: str) -> None:
    function, at, error, message = BAD[case]
    with pytest.raises(error, match=message) as caught:
        chain_rule(function, at)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)

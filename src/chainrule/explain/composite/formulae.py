"""How each primitive is written on paper, and its derivative: the symbols of `chain_rule`.

Only primitives that a function of single numbers can contain are here. The numbers of an explanation never come from this
table: they are the graph's own derivatives, and a test holds the formulae against them.
"""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.graph.brackets import ATOM

CHOICE, SUM, PRODUCT, POWER = range(4)  # how strongly the parts of a formula are bound together


@dataclass(frozen=True)
class Formula:
    """`form` in the operands {0}, {1}, …, how strongly it binds, and its derivative with regard to each operand.

    The number behind a colon is how strongly an operand must bind to stand there without brackets. A derivative of "0" says
    that the graph passes no gradient that way.
    """

    form: str
    level: int
    partials: tuple[str, ...]


FORMULAE: dict[str, Formula] = {
    "add": Formula("{0:1} + {1:2}", SUM, ("1", "1")),
    "sub": Formula("{0:1} − {1:2}", SUM, ("1", "−1")),
    "mul": Formula("{0:2} · {1:3}", PRODUCT, ("{1}", "{0}")),
    "div": Formula("{0:2} / {1:3}", PRODUCT, ("1 / {1:4}", "−{0:4} / {1:4}²")),
    "neg": Formula("−{0:3}", SUM, ("−1",)),
    "maximum": Formula("max({0}, {1})", ATOM, ("1 if {1} < {0}, else 0", "0 if {1} < {0}, else 1")),
    "abs": Formula("|{0}|", ATOM, ("sign({0})",)),
    "exp": Formula("exp({0})", ATOM, ("exp({0})",)),
    "log": Formula("ln({0})", ATOM, ("1 / {0:4}",)),
    "sqrt": Formula("√({0})", ATOM, ("1 / (2 √({0}))",)),
    "tanh": Formula("tanh({0})", ATOM, ("1 − tanh²({0})",)),
    "logistic": Formula("σ({0})", ATOM, ("σ({0}) (1 − σ({0}))",)),
    "softplus": Formula("ln(1 + exp({0}))", ATOM, ("σ({0})",)),
    "erf": Formula("erf({0})", ATOM, ("2 exp(−{0:4}²) / √π",)),
    "sin": Formula("sin({0})", ATOM, ("cos({0})",)),
    "cos": Formula("cos({0})", ATOM, ("−sin({0})",)),
    "floor": Formula("⌊{0}⌋", ATOM, ("0",)),
    "less": Formula("{0:1} < {1:1}", CHOICE, ("0", "0")),
    "equal": Formula("{0:1} = {1:1}", CHOICE, ("0", "0")),
    "select": Formula("{1:1} if {0}, else {2:1}", CHOICE, ("0", "1 if {0}, else 0", "0 if {0}, else 1")),
    "stop_gradient": Formula("stop_gradient({0})", ATOM, ("0",)),
    "cast": Formula("{dtype}({0})", ATOM, ("1",)),
    "contract": Formula("{0:2} · {1:3}", PRODUCT, ("{1}", "{0}")),
}

# A product of a number with itself is a square; its one partial derivative is the sum of both.
SQUARE = Formula("{0:4}²", POWER, ("2 {0}",))
SAME_OPERAND = {"mul": SQUARE, "contract": SQUARE}

# On single numbers these give back the number that they are given, whatever they do to arrays.
UNCHANGED = frozenset(
    {"reduce_sum", "reduce_max", "broadcast", "reshape", "transpose", "pad", "slice", "windows", "fold"}
)


def formula_of(op: str, same: bool) -> Formula:
    """How an operation is written, with one operand in both places or with several."""
    return SAME_OPERAND[op] if same and op in SAME_OPERAND else FORMULAE[op]


def number(value: float, digits: int = 6) -> str:
    """A number in so many significant digits, with the minus sign of print.

    >>> number(-0.123456789), number(2.0)
    ('−0.123457', '2')
    """
    text = f"{value + 0.0:.{digits}g}"  # −0 is 0 to a reader
    return f"−{text[1:]}" if text.startswith("-") else text


def subscript(count: int) -> str:
    """A whole number as an index.

    >>> f"u{subscript(10)}"
    'u₁₀'
    """
    return str(count).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))

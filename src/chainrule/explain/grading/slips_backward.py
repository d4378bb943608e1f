"""Slips in the backward pass, by kind of quantity: gradients of values, then those of parameters; the likelier stand first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.explain.grading.around import Around, Term
from chainrule.explain.grading.functions import applied, slope
from chainrule.explain.grading.rules import Guess, Rule
from chainrule.explain.grading.sheet import joined
from chainrule.nn import Dense, Residual

Array = NDArray[Any]

SLOPE = (
    Rule("f′ at a", "f′ was taken at a, not at z", lambda at: slope(at.function, applied(at.function, at.z))),
    Rule("f′ at a", "z stands where a belongs in the formula of f′", lambda at: _formula_at_z(at)),
    Rule(
        "f′ of another activation",
        "f′ is that of {what}, not of this layer's activation",
        lambda at: {name: slope(f, at.z) for name, f in at.other_activations()},
    ),
    Rule("f instead of f′", "this is f(z), not f′(z)", lambda at: applied(at.function, at.z)),
    Rule(
        "another layer's z",
        "f′ was taken at {what}, not at the z of this layer",
        lambda at: {name: slope(at.function, z) for name, z in at.alike(at.z_name, "z").items()},
    ),
    Rule("f′ twice", "f′ was applied twice", lambda at: slope(at.function, at.z) ** 2),
)


def _formula_at_z(at: Around) -> Array | None:
    formulae: dict[str, Callable[[Array], Array]] = {"sigmoid": lambda a: a * (1 - a), "tanh": lambda a: 1 - a * a}
    return formulae[at.function_name](at.z) if at.function_name in formulae else None


MISSING = Rule("missing f′", "∂L/∂a was not multiplied by f′(z)", lambda at: np.ones_like(at.z))


def _through(rule: Rule) -> Rule:
    """A slip in f′ as a slip in δ = ∂L/∂a ⊙ f′(z)."""

    def numbers(at: Around) -> Guess:
        activation = at.activated
        if activation is None or not (rule is MISSING or activation.is_elementwise):
            return None
        gradient = at[at.sheet.gradients[activation.name]]
        found = rule.numbers(activation)
        if isinstance(found, Mapping):
            return {what: None if value is None else gradient * value for what, value in found.items()}
        return None if found is None else gradient * found

    return Rule(rule.name, rule.sentence, numbers)


THROUGH = tuple(map(_through, (MISSING, *SLOPE)))

BACK = (
    Rule(
        "transposed W",
        "δ was multiplied by W, not by Wᵀ",
        lambda at: _each_term(at, lambda t: at.term(t, W=at[f"{t.path}/weight"].T)),
    ),
    Rule(
        "weights already updated",
        "the weights after the update were used, not those before it",
        lambda at: _each_term(at, lambda t: _updated(at, t.path, t)),
    ),
    Rule(
        "missing f′",
        "f′ of {what} is missing: its ∂L/∂a was sent back, not its δ",
        lambda at: _each_term(at, lambda t: at.term(t, delta=at.get(f"{t.path}/a/gradient"))),
    ),
    Rule(
        "another layer's δ",
        "the δ or the weights of another layer were used in the place of those of {what}",
        lambda at: _each_other(at),
    ),
    Rule(
        "forgotten path",
        "what comes back from {what} is missing",
        lambda at: (
            {t.path: at.right - at.term(t) for t in at.terms if isinstance(t.layer, Dense)}
            | {t.path: at.right - at[t.gradient] for t in at.terms if isinstance(t.layer, Residual)}
            if len(at.terms) > 1
            else None
        ),
    ),
    Rule(
        "divided twice", "it was divided by the number of rows once more: δ has the 1/n", lambda at: at.right / at.rows
    ),
    Rule("sum instead of mean", "the 1/n of δ was lost", lambda at: at.right * at.total),
)


def _each_term(at: Around, changed: Callable[[Term], Array | None]) -> Guess:
    return {t.path: at.with_term(t, changed(t)) for t in at.terms if isinstance(t.layer, Dense)}


def _updated(at: Around, path: str, term: Term) -> Array | None:
    W = at.next_of(path, "weight")
    return None if W is None else at.term(term, W=W)


def _each_other(at: Around) -> Guess:
    found: dict[str, Array | None] = {}
    others = [path for path, layer in at.sheet.step.layers.items() if isinstance(layer, Dense)]
    for term in at.terms:
        for path in others if isinstance(term.layer, Dense) else []:
            if path != term.path:
                found[f"{term.path} (δ of {path})"] = _in_place(at, term, delta=at.get(f"{path}/delta"))
                found[f"{term.path} (W of {path})"] = _in_place(at, term, W=at[f"{path}/weight"])
    return found


def _in_place(at: Around, term: Term, delta: Array | None = None, W: Array | None = None) -> Array | None:
    return None if delta is None and W is None else at.with_term(term, at.term(term, delta=delta, W=W))


MASKED = (
    Rule("forgotten mask", "the mask of dropout was not applied", lambda at: at[at.terms[0].gradient]),
    Rule(
        "not divided by the keep probability",
        "what dropout keeps was not divided by 1 − rate",
        lambda at: at[at.terms[0].gradient] * (at[f"{at.terms[0].path}/mask"] > 0),
    ),
)

OUTPUT = (
    Rule("sum instead of mean", "the 1/n of the mean over the rows is missing", lambda at: at.right * at.total),
    Rule(
        "missing ½",
        "the factor 2 shows that the ½ of the loss was forgotten",
        lambda at: 2 * at.right if at.has_half else None,
    ),
    Rule(
        "½ twice",
        "the ½ of the loss is cancelled by the 2 of the square",
        lambda at: at.right / 2 if at.has_half else None,
    ),
    Rule("sign", "the sign is the opposite: it is ŷ − y, not y − ŷ", lambda at: -at.right),
    Rule("divided twice", "it was divided by the number of rows twice", lambda at: at.right / at.rows),
    Rule(
        "mean over outputs too",
        "it was divided by the number of outputs, over which the loss is a sum",
        lambda at: at.right / at.right.shape[-1],
    ),
    Rule(
        "f′ again",
        "p − y is ∂L/∂z already, and was multiplied by p (1 − p)",
        lambda at: at.right * at.predicted * (1 - at.predicted) if at.loss.slope == "p − y" else None,
    ),
    Rule("∂L/∂p instead of ∂L/∂z", "this is the derivative by p, not by z", lambda at: _by_p(at)),
    Rule("forgotten target", "y was not subtracted", lambda at: at.predicted * at.shares if _is_residual(at) else None),
    Rule(
        "forgotten sample weights",
        "every row counts the same here",
        lambda at: at.slopes(at.loss) / at.rows if at.sheet.step.weighted else None,
    ),
    Rule(
        "another loss",
        "this is the derivative of {what}",
        lambda at: {name: at.slopes(loss) * at.shares for name, loss in at.other_losses()},
    ),
)


def _is_residual(at: Around) -> bool:
    return at.loss.slope in ("p − y", "ŷ − y", "e^ŷ − y")


def _by_p(at: Around) -> Array | None:
    p, y = at.predicted, at.targets
    if at.loss.name == "cross_entropy":
        return np.asarray(-y / p * at.shares)
    return (p - y) / (p * (1 - p)) * at.shares if at.loss.name == "binary_cross_entropy" else None


# ---------------------------------------------------------------------------------------------------- parameters


def _data(at: Around) -> Array:
    return np.asarray(at.right - at.share)


SCALED = (
    Rule(
        "sum instead of mean",
        "the 1/n of the mean over the rows is missing",
        lambda at: _data(at) * at.total + at.share,
    ),
    Rule(
        "divided twice",
        "δ has the 1/n already, and it was divided by n again",
        lambda at: _data(at) / at.rows + at.share,
    ),
    Rule("missing ½", "it is twice what it should be", lambda at: 2 * _data(at) + at.share if at.has_half else None),
    Rule("½ twice", "it is half of what it should be", lambda at: _data(at) / 2 + at.share if at.has_half else None),
)

PENALISED = (
    Rule("forgotten penalty", "the penalty's share was not added", lambda at: _data(at) if np.any(at.share) else None),
    Rule("penalty twice", "the penalty's share was added twice", lambda at: at.right + at.share),
    Rule("sign", "the penalty's share was subtracted", lambda at: at.right - 2 * at.share),
    Rule("divided twice", "the penalty is divided by nothing", lambda at: _data(at) + at.share / at.rows),
)

CLIPPED = Rule(
    "clipped already",
    "this is the gradient after clipping, which comes later",
    lambda at: (
        at.get(f"{at.full}/clip_by_norm")
        if at.get(f"{at.full}/clip_by_norm") is not None
        else at.get(f"{at.full}/clip_by_value")
    ),
)

WEIGHT = (
    Rule("missing f′", "∂L/∂a was taken, not δ = ∂L/∂a ⊙ f′(z)", lambda at: _from_a(at, at.of_weight)),
    Rule(
        "forgotten activation",
        "the z of the layer before was taken, not its a",
        lambda at: at.of_weight(x=z) if (z := at.get(at.before_activation(at.x_name))) is not None else None,
    ),
    Rule(
        "another layer's activation",
        "{what} was taken, which is not what this layer is given",
        lambda at: {name: at.of_weight(x=x) for name, x in at.alike(at.x_name).items()},
    ),
    Rule(
        "another layer's δ",
        "{what} was taken, not the δ of this layer",
        lambda at: {name: at.of_weight(delta=delta) for name, delta in _other_deltas(at).items()},
    ),
    Rule(
        "not summed over the rows", "only the last row counts here", lambda at: at.of_weight(at.x[-1:], at.delta[-1:])
    ),
    Rule("transposed result", "this is the right matrix, turned", lambda at: joined(at.delta, at.x) + at.share.T),
    *SCALED,
    *PENALISED,
    CLIPPED,
)

BIAS = (
    Rule("not summed over the rows", "δ was not summed over the rows", lambda at: at.delta),
    Rule("not summed over the rows", "only the last row counts here", lambda at: at.of_bias(at.delta[-1:])),
    Rule("missing f′", "∂L/∂a was summed, not δ = ∂L/∂a ⊙ f′(z)", lambda at: _from_a(at, at.of_bias)),
    Rule(
        "another layer's δ",
        "{what} was taken, not the δ of this layer",
        lambda at: {
            name: at.of_bias(delta)
            for name, delta in _other_deltas(at).items()
            if delta.shape[-1] == at.right.shape[-1]
        },
    ),
    *SCALED,
    Rule(
        "penalty on biases",
        "biases are not penalised",
        lambda at: (
            at.right + at.sheet.step.penalties.l2 * at[at.full] + at.sheet.step.penalties.l1 * np.sign(at[at.full])
        ),
    ),
    CLIPPED,
)


def _from_a(at: Around, formula: Callable[..., Array | None]) -> Array | None:
    gradient = at.get(f"{at.path}/a/gradient")
    return None if gradient is None else formula(delta=gradient)


def _other_deltas(at: Around) -> dict[str, Array]:
    names = (name for name in at.sheet.lines if name.endswith("/delta") and name != f"{at.path}/delta")
    return {name: at[name] for name in names}


SHARE = (
    Rule("penalty without ½", "the ½ of l2 is cancelled by the 2 of the square", lambda at: _share(at, l2=2.0)),
    Rule("½ twice", "the ½ of l2 is cancelled by the 2 of the square", lambda at: _share(at, l2=0.5)),
    Rule("sign of W forgotten", "the derivative of |W| is sign(W), not 1", lambda at: _share(at, sign=False)),
    Rule("divided twice", "the penalty is divided by nothing", lambda at: at.right / at.rows),
)


def _share(at: Around, l2: float = 1.0, *, sign: bool = True) -> Array:
    W, penalties = at[at.full], at.sheet.step.penalties
    return np.asarray(penalties.l1 * (np.sign(W) if sign else np.ones_like(W)) + l2 * penalties.l2 * W)

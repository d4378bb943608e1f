"""Slips in the forward pass and in the loss, by kind of quantity; the likelier stand first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.explain.grading.around import Around
from chainrule.explain.grading.functions import applied, slope
from chainrule.explain.grading.rules import Guess, Rule
from chainrule.functional import sigmoid, softmax

Array = NDArray[Any]

DENSE = (
    Rule("forgotten bias", "the bias b was not added", lambda at: at.affine(at.x, at.w, np.zeros(()))),
    Rule("transposed W", "x was multiplied by Wᵀ, not by W", lambda at: at.affine(at.x, at.w.T)),
    Rule(
        "forgotten activation",
        "the z of the layer before went in, not its a",
        lambda at: at.affine(at.get(at.before_activation(at.x_name)), at.w),
    ),
    Rule(
        "another layer's activation",
        "{what} went into this layer, which is not what it is given",
        lambda at: {name: at.affine(other, at.w) for name, other in at.alike(at.x_name).items()},
    ),
    Rule(
        "weights already updated",
        "the weights after the update were used, not those before it",
        lambda at: at.affine(at.x, at.next_of(at.path, "weight"), at.next_of(at.path, "bias")),
    ),
    Rule("sign", "the bias was subtracted, not added", lambda at: at.affine(at.x, at.w, -at.b)),
    Rule(
        "f applied already",
        "this is a = f(z), not z",
        lambda at: at.get(f"{at.path}/a"),
    ),
)

ACTIVATED = (
    Rule("forgotten activation", "the activation was not applied: this is z", lambda at: at.z),
    Rule(
        "another activation",
        "{what} was applied, which is not the activation of this layer",
        lambda at: {name: applied(f, at.z) for name, f in at.other_activations()},
    ),
    Rule(
        "f′ instead of f", "this is f′(z), not f(z)", lambda at: slope(at.function, at.z) if at.is_elementwise else None
    ),
    Rule("activation twice", "the activation was applied twice", lambda at: applied(at.function, at.right)),
    Rule(
        "another layer's activation",
        "the activation was applied to {what}, not to the z of this layer",
        lambda at: {name: applied(at.function, z) for name, z in at.alike(at.z_name).items()},
    ),
)

DROPPED = (
    Rule("forgotten mask", "the mask of dropout was not applied", lambda at: at[at.sheet.reads[at.name][0]]),
    Rule(
        "not divided by the keep probability",
        "what dropout keeps was not divided by 1 − rate",
        lambda at: at[at.sheet.reads[at.name][0]] * (at[f"{at.path}/mask"] > 0),
    ),
)

STANDARDIZED = (
    Rule("scale forgotten", "it was not divided by the scale", lambda at: at.right * at[f"{at.path}/scale"]),
    Rule(
        "mean forgotten",
        "the mean was not subtracted",
        lambda at: at.right + at[f"{at.path}/mean"] / at[f"{at.path}/scale"],
    ),
    Rule("divided by the variance", "it was divided by scale²", lambda at: at.right / at[f"{at.path}/scale"]),
)

RESIDUAL = (
    Rule(
        "forgotten skip connection",
        "the input of the residual layer was not added",
        lambda at: at[at.sheet.reads[at.name][-1]],
    ),
)

# ------------------------------------------------------------------------------------------------------ the loss

PREDICTED = (
    Rule("forgotten link", "these are the outputs themselves, without softmax, sigmoid or exp", lambda at: at.outputs),
    Rule(
        "another activation",
        "{what} was applied to the outputs",
        lambda at: {
            "the sigmoid": applied(sigmoid, at.outputs),
            "softmax": applied(softmax, at.outputs),
            "softmax over the rows instead of the classes": applied(softmax, at.outputs.T).T,
            "e^z without the division by its sum": np.exp(at.outputs),
        },
    ),
)

LOSS = (
    Rule("sum instead of mean", "the losses of the rows were added up, not averaged", lambda at: at.right * at.total),
    Rule("missing ½", "the factor ½ is missing", lambda at: 2 * at.right if at.has_half else None),
    Rule("½ twice", "the factor ½ was applied twice", lambda at: at.right / 2 if at.has_half else None),
    Rule(
        "mean over outputs too",
        "it was averaged over the outputs as well, over which the loss is a sum",
        lambda at: at.right / at.outputs.shape[-1],
    ),
    Rule("divided twice", "it was divided by the number of rows twice", lambda at: at.right / at.rows),
    Rule("sign", "the sign is the opposite", lambda at: -at.right),
    Rule("forgotten sample weights", "every row counts the same here", lambda at: at.each().mean()),
    Rule("another logarithm", "this is {what}, not the natural logarithm", lambda at: _other_logarithms(at)),
    Rule(
        "log of the wrong thing",
        "{what}",
        lambda at: _wrong_logs(at),
    ),
    Rule(
        "another loss",
        "this is {what}",
        lambda at: {name: (at.each(loss) @ _row_shares(at)).sum() for name, loss in at.other_losses()},
    ),
)

TOTAL = (
    Rule("forgotten penalty", "the penalty was not added", lambda at: at["loss/data"]),
    Rule(
        "penalty without ½",
        "the factor ½ of l2 is missing",
        lambda at: at["loss/data"] + at.penalty(_weights(at), half=1.0),
    ),
    Rule("penalty twice", "the penalty was added twice", lambda at: at["loss/data"] + 2 * at["penalty"]),
    Rule("sign", "the penalty was subtracted", lambda at: at["loss/data"] - at["penalty"]),
)

PENALTY = (
    Rule("penalty without ½", "the factor ½ of l2 is missing", lambda at: at.penalty(_weights(at), half=1.0)),
    Rule("penalty on biases", "the biases are not penalised", lambda at: at.penalty(at.sheet.step.trained)),
    Rule("divided twice", "the penalty is divided by nothing", lambda at: at.right / at.rows),
)


def _row_shares(at: Around) -> Array:
    return np.asarray(Around(at.numbers, at.sheet.outputs).shares.ravel())


def _weights(at: Around) -> list[str]:
    return [name for name in at.sheet.step.trained if name in at.sheet.step.model.weights()]


def _other_logarithms(at: Around) -> Guess:
    if not at.loss.formula.count(" ln "):
        return None
    return {"the logarithm to base 2": at.right / np.log(2), "the logarithm to base 10": at.right / np.log(10)}


def _wrong_logs(at: Around) -> Guess:
    p, y, rows = at.predicted, at.targets, _row_shares(at)

    def mean(terms: Array) -> Array:
        return np.asarray(-(terms.reshape(len(rows), -1).sum(1) @ rows))

    if at.loss.name == "binary_cross_entropy":
        return {"(1 − y) ln(1 − p) is missing": mean(y * np.log(p))}
    if at.loss.name == "cross_entropy":
        return {
            "y and p changed places: −Σ p ln y": mean(p * np.log(y)),
            "−Σ y p: the logarithm is missing": mean(y * p),
            "the logarithm of all probabilities was added up, not that of the right class": mean(np.log(p)),
            "this is −Σ y ln(1 − p)": mean(y * np.log(1 - p)),
        }
    return None

"""Slips in clipping and in the update, by kind of transform; the likelier stand first."""

from __future__ import annotations

import numpy as np

from chainrule.explain.grading.rules import Rule
from chainrule.optim import (
    Accumulate,
    AddDecayedWeights,
    ClipByNorm,
    ClipByValue,
    ScaleByAdam,
    ScaleByFactor,
    ScaleByLearningRate,
    ScaleByRMS,
)

STAGES: dict[type, tuple[Rule, ...]] = {
    ClipByNorm: (
        Rule("forgotten clipping", "the gradient was not clipped", lambda at: at.incoming),
        Rule(
            "norm of one array",
            "the norm is that of all gradients together, not of this array",
            lambda at: at.incoming * min(1.0, float(at.sheet.inputs["clip_norm"]) / np.linalg.norm(at.incoming)),
        ),
    ),
    ClipByValue: (Rule("forgotten clipping", "the gradient was not clipped", lambda at: at.incoming),),
    ScaleByAdam: (
        Rule(
            "forgotten bias correction",
            "m and v were not divided by 1 − βᵗ",
            lambda at: at[f"{at.name}/mean"] / (np.sqrt(at[f"{at.name}/square"]) + at.transform.eps),
        ),
        Rule("another optimiser", "this is plain gradient descent", lambda at: at.incoming),
    ),
    ScaleByRMS: (
        Rule(
            "forgotten root",
            "it was divided by v, not by √v",
            lambda at: at.incoming / (at[f"{at.name}/square"] + at.transform.eps),
        ),
        Rule("another optimiser", "this is plain gradient descent", lambda at: at.incoming),
    ),
    Accumulate: (
        Rule("another optimiser", "this is plain gradient descent", lambda at: at.incoming),
        Rule(
            "another optimiser",
            "this is {what}",
            lambda at: {
                "momentum without the look-ahead": at[f"{at.name}/velocity"],
                "momentum with Nesterov's look-ahead": at.incoming + at.transform.momentum * at[f"{at.name}/velocity"],
            },
        ),
    ),
    AddDecayedWeights: (Rule("forgotten weight decay", "the weights were not decayed", lambda at: at.incoming),),
    ScaleByFactor: (
        Rule(
            "forgotten factor", "the learning rate was not multiplied by the layer's own factor", lambda at: at.incoming
        ),
    ),
    ScaleByLearningRate: (
        Rule("sign of the update", "the step goes uphill: it is −η g", lambda at: -at.right),
        Rule("forgotten learning rate", "η is missing", lambda at: -at.incoming),
    ),
}

NEXT = (
    Rule(
        "forgotten factor",
        "the learning rate was not multiplied by the layer's own factor",
        lambda at: at[at.full] + (at.right - at[at.full]) / at.factor if at.factor != 1.0 else None,
    ),
    Rule("sign of the update", "the step goes uphill: the gradient was added", lambda at: 2 * at[at.full] - at.right),
    Rule(
        "only the change",
        "this is what is added to the parameter, not its new value",
        lambda at: at.right - at[at.full],
    ),
    Rule(
        "forgotten learning rate",
        "the gradient was subtracted without η",
        lambda at: at[at.full] + (at.right - at[at.full]) / at.rate if at.rate else None,
    ),
    Rule(
        "another optimiser",
        "this is plain gradient descent",
        lambda at: at[at.full] - at.rate * at[f"{at.full}/gradient"] if at.rate else None,
    ),
)

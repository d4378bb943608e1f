"""Explanations: what the graph computes and differentiates, written out with the numbers.

`worked` makes an `explanation` of a training step, with what textbooks write (`formulae`) and the values of all nodes
(`numbers`); `following` splits one number of a gradient into products. `checking` compares gradients with finite `differences`.
`composite` takes a function of one variable apart, with `composite_formulae`, `composite_check` and `composite_text`.
"""

from chainrule.explain.checking import GradientCheck, Offender, ParameterCheck, check_model
from chainrule.explain.composite import ChainRule, chain_rule
from chainrule.explain.explanation import Explanation
from chainrule.explain.following import Followed
from chainrule.explain.worked import explain_step

__all__ = [
    "ChainRule",
    "Explanation",
    "Followed",
    "GradientCheck",
    "Offender",
    "ParameterCheck",
    "chain_rule",
    "check_model",
    "explain_step",
]

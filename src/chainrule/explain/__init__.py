"""Explanations: what the graph computes and differentiates, written out with the numbers."""

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

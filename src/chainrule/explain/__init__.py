"""Explanations: what the graph computes and differentiates, written out with the numbers.

`step` has a training step as a worked example or in symbols, `composite` a function of one number, `checking` the comparison with
finite differences, `grading` a student's answers, and `writing` how all of it becomes text, LaTeX and pages.
"""

from chainrule.explain.checking.check import GradientCheck, Offender, ParameterCheck, check_model
from chainrule.explain.composite.function import ChainRule, chain_rule
from chainrule.explain.grading.grade import Deviation, Grade, Mark, Slip
from chainrule.explain.step.derived import Derivation, derive_step
from chainrule.explain.step.explanation import Explanation
from chainrule.explain.step.following import Followed
from chainrule.explain.step.worked import explain_step

__all__ = [
    "ChainRule",
    "Derivation",
    "Deviation",
    "Explanation",
    "Followed",
    "Grade",
    "GradientCheck",
    "Mark",
    "Offender",
    "ParameterCheck",
    "Slip",
    "chain_rule",
    "check_model",
    "derive_step",
    "explain_step",
]

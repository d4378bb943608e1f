"""Explanations: what the graph computes and differentiates, written out with the numbers.

`lines` reads the lines of a training step off its graph, with what textbooks write (`formulae`). `worked` puts numbers to them
(`numbers`), which makes an `explanation`; `derived` leaves them as symbols and adds the `node_rules`; `following`
splits one number of a gradient into products. `checking` compares gradients with finite `differences`. `composite` takes a
function of one variable apart, with `composite_formulae`, `composite_check` and `composite_text`. `grading` judges `answers` of
a student by a `sheet` of quantities, and explains wrong ones by `slips` in what lies `around` them.

Each is an `output`: text made of `quantities`, LaTeX, or HTML. `notation` reads formulae, `latex` and `mathml` write them,
`latex_document` and `page` put them together, and `drawing` draws the network from its `columns`.
"""

from chainrule.explain.checking import GradientCheck, Offender, ParameterCheck, check_model
from chainrule.explain.composite import ChainRule, chain_rule
from chainrule.explain.derived import Derivation, derive_step
from chainrule.explain.explanation import Explanation
from chainrule.explain.following import Followed
from chainrule.explain.grading import Deviation, Grade, Mark, grade_step
from chainrule.explain.rules import Slip
from chainrule.explain.worked import explain_step

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
    "grade_step",
]

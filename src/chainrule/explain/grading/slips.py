"""The slips that people make in a step of backpropagation: which can be made in which quantity.

They stand in three tables: `slips_forward`, `slips_backward` and `slips_update`.
"""

from __future__ import annotations

from chainrule.explain.grading.around import Around
from chainrule.explain.grading.rules import Rule
from chainrule.explain.grading.slips_backward import BACK, BIAS, MASKED, MISSING, OUTPUT, SHARE, SLOPE, THROUGH, WEIGHT
from chainrule.explain.grading.slips_forward import (
    ACTIVATED,
    DENSE,
    DROPPED,
    LOSS,
    PENALTY,
    PREDICTED,
    RESIDUAL,
    STANDARDIZED,
    TOTAL,
)
from chainrule.explain.grading.slips_update import NEXT, STAGES
from chainrule.nn import Activation, Dense, Dropout, Residual, Standardize

TURNED = Rule(
    "transposed result", "rows and columns changed places", lambda at: at.right.T if at.right.ndim == 2 else None
)
ANY = (Rule("sign", "the sign is the opposite", lambda at: -at.right), TURNED)

_BY_NAME = {"prediction": PREDICTED, "loss/data": LOSS, "penalty": PENALTY}


def rules_for(at: Around) -> tuple[Rule, ...]:
    """The slips that can be made in a quantity, the likelier first; none in what is given."""
    sheet, name = at.sheet, at.name
    last = name.rpartition("/")[2]
    if sheet.is_given(name) or last == "mask":
        return ()
    if name == "loss":
        return (*(TOTAL if "penalty" in sheet.lines else LOSS), *ANY)
    if name in _BY_NAME:
        return (*_BY_NAME[name], *ANY)
    if name in sheet.gradients.values():
        return (*_of_gradient(at), *ANY)
    if last == "next":
        return (*NEXT, TURNED)
    if sheet.lines[name].symbol.startswith("u after "):
        return (*STAGES.get(type(at.transform), ()), *ANY)
    return (*_of_layer(at, last), *ANY)


def _of_layer(at: Around, last: str) -> tuple[Rule, ...]:
    if isinstance(at.layer, Dense):
        own = {"z": DENSE, "a": ACTIVATED, "slope": (MISSING, *SLOPE), "penalty": SHARE}
        if last == "gradient":
            return WEIGHT if at.full.endswith("/weight") else BIAS
        return own.get(last, ())
    tables = {Activation: ACTIVATED, Dropout: DROPPED, Standardize: STANDARDIZED, Residual: RESIDUAL}
    return tables.get(type(at.layer), ()) if last == "a" else ()


def _of_gradient(at: Around) -> tuple[Rule, ...]:
    if at.at == at.sheet.outputs:
        return OUTPUT
    if at.activated:
        return THROUGH
    if len(at.terms) == 1 and isinstance(at.terms[0].layer, Dropout):
        return MASKED
    return BACK

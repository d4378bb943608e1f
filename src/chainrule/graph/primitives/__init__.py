"""The primitives: one file a group, one block an operation. The set is closed under differentiation."""

from chainrule.graph.primitives.arithmetic import abs_ as abs
from chainrule.graph.primitives.arithmetic import (
    add,
    cos,
    div,
    erf,
    exp,
    floor,
    log,
    logistic,
    maximum,
    mul,
    neg,
    sin,
    softplus,
    sqrt,
    sub,
    tanh,
)
from chainrule.graph.primitives.choice import argmax, equal, less, select
from chainrule.graph.primitives.contraction import contract
from chainrule.graph.primitives.conversion import cast, stop_gradient
from chainrule.graph.primitives.indexing import scatter_add, scatter_within, take, take_within
from chainrule.graph.primitives.leaves import const, input_
from chainrule.graph.primitives.loop import scan
from chainrule.graph.primitives.randomness import random_bits
from chainrule.graph.primitives.reduction import broadcast, reduce_max, reduce_sum
from chainrule.graph.primitives.structure import concat, pad, reshape, transpose
from chainrule.graph.primitives.structure import slice_ as slice
from chainrule.graph.primitives.windows import fold, windows

__all__ = [
    "abs",
    "add",
    "argmax",
    "broadcast",
    "cast",
    "concat",
    "const",
    "contract",
    "cos",
    "div",
    "equal",
    "erf",
    "exp",
    "floor",
    "fold",
    "input_",
    "less",
    "log",
    "logistic",
    "maximum",
    "mul",
    "neg",
    "pad",
    "random_bits",
    "reduce_max",
    "reduce_sum",
    "reshape",
    "scan",
    "scatter_add",
    "scatter_within",
    "select",
    "sin",
    "slice",
    "softplus",
    "sqrt",
    "stop_gradient",
    "sub",
    "take",
    "take_within",
    "tanh",
    "transpose",
    "windows",
]

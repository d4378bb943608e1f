"""Comparisons: the same network, from the same initial parameters, trained once for each of several batch sizes.

`comparing` is the whole of it. `setting` holds what is the same for all runs, `runs` trains and measures one of them, `noise`
is the noise of the gradient, `memory` what a step holds, `surface` the loss over the plane in which the descents run. `result` is
what comes of it all, `words` the same as text, `figure` as a picture, with names where `labels` finds room for them.
"""

from chainrule.comparison.comparing import compare
from chainrule.comparison.memory import Memory
from chainrule.comparison.noise import Noise
from chainrule.comparison.result import Comparison
from chainrule.comparison.runs import Moment, Run
from chainrule.comparison.surface import Surface

__all__ = [
    "Comparison",
    "Memory",
    "Moment",
    "Noise",
    "Run",
    "Surface",
    "compare",
]

"""The step of a scan, made ready to be compiled: a step like any other, of which all that is read and made lies in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chainrule.backends.llvm.plan import INLINE, REARRANGING
from chainrule.backends.llvm.views import begins_vector, keeps_last
from chainrule.graph import Node, Step
from chainrule.graph.loops import inside
from chainrule.graph.primitives import stop_gradient


def arranged_scan(node: Node, arrange: Callable[[Step], Step]) -> Node:
    """A scan with its step arranged, and in memory what every step reads; any other node as it is."""
    if node.op != "scan":
        return node
    found = inside(node, lambda step: _stored_next(arrange(step)))
    start, *others = found.inputs
    return found.primitive.apply([start, *(x if _in_memory(x) else stop_gradient(x) for x in others)], found.attributes)


def _stored_next(step: Step) -> Step:
    """The step of a body, whose next state is not merely read somewhere else."""
    (output,) = step.rows.values()
    return replace(step, rows={"next": stop_gradient(output)}) if output.op in INLINE else step


def _in_memory(x: Node) -> bool:
    """Whether the steps of a sequence can be read where they lie, or where the original of a slice does."""
    if x.op == "slice":
        return x.rank == 3 and begins_vector(x) and _in_memory(x.inputs[0])
    if x.op == "transpose":
        return not keeps_last(x) and x.inputs[0].op not in REARRANGING | {"random_bits", "contract"}
    return x.op == "input" or x.op not in INLINE | {"windows", "reshape"}

"""Arrays of a step that are never needed at the same time lie in the same memory.

A step is cut into phases: what all threads do in one is over before any begins the next. An array lives from the phase that
writes it to the last that reads it, and two whose lives have no phase in common may share memory. Where each lies is decided for
the number of rows at hand: the largest first, each at the lowest place that is free for its whole life (Pisarchyk and Lee,
"Efficient memory management for deep neural net inference", 2020).
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from chainrule.backends.llvm.memory import Life, Slot, padded, zeroed
from chainrule.backends.llvm.plan import Group, Plan, outside
from chainrule.graph import ROWS, Node

_LINE = 64  # bytes: no array shares a line of the cache with another that lives


def lives(
    plan: Plan, phases: Mapping[Group, int], stored: Iterable[Node], at_end: set[Node], last: int
) -> dict[Node, Life]:
    """How long the arrays of stored nodes live: data from the start, what is read `at_end` until the `last` phase."""
    first = {node: phases[plan.of[node]] if node in plan.of else 0 for node in stored}
    until = {node: last if node in at_end else phase for node, phase in first.items()}
    for group in plan.groups:
        for node in outside(group, plan.inlined) & first.keys():
            until[node] = max(until[node], phases[group])
    return {node: (phase, until[node]) for node, phase in first.items()}


def offsets(sizes: Sequence[int], lives: Sequence[Life]) -> list[int]:
    """Where arrays of so many bytes begin in memory that they share.

    >>> offsets([10, 30, 20], [(0, 1), (1, 2), (2, 3)])  # the first is over when the last begins
    [30, 0, 30]
    """
    places = [0] * len(sizes)
    placed: list[int] = []  # in the order in which they lie
    for i in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        first, last = lives[i]
        place = 0
        for j in placed:
            if lives[j][0] <= last and first <= lives[j][1] and places[j] < place + sizes[i]:
                place = max(place, places[j] + sizes[j])
        places[i] = place
        insort(placed, i, key=places.__getitem__)
    return places


def shared(slots: Sequence[Slot], lanes: int, rows: int) -> dict[int, NDArray[Any]]:
    """Zeroed arrays, by their place in the table, for the slots whose lives are known; `rows` is the capacity.

    Those with rows, activations and their gradients, share among themselves, and so do those without: what a step holds is told
    apart like that.
    """
    found: dict[int, NDArray[Any]] = {}
    for with_rows in (True, False):
        places, size = shared_places(slots, lanes, rows, with_rows=with_rows)
        whole = zeroed(size)
        for i, place in places.items():
            shape, dtype = padded(slots[i].shape, lanes, rows, plain=slots[i].plain), slots[i].dtype.numpy
            found[i] = whole[place : place + math.prod(shape) * dtype.itemsize].view(dtype).reshape(shape or (1,))
    return found


def shared_places(slots: Sequence[Slot], lanes: int, rows: int, *, with_rows: bool) -> tuple[dict[int, int], int]:
    """Where the slots whose lives are known begin, those with rows or those without, and the bytes that they take together."""
    those = {i: slot for i, slot in enumerate(slots) if slot.life is not None and (ROWS in slot.shape) == with_rows}
    bytes_of = [math.prod(padded(x.shape, lanes, rows, plain=x.plain)) * x.dtype.numpy.itemsize for x in those.values()]
    sizes = [-(-size // _LINE) * _LINE for size in bytes_of]
    places = offsets(sizes, [slot.life for slot in those.values() if slot.life])
    total = max((place + size for place, size in zip(places, sizes, strict=True)), default=0)
    return dict(zip(those, places, strict=True)), total

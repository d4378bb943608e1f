"""An optimiser as a chain of transforms, each a pair of pure functions.

`init(params)` gives the state of a transform before the first step; `update(updates, state, params, given)` turns the updates
that come in (at first the gradients) into those that go out, and the state into the next. What leaves the last transform is
added to the parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError
from chainrule.graph import Node, scope
from chainrule.optim.schedules import Rate

Arrays = dict[str, NDArray[Any]]
Nodes = Mapping[str, Node]


@dataclass(frozen=True)
class Given:
    """What an update may look at besides its state: run-time numbers by name, and which parameters are weights.

    `weights` are the names of the parameters that L1, L2 and weight decay act on.

    >>> Given(scalars={}, weights=frozenset({"dense1/weight"})).weights
    frozenset({'dense1/weight'})
    """

    scalars: Nodes
    weights: frozenset[str]


class Transform:
    """One stage of an optimiser.

    >>> class Sign(Transform):
    ...     name = "sign"
    ...
    ...     def update(self, updates, state, params, given):
    ...         return {key: g / (abs(g) + 1e-12) for key, g in updates.items()}, state
    """

    name: ClassVar[str] = "transform"
    # For those who read explanations: how u, which goes out, is made of g, which comes in; and for each array of the state, by
    # the name of its slot, its letter and how the next one is made.
    formula: ClassVar[str] = ""
    slot_formulas: ClassVar[Mapping[str, tuple[str, str]]] = MappingProxyType({})

    def formula_in_use(self, parameter: str) -> str:
        """The formula for a parameter of the given name, where that or an option decides between several."""
        return self.formula

    def scalars(self) -> dict[str, Rate]:
        """The run-time numbers that `update` looks up in `given.scalars`: numbers or schedules, which may change any time."""
        return {}

    def init(self, params: Arrays) -> Arrays:
        """The state before the first step: arrays by name."""
        return {}

    def update(self, updates: Nodes, state: Nodes, params: Nodes, given: Given) -> tuple[Nodes, Nodes]:
        """The outgoing updates and the next state."""
        raise NotImplementedError(f"{type(self).__name__} does not define update(self, updates, state, params, given).")


class Chain(Transform):
    """Transforms one after another; see `chain`.

    `named` are the transforms with their names. Where two of them use the same name, for their state or for a run-time number,
    the second is given a number: ``clip_norm2``.
    """

    name = "chain"

    def __init__(self, transforms: tuple[Transform, ...]) -> None:
        self.transforms = transforms
        if not transforms:
            raise ArgumentError("chain needs at least one transform, such as Adam(1e-3).")
        names: list[str] = []
        for transform in transforms:
            if isinstance(transform, type):
                raise ArgumentError(f"chain was given the class {transform.__name__}; write {transform.__name__}(...).")
            if not isinstance(transform, Transform):
                raise ArgumentError(f"chain is made of transforms, such as Adam(1e-3), but was given {transform!r}.")
            names.append(_unused(transform.name, names))
        self.named = list(zip(names, transforms, strict=True))

    def __repr__(self) -> str:
        return f"chain({', '.join(map(repr, self.transforms))})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chain) and self.transforms == other.transforms

    def __hash__(self) -> int:
        return hash(self.transforms)

    def scalars(self) -> dict[str, Rate]:
        """Those of all transforms."""
        return {name: value for own in self._scalars() for name, (_, value) in own.items()}

    def _scalars(self) -> list[dict[str, tuple[str, Rate]]]:
        """For each transform its run-time numbers by their names in the chain, with the transform's own name and the value."""
        taken: list[str] = []
        found: list[dict[str, tuple[str, Rate]]] = []
        for transform in self.transforms:
            named = {_unused(own, taken): (own, value) for own, value in transform.scalars().items()}
            taken += named
            found.append(named)
        return found

    def init(self, params: Arrays) -> Arrays:
        """The states of all transforms, named ``momentum/velocity/dense1/weight``."""
        return {
            f"{name}/{key}": value for name, transform in self.named for key, value in transform.init(params).items()
        }

    def update(self, updates: Nodes, state: Nodes, params: Nodes, given: Given) -> tuple[Nodes, Nodes]:
        """Each transform is given what the one before it gave."""
        stages = list(self.stages(updates, state, params, given))
        return stages[-1][2], {name: node for *_, new in stages for name, node in new.items()}

    def stages(
        self, updates: Nodes, state: Nodes, params: Nodes, given: Given
    ) -> Iterator[tuple[str, Transform, Nodes, dict[str, Node]]]:
        """Each transform with its name in the chain and what it gives: the updates and its next state."""
        for (name, transform), scalars in zip(self.named, self._scalars(), strict=True):
            own = {key[len(name) + 1 :]: node for key, node in state.items() if key.startswith(f"{name}/")}
            numbers = {**given.scalars, **{own_name: given.scalars[full] for full, (own_name, _) in scalars.items()}}
            with scope(name):
                updates, own_new = transform.update(updates, own, params, Given(numbers, given.weights))
            yield name, transform, updates, {f"{name}/{key}": node for key, node in own_new.items()}


def _unused(name: str, taken: list[str]) -> str:
    """The name itself, or the first of name2, name3, ... that is not taken."""
    free = name
    number = 1
    while free in taken:
        number += 1
        free = f"{name}{number}"
    return free


def chain(*transforms: Transform) -> Chain:
    """An optimiser made of transforms: what leaves one enters the next, what leaves the last is added to the parameters.

    >>> from chainrule.optim import ClipByNorm, SGD
    >>> chain(ClipByNorm(1.0), SGD(0.1))
    chain(ClipByNorm(max_norm=1.0), SGD(learning_rate=0.1))
    """
    return Chain(transforms)


def slots(slot: str, params: Arrays) -> Arrays:
    """A zero for every number of every parameter: the usual initial state, named ``slot/dense1/weight``.

    >>> slots("velocity", {"dense1/bias": np.ones(2)})
    {'velocity/dense1/bias': array([0., 0.])}
    """
    return {f"{slot}/{name}": np.zeros_like(array) for name, array in params.items()}


def one(params: Arrays) -> NDArray[Any]:
    """A single 0 in the dtype of the parameters.

    >>> one({"dense1/bias": np.ones(2)}).dtype
    dtype('float64')
    """
    dtype = next(iter(params.values())).dtype if params else np.dtype(np.float32)
    return np.zeros((), dtype)

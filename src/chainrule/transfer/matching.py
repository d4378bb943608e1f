"""Which layer of a source each layer of a network is given: by `names`, by equal names, and the others in their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chainrule.errors import ArgumentError, check_name, quoted
from chainrule.nn import Layer, walk
from chainrule.training.model import Model
from chainrule.transfer.sources import Source


def targets_of(model: Model, layers: Iterable[str] | None) -> dict[str, Layer]:
    """The layers that have arrays, by path; of `layers`, and of those inside them, alone if they are given."""
    arrays = [*model.params, *model.state]
    having = {name.rpartition("/")[0] for name in arrays}
    found = {path: layer for path, layer, _ in walk(model.layer) if path in having}
    if layers is None:
        return found
    if isinstance(layers, str):
        raise ArgumentError(
            f"layers must be a list of names of layers, but is the text {layers!r}; write [{layers!r}]."
        )
    known = [path for path, _, _ in walk(model.layer) if path]
    wanted = [check_name("layers", name, known) for name in layers]
    chosen = {path: layer for path, layer in found.items() if any(f"{path}/".startswith(f"{name}/") for name in wanted)}
    if not chosen:
        raise ArgumentError(f"layers={list(layers)!r} names no layer that has parameters; those are {quoted(found)}.")
    return chosen


def match(
    targets: Mapping[str, Layer], source: Source, names: Mapping[str, str] | None, *, in_part: bool
) -> dict[str, str]:
    """The layer of the source for each target. Only a part of the source need be used if `in_part`."""
    found = _by_names(targets, source, names)
    alike = {group.replace(".", "/"): group for group in source.groups}
    for path in targets:
        group = alike.get(path)
        if path not in found and group is not None and group not in found.values():
            found[path] = group
    waiting = [path for path in targets if path not in found]
    free = [group for group in source.groups if group not in found.values()]
    if len(waiting) > len(free) or (len(free) > len(waiting) and not in_part):
        raise ArgumentError(_counts(waiting, free))
    if waiting and not source.ordered:
        raise ArgumentError(
            f"A file does not keep the order of layers, and their names differ, so that it is not known what {quoted(waiting)} "
            f"are given: say so by names={{{waiting[0]!r}: ...}}; there are {quoted(free)}."
        )
    found |= dict(zip(waiting, free, strict=False))
    return {path: found[path] for path in targets}


def _by_names(targets: Mapping[str, Layer], source: Source, names: Any) -> dict[str, str]:
    if names is None:
        return {}
    if not isinstance(names, Mapping):
        raise ArgumentError(
            f'names must map layers of the network to layers of the source, as {{"dense1": "fc1"}}, but is {names!r:.60}.'
        )
    found = {
        check_name("names", path, targets): check_name(f"names[{path!r}]", group, source.groups)
        for path, group in names.items()
    }
    for group in found.values():
        if list(found.values()).count(group) > 1:
            raise ArgumentError(
                f"names gives {group!r} to more than one layer; each layer of the source is given once."
            )
    return found


def _counts(waiting: list[str], free: list[str]) -> str:
    """What is said where layers are left over on one side."""
    if not free:
        return f"source has no layer left for {quoted(waiting)}; to load others only, say so by layers=[...]."
    if not waiting:
        return f"source has layers that the network has no place for: {quoted(free)}; to load a part, say so by layers=[...]."
    return (
        f"source has {len(free)} layers, {quoted(free)}, for {len(waiting)} of the network, {quoted(waiting)}: say what is "
        "given to which by names={...}, or load a part by layers=[...]."
    )

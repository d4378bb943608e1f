"""The functions forward, predict and backward of an exported program, as text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from chainrule.export.algebra import Expr
from chainrule.export.blocks import WIDTH, Assignment, Block
from chainrule.export.helpers import words
from chainrule.export.naming import Names
from chainrule.export.reading import Reading, named_values
from chainrule.export.textbook import textbook
from chainrule.export.translation import Translator
from chainrule.export.writing import Writer
from chainrule.functional import Loss
from chainrule.graph import ROWS, input
from chainrule.training import build_forward


def passes(reading: Reading, loss: Loss) -> list[str]:
    """The text of forward, predict and backward."""
    block = Block(Writer(), reading.names.taken, reading.preferred)
    ends = [reading.loss, *reading.states]
    wanted = set(reading.gradients.values())
    needed = list(
        _reachable([*reading.forward, *reading.backward], [*ends, *(a for a in reading.backward if a.target in wanted)])
    )
    first = {a.target for a in reading.forward}
    ahead, back = [a for a in needed if a.target in first], [a for a in needed if a.target not in first]
    block.count([*ahead, *ends, *back])
    forward = block.lines(ahead)
    backward = [*block.lines(ends), "", *block.lines(back, spaced=True)]
    defined = [match.group(1) for line in forward if (match := re.match(r"    (\w+) = ", line))]
    used = words("\n".join(backward))
    given = [*(name for name in defined if name in used and name != reading.output), reading.output]
    return [
        _forward(reading, forward, given),
        _predict(reading, loss, given, logarithms="log_softmax(" in "\n".join(backward)),
        _backward(reading, backward, given),
    ]


def _forward(reading: Reading, lines: list[str], given: list[str]) -> str:
    masks = [f"{name}=1" if name.startswith("mask") else name for name in reading.draws]
    what = "What every layer gives for the rows of x" + ("; a mask of 1 drops nothing." if masks else ".")
    return _function(reading, "forward", ["params", "x", *masks], what, [*lines, *_listed("return ", given)])


def _predict(reading: Reading, loss: Loss, given: list[str], *, logarithms: bool) -> str:
    placeholder = input("outputs", (ROWS, *reading.model.output_shape), str(reading.model.dtype))
    (linked,), _ = textbook([loss.link(placeholder)])
    translator = Translator(reading.algebra)
    translator.call(placeholder, reading.output)
    value = translator[linked]
    if value.op == "softmax" and logarithms:  # one helper is enough
        logarithm = reading.algebra.make("log_softmax", value.args, value.shape, value.data)
        value = reading.algebra.make("exp", [logarithm], value.shape)
    lines = [f"    {'*_, ' * (len(given) > 1)}{reading.output} = forward(params, x)"]
    lines = _own_forward(reading) or lines
    what = "What the network predicts for the rows of x."
    return _function(reading, "predict", ["params", "x"], what, [*lines, f"    return {Writer()(value)}"])


def _own_forward(reading: Reading) -> list[str]:
    """The forward pass of prediction, where it is not that of training without its masks; else nothing."""
    step = build_forward(reading.model, None).step
    (output,), new = textbook([step.rows["outputs"]])
    inputs = {**{reading.arrays[name]: node for name, node in step.state.items()}, **step.data}
    plain = Translator(reading.algebra)
    plain.call_all(inputs)
    if plain[output] is reading.outputs:
        return []
    names, translator = Names(reading.model.layer), Translator(reading.algebra)
    names.taken.update(reading.arrays.values())
    translator.call_all(inputs)
    values = named_values(new)
    translator.call_all({names.value(value.scope, value.symbol): value for value in values})
    translator.read([output])
    made = [Assignment(str(translator.names[v].data), translator.whole(translator.meaning[v], v.shape)) for v in values]
    if not made or made[-1].target != reading.output:
        made.append(Assignment(reading.output, translator[output]))
    block = Block(Writer(), names.taken)
    block.count(made)
    return block.lines(made)


def _backward(reading: Reading, lines: list[str], given: list[str]) -> str:
    draws = [f"    {name} = {text}" for name, text in reading.draws.items()]
    pairs = [f'"{name}": {target}' for name, target in reading.gradients.items()]
    states = ", ".join(f'"{name}": {target}' for name, target in reading.changed.items())
    more = f", {{{states}}}" if states else ""
    result = [f"    return loss, {{{', '.join(pairs)}}}{more}"]
    if len(result[0]) > WIDTH:
        result = ["    grads = {", *(f"        {pair}," for pair in pairs), "    }", f"    return loss, grads{more}"]
    call = f" = forward({', '.join(['params', 'x', *reading.draws])})"
    body = [*draws, *_listed("", given, call), *lines]
    what = "The loss of a batch and its gradient, from the last layer to the first."
    if states:
        what = "The loss of a batch, its gradient, and the next state of the layers."
    arguments = ["params", *reading.step.data, *(("step", "epoch") if reading.draws else ())]
    return "\n".join([_function(reading, "backward", arguments, what, body), *result])


def _function(reading: Reading, name: str, arguments: list[str], what: str, lines: list[str]) -> str:
    """A function that takes what its lines use out of params first, and the number of rows if they use that."""
    lines = ["    n = len(x)", *lines] if "n" in words("\n".join(lines)) else lines
    head = f"def {name}({', '.join(arguments)}):"
    spaced = [line for before, line in zip(["x", *lines], lines, strict=False) if line or before]
    return "\n".join([head, f'    """{what}"""', *_unpacked(reading.arrays.values(), lines), *spaced])


def _unpacked(names: Iterable[str], lines: list[str]) -> list[str]:
    every, used = list(names), words("\n".join(lines))
    own = [name for name in every if name in used]
    whole = f"    {', '.join(own)}{',' * (len(own) == 1)} = params.values()"
    if own == every and len(whole) <= WIDTH:
        return [whole]
    taken = ", ".join(f'params["{name}"]' for name in own)
    together = f"    {', '.join(own)} = {taken}"
    few = own and len(own) < 4 and len(together) <= WIDTH
    return [together] if few else [f'    {name} = params["{name}"]' for name in own]


def _listed(start: str, names: list[str], end: str = "") -> list[str]:
    """Names one after another, in brackets where they are too many for a line."""
    line = f"    {start}{', '.join(names)}{end}"
    if len(line) <= WIDTH:
        return [line]
    inside = textwrap.wrap(", ".join(names), WIDTH - 8)
    return [f"    {start}(", *(f"        {part}" for part in inside), f"    ){end}"]


def _reachable(assignments: list[Assignment], ends: list[Assignment]) -> Iterator[Assignment]:
    """Those of the assignments that the ends need, in order."""
    by_target = {a.target: a for a in assignments}
    wanted = {a.target for a in ends if a.target in by_target}
    pending = [a.value for a in ends]
    seen: set[Expr] = set()
    while pending:
        x = pending.pop()
        if x in seen:
            continue
        seen.add(x)
        pending.extend(x.args)
        if x.op == "name" and x.data in by_target:
            wanted.add(str(x.data))
            pending.append(by_target[str(x.data)].value)
    return (a for a in assignments if a.target in wanted)

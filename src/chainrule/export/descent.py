"""The update of an exported program: the optimiser and its clipping as loops over the parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import indent

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.export.algebra import Algebra, Expr
from chainrule.export.blocks import WIDTH, Assignment, Block
from chainrule.export.helpers import words
from chainrule.export.naming import RESERVED
from chainrule.export.schedules import fixed
from chainrule.export.textbook import number as constant
from chainrule.export.textbook import textbook, under
from chainrule.export.translation import Translator
from chainrule.export.writing import Writer, number
from chainrule.graph import DType, Graph, Node, input
from chainrule.optim import Chain, ClipByNorm, Given, Optimizer, Schedule, Transform, chain
from chainrule.training import Model, Penalties
from chainrule.training.build import descent

_LETTERS = {"mean": "m", "square": "v"}  # what the state of a transform is called in its paper


@dataclass
class Stage:
    """Transforms that work on each parameter by itself, or one that looks at all: what goes in and out, by parameter."""

    limit: str  # the name of the largest norm, of a stage that clips by it; else empty
    outputs: dict[str, Node]
    states: dict[str, Node] = field(default_factory=dict)  # the next state, by the name of the present one


class Descent:
    """The `text` of the function update.

    `slots` are the dictionaries that it keeps from step to step, with the number that each begins with; `counts` says whether
    it needs the number of the step, from 1; `schedules` are the rates that change.
    """

    def __init__(self, model: Model, optimizer: Transform, penalties: Penalties, trained: Mapping[str, str]) -> None:
        self.chain, self.trained = chain(*_flat(descent(model, optimizer, penalties))), trained
        self.rates = self.chain.scalars()
        self.schedules = {name: rate for name, rate in self.rates.items() if isinstance(rate, Schedule)}
        self.title = (
            f"One step of {type(optimizer).__name__}." if isinstance(optimizer, Optimizer) else "One step downhill."
        )
        self.numbers = self._numbers()
        self.counts = False
        arrays = {name: model.params[name].astype(np.float64) for name in trained}
        self._params = {name: input(f"params/{name}", array.shape, DType.FLOAT64) for name, array in arrays.items()}
        self._grads = {name: input(f"grads/{name}", array.shape, DType.FLOAT64) for name, array in arrays.items()}
        self._begin = self.chain.init(arrays)
        self._state = {name: input(name, array.shape, DType.FLOAT64) for name, array in self._begin.items()}
        self._owners = {key: _owner(key, trained) for key in self._begin}
        self._scalars = {name: input(name, (), DType.FLOAT64) for name in self.rates}
        self._slot_names: dict[str, str] = {}
        self.slots: dict[str, float] = {}
        self._stages = list(self._run(model.weights()))
        self.text = self._function()

    def _numbers(self) -> dict[float, str]:
        """The names of the transforms' numbers, of those that differ from all others."""
        given = [item for part in self.chain.transforms for item in vars(part).items()]
        listed = [(name, value) for name, value in given if type(value) is float and name not in self.rates]
        names, values = [name for name, _ in listed], [value for _, value in listed]
        usual = (0.0, 0.5, 1.0, 2.0)
        alone = {v: n for n, v in listed if values.count(v) == 1 and names.count(n) == 1 and v not in usual}
        return {value: name for value, name in alone.items() if name not in RESERVED}

    def _run(self, weights: frozenset[str]) -> Iterator[Stage]:
        """The chain as stages; a clip by the norm of everything stands alone."""
        updates, given = self._grads, Given(self._scalars, weights)
        stage: Stage | None = None
        before = set(Graph.of(updates.values()).inputs)
        for _, transform, after, states in self.chain.stages(updates, self._state, self._params, given):
            read = set(Graph.of(after.values()).inputs)
            if isinstance(transform, ClipByNorm):
                if stage:
                    yield stage
                (limit,) = (name for name in self.rates if name in read - before)
                yield Stage(limit, dict(after))
                stage = None
            else:
                stage = Stage("", dict(after), {**(stage.states if stage else {}), **states})
            before = read
        if stage:
            yield stage

    # ------------------------------------------------------------------------------------------------- what is written

    def _function(self) -> str:
        body: list[str] = []
        entering = self._grads
        for i, stage in enumerate(self._stages):
            if stage.limit:
                body += [
                    "    norm = np.sqrt(sum((g**2).sum() for g in grads.values()))",
                    f"    grads = {{name: g * {stage.limit} / max(norm, {stage.limit}) for name, g in grads.items()}}",
                ]
            else:
                body += self._loop(stage, entering, last=i == len(self._stages) - 1)
            entering = stage.outputs
        if self._stages[-1].limit:
            body += ["    for name, g in grads.items():", "        params[name] = params[name] + g"]
        used = words("\n".join(body))
        settings = {name: f"{name}={number(value)}" for value, name in self.numbers.items()}
        settings |= {n: f"{n}={number(fixed(r))}" for n, r in self.rates.items() if n not in self.schedules}
        optional = [
            settings[name] for name in [*self.rates, *self.numbers.values()] if name in settings and name in used
        ]
        needed = ["params", "grads", *self.slots, *(["t"] if self.counts else []), *self.schedules]
        head = f"def update({', '.join([*needed, *optional])}):"
        if len(head) > WIDTH:
            inside = f"    {', '.join([*needed, *optional])}"
            apart = [f"    {argument}," for argument in [*needed, *optional]]
            head = "\n".join(["def update(", *([inside] if len(inside) <= WIDTH else apart), "):"])
        return "\n".join([head, f'    """{self.title}"""', *body])

    def _loop(self, stage: Stage, entering: Mapping[str, Node], *, last: bool) -> list[str]:
        """One loop over the parameters; where they are not treated alike, with a case for each kind."""
        cases: dict[tuple[str, ...], list[str]] = {}
        for name in self.trained:
            cases.setdefault(tuple(self._case(stage, entering[name], name, last=last)), []).append(self.trained[name])
        if not last and len(cases) == 1 and len(only := next(iter(cases))) == 1 and not stage.states:
            text = only[0].split(" = ", 1)[1]
            return [f"    grads = {{name: {text} for name, g in grads.items()}}"]
        listed = list(cases)
        common = 0
        while len(listed) > 1 and all(common < len(c) and c[common] == listed[0][common] for c in listed):
            common += 1
        lines = ["    for name, g in grads.items():"]
        if len(listed) == 1:
            return [*lines, *listed[0]]
        lines += listed[0][:common]
        for i, case in enumerate(listed):
            head = "else" if i == len(listed) - 1 else f"{'el' * (i > 0)}if {self._condition(cases[case])}"
            lines += [f"        {head}:", indent("\n".join(case[common:]) or "        pass", "    ")]
        return lines

    def _condition(self, names: list[str]) -> str:
        letters = {name[0] for name in names}
        others = {name[0] for name in self.trained.values() if name not in names}
        if len(letters) == 1 and not letters & others:
            return f'name.startswith("{letters.pop()}")'
        if len(names) == 1:
            return f'name == "{names[0]}"'
        return f"name in {{{', '.join(f'{chr(34)}{name}{chr(34)}' for name in names)}}}"

    def _case(self, stage: Stage, g: Node, name: str, *, last: bool) -> list[str]:
        """The statements for one parameter."""
        algebra = Algebra()
        numbers = {value: algebra.name(own) for value, own in self.numbers.items()}
        own = {key: node for key, node in stage.states.items() if self._owners[key] == name}
        out = self._params[name] + stage.outputs[name] if last else stage.outputs[name]
        (out, *states), new = textbook([out, *own.values()])
        own = dict(zip(own, states, strict=True))
        translator = Translator(algebra, numbers)
        for node, text in self._inputs(name).items():
            translator.call(node, text)
        translator.call(new.get(g, g), "g")
        self._name_corrections(translator, stage, new)
        assignments, late = self._name_states(translator, own, out, name)
        hats = self._name_hats(translator, own, [out, *states])
        self._check_alone(name, [out, *states], translator)
        translator.read([out, *states])
        made = [*assignments, *hats]
        made.sort(key=lambda pair: pair[1].serial)
        listed = [Assignment(target, translator.meaning[node]) for target, node in made if node in translator.meaning]
        listed += [Assignment(target, translator[node]) for target, node in made if node not in translator.meaning]
        listed.append(Assignment("params[name]" if last else "grads[name]", translator[out]))
        block = Block(Writer(), RESERVED | set(self.numbers.values()) | set(self.rates) | set(self.slots))
        block.count(listed)
        statements: list[str] = []
        for line in [*block.lines(listed, 8), *(f"        {target} = {value}" for target, value in late)]:
            if line.startswith((" " * 9, " " * 8 + ")")):
                statements[-1] += f"\n{line}"
            else:
                statements.append(line)
        return statements

    def _inputs(self, name: str) -> dict[Node, str]:
        state = {self._state[key]: f"{self._slot(key, name)}[name]" for key in self._state if self._owners[key] == name}
        return {self._params[name]: "params[name]", **state, **{node: own for own, node in self._scalars.items()}}

    def _slot(self, key: str, name: str) -> str:
        """The dictionary that holds a state: m for ``adam/mean/dense1/weight``."""
        own = key.removesuffix(f"/{name}")
        if own not in self._slot_names:
            short = own.rpartition("/")[2]
            wanted = re.sub(r"\W", "_", _LETTERS.get(short, short), flags=re.ASCII)
            taken = {*self.slots, *self.rates, *self.numbers.values(), *RESERVED}
            self._slot_names[own] = re.sub(r"\W", "_", own, flags=re.ASCII) if wanted in taken else wanted
            self.slots[self._slot_names[own]] = float(self._begin[key].flat[0])
        if (self._begin[key] != self.slots[self._slot_names[own]]).any():
            raise ArgumentError(
                f"to_python writes transforms whose state begins with one number, but {own!r} does not."
            )
        return self._slot_names[own]

    def _name_corrections(self, translator: Translator, stage: Stage, new: Mapping[Node, Node]) -> None:
        """What all parameters share must be the moving average of ones, which is 1 − βᵗ after t steps."""
        for key, node in stage.states.items():
            if self._owners[key]:
                continue
            beta = self._beta(key, node)
            if beta is None:
                raise ArgumentError(
                    f"to_python writes an optimiser as a loop over the parameters, but {key!r} is a state that they share."
                )
            text = self.numbers.get(beta) or str(number(beta))
            self.counts = True
            translator.call(new.get(node, node), f"(1 - {text}**t)")

    def _beta(self, key: str, node: Node) -> float | None:
        """The β of a state that is β · itself + (1 − β), from 0."""
        if node.op != "add" or node.inputs[0].op != "mul" or self._begin[key].any():
            return None
        factor, old = node.inputs[0].inputs
        beta, rest = constant(factor), constant(node.inputs[1])
        return beta if old is self._state[key] and beta is not None and rest == 1.0 - beta else None

    def _name_states(
        self, translator: Translator, own: Mapping[str, Node], out: Node, name: str
    ) -> tuple[list[tuple[str, Node]], list[tuple[str, str]]]:
        """Next states are written over the present ones, at the end where somebody still needs these."""
        assignments: list[tuple[str, Node]] = []
        late: list[tuple[str, str]] = []
        for key, node in own.items():
            if node is self._state[key]:
                continue
            target = f"{self._slot(key, name)}[name]"
            others = [out, *(other for other in own.values() if other is not node)]
            if _reads(others, self._state[key], past=node):
                late.append((target, f"new_{self._slot(key, name)}"))
                target = late[-1][1]
            if node not in translator.names:
                translator.call(node, target, "next" if target.endswith("]") else "name")
            assignments.append((target, node))
        return assignments, late

    def _name_hats(self, translator: Translator, own: Mapping[str, Node], ends: list[Node]) -> list[tuple[str, Node]]:
        """A moving average that is corrected for its beginning has a hat."""
        hats: list[tuple[str, Node]] = []
        slots = {node: key for key, node in own.items()}
        for node in Graph.of(ends).nodes:
            if node.op != "mul" or node.inputs[0] not in slots:
                continue
            correct = under(node.inputs[1])
            if correct.op == "div" and under(correct.inputs[1]) in translator.names:
                name = str(translator.names[node.inputs[0]].data).partition("[")[0]
                translator.call(node, f"{name}_hat")
                hats.append((f"{name}_hat", node))
        return hats

    def _check_alone(self, name: str, ends: Iterable[Node], translator: Translator) -> None:
        owned = [*self._grads.items(), *self._params.items()]
        others = [node for key, node in owned if key != name]
        others += [node for key, node in self._state.items() if self._owners[key] != name]
        for node in others:
            if any(_reads([end], node, past=translator.names) for end in ends):
                raise ArgumentError(
                    "to_python writes an optimiser as a loop over the parameters, but one of its transforms looks at several "
                    "parameters together; only ClipByNorm is known to do that."
                )


def _owner(key: str, names: Iterable[str]) -> str:
    """The parameter that a state belongs to; empty if it belongs to all."""
    return max((name for name in names if key.endswith(f"/{name}")), key=len, default="")


def _flat(transform: Transform) -> Iterator[Transform]:
    """The transforms of chains within chains, one after another."""
    if isinstance(transform, Optimizer) and type(transform).update is Optimizer.update:
        transform = transform.chain()
    if isinstance(transform, Chain):
        for part in transform.transforms:
            yield from _flat(part)
    else:
        yield transform


def _reads(ends: Iterable[Node], wanted: Node, past: Node | Mapping[Node, Expr]) -> bool:
    """Whether the ends depend on a node in another way than through what is past."""
    stop = {past} if isinstance(past, Node) else set(past) - {wanted}
    pending, seen = list(ends), set()
    while pending:
        node = pending.pop()
        if node is wanted:
            return True
        if node not in seen and node not in stop:
            seen.add(node)
            pending.extend(node.inputs)
    return False

"""A training step as a worked example: forward, loss, backward, penalty, clipping, update, each with its numbers.

The graph is that of training, in float64; the numbers are those of the NumPy backend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import Field, dataclass, fields, is_dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.explain.checking import check_model
from chainrule.explain.explanation import Explanation, Quantity, Section
from chainrule.explain.following import Follower
from chainrule.explain.formulae import BACKWARD, OUTPUTS, SLOPES, describe, function_name
from chainrule.explain.numbers import examples_in_double, first_scalars, model_in_double, values_of
from chainrule.functional import Loss
from chainrule.graph import Graph, Node, gradients, scope
from chainrule.graph.primitives import reduce_sum
from chainrule.graph.text import line_of, names_of
from chainrule.nn import Dense, Dropout, Layer, walk
from chainrule.optim import Given, Transform
from chainrule.training.build import Penalties, build_step
from chainrule.training.coding import targets_of
from chainrule.training.fitting import Examples
from chainrule.training.model import OPTIMIZER, PARAMS, STATE, Model

Array = NDArray[Any]

_CHECKED = 8  # numbers of each parameter
_NOTATION = """\
One training step, with a row for each of n examples; weight[i, j] joins input i to unit j: it is the w_ji of textbooks.
⊙ multiplies number by number, ᵀ turns a matrix, δ is ∂L/∂z, g a gradient, u what is added to a parameter.

The batch"""


def explain_step(
    model: Model, loss: Loss, examples: Examples, optimizer: Transform, penalties: Penalties, epochs: int = 0
) -> Explanation:
    """The step that a fit would take next if these examples were its batch; `epochs` have been trained already."""
    exact, data = model_in_double(model), examples_in_double(examples)
    worked = _Worked(exact, loss, data, optimizer, penalties, epochs).explanation()
    if not np.isfinite(worked["loss"]):
        return worked
    return replace(worked, check=check_model(model, loss, examples, penalties, most=_CHECKED))


@dataclass(frozen=True, eq=False)
class _Line:
    """A quantity before its number is known."""

    name: str
    symbol: str
    formula: str
    node: Node
    parts: tuple[Node, ...] = ()  # whose shapes are shown


class _Worked:
    def __init__(
        self, model: Model, loss: Loss, examples: Examples, optimizer: Transform, penalties: Penalties, epochs: int
    ) -> None:
        self.model, self.loss, self.examples, self.epochs = model, loss, examples, epochs
        self.optimizer, self.penalties = penalties.clipped(optimizer), penalties
        self.begins = model.descent != (optimizer, tuple(model.trainable()))
        weighted = examples.sample_weight is not None
        built = build_step(
            model, loss, targets_of(examples.y), optimizer=optimizer, penalties=penalties, weighted=weighted
        )
        self.step, self.rates = built.step, {**built.scalars, **penalties.scalars(), **self.optimizer.scalars()}
        self.layers: dict[str, Layer] = {path: layer for path, layer, _ in walk(model.layer)}
        self.total = self.step.metrics["loss"]
        self.forward = Graph.of([self.total])
        self.named = [node for node in self.forward.nodes if node.symbol]
        self.outputs = self.named[-1] if self.named else self.step.data["x"]
        self.reads = {node: self._read_by(node) for node in self.named}
        self.trained = {name: self.step.state[f"{PARAMS}/{name}"] for name in model.trainable()}
        wanted = [*self.named, *self.trained.values()]
        self.slopes = dict(zip(wanted, gradients(self.total, wanted), strict=True))
        self.learning = self.forward.dependents(self.trained.values())
        self.at_params = {name: self.slopes[param] for name, param in self.trained.items()}

    def explanation(self) -> Explanation:
        """All sections, with their numbers."""
        titled = [*self._forward(), self._loss(), *self._backward(), *self._update()]
        nodes = {node for _, lines in titled for line in lines for node in (line.node, *line.parts)}
        nodes |= set(self.slopes.values())
        values = self._values(nodes)

        def quantity(line: _Line) -> Quantity:
            given = [_shape(values[part]) for part in line.parts]
            own = _shape(values[line.node])
            shapes = f"{' '.join(given)} → {own}" if given else own
            return Quantity(line.name, line.symbol, line.formula, shapes, values[line.node])

        sections = tuple(Section(title, tuple(map(quantity, lines))) for title, lines in titled)
        followed = {
            line.name: (line.node, line.symbol.partition(" = ")[0])
            for _, lines in titled
            for line in lines
            if line.name.endswith(("/gradient", "/delta"))
        }
        return Explanation(sections, Follower(values, self._labels(), self._gradients(), self._local), followed)

    def _labels(self) -> dict[Node, str]:
        """What nodes are called in the products that a number is made of."""
        labels = {node: self._called(node) for node in self.named} | {node: n for n, node in self.step.data.items()}
        for key, node in self.step.state.items():
            kind, _, full = key.partition("/")
            if kind in (PARAMS, STATE):
                path, _, name = full.rpartition("/")
                labels[node] = _letter(name, path)
        labels |= {node: name for name, node in self.step.scalars.items()}
        labels[self.step.metrics["weight"]] = "n" if self.examples.sample_weight is None else "Σw"
        return labels | {self.slopes[node]: f"δ[{self._path(node)}]" for node in self.named if node.symbol == "z"}

    def _local(self, node: Node) -> str:
        """What a local derivative is called."""
        path = self._path(node)
        if isinstance(self.layers[path], Dropout):
            return f"mask[{path}]" if node.rank else f"keep[{path}]"
        return f"f′[{path}]" if path else f"{node.op} in the {node.scope or 'graph'}"

    def _gradients(self) -> set[Node]:
        """The nodes of the backward pass that carry the gradient of the loss."""
        graph = Graph.of(self.slopes.values())
        return graph.dependents(node for node in graph.nodes if node.origin is self.total and node.op == "const")

    # ------------------------------------------------------------------------------------------------- the passes

    def _forward(self) -> Iterator[tuple[str, list[_Line]]]:
        yield _NOTATION, [_Line(name, name, "", node) for name, node in self.step.data.items()]
        for path, nodes in groupby(self.named, key=self._path):
            yield f"Forward: {path} ({describe(self.layers[path])})", list(self._of_layer(path, list(nodes)))

    def _of_layer(self, path: str, nodes: list[Node]) -> Iterator[_Line]:
        layer = self.layers[path]
        for name, array in (*self._own(PARAMS, path), *self._own(STATE, path)):
            yield _Line(f"{path}/{name}", _letter(name, path), "", array)
        if not isinstance(layer, Dense) and type(layer) not in OUTPUTS:
            yield from self._primitives(path)
        for node in nodes:
            if isinstance(layer, Dropout):
                mask = gradients(reduce_sum(node), self.reads[node])[0]
                yield _Line(f"{path}/mask", f"mask[{path}]", "0, or 1 / (1 − rate)", mask)
            x = ", ".join(map(self._called, self.reads[node]))
            formula, parts = "", tuple(self.reads[node])
            if isinstance(layer, Dense) and node.symbol == "z":
                bias = " + b" if layer.bias else ""
                formula = f"{x} W{bias}"
                parts = (*parts, *(param for _, param in self._own(PARAMS, path)))
            elif isinstance(layer, Dense):
                formula = f"{function_name(layer)}(z)"
            elif type(layer) in OUTPUTS:
                formula = OUTPUTS[type(layer)](layer, x)
            yield _Line(f"{path}/{node.symbol}", self._called(node), formula, node, parts)

    def _primitives(self, path: str) -> Iterator[_Line]:
        """Every node of a layer that somebody else has written."""
        names = names_of(self.forward)
        for node in self.forward.nodes:
            if self._path(node) == path and not node.symbol and node.op not in ("input", "const", "broadcast"):
                text = line_of(node, names).partition(" = ")[2].rpartition(": ")[0]
                yield _Line(f"{path}/{names[node]}", names[node], text, node)

    def _loss(self) -> tuple[str, list[_Line]]:
        total, lines = self.total, []
        mean = "the mean over the rows" + (", weighted," if self.examples.sample_weight is not None else "")
        with scope("prediction"):
            predicted = self.loss.link(self.outputs)
        if predicted is not self.outputs:
            lines.append(_Line("prediction", "p", f"{self.loss.activation or 'link'}(ŷ)", predicted))
        penalised = self.penalties.l1 or self.penalties.l2
        data = total.inputs[0] if penalised and self.model.weights() else total
        lines.append(
            _Line("loss/data", "L of the data", f"{mean} of {self.loss.formula or 'what the loss gives'}", data)
        )
        if data is not total:
            terms = ["l1 Σ |W|"] * bool(self.penalties.l1) + ["½ l2 Σ W²"] * bool(self.penalties.l2)
            lines.append(_Line("penalty", "the penalty", " + ".join(terms), self.step.metrics["penalty"]))
        lines.append(_Line("loss", "L", "L of the data + the penalty" if data is not total else "L of the data", total))
        own: tuple[Field[Any], ...] = fields(self.loss) if is_dataclass(self.loss) else ()
        numbers = (f", {field.name}={getattr(self.loss, field.name)}" for field in own if field.type == "float")
        return f"Loss: {self.loss.name}{''.join(numbers)}, ŷ = {self._called(self.outputs)}", lines

    def _backward(self) -> Iterator[tuple[str, list[_Line]]]:
        downstream = [node for node in reversed(self.named) if node in self.learning]
        for path, nodes in groupby(downstream, key=self._path):
            lines = [line for node in nodes for line in self._at(path, node)]
            yield f"Backward: {path}", [*lines, *self._of_params(path)]

    def _at(self, path: str, node: Node) -> Iterator[_Line]:
        """∂L/∂a, or f′ and δ = ∂L/∂z."""
        layer, slope = self.layers[path], self.slopes[node]
        if node.symbol != "z":
            yield _Line(f"{path}/{node.symbol}/gradient", f"∂L/∂{self._called(node)}", self._from(node), slope)
            return
        delta, function = f"δ[{path}]", function_name(layer)
        activated = [user for user in self.named if self._path(user) == path and user.symbol == "a"]
        if activated and function in SLOPES:
            (a,) = activated
            own = gradients(reduce_sum(a), [node])[0]
            yield _Line(f"{path}/slope", f"f′(z[{path}])", SLOPES[function], own)
            formula = f"∂L/∂{self._called(a)} ⊙ f′(z)"
        elif activated:
            formula = f"∂L/∂a times the derivative of {function}"
        else:
            formula = self._from(node)
        yield _Line(f"{path}/delta", f"{delta} = ∂L/∂z[{path}]", formula, slope)

    def _of_params(self, path: str) -> Iterator[_Line]:
        for name, param in self._own(PARAMS, path):
            full = f"{path}/{name}"
            if full not in self.trained:
                continue
            letter, formula = _letter(name, path), "by the chain rule, through its primitives"
            parts: tuple[Node, ...] = ()
            if isinstance(self.layers[path], Dense):
                (z,) = (node for node in self.named if self._path(node) == path and node.symbol == "z")
                x = self.reads[z][0]
                formula = f"{self._called(x)}ᵀ δ" if name == "weight" else "δ, summed over the rows"
                parts = (x, self.slopes[z]) if name == "weight" else (self.slopes[z],)
            penalised = full in self.model.weights() and (self.penalties.l1 or self.penalties.l2)
            if penalised:
                share = gradients(self.step.metrics["penalty"], [param])[0]
                terms = ["l1 sign(W)"] * bool(self.penalties.l1) + ["l2 W"] * bool(self.penalties.l2)
                yield _Line(f"{full}/penalty", f"penalty's share of ∂L/∂{letter}", " + ".join(terms), share)
                formula += " + the penalty's share"
            yield _Line(f"{full}/gradient", f"∂L/∂{letter}", formula, self.at_params[full], parts)

    def _update(self) -> Iterator[tuple[str, list[_Line]]]:
        step = self.step
        if not self.trained:
            return
        state = {key.partition("/")[2]: node for key, node in step.state.items() if key.startswith(f"{OPTIMIZER}/")}
        given = Given(step.scalars, self.model.weights())
        stages = list(self.optimizer.stages(self.at_params, state, self.trained, given))
        for full in self.trained:
            path, _, name = full.rpartition("/")
            lines, letter = [], _letter(name, path)
            for stage, transform, updates, new in stages:
                own = {key: node for key, node in new.items() if key.endswith(f"/{full}")}
                for key, node in own.items():
                    slot = key[len(stage) + 1 : -len(full) - 1]
                    lines.append(_Line(f"{full}/{stage}/{slot}", f"new {slot}", "", node))
                lines.append(_Line(f"{full}/{stage}", f"u after {stage}", transform.formula, updates[full]))
            lines.append(_Line(f"{full}/next", f"new {letter}", f"{letter} + u", step.update[f"{PARAMS}/{full}"]))
            yield f"Update: {full}, with g = ∂L/∂{letter}", lines

    # --------------------------------------------------------------------------------------------------- formulae

    def _own(self, kind: str, path: str) -> list[tuple[str, Node]]:
        """The arrays of a kind that a layer has, those of layers within it left out."""
        prefix = f"{kind}/{path}/"
        found = ((key[len(prefix) :], node) for key, node in self.step.state.items() if key.startswith(prefix))
        return [(name, node) for name, node in found if "/" not in name]

    def _path(self, node: Node) -> str:
        """The layer that a node belongs to; "" if to none."""
        path = node.scope
        while path not in self.layers:
            path = path.rpartition("/")[0]
        return path

    def _called(self, node: Node) -> str:
        return f"{node.symbol}[{self._path(node)}]" if node.symbol else "x"

    def _read_by(self, node: Node) -> list[Node]:
        """The quantities that a node is made of: what has a name, and the data."""
        found: dict[Node, None] = {}
        pending = list(reversed(node.inputs))
        while pending:
            x = pending.pop()
            if x.symbol or x is self.step.data["x"]:
                found[x] = None
            else:
                pending.extend(reversed(x.inputs))
        return list(found)

    def _from(self, node: Node) -> str:
        """How the gradient at a node comes from those of what reads it."""
        terms = []
        if node is self.outputs:
            n = "· w / Σ w" if self.examples.sample_weight is not None else "/ n"
            terms.append(f"({self.loss.slope}) {n}" if self.loss.slope else "the derivative of the loss")
        for user in self.named:
            if node not in self.reads[user]:
                continue
            path = self._path(user)
            layer, g = self.layers[path], f"∂L/∂{self._called(user)}"
            if user.symbol == "z":
                terms.append(f"δ[{path}] W[{path}]ᵀ")
            elif type(layer) in BACKWARD:
                terms.append(BACKWARD[type(layer)](layer, g))
            else:
                terms.append(f"what {path} makes of {g}")
        return " + ".join(terms)

    # ---------------------------------------------------------------------------------------------------- numbers

    def _values(self, wanted: Iterable[Node]) -> dict[Node, Array]:
        """The numbers of some nodes."""
        state = self.model.arrays | (self.model.descent_by(self.optimizer) if self.begins else {})
        numbers = first_scalars(self.rates, self.model.seed, self.epochs)
        return values_of(wanted, {**state, **numbers, **self.examples.arrays()}, len(self.examples))


def _letter(name: str, path: str) -> str:
    return f"{ {'weight': 'W', 'bias': 'b'}.get(name, name) }[{path}]"


def _shape(value: Array) -> str:
    return f"({'×'.join(map(str, value.shape))})" if value.ndim else ""

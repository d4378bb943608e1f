"""The lines of a training step, read off its graph: forward, loss, backward, penalty, clipping, update, each with its formula.

`worked` puts the numbers to them, `derived` leaves them as symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import Field, dataclass, fields, is_dataclass
from itertools import groupby
from typing import Any

from chainrule.explain.step.formulae import (
    BACKWARD,
    MAXIMA,
    OUTPUTS,
    PARAMETERS,
    SLOPES,
    affine_of,
    describe,
    function_name,
)
from chainrule.explain.step.numbers import examples_in_double, first_scalars, model_in_double
from chainrule.explain.step.quantities import Array, Quantity, Section
from chainrule.functional import Loss
from chainrule.graph import DType, Graph, Node, Shape, gradients, scope
from chainrule.graph.primitives import reduce_sum
from chainrule.graph.text import line_of, names_of
from chainrule.nn import Dropout, GlobalAveragePool, GlobalMaxPool, Layer, walk
from chainrule.optim import Given, Transform
from chainrule.training.build import Penalties, Targets, build_step, descent
from chainrule.training.coding import targets_of
from chainrule.training.fitting import Examples
from chainrule.training.model import OPTIMIZER, PARAMS, STATE, Model


@dataclass(frozen=True, eq=False)
class Line:
    """A quantity of the step: its name, its symbol, how it is made, and the node that computes it.

    `code` says that the formula is a line of the graph, not one of textbooks.
    """

    name: str
    symbol: str
    formula: str
    node: Node
    parts: tuple[Node, ...] = ()  # whose shapes are shown
    code: bool = False

    def quantity(self, shape_of: Callable[[Node], Shape], value: Array | None = None) -> Quantity:
        """The line with the shapes that its nodes have, and with its number if it has one."""
        given, own = [_shape(shape_of(part)) for part in self.parts], _shape(shape_of(self.node))
        shapes = f"{' '.join(given)} → {own}" if given else own
        return Quantity(self.name, self.symbol, self.formula, shapes, self.code, value)


@dataclass(frozen=True, eq=False)
class Part:
    """Lines that belong together; `stage` is "batch", "forward", "loss", "backward" or "update", `path` the layer or array."""

    stage: str
    path: str
    title: str
    lines: list[Line]

    def section(self, quantities: Iterable[Quantity]) -> Section:
        """The quantities of the lines, under the title."""
        return Section(self.stage, self.path, self.title, tuple(quantities))


class StepLines:
    """A training step, line by line; `of` is that of a model and examples in float64."""

    def __init__(
        self,
        model: Model,
        loss: Loss,
        targets: Targets,
        optimizer: Transform,
        penalties: Penalties,
        *,
        weighted: bool = False,
    ) -> None:
        self.model, self.loss, self.weighted = model, loss, weighted
        self.optimizer, self.penalties = descent(model, optimizer, penalties), penalties
        built = build_step(model, loss, targets, optimizer=optimizer, penalties=penalties, weighted=weighted)
        self.built, self.step = built, built.step
        self.rates = {**built.scalars, **penalties.scalars(), **self.optimizer.scalars()}
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

    @staticmethod
    def of(
        model: Model, loss: Loss, examples: Examples, optimizer: Transform, penalties: Penalties, epochs: int = 0
    ) -> tuple[StepLines, dict[str, Array]]:
        """The step that a fit takes next on these examples, after so many epochs, and all arrays that it is given."""
        exact, data = model_in_double(model), examples_in_double(examples)
        weighted = data.sample_weight is not None
        lines = StepLines(exact, loss, targets_of(data.y), optimizer, penalties, weighted=weighted)
        lines.built.check_rows(len(data), "there is 1", "give it several rows and their targets")
        begins = exact.descent != (optimizer, tuple(exact.trainable()))
        state = exact.arrays | (exact.descent_by(lines.optimizer) if begins else {})
        return lines, {**state, **first_scalars(lines.rates, exact.seed, epochs), **data.arrays()}

    def parts(self) -> list[Part]:
        """All lines, in the order in which a step computes them."""
        return [*self._forward(), self._loss(), *self._backward(), *self._update()]

    def by_layer(self) -> list[tuple[str, list[Node]]]:
        """The named quantities of the forward pass, layer by layer."""
        return [(path, list(nodes)) for path, nodes in groupby(self.named, key=self._path)]

    def labels(self) -> dict[Node, str]:
        """What nodes are called in the products that a number is made of."""
        labels = {node: self._called(node) for node in self.named} | {node: n for n, node in self.step.data.items()}
        for key, node in self.step.state.items():
            kind, _, full = key.partition("/")
            if kind in (PARAMS, STATE):
                path, _, name = full.rpartition("/")
                labels[node] = _letter(name, path)
        labels |= {node: name for name, node in self.step.scalars.items()}
        labels[self.step.metrics["weight"]] = "Σw" if self.weighted else "n"
        deltas = {self.slopes[node]: f"δ[{self._path(node)}]" for node in self.named if node.symbol == "z"}
        mixed = [node for node in self.named if type(self.layers[self._path(node)]) in PARAMETERS]
        return labels | {self.slopes[node]: f"∂L/∂{self._called(node)}" for node in mixed} | deltas

    def local(self, node: Node) -> str:
        """What a local derivative is called."""
        path = self._path(node)
        if isinstance(self.layers[path], Dropout):
            return f"mask[{path}]" if node.rank else f"keep[{path}]"
        if type(self.layers[path]) in MAXIMA:
            return f"{'ties' if node.op == 'reduce_sum' else 'largest'}[{path}]"
        return f"f′[{path}]" if path else f"{node.op} in the {node.scope or 'graph'}"

    def unfollowed(self) -> dict[Node, str]:
        """What gradients behind a normalisation are called: each is made of all numbers of the batch, so no path goes on."""
        found: dict[Node, str] = {}
        for node in self.named:
            path = self._path(node)
            if type(self.layers[path]) not in PARAMETERS or node not in self.learning:
                continue
            own = set(Graph.of(self.at_params[f"{path}/{name}"] for name, _ in self._own(PARAMS, path)).nodes)
            for x in self.reads[node]:
                if x in self.slopes:
                    shares = (g for g in Graph.of([self.slopes[x]]).nodes if g.scope == path and g.shape == x.shape)
                    alone = [self.slopes[x]] if sum(x in read for read in self.reads.values()) == 1 else []
                    found |= dict.fromkeys((*(g for g in shares if g not in own), *alone), f"∂L/∂x[{path}]")
        return found

    def backward_nodes(self) -> set[Node]:
        """The nodes of the backward pass that carry the gradient of the loss."""
        graph = Graph.of(self.slopes.values())
        return graph.dependents(node for node in graph.nodes if node.origin is self.total and node.op == "const")

    # ------------------------------------------------------------------------------------------------- the passes

    def _forward(self) -> Iterator[Part]:
        yield Part("batch", "", "The batch", [Line(name, name, "", node) for name, node in self.step.data.items()])
        for path, nodes in self.by_layer():
            title = f"Forward: {path} ({describe(self.layers[path])})"
            yield Part("forward", path, title, list(self._of_layer(path, nodes)))

    def _of_layer(self, path: str, nodes: list[Node]) -> Iterator[Line]:
        layer = self.layers[path]
        affine = affine_of(layer)
        for name, array in (*self._own(PARAMS, path), *self._own(STATE, path)):
            yield Line(f"{path}/{name}", _letter(name, path), "", array)
        if not affine and type(layer) not in OUTPUTS:
            yield from self._primitives(path)
        for node in nodes:
            if isinstance(layer, Dropout):
                mask = gradients(reduce_sum(node), self.reads[node])[0]
                yield Line(f"{path}/mask", f"mask[{path}]", "0, or 1 / (1 − rate)", mask)
            x = ", ".join(map(self._called, self.reads[node]))
            formula, parts = "", tuple(self.reads[node])
            if affine and node.symbol == "z":
                bias = " + b" if f"{path}/bias" in self.model.params else ""
                formula = f"{affine.z.format(x=x)}{bias}{affine.meaning}"
                parts = (*parts, *(param for _, param in self._own(PARAMS, path)))
            elif affine:
                formula = f"{function_name(layer)}(z)"
            elif type(layer) in OUTPUTS:
                formula = OUTPUTS[type(layer)](layer, x)
            if isinstance(layer, GlobalAveragePool | GlobalMaxPool) and self._masked(path, node):
                formula = formula.replace("places", "real steps")
            yield Line(f"{path}/{node.symbol}", self._called(node), formula, node, parts)

    def _masked(self, path: str, node: Node) -> bool:
        """Whether truth values, those of the real steps, come into what a layer computes."""
        own = (each for each in Graph.of([node]).nodes if self._path(each) == path)
        return any(x.dtype is DType.BOOL for each in own for x in each.inputs)

    def _primitives(self, path: str) -> Iterator[Line]:
        """Every node of a layer that somebody else has written."""
        names = names_of(self.forward)
        for node in self.forward.nodes:
            if self._path(node) == path and not node.symbol and node.op not in ("input", "const", "broadcast"):
                text = line_of(node, names).partition(" = ")[2].rpartition(": ")[0]
                yield Line(f"{path}/{names[node]}", names[node], text, node, code=True)

    def _loss(self) -> Part:
        total, lines = self.total, []
        mean = "the mean over the rows" + (", weighted," if self.weighted else "")
        with scope("prediction"):
            predicted = self.loss.link(self.outputs)
        if predicted is not self.outputs:
            lines.append(Line("prediction", "p", f"{self.loss.activation or 'link'}(ŷ)", predicted))
        penalised = self.penalties.l1 or self.penalties.l2
        data = total.inputs[0] if penalised and self.model.weights() else total
        lines.append(
            Line("loss/data", "L of the data", f"{mean} of {self.loss.formula or 'what the loss gives'}", data)
        )
        if data is not total:
            terms = ["l1 Σ |W|"] * bool(self.penalties.l1) + ["½ l2 Σ W²"] * bool(self.penalties.l2)
            lines.append(Line("penalty", "the penalty", " + ".join(terms), self.step.metrics["penalty"]))
        lines.append(Line("loss", "L", "L of the data + the penalty" if data is not total else "L of the data", total))
        own: tuple[Field[Any], ...] = fields(self.loss) if is_dataclass(self.loss) else ()
        numbers = {field.name: getattr(self.loss, field.name) for field in own if field.type == "float"}
        shown = [f"{name}={value}" for name, value in numbers.items() if value]
        if numbers.get("label_smoothing"):
            shown.append("where y stands for (1 − label_smoothing) y + label_smoothing / k")
        title = ", ".join([f"Loss: {self.loss.name}", *shown, f"ŷ = {self._called(self.outputs)}"])
        return Part("loss", "", title, lines)

    def _backward(self) -> Iterator[Part]:
        downstream = [node for node in reversed(self.named) if node in self.learning]
        for path, nodes in groupby(downstream, key=self._path):
            lines = [line for node in nodes for line in self._at(path, node)]
            yield Part("backward", path, f"Backward: {path}", [*lines, *self._of_params(path)])

    def _at(self, path: str, node: Node) -> Iterator[Line]:
        """∂L/∂a, or f′ and δ = ∂L/∂z."""
        layer, slope = self.layers[path], self.slopes[node]
        if node.symbol != "z":
            yield Line(f"{path}/{node.symbol}/gradient", f"∂L/∂{self._called(node)}", self._from(node), slope)
            return
        delta, function = f"δ[{path}]", function_name(layer)
        activated = [user for user in self.named if self._path(user) == path and user.symbol == "a"]
        if activated and function in SLOPES:
            (a,) = activated
            own = gradients(reduce_sum(a), [node])[0]
            yield Line(f"{path}/slope", f"f′(z[{path}])", SLOPES[function], own)
            formula = f"∂L/∂{self._called(a)} ⊙ f′(z)"
        elif activated:
            formula = f"∂L/∂a times the derivative of {function}"
        else:
            formula = self._from(node)
        yield Line(f"{path}/delta", f"{delta} = ∂L/∂z[{path}]", formula, slope)

    def _of_params(self, path: str) -> Iterator[Line]:
        for name, param in self._own(PARAMS, path):
            full = f"{path}/{name}"
            if full not in self.trained:
                continue
            letter, (formula, parts) = _letter(name, path), self._gradient_of(path, name)
            penalised = full in self.model.weights() and (self.penalties.l1 or self.penalties.l2)
            if penalised:
                share = gradients(self.step.metrics["penalty"], [param])[0]
                terms = ["l1 sign(W)"] * bool(self.penalties.l1) + ["l2 W"] * bool(self.penalties.l2)
                yield Line(f"{full}/penalty", f"penalty's share of ∂L/∂{letter}", " + ".join(terms), share)
                formula += " + the penalty's share"
            yield Line(f"{full}/gradient", f"∂L/∂{letter}", formula, self.at_params[full], parts)

    def _gradient_of(self, path: str, name: str) -> tuple[str, tuple[Node, ...]]:
        """How the gradient of a parameter is made, and of what."""
        own, affine = [node for node in self.named if self._path(node) == path], affine_of(self.layers[path])
        if affine:
            (z,) = (node for node in own if node.symbol == "z")
            x, delta = self.reads[z][0], self.slopes[z]
            return (
                (affine.weight.format(x=self._called(x)), (x, delta)) if name == "weight" else (affine.bias, (delta,))
            )
        known = PARAMETERS.get(type(self.layers[path]), {})
        if name in known and own:
            return known[name](f"∂L/∂{self._called(own[-1])}"), (self.slopes[own[-1]],)
        return "by the chain rule, through its primitives", ()

    def _update(self) -> Iterator[Part]:
        step = self.step
        if not self.trained:
            return
        state = {key.partition("/")[2]: node for key, node in step.state.items() if key.startswith(f"{OPTIMIZER}/")}
        given = Given(step.scalars, self.model.weights())
        stages = list(self.optimizer.stages(self.at_params, state, self.trained, given))
        for full in self.trained:
            path, _, name = full.rpartition("/")
            lines, letter, entering = [], _letter(name, path), self.at_params[full]
            for stage, transform, updates, new in stages:
                for key, node in new.items():
                    slot = key.removeprefix(f"{stage}/").removesuffix(f"/{full}")
                    if key != f"{stage}/{slot}/{full}" or "/" in slot:  # of another array
                        continue
                    symbol, formula = transform.slot_formulas.get(slot, (slot, ""))
                    lines.append(Line(f"{full}/{stage}/{slot}", f"new {symbol}", formula, node))
                if updates[full] is not entering:  # else it passes, as a bias does where weights decay
                    formula = transform.formula_in_use(full)
                    lines.append(Line(f"{full}/{stage}", f"u after {stage}", formula, updates[full]))
                entering = updates[full]
            lines.append(Line(f"{full}/next", f"new {letter}", f"{letter} + u", step.update[f"{PARAMS}/{full}"]))
            yield Part("update", full, f"Update: {full}, with g = ∂L/∂{letter}", lines)

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
            if x.dtype is DType.BOOL:  # a mask of padding, a choice: no quantity goes on through it
                continue
            if x.symbol or x is self.step.data["x"]:
                found[x] = None
            else:
                pending.extend(reversed(x.inputs))
        return list(found)

    def _from(self, node: Node) -> str:
        """How the gradient at a node comes from those of what reads it."""
        terms = []
        if node is self.outputs:
            n = "· w / Σ w" if self.weighted else "/ n"
            terms.append(f"({self.loss.slope}) {n}" if self.loss.slope else "the derivative of the loss")
        for user in self.named:
            if node not in self.reads[user]:
                continue
            path = self._path(user)
            layer, g = self.layers[path], f"∂L/∂{self._called(user)}"
            affine = affine_of(layer)
            if affine and user.symbol == "z":
                terms.append(affine.back.format(path=path))
            elif type(layer) in BACKWARD:
                terms.append(BACKWARD[type(layer)](layer, g))
            else:
                terms.append(f"what {path} makes of {g}")
        return " + ".join(terms)


def _shape(shape: Shape) -> str:
    return f"({'×'.join(map(repr, shape))})" if shape else ""


def _letter(name: str, path: str) -> str:
    return f"{ {'weight': 'W', 'bias': 'b'}.get(name, name) }[{path}]"

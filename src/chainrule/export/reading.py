"""What a training step computes, as assignments with the names of a textbook: forward, loss, and backward."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from chainrule.export.algebra import Algebra, Expr
from chainrule.export.blocks import Assignment
from chainrule.export.naming import Names
from chainrule.export.schedules import fixed
from chainrule.export.textbook import textbook
from chainrule.export.translation import Translator
from chainrule.export.writing import number, shape_text
from chainrule.graph import Graph, Node, gradients
from chainrule.training import BuiltStep, Model
from chainrule.training.model import PARAMS, STATE


class Reading:
    """A step, read once.

    `arrays` are the names in the program of parameters and states, `trained` those of trained parameters, `scalars` those of
    numbers that are constants of it, and `draws` those of random numbers, with the text that draws them. `forward`, `loss`,
    `states` and `backward` are the assignments in order; `output` is the name of what the last layer gives, `gradients` those
    of the derivatives by the name of the parameter, `changed` those of next states. `preferred` says what the derivative by
    another value is called, if it needs a name.
    """

    def __init__(self, model: Model, built: BuiltStep) -> None:
        self.model, self.built, self.step = model, built, built.step
        self.names = Names(model.layer)
        self.arrays = {
            f"{kind}/{name}": self.names.array(name)
            for kind, own in ((PARAMS, model.params), (STATE, model.state))
            for name in own
        }
        self.trained = {name: self.arrays[f"{PARAMS}/{name}"] for name in model.trainable()}
        run_time = [name for name in built.scalars if name in self.step.scalars]
        self.scalars = {name: self.names.unused(name.replace("/", "_").upper()) for name in run_time}
        self.algebra = Algebra()
        self._translator = Translator(self.algebra)
        self._read()

    def _read(self) -> None:
        """Name everything, and find the expression of each value, slope and gradient."""
        states = {name: node for name, node in self.step.update.items() if name.startswith(f"{STATE}/")}
        (loss, *new_states), new = textbook([self.step.metrics["loss"], *states.values()])
        self._translator.call_all(self._inputs())
        values = named_values(new)
        self.draws = self._draws(Graph.of([loss, *new_states, *values]).nodes)
        names = {value: self.names.value(value.scope, value.symbol) for value in values}
        self._translator.call_all({name: value for value, name in names.items()})
        params = [self.step.state[f"{PARAMS}/{name}"] for name in self.trained]
        found = gradients(loss, [*params, *values])
        slopes = dict(zip(values, found[len(params) :], strict=True))
        deltas = self._deltas(names, slopes)
        self._translator.read([loss, *new_states, *values, *found])

        self.output = names[values[-1]] if values else "x"
        self.outputs = self._without_masks(values[-1]) if values else self.algebra.name("x")
        self.forward = [Assignment(name, self._full(value), value.scope) for value, name in names.items()]
        self.loss = Assignment("loss", self._translator[loss])
        new_names = {name: self.names.unused(f"new_{self.arrays[name]}") for name in states}
        self.states = [
            Assignment(own, self._full(node)) for own, node in zip(new_names.values(), new_states, strict=True)
        ]
        self.changed = {self.arrays[name]: own for name, own in new_names.items()}
        self.gradients = {
            own: self.names.unused(f"d{own}" if re.fullmatch(r"[Wb]\d+", own) else f"d_{own}")
            for own in self.trained.values()
        }
        self.backward = list(self._by_layer(dict(zip(self.trained, found, strict=False)), slopes, deltas))
        self.preferred = {
            self._translator[slope]: self.names.slope(names[value])
            for value, slope in slopes.items()
            if slope not in self._translator.names
        }

    def _inputs(self) -> dict[str, Node]:
        own = {name: node for name, node in self.step.state.items() if name in self.arrays}
        scalars = {self.scalars[name]: node for name, node in self.step.scalars.items() if name in self.scalars}
        return {**{self.arrays[name]: node for name, node in own.items()}, **self.step.data, **scalars}

    def _draws(self, nodes: Iterable[Node]) -> dict[str, str]:
        """The name and the text of each array of random numbers; the values behind it get that name."""
        listed = list(nodes)
        direct = {x for node in listed if node.op != "mask" for x in node.inputs if x.op == "random_bits"}
        draws: dict[str, str] = {}
        for node in listed:
            if node.op != "mask" and node not in direct:
                continue
            bits = node.inputs[0] if node.op == "mask" else node
            name = self.names.unused(f"{'mask' if node.op == 'mask' else 'bits'}{len(draws) + 1}")
            self._translator.call(node, name)
            layer, shape = bits.attributes["layer"], shape_text(node.shape)
            if node.op == "mask":
                rate = number(fixed(self.built.scalars[node.inputs[1].attributes["name"]]))
                draws[name] = f"dropout_mask({shape}, {rate}, {layer}, step, epoch)"
            else:
                draws[name] = f"random_bits({shape}, {bits.attributes['bits']}, {layer}, step, epoch)"
        return draws

    def _full(self, node: Node) -> Expr:
        """The expression behind a node, with all the axes that the node has."""
        return self._translator.whole(self._translator.meaning.get(node, self._translator[node]), node.shape)

    def _deltas(self, names: dict[Node, str], slopes: dict[Node, Node]) -> dict[Node, Node]:
        """The derivatives by a z, which have a name at once, and the z of each."""
        deltas: dict[Node, Node] = {}
        for value in reversed(slopes):
            slope = slopes[value]
            if value.symbol == "z" and slope not in self._translator.names:
                self._translator.call(slope, self.names.slope(names[value]))
                deltas[slope] = value
        return deltas

    def _by_layer(
        self, grads: dict[str, Node], slopes: dict[Node, Node], deltas: dict[Node, Node]
    ) -> Iterator[Assignment]:
        """The deltas of every layer, and then the gradients of its parameters, from the last layer to the first."""
        done: set[Node] = set()
        for scope in [*dict.fromkeys(value.scope for value in reversed(slopes)), None]:
            for value, slope in reversed(slopes.items()):
                if value.scope == scope and slope in deltas and slope not in done:
                    done.add(slope)
                    name = str(self._translator.names[slope].data)
                    yield Assignment(name, self._full(slope), deltas[slope].scope)
            for name in [name for name in grads if scope in (None, name.rpartition("/")[0])]:
                node = grads.pop(name)
                value_of = self._translator.whole(self._translator[node], node.shape)
                yield Assignment(self.gradients[self.trained[name]], value_of, scope or "")

    def _without_masks(self, output: Node) -> Expr:
        """The outputs as one expression of the inputs, as if every mask were 1."""
        translator = Translator(self.algebra)
        translator.call_all(self._inputs())
        for node in Graph.of([output]).nodes:
            if node.op == "mask":
                translator.names[node] = self.algebra.number(1.0)
        return translator[output]


def named_values(new: Mapping[Node, Node]) -> list[Node]:
    """What the layers give, in the order in which it is computed: the nodes that a textbook has a letter for."""
    return list(dict.fromkeys(new[node] for node in sorted(new, key=lambda node: node.serial) if new[node].symbol))

"""The loop of an exported program over epochs and batches, its learning rate, and what it does when it is run."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.export.blocks import WIDTH
from chainrule.export.descent import Descent
from chainrule.export.describing import described, harmless
from chainrule.export.helpers import words
from chainrule.export.reading import Reading
from chainrule.export.schedules import formula
from chainrule.export.writing import number
from chainrule.functional import Loss
from chainrule.training import Model


@dataclass(frozen=True)
class Training:
    """What the functions `learning_rate` and `train` and the last lines of the program are made of.

    `first_epoch` is how many epochs are done: dropout counts on from there. A schedule that has no formula, because it watches
    the loss or is the caller's own, is an argument of `train`: one rate for each step.
    """

    model: Model
    loss: Loss
    reading: Reading
    descent: Descent
    first_epoch: int

    @property
    def _formulae(self) -> dict[str, str]:
        return {name: formula(schedule) for name, schedule in self.descent.schedules.items()}

    @property
    def _weights(self) -> list[str]:
        return [name for name in self.reading.step.data if name not in ("x", "y")]

    @property
    def _given(self) -> list[str]:
        """The arguments of train that are rates."""
        return [f"{name}s" for name, text in self._formulae.items() if not text]

    def rates(self) -> list[str]:
        """A function for each rate that changes by a formula."""
        functions = []
        for name, text in self._formulae.items():
            if text:
                lines = [
                    f"def {name}_at(k, steps_per_epoch, epochs):",
                    f'    """{harmless(described(self.descent.schedules[name]))}, at step k."""',
                ]
                lines += ["    t = k / steps_per_epoch"] if "t" in words(text) else []
                functions.append("\n".join([*lines, f"    return {text}"]))
        return functions

    def train(self) -> str:
        """The text of train."""
        arguments = ["params", "X", "y", *self._weights, *self._given, "epochs=100", "batch_size=32"]
        what = "Take a step for each batch of rows, in their order: shuffle them before, if at all."
        if self._given:
            what += f"\n\n    {' and '.join(self._given)}: one for each step.\n    "
        lines = [f"def train({', '.join(arguments)}):", f'    """{what}"""', "    params = dict(params)"]
        if self.loss.targets != "classes" and self.model.output_shape == (1,):
            lines.append("    y = np.reshape(y, (-1, 1))")
        for slot, begin in self.descent.slots.items():
            value = "np.zeros_like(w)" if begin == 0.0 else f"np.full_like(w, {number(begin)})"
            lines.append(f"    {slot} = {{name: {value} for name, w in params.items()}}")
        if any(self._formulae.values()):
            lines.append("    steps_per_epoch = -(-len(X) // batch_size)")
        return "\n".join([*lines, *self._loop(), "    return params"])

    def _loop(self) -> list[str]:
        draws, counts = bool(self.reading.draws), self.descent.counts or bool(self._formulae)
        first = self.first_epoch
        span = f"range({first}, {first} + epochs)" if draws and first else "range(epochs)"
        starts = "range(0, len(X), batch_size)"
        data = [f"{name}[rows]" for name in ("X", "y", *self._weights)]
        batch = ", ".join(["params", *data, *(["step", "epoch"] if draws else [])])
        state = ", state" if self.reading.changed else ""
        rates = [f"{n}_at(t - 1, steps_per_epoch, epochs)" if f else f"{n}s[t - 1]" for n, f in self._formulae.items()]
        step = ", ".join(["params", "grads", *self.descent.slots, *(["t"] if self.descent.counts else []), *rates])
        return [
            *(["    t = 0"] if counts else []),
            f"    for {'epoch' if draws else '_'} in {span}:",
            f"        for step, start in enumerate({starts}):" if draws else f"        for start in {starts}:",
            "            rows = slice(start, start + batch_size)",
            *_call(f"_, grads{state} = backward", batch),
            *(["            t += 1"] if counts else []),
            *_call("update", step),
            *(["            params.update(state)"] if state else []),
        ]

    def main(self, *, load: bool) -> str:
        """What the program does when it is run: it trains on random rows."""
        k, data = self.model.output_shape[-1], ["X", "y", *self._weights]
        shape = ", ".join(map(str, (64, *self.model.input_shape)))
        targets = {
            "classes": f"rng.integers({k}, size=64)",
            "binary": f"rng.integers(2, size=(64, {k}))",
            "counts": f"rng.poisson(2, size=(64, {k}))",
        }
        lines = [
            'if __name__ == "__main__":',
            *(['    params = load("params.npz")  # which np.savez has written: see load'] if load else []),
            "    rng = np.random.default_rng(0)",
            f"    X = rng.normal(size=({shape}))",
            f"    y = {targets.get(self.loss.targets, f'rng.normal(size=(64, {k}))')}",
            *(f"    {name} = rng.uniform(size=64)" for name in self._weights),
            *(f"    {name} = np.full(200, 0.01)" for name in self._given),
            f"    trained = train({', '.join(['params', *data, *self._given])})",
            "    for numbers in (params, trained):",
            f'        print("loss", backward({", ".join(["numbers", *data, *(["0", "0"] if self.reading.draws else [])])})[0])',
        ]
        return "\n".join(lines)


def _call(function: str, arguments: str) -> list[str]:
    """A call in the innermost loop, on three lines where it is too long for one."""
    line = f"            {function}({arguments})"
    return (
        [line] if len(line) <= WIDTH else [f"            {function}(", f"                {arguments}", "            )"]
    )

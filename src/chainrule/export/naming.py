"""What the variables of an exported program are called: W1, b1, z1, a1, delta1, dW1, db1."""

from __future__ import annotations

import builtins
import keyword
import re

from chainrule.export.helpers import HELPERS
from chainrule.nn import Conv1D, Conv2D, Dense, Layer, walk

RESERVED = frozenset(
    {
        "np",
        "math",
        "n",
        "x",
        "y",
        "X",
        "params",
        "grads",
        "loss",
        "step",
        "epoch",
        "rows",
        "name",
        "w",
        "g",
        "t",
        "rate",
    }
    | {"forward", "backward", "update", "train", "predict", "load", "SEED", "sample_weight"}
    | {*dir(builtins), *keyword.kwlist, *HELPERS}
)


class Names:
    """Names for the arrays and values of a network; every dense or convolution layer has a number, others their name."""

    def __init__(self, layer: Layer) -> None:
        self.taken = set(RESERVED)
        numbered = [path for path, own, _ in walk(layer) if isinstance(own, Conv1D | Conv2D | Dense)]
        self._numbers = {path: i for i, path in enumerate(numbered, start=1)}

    def array(self, name: str) -> str:
        """What a parameter or a state is called: that of ``dense1/weight`` W1."""
        path, _, own = name.rpartition("/")
        if path in self._numbers:
            letter = {"weight": "W", "bias": "b"}.get(own, own)
            return self.unused(f"{letter}{self._numbers[path]}")
        return self.unused(f"{own}_{path.rpartition('/')[2]}" if own in self.taken else own)

    def value(self, scope: str, symbol: str) -> str:
        """What a value of the forward pass is called: z1 and a1 in dense1, residual1 for what residual1 gives."""
        if scope in self._numbers:
            return self.unused(f"{symbol}{self._numbers[scope]}")
        return self.unused(scope.rpartition("/")[2] or "a")

    def slope(self, value: str) -> str:
        """What the derivative of the loss by a value is called: delta1 for z1, d_a1 for a1."""
        return self.unused(value.replace("z", "delta", 1) if re.fullmatch(r"z\d+", value) else f"d_{value}")

    def unused(self, name: str) -> str:
        """The name as an identifier, with a number behind it if it is taken; it is taken then."""
        free = re.sub(r"\W", "_", name, flags=re.ASCII)
        free = f"_{free}" if free[:1].isdigit() or not free else free
        base, count = free, 1
        while free in self.taken:
            count += 1
            free = f"{base}_{count}"
        self.taken.add(free)
        return free

"""The texts of the compiler that people read in reviews: golden files of its main kernels and of a network for pictures, and
the blocks of docs/compiler.md.

After a change that is meant, `scripts/update-texts` writes them anew; read the difference.

A block of the page that is generated stands between fences under a comment that says which lines of which stage it shows::

    <!-- llvm from="fma" since="^turn" to="br i1" lines=20 threads=2 network=images -->

It begins with the first line that `from` matches (as a regular expression), or above it with the nearest that `since` matches,
and ends with the first from there on that `to` matches, which is included; `lines` is how many there are at most, with dots in
the place of what is left out. Without `from` and `to` it is all of the stage. `network` is one of `NETWORKS`, "dense" unless
given. In a block of assembly, `llvm` is the version of LLVM that made it: another would make another.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.backends.llvm import Target
from chainrule.backends.llvm.library import library
from chainrule.backends.llvm.stages import stage_text
from chainrule.functional import CrossEntropy, Loss
from chainrule.graph import ROWS, Step, gradients, input
from chainrule.graph import primitives as p
from chainrule.optim import SGD, Adam, Given, Transform

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = Path(__file__).parent / "golden"
PAGE = ROOT / "docs" / "compiler.md"

# A common processor, so that the texts are the same wherever they are made.
AVX2 = Target("haswell", "+avx2,+fma", 32, "x86_64-unknown-linux-gnu")


# ------------------------------------------------------------------------------------------ golden kernels


def contraction() -> Step:
    """A dense layer, relu(x · W + b), of a single tile."""
    x, w, b = input("x", (6, 64)), input("weight", (64, 16)), input("bias", (16,))
    return Step(
        state={"x": x, "weight": w, "bias": b, "y": input("y", (6, 16))}, update={"y": p.maximum(x @ w + b, 0.0)}
    )


def weight_gradient(optimizer: Transform, n_in: int = 2, n_out: int = 8) -> Step:
    """The gradient of a weight, xᵀ · δ, and the optimiser's update while it is still in registers."""
    x, delta, w = input("x", (ROWS, n_in)), input("delta", (ROWS, n_out)), input("weight", (n_in, n_out))
    arrays = optimizer.init({"weight": np.zeros((n_in, n_out), np.float32)})
    numbers = {name: input(name, ()) for name in optimizer.scalars()}
    state = {name: input(name, array.shape, array.dtype.name) for name, array in arrays.items()}
    gradient = p.contract(x, delta, "bi,bo->io")
    updates, new = optimizer.update({"weight": gradient}, state, {"weight": w}, Given(numbers, frozenset()))
    return Step(
        state={"weight": w, **state},
        update={"weight": w + updates["weight"], **new},
        data={"x": x, "delta": delta},
        scalars=numbers,
        checks={"gradient": gradient},
    )


def cross_entropy() -> Step:
    """Softmax and cross-entropy of rows of logits, and the derivative by the logits."""
    logits, y = input("logits", (ROWS, 8)), input("y", (ROWS,), "int32")
    loss: Loss = CrossEntropy()
    each = loss.per_example(logits, y)
    (delta,) = gradients(p.reduce_sum(each), [logits])
    return Step(data={"logits": logits, "y": y}, rows={"loss": each, "delta": delta})


# Each with the number of rows that it is laid out for: from 8 on, arrays as narrow as these lie with their rows last.
KERNELS: dict[str, tuple[Callable[[], Step], int]] = {
    "contraction_bias_relu": (contraction, 4),
    "weight_gradient_sgd": (lambda: weight_gradient(SGD(0.1)), 4),
    "weight_gradient_adam": (lambda: weight_gradient(Adam(0.001)), 4),
    "weight_gradient_sgd_rows_last": (lambda: weight_gradient(SGD(0.1)), 32),
    "softmax_cross_entropy": (cross_entropy, 4),
}


# A convolution and a pool, small enough for its whole training step to be read; of the loops, those of a prediction.
SHOWN = {"graph": "train", "fused": "train", "loops": "predict"}


def pictures() -> cr.Network:
    """A network for pictures of 5 × 5 pixels."""
    return cr.Network(cr.Conv2D(2, 2, activation="relu"), cr.MaxPool2D(2), cr.Flatten(), cr.Dense(1)).build((5, 5, 1))


def golden_texts() -> dict[str, str]:
    """What stands in each golden file: the LLVM IR of the kernels, and the network for pictures at each stage."""
    kernels = {
        f"{name}.ll": stage_text(make(), "llvm", rows=rows, target=AVX2) + "\n"
        for name, (make, rows) in KERNELS.items()
    }
    pages = {
        f"pictures_{stage}.txt": shown(pictures(), stage, step=step, loss="squared_error")
        for stage, step in SHOWN.items()
    }
    return kernels | pages


def shown(net: cr.Network, stage: str, **options: Any) -> str:
    """What `show` prints of a network that is trained by plain gradient descent."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        cr.show(net, stage, optimizer=SGD(0.1), target=AVX2, **options)
    return printed.getvalue()


# ------------------------------------------------------------------------------------------------ the page

_BLOCK = re.compile(r"(<!-- (\w+)((?: \w+=(?:\"[^\"]*\"|\S+))*) -->\n```\w*\n)(.*?)(```\n)", re.DOTALL)
_OPTION = re.compile(r"(\w+)=(?:\"([^\"]*)\"|(\S+))")


def llvm_version() -> str:
    with library() as llvm:
        return ".".join(map(str, llvm.llvm_version_info))


# The networks of the page, with the shape of their rows.
NETWORKS: dict[str, tuple[list[cr.Layer], tuple[int, ...]]] = {
    "dense": ([cr.Dense(32, activation="relu"), cr.Dense(10)], (64,)),
    "images": (
        [
            cr.Conv2D(4, 3, activation="relu"),
            cr.MaxPool2D(2),
            cr.Conv2D(8, 3, activation="relu"),
            cr.Flatten(),
            cr.Dense(3),
        ],
        (12, 12, 1),
    ),
    "sequences": ([cr.SimpleRNN(16, activation="relu"), cr.Dense(3)], (5, 3)),
}


@cache
def network_text(network: str, stage: str, threads: int) -> str:
    """The training step of a network of the page, at a stage."""
    layers, rows = NETWORKS[network]
    return shown(cr.Network(*layers).build(rows), stage, loss="cross_entropy", threads=threads)


@dataclass(frozen=True)
class Block:
    """A generated block of the page: what it shows, and what stands there."""

    stage: str
    options: dict[str, str]
    shown: str

    @staticmethod
    def of(found: re.Match[str]) -> Block:
        options = {name: quoted or plain for name, quoted, plain in _OPTION.findall(found[3])}
        return Block(found[2], options, found[4])

    @property
    def foreign(self) -> bool:
        """Whether it is of another version of LLVM than is installed."""
        return self.options.get("llvm", llvm_version()) != llvm_version()

    def text(self) -> str:
        own = {k: v for k, v in self.options.items() if k not in ("threads", "llvm", "network")}
        network, threads = self.options.get("network", "dense"), int(self.options.get("threads", 1))
        return excerpt(network_text(network, self.stage, threads).splitlines(), **own)


def excerpt(lines: list[str], /, **options: str) -> str:
    """Some of the lines, as the options "from", "since", "to" and "lines" say."""
    begin = _matching(lines, options.get("from", ""), range(len(lines)))
    first = _matching(lines, options["since"], range(begin, -1, -1)) if "since" in options else begin
    last = _matching(lines, options["to"], range(begin, len(lines))) if "to" in options else len(lines) - 1
    chosen = dedent("\n".join(lines[first : last + 1])).split("\n")
    most = int(options.get("lines", len(chosen)))
    if len(chosen) > most:
        half = most // 2
        chosen = [*chosen[: most - half], "...", *chosen[len(chosen) - half :]]
    return "\n".join(chosen) + "\n"


def _matching(lines: list[str], pattern: str, places: range) -> int:
    found = next((i for i in places if re.search(pattern, lines[i])), None)
    if found is None:
        raise LookupError(f"No line that is looked at matches {pattern!r}.")
    return found


def blocks() -> list[Block]:
    """The generated blocks of the page, in order."""
    return [Block.of(found) for found in _BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def update() -> list[Path]:
    """Write all texts anew; the files that have changed."""
    wanted = {GOLDEN / name: text for name, text in golden_texts().items()}

    def anew(found: re.Match[str]) -> str:
        head = re.sub(r"llvm=\S+", f"llvm={llvm_version()}", found[1])
        return f"{head}{Block.of(found).text()}{found[5]}"

    wanted[PAGE] = _BLOCK.sub(anew, PAGE.read_text(encoding="utf-8"))
    changed = []
    GOLDEN.mkdir(exist_ok=True)
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed

"""Whatever a graph can hold is written down right: each primitive with its derivative, and random networks as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule.export.algebra import Algebra
from chainrule.export.blocks import Assignment, Block
from chainrule.export.helpers import helpers_for
from chainrule.export.textbook import textbook
from chainrule.export.translation import Translator
from chainrule.export.writing import Writer
from chainrule.graph import PRIMITIVES, Node, gradients
from chainrule.graph.primitives import reduce_sum
from chainrule.optim import OPTIMIZERS, chain
from export.test_python import check_agreement
from graph.cases import Case, of
from nn.test_random_networks import random_layers, random_loss
from oracles import run


def written(outputs: list[Node], inputs: dict[str, Any], rows: int) -> tuple[list[Any], str]:
    """The values of nodes as a program computes them, and its text."""
    plain, _ = textbook(outputs)
    translator = Translator(Algebra())
    values = [Assignment(f"y{i}", translator.whole(translator[node], node.shape)) for i, node in enumerate(plain)]
    block = Block(Writer(), {*inputs, *(a.target for a in values), "n"})
    block.count(values)
    text = "\n".join(block.lines(values, 0))
    program = "\n\n".join(["import math\nimport numpy as np", *helpers_for(text), text])
    found: dict[str, Any] = {**inputs, "n": rows}
    exec(compile(program, "program", "exec"), found)
    return [found[a.target] for a in values], text


def with_derivatives(case: Case) -> list[Node]:
    """The node of a case and, of Σ (y + y²/2), its gradients."""
    y, nodes = case.build()
    if not y.dtype.is_float or not case.differentiable:
        return [y]
    loss = reduce_sum(y + 0.5 * y * y)
    return [y, *gradients(loss, [x for x in nodes if x.dtype.is_float])]


@pytest.mark.parametrize("op", [op for op in PRIMITIVES if op != "random_bits"])
def test_every_primitive_and_its_derivative(op: str) -> None:
    for case in of(op):
        if not all(np.isfinite(x).all() for x in case.operands):
            continue  # a textbook has no guards
        outputs = with_derivatives(case)
        with np.errstate(all="ignore"):
            wanted = run(outputs, case.inputs, case.n_rows)
            found, text = written(outputs, case.inputs, case.n_rows)
        for own, value in zip(found, wanted, strict=True):
            if np.isfinite(value).all():
                assert np.shape(own) == value.shape, (case, text)
                np.testing.assert_allclose(own, value, rtol=1e-12, atol=1e-14, err_msg=f"{case}\n{text}")


@pytest.mark.parametrize("seed", range(40))
def test_random_networks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    loss = random_loss(rng)
    n_in, n_out = int(rng.integers(1, 5)), int(rng.integers(2 if loss.targets == "classes" else 1, 4))
    descent = chain(OPTIMIZERS[str(rng.choice(sorted(OPTIMIZERS)))](0.001))
    strengths = rng.uniform(0.001, 0.1, 2) * rng.integers(0, 2, 2)
    clips = {"clip_norm": 0.5, "clip_value": 0.1} if rng.random() < 0.5 else {}
    check_agreement(
        lambda: random_layers(np.random.default_rng(seed), n_in, n_out),
        loss,
        descent,
        inputs=(n_in,),
        weighted=bool(rng.random() < 0.5),
        before=1,
        l1=float(strengths[0]),
        l2=float(strengths[1]),
        **clips,
    )

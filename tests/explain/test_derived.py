"""`net.derive`: its lines are those of `explain`, its rules the derivatives of the graph, held against numbers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.explain.step.node_rules import formulae_of
from chainrule.functional import LOSSES
from chainrule.graph import PRIMITIVES, Graph, gradients, input
from chainrule.graph.primitives import reduce_sum
from chainrule.graph.text import names_of
from chainrule.nn import LAYERS
from graph.cases import ALL, Case
from oracles import run


def network() -> cr.Network:
    return cr.Network(cr.Dense(4, activation="relu"), cr.Dropout(0.2), cr.Dense(3)).build(2)


def test_it_has_the_lines_of_explain() -> None:
    x, y = np.random.default_rng(0).normal(size=(5, 2)), [0, 1, 2, 1, 0]
    settings: dict[str, Any] = {"loss": "cross_entropy", "l2": 0.01, "clip_norm": 1.0, "optimizer": "rmsprop"}
    explanation, derivation = network().explain(x, y, **settings), network().derive(**settings)
    explained = [(q.name, q.symbol, q.formula) for q in explanation]
    assert [(q.name, q.symbol, q.formula) for s in derivation.sections for q in s.quantities] == explained
    shapes = [q.shapes.replace("n", "5") for s in derivation.sections for q in s.quantities]
    assert shapes == [q.shapes for q in explanation]


def test_the_rules_are_those_of_textbooks() -> None:
    rules = {rule.node: rule for rule in network().derive(loss="cross_entropy").rules}
    assert rules["contract.1 = a[dropout1] W[dense2]"].passes == (
        ("a[dropout1]", "g W[dense2]ᵀ"),
        ("W[dense2]", "a[dropout1]ᵀ g"),
    )
    assert rules["a[dense1] = max(z[dense1], 0.0)"].passes == (("z[dense1]", "g if 0.0 < z[dense1], else 0"),)
    assert rules["contract.0 = x W[dense1]"].passes == (("W[dense1]", "xᵀ g"),)  # no gradient goes to the data


def test_no_rule_beyond_where_gradients_stop() -> None:
    text = str(network().derive(loss="cross_entropy"))
    assert "stop_gradient.0 = stop_gradient(reduce_max.0): nothing is passed on" in text
    assert "reduce_max.0 =" not in text


# Texts of element-wise rules as Python, so that they can be computed.
AS_PYTHON = {
    "·": "*", "−": "-", "√": "sqrt", "σ": "logistic", "ln(": "log(", "tanh²(": "tanh2(", "⌊": "floor(", "⌋": ")",
}  # fmt: skip


def computed(text: str, names: dict[str, Any]) -> Any:
    """The value of a rule's text, read as a formula by this test alone."""
    for sign, python in AS_PYTHON.items():
        text = text.replace(sign, python)
    text = re.sub(r"([\w.)]+)²", r"\1**2", text)
    text = re.sub(r"\((\S+) if ([^,]+), else (\S+)\)", r"where(\2, \1, \3)", text)  # a choice within a choice
    text = re.sub(r"^(.+?) if ([^,]+), else (.+)$", r"where(\2, \1, \3)", text)
    functions = {name: getattr(np, name) for name in ("exp", "log", "sqrt", "sin", "cos", "where", "tanh", "abs")}
    functions |= {"logistic": lambda x: 1 / (1 + np.exp(-x)), "max": np.maximum}
    return eval(text, {"__builtins__": {}}, functions | names)


SIMPLE = [
    name for name, op in PRIMITIVES.items() if op.elementwise and op.vjp and name not in ("equal", "less", "select")
]


@pytest.mark.parametrize("name", SIMPLE)
def test_the_text_of_a_rule_computes_the_gradient(name: str) -> None:
    """For every element-wise primitive: the text, evaluated, is the gradient that the graph computes."""
    op = PRIMITIVES[name]
    xs = [input(f"x{i + 1}", (5,), "float64") for i in range(op.arity)]
    y, g = op(*xs), input("g", (5,), "float64")
    total = reduce_sum(y * g)
    rng = np.random.default_rng(0)
    arrays = {x.attributes["name"]: rng.uniform(0.2, 2.0, 5) for x in xs} | {"g": rng.normal(size=5)}
    labels = {x: x.attributes["name"] for x in xs} | {y: "y"}
    texts = formulae_of(y, names_of(Graph.of([y]), labels))
    wanted = run([y, *gradients(total, xs)], arrays)
    for text, expected in zip(texts, wanted[1:], strict=True):
        found = computed(text, arrays | {"y": wanted[0]}) if text else 0.0
        np.testing.assert_allclose(np.broadcast_to(found, 5), expected, rtol=1e-5)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_every_primitive_has_rules_as_text(case: Case) -> None:
    """The rules of every row of the case table can be written, and name nothing but g, the node, its inputs and numbers."""
    node, _ = case.build()
    if not node.inputs or not node.dtype.is_float:
        return
    names = {x: f"u{i}" for i, x in enumerate(node.inputs)} | {node: "y"}
    texts = formulae_of(node, names)
    assert len(texts) == len(node.inputs)
    assert not any("input" in text or "Node" in text for text in texts)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_can_be_derived(loss: str) -> None:
    text = str(network().derive(loss=loss, optimizer="sgd", weighted=True))
    assert "Node by node" in text
    assert "δ[dense2]" in text


def test_every_layer_can_be_derived() -> None:
    built = {
        "Activation": ["tanh"], "BatchNorm": [], "Concatenate": [cr.Dense(2), cr.Dense(2)], "Dense": [3], "Dropout": [0.5],
        "Embedding": [5, 3], "Flatten": [], "LayerNorm": [], "Noise": [0.1], "Rescale": [],
        "Reshape": [(2, 1)], "Residual": [cr.Dense(2)], "Sequential": [cr.Dense(2)], "Standardize": [],
    }  # fmt: skip
    of_sequences = {
        "Bidirectional": [cr.SimpleRNN(2)], "GRU": [2], "LSTM": [2], "SimpleRNN": [2], "AvgPool1D": [2], "Conv1D": [2, 3],
        "GlobalAveragePool": [], "GlobalMaxPool": [], "Masking": [], "MaxPool1D": [2],
    }  # fmt: skip
    of_images = {"Augment": [10], "AvgPool2D": [2], "Conv2D": [2, 3], "MaxPool2D": [2]}
    assert {*built, *of_sequences, *of_images} == set(LAYERS)
    for shape, layers in ((2, built), ((4, 2), of_sequences), ((4, 4, 1), of_images)):
        for name, arguments in layers.items():
            net = cr.Network(LAYERS[name](*arguments), cr.Flatten(), cr.Dense(1)).build(shape)
            assert "Update: dense" in str(net.derive(loss="squared_error"))


def test_what_is_not_known_is_said() -> None:
    with pytest.raises(cr.NotFittedError, match="no parameters yet"):
        cr.Network(cr.Dense(1)).derive(loss="squared_error")
    with pytest.raises(cr.ArgumentError, match="loss is not known yet"):
        network().derive()
    with pytest.raises(cr.ArgumentError, match=r"must end in .html, .tex or .txt"):
        network().derive(loss="squared_error").save("step.pdf")

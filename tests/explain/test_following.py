"""One number of a gradient, followed: its products add up, and are those that one would write by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import chainrule as cr


def network(seed: int) -> tuple[cr.Explanation, cr.Network]:
    rng = np.random.default_rng(seed)
    kinds = ["relu", "tanh", "sigmoid", "gelu", "elu", None]
    widths = [int(n) for n in rng.integers(1, 5, 3)]
    dense = [cr.Dense(n, activation=kinds[int(rng.integers(len(kinds)))]) for n in widths]
    layers: list[Any] = [dense[0], cr.Dropout(0.3), cr.Residual(cr.Dense(widths[0], activation="tanh")), *dense[1:]]
    if seed % 2:
        layers.insert(0, cr.Standardize())
        layers.insert(4, cr.Concatenate(cr.Dense(2), cr.Activation("softplus")))
    loss = ["squared_error", "huber", "poisson", "binary_cross_entropy", "cross_entropy"][seed % 5]
    n, k = 3, max(widths[-1], 2)
    net = cr.Network(*layers, cr.Dense(k)).build(2, seed=seed, dtype="float64")
    y = np.arange(n) % 2 if loss == "cross_entropy" else rng.integers(0, 2, (n, k))
    if seed % 2:
        net.fit(rng.normal(size=(n, 2)), y, loss=loss, epochs=1)
    weight = rng.uniform(0.5, 2, n) if seed % 3 == 0 else None
    settings: dict[str, Any] = {"loss": loss, "l2": 0.01 * (seed % 4 == 0), "l1": 0.02 * (seed % 3 == 1)}
    return net.explain(rng.normal(size=(n, 2)), y, sample_weight=weight, **settings), net


@pytest.mark.parametrize("seed", range(20))
def test_the_products_add_up_to_the_number(seed: int) -> None:
    explanation, net = network(seed)
    rng = np.random.default_rng(seed)
    names = [name for name in explanation.names() if name.endswith(("/gradient", "/delta"))]
    assert {f"{name}/gradient" for name in net.params} <= set(names)
    for name in names:
        value = explanation[name]
        index = [int(rng.integers(n)) for n in value.shape]
        for depth in (1, 2, 9):
            followed = explanation.follow(f"{name}{index}", depth)
            total = math.fsum(path.value for path in followed.paths)
            assert followed.value == value[tuple(index)]
            assert total == pytest.approx(followed.value, rel=1e-10, abs=1e-14), (name, depth)


def two_layers() -> cr.Explanation:
    net = cr.Network(cr.Dense(2, activation="tanh"), cr.Dense(2)).build(2, dtype="float64")
    net.params = {
        "dense1/weight": [[0.1, 0.2], [0.3, 0.4]],
        "dense1/bias": [0.0, 0.1],
        "dense2/weight": [[0.5, 0.6], [0.7, 0.8]],
        "dense2/bias": [0.0, 0.0],
    }
    return net.explain([[1.0, 2.0]], [[0.0, 1.0]], loss="squared_error")


def test_the_paths_of_a_weight_are_those_of_the_textbook() -> None:
    """∂L/∂w = x · f′(z) · Σₖ wₖ δₖ: one path through each output."""
    explanation = two_layers()
    z = np.tanh([0.7, 1.1])
    delta = z @ [[0.5, 0.6], [0.7, 0.8]] - [0.0, 1.0]
    paths = explanation.follow("dense1/weight[1, 0]", depth=2).paths
    expected = [2.0 * (1 - z[0] ** 2) * w * d for w, d in zip((0.5, 0.6), delta, strict=True)]
    np.testing.assert_allclose([path.value for path in paths], expected, rtol=1e-12)
    assert [factor.label for factor in paths[1].factors] == [
        "x[0, 1]",
        "δ[dense2][0, 1]",
        "W[dense2][0, 1]",
        "f′[dense1][0, 0]",
    ]


def test_the_text() -> None:
    text = str(two_layers().follow("dense1/weight[1, 0]"))
    assert text.splitlines()[0] == "∂L/∂W[dense1] at [1, 0] = 0.549784 is one product:"
    assert text.splitlines()[1] == "    x[0, 1] · δ[dense1][0, 0] = 2 · 0.274892 = 0.549784"


def test_what_no_path_reaches_is_a_sentence() -> None:
    net = cr.Network(cr.Embedding(3, 2), cr.GlobalAveragePool()).build(2)
    text = str(net.explain([[0, 1]], [[1, 0]], loss="squared_error").follow("embedding1/weight[2, 1]"))
    assert text == "∂L/∂W[embedding1] at [2, 1] = 0 is reached by no path."


def test_many_products_are_cut_short() -> None:
    net = cr.Network(cr.Dense(1)).build(1, dtype="float64")
    x = np.arange(1.0, 41.0)[:, None]
    followed = net.explain(x, x[:, 0] * 0, loss="squared_error").follow("dense1/weight[0, 0]")
    lines = str(followed).splitlines()
    assert len(followed.paths) == 40
    assert "the sum of 40 products" in lines[0]
    assert len(lines) == 14
    assert "28 smaller products, which add up to" in lines[-1]


@pytest.mark.parametrize(
    ("number", "depth", "message"),
    [
        ("dense1/weight", 1, "Write a name and a place"),
        ("dense1/weigth[0, 0]", 1, "did you mean 'dense1/weight'"),
        ("dense1/weight[0]", 1, r"has the shape \(2, 2\)"),
        ("dense1/weight[0, 2]", 1, r"has the shape \(2, 2\)"),
        ("dense1/weight[0, -1]", 1, "counted from 0"),
        ("dense1/z[0, 0]", 1, "is not known"),
        ("dense1/weight[0, 0]", 0, "depth must be a whole number at least 1"),
    ],
)
def test_what_cannot_be_followed(number: str, depth: int, message: str) -> None:
    with pytest.raises(cr.ChainruleError, match=message):
        two_layers().follow(number, depth)

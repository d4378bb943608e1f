"""Explanations of networks for images, text and sequences: numbers, formulae, what is followed, and how images print."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.explain.step.quantities import planes_of, planes_text

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(4)


def images(**how: Any) -> tuple[cr.Network, cr.Explanation]:
    layers = (
        cr.Conv2D(2, 3, padding="same", activation="relu"),
        cr.MaxPool2D(2),
        cr.BatchNorm(),
        cr.Conv2D(3, (2, 1), stride=(1, 2), dilation=(2, 1)),
        cr.AvgPool2D(2, padding="same"),
        cr.Flatten(),
        cr.Dense(2),
    )
    net = cr.Network(*layers).build((6, 7, 1), seed=1, dtype="float64")
    return net, net.explain(RNG.normal(size=(3, 6, 7, 1)), [0, 1, 0], loss="cross_entropy", **how)


def sequences(**how: Any) -> tuple[cr.Network, cr.Explanation]:
    layers = (
        cr.Embedding(6, 3, padding_id=0),
        cr.Conv1D(3, 3, stride=2, padding=1, activation="tanh"),
        cr.LayerNorm(eps=0.1),
        cr.MaxPool1D(2, stride=1),
        cr.Concatenate(cr.GlobalMaxPool(), [cr.AvgPool1D(2), cr.GlobalAveragePool()]),
        cr.Dense(2),
    )
    net = cr.Network(*layers).build(7, seed=2, dtype="float64")
    tokens = np.array([[1, 2, 3, 3, 5, 0, 0], [4, 0, 0, 0, 0, 0, 0], [5, 1, 1, 2, 4, 4, 3]])
    return net, net.explain(tokens, [0, 1, 1], loss="cross_entropy", **how)


NETWORKS = {"images": images, "sequences": sequences}


@pytest.mark.parametrize("name", NETWORKS)
def test_its_gradients_agree_with_differences(name: str) -> None:
    net, explanation = NETWORKS[name](l2=0.01)
    assert explanation.check is not None
    assert explanation.check.ok
    assert {f"{name}/gradient" for name in net.params} <= set(explanation.names())


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_followed_adds_up(name: str) -> None:
    """Each number of each gradient is the sum of its products,."""
    _, explanation = NETWORKS[name]()
    followed = [name for name in explanation.names() if name.endswith(("/gradient", "/delta"))]
    for quantity in followed:
        value = explanation[quantity]
        for index in [*np.ndindex(value.shape)][:: max(1, value.size // 20)]:
            found = explanation.follow(f"{quantity}{list(index)}")
            total = math.fsum(path.value for path in found.paths)
            assert total == pytest.approx(value[index], rel=1e-9, abs=1e-14), (quantity, index)


def test_the_paths_of_a_kernel_are_the_pixels_under_it() -> None:
    """∂L/∂W[i, j, c, f] = Σ x · δ over rows and places, where there is a pixel."""
    _, explanation = images()
    x, delta = explanation["x"], explanation["conv2d1/delta"]
    wanted = {
        f"x[{n}, {h}, {w}, 0] · δ[conv2d1][{n}, {h + 1}, {w}, 1]": x[n, h, w, 0] * delta[n, h + 1, w, 1]
        for n in range(3)
        for h in range(5)
        for w in range(7)
    }
    paths = explanation.follow("conv2d1/weight[0, 1, 0, 1]").paths
    found = {" · ".join(factor.label for factor in path.factors): path.value for path in paths}
    named = {label: value for label, value in found.items() if label.startswith("x[")}
    assert named.keys() == wanted.keys()
    assert all(named[label] == pytest.approx(wanted[label], rel=1e-12) for label in wanted)
    assert all(value == 0.0 for label, value in found.items() if label not in named)


def test_the_paths_of_a_row_of_a_table_are_the_places_of_its_token() -> None:
    _, explanation = sequences()
    delta = explanation["embedding1/a/gradient"][:, :, 1]
    paths = explanation.follow("embedding1/weight[3, 1]").paths
    labels = [factor.label for path in paths for factor in path.factors if "∂L/∂a" in factor.label]
    assert labels == [f"∂L/∂a[embedding1][{row}, {step}, 1]" for row, step in ((0, 2), (0, 3), (2, 6))]
    assert explanation["embedding1/weight/gradient"][3, 1] == pytest.approx(delta[0, 2] + delta[0, 3] + delta[2, 6])
    assert str(explanation.follow("embedding1/weight[0, 1]")).startswith("∂L/∂W[embedding1] at [0, 1] = 0")


def test_the_formulae() -> None:
    lines = {quantity.name: f"{quantity.symbol} = {quantity.formula}" for quantity in images()[1]}
    assert lines["conv2d2/z"] == (
        "z[conv2d2] = windows(a[batchnorm1]) W + b, with a window for each place of the kernel"
    )
    assert lines["maxpool2d1/a"] == "a[maxpool2d1] = the largest of each window of a[conv2d1]"
    assert lines["conv2d2/weight/gradient"] == "∂L/∂W[conv2d2] = windows(a[batchnorm1])ᵀ δ"
    assert lines["batchnorm1/a/gradient"] == (
        "∂L/∂a[batchnorm1] = fold(δ[conv2d2] W[conv2d2]ᵀ), which adds the windows up where they overlap"
    )
    text = {quantity.name: f"{quantity.symbol} = {quantity.formula}" for quantity in sequences()[1]}
    assert text["concatenate1/globalmaxpool1/a"].endswith("= the largest of a[maxpool1d1] over its real steps")
    unmasked = (
        cr.Network(cr.Embedding(3, 2), cr.GlobalAveragePool()).build(4).explain([[0, 1, 2, 0]], [[1, 0]], loss="huber")
    )
    assert [each.formula for each in unmasked if each.name == "globalaveragepool1/a"] == [
        "the mean of a[embedding1] over its places"
    ]
    assert text["embedding1/a"] == "a[embedding1] = the rows of W that x names"


def test_the_gradient_behind_a_batch_norm_is_what_its_formula_says() -> None:
    """(h − the mean of h − x̂ ⊙ the mean of h ⊙ x̂) / √(σ² + ε), with h = ∂L/∂a ⊙ scale."""
    net, explanation = images()
    g, x = explanation["batchnorm1/a/gradient"], explanation["maxpool2d1/a"]
    axes, root = (0, 1, 2), np.sqrt(x.var((0, 1, 2)) + 1e-5)
    h, normal = g * net.params["batchnorm1/scale"], (x - x.mean(axes)) / root
    wanted = (h - h.mean(axes) - normal * (h * normal).mean(axes)) / root
    np.testing.assert_allclose(explanation["maxpool2d1/a/gradient"], wanted, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(explanation["batchnorm1/scale/gradient"], (g * normal).sum(axes), rtol=1e-8)


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_a_page_and_latex_too(name: str) -> None:
    _, explanation = NETWORKS[name]()
    assert "conv" in explanation.to_html()
    assert r"\text{windows}" in explanation.to_latex() or r"\operatorname{windows}" in explanation.to_latex()


def test_a_larger_network_is_a_page_too() -> None:
    """Behind a normalisation every number is made of all of the batch: these are not followed product by product."""
    layers = [cr.Conv2D(4, 3, bias=False), cr.BatchNorm(), cr.Activation("relu"), cr.Residual(cr.BatchNorm())]
    net = cr.Network(*layers, cr.MaxPool2D(2), cr.Flatten(), cr.Dense(10)).build((20, 20, 1))
    explanation = net.explain(RNG.normal(size=(4, 20, 20, 1)), [0, 1, 2, 9], loss="cross_entropy")
    assert len(explanation.to_html()) < 2_000_000


def test_images_print_as_matrices_side_by_side() -> None:
    value = np.arange(2 * 2 * 3 * 2, dtype=np.float64).reshape(2, 2, 3, 2)
    assert planes_text(*planes_of(value, 3)).splitlines() == [
        "[0, :, :, 0]     [0, :, :, 1]     [1, :, :, 0]     [1, :, :, 1]",
        "[[ 0.  2.  4.]   [[ 1.  3.  5.]   [[12. 14. 16.]   [[13. 15. 17.]",
        " [ 6.  8. 10.]]   [ 7.  9. 11.]]   [18. 20. 22.]]   [19. 21. 23.]]",
    ]
    kernel = planes_text(*planes_of(np.ones((3, 3, 5, 4)), 2)).splitlines()
    assert kernel[0].startswith("[:, :, 0, 0]  [:, :, 0, 1]")
    assert kernel[-1] == "and 12 more"

"""The plane and the surface: on a quadratic all is known, and with two parameters nothing is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import chainrule as cr
from chainrule.comparison.surface import main_plane, measure_surface
from training.descent import data, network

Array = NDArray[Any]


@pytest.fixture
def line() -> tuple[cr.Comparison, Array, Array]:
    """Linear regression on two features, without a bias: two parameters."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(40, 2)) @ np.array([[2.0, 0.3], [0.0, 0.5]])
    y = X @ np.array([1.0, -2.0]) + 0.1 * generator.normal(size=40)
    net = cr.Network(cr.Dense(1, bias=False)).build(2, dtype="float64")
    options: dict[str, Any] = {"loss": "squared_error", "optimizer": cr.SGD(0.05), "epochs": 8, "l2": 0.01}
    return cr.compare(net, X, y, batch_sizes=(1, 8, "full"), **options), X, y


def test_the_surface_of_a_linear_regression_is_the_quadratic_that_it_is(line: Any) -> None:
    found, X, y = line
    surface = found.surface(9)
    assert surface.loss.shape == (9, 9)
    for i, beta in enumerate(surface.beta):
        for j, alpha in enumerate(surface.alpha):
            w = surface.plane.point(alpha, beta)
            exact = 0.5 * ((y - X @ w) ** 2).mean() + 0.5 * 0.01 * (w**2).sum()
            assert surface.loss[i, j] == pytest.approx(exact, rel=1e-10)


def test_two_parameters_lie_in_the_plane_and_paths_give_them_back(line: Any) -> None:
    found, _, _ = line
    surface = found.surface(3)
    assert sum(surface.plane.shares) == pytest.approx(1.0)
    for run in found.runs:
        back = surface.plane.origin + surface.paths[run.label] @ surface.plane.directions
        np.testing.assert_allclose(back, run.path, atol=1e-12)
        assert surface.paths[run.label][0] == pytest.approx([0.0, 0.0], abs=1e-12)


def test_a_path_lies_on_the_surface_where_its_loss_was_measured(line: Any) -> None:
    found, _, _ = line
    plane = found.surface(3).plane
    for run in found.runs:
        assert len(run.places) == len(run.moments)
        for place, vector in zip(run.places, run.path, strict=True):
            at = plane.point(*plane.shadow(vector))
            assert found.setting.loss(found.setting.arrays(at)) == pytest.approx(run.moments[place].loss, rel=1e-9)


def test_the_plane_is_the_nearest_of_all() -> None:
    """The share of the first two singular values, which no two other directions surpass."""
    generator = np.random.default_rng(1)
    origin = generator.normal(size=7)
    paths = [origin + generator.normal(size=(k, 7)) * np.arange(1, 8) for k in (5, 9)]
    plane = main_plane(origin, paths)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-12)
    offsets = np.concatenate(paths) - origin
    total = (offsets**2).sum()
    eigenvalues = np.linalg.eigvalsh(offsets.T @ offsets)[::-1]
    assert plane.shares == pytest.approx(eigenvalues[:2] / total)
    assert (plane.shadow(offsets + origin) ** 2).sum() / total == pytest.approx(sum(plane.shares))
    for _ in range(100):
        other, _ = np.linalg.qr(generator.normal(size=(7, 2)))
        assert ((offsets @ other) ** 2).sum() / total < sum(plane.shares)


def test_the_ends_lie_on_the_positive_side_and_all_points_within_the_rectangle() -> None:
    generator = np.random.default_rng(2)
    for _ in range(20):
        origin = generator.normal(size=4)
        paths = {"1": origin + generator.normal(size=(6, 4)).cumsum(axis=0), "full": origin + np.zeros((1, 4))}
        surface = measure_surface(main_plane(origin, list(paths.values())), paths, lambda vector: 0.0, 5)
        assert (surface.paths["1"][-1] >= 0).all()
        points = np.concatenate(list(surface.paths.values()))
        assert (points > [surface.alpha[0], surface.beta[0]]).all()
        assert (points < [surface.alpha[-1], surface.beta[-1]]).all()


def test_runs_that_stand_still_have_a_surface_all_the_same() -> None:
    X, y = data(20)
    found = cr.compare(network(), X, y, batch_sizes=(5,), loss="squared_error", optimizer=cr.SGD(0.0), epochs=1)
    surface = found.surface(3)
    assert np.isfinite(surface.loss).all()
    assert surface.loss[1, 1] == pytest.approx(found.runs[0].loss[0], rel=1e-6)


def test_a_single_parameter_has_no_plane() -> None:
    X, y = data(20, features=1, outputs=1)
    found = cr.compare(cr.Network(cr.Dense(1, bias=False)), X, y, batch_sizes=(1, 4), loss="squared_error", epochs=1)
    with pytest.raises(cr.ArgumentError, match="single one"):
        found.surface()
    assert found.plot().axes


@pytest.mark.parametrize("size", [1, 2.5, "many"])
def test_a_wrong_size(line: Any, size: Any) -> None:
    with pytest.raises(cr.ArgumentError, match="size must be a whole number"):
        line[0].surface(size)


def test_frozen_parameters_stay_where_they_are() -> None:
    X, y = data(20)
    frozen = cr.Dense(5, activation="tanh", trainable=False)
    net = cr.Network(frozen, cr.Dense(2)).build(3)
    before = net.params["dense1/weight"].copy()
    found = cr.compare(net, X, y, batch_sizes=(5,), loss="squared_error", epochs=2)
    assert found.setting.names == ["dense2/weight", "dense2/bias"]
    assert found.runs[0].path.shape[1] == found.setting.size == 12
    moved = found.setting.arrays(found.surface(2).plane.point(1.0, 1.0))
    np.testing.assert_array_equal(moved["params/dense1/weight"], before)

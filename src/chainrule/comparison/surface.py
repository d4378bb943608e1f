"""The loss over the plane in which the descents run: two directions through the common start.

With θ₀ the parameters at which all runs begin, and θ those that were recorded of any run, the rows θ − θ₀ form a matrix
A = U S Vᵀ. The first two rows of Vᵀ are the directions d₁ and d₂: no other plane through θ₀ is nearer to all rows, in
squares. s₁² + s₂² over Σ s² is the share of the squared distances from θ₀ that lies within it. The surface is

    L(θ₀ + α d₁ + β d₂),

and a run is drawn at α = d₁·(θ − θ₀), β = d₂·(θ − θ₀), which is its shadow: the loss at the shadow is not the loss of the run
unless the plane holds everything.

Sources: Li, Xu, Taylor, Studer, Goldstein, "Visualizing the loss landscape of neural nets", NeurIPS 2018, section 7 (there the
plane goes through the end of one run). Lorch, "Visualizing deep network training trajectories with PCA", ICML workshop on
visualization for deep learning, 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_MARGIN = 0.2  # of the extent of the paths, on each side
RATIO = 1.8  # of the width of a surface to its height


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane through `origin`, along two directions of length 1 that are at right angles: an array of shape (2, P).

    `shares` are the parts of the squared distances from the origin that lie along them.
    """

    origin: Numbers
    directions: Numbers
    shares: tuple[float, float]

    def shadow(self, vectors: NDArray[np.floating]) -> Numbers:
        """The coordinates (α, β) of the nearest points of the plane: an array of shape (k, 2)."""
        coordinates: Numbers = (vectors - self.origin) @ self.directions.T
        return coordinates

    def point(self, alpha: float, beta: float) -> Numbers:
        """The parameters at a place of the plane."""
        point: Numbers = self.origin + alpha * self.directions[0] + beta * self.directions[1]
        return point


@dataclass(frozen=True, eq=False)
class Surface:
    """The loss on a grid over the plane: `loss[i, j]` is that at α = `alpha[j]` and β = `beta[i]`.

    `paths` holds the shadow of each run by its label, an array of shape (k, 2); all begin at (0, 0).
    """

    plane: Plane
    alpha: Numbers
    beta: Numbers
    loss: Numbers
    paths: Mapping[str, Numbers]


def main_plane(origin: Numbers, paths: Sequence[NDArray[np.floating]]) -> Plane:
    """The plane through the origin that is nearest to the points of all paths, found by a singular value decomposition.

    The signs of the directions are such that the end of the first path that moves along them lies at a positive place.

    >>> plane = main_plane(np.zeros(3), [np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [3.0, 1.0, 0.0]])])
    >>> (plane.shadow(np.array([3.0, 0.0, 0.0])) @ plane.directions).round(6) + 0.0
    array([3., 0., 0.])
    """
    offsets = np.concatenate([path - origin for path in paths])
    _, sizes, directions = np.linalg.svd(offsets, full_matrices=False)
    directions = directions[:2].copy()
    for i, direction in enumerate(directions):
        ends = [float((path[-1] - origin) @ direction) for path in paths]
        first = next((end for end in ends if abs(end) > 1e-9 * max(map(abs, ends))), 1.0)
        directions[i] = direction * np.sign(first)
    squares = sizes**2
    total = float(squares.sum()) or 1.0
    return Plane(origin, directions, (float(squares[0]) / total, float(squares[1]) / total))


def measure_surface(
    plane: Plane,
    paths: Mapping[str, NDArray[np.floating]],
    loss: Callable[[Numbers], float],
    size: int,
    watch: Callable[[float], object] = lambda share: None,
) -> Surface:
    """The loss at `size` × `size` places, on a rectangle around all paths; `watch` is told the share that is done."""
    shadows = {label: plane.shadow(path) for label, path in paths.items()}
    alpha, beta = _axes(np.concatenate(list(shadows.values())), size)
    values = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            values[i, j] = loss(plane.point(float(alpha[j]), float(beta[i])))
        watch((i + 1) / size)
    return Surface(plane, alpha, beta, values, shadows)


def _axes(points: Numbers, size: int) -> tuple[Numbers, Numbers]:
    """Places along both directions, on a rectangle that reaches beyond all points."""
    low, high = points.min(axis=0), points.max(axis=0)
    width, height = (high - low) * (1.0 + 2.0 * _MARGIN)
    width = max(width, RATIO * height) or 1.0
    across, up = (np.linspace(-0.5, 0.5, size) * extent for extent in (width, width / RATIO))
    return (low + high)[0] / 2 + across, (low + high)[1] / 2 + up

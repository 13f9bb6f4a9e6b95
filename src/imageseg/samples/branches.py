"""Trunks and branches: crooked lines that fork."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from imageseg.samples.blades import Blades, along_paths, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINTS = 40
"""Points along a branch: enough for it to look bent, not jointed."""

FORKS = 3
"""Times that a tree forks before its twigs."""

TAPER = 0.4
"""Width of a branch at its end, as a share of that at its foot."""

SIDE_WIDTH = 0.6
"""Width of a side branch, as a share of what it leaves."""

LEAFY = (14, 20, 26, 33, POINTS - 1)
"""Points of a last branch from which twigs with leaves sprout."""

THINNEST = 1.7
"""Foot of the thinnest twig in pixels; light round narrower ones drowns them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shoots:
    """Where n branches start.

    Attributes
    ----------
    start
        (n, 2), row and column.
    heading
        (n,), in radians.
    width
        (n,), at the foot, in pixels.
    """

    start: NDArray[np.float32]
    heading: NDArray[np.float32]
    width: NDArray[np.float32]


def grow_tree(
    trunk: Shoots, length: float, rng: np.random.Generator
) -> tuple[list[Blades], Shoots]:
    """Return the limbs of a tree, thinnest first, and where leaves sprout."""
    shoots, limbs = trunk, []
    for fork in range(FORKS + 1):
        path, bearing, width = _limbs(shoots, length, rng)
        limbs.append(along_paths(path, width))
        if fork < FORKS:
            shoots = _side_shoots(path, bearing, width, 5 + fork, rng)
            length *= 0.55
    return limbs[::-1], _buds(path, bearing, width)


def _limbs(
    shoots: Shoots, length: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return paths (n, POINTS, 2), bearings and widths (n, POINTS)."""
    n = len(shoots.heading)
    kinks = rng.standard_normal((n, POINTS), np.float32) * 0.07
    sweep = rng.standard_normal((n, 1), np.float32) * 0.5 / POINTS
    bearing = shoots.heading[:, None] + np.cumsum(kinks + sweep, axis=1)
    stride = length * rng.lognormal(0, 0.25, (n, 1)) / POINTS
    steps = np.cumsum(unit(bearing) * stride[..., None], axis=1)
    steps -= steps[:, :1]  # the foot is the first point
    path = (shoots.start[:, None] + steps).astype(np.float32)
    width = shoots.width[:, None] * np.linspace(1, TAPER, POINTS, dtype=np.float32)
    return path, bearing, width


def _side_shoots(
    path: NDArray[np.float32],
    bearing: NDArray[np.float32],
    width: NDArray[np.float32],
    count: int,
    rng: np.random.Generator,
) -> Shoots:
    """Return `count` shoots on each branch; the last one goes on at its end."""
    n = len(path)
    at = rng.integers(POINTS // 4, POINTS, (n, count))
    side = np.where(np.arange(count) % 2, 1, -1)
    turn = side * rng.uniform(0.35, 1.0, (n, count))
    share = np.full(count, SIDE_WIDTH, np.float32)
    at[:, -1], turn[:, -1], share[-1] = POINTS - 1, 0.3 * turn[:, -1], 1
    row = np.arange(n)[:, None]
    return Shoots(
        start=path[row, at].reshape(-1, 2),
        heading=(bearing[row, at] + turn).ravel().astype(np.float32),
        width=np.maximum(width[row, at] * share, THINNEST).ravel(),
    )


def _buds(
    path: NDArray[np.float32],
    bearing: NDArray[np.float32],
    width: NDArray[np.float32],
) -> Shoots:
    """Return where leafy twigs sprout: to both sides in turn, and one at the end."""
    at = list(LEAFY)
    turn = 0.8 * np.array([1, -1, 1, -1, 0], np.float32)
    return Shoots(
        start=path[:, at].reshape(-1, 2),
        heading=(bearing[:, at] + turn).ravel(),
        width=width[:, at].ravel(),
    )

"""Leaves on twigs: how they grow and where they hang."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from imageseg.samples.blades import Blades, along_paths, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAF_FILL = 0.37
"""Area of a leaf over length times width: its outline, its tilt, its age."""

SMALLEST_LEAF = 2.5
"""In pixels; below that it is no leaf but noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How one kind of foliage grows.

    Attributes
    ----------
    leaf
        Length of a leaf in pixels.
    slender
        Width of a leaf over its length.
    count
        Leaves on a twig.
    spacing
        Distance between leaves along the twig, in leaf lengths.
    splay
        Angle between leaf and twig in radians.
    disorder
        Scatter of that angle.
    curl
        Scatter of how far a twig turns along its length, in radians.
    twig
        Width of the twig in pixels.
    tilt
        Narrowest and widest view of a leaf; one seen edge-on is narrow.
    """

    leaf: float
    slender: float = 0.45
    count: int = 12
    spacing: float = 0.3
    splay: float = 0.9
    disorder: float = 0.45
    curl: float = 0.7
    twig: float = 1.0
    tilt: tuple[float, float] = (0.3, 1.1)

    @property
    def spray_area(self) -> float:
        """About how many pixels the leaves of one twig hide."""
        return LEAF_FILL * self.count * self.slender * self.leaf**2

    def scaled(self, factor: float) -> Self:
        """Return the same plant in a picture so many times larger."""
        leaf = max(self.leaf * factor, SMALLEST_LEAF)
        return replace(self, leaf=leaf, twig=max(self.twig * factor, 0.8))


def grow(
    habit: Habit,
    anchors: NDArray[np.float32],
    headings: NDArray[np.float32],
    rng: np.random.Generator,
) -> tuple[Blades, Blades]:
    """Return the twigs that start at `anchors` (n, 2) and the leaves on them."""
    n, m = len(headings), habit.count
    size = habit.leaf * rng.lognormal(0, 0.22, (n, 1)).astype(np.float32)
    along = np.linspace(0, 1, m, dtype=np.float32)
    turn = habit.curl * rng.standard_normal((n, 1), np.float32)
    heading = headings[:, None] + turn * along
    steps = unit(heading) * (habit.spacing * size)[..., None]
    path = anchors[:, None] + np.cumsum(steps, axis=1)
    taper = np.broadcast_to(habit.twig * (1.2 - 0.6 * along), (n, m))
    leaves = _hang(habit, path, heading, size * (1.1 - 0.4 * along**2), rng)
    return along_paths(path, taper), leaves


def _hang(
    habit: Habit,
    path: NDArray[np.float32],
    heading: NDArray[np.float32],
    size: NDArray[np.float32],
    rng: np.random.Generator,
) -> Blades:
    """Return one leaf for each point of the twigs, to the left and right in turn."""
    n, m = heading.shape
    side = np.where(np.arange(m) % 2, 1, -1) * (np.arange(m) < m - 1)
    wobble = habit.disorder * rng.standard_normal((n, m), np.float32)
    angle = (heading + side * habit.splay + wobble).astype(np.float32)
    # a leaf that points at the camera is short
    shortest = 1 - habit.disorder
    length = size * rng.uniform(max(shortest, 0.6), 1.1, (n, m)).astype(np.float32)
    width = habit.slender * size * rng.uniform(*habit.tilt, (n, m)).astype(np.float32)
    centre = path + unit(angle) * (0.52 * length)[..., None]
    return Blades(
        centre=centre.reshape(-1, 2),
        angle=angle.ravel(),
        length=length.ravel(),
        width=width.ravel(),
        bend=0.08 * rng.standard_normal(n * m, np.float32),
        family=np.repeat(np.arange(n, dtype=np.int32), m),
    )

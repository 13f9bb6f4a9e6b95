"""The image circle of a fisheye lens: centre, radius, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError
from imageseg.geometry import Circle
from imageseg.preparation.region import THRESHOLD, luminance

Points = NDArray[np.float64]
"""(N, 2) as (y, x)."""

_RAYS = 720
_SECTORS = 180
_TRIALS = 2000
_LEAST_COVERAGE = 0.15
_RISE = 8  # px from the frame to full brightness, for rims a lens has blurred too
_CHUNK = 100


@dataclass(frozen=True, slots=True)
class CircleFit:
    """A circle and how well it follows the rim of a photograph.

    Attributes
    ----------
    circle
        Centre and radius.
    residual
        Root mean square distance of the rim's points from the circle, px.
    coverage
        Share of all directions in which the rim lies on the circle, 0 to 1: dark
        leaves at the rim, stray light and a cut circle make it less.
    """

    circle: Circle
    residual: float
    coverage: float


def fit_circle(
    image: NDArray[Any] | Path | str, *, threshold: float = THRESHOLD
) -> CircleFit:
    """Find the image circle of a photograph with a dark frame.

    Rays run from the outside to the middle; each finds where brightness rises
    from the frame halfway to the light behind it. Of many circles through three
    of these points the one that most points follow is taken (RANSAC, Fischler &
    Bolles 1981, doi:10.1145/358669.358692), then fitted to its followers by
    least distances.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C), or a file of one.
    threshold
        How much brighter than the frame the rim must be, in levels of 255.

    Raises
    ------
    SettingsError
        Too little of a rim is found.
    """
    levels = luminance(image)
    points = _rim_points(levels, threshold)
    tolerance = max(1.5, 0.003 * min(levels.shape))
    circle = _consensus(points, tolerance, levels.shape)
    for reach in (2 * tolerance, tolerance):  # the first fit may just miss some
        circle = _least_distances(_near(points, circle, reach), circle)
    rim = _near(points, circle, tolerance)
    coverage = _coverage(rim, circle)
    if coverage < _LEAST_COVERAGE:
        raise _no_circle(coverage)
    residual = float(np.sqrt(np.mean(_distances(rim, circle) ** 2)))
    return CircleFit(circle, residual, coverage)


def _rim_points(levels: NDArray[np.float32], threshold: float) -> Points:
    """Return the outermost rise of brightness on every ray that begins in the frame."""
    from scipy.ndimage import map_coordinates  # noqa: PLC0415  heavy

    centre = (np.array(levels.shape) - 1) / 2
    frame = _frame_level(levels)
    points = []
    for angle in np.arange(_RAYS) * (2 * np.pi / _RAYS):
        direction = np.array([np.sin(angle), np.cos(angle)])
        reach = np.min(centre / np.maximum(np.abs(direction), 1e-9))
        radii = np.arange(int(reach), 0.0, -1.0)  # from the outside
        ray = centre[:, None] + direction[:, None] * radii
        profile = map_coordinates(levels, ray, order=1, mode="nearest") - frame
        place = _first_rise(profile, threshold)
        if place is not None:
            points.append(centre + direction * (radii[0] - place))
    return np.reshape(points, (-1, 2))


def _frame_level(levels: NDArray[np.float32]) -> float:
    """Return how bright the frame is: as the darkest corner, stray light adds."""
    side = max(2, min(levels.shape) // 32)
    ends = slice(None, side), slice(-side, None)
    return min(float(np.median(levels[y, x])) for y in ends for x in ends)


def _first_rise(profile: NDArray[np.float32], threshold: float) -> float | None:
    """Return where a profile first passes half of the brightness behind its rise."""
    bright = profile >= threshold
    start = int(bright.argmax())
    if not bright.any() or start == 0:  # dark all along, or cut by the image's edge
        return None
    half = profile[start : start + _RISE].max() / 2
    after = start - 1 + int((profile[start - 1 :] >= half).argmax())
    low, high = profile[after - 1], profile[after]
    return after - 1 + float((half - low) / (high - low)) if high > low else after


def _consensus(points: Points, tolerance: float, shape: tuple[int, ...]) -> Circle:
    """Return the circle through three points that most others follow."""
    if len(points) < 3:
        raise _no_circle(len(points) / _RAYS)
    rng = np.random.default_rng(0)  # the same photograph gives the same circle
    triples = points[rng.integers(0, len(points), (_TRIALS, 3))]
    candidates = _through(triples)
    y, x, radius = candidates.T
    longest = max(shape)
    sensible = (radius > 0.2 * min(shape)) & (radius < longest)
    sensible &= (y > 0) & (y < shape[0]) & (x > 0) & (x < shape[1])
    candidates = candidates[sensible]
    if not len(candidates):
        raise _no_circle(0.0)
    votes = np.concatenate(
        [
            _votes(points, candidates[i : i + _CHUNK], tolerance)
            for i in range(0, len(candidates), _CHUNK)
        ]
    )
    return Circle(*map(float, candidates[votes.argmax()]))


def _through(triples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, 3) circles (y, x, radius) through (N, 3, 2) points.

    The centre is equally far from all three: two linear equations.
    """
    first = triples[:, 0]
    a, b = (triples[:, i] - first for i in (1, 2))
    doubled = 2 * (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    with np.errstate(divide="ignore", invalid="ignore"):  # points on a line
        aa, bb = (a**2).sum(1), (b**2).sum(1)
        y = (aa * b[:, 1] - bb * a[:, 1]) / doubled
        x = (bb * a[:, 0] - aa * b[:, 0]) / doubled
    return np.stack([y + first[:, 0], x + first[:, 1], np.hypot(y, x)], axis=1)


def _votes(
    points: Points, circles: NDArray[np.float64], tolerance: float
) -> NDArray[np.intp]:
    """Count the points on each circle, less those outside: light belongs inside."""
    y, x, radius = (circles[:, i, None] for i in range(3))
    away = np.hypot(points[:, 0] - y, points[:, 1] - x) - radius
    near = np.count_nonzero(np.abs(away) <= tolerance, axis=1)
    return np.asarray(near - np.count_nonzero(away > tolerance, axis=1))


def _near(points: Points, circle: Circle, reach: float) -> Points:
    return points[np.abs(_distances(points, circle)) <= reach]


def _distances(points: Points, circle: Circle) -> NDArray[np.float64]:
    y, x = points.T
    return np.asarray(np.hypot(y - circle.y, x - circle.x) - circle.radius)


def _least_distances(points: Points, start: Circle) -> Circle:
    """Fit a circle; far points count less (soft L1)."""
    from scipy.optimize import least_squares  # noqa: PLC0415  heavy

    found = least_squares(
        lambda p: np.hypot(points[:, 0] - p[0], points[:, 1] - p[1]) - p[2],
        (start.y, start.x, start.radius),
        loss="soft_l1",
        f_scale=0.5,
    )
    return Circle(*map(float, found.x))


def _coverage(rim: Points, circle: Circle) -> float:
    """Return the share of all directions from the centre in which the rim is seen."""
    angles = np.arctan2(rim[:, 0] - circle.y, rim[:, 1] - circle.x)
    sectors = np.floor(angles * (_SECTORS / (2 * np.pi))).astype(int) % _SECTORS
    return len(np.unique(sectors)) / _SECTORS


def _no_circle(coverage: float) -> SettingsError:
    return SettingsError(
        "image circle",
        "auto",
        f"given by hand, or a box used: only {coverage:.0%} of the rim of a circle is "
        "found between a dark frame and the picture",
    )

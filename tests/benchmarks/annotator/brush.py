"""Thin brush strokes that follow a class of a known mask, as a person paints them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

Mask = NDArray[np.uint8]
Where = NDArray[np.bool_]
Place = tuple[int, int]

_TURNS = np.deg2rad([0, 20, -20, 45, -45, 70, -70, 100, -100])
_ENDLESS = 1e3  # depth of a class that fills the image


@dataclass(frozen=True, slots=True)
class Brush:
    """Sizes in pixels.

    Attributes
    ----------
    width
        Of the paint.
    length
        Of a stroke; at most 0.3 of the image's shorter side.
    margin
        Paint stays this far from the border of its class where that is wide enough.
    """

    width: float = 5.0
    length: int = 60
    margin: float = 2.0

    @property
    def room(self) -> float:
        """Depth at which a whole brush keeps its margin."""
        return self.width / 2 + self.margin


class Canvas:
    """A class of a mask, and the strokes that are painted in it.

    Parameters
    ----------
    inside
        The class.
    brush
        What is painted with.
    rng
        Decides where strokes wander.
    """

    def __init__(self, inside: Where, brush: Brush, rng: np.random.Generator) -> None:
        self.inside, self.depth = inside, depth_of(inside)
        self._brush, self._rng = brush, rng

    def paint(
        self, labels: Mask, value: int, start: Place, stay: Where | None = None
    ) -> None:
        """Paint one stroke from `start`, all of it inside the class.

        Parameters
        ----------
        labels
            Painted on.
        value
            What is written.
        start
            Where the stroke begins.
        stay
            Part of the class that the middle of the brush does not leave.
        """
        brush, depth = self._brush, self.depth
        need = min(self.needed_depth(), float(depth[start]))
        allowed = depth >= (need if need >= brush.room else 1.0)
        if stay is not None:
            allowed &= stay
        allowed[start] = True
        steps = min(brush.length, int(0.3 * min(labels.shape)))
        path = list(walk(allowed, np.minimum(depth, need), start, steps, self._rng))
        line = np.zeros(labels.shape, bool)
        line[tuple(np.array(path).T)] = True
        near = ndi.distance_transform_edt(~line) <= brush.width / 2
        keep = depth > min(brush.margin, need / 2) if need > 1 else self.inside
        labels[near & self.inside & (keep | line)] = value

    def needed_depth(self) -> float:
        """Return how deep the middle of a stroke runs: less where the class is thin."""
        need, depth = self._brush.room, self.depth
        enough = max(3 * self._brush.length, 0.1 * (depth > 0).sum())
        while need > 1 and (depth >= need).sum() < enough:
            need *= 0.8
        return max(1.0, min(need, float(depth.max())))

    def start_apart(self, earlier: list[Place]) -> Place:
        """Return the one of twelve random places that is farthest from earlier ones."""
        ys, xs = np.nonzero(self.depth >= self.needed_depth())
        pick = self._rng.integers(len(ys), size=12)
        places = np.stack([ys[pick], xs[pick]], 1)
        if earlier:
            apart = places[:, None] - np.array(earlier)[None]
            gaps = np.linalg.norm(apart, axis=2).min(1)
            places = places[np.argsort(-gaps, kind="stable")]
        return int(places[0][0]), int(places[0][1])


def depth_of(inside: Where) -> NDArray[np.float64]:
    """Return the distance to the border of a class; the image's edge is none."""
    if inside.all():
        return np.full(inside.shape, _ENDLESS)
    depth: NDArray[np.float64] = ndi.distance_transform_edt(inside)
    return depth


def walk(
    allowed: Where,
    ridge: NDArray[np.float64],
    start: Place,
    steps: int,
    rng: np.random.Generator,
) -> Iterator[Place]:
    """Walk with a slowly turning heading, along a ridge, until there is no way on."""
    y, x = float(start[0]), float(start[1])
    heading = _first_heading(allowed, start, rng)
    yield start
    for _ in range(steps):
        heading += rng.normal(0, 0.15)
        ways = heading + _TURNS
        places = np.stack([y + np.sin(ways), x + np.cos(ways)], 1)
        rounded = np.round(places).astype(int)
        free = _free(allowed, rounded)
        if not free.any():
            return
        pixels = tuple(rounded[free].T)
        scores = np.full(len(ways), -np.inf)
        scores[free] = ridge[pixels] - 0.8 * np.abs(_TURNS[free])
        best = int(scores.argmax())
        (y, x), heading = places[best], ways[best]
        yield int(rounded[best][0]), int(rounded[best][1])


def _first_heading(allowed: Where, start: Place, rng: np.random.Generator) -> float:
    """Of eight directions, return the one with the longest way: people follow it."""
    angles = rng.uniform(0, 2 * np.pi) + np.arange(8) * np.pi / 4
    far = np.arange(1, 16)[None, :, None]
    ways = np.stack([np.sin(angles), np.cos(angles)], 1)[:, None]
    places = np.round(np.array(start) + far * ways).astype(int)
    free = _free(allowed, places.reshape(-1, 2)).reshape(8, 15)
    return float(angles[int(np.cumprod(free, axis=1).sum(1).argmax())])


def _free(allowed: Where, places: NDArray[Any]) -> Where:
    """Say which places lie in the image and are allowed."""
    within = ((places >= 0) & (places < allowed.shape)).all(1)
    free: Where = np.zeros(len(places), bool)
    free[within] = allowed[tuple(places[within].T)]
    return free

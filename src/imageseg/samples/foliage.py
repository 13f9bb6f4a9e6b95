"""Leaves on twigs: where they hang and which pixels they hide."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

CHUNK = 1_500_000
"""Pixels looked at together; more costs memory and is no faster."""

SIZE_STEP = 1.35
"""Leaves whose sizes lie within this factor share one box size."""


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
    """

    leaf: float
    slender: float = 0.42
    count: int = 12
    spacing: float = 0.3
    splay: float = 0.9
    disorder: float = 0.45
    curl: float = 0.7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leaves:
    """Many leaves, back to front; each array holds one value for each of them."""

    y: NDArray[np.float32]
    x: NDArray[np.float32]
    angle: NDArray[np.float32]
    length: NDArray[np.float32]
    width: NDArray[np.float32]
    bend: NDArray[np.float32]
    spray: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.y)

    def take(self, which: NDArray[np.intp]) -> Self:
        """Return those leaves alone, in that order."""
        return type(self)(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """What is seen at each pixel: a leaf's number (0 = sky) and which half of it."""

    owner: NDArray[np.int32]
    side: NDArray[np.float32]

    @classmethod
    def empty(cls, size: tuple[int, int]) -> Self:
        """Return open sky."""
        return cls(np.zeros(size, np.int32), np.zeros(size, np.float32))


def grow(
    habit: Habit,
    anchors: NDArray[np.float32],
    headings: NDArray[np.float32],
    rng: np.random.Generator,
) -> tuple[Leaves, NDArray[np.float32]]:
    """Return leaves on twigs that start at `anchors`, and the twigs' (n, m, 2) paths."""
    n, m = len(headings), habit.count
    size = habit.leaf * rng.lognormal(0, 0.22, (n, 1)).astype(np.float32)
    along = np.linspace(0, 1, m, dtype=np.float32)
    turn = habit.curl * rng.standard_normal((n, 1), np.float32)
    heading = headings[:, None] + turn * along
    steps = _unit(heading) * (habit.spacing * size)[..., None]
    path = anchors[:, None] + np.cumsum(steps, axis=1)
    return _hang(habit, path, heading, size * (1.1 - 0.4 * along), rng), path


def paint(canvas: Canvas, leaves: Leaves, first: int) -> None:
    """Paint leaves back to front, numbered from `first`."""
    height, width = canvas.owner.shape
    for which, box in _batches(leaves):
        batch = leaves.take(which)
        rows, cols, side, inside = _footprints(batch, box)
        inside &= (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
        owners = np.broadcast_to((which + first)[:, None, None], inside.shape)[inside]
        flat = (rows * width + cols)[inside]
        canvas.owner.ravel()[flat] = owners
        canvas.side.ravel()[flat] = side[inside]


def _unit(angle: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1)


def _hang(
    habit: Habit,
    path: NDArray[np.float32],
    heading: NDArray[np.float32],
    size: NDArray[np.float32],
    rng: np.random.Generator,
) -> Leaves:
    """Return one leaf for each point of the twigs, to the left and right in turn."""
    n, m = heading.shape
    side = np.where(np.arange(m) % 2, 1, -1) * (np.arange(m) < m - 1)
    wobble = habit.disorder * rng.standard_normal((n, m), np.float32)
    angle = (heading + side * habit.splay + wobble).astype(np.float32)
    # a leaf seen edge-on is narrow, one that points at the camera is short
    length = size * rng.uniform(0.6, 1.1, (n, m)).astype(np.float32)
    width = habit.slender * size * rng.uniform(0.3, 1.1, (n, m)).astype(np.float32)
    centre = path + _unit(angle) * (0.55 * length)[..., None]
    return Leaves(
        y=centre[..., 0].ravel(),
        x=centre[..., 1].ravel(),
        angle=angle.ravel(),
        length=length.ravel(),
        width=width.ravel(),
        bend=(0.3 * rng.standard_normal(n * m, np.float32)),
        spray=np.repeat(np.arange(n, dtype=np.int32), m),
    )


def _batches(leaves: Leaves) -> Iterator[tuple[NDArray[np.intp], int]]:
    """Yield leaves of about one size with the box that holds them, small ones first."""
    reach = np.maximum(leaves.length, leaves.width) * 1.1 + 2
    step = np.ceil(np.log(reach) / np.log(SIZE_STEP)).astype(int)
    for value in np.unique(step):
        which = np.flatnonzero(step == value)
        box = int(np.ceil(SIZE_STEP**value))
        per_chunk = max(CHUNK // box**2, 1)
        for start in range(0, len(which), per_chunk):
            yield which[start : start + per_chunk], box


def _footprints(
    leaves: Leaves, box: int
) -> tuple[
    NDArray[np.int32], NDArray[np.int32], NDArray[np.float32], NDArray[np.bool_]
]:
    """Return rows, columns, half of the leaf and membership of each leaf's box."""
    offset = np.arange(box, dtype=np.int32) - box // 2
    rows = np.rint(leaves.y).astype(np.int32)[:, None, None] + offset[:, None]
    cols = np.rint(leaves.x).astype(np.int32)[:, None, None] + offset
    dy = rows - leaves.y[:, None, None]
    dx = cols - leaves.x[:, None, None]
    sin, cos = (f(leaves.angle)[:, None, None] for f in (np.sin, np.cos))
    t = (dx * cos + dy * sin) / leaves.length[:, None, None] + 0.5
    across = (dy * cos - dx * sin) / leaves.length[:, None, None]
    across -= leaves.bend[:, None, None] * (t * (1 - t) - 0.125)
    on = np.clip(t, 0, 1)
    # round at the stalk, pointed at the tip, widest at a third of its length
    half = (1.3 * leaves.width / leaves.length)[:, None, None] * np.sqrt(on) * (1 - on)
    return rows, cols, np.sign(across), np.abs(across) < half

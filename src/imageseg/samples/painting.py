"""Which blade is seen at each pixel, and in what colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from imageseg.samples.blades import Blades

Shape = Literal["leaf", "stick"]

CHUNK = 1_000_000
"""Points painted together; more costs memory and is no faster."""

SIZE_STEP = 1.4
"""Blades whose sizes lie within this factor are sampled on one grid."""

SPACING = 0.7
"""Distance between sample points: below 1/√2 no pixel inside is missed."""

RELIEF = np.array([0.72, 0.8, 0.86, 0.9, 1.25, 1.12, 1.06, 1.02], np.float32)
"""Light across a blade, edge to edge: it is folded along its middle."""


class Painting:
    """A picture painted back to front with blades; where there are none, a hole."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        # one pixel wider all round: there lands what lies outside
        self._codes = np.zeros((size[0] + 2, size[1] + 2), np.int32)
        self._colours = [np.zeros((1, 3), np.float32)]
        self._next = 1

    @property
    def holes(self) -> NDArray[np.bool_]:
        """Where nothing was painted."""
        return np.asarray(self._codes[1:-1, 1:-1] == 0)

    @property
    def light(self) -> NDArray[np.float32]:
        """(Y, X, 3) light of what was painted, black in the holes."""
        owner, stripe = np.divmod(self._codes[1:-1, 1:-1], len(RELIEF))
        return np.concatenate(self._colours)[owner] * RELIEF[stripe][..., None]

    def add(self, blades: Blades, colours: NDArray[np.float32], shape: Shape) -> None:
        """Paint blades in (n, 3) colours of light over what is there."""
        height, width = self._codes.shape
        for which, n_along, n_across in _batches(blades):
            t, s = _middles(n_along), _middles(n_across)
            rows, cols = _points(blades.take(which), t, s, shape)
            np.clip(rows + 1, 0, height - 1, out=rows)
            np.clip(cols + 1, 0, width - 1, out=cols)
            owner = (which + self._next).astype(np.int32) * len(RELIEF)
            code = owner[:, None, None] + (s * len(RELIEF)).astype(np.int32)
            self._codes[rows, cols] = np.broadcast_to(code, rows.shape)
        self._colours.append(colours)
        self._next += len(blades)


def _batches(blades: Blades) -> Iterator[tuple[NDArray[np.intp], int, int]]:
    """Yield blades of about one size and the numbers of points along and across."""
    steps = np.stack([_size_step(blades.length), _size_step(blades.width)], axis=1)
    for along, across in np.unique(steps, axis=0).tolist():
        which = np.flatnonzero((steps == (along, across)).all(axis=1))
        n_along, n_across = int(SIZE_STEP**along) + 1, int(SIZE_STEP**across) + 1
        per_chunk = max(CHUNK // (n_along * n_across), 1)
        for start in range(0, len(which), per_chunk):
            yield which[start : start + per_chunk], n_along, n_across


def _middles(n: int) -> NDArray[np.float32]:
    """Return the middles of n equal parts of 0 to 1."""
    return np.asarray((np.arange(n) + 0.5) / n, np.float32)


def _size_step(size: NDArray[np.float32]) -> NDArray[np.int_]:
    points = np.maximum(size / SPACING, 1)
    return np.asarray(np.ceil(np.log(points) / np.log(SIZE_STEP)), int)


def _points(
    blades: Blades, t: NDArray[np.float32], s: NDArray[np.float32], shape: Shape
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return rows and columns of (blade, along, across) points."""
    # a leaf is round at the stalk, pointed at the tip, widest at a third
    profile = 2.6 * np.sqrt(t) * (1 - t) if shape == "leaf" else np.ones_like(t)
    along = blades.length[:, None] * (t - 0.5)
    arch = (blades.bend * blades.length)[:, None] * (4 * t * (1 - t) - 0.5)
    across = arch[..., None] + (blades.width[:, None] * profile)[..., None] * (s - 0.5)
    sin, cos = np.sin(blades.angle)[:, None], np.cos(blades.angle)[:, None]
    rows = (blades.centre[:, :1] + along * sin)[..., None] + across * cos[..., None]
    cols = (blades.centre[:, 1:] + along * cos)[..., None] - across * sin[..., None]
    return np.rint(rows).astype(np.int32), np.rint(cols).astype(np.int32)

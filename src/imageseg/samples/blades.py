"""Thin flat shapes: leaves and pieces of branch."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blades:
    """Many blades, back to front; each array holds one entry for each of them.

    Attributes
    ----------
    centre
        (n, 2), row and column.
    angle
        Direction of the long axis in radians, 0 = along the row.
    length
        In pixels.
    width
        In pixels, at the widest place.
    bend
        How far the middle is pushed aside, as a share of the length.
    family
        Blades of one twig have one number.
    """

    centre: NDArray[np.float32]
    angle: NDArray[np.float32]
    length: NDArray[np.float32]
    width: NDArray[np.float32]
    bend: NDArray[np.float32]
    family: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.angle)

    def take(self, which: NDArray[np.intp]) -> Self:
        """Return those blades alone, in that order."""
        return type(self)(
            **{f.name: getattr(self, f.name)[which] for f in fields(self)}
        )


def unit(angle: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (..., 2) steps of one pixel in that direction."""
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1)


def along_paths(path: NDArray[np.float32], width: NDArray[np.float32]) -> Blades:
    """Return the pieces of n lines through (n, m, 2) points, `width` (n, m) wide."""
    step = np.diff(path, axis=1)
    length = np.hypot(step[..., 0], step[..., 1]).ravel()
    overlap = 0.4 * width[:, 1:].ravel()  # closes the outer side of a bend
    n, m = width.shape
    return Blades(
        centre=(0.5 * (path[:, 1:] + path[:, :-1])).reshape(-1, 2),
        angle=np.arctan2(step[..., 0], step[..., 1]).ravel(),
        length=length + overlap,
        width=np.asarray(width[:, 1:].ravel(), np.float32),
        bend=np.zeros(length.shape, np.float32),
        family=np.repeat(np.arange(n, dtype=np.int32), m - 1),
    )

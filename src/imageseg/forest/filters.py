"""Filters of one plane (Y, X), float32; edges are repeated.

Sums have a fixed order, so a part of an image gives the very numbers that the whole
image gives: trees compare numbers, and a last digit can turn a vote.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_REACH = 3.0  # sigmas after which a Gaussian is cut


def gaussian_radius(sigma: float) -> int:
    """Return how many pixels a Gaussian looks to each side."""
    return max(1, math.ceil(_REACH * sigma))


def gaussian(plane: Plane, sigma: float) -> Plane:
    """Blur; a sigma of 0 changes nothing."""
    if not sigma:
        return plane
    from scipy.ndimage import gaussian_filter  # noqa: PLC0415  heavy

    blurred: Plane = gaussian_filter(
        plane, sigma, mode="nearest", radius=gaussian_radius(sigma)
    )
    return blurred


def sobel(plane: Plane) -> tuple[Plane, Plane]:
    """Return 8 times the derivatives along y and x."""
    return sobel_y(plane), sobel_x(plane)


def sobel_y(plane: Plane) -> Plane:
    """Return 8 times the derivative along y."""
    padded = np.pad(plane, 1, mode="edge")
    steps: Plane = padded[2:] - padded[:-2]
    return steps[:, :-2] + 2 * steps[:, 1:-1] + steps[:, 2:]


def sobel_x(plane: Plane) -> Plane:
    """Return 8 times the derivative along x."""
    padded = np.pad(plane, 1, mode="edge")
    steps: Plane = padded[:, 2:] - padded[:, :-2]
    return steps[:-2] + 2 * steps[1:-1] + steps[2:]


def hessian(dy: Plane, dx: Plane) -> tuple[Plane, Plane, Plane]:
    """Return the second derivatives yy, yx and xx, 64 times, from `sobel`'s."""
    return sobel_y(dy), sobel_x(dy), sobel_x(dx)


def eigenvalues(yy: Plane, yx: Plane, xx: Plane) -> tuple[Plane, Plane]:
    """Return the eigenvalues of symmetric 2 × 2 matrices, the larger first."""
    middle = (yy + xx) / 2
    spread = np.sqrt(((yy - xx) / 2) ** 2 + yx**2)
    return (middle + spread).astype(yy.dtype), (middle - spread).astype(yy.dtype)


def line_means(plane: Plane, side: int, angles: int) -> Plane:
    """Return (angles, Y, X): means along lines through each pixel.

    Parameters
    ----------
    plane
        (Y, X).
    side
        Of the square that the lines cross; odd.
    angles
        How many, evenly spread over half a turn; the first runs along x.
    """
    radius = side // 2
    padded = np.pad(plane, radius, mode="edge")
    height, width = plane.shape
    masks = line_masks(side, angles)
    sums = np.zeros((angles, height, width), np.float32)
    for i, y, x in np.argwhere(masks):
        sums[i] += padded[y : y + height, x : x + width]
    lengths = masks.sum((1, 2), dtype=np.float32)
    means: Plane = sums / lengths[:, None, None]
    return means


def line_masks(side: int, angles: int) -> NDArray[np.bool_]:
    """Return (angles, side, side): lines through the centre, one pixel wide."""
    y, x = np.mgrid[:side, :side] - side // 2
    turns = np.pi * np.arange(angles)[:, None, None] / angles
    across = np.abs(x * np.sin(turns) - y * np.cos(turns))
    masks: NDArray[np.bool_] = across <= 0.5 + 1e-12
    return masks

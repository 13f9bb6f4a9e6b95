"""Smooth random fields, of which skies, layouts and textures are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SPLINE_VARIANCE = 151 / 315
"""Variance left, per axis, of white noise seen through a cubic B-spline."""


def smooth_noise(
    shape: Sequence[int], cell: float | Sequence[float], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return Gaussian noise of unit variance, smooth over `cell` pixels."""
    cells = np.broadcast_to(np.asarray(cell, float), len(shape)).tolist()
    bases = [_spline_basis(n, c, rng) for n, c in zip(shape, cells, strict=True)]
    noise = rng.standard_normal([basis.shape[1] for basis in bases], np.float32)
    for basis in bases:  # each product moves one finished axis to the end
        noise = np.tensordot(noise, basis, axes=(0, 1))
    return np.asarray(noise / SPLINE_VARIANCE ** (len(shape) / 2), np.float32)


def fractal_noise(
    shape: Sequence[int], cell: float, rng: np.random.Generator, *, octaves: int = 4
) -> NDArray[np.float32]:
    """Return noise of unit variance with detail from `cell` downwards."""
    weights = 0.5 ** np.arange(octaves)
    noise = sum(w * smooth_noise(shape, max(cell * w, 1.0), rng) for w in weights)
    return np.asarray(noise / np.linalg.norm(weights), np.float32)


def ramp(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """Return 0 below `low`, 1 above `high` and a soft S between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _spline_basis(n: int, cell: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return (pixels, grid points): cubic B-spline weights at a random phase."""
    at = np.arange(n) / cell + rng.random()
    first = at.astype(int)
    t = at - first
    weights = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3],
        axis=1,
    )
    basis = np.zeros((n, int(first[-1]) + 4), np.float32)
    np.put_along_axis(basis, first[:, None] + np.arange(4), weights / 6, axis=1)
    return basis

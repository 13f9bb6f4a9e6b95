"""What a camera adds: stray light, soft edges, noise and a tone curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

GAMMA = 2.2
"""Tone curve of ordinary photographs."""

OFFSET, READ_NOISE, GAIN, FULL_WELL = 100.0, 3.0, 0.8, 4095
"""Of a 12-bit camera: counts in the dark, their scatter, per photon, at most."""

BLACK = 8
"""8-bit value below which all is black: phones cut the deepest shadows."""


def linear(colour: ArrayLike) -> NDArray[np.float32]:
    """Return the light behind 8-bit colours, 1 = white."""
    return np.asarray((np.asarray(colour, np.float32) / 255) ** GAMMA, np.float32)


def bloom(
    light: NDArray[np.float32], scale: float, strength: float
) -> NDArray[np.float32]:
    """Return (Y, X, C) light with the halo that a lens lays round bright places."""
    coarse = max(round(8 * scale), 1)
    halo = _shrunk(light, coarse)
    wide = scipy.ndimage.gaussian_filter(halo, (10, 10, 0), mode="nearest")
    near = scipy.ndimage.gaussian_filter(halo, (1.2, 1.2, 0), mode="nearest")
    return light + strength * _grown(0.045 * near + 0.03 * wide, light.shape)


def develop(
    light: NDArray[np.float32], softness: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return 8-bit colours of (Y, X, 3) light: blurred, noisy, clipped."""
    soft = scipy.ndimage.gaussian_filter(light, (softness, softness, 0), mode="nearest")
    tone = np.maximum(soft, 0) ** (1 / GAMMA)
    grain = rng.standard_normal(tone.shape, np.float32)
    grain += rng.standard_normal((*tone.shape[:2], 1), np.float32)
    picture = 255 * tone + 1.6 * grain - BLACK
    return np.asarray(np.clip(np.rint(picture), 0, 255), np.uint8)


def _shrunk(image: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Return means over blocks; the last ones may be cut."""
    rows, cols = (np.arange(0, n, factor) for n in image.shape[:2])
    sums = np.add.reduceat(np.add.reduceat(image, rows, axis=0), cols, axis=1)
    height, width = image.shape[:2]
    counts = np.diff(np.append(rows, height)), np.diff(np.append(cols, width))
    return np.asarray(sums / np.multiply.outer(*counts)[..., None], np.float32)


def _grown(image: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the image at another size, linearly between its pixels."""
    factor = [n / k for n, k in zip(shape, image.shape, strict=True)]
    return np.asarray(
        scipy.ndimage.zoom(image, factor, order=1, mode="nearest", grid_mode=True)
    )


def count_photons(
    photons: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.uint16]:
    """Return 16-bit counts of a scientific camera: shot noise, read noise, offset."""
    counts = GAIN * rng.poisson(photons).astype(np.float32)
    counts += OFFSET + READ_NOISE * rng.standard_normal(photons.shape, np.float32)
    return np.asarray(np.clip(np.rint(counts), 0, FULL_WELL), np.uint16)

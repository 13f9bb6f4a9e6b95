"""A stack of nuclei in tissue, as a confocal microscope sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from imageseg.classes import ClassScheme
from imageseg.samples.camera import count_photons
from imageseg.samples.fields import smooth_noise
from imageseg.samples.sample import SampleImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUCLEI = ClassScheme.from_names(["background", "nucleus"])

VOXEL_UM = (1.0, 0.25, 0.25)
"""Planes lie four times as far apart as pixels, as is usual."""

RADIUS_UM = 3.6
APART = 1.7
"""Least distance between nuclei over the mean radius."""

VOLUME_UM3 = 320.0
"""Tissue per nucleus that is tried; some do not find room."""

BACKGROUND, NUCLEUS = 30.0, 420.0
"""Photons per voxel at the surface."""

PENETRATION_UM = 28.0
"""Depth at which 1/e of the light is left."""

AXIAL_BLUR_UM, LATERAL_BLUR_UM = 0.8, 0.2
SCATTER = 0.03
"""Growth of the lateral blur with depth, µm per µm, from scattering tissue."""


def stack_scene(
    shape: tuple[int, int, int] = (24, 192, 192), *, seed: int = 0
) -> SampleImage:
    """Return a stack (Z, Y, X) of nuclei: background (1), nucleus (2).

    Deeper planes are darker and less sharp.

    Parameters
    ----------
    shape
        Planes, rows and columns; nuclei keep their size in micrometres.
    seed
        The same seed gives the same stack.
    """
    rng = np.random.default_rng(seed)
    owner = _nuclei(shape, rng)
    light = _light(owner, rng)
    return SampleImage(
        name="Nuclei",
        image=count_photons(_seen(light), rng),
        labels=np.where(owner > 0, 2, 1).astype(np.uint8),
        scheme=NUCLEI,
        scale=VOXEL_UM,
        units="um",
    )


def _nuclei(shape: tuple[int, int, int], rng: np.random.Generator) -> NDArray[np.int32]:
    """Return the number of the nucleus at each voxel, 0 between them."""
    extent = np.multiply(shape, VOXEL_UM)
    crumple = [
        np.mgrid[tuple(slice(n) for n in shape)][axis].astype(np.float32) * step
        + 0.35 * smooth_noise(shape, (4, 14, 14), rng)
        for axis, step in enumerate(VOXEL_UM)
    ]
    owner = np.zeros(shape, np.int32)
    nearest = np.ones(shape, np.float32)
    for number, centre in enumerate(_centres(extent, rng), start=1):
        window = _window(shape, centre)
        ratio = _ellipsoid([axis[window] for axis in crumple], centre, rng)
        wins = ratio < nearest[window]
        owner[window] = np.where(wins, number, owner[window])
        nearest[window] = np.minimum(ratio, nearest[window])
    return owner


def _centres(
    extent: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return places in micrometres, one well inside, none on top of another."""
    n = int(np.prod(extent + 2 * RADIUS_UM) / VOLUME_UM3) + 1
    tries = rng.uniform(-RADIUS_UM, extent + RADIUS_UM, (n, 3))
    kept = [rng.uniform(0.4, 0.6, 3) * extent]
    for place in tries:
        apart = np.linalg.norm(np.asarray(kept) - place, axis=1)
        if apart.min() > APART * RADIUS_UM:
            kept.append(place)
    return np.asarray(kept, np.float32)


def _window(
    shape: tuple[int, int, int], centre: NDArray[np.float32]
) -> tuple[slice, ...]:
    """Return the part of the stack that a nucleus can reach."""
    reach = 2.5 * RADIUS_UM
    return tuple(
        slice(*np.clip([(c - reach) / step, (c + reach) / step], 0, n).astype(int))
        for c, step, n in zip(centre, VOXEL_UM, shape, strict=True)
    )


def _ellipsoid(
    at: list[NDArray[np.float32]],
    centre: NDArray[np.float32],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return the distance from a centre over the radius in that direction."""
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    radii = RADIUS_UM * rng.lognormal(0, 0.12) * rng.uniform(0.75, 1.2, 3)
    away = np.stack(at, axis=-1) - centre
    scaled = away @ (turn / radii).astype(np.float32)
    return np.asarray(np.linalg.norm(scaled, axis=-1), np.float32)


def _light(owner: NDArray[np.int32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return photons at the source: mottled chromatin, haze of stain between."""
    shape = owner.shape
    bright = rng.lognormal(0, 0.25, owner.max() + 1).astype(np.float32)[owner]
    mottled = np.exp(0.3 * smooth_noise(shape, (1.5, 5, 5), rng))
    haze = BACKGROUND * np.exp(0.3 * smooth_noise(shape, (8, 40, 40), rng))
    return np.asarray(haze + NUCLEUS * bright * mottled * (owner > 0), np.float32)


def _seen(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return light after the tissue above and the microscope have blurred it."""
    dz, _, dx = VOXEL_UM
    light = scipy.ndimage.gaussian_filter1d(light, AXIAL_BLUR_UM / dz, axis=0)
    planes = []
    for z, plane in enumerate(light):
        blur = (LATERAL_BLUR_UM + SCATTER * z * dz) / dx
        loss = np.exp(-z * dz / PENETRATION_UM)
        planes.append(loss * scipy.ndimage.gaussian_filter(plane, blur))
    return np.stack(planes).astype(np.float32)

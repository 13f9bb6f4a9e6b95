"""A fluorescence picture of cells with their nuclei."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from imageseg.classes import ClassScheme
from imageseg.samples.camera import count_photons
from imageseg.samples.fields import fractal_noise, ramp, smooth_noise
from imageseg.samples.sample import SampleImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELLS = ClassScheme.from_names(["background", "cytoplasm", "nucleus"])

PIXEL_UM = 0.325
"""A 6.5 µm camera pixel behind a 20x objective."""

CELL_RADIUS = 34.0
"""Pixels; about 22 µm across, a spread-out cell in culture."""

APART, AREA_PER_TRY = 1.35, 700.0
"""Least distance of cells in radii, and pixels per cell tried: some find no room."""

NUCLEUS_SHARE = 0.4
"""Radius of the nucleus over that of its cell."""

SEAM = 0.1
"""Where two cells meet they are as thin as so near their rim (share of radius)."""

CELL_ROUGHNESS, NUCLEUS_ROUGHNESS = 0.16, 0.04
"""How much an outline differs from a circle: cells spread, nuclei are firm."""

MOST_LOBES, DEEPEST_BAY = 6, 0.35
"""Waves round an outline, and how near it may come to the middle (share of radius)."""

FALLOFF = 0.28
"""Of the lamp towards the edges: corners get about half the light."""

PSF = 0.9
"""Standard deviation of the blur in pixels: 0.3 µm, an objective of NA 0.75."""

BACKGROUND, CYTOPLASM, CHROMATIN = 140.0, 620.0, 900.0
"""Photons per pixel: of the medium, of cytoplasm, of chromatin on top."""


def microscopy_scene(
    size: tuple[int, int] = (512, 512), *, seed: int = 0
) -> SampleImage:
    """Return cells in one channel: background (1), cytoplasm (2), nucleus (3).

    Parameters
    ----------
    size
        Rows and columns; cells keep their size in pixels.
    seed
        The same seed gives the same picture.
    """
    rng = np.random.default_rng(seed)
    centres = _centres(size, rng)
    depth, thick, cell, nucleus = _cells(size, centres, rng)
    labels = np.where(nucleus, 3, np.where(depth > 0, 2, 1)).astype(np.uint8)
    light = _light(labels, thick, cell, rng)
    seen = scipy.ndimage.gaussian_filter(light * _illumination(size, rng), PSF)
    return SampleImage(
        name="Cells",
        image=count_photons(seen, rng),
        labels=labels,
        scheme=CELLS,
        scale=(PIXEL_UM, PIXEL_UM),
        units="um",
    )


def _centres(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return places of cells, not too near each other, one in the picture at least."""
    border = CELL_RADIUS
    area = np.prod([n + 2 * border for n in size])
    tries = rng.uniform(
        -border, np.add(size, border), (int(area / AREA_PER_TRY) + 1, 2)
    )
    kept = [rng.uniform(0.35, 0.65, 2) * size]
    for place in tries:
        apart = np.hypot(*(np.asarray(kept) - place).T)
        if apart.min() > APART * CELL_RADIUS:
            kept.append(place)
    return np.asarray(kept, np.float32)


def _cells(
    size: tuple[int, int], centres: NDArray[np.float32], rng: np.random.Generator
) -> tuple[
    NDArray[np.float32], NDArray[np.float32], NDArray[np.int32], NDArray[np.bool_]
]:
    """Return how deep in its cell each pixel lies (0-1), thickness, cell, nuclei."""
    yx = _warped(size, rng)
    depth = np.zeros(size, np.float32)
    seam = np.ones(size, np.float32)
    owner = np.zeros(size, np.int32)
    nucleus = np.zeros(size, np.bool_)
    for number, centre in enumerate(centres, start=1):
        window = _window(size, centre)
        y, x = (axis[window] - c for axis, c in zip(yx, centre, strict=True))
        own, core = _cell(y, x, rng)
        # of two cells the pixel belongs to the one it lies deeper in
        wins = own > depth[window]
        apart = np.abs(own - depth[window])
        touch = (own > 0) & (depth[window] > 0)
        seam[window] = np.minimum(seam[window], np.where(touch, apart + SEAM, 1))
        nucleus[window] = np.where(wins, core, nucleus[window])
        owner[window] = np.where(wins, number, owner[window])
        depth[window] = np.maximum(own, depth[window])
    return depth, np.minimum(depth, seam), owner, nucleus


def _cell(
    y: NDArray[np.float32], x: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return how deep in a cell at the origin each place lies, and its nucleus."""
    radius = CELL_RADIUS * rng.lognormal(0, 0.18)
    depth = 1 - _radius_ratio(y, x, radius=radius, roughness=CELL_ROUGHNESS, rng=rng)
    dy, dx = 0.2 * radius * rng.uniform(-1, 1, 2).astype(np.float32)
    core = NUCLEUS_SHARE * (radius + CELL_RADIUS) / 2 * rng.lognormal(0, 0.1)
    inner = _radius_ratio(
        y - dy, x - dx, radius=core, roughness=NUCLEUS_ROUGHNESS, rng=rng
    )
    return depth, (inner < 1) & (depth > SEAM)


def _warped(
    size: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return rows and columns as on crumpled paper, so that no outline is smooth."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    shift = [
        4.0 * smooth_noise(size, 26, rng) + 0.8 * smooth_noise(size, 7, rng)
        for _ in range(2)
    ]
    return y + shift[0], x + shift[1]


def _window(size: tuple[int, int], centre: NDArray[np.float32]) -> tuple[slice, ...]:
    """Return the part of the picture that a cell can reach."""
    reach = 3 * CELL_RADIUS
    return tuple(
        slice(*np.clip([c - reach, c + reach], 0, n).astype(int))
        for c, n in zip(centre, size, strict=True)
    )


def _radius_ratio(
    y: NDArray[np.float32],
    x: NDArray[np.float32],
    *,
    radius: float,
    roughness: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return distance over the radius in that direction of one irregular outline."""
    angle = np.arctan2(y, x)
    outline = np.ones_like(angle)
    for lobes in range(2, MOST_LOBES + 1):
        phase = np.float32(rng.uniform(-np.pi, np.pi))
        size = np.float32(2 * roughness / lobes * rng.standard_normal())
        outline += size * np.cos(lobes * angle + phase)
    reach = radius * np.maximum(outline, DEEPEST_BAY)
    return np.asarray(np.hypot(y, x) / reach, np.float32)


def _light(
    labels: NDArray[np.uint8],
    thick: NDArray[np.float32],
    cell: NDArray[np.int32],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return photons of stained cells: thin at the rim, no two equally bright."""
    size, n = labels.shape, int(cell.max()) + 1
    stain = rng.lognormal(0, 0.22, n).astype(np.float32)[cell]
    chromatin = rng.lognormal(0, 0.16, n).astype(np.float32)[cell]
    fibres = np.exp(0.28 * fractal_noise(size, 9, rng, octaves=3))
    grains = np.exp(0.2 * fractal_noise(size, 7, rng, octaves=2))
    nucleoli = 1 - 0.4 * ramp(smooth_noise(size, 5, rng), 1.2, 1.8)
    body = 0.22 + 0.78 * np.sqrt(np.clip(thick / 0.6, 0, 1))
    plasma = CYTOPLASM * stain * fibres * body * (labels > 1)
    core = CHROMATIN * chromatin * grains * nucleoli * (labels == 3)
    return np.asarray(BACKGROUND + plasma + core, np.float32)


def _illumination(
    size: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return a lamp that is off centre and darker in the corners."""
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in size)
    cy, cx = rng.uniform(-0.3, 0.3, 2).astype(np.float32)
    away = (y[:, None] - cy) ** 2 + (x - cx) ** 2
    return np.asarray(np.exp(-FALLOFF * away), np.float32)

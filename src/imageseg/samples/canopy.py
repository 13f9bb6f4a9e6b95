"""A photograph upwards through a forest canopy."""

from __future__ import annotations

import numpy as np

from imageseg.classes import CANOPY
from imageseg.samples.camera import bloom, develop
from imageseg.samples.fields import fractal_noise, smooth_noise
from imageseg.samples.forest import Site, grow_forest
from imageseg.samples.painting import Painting
from imageseg.samples.sample import SampleImage
from imageseg.samples.sky import SKIES, sky_light

REFERENCE = 768
"""Lengths in pixels are meant for pictures this high; in others they are scaled."""

CANOPY_ID, SKY_ID = 1, 2

LEAST_OPEN, MOST_OPEN = 0.17, 0.92
"""Share of the picture that openings take; leaves reach into them."""

GOLDEN = 0.6180339887
"""Its multiples, modulo 1, spread evenly: neighbouring seeds look different."""

SOFTNESS = 0.75
"""Blur of lens and sensor, standard deviation in pixels."""


def canopy_scene(size: tuple[int, int] = (768, 1024), *, seed: int = 0) -> SampleImage:
    """Return a photograph through foliage; class 1 is canopy, class 2 sky.

    The labels are the truth before lens and sensor blur it.

    Parameters
    ----------
    size
        Rows and columns.
    seed
        The same seed gives the same picture; the share of sky differs between
        neighbouring seeds.
    """
    place, growth, weather, lens = np.random.default_rng(seed).spawn(4)
    spread = (0.4 + seed * GOLDEN) % 1
    site = _site(size, LEAST_OPEN + (MOST_OPEN - LEAST_OPEN) * spread, place)
    painting = Painting(size)
    grow_forest(painting, site, growth)
    sky = painting.holes
    above = sky_light(SKIES[seed % len(SKIES)], site.sun, weather)
    light = np.where(sky[..., None], above, painting.light)
    glow = lens.lognormal(0, 0.5)  # a clean lens or a smeared one
    return SampleImage(
        name="Canopy",
        image=develop(bloom(light, site.scale, glow), SOFTNESS, lens),
        labels=np.where(sky, SKY_ID, CANOPY_ID).astype(np.uint8),
        scheme=CANOPY,
        scale=(1.0, 1.0),
        units="pixel",
    )


def _site(size: tuple[int, int], share: float, rng: np.random.Generator) -> Site:
    """Return a place of which openings take `share`, the larger ones in its middle."""
    short = min(size)
    y, x = (np.linspace(-0.5 * n, 0.5 * n, n, dtype=np.float32) / short for n in size)
    middle = rng.uniform(-0.25, 0.25, 2)
    away = np.hypot(y[:, None] - middle[0], x - middle[1])
    layout = fractal_noise(size, 0.45 * short, rng) - 2.0 * away
    layout /= max(layout.std(), np.finfo(np.float32).tiny)  # 0 in a single pixel
    return Site(
        openness=layout - np.quantile(layout, 1 - share).astype(np.float32),
        patches=smooth_noise(size, 0.2 * short, rng),
        sun=np.exp(-((away / rng.uniform(0.15, 0.4)) ** 2)),
        exposure=rng.lognormal(0, 0.35),
        sunshine=rng.lognormal(0, 0.5),
        scale=short / REFERENCE,
    )

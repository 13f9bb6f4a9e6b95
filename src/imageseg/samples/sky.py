"""Skies: overexposed, clouded or blue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from imageseg.samples.camera import linear
from imageseg.samples.fields import fractal_noise, ramp

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Sky = Callable[[tuple[int, int], np.random.Generator], NDArray[np.float32]]


def sky_light(
    sky: Sky, sun: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return (Y, X, 3) light of one of `SKIES`, brighter towards the `sun` (Y, X)."""
    glare = sun[..., None] * linear((255, 250, 240))
    return sky((sun.shape[0], sun.shape[1]), rng) + rng.uniform(0.2, 1.6) * glare


def _overexposed(
    size: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return thin bright cloud, white where the sensor is full."""
    cloud = fractal_noise(size, 0.5 * min(size), rng)[..., None]
    return (0.95 + 0.22 * cloud) * linear((244, 249, 255))


def _grey(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return heavy cloud with darker folds."""
    cloud = fractal_noise(size, 0.6 * min(size), rng, octaves=6)[..., None]
    folds = np.exp(0.16 * cloud - 0.1 * np.abs(cloud))
    light = rng.uniform(0.8, 1.2) * folds * linear((190, 192, 192))
    return np.asarray(light, np.float32)


def _blue(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a gradient from deep to pale blue with some white cloud."""
    y, x = (np.linspace(-0.5, 0.5, n, dtype=np.float32) for n in size)
    turn = rng.uniform(-np.pi, np.pi)
    pale = (0.5 + np.sin(turn) * y[:, None] + np.cos(turn) * x)[..., None]
    clear = linear((108, 168, 224)) * (1 - pale) + linear((176, 214, 242)) * pale
    shape = fractal_noise(size, 0.4 * min(size), rng, octaves=6)
    cover = ramp(shape, *(rng.uniform(-0.4, 1.2) + np.array([0.0, 1.6])))[..., None]
    light = clear * (1 - cover) + linear((252, 253, 255)) * cover
    return np.asarray(light, np.float32)


SKIES: tuple[Sky, ...] = (_blue, _overexposed, _grey)

"""Features of every pixel: what its neighbourhood looks like at several scales.

``weka`` has the planes that Trainable Weka Segmentation computes unless told
otherwise (Arganda-Carreras et al. 2017, doi 10.1093/bioinformatics/btx180): 76 of
a grey image. Its sigmas are 0.4 times the numbers in its names. ``basic`` has
brightness, edges and curvature, made comparable between scales (Lindeberg 1998,
doi 10.1023/A:1008045108935). Both add hue, saturation and brightness of RGB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from imageseg.forest.filters import (
    Plane,
    eigenvalues,
    gaussian,
    gaussian_radius,
    hessian,
    line_means,
    sobel,
)
from imageseg.forest.settings import FeatureSet
from imageseg.parallel import map_ordered

_BASIC_SIGMAS = (0.7, 1.6, 3.5, 8.0)
_WEKA_NUMBERS = (1, 2, 4, 8, 16)
_WEKA_SIGMA = 0.4
_SOBEL = 8.0  # times the derivative
_PATCH, _ANGLES = 19, 10
_HSB = ("hue", "saturation", "brightness")
_HESSIAN = (
    "module",
    "trace",
    "determinant",
    "first eigenvalue",
    "second eigenvalue",
    "orientation",
    "squared eigenvalue difference",
    "normalised eigenvalue difference",
)
_PROJECTIONS = ("sum", "mean", "deviation", "median", "maximum", "minimum")

Group = tuple[tuple[str, ...], Callable[[Plane], Iterator[Plane]]]
"""Features computed together: their names, and how."""


def feature_names(kind: FeatureSet, channels: int) -> list[str]:
    """Name the features in their order.

    Parameters
    ----------
    kind
        Which features.
    channels
        Of the image; with several, names end in the channel's number, from 1.
    """
    names = [name for group, _ in _GROUPS[kind] for name in group]
    if channels == 1:
        return names
    numbered = [f"{name} {i}" for i in range(1, channels + 1) for name in names]
    return numbered + list(_HSB if channels == 3 else ())


def feature_reach(kind: FeatureSet) -> int:
    """Return how many pixels to each side a feature looks."""
    if kind == "basic":
        return gaussian_radius(max(_BASIC_SIGMAS)) + 2
    return gaussian_radius(_WEKA_SIGMA * max(_WEKA_NUMBERS)) + 2


def feature_planes(
    image: NDArray[np.float32], kind: FeatureSet, jobs: int = 1
) -> NDArray[np.float32]:
    """Compute the features of an image.

    Parameters
    ----------
    image
        (Y, X, C), about 0 to 1.
    kind
        Which features.
    jobs
        Threads.

    Returns
    -------
    planes
        (F, Y, X) in the order of `feature_names`.
    """
    height, width, channels = image.shape
    planes = np.empty((len(feature_names(kind, channels)), height, width), np.float32)
    done = map_ordered(_fill, _work(image, planes, kind), jobs)
    for error in done:
        if error is not None:
            raise error
    return planes


_Work = tuple[Callable[[Plane], Iterator[Plane]], Plane, NDArray[np.float32]]


def _work(
    image: NDArray[np.float32], planes: NDArray[np.float32], kind: FeatureSet
) -> Iterator[_Work]:
    """Yield what is to be done: how, of which channel, and where it goes."""
    first = 0
    for channel in np.moveaxis(image, -1, 0):
        plane = np.ascontiguousarray(channel, np.float32)
        for names, compute in _GROUPS[kind]:
            yield compute, plane, planes[first : first + len(names)]
            first += len(names)
    if image.shape[-1] == 3:
        yield _hue_saturation_brightness, image, planes[first:]


def _fill(work: _Work) -> None:
    compute, plane, target = work
    for place, feature in zip(target, compute(plane), strict=True):
        place[...] = feature


def _original(plane: Plane) -> Iterator[Plane]:
    yield plane


def _basic_scale(plane: Plane, sigma: float) -> Iterator[Plane]:
    blurred = gaussian(plane, sigma)
    yield blurred
    scale = np.float32(sigma / _SOBEL)
    dy, dx = sobel(blurred)
    yield np.hypot(dy, dx) * scale
    for value in eigenvalues(*hessian(dy, dx)):
        yield value * scale**2


def _weka_scale(plane: Plane, number: int) -> Iterator[Plane]:
    blurred = gaussian(plane, _WEKA_SIGMA * number)
    if number:
        yield blurred
    dy, dx = sobel(blurred)
    yield np.hypot(dy, dx)
    yield from hessian_features(*hessian(dy, dx))


def hessian_features(yy: Plane, yx: Plane, xx: Plane) -> Iterator[Plane]:
    """Yield the eight planes of a Hessian; the gamma normalisation has t = 1."""
    apart = (xx - yy) ** 2
    yield np.sqrt(xx**2 + yx**2 + yy**2)
    yield xx + yy
    yield xx * yy - yx**2
    yield from eigenvalues(yy, yx, xx)
    yield np.arctan2(2 * yx, xx - yy) / 2
    yield apart * (apart + 4 * yx**2)
    yield apart + 4 * yx**2


def _differences(plane: Plane) -> Iterator[Plane]:
    blurred = {s: gaussian(plane, _WEKA_SIGMA * s) for s in _WEKA_NUMBERS}
    for small, large in combinations(_WEKA_NUMBERS, 2):
        yield blurred[large] - blurred[small]


def _membranes(plane: Plane) -> Iterator[Plane]:
    """Yield projections of the means along lines, 18 degrees apart."""
    lines = line_means(plane, _PATCH, _ANGLES)
    yield lines.sum(0)
    yield lines.mean(0)
    yield lines.std(0, ddof=1)
    lines.sort(axis=0)
    yield (lines[_ANGLES // 2 - 1] + lines[_ANGLES // 2]) / 2
    yield lines[-1]
    yield lines[0]


def _hue_saturation_brightness(image: NDArray[np.float32]) -> Iterator[Plane]:
    """Yield three planes, each 0 to 1 where the image (Y, X, 3) is."""
    from skimage.color import rgb2hsv  # noqa: PLC0415  heavy

    yield from np.moveaxis(rgb2hsv(image), -1, 0)


def _basic_groups() -> Iterator[Group]:
    yield ("original",), _original
    for sigma in _BASIC_SIGMAS:
        names = tuple(f"{n} {sigma}" for n in ("gaussian", "edges", "ridge", "valley"))
        yield names, partial(_basic_scale, sigma=sigma)


def _weka_groups() -> Iterator[Group]:
    yield ("original",), _original
    for s in (0, *_WEKA_NUMBERS):
        names = ("Sobel", *(f"Hessian {name}" for name in _HESSIAN))
        if s:
            names = ("Gaussian blur", *names)
        yield tuple(f"{name} {s}" for name in names), partial(_weka_scale, number=s)
    pairs = combinations(_WEKA_NUMBERS, 2)
    differences = (f"Difference of Gaussians {b} {a}" for a, b in pairs)
    yield tuple(differences), _differences
    yield tuple(f"Membrane {name}" for name in _PROJECTIONS), _membranes


_GROUPS: dict[FeatureSet, tuple[Group, ...]] = {
    "basic": tuple(_basic_groups()),
    "weka": tuple(_weka_groups()),
}

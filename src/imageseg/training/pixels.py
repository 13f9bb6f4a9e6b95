"""Draw annotated pixels and describe them, for the pixel classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from imageseg.forest import ForestSettings, feature_planes, feature_reach
from imageseg.tasks import Progress, Task
from imageseg.training.sample import AnnotatedPart
from imageseg.training.split import BLOCK, FEWEST_IMAGES


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPixels:
    """What trees learn from.

    Attributes
    ----------
    features
        (P, F).
    classes
        (P,), from 0.
    groups
        (P,), number of the image or block that each lies in.
    weights
        (P,), annotated pixels that each stands for.
    unit
        What the groups are.
    """

    features: NDArray[np.float32]
    classes: NDArray[np.intp]
    groups: NDArray[np.intp]
    weights: NDArray[np.float64]
    unit: str


def describe_pixels_task(
    planes: Sequence[AnnotatedPart], settings: ForestSettings, seed: int, total: int
) -> Task[DrawnPixels]:
    """Draw annotated pixels and compute their features.

    Parameters
    ----------
    planes
        Annotated planes.
    settings
        Which features, of how many pixels.
    seed
        Decides which pixels.
    total
        Steps of the longer task that this one begins.
    """
    places, classes, weights = _draw(planes, settings.pixels, seed)
    features = []
    for i, plane in enumerate(planes):
        own = places[places[:, 0] == i, 1:]
        features.append(_features_at(plane, own, settings))
        yield Progress(done=i + 1, total=total, message=f"features of {plane.name}")
    names = list(dict.fromkeys(plane.group for plane in planes))
    groups, unit = places // [1, BLOCK, BLOCK], "blocks"
    if len(names) >= FEWEST_IMAGES:
        images = np.array([names.index(plane.group) for plane in planes])
        groups, unit = images[places[:, :1]], "images"
    numbers = np.unique(groups, axis=0, return_inverse=True)[1].reshape(-1)
    return DrawnPixels(np.concatenate(features), classes, numbers, weights, unit)


def _draw(
    planes: Sequence[AnnotatedPart], most: int, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Draw annotated pixels, the rare classes more densely, in order of planes.

    A class gets room by the square root of its count. As many of each class would
    give deep trees too much of rare classes, and plain draws too few to learn from.

    Returns
    -------
    places, classes, weights
        (P, 3) plane, y and x; (P,); (P,) annotated pixels that each stands for.
    """
    places = np.concatenate(
        [
            np.insert(np.argwhere(plane.labels), 0, i, axis=1)
            for i, plane in enumerate(planes)
        ]
    )
    classes = np.concatenate([p.labels[p.labels > 0] for p in planes]).astype(int) - 1
    counts = np.bincount(classes)
    room = most * np.sqrt(counts) / np.sqrt(counts).sum()
    shares = np.minimum(counts, np.ceil(room)).astype(int)
    rng = np.random.default_rng(seed)
    drawn = [
        rng.choice(np.flatnonzero(classes == k), share, replace=False)
        for k, share in enumerate(shares)
    ]
    chosen = np.sort(np.concatenate(drawn))
    weights = counts / np.maximum(shares, 1)
    return places[chosen], classes[chosen], weights[classes[chosen]]


def _features_at(
    plane: AnnotatedPart, places: NDArray[np.intp], settings: ForestSettings
) -> NDArray[np.float32]:
    """Return the features (P, F) of some pixels of a plane."""
    if not len(places):
        return np.empty((0, 0), np.float32)
    reach = feature_reach(settings.features)
    first = np.maximum(places.min(0) - reach, 0)
    stop = places.max(0) + reach + 1
    part = plane.pixels[first[0] : stop[0], first[1] : stop[1]]
    scaled = plane.scale.apply(part)
    planes = feature_planes(scaled, settings.features, torch.get_num_threads())
    rows, columns = (places - first).T
    return np.ascontiguousarray(planes[:, rows, columns].T)

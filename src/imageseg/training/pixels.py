"""Draw annotated pixels and describe them, for the pixel classifier."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from imageseg.forest import (
    ForestSettings,
    feature_planes,
    feature_reach,
)
from imageseg.forest.settings import FeatureSet
from imageseg.tasks import Progress, Task
from imageseg.training.sample import AnnotatedPart
from imageseg.training.split import BLOCK, FEWEST_IMAGES

_CELL = 512  # px; 51 features of its pixels take 53 MB


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPixels:
    """What trees learn from.

    Attributes
    ----------
    features
        (P, F).
    places
        (P, 3), number of the plane, y and x.
    classes
        (P,), from 0.
    groups
        (P,), number of the image or block that each lies in.
    weights
        (P,), annotated pixels that each stands for.
    unit
        What the groups are.
    planes
        How many planes they were drawn from.
    images
        Names of the images that those are of, sorted.
    """

    features: NDArray[np.float32]
    places: NDArray[np.intp]
    classes: NDArray[np.intp]
    groups: NDArray[np.intp]
    weights: NDArray[np.float64]
    unit: str
    planes: int
    images: tuple[str, ...]

    def without(self, held_out: Sequence[NDArray[np.bool_]]) -> Self:
        """Leave pixels out.

        Parameters
        ----------
        held_out
            Of each plane (Y, X), which.
        """
        plane, y, x = self.places.T
        kept = np.ones(len(plane), bool)
        for i, held in enumerate(held_out):
            own = plane == i
            kept[own] = ~held[y[own], x[own]]
        return replace(
            self,
            features=self.features[kept],
            places=self.places[kept],
            classes=self.classes[kept],
            groups=np.unique(self.groups[kept], return_inverse=True)[1],
            weights=self.weights[kept],
        )

    def is_sparse_beside(self, other: DrawnPixels) -> bool:
        """Say whether of any class less than half as many pixels are drawn."""
        most = int(other.classes.max(initial=0)) + 1
        own, others = (np.bincount(p.classes, minlength=most) for p in (self, other))
        return bool((2 * own < others).any())


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
        if len(own):
            features.append(_features_at(plane, own, settings.features))
        yield Progress(done=i + 1, total=total, message=f"features of {plane.name}")
    names = list(dict.fromkeys(plane.group for plane in planes))
    groups, unit = places // np.array([1, BLOCK, BLOCK]), "blocks"
    if len(names) >= FEWEST_IMAGES:
        images = np.array([names.index(plane.group) for plane in planes])
        groups, unit = images[places[:, :1]], "images"
    return DrawnPixels(
        features=np.concatenate(features),
        places=places,
        classes=classes,
        groups=_numbered(groups),
        weights=weights,
        unit=unit,
        planes=len(planes),
        images=tuple(sorted({plane.name for plane in planes})),
    )


def _draw(
    planes: Sequence[AnnotatedPart], most: int, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Draw annotated pixels, the rare classes more densely, in order of planes.

    A class gets room by the square root of its count. As many of each class would
    give deep trees too much of rare classes, and plain draws too few to learn from.
    Every pixel has a random number of its own, and the lowest are drawn: when strokes
    are added, most of what was drawn before is drawn again (permanent random numbers,
    Ohlsson 1995, in Business Survey Methods, doi 10.1002/9781118150504.ch9).

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
    ranks = _ranks(places, _salts(planes, seed))
    drawn = [
        _lowest(ranks, np.flatnonzero(classes == k), share)
        for k, share in enumerate(shares)
    ]
    chosen = np.sort(np.concatenate(drawn))
    weights = counts / np.maximum(shares, 1)
    return places[chosen], classes[chosen], weights[classes[chosen]]


def _salts(planes: Sequence[AnnotatedPart], seed: int) -> NDArray[np.uint64]:
    """Return a number for every plane, so that each draws other places.

    It follows the name, not the order, which changes with what is painted on last.
    """
    salts, seen = [], Counter[str]()
    for plane in planes:
        seen[plane.name] += 1
        text = f"{seed} {seen[plane.name]} {plane.name}".encode()
        digest = hashlib.blake2b(text, digest_size=8).digest()
        salts.append(int.from_bytes(digest, "little"))
    return np.array(salts, np.uint64)


def _ranks(places: NDArray[np.intp], salts: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a random number for every pixel (P, 3), by its plane's salt, y and x.

    The mixing is that of SplitMix64 (Steele, Lea & Flood 2014, doi
    10.1145/2660193.2660195).
    """
    y, x = places[:, 1:].T.astype(np.uint64)
    key = salts[places[:, 0]]
    mixed = (y << np.uint64(32) | x) * np.uint64(0x9E3779B97F4A7C15) + key
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    ranks: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return ranks


def _lowest(
    ranks: NDArray[np.uint64], own: NDArray[np.intp], share: int
) -> NDArray[np.intp]:
    """Return so many of some pixels, those with the lowest numbers."""
    if share == len(own):
        return own
    return own[np.argpartition(ranks[own], share)[:share]]


def features_by_cell(
    plane: AnnotatedPart,
    places: NDArray[np.intp],
    kind: FeatureSet,
    *,
    keep: bool = True,
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
    """Compute the features of some pixels, in one part of a plane after another.

    Of a large plane only what is around the pixels is described.

    Parameters
    ----------
    plane
        The plane.
    places
        (P, 2), y and x.
    kind
        Which features.
    keep
        Whether the plane's memory keeps what it did not know.

    Yields
    ------
    numbers, features
        (Q,), which of the pixels; (Q, F).
    """
    cells, describe = _numbered(places // _CELL), partial(_described, plane, kind)
    memory = plane.memory
    for cell in range(cells.max(initial=-1) + 1):
        own = np.flatnonzero(cells == cell)
        if memory is None:
            yield own, describe(places[own])
        else:
            region = plane.key, kind, *(places[own[0]] // _CELL)
            yield own, memory.features(region, places[own], describe, keep=keep)


def _described(
    plane: AnnotatedPart, kind: FeatureSet, places: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Compute the features (P, F) of some pixels that lie near each other."""
    pixels, reach = plane.pixels, feature_reach(kind)
    first = np.maximum(places.min(0) - reach, 0)
    stop = places.max(0) + reach + 1
    part = pixels[first[0] : stop[0], first[1] : stop[1]]
    planes = feature_planes(plane.scale.apply(part), kind, torch.get_num_threads())
    rows, columns = (places - first).T
    return np.ascontiguousarray(planes[:, rows, columns].T)


def _features_at(
    plane: AnnotatedPart, places: NDArray[np.intp], kind: FeatureSet
) -> NDArray[np.float32]:
    """Return the features (P, F) of some pixels of a plane, one at least."""
    parts = list(features_by_cell(plane, places, kind))
    order = np.argsort(np.concatenate([own for own, _ in parts]))
    return np.concatenate([features for _, features in parts])[order]


def _numbered(rows: NDArray[np.integer[Any]]) -> NDArray[np.intp]:
    """Number the different rows of an array, in order: (P,), from 0."""
    if not len(rows):
        return np.empty(0, np.intp)
    flat = np.ravel_multi_index(tuple(rows.T), tuple(rows.max(0) + 1))
    return np.unique(flat, return_inverse=True)[1]

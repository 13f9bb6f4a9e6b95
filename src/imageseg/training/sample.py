"""An image with what is annotated of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import ClassScheme
from imageseg.errors import NotEnoughAnnotationsError, ShapeMismatchError
from imageseg.images import ValueScale, channel_count, spatial_shape, split_planes
from imageseg.settings import Normalisation


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One image and its labels.

    Attributes
    ----------
    image
        (Y, X), (Y, X, C), (Z, Y, X) or (Z, Y, X, C).
    labels
        uint8 of the image's spatial shape; 0 = not annotated, k = class k.
    name
        For messages and tables.
    """

    image: NDArray[Any]
    labels: NDArray[np.uint8]
    name: str = "image"

    @property
    def channels(self) -> int:
        """Channels of the image; its labels tell (Y, X, C) from (Z, Y, X)."""
        if self.image.shape[:-1] == self.labels.shape:
            return self.image.shape[-1]
        return 1 if self.image.shape == self.labels.shape else channel_count(self.image)


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """One annotated plane of a sample, with its image's value scale.

    Attributes
    ----------
    pixels
        (Y, X, C), as stored.
    labels
        (Y, X).
    """

    pixels: NDArray[Any]
    labels: NDArray[np.uint8]
    scale: ValueScale
    name: str


def annotated_planes(
    samples: Sequence[Sample], channels: int, normalisation: Normalisation
) -> list[Plane]:
    """Split samples into planes and keep those with annotated pixels.

    Raises
    ------
    ShapeMismatchError
        Labels and image, or image and channels, do not fit; the sample is named.
    """
    planes = []
    for sample in samples:
        pixels = _planes_of(sample, channels)
        labels = sample.labels.reshape(-1, *sample.labels.shape[-2:])
        scale = ValueScale.of(sample.image, normalisation)
        planes += [
            Plane(p, plane_labels, scale, sample.name)
            for p, plane_labels in zip(pixels, labels, strict=True)
            if plane_labels.any()
        ]
    return planes


def check_annotations(labels: Sequence[NDArray[np.uint8]], scheme: ClassScheme) -> None:
    """Make sure there is something to learn from.

    Raises
    ------
    NotEnoughAnnotationsError
        Nothing, or one class only, is annotated, or a label has no class.
    """
    counts = sum(np.bincount(array.ravel(), minlength=256) for array in labels)
    found = np.flatnonzero(counts)
    found = found[found > 0]
    if found.size == 0:
        raise NotEnoughAnnotationsError(
            "Nothing is annotated yet. Paint a few strokes of each class."
        )
    if found[-1] > len(scheme):
        raise NotEnoughAnnotationsError(
            f"The annotation holds the label {found[-1]}, but there are only "
            f"{len(scheme)} classes. Add the class or repaint those pixels."
        )
    if found.size == 1:
        raise NotEnoughAnnotationsError(
            f"Only {scheme[int(found[0])].name} is annotated. Add strokes of a "
            "second class."
        )


def _planes_of(sample: Sample, channels: int) -> NDArray[Any]:
    try:
        pixels = split_planes(sample.image, channels)
    except ShapeMismatchError as error:
        raise ShapeMismatchError(f"{sample.name}: {error}") from error
    shape = spatial_shape(sample.image, channels)
    if sample.labels.shape != shape:
        raise ShapeMismatchError(
            f"{sample.name}: the mask has shape {sample.labels.shape}, the image "
            f"{shape}. Use the mask of this image at its full size."
        )
    return pixels

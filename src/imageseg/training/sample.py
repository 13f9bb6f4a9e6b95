"""An image with what is annotated of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ShapeMismatchError
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
            return int(self.image.shape[-1])
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

"""An image with what is annotated of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self, overload

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import PixelValueError, ShapeMismatchError
from imageseg.images import ValueScale, channel_count, spatial_shape, split_planes
from imageseg.settings import Normalisation


class AnnotatedPlane(Protocol):
    """A plane of an image with its labels, in memory or not.

    Attributes
    ----------
    pixels
        (Y, X, C), as stored.
    labels
        (Y, X).
    counts
        (256,), pixels of each label.
    shape
        (Y, X).
    group
        What never stands on both sides of a split: the image, or its group.
    """

    @property
    def pixels(self) -> NDArray[Any]: ...  # noqa: D102
    @property
    def labels(self) -> NDArray[np.uint8]: ...  # noqa: D102
    @property
    def counts(self) -> NDArray[np.int64]: ...  # noqa: D102
    @property
    def shape(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def scale(self) -> ValueScale: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def group(self) -> str: ...  # noqa: D102

    def with_labels(self, labels: NDArray[np.uint8]) -> Self:
        """Return the same pixels with other labels."""


class AnySample(Protocol):
    """What training needs to know of an annotated image, in memory or not."""

    @property
    def image(self) -> NDArray[Any]: ...  # noqa: D102
    @property
    def labels(self) -> NDArray[np.uint8]: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def channels(self) -> int: ...  # noqa: D102
    @property
    def dtype(self) -> np.dtype[Any]: ...  # noqa: D102
    @property
    def counts(self) -> NDArray[np.int64]: ...  # noqa: D102

    def digest(self) -> str:
        """Return a text that changes with the pixels, the labels or the name."""

    def planes(
        self, channels: int, normalisation: Normalisation
    ) -> Sequence[AnnotatedPlane]:
        """Split into planes and keep those with annotated pixels."""


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
    group
        Images of one group are held out together; empty: the image is alone.
    """

    image: NDArray[Any]
    labels: NDArray[np.uint8]
    name: str = "image"
    group: str = ""

    @property
    def channels(self) -> int:
        """Channels of the image; its labels tell (Y, X, C) from (Z, Y, X)."""
        if self.image.shape[:-1] == self.labels.shape:
            return int(self.image.shape[-1])
        return 1 if self.image.shape == self.labels.shape else channel_count(self.image)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixel values."""
        return self.image.dtype

    @property
    def counts(self) -> NDArray[np.int64]:
        """(256,), pixels of each label."""
        return label_counts(self.labels)

    def digest(self) -> str:
        """Return a text that changes with the pixels, the labels or the name."""
        sha = hashlib.sha256(f"{self.name} {self.image.shape} {self.dtype}".encode())
        for array in (self.image, self.labels):
            sha.update(np.ascontiguousarray(array).view(np.uint8).data)
        return sha.hexdigest()

    def planes(self, channels: int, normalisation: Normalisation) -> list[Plane]:
        """Split into planes and keep those with annotated pixels.

        Raises
        ------
        ShapeMismatchError
            Labels and image, or image and channels, do not fit.
        PixelValueError
            A pixel is no finite number.
        """
        pixels = planes_of(self, channels)
        labels = self.labels.reshape(-1, *self.labels.shape[-2:])
        scale = scale_of(self, normalisation)
        return [
            Plane(plane, plane_labels, scale, self.name, self.group or self.name)
            for plane, plane_labels in zip(pixels, labels, strict=True)
            if plane_labels.any()
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """One annotated plane in memory; see `AnnotatedPlane`."""

    pixels: NDArray[Any]
    labels: NDArray[np.uint8]
    scale: ValueScale
    name: str
    group: str = ""

    @property
    def counts(self) -> NDArray[np.int64]:
        """(256,), pixels of each label."""
        return label_counts(self.labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """(Y, X)."""
        return self.labels.shape

    def with_labels(self, labels: NDArray[np.uint8]) -> Self:
        """Return the same pixels with other labels."""
        return replace(self, labels=labels)


@overload
def annotated_planes(
    samples: Sequence[Sample], channels: int, normalisation: Normalisation
) -> list[Plane]: ...
@overload
def annotated_planes(
    samples: Sequence[AnySample], channels: int, normalisation: Normalisation
) -> list[AnnotatedPlane]: ...
def annotated_planes(
    samples: Sequence[AnySample], channels: int, normalisation: Normalisation
) -> Sequence[AnnotatedPlane]:
    """Split samples into planes and keep those with annotated pixels.

    Raises
    ------
    ShapeMismatchError
        Labels and image, or image and channels, do not fit; the sample is named.
    PixelValueError
        A pixel is no finite number; the sample is named.
    """
    return [p for sample in samples for p in sample.planes(channels, normalisation)]


def label_counts(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count the pixels of each label: (256,)."""
    return np.bincount(labels.ravel(), minlength=256)


def planes_of(sample: AnySample, channels: int) -> NDArray[Any]:
    """Return the planes (N, Y, X, C) of a sample whose labels fit.

    Raises
    ------
    ShapeMismatchError
        Labels and image, or image and channels, do not fit; the sample is named.
    """
    image, labels = sample.image, sample.labels
    try:
        pixels = split_planes(image, channels)
    except ShapeMismatchError as error:
        raise ShapeMismatchError(f"{sample.name}: {error}") from error
    shape = spatial_shape(image, channels)
    if labels.shape != shape:
        raise ShapeMismatchError(
            f"{sample.name}: the mask has shape {labels.shape}, the image "
            f"{shape}. Use the mask of this image at its full size."
        )
    return pixels


def scale_of(sample: AnySample, normalisation: Normalisation) -> ValueScale:
    """Measure the value scale of a sample's image.

    Raises
    ------
    PixelValueError
        A pixel is no finite number; the sample is named.
    """
    try:
        return ValueScale.of(sample.image, normalisation)
    except PixelValueError as error:
        raise PixelValueError(f"{sample.name}: {error}") from error

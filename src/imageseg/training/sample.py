"""An image with what is annotated of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, Self, overload

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import PixelValueError, ShapeMismatchError
from imageseg.forest import PixelMemory
from imageseg.images import (
    ValueScale,
    channel_count,
    recognised,
    seen_part,
    spatial_shape,
    split_parts,
)
from imageseg.settings import Normalisation
from imageseg.spec import ModelSpec


class AnnotatedPart(Protocol):
    """A plane or a volume of an image with its labels, in memory or not.

    Attributes
    ----------
    pixels
        (Y, X, C) or (Z, Y, X, C), as stored.
    labels
        (Y, X) or (Z, Y, X).
    counts
        (256,), pixels of each label.
    shape
        Of the labels.
    group
        What never stands on both sides of a split: the image, or its group.
    memory
        Knows what some of its pixels look like; None: nobody does.
    key
        Text that changes with the pixels and their scale; asked for with a memory.
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
    @property
    def memory(self) -> PixelMemory | None: ...  # noqa: D102
    @property
    def key(self) -> str: ...  # noqa: D102

    def look(self) -> None:
        """Read it, unless that is done, so that what is wrong with it is known."""

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
    def group(self) -> str: ...  # noqa: D102
    @property
    def channels(self) -> int: ...  # noqa: D102
    @property
    def channel_names(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def dtype(self) -> np.dtype[Any]: ...  # noqa: D102
    @property
    def counts(self) -> NDArray[np.int64]: ...  # noqa: D102

    def digest(self) -> str:
        """Return a text that changes with the pixels, the labels or the name."""

    def seen_by(self, spec: ModelSpec) -> Self:
        """Return it with the channels that a model knows by name.

        As it is, if channels are picked already or the names are others.
        """

    def parts(
        self,
        channels: int,
        normalisation: Normalisation,
        dims: int = 2,
        neighbours: int = 0,
    ) -> Sequence[AnnotatedPart]:
        """Split into planes (volumes with 3 dims); keep those with annotated pixels."""


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
    channel_names
        Empty if they have none.
    """

    image: NDArray[Any]
    labels: NDArray[np.uint8]
    name: str = "image"
    group: str = ""
    channel_names: tuple[str, ...] = ()

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

    def seen_by(self, spec: ModelSpec) -> Self:
        """Return it with the channels that a model knows by name, if it has them."""
        names = self.channel_names
        seen = recognised(self.channels, names, spec.channel_names) if names else None
        if seen is None or not seen.picked:
            return self
        image = seen.apply(pixels_of(self))
        return replace(self, image=image, channel_names=seen.names(names))

    def parts(
        self,
        channels: int,
        normalisation: Normalisation,
        dims: int = 2,
        neighbours: int = 0,
    ) -> list[Part]:
        """Split into planes (volumes with 3 dims); keep those with annotated pixels.

        Raises
        ------
        ShapeMismatchError
            Labels and image, or image and channels, do not fit.
        PixelValueError
            A pixel is no finite number.
        """
        pixels = parts_of(self, channels, dims)
        labels = self.labels.reshape(pixels.shape[:-1])
        scale = scale_of(self, normalisation)
        return [
            Part(
                seen_part(pixels, i, self.labels.shape, neighbours),
                labels[i],
                scale,
                self.name,
                self.group or self.name,
            )
            for i in range(len(pixels))
            if labels[i].any()
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One annotated plane or volume in memory; see `AnnotatedPart`."""

    pixels: NDArray[Any]
    labels: NDArray[np.uint8]
    scale: ValueScale
    name: str
    group: str = ""
    memory: ClassVar[None] = None
    key: ClassVar[str] = ""

    @property
    def counts(self) -> NDArray[np.int64]:
        """(256,), pixels of each label."""
        return label_counts(self.labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the labels."""
        return self.labels.shape

    def look(self) -> None:
        """Do nothing: it has been read."""

    def with_labels(self, labels: NDArray[np.uint8]) -> Self:
        """Return the same pixels with other labels."""
        return replace(self, labels=labels)


@overload
def annotated_parts(
    samples: Sequence[Sample],
    channels: int,
    normalisation: Normalisation,
    dims: int = 2,
    neighbours: int = 0,
) -> list[Part]: ...
@overload
def annotated_parts(
    samples: Sequence[AnySample],
    channels: int,
    normalisation: Normalisation,
    dims: int = 2,
    neighbours: int = 0,
) -> list[AnnotatedPart]: ...
def annotated_parts(
    samples: Sequence[AnySample],
    channels: int,
    normalisation: Normalisation,
    dims: int = 2,
    neighbours: int = 0,
) -> Sequence[AnnotatedPart]:
    """Split samples into planes, or volumes, and keep those with annotated pixels.

    Parameters
    ----------
    samples
        Images with labels.
    channels, normalisation, dims, neighbours
        Of the model that learns: 2 dims make planes, 3 volumes; an image (Y, X) is a
        volume of one slice. So many neighbouring slices on each side of a plane are
        channels beside its own.

    Raises
    ------
    ShapeMismatchError
        Labels and image, or image and channels, do not fit; the sample is named.
    PixelValueError
        A pixel is no finite number; the sample is named.
    """
    return [
        part
        for sample in samples
        for part in sample.parts(channels, normalisation, dims, neighbours)
    ]


def planes_of(part: AnnotatedPart) -> list[AnnotatedPart]:
    """Split a volume into its annotated planes; a plane is one already."""
    if part.labels.ndim == 2:
        return [part]
    pixels = part.pixels
    return [
        Part(pixels[z], labels, part.scale, part.name, part.group)
        for z, labels in enumerate(part.labels)
        if labels.any()
    ]


def label_counts(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count the pixels of each label: (256,)."""
    return np.bincount(labels.ravel(), minlength=256)


def pixels_of(sample: AnySample) -> NDArray[Any]:
    """Return the image of a sample, (Z, Y, X) with an axis for its one channel.

    Its labels tell, however few columns it has.
    """
    image = sample.image
    return image[..., np.newaxis] if image.shape == sample.labels.shape else image


def parts_of(sample: AnySample, channels: int, dims: int) -> NDArray[Any]:
    """Return the planes or volumes of a sample whose labels fit; see `split_parts`.

    Raises
    ------
    ShapeMismatchError
        Labels and image, or image and channels, do not fit; the sample is named.
    """
    image = pixels_of(sample)
    with named(sample.name):
        pixels = split_parts(image, channels, dims)
        check_mask(sample.labels, spatial_shape(image, channels))
    return pixels


def check_mask(labels: NDArray[np.uint8], shape: tuple[int, ...]) -> None:
    """Refuse labels of another size than their image."""
    if labels.shape != shape:
        raise ShapeMismatchError(
            f"the mask has shape {labels.shape}, the image {shape}. Use the mask of "
            "this image at its full size."
        )


def scale_of(sample: AnySample, normalisation: Normalisation) -> ValueScale:
    """Measure the value scale of a sample's image.

    Raises
    ------
    PixelValueError
        A pixel is no finite number; the sample is named.
    """
    with named(sample.name):
        return ValueScale.of(sample.image, normalisation)


@contextmanager
def named(name: str) -> Iterator[None]:
    """Put the name of a sample before what is wrong with it."""
    try:
        yield
    except (PixelValueError, ShapeMismatchError) as error:
        raise type(error)(f"{name}: {error}") from error

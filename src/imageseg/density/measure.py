"""Measure the share of every class in a region."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from imageseg.classes import MAX_CLASSES, ClassScheme
from imageseg.density.notation import parse_region
from imageseg.density.regions import WHOLE, Region
from imageseg.density.value import Density
from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Mask
from imageseg.units import PixelSize

_CHUNK = 1 << 20  # pixels at a time: numpy picks and counts them in 64 bits


class Labelled(Protocol):
    """Anything with labels and the classes they stand for, as a `Prediction`."""

    @property
    def labels(self) -> NDArray[np.uint8]:
        """(Y, X) or (Z, Y, X)."""

    @property
    def scheme(self) -> ClassScheme:
        """The classes."""


def measure_density(
    labelled: Labelled | NDArray[np.uint8],
    region: str | float | Region = WHOLE,
    *,
    scheme: ClassScheme | None = None,
    pixel_size: PixelSize | None = None,
    image: NDArray[Any] | None = None,
) -> Density:
    """Count classes inside a region.

    Parameters
    ----------
    labelled
        A prediction, or labels (Y, X) or (Z, Y, X) with 0 = no class.
    region
        A region, or one in words, see `parse_region`; applied to every plane of
        a stack.
    scheme
        The classes; needed with plain labels.
    pixel_size
        For area or volume in physical units.
    image
        What was segmented, of the labels' shape and with or without channels
        last, for the overexposed share: pixels at the largest value of the
        integer type, 1 for floats, in all channels.

    Returns
    -------
    density
        Counts, fractions and the field's quantities.

    Raises
    ------
    SettingsError
        The region or the scheme is missing or makes no sense.
    ShapeMismatchError
        The labels have no rows and columns, labels without a class, another
        shape than the image, or the region does not fit them.
    """
    return measure_regions(
        labelled, [region], scheme=scheme, pixel_size=pixel_size, image=image
    )[0]


def measure_regions(
    labelled: Labelled | NDArray[np.uint8],
    regions: Sequence[str | float | Region],
    *,
    scheme: ClassScheme | None = None,
    pixel_size: PixelSize | None = None,
    image: NDArray[Any] | None = None,
) -> list[Density]:
    """Count classes inside each of several regions, as quadrats or plots.

    Everything but `regions` is as for `measure_density`.
    """
    places = [parse_region(region) for region in regions]
    labels, scheme = labels_and_scheme(labelled, scheme)
    bright = None if image is None else _overexposed(image, labels.shape)
    blank = Density(
        scheme=scheme,
        region=WHOLE,
        counts={},
        planes=math.prod(labels.shape[:-2]),
        pixel_size=pixel_size,
    )
    return [_counted(blank, place, labels, bright) for place in places]


def measure_slices(
    labelled: Labelled | NDArray[np.uint8],
    region: str | float | Region = WHOLE,
    *,
    scheme: ClassScheme | None = None,
    pixel_size: PixelSize | None = None,
    image: NDArray[Any] | None = None,
) -> list[Density]:
    """Count classes inside a region of each slice of a stack.

    Everything is as for `measure_density`; the slices are numbered from 0.

    Raises
    ------
    ShapeMismatchError
        The labels are no stack, and as for `measure_density`.
    """
    place = parse_region(region)
    labels, scheme = labels_and_scheme(labelled, scheme)
    if labels.ndim < 3:
        raise ShapeMismatchError(
            f"Labels of shape {labels.shape} are one plane, no stack of slices."
        )
    bright = None if image is None else _overexposed(image, labels.shape)
    found = []
    for i, index in enumerate(np.ndindex(labels.shape[:-2])):
        blank = Density(
            scheme=scheme, region=place, counts={}, slice=i, pixel_size=pixel_size
        )
        shown = None if bright is None else bright[index]
        found.append(_counted(blank, place, labels[index], shown))
    return found


def labels_and_scheme(
    labelled: Labelled | NDArray[np.uint8], scheme: ClassScheme | None
) -> tuple[NDArray[np.uint8], ClassScheme]:
    """Return the labels and what they mean.

    Raises
    ------
    SettingsError
        There are plain labels and no classes.
    ShapeMismatchError
        The labels have no rows and columns.
    """
    if isinstance(labelled, np.ndarray):
        if scheme is None:
            raise SettingsError("scheme", None, "given with plain labels")
        labels = labelled
    else:
        labels, scheme = labelled.labels, labelled.scheme
    if labels.ndim < 2:
        raise ShapeMismatchError(f"Labels of shape {labels.shape} are no image.")
    return labels, scheme


def _counted(
    blank: Density, region: Region, labels: NDArray[np.uint8], bright: Mask | None
) -> Density:
    """Fill in what a region holds."""
    mask = region.mask((labels.shape[-2], labels.shape[-1]))
    counts = _histogram(labels, mask)
    scheme = blank.scheme
    if counts[len(scheme) + 1 :].any():
        raise ShapeMismatchError(
            f"The labels go up to {counts.nonzero()[0][-1]}, but there are only "
            f"{len(scheme)} classes. Measure with the classes they were made with."
        )
    return replace(
        blank,
        region=region,
        counts={c.name: int(counts[c.id]) for c in scheme},
        unlabelled=int(counts[0]),
        overexposed=None if bright is None else int(np.count_nonzero(bright & mask)),
    )


def _histogram(labels: NDArray[np.uint8], mask: Mask) -> NDArray[np.intp]:
    """Count labels in every plane, some rows at a time."""
    planes = labels.reshape(-1, *mask.shape)
    highest = max(int(labels.max(initial=0)), MAX_CLASSES)
    counts = np.zeros(highest + 1, np.intp)
    step = max(1, _CHUNK // max(1, mask.shape[1]))
    for plane, start in product(planes, range(0, len(mask), step)):
        rows = slice(start, start + step)
        counts += np.bincount(plane[rows][mask[rows]], minlength=highest + 1)
    return counts


def _overexposed(image: NDArray[Any], shape: tuple[int, ...]) -> Mask:
    """Return which pixels are at the largest value in all channels."""
    if image.shape not in (shape, (*shape, *image.shape[-1:])):
        raise ShapeMismatchError(
            f"An image of shape {image.shape} does not belong to labels of shape "
            f"{shape}. Give the image that was segmented."
        )
    whole = image.dtype.kind in "iu"
    full = image >= (np.iinfo(image.dtype).max if whole else 1)
    return np.asarray(full if image.shape == shape else full.all(axis=-1))

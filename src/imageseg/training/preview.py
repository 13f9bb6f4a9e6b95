"""Show what training sees of an image: the image, then changed copies of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from imageseg.augmentation import AugmentSettings
from imageseg.augmentation.augmenter import Augmenter
from imageseg.classes import ClassScheme
from imageseg.figures import draw_overlay
from imageseg.images import (
    ValueScale,
    channel_count,
    spatial_shape,
    split_planes,
)
from imageseg.settings import Augmentation, Normalisation
from imageseg.training.sample import Sample

_SIDE = 256  # px of a patch, as in training
_GAP = 4  # px of white between the copies and around them
_OPACITY = 0.35


def preview(
    image: NDArray[Any],
    labels: NDArray[np.uint8] | None,
    settings: AugmentSettings | Augmentation,
    scheme: ClassScheme,
    *,
    n: int = 12,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Draw a patch and changed copies of it, with their labels, in a grid.

    Parameters
    ----------
    image
        (Y, X), (Y, X, C), or a stack (Z, Y, X[, C]), whose middle plane is shown.
    labels
        (Y, X) or (Z, Y, X), 0 = not annotated and uncoloured. None shows the
        image alone.
    settings
        The changes, or the name of a preset.
    scheme
        Gives the colours.
    n
        How many pictures; the first is the patch itself, of at most 256 px a
        side, cut where the annotations are.
    seed
        Start of the random numbers.

    Returns
    -------
    picture
        (Y, X, 3).
    """
    if labels is None:
        shape = spatial_shape(image, channel_count(image))
        labels = np.zeros(shape, np.uint8)
    pixels, labels = _patch(Sample(image, labels))
    images = torch.from_numpy(pixels).movedim(-1, 0).expand(n - 1, -1, -1, -1)
    masks = torch.from_numpy(labels).expand(n - 1, -1, -1)
    changed, moved = Augmenter(settings, seed=seed)(images, masks)
    shown = [
        (pixels, labels),
        *zip(changed.movedim(1, -1).numpy(), moved.numpy(), strict=True),
    ]
    return _grid([_drawn(values, mask, scheme) for values, mask in shown])


def _patch(sample: Sample) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Cut a patch (Y, X, C) from 0 to 1, and its labels, where these are."""
    image = sample.image
    planes = split_planes(image, sample.channels)
    middle = len(planes) // 2
    labels = sample.labels.reshape(planes.shape[:-1])[middle]
    inside = tuple(
        slice(start, start + _SIDE)
        for start in (_start(labels, axis) for axis in (0, 1))
    )
    normalisation: Normalisation = "range" if image.dtype == np.uint8 else "percentile"
    scale = ValueScale.of(image, normalisation)
    return scale.apply(planes[middle][inside]), np.ascontiguousarray(labels[inside])


def _start(labels: NDArray[np.uint8], axis: int) -> int:
    """Return where a patch starts along an axis whose middle is annotated."""
    side = labels.shape[axis]
    places = np.nonzero(labels)[axis]
    centre = float(places.mean()) if len(places) else side / 2
    return int(np.clip(round(centre - _SIDE / 2), 0, max(side - _SIDE, 0)))


def _drawn(
    values: NDArray[np.float32], labels: NDArray[np.uint8], scheme: ClassScheme
) -> NDArray[np.uint8]:
    shown = np.asarray((values.clip(0, 1) * 255).round(), np.uint8)
    return draw_overlay(shown, labels, scheme, opacity=_OPACITY)


def _grid(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Put pictures of one size in rows, on white."""
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    height, width = (side + _GAP for side in pictures[0].shape[:2])
    shape = (_GAP + rows * height, _GAP + columns * width, 3)
    grid = np.full(shape, 255, np.uint8)
    for i, picture in enumerate(pictures):
        row, column = divmod(i, columns)
        y, x = _GAP + row * height, _GAP + column * width
        grid[y : y + height - _GAP, x : x + width - _GAP] = picture
    return grid

"""Smaller scenes with the detail of large ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError
from imageseg.samples.sample import SampleImage


def shrink(sample: SampleImage, factor: int) -> SampleImage:
    """Average blocks of `factor` by `factor` pixels, as a coarser sensor would.

    A label is that of the block's most frequent class; of equals, the first.
    Rows and columns that fill no block are left out; planes stay apart.

    Raises
    ------
    SettingsError
        The factor is below 1 or leaves nothing of the image.
    """
    if not 1 <= factor <= min(sample.labels.shape[-2:]):
        raise SettingsError("shrink", factor, "1 to the shorter side of the image")
    if factor == 1:
        return sample
    first = sample.labels.ndim - 2
    image = _blocks(sample.image.astype(np.float32), factor, first).mean(-1)
    blocks = _blocks(sample.labels, factor, first)
    counts = [(blocks == c.id).sum(-1) for c in sample.scheme]
    return replace(
        sample,
        image=image.round().astype(sample.image.dtype),
        labels=(np.argmax(counts, axis=0) + 1).astype(np.uint8),
        scale=(*sample.scale[:-2], *(s * factor for s in sample.scale[-2:])),
    )


def _blocks(array: NDArray[Any], factor: int, first: int) -> NDArray[Any]:
    """Move the pixels of each block to the last axis; `first` is the axis of rows."""
    rows, columns = (side // factor for side in array.shape[first : first + 2])
    cut = (slice(None),) * first + (
        slice(rows * factor),
        slice(columns * factor),
    )
    rest = array.shape[first + 2 :]
    shape = (*array.shape[:first], rows, factor, columns, factor, *rest)
    split = array[cut].reshape(shape)
    moved = np.moveaxis(split, (first + 1, first + 3), (-2, -1))
    return moved.reshape(*moved.shape[:-2], factor * factor)

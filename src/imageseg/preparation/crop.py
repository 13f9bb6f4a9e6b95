"""Cut images to a box, a circle or a drawn polygon."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imageseg.errors import SettingsError
from imageseg.geometry import Box, Circle, Mask, polygon_mask
from imageseg.preparation.resize import Shape, crop, row_axis

Region = Box | Circle | ArrayLike
"""A box, a circle, or a polygon's vertices (N, 2) as (y, x)."""


def crop_to(image: NDArray[Any], outline: Region, *, channels: int = 1) -> NDArray[Any]:
    """Cut an image to the box around an outline; what lies outside becomes 0.

    0 is black in images and not annotated in labels.

    Parameters
    ----------
    image
        (…, Y, X) or (…, Y, X, C), or labels; unchanged.
    outline
        What to keep.
    channels
        How many channels to expect, see `channel_count`.

    Raises
    ------
    SettingsError
        No pixel of the image is inside.
    ShapeMismatchError
        A box reaches over the edge.
    """
    axis = row_axis(image, channels)
    box = box_around(outline, (image.shape[axis], image.shape[axis + 1]))
    part = crop(image, box, channels=channels)
    inside = inside_of(outline, box)
    return part if inside is None else blank_outside(part, inside, axis)


def box_around(outline: Region, shape: Shape) -> Box:
    """Return the smallest box with all pixels of a plane inside an outline.

    Raises
    ------
    SettingsError
        There are none.
    """
    if isinstance(outline, Box):
        return outline
    if isinstance(outline, Circle):
        y, x, r = outline.y, outline.x, outline.radius
        low, high = np.array([y - r, x - r]), np.array([y + r, x + r])
    else:
        points = np.asarray(outline, float)
        low, high = points.min(axis=0), points.max(axis=0)
    top, left = (max(0, math.ceil(v)) for v in low)
    bottom, right = (
        min(side - 1, math.floor(v)) for v, side in zip(high, shape, strict=True)
    )
    if bottom < top or right < left:
        raise SettingsError("region", outline, f"within {shape[1]}x{shape[0]} pixels")
    return Box(top, left, bottom - top + 1, right - left + 1)


def inside_of(outline: Region, box: Box) -> Mask | None:
    """Return which pixels of a box are inside an outline; None means all."""
    shape = box.height, box.width
    if isinstance(outline, Box):
        return None
    if isinstance(outline, Circle):
        moved = Circle(outline.y - box.top, outline.x - box.left, outline.radius)
        return moved.mask(shape)
    return polygon_mask(np.asarray(outline, float) - (box.top, box.left), shape)


def blank_outside(image: NDArray[Any], inside: Mask, axis: int) -> NDArray[Any]:
    """Return a copy in which pixels outside are 0; `axis` counts the rows."""
    after = (1,) * (image.ndim - axis - 2)
    kept = inside.reshape(*inside.shape, *after)
    return np.where(kept, image, image.dtype.type(0))

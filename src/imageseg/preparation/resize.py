"""Resize pictures to the size a network was made for, without distorting them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Box
from imageseg.images import channel_count

Shape = tuple[int, int]
"""Rows and columns."""

Gravity = Literal[
    "northwest",
    "north",
    "northeast",
    "west",
    "center",
    "east",
    "southwest",
    "south",
    "southeast",
]
Filter = Literal["lanczos", "bicubic", "bilinear", "box", "hamming", "nearest"]

_SMOOTH = {
    "lanczos": Image.Resampling.LANCZOS,
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "box": Image.Resampling.BOX,
    "hamming": Image.Resampling.HAMMING,
}


def aspect_box(shape: Shape, size: Shape, gravity: Gravity = "center") -> Box:
    """Return the largest part of a plane that has the proportions of `size`.

    imageseg's rule: with e = min(W / w, H / h) the part has round(w·e) columns
    and round(h·e) rows.

    Parameters
    ----------
    shape
        Rows H and columns W of the plane.
    size
        Rows h and columns w wanted in the end.
    gravity
        Where the part lies.
    """
    e = min(shape[0] / size[0], shape[1] / size[1])
    height, width = (max(1, round(side * e)) for side in size)
    top = _offset(shape[0] - height, gravity, "north", "south")
    left = _offset(shape[1] - width, gravity, "west", "east")
    return Box(top, left, height, width)


def resize(
    image: NDArray[Any],
    size: Shape,
    *,
    smoothing: Filter = "lanczos",
    channels: int = 1,
) -> NDArray[Any]:
    """Resize an image, plane by plane; the dtype is kept.

    Filters widen when they shrink, so that nothing is skipped (anti-aliasing).
    Integers are rounded and never overflow; label masks need ``"nearest"``.

    Parameters
    ----------
    image
        (…, Y, X) or (…, Y, X, C).
    size
        Rows and columns wanted.
    smoothing
        Filter; ``"nearest"`` makes no new values.
    channels
        How many channels to expect, see `channel_count`.
    """
    if min(size) < 1:
        raise SettingsError("size", size, "at least one pixel a side")
    axis = row_axis(image, channels)
    if image.shape[axis : axis + 2] == size:
        return image
    if smoothing == "nearest" or image.dtype == bool:
        return _nearest(image, size, axis)
    if image.dtype == np.uint8 and image.ndim == 3 and image.shape[-1] == 3:
        return _smooth(image, size, smoothing)
    planes = np.moveaxis(image, (axis, axis + 1), (-2, -1))
    flat = [
        _smooth_plane(p, size, smoothing)
        for p in planes.reshape(-1, *planes.shape[-2:])
    ]
    resized = np.stack(flat).reshape(*planes.shape[:-2], *size)
    return np.ascontiguousarray(np.moveaxis(resized, (-2, -1), (axis, axis + 1)))


def crop(image: NDArray[Any], box: Box, *, channels: int = 1) -> NDArray[Any]:
    """View a box of an image (…, Y, X) or (…, Y, X, C).

    Raises
    ------
    ShapeMismatchError
        The image does not hold the whole box.
    """
    axis = row_axis(image, channels)
    shape = image.shape[axis], image.shape[axis + 1]
    if not box.fits(shape):
        raise ShapeMismatchError(
            f"The box {box} does not lie within {shape[1]}x{shape[0]} pixels. "
            "Choose one that does."
        )
    return image[(slice(None),) * axis + box.slices]


def row_axis(image: NDArray[Any], channels: int = 1) -> int:
    """Return which axis counts the rows; the columns are the next."""
    has_channels = image.ndim > 2 and (
        image.shape[-1] == 1 or channel_count(image, channels) > 1
    )
    return image.ndim - (3 if has_channels else 2)


def _offset(free: int, gravity: str, first: str, last: str) -> int:
    if first in gravity:
        return 0
    return free if last in gravity else free // 2


def _nearest(image: NDArray[Any], size: Shape, axis: int) -> NDArray[Any]:
    """Take the pixel in which the centre of the new one lies."""
    for i, new in enumerate(size, axis):
        centres = 2 * np.arange(new) + 1  # in halves of a new pixel
        image = image.take(centres * image.shape[i] // (2 * new), axis=i)
    return image


def _smooth(image: NDArray[Any], size: Shape, smoothing: Filter) -> NDArray[Any]:
    resized = Image.fromarray(image).resize(size[::-1], _SMOOTH[smoothing])
    return np.asarray(resized)


def _smooth_plane(plane: NDArray[Any], size: Shape, smoothing: Filter) -> NDArray[Any]:
    """Resize in float32 what Pillow has no type for."""
    if plane.dtype == np.uint8:
        return _smooth(np.ascontiguousarray(plane), size, smoothing)
    values = _smooth(np.ascontiguousarray(plane, np.float32), size, smoothing)
    if plane.dtype.kind not in "iu":
        return values.astype(plane.dtype)
    limits = np.iinfo(plane.dtype)
    # float32 cannot hold the largest 32-bit numbers: clip in float64
    whole = values.round().astype(np.float64).clip(limits.min, limits.max)
    return whole.astype(plane.dtype)

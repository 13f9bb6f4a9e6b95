"""Small pictures of images, for people who look for one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from imageseg.images.formats import sniff
from imageseg.images.lazy import open_image
from imageseg.images.sources import damage_named

_SHOWN = (1.0, 99.0)  # per cent of the pixels between black and white


def thumbnail(path: Path | str, side: int = 64) -> NDArray[np.uint8]:
    """Read a small copy of an image, and as little of its file as possible.

    JPEGs are decoded at a fraction of their size; of stacks the middle slice is
    shown, of more than three channels the first three.

    Parameters
    ----------
    path
        An image file.
    side
        Longest side of the copy.

    Returns
    -------
    copy
        (y, x, 3), uint8, red, green and blue.

    Raises
    ------
    ImageReadError
        The file is missing, damaged, or of no known format.
    """
    path = Path(path)
    if sniff(path) == "jpeg":
        return _jpeg(path, side)
    with open_image(path) as image:
        levels = image.levels
        fitting = [level for level in levels if max(level.shape) >= side]
        level = fitting[-1] if fitting else levels[0]
        spatial = level.info.axes.index("Y")
        at = tuple(length // 2 for length in level.shape[:spatial])
        step = max(1, min(level.shape[spatial : spatial + 2]) // (2 * side))
        return small_copy(
            level[(*at, slice(None, None, step), slice(None, None, step))], side
        )


def small_copy(plane: NDArray[Any], side: int = 64) -> NDArray[np.uint8]:
    """Shrink a plane in memory.

    Parameters
    ----------
    plane
        (Y, X) or (Y, X, C). Values other than 8-bit ones are stretched from their 1st
        to their 99th percentile.
    side
        Longest side of the copy.

    Returns
    -------
    copy
        (y, x, 3), uint8.
    """
    step = max(1, min(plane.shape[:2]) // (2 * side))
    colours = _colours(np.asarray(plane[::step, ::step]))
    picture = Image.fromarray(colours)
    picture.thumbnail((side, side))
    return np.asarray(picture)


def _jpeg(path: Path, side: int) -> NDArray[np.uint8]:
    with damage_named(path), Image.open(path) as picture:
        picture.draft("RGB", (side, side))
        upright = ImageOps.exif_transpose(picture).convert("RGB")
        upright.thumbnail((side, side))
        return np.asarray(upright)


def _colours(plane: NDArray[Any]) -> NDArray[np.uint8]:
    """Return (Y, X, 3) of 8 bits."""
    channels = plane[..., None] if plane.ndim == 2 else plane
    if channels.shape[-1] < 3:
        channels = np.repeat(channels[..., :1], 3, axis=-1)
    channels = channels[..., :3]
    if channels.dtype == np.uint8:
        return np.ascontiguousarray(channels)
    values = np.nan_to_num(channels.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = np.percentile(values, _SHOWN)
    scaled = (values - low) / max(high - low, np.finfo(float).tiny)
    eight_bit: NDArray[np.uint8] = (255 * scaled.clip(0, 1)).astype(np.uint8)
    return eight_bit

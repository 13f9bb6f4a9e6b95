"""The part of a fisheye photograph that holds a picture: its box."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Box
from imageseg.images import read_image

THRESHOLD = 10.0
"""imageseg's documented default, in levels of 255."""

_WEIGHTS = np.array([0.30, 0.59, 0.11], np.float32)


def find_valid_box(
    image: NDArray[Any] | Path | str, *, threshold: float = THRESHOLD
) -> Box:
    """Find the box outside of which all is about equally dark.

    The rule of imageseg's ``findValidRegion`` (after Li et al. 2020): rows and
    columns count whose luminance ranges over at least `threshold`; the box
    reaches from the first to the last of them.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C), or a file of one.
    threshold
        Smallest range, in levels of 255; noise and stray light stay below it.

    Raises
    ------
    SettingsError
        No row reaches the threshold.
    """
    levels = luminance(image)
    rows, columns = (
        np.flatnonzero(np.ptp(levels, axis=a) >= threshold) for a in (1, 0)
    )
    if not (rows.size and columns.size):
        raise SettingsError(
            "threshold", threshold, "lower: the image is evenly dark or bright"
        )
    top, left = int(rows[0]), int(columns[0])
    return Box(top, left, int(rows[-1]) - top + 1, int(columns[-1]) - left + 1)


def luminance(image: NDArray[Any] | Path | str) -> NDArray[np.float32]:
    """Return 0.30 R + 0.59 G + 0.11 B (Y, X), 0 to 255.

    Of other than three channels the mean is taken. What is not 8-bit is scaled
    by its largest value.

    Raises
    ------
    ShapeMismatchError
        It is a stack.
    """
    pixels = read_image(image) if isinstance(image, Path | str) else image
    if pixels.ndim == 3 and pixels.shape[-1] == 3:
        grey = pixels @ _WEIGHTS
    elif pixels.ndim == 3 and pixels.shape[-1] <= 4:
        grey = pixels.mean(axis=-1, dtype=np.float32)
    elif pixels.ndim == 2:
        grey = pixels.astype(np.float32)
    else:
        raise ShapeMismatchError(
            f"An image of shape {pixels.shape} is a stack; a valid region is found in "
            "single photographs. Give it as WIDTHxHEIGHT+LEFT+TOP."
        )
    if pixels.dtype == np.uint8:
        return np.asarray(grey, np.float32)
    grey = np.nan_to_num(grey, posinf=0, neginf=0)
    return np.asarray(grey * (255 / max(float(grey.max()), 1e-30)), np.float32)

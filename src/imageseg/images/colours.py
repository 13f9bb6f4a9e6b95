"""Between grey and colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ShapeMismatchError
from imageseg.images.planes import channel_count

LUMA = (0.2126, 0.7152, 0.0722)
"""Weights of red, green and blue (ITU-R BT.709-6, item 3.2), for encoded values."""


def to_grey(image: NDArray[Any]) -> NDArray[Any]:
    """Return the Rec. 709 luma of a colour image, computed on the values as stored.

    Parameters
    ----------
    image
        (…, Y, X, 3).

    Returns
    -------
    grey
        (…, Y, X) of the same dtype; whole numbers are rounded.

    Raises
    ------
    ShapeMismatchError
        The image has no three channels.
    """
    if image.ndim < 3 or image.shape[-1] != 3:
        raise ShapeMismatchError(
            f"An image of shape {image.shape} has no red, green and blue to make grey."
        )
    precise = np.result_type(image.dtype, np.float32)  # float64 for 32-bit integers
    grey = image @ np.asarray(LUMA, precise)
    if np.issubdtype(image.dtype, np.integer):
        grey = np.rint(grey)
    return np.asarray(grey.astype(image.dtype))


def to_channels(image: NDArray[Any], channels: int) -> NDArray[Any]:
    """Bring grey and colour images to one number of channels.

    Parameters
    ----------
    image
        (…, Y, X) or (…, Y, X, C).
    channels
        1 makes colours grey, 3 repeats grey three times.

    Returns
    -------
    image
        (…, Y, X) for one channel, else (…, Y, X, C).

    Raises
    ------
    ShapeMismatchError
        There is no way from these channels to those.
    """
    found = channel_count(image, channels)
    single = image[..., 0] if found == 1 and image.shape[-1] == 1 else image
    if found == channels:
        return single
    if (found, channels) == (1, 3):
        return np.repeat(single[..., np.newaxis], 3, axis=-1)
    if (found, channels) == (3, 1):
        return to_grey(image)
    raise ShapeMismatchError(
        f"An image of shape {image.shape} has {found} channels; only one and three "
        f"can be made of each other, not {channels}. Choose the channels by hand."
    )

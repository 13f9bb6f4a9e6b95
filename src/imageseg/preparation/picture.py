"""Pixels on their way from file to file, and the forms they can take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError
from imageseg.images import to_channels, to_unit_range
from imageseg.preparation.resize import Shape, row_axis
from imageseg.preparation.settings import FileFormat, PrepareSettings
from imageseg.units import PixelSize

_CHANNELS = {"grey": 1, "rgb": 3}
_BLACK, _WHITE = np.uint8(0), np.uint8(255)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image or a mask, and how it is to be treated.

    Attributes
    ----------
    pixels
        (…, Y, X) or (…, Y, X, C).
    channels
        How many of them.
    is_mask
        Whether values are codes, which no filter may mix.
    axes
        A letter for each, as in `ImageInfo`; None if they are not known.
    pixel_size
        None if it is not known.
    """

    pixels: NDArray[Any]
    channels: int = 1
    is_mask: bool = False
    axes: str | None = None
    pixel_size: PixelSize | None = None

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        axis = row_axis(self.pixels, self.channels)
        return self.pixels.shape[axis], self.pixels.shape[axis + 1]


def convert(picture: Picture, settings: PrepareSettings) -> Picture:
    """Return an image with the channels asked for, or in black and white.

    Masks stay as they are.
    """
    if picture.is_mask:
        return picture
    wanted = "grey" if settings.binary else settings.channels
    if wanted != "keep":
        channels = _CHANNELS[wanted]
        pixels = to_channels(picture.pixels, channels)
        axes = picture.axes and picture.axes.removesuffix("C") + "C" * (channels > 1)
        picture = replace(picture, pixels=pixels, channels=channels, axes=axes)
    if not settings.binary:
        return picture
    bright = to_unit_range(picture.pixels, "range") >= 0.5
    return replace(picture, pixels=np.where(bright, _WHITE, _BLACK))


def file_suffix(
    pixels: NDArray[Any], wanted: FileFormat, pixel_size: PixelSize | None = None
) -> Literal["png", "tif"]:
    """Return the suffix of the format that can hold an image, PNG if it can.

    A pixel size is kept in TIFFs only.

    Raises
    ------
    SettingsError
        PNG is asked for of what no PNG can hold.
    """
    grey = pixels.ndim == 2 and pixels.dtype in (np.uint8, np.uint16)
    colour = pixels.ndim == 3 and pixels.shape[-1] == 3 and pixels.dtype == np.uint8
    if wanted == "tiff" or (wanted == "auto" and pixel_size is not None):
        return "tif"
    if grey or colour:
        return "png"
    if wanted == "png":
        held = f"tiff or auto for an image of shape {pixels.shape}, {pixels.dtype}"
        raise SettingsError("format", wanted, held)
    return "tif"

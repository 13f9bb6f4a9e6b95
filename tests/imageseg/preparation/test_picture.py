"""Pictures take the channels and the file format asked for; masks stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from imageseg.errors import SettingsError
from imageseg.preparation.picture import Picture, convert, file_suffix
from imageseg.preparation.settings import PrepareSettings
from imageseg.units import PixelSize

GREY = np.array([[0, 127, 128, 255]], np.uint8)
RGB = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)


def test_grey_is_the_luma_of_the_colours() -> None:
    grey = convert(Picture(pixels=RGB, channels=3), PrepareSettings(channels="grey"))

    assert grey.pixels.tolist() == [[54, 182, 18]]
    assert grey.channels == 1


def test_rgb_repeats_grey() -> None:
    colour = convert(Picture(pixels=GREY), PrepareSettings(channels="rgb"))

    np.testing.assert_array_equal(colour.pixels, np.stack([GREY] * 3, -1))
    assert colour.channels == 3


@pytest.mark.parametrize("image", [GREY, GREY.astype(np.uint16) * 257, GREY / 255])
def test_binary_splits_at_half_of_the_range(image: np.ndarray) -> None:
    result = convert(Picture(pixels=image), PrepareSettings(binary=True)).pixels

    assert result.dtype == np.uint8
    assert result.tolist() == [[0, 0, 255, 255]]


def test_colours_become_black_and_white_by_their_luma() -> None:
    picture = Picture(pixels=RGB, channels=3)

    assert convert(picture, PrepareSettings(binary=True)).pixels.tolist() == [
        [0, 255, 0]
    ]


def test_masks_stay_as_they_are() -> None:
    mask = Picture(pixels=GREY, is_mask=True)

    assert convert(mask, PrepareSettings(binary=True, channels="rgb")) is mask


@pytest.mark.parametrize(
    ("shape", "dtype", "suffix"),
    [
        ((5, 7), "u1", "png"),
        ((5, 7), "u2", "png"),
        ((5, 7, 3), "u1", "png"),
        ((5, 7, 3), "u2", "tif"),
        ((5, 7), "f4", "tif"),
        ((4, 5, 7), "u1", "tif"),
        ((5, 7, 4), "u1", "tif"),
        ((5, 7), "i4", "tif"),
    ],
)
def test_png_is_taken_where_it_can_hold_the_image(
    shape: Any, dtype: str, suffix: str
) -> None:
    pixels = np.zeros(shape, dtype)

    assert file_suffix(pixels, "auto") == suffix
    assert file_suffix(pixels, "tiff") == "tif"
    assert file_suffix(pixels, "auto", PixelSize(1, 1)) == "tif"
    if suffix == "tif":
        with pytest.raises(SettingsError, match="tiff or auto for an image of shape"):
            file_suffix(pixels, "png")


@pytest.mark.parametrize(
    ("pixels", "wanted", "axes"),
    [(RGB, "grey", "YX"), (GREY, "rgb", "YXC"), (RGB, "rgb", "YXC")],
)
def test_axes_follow_the_channels(pixels: Any, wanted: Any, axes: str) -> None:
    channels = 3 if pixels.ndim == 3 else 1
    picture = Picture(pixels=pixels, channels=channels, axes="YXC"[: pixels.ndim])

    assert convert(picture, PrepareSettings(channels=wanted)).axes == axes

"""Grey is the luma of Rec. 709, and grey and colour images can be mixed."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.errors import ShapeMismatchError
from imageseg.images.colours import to_channels, to_grey


@pytest.mark.parametrize(("colour", "grey"), [(0, 54), (1, 182), (2, 18)])
def test_pure_colours_have_the_weights_of_the_standard(colour: int, grey: int) -> None:
    image = np.zeros((1, 1, 3), np.uint8)
    image[..., colour] = 255

    assert to_grey(image).item() == grey


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i2", "f4", "f8"])
@pytest.mark.parametrize("shape", [(6, 9, 3), (4, 6, 9, 3)])
def test_grey_is_the_weighted_sum_in_the_type_of_the_image(
    rng: np.random.Generator, dtype: str, shape: tuple[int, ...]
) -> None:
    top = np.iinfo(dtype).max if dtype[0] in "ui" else 1
    image = (rng.random(shape) * top).astype(dtype)
    red, green, blue = np.moveaxis(image.astype(float), -1, 0)
    exact = 0.2126 * red + 0.7152 * green + 0.0722 * blue

    grey = to_grey(image)

    assert grey.dtype == image.dtype
    np.testing.assert_allclose(grey, exact, atol=0.51 if dtype[0] in "ui" else 1e-6)


def test_white_stays_white() -> None:
    for dtype in "u1", "u2", "u4":
        white = np.full((2, 2, 3), np.iinfo(dtype).max, dtype)

        np.testing.assert_array_equal(to_grey(white), white[..., 0])


def test_grey_and_colour_are_made_of_each_other(rng: np.random.Generator) -> None:
    grey = rng.integers(0, 256, (6, 9), dtype=np.uint8)
    colour = np.dstack([grey] * 3)

    np.testing.assert_array_equal(to_channels(grey, 3), colour)
    np.testing.assert_array_equal(to_channels(grey[..., None], 3), colour)
    np.testing.assert_array_equal(to_channels(colour, 1), grey)
    np.testing.assert_array_equal(to_channels(grey[..., None], 1), grey)
    assert to_channels(grey, 1) is grey
    assert to_channels(colour, 3) is colour


def test_channels_without_a_colour_are_left_to_people() -> None:
    with pytest.raises(ShapeMismatchError, match="has 2 channels"):
        to_channels(np.zeros((6, 9, 2)), 3)
    with pytest.raises(ShapeMismatchError, match="no red, green and blue"):
        to_grey(np.zeros((6, 9, 4)))

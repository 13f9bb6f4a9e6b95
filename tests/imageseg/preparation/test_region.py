"""The box of a fisheye photograph, without the faults it had in imageseg."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Box, Circle
from imageseg.preparation.region import find_valid_box, luminance


def disc(shape: tuple[int, int], circle: Circle, colour: Any = (200, 180, 90)) -> Any:
    """Return a photograph that is evenly bright inside a circle."""
    inside = circle.mask(shape)
    return np.where(inside[..., None], np.uint8(colour), np.uint8(0)).astype(np.uint8)


@given(
    st.tuples(st.floats(20, 60), st.floats(20, 60)),
    st.floats(3, 70),
)
def test_the_box_of_a_disc_is_exact(centre: tuple[float, float], radius: float) -> None:
    circle = Circle(*centre, radius)
    inside = circle.mask((80, 90))
    rows, columns = np.nonzero(inside.any(1))[0], np.nonzero(inside.any(0))[0]
    expected = Box(
        int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    )
    # a row that is bright all along has no range
    assume(not inside.all(1).any())
    assume(not inside.all(0).any())

    assert find_valid_box(disc((80, 90), circle)) == expected


def test_content_everywhere_is_the_whole_image(rng: Any) -> None:
    image = rng.integers(0, 256, (864, 1152, 3), dtype=np.uint8)

    assert str(find_valid_box(image)) == "1152x864+0+0"


@pytest.mark.parametrize("channel", [0, 1, 2], ids=["red", "green", "blue"])
def test_every_channel_counts(channel: int) -> None:
    colour = [0, 0, 0]
    colour[channel] = 250

    box = find_valid_box(disc((50, 60), Circle(25, 30, 10), colour))

    assert box == Box(15, 20, 21, 21)


def test_luminance_weighs_the_colours() -> None:
    image = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30]]], np.uint8)

    expected = [76.5, 150.45, 28.05, 3 + 11.8 + 3.3]

    np.testing.assert_allclose(luminance(image)[0], expected, atol=1e-4)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(disc((50, 60), Circle(25, 30, 10))).save(path)

    assert find_valid_box(path) == find_valid_box(str(path)) == Box(15, 20, 21, 21)


@pytest.mark.parametrize(
    "convert",
    [
        lambda image: image[..., 0],
        lambda image: image.astype(np.uint16) * 16,  # 12 bits used of 16
        lambda image: image / 255,
        lambda image: image[..., [0, 1]],
    ],
    ids=["grey", "16 bit", "float", "two channels"],
)
def test_the_type_of_the_image_does_not_matter(convert: Any) -> None:
    image = convert(disc((50, 60), Circle(25, 30, 10)))

    assert find_valid_box(image) == Box(15, 20, 21, 21)


def test_noise_and_jpeg_stay_below_the_threshold(tmp_path: Path, rng: Any) -> None:
    noisy = disc((200, 240), Circle(100, 120, 72)) + rng.integers(0, 4, (200, 240, 1))
    path = tmp_path / "photo.jpg"
    Image.fromarray(noisy.astype(np.uint8)).save(path, quality=90)

    for threshold in (10, 20):
        box = find_valid_box(path, threshold=threshold)
        assert abs(box.height - 145) <= 2 * 8  # a block of JPEG on each side
        assert abs(box.width - 145) <= 2 * 8
    assert str(find_valid_box(path, threshold=0.1)) == "240x200+0+0"


def test_an_even_image_has_no_valid_box() -> None:
    with pytest.raises(SettingsError, match="evenly dark or bright"):
        find_valid_box(np.zeros((20, 20, 3), np.uint8))


def test_a_stack_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "stack.tif", np.zeros((5, 20, 20), np.uint8))

    with pytest.raises(ShapeMismatchError, match="is a stack"):
        find_valid_box(tmp_path / "stack.tif")


def test_infinite_pixels_do_not_hide_the_others() -> None:
    image = disc((50, 60), Circle(25, 30, 10))[..., 0].astype(np.float32)
    image[0, 0], image[0, 1] = np.nan, np.inf

    assert find_valid_box(image) == Box(15, 20, 21, 21)

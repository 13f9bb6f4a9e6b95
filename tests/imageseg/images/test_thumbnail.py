"""Small pictures beside what Pillow makes of the whole."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from imageseg.errors import ImageReadError
from imageseg.images.thumbnail import small_copy, thumbnail


def smooth(height: int = 300, width: int = 400) -> np.ndarray:
    """Return colours that change slowly, so that ways of shrinking agree."""
    y, x = np.mgrid[:height, :width]
    planes = [255 * y / height, 255 * x / width, 255 * (x + y) / (height + width)]
    return np.stack(planes, -1).astype(np.uint8)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp"])
def test_a_small_copy_is_what_pillow_makes_of_the_whole(tmp_path, suffix) -> None:
    path = tmp_path / f"plot.{suffix}"
    Image.fromarray(smooth()).save(path)
    expected = Image.open(path).convert("RGB")
    expected.thumbnail((64, 64))
    found = thumbnail(path)

    assert found.shape == (48, 64, 3)
    assert np.abs(found.astype(int) - np.asarray(expected)).mean() < 3


def test_a_jpeg_is_turned_upright(tmp_path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(smooth()).save(tmp_path / "plot.jpg", exif=exif)
    expected = ImageOps.exif_transpose(Image.open(tmp_path / "plot.jpg"))
    expected.thumbnail((64, 64))
    found = thumbnail(tmp_path / "plot.jpg")

    assert found.shape == (64, 48, 3)
    assert np.abs(found.astype(int) - np.asarray(expected)).mean() < 3


def test_of_a_stack_the_middle_slice_is_shown_in_its_own_range(tmp_path) -> None:
    stack = np.zeros((5, 100, 200), np.uint16)
    stack[2, :, 100:] = 4000
    tifffile.imwrite(tmp_path / "stack.tif", stack, metadata={"axes": "ZYX"})
    found = thumbnail(tmp_path / "stack.tif", 50)

    assert found.shape == (25, 50, 3)
    assert (found[:, :20] == 0).all()
    assert (found[:, 30:] == 255).all()


@pytest.mark.parametrize("channels", [2, 5])
def test_channels_are_shown_as_far_as_there_are_colours(channels) -> None:
    plane = np.zeros((40, 60, channels), np.uint8)
    plane[..., 0] = 200
    found = small_copy(plane, 30)

    assert found.shape == (20, 30, 3)
    assert found[0, 0].tolist() == ([200] * 3 if channels == 2 else [200, 0, 0])


def test_what_is_no_number_is_black() -> None:
    plane = np.full((10, 10), np.nan)
    plane[:, 5:] = 1.0

    assert small_copy(plane, 10)[0, [0, 9], 0].tolist() == [0, 255]


def test_a_flat_image_is_no_division_by_nothing() -> None:
    assert small_copy(np.full((8, 8), 7.0), 8).shape == (8, 8, 3)


def test_a_damaged_file_is_named(tmp_path) -> None:
    path = tmp_path / "broken.jpg"
    Image.fromarray(smooth()).save(path)
    path.write_bytes(path.read_bytes()[:40])

    with pytest.raises(ImageReadError, match=r"broken\.jpg"):
        thumbnail(path)

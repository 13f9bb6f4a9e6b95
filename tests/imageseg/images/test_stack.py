"""Only the planes that are asked for are read, with the channels chosen last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tifffile

from imageseg.errors import ShapeMismatchError
from imageseg.images import (
    ChannelChoice,
    Stack,
    ValueScale,
    WholeImage,
    open_image,
    with_neighbours,
)


class Counted:
    """An array in chunks of slices that notes what is read of it."""

    def __init__(self, pixels: np.ndarray, chunks: Any = None) -> None:
        self.pixels, self.shape, self.dtype = pixels, pixels.shape, pixels.dtype
        self.chunks = chunks
        self.keys: list[Any] = []

    def __getitem__(self, key: Any) -> np.ndarray:
        self.keys.append(key)
        return self.pixels[key]


@pytest.fixture
def volume(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (7, 4, 5), dtype=np.uint8)


def test_a_plane_alone_is_a_stack_of_one(rgb: np.ndarray) -> None:
    stack = Stack([rgb], channel_axis=-1)

    assert (stack.shape, stack.channels, stack.parts(2)) == ((6, 9), 3, 1)
    np.testing.assert_array_equal(stack.part(0), rgb)
    np.testing.assert_array_equal(stack.part(0, 3), rgb[None])
    np.testing.assert_array_equal(stack.whole(), rgb)


def test_a_stack_of_three_columns_is_no_photograph() -> None:
    narrow = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    stack = Stack([narrow])

    assert (stack.shape, stack.channels) == ((4, 2, 3), 1)
    np.testing.assert_array_equal(stack.part(2), narrow[2, ..., None])


def test_channels_may_stand_anywhere(rng: np.random.Generator) -> None:
    stored = rng.integers(0, 256, (2, 5, 3, 4, 6), dtype=np.uint8)  # T, C, Z, Y, X
    choice = ChannelChoice((4, 1))
    stack = Stack([stored], channel_axis=1, choice=choice)

    assert (stack.shape, stack.channels, stack.parts(2)) == ((2, 3, 4, 6), 2, 6)
    expected = np.moveaxis(stored, 1, -1)[..., [4, 1]]
    np.testing.assert_array_equal(stack.part(5), expected[1, 2])
    np.testing.assert_array_equal(stack.part(1, 3), expected[1])
    np.testing.assert_array_equal(stack.whole(), expected)


def test_equally_large_images_are_channels_of_one(volume: np.ndarray) -> None:
    stack = Stack([volume, volume + 1], choice=ChannelChoice((1, 0)))

    assert stack.part(3)[0, 0].tolist() == [volume[3, 0, 0] + 1, volume[3, 0, 0]]
    with pytest.raises(ShapeMismatchError, match="one size"):
        Stack([volume, volume[1:]])


def test_what_has_no_rows_is_refused() -> None:
    with pytest.raises(ShapeMismatchError, match="no rows and columns"):
        Stack([np.zeros((4, 3))], channel_axis=-1)


def test_neighbours_stand_beside_a_slice_and_repeat_at_the_ends(volume) -> None:
    stack = Stack([volume])
    expected = with_neighbours(volume[..., None], 2)

    for z in range(7):
        np.testing.assert_array_equal(stack.part(z, neighbours=2), expected[z])
    assert stack.part(0, neighbours=2)[0, 0].tolist() == [
        volume[z, 0, 0] for z in (0, 0, 0, 1, 2)
    ]


def test_neighbours_are_of_the_same_time_point(rng: np.random.Generator) -> None:
    film = rng.integers(0, 256, (2, 3, 4, 5), dtype=np.uint8)

    np.testing.assert_array_equal(
        Stack([film]).part(3, neighbours=1), film[1, [0, 0, 1]].transpose(1, 2, 0)
    )


@pytest.mark.parametrize("neighbours", [0, 1])
def test_each_slice_is_read_once_on_the_way_through(volume, neighbours) -> None:
    array = Counted(volume, chunks=((1,) * 7, (4,), (5,)))
    stack = Stack([array])
    for z in range(7):
        stack.part(z, neighbours=neighbours)

    assert [key[0] for key in array.keys] == [slice(z, z + 1) for z in range(7)]


@pytest.mark.parametrize("chunks", [((3, 3, 1), (4,), (5,)), (3, 4, 5)])
def test_slices_stored_together_are_read_together(volume, chunks) -> None:
    array = Counted(volume, chunks)
    stack = Stack([array])
    planes = [stack.part(z) for z in range(7)]

    np.testing.assert_array_equal(np.stack(planes)[..., 0], volume)
    assert [key[0] for key in array.keys] == [slice(0, 3), slice(3, 6), slice(6, 7)]


def test_the_scale_of_a_file_type_needs_no_pixels(volume) -> None:
    array = Counted(volume)

    assert Stack([array]).scale("range") == ValueScale(0.0, 255.0, clip=False)
    assert array.keys == []


def test_percentiles_of_what_is_stored_elsewhere_rest_on_sixteen_planes(rng) -> None:
    pixels = rng.integers(0, 1000, (100, 8, 8), dtype=np.uint16)
    array = Counted(pixels)
    scale = Stack([array]).scale("percentile")

    read = [key[0] for key in array.keys]
    assert len(read) == 16
    assert (read[0], read[-1]) == (slice(0, 1), slice(99, 100))
    assert scale.high == pytest.approx(998, abs=8)
    whole = Stack([pixels]).scale("percentile")
    assert whole == ValueScale.of(pixels[..., None], "percentile")


def test_of_a_file_that_is_read_as_a_whole_all_is_measured(tmp_path, rng) -> None:
    """Bright is only what sixteen planes, spread over it, miss."""
    pixels = rng.integers(0, 1000, (40, 8, 8), dtype=np.uint16)
    pixels[1] += 50_000
    tifffile.imwrite(tmp_path / "stack.tif", pixels, photometric="minisblack")
    with open_image(tmp_path / "stack.tif") as image:
        stack = Stack([WholeImage(image)])
        scale = stack.scale("percentile")
        parts, volume = [stack.part(z) for z in range(40)], stack.part(0, 3)

    np.testing.assert_array_equal(np.stack(parts)[..., 0], pixels)
    np.testing.assert_array_equal(volume[..., 0], pixels)
    expected = np.percentile(pixels, [1.0, 99.8])
    assert (scale.low, scale.high) == pytest.approx(expected)
    assert scale.high > 50_000

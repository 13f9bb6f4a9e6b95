"""Sizes change as Pillow, numpy and the formulas say; masks gain no values."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Box
from imageseg.preparation.resize import Filter, Gravity, aspect_box, crop, resize

SIDES = st.integers(1, 60)
SMOOTH = [name for name in get_args(Filter) if name != "nearest"]
DTYPES = ["u1", "u2", "i2", "u4", "i4", "f4", "f8", "?"]


@pytest.mark.parametrize(
    ("width", "height", "size", "expected"),
    [
        (1152, 864, (256, 256), "864x864+144+0"),
        (236, 358, (256, 160), "224x358+6+0"),
        (864, 1152, (256, 256), "864x864+0+144"),
        (256, 256, (256, 256), "256x256+0+0"),
        (5, 4, (2, 2), "4x4+0+0"),
        (1, 1000, (1, 1000), "1x1+0+499"),
    ],
)
def test_the_crop_is_that_of_imageseg(
    width: int, height: int, size: tuple[int, int], expected: str
) -> None:
    assert str(aspect_box((height, width), size)) == expected


@pytest.mark.parametrize(
    ("gravity", "left", "top"),
    [
        *[("northwest", 0, 0), ("west", 0, 0), ("southwest", 0, 0)],
        *[("north", 30, 0), ("center", 30, 0), ("south", 30, 0)],
        *[("northeast", 60, 0), ("east", 60, 0), ("southeast", 60, 0)],
    ],
)
def test_gravity_moves_the_crop_of_a_wide_image(
    gravity: Gravity, left: int, top: int
) -> None:
    assert aspect_box((40, 100), (8, 8), gravity) == Box(top, left, 40, 40)


@pytest.mark.parametrize("gravity", get_args(Gravity))
def test_gravity_moves_the_crop_of_a_high_image(gravity: Gravity) -> None:
    top = 0 if "north" in gravity else 60 if "south" in gravity else 30

    assert aspect_box((100, 40), (8, 8), gravity) == Box(top, 0, 40, 40)


@given(
    st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES), st.sampled_from(get_args(Gravity))
)
def test_the_crop_lies_in_the_image_and_is_the_largest_of_its_proportions(
    shape: tuple[int, int], size: tuple[int, int], gravity: Gravity
) -> None:
    box = aspect_box(shape, size, gravity)

    assert box.fits(shape)
    assert box.height == shape[0] or box.width == shape[1]
    e = min(shape[0] / size[0], shape[1] / size[1])
    assert abs(box.height - size[0] * e) <= 1
    assert abs(box.width - size[1] * e) <= 1


@pytest.mark.parametrize("name", SMOOTH)
def test_eight_bit_colours_are_resized_as_by_pillow(name: Filter, rng: Any) -> None:
    image = rng.integers(0, 256, (37, 50, 3), dtype=np.uint8)

    expected = Image.fromarray(image).resize((20, 16), Image.Resampling[name.upper()])

    np.testing.assert_array_equal(
        resize(image, (16, 20), smoothing=name), np.asarray(expected)
    )


def lanczos(old: int, new: int) -> np.ndarray:
    """Return the matrix that resizes a row: sinc windowed by sinc, three lobes."""
    scale = max(old / new, 1)
    centres = (np.arange(new)[:, None] + 0.5) * old / new - 0.5
    apart = (np.arange(old) - centres) / scale
    weights = np.where(abs(apart) < 3, np.sinc(apart) * np.sinc(apart / 3), 0)
    return weights / weights.sum(1, keepdims=True)


@pytest.mark.parametrize("size", [(16, 20), (50, 90)], ids=["smaller", "larger"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_lanczos_is_its_formula(size: tuple[int, int], dtype: str, rng: Any) -> None:
    image = rng.integers(40, 200, (37, 50)).astype(dtype)

    down, across = lanczos(37, size[0]), lanczos(50, size[1])
    expected = down @ image.astype(float) @ across.T

    result = resize(image, size)
    assert result.dtype == image.dtype
    expected = expected.clip(0, 255) if dtype == "u1" else expected
    tolerance = {"u1": 1.5, "u2": 0.51, "f4": 1e-3}[dtype]  # Pillow rounds u1 twice
    np.testing.assert_allclose(result, expected.clip(0), atol=tolerance)


@pytest.mark.parametrize("shape", [(12, 18), (12, 18, 2), (12, 18, 4), (5, 12, 18)])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f4"])
def test_blocks_become_their_mean(shape: tuple[int, ...], dtype: str, rng: Any) -> None:
    image = rng.integers(0, 250, shape).astype(dtype)
    rows = 1 if len(shape) == 3 and shape[-1] == 18 else 0
    blocks = image.reshape(*shape[:rows], 4, 3, 6, 3, *shape[rows + 2 :])
    means = blocks.mean(axis=(rows + 1, rows + 3))

    result = resize(image, (4, 6), smoothing="box")

    assert result.dtype == image.dtype
    np.testing.assert_allclose(
        result, means, atol={"u1": 1, "f4": 1e-4}.get(dtype, 0.51)
    )


def test_many_channels_are_told_from_slices_by_their_number(rng: Any) -> None:
    image = rng.integers(0, 60_000, (12, 18, 7), dtype=np.uint16)

    result = resize(image, (4, 6), channels=7)

    assert result.shape == (4, 6, 7)
    np.testing.assert_array_equal(result[..., 2], resize(image[..., 2], (4, 6)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", get_args(Filter))
def test_the_type_is_kept_and_its_ends_never_overflow(dtype: str, name: Filter) -> None:
    kind = np.dtype(dtype)
    low, high = (
        (0, 1) if kind.kind in "fb" else (np.iinfo(kind).min, np.iinfo(kind).max)
    )
    image = np.full((40, 40), low, kind)
    image[:, 20:] = high

    result = resize(image, (23, 23), smoothing=name)

    assert result.dtype == kind
    assert (result[:, :6] == low).all() or kind.kind == "f"
    middle = (float(low) + float(high)) / 2
    assert (result[:, :10].astype(float) < middle).all()  # nothing came round
    assert (result[:, -10:].astype(float) > middle).all()


@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES))
def test_nearest_takes_the_pixels_that_pillow_takes(
    shape: tuple[int, int], size: tuple[int, int]
) -> None:
    image = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape)
    expected = Image.fromarray(image).resize(size[::-1], Image.Resampling.NEAREST)

    result = resize(image, size, smoothing="nearest")

    rows, columns = (  # where a centre lies between two pixels, both are nearest
        [i for i in range(new) if (2 * i + 1) * old % (2 * new)]
        for old, new in zip(shape, size, strict=True)
    )
    np.testing.assert_array_equal(
        result[rows][:, columns], np.asarray(expected)[rows][:, columns]
    )


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4"])
def test_a_mask_of_0_and_2_gains_no_class_1(dtype: str, rng: Any) -> None:
    mask = (rng.random((400, 400)) < 0.5).astype(dtype) * 2

    assert np.unique(
        resize(mask.astype(dtype), (256, 256), smoothing="nearest")
    ).tolist() == [0, 2]


def test_an_image_of_the_size_wanted_is_returned_as_it_is(rgb: np.ndarray) -> None:
    assert resize(rgb, (6, 9)) is rgb


def test_a_size_of_nothing_is_refused(rgb: np.ndarray) -> None:
    with pytest.raises(SettingsError, match="at least one pixel"):
        resize(rgb, (0, 4))


def test_a_crop_is_a_view_of_the_box(rgb: np.ndarray) -> None:
    part = crop(rgb, Box(1, 2, 3, 4))

    np.testing.assert_array_equal(part, rgb[1:4, 2:6])
    assert np.shares_memory(part, rgb)


def test_a_crop_of_a_stack_takes_every_slice(rng: Any) -> None:
    stack = rng.random((5, 20, 30))

    np.testing.assert_array_equal(crop(stack, Box(1, 2, 3, 4)), stack[:, 1:4, 2:6])


def test_a_box_beyond_the_image_is_refused(rgb: np.ndarray) -> None:
    with pytest.raises(ShapeMismatchError, match=r"8x6\+2\+0 does not lie within 9x6"):
        crop(rgb, Box(0, 2, 6, 8))

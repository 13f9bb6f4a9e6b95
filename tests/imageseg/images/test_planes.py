"""Images of any shape and type become planes from 0 to 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.errors import PixelValueError, ShapeMismatchError
from imageseg.images.planes import (
    ValueScale,
    channel_count,
    check_finite,
    spatial_shape,
    split_planes,
    to_unit_range,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from imageseg.settings import Normalisation


@pytest.mark.parametrize(
    ("shape", "channels", "planes", "spatial"),
    [
        ((6, 9), 1, (1, 6, 9, 1), (6, 9)),
        ((6, 9, 1), 1, (1, 6, 9, 1), (6, 9)),
        ((5, 6, 9), 1, (5, 6, 9, 1), (5, 6, 9)),
        ((5, 6, 9, 1), 1, (5, 6, 9, 1), (5, 6, 9)),
        ((2, 5, 6, 9), 1, (10, 6, 9, 1), (2, 5, 6, 9)),
        ((6, 9, 3), 3, (1, 6, 9, 3), (6, 9)),
        ((5, 6, 9, 3), 3, (5, 6, 9, 3), (5, 6, 9)),
        ((6, 9, 7), 7, (1, 6, 9, 7), (6, 9)),
        ((6, 9, 4), 4, (1, 6, 9, 4), (6, 9)),
    ],
)
def test_leading_axes_are_stacked_and_channels_stay_last(
    shape: tuple[int, ...],
    channels: int,
    planes: tuple[int, ...],
    spatial: tuple[int, ...],
) -> None:
    image = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)

    split = split_planes(image, channels)

    assert split.shape == planes
    assert np.shares_memory(split, image)
    assert spatial_shape(image, channels) == spatial
    np.testing.assert_array_equal(split.ravel(), image.ravel())


@pytest.mark.parametrize(
    ("shape", "channels", "text"),
    [
        ((6, 9), 3, "3 channels.*one channel"),
        ((6, 9, 3), 1, "one channel.*3 channels"),
        ((6, 9, 4), 3, "3 channels.*4 channels"),
        ((6, 9, 1), 3, "3 channels.*one channel"),
        ((5, 6, 9), 3, "3 channels.*one channel"),
        ((6, 9, 3), 4, "4 channels.*3 channels"),
    ],
)
def test_an_image_of_other_channels_is_refused(
    shape: tuple[int, ...], channels: int, text: str
) -> None:
    with pytest.raises(ShapeMismatchError, match=text):
        split_planes(np.zeros(shape), channels)


@pytest.mark.parametrize("shape", [(), (5,), (0, 5), (5, 0), (6, 9, 0)])
def test_what_has_no_rows_and_columns_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeMismatchError, match="no rows and columns"):
        channel_count(np.zeros(shape))


@pytest.mark.parametrize(
    ("shape", "expected", "channels"),
    [
        ((6, 9), 3, 1),
        ((6, 9, 3), 1, 3),
        ((6, 9, 4), 3, 4),
        ((5, 6, 9), 1, 1),
        ((5, 6, 9), 9, 9),
        ((5, 6, 5), 1, 1),
        ((6, 9, 2), 1, 2),
    ],
)
def test_a_short_last_axis_is_channels(
    shape: tuple[int, ...], expected: int, channels: int
) -> None:
    assert channel_count(np.zeros(shape), expected) == channels


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i2"])
def test_integers_are_divided_by_the_largest_of_their_type(dtype: str) -> None:
    top = np.iinfo(dtype).max
    image = np.array([[0, top // 2, top]], dtype)

    scaled = to_unit_range(image, "range")

    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, image / top, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_floats_are_taken_as_they_are(dtype: str) -> None:
    image = np.array([[-1.0, 0.25, 3.0]], dtype)

    np.testing.assert_array_equal(to_unit_range(image, "range"), image)


def test_yes_and_no_become_one_and_zero() -> None:
    np.testing.assert_array_equal(
        to_unit_range(np.array([[True, False]]), "range"), [[1.0, 0.0]]
    )


def test_percentiles_stretch_the_used_part_and_clip_the_rest(
    rng: np.random.Generator,
) -> None:
    image = rng.normal(3000, 200, (80, 90)).clip(0).astype(np.uint16)
    low, high = np.percentile(image, [1, 99.8])

    scaled = to_unit_range(image, "percentile")

    np.testing.assert_allclose(
        scaled, np.clip((image - low) / (high - low), 0, 1), atol=1e-5
    )
    assert (scaled.min(), scaled.max()) == (0, 1)


def test_a_constant_image_does_not_divide_by_zero() -> None:
    for dtype in "u2", "f4":
        scaled = to_unit_range(np.full((4, 5), 1234, dtype), "percentile")

        assert np.isfinite(scaled).all()
        assert np.ptp(scaled) == 0


@pytest.mark.parametrize("shape", [(1000, 1000, 3), (1500, 2000), (999, 1001, 4)])
def test_percentiles_of_large_images_see_every_channel_and_column(
    rng: np.random.Generator, shape: tuple[int, ...]
) -> None:
    image = rng.integers(0, 100, shape, dtype=np.uint8)
    image[..., 1::2] += 100  # the odd channels, or columns, are brighter

    scale = ValueScale.of(image, "percentile")

    low, high = np.percentile(image, [1, 99.8])
    assert scale.low == pytest.approx(low, abs=2)
    assert scale.high == pytest.approx(high, abs=2)


@given(
    dtype=st.sampled_from(["u1", "u2", "f4"]),
    normalisation=st.sampled_from(["range", "percentile"]),
    y=st.integers(0, 15),
    x=st.integers(0, 15),
    seed=st.integers(0, 99),
)
def test_tiles_of_a_scaled_image_agree_with_the_whole(
    dtype: str, normalisation: Normalisation, y: int, x: int, seed: int
) -> None:
    image: NDArray[Any] = (
        np.random.default_rng(seed).integers(0, 250, (20, 20)).astype(dtype)
    )
    tile = np.s_[y : y + 5, x : x + 5]

    scale = ValueScale.of(image, normalisation)

    np.testing.assert_array_equal(scale.apply(image[tile]), scale.apply(image)[tile])
    np.testing.assert_array_equal(
        scale.apply(image), to_unit_range(image, normalisation)
    )


def test_scaling_leaves_the_image_alone() -> None:
    image = np.ones((4, 5), np.float32)

    to_unit_range(image, "percentile")

    np.testing.assert_array_equal(image, 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("normalisation", ["range", "percentile"])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_pixels_that_are_no_numbers_are_counted_and_refused(
    bad: float, normalisation: Normalisation, dtype: str
) -> None:
    image = np.ones((6, 9), dtype)
    image[2, 3:5] = bad

    with pytest.raises(PixelValueError, match=r"2 of its 54 .*nan_to_num"):
        ValueScale.of(image, normalisation)


@pytest.mark.parametrize("dtype", ["u1", "i4", "?", "f4"])
def test_pixels_that_are_numbers_pass(dtype: str) -> None:
    check_finite(np.ones((6, 9), dtype))
    check_finite(np.ones((0, 9), dtype))

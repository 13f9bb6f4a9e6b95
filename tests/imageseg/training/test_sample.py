"""Samples become annotated planes, or an error that names them."""

from __future__ import annotations

import numpy as np
import pytest

from imageseg.errors import ShapeMismatchError
from imageseg.training.sample import Sample, annotated_parts


def image(*shape: int) -> np.ndarray:
    """Random 8-bit pixels."""
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def labels(*shape: int, at: tuple[int, ...]) -> np.ndarray:
    """One pixel of class 1."""
    result = np.zeros(shape, np.uint8)
    result[at] = 1
    return result


@pytest.mark.parametrize(
    ("image_shape", "labels_shape", "channels"),
    [
        ((6, 7), (6, 7), 1),
        ((6, 7, 1), (6, 7), 1),
        ((6, 7, 3), (6, 7), 3),
        ((6, 7, 9), (6, 7), 9),
        ((5, 6, 7), (5, 6, 7), 1),
        ((5, 6, 3), (5, 6, 3), 1),
        ((5, 6, 7, 8), (5, 6, 7), 8),
        ((6, 7, 3), (9, 9), 3),
    ],
)
def test_the_labels_tell_channels_from_planes(
    image_shape: tuple[int, ...], labels_shape: tuple[int, ...], channels: int
) -> None:
    sample = Sample(image(*image_shape), np.zeros(labels_shape, np.uint8))

    assert sample.channels == channels


def test_only_planes_with_annotations_are_kept_in_order() -> None:
    stack = image(4, 6, 7, 3)
    marked = labels(4, 6, 7, at=(1, 2, 3)) + labels(4, 6, 7, at=(3, 0, 0))
    flat = image(5, 5, 3)
    samples = [
        Sample(stack, marked, "stack"),
        Sample(flat, np.zeros((5, 5), np.uint8), "empty"),
        Sample(flat, labels(5, 5, at=(4, 4)), "flat"),
    ]
    planes = annotated_parts(samples, 3, "range")

    assert [plane.name for plane in planes] == ["stack", "stack", "flat"]
    for plane, pixels, own in zip(
        planes,
        [stack[1], stack[3], flat],
        [marked[1], marked[3], samples[2].labels],
        strict=True,
    ):
        np.testing.assert_array_equal(plane.pixels, pixels)
        np.testing.assert_array_equal(plane.labels, own)


def test_grey_planes_get_a_channel_axis() -> None:
    (plane,) = annotated_parts(
        [Sample(image(6, 7), labels(6, 7, at=(0, 0)))], 1, "range"
    )

    assert plane.pixels.shape == (6, 7, 1)


def test_all_planes_share_the_value_scale_of_their_image() -> None:
    stack = np.stack([np.full((8, 8), 10), np.full((8, 8), 1000)]).astype(np.uint16)
    sample = Sample(stack, np.ones((2, 8, 8), np.uint8))
    dark, bright = annotated_parts([sample], 1, "percentile")

    low, high = np.percentile(stack, [1, 99.8])
    assert dark.scale == bright.scale
    assert (dark.scale.low, dark.scale.high) == pytest.approx((low, high))
    assert dark.scale.apply(dark.pixels).max() < 0.01
    assert bright.scale.apply(bright.pixels).min() > 0.99


def test_a_mask_of_another_size_is_named_with_both_shapes() -> None:
    sample = Sample(image(6, 7, 3), labels(7, 6, at=(0, 0)), "oak.jpg")

    with pytest.raises(ShapeMismatchError, match=r"oak\.jpg.*\(7, 6\).*\(6, 7\)"):
        annotated_parts([sample], 3, "range")


def test_an_image_of_other_channels_is_named() -> None:
    sample = Sample(image(6, 7), labels(6, 7, at=(0, 0)), "grey.png")

    with pytest.raises(ShapeMismatchError, match=r"grey\.png.*3 channels"):
        annotated_parts([sample], 3, "range")


def test_a_network_of_volumes_gets_them_whole_with_all_their_slices() -> None:
    stack, flat = image(4, 6, 7, 3), image(5, 5, 3)
    marked = labels(4, 6, 7, at=(1, 2, 3))
    samples = [
        Sample(stack, marked, "stack"),
        Sample(stack, np.zeros((4, 6, 7), np.uint8), "empty"),
        Sample(flat, labels(5, 5, at=(4, 4)), "flat"),
    ]
    volume, slice_ = annotated_parts(samples, 3, "range", dims=3)

    np.testing.assert_array_equal(volume.pixels, stack)
    np.testing.assert_array_equal(volume.labels, marked)
    assert volume.counts[:2].tolist() == [4 * 6 * 7 - 1, 1]
    np.testing.assert_array_equal(slice_.pixels, flat[np.newaxis])
    assert slice_.shape == (1, 5, 5)


def test_time_points_are_volumes_of_one_group() -> None:
    marked = labels(3, 4, 6, 7, at=(2, 1, 2, 3)) + labels(3, 4, 6, 7, at=(0, 1, 2, 3))
    sample = Sample(image(3, 4, 6, 7), marked, "film")
    parts = annotated_parts([sample], 1, "range", dims=3)

    assert [part.shape for part in parts] == [(4, 6, 7)] * 2
    assert {part.group for part in parts} == {"film"}
    np.testing.assert_array_equal(parts[1].pixels[..., 0], sample.image[2])

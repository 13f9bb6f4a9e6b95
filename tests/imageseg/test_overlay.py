"""Overlays are the blends that Pillow makes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from imageseg.classes import ClassScheme
from imageseg.overlay import colour_table, draw_overlay

SCHEME = ClassScheme.from_names(
    ["a", "b", "c"], colours=["#ff0000", "#0080ff", "#2e7d4f"]
)
COLOURS = {1: (255, 0, 0), 2: (0, 128, 255), 3: (46, 125, 79)}


@pytest.fixture
def labels(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 4, (6, 9), dtype=np.uint8)


def blended(rgb: np.ndarray, labels: np.ndarray, opacity: float) -> np.ndarray:
    """Blend with Pillow, one class after the other."""
    expected = rgb.copy()
    for label, colour in COLOURS.items():
        plain = Image.new("RGB", rgb.shape[1::-1], colour)
        mixed = np.asarray(Image.blend(Image.fromarray(rgb), plain, opacity))
        expected[labels == label] = mixed[labels == label]
    return expected


@pytest.mark.parametrize("opacity", [0.0, 0.45, 0.8, 1.0])
def test_colours_are_blended_over_a_photograph(
    rgb: np.ndarray, labels: np.ndarray, opacity: float
) -> None:
    picture = draw_overlay(rgb, labels, SCHEME, opacity=opacity)

    assert picture.dtype == np.uint8
    np.testing.assert_allclose(
        picture.astype(int), blended(rgb, labels, opacity), atol=1
    )


def test_the_usual_opacity_shows_more_image_than_colour(
    rgb: np.ndarray, labels: np.ndarray
) -> None:
    expected = draw_overlay(rgb, labels, SCHEME, opacity=0.45)

    np.testing.assert_array_equal(draw_overlay(rgb, labels, SCHEME), expected)


def test_unlabelled_pixels_stay_as_they_are(rgb: np.ndarray) -> None:
    picture = draw_overlay(rgb, np.zeros(rgb.shape[:2], np.uint8), SCHEME, opacity=1.0)

    np.testing.assert_array_equal(picture, rgb)


def test_a_grey_image_is_shown_grey(grey: np.ndarray, labels: np.ndarray) -> None:
    expected = blended(np.stack([grey] * 3, axis=-1), labels, 0.6)
    picture = draw_overlay(grey, labels, SCHEME, opacity=0.6)

    np.testing.assert_allclose(picture.astype(int), expected, atol=1)


@pytest.mark.parametrize("channels", [1, 2, 4, 7])
def test_of_other_channels_the_first_is_shown(
    rng: np.random.Generator, channels: int
) -> None:
    image = rng.integers(0, 256, (6, 9, channels), dtype=np.uint8)
    picture = draw_overlay(image, np.zeros((6, 9), np.uint8), SCHEME)

    np.testing.assert_array_equal(picture, np.stack([image[..., 0]] * 3, axis=-1))


def test_sixteen_bits_are_stretched_to_what_the_image_uses() -> None:
    image = np.linspace(1000, 3000, 40 * 50).round().astype(np.uint16).reshape(40, 50)
    low, high = np.percentile(image, [1, 99.8])
    expected = ((image - low) / (high - low)).clip(0, 1) * 255

    picture = draw_overlay(image, np.zeros((40, 50), np.uint8), SCHEME)

    np.testing.assert_allclose(picture[..., 0].astype(float), expected, atol=0.51)
    assert picture.min() == 0
    assert picture.max() == 255


def test_a_flat_float_image_can_be_shown() -> None:
    picture = draw_overlay(
        np.full((3, 4), 0.7, np.float32), np.ones((3, 4), np.uint8), SCHEME, opacity=1.0
    )

    assert (picture == COLOURS[1]).all()


def test_colours_stand_at_their_labels() -> None:
    table = colour_table(SCHEME)

    assert table.shape == (256, 3)
    assert {k: tuple(table[k].astype(int)) for k in COLOURS} == COLOURS
    assert not table[0].any()
    assert not table[4:].any()

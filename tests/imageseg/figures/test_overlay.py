"""Overlays are the blends that Pillow makes."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from imageseg.classes import ClassScheme
from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.figures import draw_overlay, overlay_figure
from imageseg.units import PixelSize

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


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan")])
def test_an_opacity_out_of_range_is_refused(rgb: np.ndarray, opacity: float) -> None:
    with pytest.raises(SettingsError, match="opacity"):
        draw_overlay(rgb, np.ones((6, 9), np.uint8), SCHEME, opacity=opacity)


@pytest.mark.parametrize("shape", [(9, 6), (2, 6, 9), (6,)])
def test_labels_of_another_size_are_refused(
    rgb: np.ndarray, shape: tuple[int, ...]
) -> None:
    with pytest.raises(ShapeMismatchError, match="one plane"):
        draw_overlay(rgb, np.ones(shape, np.uint8), SCHEME)


def shown_texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def legend_colours(figure: Figure) -> list[str]:
    patches = (a for a in figure.artists if isinstance(a, Rectangle))
    return [to_hex(patch.get_facecolor()) for patch in patches]


def test_the_legend_names_classes_with_their_shares() -> None:
    labels = np.repeat(np.array([1, 1, 1, 2], np.uint8), 5).reshape(4, 5)
    figure = overlay_figure(np.zeros((4, 5), np.uint8), labels, SCHEME, name="x.png")

    assert shown_texts(figure) == ["x.png", "a 75.0 %", "b 25.0 %", "c 0.0 %"]
    assert legend_colours(figure) == [c.colour for c in SCHEME]


def test_the_figure_shows_the_blended_picture(
    rgb: np.ndarray, labels: np.ndarray
) -> None:
    figure = overlay_figure(rgb, labels, SCHEME, opacity=0.3)

    shown = np.asarray(figure.axes[0].images[0].get_array())
    np.testing.assert_allclose(shown.astype(int), blended(rgb, labels, 0.3), atol=1)


def test_shares_leave_out_what_is_excluded_or_not_annotated() -> None:
    scheme = SCHEME.changed(3, excluded=True)
    labels = np.array([[0, 1, 1, 2], [3, 3, 3, 1]], np.uint8)
    texts = shown_texts(overlay_figure(np.zeros((2, 4)), labels, scheme))

    assert texts[1:] == ["a 75.0 %", "b 25.0 %", "c (excluded)", "not annotated"]


def test_a_pixel_size_adds_a_scale_bar_of_its_length() -> None:
    labels = np.ones((100, 200), np.uint8)
    figure = overlay_figure(
        np.zeros((100, 200)), labels, SCHEME, pixel_size=PixelSize(0.5, 0.5, unit="mm")
    )

    (axes,) = figure.axes
    (bar,) = axes.patches
    assert axes.texts[0].get_text() == "20 mm"
    assert bar.get_width() == pytest.approx(20 / 0.5)
    assert bar.get_x() + bar.get_width() < 199.5

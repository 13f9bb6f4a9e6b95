"""Crops keep what an outline holds and blank the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from skimage.draw import disk

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Box, Circle
from imageseg.preparation.crop import box_around, crop_to


def test_a_box_is_cut_out(rgb: np.ndarray) -> None:
    np.testing.assert_array_equal(crop_to(rgb, Box(1, 2, 3, 4)), rgb[1:4, 2:6])


@given(
    st.tuples(st.floats(-5, 35), st.floats(-5, 45)),
    st.floats(0.6, 50),
)
def test_a_circle_keeps_its_pixels_and_blanks_the_others(
    centre: tuple[float, float], radius: float
) -> None:
    image = np.arange(1, 1201, dtype=np.uint16).reshape(30, 40)
    inside = np.zeros((30, 40), bool)
    inside[disk(centre, radius, shape=(30, 40))] = True
    y, x = np.mgrid[:30, :40]
    on_rim = abs(np.hypot(y - centre[0], x - centre[1]) - radius) < 1e-6

    assume(inside.any())
    assume(not on_rim.any())  # the reference leaves the rim itself out
    part = crop_to(image, Circle(*centre, radius))

    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    expected = np.where(inside, image, 0)[
        rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1
    ]
    kept = part[part.any(1)][:, part.any(0)]
    np.testing.assert_array_equal(kept, expected)


def test_the_box_around_a_whole_circle_touches_it() -> None:
    assert box_around(Circle(20, 30, 10), (60, 60)) == Box(10, 20, 21, 21)
    assert box_around(Circle(20.5, 30.5, 10), (60, 60)) == Box(11, 21, 20, 20)
    assert box_around(Circle(20, 30, 100), (60, 70)) == Box(0, 0, 60, 70)


def test_a_polygon_keeps_what_pillow_fills(rng: Any) -> None:
    image = rng.integers(1, 255, (80, 90, 3), dtype=np.uint8)
    corners = [(10, 12), (15, 70), (66, 60), (50, 20)]
    canvas = Image.new("1", (90, 80))
    ImageDraw.Draw(canvas).polygon([(x, y) for y, x in corners], fill=1)
    inside = np.asarray(canvas)

    part = crop_to(image, corners)

    assert part.shape == (57, 59, 3)
    kept = part.any(-1)
    both = np.count_nonzero(kept & inside[10:67, 12:71])
    either = np.count_nonzero(kept | inside[10:67, 12:71])
    assert both / either > 0.95
    np.testing.assert_array_equal(part[kept], image[10:67, 12:71][kept])


def test_labels_outside_are_not_annotated() -> None:
    labels = np.full((20, 20), 2, np.uint8)

    part = crop_to(labels, Circle(10, 10, 5))

    assert part.dtype == np.uint8
    assert np.unique(part).tolist() == [0, 2]
    assert (labels == 2).all()


def test_a_stack_is_cut_in_every_slice(rng: Any) -> None:
    stack = rng.random((5, 30, 40))

    part = crop_to(stack, Circle(10, 12, 4))

    np.testing.assert_array_equal(part[3], crop_to(stack[3], Circle(10, 12, 4)))


def test_what_is_no_number_outside_becomes_0() -> None:
    image = np.full((20, 20), np.nan)

    assert (crop_to(image, Circle(10, 10, 5))[0, 0]) == 0


def test_an_outline_off_the_image_is_refused(rgb: np.ndarray) -> None:
    with pytest.raises(SettingsError, match="within 9x6 pixels"):
        crop_to(rgb, Circle(100, 100, 5))
    with pytest.raises(ShapeMismatchError, match="does not lie within"):
        crop_to(rgb, Box(0, 0, 7, 9))

"""An image and its mask take the same crop and size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from imageseg.errors import ShapeMismatchError
from imageseg.geometry import Box, Circle
from imageseg.preparation.framing import find_region, frame
from imageseg.preparation.settings import PrepareSettings

DISC = Circle(30, 40, 20)


def picture() -> np.ndarray:
    """Return a bright disc in a dark frame."""
    return DISC.mask((60, 90)) * np.uint8(200)


@pytest.mark.parametrize(
    ("settings", "box", "size"),
    [
        ({}, Box(0, 0, 60, 90), (60, 90)),
        ({"size": "canopy"}, Box(0, 15, 60, 60), (256, 256)),
        ({"size": "understory"}, Box(0, 26, 60, 38), (256, 160)),
        ({"size": "canopy", "gravity": "east"}, Box(0, 30, 60, 60), (256, 256)),
        ({"size": "30x30", "squeeze": True}, Box(0, 0, 60, 90), (30, 30)),
    ],
    ids=["as it is", "canopy", "understory", "east", "squeezed"],
)
def test_the_crop_follows_the_settings(settings: Any, box: Box, size: Any) -> None:
    framing = frame((60, 90), None, PrepareSettings(**settings))

    assert (framing.box, framing.size) == (box, size)
    assert framing.inside is None
    assert framing.scale == (size[0] / box.height, size[1] / box.width)


def test_proportions_are_cut_from_the_valid_region() -> None:
    framing = frame((60, 90), Box(10, 20, 41, 41), PrepareSettings(size="20x40"))

    assert framing.box == Box(10, 30, 41, 20)  # 20.5 rounds to even
    assert framing.size == (40, 20)


def test_outside_of_a_circle_all_is_0() -> None:
    framing = frame((60, 90), DISC, PrepareSettings())
    ones = np.ones((60, 90), np.uint8)

    assert framing.box == Box(10, 20, 41, 41)
    result = framing.apply(ones, "nearest")
    np.testing.assert_array_equal(result, DISC.mask((60, 90))[10:51, 20:61])


def test_a_mask_stays_over_its_image(rng: Any) -> None:
    image = np.kron(rng.integers(0, 2, (30, 45)), np.ones((8, 8), int)) * 255
    settings = PrepareSettings(size="150x90", valid_region="300x201+31+22")
    framing = frame(image.shape, settings.box, settings)

    small = framing.apply(image.astype(np.uint8), "lanczos")
    mask = framing.apply((image > 0).astype(np.uint8), "nearest")

    assert small.shape == mask.shape == (90, 150)
    assert np.mean((small > 127) == mask) > 0.9
    assert np.unique(mask).tolist() == [0, 1]


def test_the_region_is_the_box_or_the_circle() -> None:
    box = find_region(picture(), PrepareSettings(valid_region="auto"))
    circle = find_region(picture(), PrepareSettings(valid_region="circle"))

    assert box == Box(10, 20, 41, 41)
    assert isinstance(circle, Circle)
    assert circle.radius == pytest.approx(20, abs=0.5)


def test_a_box_off_the_image_is_refused() -> None:
    framing = frame((60, 90), Box(0, 0, 61, 5), PrepareSettings())

    with pytest.raises(ShapeMismatchError, match="does not lie within 90x60"):
        framing.apply(picture(), "nearest")

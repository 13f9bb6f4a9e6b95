"""Many photographs agree on a region, and those that differ are named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.errors import SettingsError
from imageseg.geometry import Box, Circle
from imageseg.preparation.consensus import consensus


def test_a_box_is_the_median_of_its_edges_and_strays_are_named() -> None:
    boxes = {
        "a": Box(10, 20, 100, 100),
        "b": Box(11, 20, 100, 102),
        "c": Box(9, 21, 101, 100),
        "stray light": Box(0, 20, 110, 101),
        "e": Box(10, 19, 100, 101),
    }

    agreed = consensus(boxes)

    assert agreed.region == Box(10, 20, 100, 101)  # right edges 120 to 122
    assert agreed.outliers == ("stray light",)
    assert agreed.spread == pytest.approx(1.4826)


def test_circles_agree_on_centre_and_radius() -> None:
    rng = np.random.default_rng(0)
    circles = {
        f"{i}.jpg": Circle(*(np.array([500.0, 600.0, 450.0]) + rng.normal(0, 1, 3)))
        for i in range(40)
    } | {"tilted.jpg": Circle(520, 600, 450), "zoomed.jpg": Circle(500, 600, 400)}

    agreed = consensus(circles)

    assert agreed.region.y == pytest.approx(500, abs=0.5)
    assert agreed.region.x == pytest.approx(600, abs=0.5)
    assert agreed.region.radius == pytest.approx(450, abs=0.5)
    assert agreed.spread == pytest.approx(1, abs=0.5)
    assert agreed.outliers == ("tilted.jpg", "zoomed.jpg")


@given(st.lists(st.integers(0, 50), min_size=1, max_size=9), st.integers(1, 99))
def test_equal_regions_agree_without_spread(tops: list[int], side: int) -> None:
    same = consensus({str(i): Box(5, 6, side, side) for i, _ in enumerate(tops)})
    assert same.region == Box(5, 6, side, side)
    assert (same.spread, same.outliers) == (0, ())

    moved = consensus({str(i): Box(t, 0, side, 1) for i, t in enumerate(tops)})
    assert moved.region.top == round(float(np.median(tops)))


def test_a_difference_of_a_few_pixels_is_none() -> None:
    boxes = {str(i): Box(0, 0, 1000, 1000) for i in range(9)}

    assert not consensus(boxes | {"one more": Box(0, 0, 1008, 1000)}).outliers


def test_no_photographs_agree_on_nothing() -> None:
    with pytest.raises(SettingsError, match="at least one photograph"):
        consensus({})

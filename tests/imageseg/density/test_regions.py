"""Circles are those of imageseg where imageseg is right, and centred everywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.density import WHOLE, Region, parse_region
from imageseg.errors import SettingsError

sides = st.integers(1, 60)
ratios = st.floats(0.001, 1)


@pytest.mark.parametrize(
    ("size", "ratio", "pixels"),
    [
        (256, 1.0, 51_468),
        (256, 0.9, 41_564),
        (256, 0.75, 28_968),
        (256, 0.5, 12_892),
        (128, 1.0, 12_892),
        (16, 1.0, 208),
        (8, 1.0, 52),
        (4, 1.0, 12),
    ],
)
def test_circles_have_the_pixels_of_imageseg(
    size: int, ratio: float, pixels: int
) -> None:
    assert Region(ratio).mask((size, size)).sum() == pixels


def test_an_odd_circle_is_centred_on_a_pixel() -> None:
    expected = [
        ".###.",
        "#####",
        "#####",
        "#####",
        ".###.",
    ]

    mask = Region(1.0).mask((5, 5))

    assert ["".join(".#"[v] for v in row) for row in mask.astype(int)] == expected


def test_a_circle_in_a_wide_image_spans_its_height_in_the_middle() -> None:
    mask = Region(1.0).mask((64, 100))
    columns = np.flatnonzero(mask.any(axis=0))

    assert mask.any(axis=1).all()
    assert (columns[0], columns[-1]) == (18, 81)
    np.testing.assert_array_equal(mask[:, 18:82], Region(1.0).mask((64, 64)))


def test_a_circle_turns_with_the_image() -> None:
    region = Region(0.7)

    np.testing.assert_array_equal(region.mask((31, 47)), region.mask((47, 31)).T)


@given(size=st.integers(4, 200), ratio=st.floats(0.3, 1))
def test_circles_cover_the_area_that_geometry_says(size: int, ratio: float) -> None:
    pixels = int(Region(ratio).mask((size, size)).sum())
    diameter = size * ratio

    # Rounding to the size's parity takes at most 0.5 from the diameter and adds
    # 1.5; pixel centres within r cover areas between those of r ± half a diagonal.
    smallest, largest = diameter - 0.5 - math.sqrt(2), diameter + 1.5 + math.sqrt(2)
    assert math.pi / 4 * max(smallest, 0) ** 2 <= pixels
    assert pixels <= math.pi / 4 * largest**2


@given(rows=sides, columns=sides, ratio=ratios)
def test_circles_are_symmetric_and_never_empty(
    rows: int, columns: int, ratio: float
) -> None:
    mask = Region(ratio).mask((rows, columns))

    assert mask.dtype == bool
    assert mask.shape == (rows, columns)
    assert mask.any()
    np.testing.assert_array_equal(mask, mask[::-1])
    np.testing.assert_array_equal(mask, mask[:, ::-1])


@given(rows=sides, columns=sides, pair=st.tuples(ratios, ratios))
def test_a_larger_ratio_never_loses_a_pixel(
    rows: int, columns: int, pair: tuple[float, float]
) -> None:
    small, large = (Region(r).mask((rows, columns)) for r in sorted(pair))

    assert not (small & ~large).any()


@given(rows=sides, columns=sides)
def test_the_whole_image_leaves_nothing_out(rows: int, columns: int) -> None:
    mask = WHOLE.mask((rows, columns))

    assert mask.shape == (rows, columns)
    assert mask.all()


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("whole", WHOLE),
        (" Whole ", WHOLE),
        ("circle", Region(1.0)),
        ("CIRCLE", Region(1.0)),
        ("0.9", Region(0.9)),
        ("circle 0.9", Region(0.9)),
        ("1", Region(1.0)),
        (0.5, Region(0.5)),
        (1, Region(1.0)),
        (np.float32(0.5), Region(0.5)),
        (Region(0.25), Region(0.25)),
    ],
)
def test_regions_are_understood(text: str | float | Region, region: Region) -> None:
    assert parse_region(text) == region


@pytest.mark.parametrize("region", [WHOLE, Region(1.0), Region(0.9), Region(0.125)])
def test_a_region_is_understood_as_it_is_written(region: Region) -> None:
    assert parse_region(str(region)) == region


def test_regions_are_written_short() -> None:
    texts = [str(r) for r in (WHOLE, Region(1.0), Region(0.9))]

    assert texts == ["whole", "circle", "circle 0.9"]


@pytest.mark.parametrize("text", ["square", "", "circle big", "50%"])
def test_an_unknown_region_is_quoted(text: str) -> None:
    with pytest.raises(SettingsError, match="whole, circle or a number") as raised:
        parse_region(text)

    assert raised.value.field == "region"
    assert raised.value.value == text


@pytest.mark.parametrize("ratio", [0, -0.5, 1.01, "2", "nan", "inf", math.nan])
def test_a_diameter_beyond_the_image_is_refused(ratio: str | float) -> None:
    with pytest.raises(SettingsError, match="above 0 to 1"):
        parse_region(ratio)

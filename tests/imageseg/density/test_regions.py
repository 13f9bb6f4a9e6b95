"""Circles are those of imageseg where imageseg is right, and centred everywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.density import (
    WHOLE,
    CentredCircle,
    Placed,
    Region,
    Within,
    quadrats,
)
from imageseg.density.regions import is_round
from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Box, Circle

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
    assert CentredCircle(ratio).mask((size, size)).sum() == pixels


def test_an_odd_circle_is_centred_on_a_pixel() -> None:
    expected = [
        ".###.",
        "#####",
        "#####",
        "#####",
        ".###.",
    ]

    mask = CentredCircle().mask((5, 5))

    assert ["".join(".#"[v] for v in row) for row in mask.astype(int)] == expected


def test_a_circle_in_a_wide_image_spans_its_height_in_the_middle() -> None:
    mask = CentredCircle().mask((64, 100))
    columns = np.flatnonzero(mask.any(axis=0))

    assert mask.any(axis=1).all()
    assert (columns[0], columns[-1]) == (18, 81)
    np.testing.assert_array_equal(mask[:, 18:82], CentredCircle().mask((64, 64)))


def test_a_circle_turns_with_the_image() -> None:
    region = CentredCircle(0.7)

    np.testing.assert_array_equal(region.mask((31, 47)), region.mask((47, 31)).T)


@given(size=st.integers(4, 200), ratio=st.floats(0.3, 1))
def test_circles_cover_the_area_that_geometry_says(size: int, ratio: float) -> None:
    pixels = int(CentredCircle(ratio).mask((size, size)).sum())
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
    mask = CentredCircle(ratio).mask((rows, columns))

    assert mask.dtype == bool
    assert mask.shape == (rows, columns)
    assert mask.any()
    np.testing.assert_array_equal(mask, mask[::-1])
    np.testing.assert_array_equal(mask, mask[:, ::-1])


@given(rows=sides, columns=sides, pair=st.tuples(ratios, ratios))
def test_a_larger_ratio_never_loses_a_pixel(
    rows: int, columns: int, pair: tuple[float, float]
) -> None:
    small, large = (CentredCircle(r).mask((rows, columns)) for r in sorted(pair))

    assert not (small & ~large).any()


@given(rows=sides, columns=sides)
def test_the_whole_image_leaves_nothing_out(rows: int, columns: int) -> None:
    mask = WHOLE.mask((rows, columns))

    assert mask.shape == (rows, columns)
    assert mask.all()


@given(rows=st.integers(1, 40), columns=st.integers(1, 40), data=st.data())
def test_quadrats_partition_the_image(
    rows: int, columns: int, data: st.DataObject
) -> None:
    grid = (data.draw(st.integers(1, rows)), data.draw(st.integers(1, columns)))

    masks = [q.mask((rows, columns)) for q in quadrats(*grid)]

    assert len(masks) == grid[0] * grid[1]
    assert all(mask.any() for mask in masks)
    np.testing.assert_array_equal(np.sum(masks, axis=0), np.ones((rows, columns)))


def test_quadrats_are_named_by_row_and_column_and_read_like_text() -> None:
    names = [str(q) for q in quadrats(rows=2, columns=2)]
    masks = [q.mask((4, 6)) for q in quadrats(rows=2, columns=2)]

    assert names == [
        "row 1 column 1",
        "row 1 column 2",
        "row 2 column 1",
        "row 2 column 2",
    ]
    assert masks[1][:2, 3:].all()
    assert masks[1].sum() == 6


def test_a_grid_finer_than_the_image_is_refused() -> None:
    with pytest.raises(ShapeMismatchError, match=r"grid 4x2 .* image of 3×5 pixels"):
        quadrats(rows=2, columns=4)[0].mask((5, 3))


@pytest.mark.parametrize(("rows", "columns"), [(0, 1), (1, 0)])
def test_a_grid_has_a_field(rows: int, columns: int) -> None:
    with pytest.raises(SettingsError, match="at least one column and one row"):
        quadrats(rows, columns)


def test_a_box_is_the_pixels_that_it_counts() -> None:
    mask = Placed(Box(top=1, left=2, height=3, width=4)).mask((6, 8))

    assert mask[1:4, 2:6].all()
    assert mask.sum() == 12


def test_a_circle_lies_where_it_is_put() -> None:
    mask = Placed(Circle(y=3, x=5, radius=1)).mask((8, 9))

    assert {tuple(p) for p in np.argwhere(mask)} == {
        (3, 5),
        (2, 5),
        (4, 5),
        (3, 4),
        (3, 6),
    }


@pytest.mark.parametrize(
    "shape",
    [Box(0, 0, 5, 9), Box(4, 0, 2, 2), Circle(-20, 3, 5)],
    ids=["too wide", "too low", "outside"],
)
def test_a_place_outside_the_image_is_named(shape: Box | Circle) -> None:
    with pytest.raises(ShapeMismatchError, match="does not fit an image of 8×5"):
        Placed(shape).mask((5, 8))


@given(rows=sides, columns=sides, ratio=ratios)
def test_a_part_within_a_region_is_their_common_pixels(
    rows: int, columns: int, ratio: float
) -> None:
    part, whole = CentredCircle(0.5), CentredCircle(ratio)

    mask = Within(part, whole).mask((rows, columns))

    np.testing.assert_array_equal(
        mask, part.mask((rows, columns)) & whole.mask((rows, columns))
    )


@pytest.mark.parametrize(
    ("region", "text"),
    [
        (WHOLE, "whole"),
        (CentredCircle(), "circle"),
        (CentredCircle(0.9), "circle 0.9"),
        (Placed(Box(1, 2, 3, 4)), "4x3+2+1"),
        (Placed(Circle(y=10.25, x=20, radius=7.123)), "circle 20,10.25,7.12"),
        (Within(CentredCircle(0.5), WHOLE), "circle 0.5 in whole"),
    ],
)
def test_regions_are_written_short(region: Region, text: str) -> None:
    assert str(region) == text


@pytest.mark.parametrize(
    ("region", "round_"),
    [
        (WHOLE, False),
        (CentredCircle(0.9), True),
        (Placed(Circle(5, 5, 5)), True),
        (Placed(Box(0, 0, 5, 5)), False),
        (Within(Placed(Box(0, 0, 5, 5)), CentredCircle()), True),
        (Within(CentredCircle(), Placed(Box(0, 0, 5, 5))), False),
    ],
    ids=str,
)
def test_round_is_what_a_fisheye_lens_sees(region: Region, *, round_: bool) -> None:
    assert is_round(region) is round_


@pytest.mark.parametrize("ratio", [0, -0.5, 1.01, 2, math.inf, math.nan])
def test_a_diameter_beyond_the_image_is_refused(ratio: float) -> None:
    with pytest.raises(SettingsError, match="above 0 to 1"):
        CentredCircle(ratio)

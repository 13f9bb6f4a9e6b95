"""Codes are counted."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from PIL import Image

from imageseg.masks import Census

if TYPE_CHECKING:
    from numpy.typing import NDArray


def counted(census: Census) -> dict[int, int]:
    return dict(zip(census.codes.tolist(), census.counts.tolist(), strict=True))


@given(a=hnp.arrays(np.uint8, (4, 5)), b=hnp.arrays(np.uint16, (3, 2)))
def test_masks_are_counted_together(
    a: NDArray[np.uint8], b: NDArray[np.uint16]
) -> None:
    census = Census.of(a) + Census.of(b)
    every = [*a.ravel().tolist(), *b.ravel().tolist()]

    assert counted(census) == {code: every.count(code) for code in set(every)}
    assert census.pixels == len(every)
    assert census.largest == max(every)


def test_colours_are_counted_as_numbers_and_grey_joins_them() -> None:
    colours = Census.of(np.array([[[1, 2, 3], [255, 0, 0]]], np.uint8))
    grey = Census.of(np.array([[0, 255]], np.uint8))

    both = colours + grey

    assert both.coloured
    assert counted(both) == {0: 1, 0x010203: 1, 0xFF0000: 1, 0xFFFFFF: 1}


def test_fractions_are_counted_as_grey_levels() -> None:
    assert counted(Census.of(np.array([[0.0, 0.5, 1.0]]))) == {0: 1, 128: 1, 255: 1}
    assert counted(Census.of(np.array([[0.0, 1.0, 1.0]]))) == {0: 1, 1: 2}


def test_more_codes_than_anybody_means_are_not_all_kept() -> None:
    census = Census.of(np.arange(100_000, dtype=np.int32)[None])

    assert census.codes.size == 65536


@pytest.mark.parametrize("quality", [75, 90])
@pytest.mark.parametrize("codes", [(0, 255), (0, 128, 255), (0, 64, 128, 192)])
def test_peaks_are_the_codes_that_jpeg_has_blurred(
    codes: tuple[int, ...], quality: int
) -> None:
    mask = np.repeat(np.repeat(np.array([codes] * 4, np.uint8), 40, 0), 50, 1)
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "jpeg", quality=quality)
    census = Census.of(np.asarray(Image.open(file)))

    found = census.peaks()

    assert census.codes.size > len(codes)
    assert len(found) == len(codes)
    np.testing.assert_allclose(found, codes, atol=3)


def test_soft_edges_are_no_peaks() -> None:
    ramp = np.array([0] * 40 + list(range(10, 250, 20)) + [255] * 40, np.uint8)
    gradient = np.arange(256, dtype=np.uint8)

    assert Census.of(np.tile(ramp, (50, 1))).peaks() == [0, 255]
    assert Census.of(np.tile(gradient, (50, 1))).peaks() == []


def test_flat_pixels_are_those_in_areas() -> None:
    mask = np.array([[0, 0, 0, 9], [0, 0, 9, 9], [0, 9, 9, 9]], np.uint8)

    census = Census.of(mask)

    assert census.counts.tolist() == [6, 6]
    assert census.flat.tolist() == [3, 3]

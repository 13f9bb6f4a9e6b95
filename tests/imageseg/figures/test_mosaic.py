"""Mosaics show every tile once; faded tiles are Pillow's blends with white."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.figures import faded_tiles, mosaic_figures


def test_tiles_stand_in_order_below_their_names(rng: np.random.Generator) -> None:
    tiles = [(f"t{i}", rng.integers(0, 256, (4, 4, 3), np.uint8)) for i in range(5)]
    (page,) = mosaic_figures(tiles, columns=3)

    assert [text.get_text() for text in page.texts] == [name for name, _ in tiles]
    for axes, (_, tile) in zip(page.axes, tiles, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), tile)
    corners = [(box.y1, box.x0) for box in (a.get_position() for a in page.axes)]
    assert corners == sorted(corners, key=lambda c: (-round(c[0], 6), c[1]))
    assert len({round(y, 6) for y, _ in corners}) == 2


@pytest.mark.parametrize(("tiles", "pages"), [(0, 0), (6, 1), (7, 2), (12, 2)])
def test_full_pages_are_followed_by_others(tiles: int, pages: int) -> None:
    found = mosaic_figures(
        ((str(i), np.zeros((2, 2), np.uint8)) for i in range(tiles)), columns=3, rows=2
    )

    assert len(list(found)) == pages


def test_fifty_pages_need_no_more_memory_than_one() -> None:
    tiles = ((str(i), np.zeros((600, 600, 3), np.uint8)) for i in range(100))
    pages = mosaic_figures(tiles, columns=2, rows=1)
    next(pages)
    tracemalloc.start()
    try:
        count = sum(1 for _ in pages)
        gc.collect()
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == 49
    assert grown < 3e6  # one page holds 2.2 MB of pixels, fifty 108 MB


@pytest.mark.parametrize("size", [(0, 1), (1, 0)])
def test_a_page_without_tiles_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(SettingsError, match="columns and rows"):
        next(mosaic_figures([("x", np.zeros((2, 2)))], columns=size[0], rows=size[1]))


def test_tiles_fade_towards_white(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    p = np.array([[0.0, 0.25, 1.0], [0.5, 0.9, 0.1]])
    white = Image.new("RGB", (3, 3), "white")

    picture = faded_tiles(image, p, 3)

    for row in range(2):
        for column in range(3):
            part = np.s_[3 * row : 3 * row + 3, 3 * column : 3 * column + 3]
            tile = Image.fromarray(image[part])
            expected = np.asarray(Image.blend(white, tile, p[row, column]), int)
            np.testing.assert_allclose(picture[part].astype(int), expected, atol=1)


def test_the_last_tiles_may_be_cut_and_the_uncovered_is_white() -> None:
    image = np.zeros((5, 7), np.uint8)

    cut = faded_tiles(image, np.ones((2, 2)), (3, 4))
    assert not cut.any()
    part = faded_tiles(image, np.ones((1, 1)), (3, 4))
    assert not part[:3, :4].any()
    assert (part[3:] == 255).all()
    assert (part[:, 4:] == 255).all()


def test_tiles_that_begin_outside_are_refused() -> None:
    with pytest.raises(ShapeMismatchError, match="3 × 2 tiles of 3 × 4 px"):
        faded_tiles(np.zeros((5, 7)), np.ones((3, 2)), (3, 4))

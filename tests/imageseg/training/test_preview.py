"""The picture of what training sees: the patch first, then changed copies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imageseg.augmentation import AugmentSettings
from imageseg.classes import ClassScheme
from imageseg.images import read_image
from imageseg.training.preview import preview

TWO = ClassScheme.from_names(["ground", "thing"])
GAP = 4


def cells(picture: np.ndarray, height: int, width: int) -> list[np.ndarray]:
    """Cut a grid where even gaps say that its pictures are."""
    rows = range(GAP, picture.shape[0], height + GAP)
    columns = range(GAP, picture.shape[1], width + GAP)
    return [picture[y : y + height, x : x + width] for y in rows for x in columns]


@pytest.mark.parametrize(
    ("n", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (6, 2, 3), (12, 3, 4), (16, 4, 4)]
)
def test_pictures_stand_in_rows_with_even_gaps_of_white(
    n: int, rows: int, columns: int
) -> None:
    black = np.zeros((20, 30, 3), np.uint8)
    picture = preview(black, None, "none", TWO, n=n)

    assert picture.dtype == np.uint8
    assert picture.shape == (GAP + rows * 24, GAP + columns * 34, 3)
    white = (picture == 255).all(-1)
    assert white.sum() == white.size - n * 20 * 30
    found = cells(picture, 20, 30)
    assert all((cell == 0).all() for cell in found[:n])
    assert all((cell == 255).all() for cell in found[n:])


def test_the_original_comes_first_and_copies_are_changed(rgb: np.ndarray) -> None:
    first, *others = cells(preview(rgb, None, "photo", TWO, n=6), *rgb.shape[:2])

    np.testing.assert_array_equal(first, rgb)
    assert all((other != rgb).any() for other in others)


def test_labels_are_drawn_in_their_colours_and_move_along() -> None:
    image = np.zeros((16, 16, 3), np.uint8)
    labels = np.zeros((16, 16), np.uint8)
    labels[:4, :4] = 2
    flop = AugmentSettings(flip_horizontal=1.0)
    first, second = cells(preview(image, labels, flop, TWO, n=2), 16, 16)
    colour = np.array([int(TWO[2].colour[i : i + 2], 16) for i in (1, 3, 5)])

    np.testing.assert_allclose(first[0, 0], 0.35 * colour, atol=1)
    assert (first[4:] == 0).all()
    np.testing.assert_array_equal(second, first[:, ::-1])


def test_of_large_images_a_patch_is_shown_where_they_are_annotated() -> None:
    image = np.tile(np.arange(1000) // 4, (600, 1)).astype(np.uint8)
    labels = np.zeros((600, 1000), np.uint8)
    labels[300:310, 690:711] = 1
    picture = preview(image, labels, "none", TWO, n=1)
    (cell,) = cells(picture, 256, 256)

    assert cell[0, 0, 0] == image[0, 700 - 128]
    assert cell[-1, -1, 0] == image[0, 700 + 127]


@pytest.mark.parametrize(
    "shape", [(9, 12), (9, 12, 1), (5, 9, 12), (9, 12, 5), (5, 9, 12, 3)], ids=str
)
def test_stacks_show_a_plane_and_channels_the_first(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 4000, shape, np.uint16)
    labels = np.ones((5, 9, 12) if shape[0] == 5 else (9, 12), np.uint8)
    picture = preview(image, labels, "microscopy", TWO, n=4)

    assert picture.shape == (GAP + 2 * 13, GAP + 2 * 16, 3)


def test_equal_seeds_show_the_same(rgb: np.ndarray) -> None:
    one, two, other = (preview(rgb, None, "photo", TWO, seed=s) for s in (1, 1, 2))

    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


def test_a_real_photograph_is_shown_with_its_mask(real_data: Path) -> None:
    folder = real_data / "canopy_sky"
    image = read_image(min((folder / "images").iterdir()))
    mask = read_image(min((folder / "masks").iterdir()))
    picture = preview(image, np.uint8(mask + 1), "photo", TWO, n=4)
    first, *others = cells(picture, *mask.shape)

    assert not any(np.array_equal(first, other) for other in others)
    assert len({cell.tobytes() for cell in others}) == 3

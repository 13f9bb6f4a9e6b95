"""Arrays become the pictures that Pillow and numpy make of them by hand."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from imageseg.classes import ClassScheme
from imageseg.errors import ShapeMismatchError
from imageseg.figures.pictures import (
    check_plane,
    colour_table,
    grey_picture,
    image_picture,
    label_picture,
    shrunk,
)

SCHEME = ClassScheme.from_names(["a", "b"], colours=["#ff0000", "#0080ff"])


def test_a_photograph_stays_as_it_is(rgb: np.ndarray) -> None:
    np.testing.assert_array_equal(image_picture(rgb), rgb)


def test_labels_take_their_colours_and_the_rest_is_grey() -> None:
    picture = label_picture(np.array([[0, 1, 2]], np.uint8), SCHEME)

    assert picture.tolist() == [[[156, 156, 156], [255, 0, 0], [0, 128, 255]]]


@pytest.mark.parametrize(
    ("value", "grey"), [(0.0, 0), (0.5, 128), (1.0, 255), (-1.0, 0), (7.0, 255)]
)
def test_values_are_black_at_0_and_white_at_1(value: float, grey: int) -> None:
    assert grey_picture(np.full((1, 1), value)).tolist() == [[[grey] * 3]]


def test_large_pictures_become_means_of_blocks(rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (900, 1200, 3), dtype=np.uint8)
    blocks = picture.reshape(450, 2, 600, 2, 3).mean((1, 3))

    small = shrunk(picture)

    assert small.shape == (450, 600, 3)
    np.testing.assert_allclose(small, blocks, atol=0.51)


def test_edges_that_fill_no_block_are_kept() -> None:
    assert shrunk(np.zeros((1101, 1537, 3), np.uint8)).shape == (367, 513, 3)


def test_small_pictures_are_not_touched(rgb: np.ndarray) -> None:
    assert shrunk(rgb) is rgb


def test_colours_stand_at_their_labels() -> None:
    table = colour_table(SCHEME)

    assert table.shape == (256, 3)
    assert table[1:3].tolist() == [[255, 0, 0], [0, 128, 255]]
    assert not table[0].any()
    assert not table[3:].any()


def test_indexed_colours_are_those_of_pillow(rng: np.random.Generator) -> None:
    labels = rng.integers(1, 3, (5, 7), dtype=np.uint8)
    palette = Image.fromarray(labels)
    palette.putpalette([0, 0, 0, 255, 0, 0, 0, 128, 255])

    expected = np.asarray(palette.convert("RGB"))
    np.testing.assert_array_equal(label_picture(labels, SCHEME), expected)


@pytest.mark.parametrize(
    ("image", "plane"),
    [
        ((4, 5), (5, 4)),
        ((4, 5, 3), (4,)),
        ((2, 4, 5), (2, 4, 5)),
        ((2, 4, 5, 3), (2, 4)),
    ],
    ids=["turned", "line", "stack", "colour stack"],
)
def test_what_is_no_plane_of_the_image_is_named(
    image: tuple[int, ...], plane: tuple[int, ...]
) -> None:
    with pytest.raises(ShapeMismatchError, match=r"Draw one plane"):
        check_plane(np.zeros(image), np.zeros(plane))

"""Tiles cover an image, say where they lie, and join to what they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Box
from imageseg.preparation.tiles import (
    cut_tiles,
    join_labels,
    join_tiles,
    read_tile_name,
    tile_boxes,
    tile_name,
)

SIDES = st.integers(1, 30)
PATIENT = settings(deadline=None)  # many small tiles take their time


@st.composite
def layouts(draw: st.DrawFn) -> tuple[tuple[int, int], int, int]:
    """Draw a shape, a tile size and a stride that leaves no gaps."""
    size = draw(st.integers(1, 20))
    return draw(st.tuples(SIDES, SIDES)), size, draw(st.integers(1, size))


@pytest.mark.parametrize(
    ("shape", "size", "stride", "edge", "count"),
    [
        ((1000, 1000), 100, 100, "drop", 100),
        ((1000, 1000), 100, 100, "pad", 100),
        ((512, 512), 256, 128, "drop", 9),
        ((512, 512), 256, 128, "pad", 9),
        ((512, 512), 128, 128, "drop", 16),
        ((1000, 700), 256, 256, "pad", 12),
        ((1000, 700), 256, 256, "shift", 12),
        ((1000, 700), 256, 256, "drop", 6),
        ((1000, 700), 100, 50, "drop", 19 * 13),
        ((60, 40), 100, 100, "pad", 1),
        ((60, 40), 100, 100, "shift", 1),
        ((60, 40), 100, 100, "drop", 0),
    ],
)
def test_there_are_as_many_as_fit(
    shape: tuple[int, int], size: int, stride: int, edge: Any, count: int
) -> None:
    assert len(tile_boxes(shape, size, stride, edge=edge)) == count


def test_without_a_stride_tiles_lie_side_by_side() -> None:
    assert tile_boxes((40, 60), 20) == [
        Box(y, x, 20, 20) for y in (0, 20) for x in (0, 20, 40)
    ]


@PATIENT
@given(layouts(), st.sampled_from(["pad", "shift"]))
def test_every_pixel_is_covered_and_no_tile_is_superfluous(
    layout: tuple[tuple[int, int], int, int], edge: Any
) -> None:
    shape, size, stride = layout
    boxes = tile_boxes(shape, size, stride, edge=edge)

    covered = np.zeros(shape, int)
    for box in boxes:
        covered[box.slices] += 1
    assert (covered > 0).all()
    assert len(set(boxes)) == len(boxes)
    assert all(box.top < shape[0] and box.left < shape[1] for box in boxes)
    if edge == "shift" and min(shape) >= size:
        assert all(box.fits(shape) for box in boxes)


@PATIENT
@given(layouts())
def test_dropped_tiles_are_those_that_do_not_fit(
    layout: tuple[tuple[int, int], int, int],
) -> None:
    shape, size, stride = layout
    padded = tile_boxes(shape, size, stride, edge="pad")

    assert tile_boxes(shape, size, stride, edge="drop") == [
        box for box in padded if box.fits(shape)
    ]


@PATIENT
@given(layouts(), st.sampled_from(["pad", "shift"]), st.data())
def test_joining_is_the_inverse_of_cutting(
    layout: tuple[tuple[int, int], int, int], edge: Any, data: Any
) -> None:
    shape, size, stride = layout
    dtype = data.draw(st.sampled_from([np.uint8, np.uint16, np.float32]))
    values = np.random.default_rng(0).integers(0, 256, shape).astype(dtype) * dtype(1.1)
    image = values.astype(dtype)
    boxes = tile_boxes(shape, size, stride, edge=edge)

    joined = join_tiles(cut_tiles(image, boxes), boxes, shape)
    assert joined.dtype == dtype
    np.testing.assert_array_equal(joined, image)

    labels = (image % 4).astype(np.uint8)
    tiles = list(cut_tiles(labels, boxes, beyond="zero"))
    np.testing.assert_array_equal(join_labels(tiles, boxes, shape), labels)


@PATIENT
@given(hnp.arrays(np.uint8, st.tuples(SIDES, SIDES)), st.integers(1, 60), st.data())
def test_tiles_beyond_the_edge_are_mirrored_as_by_numpy(
    image: np.ndarray, size: int, data: Any
) -> None:
    top, left = (data.draw(st.integers(0, side - 1)) for side in image.shape)
    box = Box(top, left, size, size)
    padded = np.pad(image, [(0, size), (0, size)], mode="reflect")

    (mirrored,) = cut_tiles(image, [box])
    (zeros,) = cut_tiles(image, [box], beyond="zero")

    np.testing.assert_array_equal(mirrored, padded[box.slices])
    np.testing.assert_array_equal(zeros, np.pad(image, [(0, size)] * 2)[box.slices])


def test_colours_and_slices_are_tiled_in_rows_and_columns(rng: Any) -> None:
    colour = rng.integers(0, 256, (50, 70, 3), dtype=np.uint8)
    stack = rng.random((6, 50, 70)).astype(np.float32)
    boxes = tile_boxes((50, 70), 32, 20)

    for image in (colour, stack):
        tiles = list(cut_tiles(image, boxes))
        np.testing.assert_array_equal(join_tiles(tiles, boxes, (50, 70)), image)
    assert tiles[0].shape == (6, 32, 32)
    assert next(cut_tiles(colour, boxes)).shape == (32, 32, 3)


def test_overlaps_are_averaged() -> None:
    boxes = [Box(0, 0, 2, 2), Box(0, 1, 2, 2)]
    tiles = [np.full((2, 2), 0.2), np.full((2, 2), 0.6)]

    joined = join_tiles(tiles, boxes, (2, 4))

    np.testing.assert_allclose(joined, [[0.2, 0.4, 0.6, 0]] * 2)


def test_the_majority_labels_an_overlap() -> None:
    boxes = [Box(0, 0, 1, 3), Box(0, 1, 1, 3), Box(0, 2, 1, 3)]
    tiles = [np.array([[3, 1, 2]]), np.array([[1, 3, 0]]), np.array([[3, 2, 2]])]

    joined = join_labels(tiles, boxes, (1, 6))

    assert joined.tolist() == [[3, 1, 3, 2, 2, 0]]  # 1 and 1; 2, 3 and 3; 0 and 2


@pytest.mark.parametrize(
    ("stem", "box", "name"),
    [
        ("photo", Box(0, 100, 50, 50), "photo_y0000_x0100"),
        ("a.b_y1", Box(12_345, 7, 1, 1), "a.b_y1_y12345_x0007"),
        ("plot_y0000_x0000", Box(50, 0, 50, 50), "plot_y0000_x0000_y0050_x0000"),
    ],
)
def test_names_tell_the_place(stem: str, box: Box, name: str) -> None:
    assert tile_name(stem, box) == name
    for written in (name, f"{name}.png", Path("folder.x") / f"{name}.tif"):
        assert read_tile_name(written) == (stem, box.top, box.left)


@pytest.mark.parametrize(
    "end",
    [
        *("_labels.png", "_labels.tif", "_overlay.png", "_probabilities.tif"),
        *("_mask.png", "_mask_2.png", ".ome.tif", "_labels"),
    ],
)
def test_what_comes_of_a_tile_tells_its_place_too(end: str) -> None:
    assert read_tile_name(f"a_y0000_x0032{end}") == ("a", 0, 32)


@pytest.mark.parametrize(
    "name",
    ["a_y0000_x0000_old.png", "photo.png", "photo_y1_x2.png", "_y0000_x0000.png", ""],
)
def test_other_names_are_no_tiles(name: str) -> None:
    assert read_tile_name(name) is None


@pytest.mark.parametrize(
    ("size", "stride", "complaint"),
    [(0, None, "size is 0"), (10, 11, "stride is 11"), (10, 0, "stride is 0")],
)
def test_gaps_are_refused(size: int, stride: int | None, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        tile_boxes((100, 100), size, stride)


def test_nothing_cannot_be_joined() -> None:
    for join in (join_tiles, join_labels):
        with pytest.raises(ShapeMismatchError, match="no tiles to join"):
            join([], [], (10, 10))

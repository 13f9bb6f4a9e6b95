"""Regions are understood as people write and draw them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageDraw

from imageseg.density import (
    WHOLE,
    CentredCircle,
    Placed,
    Region,
    parse_plots,
    parse_region,
)
from imageseg.errors import ImageReadError, SettingsError, ShapeMismatchError
from imageseg.geometry import Box, Circle

if TYPE_CHECKING:
    from pathlib import Path

SQUARE = [[2, 1], [7, 1], [7, 5], [2, 5]]
TRIANGLE = [[10, 0], [19, 9], [10, 9]]


def labelme(path: Path, *shapes: tuple[str, list]) -> Path:
    """Write polygons as labelme does: (x, y), from the corner of the image."""
    content = {
        "imageHeight": 10,
        "imageWidth": 20,
        "shapes": [{"label": name, "points": points} for name, points in shapes],
    }
    path.write_text(json.dumps(content))
    return path


def save(path: Path, values: np.ndarray) -> Path:
    Image.fromarray(values).save(path)
    return path


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("whole", WHOLE),
        (" Whole ", WHOLE),
        ("circle", CentredCircle()),
        ("CIRCLE", CentredCircle()),
        ("0.9", CentredCircle(0.9)),
        ("circle 0.9", CentredCircle(0.9)),
        ("1", CentredCircle()),
        (0.5, CentredCircle(0.5)),
        (1, CentredCircle()),
        (np.float32(0.5), CentredCircle(0.5)),
        (CentredCircle(0.25), CentredCircle(0.25)),
        ("circle 20,10,7.5", Placed(Circle(y=10, x=20, radius=7.5))),
        ("4x3+2+1", Placed(Box(top=1, left=2, height=3, width=4))),
    ],
)
def test_regions_are_understood(text: str | float | Region, region: Region) -> None:
    assert parse_region(text) == region


@pytest.mark.parametrize(
    "region",
    [
        WHOLE,
        CentredCircle(),
        CentredCircle(0.9),
        CentredCircle(0.125),
        Placed(Box(1, 2, 3, 4)),
        Placed(Circle(10.25, 20, 7)),
    ],
    ids=str,
)
def test_a_region_is_understood_as_it_is_written(region: Region) -> None:
    assert parse_region(str(region)) == region


@pytest.mark.parametrize(
    "text", ["square", "", "circle big", "50%", "1,2", "0x3+1+1", "gone.png"]
)
def test_an_unknown_region_is_quoted(text: str) -> None:
    with pytest.raises(SettingsError, match=r"whole, circle, .* file that exists") as e:
        parse_region(text)

    assert e.value.field == "region"
    assert e.value.value == text


@pytest.mark.parametrize("ratio", [0, -0.5, 1.01, "2", "nan", "inf", math.nan])
def test_a_diameter_beyond_the_image_is_refused(ratio: str | float) -> None:
    with pytest.raises(SettingsError, match="above 0 to 1"):
        parse_region(ratio)


def test_a_circle_needs_a_radius() -> None:
    with pytest.raises(SettingsError, match="radius"):
        parse_region("circle 5,5,0")


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_a_mask_is_inside_where_it_is_not_0(tmp_path: Path, suffix: str) -> None:
    values = np.zeros((6, 8), np.uint8)
    values[2:4, 1:5] = 1
    values[5, 7] = 255
    path = save(tmp_path / f"plot.{suffix}", values)

    region = parse_region(str(path))

    np.testing.assert_array_equal(region.mask((6, 8)), values > 0)
    assert str(region) == str(path)


def test_a_palette_mask_counts_by_its_numbers_not_its_colours(tmp_path: Path) -> None:
    image = Image.new("P", (8, 6))
    image.putpalette([255, 255, 255, 0, 0, 0])  # 0 is white, 1 is black
    image.putpixel((3, 2), 1)
    image.save(tmp_path / "mask.png")

    mask = parse_region(tmp_path / "mask.png").mask((6, 8))

    assert np.argwhere(mask).tolist() == [[2, 3]]


def test_the_ringing_of_a_jpeg_is_not_inside(tmp_path: Path) -> None:
    values = np.zeros((32, 32), np.uint8)
    values[10:23, 10:23] = 255
    Image.fromarray(values).save(tmp_path / "mask.jpg", quality=60)
    with Image.open(tmp_path / "mask.jpg") as file:
        blurred = np.asarray(file)

    mask = parse_region(tmp_path / "mask.jpg").mask((32, 32))

    assert (blurred[values == 0] > 0).any()
    np.testing.assert_array_equal(mask, values > 0)


def test_outlines_of_a_labelme_file_are_one_region_together(tmp_path: Path) -> None:
    path = labelme(tmp_path / "a.json", ("plot", SQUARE), ("other", TRIANGLE))
    drawn = Image.new("1", (20, 10))
    for points in (SQUARE, TRIANGLE):
        ImageDraw.Draw(drawn).polygon([tuple(p) for p in points], fill=1)

    mask = parse_region(path).mask((10, 20))

    assert mask[1:5, 2:7].all()
    assert mask[:, 2:7].sum() == 20  # 5 by 4: from corner to corner
    overlap = (mask & np.asarray(drawn)).sum() / (mask | np.asarray(drawn)).sum()
    assert overlap > 0.7  # Pillow fills the outline too


@pytest.mark.parametrize("text", ["grid 3x2", "3x2", "Grid 3X2 "])
def test_a_grid_has_columns_by_rows(text: str) -> None:
    masks = [plot.mask((4, 9)) for plot in parse_plots(text)]

    assert len(masks) == 6
    assert masks[0][:2, :3].all()
    assert masks[0].sum() == 6


def test_plots_of_a_labelme_file_go_by_name(tmp_path: Path) -> None:
    again = [[2, 6], [7, 6], [7, 8], [2, 8]]
    path = labelme(
        tmp_path / "a.json", ("north", SQUARE), ("south", TRIANGLE), ("north", again)
    )

    north, south = parse_plots(path)

    assert [str(north), str(south)] == ["north", "south"]
    assert north.mask((10, 20)).sum() == 20 + 10
    assert not (north.mask((10, 20)) & south.mask((10, 20))).any()


def test_plots_of_a_label_image_go_by_value(tmp_path: Path) -> None:
    labels = np.zeros((6, 8), np.uint16)
    labels[0], labels[1, :3], labels[5, 5] = 7, 300, 2
    tifffile.imwrite(tmp_path / "plots.tif", labels)

    plots = parse_plots(tmp_path / "plots.tif")

    assert [str(plot) for plot in plots] == ["2", "7", "300"]
    for plot in plots:
        np.testing.assert_array_equal(plot.mask((6, 8)), labels == int(str(plot)))


@pytest.mark.parametrize("text", ["square", "", "grid 3", "gone.json", "0.9"])
def test_unknown_plots_are_quoted(text: str) -> None:
    with pytest.raises(SettingsError, match="grid COLUMNSxROWS, or a labelme file"):
        parse_plots(text)


@pytest.mark.parametrize("read", [parse_region, parse_plots])
def test_a_file_with_nothing_in_it_is_named(tmp_path: Path, read) -> None:
    empty = save(tmp_path / "empty.png", np.zeros((5, 5), np.uint8))
    no_shapes = labelme(tmp_path / "empty.json")

    for path in (empty, no_shapes):
        with pytest.raises(ImageReadError, match=rf"{path.name}: nothing is drawn"):
            read(path)


@pytest.mark.parametrize("read", [parse_region, parse_plots])
def test_a_coloured_picture_or_stack_is_no_region(tmp_path: Path, read) -> None:
    path = tmp_path / "photo.png"
    save(path, np.arange(75, dtype=np.uint8).reshape(5, 5, 3))

    with pytest.raises(ImageReadError, match=r"photo.png: a region is one grey plane"):
        read(path)


def test_plots_are_not_read_from_jpeg(tmp_path: Path) -> None:
    path = save(tmp_path / "plots.jpg", np.ones((8, 8), np.uint8))

    with pytest.raises(ImageReadError, match="Save it as PNG or TIFF"):
        parse_plots(path)


def test_a_file_that_is_no_picture_says_so(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_text("no picture")

    with pytest.raises(ImageReadError, match=r"mask\.png"):
        parse_region(tmp_path / "mask.png")


def test_what_was_drawn_on_another_image_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "mask.png", np.ones((6, 8), np.uint8))

    with pytest.raises(ShapeMismatchError, match=r"8×6 pixels, but this one has 6×8"):
        parse_region(path).mask((8, 6))

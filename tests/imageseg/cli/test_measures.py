"""Flags say where and what to measure."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from imageseg.batch import Extras
from imageseg.cli.measures import add_measures, extras_from, regions_from
from imageseg.density import Lens, Region
from imageseg.errors import ImageReadError, SettingsError
from imageseg.geometry import Circle
from imageseg.units import PixelSize

if TYPE_CHECKING:
    from pathlib import Path


def parsed(*flags: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_measures(parser)
    return parser.parse_args([*map(str, flags)])


def found(image: np.ndarray, path: Path, *flags: object) -> list[Region]:
    return list(regions_from(parsed(*flags), [path])(path, image))


@pytest.fixture
def fisheye() -> np.ndarray:
    """Return a bright disc in a dark frame."""
    inside = Circle(100, 110, 80).mask((210, 230))
    return np.where(inside[..., None], [170, 180, 190], 0).astype(np.uint8)


def save(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(values.astype(np.uint8)).save(path)


def test_without_flags_it_is_the_share_in_the_whole_image(
    fisheye: np.ndarray, tmp_path: Path
) -> None:
    assert [str(r) for r in found(fisheye, tmp_path)] == ["whole"]
    assert extras_from(parsed()) == Extras()


def test_a_region_is_the_same_for_all(fisheye: np.ndarray, tmp_path: Path) -> None:
    regions = found(fisheye, tmp_path, "--region", "circle 0.9")

    assert [str(r) for r in regions] == ["circle 0.9"]


def test_the_valid_box_is_found(fisheye: np.ndarray, tmp_path: Path) -> None:
    (region,) = found(fisheye, tmp_path, "--region", "auto-box")

    assert str(region) == "161x161+30+20"


def test_the_image_circle_is_found(fisheye: np.ndarray, tmp_path: Path) -> None:
    (region,) = found(fisheye, tmp_path, "--region", "auto-circle")

    expected = Circle(100, 110, 80).mask((210, 230))
    assert np.mean(region.mask((210, 230)) != expected) < 0.01


def test_files_in_a_folder_belong_to_the_images_by_name(
    fisheye: np.ndarray, tmp_path: Path
) -> None:
    inside = np.zeros((210, 230))
    inside[:50] = 255
    save(tmp_path / "regions" / "a.png", inside)
    save(tmp_path / "regions" / "b.png", 255 - inside)
    folder = tmp_path / "regions"

    (region,) = found(fisheye, tmp_path / "b.jpg", "--region", folder)

    np.testing.assert_array_equal(region.mask((210, 230)), inside == 0)
    with pytest.raises(ImageReadError, match="there is no file named c in it"):
        found(fisheye, tmp_path / "c.jpg", "--region", folder)


@pytest.mark.parametrize("flag", ["--region", "--plots"])
def test_files_in_a_folder_may_be_named_as_masks_are(
    fisheye: np.ndarray, tmp_path: Path, flag: str
) -> None:
    inside = np.zeros((210, 230))
    inside[:50] = 255
    save(tmp_path / "regions" / "Site_mask.PNG", inside)
    (tmp_path / "regions" / "Site.txt").write_text("taken at noon")

    (region,) = found(fisheye, tmp_path / "site.jpg", flag, tmp_path / "regions")

    np.testing.assert_array_equal(region.mask((210, 230)), inside > 0)


def test_images_without_a_region_are_named_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "regions"
    for name in ("a.png", "b.png", "b_mask.png"):
        save(folder / name, np.full((4, 5), 255))
    paths = [tmp_path / f"{name}.jpg" for name in "abc"]

    regions = regions_from(parsed("--region", folder), paths)

    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "several files in it fit b.jpg" in told[0]
    assert "no file named c in it" in told[1]
    assert len(regions(paths[0], np.zeros((4, 5)))) == 1
    with pytest.raises(ImageReadError, match="several files"):
        regions(paths[1], np.zeros((4, 5)))


def test_outlines_are_taken_before_the_photograph_beside_them(tmp_path: Path) -> None:
    folder = tmp_path / "plots"
    save(folder / "a.jpg", np.zeros((20, 30)))
    shapes = [
        {"label": "p", "points": [[0, 0], [9, 0], [9, 9]], "shape_type": "polygon"}
    ]
    text = json.dumps({"shapes": shapes, "imageWidth": 30, "imageHeight": 20})
    (folder / "a.json").write_text(text)

    for path in (folder / "a.jpg", tmp_path / "a.jpg"):
        regions = regions_from(parsed("--plots", folder), [path])
        assert [str(region) for region in regions(path, np.zeros((20, 30)))] == ["p"]


def test_plots_lie_in_the_region(fisheye: np.ndarray, tmp_path: Path) -> None:
    flags = ["--region", "circle", "--plots", "grid 2x1"]

    left, right = found(fisheye, tmp_path, *flags)

    assert str(left) == "row 1 column 1 in circle"
    masks = [region.mask((20, 20)) for region in (left, right)]
    assert sum(int(m.sum()) for m in masks) == 316  # centres within 10 of the middle


def test_plots_of_a_folder_are_those_of_the_image(
    fisheye: np.ndarray, tmp_path: Path
) -> None:
    labels = np.zeros((210, 230))
    labels[:50], labels[60:] = 3, 5
    save(tmp_path / "plots" / "a.png", labels)

    regions = found(fisheye, tmp_path / "a.jpg", "--plots", tmp_path / "plots")

    assert [str(region) for region in regions] == ["3", "5"]


def test_plots_do_not_go_with_a_lens() -> None:
    options = parsed("--plots", "grid 2x2", "--lens", "equidistant")

    with pytest.raises(SettingsError, match="left out with --lens"):
        regions_from(options, [])


def test_a_lens_has_a_view_and_a_circle() -> None:
    options = parsed(
        *("--lens", "orthographic", "--field-of-view", 150),
        *("--circle", "10.5, 20,30", "--rings", 5, "--sectors", 4),
    )

    assert extras_from(options) == Extras(
        lens=Lens("orthographic", 150),
        circle=Circle(y=20, x=10.5, radius=30),
        rings=5,
        sectors=4,
    )


def test_units_are_those_given() -> None:
    options = parsed("--pixel-size", 0.5, "--slice-distance", 2, "--unit", "mm")

    assert extras_from(options).pixel_size == PixelSize(0.5, 0.5, 2, "mm")


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--slice-distance", 2], "given with --slice-distance"),
        (["--pixel-size", 0], "above 0"),
        (["--lens", "equisolid", "--circle", "1,2"], "auto or X,Y,RADIUS"),
        (["--lens", "equisolid", "--circle", "1,2,0"], "radius"),
        (["--lens", "equisolid", "--field-of-view", 0], "field of view"),
    ],
)
def test_flags_that_make_no_sense_are_named(flags: list, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        extras_from(parsed(*flags))


@pytest.mark.parametrize("flag", ["--region", "--plots"])
def test_an_unknown_region_is_named(flag: str) -> None:
    with pytest.raises(SettingsError, match="square"):
        regions_from(parsed(flag, "square"), [])

"""Outlines drawn in labelme become labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imageseg.errors import ImageReadError
from imageseg.masks import read_labelme, read_labels

NAMES = ("background", "whale", "boat")


def write(
    path: Path, *shapes: dict[str, Any], size: tuple[int, int] = (40, 60)
) -> Path:
    content = {"shapes": shapes, "imageHeight": size[0], "imageWidth": size[1]}
    path.write_text(json.dumps(content))
    return path


def shape(points: Any, label: str = "whale", kind: str = "polygon") -> dict[str, Any]:
    return {"label": label, "points": points, "shape_type": kind}


def drawn(points: Any, kind: str) -> str:
    return json.dumps(
        {"shapes": [shape(points, kind=kind)], "imageHeight": 9, "imageWidth": 9}
    )


def test_polygons_cover_what_pillow_fills(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    for i in range(20):
        angles = np.sort(rng.uniform(0, 2 * np.pi, 12))
        radii = rng.uniform(80, 190, 12)
        points = np.stack(
            [200 + radii * np.cos(angles), 210 + radii * np.sin(angles)], 1
        )
        file = write(tmp_path / f"{i}.json", shape(points.tolist()), size=(420, 400))
        picture = Image.new("1", (400, 420))
        ImageDraw.Draw(picture).polygon([tuple(p) for p in points], fill=1, outline=1)

        ours = read_labelme(file).labels(NAMES) == 2

        theirs = np.asarray(picture)
        assert (ours & theirs).sum() / (ours | theirs).sum() >= 0.96


def test_a_rectangle_on_pixel_borders_is_exact(tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", shape([[10, 5], [30, 25]], kind="rectangle"))

    labels = read_labelme(file).labels(NAMES)

    expected = np.ones((40, 60), np.uint8)
    expected[5:25, 10:30] = 2
    np.testing.assert_array_equal(labels, expected)


def test_a_circle_has_its_centre_and_a_point_of_its_rim(tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", shape([[30, 20], [42, 20]], kind="circle"))

    outlines = read_labelme(file)

    area = int((outlines.labels(NAMES) == 2).sum())
    assert area == pytest.approx(np.pi * 12**2, rel=0.02)
    vertices = outlines.outlines[0].vertices
    radii = np.hypot(*(vertices - np.array([19.5, 29.5])).T)
    np.testing.assert_allclose(radii, 12)


def test_later_outlines_lie_above_earlier_ones(tmp_path: Path) -> None:
    low = shape([[0, 0], [20, 10]], "Whale", "rectangle")
    high = shape([[10, 0], [30, 10]], "boat", "rectangle")
    file = write(tmp_path / "a.json", low, high, size=(10, 40))

    labels = read_labelme(file).labels(NAMES, background=0)

    assert labels[0].tolist() == [2] * 10 + [3] * 20 + [0] * 10


def test_outlines_are_masks_like_any_other(tmp_path: Path) -> None:
    files = [
        write(
            tmp_path / "1.json", shape([[0, 0], [3, 1]], kind="rectangle"), size=(1, 5)
        ),
        write(tmp_path / "2.JSON", size=(1, 5)),
    ]

    labels = read_labels(files, 2, names=NAMES[:2])

    assert [array.tolist() for array in labels] == [[[2, 2, 2, 1, 1]], [[1] * 5]]


def test_a_name_that_is_no_class_is_named(tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", shape([[0, 0], [9, 0], [9, 9]], "Shark"))

    with pytest.raises(ImageReadError, match=r"a\.json: it outlines 'Shark'.*boat"):
        read_labelme(file).labels(NAMES)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("no json", "no labelme file"),
        ("{}", "no labelme file"),
        ("[1]", "no labelme file"),
        ('{"shapes": [{}], "imageHeight": 1, "imageWidth": 1}', "no labelme file"),
        (drawn([[1, 1]], "point"), "a point, which has no area"),
        (drawn([[1, 1], [2, 2]], "polygon"), "a polygon in it has 2 points"),
        (drawn([[1, 1], [2, 2], [3, 1]], "circle"), "a circle in it has 3 points"),
    ],
)
def test_a_file_that_cannot_be_understood_is_named(
    tmp_path: Path, content: str, reason: str
) -> None:
    (tmp_path / "a.json").write_text(content)

    with pytest.raises(ImageReadError, match=rf"a\.json.*{reason}"):
        read_labelme(tmp_path / "a.json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r"gone\.json: No such file"):
        read_labelme(tmp_path / "gone.json")

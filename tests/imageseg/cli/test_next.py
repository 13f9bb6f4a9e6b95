"""``imageseg next`` tells which images to annotate, and where in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imageseg.classes import CANOPY
from imageseg.cli import main
from imageseg.model import SegmentationModel
from imageseg.project import Changes, Project

Captured = pytest.CaptureFixture[str]


def rank(*arguments: object) -> int:
    return main(["next", *map(str, arguments), "--device", "cpu"])


@pytest.fixture
def folder(tmp_path: Path, by_brightness: SegmentationModel) -> Path:
    """Write a photograph that is clear and one whose left half is undecided."""
    images = tmp_path / "images"
    images.mkdir()
    clear = np.zeros((300, 300, 3), np.uint8)
    doubtful = clear.copy()
    doubtful[:, :150] = 126  # p(sky) is 0.47
    for name, pixels in (("clear", clear), ("doubtful", doubtful)):
        Image.fromarray(pixels).save(images / f"{name}.png")
    return images


def test_the_undecided_image_comes_first(folder: Path, capsys: Captured) -> None:
    assert rank(folder) == 0

    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["rank", "image", "effect_on_mean"]
    assert "doubtful.png" in first
    assert "clear.png" in second
    assert 0.1 < float(first.split()[2]) < 0.125  # 0.47 of one half of one of two


def test_tables_name_images_and_squares(folder: Path, tmp_path: Path) -> None:
    table, squares = tmp_path / "images.csv", tmp_path / "squares.csv"
    assert rank(folder, "--table", table, "--regions", squares) == 0

    assert Path(pd.read_csv(table)["image"][0]).name == "doubtful.png"
    first = pd.read_csv(squares).iloc[0]
    assert (first["y0"], first["y1"], first["x0"], first["x1"]) == (0, 256, 0, 256)


def test_only_the_region_counts(folder: Path, capsys: Captured) -> None:
    rank(folder, "--region", "100x300+200+0", "--json")

    rows = json.loads(capsys.readouterr().out)
    assert [row["effect"] for row in rows] == pytest.approx([0, 0], abs=0.01)


def test_an_image_that_cannot_be_read_is_named(
    folder: Path, tmp_path: Path, capsys: Captured
) -> None:
    (folder / "broken.png").write_bytes((folder / "clear.png").read_bytes()[:80])
    assert rank(folder, "--table", tmp_path / "images.csv") == 1

    assert "broken.png" in capsys.readouterr().err
    assert len(pd.read_csv(tmp_path / "images.csv")) == 2


def test_what_is_annotated_in_a_project_is_settled(
    folder: Path, tmp_path: Path, capsys: Captured, by_brightness: Any
) -> None:
    where = tmp_path / "plots"
    with Project.create(where, CANOPY) as project:
        added = project.add_images(sorted(folder.iterdir()))
        doubtful = next(i for i in added if i.path.name == "doubtful.png")
        labels = np.ones((300, 300), np.uint8)
        project.save(Changes(annotations={doubtful.id: labels}))
    rank(where, "--model", "canopy", "--json")

    rows = {Path(r["image"]).name: r for r in json.loads(capsys.readouterr().out)}
    assert rows["doubtful.png"]["annotated"] == 1
    assert rows["doubtful.png"]["effect"] == 0

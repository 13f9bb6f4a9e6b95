"""``imageseg evaluate`` prints and writes scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imageseg.cli import main

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel

Captured = pytest.CaptureFixture[str]


def evaluate(*arguments: object) -> int:
    return main(["evaluate", *map(str, arguments), "--device", "cpu"])


@pytest.fixture
def half_wrong(photos: Any) -> Any:
    """Call a quarter of the second image wrong."""
    mask = np.zeros((40, 40), np.uint8)
    mask[:10] = 255
    Image.fromarray(mask).save(photos.masks / "2_mask.png")
    return photos


def test_people_see_scores_by_image_their_mean_and_the_pooled_ones(
    half_wrong: Any, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    assert evaluate(*half_wrong.data) == 0

    head, *lines = capsys.readouterr().out.splitlines()
    assert "dice_sky" in head
    assert "density_error" in head
    assert "iou" not in head
    assert "accuracy" not in head
    assert [line.strip()[:6] for line in lines] == [
        lines[0].strip()[:6],
        lines[1].strip()[:6],
        "mean o",
        "pooled",
    ]
    assert lines[0].split()[:2] == ["1", "1.000"]
    assert lines[1].split()[0] == "2"


def test_json_and_table_hold_all_scores(
    half_wrong: Any, tmp_path: Path, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    path = tmp_path / "scores.csv"

    assert evaluate(*half_wrong.data, "--json", "--table", path) == 0

    captured = capsys.readouterr()
    rows = json.loads(captured.out)
    assert [row["image"] for row in rows] == ["1", "2", "mean of 2", "pooled"]
    assert [row["accuracy"] for row in rows] == [1, 0.75, 0.875, 0.875]
    assert rows[1]["dice_sky"] == pytest.approx(2 / 3)  # 10 of 10 + 20 rows, twice
    assert rows[1]["iou_sky"] == pytest.approx(1 / 2)
    assert rows[1]["density_error"] == pytest.approx(0.25)
    assert rows[2]["dice_sky"] == pytest.approx(5 / 6)
    assert rows[3]["dice_sky"] == pytest.approx(40 / 50)
    stored = pd.read_csv(path)
    assert stored["iou_sky"].tolist() == pytest.approx([r["iou_sky"] for r in rows])
    assert captured.err == f"Scores in {path}\n"


def test_the_coding_of_masks_is_obeyed(
    photos: Any, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    assert evaluate(*photos.data, "--coding", "ids") == 2
    assert "the value 255" in capsys.readouterr().err


def test_a_missing_model_is_said(photos: Any, capsys: Captured) -> None:
    assert evaluate(*photos.data, "--model", "unknown") == 2
    assert "There is no model 'unknown'" in capsys.readouterr().err


def test_a_setting_out_of_bounds_is_named(
    photos: Any, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    assert evaluate(*photos.data, "--tile", 3) == 2
    assert "tile is 3; it must be 32 to 8192" in capsys.readouterr().err

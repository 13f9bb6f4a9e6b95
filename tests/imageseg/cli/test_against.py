"""``imageseg evaluate --against`` says which of two models to keep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imageseg.cli import main
from imageseg.model import SegmentationModel

Captured = pytest.CaptureFixture[str]


def compare(*arguments: object) -> int:
    return main(["evaluate", "--against", *map(str, arguments), "--device", "cpu"])


def test_a_model_is_no_better_than_itself(
    photos: Any, by_brightness: SegmentationModel, tmp_path: Path, capsys: Captured
) -> None:
    table = tmp_path / "changes.csv"
    assert compare("canopy", *photos.data, "--table", table) == 0

    text = capsys.readouterr().out.splitlines()[-1]
    assert text.startswith("No better: mean Dice 1.00 before, 1.00 after, on 2 images")
    assert pd.read_csv(table)["image"].astype(str).tolist() == ["1", "2"]


def test_programs_get_the_verdict(
    photos: Any, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    compare("canopy", *photos.data, "--json")

    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "no better"
    assert [row["pixels"] for row in told["images"]] == [1600, 1600]


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--model", "a", "b"], "--model"),
        (["--metrics", "dice_coef"], "--metrics"),
        (["--out", "report"], "--out"),
    ],
)
def test_what_belongs_to_other_comparisons_is_refused(
    photos: Any, capsys: Captured, flags: list[str], named: str
) -> None:
    assert compare("canopy", *photos.data, *flags) == 2
    assert named in capsys.readouterr().err

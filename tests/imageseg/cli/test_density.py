"""``imageseg density`` writes one table and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from imageseg.cli import main

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel


def test_only_the_table_is_written(
    photos: Any,
    tmp_path: Path,
    by_brightness: SegmentationModel,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = tmp_path / "new" / "t.csv"

    flags = ["--table", str(table), "--region", "circle", "--device", "cpu"]
    status = main(["density", str(photos.images), *flags, "--json"])

    assert status == 0
    assert list(table.parent.iterdir()) == [table]
    rows = json.loads(capsys.readouterr().out)
    assert [set(row) >= {"canopy_closure", "openness"} for row in rows] == [True] * 2
    stored = pd.read_csv(table)
    shown = [row["openness"] for row in rows]
    assert stored["openness"].tolist() == pytest.approx(shown)
    assert stored["pixels"].tolist() == [1264, 1264]  # within 20 of the middle of 40²


def test_the_table_lies_in_the_working_folder_if_nothing_is_said(
    photos: Any,
    tmp_path: Path,
    by_brightness: SegmentationModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["density", "images/1.png", "--device", "cpu"]) == 0
    assert pd.read_csv("density.csv")["sky_fraction"].tolist() == [0.25]

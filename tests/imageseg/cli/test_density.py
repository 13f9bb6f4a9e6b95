"""``imageseg density`` writes tables and nothing else."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from imageseg.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from imageseg.model import SegmentationModel


def test_only_the_table_and_its_summary_are_written(
    photos: Any,
    tmp_path: Path,
    by_brightness: SegmentationModel,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = tmp_path / "new" / "t.csv"

    flags = ["--table", str(table), "--region", "circle", "--device", "cpu"]
    status = main(["density", str(photos.images), *flags, "--json"])

    assert status == 0
    assert sorted(p.name for p in table.parent.iterdir()) == ["t.csv", "t_summary.csv"]
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


def density(*arguments: object) -> int:
    return main(["density", *map(str, arguments), "--device", "cpu"])


def test_a_summary_follows_and_lies_beside_the_table(
    photos: Any,
    tmp_path: Path,
    by_brightness: SegmentationModel,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = tmp_path / "t.csv"

    density(photos.images, "--table", table, "--by", r"\d")

    summary = pd.read_csv(tmp_path / "t_summary.csv")
    rows = summary[summary["quantity"] == "openness"]
    assert rows["group"].tolist() == [1, 2]
    assert rows["mean"].tolist() == [0.25, 0.5]
    assert rows["n"].tolist() == [1, 1]
    assert "left_out" in capsys.readouterr().out


def test_one_image_needs_no_summary_on_the_screen(
    photos: Any,
    tmp_path: Path,
    by_brightness: SegmentationModel,
    capsys: pytest.CaptureFixture[str],
) -> None:
    density(photos.images / "1.png", "--table", tmp_path / "t.csv")

    assert "left_out" not in capsys.readouterr().out


def test_plots_of_a_grid_have_a_row_each(
    photos: Any, tmp_path: Path, by_brightness: SegmentationModel
) -> None:
    table = tmp_path / "t.csv"

    density(photos.images / "2.png", "--table", table, "--plots", "grid 1x2")

    rows = pd.read_csv(table)
    assert rows["region"].tolist() == ["row 1 column 1", "row 2 column 1"]
    assert rows["openness"].tolist() == [1, 0]


def test_a_lens_adds_a_table_of_rings(
    photos: Any, tmp_path: Path, by_brightness: SegmentationModel
) -> None:
    table = tmp_path / "t.csv"
    lens = ["--lens", "equisolid", "--circle", "19.5,19.5,20", "--rings", 3]

    assert density(photos.images, "--table", table, *lens, "--sectors", 2) == 0

    rings = pd.read_csv(tmp_path / "t_rings.csv")
    assert len(rings) == 2 * 3 * 2
    assert list(rings)[:2] == ["image", "model"]
    rows = pd.read_csv(table)
    assert (rows["region"] == "circle 19.5,19.5,20").all()
    assert {"canopy_openness", "lai_effective", "clumping_index"} <= set(rows)


def test_without_a_circle_the_plain_shares_are_told(
    photos: Any,
    tmp_path: Path,
    by_brightness: SegmentationModel,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table, image = tmp_path / "t.csv", photos.images / "1.png"

    assert density(image, "--table", table, "--lens", "equisolid") == 1

    rows = pd.read_csv(table)
    assert rows["gap_fraction"].tolist() == rows["sky_fraction"].tolist() == [0.25]
    said = capsys.readouterr().err
    assert f"{image}: no image circle found; give --circle X,Y,RADIUS" in said
    assert "0 images done" in said


def test_slices_go_to_a_table_of_their_own(
    tmp_path: Path,
    threshold_model: Callable[..., SegmentationModel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = threshold_model(channels=1)
    monkeypatch.setattr("imageseg.model.load_model", lambda _: model)
    stack = np.zeros((3, 40, 40), np.uint8)
    stack[1] = 200
    tifffile.imwrite(tmp_path / "s.tif", stack, photometric="minisblack")
    sizes = ["--pixel-size", 2, "--slice-distance", 5, "--unit", "mm"]

    table = tmp_path / "t.csv"
    density(tmp_path / "s.tif", "--table", table, "--slices", *sizes)

    assert pd.read_csv(table)["volume_mm3"].tolist() == [stack.size * 20]
    slices = pd.read_csv(tmp_path / "t_slices.csv")
    assert slices["slice"].tolist() == [0, 1, 2]
    assert slices["bright_fraction"].tolist() == [0, 1, 0]
    assert slices["area_mm2"].tolist() == [1600 * 4] * 3


def test_the_table_is_no_image(
    photos: Any,
    by_brightness: SegmentationModel,
    capsys: pytest.CaptureFixture[str],
) -> None:
    image = photos.images / "1.png"
    before = image.read_bytes()

    assert density(photos.images, "--table", image) == 2

    assert "another file than an image" in capsys.readouterr().err
    assert image.read_bytes() == before
    assert sorted(p.name for p in photos.images.iterdir()) == ["1.png", "2.png"]


def test_a_full_disk_is_told_and_leaves_the_old_table(
    photos: Any,
    tmp_path: Path,
    by_brightness: SegmentationModel,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("old")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)

    assert density(photos.images, "--table", table) == 2

    said = capsys.readouterr().err
    assert "No space left on device; make room" in said
    assert str(table) in said
    assert table.read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_control_c_leaves_the_finished_rows(
    tmp_path: Path, interruptible: list[str]
) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for i in range(400):
        pixels = np.full((64, 64, 3), i % 256, np.uint8)
        Image.fromarray(pixels).save(images / f"{i}.png")
    table = tmp_path / "t.csv"
    flags = ["--table", str(table), "--device", "cpu", "--tile", "32"]
    command = [*interruptible, "density", str(images), *flags]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603  our own command
    while not table.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.2)

    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "stopped; what was finished is kept" in said
    rows = pd.read_csv(table)
    assert 0 < len(rows) < 400
    assert rows["error"].isna().all()
    assert rows["pixels"].eq(64 * 64).all()
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".csv"] == ["t.csv"]

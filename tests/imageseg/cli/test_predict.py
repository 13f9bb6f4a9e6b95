"""``imageseg predict`` writes pictures and a table, and names what failed."""

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

CPU = ["--device", "cpu", "--precision", "fp32"]
Captured = pytest.CaptureFixture[str]


def predict(*arguments: object) -> int:
    return main(["predict", *map(str, arguments), *CPU])


def test_a_folder_becomes_labels_overlays_and_a_table(
    photos: Any, tmp_path: Path, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    out = tmp_path / "out"

    assert predict(photos.images, "--out", out) == 0

    assert sorted(p.name for p in out.iterdir()) == [
        "1_labels.png",
        "1_overlay.png",
        "2_labels.png",
        "2_overlay.png",
        "density.csv",
        "density_summary.csv",
    ]
    table = pd.read_csv(out / "density.csv")
    assert table["sky_fraction"].tolist() == [0.25, 0.5]
    assert table["openness"].tolist() == [0.25, 0.5]
    assert table["canopy_cover"].tolist() == [0.75, 0.5]
    captured = capsys.readouterr()
    assert "0.250" in captured.out
    assert "error" not in captured.out
    assert captured.err == f"2 images done; table in {out / 'density.csv'}\n"


def test_the_labels_are_the_masks(
    photos: Any, tmp_path: Path, by_brightness: SegmentationModel
) -> None:
    predict(photos.images, "--out", tmp_path / "out", "--probabilities")

    with (
        Image.open(tmp_path / "out/2_labels.png") as labels,
        Image.open(photos.masks / "2_mask.png") as mask,
    ):
        np.testing.assert_array_equal(np.asarray(labels) == 2, np.asarray(mask) == 255)
    assert (tmp_path / "out/2_probabilities.tif").exists()


def test_files_that_fail_are_named_and_the_status_is_1(
    photos: Any, tmp_path: Path, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("no image")

    status = predict(bad, photos.images, "--out", tmp_path / "out")

    assert status == 1
    table = pd.read_csv(tmp_path / "out/density.csv", keep_default_na=False)
    assert table["image"].str.endswith(("bad.png", "1.png", "2.png")).all()
    assert (table["error"] != "").tolist() == [True, False, False]
    captured = capsys.readouterr()
    assert f"imageseg: Cannot read {bad}: it is no PNG" in captured.err
    assert "2 images done" in captured.err


def test_json_is_all_that_is_printed_with_failures_in_it(
    photos: Any, tmp_path: Path, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("no image")

    predict(photos.images, bad, "--out", tmp_path / "out", "--json", "--region", 0.5)

    rows = json.loads(capsys.readouterr().out)
    assert [row["error"] != "" for row in rows] == [False, False, True]
    assert [row["region"] for row in rows] == ["circle 0.5", "circle 0.5", None]
    assert [row["openness"] for row in rows] == [0.0, 0.5, None]


def test_an_empty_folder_is_said(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "empty").mkdir()

    assert predict(tmp_path / "empty", "--out", tmp_path / "out") == 2

    assert "empty: there are no images in it" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_path_that_is_not_there_is_said(tmp_path: Path, capsys: Captured) -> None:
    assert predict(tmp_path / "gone", "--out", tmp_path / "out") == 2
    assert "gone: there is no such file or folder." in capsys.readouterr().err


@pytest.mark.parametrize("name", ["unknown", "folder/gone.safetensors"])
def test_a_model_that_is_not_there_is_said(
    photos: Any, tmp_path: Path, name: str, capsys: Captured
) -> None:
    status = predict(photos.images, "--out", tmp_path / "out", "--model", name)

    assert status == 2
    assert f"There is no model '{name}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--region", "square"], "region is 'square'"),
        (["--region", "1.5"], "region is 1.5"),
        (["--tile", "3"], "tile is 3; it must be 32 to 8192"),
    ],
)
def test_a_setting_out_of_bounds_is_named(
    photos: Any,
    tmp_path: Path,
    by_brightness: SegmentationModel,
    capsys: Captured,
    flags: list[str],
    complaint: str,
) -> None:
    assert predict(photos.images, "--out", tmp_path / "out", *flags) == 2
    assert complaint in capsys.readouterr().err


def test_the_folder_of_the_images_takes_no_results(
    photos: Any, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    before = sorted(photos.images.iterdir())

    assert predict(photos.images, "--out", photos.images) == 2

    assert "another folder than that of the images" in capsys.readouterr().err
    assert sorted(photos.images.iterdir()) == before


def test_results_below_the_images_are_not_read_by_the_next_run(
    photos: Any, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    out = photos.images / "results"
    assert predict(photos.images, "--out", out) == 0
    first = {file: file.read_bytes() for file in out.iterdir()}
    assert "left out" not in capsys.readouterr().err

    assert predict(photos.images, "--out", out) == 0

    assert {file: file.read_bytes() for file in out.iterdir()} == first
    said = capsys.readouterr().err
    assert f"4 images in {out} left out: results go there." in said
    assert "2 images done" in said


def test_a_folder_that_cannot_be_made_is_no_traceback(
    photos: Any, tmp_path: Path, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    (tmp_path / "out").write_text("a file is in the way")

    assert predict(photos.images, "--out", tmp_path / "out") == 2
    assert str(tmp_path / "out") in capsys.readouterr().err


def test_control_c_keeps_what_is_finished(
    photos: Any,
    tmp_path: Path,
    by_brightness: SegmentationModel,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from imageseg.batch import densities  # noqa: PLC0415

    original = densities.read_seen

    def interrupted(path: Path, *seen: object) -> object:
        if path.name == "2.png":
            raise KeyboardInterrupt
        return original(path, *seen)

    monkeypatch.setattr(densities, "read_seen", interrupted)

    assert predict(photos.images, "--out", tmp_path / "out") == 130

    assert "stopped" in capsys.readouterr().err
    assert (tmp_path / "out/1_labels.png").exists()
    assert not (tmp_path / "out/2_labels.png").exists()
    assert pd.read_csv(tmp_path / "out/density.csv")["openness"].tolist() == [0.25]


def test_a_missing_folder_is_named_before_a_missing_flag(
    tmp_path: Path, capsys: Captured
) -> None:
    assert predict(tmp_path / "gone") == 2
    told = capsys.readouterr().err
    assert "gone: there is no such file or folder" in told
    assert "--out" not in told

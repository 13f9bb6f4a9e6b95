"""``imageseg figures`` draws every kind of figure and says where it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from PIL import Image

from imageseg.cli import main

if TYPE_CHECKING:
    from imageseg.model import SegmentationModel

CPU = ["--device", "cpu", "--precision", "fp32"]
Captured = pytest.CaptureFixture[str]


def figures(*arguments: object) -> int:
    return main(["figures", *map(str, arguments)])


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        (["sheet", "--region", "circle"], ["sheet_01.png"]),
        (["overlay", "--pixel-size", "2"], ["1_overlay.png", "2_overlay.png"]),
        (
            ["uncertainty", "--measure", "entropy"],
            ["1_uncertainty.png", "2_uncertainty.png"],
        ),
    ],
    ids=["sheet", "overlay", "uncertainty"],
)
def test_predictions_are_drawn(
    photos: Any,
    out: Path,
    by_brightness: SegmentationModel,
    capsys: Captured,
    kind: list[str],
    files: list[str],
) -> None:
    status = figures(*kind, photos.images, "--out", out, "--dpi", 50, *CPU)

    assert status == 0
    assert written(out) == files
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [str(out / file) for file in files]
    assert captured.err == f"{len(files)} figure{'s' * (len(files) > 1)} drawn\n"
    with Image.open(out / files[0]) as file:
        assert min(file.size) > 50


def test_comparisons_are_drawn_as_pdf(
    photos: Any, out: Path, by_brightness: SegmentationModel
) -> None:
    status = figures("compare", *photos.data, "--out", out, "--format", "pdf", *CPU)

    assert status == 0
    assert written(out) == ["compare_01.pdf"]
    assert (out / "compare_01.pdf").read_bytes().startswith(b"%PDF")


def test_images_become_a_mosaic(photos: Any, out: Path) -> None:
    status = figures(
        "mosaic", photos.images, photos.masks, "--out", out, "--columns", 2, "--rows", 1
    )

    assert status == 0
    assert written(out) == ["mosaic_01.png", "mosaic_02.png"]


def test_a_history_is_plotted(tmp_path: Path, out: Path) -> None:
    table = pd.DataFrame({"epoch": [1, 2], "loss": [1.0, 0.5]})
    table.to_csv(tmp_path / "run.csv", index=False, encoding="utf-8-sig")

    status = figures("history", tmp_path / "run.csv", "--best-epoch", 2, "--out", out)
    assert status == 0
    assert written(out) == ["run.png"]


@pytest.mark.parametrize("style", ["auto", "bars", "strips"])
def test_a_density_table_is_plotted(tmp_path: Path, out: Path, style: str) -> None:
    table = pd.DataFrame(
        {
            "image": ["a.png", "b.png"],
            "canopy_fraction": [0.2, 0.6],
            "sky_fraction": [0.8, 0.4],
        }
    )
    table.to_csv(tmp_path / "d.csv", index=False)
    arguments = (tmp_path / "d.csv", "--style", style, "--model", "canopy")

    assert figures("density", *arguments, "--out", out, "--format", "svg") == 0
    assert written(out) == ["d.svg"]
    assert "#56b4e9" in (out / "d.svg").read_text("utf-8")


def test_images_that_fail_are_named_and_the_status_is_1(
    photos: Any,
    tmp_path: Path,
    out: Path,
    by_brightness: SegmentationModel,
    capsys: Captured,
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("no image")

    assert figures("overlay", bad, photos.images, "--out", out, *CPU) == 1

    assert written(out) == ["1_overlay.png", "2_overlay.png"]
    error = capsys.readouterr().err
    assert f"imageseg: Cannot read {bad}" in error
    assert "2 figures drawn" in error


def test_tables_that_fail_are_named_and_the_status_is_1(
    tmp_path: Path, out: Path, capsys: Captured
) -> None:
    good, other = tmp_path / "good.csv", tmp_path / "other.csv"
    good.write_text("epoch,loss\n1,0.5\n2,0.4\n")
    other.write_text("a,b\n1,2\n")
    empty, binary = tmp_path / "empty.csv", tmp_path / "binary.csv"
    empty.touch()
    binary.write_bytes(b"\xff\xfe\x00\x81")
    files = (tmp_path / "gone.csv", empty, binary, other, good)

    assert figures("history", *files, "--out", out) == 1

    assert written(out) == ["good.png"]
    lines = capsys.readouterr().err.splitlines()
    for file, line in zip(files[:4], lines, strict=False):
        assert line.startswith("imageseg: ")
        assert str(file) in line


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["overlay", "--opacity", "7"], "opacity is 7.0"),
        (["overlay", "--pixel-size", "0"], "pixel size y is 0.0"),
        (["sheet", "--region", "square"], "region is 'square'"),
        (["sheet", "--dpi", "1"], "dpi is 1"),
        (["mosaic", "--rows", "0"], "columns and rows is (6, 0)"),
    ],
    ids=["opacity", "pixel size", "region", "dpi", "rows"],
)
def test_a_value_out_of_range_is_wrong_use(
    photos: Any,
    out: Path,
    by_brightness: SegmentationModel,
    capsys: Captured,
    arguments: list[str],
    complaint: str,
) -> None:
    status = figures(*arguments, photos.images, "--out", out)

    assert status == 2
    assert complaint in capsys.readouterr().err
    assert not out.exists() or written(out) == []


@pytest.mark.parametrize("kind", ["sheet", "overlay", "uncertainty", "mosaic"])
def test_the_folder_of_the_images_takes_no_figures(
    photos: Any, by_brightness: SegmentationModel, capsys: Captured, kind: str
) -> None:
    before = written(photos.images)

    assert figures(kind, photos.images, "--out", photos.images) == 2
    assert "another folder than that of the images" in capsys.readouterr().err
    assert written(photos.images) == before


def test_an_empty_folder_is_said(tmp_path: Path, out: Path, capsys: Captured) -> None:
    (tmp_path / "empty").mkdir()

    assert figures("mosaic", tmp_path / "empty", "--out", out) == 2
    assert "there are no images in it" in capsys.readouterr().err


def test_a_kind_is_needed(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        figures()

    assert "KIND" in capsys.readouterr().err

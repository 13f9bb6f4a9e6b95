"""``imageseg prepare`` writes images of one shape and says what failed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imageseg.cli import main
from imageseg.preparation import PrepareSettings
from imageseg.settings import setting_fields

Captured = pytest.CaptureFixture[str]


def prepare(*arguments: object) -> int:
    return main(["prepare", *map(str, arguments)])


def read(path: Path) -> np.ndarray:
    with Image.open(path) as file:
        return np.asarray(file)


def test_every_setting_is_a_flag_with_its_help(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        prepare("--help")

    text = "".join(capsys.readouterr().out.split())
    for field in setting_fields(PrepareSettings):
        assert "--" + field.name.replace("_", "-") in text
        assert "".join(field.setting.help.split()) in text


def test_a_folder_is_resized_into_another(
    photos: Any, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "out"

    assert prepare(photos.images, "--out", out, "--size", "20x10") == 0

    assert sorted(p.name for p in out.iterdir()) == ["1.png", "2.png", "prepared.csv"]
    assert read(out / "1.png").shape == (10, 20, 3)
    captured = capsys.readouterr()
    assert "40x20+0+10" in captured.out
    assert "error" not in captured.out
    assert captured.err == f"2 images done; in {out}\n"


def test_masks_go_with_their_images(photos: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"

    assert prepare(*photos.data, "--out", out, "--size", "20x20", "--jobs", "2") == 0

    for name, sky in (("1.png", 5), ("2.png", 10)):
        mask = read(out / "masks" / name)
        assert np.unique(mask).tolist() == [0, 255]
        assert (mask > 0).sum() == sky * 20
        assert read(out / "images" / name).shape == (20, 20, 3)


@pytest.mark.parametrize("meaning", [["--coding", "binary"], ["--classes", "2"]])
def test_masks_become_labels_if_their_meaning_is_told(
    photos: Any, tmp_path: Path, meaning: list[str]
) -> None:
    out = tmp_path / "out"

    assert prepare(*photos.data, "--out", out, "--tile", "32", *meaning) == 0

    assert len(list((out / "masks").iterdir())) == 2 * 4
    corner = read(out / "masks" / "1_y0032_x0032.png")
    assert (corner[:8, :8] == 1).all()
    assert (corner == 0).sum() == 32 * 32 - 8 * 8  # beyond the edge: not annotated
    assert np.unique(read(out / "masks" / "1_y0000_x0000.png")).tolist() == [1, 2]


def test_masks_of_unknown_meaning_are_not_padded(
    photos: Any, tmp_path: Path, capsys: Captured
) -> None:
    assert prepare(*photos.data, "--out", tmp_path / "out", "--tile", "32") == 2
    assert "mask coding is 'auto'" in capsys.readouterr().err


def test_bad_files_are_named_and_the_others_done(
    photos: Any, tmp_path: Path, capsys: Captured
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("no image")

    assert prepare(photos.images, bad, "--out", tmp_path / "out", "--json") == 1

    captured = capsys.readouterr()
    rows = json.loads(captured.out)
    assert [row["error"] == "" for row in rows] == [True, True, False]
    assert "bad.png" in captured.err
    assert "2 images done" in captured.err


def test_a_drawn_shape_crops_all(photos: Any, tmp_path: Path) -> None:
    drawn = {"label": "plot", "shape_type": "rectangle", "points": [[5, 10], [25, 20]]}
    outline = {"imageHeight": 40, "imageWidth": 40, "shapes": [drawn]}
    (tmp_path / "plot.json").write_text(json.dumps(outline))

    status = prepare(
        photos.images, "--out", tmp_path / "out", "--outline", tmp_path / "plot.json"
    )

    assert status == 0
    np.testing.assert_array_equal(
        read(tmp_path / "out" / "2.png"), read(photos.images / "2.png")[10:20, 5:25]
    )


def test_two_shapes_for_one_crop_are_refused(
    photos: Any, tmp_path: Path, capsys: Captured
) -> None:
    drawn = {"label": "plot", "shape_type": "rectangle", "points": [[5, 10], [25, 20]]}
    outline = {"imageHeight": 40, "imageWidth": 40, "shapes": [drawn, drawn]}
    (tmp_path / "plot.json").write_text(json.dumps(outline))

    status = prepare(
        photos.images, "--out", tmp_path / "out", "--outline", tmp_path / "plot.json"
    )

    assert status == 2
    assert "it holds 2 shapes; leave one" in capsys.readouterr().err


def test_a_second_run_leaves_the_first_one_s_results_alone(
    photos: Any, tmp_path: Path
) -> None:
    out = photos.images / "small"

    for _ in range(2):
        assert prepare(photos.images, "--out", out, "--size", "20x20") == 0

    assert sorted(p.name for p in out.rglob("*.png")) == ["1.png", "2.png"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "given either alone or after --images"),
        (["{images}", "--images", "{images}"], "either alone or after --images"),
        (["{images}", "--masks", "{masks}"], "given together with --images"),
        (["{images}"], "--out is missing; it must be a folder"),
        (["{images}", "--out", "{images}"], "another folder than that of the images"),
        (["{images}", "--out", "o", "--size", "big"], "size is 'big'"),
        (["{images}", "--out", "o", "--valid-region", "x"], "valid region is 'x'"),
        (["{images}", "--out", "o", "--jobs", "-1"], "jobs is -1"),
        (["{empty}", "--out", "o"], "there are no images to prepare in it"),
        (["{gone}", "--out", "o"], "there is no such file or folder"),
    ],
)
def test_wrong_use_is_said(
    photos: Any,
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    places = {
        "images": photos.images,
        "masks": photos.masks,
        "empty": tmp_path / "empty",
        "gone": tmp_path / "gone",
    }

    assert prepare(*(a.format(**places) for a in arguments)) == 2
    assert complaint in capsys.readouterr().err


def test_check_says_what_is_odd_and_writes_nothing(
    photos: Any, tmp_path: Path, capsys: Captured
) -> None:
    before = sorted(tmp_path.rglob("*"))

    assert prepare(*photos.data, "--check", "--classes", "2") == 0

    assert "2 pairs" in capsys.readouterr().out
    assert sorted(tmp_path.rglob("*")) == before


def test_repair_writes_labels(photos: Any, tmp_path: Path) -> None:
    assert prepare(*photos.data, "--repair", tmp_path / "mended") == 0

    assert np.unique(read(tmp_path / "mended" / "1.png")).tolist() == [1, 2]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_control_c_keeps_what_is_finished(
    tmp_path: Path, interruptible: list[str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    (tmp_path / "in").mkdir()
    for i in range(150):
        Image.fromarray(noise).save(tmp_path / "in" / f"{i:03}.bmp")
    out = tmp_path / "out"
    command = [*interruptible, "prepare", str(tmp_path / "in")]

    run = subprocess.Popen(  # noqa: S603  our own command
        [*command, "--out", str(out)], stderr=subprocess.PIPE, text=True
    )
    while not (out / "003.png").exists():  # so that the third has its row
        assert run.poll() is None
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=60)

    assert run.returncode == 130
    assert "what was finished is kept" in errors
    table = pd.read_csv(out / "prepared.csv")
    done = sorted(p.name for p in out.glob("*.png"))
    assert 3 <= len(table) < 150
    assert set(table["output"]) <= set(done)
    assert len(done) <= len(table) + 1
    assert all(read(out / name).shape == (300, 300, 3) for name in done)

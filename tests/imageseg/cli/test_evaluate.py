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

    images, classes = capsys.readouterr().out.split("\n\n")
    title, head, *lines = images.splitlines()
    assert title == "Images"
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
    _, head, _, sky, note = classes.splitlines()
    shown = dict(zip(head.split(), sky.split(), strict=True))
    assert shown["class"] == "sky"
    assert shown["recall"] == "1.000"
    assert shown["density_bias"] == "0.125"
    assert "on these images" in note


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
    _, sky = rows[3]["classes"]
    assert (sky["class"], sky["density_mae"]) == ("sky", 0.125)
    assert sky["precision"] == pytest.approx(20 / 30)
    assert rows[3]["parameters"] == 0
    assert rows[3]["seconds"] > 0


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


def test_many_images_are_left_to_the_table(
    photos: Any,
    by_brightness: SegmentationModel,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    monkeypatch.setattr("imageseg.cli.evaluate._MOST_ROWS", 1)

    assert evaluate(*photos.data) == 0

    title, _, mean, pooled, *_ = capsys.readouterr().out.splitlines()
    assert "--table FILE" in title
    assert mean.split()[0] == "mean"
    assert pooled.split()[0] == "pooled"


def test_baselines_and_other_metrics_stand_beside_the_model(
    half_wrong: Any, tmp_path: Path, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    path = tmp_path / "scores.csv"
    more = ("--baselines", "--metrics", "iou", "--table", path)

    assert evaluate(*half_wrong.data, *more) == 0

    images, models, _ = capsys.readouterr().out.split("\n\n")
    assert images.splitlines()[1].split()[-1] == "iou"
    _, head, *rows = models.splitlines()
    found = [dict(zip(head.split(), row.split(), strict=True)) for row in rows]
    assert [row["model"] for row in found] == ["canopy", "majority", "otsu"]
    assert [row["parameters"] for row in found] == ["0", "-", "-"]
    assert found[0]["mean_dice"] == found[2]["mean_dice"]  # both by brightness
    stored = pd.read_csv(path)
    assert stored["model"].value_counts().to_dict() == dict.fromkeys(
        ["canopy", "majority", "otsu"], 4
    )
    assert stored["iou"].notna().sum() == 6


def test_several_models_are_compared(
    photos: Any, model_file: Path, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    names = ("--model", "canopy", model_file)

    assert evaluate(*photos.data, *names, "--json", "--baselines", "otsu") == 0

    rows = json.loads(capsys.readouterr().out)
    pooled = [row["model"] for row in rows if row["image"] == "pooled"]
    assert pooled == ["canopy", "tiny", "otsu"]


def test_all_tables_and_figures_are_written(
    photos: Any, tmp_path: Path, by_brightness: SegmentationModel, capsys: Captured
) -> None:
    out = tmp_path / "report"

    assert evaluate(*photos.data, "--out", out, "--format", "svg") == 0

    names = {path.name for path in out.iterdir()}
    assert {"comparison.svg", "canopy_reliability.svg", "classes.csv"} <= names
    assert capsys.readouterr().err == f"{len(names)} files in {out}\n"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--baselines", "pixel_classifier"],
            "must be beside annotated images to learn from (--baseline-images)",
        ),
        (["--baselines", "kmeans"], "baseline is 'kmeans'; it must be one of majority"),
        (["--metrics", "f2"], "metric is 'f2'; it must be one of dice_coef, "),
    ],
    ids=["nothing to learn from", "baseline", "metric"],
)
def test_what_is_unknown_is_named(
    photos: Any,
    by_brightness: SegmentationModel,
    flags: list[str],
    message: str,
    capsys: Captured,
) -> None:
    assert evaluate(*photos.data, *flags) == 2
    assert message in capsys.readouterr().err


@pytest.fixture
def other_photos(tmp_path: Path) -> list[str]:
    """Write two photographs of dark sky, and return the flags to learn from them."""
    rng = np.random.default_rng(5)
    for folder in ("learn", "learn_masks"):
        (tmp_path / folder).mkdir()
    for name in ("3", "4"):
        truth = np.zeros((40, 40), np.uint8)
        truth[:15] = 255
        noise = rng.integers(0, 40, (40, 40, 3), dtype=np.uint8)
        image = np.where(truth[..., None], 30, 200).astype(np.uint8) + noise
        Image.fromarray(image).save(tmp_path / "learn" / f"{name}.png")
        Image.fromarray(truth).save(tmp_path / "learn_masks" / f"{name}_mask.png")
    return [
        *("--baseline-images", str(tmp_path / "learn")),
        *("--baseline-masks", str(tmp_path / "learn_masks")),
    ]


@pytest.mark.parametrize("named", [["pixel_classifier"], []], ids=["by name", "all"])
def test_the_pixel_classifier_learns_from_images_of_its_own(
    photos: Any,
    other_photos: list[str],
    by_brightness: SegmentationModel,
    named: list[str],
    capsys: Captured,
) -> None:
    """It is taught that sky is dark, and so calls the bright sky wrong."""
    flags = ("--json", "--baselines", *named)

    assert evaluate(*photos.data, *flags, *other_photos) == 0

    rows = json.loads(capsys.readouterr().out)
    pooled = {row["model"]: row for row in rows if row["image"] == "pooled"}
    beside = named or ["majority", "otsu", "pixel_classifier"]
    assert list(pooled) == ["canopy", *beside]
    assert pooled["canopy"]["accuracy"] == 1
    assert pooled["pixel_classifier"]["accuracy"] < 0.1


def test_images_stand_alone_beside_a_baseline_with_probabilities(
    photos: Any,
    other_photos: list[str],
    by_brightness: SegmentationModel,
    capsys: Captured,
) -> None:
    flags = ("--baselines", "pixel_classifier")

    assert evaluate(*photos.data, *flags, *other_photos) == 0

    images, models, _ = capsys.readouterr().out.split("\n\n")
    assert images.startswith("Images\n")
    assert [row.split()[0] for row in models.splitlines()[2:]] == [
        "canopy",
        "pixel_classifier",
    ]


@pytest.mark.parametrize(
    ("baselines", "message"),
    [
        (["pixel_classifier"], "it must be no image that is scored, too"),
        (["otsu"], "it must be left out without --baselines pixel_classifier"),
    ],
    ids=["scored too", "nothing learns"],
)
def test_what_must_not_be_learned_from_is_refused(
    photos: Any,
    by_brightness: SegmentationModel,
    baselines: list[str],
    message: str,
    capsys: Captured,
) -> None:
    same = ("--baseline-images", photos.images, "--baseline-masks", photos.masks)

    assert evaluate(*photos.data, *same, "--baselines", *baselines) == 2
    assert message in capsys.readouterr().err

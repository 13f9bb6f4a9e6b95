"""``imageseg crossval`` scores every image by a model that has not seen it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imageseg.cli import main
from imageseg.evaluation import crossval as folds
from imageseg.model import load_model

Captured = pytest.CaptureFixture[str]


def crossval(*arguments: object) -> int:
    return main(["crossval", *map(str, arguments)])


def test_every_image_is_scored(
    photos: Any, tmp_path: Path, quick: list[str], capsys: Captured
) -> None:
    path = tmp_path / "cv.csv"

    status = crossval(
        *photos.data, "--classes", "canopy", "sky", "--json", "--table", path, *quick
    )

    assert status == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["image"] for row in rows] == ["1", "2", "mean of 2", "pooled"]
    assert [row["annotated_fraction_sky"] for row in rows[:2]] == [0.25, 0.5]
    assert len(pd.read_csv(path)) == 4


def test_folds_must_fit_the_images(
    photos: Any, quick: list[str], capsys: Captured
) -> None:
    status = crossval(*photos.data, "--classes", "canopy", "sky", "--folds", 3, *quick)

    assert status == 2
    assert (
        "folds is 3; it must be 0, or 2 to 2 images (groups)."
        in capsys.readouterr().err
    )


def test_classes_or_a_start_are_needed(
    photos: Any, quick: list[str], capsys: Captured
) -> None:
    assert crossval(*photos.data, *quick) == 2
    assert "--classes is missing; it must be given" in capsys.readouterr().err


def test_every_fold_goes_on_from_the_start_model(
    photos: Any,
    model_file: Path,
    quick: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[Any] = []
    original = folds.train_task

    def spy(*samples: Any, **options: Any) -> Any:
        given.append(options["start"])
        return original(*samples, **options)

    monkeypatch.setattr(folds, "train_task", spy)

    assert crossval(*photos.data, "--start", model_file, *quick) == 0
    digest = load_model(model_file).digest()
    assert [start.digest() for start in given] == [digest, digest]


def test_baselines_stand_beside_the_folds(
    photos: Any, quick: list[str], capsys: Captured
) -> None:
    classes = ("--classes", "canopy", "sky")

    assert crossval(*photos.data, *classes, "--json", "--baselines", *quick) == 0

    rows = json.loads(capsys.readouterr().out)
    pooled = {row["model"]: row for row in rows if row["image"] == "pooled"}
    beside = ["majority", "otsu", "pixel_classifier"]
    assert list(pooled) == ["cross-validation", *beside]
    assert pooled["otsu"]["accuracy"] == 1  # sky is bright
    assert pooled["majority"]["accuracy"] == 0.625
    assert pooled["pixel_classifier"]["accuracy"] > 0.95
    assert pooled["cross-validation"]["classes"][1]["best_threshold"] is not None


def test_groups_are_told_by_names(
    photos: Any, quick: list[str], capsys: Captured
) -> None:
    flags = ("--classes", "canopy", "sky", "--groups")

    assert crossval(*photos.data, *flags, "([0-9])", *quick) == 0
    assert crossval(*photos.data, *flags, "(plot)", *quick) == 2
    assert "--groups is '(plot)'" in capsys.readouterr().err

"""Lab 10 keeps what it promises its readers."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite, isnan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imageseg.images import write_image

Tutorial = Callable[..., dict[str, float]]


def test_lab_10_scores_every_class_beside_accuracy(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    found = tutorial("lab_10", "--quick", "--out", tmp_path)

    assert found["parameters of 6 classes"] == 1_941_190
    assert found["parameters"] == 1_941_190 - 3 * (16 + 1)  # a 1×1 head for 3 classes
    assert all(map(isfinite, found.values()))
    names = ("background", "cytoplasm", "nucleus")
    iou = [found[f"IoU of {name}"] for name in names]
    assert all(0 <= value <= 1 for value in iou)
    assert found["mean IoU"] == pytest.approx(np.mean(iou))
    assert 0 <= found["accuracy"] <= 1
    assert (tmp_path / "lab_10.safetensors").exists()
    assert (tmp_path / "history.png").exists()
    assert list(tmp_path.glob("compare_*.png"))
    assert list(pd.read_csv(tmp_path / "classes.csv")["class"]) == list(names)


def test_what_is_unlabelled_neither_teaches_nor_counts(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    data = _described_set(tmp_path / "data")

    found = tutorial("lab_10", "--quick", "--data", data, "--out", tmp_path / "out")

    assert found["test images"] == 1  # the one that dataset.json names
    assert "IoU of void" not in found
    # All that is labelled in the test image is of the first class.
    assert found["accuracy, majority"] == 1
    assert isnan(found["IoU of right"]) or found["IoU of right"] == 0
    scores = pd.read_csv(tmp_path / "out/scores.csv")
    assert list(scores["image"]) == [4]


def _described_set(folder: Path) -> Path:
    """Write five images of two classes and void; the last lacks the second class."""
    rng = np.random.default_rng(0)
    for i in range(5):
        image = rng.integers(0, 255, (40, 48, 3), np.uint8)
        mask = np.zeros((40, 48), np.uint8)
        mask[:, 24:] = 1 if i < 4 else 2  # 2 is void
        mask[:5] = 2
        write_image(folder / f"images/{i}.png", image)
        write_image(folder / f"masks/{i}.png", mask)
    facts = {
        "classes": [
            {"id": 0, "name": "left"},
            {"id": 1, "name": "right"},
            {"id": 2, "name": "void"},
        ],
        "ignore_index": 2,
        "split": {"test": ["4"]},
    }
    (folder / "dataset.json").write_text(json.dumps(facts))
    return folder

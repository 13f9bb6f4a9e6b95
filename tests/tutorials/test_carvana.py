"""The Carvana tutorial keeps what it promises its readers."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import imageseg
from imageseg.images import write_image

Tutorial = Callable[..., dict[str, float]]


def parameters(filters: int) -> int:
    """Add up the layers of the seed's network by hand, without normalisation."""
    widths = [filters * 2**level for level in range(5)]

    def pair(before: int, after: int) -> int:
        return 9 * before * after + after + 9 * after * after + after

    down = sum(pair(a, b) for a, b in zip([3, *widths], widths, strict=False))
    up = sum(4 * 2 * f * f + f + pair(2 * f, f) for f in widths[:-1])
    return down + up + filters + 1


def test_the_hand_count_is_that_of_the_seed_for_64_filters() -> None:
    assert parameters(64) == 31_031_745


def test_it_trains_the_seeds_network_with_the_filters_asked_for(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    found = tutorial("carvana", "--quick", "--filters", "4", "--out", tmp_path)

    assert found["parameters"] == parameters(4)
    assert found["epochs"] == 2
    assert all(isfinite(value) for value in found.values())
    assert all(0 <= found[name] <= 1 for name in ("dice_coef", "binary_accuracy"))
    for name in ("history.png", "history.csv", "scores.csv", "compare_01.png"):
        assert (tmp_path / name).exists()
    settings = imageseg.load_model(tmp_path / "object.safetensors").spec.provenance[
        "settings"
    ]
    chosen = (settings["loss"], settings["optimiser"], settings["keras_defaults"])
    assert chosen == ("bce", "rmsprop", True)


def test_it_keeps_the_test_images_that_the_set_names(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    data = tmp_path / "set"
    for name in "abcdef":
        mask = np.zeros((50, 90), np.uint8)
        mask[10:40, 20:70] = 1
        write_image(data / f"images/{name}.png", np.stack([100 + 100 * mask] * 3, -1))
        write_image(data / f"masks/{name}.png", mask)
    (data / "dataset.json").write_text('{"split": {"test": ["e", "f"]}}', "utf-8")

    argv = ("--quick", "--filters", "4", "--data", data, "--out", tmp_path / "out")
    found = tutorial("carvana", *argv)

    table = pd.read_csv(tmp_path / "out/scores.csv")
    assert table["image"].tolist() == ["e", "f"]
    assert found["images to learn from"] == 4
    share = 30 * 50 / (50 * 90)
    np.testing.assert_allclose(table["annotated_fraction_object"], share, atol=0.02)
    assert found["accuracy, majority"] == pytest.approx(1 - share, abs=0.02)

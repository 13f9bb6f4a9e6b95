"""The two notebooks of the U-Net workshop keep what they promise their readers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from math import isfinite
from pathlib import Path

import numpy as np
import pandas as pd

from imageseg.images import read_values
from imageseg.training import Sample

Tutorial = Callable[..., dict[str, float]]


def test_workshop_1_trains_with_and_without_augmentation(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    found = tutorial("workshop_1", "--quick", "--out", tmp_path)

    assert found["parameters of 64 filters"] == 31_030_593
    assert all(map(isfinite, found.values()))
    for name in ("augmented", "plain"):
        assert 0 <= found[f"accuracy, {name}"] <= 1
        assert 0 <= found[f"dice of membrane, {name}"] <= 1
        history = pd.read_csv(tmp_path / name / "history.csv")
        assert list(history["epoch"]) == [1, 2]
        assert (tmp_path / name / "model.safetensors").exists()
        assert (tmp_path / name / "history.png").exists()
        assert list((tmp_path / name).glob("compare_*.png"))
    assert found["last loss, augmented"] != found["last loss, plain"]
    table = pd.read_csv(tmp_path / "comparison.csv")
    assert list(table["model"]) == ["augmented", "plain", "majority"]


def test_workshop_2_compares_losses_and_optimisers_on_whole_images(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    found = tutorial("workshop_2", "--quick", "--out", tmp_path)

    assert all(map(isfinite, found.values()))
    table = pd.read_csv(tmp_path / "comparison.csv").set_index("model")
    assert set(table.index) == {
        f"{loss}_{optimiser}"
        for loss in ("jaccard", "bce")
        for optimiser in ("adam", "sgd")
    }
    for metric in ("iou", "iou_thresholded"):
        assert table[metric].between(0, 1).all()
        assert found[f"{metric}, bce_adam"] == table.loc["bce_adam", metric]
    assert (tmp_path / "comparison.png").exists()
    assert (tmp_path / "predictions.png").exists()

    # Tiles are rebuilt to the image's size; ours have no seams.
    image = read_values(tmp_path / "data/images/scene_00.png")
    assert (found["rebuilt rows"], found["rebuilt columns"]) == image.shape
    assert found["largest seam, ours"] < 1e-5 < found["largest seam, the seed's"]


def test_workshop_2_has_no_image_on_two_sides(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    found = tutorial("workshop_2", "--quick", "--out", tmp_path)

    table = pd.read_csv(tmp_path / "split.csv")
    images = table.groupby("part")["image"].agg(set)
    assert images["learning"].isdisjoint(images["test"])
    learning = found["images to learn from"] + found["images held out"]
    assert len(images["learning"]) == learning
    assert len(images["test"]) == found["test images"]
    tiles = table[table["part"] == "learning"].groupby("image").size()
    assert (tiles == found["tiles of an image"]).all()


def test_tiles_of_512_px_are_16_of_one_group(tutorial: Tutorial) -> None:
    assert tutorial  # puts the tutorials where Python looks for them
    tiles_of = import_module("workshop_2").tiles_of
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (512, 512), np.uint8)
    labels = rng.integers(1, 3, (512, 512), np.uint8)

    tiles = tiles_of(Sample(image, labels, name="a"), 128)

    assert len(tiles) == 16
    assert {tile.group for tile in tiles} == {"a"}  # groups are held out whole
    assert tiles[5].name == "a_y0128_x0128"
    np.testing.assert_array_equal(tiles[5].image, image[128:256, 128:256])
    np.testing.assert_array_equal(tiles[5].labels, labels[128:256, 128:256])

"""The course of tiles keeps what it promises its readers."""

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


def test_tile_course_trains_the_seeds_three_networks_and_draws_their_maps(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    found = tutorial("tile_course", "--quick", "--out", tmp_path)

    assert found["parameters, tile1"] == 231_802
    assert found["parameters, tile2"] == 27_002
    assert found["parameters, tile3"] == 11_032
    assert all(map(isfinite, found.values()))
    for name in ("tile1", "tile2", "tile3", "majority"):
        assert 0 <= found[f"tiles right, {name}"] <= 1
        assert 0 <= found[f"mean recall, {name}"] <= 1
    assert found["mean recall, majority"] == 0.5
    assert (tmp_path / "scores.png").exists()
    assert (tmp_path / "tile3/history.csv").exists()

    # The photograph of 150 × 200 px has 3 × 4 tiles, counted as its mask says.
    truth = read_values(tmp_path / "data/masks/scene_02.png")
    blocks = truth.reshape(3, 50, 4, 50).mean(axis=(1, 3))
    assert found["tiles of sky"] == (blocks > 0.5).sum()
    assert found["tiles of canopy"] == 12 - found["tiles of sky"]
    predicted = [found[f"tiles of {c}, predicted"] for c in ("canopy", "sky")]
    assert sum(predicted) == 12
    by_mask = np.kron(blocks > 0.5, np.ones((50, 50))) == truth
    assert found["pixels right, had all tiles been right"] == by_mask.mean()
    counts = pd.read_csv(tmp_path / "counts.csv")
    assert list(counts["image"]) == ["scene_02"]


def test_maps_of_the_classes_fade_what_the_others_show(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    tutorial("tile_course", "--quick", "--out", tmp_path)

    photo, canopy, sky = (
        read_values(tmp_path / name).astype(int)
        for name in (
            "data/images/scene_02.png",
            "map_scene_02_canopy.png",
            "map_scene_02_sky.png",
        )
    )
    assert canopy.shape == sky.shape == photo.shape
    # 255 - (255 - v) p and 255 - (255 - v) (1 - p) sum to 255 + v
    assert np.abs(canopy + sky - 255 - photo).max() <= 1


def test_tiles_are_equally_many_of_each_class_and_mirrored(tutorial: Tutorial) -> None:
    assert tutorial  # puts the tutorials where Python looks for them
    course = import_module("tile_course")
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (130, 210, 3), np.uint8)
    labels = np.ones((130, 210), np.uint8)
    labels[:50, :60] = 2  # of the 2 × 4 whole tiles one is mostly class 2

    tiles = course.balanced([Sample(image, labels, name="a")], 50, 0)

    assert [int(tile.labels[0, 0]) for tile in tiles] == [1, 2, 1, 2]
    assert {tile.labels.shape for tile in tiles} == {(50, 50)}
    assert {tile.group for tile in tiles} == {"a"}
    np.testing.assert_array_equal(tiles[1].image, image[:50, :50])
    np.testing.assert_array_equal(tiles[3].image, image[:50, 49::-1])

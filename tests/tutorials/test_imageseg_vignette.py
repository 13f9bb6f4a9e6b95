"""The five parts of imageseg's vignette keep what they promise their readers."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

import imageseg
from imageseg.images import read_image, read_values, write_image
from imageseg.metrics import Scores
from imageseg.spec import find_model

Tutorial = Callable[..., dict[str, float]]


def stems(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir()}


def test_part_1_measures_openness_and_cover_as_by_hand(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    found = tutorial("imageseg_part_1", "--quick", "--out", tmp_path)

    assert found["photographs"] == 2
    assert found["openness"] + found["canopy cover"] == pytest.approx(1)
    closure = found["canopy closure, circle"]
    assert found["openness, circle"] + closure == pytest.approx(1)
    assert found["openness, by hand"] == pytest.approx(found["openness"])
    in_circle = found["openness of circle, by hand"]
    assert in_circle == pytest.approx(found["openness, circle"], abs=0.002)
    assert found["mean dice of sky"] > 0.7
    assert found["mean absolute error of openness"] < 0.02


def test_part_1_leaves_tables_a_sheet_and_the_classes_of_every_photograph(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    found = tutorial("imageseg_part_1", "--quick", "--out", tmp_path)

    assert (tmp_path / "sheet_01.png").stat().st_size > 10_000
    assert (tmp_path / "densities.png").exists()
    table = pd.read_csv(tmp_path / "whole.csv")
    assert [Path(image).name for image in table["image"]] == [
        "scene_00.png",
        "scene_01.png",
    ]
    sky = [
        (read_values(tmp_path / "classified" / name) == 2).mean()
        for name in table["output"]
    ]
    np.testing.assert_allclose(table["openness"], sky)
    assert np.mean(sky) == pytest.approx(found["openness"])


@pytest.fixture
def two_canopies(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Write bright skies over dark leaves, and say which one is for the test."""
    data = tmp_path / "canopies"
    for name in "abcd":
        sky = np.kron(rng.random((8, 8)) > 0.5, np.ones((8, 8))).astype(np.uint8)
        write_image(data / f"images/{name}.png", np.stack([40 + 180 * sky] * 3, -1))
        write_image(data / f"masks/{name}.png", 255 * sky)
    (data / "dataset.json").write_text('{"split": {"test": ["b"]}}', "utf-8")
    return data


def test_part_2_learns_from_six_copies_of_each_image_that_is_not_for_the_test(
    tutorial: Tutorial, tmp_path: Path, two_canopies: Path
) -> None:
    found = tutorial(
        "imageseg_part_2", "--quick", "--data", two_canopies, "--out", tmp_path / "out"
    )

    copies = pd.read_csv(tmp_path / "out/copies/augmented.csv")
    sources = {Path(source).stem for source in copies["source"]}
    assert sources == {"a", "c"}
    assert found["copies to learn from"] == len(copies) == 12
    assert copies["rotation"].value_counts().to_dict() == {0: 6, 90: 2, 180: 2, 270: 2}
    turned = read_image(tmp_path / "out/copies/images/a_rot90.png")
    original = read_image(two_canopies / "images/a.png")
    np.testing.assert_array_equal(turned, np.rot90(original, -1))
    assert pd.read_csv(tmp_path / "out/scores.csv")["image"].tolist() == ["b"]


def test_part_2_has_the_parameters_of_the_seed_and_opens_what_it_saved(
    tutorial: Tutorial, tmp_path: Path, two_canopies: Path
) -> None:
    found = tutorial(
        "imageseg_part_2", "--quick", "--data", two_canopies, "--out", tmp_path / "out"
    )

    assert found["parameters"] == 1_946_993
    assert found["parameters, trainable"] == 1_944_049
    assert found["difference once opened again"] == 0
    assert all(isfinite(value) for value in found.values())
    assert {"history", "scores", "compare_01", "sheet_01"} <= stems(tmp_path / "out")
    model = imageseg.load_model(tmp_path / "out/canopy_new.safetensors")
    prediction = imageseg.predict(model, read_image(two_canopies / "images/b.png"))
    truth = read_values(two_canopies / "masks/b.png") // 255 + 1
    dice = Scores.of(truth.astype(np.uint8), prediction.labels, 2).dice[1]
    assert found["dice of sky"] == pytest.approx(dice, nan_ok=True)


@pytest.mark.parametrize("flags", [(), ("--freeze",)])
def test_part_3_changes_the_encoder_unless_it_is_frozen(
    tutorial: Tutorial, tmp_path: Path, two_canopies: Path, flags: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    argv = ("--quick", "--data", two_canopies, "--out", out, *flags)

    found = tutorial("imageseg_part_3", *argv)

    old = load_file(find_model("canopy"))
    new = load_file(out / "canopy_tuned.safetensors")
    assert old.keys() == new.keys()
    first, *_, last = [name for name in old if name.endswith("weight")]
    assert np.array_equal(old[first], new[first]) == bool(flags)
    assert not np.array_equal(old[last], new[last])
    assert found["first loss"] > 0
    parent = imageseg.load_model(out / "canopy_tuned.safetensors").spec.provenance
    assert parent["parent"]["name"] == "canopy"


def test_part_4_tells_three_classes_apart_whose_shares_sum_to_1(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    found = tutorial("imageseg_part_4", "--quick", "--out", tmp_path)

    assert found["parameters"] == 1_947_027
    shares = [value for name, value in found.items() if name.startswith("share of")]
    assert len(shares) == 3
    assert sum(shares) == pytest.approx(1)
    assert 0 <= found["accuracy"] <= 1
    assert found["images to learn from"] == 5
    model = imageseg.load_model(tmp_path / "cells.safetensors")
    assert model.spec.scheme.names == ("background", "cytoplasm", "nucleus")
    settings = model.spec.provenance["settings"]
    assert settings["class_weights"] == "1,1,1.2"
    assert (settings["schedule"], settings["patience"]) == ("plateau", 5)
    assert {"history", "classes", "compare_01", "sheet_01"} <= stems(tmp_path)


def test_part_5_unites_the_mask_files_of_an_image(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    tutorial("imageseg_part_5", "--quick", "--out", tmp_path)

    masks = tmp_path / "data/masks"
    samples = imageseg.read_samples(tmp_path / "data", imageseg.CANOPY)
    assert len(samples) == 6
    assert len(list(masks.iterdir())) > 6
    for sample in samples:
        files = [read_values(path) for path in masks.glob(f"{sample.name}_mask_*.png")]
        np.testing.assert_array_equal(sample.labels == 2, np.any(files, axis=0))


def test_part_5_takes_fewer_pixels_from_0_8_on_than_from_0_5(
    tutorial: Tutorial, tmp_path: Path
) -> None:
    found = tutorial("imageseg_part_5", "--quick", "--out", tmp_path)

    assert found["parameters"] == 1_946_705
    shares = [found[f"share from {t}, first image"] for t in (0.8, 0.5)]
    assert 0 <= shares[0] <= shares[1] <= 1
    assert found["recall from 0.8"] <= found["recall from 0.5"]
    assert {"thresholds", "history", "compare_01", "sheet_01"} <= stems(tmp_path)

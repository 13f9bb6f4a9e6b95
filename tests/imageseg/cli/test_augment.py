"""``imageseg augment`` writes copies, and shows what training changes."""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imageseg.augmentation import AugmentSettings, preset
from imageseg.cli import build_parser, main
from imageseg.cli.augment import add_augmentation, augmentation_from
from imageseg.errors import SettingsError
from imageseg.images import read_image
from imageseg.model import load_model
from imageseg.settings import setting_fields

Captured = pytest.CaptureFixture[str]


def augment(*arguments: object) -> int:
    return main(["augment", *map(str, arguments)])


def parsed(*arguments: str) -> AugmentSettings | None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--augmentation", default="photo")
    add_augmentation(parser)
    return augmentation_from(parser.parse_args(arguments))


def test_without_flags_the_preset_stands() -> None:
    assert parsed() is None


def test_flags_change_single_fields_of_the_preset() -> None:
    settings = parsed("--augmentation", "flips", "--rotation", "15", "--noise", "0.1")
    expected = preset("flips").to_dict() | {"rotation": 15.0, "noise": 0.1}

    assert settings == AugmentSettings(**expected)


@pytest.mark.parametrize("field", setting_fields(AugmentSettings), ids=lambda f: f.name)
def test_every_field_has_a_flag(field: Any) -> None:
    value = field.choices[-1] if field.choices else field.setting.maximum
    settings = parsed("--" + field.name.replace("_", "-"), str(value))

    assert settings is not None
    assert getattr(settings, field.name) == value


def test_a_value_out_of_range_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="rotation is 200"):
        parsed("--rotation", "200")


def test_train_takes_the_same_flags_and_keeps_them(
    photos: Any, tmp_path: Path, quick: list[str]
) -> None:
    out = tmp_path / "m.safetensors"
    flags = ["--augmentation", "understory", "--rotation", "3", "--hue", "1"]
    names = ["--classes", "canopy", "sky"]
    status = main(["train", *photos.data, *names, "--out", str(out), *quick, *flags])

    assert status == 0
    kept = load_model(out).spec.provenance["augmentation"]
    changes = {"rotation": 3.0, "hue": 1.0}
    assert kept == preset("understory").to_dict() | changes


@pytest.mark.parametrize("verb", ["train", "augment"])
def test_help_names_every_change(verb: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        build_parser(verb).parse_args([verb, "--help"])

    text = capsys.readouterr().out
    for field in setting_fields(AugmentSettings):
        assert "--" + field.name.replace("_", "-") in text


def test_copies_are_written_with_their_masks_and_told(
    photos: Any, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "out"
    status = augment(
        *(photos.images, "--masks", photos.masks, "--out", out, "--flop"),
        *("--angles", 0, 90, "--fraction", 1, "--brightness", 120, 150, "--json"),
    )

    assert status == 0
    told = capsys.readouterr()
    rows = pd.DataFrame(json.loads(told.out))
    assert len(rows) == 6
    assert rows["brightness_shift"].between(120, 150).all()
    assert rows["hue_shift"].between(80, 120).all()
    assert told.err == f"6 images in {out}\n"
    mask = read_image(photos.masks / "1_mask.png")
    turned = read_image(out / "masks/1_rot90.png")
    np.testing.assert_array_equal(turned, np.rot90(mask, -1))
    assert len(pd.read_csv(out / "augmented.csv", encoding="utf-8-sig")) == 6


def test_a_second_run_takes_no_copies_of_the_first(
    photos: Any, capsys: Captured
) -> None:
    out = photos.images / "copies"
    for _ in range(2):
        assert augment(photos.images, "--out", out, "--flip") == 0

    assert sorted(p.name for p in out.glob("*.png")) == [
        *("1.png", "1_flip.png", "2.png", "2_flip.png")
    ]


def test_what_is_seldom_meant_is_remarked(tmp_path: Path, capsys: Captured) -> None:
    Image.new("RGB", (8, 5)).save(tmp_path / "wide.png")
    status = augment(tmp_path / "wide.png", "--out", tmp_path / "o", "--angles", 90, 30)

    assert status == 0
    told = capsys.readouterr().err
    assert "0 is not among the angles" in told
    assert "no multiple of 90" in told
    assert "change width and height" in told


def test_files_that_fail_are_named_once_and_the_others_go_on(
    photos: Any, tmp_path: Path, capsys: Captured
) -> None:
    (photos.images / "1.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    status = augment(photos.images, "--out", tmp_path / "o", "--flip", "--flop")

    told = capsys.readouterr().err
    assert status == 1
    assert told.count("1.png") >= 1
    assert sum(line.startswith("imageseg:") for line in told.splitlines()) == 1
    assert "3 images in" in told


def test_masks_given_a_coding_become_labels(photos: Any, tmp_path: Path) -> None:
    status = augment(
        *(photos.images, "--masks", photos.masks, "--coding", "binary"),
        *("--out", tmp_path / "o", "--angles", 0, 45),
    )

    assert status == 0
    plain = read_image(tmp_path / "o/masks/1.png")
    turned = read_image(tmp_path / "o/masks/1_rot45.png")
    assert set(np.unique(plain)) == {1, 2}
    assert set(np.unique(turned)) == {0, 1, 2}


@pytest.mark.parametrize("case", ["several masks", "odd angle"])
def test_the_coding_is_guessed_where_masks_become_labels(
    photos: Any, tmp_path: Path, capsys: Captured, case: str
) -> None:
    masks = tmp_path / "drawn"
    masks.mkdir()
    for k, name in itertools.product((1, 2), "01"):
        values = np.zeros((64, 64), np.uint8)
        values[10:20, 5:15] = 255 if name == "0" or case == "odd angle" else 0
        values[40:50, 5:15] = 255
        height, width = read_image(photos.images / f"{k}.png").shape[:2]
        picture = Image.fromarray(values).resize(
            (width, height), Image.Resampling.NEAREST
        )
        several = case == "several masks"
        picture.save(masks / (f"{k}_mask_{name}.png" if several else f"{k}.png"))
    angles = (0,) if case == "several masks" else (0, 30)
    out = tmp_path / "o"
    status = augment(photos.images, "--masks", masks, "--out", out, "--angles", *angles)

    assert status == 0
    assert "Masks are read as binary, and written as labels." in capsys.readouterr().err
    assert set(np.unique(read_image(out / "masks/1.png"))) == {1, 2}


def test_a_coding_that_cannot_be_guessed_is_asked_for(
    photos: Any, tmp_path: Path, capsys: Captured
) -> None:
    masks = tmp_path / "drawn"
    masks.mkdir()
    for k in (1, 2):
        values = np.zeros(read_image(photos.images / f"{k}.png").shape[:2], np.uint8)
        values[10:20, 5:15], values[20:30, 5:15] = 15, 255
        Image.fromarray(values).save(masks / f"{k}.png")
    out = tmp_path / "o"
    status = augment(photos.images, "--masks", masks, "--out", out, "--angles", 30)

    assert status == 2
    assert "perhaps 'ids,void=255'" in capsys.readouterr().err


def test_the_preview_is_a_picture(
    photos: Any, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "grid.png"
    status = augment(
        *(photos.images, "--masks", photos.masks, "--preview", path, "--hue", 30),
        *("--classes", "canopy", "sky", "--augmentation", "understory"),
    )

    assert status == 0
    assert read_image(path).shape == (4 + 3 * 44, 4 + 4 * 44, 3)
    assert (
        capsys.readouterr().err == f"Changes of {photos.images / '1.png'} in {path}\n"
    )


def test_the_preview_needs_no_masks(photos: Any, tmp_path: Path) -> None:
    assert augment(photos.images, "--preview", tmp_path / "grid.png") == 0


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--out", "o", "--brightness", "20"], "two per cents"),
        (["--preview", "p.png", "--hue", "80", "120"], "one per cent"),
        (["--out", "o", "--fraction", "2"], "fraction is 2"),
        (["--out", "o", "--angles", "0", "360"], "different from each other"),
        (["--preview", "p.png", "--rotation", "200"], "rotation is 200"),
    ],
    ids=["one limit", "two changes", "fraction", "angles", "rotation"],
)
def test_wrong_use_says_what_to_do(
    photos: Any,
    flags: list[str],
    told: str,
    capsys: Captured,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert augment(photos.images, *flags) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_one_of_copies_and_preview_is_asked_for(photos: Any, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        augment(photos.images)

    assert "--out" in capsys.readouterr().err

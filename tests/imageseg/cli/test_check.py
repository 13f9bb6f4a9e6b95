"""`imageseg prepare --check` says what is odd, and mends it when asked."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imageseg.cli import main
from imageseg.cli.check import add_check, parse_classes, run_check
from imageseg.errors import SettingsError

CHECK = ["prepare", "--check"]


def halve(mask: Path) -> None:
    Image.open(mask).resize((20, 20), Image.Resampling.NEAREST).save(mask)


def test_a_sound_set_is_status_0(
    photos: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main([*CHECK, "--images", str(tmp_path)])

    out = capsys.readouterr().out
    assert status == 0
    assert out.startswith("2 pairs, 2 classes, coding binary: sound.\n")
    assert "0.375" in out  # a quarter and a half of them sky


def test_errors_are_status_1_and_told_with_what_to_do(
    photos: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    halve(tmp_path / "masks" / "1_mask.png")

    status = main(
        [
            *CHECK,
            "--images",
            str(tmp_path / "images"),
            "--masks",
            str(tmp_path / "masks"),
        ]
    )

    out = capsys.readouterr().out
    assert status == 1
    assert "1_mask.png: it has 20×20 px, its image 40×40 px" in out
    assert "It is the image at 50%; --repair resizes it" in out


def test_repaired_masks_pass_the_check(
    photos: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = tmp_path / "masks" / "1_mask.png"
    halve(mask)
    before = mask.read_bytes()
    new = tmp_path / "new"

    status = main(["prepare", "--images", str(tmp_path), "--repair", str(new)])

    assert status == 0
    assert mask.read_bytes() == before
    assert sorted(p.name for p in new.iterdir()) == ["1.png", "2.png"]
    assert int((np.asarray(Image.open(new / "1.png")) == 2).sum()) == 400
    images = str(tmp_path / "images")
    again = [*CHECK, "--images", images, "--masks", str(new), "--coding", "labels"]
    assert main(again) == 0
    assert f"2 masks in {new}; read them with --coding labels" in (
        capsys.readouterr().err
    )


def test_what_cannot_be_repaired_is_named(
    photos: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = tmp_path / "masks" / "1_mask.png"
    mask.write_bytes(mask.read_bytes()[:60])

    status = main(
        ["prepare", "--images", str(tmp_path), "--repair", str(tmp_path / "new")]
    )

    assert status == 1
    assert f"imageseg: {tmp_path / 'images' / '1.png'}: Cannot read {mask}" in (
        capsys.readouterr().err
    )


def test_findings_go_to_a_table_and_to_json(
    photos: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "masks" / "2_mask.png").unlink()
    table = tmp_path / "findings.csv"

    main([*CHECK, "--images", str(tmp_path), "--findings", str(table), "--json"])

    told = json.loads(capsys.readouterr().out)
    assert told["ok"]
    assert told["coding"] == "binary"
    assert [row["class"] for row in told["classes"]] == [
        *("(not annotated)", "class 1", "class 2")
    ]
    (finding,) = told["findings"]
    assert finding["kind"] == "image without mask"
    assert pd.read_csv(table).to_dict("records") == [finding]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (None, (None, ())),
        (["3"], (3, ())),
        (["soil", "leaf"], (2, ("soil", "leaf"))),
    ],
)
def test_classes_are_names_or_a_number(
    words: list[str] | None, expected: tuple[int | None, tuple[str, ...]]
) -> None:
    assert parse_classes(words) == expected


@pytest.mark.parametrize("word", ["1", "soil", "-2"])
def test_less_than_two_classes_are_refused(word: str) -> None:
    with pytest.raises(SettingsError, match="--classes"):
        parse_classes([word])


def test_paths_alone_are_a_data_set(
    photos: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("paths", nargs="*", type=Path)
    add_check(parser)

    assert run_check(parser.parse_args([str(tmp_path), "--check"])) == 0
    assert capsys.readouterr().out.startswith("2 pairs")

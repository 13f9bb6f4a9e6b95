"""``imageseg images`` lists what files hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imageseg.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a photograph, its mask and a file that is no image."""
    Image.new("RGB", (9, 6)).save(tmp_path / "1.png")
    Image.fromarray(np.zeros((6, 9), np.uint8)).save(tmp_path / "1_mask.png")
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path


def test_images_are_listed_and_bad_ones_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = folder / "out" / "list.csv"

    assert main(["images", str(folder), "--table", str(table)]) == 1

    out, err = capsys.readouterr()
    head, *rows = out.splitlines()
    assert head.split()[:4] == ["image", "format", "width", "height"]
    assert "pixel_x" not in head  # nothing tells it
    assert [row.split()[0] for row in rows] == [
        str(folder / "1.png"),
        str(folder / "1_mask.png"),
    ]
    assert "bad.png: it is damaged" in err
    assert err.endswith("2 images found.\n")
    written = pd.read_csv(table)
    assert written["width"].tolist()[:2] == [9, 9]
    assert len(written) == 3


def test_expressions_choose_the_images(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choice = ["--include", r"^1", "--exclude", "_mask"]

    assert main(["images", str(folder), *choice, "--json"]) == 0

    (row,) = json.loads(capsys.readouterr().out)
    assert (row["image"], row["channels"]) == (str(folder / "1.png"), 3)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--include", "nothing"], "--include and --exclude leave none"),
        (["--include", "("], "include is '('"),
    ],
)
def test_a_choice_without_images_is_wrong_use(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    text: str,
) -> None:
    assert main(["images", str(folder), *options]) == 2
    assert text in capsys.readouterr().err

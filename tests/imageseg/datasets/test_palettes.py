"""Palettes that disagree are found, and their colours proposed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imageseg.datasets.palettes import disagreements, palette_of
from imageseg.masks import Census, MaskCoding, read_labels

RED, GREEN = (255, 0, 0), (0, 255, 0)


def write(path: Path, *palette: tuple[int, int, int], mode: str = "P") -> Path:
    mask = Image.fromarray(np.array([[0, 1]], np.uint8))
    if mode == "P":
        mask = mask.convert("P")
        mask.putpalette([value for colour in palette for value in colour])
    mask.save(path)
    return path


def census() -> Census:
    return Census.of(np.array([[0, 1]], np.uint8))


@pytest.mark.parametrize("suffix", ["png", "gif", "bmp"])
def test_the_colours_in_use_are_found(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", RED, GREEN, (1, 2, 3))

    assert palette_of(path, census()) == {0: 0xFF0000, 1: 0x00FF00}


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_grey_masks_have_no_palette(tmp_path: Path, suffix: str) -> None:
    assert palette_of(write(tmp_path / f"a.{suffix}", mode="L"), census()) == {}


def test_palettes_that_disagree_are_named_and_their_colours_proposed(
    tmp_path: Path,
) -> None:
    files = [
        write(tmp_path / "1.png", RED, GREEN),
        write(tmp_path / "2.png", RED, GREEN),
        write(tmp_path / "3.png", GREEN, RED),
    ]

    (found,) = disagreements({f: palette_of(f, census()) for f in files})

    assert found.path == files[2]
    assert found.what == "index 0 is #00ff00, in 1.png it is #ff0000"
    assert found.repair is not None
    assert found.repair.coding == MaskCoding.parse("#00ff00,#ff0000")
    labels = read_labels(files, 2, coding=found.repair.coding)
    assert [array.tolist() for array in labels] == [[[2, 1]], [[2, 1]], [[1, 2]]]


def test_palettes_that_agree_are_no_matter(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{k}.png", RED, GREEN) for k in range(3)]

    assert not list(disagreements({f: palette_of(f, census()) for f in files}))
    assert not list(disagreements({}))

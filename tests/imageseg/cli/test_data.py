"""Images and masks are paired by name, and what is left over is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from imageseg.cli.data import load_samples
from imageseg.errors import ImageReadError

if TYPE_CHECKING:
    from imageseg.training import Sample


def load(images: Path, masks: Path) -> list[Sample]:
    return load_samples([images], [masks], n_classes=2, coding="auto")


def test_images_and_masks_come_as_samples(
    photos: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = load(tmp_path / "images", tmp_path / "masks")

    assert [s.name for s in samples] == ["1", "2"]
    assert [int((s.labels == 2).sum()) for s in samples] == [400, 800]
    assert all(s.image.shape == (40, 40, 3) for s in samples)
    assert capsys.readouterr().err == ""


def test_what_has_no_partner_is_named_and_left_out(
    photos: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images, masks = tmp_path / "images", tmp_path / "masks"
    shutil.copy(images / "1.png", images / "lonely.png")
    shutil.copy(masks / "1_mask.png", masks / "orphan_mask.png")
    shutil.copy(masks / "2_mask.png", masks / "2.png")

    samples = load(images, masks)

    assert [s.name for s in samples] == ["1"]
    complaints = capsys.readouterr().err
    assert f"no mask for {images / 'lonely.png'}; left out." in complaints
    assert f"no image for {masks / 'orphan_mask.png'}; left out." in complaints
    assert f"several masks for {images / '2.png'}; left out." in complaints


def test_files_of_which_none_pairs_are_refused(tmp_path: Path) -> None:
    for folder, name in (("images", "a.png"), ("masks", "b.png")):
        (tmp_path / folder).mkdir()
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / folder / name)

    with pytest.raises(ImageReadError, match="no image has a mask of the same name"):
        load(tmp_path / "images", tmp_path / "masks")


def test_a_path_that_is_not_there_is_named(photos: object, tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r"gone: there is no such file or folder"):
        load(tmp_path / "images", tmp_path / "gone")

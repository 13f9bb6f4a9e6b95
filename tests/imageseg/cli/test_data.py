"""Images and masks are paired by name, and what is left over is named."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from imageseg.classes import ClassScheme
from imageseg.cli.data import file_samples
from imageseg.errors import ImageReadError

if TYPE_CHECKING:
    from imageseg.training import FileSample


SCHEME = ClassScheme.from_names(["leaf", "sky"])


def load(images: Path, *masks: Path) -> list[FileSample]:
    options = Namespace(images=[images], masks=masks, coding="auto")
    return file_samples(options, SCHEME)


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


@pytest.mark.parametrize("layout", ["folder", "samples", "table"])
def test_without_masks_the_layout_is_found(
    photos: object, tmp_path: Path, layout: str
) -> None:
    images, masks = tmp_path / "images", tmp_path / "masks"
    root = tmp_path / "set"
    root.mkdir()
    rows = ["images,masks"]
    for k in ("1", "2"):
        target = root / k if layout == "samples" else root
        for folder, name in ((images, f"{k}.png"), (masks, f"{k}_mask.png")):
            (target / folder.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / name, target / folder.name / name)
        rows.append(f"images/{k}.png,masks/{k}_mask.png")
    (root / "set.csv").write_text("\n".join(rows))

    samples = load(root / "set.csv" if layout == "table" else root)

    assert [s.name for s in samples] == ["1", "2"]
    assert [int((s.labels == 2).sum()) for s in samples] == [400, 800]


def test_how_soft_masks_are_read_is_told(
    photos: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = tmp_path / "masks" / "1_mask.png"
    Image.open(mask).resize((57, 57)).resize((40, 40)).save(mask)

    load(tmp_path / "images", tmp_path / "masks")

    err = capsys.readouterr().err
    assert "Masks are read as binary: the masks hold" in err
    assert "grey levels besides black and white; 128 and above is class 2." in err


def test_outlines_are_read_by_the_names_of_the_classes(tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "1.png")
    shape = {"label": "Sky", "points": [[0, 0], [4, 2]], "shape_type": "rectangle"}
    (tmp_path / "1.json").write_text(
        json.dumps({"shapes": [shape], "imageHeight": 4, "imageWidth": 4})
    )

    (sample,) = load(tmp_path)

    assert sample.labels.tolist() == [[2] * 4] * 2 + [[1] * 4] * 2

"""The real data sets read, pair and pass the check, with the classes they state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imageseg.datasets import Report, check_task, find_samples
from imageseg.images import read_image
from imageseg.masks import LabelReader, MaskCoding
from imageseg.tasks import drain

SETS = (
    *("canopy_sky", "em_membrane", "nuclei_fluo", "wbc_yellow", "pavement_cracks"),
    *("whale_flukes", "street_scene", "hippocampus_mri"),
)
SKY = dict(
    zip(
        ("01", "02", "03", "06", "07", "08", "09", "11"),
        (0.100, 0.030, 0.060, 0.369, 0.509, 0.172, 0.714, 0.148),
        strict=True,
    )
)
"""Sky of imageseg's sample masks, in its own numbering."""


def stated(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "dataset.json").read_text("utf-8"))
    return content


def checked(folder: Path) -> Report:
    info = stated(folder)
    void = info.get("ignore_index")
    names = [c["name"] for c in info["classes"] if c["id"] != void]
    coding = "auto" if void is None else f"ids,void={void}"
    return drain(check_task(find_samples(folder), coding=coding, names=names))


@pytest.mark.parametrize("name", SETS)
def test_a_set_pairs_and_passes_with_the_classes_it_states(
    real_data: Path, name: str
) -> None:
    folder = real_data / name
    info = stated(folder)

    report = checked(folder)

    assert report.ok
    assert report.pairing.messages() == []
    assert len(report.pairing.pairs) == info["n"]
    kinds = {f.kind for f in report.findings}
    assert kinds <= {"duplicate"}  # wbc_yellow holds one image twice
    table = report.classes().set_index("class")
    for row in info["classes"]:
        key = (
            "(not annotated)" if row["id"] == info.get("ignore_index") else row["name"]
        )
        if "pixel_fraction" in row:
            assert table.share[key] == pytest.approx(row["pixel_fraction"], abs=1e-5)
            assert table.masks[key] == row["present_in"]


def test_the_void_id_of_street_scenes_is_not_annotated(real_data: Path) -> None:
    pairing = find_samples(real_data / "street_scene")
    reader = LabelReader(pairing.masks, 11, coding="ids,void=11")

    for (_, (mask,)), labels in zip(pairing.pairs[:10], reader[:10], strict=True):
        ids = np.asarray(Image.open(mask))
        np.testing.assert_array_equal(labels == 0, ids == 11)
        np.testing.assert_array_equal(labels[ids < 11], ids[ids < 11] + 1)


def test_the_canopy_masks_show_as_much_sky_as_imageseg_says(real_data: Path) -> None:
    pairing = find_samples(real_data / "canopy_sky")
    reader = LabelReader(pairing.masks, 2)

    sky = {
        image.stem: float(np.mean(labels == 2))
        for image, labels in zip(pairing.images, reader, strict=True)
    }

    assert sky == pytest.approx(SKY, abs=0.002)


def test_masks_that_went_through_jpeg_show_as_much_sky(
    real_data: Path, tmp_path: Path
) -> None:
    images = real_data / "canopy_sky" / "images"
    for mask in (real_data / "canopy_sky" / "masks").iterdir():
        values = np.asarray(Image.open(mask)) * np.uint8(255)
        Image.fromarray(values).save(tmp_path / f"{mask.stem}_mask.tif", "jpeg")
    pairing = find_samples(images, tmp_path)

    report = drain(check_task(pairing, 2))
    reader = LabelReader(pairing.masks, 2)

    assert report.ok
    assert {f.kind for f in report.findings} == {"grey levels"}
    assert str(reader.coding) == "binary"
    sky = {
        image.stem: float(np.mean(labels == 2))
        for image, labels in zip(pairing.images, reader, strict=True)
    }
    assert sky == pytest.approx(SKY, abs=0.004)


def test_an_inverted_canopy_mask_is_suspected(real_data: Path, tmp_path: Path) -> None:
    for mask in (real_data / "canopy_sky" / "masks").iterdir():
        values = np.asarray(Image.open(mask))
        turned = 1 - values if mask.stem == "07" else values
        Image.fromarray(turned).save(tmp_path / mask.name)
    pairing = find_samples(real_data / "canopy_sky" / "images", tmp_path)

    report = drain(check_task(pairing, 2))

    assert [(f.kind, f.path) for f in report.findings] == [
        ("polarity", tmp_path / "07.png")
    ]


def test_masks_of_cells_come_back_from_the_codes_they_were_published_in(
    real_data: Path, tmp_path: Path
) -> None:
    folder = real_data / "wbc_yellow"
    coding = MaskCoding.parse("0,128,255")
    files = sorted((folder / "masks").iterdir())[:20]
    truth = LabelReader(files, 3)
    for file, labels in zip(files, truth, strict=True):
        Image.fromarray(coding.encode(labels)).save(tmp_path / file.name)
    pairing = find_samples([folder / "images" / f.name for f in files], tmp_path)

    report = drain(check_task(pairing))

    assert str(report.coding) == "0,128,255"
    again = LabelReader(pairing.masks, 3, coding=str(report.coding))
    for ours, expected in zip(again, truth, strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_volumes_have_masks_of_their_own_size(real_data: Path) -> None:
    pairing = find_samples(real_data / "hippocampus_mri")
    reader = LabelReader(pairing.masks, 3)

    for image, labels in zip(pairing.images[:10], reader[:10], strict=True):
        assert labels.ndim == 3
        assert labels.shape == read_image(image).shape
        assert set(np.unique(labels)) == {1, 2, 3}

"""Repaired masks go to a new folder, and no input is touched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from imageseg.datasets import check_task, find_samples, repair_task
from imageseg.errors import SettingsError
from imageseg.tasks import drain

from .conftest import DataSet

Make = Callable[..., DataSet]


def digests(folder: Path) -> dict[Path, str]:
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def labels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_a_damaged_set_comes_out_sound_and_the_inputs_stay(
    make_set: Make, tmp_path: Path
) -> None:
    data = make_set(12)
    truth = {k: np.where(data.read_mask(k) > 127, 2, 1) for k in range(12)}
    data.write_mask(1, data.read_mask(1) // 255)
    small = Image.fromarray(data.read_mask(2)).resize(
        (20, 15), Image.Resampling.NEAREST
    )
    data.write_mask(2, np.asarray(small))
    Image.open(data.mask(3)).save(data.mask(3), "jpeg", quality=95)
    before = digests(data.root)
    report = data.check(2)

    done = drain(repair_task(report, tmp_path / "new"))

    assert digests(data.root) == before
    assert not done.left_out
    assert set(done.written) == set(report.pairing.images)
    for k in (0, 1, 3):
        np.testing.assert_array_equal(labels(tmp_path / "new" / f"{k}.png"), truth[k])
    doubled = np.kron(np.where(np.asarray(small) > 127, 2, 1), np.ones((2, 2)))
    np.testing.assert_array_equal(labels(tmp_path / "new" / "2.png"), doubled)
    again = find_samples(data.root / "images", tmp_path / "new")
    assert drain(check_task(again, 2, "labels")).ok


def test_a_mask_is_turned_as_its_image(make_set: Make, tmp_path: Path) -> None:
    data = make_set()
    for k, orientation in ((0, 5), (1, 6), (2, 7), (3, 8)):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.open(data.image(k)).convert("RGB").save(data.image(k), "jpeg", exif=exif)

    drain(repair_task(data.check(), tmp_path / "new"))

    for k in range(4):
        turned = Image.open(data.mask(k))
        turned.getexif()[0x0112] = (5, 6, 7, 8)[k]
        expected = np.where(np.asarray(ImageOps.exif_transpose(turned)) > 127, 2, 1)
        np.testing.assert_array_equal(labels(tmp_path / "new" / f"{k}.png"), expected)


def test_suspected_masks_are_left_as_they_are(make_set: Make, tmp_path: Path) -> None:
    data = make_set(10)
    data.write_mask(7, 255 - data.read_mask(7))
    report = data.check()

    drain(repair_task(report, tmp_path / "new"))

    assert [f.kind for f in report.findings] == ["polarity"]
    expected = np.where(data.read_mask(7) > 127, 2, 1)
    np.testing.assert_array_equal(labels(tmp_path / "new" / "7.png"), expected)


def test_what_cannot_be_read_is_left_out_with_the_reason(
    make_set: Make, tmp_path: Path
) -> None:
    data = make_set()
    data.mask(4).write_bytes(data.mask(4).read_bytes()[:60])

    done = drain(repair_task(data.check(), tmp_path / "new"))

    assert list(done.left_out) == [data.image(4)]
    assert "4.png" in done.left_out[data.image(4)]
    assert len(list((tmp_path / "new").iterdir())) == 5


def test_several_masks_become_one_and_equal_names_stay_apart(tmp_path: Path) -> None:
    for site in ("a", "b"):
        for folder in ("images", "masks"):
            (tmp_path / "set" / site / folder).mkdir(parents=True)
        Image.fromarray(np.eye(6, dtype=np.uint8)).save(
            tmp_path / "set" / site / "images" / "1.png"
        )
        for k in range(3):
            part = np.zeros((6, 6), np.uint8)
            part[k] = 255
            Image.fromarray(part).save(tmp_path / "set" / site / "masks" / f"{k}.png")
    report = drain(check_task(find_samples(tmp_path / "set")))

    done = drain(repair_task(report, tmp_path / "new"))

    names = [path.name for path in done.written.values()]
    assert names == ["a_images_1.png", "b_images_1.png"]
    for path in done.written.values():
        assert np.unique(labels(path)[:3]).tolist() == [2]
        assert np.unique(labels(path)[3:]).tolist() == [1]


def test_a_folder_with_something_in_it_is_refused(make_set: Make) -> None:
    data = make_set()
    before = digests(data.root)

    for folder in (data.root / "masks", data.mask(0)):
        with pytest.raises(SettingsError, match="new or empty"):
            drain(repair_task(data.check(), folder))

    assert digests(data.root) == before


def test_without_a_coding_nothing_is_written(make_set: Make, tmp_path: Path) -> None:
    report = make_set(5, (0, 128, 255)).check(2)

    with pytest.raises(SettingsError, match="given by name"):
        drain(repair_task(report, tmp_path / "new"))

    assert not (tmp_path / "new").exists()

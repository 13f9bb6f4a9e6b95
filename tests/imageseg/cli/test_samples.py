"""``imageseg samples`` writes pictures with their truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imageseg.classes import ClassScheme
from imageseg.cli import main
from imageseg.images import read_image
from imageseg.masks import read_labels
from imageseg.samples import SAMPLES, SampleImage


def test_images_and_masks_are_written_under_one_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--out", str(tmp_path / "i"), "--masks", str(tmp_path / "m")]
    status = main(["samples", "microscopy", "--seed", "3", *folders])

    assert status == 0
    image, mask = tmp_path / "i/microscopy_03.png", tmp_path / "m/microscopy_03.png"
    expected = SAMPLES["microscopy"](seed=3)
    np.testing.assert_array_equal(read_image(image), expected.image)
    (labels,) = read_labels([mask], len(expected.scheme), coding="labels")
    np.testing.assert_array_equal(labels, expected.labels)
    assert capsys.readouterr().err == f"{image}\n"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Make the scenes small and record their seeds."""
    seeds: list[int] = []

    def scene(*, seed: int) -> SampleImage:
        seeds.append(seed)
        labels = np.full((4, 6, 5), 1 + seed % 2, np.uint8)
        return SampleImage(
            name="made up",
            image=labels.astype(np.uint16) * 1000,
            labels=labels,
            scheme=ClassScheme.from_names(["a", "b"]),
            scale=(1.0, 1.0, 1.0),
            units="pixel",
        )

    monkeypatch.setitem(SAMPLES, "stack", scene)
    return seeds


def test_several_have_seeds_in_a_row_and_stacks_are_tiff(
    tmp_path: Path, drawn: list[int]
) -> None:
    status = main(
        ["samples", "stack", "--count", "3", "--seed", "9", "--out", str(tmp_path)]
    )

    assert status == 0
    assert drawn == [9, 10, 11]
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["stack_09.tif", "stack_10.tif", "stack_11.tif"]
    stored = read_image(tmp_path / "stack_10.tif")
    np.testing.assert_array_equal(stored, np.full((4, 6, 5), 1000, np.uint16))


def test_pictures_are_made_smaller(tmp_path: Path, drawn: list[int]) -> None:
    out = ["--out", str(tmp_path / "i"), "--masks", str(tmp_path / "m")]

    assert main(["samples", "stack", "--shrink", "2", *out]) == 0

    for folder in ("i", "m"):
        assert read_image(tmp_path / folder / "stack_00.tif").shape == (4, 3, 2)


def test_what_leaves_nothing_of_a_picture_is_refused(
    tmp_path: Path, drawn: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["samples", "stack", "--shrink", "9", "--out", str(tmp_path)])

    assert status == 2
    assert "shrink is 9" in capsys.readouterr().err

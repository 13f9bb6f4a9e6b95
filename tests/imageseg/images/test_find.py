"""Images are found by content, in the order people count."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imageseg.errors import ImageReadError, SettingsError
from imageseg.images import formats
from imageseg.images.find import find_images, natural_key


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(path, format="PNG")
    return path


def test_numbers_in_names_are_counted() -> None:
    names = ["img10.tif", "img1.tif", "Img2.tif", "img03b.tif", "a.tif", "7.tif"]

    assert sorted(names, key=natural_key) == [
        "7.tif",
        "a.tif",
        "img1.tif",
        "Img2.tif",
        "img03b.tif",
        "img10.tif",
    ]


@given(st.lists(st.text(alphabet="aB1²٣0/._ ", max_size=8), max_size=8))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    assert sorted(sorted(names, key=natural_key)) == sorted(names)


@given(st.lists(st.integers(0, 10**20), min_size=2, unique=True))
def test_counted_names_come_in_the_order_of_their_numbers(numbers: list[int]) -> None:
    names = [f"slice{n}.tif" for n in numbers]

    assert sorted(names, key=natural_key) == [f"slice{n}.tif" for n in sorted(numbers)]


def test_folders_are_searched_to_the_bottom_in_natural_order(tmp_path: Path) -> None:
    expected = [
        picture(tmp_path / name)
        for name in ["1.png", "2.png", "10.png", "site2/1.png", "site10/deep/1.png"]
    ]

    assert find_images([tmp_path]) == expected


def test_hidden_and_foreign_files_in_folders_are_skipped(tmp_path: Path) -> None:
    wanted = picture(tmp_path / "image_without_suffix")
    picture(tmp_path / ".hidden.png")
    picture(tmp_path / ".cache" / "thumbnail.png")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "Thumbs.db").touch()

    assert find_images([tmp_path]) == [wanted]


def test_what_is_only_called_an_image_is_listed_for_its_reader_to_name(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.png").write_text("not really a picture")
    (tmp_path / "b.TIF").touch()

    assert [path.name for path in find_images([tmp_path])] == ["a.png", "b.TIF"]


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (None, None, ["1.png", "1_mask.png", "site_mask/2.png"]),
        ("mask", None, ["1_mask.png", "site_mask/2.png"]),
        (None, "mask", ["1.png"]),
        (None, r"_mask\.", ["1.png", "site_mask/2.png"]),
        (r"^\d", r"_", ["1.png"]),
        ("^site_mask/", None, ["site_mask/2.png"]),
        ("nothing", None, []),
    ],
)
def test_expressions_choose_by_the_name_below_the_folder(
    tmp_path: Path, include: str | None, exclude: str | None, expected: list[str]
) -> None:
    folder = tmp_path / "mask_of_all"  # its own name does not count
    for name in "1.png", "1_mask.png", "site_mask/2.png":
        picture(folder / name)

    found = find_images([folder], include, exclude)

    assert [path.relative_to(folder).as_posix() for path in found] == expected
    assert find_images([folder / "1.png"], exclude="of_all") == [folder / "1.png"]


def test_what_is_no_expression_is_named() -> None:
    with pytest.raises(SettingsError, match=r"exclude is '\('; .*unterminated"):
        find_images([], exclude="(")


@pytest.mark.parametrize("mark", ["zarr.json", ".zattrs"])
def test_a_zarr_folder_is_one_image(tmp_path: Path, mark: str) -> None:
    first = picture(tmp_path / "1.png")
    (tmp_path / "2.ome.zarr").mkdir()
    (tmp_path / "2.ome.zarr" / mark).write_text("{}")
    picture(tmp_path / "2.ome.zarr" / "0" / "thumbnail.png")

    assert find_images([tmp_path]) == [first, tmp_path / "2.ome.zarr"]
    assert find_images([tmp_path / "2.ome.zarr"]) == [tmp_path / "2.ome.zarr"]


def test_a_folder_that_cannot_be_opened_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "closed" / "1.png")
    scan = os.scandir

    def refuse(folder: str) -> object:
        if Path(folder).name == "closed":
            raise PermissionError(13, "Permission denied", folder)
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)

    with pytest.raises(ImageReadError, match="closed: Permission denied"):
        find_images([tmp_path])


def test_a_hidden_folder_that_is_asked_for_is_searched(tmp_path: Path) -> None:
    wanted = picture(tmp_path / ".data" / "1.png")

    assert find_images([tmp_path / ".data"]) == [wanted]


def test_files_that_are_named_stay_even_if_they_are_no_images(tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("x")

    assert find_images([note]) == [note]


def test_the_order_given_is_kept_and_nothing_comes_twice(tmp_path: Path) -> None:
    a, b = picture(tmp_path / "a.png"), picture(tmp_path / "b.png")

    assert find_images([b, tmp_path, str(a)]) == [b, a]


def test_nothing_is_found_in_nothing(tmp_path: Path) -> None:
    assert find_images([]) == []
    assert find_images([tmp_path]) == []


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r"gone.*no such file or folder"):
        find_images([tmp_path / "gone"])


def test_an_unreadable_file_is_left_to_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = picture(tmp_path / "a")

    def refuse(file: Path) -> None:
        raise ImageReadError(file, "Permission denied")

    monkeypatch.setattr(formats, "sniff", refuse)

    assert find_images([tmp_path]) == [path]

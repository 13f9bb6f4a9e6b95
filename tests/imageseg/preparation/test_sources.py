"""Results keep their folders and never share a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseg.errors import SettingsError
from imageseg.preparation.sources import (
    Source,
    check_folder,
    list_sources,
    without_results,
)


def names(*images: str, roots: tuple[Path, ...] = ()) -> list[str]:
    return [s.name for s in list_sources([Path(i) for i in images], roots)]


def test_a_file_is_called_by_its_stem_with_its_dots() -> None:
    assert names("in/plot.1.v2.jpg", "in/2.tif") == ["plot.1.v2", "2"]


def test_folders_below_a_root_are_mirrored(tmp_path: Path) -> None:
    images = [tmp_path / "a" / "1.png", tmp_path / "b" / "c" / "1.png"]

    found = [s.name for s in list_sources(images, [tmp_path])]

    assert found == ["a/1", "b/c/1"]


def test_several_roots_keep_their_names(tmp_path: Path) -> None:
    roots = [tmp_path / name for name in ("north", "south")]
    for root in roots:
        root.mkdir()

    found = list_sources([root / "1.png" for root in roots], roots)

    assert [s.name for s in found] == ["north/1", "south/1"]


def test_equal_stems_get_their_suffix_or_a_number() -> None:
    assert names("x/a.jpg", "x/a.PNG", "x/b.png") == ["a_jpg", "a_PNG", "b"]
    assert names("x/a.jpg", "y/a.jpg", "z/A.jpg") == ["a_jpg", "a_jpg_2", "A_jpg_3"]


@given(
    st.lists(st.sampled_from(["a.jpg", "A.jpg", "a.png", "a_jpg.png", "b/a.jpg", "a"]))
)
def test_no_name_is_given_twice(images: list[str]) -> None:
    folded = [name.casefold() for name in names(*images)]

    assert len(set(folded)) == len(images)


def test_masks_come_with_their_images_and_the_others_stay_out() -> None:
    images = [Path("1.png"), Path("2.png")]
    masks = {Path("2.png"): (Path("m/2.png"), Path("m/2_b.png"))}

    assert list_sources(images, masks=masks) == [
        Source(image=images[1], masks=masks[images[1]], name="2")
    ]


def test_results_of_an_earlier_run_are_left_out(tmp_path: Path) -> None:
    paths = [tmp_path / "1.png", tmp_path / "out" / "deep" / "1.png"]

    assert without_results(paths, [tmp_path], tmp_path / "out") == paths[:1]
    assert without_results(paths, [tmp_path], tmp_path / "elsewhere") == paths
    assert without_results(paths, [tmp_path], tmp_path.parent) == paths


@pytest.mark.parametrize("out", ["data", "link"])
def test_results_never_lie_beside_images_or_masks(tmp_path: Path, out: str) -> None:
    image, mask = tmp_path / "data" / "images" / "1.jpg", tmp_path / "m" / "1.png"
    (tmp_path / "link").mkdir()
    mask.parent.mkdir()
    (tmp_path / "link" / "masks").symlink_to(mask.parent)
    source = Source(image=image, masks=(mask,), name="1")

    check_folder([source], tmp_path)
    check_folder([Source(image=image, name="1")], tmp_path / "data")
    with pytest.raises(SettingsError, match="another folder than that of the images"):
        check_folder([source], tmp_path / out)


def test_folders_called_images_are_not_mirrored_twice(tmp_path: Path) -> None:
    images = [tmp_path / "images" / "1.png", tmp_path / "s" / "images" / "1.png"]
    masks = {image: (image.parent / "m.png",) for image in images}

    assert [s.name for s in list_sources(images, [tmp_path], masks)] == ["1", "s/1"]

"""Every result has a name of its own, and none lies among the inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageseg.errors import SettingsError
from imageseg.figures.naming import protect_inputs, unique_names


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a/1.png", "a/2.png"], ["1", "2"]),
        (["a/1.png", "b/1.png"], ["a_1", "b_1"]),
        (["a/1.png", "a/1.jpg"], ["1_png", "1_jpg"]),
        (["a/1.JPG", "a/1.jpg"], ["a_1", "a_1_2"]),
        (["a/1.png", "a/1.jpg", "b/1.jpg"], ["a_1_png", "a_1_jpg", "b_1_jpg"]),
        (["x/a/1.png", "y/a/1.png"], ["a_1", "a_1_2"]),
        (["a/1.png", "b/1.png", "c/a_1.png"], ["a_1", "b_1", "a_1_2"]),
        (["a/x.png", "b/X.png"], ["a_x", "b_X"]),
        ([], []),
    ],
    ids=[
        "stems",
        "folders",
        "suffixes",
        "numbers",
        "both",
        "like folders",
        "taken",
        "case",
        "none",
    ],
)
def test_names_are_unique(files: list[str], names: list[str]) -> None:
    assert unique_names([Path(file) for file in files]) == names


def test_names_do_not_depend_on_the_order() -> None:
    paths = [Path(file) for file in ("a/1.png", "a/1.jpg", "b/1.png", "b/2.png")]

    names = dict(zip(paths, unique_names(paths), strict=True))

    turned = paths[::-1]
    assert dict(zip(turned, unique_names(turned), strict=True)) == names


def test_the_folder_of_an_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="another folder"):
        protect_inputs([tmp_path / "a.png"], tmp_path / "b" / "..")


def test_another_folder_is_allowed(tmp_path: Path) -> None:
    protect_inputs([tmp_path / "a.png"], tmp_path / "out")

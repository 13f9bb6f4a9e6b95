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
        (["a/1.png", "a/1.jpg"], ["a_1", "a_1_2"]),
        (["a/x.png", "b/X.png"], ["a_x", "b_X"]),
        ([], []),
    ],
    ids=["stems", "folders", "numbers", "case", "none"],
)
def test_names_are_unique(files: list[str], names: list[str]) -> None:
    assert unique_names([Path(file) for file in files]) == names


def test_the_folder_of_an_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="another folder"):
        protect_inputs([tmp_path / "a.png"], tmp_path / "b" / "..")


def test_another_folder_is_allowed(tmp_path: Path) -> None:
    protect_inputs([tmp_path / "a.png"], tmp_path / "out")

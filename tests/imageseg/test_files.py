"""A file is the old one or the new one, never a part."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageseg.files import atomic_path


def test_the_new_file_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"

    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_error_the_old_file_stands_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_half() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise OSError

    with pytest.raises(OSError, match=r"^$"):
        write_half()

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_before_anything_is_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "a.txt"):
        pass  # the writer wrote nothing

    assert list(tmp_path.iterdir()) == []


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.txt"

    with atomic_path(str(path)) as temporary:
        temporary.write_text("x")

    assert path.read_text() == "x"


def test_the_temporary_file_is_hidden_beside_the_target_with_its_suffix(
    tmp_path: Path,
) -> None:
    with atomic_path(tmp_path / "stack.ome.tif") as temporary:
        temporary.touch()

        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")
        assert temporary.suffix == ".tif"


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"

    with atomic_path(path) as first, atomic_path(path) as second:
        first.write_text("first")
        second.write_text("second")

    assert path.read_text() == "first"  # its block ended last


def test_a_long_name_still_fits_the_file_system(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250 + ".txt")

    with atomic_path(path) as temporary:
        temporary.write_text("x")

    assert path.exists()

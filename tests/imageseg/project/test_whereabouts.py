"""Images are known again by name, size, time and folders."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from imageseg.classes import ClassScheme
from imageseg.errors import ImageReadError
from imageseg.project import Project
from imageseg.tasks import drain


@pytest.fixture
def twins(tmp_path: Path, photos: Path) -> Path:
    """Copy the photographs, with other times, into two further folders."""
    for i, place in enumerate(("a", "b"), start=1):
        folder = tmp_path / "copies" / place / "photos"
        shutil.copytree(photos, folder)
        for path in folder.iterdir():
            os.utime(path, (i, i))
    return tmp_path / "copies"


def test_of_files_alike_the_one_of_the_same_time_is_taken(
    project: Project, photos: Path, twins: Path
) -> None:
    shutil.copytree(photos, twins / "c")
    shutil.rmtree(photos)

    assert len(project.relocate(twins).found) == 3
    assert project.image("plot_1").path == twins / "c" / "plot_1.png"


def test_of_files_alike_none_is_guessed(
    project: Project, photos: Path, twins: Path
) -> None:
    shutil.rmtree(photos)

    found = project.relocate(twins)

    assert [image.id for image in found.ambiguous] == ["plot_1", "plot_2", "plot_3"]
    assert found.found == found.missing == ()
    assert len(project.relocate(twins / "b").found) == 3


def test_folders_tell_files_of_one_name_apart(tmp_path: Path, folder: Path) -> None:
    sites = tmp_path / "survey"
    for i, site in enumerate(("north", "south")):
        (sites / site).mkdir(parents=True)
        (sites / site / "1.jpg").write_bytes(b"alike")
        os.utime(sites / site / "1.jpg", (i, i))
    with Project.create(folder, ClassScheme.from_names(["a", "b"])) as project:
        added = project.add_images(
            [sites / "south" / "1.jpg", sites / "north" / "1.jpg"]
        )
        assert [image.id for image in added] == ["1", "1-2"]
        there = tmp_path / "disk"
        shutil.copytree(sites, there, copy_function=shutil.copyfile)
        shutil.rmtree(sites)

        project.relocate(there)

        assert project.image("1").path == there / "south" / "1.jpg"
        assert project.image("1-2").path == there / "north" / "1.jpg"


def test_a_file_of_another_size_is_another_image(
    project: Project, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "plot_1.png").write_bytes(b"short")
    (photos / "plot_1.png").unlink()

    found = project.relocate(tmp_path / "other")

    assert [image.id for image in found.missing] == ["plot_1"]


def test_an_image_that_changed_is_named(project: Project, photos: Path) -> None:
    with (photos / "plot_2.png").open("ab") as file:
        file.write(b"more")

    assert list(drain(project.check_task())) == ["plot_2"]
    assert "has changed" in project.image("plot_2").error


def test_images_are_added_once_and_only_if_they_are_there(
    project: Project, photos: Path
) -> None:
    assert project.add_images([photos / "plot_1.png"]) == ()
    assert project.add_images([photos / ".." / "photos" / "plot_1.png"]) == ()
    for wrong in (photos / "no.png", photos):
        with pytest.raises(ImageReadError):
            project.add_images([wrong])
    assert len(project.images) == 3


def test_adding_images_does_not_open_them(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "not_an_image.png"
    path.write_bytes(b"whatever")
    with Project.create(folder, ClassScheme.from_names(["a", "b"])) as project:
        project.add_images([path])
    path.unlink()

    with Project.open(folder) as again:
        assert [image.name for image in again.images] == ["not_an_image.png"]

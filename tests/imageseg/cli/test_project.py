"""``imageseg project`` makes projects, tells what is in them, and mends them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imageseg.classes import CANOPY
from imageseg.cli import main
from imageseg.project import Project, Story

Captured = pytest.CaptureFixture[str]


def run(*arguments: object) -> int:
    return main(["project", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path, photos: Any, capsys: Captured) -> Path:
    """Make a project of two photographs on the command line."""
    folder = tmp_path / "plots"
    assert run("create", folder, photos.images, "--classes", "leaf,gap") == 0
    assert capsys.readouterr().err == f"2 images in the new project {folder}\n"
    return folder


def test_a_project_is_made_of_a_folder_of_images(folder: Path, photos: Any) -> None:
    with Project.open(folder) as project:
        assert project.scheme.names == ("leaf", "gap")
        assert [image.path for image in project.images] == [
            photos.images / "1.png",
            photos.images / "2.png",
        ]


def test_a_project_takes_classes_and_model_from_a_bundled_model(
    tmp_path: Path, photos: Any
) -> None:
    run("create", tmp_path / "p", photos.images, "--model", "canopy")

    with Project.open(tmp_path / "p") as project:
        assert project.scheme == CANOPY
        assert project.model == "canopy"


def test_a_project_needs_classes(tmp_path: Path, photos: Any, capsys: Captured) -> None:
    assert run("create", tmp_path / "p", photos.images) == 2
    assert "--classes" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def test_info_tells_what_is_in_it(folder: Path, capsys: Captured) -> None:
    with Project.open(folder) as project:
        project.save_annotation("1", np.ones((40, 40), np.uint8))

    assert run("info", folder) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == ["2 images: 1 annotated, 1 new", "classes: 1 leaf, 2 gap"]
    assert run("info", folder, "--json") == 0
    values = json.loads(capsys.readouterr().out)
    assert [image["status"] for image in values["images"]] == ["annotated", "new"]
    assert values["problems"] == {}


def test_info_names_what_is_malformed(
    folder: Path, capsys: Captured, caplog: pytest.LogCaptureFixture
) -> None:
    path = folder / "project.json"
    values = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(values | {"region": 3}), "utf-8")

    assert run("info", folder, "--json") == 1
    told = json.loads(capsys.readouterr().out)["malformed"]
    assert told == ["region is 3 and must be a text"]
    assert f"{path} is not as it has to be: {told[0]}." in caplog.text


def test_info_names_images_that_are_gone_and_locate_finds_them(
    folder: Path, photos: Any, tmp_path: Path, capsys: Captured
) -> None:
    shutil.move(photos.images, tmp_path / "disk" / "photos")

    assert run("info", folder) == 1
    assert "1.png is missing" in capsys.readouterr().err
    assert run("locate", folder, tmp_path / "masks") == 1
    assert f"{photos.images / '2.png'} is not in" in capsys.readouterr().err
    assert run("locate", folder, tmp_path / "disk") == 0
    assert capsys.readouterr().err == "2 images found\n"
    assert run("info", folder) == 0


def test_use_takes_a_model_into_use(folder: Path, model_file: Path) -> None:
    assert run("use", folder, model_file) == 0
    assert run("use", folder, "canopy") == 0
    with Project.open(folder) as project:
        assert [entry.id for entry in project.models] == ["tiny", "canopy"]
        assert project.model == "canopy"
    assert run("use", folder, "tiny") == 0
    with Project.open(folder) as project:
        assert project.model == "tiny"
        assert len(project.models) == 2


def test_a_proposed_model_is_told_and_waits_to_be_accepted(
    folder: Path, model_file: Path, capsys: Captured
) -> None:
    with Project.open(folder) as project:
        entry = project.add_model(model_file, Story(proposed=True))
    run("info", folder)
    assert f"model {entry.id}: proposed, " in capsys.readouterr().out
    assert main(["predict", str(folder)]) != 0
    use = f"`imageseg project use {folder} {entry.id}`"
    assert f"uses no model yet. Accept {entry.id}: {use}." in capsys.readouterr().err

    assert run("use", folder, entry.id) == 0
    run("info", folder, "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["model"], told["proposed"]) == (entry.id, "")


def test_a_damaged_project_says_so_and_is_restored(
    folder: Path, capsys: Captured
) -> None:
    with Project.open(folder) as project:
        project.set_status("1", "reviewed")
        project.set_status("2", "reviewed")
    whole = (folder / "project.json").read_bytes()
    (folder / "project.json").write_bytes(whole[: len(whole) // 2])

    assert run("info", folder) == 2
    assert f"imageseg project restore {folder}" in capsys.readouterr().err
    assert run("restore", folder) == 0
    with Project.open(folder) as project:
        assert [image.status for image in project.images] == ["reviewed", "new"]
    kept = folder / "removed" / "project-replaced.json"
    assert kept.read_bytes() == whole[: len(whole) // 2]


def test_a_project_in_use_is_named(folder: Path, capsys: Captured) -> None:
    with Project.open(folder):
        assert run("use", folder, "canopy") == 2
        assert "is open elsewhere" in capsys.readouterr().err
        assert run("info", folder) == 0

"""``project.json`` is read with care, and the last good one is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imageseg.classes import ClassScheme
from imageseg.errors import ProjectFormatError
from imageseg.project import Project, is_project
from imageseg.project.contents import Contents
from imageseg.project.document import contents_of, text_of


def test_a_description_is_json_that_reads_back() -> None:
    contents = Contents(
        scheme=ClassScheme.from_names(["sol", "feuillé"]),
        view={"zoom": 2},
        unknown={"lab": [1]},
    )
    text = text_of(contents)

    assert json.loads(text)["format"] == "imageseg-project"
    assert "feuillé" in text
    assert contents_of(text, Path("project.json")) == contents


def test_a_newer_project_is_refused_and_not_touched(project: Project) -> None:
    project.close()
    path = project.folder / "project.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 2}))
    before = path.read_bytes()

    for read_only in (True, False):
        with pytest.raises(ProjectFormatError, match="newer imageseg"):
            Project.open(project.folder, read_only=read_only)
    assert path.read_bytes() == before
    assert not project.layout.lock.exists()


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "\x00\x00", '{"format": "imageseg-project"}'),
        '{"format": "other", "version": 1}',
        '{"format": "imageseg-project", "version": 1, "scheme": {}, "images": []}',
        '{"format": "imageseg-project", "version": "x", "scheme": {}, "images": []}',
    ],
)
def test_a_damaged_description_says_so_and_offers_the_previous(
    project: Project, text: str
) -> None:
    project.set_status("plot_1", "reviewed")
    project.set_status("plot_2", "reviewed")
    project.close()
    path = project.folder / "project.json"
    path.write_text(text)

    with pytest.raises(ProjectFormatError, match="is damaged") as told:
        Project.open(project.folder)
    assert told.value.previous == project.folder / "project.json.bak"
    assert not project.layout.lock.exists()

    seen = Project.open(project.folder, read_only=True, previous=True)
    assert [i.status for i in seen.images] == ["reviewed", "new", "new"]
    assert path.read_text() == text
    with Project.open(project.folder, previous=True) as again:
        assert again.contents == seen.contents
    kept = project.folder / "removed" / "project-replaced.json"
    assert kept.read_text() == text


def test_without_a_previous_one_nothing_is_offered(tmp_path: Path) -> None:
    (tmp_path / "project.json").write_text("{")

    with pytest.raises(ProjectFormatError, match="backup") as told:
        Project.open(tmp_path)
    assert told.value.previous is None


def test_a_project_is_known_by_its_description(project: Project, photos: Path) -> None:
    assert is_project(project.folder)
    assert is_project(project.folder / "project.json")
    assert not is_project(photos)
    assert not is_project(photos / "plot_1.png")
    assert not is_project(photos / "nothing")

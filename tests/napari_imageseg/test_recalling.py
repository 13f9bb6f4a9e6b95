"""Whatever stands in a project's description: it opens in a window, and is saved."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from imageseg.density import parse_region
from imageseg.project import Changes, Project, Space
from imageseg.tasks import drain
from napari_imageseg.memories import told_of
from napari_imageseg.opening import Opened, open_task


@pytest.fixture(autouse=True)
def _no_disk(monkeypatch) -> None:
    """Have a thousand projects written in seconds; no power will fail."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def start(make_session, work, errands, tmp_path):
    """Begin sessions, as napari does when it is started."""
    return lambda: make_session(work, errands, tmp_path / "home")


@pytest.fixture
def folder(start, make_model, photos, paint_row):
    """Return the folder of a project in which everything has a value."""
    session = start()
    model = make_model(classes=3)
    session.models.restore(model, "")
    session.classes.set_scheme(model.spec.scheme)
    session.images.open_paths([photos])
    session.predictor.predict(everything=True)
    for item in session.images.items:
        item.channel_names, item.held_out = ("red", "green", "blue"), True
    paint_row(session, 3, 2)
    session.classes.select(2)
    session.classes.hide(1)
    session.classes.lock(3)
    session.appearance.set(opacity=0.25, brush=7)
    session.channels.use("red,green,blue")
    session.measurer.set_region(parse_region("circle"))
    session.drafter.view_of = lambda: {"camera": {"zoom": 2.0}}
    session.keeper.flush()
    session.advisor.sights.rounds.add(model, "plot_1", {"class 1": 0.5}, annotated=1)
    session.keeper.flush()
    project = session.keeper.project
    where = Space(axes="YXC", scale=(0.5, 0.5), translate=(1.0, 2.0))
    project.save(Changes(spaces={project.images[0].id: where}))
    session.keeper.finish()
    return project.folder


@pytest.fixture
def ruin(folder, ruined):
    """Replace all that can be in the project's description; return it, and both."""

    def write_bad(wrong):
        whole = read(folder)
        bad = ruined(whole, wrong)
        write(folder, bad)
        return folder, whole, bad

    return write_bad


def read(folder):
    return json.loads((folder / "project.json").read_text("utf-8"))


def write(folder, values) -> None:
    shutil.rmtree(folder / "removed", ignore_errors=True)
    (folder / "project.json").write_text(json.dumps(values), "utf-8")


def test_every_field_may_be_damaged(folder, damaged, wrong) -> None:
    whole, opened = read(folder), 0
    for name, values in damaged(whole, wrong):
        if name.split(".")[0] not in ("view", "region"):
            continue  # of the engine alone
        if name.startswith(("view.images.plot_2", "view.images.plot_10")):
            continue  # as of the first
        write(folder, values)
        found = drain(open_task(folder, read_only=True))
        assert isinstance(found, Opened)
        opened += 1
        assert all(
            told.startswith(name.split(".")[0]) for told in found.project.problems
        )
        for item in (*found.items, *found.off):
            told_of(item)
            assert item.density is None or item.density.row()
    assert opened > 40


def test_all_of_them_may_be_damaged_at_once(
    ruin, start, wrong, listen_to, paint_row, needed
) -> None:
    folder, whole, bad = ruin(wrong)
    session = start()
    said = listen_to(session)
    session.projects.open(folder)

    (note,) = [note for note in said.notes if "as it has to be" in note]
    assert f"{folder / 'project.json'} is not as it has to be: " in note
    assert said.errors == []
    assert session.runners.errands.failures == []
    assert [item.path for item in session.images.items] == [
        Path(image["absolute"]) for image in whole["images"]
    ]
    session.images.select(session.images.items[0])
    paint_row(session, 5, 3)
    session.predictor.predict(everything=True)
    session.keeper.flush()
    assert session.keeper.trouble == ""
    assert said.errors == []
    session.keeper.finish()
    saved = read(folder)
    kept = json.loads((folder / "removed" / "project-replaced.json").read_text("utf-8"))
    assert kept == bad
    assert needed(saved) == needed(whole)
    with Project.open(folder) as again:
        assert again.problems == ()
        assert again.annotation(whole["current"])[3, 0] == 2


def test_classes_edited_by_hand_are_shown(folder, start, listen_to) -> None:
    values = read(folder)
    values["scheme"]["classes"][0] |= {"name": "trunk", "colour": "#112233"}
    write(folder, values)
    session = start()
    said = listen_to(session)
    session.projects.open(folder)

    assert session.classes.scheme[1].name == "trunk"
    assert session.classes.scheme[1].colour == "#112233"
    assert said.notes == said.errors == []


def test_of_more_classes_of_a_project_the_first_are_shown(folder, start) -> None:
    values = read(folder)
    values["view"]["classes"]["classes"].pop()  # the model in use knew fewer
    values["view"]["hidden"] = [1, 3]
    write(folder, values)
    session = start()
    session.projects.open(folder)

    assert session.classes.scheme.names == ("class 1", "class 2")
    assert session.classes.hidden == {1}


def test_labels_of_a_model_that_are_too_few_are_told(folder, start, listen_to) -> None:
    values = read(folder)
    values["models"][0]["labels"] = [2, 1]
    write(folder, values)
    session = start()
    said = listen_to(session)
    session.projects.open(folder)

    assert "not as many as its classes" in said.notes[0]
    assert session.labels.of(session.models.base) == ()


def test_what_other_programs_wrote_into_the_view_stays(folder, start) -> None:
    values = read(folder)
    values["view"]["lab"] = [1]
    write(folder, values)
    session = start()
    session.projects.open(folder)
    session.images.changed.emit()
    session.keeper.flush()

    assert read(folder)["view"]["lab"] == [1]

"""Close napari, open the project again: everything is where it was."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QMessageBox

from imageseg.classes import ClassScheme
from imageseg.interactive import Answer
from imageseg.metrics import Scores
from imageseg.project import Project
from imageseg.samples import SAMPLES
from napari_imageseg.keeping import SavedImage
from napari_imageseg.proposals import Proposal

pytestmark = pytest.mark.canvas


@pytest.fixture
def photos(tmp_path):
    """Return a folder with two generated photographs."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in (0, 1):
        pixels = SAMPLES["canopy"](seed=seed).image[:384, :512]
        Image.fromarray(pixels).save(folder / f"plot_{seed}.png")
    return folder


def test_a_closed_project_opens_as_it_was_left(desk, reopen, photos, tmp_path) -> None:
    session = desk.session
    desk.segment.images.open([photos])
    desk.wait()
    session.predictor.predict(everything=True)
    desk.wait()
    session.images.step(1)
    desk.wait()
    session.classes.select(2)
    desk.paint(desk.layer("annotation"), [(100, 100), (100, 300)])
    session.appearance.set(opacity=0.25, contours=True)
    desk.viewer.scene.camera.zoom = 2.5
    session.projects.save_as(tmp_path / "project")
    desk.wait()
    desk.paint(desk.layer("annotation"), [(200, 100), (200, 300)])
    desk.screenshot("project_before_closing")
    left = desk.state()
    desk.viewer.close()  # writes the last stroke before the window goes
    QTest.qWait(100)

    again = reopen(tmp_path / "project")
    again.screenshot("project_after_opening")
    found = again.state()
    again.session.close()
    again.session.keeper.finish()

    assert not desk.errors
    assert not again.errors
    assert found == left


def test_a_damaged_description_opens_and_is_saved(
    desk, photos, tmp_path, ruined, needed
) -> None:
    session, description = desk.session, tmp_path / "project" / "project.json"
    desk.segment.images.open([photos])
    desk.wait()
    session.predictor.predict(everything=True)
    desk.wait()
    session.classes.select(2)
    desk.paint(desk.layer("annotation"), [(100, 100), (100, 300)])
    session.projects.save_as(description.parent)
    desk.wait()
    session.projects.new()
    desk.wait()
    whole = json.loads(description.read_text("utf-8"))
    description.write_text(json.dumps(ruined(whole, "x")), "utf-8")
    notes = []
    session.messages.notified.connect(notes.append)
    session.projects.open(description.parent)
    desk.wait()
    desk.segment.model._fill_earlier()
    session.classes.select(1)
    desk.paint(desk.layer("annotation"), [(200, 100), (200, 300)])
    session.keeper.flush()
    desk.wait()

    assert not desk.errors
    assert any("is not as it has to be" in note for note in notes)
    assert needed(json.loads(description.read_text("utf-8"))) == needed(whole)
    painted = Project.open(description.parent, read_only=True).annotation("plot_0")
    assert painted[[100, 200], 200].tolist() == [2, 1]


def test_a_proposed_model_waits_in_the_project_for_an_answer(
    desk, reopen, photos, tmp_path
) -> None:
    session = desk.session
    desk.segment.images.open([photos])
    desk.wait()
    used = session.models.base
    trained = replace(used, spec=replace(used.spec, name="canopy tuned"))
    scores = Scores(np.array([[6, 1], [1, 4]]))
    answer = Answer(
        model=trained, kind="network", scores=scores, held_out="1 held-out image"
    )
    session.models.propose(Proposal(answer), used)
    session.projects.save_as(tmp_path / "project")
    desk.wait()
    left = desk.segment.train.candidate._text.text()
    desk.viewer.close()
    QTest.qWait(100)

    again = reopen(tmp_path / "project")
    strip = again.segment.train.candidate
    again.screenshot("project_with_proposed_model")
    assert strip.isVisible()
    assert strip._text.text() == left
    again.click(strip.compare)
    again.wait()
    assert again.session.comparer.current.changed == 0  # they differ by name only
    again.click(strip.accept)
    again.session.keeper.flush()
    again.wait()
    project = again.session.keeper.project
    assert project.entry(project.model).name == "canopy tuned"
    assert len(project.models) == 2
    again.session.close()
    again.session.keeper.finish()
    assert not desk.errors
    assert not again.errors


def test_a_project_open_elsewhere_is_told_and_saving_goes_on(
    desk, photos, tmp_path
) -> None:
    held = Project.create(tmp_path / "held", ClassScheme.from_names(["a", "b"]))
    session = desk.session
    desk.segment.images.open([photos])
    desk.wait()
    session.projects.save_as(tmp_path / "mine")
    desk.wait()
    desk.segment.project.open(held.folder)
    desk.wait()
    box = desk.segment.project.findChild(QMessageBox)
    desk.screenshot("project_open_elsewhere")
    assert "held" in box.text()
    box.close()

    session.classes.select(1)
    desk.paint(desk.layer("annotation"), [(100, 100), (100, 300)])
    painted = np.array(desk.layer("annotation").data)
    session.keeper.flush()
    desk.wait()
    saved = Project.open(tmp_path / "mine", read_only=True)
    labels = SavedImage(saved, session.images.current.id).annotation()
    held.close()

    assert np.count_nonzero(painted)
    np.testing.assert_array_equal(labels, painted)
    assert not desk.errors

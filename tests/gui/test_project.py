"""Close napari, open the project again: everything is where it was."""

from __future__ import annotations

import pytest
from PIL import Image
from qtpy.QtTest import QTest

from imageseg.samples import SAMPLES

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

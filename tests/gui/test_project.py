"""Close napari, open the project again: everything is where it was."""

from __future__ import annotations

import numpy as np
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


def layers(desk) -> dict:
    """Return what the layers of the current image show, and how."""
    found = {}
    for kind in ("image", "prediction", "annotation"):
        layer = desk.layer(kind)
        looks = (layer.name, layer.visible, layer.opacity)
        found[kind] = (*looks, np.asarray(layer.data).tobytes())
    return found


def view(desk) -> dict:
    """Return where the user looks, in figures that floats keep."""
    values = desk.room.layers.view()
    camera = values.pop("camera")
    camera = [*camera["center"], camera["zoom"]]
    return values | {"camera": np.round(camera, 6).tolist()}


def table(desk) -> list:
    """Return the density table."""
    items = desk.session.images.items
    return [(i.name, i.status, i.density and i.density.row()) for i in items]


def test_a_closed_project_opens_as_it_was_left(
    desk, make_napari_viewer, qtbot, artifacts, photos, tmp_path
) -> None:
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
    left = layers(desk), view(desk), table(desk)
    desk.viewer.close()  # writes the last stroke before the window goes
    QTest.qWait(100)

    again = type(desk)(make_napari_viewer(show=True), qtbot, artifacts)
    again.viewer.window.resize(1280, 800)
    again.wait()
    again.viewer.open(tmp_path / "project", plugin="napari-imageseg")
    again.wait()
    again.screenshot("project_after_opening")
    found = layers(again), view(again), table(again)
    again.session.close()
    again.session.keeper.finish()

    assert not desk.errors
    assert not again.errors
    assert found[0].keys() == left[0].keys()
    for kind, expected in left[0].items():
        assert found[0][kind][:3] == expected[:3]
    assert found[0]["image"] == left[0]["image"]
    assert found[0]["annotation"] == left[0]["annotation"]
    assert found[1] == left[1]
    assert found[2] == left[2]

"""``python -m napari_imageseg``: both docks, and the files named."""

from __future__ import annotations

import napari
import pytest

from napari_imageseg import __main__ as program
from napari_imageseg.models import ModelChoice
from napari_imageseg.sessions import room_of


@pytest.fixture
def viewer(make_napari_viewer, monkeypatch):
    """Return the viewer that the program will open; nothing blocks or is read."""
    viewer = make_napari_viewer()
    monkeypatch.setattr(napari, "Viewer", lambda **_: viewer)
    monkeypatch.setattr(napari, "run", lambda: None)
    monkeypatch.setattr(ModelChoice, "open", lambda *_, **__: None)
    yield viewer
    room_of(viewer)._shut()


def test_both_docks_are_there(viewer) -> None:
    program.open_docks(viewer)

    assert set(viewer.window.dock_widgets) == {"Segment", "Density"}


def test_without_files_the_sample_is_shown(qtbot, viewer) -> None:
    program.main([])
    room = room_of(viewer)
    qtbot.waitUntil(lambda: not room.busy, timeout=60_000)

    assert room.session.images.current.name == "Canopy"


def test_the_files_named_are_opened(qtbot, viewer, photos) -> None:
    program.main([str(photos / "plot_2.png"), str(photos / "plot_1.png")])
    room = room_of(viewer)
    qtbot.waitUntil(lambda: not room.busy, timeout=60_000)

    names = [item.name for item in room.session.images.items]
    assert names == ["plot_2", "plot_1"]
    assert room.session.images.current.name == "plot_2"

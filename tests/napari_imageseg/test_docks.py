"""The docks in a real viewer: built, connected, closed while work goes on."""

from __future__ import annotations

import gc
import subprocess
import sys

import numpy as np
import pytest
from qtpy.compat import isalive

from napari_imageseg import docks
from napari_imageseg.docks import DensityDock, SegmentDock
from napari_imageseg.items import ImageItem
from napari_imageseg.models import ModelChoice
from napari_imageseg.session import Session
from napari_imageseg.sessions import room_of


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """Return the models asked for; none is really read."""
    names: list[str] = []
    monkeypatch.setattr(ModelChoice, "open", lambda _, name, **__: names.append(name))
    return names


@pytest.fixture
def viewer(make_napari_viewer, opened):
    """Return a viewer whose room is at rest when it is closed."""
    viewer = make_napari_viewer()
    yield viewer
    room_of(viewer)._shut()


def gone(qtbot, widget) -> None:
    """Delete a widget as Qt deletes closed docks."""
    widget.close()
    widget.deleteLater()
    qtbot.waitUntil(lambda: not isalive(widget))


def test_a_dock_opens_the_first_model_with_the_first_image(
    qtbot, viewer, opened, threshold_model
) -> None:
    room = room_of(viewer)
    dock = SegmentDock(viewer)
    qtbot.addWidget(dock)
    assert opened == []
    for name in "ab":
        image = ImageItem(name=name, pixels=np.zeros((8, 8, 3), np.uint8))
        room.session.images.add(image)
    assert opened == ["canopy"]

    room.session.models.current = threshold_model()
    qtbot.addWidget(SegmentDock(viewer))
    assert opened == ["canopy"]


def test_a_dock_takes_the_image_on_show(qtbot, viewer) -> None:
    viewer.add_image(np.zeros((8, 10), np.uint8), name="mine")
    qtbot.addWidget(SegmentDock(viewer))

    assert [item.name for item in room_of(viewer).session.images.items] == ["mine"]


def test_both_docks_share_a_session(qtbot, viewer) -> None:
    segment, density = SegmentDock(viewer), DensityDock(viewer)
    qtbot.addWidget(segment)
    qtbot.addWidget(density)
    item = ImageItem(name="plot", error="Cannot read plot.png")
    room_of(viewer).session.images.items.append(item)
    room_of(viewer).session.images.changed.emit()

    assert density.panel.frame()["error"].tolist() == ["Cannot read plot.png"]


def test_what_is_being_done_cannot_be_started_again(qtbot, viewer) -> None:
    dock, room = SegmentDock(viewer), room_of(viewer)
    qtbot.addWidget(dock)
    train, predict = dock.train.train_button, dock.predict.predict_button
    room.training.started.emit("Training")
    assert (train.isEnabled(), predict.isEnabled()) == (False, True)
    room.work.started.emit("Predicting")
    assert (train.isEnabled(), predict.isEnabled()) == (False, False)
    room.training.ended.emit()
    assert (train.isEnabled(), predict.isEnabled()) == (True, False)
    room.work.ended.emit()

    assert predict.isEnabled()


def test_each_cross_stops_what_stands_beside_it(qtbot, viewer, monkeypatch) -> None:
    room, stopped = room_of(viewer), []
    for name in ("work", "training"):
        lane = getattr(room, name)
        monkeypatch.setattr(lane, "cancel", lambda name=name: stopped.append(name))
    dock = SegmentDock(viewer)
    qtbot.addWidget(dock)
    dock.progress.cancel_button.click()
    dock.train.progress.cancel_button.click()

    assert stopped == ["work", "training"]


def test_the_sample_is_a_photograph_in_the_list(qtbot, viewer) -> None:
    dock = SegmentDock(viewer)
    qtbot.addWidget(dock)
    dock.images.open_sample()
    room = room_of(viewer)
    qtbot.waitUntil(lambda: not room.errands.busy, timeout=60_000)

    assert "Canopy" in viewer.layers
    assert room_of(viewer).session.images.current.name == "Canopy"


def test_using_layers_without_a_selection_says_what_to_do(qtbot, viewer) -> None:
    dock = SegmentDock(viewer)
    qtbot.addWidget(dock)
    said = []
    room_of(viewer).session.messages.notified.connect(said.append)
    dock.images.layers_requested.emit()

    assert said
    assert "Select one or more image layers" in said[0]


def test_closed_docks_do_not_mind_the_session_going_on(
    qtbot, viewer, make_item
) -> None:
    room = room_of(viewer)
    for dock in (SegmentDock(viewer), DensityDock(viewer)):
        gone(qtbot, dock)
    session, item = room.session, make_item()

    session.images.add(item)
    item.error = "failed"
    session.images.item_changed.emit(item)
    session.classes.add()
    session.classes.select(1)
    session.models.changed.emit()
    session.models.candidate_changed.emit()
    session.trainer.started.emit()
    session.measurer.region_changed.emit(session.measurer.region)
    room.work.started.emit("Working")
    room.work.ended.emit()

    assert session.images.current is item


def test_a_dock_that_nobody_refers_to_is_not_called(qtbot, viewer) -> None:
    """Python deletes it at once, without the signal that Qt gives."""
    room = room_of(viewer)
    dock = SegmentDock(viewer)
    del dock
    gc.collect()
    for lane in (room.work, room.training):
        lane.started.emit("Working")
        lane.ended.emit()

    assert not room.work.busy


@pytest.fixture
def readied(monkeypatch) -> list[str]:
    """Return how often layers were made ready, by a timer that hardly waits."""
    monkeypatch.setattr(docks, "_QUIET_MS", 1)
    calls: list[str] = []
    monkeypatch.setattr(Session, "ready_layers", lambda _: calls.append("layers"))
    return calls


def test_a_window_at_rest_gets_ready_for_the_first_image_once(
    qtbot, viewer, readied
) -> None:
    dock = SegmentDock(viewer)
    qtbot.addWidget(dock)
    assert readied == []  # not before it has been drawn
    qtbot.waitUntil(lambda: bool(readied))
    qtbot.wait(50)

    assert readied == ["layers"]


@pytest.mark.parametrize("hindrance", ["image", "work", "dock gone"])
def test_whoever_is_faster_is_not_held_up(
    qtbot, viewer, readied, make_item, monkeypatch, hindrance
) -> None:
    room = room_of(viewer)
    dock = SegmentDock(viewer)
    qtbot.addWidget(dock)
    if hindrance == "image":
        room.session.images.add(make_item())
    elif hindrance == "work":
        monkeypatch.setattr(type(room), "busy", property(lambda _: True))
    else:
        gone(qtbot, dock)
    qtbot.wait(50)

    assert readied == []


def test_a_window_gets_ready_when_its_work_has_ended(
    qtbot, viewer, readied, monkeypatch
) -> None:
    room, at_work = room_of(viewer), [True]
    monkeypatch.setattr(type(room), "busy", property(lambda _: at_work[0]))
    dock = SegmentDock(viewer)
    qtbot.addWidget(dock)
    qtbot.wait(20)
    at_work[0] = False
    qtbot.waitUntil(lambda: bool(readied))


def test_a_dock_with_an_image_has_no_need_to_get_ready(
    qtbot, viewer, readied, make_item
) -> None:
    room_of(viewer).session.images.add(make_item())
    dock = SegmentDock(viewer)
    qtbot.addWidget(dock)
    qtbot.wait(50)

    assert readied == []


def test_a_dock_alone_imports_neither_torch_nor_pandas_nor_matplotlib() -> None:
    code = (
        "import sys; import napari; before = set(sys.modules)\n"
        "import napari_imageseg.docks\n"
        "heavy = {'torch', 'pandas', 'matplotlib', 'sklearn'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    found = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == "[]"

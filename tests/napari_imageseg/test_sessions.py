"""One room a viewer, whoever asks for it."""

from __future__ import annotations

import gc
import weakref

import pytest
from napari.utils._proxies import PublicOnlyProxy
from qtpy.compat import isalive
from qtpy.QtWidgets import QMainWindow

from imageseg.errors import ImageSegError
from napari_imageseg import sessions
from napari_imageseg.sessions import Room, report, room_of


@pytest.fixture
def viewer(make_napari_viewer):
    """Return a viewer whose room is shut at the end."""
    viewer = make_napari_viewer()
    yield viewer
    room_of(viewer)._shut()


def test_a_viewer_has_one_room(viewer) -> None:
    assert room_of(viewer) is room_of(viewer)


def test_napari_s_proxies_lead_to_the_same_room(viewer) -> None:
    """Each dock gets a proxy of its own, which dies with the dock."""
    room = room_of(PublicOnlyProxy(viewer))
    gc.collect()

    assert room_of(PublicOnlyProxy(viewer)) is room
    assert room_of(viewer) is room


class Stubborn(QMainWindow):
    """A window whose user, asked whether to close it, says no."""

    def closeEvent(self, event) -> None:  # noqa: N802  Qt's name
        event.ignore()


@pytest.mark.parametrize(
    ("window_class", "expected"), [(QMainWindow, ["work", "errands"]), (Stubborn, [])]
)
def test_a_window_that_closes_stops_the_work(
    qtbot, viewer, monkeypatch, window_class, expected
) -> None:
    room, window, closed = room_of(viewer), window_class(), []
    qtbot.addWidget(window)
    monkeypatch.setattr(room.work, "cancel", lambda: closed.append("work"))
    monkeypatch.setattr(room.errands, "cancel", lambda: closed.append("errands"))
    room.watch(window)
    room.watch(window)
    window.show()
    window.close()
    qtbot.wait(50)

    assert closed == expected


def test_a_destroyed_window_shuts_the_room(qtbot, viewer) -> None:
    room, window = room_of(viewer), QMainWindow()
    room.watch(window)
    window.deleteLater()
    qtbot.waitUntil(lambda: not isalive(window))
    room.session.classes.select(1)

    assert not room.work.busy
    assert not room.errands.busy


def test_errors_people_can_mend_are_one_sentence(monkeypatch) -> None:
    said = []
    monkeypatch.setattr(sessions, "show_error", said.append)
    report("Predict", ImageSegError("There is no image."))
    report("Save", OSError("disk full"))

    assert said == ["Predict: There is no image.", "Save: disk full"]


def test_a_bug_goes_to_napari_with_its_traceback(monkeypatch) -> None:
    from napari.utils.notifications import notification_manager  # noqa: PLC0415

    received = []
    monkeypatch.setattr(
        notification_manager, "receive_error", lambda *e: received.append(e)
    )
    error = ZeroDivisionError("a bug")
    report("Predict", error)

    assert received == [(ZeroDivisionError, error, error.__traceback__)]


def test_what_a_session_says_is_shown(viewer, monkeypatch) -> None:
    said = []
    monkeypatch.setattr(sessions, "show_info", said.append)
    monkeypatch.setattr(sessions, "show_error", said.append)
    room = Room(viewer)
    room.session.messages.notified.emit("Model saved")
    room.session.messages.failed.emit(
        "Train", ImageSegError("Nothing is annotated yet.")
    )
    room.errands.failed.emit("Reading plot", ImageSegError("Cannot read it."))
    room.work.cancelled.emit("Training")
    room._shut()

    assert said == [
        "Model saved",
        "Train: Nothing is annotated yet.",
        "Reading plot: Cannot read it.",
        "Training: stopped. What was finished before is kept.",
    ]


def test_a_room_does_not_keep_its_window(qtbot, viewer) -> None:
    window = QMainWindow()
    room_of(viewer).watch(window)
    alive = weakref.ref(window)
    window.deleteLater()
    qtbot.waitUntil(lambda: not isalive(alive()))
    del window
    gc.collect()

    assert alive() is None


def test_ranking_gives_way_to_what_is_waited_for(viewer, make_item, with_model) -> None:
    room = room_of(viewer)
    with_model(room.session).images.add(make_item())
    advisor, shown = room.session.advisor, []
    room.ranking.submit = lambda *job: shown.append(job[0])  # type: ignore[method-assign]
    advisor.rank()
    assert advisor.left == 1
    room.training.started.emit("Training")
    assert advisor.waiting
    room.training.ended.emit()

    assert advisor.left == 1
    assert shown == ["Where next", "Where next"]

"""One session a viewer: where docks that napari builds apart meet."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from napari.utils.notifications import show_error, show_info
from platformdirs import user_data_path
from qtpy.compat import isalive
from qtpy.QtCore import (
    QCoreApplication,
    QEvent,
    QEventLoop,
    QObject,
    QThreadPool,
    QTimer,
)
from qtpy.QtWidgets import QMainWindow, QWidget

from imageseg.errors import ImageSegError
from napari_imageseg.ahead import Ahead
from napari_imageseg.framing import Framer
from napari_imageseg.garbage import freeze, thaw
from napari_imageseg.idle import Idle
from napari_imageseg.image_list import ImageList
from napari_imageseg.keeper import Keeper
from napari_imageseg.layers import LayerBook
from napari_imageseg.preferences import AheadPreference, Preferences
from napari_imageseg.session import Session
from napari_imageseg.slice_watch import SliceWatch
from napari_imageseg.workbench import Runners
from napari_imageseg.workers import TaskRunner, stop_timer

if TYPE_CHECKING:
    import napari

SAVE_EVERY_MS = 2000
LONGEST_SAVE_S = 30
_LOOK_MS = 5

# Keyed by the real viewer: napari hands every widget its own proxy, which dies
# with the widget.
_ROOMS: WeakKeyDictionary[object, Room] = WeakKeyDictionary()


class Room:
    """What belongs to one viewer: session, runners and layers."""

    def __init__(self, viewer: napari.Viewer) -> None:
        freeze()  # napari
        self._viewer = viewer
        self.work = TaskRunner(announced=True)
        self.looks, self.errands = TaskRunner(), TaskRunner()
        self.training = TaskRunner(announced=True, behind=self.looks)
        self.models = TaskRunner()
        self.ranking = TaskRunner()
        self.thumbnails, self.saving = TaskRunner(), TaskRunner()
        self._quiet, self._describing = TaskRunner(), TaskRunner()
        _make_room_for(len(self.lanes) + 1)
        runners = Runners(
            work=self.work,
            training=self.training,
            looks=self.looks,
            errands=self.errands,
            models=self.models,
            ranking=self.ranking,
            saving=self.saving,
        )
        self.session = Session(runners, scratch_home())
        self.models.hurried = _hurried(self.session.images, self.work, self.training)
        self.preferences = Preferences(self.session)
        self._start_when_idle()
        self._ahead_preference = AheadPreference(self.ahead)
        self.layers = LayerBook(viewer, self.session)
        self.framer = Framer(viewer, self.session)
        self.slices = SliceWatch(viewer, self.session)
        self._connect()
        self._guard: _ClosingGuard | None = None
        self._docks = 0
        self._clock = QTimer()
        self._clock.timeout.connect(self.session.keeper.flush)
        self._clock.start(SAVE_EVERY_MS)
        self.session.projects.look_for_unsaved()

    def _start_when_idle(self) -> None:
        """Predict the next images, and describe those painted on, between all else."""
        first = (self.work, self.training, self.looks, self.errands, self.ranking)
        self.ahead = Ahead(self.session, self._quiet, first)
        self._describing.hurried = self.models.hurried
        self._describing.failed.connect(report)
        behind = (*first, self._quiet, self.models)
        describe = partial(self.session.trainer.describe, self._describing)
        self._describer = Idle(self._describing, behind, describe)
        self.session.annotator.painted.connect(self._describer.give_way)
        self.session.images.current_changed.connect(self._describer.give_way)

    def _connect(self) -> None:
        """Say what becomes of tasks, and let what nobody waits for give way."""
        self.session.messages.notified.connect(show_info)
        self.session.messages.failed.connect(report)
        for runner in self.lanes:
            runner.failed.connect(report)
        for runner in (self.work, self.training):
            runner.cancelled.connect(_say_stopped)
        for runner in (self.work, self.training, self.looks):
            runner.started.connect(self.session.advisor.give_way)
            runner.ended.connect(self.session.advisor.go_on)
        self.ranking.failed.connect(self.session.advisor.stop)

    @property
    def lanes(self) -> tuple[TaskRunner, ...]:
        """All runners."""
        quick = (self.looks, self.errands, self.thumbnails, self.saving)
        return self.work, self.training, self.models, self.ranking, *quick

    @property
    def busy(self) -> bool:
        """Whether anything is being done."""
        return any(lane.busy for lane in self.lanes)

    @property
    def has_dock(self) -> bool:
        """Whether the main dock is there."""
        return self._docks > 0

    def count_dock(self, dock: QWidget) -> None:
        """Take note of a main dock, for as long as it lives."""
        self._docks += 1
        dock.destroyed.connect(self._on_dock_gone)

    def _on_dock_gone(self) -> None:
        self._docks -= 1

    def watch(self, window: QMainWindow) -> None:
        """Stop all work when this window, which holds the viewer, is closed."""
        if self._guard is None:
            self._guard = _ClosingGuard(window, self.save_now, self.session.close)
            window.destroyed.connect(self._shut)

    def save_now(self) -> None:
        """Write what is not written yet, and wait for it, but not for ever."""
        keeper, ends = self.session.keeper, time.monotonic() + LONGEST_SAVE_S
        keeper.flush_all()
        if _is_settled(keeper):
            return
        self._viewer.status = "Saving the project…"
        # No event loop of our own: that would carry out what a closing window has
        # scheduled for later, as the deletion of its parts.
        only_ours = QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents
        while not _is_settled(keeper) and time.monotonic() < ends:
            QCoreApplication.processEvents(only_ours, _LOOK_MS)
            time.sleep(_LOOK_MS / 1000)
            keeper.flush_all()

    def _shut(self) -> None:
        stop_timer(self._clock)
        self.session.keeper.finish()
        self._ahead_preference.close()
        self.ahead.close()
        self._describer.close()
        for lane in (*self.lanes, self._quiet, self._describing):
            lane.close()
        self.preferences.close()
        self.framer.close()
        self.slices.close()
        self.layers.close()
        _ROOMS.pop(self._viewer, None)  # a room holds its viewer, and must let go
        thaw()


class _ClosingGuard(QObject):
    """Calls before a window closes and when it has; napari may be told no between."""

    def __init__(
        self,
        window: QMainWindow,
        before: Callable[[], None],
        on_close: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._before = before
        self._on_close = on_close
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802  Qt's name
        """Let every event pass."""
        if event is not None and event.type() == QEvent.Type.Close:
            self._before()
            QTimer.singleShot(0, self._look)
        return super().eventFilter(watched, event)

    def _look(self) -> None:
        if not isalive(self):  # type: ignore[no-untyped-call]  # PySide6 calls it still
            return
        window = self.parent()  # not kept: whoever keeps a window keeps its viewer
        if isinstance(window, QMainWindow) and not window.isVisible():
            self._on_close()


def room_of(viewer: napari.Viewer) -> Room:
    """Return the viewer's room, made at the first call."""
    real = getattr(viewer, "__wrapped__", viewer)
    if real not in _ROOMS:
        _ROOMS[real] = Room(real)
    return _ROOMS[real]


def scratch_home() -> Path:
    """Return where projects lie that nobody has named yet."""
    return user_data_path("napari-imageseg", appauthor=False) / "unsaved"


def _is_settled(keeper: Keeper) -> bool:
    """Say whether all is written, or cannot be."""
    return keeper.is_saved or keeper.is_stuck


def _hurried(images: ImageList, *lanes: TaskRunner) -> Callable[[], bool]:
    """Return what tells whether imports in the background may take the window's time.

    So they may while there is nothing on show yet, and when somebody waits for them.
    What is returned does not know the room of the lanes, which has to be let go.
    """
    return lambda: images.current is None or any(lane.busy for lane in lanes)


def _make_room_for(lanes: int) -> None:
    """Let every lane have its thread, on machines of few cores too.

    Otherwise saving would wait for training to end.
    """
    pool = QThreadPool.globalInstance()
    if pool is not None and pool.maxThreadCount() <= lanes:
        pool.setMaxThreadCount(lanes + 1)


def _say_stopped(title: str) -> None:
    show_info(f"{title}: stopped. What was finished before is kept.")


def report(title: str, error: Exception) -> None:
    """Show an error that the user can mend; let a bug show its traceback."""
    if isinstance(error, ImageSegError | OSError):
        show_error(f"{title}: {error}")
        return
    from napari.utils.notifications import notification_manager  # noqa: PLC0415

    notification_manager.receive_error(type(error), error, error.__traceback__)

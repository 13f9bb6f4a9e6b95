"""One session a viewer: where docks that napari builds apart meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QMainWindow

from imageseg.errors import ImageSegError
from napari_imageseg.layers import LayerBook
from napari_imageseg.preferences import Preferences
from napari_imageseg.session import Session
from napari_imageseg.workbench import Runners
from napari_imageseg.workers import TaskRunner

if TYPE_CHECKING:
    import napari

# Keyed by the real viewer: napari hands every widget its own proxy, which dies
# with the widget.
_ROOMS: WeakKeyDictionary[object, Room] = WeakKeyDictionary()


class Room:
    """What belongs to one viewer: session, runners and layers."""

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self.work = TaskRunner(announced=True)
        self.training = TaskRunner(announced=True)
        self.looks, self.errands = TaskRunner(), TaskRunner()
        self.thumbnails = TaskRunner()
        self.session = Session(
            Runners(
                work=self.work,
                training=self.training,
                looks=self.looks,
                errands=self.errands,
            )
        )
        self.preferences = Preferences(self.session)
        self.layers = LayerBook(viewer, self.session)
        self.session.messages.notified.connect(show_info)
        self.session.messages.failed.connect(report)
        for runner in self.lanes:
            runner.failed.connect(report)
        for runner in (self.work, self.training):
            runner.cancelled.connect(_say_stopped)
        self._guard: _ClosingGuard | None = None

    @property
    def lanes(self) -> tuple[TaskRunner, ...]:
        """All runners."""
        return self.work, self.training, self.looks, self.errands, self.thumbnails

    @property
    def busy(self) -> bool:
        """Whether anything is being done."""
        return any(lane.busy for lane in self.lanes)

    def watch(self, window: QMainWindow) -> None:
        """Stop all work when this window, which holds the viewer, is closed."""
        if self._guard is None:
            self._guard = _ClosingGuard(window, self.session.close)
            window.destroyed.connect(self._shut)

    def _shut(self) -> None:
        for lane in self.lanes:
            lane.close()
        self.preferences.close()
        self.layers.close()
        _ROOMS.pop(self._viewer, None)  # a room holds its viewer, and must let go


class _ClosingGuard(QObject):
    """Calls back when a window has closed; napari may ask first, and be told no."""

    def __init__(self, window: QMainWindow, on_close: Callable[[], None]) -> None:
        super().__init__(window)
        self._window = window
        self._on_close = on_close
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802  Qt's name
        """Let every event pass."""
        if event is not None and event.type() == QEvent.Type.Close:
            QTimer.singleShot(0, self._look)
        return super().eventFilter(watched, event)

    def _look(self) -> None:
        if not self._window.isVisible():
            self._on_close()


def room_of(viewer: napari.Viewer) -> Room:
    """Return the viewer's room, made at the first call."""
    real = getattr(viewer, "__wrapped__", viewer)
    if real not in _ROOMS:
        _ROOMS[real] = Room(real)
    return _ROOMS[real]


def _say_stopped(title: str) -> None:
    show_info(f"{title}: stopped. What was finished before is kept.")


def report(title: str, error: Exception) -> None:
    """Show an error that the user can mend; let a bug show its traceback."""
    if isinstance(error, ImageSegError | OSError):
        show_error(f"{title}: {error}")
        return
    from napari.utils.notifications import notification_manager  # noqa: PLC0415

    notification_manager.receive_error(type(error), error, error.__traceback__)

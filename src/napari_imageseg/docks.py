"""The docks named in the manifest: they compose panels and connect, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QFrame, QMainWindow, QScrollArea, QVBoxLayout, QWidget

from napari_imageseg.adopting import can_be_channels
from napari_imageseg.panels.annotate import AnnotatePanel
from napari_imageseg.panels.classes import ClassesPanel
from napari_imageseg.panels.density import DensityPanel
from napari_imageseg.panels.guide import GuideStrip
from napari_imageseg.panels.images import ImagesPanel
from napari_imageseg.panels.model import ModelPanel
from napari_imageseg.panels.parts import INSIDE, Section, ask_channels, listen
from napari_imageseg.panels.predict import PredictPanel
from napari_imageseg.panels.progress import ProgressStrip
from napari_imageseg.panels.project import ProjectPanel
from napari_imageseg.panels.train import TrainPanel
from napari_imageseg.sessions import Room, room_of
from napari_imageseg.workers import TaskRunner

if TYPE_CHECKING:
    import napari

    from napari_imageseg.items import ImageItem

_WIDTH_EM = 27
_QUIET_MS = 500  # until the window has been drawn


class SegmentDock(QWidget):
    """Images, classes, model, prediction and training below each other.

    Parameters
    ----------
    napari_viewer
        Injected by napari.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._room = room_of(napari_viewer)
        self._room.count_dock(self)
        session = self._room.session
        self.guide = GuideStrip(session)
        self.project = ProjectPanel(session)
        self.images = ImagesPanel(session, self._room.thumbnails, self._room.ahead)
        self.classes = ClassesPanel(session)
        self.annotate = AnnotatePanel(session)
        self.model = ModelPanel(session)
        self.predict = PredictPanel(session)
        self.train = TrainPanel(session)
        self.progress = ProgressStrip(self._room.work.cancel)
        self._quiet = QTimer(self)
        self._quiet.timeout.connect(self._on_quiet)
        self._build_layout()
        self._connect()
        self._start()

    def _build_layout(self) -> None:
        self._images_section = Section("Images", self.images)
        sections = (
            Section("Project", self.project),
            self._images_section,
            Section("Classes", self.classes),
            Section("Annotate", self.annotate),
            Section("Model", self.model),
            Section("Predict", self.predict),
            Section("Correct && train", self.train),
        )
        body = QWidget()
        inner = QVBoxLayout(body)
        inner.setContentsMargins(INSIDE, 0, INSIDE, 0)
        inner.setSpacing(0)
        inner.addWidget(self.guide)
        for section in sections:
            inner.addWidget(section)
        inner.addStretch(1)
        self._scroll = scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, INSIDE)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.progress)
        self.setMinimumWidth(_WIDTH_EM * self.fontMetrics().averageCharWidth() * 2)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802  Qt's name
        """Take the whole height of the right side, and watch the window close."""
        super().showEvent(event)
        _settle(self, self._room)

    def _connect(self) -> None:
        room = self._room
        self.images.layers_requested.connect(self._use_layers)
        self.images.summary_changed.connect(self._images_section.set_summary)
        self._followers = [
            _Follower(self, *followed)
            for followed in (
                (room.work, self.progress, self.predict),
                (room.training, self.train.progress, self.train),
            )
        ]
        listen(self, room.session.models.candidate_changed, self._show_candidate)

    def _start(self) -> None:
        """Adopt the image on show, and get ready for work when there is one."""
        images = self._room.session.images
        if not images.items:
            self._room.layers.adopt_selected()
        if images.current is not None:
            self._get_ready()
        else:
            self._quiet.start(_QUIET_MS)
            listen(self, images.current_changed, self._on_image)

    def _on_quiet(self) -> None:
        """Get ready for the first image, when nothing else is being done."""
        if not self._room.busy:
            self._quiet.stop()
            self._room.session.ready_layers()

    def _on_image(self, item: ImageItem | None) -> None:
        """Get ready when the first image is there.

        Not before: napari imports much for its first layers, which goes first, and two
        threads that import hold each other up.
        """
        if item is not None:
            changed = self._room.session.images.current_changed
            changed.disconnect(self._on_image, missing_ok=True)
            self._quiet.stop()
            self._get_ready()

    def _get_ready(self) -> None:
        """Open the first model, which loads torch; a dock alone needs neither."""
        session = self._room.session
        if session.models.current is None and not session.models.expected:
            session.models.open("canopy", automatic=True)
            session.warm_up()

    def _use_layers(self) -> None:
        layers, joined = self._room.layers, False
        selected = layers.selected()
        if can_be_channels(selected):
            answer = ask_channels(self, len(selected))
            if answer is None:
                return
            joined = answer
        if not layers.adopt_selected(joined=joined):
            self._room.session.messages.notified.emit(
                "Select one or more image layers in napari's layer list first."
            )

    def _show_candidate(self) -> None:
        """Bring the question into view, when the layout has made room for it."""
        QTimer.singleShot(0, self._scroll_to_candidate)

    def _scroll_to_candidate(self) -> None:
        self._scroll.ensureWidgetVisible(self.train.candidate, 0)


class DensityDock(QWidget):
    """The density table.

    Parameters
    ----------
    napari_viewer
        Injected by napari.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._room: Room = room_of(napari_viewer)
        self.panel = DensityPanel(self._room.session)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.panel)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802  Qt's name
        """Watch the window close."""
        super().showEvent(event)
        _settle(self, self._room)


def _settle(dock: QWidget, room: Room) -> None:
    """Give the right side its whole height; stop work when the window goes."""
    window = dock.window()
    if isinstance(window, QMainWindow):
        window.setCorner(
            Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea
        )
        room.watch(window)


class _Follower:
    """Shows what a lane is doing, and greys out what it cannot do meanwhile.

    Parameters
    ----------
    owner
        The dock, which keeps this.
    lane
        What is followed.
    strip, panel
        Where it is shown, and whose buttons start it.
    """

    def __init__(
        self,
        owner: QWidget,
        lane: TaskRunner,
        strip: ProgressStrip,
        panel: PredictPanel | TrainPanel,
    ) -> None:
        self._strip, self._panel = strip, panel
        listen(owner, lane.started, self._on_started)
        listen(owner, lane.progressed, strip.report)
        listen(owner, lane.ended, self._on_ended)
        if lane.busy:  # a dock opened again while something is running
            self._on_started("Working")

    def _on_started(self, title: str) -> None:
        self._strip.start(title)
        self._panel.set_busy(busy=True)

    def _on_ended(self) -> None:
        self._strip.rest()
        self._panel.set_busy(busy=False)

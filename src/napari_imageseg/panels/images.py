"""Open images, see how far each is, go from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from psygnal import Signal
from qtpy.QtCore import QModelIndex, QSize, Qt
from qtpy.QtCore import Signal as QtSignal  # type: ignore[attr-defined]  # no stub
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QWidget,
)

from imageseg.project import is_project, layout_of
from napari_imageseg.ahead import Ahead
from napari_imageseg.image_list import Runner
from napari_imageseg.items import ImageItem
from napari_imageseg.panels.image_rows import (
    GLYPHS,
    SORTS,
    VALIDATION,
    ChosenRows,
    ImageRows,
)
from napari_imageseg.panels.next import NextStrip
from napari_imageseg.panels.parts import (
    ask_files,
    ask_folder,
    button,
    column,
    hint,
    listen,
    row,
    shrinking,
    tool,
)
from napari_imageseg.panels.thumbnails import SIDE, Thumbnails
from napari_imageseg.session import Session

_FEWEST_ROWS, _MOST_ROWS = 2, 5
_FEW = 6  # images that nobody needs to search


_STEPS = {
    Qt.Key.Key_N: 1,
    Qt.Key.Key_PageDown: 1,
    Qt.Key.Key_B: -1,
    Qt.Key.Key_PageUp: -1,
}


class _StepList(QListView):
    """A list whose keys go to the next image and the one before, as on layers."""

    stepped = QtSignal(int)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802  Qt's name
        """Step, or do what lists do."""
        step = 0 if event is None else _STEPS.get(Qt.Key(event.key()), 0)
        if step and event is not None and not event.modifiers():
            self.stepped.emit(step)
        else:
            super().keyPressEvent(event)


class ImagesPanel(QWidget):
    """The list of images.

    Parameters
    ----------
    session
        Whose images.
    lane
        Where thumbnails are made.
    ahead
        What predicts the next images meanwhile.
    """

    layers_requested = Signal()
    """The selected napari layers should become images of the session."""
    summary_changed = Signal(str)

    def __init__(self, session: Session, lane: Runner, ahead: Ahead) -> None:
        super().__init__()
        self._session = session
        self._images = session.images
        self._ahead = ahead
        self._thumbnails = Thumbnails(lane)
        self._rows = ImageRows(self._images, self._thumbnails)
        self.chosen = ChosenRows(self._rows)
        self.next = NextStrip(session)
        self._build_list()
        self._build_layout()
        listen(self, self._thumbnails.ready, self._rows.refresh)
        listen(self, self._images.changed, self._refill)
        listen(self, self._images.item_changed, self._refresh_item)
        listen(self, self._images.current_changed, self._mark_current)
        listen(self, session.advisor.changed, self._rows.refresh_all)
        self._refill()

    def _build_list(self) -> None:
        self.view = view = _StepList()
        view.setModel(self.chosen)
        view.setUniformItemSizes(True)
        view.setIconSize(QSize(SIDE, SIDE))
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        view.setAccessibleName("Images")
        view.clicked.connect(self._show)
        view.activated.connect(self._show)
        view.stepped.connect(self._images.step)
        self._add_action("Predict", self._predict_selected)
        self._add_action("Reviewed", lambda: self._review(reviewed=True))
        self._add_action("Not reviewed", lambda: self._review(reviewed=False))
        self._add_action("Copy the path", self._copy_path)
        key = QKeySequence(QKeySequence.StandardKey.Delete)
        self._add_action("Take off the list", self._remove_selected, key)

    def _add_action(
        self, text: str, action: Callable[[], None], key: QKeySequence | None = None
    ) -> None:
        added = self.view.addAction(text)
        added.triggered.connect(lambda _=False: action())
        if key is not None:
            added.setShortcut(key)
            added.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)

    def _build_layout(self) -> None:
        self.setAcceptDrops(True)
        self._hint = hint("Open photographs or stacks, or drop them here.")
        self._sample = button(
            "Try a sample photograph",
            "A generated canopy photograph with known truth",
            self.open_sample,
        )
        self._position = QLabel()
        self._steps = row(
            tool(
                "‹",
                "Image before (B, or Page Up in the list)",
                lambda: self._images.step(-1),
            ),
            self._position,
            tool(
                "›",
                "Next image (N, or Page Down in the list)",
                lambda: self._images.step(1),
            ),
            tool("»", "Next image that is not reviewed", self._step_to_do),
        )
        column(
            self,
            row(
                button("Open…", "Open image files", self._open_files),
                button("Folder…", "Open all images in a folder", self._open_folder),
                button(
                    "Use layer",
                    "Work on the image layers selected in napari",
                    self.layers_requested.emit,
                ),
            ),
            self._hint,
            self._sample,
            self._build_search(),
            self.view,
            self._steps,
            self.next,
            self._build_ahead(),
        )

    def _build_search(self) -> QWidget:
        """Return the line that finds images among many."""
        self.words = QLineEdit()
        self.words.setPlaceholderText("Find…")
        self.words.setClearButtonEnabled(True)
        self.words.setToolTip("Show images whose name has all these words")
        self.words.textChanged.connect(lambda text: self.chosen.show_only(words=text))
        self.status = QComboBox()
        self.status.addItem("all", "")
        for name, glyph in GLYPHS.items():
            self.status.addItem(f"{glyph} {name}", name)
        self.status.addItem(VALIDATION, VALIDATION)
        self.status.setToolTip("Show images of one status")
        self.status.activated.connect(self._filter_status)
        self.sort = QComboBox()
        self.sort.addItems(["as opened", *SORTS])
        self.sort.setToolTip("Order of the list")
        self.sort.textActivated.connect(self._sort_by)
        for box in (self.status, self.sort):
            shrinking(box)
        self._search = QWidget()
        column(self._search, self.words, row(self.status, self.sort, stretch=1))
        return self._search

    def _build_ahead(self) -> QCheckBox:
        """Return the switch for predicting ahead."""
        self.ahead_box = box = QCheckBox("Predict the next images meanwhile")
        box.setToolTip(
            "While you do nothing else, predict the two images that follow; "
            "whatever you start goes first"
        )
        box.setChecked(self._ahead.enabled)
        box.toggled.connect(self._ahead.enable)
        listen(self, self._ahead.changed, self._show_ahead)
        return box

    def _show_ahead(self, enabled: bool) -> None:  # noqa: FBT001  psygnal has no keywords
        self.ahead_box.setChecked(enabled)

    def dragEnterEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001, N802  Qt's
        """Accept files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001, N802  Qt's
        """Open the files dropped."""
        self.open([Path(url.toLocalFile()) for url in event.mimeData().urls()])

    def open_sample(self) -> None:
        """Show the generated photograph."""
        self._images.open_sample()

    def open(self, paths: Sequence[Path]) -> None:
        """Add files and folders to the list; a project is opened as one."""
        if len(paths) == 1 and is_project(paths[0]):
            self._session.projects.open(layout_of(paths[0]).root)
        elif paths:
            self._images.open_paths(paths)

    @property
    def selected(self) -> list[ImageItem]:
        """The images selected in the list."""
        indexes = self.view.selectionModel().selectedIndexes()
        return [self.chosen.item_at(index) for index in indexes]

    def _open_files(self) -> None:
        self.open(ask_files(self))

    def _open_folder(self) -> None:
        self.open(ask_folder(self))

    def _show(self, index: QModelIndex) -> None:
        item = self.chosen.item_at(index)
        if item is not self._images.current:
            self._images.select(item)

    def _step_to_do(self) -> None:
        if not self._images.step_to_do():
            self._session.messages.notified.emit("All images are reviewed.")

    def _sort_by(self, name: str) -> None:
        self.chosen.sort_by(name)
        self.view.scrollTo(self.view.currentIndex())

    def _filter_status(self) -> None:
        self.chosen.show_only(status=self.status.currentData())

    def _predict_selected(self) -> None:
        self._session.predictor.predict(items=self.selected)

    def _review(self, *, reviewed: bool) -> None:
        for item in self.selected:
            self._session.annotator.review(item, reviewed=reviewed)

    def _copy_path(self) -> None:
        paths = [str(item.path or item.name) for item in self.selected]
        QApplication.clipboard().setText("\n".join(paths))

    def _remove_selected(self) -> None:
        """Take images off the list; undo brings them back with their strokes."""
        self._session.remover.remove(self.selected)

    def _refill(self) -> None:
        self._rows.refill()
        count = len(self._images)
        rows = min(max(count, _FEWEST_ROWS), _MOST_ROWS)
        line = max(SIDE + 6, 2 * self.view.fontMetrics().lineSpacing() + 6)
        self.view.setFixedHeight(rows * line + 4)
        for widget in (self._hint, self._sample):
            widget.setVisible(count == 0)
        self.view.setVisible(count > 0)
        self._steps.setVisible(count > 1)
        self.ahead_box.setVisible(count > 1)
        self._search.setVisible(count > _FEW)
        self._mark_current(self._images.current)

    def _refresh_item(self, item: ImageItem) -> None:
        self._rows.refresh(item)
        self._summarise()

    def _mark_current(self, item: ImageItem | None) -> None:
        index = self.chosen.index_of(item)
        if index.isValid() and index != self.view.currentIndex():
            self.view.setCurrentIndex(index)
        at = self._rows.row_of(item)
        self._position.setText(f"{at + 1} / {len(self._images)}" if at >= 0 else "–")
        self._summarise()

    def _summarise(self) -> None:
        done = sum(item.reviewed for item in self._images.items)
        count = len(self._images)
        self.summary_changed.emit(f"{count} · {done} reviewed" if count else "")

"""Open images, see how far each is, go from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QLabel, QListWidget, QListWidgetItem, QWidget

from napari_imageseg.items import ImageItem
from napari_imageseg.panels.parts import (
    ask_files,
    ask_folder,
    button,
    column,
    hint,
    listen,
    row,
    tool,
)
from napari_imageseg.session import Session

_GLYPHS = {"new": "☐", "predicted": "◪", "annotated": "▣"}
_FEWEST_ROWS, _MOST_ROWS = 2, 6


class ImagesPanel(QWidget):
    """The list of images.

    Parameters
    ----------
    session
        Whose images.
    """

    layers_requested = Signal()
    """The selected napari layers should become images of the session."""
    summary_changed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._images = session.images
        self._build_layout()
        listen(self, self._images.changed, self._refill)
        listen(self, self._images.item_changed, self._refresh_item)
        listen(self, self._images.current_changed, self._mark_current)
        self._refill()

    def _build_layout(self) -> None:
        self.setAcceptDrops(True)
        self._hint = hint("Open photographs or stacks, or drop them here.")
        self._sample = button(
            "Try a sample photograph",
            "A generated canopy photograph with known truth",
            self.open_sample,
        )
        self._list = QListWidget()
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._list.itemClicked.connect(self._on_clicked)
        self._list.setToolTip("Delete takes an image off the list; its file stays")
        remove = self._list.addAction("Take off the list")
        remove.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(self._remove_current)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._position = QLabel()
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
            self._list,
            row(
                tool("‹", "Image before (B)", lambda: self._images.step(-1)),
                self._position,
                tool("›", "Next image (N)", lambda: self._images.step(1)),
            ),
        )

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

    def _open_files(self) -> None:
        self.open(ask_files(self))

    def _open_folder(self) -> None:
        self.open(ask_folder(self))

    def open(self, paths: Sequence[Path]) -> None:
        """Add files and folders to the list."""
        if paths:
            self._images.open_paths(paths)

    def _remove_current(self) -> None:
        """Take the image shown off the list, unless strokes would be lost."""
        item = self._images.current
        if item is None:
            return
        if item.annotated_pixels:
            kept = f"{item.name} is annotated, so it stays. Erase its strokes first."
            self._session.messages.notified.emit(kept)
            return
        self._images.remove(item)

    def _on_clicked(self, entry: QListWidgetItem) -> None:
        self._images.select(self._images.items[self._list.row(entry)])

    def _refill(self) -> None:
        self._list.clear()
        for item in self._images.items:
            self._list.addItem(QListWidgetItem(_text(item)))
            self._list.item(self._list.count() - 1).setToolTip(str(item.path or ""))
        rows = min(max(len(self._images), _FEWEST_ROWS), _MOST_ROWS)
        self._list.setFixedHeight(rows * self._list.fontMetrics().height() * 3 // 2)
        empty = not self._images.items
        self._hint.setVisible(empty)
        self._sample.setVisible(empty)
        self._list.setVisible(not empty)
        self._mark_current(self._images.current)

    def _refresh_item(self, item: ImageItem) -> None:
        if item in self._images.items:
            self._list.item(self._images.items.index(item)).setText(_text(item))
        self._summarise()

    def _mark_current(self, item: ImageItem | None) -> None:
        at = self._images.items.index(item) if item in self._images.items else -1
        self._list.setCurrentRow(at)
        self._position.setText(f"{at + 1} / {len(self._images)}" if at >= 0 else "–")
        self._summarise()

    def _summarise(self) -> None:
        done = sum(item.status != "new" for item in self._images.items)
        count = len(self._images)
        self.summary_changed.emit(f"{count} · {done} done" if count else "")


def _text(item: ImageItem) -> str:
    status = "failed" if item.error else item.status
    return f"{_GLYPHS[item.status]}  {item.name}   {status}"

"""The rows of the list of images, sorted and filtered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
)

from imageseg.images import natural_key
from napari_imageseg.image_list import ImageList
from napari_imageseg.items import ImageItem
from napari_imageseg.panels.thumbnails import SIDE, Thumbnails
from napari_imageseg.table import percent

GLYPHS = {
    "new": "☐",
    "predicted": "◪",
    "annotated": "✎",
    "reviewed": "▣",
    "failed": "⚠",
}
VALIDATION = "validation"
"""What is said of an image beside its status if the last training was judged on it."""
_ORDER = list(GLYPHS)
_ROOT = QModelIndex()
ITEM = Qt.ItemDataRole.UserRole


def status_of(item: ImageItem) -> str:
    """Return how far work on an image has come, or that it failed."""
    return "failed" if item.error else item.status


def cover_of(item: ImageItem) -> float:
    """Return the share of the largest class; NaN if nothing is measured."""
    fractions = item.density.fractions if item.density else {}
    return max(fractions.values(), default=float("nan"))


SORTS: dict[str, Callable[[ImageItem], Any]] = {
    "by name": lambda item: natural_key(item.name),
    "by status": lambda item: _ORDER.index(status_of(item)),
    "by annotated area": lambda item: -item.annotated_share,
    "by cover": lambda item: -cover_of(item) if item.density else 1.0,
    "most useful first": lambda item: 1.0 if item.worth is None else -item.worth,
}
"""What rows can be sorted by, besides the order in which they were opened."""


class ImageRows(QAbstractListModel):
    """One row an image, in the order of the list.

    Parameters
    ----------
    images
        The images.
    thumbnails
        Their icons.
    """

    def __init__(self, images: ImageList, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._images = images
        self._thumbnails = thumbnails
        self._items = list(images.items)
        self._at = {item: i for i, item in enumerate(self._items)}
        self._height = 0

    def refill(self) -> None:
        """Take in images that were added or removed."""
        self.beginResetModel()
        self._items = list(self._images.items)
        self._at = {item: i for i, item in enumerate(self._items)}
        self.endResetModel()

    def refresh(self, item: ImageItem) -> None:
        """Write one row anew."""
        if item in self._at:
            index = self.index(self._at[item])
            self.dataChanged.emit(index, index)

    def refresh_all(self) -> None:
        """Write all rows anew."""
        if self._items:
            last = self.index(len(self._items) - 1)
            self.dataChanged.emit(self.index(0), last)

    def row_of(self, item: ImageItem | None) -> int:
        """Return an image's row; -1 if it has none."""
        return -1 if item is None else self._at.get(item, -1)

    def rowCount(self, parent: QModelIndex = _ROOT) -> int:  # noqa: N802  Qt's name
        """One row an image."""
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: QModelIndex, role: int = 0) -> Any:  # noqa: ANN401  Qt takes all
        """Return the text, the icon, the tooltip or the image of a row."""
        item = self._items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(item)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.icon(item)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(filter(None, _tips(item)))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            held_out = f", {VALIDATION}" if item.held_out else ""
            return f"{item.name}, {status_of(item)}{held_out}"
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(0, SIDE + 6)
        return item if role == ITEM else None


class ChosenRows(QSortFilterProxyModel):
    """The rows that are wanted, in the order that is wanted."""

    def __init__(self, rows: ImageRows) -> None:
        super().__init__()
        self.rows = rows
        self._words, self._status, self._sort = "", "", ""
        self.setSourceModel(rows)
        self.setDynamicSortFilter(True)

    def show_only(self, *, words: str | None = None, status: str | None = None) -> None:
        """Keep rows whose name has all these words, and of one status ("": any)."""
        self._words = self._words if words is None else words
        self._status = self._status if status is None else status
        self.invalidate()

    def sort_by(self, name: str) -> None:
        """Sort by a name in `SORTS`; any other keeps the order of opening."""
        self._sort = name if name in SORTS else ""
        self.sort(0 if self._sort else -1)
        self.invalidate()

    def item_at(self, index: QModelIndex) -> ImageItem:
        """Return the image of a row on show."""
        item: ImageItem = self.data(index, ITEM)
        return item

    def index_of(self, item: ImageItem | None) -> QModelIndex:
        """Return where an image is on show; an invalid index if it is not."""
        row = self.rows.row_of(item)
        return self.mapFromSource(self.rows.index(row)) if row >= 0 else QModelIndex()

    def filterAcceptsRow(self, row: int, _: QModelIndex) -> bool:  # noqa: N802  Qt's name
        """Say whether a row is wanted."""
        item: ImageItem = self.rows.data(self.rows.index(row), ITEM)
        if self._status and self._status not in _statuses(item):
            return False
        name = item.name.casefold()
        return all(word in name for word in self._words.casefold().split())

    def lessThan(self, left: QModelIndex, right: QModelIndex) -> bool:  # noqa: N802  Qt's
        """Compare two rows."""
        key = SORTS[self._sort]
        a, b = (self.rows.data(index, ITEM) for index in (left, right))
        return bool(key(a) < key(b))


def _statuses(item: ImageItem) -> tuple[str, ...]:
    """Return all that an image can be found by."""
    return (status_of(item), VALIDATION) if item.held_out else (status_of(item),)


def _tips(item: ImageItem) -> tuple[str, ...]:
    """Return what is said of an image beside its row."""
    held_out = worth = ""
    if item.held_out:
        held_out = "Validation: the last training was judged on it, and did not see it."
    if item.worth is not None:
        change = f"{100 * item.worth:.1f} points"
        worth = f"Looking at it is expected to change the mean cover by about {change}."
    return str(item.path or item.name), item.error, held_out, worth


def _text(item: ImageItem) -> str:
    """Return two lines: the name, and what is known."""
    status = status_of(item)
    share = f"{percent(item.annotated_share)} " if status == "annotated" else ""
    known = [f"{GLYPHS[status]} {share}{status}"]
    if item.held_out:
        known.append(VALIDATION)
    if item.density is not None:
        name, cover = max(item.density.fractions.items(), key=lambda pair: pair[1])
        known.append(f"{name} {percent(cover)}")
    return f"{item.name}\n{' · '.join(known)}"

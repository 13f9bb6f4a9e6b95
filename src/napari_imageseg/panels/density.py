"""The density table: one row an image, copy and CSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSize, Qt
from qtpy.QtGui import QFontDatabase
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QLabel,
    QTableView,
    QWidget,
)

from napari_imageseg.items import ImageItem
from napari_imageseg.panels.parts import (
    ask_save,
    button,
    column,
    listen,
    row,
    swatch,
)
from napari_imageseg.session import Session
from napari_imageseg.table import Column, columns_of, to_frame

if TYPE_CHECKING:
    import pandas as pd

_ROOT = QModelIndex()
_ROWS = 3


class DensityModel(QAbstractTableModel):
    """The rows as Qt wants them."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.items: list[ImageItem] = []
        self.columns: list[Column] = []
        self.refresh()

    def refresh(self) -> None:
        """Read the session anew."""
        self.beginResetModel()
        self.items = [
            item
            for item in self._session.images.items
            if item.density is not None or item.error
        ]
        self.columns = columns_of(self.items, self._session.classes.scheme)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = _ROOT) -> int:  # noqa: N802  Qt's name
        """One row an image."""
        return 0 if parent.isValid() else len(self.items)

    def columnCount(self, parent: QModelIndex = _ROOT) -> int:  # noqa: N802  Qt's name
        """One column a quantity."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: QModelIndex, role: int = 0) -> Any:  # noqa: ANN401  Qt takes all
        """Return text, alignment or tooltip of a cell."""
        column, item = self.columns[index.column()], self.items[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return column.text(item)
        if role == Qt.ItemDataRole.TextAlignmentRole and column.numeric:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole and column.numeric:
            return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        return None

    def headerData(  # noqa: N802  Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = 0
    ) -> Any:  # noqa: ANN401  Qt takes all
        """Return titles, with the colour of the class they stand for."""
        if orientation == Qt.Orientation.Vertical:
            return section + 1 if role == Qt.ItemDataRole.DisplayRole else None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.DecorationRole and column.colour:
            return swatch(column.colour, 10)
        return None


class DensityPanel(QWidget):
    """The table with its buttons.

    Parameters
    ----------
    session
        Whose densities.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.model = DensityModel(session)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.clicked.connect(self._on_clicked)
        self._note = QLabel()
        self.copy_button = button(
            "Copy", "Copy the table, for a spreadsheet", self.copy
        )
        self.csv_button = button("CSV…", "Save the table as a file", self._ask_csv)
        layout = column(
            self,
            row(self._note, self.copy_button, self.csv_button, stretch=0),
            self.table,
        )
        layout.setContentsMargins(6, 6, 6, 6)
        for signal in (
            session.images.changed,
            session.images.item_changed,
            session.classes.changed,
        ):
            listen(self, signal, self._refresh)
        self._refresh()

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Ask for a few rows: the picture matters more."""
        line = self.fontMetrics().height()
        return QSize(60 * line, (_ROWS + 4) * line * 3 // 2)

    def frame(self) -> pd.DataFrame:
        """Return the table as in the CSV: fractions, not per cent."""
        return to_frame(self.model.items)

    def copy(self) -> None:
        """Put the table on the clipboard, tab-separated."""
        QApplication.clipboard().setText(self.frame().to_csv(sep="\t", index=False))

    def save(self, path: Path) -> None:
        """Write the table as CSV."""
        self._session.save_table(path, self.frame())

    def _ask_csv(self) -> None:
        path = ask_save(self, "Save the table", "density.csv", "Table (*.csv)")
        if path is not None:
            self.save(path)

    def _on_clicked(self, index: QModelIndex) -> None:
        self._session.images.select(self.model.items[index.row()])

    def _refresh(self, *_: object) -> None:
        self.model.refresh()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        count = len(self.model.items)
        self.copy_button.setEnabled(count > 0)
        self.csv_button.setEnabled(count > 0)
        many = "s" if count > 1 else ""
        self._note.setText(
            f"{count} image{many}"
            if count
            else "Predict an image: its density appears here."
        )

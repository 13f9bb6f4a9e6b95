"""A small window that lists all keys."""

from __future__ import annotations

from qtpy.QtWidgets import QDialog, QGridLayout, QLabel, QWidget

from napari_imageseg.keys import key_table
from napari_imageseg.panels.parts import BETWEEN, INSIDE, column, hint
from napari_imageseg.session import Session


class KeysWindow(QDialog):
    """Every key of our layers, from the table that binds them.

    Parameters
    ----------
    session
        Whose keys.
    parent
        What it floats above.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setModal(False)
        lines = QWidget()
        grid = QGridLayout(lines)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * BETWEEN)
        grid.setVerticalSpacing(INSIDE)
        for line, key in enumerate(key_table(session)):
            grid.addWidget(QLabel(key.shown), line, 0)
            grid.addWidget(QLabel(key.text), line, 1)
        advice = hint(
            "They work while a layer of ours is selected. napari's own keys keep "
            "their meaning."
        )
        layout = column(self, lines, advice)
        layout.setContentsMargins(BETWEEN, BETWEEN, BETWEEN, BETWEEN)

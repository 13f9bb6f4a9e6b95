"""Choose the class to paint, name and colour the classes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QColorDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QWidget,
)

from imageseg.classes import ClassDef, ClassScheme
from imageseg.errors import SettingsError
from napari_imageseg.keys import MOST_CLASS_KEYS
from napari_imageseg.panels.parts import (
    INSIDE,
    button,
    chooser,
    column,
    hint,
    listen,
    row,
    swatch,
)
from napari_imageseg.session import Session
from napari_imageseg.table import percent


class ClassesPanel(QWidget):
    """One line a class: number, colour, name.

    Parameters
    ----------
    session
        Whose classes.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._choice = session.classes
        self._group = QButtonGroup(self)
        self._grid_holder = QWidget()
        self._grid = QGridLayout(self._grid_holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(INSIDE)
        self._grid.setColumnStretch(2, 1)
        self._shares: dict[int, QLabel] = {}
        column(
            self,
            self._grid_holder,
            row(
                button("Add class", "Add a class and paint it", self._choice.add),
                hint("keys 1-9, X swaps"),
                stretch=1,
            ),
        )
        self._group.idClicked.connect(self._choice.select)
        listen(self, self._choice.changed, self._rebuild)
        listen(self, self._choice.selected, self._mark)
        listen(self, session.images.item_changed, self._count)
        listen(self, session.images.changed, self._count)
        self._rebuild(self._choice.scheme)

    def _rebuild(self, scheme: ClassScheme) -> None:
        for old in self._group.buttons():
            self._group.removeButton(old)
        while self._grid.count():
            widget = self._grid.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        self._shares.clear()
        for line, definition in enumerate(scheme):
            self._add_line(line, definition)
        self._count()
        self._mark(self._choice.label)

    def _add_line(self, line: int, definition: ClassDef) -> None:
        key = f" (key {definition.id})" if definition.id <= MOST_CLASS_KEYS else ""
        brush = chooser(str(definition.id), f"Paint {definition.name}{key}")
        brush.setAccessibleName(f"Paint {definition.name}")
        self._group.addButton(brush, definition.id)
        colour = QToolButton()
        colour.setIcon(swatch(definition.colour))
        colour.setToolTip(f"Colour of {definition.name}")
        colour.clicked.connect(lambda: self._ask_colour(definition))
        name = QLineEdit(definition.name)
        name.setToolTip("Name of the class")
        name.editingFinished.connect(lambda: self._rename(definition, name))
        share = QLabel()
        share.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._shares[definition.id] = share
        widgets = (brush, colour, name, *self._flags(definition), share)
        for place, widget in enumerate(widgets):
            self._grid.addWidget(widget, line, place)

    def _flags(self, definition: ClassDef) -> tuple[QCheckBox, ...]:
        """Return what may be said of a class: shown, locked, left out of densities."""
        choice, label, name = self._choice, definition.id, definition.name
        return (
            _flag(
                "Show",
                f"Draw {name}, predicted and annotated",
                lambda on: choice.hide(label, hidden=not on),
                checked=label not in choice.hidden,
            ),
            _flag(
                "Lock",
                f"Keep what is {name} from being painted over",
                lambda on: choice.lock(label, locked=on),
                checked=label in choice.locked,
            ),
            _flag(
                "Skip",
                f"Leave {name} out of every density, like glare or a frame: its pixels "
                "count neither for nor against any class",
                lambda on: choice.edit(label, excluded=on),
                checked=definition.excluded,
            ),
        )

    def _count(self, *_: object) -> None:
        """Say how much of what is painted is of each class."""
        items = self._session.images.items
        counts = sum((item.counts for item in items), np.zeros(256, np.int64))
        painted = int(counts[1:].sum())
        for label, share in self._shares.items():
            pixels = int(counts[label])
            share.setText(percent(pixels / painted) if painted else "–")
            share.setToolTip(f"{pixels:,} pixels painted, of {painted:,} in all")

    def _mark(self, label: int) -> None:
        chosen = self._group.button(label)
        if chosen is not None:
            chosen.setChecked(True)

    def _rename(self, definition: ClassDef, field: QLineEdit) -> None:
        if field.text() == self._choice.scheme[definition.id].name:
            return
        try:
            self._choice.edit(definition.id, name=field.text())
        except SettingsError as error:
            field.setText(self._choice.scheme[definition.id].name)
            self._session.messages.failed.emit("Rename class", error)

    def _ask_colour(self, definition: ClassDef) -> None:
        before = QColor(definition.colour)
        chosen = QColorDialog.getColor(before, self, f"Colour of {definition.name}")
        if chosen.isValid():
            self._choice.edit(definition.id, colour=chosen.name())


def _flag(
    text: str, tip: str, action: Callable[[bool], object], *, checked: bool
) -> QCheckBox:
    """Return a small switch that is set before it acts."""
    box = QCheckBox(text)
    box.setToolTip(tip)
    box.setChecked(checked)
    box.toggled.connect(action)
    return box

"""Choose the class to paint, name and colour the classes."""

from __future__ import annotations

from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QButtonGroup,
    QColorDialog,
    QGridLayout,
    QLineEdit,
    QToolButton,
    QWidget,
)

from imageseg.classes import ClassDef, ClassScheme
from imageseg.errors import SettingsError
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

_MOST_KEYS = 9


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
        self._rebuild(self._choice.scheme)

    def _rebuild(self, scheme: ClassScheme) -> None:
        for old in self._group.buttons():
            self._group.removeButton(old)
        while self._grid.count():
            widget = self._grid.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        for line, definition in enumerate(scheme):
            self._add_line(line, definition)
        self._mark(self._choice.label)

    def _add_line(self, line: int, definition: ClassDef) -> None:
        key = f" (key {definition.id})" if definition.id <= _MOST_KEYS else ""
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
        for place, widget in enumerate((brush, colour, name)):
            self._grid.addWidget(widget, line, place)

    def _mark(self, label: int) -> None:
        chosen = self._group.button(label)
        if chosen is not None:
            chosen.setChecked(True)

    def _rename(self, definition: ClassDef, field: QLineEdit) -> None:
        if field.text() == self._choice.scheme[definition.id].name:
            return
        try:
            scheme = self._choice.scheme.changed(definition.id, name=field.text())
        except SettingsError as error:
            field.setText(self._choice.scheme[definition.id].name)
            self._session.messages.failed.emit("Rename class", error)
            return
        self._choice.set_scheme(scheme)

    def _ask_colour(self, definition: ClassDef) -> None:
        before = QColor(definition.colour)
        chosen = QColorDialog.getColor(before, self, f"Colour of {definition.name}")
        if chosen.isValid():
            scheme = self._choice.scheme.changed(definition.id, colour=chosen.name())
            self._choice.set_scheme(scheme)

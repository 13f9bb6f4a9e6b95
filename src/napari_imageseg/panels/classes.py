"""Choose the class to paint, name and colour the classes, put them in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtGui import (  # type: ignore[attr-defined]  # no stub
    QAction,
    QColor,
    QKeySequence,
    QPainter,
)
from qtpy.QtWidgets import (
    QApplication,
    QButtonGroup,
    QColorDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QLayoutItem,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QWidget,
)

from imageseg.classes import ClassDef, ClassScheme
from imageseg.errors import SettingsError
from napari_imageseg.keys import MOST_CLASS_KEYS
from napari_imageseg.panels.class_menu import DOWN, UP, ClassMenu, take_in_name
from napari_imageseg.panels.flags import Flag, crossed, eye, lock
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

_CLOSE = 3  # px between what belongs to one class
_NAME = 2  # the column of names


class ClassesPanel(QWidget):
    """One line a class: number, colour, name, what is said of it, its menu.

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
        self._shares: dict[int, QLabel] = {}
        self._to_focus = 0  # label of the class that was moved by keyboard
        self._lines = self._build_lines()
        self._add = button("Add class", "Add a class and paint it", self._choice.add)
        column(self, self._lines, row(self._add, hint("keys 1-9, X swaps"), stretch=1))
        self._group.idClicked.connect(self._choice.select)
        for key, by in ((UP, -1), (DOWN, 1)):
            action = QAction(self)
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(self._move_up if by < 0 else self._move_down)
            self.addAction(action)
        self._connect()
        self._rebuild(self._choice.scheme)

    def _connect(self) -> None:
        images = self._session.images
        listen(self, self._choice.changed, self._rebuild)
        listen(self, self._choice.selected, self._mark)
        listen(self, self._choice.busy_changed, self._wait)
        listen(self, images.item_changed, self._count)
        listen(self, images.changed, self._count)

    def _build_lines(self) -> _Lines:
        """Return room for the lines, which scroll when there are many."""
        holder = QWidget()
        self._grid = QGridLayout(holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_CLOSE)
        self._grid.setColumnStretch(_NAME, 1)
        return _Lines(self._grid)

    def _rebuild(self, scheme: ClassScheme) -> None:
        for old in self._group.buttons():
            self._group.removeButton(old)
        while self._grid.count():
            widget = self._grid.takeAt(0).widget()
            widget.blockSignals(True)  # noqa: FBT003  it would rename another class
            widget.hide()
            widget.deleteLater()
        self._shares.clear()
        for line, definition in enumerate(scheme):
            self._add_line(line, definition)
        self._count()
        self._mark(self._choice.label)
        self._lines.fit()
        self._focus()

    def _add_line(self, line: int, definition: ClassDef) -> None:
        label = definition.id
        key = f" (key {label})" if label <= MOST_CLASS_KEYS else ""
        brush = chooser(str(label), f"Paint {definition.name}{key}")
        brush.setAccessibleName(f"Paint {definition.name}")
        brush.setFixedWidth(_narrow(brush, str(label)))
        self._group.addButton(brush, label)
        colour = QToolButton()
        colour.setIcon(swatch(definition.colour))
        colour.setToolTip(f"Colour of {definition.name}")
        colour.clicked.connect(lambda: self._ask_colour(definition))
        name = QLineEdit(definition.name)
        name.setToolTip(f"Name of the class: {definition.name}")
        name.setCursorPosition(0)
        name.editingFinished.connect(lambda: self._rename(definition, name))
        share = QLabel()
        share.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._shares[label] = share
        menu = ClassMenu(self._session, label, self)
        more = _more(menu, definition.name)
        widgets = (brush, colour, name, *self._flags(definition), share, more)
        for place, widget in enumerate(widgets):
            self._grid.addWidget(widget, line, place)
            if widget is not name:  # which has a menu of its own
                widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
                _open_at(widget, menu)

    def _flags(self, definition: ClassDef) -> Iterator[Flag]:
        """Return what may be said of a class: shown, locked, left out of densities."""
        choice, label, name = self._choice, definition.id, definition.name
        yield _flag(
            eye,
            f"Show {name}",
            f"Draw {name}, predicted and annotated",
            lambda on: choice.hide(label, hidden=not on),
            checked=label not in choice.hidden,
        )
        yield _flag(
            lock,
            f"Lock {name}",
            f"Keep what is {name} from being painted over",
            lambda on: choice.lock(label, locked=on),
            checked=label in choice.locked,
        )
        yield _flag(
            crossed,
            f"Skip {name}",
            f"Leave {name} out of every density, like glare or a frame: its pixels "
            "count neither for nor against any class",
            lambda on: choice.edit(label, excluded=on),
            checked=definition.excluded,
        )

    # -- order ----------------------------------------------------------------

    def _move_up(self) -> None:
        self._move(-1)

    def _move_down(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        """Move the class on whose line the keyboard is, else the one painted."""
        place = self._grid.indexOf(QApplication.focusWidget())
        line = self._grid.getItemPosition(place)[0] if place >= 0 else -1
        label = line + 1 if line >= 0 else self._choice.label
        if 1 <= label + by <= len(self._choice.scheme):
            take_in_name()
            self._to_focus = label + by
            self._session.class_editor.move(label, label + by)

    def _focus(self) -> None:
        """Put the keyboard back on the class that it moved."""
        chosen = self._group.button(self._to_focus)
        if chosen is not None and not self._choice.busy:
            chosen.setFocus()
            self._to_focus = 0

    def _wait(self) -> None:
        """Grey all out while classes are being changed."""
        self._lines.widget().setEnabled(not self._choice.busy)
        self._add.setEnabled(not self._choice.busy)
        self._focus()

    def _count(self, *_: object) -> None:
        """Say how much of what is painted is of each class."""
        items = self._session.images.items
        counts = sum((item.counts for item in items), np.zeros(256, np.int64))
        painted = int(counts[1:].sum())
        for label, share in self._shares.items():
            pixels = int(counts[label])
            share.setText(_share(pixels, painted))
            exact = f" ({percent(pixels / painted)})" if painted else ""
            share.setToolTip(f"{pixels:,} pixels painted, of {painted:,} in all{exact}")

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
    sign: Callable[[QPainter, bool], None],
    name: str,
    tip: str,
    action: Callable[[bool], object],
    *,
    checked: bool,
) -> Flag:
    """Return a small switch that is set before it acts."""
    flag = Flag(sign, name, tip)
    flag.setChecked(checked)
    flag.toggled.connect(action)
    return flag


def _share(pixels: int, painted: int) -> str:
    """Return a share that fits a narrow column: ``"87 %"``."""
    if not painted:
        return "–"
    share = 100 * pixels / painted
    return "<1 %" if 0 < share < 0.5 else f"{share:.0f} %"


def _narrow(widget: QWidget, text: str) -> int:
    """Return the width of a button with a short text."""
    return widget.fontMetrics().horizontalAdvance(text) + 2 * INSIDE + 2


class _Lines(QScrollArea):
    """As high as its lines, but no higher than nine of them; the rest scrolls."""

    def __init__(self, grid: QGridLayout) -> None:
        super().__init__()
        self._grid = grid
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(grid.parentWidget())

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802  Qt's name
        """Follow another font, or another theme."""
        super().changeEvent(event)
        if event is not None and event.type() in (
            QEvent.Type.StyleChange,
            QEvent.Type.FontChange,
        ):
            self.fit()

    def fit(self) -> None:
        """Take the height that the lines need."""
        rows, columns = self._grid.rowCount(), self._grid.columnCount()
        count = sum(
            self._grid.itemAtPosition(k, _NAME) is not None for k in range(rows)
        )
        # Brushes follow the others: a theme draws them higher while they are grey.
        others = [self._grid.itemAtPosition(0, place) for place in range(1, columns)]
        height = max(map(_height, filter(None, others)), default=0)
        for k in range(rows):
            self._grid.setRowMinimumHeight(k, height if k < count else 0)
        for k in range(count):
            self._grid.itemAtPosition(k, 0).widget().setFixedHeight(height)
        shown = min(count, MOST_CLASS_KEYS)
        wanted = max(shown * (height + _CLOSE) - _CLOSE, 0)
        scrolls = count > shown
        policies = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policies.ScrollBarAsNeeded if scrolls else policies.ScrollBarAlwaysOff
        )
        if not scrolls:  # a style may ask for more than its widgets say
            wanted = max(wanted, self._grid.sizeHint().height())
        self.setFixedHeight(wanted)


def _height(item: QLayoutItem) -> int:
    widget = item.widget()
    wanted = max(widget.sizeHint().height(), widget.minimumHeight())
    return min(wanted, widget.maximumHeight())


def _more(menu: ClassMenu, name: str) -> QToolButton:
    """Return the button that opens the menu of a class."""
    more = QToolButton()
    more.setText("⋮")
    more.setAutoRaise(True)
    more.setFixedWidth(_narrow(more, "⋮"))
    more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
    more.setToolTip(f"Move {name}, merge it into another class, delete it")
    more.setAccessibleName(f"More about {name}")
    more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu.setParent(more, menu.windowFlags())  # and goes with it
    more.setMenu(menu)
    return more


def _open_at(widget: QWidget, menu: ClassMenu) -> None:
    """Open a menu where a widget is clicked with the other button."""

    def show(position: QPoint) -> None:
        menu.popup(widget.mapToGlobal(position))

    widget.customContextMenuRequested.connect(show)

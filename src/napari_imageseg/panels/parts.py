"""Small widgets that all panels are made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from weakref import WeakMethod

from psygnal import SignalInstance
from qtpy.QtCore import QObject, QSettings, QSize, Qt
from qtpy.QtGui import QColor, QFontMetrics, QIcon, QPainter, QPixmap, QResizeEvent
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from imageseg.project import is_project

INSIDE, BETWEEN = 6, 10
_MOST_RECENT = 10
_HEADER = """
    QPushButton, QPushButton:hover, QPushButton:pressed {
        background: transparent; border: none; text-align: left; font-weight: bold;
        padding: 4px 0px;
    }
"""
IMAGE_FILTER = "Images (*.png *.jpg *.jpeg *.tif *.tiff *.bmp *.gif);;All files (*)"
MODEL_FILTER = "Models (*.safetensors)"
MODELS_TO_OPEN = "Models (*.safetensors *.h5 *.hdf5 *.keras *.onnx *.zip)"


class Section(QWidget):
    """A titled part of the dock that folds away.

    Not superqt's collapsible: that fixes the height of its content, and cuts
    wrapped text off.
    """

    def __init__(self, title: str, body: QWidget, *, expanded: bool = True) -> None:
        super().__init__()
        self._title, self._summary = title, ""
        self._body = body
        self._header = QPushButton()
        self._header.setStyleSheet(_HEADER)
        self._header.setToolTip("Fold or unfold")
        self._header.clicked.connect(self._toggle)
        layout = column(self, self._header, body)
        layout.setSpacing(0)
        body.layout().setContentsMargins(INSIDE, INSIDE, INSIDE, BETWEEN)
        self.set_expanded(expanded=expanded)

    def set_expanded(self, *, expanded: bool) -> None:
        """Fold (False) or unfold."""
        self._body.setVisible(expanded)
        self._write()

    def set_summary(self, text: str) -> None:
        """Write a few words after the title."""
        self._summary = text
        self._write()

    def _toggle(self) -> None:
        self.set_expanded(expanded=self._body.isHidden())

    def _write(self) -> None:
        arrow = "▸" if self._body.isHidden() else "▾"
        self._header.setText(f"{arrow}  {self._title}   {self._summary}".rstrip())


class ElidedLabel(QLabel):
    """A line of text that is cut in the middle; the tooltip has all of it."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._full = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another text."""
        self._full = text
        self.setToolTip(text)
        self._elide()

    def full_text(self) -> str:
        """Return the text before it was cut."""
        return self._full

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802  Qt's name
        """Cut anew to the new width."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = QFontMetrics(self.font())
        middle = Qt.TextElideMode.ElideMiddle
        self.setText(metrics.elidedText(self._full, middle, max(self.width(), 20)))


def listen(owner: QObject, signal: SignalInstance, slot: Callable[..., object]) -> None:
    """Connect a session's signal to a widget for as long as the widget lives.

    Qt deletes a dock when it is closed; the session lives on and must not call
    what is gone.

    Parameters
    ----------
    owner
        The widget.
    signal
        What to listen to.
    slot
        A method. It is held weakly, here and by the signal: a widget that nobody
        refers to any more is deleted by Python, of which Qt says nothing, and a cycle
        that runs through Qt would never be collected.
    """
    signal.connect(slot)
    owner.destroyed.connect(_Forgetting(signal, slot))


class _Forgetting:
    """Disconnects a method when its widget is gone.

    No function with a closure: Python may take a widget apart that nobody refers to,
    with all that hangs on it, before Qt deletes it and calls this. A function without
    its closure crashes; an object without its attributes has those of its class.
    """

    _signal: SignalInstance | None = None
    _slot: WeakMethod[Callable[..., object]] | None = None

    def __init__(self, signal: SignalInstance, slot: Callable[..., object]) -> None:
        self._signal = signal
        self._slot = WeakMethod(slot)

    def __call__(self, *_: object) -> None:
        slot = None if self._slot is None else self._slot()
        if self._signal is not None and slot is not None:
            self._signal.disconnect(slot, missing_ok=True)


def hint(text: str) -> QLabel:
    """Return a wrapped line of advice."""
    label = QLabel(text)
    label.setWordWrap(True)
    return label


def button(text: str, tip: str, action: Callable[[], object]) -> QPushButton:
    """Return a push button."""
    widget = QPushButton(text)
    widget.setToolTip(tip)
    widget.clicked.connect(lambda _=False: action())
    return widget


def tool(text: str, tip: str, action: Callable[[], object]) -> QToolButton:
    """Return a small button."""
    widget = QToolButton()
    widget.setText(text)
    widget.setToolTip(tip)
    widget.clicked.connect(lambda _=False: action())
    return widget


def chooser(text: str, tip: str) -> QPushButton:
    """Return a button that stays pressed, as narrow as its text."""
    widget = QPushButton(text)
    widget.setCheckable(True)
    widget.setToolTip(tip)
    widget.setFixedWidth(round(3.2 * widget.fontMetrics().averageCharWidth()) + 12)
    return widget


def primary(text: str, tip: str, action: Callable[[], object]) -> QPushButton:
    """Return the one button of a panel that most people press."""
    widget = button(text, tip, action)
    font = widget.font()
    font.setBold(True)
    widget.setFont(font)
    widget.setMinimumHeight(round(widget.sizeHint().height() * 1.25))
    return widget


def shrinking(box: QComboBox) -> QComboBox:
    """Let a choice become narrower than its longest text."""
    policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    box.setSizeAdjustPolicy(policy)
    box.setMinimumContentsLength(6)
    return box


def row(*widgets: QWidget, stretch: int = -1) -> QWidget:
    """Return widgets side by side; the one at `stretch` takes the spare width."""
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(INSIDE)
    for i, widget in enumerate(widgets):
        layout.addWidget(widget, 1 if i == stretch else 0)
    if stretch < 0:
        layout.addStretch(1)
    return holder


def column(parent: QWidget, *widgets: QWidget) -> QVBoxLayout:
    """Lay widgets out below each other in `parent`."""
    layout = QVBoxLayout(parent)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(INSIDE)
    for widget in widgets:
        layout.addWidget(widget)
    return layout


def swatch(colour: str, size: int = 14) -> QIcon:
    """Return a colour chip."""
    pixmap = QPixmap(QSize(size, size) * 2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(colour))
    painter.setPen(QColor(128, 128, 128))
    painter.drawRoundedRect(1, 1, pixmap.width() - 2, pixmap.height() - 2, 6, 6)
    painter.end()
    return QIcon(pixmap)


def ask_files(parent: QWidget) -> list[Path]:
    """Ask for image files; the last folder is remembered."""
    names, _ = QFileDialog.getOpenFileNames(
        parent, "Open images", last_folder(), IMAGE_FILTER
    )
    return _remembered([Path(name) for name in names])


def ask_folder(parent: QWidget) -> list[Path]:
    """Ask for a folder of images."""
    name = QFileDialog.getExistingDirectory(parent, "Choose a folder", last_folder())
    return _remembered([Path(name)] if name else [])


def ask_open(parent: QWidget, title: str, kinds: str) -> Path | None:
    """Ask for one file to open."""
    name, _ = QFileDialog.getOpenFileName(parent, title, last_folder(), kinds)
    return next(iter(_remembered([Path(name)] if name else [])), None)


def ask_save(parent: QWidget, title: str, name: str, kinds: str) -> Path | None:
    """Ask where to save."""
    start = str(Path(last_folder()) / name)
    chosen, _ = QFileDialog.getSaveFileName(parent, title, start, kinds)
    if not chosen:
        return None
    path = Path(chosen)
    if not path.suffix:
        path = path.with_suffix(Path(name).suffix)
        if path.exists() and not _may_replace(parent, path):
            return None
    return _remembered([path])[0]


def ask_channels(parent: QWidget, count: int) -> bool | None:
    """Ask whether layers are channels of one image; None if the user thinks better."""
    box = QMessageBox(parent)
    box.setWindowTitle("Use layers")
    box.setText(f"{count} layers of one size are selected. What are they?")
    one = box.addButton("Channels of one image", QMessageBox.ButtonRole.YesRole)
    many = box.addButton(f"{count} images", QMessageBox.ButtonRole.NoRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(one)
    box.exec()
    clicked = box.clickedButton()
    return None if clicked not in (one, many) else clicked is one


def _may_replace(parent: QWidget, path: Path) -> bool:
    """Ask what the dialog could not: it did not know of the suffix."""
    question = f"{path.name} is there already. Replace it?"
    answer = QMessageBox.question(parent, "Replace the file?", question)
    return answer == QMessageBox.StandardButton.Yes


def last_folder() -> str:
    """Return the folder used last, as remembered between sessions."""
    return str(_preferences().value("last_folder", str(Path.home())))


def recent() -> list[Path]:
    """Return the projects opened last, the newest first, that are still there."""
    value = _preferences().value("recent_projects", [])
    names = [value] if isinstance(value, str) else list(value or [])
    return [Path(name) for name in names if is_project(name)]


def remember_recent(folder: Path) -> None:
    """Put a project at the top of those opened last."""
    names = [str(folder), *(str(path) for path in recent() if path != folder)]
    _preferences().setValue("recent_projects", names[:_MOST_RECENT])


def _remembered(paths: list[Path]) -> list[Path]:
    if paths:
        folder = paths[0] if paths[0].is_dir() else paths[0].parent
        _preferences().setValue("last_folder", str(folder))
    return paths


def preference(name: str, *, default: bool) -> bool:
    """Return a switch that is remembered between sessions."""
    return bool(_preferences().value(name, default, type=bool))


def remembered(name: str, default: int) -> int:
    """Return a number as remembered between sessions."""
    try:
        return int(_preferences().value(name, default))
    except (TypeError, ValueError):  # somebody edited the file
        return default


def remember(name: str, *, value: int) -> None:
    """Keep a switch or a number for later sessions."""
    _preferences().setValue(name, value)


def _preferences() -> QSettings:
    return QSettings("napari-imageseg", "napari-imageseg")

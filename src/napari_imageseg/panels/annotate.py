"""Paint, accept and take back; say how labels are drawn."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QSlider,
    QWidget,
)

from napari_imageseg.appearance import OPACITY, Tool
from napari_imageseg.panels.keys import KeysWindow
from napari_imageseg.panels.parts import (
    INSIDE,
    button,
    column,
    listen,
    remember,
    remembered,
    row,
    shrinking,
    tool,
)
from napari_imageseg.session import Session

_TOOLS: tuple[tuple[Tool, str, str], ...] = (
    ("paint", "Brush", "Paint the chosen class"),
    (
        "erase",
        "Erase",
        "Take annotation off; on the prediction, a correction",
    ),
    ("fill", "Fill", "Fill an area of one label with the chosen class"),
    ("polygon", "Polygon", "Outline an area to fill it with the chosen class"),
)
_SHOWN = {
    "Both": (True, True),
    "Annotation": (True, False),
    "Prediction": (False, True),
    "Neither": (False, False),
}
_LARGEST_BRUSH = 200


class AnnotatePanel(QWidget):
    """Tools to paint with, what is shown, acceptance, undo.

    Parameters
    ----------
    session
        What is annotated.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._keys: KeysWindow | None = None
        self._build_fields()
        self._tools = {mode: self._tool(mode, *rest) for mode, *rest in _TOOLS}
        self._undo = button("Undo", "", session.journal.undo)
        self._redo = button("Redo", "", session.journal.redo)
        accept_view = button(
            "Accept view",
            "Annotate what is in view as predicted, where nothing is painted; "
            "of a stack, in this slice only (A)",
            session.accept_view,
        )
        accept_image = button(
            "Accept image",
            "Annotate all of it as predicted: it is reviewed (Shift+A)",
            session.accept_image,
        )
        erase = button(
            "Erase all",
            "Take all annotation off this image; Undo brings it back",
            session.erase_annotation,
        )
        column(
            self,
            row(*self._tools.values()),
            self._fields(),
            row(accept_view, accept_image, erase),
            row(self._undo, self._redo, tool("?", "All keys", self.show_keys)),
        )
        self._restore()
        listen(self, session.journal.changed, self._name_actions)
        listen(self, session.appearance.changed, self._show)
        listen(self, session.appearance.tool_changed, self._mark_tool)
        self._name_actions()
        self._show()
        self._mark_tool()

    def show_keys(self) -> None:
        """List all keys in a small window."""
        if self._keys is None:
            self._keys = KeysWindow(self._session, self)
        self._keys.show()
        self._keys.raise_()

    def _tool(self, mode: Tool, text: str, tip: str) -> QPushButton:
        def take() -> None:
            self._session.appearance.use(mode)
            self._mark_tool()  # pressed once more, it stays in hand

        widget = button(text, tip, take)
        widget.setCheckable(True)
        return widget

    def _mark_tool(self, _: str = "") -> None:
        """Show which tool is in hand."""
        for mode, widget in self._tools.items():
            widget.setChecked(mode == self._session.appearance.tool)

    def _build_fields(self) -> None:
        appearance = self._session.appearance
        self._brush = _slider(1, _LARGEST_BRUSH, "Diameter of the brush in pixels")
        self._brush_size = QLabel()
        self._shown = shrinking(QComboBox())
        self._shown.addItems(list(_SHOWN))
        self._shown.setToolTip(
            "What is drawn on the image: annotation is opaque, prediction is not"
        )
        self._opacity = _slider(5, 100, "How strongly the prediction is drawn, %")
        self._contours = QCheckBox("Outlines")
        self._contours.setToolTip("Draw the prediction as outlines instead of areas")
        self._brush.valueChanged.connect(lambda size: appearance.set(brush=size))
        self._shown.textActivated.connect(self._on_shown)
        self._opacity.valueChanged.connect(self._on_opacity)
        self._contours.toggled.connect(self._on_contours)

    def _fields(self) -> QWidget:
        fields = QWidget()
        form = QFormLayout(fields)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(INSIDE)
        form.addRow("Brush", row(self._brush, self._brush_size, stretch=0))
        form.addRow("Show", self._shown)
        form.addRow("Prediction", row(self._opacity, self._contours, stretch=0))
        return fields

    def _on_shown(self, text: str) -> None:
        annotation, prediction = _SHOWN[text]
        self._session.appearance.set(annotation=annotation, prediction=prediction)

    def _on_opacity(self, percent: int) -> None:
        self._session.appearance.set(opacity=percent / 100)
        remember("prediction_opacity", value=percent)

    def _on_contours(self, contours: bool) -> None:  # noqa: FBT001  Qt's signal
        self._session.appearance.set(contours=contours)
        remember("prediction_contours", value=int(contours))

    def _restore(self) -> None:
        """Draw as in the session before."""
        percent = remembered("prediction_opacity", round(OPACITY * 100))
        contours = bool(remembered("prediction_contours", 0))
        self._session.appearance.set(opacity=percent / 100, contours=contours)

    def _show(self) -> None:
        """Show what others changed, without answering to it."""
        appearance = self._session.appearance
        shown = appearance.annotation, appearance.prediction
        fields = (self._brush, self._shown, self._opacity, self._contours)
        for field in fields:
            field.blockSignals(True)  # noqa: FBT003  Qt's method
        self._brush.setValue(appearance.brush)
        self._brush_size.setText(f"{appearance.brush} px")
        self._shown.setCurrentIndex(list(_SHOWN.values()).index(shown))
        self._opacity.setValue(round(appearance.opacity * 100))
        self._contours.setChecked(appearance.contours)
        for field in fields:
            field.blockSignals(False)  # noqa: FBT003  Qt's method

    def _name_actions(self) -> None:
        journal = self._session.journal
        for widget, word, title, keys in (
            (self._undo, "Undo", journal.undo_title, "Ctrl+Z"),
            (self._redo, "Redo", journal.redo_title, "Ctrl+Shift+Z"),
        ):
            what = f"{word} {title}" if title else f"Nothing to {word.lower()}"
            widget.setEnabled(bool(title))
            widget.setToolTip(f"{what} ({keys})")


def _slider(lowest: int, highest: int, tip: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(lowest, highest)
    slider.setToolTip(tip)
    slider.setAccessibleName(tip)
    return slider

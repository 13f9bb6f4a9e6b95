"""What a model sees: which slices, which channels, and how large."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QFormLayout, QWidget

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.images import many_channels, same_names
from napari_imageseg.items import ImageItem
from napari_imageseg.panels.parts import INSIDE, hint, listen, shrinking
from napari_imageseg.session import Session
from napari_imageseg.slicing import parse_slices

_ALL = "all"
_BY_MODEL = "as the model needs"


class ScopeFields(QWidget):
    """Slices, resolution, channels; each field shows only where there is a choice.

    Parameters
    ----------
    session
        Whose images they are.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: ImageItem | None = None
        self.slices = _field(
            "Which slices are predicted: all, one, or from-to, as 3-12; the first "
            "is 1. Others stay as they are"
        )
        self.slices.addItem(_ALL)
        self.channels = _field(
            "Which channels models see and learn from, for all images: one, or several "
            "in their order, as 3,1,2 or by their names"
        )
        self.resolution = shrinking(QComboBox())
        self.resolution.setToolTip(
            "Which copy of a multiscale image is predicted; labels of a smaller one "
            "are enlarged. Smaller is faster, and sees more around each pixel"
        )
        self._note = hint("")
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setSpacing(INSIDE)
        self._form.addRow("Slices", self.slices)
        self._form.addRow("Resolution", self.resolution)
        self._form.addRow("Channels", self.channels)
        self._form.addRow(self._note)
        for field, apply in (
            (self.slices, self._on_slices),
            (self.channels, self._on_channels),
        ):
            field.activated.connect(apply)
            field.lineEdit().editingFinished.connect(apply)
        self.resolution.activated.connect(self._on_resolution)
        listen(self, session.images.current_changed, self._on_image)
        listen(self, session.channels.changed, self._show_channels)
        listen(self, session.models.changed, self._show_note)
        self._on_image(session.images.current)

    def _on_image(self, item: ImageItem | None) -> None:
        """Offer what the image has; a range of slices is that of one image."""
        if item is not self._shown:
            self._shown = item
            self.slices.setCurrentText(_ALL)
        stack = many = multiscale = False
        if item is not None and item.pixels is not None:
            stack, many = len(item.label_shape) > 2, item.channels > 1
            multiscale = bool(item.levels)
            self._offer_channels(item)
            self._offer_resolutions(item)
        self._form.setRowVisible(self.slices, stack)
        self._form.setRowVisible(self.resolution, multiscale)
        self._form.setRowVisible(self.channels, many)
        self._show_note()
        self.setVisible(stack or many or multiscale)

    def _offer_channels(self, item: ImageItem) -> None:
        self.channels.clear()
        self.channels.addItem(_BY_MODEL, "")
        self.channels.addItem(_ALL, _ALL)
        if item.channels == 3 and not item.channel_names:
            self.channels.addItem("grey (luma)", "grey")
        for k in range(item.channels):
            name = item.channel_names[k] if k < len(item.channel_names) else ""
            self.channels.addItem(
                f"{k + 1}: {name}" if name else str(k + 1), str(k + 1)
            )
        self._show_channels()

    def _offer_resolutions(self, item: ImageItem) -> None:
        rows, columns = item.label_shape[-2:]
        self.resolution.clear()
        self.resolution.addItem(f"full ({columns:,} × {rows:,} px)")
        for level in range(1, len(item.levels) + 1):
            small = _plane_of(item, level)
            times = round(columns / small[-1])
            self.resolution.addItem(f"1/{times} ({small[-1]:,} × {small[-2]:,} px)")
        level = min(self._session.predictor.level, len(item.levels))
        self.resolution.setCurrentIndex(level)

    def _on_resolution(self, level: int) -> None:
        self._session.predictor.level = level

    def _show_channels(self) -> None:
        text = str(self._session.channels)
        at = self.channels.findData(text)
        if at >= 0:
            self.channels.setCurrentIndex(at)
        else:
            self.channels.setCurrentText(text)
        self._show_note()

    def _on_channels(self) -> None:
        text = self.channels.currentText().strip()
        at = self.channels.findText(text, Qt.MatchFlag.MatchFixedString)
        wanted = self.channels.itemData(at) if at >= 0 else text
        try:
            self._session.channels.use(wanted, self._shown)
        except (SettingsError, ShapeMismatchError) as error:
            self._session.messages.failed.emit("Channels", error)
        self._show_channels()

    def _on_slices(self) -> None:
        item = self._shown
        if item is None or item.pixels is None:
            return
        predictor = self._session.predictor
        text = self.slices.currentText().strip() or _ALL
        try:
            predictor.span = parse_slices(text, item.label_shape[0])
        except SettingsError as error:
            self._session.messages.failed.emit("Slices", error)
        span = predictor.span
        self.slices.setCurrentText(
            _ALL if span is None else f"{span.start + 1}-{span.stop}"
        )

    def _show_note(self) -> None:
        """Say what becomes of a choice that the model in use does not take."""
        text = self._difference()
        self._note.setText(text)
        self._form.setRowVisible(self._note, bool(text))

    def _difference(self) -> str:
        item, model = self._shown, self._session.models.current
        if item is None or model is None or self._session.channels.choice is None:
            return ""
        spec, source = model.spec, self._session.channels.source_of(item)
        if self._session.channels.choice.count(item.channels) != spec.channels:
            many = many_channels(spec.channels)
            return (
                f"{spec.name} takes {many} and goes on seeing them. Train makes a new "
                "model of those chosen."
            )
        if spec.channel_names and not same_names(source.seen_names, spec.channel_names):
            names = ", ".join(spec.channel_names)
            return f"{spec.name} was taught {names}; it sees others now."
        return ""


def _plane_of(item: ImageItem, level: int) -> list[int]:
    """Return the rows and columns of a smaller copy."""
    sides = list(item.levels[level - 1].shape)
    if item.channel_axis is not None:
        sides.pop(item.channel_axis)
    return sides[-2:]


def _field(tip: str) -> QComboBox:
    field = shrinking(QComboBox())
    field.setEditable(True)
    field.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    field.setToolTip(tip)
    return field

"""Predict the image shown, or all, and say where to measure."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QFormLayout, QWidget

from imageseg.density import WHOLE, Region, parse_region
from imageseg.errors import ImageSegError
from napari_imageseg.items import ImageItem
from napari_imageseg.panels.parts import (
    INSIDE,
    button,
    column,
    listen,
    primary,
    row,
    shrinking,
)
from napari_imageseg.panels.scope import ScopeFields
from napari_imageseg.session import Session

_REGIONS = ("whole image", "circle", "circle 0.9", "circle 0.75", "circle 0.5")


class PredictPanel(QWidget):
    """One click to labels and density.

    Parameters
    ----------
    session
        What predicts.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.predict_button = primary(
            "Predict this image",
            "Label every pixel (Ctrl+Enter)",
            session.predictor.predict,
        )
        self._all = button(
            "All", "Predict every image of the list", self._predict_everything
        )
        self._slice = button(
            "This slice",
            "Predict the slice on show; the rest of the stack stays as it is",
            self._predict_slice,
        )
        self._slice.hide()  # until there is a stack
        self._region = shrinking(QComboBox())
        self._region.setEditable(True)
        self._region.addItems(_REGIONS)
        self._region.setToolTip(
            "Where densities are measured: the whole image, or a centred circle "
            "(fisheye photographs) with its diameter as a share of the shorter side"
        )
        self._region.textActivated.connect(self._on_region)
        self._region.lineEdit().editingFinished.connect(self._on_typed)
        fields = QWidget()
        form = QFormLayout(fields)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(INSIDE)
        form.addRow("Measure in", self._region)
        self.scope = ScopeFields(session)
        buttons = row(self.predict_button, self._slice, self._all, stretch=0)
        column(self, buttons, self.scope, fields)
        listen(self, session.measurer.region_changed, self._show_region)
        listen(self, session.images.current_changed, self._on_image)
        self._on_image(session.images.current)

    def set_busy(self, *, busy: bool) -> None:
        """Grey out what cannot be started now."""
        self.predict_button.setEnabled(not busy)
        self._all.setEnabled(not busy)
        self._slice.setEnabled(not busy)

    def _on_image(self, item: ImageItem | None) -> None:
        """Offer slices of stacks."""
        self._slice.setVisible(item is not None and item.is_stack)

    def _predict_slice(self) -> None:
        box = self._session.looker.visible_box()
        if box is None:
            reason = "No single slice is on show. Leave napari's 3-D view first."
            self._session.messages.refuse("Predict this slice", reason)
            return
        self._session.predictor.predict(slices=box[:-2])

    def _predict_everything(self) -> None:
        self._session.predictor.predict(everything=True)

    def _on_typed(self) -> None:
        self._on_region(self._region.currentText())

    def _on_region(self, text: str) -> None:
        try:
            region = parse_region(text.replace("whole image", "whole"))
        except ImageSegError as error:
            self._show_region(self._session.measurer.region)
            self._session.messages.failed.emit("Measure in", error)
            return
        if region != self._session.measurer.region:
            self._session.measurer.set_region(region)

    def _show_region(self, region: Region) -> None:
        text = "whole image" if region == WHOLE else str(region)
        self._region.setCurrentText(text)

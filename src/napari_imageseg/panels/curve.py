"""The loss curve, live, in the theme's colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from imageseg.training import EpochRow

_HEIGHT_EM = 9
_TRAINING, _HELD_OUT = "#56b4e9", "#e69f00"


class LossCurve(QWidget):
    """Loss by epoch: training and held out.

    The figure is built when the first training begins: matplotlib takes longer to
    import than a dock may take to open.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[EpochRow] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.setFixedHeight(_HEIGHT_EM * self.fontMetrics().height())
        self.setToolTip("Loss by epoch; lower is better")

    def clear(self) -> None:
        """Forget the training before, and get ready for the next."""
        self._rows.clear()
        if self._layout.count() == 0:
            self._build()

    def add(self, row: EpochRow) -> None:
        """Show one epoch more."""
        if self._layout.count() == 0:
            self._build()
        self._rows.append(row)
        self._draw()

    def _build(self) -> None:
        from matplotlib.backends.backend_qtagg import (  # noqa: PLC0415
            FigureCanvasQTAgg,
        )
        from matplotlib.figure import Figure  # noqa: PLC0415

        self._figure = Figure(layout="constrained")
        self._canvas = FigureCanvasQTAgg(self._figure)  # type: ignore[no-untyped-call]
        self._axes = self._figure.add_subplot()
        self._layout.addWidget(self._canvas)
        self._style()
        self._figure.draw_without_rendering()  # fonts are found now, not in training

    def _draw(self) -> None:
        axes = self._axes
        axes.clear()
        epochs = [row.epoch for row in self._rows]
        axes.plot(
            epochs, [r.loss for r in self._rows], color=_TRAINING, label="training"
        )
        held = [
            (r.epoch, r.validation_loss)
            for r in self._rows
            if r.validation_loss is not None
        ]
        if held:
            axes.plot(*zip(*held, strict=True), color=_HELD_OUT, label="held out")
        self._style()
        self._canvas.draw_idle()  # type: ignore[no-untyped-call]

    def _style(self) -> None:
        """Take colours and font size from the theme, be it light or dark."""
        from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

        ink = self.palette().color(QPalette.ColorRole.WindowText).name()
        size = max(self.font().pointSizeF() * 0.85, 6.0)
        self._figure.set_facecolor("none")
        self._canvas.setStyleSheet("background: transparent")
        axes = self._axes
        axes.set_facecolor("none")
        axes.set_xlabel("epoch", color=ink, fontsize=size)
        axes.set_ylabel("loss", color=ink, fontsize=size)
        axes.tick_params(colors=ink, labelsize=size)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        for name, spine in axes.spines.items():
            spine.set_visible(name in ("left", "bottom"))
            spine.set_color(ink)
        if self._rows:
            axes.legend(frameon=False, labelcolor=ink, fontsize=size)

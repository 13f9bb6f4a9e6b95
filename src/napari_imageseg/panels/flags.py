"""Small switches drawn as signs: an eye, a lock, a crossed circle."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from qtpy.QtWidgets import QToolButton

_FAINT = 0.35
_GRID = 16  # signs are drawn on a square of 16 by 16


class Flag(QToolButton):
    """A switch that shows a sign, faint while it is off.

    Parameters
    ----------
    sign
        Draws the sign on 16 by 16; it is told whether the switch is on.
    name
        What it says of whom, for those who do not see it.
    tip
        What it does.
    """

    def __init__(
        self, sign: Callable[[QPainter, bool], None], name: str, tip: str
    ) -> None:
        super().__init__()
        self._sign = sign
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        side = round(1.25 * self.fontMetrics().height())
        self.setFixedSize(QSize(side, side))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802  Qt's name
        """Draw the sign in the colour of text, on the theme's button."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = QColor(self.palette().buttonText().color())
        painter.setOpacity(1.0 if self.isChecked() else _FAINT)
        side = 0.8 * min(self.width(), self.height())
        painter.translate((self.width() - side) / 2, (self.height() - side) / 2)
        painter.scale(side / _GRID, side / _GRID)
        pen = QPen(ink, 1.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        self._sign(painter, self.isChecked())
        painter.end()


def eye(painter: QPainter, on: bool) -> None:  # noqa: FBT001  as `Flag` calls it
    """Draw an eye, crossed out when something is hidden."""
    lid = QPainterPath(QPointF(1, 8))
    lid.quadTo(QPointF(8, 0.5), QPointF(15, 8))
    lid.quadTo(QPointF(8, 15.5), QPointF(1, 8))
    painter.drawPath(lid)
    painter.drawEllipse(QPointF(8, 8), 2.2, 2.2)
    if not on:
        painter.drawLine(QPointF(2.5, 14), QPointF(13.5, 2))


def lock(painter: QPainter, on: bool) -> None:  # noqa: FBT001  as `Flag` calls it
    """Draw a lock, open when everything may be painted over."""
    painter.drawRoundedRect(QRectF(3, 7.5, 10, 7), 1.2, 1.2)
    hinge = 8.0 if on else 11.0
    bow = QRectF(hinge - 3, 1.5, 6, 8)
    painter.drawArc(bow, 0, 180 * 16)
    painter.drawLine(QPointF(hinge - 3, 5.5), QPointF(hinge - 3, 7.5))
    if on:
        painter.drawLine(QPointF(hinge + 3, 5.5), QPointF(hinge + 3, 7.5))


def crossed(painter: QPainter, _: bool) -> None:  # noqa: FBT001  as `Flag` calls it
    """Draw a crossed circle: this does not count."""
    painter.drawEllipse(QPointF(8, 8), 6, 6)
    painter.drawLine(QPointF(3.8, 12.2), QPointF(12.2, 3.8))

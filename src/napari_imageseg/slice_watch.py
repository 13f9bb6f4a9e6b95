"""Tells a session when another slice is on show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

from napari_imageseg.workers import stop_timer

if TYPE_CHECKING:
    import napari

    from napari_imageseg.session import Session

SETTLED_MS = 150
"""So long after the last move: a slider that is dragged passes many slices."""


class SliceWatch:
    """Asks for an answer of the slice that a viewer has come to.

    Parameters
    ----------
    viewer
        napari's viewer.
    session
        Its session, whose trainer answers.
    """

    def __init__(self, viewer: napari.Viewer, session: Session) -> None:
        self._viewer = viewer
        self._session = session
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLED_MS)
        self._timer.timeout.connect(session.trainer.on_slice)
        viewer.dims.events.current_step.connect(self._on_move)
        session.images.current_changed.connect(self._on_move)

    def close(self) -> None:
        """Stop listening."""
        stop_timer(self._timer)
        self._viewer.dims.events.current_step.disconnect(self._on_move)
        self._session.images.current_changed.disconnect(self._on_move)

    def _on_move(self, _: object) -> None:
        self._timer.start()

"""A frame around the place where a look is worth most, and the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Shapes
from numpy.typing import NDArray

from napari_imageseg.advising import Pointer
from napari_imageseg.edits import Box
from napari_imageseg.items import ImageItem
from napari_imageseg.spaces import space
from napari_imageseg.viewing import camera_of, to_world

if TYPE_CHECKING:
    import napari

    from napari_imageseg.session import Session

COLOUR = "magenta"  # of no class by default, and of nothing that is photographed
_SHOWN_PX = 450  # of the screen, for the longer side of a place
_LINE_PX = 3


class Framer:
    """Moves the view to a place and frames it; the frame is nobody's data.

    It goes with the image, or when the session points at nothing any more; whoever
    deletes its layer loses nothing.

    Parameters
    ----------
    viewer
        napari's viewer.
    session
        Its session, whose advisor points.
    """

    def __init__(self, viewer: napari.Viewer, session: Session) -> None:
        self._viewer = viewer
        self._session = session
        self._frame: Shapes | None = None
        session.advisor.pointed.connect(self._on_pointed)
        session.images.current_changed.connect(self._on_current)

    def close(self) -> None:
        """Stop listening; what is shown stays."""
        self._session.advisor.pointed.disconnect(self._on_pointed)
        self._session.images.current_changed.disconnect(self._on_current)

    def _on_current(self, _: ImageItem | None) -> None:
        self._on_pointed(self._session.advisor.pointer)

    def _on_pointed(self, pointer: Pointer | None) -> None:
        """Show a place as soon as its image is there."""
        self._clear()
        if pointer is not None and pointer.item is self._session.images.current:
            self._show(pointer)

    def _show(self, pointer: Pointer) -> None:
        corners = _corners(pointer.place.box)
        sides = np.ptp(corners[:, -2:], axis=0)
        frame = Shapes(
            [corners],
            shape_type="polygon",
            name=f"{pointer.item.name} · look here",
            edge_color=COLOUR,
            edge_width=_LINE_PX / _SHOWN_PX * float(max(sides)),
            face_color="transparent",
            opacity=1.0,
            **space(pointer.item),
        )
        frame.editable = False
        active = self._viewer.layers.selection.active
        self._viewer.add_layer(frame)
        self._frame = frame
        if active in self._viewer.layers:
            self._viewer.layers.selection.active = active
        self._go_to(np.array([to_world(self._viewer, frame, at) for at in corners]))

    def _go_to(self, corners: NDArray[np.float64]) -> None:
        """Look at corners in the world: choose the slice, and centre a flat view."""
        dims, camera = self._viewer.dims, camera_of(self._viewer)
        centre, first = corners.mean(0), dims.ndim - corners.shape[1]
        for axis in dims.not_displayed:
            if axis >= first:
                dims.set_point(axis, centre[axis - first])
        if dims.ndisplay != 2 or min(dims.displayed) < first:
            return
        shown = [axis - first for axis in dims.displayed]
        camera.center = (0.0, *(float(centre[axis]) for axis in shown))
        camera.zoom = _SHOWN_PX / float(np.ptp(corners[:, shown], axis=0).max())

    def _clear(self) -> None:
        if self._frame is not None and self._frame in self._viewer.layers:
            self._viewer.layers.remove(self._frame)
        self._frame = None


def _corners(box: Box) -> NDArray[np.float64]:
    """Return the corners of a box around its pixels, within its slice."""
    rows, columns = box[-2:]
    leading = [float(span.start) for span in box[:-2]]
    top, bottom = rows.start - 0.5, rows.stop - 0.5
    left, right = columns.start - 0.5, columns.stop - 0.5
    corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
    return np.array([[*leading, *corner] for corner in corners])

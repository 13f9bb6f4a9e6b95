"""Keep napari from drawing while its layers are exchanged."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import napari


def undrawn(viewer: napari.Viewer) -> AbstractContextManager[object]:
    """Draw nothing until what is inside has ended.

    A slider that appears for a stack changes the size of the canvas, which is then
    drawn at once, in the middle of adding the layer. With a layer of two dimensions
    left, and another one just removed, OpenGL then reads what is gone, and the program
    crashes (napari 0.9.2, Mesa). Not drawing half of the layers is also faster.
    """
    window = getattr(viewer, "window", None)  # a model of a viewer has none
    inner = getattr(window, "_qt_viewer", None)  # napari has no public name
    if inner is None:
        return nullcontext()
    blocker: AbstractContextManager[object] = inner.canvas.events.draw.blocker()
    return blocker

"""Two models side by side, above all else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.layers import Labels

from napari_imageseg.comparing import Comparison
from napari_imageseg.conversions import colormap
from napari_imageseg.spaces import space

if TYPE_CHECKING:
    import napari

    from imageseg.classes import ClassScheme

OPACITY = 0.7


class ComparisonLayer:
    """Shows a comparison in a layer of its own, which nobody paints on.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self._layer: Labels | None = None

    def show(self, comparison: Comparison, scheme: ClassScheme) -> None:
        """Show it instead of the one before; what is active stays so."""
        self.hide()
        active = self._viewer.layers.selection.active
        item = comparison.item
        self._layer = Labels(
            comparison.shown,
            name=f"{item.name} · before | after",
            opacity=OPACITY,
            colormap=colormap(scheme),
            **space(item),
        )
        self._layer.editable = False
        self._viewer.add_layer(self._layer)
        if active in self._viewer.layers:
            self._viewer.layers.selection.active = active

    def hide(self) -> None:
        """Take it away."""
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def refresh(self) -> None:
        """Draw it again: the line between the models has moved."""
        if self._layer is not None:
            self._layer.refresh(extent=False)

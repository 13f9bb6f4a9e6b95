"""Image layers of the user: they are shown and hidden, never removed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from napari.layers import Image, Layer

from napari_imageseg.conversions import item_from
from napari_imageseg.items import ImageItem

if TYPE_CHECKING:
    import napari


class AdoptedLayers:
    """Layers of the user that are images of a session, or channels of one.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self._layers: WeakKeyDictionary[ImageItem, tuple[Layer, ...]] = (
            WeakKeyDictionary()
        )

    def selected(self, others: Collection[Layer] = ()) -> list[Image]:
        """Return the selected image layers that are not adopted, nor among others."""
        taken = {layer for layers in self._layers.values() for layer in layers}
        return [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Image)
            and layer in self._viewer.layers.selection
            and layer not in taken
            and layer not in others
        ]

    def adopt(self, layers: Sequence[Image]) -> ImageItem:
        """Return a layer as an image, or several as the channels of one."""
        item = item_from(layers)
        self.keep(item, layers)
        return item

    def keep(self, item: ImageItem, layers: Sequence[Layer]) -> None:
        """Take note of the layers of an image, which stay when others are shown."""
        self._layers[item] = tuple(layers)

    def layer_of(self, item: ImageItem | None) -> Layer | None:
        """Return the layer of an image, the first of several; None if it has none."""
        here = [own for own in self._of(item) if own in self._viewer.layers]
        return here[0] if here else None

    def set_visible(self, item: ImageItem | None, *, visible: bool) -> None:
        """Show or hide the layers of an image."""
        for layer in self._of(item):
            layer.visible = visible

    def forget(self, layer: Layer) -> None:
        """Let go of a layer that the user deleted."""
        for item, own in list(self._layers.items()):
            if layer in own:
                self._layers[item] = tuple(other for other in own if other is not layer)

    def _of(self, item: ImageItem | None) -> tuple[Layer, ...]:
        return () if item is None else self._layers.get(item, ())


def can_be_channels(layers: Sequence[Image]) -> bool:
    """Say whether layers may be channels of one image: grey, of one size and place."""
    if len(layers) < 2 or any(layer.rgb or layer.multiscale for layer in layers):
        return False
    first = layers[0]
    place = first.extent.world
    return all(
        layer.data.shape == first.data.shape and (layer.extent.world == place).all()
        for layer in layers
    )

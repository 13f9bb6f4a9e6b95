"""Between napari layers and what the session knows: pure functions."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray

from imageseg.images import spatial_shape
from napari_imageseg.items import ImageItem

if TYPE_CHECKING:
    from napari.layers import Image

    from imageseg.classes import ClassScheme


def colormap(scheme: ClassScheme, hidden: Collection[int] = ()) -> DirectLabelColormap:
    """Return the class colours; what is hidden or not annotated is transparent."""
    colours: dict[int | None, Any] = {
        c.id: "transparent" if c.id in hidden else c.colour for c in scheme
    }
    return DirectLabelColormap(
        color_dict={None: "transparent", 0: "transparent"} | colours
    )


def item_from(layer: Image) -> ImageItem:
    """Describe an image layer; its pixels are not read."""
    data = layer.data[0] if layer.multiscale else layer.data
    pixels = data[..., :3] if layer.rgb else data
    axes = len(label_shape(pixels))
    return ImageItem(
        name=layer.name,
        pixels=pixels,
        # A colour image that napari holds as a stack has an axis more than its labels.
        scale=tuple(layer.scale)[:axes],
        translate=tuple(layer.translate)[:axes],
        units=tuple(str(unit) for unit in layer.units)[:axes],
    )


def space(item: ImageItem) -> dict[str, Any]:
    """Return where an image lies, for its label layers."""
    where = {"scale": item.scale, "translate": item.translate, "units": item.units}
    return {key: value for key, value in where.items() if value is not None}


def is_rgb(pixels: NDArray[Any]) -> bool:
    """Say whether the last axis holds red, green and blue."""
    return pixels.ndim >= 3 and pixels.shape[-1] == 3


def label_shape(pixels: NDArray[Any]) -> tuple[int, ...]:
    """Return the shape of labels without reading pixels, which may lie on disk."""
    return spatial_shape(pixels, 3 if is_rgb(pixels) else 1)

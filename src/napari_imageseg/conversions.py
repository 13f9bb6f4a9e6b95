"""Between napari layers and what the session knows: pure functions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import DirectLabelColormap

from napari_imageseg.items import ImageItem
from napari_imageseg.spaces import space

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


def item_from(layers: Sequence[Image]) -> ImageItem:
    """Describe an image layer, or several that are channels of one image.

    Pixels are not read.
    """
    layer = layers[0]
    levels = [_visible(layer, level) for level in _levels(layer)]
    item = ImageItem(
        name=layer.name,
        pixels=levels[0],
        axes=_axes(layer, levels[0]),
        others=tuple(_visible(other, _levels(other)[0]) for other in layers[1:]),
        levels=tuple(levels[1:]) if len(layers) == 1 else (),
    )
    if len(layers) > 1:
        item.channel_names = tuple(layer.name for layer in layers)
    _place(item, layer)
    return item


def shown(item: ImageItem) -> tuple[Any, dict[str, Any]]:
    """Return the pixels as napari shows them, and how: colours or not, and where."""
    pixels, rgb = shown_pixels(item)
    where = space(item)
    if item.channel_axis is not None and not rgb:
        where = beside_channels(where)
    return pixels, {"rgb": rgb, **where}


def beside_channels(where: Mapping[str, Any]) -> dict[str, Any]:
    """Return where an image lies whose first axis is that of channels."""
    first = {
        "scale": 1.0,
        "translate": 0.0,
        "units": "pixel",
        "axis_labels": "channel",
    }
    found: dict[str, Any] = {
        name: (first[name], *where[name]) for name in first if name in where
    }
    for name in ("rotate", "affine"):
        if name in where:
            inner = np.asarray(where[name])
            outer = np.eye(len(inner) + 1)
            outer[1:, 1:] = inner
            found[name] = outer
    if "shear" in where:
        sides = len(where["shear"])  # of the rows of an upper triangle
        zeros = (0.0,) * round((np.sqrt(8 * sides + 1) + 1) / 2)
        found["shear"] = (*zeros, *where["shear"])
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """How an image lies in the viewer, but for its size.

    Attributes
    ----------
    dims
        Of its labels.
    channel_axis, colours
        Of its pixels, and whether these are colours.
    where
        As of `space`.
    """

    dims: int
    channel_axis: int | None
    colours: bool
    where: Mapping[str, Any]

    @classmethod
    def of(cls, item: ImageItem) -> Placement:
        """Describe an image whose pixels are known."""
        axis, colours = item.channel_axis, shown_pixels(item)[1]
        return cls(len(item.label_shape), axis, colours, space(item))

    def shows_like(self, other: Placement) -> bool:
        """Say whether the image layer can show that image; labels suit already."""
        return (self.channel_axis, self.colours) == (other.channel_axis, other.colours)

    def suits(self, other: Placement) -> bool:
        """Say whether label layers that lie so can show those of another image."""
        names = self.where.keys()
        if self.dims != other.dims or names != other.where.keys():
            return False
        return all(np.array_equal(self.where[k], other.where[k]) for k in names)


def shown_pixels(item: ImageItem) -> tuple[Any, bool]:
    """Return the pixels as napari shows them, and whether they are colours.

    Channels that are no colours come first: napari gives them a slider.
    """
    pixels, axis = item.pixels, item.channel_axis
    if pixels is None or axis is None:
        return pixels, False
    if axis == pixels.ndim - 1 and pixels.shape[axis] == 3:
        return pixels, True
    return np.moveaxis(pixels, axis, 0), False


def _levels(layer: Image) -> list[Any]:
    return list(layer.data) if layer.multiscale else [layer.data]


def _visible(layer: Image, pixels: Any) -> Any:  # noqa: ANN401  NumPy, Dask, Zarr
    """Leave transparency out."""
    return pixels[..., :3] if layer.rgb and pixels.shape[-1] > 3 else pixels


def _axes(layer: Image, pixels: Any) -> str:  # noqa: ANN401  as _visible
    """Name the axes, if the layer does; colours are last."""
    names = [name.strip().casefold() for name in layer.axis_labels]
    if layer.rgb:
        return "".join(map(_letter, names)) + "C"
    told = _are_named(names)
    return "".join(map(_letter, names)) if told and pixels.ndim == len(names) else ""


def _are_named(labels: Sequence[str]) -> bool:
    """Say whether axes have names; napari's own are ``"-1"`` and ``"axis -1"``."""
    own = (label.removeprefix("axis ").lstrip("-").isdecimal() for label in labels)
    return not all(own)


def _letter(name: str) -> str:
    if name in _CHANNELS:
        return "C"
    letter = name[:1].upper()
    return letter if letter in set("TZYX") else "Q"


_CHANNELS = ("c", "ch", "channel", "channels")


def _place(item: ImageItem, layer: Image) -> None:
    """Note where a layer lies, without the axis of its channels."""
    axes = len(item.label_shape)
    kept = [i for i in range(layer.ndim) if layer.rgb or i != item.channel_axis][:axes]
    item.scale = tuple(float(layer.scale[i]) for i in kept)
    item.translate = tuple(float(layer.translate[i]) for i in kept)
    item.units = tuple(str(layer.units[i]) for i in kept)
    labels = tuple(layer.axis_labels[i] for i in kept)
    if _are_named(labels):
        item.axis_labels = labels
    rotate, affine = np.asarray(layer.rotate), np.asarray(layer.affine.affine_matrix)
    if not np.allclose(rotate, np.eye(layer.ndim)):
        item.rotate = rotate[np.ix_(kept, kept)]
    if not np.allclose(affine, np.eye(layer.ndim + 1)):
        item.affine = affine[np.ix_([*kept, layer.ndim], [*kept, layer.ndim])]
    if np.any(layer.shear) and len(kept) == layer.ndim:
        item.shear = np.asarray(layer.shear)

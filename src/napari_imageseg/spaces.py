"""Where images lie: in which units, and how large their pixels are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pint  # napari's

from napari_imageseg.items import ImageItem

_WHERE = ("scale", "translate", "units", "rotate", "shear", "affine", "axis_labels")


def known_space(item: ImageItem) -> dict[str, Any]:
    """Return what is known of where an image lies, or else told by its file."""
    where = {name: getattr(item, name) for name in _WHERE}
    known = {key: value for key, value in where.items() if value is not None}
    return known if "scale" in known else _told(item) | known


def space(item: ImageItem) -> dict[str, Any]:
    """Return where an image lies, for its layers; its pixels must be known.

    What does not suit its axes is left out, and units that napari does not know: they
    come from files that others write too.
    """
    known, axes = known_space(item), len(item.label_shape)
    sizes: dict[str, tuple[int, ...]]
    sizes = {"rotate": (axes, axes), "affine": (axes + 1, axes + 1)}
    sizes["shear"] = (axes * (axes - 1) // 2,)
    return {
        name: value
        for name, value in known.items()
        if np.shape(value) == sizes.get(name, (axes,))
        if name != "units" or all(map(_is_unit, value))
    }


def _is_unit(name: str) -> bool:
    registry: Collection[str] = pint.get_application_registry()  # type: ignore[no-untyped-call]
    return name.isidentifier() and name in registry


def _told(item: ImageItem) -> dict[str, Any]:
    """Return where an image lies by what its file tells of axes and pixels.

    Photographs of which it tells no size stay in pixels.
    """
    axes, size = item.axes.replace("C", ""), item.pixel_size
    told: dict[str, Any] = {}
    named = len(set(axes)) == len(axes) and "Q" not in axes
    if named and (size is not None or len(axes) > 2):
        told["axis_labels"] = tuple(axes.lower())
    if size is not None:
        # Slices whose distance nobody knows make cubes, as without any size.
        sides = {"T": 1.0, "Z": size.z or size.x, "Y": size.y}
        told["scale"] = tuple(sides.get(axis, size.x) for axis in axes)
        told["units"] = tuple("pixel" if a == "T" else size.unit for a in axes)
    return told

"""OME-Zarr images (NGFF 0.1 to 0.5) and plain Zarr arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from imageseg.errors import ImageReadError
from imageseg.images.calibration import ngff_size
from imageseg.images.formats import is_installed
from imageseg.images.layout import Layout
from imageseg.images.sources import ImageInfo, Opened, Source, Stored
from imageseg.units import PixelSize

_AXES = "TCZYX"  # of NGFF 0.1 and 0.2
_BY_TYPE = {"channel": "C", "time": "T"}
_SERIES = "bioformats2raw.layout"


def open_zarr(path: Path) -> Opened:
    """Open a Zarr folder: the levels of its first multiscale image, or its array.

    Raises
    ------
    ImageReadError
        The package zarr is missing, or there is no image in the folder.
    """
    if not is_installed("zarr"):
        raise ImageReadError(
            path, 'OME-Zarr needs a package: pip install "napari-imageseg[zarr]".'
        )
    import zarr  # noqa: PLC0415  heavy, and optional

    node = zarr.open(path, mode="r")
    if isinstance(node, zarr.Array):
        axes = _array_axes(node)
        return Opened((_level(path, node, axes, None),))
    metadata = _metadata(node)
    if _SERIES in metadata and "multiscales" not in metadata:
        node = node["0"]  # bioformats2raw numbers its images
        metadata = _metadata(node)
    if "multiscales" not in metadata:
        raise ImageReadError(path, _advice(metadata))
    names = [c.get("label", "") for c in metadata.get("omero", {}).get("channels", ())]
    levels = _levels(path, node, metadata["multiscales"][0])
    return Opened(tuple((info.named(names), source) for info, source in levels))


def _metadata(group: Any) -> Mapping[str, Any]:  # noqa: ANN401  zarr is optional
    """Return the attributes of NGFF, which 0.5 keeps under ``ome``."""
    attributes: Mapping[str, Any] = group.attrs.asdict()
    ome: Mapping[str, Any] = attributes.get("ome", attributes)
    return ome


def _advice(metadata: Mapping[str, Any]) -> str:
    if "plate" in metadata:
        return "it is a plate of many images. Name one of them, as PLATE/A/1/0."
    return "it is a Zarr group without an image (no multiscales). Name a folder in it."


def _levels(
    path: Path,
    group: Any,  # noqa: ANN401  zarr is optional
    image: Mapping[str, Any],
) -> tuple[tuple[ImageInfo, Source], ...]:
    axes, units = _named_axes(image.get("axes", _AXES))
    levels = []
    for dataset in image["datasets"]:
        scale = _scale(dataset, image)
        size = ngff_size(axes, scale, units) if scale else None
        levels.append(_level(path, group[dataset["path"]], axes, size))
    return tuple(levels)


def _level(
    path: Path,
    array: Any,  # noqa: ANN401  zarr is optional
    axes: str,
    pixel_size: PixelSize | None,
) -> tuple[ImageInfo, Source]:
    layout = Layout.of(axes, array.shape)
    info = ImageInfo(
        path=path,
        format="zarr",
        shape=layout.shape,
        dtype=array.dtype.newbyteorder("="),
        axes=layout.axes,
        colour=layout.colour,
        pixel_size=pixel_size,
    )
    return info, Stored(array, layout)


def _named_axes(axes: Sequence[Any]) -> tuple[str, list[str]]:
    """Return a letter and a unit for each axis; those of NGFF 0.3 are letters only."""
    named = [axis if isinstance(axis, Mapping) else {"name": axis} for axis in axes]
    letters = [_BY_TYPE.get(a.get("type", ""), a["name"].upper()) for a in named]
    units = [axis.get("unit", "") for axis in named]
    return "".join(name if name in _AXES else "Q" for name in letters), units


def _scale(dataset: Mapping[str, Any], image: Mapping[str, Any]) -> list[float]:
    """Multiply the scale of a level by that of all levels; nothing if there is none."""
    scales = [
        step["scale"]
        for part in (dataset, image)
        for step in part.get("coordinateTransformations", ())
        if step.get("type") == "scale" and "scale" in step
    ]
    return [math.prod(factors) for factors in zip(*scales, strict=True)]


def _array_axes(array: Any) -> str:  # noqa: ANN401  zarr is optional
    """Name the axes of a plain array: as it says, else (…, Z, Y, X), colours last."""
    named = getattr(array.metadata, "dimension_names", None) or array.attrs.get(
        "_ARRAY_DIMENSIONS"
    )
    if named:
        return _named_axes(named)[0]
    coloured = array.ndim > 2 and array.shape[-1] in {3, 4}
    axes = "QTZYX"[-(array.ndim - coloured) :]
    return axes + "S" * coloured

"""One image file, and its masks, brought into shape and written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imageseg.errors import SettingsError, ShapeMismatchError
from imageseg.geometry import Box
from imageseg.images import check_finite, open_image, write_image
from imageseg.masks import Labels, read_codes, size_text
from imageseg.preparation.crop import Region
from imageseg.preparation.framing import Framing, find_region, frame
from imageseg.preparation.picture import Picture, convert, file_suffix
from imageseg.preparation.resize import Filter, Shape
from imageseg.preparation.settings import PrepareSettings
from imageseg.preparation.sources import Source
from imageseg.preparation.tiles import Beyond, cut_tiles, tile_boxes, tile_name
from imageseg.tables import Row
from imageseg.units import PixelSize

NOTHING: Row = {
    "output": "",
    "mask_output": "",
    "size": "",
    "crop": "",
    "new_size": "",
    "scale_x": math.nan,
    "scale_y": math.nan,
    "tiles": 0,
}
"""What a table tells about an image that could not be prepared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is the same for all files.

    Attributes
    ----------
    sources, settings, out, labels
        As in `prepare_task`.
    region
        Part of every image; None is as the settings say.
    agreed
        Valid region for each size of images.
    inputs
        Identities of the files that must not be written over.
    """

    sources: Sequence[Source]
    settings: PrepareSettings
    out: Path
    labels: Sequence[Labels] | None
    region: Region | None
    agreed: Mapping[Shape, Region]
    inputs: frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What became of one image.

    Attributes
    ----------
    shape
        Rows and columns it had.
    framing
        Which part was kept, and its size.
    output, mask_output
        Files written, below the output folder; a pattern if there are tiles.
    tiles
        How many.
    """

    shape: Shape
    framing: Framing
    output: str
    mask_output: str
    tiles: int

    def row(self) -> Row:
        """Return what a table tells about it."""
        scale_y, scale_x = self.framing.scale
        return {
            "output": self.output,
            "mask_output": self.mask_output,
            "size": _written(self.shape),
            "crop": str(self.framing.box),
            "new_size": _written(self.framing.size),
            "scale_x": scale_x,
            "scale_y": scale_y,
            "tiles": self.tiles,
        }


def prepare_one(plan: Plan, index: int) -> Prepared:
    """Read, crop, resize, tile and write one of the images, and its masks.

    Raises
    ------
    ImageSegError
        Something about the files cannot be done; its message says what.
    """
    source = plan.sources[index]
    image = _read_image(source.image)
    masks = _read_masks(plan, index, image)
    framing = frame(image.shape, _region_of(image, plan), plan.settings)
    names = _names(source, len(masks))
    pictures = [_framed(p, framing, plan.settings) for p in (image, *masks)]
    output, *mask_outputs = [
        _write_all(picture, plan, name, suffix)
        for picture, (name, suffix) in zip(pictures, names, strict=True)
    ]
    return Prepared(
        shape=image.shape,
        framing=framing,
        output=output,
        mask_output=";".join(mask_outputs),
        tiles=len(_tiles(pictures[0], plan.settings)),
    )


def _written(shape: Shape) -> str:
    return f"{shape[1]}x{shape[0]}"


def identity(path: Path) -> tuple[int, int]:
    """Return what a file keeps whatever name it is reached by."""
    try:
        status = path.stat()
    except OSError:  # its own row will say so
        return -1, -1
    return status.st_dev, status.st_ino


def _read_image(path: Path) -> Picture:
    with open_image(path) as file:
        pixels, info = file.read(), file.info
    check_finite(pixels)
    return Picture(
        pixels=pixels,
        channels=info.channels,
        axes=info.axes,
        pixel_size=info.pixel_size,
    )


def _read_masks(plan: Plan, index: int, image: Picture) -> list[Picture]:
    source = plan.sources[index]
    if plan.labels is not None:
        masks = [Picture(pixels=plan.labels[index], is_mask=True)]
    else:
        codes = [read_codes(path) for path in source.masks]
        masks = [Picture(pixels=values, is_mask=True) for values in codes]
    for mask, path in zip(masks, source.masks, strict=False):
        if mask.shape != image.shape:
            raise ShapeMismatchError(
                f"{path} has {size_text(mask.shape)}, its image {source.image.name} "
                f"{size_text(image.shape)}. imageseg prepare --check says what to do."
            )
    axes = (image.axes or "").removesuffix("C")
    return [
        replace(mask, axes=axes if mask.pixels.ndim == len(axes) else None)
        for mask in masks
    ]


def _region_of(image: Picture, plan: Plan) -> Region | None:
    if plan.region is not None or not plan.settings.searches:
        return plan.region
    agreed = plan.agreed.get(image.shape)
    return find_region(image.pixels, plan.settings) if agreed is None else agreed


def _names(source: Source, n_masks: int) -> list[tuple[str, str]]:
    """Return the name and its end of the image and of every mask.

    A mask is called as its image; several get numbers, so that they still pair.
    """
    if not n_masks:
        return [(source.name, "")]
    ends = [f"_mask_{i + 1}" for i in range(n_masks)] if n_masks > 1 else [""]
    masks = [(f"masks/{source.name}", end) for end in ends]
    return [(f"images/{source.name}", ""), *masks]


def _framed(picture: Picture, framing: Framing, settings: PrepareSettings) -> Picture:
    smoothing: Filter = "nearest" if picture.is_mask else settings.filter
    pixels = framing.apply(picture.pixels, smoothing, channels=picture.channels)
    size = picture.pixel_size and _scaled(picture.pixel_size, framing)
    return convert(replace(picture, pixels=pixels, pixel_size=size), settings)


def _scaled(size: PixelSize, framing: Framing) -> PixelSize:
    """Return how large a pixel is after resizing."""
    scale_y, scale_x = framing.scale
    return replace(size, y=size.y / scale_y, x=size.x / scale_x)


def _tiles(picture: Picture, settings: PrepareSettings) -> list[Box]:
    if not settings.tile:
        return []
    stride = settings.stride or settings.tile
    return tile_boxes(picture.shape, settings.tile, stride, edge=settings.edge)


def _write_all(picture: Picture, plan: Plan, name: str, suffix: str) -> str:
    """Write a picture, or its tiles; return its file, or their pattern."""
    pixels, size = picture.pixels, picture.pixel_size
    ending = f"{suffix}.{file_suffix(pixels, plan.settings.format, size)}"
    if not plan.settings.tile:
        _write(picture, plan, name + ending)
        return name + ending
    boxes = _tiles(picture, plan.settings)
    beyond: Beyond = "zero" if picture.is_mask else "reflect"
    tiles = cut_tiles(pixels, boxes, beyond=beyond, channels=picture.channels)
    for box, tile in zip(boxes, tiles, strict=True):
        part = replace(picture, pixels=tile)
        _write(part, plan, tile_name(name, box) + ending)
    return f"{name}_y*_x*{ending}"


def _write(picture: Picture, plan: Plan, name: str) -> None:
    path = plan.out / name
    if path.exists() and identity(path) in plan.inputs:
        raise SettingsError(
            "output", str(path), "another file than an image or mask that is read"
        )
    write_image(path, picture.pixels, axes=picture.axes, pixel_size=picture.pixel_size)

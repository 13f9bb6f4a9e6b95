"""Open images by their content, whatever their name says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from imageseg.errors import ImageReadError
from imageseg.images import open_image, sniff
from imageseg.project import is_project
from napari_imageseg.conversions import shown
from napari_imageseg.items import ImageItem

LayerData = tuple[Any, dict[str, Any], str]


def get_reader(path: str | Sequence[str]) -> Callable[[Any], list[LayerData]] | None:
    """Return a reader if every path is an image by content, else None."""
    paths = [path] if isinstance(path, str) else list(path)
    try:
        known = all(sniff(p) is not None for p in paths)
    except ImageReadError:
        return None
    return read if known else None


def read(path: str | Sequence[str]) -> list[LayerData]:
    """Read files as image layers."""
    paths = [path] if isinstance(path, str) else list(path)
    return [_layer(Path(p)) for p in paths]


def get_project_reader(
    path: str | Sequence[str],
) -> Callable[[Any], list[tuple[None]]] | None:
    """Return what opens a project if the path is one, else None."""
    return open_in_dock if isinstance(path, str) and is_project(path) else None


def open_in_dock(path: str) -> list[tuple[None]]:
    """Open a project in the dock; its layers come from there, and none from here."""
    from napari_imageseg.commands import open_project  # noqa: PLC0415  needs a viewer

    open_project(Path(path))
    return [(None,)]


def _layer(path: Path) -> LayerData:
    with open_image(path) as image:
        axes, size = image.info.axes, image.info.pixel_size
        pixels = image.read()
    item = ImageItem(name=path.stem, pixels=pixels, axes=axes, pixel_size=size)
    pixels, how = shown(item)
    return pixels, {"name": path.stem, **how}, "image"

"""Images taken into a project."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from imageseg.errors import ImageReadError
from imageseg.images import is_zarr
from imageseg.project.contents import Contents, ProjectImage, Space
from imageseg.project.disk import Layout, stems
from imageseg.project.names import unique_name
from imageseg.project.pixels import axes_of, write_pixels
from imageseg.project.whereabouts import whereabouts_of


def add_files(
    contents: Contents, paths: Sequence[Path], layout: Layout
) -> tuple[ProjectImage, ...]:
    """Describe the files that a project does not have yet; none is opened.

    Raises
    ------
    ImageReadError
        There is no such file.
    """
    known = {_key(image.path) for image in contents.images}
    taken = _taken(contents, layout)
    added = []
    for path in paths:
        if _key(path) in known:
            continue
        known.add(_key(path))
        image_id = unique_name(_stem(path), taken)
        taken.add(image_id.casefold())
        added.append(_image(image_id, path.name, path, layout))
    return tuple(added)


def add_pixels(
    contents: Contents,
    name: str,
    array: Any,  # noqa: ANN401  of NumPy, Dask or Zarr
    space: Space | None,
    layout: Layout,
) -> ProjectImage:
    """Write an array as a file of the project and describe it.

    Raises
    ------
    SettingsError
        No image file keeps its values, or the axes do not fit.
    OSError
        It cannot be written.
    """
    space = space or Space()
    axes = axes_of(array, space.axes)
    image_id = unique_name(name, _taken(contents, layout))
    path = layout.images / f"{image_id}.tif"
    write_pixels(path, array, axes)
    image = _image(image_id, name, path, layout)
    return replace(image, space=replace(space, axes=axes))


def _image(image_id: str, name: str, path: Path, layout: Layout) -> ProjectImage:
    path = path.absolute()
    try:
        where = whereabouts_of(path, layout.root)
    except OSError as error:
        raise ImageReadError(path, f"{error.strerror}.") from error
    if path.is_dir() and not is_zarr(path):
        raise ImageReadError(path, "it is a folder, not an image. Add the files in it.")
    return ProjectImage(id=image_id, name=name, file=str(path), whereabouts=where)


def _taken(contents: Contents, layout: Layout) -> set[str]:
    """Return the names in use, also by files whose image is gone."""
    folders = (
        layout.annotations,
        layout.predictions,
        layout.confidences,
        layout.images,
    )
    ids = [image.id for image in contents.images]
    ids += [stem for folder in folders for stem in stems(folder)]
    return {name.casefold() for name in ids}


def _stem(path: Path) -> str:
    """Return a file's name without suffixes such as ``.ome.tif``."""
    stem = path.stem
    return stem[:-4] if stem.casefold().endswith((".ome",)) else stem


def _key(path: Path) -> str:
    return os.path.normcase(os.path.normpath(path.absolute()))

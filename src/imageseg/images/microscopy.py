"""Microscopes' own formats, through the optional package bioio."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from imageseg.errors import ImageReadError
from imageseg.images.calibration import pixel_size
from imageseg.images.formats import KNOWN, is_installed, reader_for, reason
from imageseg.images.layout import Layout
from imageseg.images.sources import ImageInfo, Opened, Stored


def open_microscopy(path: Path) -> Opened:
    """Open the first scene of a file that bioio, or a reader of it, knows.

    Raises
    ------
    ImageReadError
        It is not installed, or does not know the file.
    """
    if not is_installed("bioio"):
        raise ImageReadError(path, _advice(path))
    from bioio import BioImage  # noqa: PLC0415  heavy, and optional

    try:
        image = BioImage(path)
        order, shape = image.dims.order, image.shape
    except Exception as error:  # readers are plugins, which raise anything
        first = reason(error).split(". ")[0]
        raise ImageReadError(path, f"{_advice(path)} bioio says: {first}.") from error
    layout = Layout.of(order, shape)
    sizes = image.physical_pixel_sizes
    info = ImageInfo(
        path=path,
        format="bioio",
        shape=layout.shape,
        dtype=np.dtype(image.dtype),
        axes=layout.axes,
        colour=layout.colour,
        pixel_size=pixel_size(
            {"Z": sizes.Z, "Y": sizes.Y, "X": sizes.X}, dict.fromkeys("ZYX", "µm")
        ),
    )
    return Opened(((info, Stored(image.dask_data, layout)),))


def _advice(path: Path) -> str:
    if not path.stat().st_size:
        return "it is empty. Get it again from its source."
    reader = reader_for(path)
    if reader is None:
        return f"it is no {KNOWN}."
    return (
        "it is of a microscope's own format. Install a reader for it: "
        f'pip install "napari-imageseg[bioio]" {reader}; or save it as OME-TIFF.'
    )

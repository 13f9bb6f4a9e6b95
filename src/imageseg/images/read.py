"""Read image files whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseg.images.lazy import open_image, open_stored

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read_image(path: Path | str) -> NDArray[Any]:
    """Read a photograph, micrograph or stack.

    The format is found in the content; the EXIF orientation is applied; an
    alpha channel is dropped; palettes become RGB; black and white becomes 0 and
    255; the dtype is kept. Of an animated GIF the first frame is read, of a
    pyramid the largest level, of a file with several images the first.

    Returns
    -------
    image
        (Y, X) or (Y, X, C), behind slices and time points if there are several:
        (T, Z, Y, X, C).

    Raises
    ------
    ImageReadError
        The file is missing, damaged, larger than the memory allows, or no
        PNG, JPEG, TIFF, BMP, GIF, OME-Zarr or, with bioio, microscope's format.
    """
    with open_image(path) as image:
        return image.read()


def read_values(path: Path | str) -> NDArray[Any]:
    """Read a mask file's stored numbers: palette indices stay indices.

    Returns
    -------
    values
        (Y, X), (Z, Y, X) or, for colour-coded masks, (Y, X, C).

    Raises
    ------
    ImageReadError
        As `read_image`.
    """
    with open_stored(path, indices=True) as image:
        return image.read()

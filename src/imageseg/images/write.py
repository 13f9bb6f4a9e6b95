"""Write images and labels, atomically and without loss."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imageseg.errors import SettingsError
from imageseg.files import atomic_path
from imageseg.images.formats import IMAGE_SUFFIXES
from imageseg.units import PixelSize

_PNG_LEVEL = 4  # twice as fast as zlib's 6, files 2 % larger
_OME_TYPES = {"u1", "u2", "u4", "i1", "i2", "i4", "f4", "f8"}


def write_labels(
    path: Path | str,
    labels: NDArray[np.uint8],
    *,
    axes: str | None = None,
    pixel_size: PixelSize | None = None,
) -> None:
    """Write labels as they are: 0 = not annotated, k = class k.

    Parameters
    ----------
    path
        ``.png`` for (Y, X); ``.tif`` for stacks too.
    labels
        (Y, X) or (Z, Y, X).
    axes, pixel_size
        As in `write_image`.
    """
    write_image(path, labels, axes=axes, pixel_size=pixel_size)


def write_image(
    path: Path | str,
    image: NDArray[Any],
    *,
    axes: str | None = None,
    pixel_size: PixelSize | None = None,
) -> None:
    """Write an array: 8-bit planes as PNG if so named, all else as TIFF.

    Parameters
    ----------
    path
        ``.png`` or ``.tif``.
    image
        (Y, X), (Y, X, 3), (Z, Y, X) or (N, Y, X); with `axes` any other.
    axes
        A letter for each axis, as in `ImageInfo`. A TIFF tells time points,
        slices and channels apart by them; channels that are no colours are
        stored as planes, in OME-TIFF. None tells nothing.
    pixel_size
        Written into TIFFs, as OME-TIFF; a PNG cannot tell it, nor can values
        that OME has no name for, such as 64-bit integers.

    Raises
    ------
    ValueError
        A PNG is asked for of what no PNG can hold, or the axes are too few or
        too many.
    OSError
        It cannot be written; a file that was there stands.
    """
    path = Path(path)
    if axes is not None and len(axes) != image.ndim:
        raise ValueError(f"Axes {axes} do not fit an array of shape {image.shape}.")
    with atomic_path(path) as temporary:
        if path.suffix.lower() == ".png":
            _write_png(temporary, image)
        else:
            _write_tiff(temporary, image, axes, pixel_size)


def refuse_leftovers(
    out: Path, folders: Iterable[Path], stems: Collection[str]
) -> None:
    """Refuse to write where images of an earlier run would stay among the new ones.

    Parameters
    ----------
    out
        Folder to write to, for the message.
    folders
        It, or those in it that get the files.
    stems
        Names, without suffix, of files that will be written anew.

    Raises
    ------
    SettingsError
        A folder holds an image of another name.
    """
    expected = {stem.casefold() for stem in stems}
    for folder in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if _is_shown(path) and path.stem.casefold() not in expected:
                raise SettingsError("output folder", str(out), _without(path))


def _is_shown(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def _without(path: Path) -> str:
    return f"new or emptied: {path} is there and would stay among the new files"


def _write_png(path: Path, image: NDArray[Any]) -> None:
    colour = image.ndim == 3 and image.shape[-1] == 3 and image.dtype == np.uint8
    grey = image.ndim == 2 and image.dtype in (np.uint8, np.uint16)
    if not (colour or grey):
        raise ValueError(
            f"A PNG cannot hold an array of shape {image.shape} and type {image.dtype}."
        )
    Image.fromarray(image).save(path, compress_level=_PNG_LEVEL)


def _write_tiff(
    path: Path, image: NDArray[Any], axes: str | None, size: PixelSize | None
) -> None:
    from tifffile import imwrite  # noqa: PLC0415  heavy

    colour = _is_colour(image, axes)
    if axes is None and size is not None:
        axes = "QTZYX"[-(image.ndim - colour) :] + "C" * colour
    told: dict[str, Any] = {}
    if axes is not None:
        image, axes = _stored(image, axes, colour=colour)
        told["metadata"] = {"axes": axes} | _lengths(size)
        told["ome"] = image.dtype.str[1:] in _OME_TYPES and "Q" not in axes
        if not told["ome"]:
            told["metadata"] = {"axes": axes}
    imwrite(
        path,
        image,
        compression="zlib",
        photometric="rgb" if colour else "minisblack",
        **told,
    )


def _is_colour(image: NDArray[Any], axes: str | None) -> bool:
    last = axes is None or axes.endswith("C")
    three = image.ndim >= 3 and image.shape[-1] == 3
    return last and three and image.dtype.kind == "u"


def _stored(
    image: NDArray[Any], axes: str, *, colour: bool
) -> tuple[NDArray[Any], str]:
    """Put channels in front of rows, as OME has them; colours stay samples (S)."""
    if not axes.endswith("C"):
        return image, axes
    if colour:
        return image, axes[:-1] + "S"
    return np.moveaxis(image, -1, -3), axes[:-3] + "CYX"


def _lengths(size: PixelSize | None) -> dict[str, Any]:
    """Return a pixel size in the words of OME."""
    sides = {} if size is None else {"X": size.x, "Y": size.y, "Z": size.z}
    told: dict[str, Any] = {}
    for axis, length in sides.items():
        if size is not None and length is not None:
            told[f"PhysicalSize{axis}"] = length
            told[f"PhysicalSize{axis}Unit"] = size.unit
    return told

"""Label images in a project: small, lossless, and telling whose they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import ImageReadError, ShapeMismatchError
from imageseg.images.sources import damage_named
from imageseg.masks import Labels
from imageseg.project.disk import durable_path

_AXES = "QTZYX"
_STRIP = 1 << 20  # pixels that are compressed at once, by as many threads as there are


def write_map(path: Path, values: NDArray[np.uint8], **told: str) -> None:
    """Write labels, or another map of bytes, as a compressed TIFF, atomically.

    Parameters
    ----------
    path
        ``.tif``.
    values
        (Y, X), or with axes before them.
    told
        Kept in the file's description, beside its shape.

    Raises
    ------
    ShapeMismatchError
        It is no map of bytes.
    OSError
        It cannot be written; a file that was there stands.
    """
    from tifffile import imwrite  # noqa: PLC0415  heavy

    if (
        values.dtype != np.uint8
        or not 2 <= values.ndim <= len(_AXES)
        or not values.size
    ):
        raise ShapeMismatchError(
            f"Labels of {path.stem} have shape {values.shape} and type {values.dtype}; "
            "they must be whole bytes (uint8) of two to five axes."
        )
    with durable_path(path) as temporary:
        imwrite(
            temporary,
            np.ascontiguousarray(values),
            compression="zlib",
            compressionargs={"level": 4},
            rowsperstrip=max(1, _STRIP // values.shape[-1]),
            photometric="minisblack",
            metadata={"axes": _AXES[-values.ndim :], **told},
        )


def read_map(path: Path) -> Labels:
    """Read labels, or another map of bytes, in the shape they were written in.

    Raises
    ------
    ImageReadError
        The file is missing, damaged, or holds something else.
    """
    values = _read(path)[0]
    if values.dtype != np.uint8:
        raise ImageReadError(
            path, f"it holds {values.dtype}, not labels of 0 to 255 (uint8)."
        )
    return values


def read_told(path: Path) -> dict[str, Any]:
    """Return what was told with a map.

    Raises
    ------
    ImageReadError
        The file is missing or damaged.
    """
    from tifffile import TiffFile  # noqa: PLC0415  heavy

    with damage_named(path), TiffFile(path) as file:
        return _description(file)


def _read(path: Path) -> tuple[NDArray[Any], dict[str, Any]]:
    from tifffile import TiffFile  # noqa: PLC0415  heavy

    if not path.is_file():
        raise ImageReadError(path, "there is no such file.")
    with damage_named(path), TiffFile(path) as file:
        told = _description(file)
        values: NDArray[Any] = file.asarray()
        shape = told.get("shape")  # axes of one pixel are lost otherwise
        return (values.reshape(shape) if shape else values), told


def _description(file: Any) -> dict[str, Any]:  # noqa: ANN401  tifffile has no types
    told = file.shaped_metadata
    return dict(told[0]) if told else {}

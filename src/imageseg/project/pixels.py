"""Images without a file of their own, kept in the project without loss."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imageseg.errors import SettingsError
from imageseg.images import describe_image, read_image, write_image
from imageseg.project.disk import durable_path

_HELD = 1 << 28  # bytes; arrays above are written and compared plane by plane
_LETTERS = "QTZYX"
_KINDS = "buif"


def axes_of(array: Any, axes: str = "") -> str:  # noqa: ANN401  of NumPy, Dask, Zarr
    """Return a letter for each axis of an array; colours are told by three values.

    Raises
    ------
    SettingsError
        The letters given do not fit the array.
    """
    shape = tuple(array.shape)
    if axes:
        if len(axes) != len(shape) or not {"Y", "X"} <= set(axes):
            raise SettingsError("axes", axes, f"{len(shape)} letters with Y and X")
        return axes
    colour = len(shape) > 2 and shape[-1] in (3, 4) and array.dtype == np.uint8
    spatial = len(shape) - colour
    if not 2 <= spatial <= len(_LETTERS):
        raise SettingsError("shape", shape, "that of an image or a stack")
    return _LETTERS[-spatial:] + "C" * colour


def write_pixels(path: Path, array: Any, axes: str) -> None:  # noqa: ANN401  see above
    """Write an array as TIFF and make sure that it reads back the same.

    Parameters
    ----------
    path
        ``.tif``.
    array
        Of NumPy, Dask or Zarr; large ones are taken plane by plane.
    axes
        As of `axes_of`.

    Raises
    ------
    SettingsError
        It holds values that no image file keeps, as complex numbers.
    OSError
        It cannot be written.
    """
    if np.dtype(array.dtype).kind not in _KINDS:
        raise SettingsError("pixel type", str(array.dtype), "of numbers or truths")
    with durable_path(path) as temporary:
        if array.nbytes <= _HELD:
            _write_whole(temporary, np.asarray(array), axes)
        else:
            _write_planes(temporary, array, axes)


def _write_whole(path: Path, array: NDArray[Any], axes: str) -> None:
    pixels = array.astype(np.uint8) if array.dtype == bool else array
    write_image(path, pixels, axes=axes)
    back = read_image(path)
    if back.shape != pixels.shape or not np.array_equal(
        back, pixels, equal_nan=pixels.dtype.kind == "f"
    ):
        raise SettingsError(
            "image",
            f"{array.shape} {array.dtype}",
            "one that a TIFF file keeps as it is",
        )


def _write_planes(path: Path, array: Any, axes: str) -> None:  # noqa: ANN401  see above
    from tifffile import imwrite  # noqa: PLC0415  heavy

    colour = axes.endswith("C")
    kind = np.uint8 if array.dtype == bool else array.dtype
    imwrite(
        path,
        _planes(array, 3 if colour else 2, kind),
        shape=tuple(array.shape),
        dtype=kind,
        bigtiff=True,
        compression="zlib",
        compressionargs={"level": 1},
        photometric="rgb" if colour and array.shape[-1] == 3 else "minisblack",
        planarconfig="contig" if colour else None,
        metadata={"axes": axes.replace("C", "S")},
    )
    info = describe_image(path)
    if info.shape != tuple(array.shape) or info.dtype != kind:
        raise SettingsError(
            "image",
            f"{array.shape} {array.dtype}",
            "one that a TIFF file keeps as it is",
        )


def _planes(array: Any, axes: int, kind: Any) -> Iterator[NDArray[Any]]:  # noqa: ANN401
    """Yield the planes one by one, each read when its turn comes."""
    for index in np.ndindex(*array.shape[:-axes]):
        yield np.ascontiguousarray(np.asarray(array[index]), dtype=kind)

"""Read image files by their content, whatever their name says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from imageseg.errors import ImageReadError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Format = Literal["png", "jpeg", "tiff", "bmp", "gif"]

_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"BM", "bmp"),
    (b"GIF8", "gif"),
)
_KEPT_MODES = ("L", "RGB", "I", "F", "I;16", "I;16B", "I;16L")
_CHANNEL_AXES = "SC"
_CODED_PHOTOMETRICS = {0, 3, 5, 6}  # white is 0, palette, CMYK, YCbCr (TIFF 6.0)


def sniff(path: Path | str) -> Format | None:
    """Return the format that a file's first bytes announce, or None.

    Raises
    ------
    ImageReadError
        The file cannot be opened.
    """
    try:
        with Path(path).open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise ImageReadError(path, _reason(error)) from error
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def read_image(path: Path | str) -> NDArray[Any]:
    """Read a photograph, micrograph or stack.

    The format is found in the content; the EXIF orientation is applied; an
    alpha channel is dropped; palettes become RGB; the dtype is kept.

    Returns
    -------
    image
        (Y, X) or (Y, X, C); a multi-page TIFF gives (Z, Y, X) or (Z, Y, X, C).

    Raises
    ------
    ImageReadError
        The file is missing, damaged or no PNG, JPEG, TIFF, BMP or GIF.
    """
    return _read(path, _photograph)


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
    return _read(path, _stored)


def _read(path: Path | str, convert: Any) -> NDArray[Any]:  # noqa: ANN401  a Pillow image in, one out
    kind = sniff(path)
    if kind is None:
        raise ImageReadError(path, "it is no PNG, JPEG, TIFF, BMP or GIF file.")
    try:
        if kind == "tiff":
            return _read_tiff(path, convert)
        with Image.open(path) as file:
            return np.asarray(convert(ImageOps.exif_transpose(file)))
    except Exception as error:  # broken bytes make Pillow and tifffile raise anything
        raise ImageReadError(path, f"it is damaged ({_reason(error)}).") from error


def _photograph(image: Image.Image) -> Image.Image:
    if image.mode in _KEPT_MODES:
        return image
    if image.mode in {"1", "LA", "La"}:
        return image.convert("L")
    return image.convert("RGB")


def _stored(image: Image.Image) -> Image.Image:
    if image.mode == "P" or image.mode in _KEPT_MODES:
        return image
    return _photograph(image)


def _read_tiff(path: Path | str, convert: Any) -> NDArray[Any]:  # noqa: ANN401  as in _read
    from tifffile import TiffFile  # noqa: PLC0415  heavy, and only TIFF needs it

    with TiffFile(path) as tif:
        if _is_coded(tif):
            return _read_pages(path, convert)
        series = tif.series[0]
        try:
            array = series.asarray()
        except ValueError as error:
            if "imagecodecs" not in str(error):
                raise
            return _read_pages(path, convert)  # LZW, JPEG, fax: Pillow has them
        axes = series.axes
        orientation = tif.pages.first.tags.valueof(274, 1)
    if array.dtype == bool:
        array = array * np.uint8(255)
    return _upright(array, axes, orientation)


def _is_coded(tif: Any) -> bool:  # noqa: ANN401  tifffile is untyped
    """Tell whether stored numbers are not yet grey values or colours.

    Microscopes write numbers, whatever colours they are shown in.
    """
    page = tif.pages.first
    coded = page.photometric in _CODED_PHOTOMETRICS or page.bitspersample < 8
    return coded and page.bitspersample <= 8 and not (tif.is_imagej or tif.is_ome)


def _read_pages(path: Path | str, convert: Any) -> NDArray[Any]:  # noqa: ANN401  as in _read
    """Read the pages that are as large as the first with Pillow."""
    with Image.open(path) as file:
        pages = [
            np.asarray(convert(ImageOps.exif_transpose(page)))
            for page in ImageSequence.Iterator(file)
        ]
    alike = [page for page in pages if page.shape == pages[0].shape]
    return np.stack(alike) if len(alike) > 1 else pages[0]


def _upright(array: NDArray[Any], axes: str, orientation: int) -> NDArray[Any]:
    """Move the channel axis to the end, drop alpha and stacks of one, turn."""
    position = next((axes.index(a) for a in _CHANNEL_AXES if a in axes), None)
    if position is not None:
        array = np.moveaxis(array, position, -1)
        if axes[position] == "S" and array.shape[-1] in {2, 4}:
            array = array[..., :-1]  # samples of a photograph: the last is alpha
    array = _oriented(array, orientation, has_channels=position is not None)
    if position is not None and array.shape[-1] == 1:
        array, position = array[..., 0], None
    planes = array.ndim - (2 if position is None else 3)
    return array.squeeze(tuple(i for i in range(planes) if array.shape[i] == 1))


def _oriented(
    array: NDArray[Any], orientation: int, *, has_channels: bool
) -> NDArray[Any]:
    """Apply a TIFF orientation tag (TIFF 6.0, tag 274) to the last two spatial axes."""
    y, x = (-3, -2) if has_channels else (-2, -1)
    if orientation in {5, 6, 7, 8}:
        array = np.swapaxes(array, y, x)
    if orientation in {3, 4, 7, 8}:
        array = np.flip(array, y)
    if orientation in {2, 3, 6, 7}:
        array = np.flip(array, x)
    return np.ascontiguousarray(array)


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text.splitlines()[0]

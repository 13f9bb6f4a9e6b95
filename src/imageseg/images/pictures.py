"""Pictures that Pillow decodes: PNG, JPEG, BMP, GIF, and pages of some TIFFs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from imageseg.images.formats import Format
from imageseg.images.memory import check_promise
from imageseg.images.sources import Decoded, ImageInfo, Opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

TURNED = {5, 6, 7, 8}  # orientations in which rows and columns change places

_KEPT_MODES = ("L", "RGB", "I", "F", "I;16", "I;16B", "I;16L")
_DTYPES = {"I": "i4", "F": "f4", "I;16": "u2", "I;16B": "u2", "I;16L": "u2"}
_DEEP_MODES = ("RGB;16", "RGBA;16", "RGBa;16", "RGBX;16", "LA;16")
_ORIENTATION = 274  # EXIF 2.3 and TIFF 6.0


class _TiffPages(TiffImageFile):
    """Pillow's own without its limit of pixels; `check_room` looks at the memory."""

    def load_prepare(self) -> None:
        if getattr(self, "_im", None) is None:  # else it has the palette already
            size = getattr(self, "_tile_size", self.size)
            self.im = Image.new(self.mode, size).im
        ImageFile.load_prepare(self)


# Made directly: Image.open has the same limit for all, and tries formats in turn.
_FILES: dict[Format, type[ImageFile]] = {
    "png": PngImageFile,
    "jpeg": JpegImageFile,
    "bmp": BmpImageFile,
    "gif": GifImageFile,
    "tiff": _TiffPages,
}


def open_picture(
    path: Path, kind: Format, frames: Sequence[int] = (0,), *, indices: bool
) -> Opened:
    """Open a picture at its header.

    Parameters
    ----------
    path, kind
        The file and what it is.
    frames
        Which of several make up the image.
    indices
        Keep the indices of palettes instead of making them colours.

    Raises
    ------
    ImageReadError
        The header promises more than the file can hold.
    """
    with _opened(path, kind) as picture:
        deep = _deep_mode(picture)
        mode = _final_mode(picture.mode, deep, indices=indices)
        height, width = _upright_size(picture, path)
    if kind != "tiff":  # fax and its like compress without limit
        check_promise(path, (height, width), path.stat().st_size)
    colour, stack = mode == "RGB", len(frames) > 1
    info = ImageInfo(
        path=path,
        format=kind,
        shape=(len(frames),) * stack + (height, width) + (3,) * colour,
        dtype=np.dtype("u2" if deep else _DTYPES.get(mode, "u1")),
        axes="Z" * stack + "YX" + "C" * colour,
        colour="rgb" if colour else "grey",
    )

    def decode() -> NDArray[Any]:
        found = _read_frames(path, kind, frames, indices=indices, deep=deep)
        return np.stack(found) if stack else found[0]

    return Opened(((info, Decoded(decode)),))


def _read_frames(
    path: Path,
    kind: Format,
    frames: Sequence[int],
    *,
    indices: bool,
    deep: str,
) -> list[NDArray[Any]]:
    """Decode frames, upright and without alpha.

    Of colours with 16 bits Pillow keeps the high byte; told that the other byte
    comes first, it keeps the low one. `deep` is how those are stored.
    """
    if not deep:
        return _decode(path, kind, frames, lambda p: _plain(p, indices=indices))
    if deep.startswith("LA"):  # two bytes of grey and two of alpha
        both = _decode(path, kind, frames, lambda p: p, raw="RGBA")
        high, low = [b[..., 0] for b in both], [b[..., 1] for b in both]
    else:
        first, other = _byte_orders(deep)
        high = _decode(path, kind, frames, _plain, raw=first)
        low = _decode(path, kind, frames, _plain, raw=other)
    return [256 * a.astype(np.uint16) + b for a, b in zip(high, low, strict=True)]


def read_pages(path: Path, numbers: Sequence[int]) -> list[NDArray[Any]]:
    """Decode pages of a TIFF; palettes stay indices."""
    with _opened(path, "tiff") as picture:
        picture.seek(numbers[0])
        deep = _deep_mode(picture)
    return _read_frames(path, "tiff", numbers, indices=True, deep=deep)


@contextmanager
def _opened(path: Path, kind: Format) -> Iterator[ImageFile]:
    """Open at the header; given a path, Pillow 13 turns mapped TIFFs wrongly."""
    with path.open("rb") as file, _FILES[kind](file) as picture:
        yield picture


def _deep_mode(picture: ImageFile) -> str:
    """Return how 16-bit colours are stored, or nothing where Pillow keeps all bits."""
    arguments = picture.tile[0][3] if picture.tile else ""
    raw = str(arguments[0] if isinstance(arguments, tuple) else arguments)
    return raw if raw.startswith(_DEEP_MODES) else ""


def _decode(
    path: Path,
    kind: Format,
    frames: Sequence[int],
    convert: Callable[[Image.Image], Image.Image],
    raw: str | None = None,
) -> list[NDArray[Any]]:
    """Decode frames, their stored bytes taken for another mode if so told."""
    arrays = []
    with _opened(path, kind) as picture:
        for frame in frames:
            picture.seek(frame)
            if raw:
                _reinterpret(picture, raw)
            _turn_upright(picture)
            array = np.asarray(convert(picture))
            arrays.append(array.astype(array.dtype.newbyteorder("="), copy=False))
    return arrays


def _turn_upright(picture: ImageFile) -> None:
    picture.load()
    if isinstance(picture, TiffImageFile) and _ORIENTATION not in picture.tag_v2:
        return  # Pillow 11 and later have done it, and forgot to say so in `getexif`
    ImageOps.exif_transpose(picture, in_place=True)


def _plain(image: Image.Image, *, indices: bool = False) -> Image.Image:
    mode = _final_mode(image.mode, "", indices=indices)
    return image if image.mode == mode else image.convert(mode)


def _final_mode(mode: str, deep: str, *, indices: bool) -> str:
    """Return the mode without alpha and, unless wanted, without a palette."""
    if mode in _KEPT_MODES or (mode == "P" and indices):
        return mode
    return "L" if mode in {"1", "LA", "La"} or deep.startswith("LA") else "RGB"


def _byte_orders(deep: str) -> tuple[str, str]:
    """Return the raw modes that give the high and the low bytes."""
    mode, order = deep.replace("a", "A").split(";16")
    little = order == "L" or (order == "N" and np.little_endian)
    return f"{mode};16{order}", f"{mode};16{'B' if little else 'L'}"


def _reinterpret(picture: ImageFile, raw: str) -> None:
    """Have the decoder take the stored bytes for those of another raw mode."""
    tiles = []
    for tile in picture.tile or ():
        make = getattr(type(tile), "_make", tuple)  # named since Pillow 11
        rest = tile[3][1:] if isinstance(tile[3], tuple) else None
        tiles.append(make((*tile[:3], raw if rest is None else (raw, *rest))))
    picture.tile = tiles


def _upright_size(picture: ImageFile, path: Path) -> tuple[int, int]:
    """Return height and width as they are once the orientation is applied."""
    width, height = getattr(picture, "_tile_size", picture.size)  # before Pillow's turn
    exif = Image.Image.getexif(picture)  # that of PNG would decode the pixels
    if isinstance(picture, PngImageFile) and not exif:
        exif.load(_png_exif(path))
    turned = exif.get(_ORIENTATION) in TURNED
    return (width, height) if turned else (height, width)


def _png_exif(path: Path) -> bytes:
    """Return the chunk eXIf (PNG 3.0, 11.3.4.5), which may stand behind the pixels."""
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length = int.from_bytes(head[:4], "big")
            if head[4:] == b"eXIf":
                return file.read(length)
            file.seek(length + 4, 1)
    return b""

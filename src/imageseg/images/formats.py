"""Tell image formats by their content, whatever the names say."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from imageseg.errors import ImageReadError

Format = Literal["png", "jpeg", "tiff", "bmp", "gif", "zarr", "bioio"]
"""What a file is; ``"bioio"`` stands for all that the package of this name reads."""

KNOWN = "PNG, JPEG, TIFF, BMP, GIF or OME-Zarr"

_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"BM", "bmp"),
    (b"GIF8", "gif"),
    (b"ZISRAWFILE", "bioio"),  # Zeiss CZI
    (b"\xda\xce\xbe\x0a", "bioio"),  # Nikon ND2
)
_ZARR_FILES = ("zarr.json", ".zgroup", ".zarray", ".zattrs")
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif"})
_READERS = {
    ".czi": "bioio-czi",
    ".nd2": "bioio-nd2",
    ".lif": "bioio-lif",
    ".dv": "bioio-dv",
    ".r3d": "bioio-dv",
    ".sldy": "bioio-sldy",
    ".ims": "bioio-bioformats",
    ".oib": "bioio-bioformats",
    ".oif": "bioio-bioformats",
    ".vsi": "bioio-bioformats",
}


def sniff(path: Path | str) -> Format | None:
    """Return the format that a file's content announces, or None.

    An OME-Zarr image is a folder. Microscopes' formats of unknown content are
    told by their names.

    Raises
    ------
    ImageReadError
        The file cannot be opened, or is a folder without an image.
    """
    path = Path(path)
    if is_zarr(path):
        return "zarr"
    if path.is_dir():
        raise ImageReadError(
            path, "it is a folder, neither an image file nor OME-Zarr."
        )
    try:
        with path.open("rb") as file:
            head = file.read(10)
    except OSError as error:
        raise ImageReadError(path, f"{reason(error)}.") from error
    known = next((name for magic, name in _MAGIC if head.startswith(magic)), None)
    return known or ("bioio" if head and reader_for(path) else None)


def is_image(path: Path) -> bool:
    """Tell whether a file's content is that of an image, or cannot be looked at."""
    try:
        return sniff(path) is not None
    except ImageReadError:
        return True  # unreadable, not absent


def is_zarr(path: Path) -> bool:
    """Tell whether a path is a Zarr folder: one image, however many files."""
    return path.is_dir() and any((path / name).is_file() for name in _ZARR_FILES)


def reader_for(path: Path) -> str | None:
    """Return the package that reads a microscope's format, by the file's name."""
    return _READERS.get(path.suffix.lower())


def is_installed(package: str) -> bool:
    """Tell whether an optional package can be imported, without importing it."""
    return find_spec(package) is not None


def reason(error: BaseException) -> str:
    """Return the first line of what an error says."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text.splitlines()[0].rstrip(".")

"""One file of every kind that is read, and a PNG writer that owes Pillow nothing."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

NUMBERS = np.random.default_rng(5)
GREY = NUMBERS.integers(0, 256, (6, 9), dtype=np.uint8)
RGB = NUMBERS.integers(0, 256, (6, 9, 3), dtype=np.uint8)
STACK = NUMBERS.integers(0, 2**16, (4, 2, 6, 9), dtype=np.uint16)
PNG_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # colour type for so many channels


def write_png16(
    path: Path, image: np.ndarray, *, behind: bytes = b"", interlaced: bool = False
) -> None:
    """Write 16-bit colours by the PNG specification, each row under another filter.

    `behind` is a chunk eXIf after the pixels.
    """
    height, width, channels = image.shape
    rows = np.frombuffer(image.astype(">u2").tobytes(), np.uint8).reshape(height, -1)
    head = struct.pack(">IIBB3x", width, height, 16, PNG_TYPES[channels])
    if interlaced:
        head = head[:-1] + b"\x01"
        pixels = _adam7(image)
    else:
        pixels = _filtered(rows, 2 * channels)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(pixels))]
    chunks += [(b"eXIf", behind)] if behind else []
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data))
            + name
            + data
            + struct.pack(">I", zlib.crc32(name + data))
            for name, data in [*chunks, (b"IEND", b"")]
        )
    )


def _filtered(rows: np.ndarray, pixel: int) -> bytes:
    """Filter rows in turn by none, sub, up and average (PNG 3.0, 9.2)."""
    zero = np.zeros_like(rows[0])
    out = b""
    for i, row in enumerate(rows):
        above = rows[i - 1] if i else zero
        left = np.concatenate([zero[:pixel], row[:-pixel]])
        mean = (left.astype(int) + above) // 2
        guess = (zero, left, above, mean)[i % 4]
        out += bytes([i % 4]) + (row - guess).astype(np.uint8).tobytes()
    return out


def _adam7(image: np.ndarray) -> bytes:
    """Order pixels in the seven passes of PNG 3.0, 8.1."""
    passes = [
        *((0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4)),
        *((2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1)),
    ]
    out = b""
    for y, dy, x, dx in passes:
        part = image[y::dy, x::dx]
        if part.size:
            out += b"".join(b"\0" + row.astype(">u2").tobytes() for row in part)
    return out


def _palette(path: Path, kind: str) -> None:
    file = Image.fromarray(GREY % 3).convert("P")
    file.putpalette([10, 20, 30, 250, 0, 5, 0, 128, 255])
    file.save(path, format=kind)


def _pillow(mode: str, kind: str, **options: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        exif = Image.Exif()
        exif[274] = options.get("turn", 1)
        more = {k: v for k, v in options.items() if k != "turn"}
        if options.get("turn"):
            more["exif"] = exif
        Image.fromarray(RGB).convert(mode).save(path, format=kind, **more)

    return write


def _tiff(array: np.ndarray, **options: Any) -> Callable[[Path], None]:
    return lambda path: tifffile.imwrite(path, array, **options)


def _zarr(path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(path, mode="w", zarr_format=2)
    group.create_array("0", data=STACK, chunks=(1, 1, 4, 4))
    axes = [{"name": name} for name in "zcyx"]
    group.attrs["multiscales"] = [{"axes": axes, "datasets": [{"path": "0"}]}]


ZOO: dict[str, Callable[[Path], None]] = {
    "png": _pillow("RGB", "PNG"),
    "png, grey": _pillow("L", "PNG"),
    "png, 1 bit": _pillow("1", "PNG"),
    "png, RGBA": _pillow("RGBA", "PNG"),
    "png, LA": _pillow("LA", "PNG"),
    "png, palette": lambda path: _palette(path, "PNG"),
    "png, turned": _pillow("RGB", "PNG", turn=6),
    "png, 16 bit": lambda path: Image.fromarray(STACK[0, 0]).save(path, format="PNG"),
    "png, 16 bit RGB": lambda path: write_png16(path, STACK[:3, 0].transpose(1, 2, 0)),
    "png, 16 bit LA": lambda path: write_png16(path, STACK[0].transpose(1, 2, 0)),
    "jpeg": _pillow("RGB", "JPEG"),
    "jpeg, turned": _pillow("L", "JPEG", turn=8),
    "jpeg, CMYK": _pillow("CMYK", "JPEG"),
    "bmp": _pillow("RGB", "BMP"),
    "gif": _pillow("RGB", "GIF"),
    "tiff": _tiff(STACK, photometric="minisblack"),
    "tiff, one page": _tiff(GREY),
    "tiff, big-endian": _tiff(STACK[0, 0], byteorder=">"),
    "tiff, RGB stack": _tiff(np.stack([RGB, RGB]), photometric="rgb"),
    "tiff, RGBA": _tiff(np.dstack([RGB, GREY]), photometric="rgb"),
    "tiff, tiles": _tiff(GREY, tile=(16, 16), compression="zlib"),
    "tiff, turned": _pillow("RGB", "TIFF", tiffinfo={274: 6}),
    "tiff, LZW": _pillow("RGB", "TIFF", compression="tiff_lzw"),
    "tiff, LZW turned": _pillow("L", "TIFF", compression="tiff_lzw", tiffinfo={274: 5}),
    "tiff, JPEG": _pillow("RGB", "TIFF", compression="jpeg"),
    "tiff, palette": lambda path: _palette(path, "TIFF"),
    "tiff, fax": _pillow("1", "TIFF", compression="group4"),
    "tiff, CMYK turned": _pillow("CMYK", "TIFF", tiffinfo={274: 8}),
    "tiff, white is 0": _tiff(GREY, photometric="miniswhite"),
    "tiff, ImageJ": _tiff(STACK, imagej=True, metadata={"axes": "ZCYX"}),
    "tiff, OME": _tiff(
        STACK[np.newaxis],
        ome=True,
        metadata={"axes": "TCZYX"},
        photometric="minisblack",
    ),
    "tiff, OME 1 bit": _tiff(GREY > 99, ome=True),
    "tiff, float": _tiff(GREY.astype(np.float32) / 7),
    "zarr": _zarr,
}


@pytest.fixture(params=ZOO)
def any_image(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Write one file of each kind that is read."""
    path = tmp_path / "image"
    ZOO[request.param](path)
    return path


@pytest.fixture
def png16() -> Callable[..., None]:
    """Give the writer of 16-bit PNGs."""
    return write_png16

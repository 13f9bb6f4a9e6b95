"""Whatever is wrong with a file, the error names it, and the others are read."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from imageseg.errors import ImageReadError, PixelValueError
from imageseg.images import image_table, memory, open_image, read_image, to_unit_range

if TYPE_CHECKING:
    from numpy.typing import NDArray

HUGE = 100_000


def bomb(kind: str) -> bytes:
    """Return a small file whose header promises 100,000 × 100,000 pixels."""
    if kind == "png":
        head = struct.pack(">IIBBBBB", HUGE, HUGE, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data))
            + name
            + data
            + struct.pack(">I", zlib.crc32(name + data))
            for name, data in ((b"IHDR", head), (b"IDAT", b"x\x9c"), (b"IEND", b""))
        )
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, format=kind)
    whole = bytearray(buffer.getvalue())
    if kind == "bmp":
        whole[18:26] = struct.pack("<ii", HUGE, HUGE)
    elif kind == "gif":
        whole[6:10] = struct.pack("<HH", 65_535, 65_535)
    else:
        at = whole.index(b"\xff\xc0")
        whole[at + 5 : at + 9] = struct.pack(">HH", 65_500, 65_500)
    return bytes(whole)


@pytest.mark.parametrize("kind", ["png", "bmp", "gif", "jpeg"])
def test_a_header_that_promises_too_much_is_refused_before_memory_is_taken(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"bomb.{kind}"
    path.write_bytes(bomb(kind))

    tracemalloc.start()
    with pytest.raises(ImageReadError, match=rf"bomb\.{kind}: .* × \d+ .* source"):
        read_image(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 1e6


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_tiff_larger_than_the_memory_is_refused(
    tmp_path: Path,
    grey: NDArray[np.uint8],
    compression: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "bomb.tif"
    tifffile.imwrite(path, grey, compression=compression, photometric="minisblack")
    with tifffile.TiffFile(path, mode="r+") as tif:
        for name in "ImageWidth", "ImageLength", "RowsPerStrip":
            tif.pages.first.tags[name].overwrite(HUGE)
    monkeypatch.setattr(memory, "free_memory", lambda: 16e9)

    with pytest.raises(ImageReadError, match=r"100000 × 100000 values take 10\.0 GB"):
        read_image(path)


def saved(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {"format": "JPEG"},
        {"format": "PNG"},
        {"format": "TIFF"},
        {"format": "TIFF", "compression": "tiff_lzw"},
        {"format": "TIFF", "compression": "tiff_adobe_deflate"},
        {"format": "BMP"},
        {"format": "GIF"},
    ],
    ids=lambda options: "-".join(options.values()),
)
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_file_cut_off_is_damaged(
    tmp_path: Path, rng: np.random.Generator, options: dict[str, Any], share: float
) -> None:
    noise = Image.fromarray(rng.integers(0, 256, (80, 90, 3), dtype=np.uint8))
    whole = saved(noise, **options)
    path = tmp_path / "cut"
    path.write_bytes(whole[: int(share * len(whole))])

    with pytest.raises(ImageReadError, match=r"cut: it is damaged"):
        read_image(path)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "empty"),
        (b"These are my notes.", "no PNG"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
    ],
    ids=["empty", "text", "head only"],
)
def test_what_is_only_called_an_image_is_none(
    tmp_path: Path, content: bytes, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imageseg.images.microscopy.is_installed", lambda _: False)
    (tmp_path / "a.png").write_bytes(content)

    with pytest.raises(ImageReadError, match=rf"a\.png: it is {text}"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "gif", "jpg"])
def test_one_pixel_is_an_image(tmp_path: Path, suffix: str) -> None:
    Image.new("L", (1, 1), 200).save(tmp_path / f"a.{suffix}")

    image = read_image(tmp_path / f"a.{suffix}")

    assert image.shape[:2] == (1, 1)
    assert image.flat[0] == 200


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_are_read_and_refused_by_models(
    tmp_path: Path, bad: float
) -> None:
    values = np.ones((6, 9), np.float32)
    values[2, 3] = bad
    tifffile.imwrite(tmp_path / "a.tif", values)

    image = read_image(tmp_path / "a.tif")

    np.testing.assert_array_equal(image, values)
    with pytest.raises(PixelValueError, match="1 of its 54"):
        to_unit_range(image, "percentile")


@pytest.mark.parametrize("read", [read_image, open_image])
def test_a_folder_is_no_image(tmp_path: Path, read: Callable[..., object]) -> None:
    with pytest.raises(ImageReadError, match="it is a folder"):
        read(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_a_file_without_the_right_to_read_it_is_named(
    tmp_path: Path, grey: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(grey).save(path)

    def refuse(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)  # tests may run as one who may all

    with pytest.raises(ImageReadError, match=r"a\.png: Permission denied"):
        read_image(path)


def test_a_table_goes_on_past_bad_files(
    tmp_path: Path, grey: NDArray[np.uint8]
) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    Image.fromarray(grey).save(good)
    bad.write_bytes(bomb("png"))

    table = image_table([bad, tmp_path / "gone.png", tmp_path, good])

    assert [bool(error) for error in table["error"]] == [True, True, True, False]
    assert table["width"].tolist()[-1] == 9

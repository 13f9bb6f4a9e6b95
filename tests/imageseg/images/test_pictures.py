"""Pictures keep 16 bits, and only memory limits how many pixels they have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from imageseg.images import describe_image, read_image, read_values

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.mark.parametrize("interlaced", [False, True], ids=["rows", "adam7"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_16_bit_pngs_keep_every_bit_and_lose_alpha(
    tmp_path: Path,
    rng: np.random.Generator,
    png16: Callable[..., None],
    channels: int,
    *,
    interlaced: bool,
) -> None:
    values = rng.integers(0, 2**16, (9, 13, channels), dtype=np.uint16)
    png16(tmp_path / "a.png", values, interlaced=interlaced)
    expected = values[..., 0] if channels < 3 else values[..., :3]

    for read in read_image, read_values:
        image = read(tmp_path / "a.png")

        assert image.dtype == np.uint16
        np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("channels", [2, 3])
def test_an_orientation_behind_the_pixels_of_a_png_is_applied(
    tmp_path: Path,
    rng: np.random.Generator,
    png16: Callable[..., None],
    channels: int,
) -> None:
    values = rng.integers(0, 2**16, (6, 9, channels), dtype=np.uint16)
    exif = Image.Exif()
    exif[274] = 6
    png16(tmp_path / "a.png", values, behind=exif.tobytes().removeprefix(b"Exif\0\0"))
    upright = np.rot90(values[..., 0] if channels == 2 else values, -1)

    assert describe_image(tmp_path / "a.png").shape == upright.shape
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), upright)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("alpha", [None, "unassalpha", "assocalpha"])
def test_16_bit_colours_survive_where_only_pillow_decodes(
    tmp_path: Path,
    rng: np.random.Generator,
    order: Any,
    alpha: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = rng.integers(0, 2**16, (6, 9, 4 if alpha else 3), dtype=np.uint16)
    options: dict[str, Any] = {"extrasamples": [alpha]} if alpha else {}
    tifffile.imwrite(
        tmp_path / "a.tif",
        values,
        photometric="rgb",
        compression="zlib",
        byteorder=order,
        **options,
    )
    monkeypatch.setattr("imageseg.images.tiff._decodable", lambda _: False)

    image = read_image(tmp_path / "a.tif")

    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image, values[..., :3])


@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
@pytest.mark.parametrize("mode", ["CMYK", "1", "P"])
def test_pages_that_need_decoding_are_turned_once(
    tmp_path: Path,
    rgb: NDArray[np.uint8],
    orientation: int,
    compression: str | None,
    mode: str,
) -> None:
    path = tmp_path / "a.tif"
    plain = Image.fromarray(rgb).convert(mode)
    plain.save(path, tiffinfo={274: orientation}, compression=compression)
    upright = {
        1: lambda a: a,
        3: lambda a: np.rot90(a, 2),
        6: lambda a: np.rot90(a, -1),
    }
    upright[7] = lambda a: np.rot90(np.fliplr(a), -1)
    expected = np.asarray(plain.convert("L" if mode == "1" else "RGB"))

    assert describe_image(path).shape == upright[orientation](expected).shape
    np.testing.assert_array_equal(read_image(path), upright[orientation](expected))


def test_pillows_own_limit_of_pixels_is_not_asked(
    any_image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = read_image(any_image)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)

    np.testing.assert_array_equal(read_image(any_image), expected)
    assert Image.MAX_IMAGE_PIXELS == 10


def test_a_photograph_of_many_megapixels_opens(tmp_path: Path) -> None:
    size = 19_000, 10_000  # more than twice Pillow's limit
    Image.new("1", size).save(tmp_path / "a.png")

    assert describe_image(tmp_path / "a.png").shape == size[::-1]


def test_a_palette_of_colours_is_kept_as_numbers_in_every_page(
    tmp_path: Path, grey: NDArray[np.uint8]
) -> None:
    pages = []
    for shift in 0, 1:
        page = Image.fromarray((grey + shift) % 3).convert("P")
        page.putpalette([9, 8, 7, 100, 0, 5, 0, 128, 255])
        pages.append(page)
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])

    indices = read_values(tmp_path / "a.tif")
    colours = read_image(tmp_path / "a.tif")

    assert colours.shape == (2, 6, 9, 3)
    np.testing.assert_array_equal(indices, np.stack([grey % 3, (grey + 1) % 3]))
    table = np.array([[9, 8, 7], [100, 0, 5], [0, 128, 255]])
    np.testing.assert_array_equal(colours, table[indices])
